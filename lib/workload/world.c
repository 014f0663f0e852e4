#include "ballast/workload/world.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/workload/protected.h"

struct shelf {
    struct bl_world_entry *items; /* by namespace, then by name */
    size_t len, cap;
};

struct bl_world {
    struct shelf shelves[BL_WORLD_COUNT];
};

enum bl_world_kind bl_world_kind_of(const cJSON *object)
{
    static const struct {
        const char *group, *kind;
        enum bl_world_kind is;
    } kinds[] = {
        {"apps", "StatefulSet", BL_WORLD_WORKLOAD},
        {"", "Pod", BL_WORLD_WORKLOAD},
        {"apps", "Deployment", BL_WORLD_WORKLOAD},
        {"extensions", "Deployment", BL_WORLD_WORKLOAD},
        {"", "Service", BL_WORLD_SERVICE},
        {"", "ConfigMap", BL_WORLD_CONFIG_MAP},
        {"policy", "PodDisruptionBudget", BL_WORLD_DISRUPTION_BUDGET},
        {"networking.k8s.io", "NetworkPolicy", BL_WORLD_NETWORK_POLICY},
        {"cilium.io", "CiliumNetworkPolicy", BL_WORLD_PLUGIN_POLICY},
        {"cilium.io", "CiliumClusterwideNetworkPolicy", BL_WORLD_PLUGIN_POLICY},
        {"crd.projectcalico.org", "NetworkPolicy", BL_WORLD_PLUGIN_POLICY},
        {"crd.projectcalico.org", "GlobalNetworkPolicy", BL_WORLD_PLUGIN_POLICY},
        {"projectcalico.org", "NetworkPolicy", BL_WORLD_PLUGIN_POLICY},
        {"projectcalico.org", "GlobalNetworkPolicy", BL_WORLD_PLUGIN_POLICY},
        {"policy.networking.k8s.io", "BaselineAdminNetworkPolicy", BL_WORLD_PLUGIN_POLICY},
        {"policy.networking.k8s.io", "ClusterNetworkPolicy", BL_WORLD_PLUGIN_POLICY},
        {"storage.k8s.io", "StorageClass", BL_WORLD_STORAGE_CLASS},
        {"", "Namespace", BL_WORLD_NAMESPACE},
        {"kafka.strimzi.io", "Kafka", BL_WORLD_KAFKA},
        {BL_PROTECTED_GROUP, BL_PROTECTED_KIND, BL_WORLD_PROTECTED_APPLICATION},
    };

    /* Asked of each object of a namespace, again and again: the object is read once. */
    const char *kind = bl_json_string(object, "kind");
    const char *version = bl_json_string(object, "apiVersion");
    const char *slash = version ? strchr(version, '/') : NULL;
    size_t group = slash ? (size_t)(slash - version) : 0;

    for (size_t i = 0; kind && i < BL_ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].kind, kind) == 0 && strlen(kinds[i].group) == group &&
            strncmp(kinds[i].group, version ? version : "", group) == 0)
            return kinds[i].is;
    return BL_WORLD_OTHER;
}

