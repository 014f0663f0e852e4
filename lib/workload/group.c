#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/labels.h"
#include "ballast/workload/scene.h"
#include "ballast/workload/servers.h"
#include "recognise.h"

/*
 * Grouping is union-find over keys: whatever two workloads have in common that only members of one
 * cluster share becomes a text, and equal texts join. ZooKeeper and Kafka are grouped apart and linked
 * after, because one ZooKeeper may serve several clusters without making them one.
 */

struct key {
    char *text;
    size_t workload;
    bool weak; /* what a chart calls things: others may be called the same */
};

struct grouping {
    struct bl_scene *scene;
    size_t *parent; /* union-find over the scene's workloads */
    bool *listed;   /* a ZooKeeper that names all of its servers, which are in sight */
    struct {
        struct key *items;
        size_t len, cap;
    } keys;
};

static size_t find_root(struct grouping *grouping, size_t i)
{
    while (grouping->parent[i] != i)
        i = grouping->parent[i] = grouping->parent[grouping->parent[i]];
    return i;
}

/* The smaller index becomes the root, so that the order of joining does not matter. */
static void join(struct grouping *grouping, size_t a, size_t b)
{
    a = find_root(grouping, a);
    b = find_root(grouping, b);
    if (a < b)
        grouping->parent[b] = a;
    else
        grouping->parent[a] = b;
}

static bool zookeeper_side(const struct bl_workload *workload)
{
    return workload->role == BL_ROLE_ZOOKEEPER;
}

static enum bl_metadata_mode mode_of(const struct grouping *grouping, size_t workload)
{
    return grouping->scene->workloads.items[workload]->metadata.mode;
}

struct taking {
    struct grouping *grouping;
    size_t workload;
};

static void take_key(char *text, bool weak, void *context)
{
    struct taking *taking = context;

    *BL_PUSH(&taking->grouping->keys) = (struct key){text, taking->workload, weak};
}

static void add_keys(struct grouping *grouping, size_t index)
{
    struct taking taking = {grouping, index};

    bl_workload_each_key(grouping->scene->workloads.items[index], grouping->scene->world, take_key,
                         &taking);
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = strcmp(x->text, y->text);

    return order ? order : (x->workload > y->workload) - (x->workload < y->workload);
}

/* Those that keep their metadata in KRaft are one, and all others are one. */
static void join_apart(struct grouping *grouping, size_t begin, size_t end)
{
    size_t firsts[2] = {SIZE_MAX, SIZE_MAX};

    for (size_t i = begin; i < end; i++) {
        size_t workload = grouping->keys.items[i].workload;
        size_t *first = &firsts[mode_of(grouping, workload) == BL_METADATA_KRAFT];

        if (*first == SIZE_MAX)
            *first = workload;
        join(grouping, *first, workload);
    }
}

static bool any_mode(const struct grouping *grouping, size_t begin, size_t end,
                     enum bl_metadata_mode mode)
{
    for (size_t i = begin; i < end; i++)
        if (mode_of(grouping, grouping->keys.items[i].workload) == mode)
            return true;
    return false;
}

/* Who the members are is known of each of them, whatever a chart calls them. */
static bool all_listed(const struct grouping *grouping, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        if (!grouping->listed[grouping->keys.items[i].workload])
            return false;
    return true;
}

static void join_equal_keys(struct grouping *grouping)
{
    const struct key *keys = grouping->keys.items;

    if (!grouping->keys.len)
        return;
    qsort(grouping->keys.items, grouping->keys.len, sizeof(struct key), compare_keys);
    for (size_t begin = 0, end; begin < grouping->keys.len; begin = end) {
        for (end = begin + 1;
             end < grouping->keys.len && strcmp(keys[begin].text, keys[end].text) == 0; end++)
            ;
        if (keys[begin].weak && all_listed(grouping, begin, end))
            continue;
        if (keys[begin].weak && any_mode(grouping, begin, end, BL_METADATA_ZOOKEEPER)) {
            join_apart(grouping, begin, end);
            continue;
        }
        for (size_t i = begin + 1; i < end; i++)
            join(grouping, keys[begin].workload, keys[i].workload);
    }
}

