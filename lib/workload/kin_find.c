#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "kin_parts.h"

/* Of many objects those that hang together with one: union-find over the hashes that they have in common. */

struct place {
    uint64_t hash; /* 0: empty */
    size_t first;  /* an object, or a carrier */
    size_t count;
};

/* Who has a hash. */
struct table {
    struct place *places;
    size_t mask;
};

/* A workload that has a label, and the place of the next one; 0: it is the last. */
struct carrier {
    size_t workload, next;
};

struct kinship {
    const cJSON *const *objects;
    const struct bl_kin *const *kin;
    size_t len;
    bool *near;
    size_t *parent; /* union-find */
    struct table keys, pairs;
    struct {
        struct carrier *items; /* the first is nobody's */
        size_t len, cap;
    } carriers;
};

static void table_init(struct table *table, size_t count)
{
    size_t size = 16;

    while (size < count * 2)
        size *= 2;
    table->places = bl_alloc(size, sizeof(*table->places));
    table->mask = size - 1;
}

/* Its place, or the empty one where it would be. */
static struct place *table_find(const struct table *table, uint64_t hash)
{
    size_t at = (size_t)(hash ^ hash >> 32) & table->mask;

    /* Who knows the function can make names that meet in one place: that is counted, and ends. */
    while (table->places[at].hash && table->places[at].hash != hash && bl_budget_turn())
        at = (at + 1) & table->mask;
    return &table->places[at];
}

static size_t find_root(const struct kinship *kinship, size_t i)
{
    while (kinship->parent[i] != i)
        i = kinship->parent[i] = kinship->parent[kinship->parent[i]];
    return i;
}

static void join(struct kinship *kinship, size_t a, size_t b)
{
    kinship->parent[find_root(kinship, a)] = find_root(kinship, b);
}

static bool is_workload(const struct bl_kin *kin)
{
    return kin && kin->kind == BL_WORLD_WORKLOAD;
}

static void join_by_keys(struct kinship *kinship)
{
    size_t count = 0;

    for (size_t i = 0; i < kinship->len; i++)
        count += kinship->kin[i] ? kinship->kin[i]->keys.len : 0;
    table_init(&kinship->keys, count);
    for (size_t i = 0; i < kinship->len; i++)
        for (size_t k = 0; kinship->kin[i] && k < kinship->kin[i]->keys.len; k++) {
            uint64_t hash = kinship->kin[i]->keys.items[k];
            struct place *place = table_find(&kinship->keys, hash);

            if (place->hash)
                join(kinship, i, place->first);
            else
                *place = (struct place){hash, i, 1};
        }
}

static void join_by_names(struct kinship *kinship)
{
    for (size_t i = 0; i < kinship->len; i++)
        for (size_t k = 0; kinship->kin[i] && k < kinship->kin[i]->mentions.len; k++) {
            const struct place *place =
                table_find(&kinship->keys, kinship->kin[i]->mentions.items[k]);

            if (place->hash)
                join(kinship, i, place->first);
        }
}

static void index_labels(struct kinship *kinship)
{
    size_t count = 0;

    for (size_t i = 0; i < kinship->len; i++)
        count += is_workload(kinship->kin[i]) ? kinship->kin[i]->pairs.len : 0;
    table_init(&kinship->pairs, count);
    *BL_PUSH(&kinship->carriers) = (struct carrier){0, 0};
    for (size_t i = 0; i < kinship->len; i++)
        for (size_t k = 0; is_workload(kinship->kin[i]) && k < kinship->kin[i]->pairs.len; k++) {
            uint64_t hash = kinship->kin[i]->pairs.items[k];
            struct place *place = table_find(&kinship->pairs, hash);

            *BL_PUSH(&kinship->carriers) = (struct carrier){i, place->first};
            *place = (struct place){hash, kinship->carriers.len - 1, place->count + 1};
        }
}

/* Asked of those alone that carry the rarest of its labels. */
static void join_selected(struct kinship *kinship, size_t service)
{
    const struct bl_hashes *wanted = &kinship->kin[service]->pairs;
    const struct place *rarest = NULL;

    for (size_t k = 0; k < wanted->len; k++) {
        const struct place *place = table_find(&kinship->pairs, wanted->items[k]);

        rarest = !rarest || place->count < rarest->count ? place : rarest;
    }
    for (size_t at = rarest ? rarest->first : 0; at && bl_budget_turn();
         at = kinship->carriers.items[at].next) {
        size_t workload = kinship->carriers.items[at].workload;

        if (bl_hashes_include(&kinship->kin[workload]->pairs, wanted))
            join(kinship, service, workload);
    }
}