/* By name and not by place, so that no decision depends on the order of documents. */
static int compare_entries(const void *a, const void *b)
{
    const struct bl_world_entry *x = a, *y = b;
    int order = strcmp(x->ref.namespace, y->ref.namespace);

    order = order ? order : strcmp(x->ref.name, y->ref.name);
    order = order ? order : strcmp(x->ref.kind, y->ref.kind);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static int compare_names(const void *a, const void *b)
{
    const struct bl_world_entry *x = a, *y = b;
    int order = strcmp(x->ref.namespace, y->ref.namespace);

    order = order ? order : strcmp(x->ref.kind, y->ref.kind);
    order = order ? order : strcmp(x->ref.name, y->ref.name);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void sort_shelf(struct shelf *shelf, int (*compare)(const void *a, const void *b))
{
    if (shelf->len)
        qsort(shelf->items, shelf->len, sizeof(struct bl_world_entry), compare);
}

/* Pods of a generateName all carry one name and are none the less several. */
static bool replaced(const struct shelf *shelf, size_t i)
{
    return i + 1 < shelf->len && bl_ref_same(&shelf->items[i].ref, &shelf->items[i + 1].ref) &&
           bl_json_string(bl_json_get(shelf->items[i].object, "metadata"), "name");
}

static void keep_last_of_name(struct shelf *shelf)
{
    size_t kept = 0;

    sort_shelf(shelf, compare_names);
    for (size_t i = 0; i < shelf->len; i++)
        if (!replaced(shelf, i))
            shelf->items[kept++] = shelf->items[i];
    shelf->len = kept;
}

struct bl_world *bl_world_new(const cJSON *const *objects, size_t len, const unsigned *groups,
                              unsigned which)
{
    struct bl_world *world = BL_NEW(struct bl_world);

    for (size_t i = 0; i < len; i++) {
        enum bl_world_kind kind = bl_world_kind_of(objects[i]);

        if (groups && groups[i] != which)
            continue;
        *BL_PUSH(&world->shelves[kind]) =
            (struct bl_world_entry){objects[i], bl_object_ref(objects[i]), i};
    }
    for (size_t kind = 0; kind < BL_WORLD_COUNT; kind++) {
        keep_last_of_name(&world->shelves[kind]);
        sort_shelf(&world->shelves[kind], compare_entries);
    }
    return world;
}

void bl_world_free(struct bl_world *world)
{
    if (!world)
        return;
    for (size_t kind = 0; kind < BL_WORLD_COUNT; kind++)
        free(world->shelves[kind].items);
    free(world);
}

/* First entry whose namespace is not before (or, with `after`, is behind) this one. */
static size_t bound(const struct shelf *shelf, const char *namespace, bool after)
{
    size_t low = 0, high = shelf->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(shelf->items[middle].ref.namespace, namespace);

        if (order < 0 || (after && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct bl_world_iter bl_world_walk(const struct bl_world *world, enum bl_world_kind kind,
                                   const char *namespace)
{
    struct bl_world_iter iter = {.world = world, .kind = kind, .namespace = namespace};

    if (!world)
        return iter;

    const struct shelf *shelf = &world->shelves[kind];
    if (!*namespace) {
        iter.end_named = shelf->len;
        return iter;
    }
    iter.next_named = bound(shelf, namespace, false);
    iter.end_named = bound(shelf, namespace, true);
    iter.end_unnamed = bound(shelf, "", true);
    return iter;
}

const struct bl_world_entry *bl_world_next(struct bl_world_iter *iter)
{
    bool named = iter->next_named < iter->end_named,
         unnamed = iter->next_unnamed < iter->end_unnamed;

    if (!named && !unnamed)
        return NULL;

    const struct bl_world_entry *items = iter->world->shelves[iter->kind].items;
    if (named && (!unnamed ||
                  strcmp(items[iter->next_named].ref.name, items[iter->next_unnamed].ref.name) < 0))
        return &items[iter->next_named++];
    return &items[iter->next_unnamed++];
}

/* The entry of this very namespace and name. */
static const struct bl_world_entry *find_exact(const struct shelf *shelf, const char *namespace,
                                               const char *name)
{
    size_t low = 0, high = shelf->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(shelf->items[middle].ref.namespace, namespace);

        order = order ? order : strcmp(shelf->items[middle].ref.name, name);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < shelf->len && strcmp(shelf->items[low].ref.namespace, namespace) == 0 &&
        strcmp(shelf->items[low].ref.name, name) == 0)
        return &shelf->items[low];
    return NULL;
}

const struct bl_world_entry *bl_world_find_entry(const struct bl_world *world,
                                                 enum bl_world_kind kind, const char *namespace,
                                                 const char *name)
{
    const struct shelf *shelf = world ? &world->shelves[kind] : NULL;
    const struct bl_world_entry *entry = shelf ? find_exact(shelf, namespace, name) : NULL;

    if (!shelf || entry)
        return entry;
    if (*namespace)
        return find_exact(shelf, "", name);
    for (size_t i = 0; i < shelf->len; i++)
        if (strcmp(shelf->items[i].ref.name, name) == 0)
            return &shelf->items[i];
    return NULL;
}

const cJSON *bl_world_find(const struct bl_world *world, enum bl_world_kind kind,
                           const char *namespace, const char *name)
{
    const struct bl_world_entry *entry = bl_world_find_entry(world, kind, namespace, name);

    return entry ? entry->object : NULL;
}