/* A Service by what it selects. */
struct selection {
    const struct bl_world_entry *service;
    const cJSON *selector;
    char *text;
};

static int compare_selections(const void *a, const void *b)
{
    const struct selection *x = a, *y = b;
    int order = strcmp(x->service->ref.namespace, y->service->ref.namespace);

    return order ? order : strcmp(x->text, y->text);
}

enum side { SIDE_KAFKA, SIDE_ZOOKEEPER, SIDE_KRAFT, SIDES };

static enum side side_of(const struct grouping *grouping, size_t workload)
{
    if (zookeeper_side(grouping->scene->workloads.items[workload]))
        return SIDE_ZOOKEEPER;
    return mode_of(grouping, workload) == BL_METADATA_KRAFT ? SIDE_KRAFT : SIDE_KAFKA;
}

/* The workloads of each side that it selects are one; of these the first stands for all. */
static void join_selected(struct grouping *grouping, const struct selection *selection)
{
    const struct bl_scene *scene = grouping->scene;
    struct bl_label_walk walk =
        bl_label_walk(scene->labels, selection->selector, selection->service->ref.namespace);
    size_t firsts[SIDES] = {SIZE_MAX, SIZE_MAX, SIZE_MAX}, at;
    bool in_zookeeper = false;

    while (bl_label_next(&walk, &at)) {
        const struct bl_workload *workload = scene->workloads.items[at];
        size_t *first = &firsts[side_of(grouping, at)];

        if (!workload->role)
            continue;
        in_zookeeper |= mode_of(grouping, at) == BL_METADATA_ZOOKEEPER;
        if (*first == SIZE_MAX)
            *first = at;
        else if (strcmp(workload->ref.namespace, scene->workloads.items[*first]->ref.namespace) ==
                 0)
            join(grouping, *first, at);
    }
    if (!in_zookeeper && firsts[SIDE_KAFKA] != SIZE_MAX && firsts[SIDE_KRAFT] != SIZE_MAX &&
        strcmp(scene->workloads.items[firsts[SIDE_KAFKA]]->ref.namespace,
               scene->workloads.items[firsts[SIDE_KRAFT]]->ref.namespace) == 0)
        join(grouping, firsts[SIDE_KAFKA], firsts[SIDE_KRAFT]);
}

/*
 * Workloads of one kind behind one Service: pzoo and zoo are one ensemble in two StatefulSets. A thousand Services that
 * all select the same, one for each pod, are asked once.
 */
static void join_by_services(struct grouping *grouping)
{
    struct bl_world_iter iter = bl_world_walk(grouping->scene->world, BL_WORLD_SERVICE, "");
    struct {
        struct selection *items;
        size_t len, cap;
    } all = {0};

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        const cJSON *selector = bl_json_at(entry->object, "spec", "selector", NULL);
        struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

        if (!selector || !selector->child)
            continue;
        bl_json_write(&text, selector);
        *BL_PUSH(&all) = (struct selection){entry, selector, bl_strbuf_take(&text)};
    }
    if (all.len)
        qsort(all.items, all.len, sizeof(*all.items), compare_selections);
    for (size_t i = 0; i < all.len && bl_budget_turn(); i++)
        if (!i || compare_selections(&all.items[i - 1], &all.items[i]) != 0)
            join_selected(grouping, &all.items[i]);
    for (size_t i = 0; i < all.len; i++)
        free(all.items[i].text);
    free(all.items);
}

/* Who names another one in its list of servers, or of voters, is of one ensemble with it. Are all of them in sight? */
static bool join_by_list(struct grouping *grouping, size_t index, const struct bl_servers *servers)
{
    const struct bl_scene *scene = grouping->scene;
    const struct bl_workload *self = scene->workloads.items[index];
    bool all = servers->len && !servers->unreadable;

    for (size_t i = 0; i < servers->len && bl_budget_turn(); i++) {
        BL_AUTO(bl_found_release) struct bl_found found = {0};

        all &= bl_host_find(scene, self, NULL, servers->items[i].host, &found) != BL_HOST_UNKNOWN;
        for (size_t f = 0; f < found.len && bl_budget_turn(); f++) {
            const struct bl_workload *other = scene->workloads.items[found.items[f]];

            if (other->role && zookeeper_side(other) == zookeeper_side(self))
                join(grouping, index, found.items[f]);
        }
    }
    return all;
}