/* Services that select the same are kin by that, so one of them is asked for all. */
static void join_by_services(struct kinship *kinship)
{
    index_labels(kinship);
    for (size_t i = 0; i < kinship->len; i++) {
        const struct bl_kin *kin = kinship->kin[i];

        if (kin && kin->kind == BL_WORLD_SERVICE && kin->pairs.len &&
            table_find(&kinship->keys, kin->keys.items[kin->keys.len - 1])->first == i)
            join_selected(kinship, i);
    }
}

/* Who hangs together with one of those that `near` begins with. */
static void take_kin(struct kinship *kinship)
{
    BL_AUTO_FREE bool *roots = bl_alloc(kinship->len, sizeof(*roots));

    for (size_t i = 0; i < kinship->len; i++)
        if (kinship->near[i])
            roots[find_root(kinship, i)] = true;
    for (size_t i = 0; i < kinship->len; i++)
        kinship->near[i] =
            !kinship->kin[i] || kinship->kin[i]->always || roots[find_root(kinship, i)];
}

/* --- who only has the labels --- */

/*
 * Whose pods a selector selects counts, whoever they are of: one that is to tell an ensemble's pods from all others, that
 * of a budget on them, those of affinities and spreads. They are looked at for their labels alone, so that theirs are not.
 */

/* A label that all of a role have, with the values that it has there. */
struct common {
    uint64_t key;
    struct bl_hashes pairs;
};

struct commons {
    struct common *items;
    size_t len, cap;
};

static void commons_release(struct commons *commons)
{
    for (size_t i = 0; i < commons->len; i++)
        free(commons->items[i].pairs.items);
    free(commons->items);
}

static void add_first(struct commons *commons, const struct bl_kin *kin)
{
    for (size_t i = 0; i < kin->marks.len; i++) {
        struct common *common = BL_PUSH(commons);

        *common = (struct common){.key = kin->marks.items[i].key};
        *BL_PUSH(&common->pairs) = kin->marks.items[i].pair;
    }
}

static void keep_common(struct commons *commons, const struct bl_kin *kin)
{
    size_t kept = 0;

    for (size_t i = 0; i < commons->len; i++) {
        const struct bl_mark *mark = bl_kin_mark(kin, commons->items[i].key);

        if (!mark) {
            free(commons->items[i].pairs.items);
            continue;
        }
        *BL_PUSH(&commons->items[i].pairs) = mark->pair;
        commons->items[kept++] = commons->items[i];
    }
    commons->len = kept;
}

/* What those who are near have in common in a role. False: nobody is in it. */
static bool find_common(const struct kinship *kinship, enum bl_role role, const bool *near,
                        struct commons *commons)
{
    bool any = false;

    for (size_t i = 0; i < kinship->len; i++) {
        const struct bl_kin *kin = kinship->kin[i];

        if (!near[i] || !is_workload(kin) || kin->role != role)
            continue;
        if (any)
            keep_common(commons, kin);
        else
            add_first(commons, kin);
        any = true;
    }
    for (size_t i = 0; i < commons->len; i++)
        bl_hashes_sort(&commons->items[i].pairs);
    return any;
}

/* By its pairs, as one without a role has no marks. */
static bool has_common(const struct bl_kin *kin, const struct commons *commons)
{
    for (size_t i = 0; i < commons->len; i++) {
        const struct bl_hashes *pairs = &commons->items[i].pairs;
        bool has = false;

        for (size_t p = 0; !has && p < kin->pairs.len && bl_budget_turn(); p++)
            has = bl_hashes_have(pairs, kin->pairs.items[p]);
        if (!has)
            return false;
    }
    return true;
}

/* The most that find_selector() in scene.c can ask of pods, to tell those of an ensemble from theirs. */
static void take_alike(struct kinship *kinship, const bool *near)
{
    for (int role = BL_ROLE_BROKER; role <= BL_ROLE_ZOOKEEPER; role++) {
        BL_AUTO(commons_release) struct commons commons = {0};

        if (!find_common(kinship, (enum bl_role)role, near, &commons))
            continue;
        for (size_t i = 0; i < kinship->len && bl_budget_turn(); i++)
            if (!kinship->near[i] && is_workload(kinship->kin[i]) &&
                kinship->kin[i]->pairs.len >= commons.len && has_common(kinship->kin[i], &commons))
                kinship->near[i] = true;
    }
}

