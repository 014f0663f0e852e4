#include "ballast/google/resource.h"

#include <stdio.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/http/path.h"

#define VERSION "/v1/"
#define PATH_MAX_LEN ((size_t)16 << 10)
#define DIFFERENCES_MAX ((size_t)2 << 10)
/* A project has some hundred backups; what goes on for longer goes round in a circle. */
#define ITEMS_MAX 20000
#define PAGES_MAX 1000

/* The parts of a name are separated by '/', and a project's may have a domain in front. */
static int start_path(struct bl_strbuf *path, const char *name, struct bl_error **err)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/";

    if (!*name || *name == '/' || bl_text_ends(name, "/") || strstr(name, "//") ||
        strstr(name, "..") || strspn(name, plain) != strlen(name))
        return bl_fail(err, BL_ERR_INVALID, "\"%.200s\" is no name of a resource", name);
    bl_strbuf_adds(path, VERSION);
    bl_strbuf_adds(path, name);
    return 0;
}

static int send(struct bl_google_client *client, const char *method, const struct bl_strbuf *path,
                const cJSON *body, bl_nsec timeout, cJSON **ret_json, struct bl_error **err)
{
    struct bl_google_request request = {
        .method = method, .path = path->text, .body = body, .timeout = timeout};

    if (bl_strbuf_check(path, "the path", err) < 0)
        return -1;
    return bl_google_send(client, &request, ret_json, err);
}

/* The same for what is answered by an operation. */
static int order(struct bl_google_client *client, const char *method, const struct bl_strbuf *path,
                 const cJSON *body, bl_nsec timeout, char **ret_operation, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *answer = NULL;
    const char *name;

    if (send(client, method, path, body, timeout, &answer, err) < 0)
        return -1;
    name = bl_json_string(answer, "name");
    if (!name || !strstr(name, "/operations/"))
        return bl_fail(err, BL_ERR_UNAVAILABLE, "%s %s: the answer is no operation", method,
                       path->text);
    *ret_operation = bl_strdup(name);
    return 0;
}

int bl_google_get(struct bl_google_client *client, const char *name, cJSON **ret_resource,
                  struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);

    if (start_path(&path, name, err) < 0)
        return -1;
    return send(client, "GET", &path, NULL, 0, ret_resource, err);
}

/* Is what is there what we asked for? */
static int compare(struct bl_google_client *client, const struct bl_google_create *create,
                   struct bl_error **err)
{
    BL_AUTO_FREE char *name =
        bl_asprintf("%s/%s/%s", create->parent, create->collection, create->id);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf how = BL_STRBUF_INIT(DIFFERENCES_MAX);
    BL_AUTO_JSON cJSON *live = NULL;

    if (bl_google_get(client, name, &live, err) < 0)
        return -1;
    if (bl_text_eq(bl_json_string(live, "state"), "DELETING")) {
        bl_fail(err, BL_ERR_UNAVAILABLE, "%s is being deleted", name);
        return bl_hint(err, "It can be made anew once it is gone.");
    }
    bl_google_differ(create->body, live, &how);
    if (!how.len)
        return 0;
    bl_fail(err, BL_ERR_CONFLICT, "%s exists with other content: %s", name, how.text);
    bl_error_named(err, "ALREADY_EXISTS");
    bl_error_http(err, 409);
    return bl_hint(err, "Choose another id, or bring it to what is asked for.");
}

int bl_google_create(struct bl_google_client *client, const struct bl_google_create *create,
                     char **ret_operation, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);
    BL_ERROR(why);

    if (start_path(&path, create->parent, err) < 0)
        return -1;
    bl_strbuf_addf(&path, "/%s", create->collection);
    bl_http_query(&path, create->id_query, create->id);
    if (order(client, "POST", &path, create->body, create->timeout, ret_operation, &why) == 0)
        return 0;
    if (bl_google_status_of(why) != BL_GOOGLE_ALREADY_EXISTS) {
        *err = BL_STEAL(why);
        return -1;
    }
    if (compare(client, create, err) < 0)
        return -1;
    *ret_operation = NULL;
    return 0;
}