static void join_by_servers(struct grouping *grouping)
{
    static const char *const quorums[] = {"controller.quorum.voters",
                                          "controller.quorum.bootstrap.servers"};
    const struct bl_scene *scene = grouping->scene;

    for (size_t i = 0; i < scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *workload = scene->workloads.items[i];

        for (size_t q = 0; bl_workload_is_kafka(workload) && q < BL_ARRAY_LEN(quorums); q++) {
            BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

            if (bl_workload_servers(workload, scene->world, quorums[q], &servers))
                (void)join_by_list(grouping, i, &servers);
        }
        if (!zookeeper_side(workload))
            continue;
        BL_AUTO(bl_servers_release) struct bl_servers servers = {0};
        if (bl_workload_ensemble_servers(workload, scene->world, &servers))
            grouping->listed[i] = join_by_list(grouping, i, &servers);
    }
}

static void drop_keys(struct grouping *grouping)
{
    for (size_t i = 0; i < grouping->keys.len; i++)
        free(grouping->keys.items[i].text);
    grouping->keys.len = 0;
}

/* A key of each ensemble in sight that a connection leads to: it may be written in many ways. */
static void add_connection(struct grouping *grouping, size_t index)
{
    const struct bl_scene *scene = grouping->scene;
    const struct bl_workload *kafka = scene->workloads.items[index];
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

    (void)bl_workload_servers(kafka, scene->world, "zookeeper.connect", &servers);
    for (size_t i = 0; i < servers.len && bl_budget_turn(); i++) {
        BL_AUTO(bl_found_release) struct bl_found found = {0};

        (void)bl_host_find(scene, kafka, NULL, servers.items[i].host, &found);
        for (size_t f = 0; f < found.len && bl_budget_turn(); f++)
            if (zookeeper_side(scene->workloads.items[found.items[f]]))
                take_key(bl_asprintf("%s\n%zu\n%s", kafka->ref.namespace,
                                     find_root(grouping, found.items[f]), kafka->metadata.chroot),
                         false, &(struct taking){grouping, index});
    }
}

/* Who keep their metadata in one place of one ensemble are one cluster. */
static void join_by_connections(struct grouping *grouping)
{
    const struct bl_scene *scene = grouping->scene;

    drop_keys(grouping);
    for (size_t i = 0; i < scene->workloads.len && bl_budget_turn(); i++)
        if (scene->workloads.items[i]->metadata.chroot)
            add_connection(grouping, i);
    join_equal_keys(grouping);
}

static struct bl_ensemble *ensemble_for(struct bl_scene *scene, struct grouping *grouping,
                                        size_t *root_ensembles, size_t index)
{
    const struct bl_workload *workload = scene->workloads.items[index];
    size_t slot = find_root(grouping, index) * 5 + workload->role;

    if (!root_ensembles[slot]) {
        struct bl_ensemble *ensemble = BL_PUSH(&scene->ensembles);

        *ensemble = (struct bl_ensemble){.role = workload->role};
        root_ensembles[slot] = scene->ensembles.len;
    }
    return &scene->ensembles.items[root_ensembles[slot] - 1];
}

static void make_ensembles(struct bl_scene *scene, struct grouping *grouping)
{
    BL_AUTO_FREE size_t *root_ensembles = bl_alloc(scene->workloads.len * 5, sizeof(size_t));

    for (size_t i = 0; i < scene->workloads.len && bl_budget_turn(); i++) {
        struct bl_workload *workload = scene->workloads.items[i];

        if (!workload->role)
            continue;
        struct bl_ensemble *ensemble = ensemble_for(scene, grouping, root_ensembles, i);
        *BL_PUSH(&ensemble->members) = i;
        ensemble->replicas += workload->replicas;
        workload->ensemble = (size_t)(ensemble - scene->ensembles.items);
    }
}