static const cJSON *labels_of(const struct kinship *kinship, size_t i)
{
    return bl_object_labels(bl_object_pod(kinship->objects[i]));
}

/* The hashes are asked first, because most do not have the labels. */
static void take_selected(struct kinship *kinship, const cJSON *selector)
{
    BL_AUTO(bl_hashes_release) struct bl_hashes pairs = {0};

    bl_kin_add_pairs(&pairs, bl_json_get(selector, "matchLabels"));
    for (size_t i = 0; i < kinship->len && bl_budget_turn(); i++)
        if (!kinship->near[i] && is_workload(kinship->kin[i]) &&
            bl_hashes_include(&kinship->kin[i]->pairs, &pairs) &&
            bl_selector_matches(selector, labels_of(kinship, i)))
            kinship->near[i] = true;
}

static void take_by_selectors_in(struct kinship *kinship, const cJSON *value)
{
    const cJSON *child;

    if (!cJSON_IsArray(value) && !cJSON_IsObject(value))
        return;
    cJSON_ArrayForEach(child, value) {
        if (bl_text_eq(child->string, "labelSelector"))
            take_selected(kinship, child);
        else
            take_by_selectors_in(kinship, child);
    }
}

/* Places of workloads. */
struct places {
    size_t *items;
    size_t len, cap;
};

static void places_release(struct places *places)
{
    free(places->items);
}

static bool may_select(const struct kinship *kinship, const struct places *workloads, size_t i)
{
    for (size_t w = 0; w < workloads->len && bl_budget_turn(); w++)
        if (bl_kin_may_select(kinship->kin[i], kinship->kin[workloads->items[w]]))
            return true;
    return false;
}

/* What a budget counts are the pods of all that it selects. */
static void take_protection(struct kinship *kinship, const struct places *workloads)
{
    for (size_t i = 0; i < kinship->len; i++) {
        if (!bl_kin_protects(kinship->kin[i]) || !may_select(kinship, workloads, i))
            continue;
        kinship->near[i] = true;
        if (kinship->kin[i]->kind == BL_WORLD_DISRUPTION_BUDGET)
            take_selected(kinship, bl_json_at(kinship->objects[i], "spec", "selector", NULL));
    }
}

static void take_by_selectors(struct kinship *kinship, const bool *near)
{
    BL_AUTO(places_release) struct places workloads = {0};

    for (size_t i = 0; i < kinship->len; i++)
        if (near[i] && is_workload(kinship->kin[i]))
            *BL_PUSH(&workloads) = i;
    for (size_t i = 0; i < workloads.len && bl_budget_turn(); i++) {
        const cJSON *object = kinship->objects[workloads.items[i]];

        if (!kinship->kin[workloads.items[i]]->role)
            continue;
        take_selected(kinship, bl_json_at(object, "spec", "selector", NULL));
        take_by_selectors_in(kinship, bl_json_get(bl_object_pod(object), "spec"));
    }
    take_protection(kinship, &workloads);
}

static bool is_of_all(const struct bl_kin *const *kin, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (kin[i] && kin[i]->of_all)
            return true;
    return false;
}

void bl_kin_find(const cJSON *const *objects, const struct bl_kin *const *kin, size_t len,
                 bool *near)
{
    BL_AUTO_FREE size_t *parent = bl_alloc(len, sizeof(*parent));
    BL_AUTO_FREE bool *kin_alone = bl_alloc(len, sizeof(*kin_alone));
    struct kinship kinship = {
        .objects = objects, .kin = kin, .len = len, .near = near, .parent = parent};

    if (is_of_all(kin, len)) {
        memset(near, true, len);
        return;
    }
    for (size_t i = 0; i < len; i++)
        parent[i] = i;
    join_by_keys(&kinship);
    join_by_names(&kinship);
    join_by_services(&kinship);
    take_kin(&kinship);
    memcpy(kin_alone, near, len);
    take_alike(&kinship, kin_alone);
    take_by_selectors(&kinship, kin_alone);
    free(kinship.keys.places);
    free(kinship.pairs.places);
    free(kinship.carriers.items);
}
