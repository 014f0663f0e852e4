#include "mentioned.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

struct name {
    const char *text;
    size_t len;
};

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_name(const void *wanted, const void *item)
{
    const struct name *name = wanted;
    const char *text = *(const char *const *)item;
    int order = strncmp(name->text, text, name->len);

    return order ? order : -(text[name->len] != '\0');
}

void bl_known_find(struct bl_known *known, const struct bl_scene *scene)
{
    struct bl_world_iter iter = bl_world_walk(scene->world, BL_WORLD_SERVICE, "");

    for (const struct bl_world_entry *entry; bl_budget_turn() && (entry = bl_world_next(&iter));)
        *BL_PUSH(known) = entry->ref.name;
    for (size_t i = 0; i < scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *workload = scene->workloads.items[i];
        const char *service = bl_json_string(bl_json_get(workload->object, "spec"), "serviceName");

        *BL_PUSH(known) = workload->ref.name;
        if (service)
            *BL_PUSH(known) = service;
    }
    if (known->len)
        qsort(known->items, known->len, sizeof(*known->items), compare_texts);
}

void bl_known_release(struct bl_known *known)
{
    free(known->items);
    *known = (struct bl_known){0};
}

struct asked {
    const struct bl_known *known;
    bool any;
};

static void ask(const char *name, size_t len, void *context)
{
    const struct name wanted = {name, len};
    struct asked *asked = context;

    asked->any |= asked->known->len && bsearch(&wanted, asked->known->items, asked->known->len,
                                               sizeof(*asked->known->items), compare_name);
}

static const char *behind_label(const char *host)
{
    const char *dot = strchr(host, '.');

    return dot ? dot + 1 : "";
}

/* "zoo.team" and "zoo.team.svc", but not "kafka.example.com", which may begin with a Service's name as well. */
static bool is_whole(const struct bl_scene *scene, const struct bl_workload *from,
                     const char *namespace, const struct bl_mention *mention,
                     const struct bl_found *found)
{
    BL_AUTO(bl_found_release) struct bl_found of_service = {0};
    const char *rest = behind_label(mention->host), *last = behind_label(rest);

    if (!*rest || bl_text_eq(last, "svc") || bl_text_starts(last, "svc."))
        return true;
    if (bl_host_find(scene, from, namespace, rest, &of_service) == BL_HOST_FOUND)
        return true;
    /* "zookeeper.connect": without a namespace any word may be one. */
    return !*last &&
           (mention->sure || (found->service && *bl_object_ref(found->service).namespace));
}

bool bl_mention_find(const struct bl_scene *scene, const struct bl_known *known,
                     const struct bl_workload *from, const char *namespace,
                     const struct bl_mention *mention, struct bl_found *found)
{
    struct asked asked = {.known = known};

    bl_host_each_name(mention->host, ask, &asked);
    return asked.any &&
           bl_host_find(scene, from, namespace, mention->host, found) == BL_HOST_FOUND &&
           is_whole(scene, from, namespace, mention, found);
}