int bl_google_patch(struct bl_google_client *client, const struct bl_google_patch *patch,
                    char **ret_operation, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);
    BL_AUTO_JSON cJSON *body = bl_json_copy(patch->body);

    if (!patch->mask || !*patch->mask || !patch->etag || !*patch->etag)
        return bl_fail(err, BL_ERR_INTERNAL, "%s is not changed without a mask and an etag",
                       patch->name);
    if (start_path(&path, patch->name, err) < 0)
        return -1;
    bl_http_query(&path, "updateMask", patch->mask);
    bl_json_cut(body, "etag");
    bl_json_add_string(body, "etag", patch->etag);
    return order(client, "PATCH", &path, body, patch->timeout, ret_operation, err);
}

int bl_google_delete(struct bl_google_client *client, const struct bl_google_delete *how,
                     char **ret_operation, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);

    if (start_path(&path, how->name, err) < 0)
        return -1;
    bl_http_query(&path, "etag", how->etag);
    bl_http_query(&path, "force", how->force ? "true" : NULL);
    return order(client, "DELETE", &path, NULL, how->timeout, ret_operation, err);
}

/* --- lists --- */

static int page_path(const struct bl_google_list *list, const char *token, struct bl_strbuf *path,
                     struct bl_error **err)
{
    char size[16];

    if (start_path(path, list->parent, err) < 0)
        return -1;
    (void)snprintf(size, sizeof(size), "%u", list->page_size);
    bl_strbuf_addf(path, "/%s", list->collection);
    bl_http_query(path, "pageSize", list->page_size ? size : NULL);
    bl_http_query(path, "filter", list->filter);
    bl_http_query(path, "orderBy", list->order_by);
    bl_http_query(path, "pageToken", token);
    return 0;
}

static int take_items(const struct bl_google_list *list, cJSON *page, cJSON *items,
                      struct bl_error **err)
{
    cJSON *found = bl_json_get(page, list->collection);

    while (found && found->child)
        bl_json_push(items, cJSON_DetachItemViaPointer(found, found->child));
    if (bl_json_len(items) > ITEMS_MAX)
        return bl_fail(err, BL_ERR_TOO_LARGE, "%s of %s: more than %d of them", list->collection,
                       list->parent, ITEMS_MAX);
    return 0;
}

static int take_unreachable(const struct bl_google_list *list, const cJSON *page,
                            struct bl_strings *unreachable, struct bl_error **err)
{
    const cJSON *place;

    cJSON_ArrayForEach(place, bl_json_get(page, "unreachable")) {
        if (!cJSON_IsString(place))
            continue;
        if (!unreachable)
            return bl_fail(err, BL_ERR_UNAVAILABLE, "%s of %s: %.200s could not be asked",
                           list->collection, list->parent, place->valuestring);
        *BL_PUSH(unreachable) = bl_strdup(place->valuestring);
    }
    return 0;
}

int bl_google_list(struct bl_google_client *client, const struct bl_google_list *list,
                   cJSON **ret_items, struct bl_strings *unreachable, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *items = bl_json_new_array();
    BL_AUTO_FREE char *token = NULL;

    for (unsigned pages = 0; pages < PAGES_MAX; pages++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);
        BL_AUTO_JSON cJSON *page = NULL;
        const char *next;

        if (page_path(list, token, &path, err) < 0 ||
            send(client, "GET", &path, NULL, 0, &page, err) < 0 ||
            take_items(list, page, items, err) < 0 ||
            take_unreachable(list, page, unreachable, err) < 0)
            return -1;
        next = bl_json_string(page, "nextPageToken");
        if (!next || !*next) {
            *ret_items = BL_STEAL(items);
            return 0;
        }
        free(token);
        token = bl_strdup(next);
    }
    return bl_fail(err, BL_ERR_TOO_LARGE, "%s of %s: more than %d pages", list->collection,
                   list->parent, PAGES_MAX);
}
