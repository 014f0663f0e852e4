#include "fakekube_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"

void fakekube_store_release(struct fakekube_store *store)
{
    for (size_t i = 0; i < store->objects.len; i++) {
        free(store->objects.items[i].namespace);
        free(store->objects.items[i].name);
        free(store->objects.items[i].value);
    }
    for (size_t i = 0; i < store->events.len; i++)
        free(store->events.items[i].text);
    free(store->objects.items);
    free(store->events.items);
}

static char *object_text(const struct fakekube_object *object, bool typed)
{
    return bl_asprintf("{%s\"metadata\":{\"namespace\":\"%s\",\"name\":\"%s\",\"resourceVersion\":"
                       "\"%" PRId64 "\",\"managedFields\":[{}]},\"data\":{\"value\":\"%s\"}}",
                       typed ? "\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\"," : "",
                       object->namespace, object->name, object->version, object->value);
}

/* --- what changes it --- */

/* Where it is, or would be. */
static size_t find(const struct fakekube_store *store, const char *namespace, const char *name,
                   bool *ret_found)
{
    size_t i = 0;
    int order = 1;

    for (; i < store->objects.len; i++) {
        order = strcmp(store->objects.items[i].namespace, namespace);
        if (!order)
            order = strcmp(store->objects.items[i].name, name);
        if (order >= 0)
            break;
    }
    *ret_found = i < store->objects.len && order == 0;
    return i;
}

static void record(struct fakekube_store *store, const char *type,
                   const struct fakekube_object *object)
{
    *BL_PUSH(&store->events) =
        (struct fakekube_event){object->version, type, object_text(object, true)};
}

void fakekube_store_put(struct fakekube_store *store, const char *namespace, const char *name,
                        const char *value)
{
    bool found;
    size_t at = find(store, namespace, name, &found);
    struct fakekube_object *object;

    if (!found) {
        (void)BL_PUSH(&store->objects);
        memmove(&store->objects.items[at + 1], &store->objects.items[at],
                (store->objects.len - 1 - at) * sizeof(struct fakekube_object));
        store->objects.items[at] =
            (struct fakekube_object){bl_strdup(namespace), bl_strdup(name), NULL, 0};
    }
    object = &store->objects.items[at];
    free(object->value);
    object->value = bl_strdup(value);
    object->version = ++store->version;
    record(store, found ? "MODIFIED" : "ADDED", object);
}

void fakekube_store_delete(struct fakekube_store *store, const char *namespace, const char *name)
{
    bool found;
    size_t at = find(store, namespace, name, &found);
    struct fakekube_object object;

    if (!found)
        return;
    object = store->objects.items[at];
    memmove(&store->objects.items[at], &store->objects.items[at + 1],
            (store->objects.len - 1 - at) * sizeof(struct fakekube_object));
    store->objects.len--;
    object.version = ++store->version;
    record(store, "DELETED", &object);
    free(object.namespace);
    free(object.name);
    free(object.value);
}

void fakekube_store_forget(struct fakekube_store *store)
{
    store->forgotten = ++store->version;
    for (size_t i = 0; i < store->events.len; i++)
        free(store->events.items[i].text);
    store->events.len = 0;
}

/* --- what is told of it --- */

/* "version.index" */
static bool read_token(const char *token, int64_t *version, int64_t *from)
{
    char *end;

    *version = strtoll(token, &end, 10);
    if (*end != '.')
        return false;
    *from = strtoll(end + 1, &end, 10);
    return !*end;
}

int fakekube_store_list(const struct fakekube_store *store, int64_t limit, const char *token,
                        struct bl_strbuf *body)
{
    int64_t from = 0, version = store->version;

    if (token && !read_token(token, &version, &from))
        return 400;
    /* A list goes on at its own version; this server only has the present one. */
    if (version != store->version)
        return 410;
    if (store->page && (!limit || limit > store->page))
        limit = limit ? store->page : 0;

    size_t end = limit ? (size_t)(from + limit) : store->objects.len;
    bool more = end < store->objects.len;
    if (!more)
        end = store->objects.len;
    bl_strbuf_addf(body,
                   "{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{"
                   "\"resourceVersion\":\"%" PRId64 "\"",
                   version);
    if (more)
        bl_strbuf_addf(body, ",\"continue\":\"%" PRId64 ".%zu\"", version, end);
    bl_strbuf_adds(body, "},\"items\":[");
    for (size_t i = (size_t)from; i < end; i++) {
        BL_AUTO_FREE char *text = object_text(&store->objects.items[i], false);

        bl_strbuf_addf(body, "%s%s", i > (size_t)from ? "," : "", text);
    }
    bl_strbuf_adds(body, "]}");
    return 200;
}

void fakekube_store_event(struct bl_strbuf *out, const char *type, const char *object)
{
    bl_strbuf_addf(out, "{\"type\":\"%s\",\"object\":%s}\n", type, object);
}

void fakekube_store_all(const struct fakekube_store *store, struct bl_strbuf *out)
{
    for (size_t i = 0; i < store->objects.len; i++) {
        BL_AUTO_FREE char *text = object_text(&store->objects.items[i], true);

        fakekube_store_event(out, "ADDED", text);
    }
    BL_AUTO_FREE char *mark = bl_asprintf(
        "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"%" PRId64
        "\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}",
        store->version);
    fakekube_store_event(out, "BOOKMARK", mark);
}

void fakekube_store_since(const struct fakekube_store *store, int64_t version,
                          struct bl_strbuf *out)
{
    for (size_t i = 0; i < store->events.len; i++)
        if (store->events.items[i].version > version)
            fakekube_store_event(out, store->events.items[i].type, store->events.items[i].text);
}

void fakekube_store_truth(const struct fakekube_store *store, struct bl_strbuf *out)
{
    for (size_t i = 0; i < store->objects.len; i++) {
        const struct fakekube_object *object = &store->objects.items[i];

        bl_strbuf_addf(out, "%s/%s=%" PRId64 "\n", object->namespace, object->name,
                       object->version);
    }
}