/* One name for a cluster, from whatever its first member by name says. */
static char *cluster_name(const struct bl_workload *first)
{
    const char *name = bl_workload_operator_cluster(first);

    if (!name)
        name = bl_json_string(first->pod_labels, BL_LABEL_INSTANCE);
    if (!name)
        name = bl_json_string(first->pod_labels, "release");
    if (!name)
        name = first->ref.name;
    return *first->ref.namespace ? bl_asprintf("%s/%s", first->ref.namespace, name)
                                 : bl_strdup(name);
}

/* A cluster by its root. */
struct named_root {
    size_t root;
    const struct bl_workload *first; /* by name */
    char *name;
};

static int compare_roots(const void *a, const void *b)
{
    const struct named_root *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : strcmp(x->first->ref.name, y->first->ref.name);
}

/* Two that a chart calls the same are not one: all but the first go by their own names. */
static void tell_apart(struct named_root *roots, size_t len)
{
    if (len)
        qsort(roots, len, sizeof(*roots), compare_roots);
    for (size_t i = len; i-- > 1;) {
        const struct bl_ref *ref = &roots[i].first->ref;

        if (strcmp(roots[i - 1].name, roots[i].name) != 0)
            continue;
        free(roots[i].name);
        roots[i].name = *ref->namespace ? bl_asprintf("%s/%s", ref->namespace, ref->name)
                                        : bl_strdup(ref->name);
    }
}

static void name_clusters(struct bl_scene *scene, struct grouping *grouping)
{
    size_t count = scene->workloads.len, len = 0;
    BL_AUTO_FREE const struct bl_workload **firsts =
        bl_alloc(count, sizeof(*firsts)); /* of roots */
    BL_AUTO_FREE struct named_root *roots = bl_alloc(count, sizeof(*roots));
    BL_AUTO_FREE const char **names = bl_alloc(count, sizeof(*names)); /* of roots */

    for (size_t i = 0; i < count && bl_budget_turn(); i++) {
        const struct bl_workload *workload = scene->workloads.items[i];
        const struct bl_workload **first = &firsts[find_root(grouping, i)];

        if (bl_workload_is_kafka(workload) &&
            (!*first || strcmp(workload->ref.name, (*first)->ref.name) < 0))
            *first = workload;
    }
    for (size_t i = 0; i < count; i++)
        if (firsts[i])
            roots[len++] = (struct named_root){i, firsts[i], cluster_name(firsts[i])};
    tell_apart(roots, len);
    for (size_t i = 0; i < len; i++)
        names[roots[i].root] = roots[i].name;
    for (size_t i = 0; i < count && bl_budget_turn(); i++)
        if (bl_workload_is_kafka(scene->workloads.items[i]))
            scene->workloads.items[i]->cluster = bl_strdup(names[find_root(grouping, i)]);
    for (size_t i = 0; i < len; i++)
        free(roots[i].name);
}

void bl_scene_group(struct bl_scene *scene)
{
    struct grouping grouping = {.scene = scene};
    size_t count = scene->workloads.len;

    grouping.parent = bl_alloc(count, sizeof(size_t));
    grouping.listed = bl_alloc(count, sizeof(bool));
    bl_scene_find_metadata(scene);
    for (size_t i = 0; i < count; i++)
        grouping.parent[i] = i;
    for (size_t i = 0; i < count; i++)
        if (scene->workloads.items[i]->role)
            add_keys(&grouping, i);
    join_by_services(&grouping);
    join_by_servers(&grouping);
    join_equal_keys(&grouping);
    join_by_connections(&grouping);
    make_ensembles(scene, &grouping);
    name_clusters(scene, &grouping);
    bl_scene_link(scene);

    drop_keys(&grouping);
    free(grouping.keys.items);
    free(grouping.parent);
    free(grouping.listed);
}
