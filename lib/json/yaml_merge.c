#include <assert.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "json_keys.h"
#include "yaml_doc.h"

/*
 * Of one key, kubectl uses what it reads last, and it reads "<<" where that stands: a key behind it
 * hides what was merged, a key before it is hidden. Of a list of mappings the first wins.
 */
enum precedence { BEHIND_MERGE, MERGED, BEFORE_MERGE };

struct ranked {
    cJSON *member;
    enum precedence precedence;
    size_t rank; /* in the result */
};

struct ranking {
    struct ranked *items;
    size_t len, cap;
};

static void ranking_release(struct ranking *ranking)
{
    free(ranking->items);
}

static int fail_duplicate(const struct bl_yaml_doc *doc, const cJSON *a, const cJSON *b,
                          struct bl_error **err)
{
    const struct bl_origin *first = &bl_yaml_node_of(a)->origin;
    const struct bl_origin *second = &bl_yaml_node_of(b)->origin;

    bool heads = strcmp(b->string, "apiVersion") == 0 || strcmp(b->string, "kind") == 0;

    bl_yaml_doc_fail(doc, second->key_line, BL_ERR_INVALID, err,
                     "duplicate key \"%.100s\", first on line %u", b->string, first->key_line);
    return bl_hint(err, heads ? "Put \"---\" between two objects, or keep one of the two."
                              : "Keep one of the two: kubectl may use either.");
}

static void rank_member(struct ranking *ranking, cJSON *member, enum precedence precedence)
{
    struct ranked *item = BL_PUSH(ranking);

    *item = (struct ranked){member, precedence, ranking->len - 1};
}

static void rank_own(struct ranking *ranking, cJSON *object, const struct bl_yaml_node *merge)
{
    for (cJSON *child = object->child; child; child = child->next) {
        bool before = bl_yaml_node_of(child)->origin.key_start < merge->origin.key_start;

        rank_member(ranking, child, before ? BEFORE_MERGE : BEHIND_MERGE);
    }
}

static int by_key(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    int order = strcmp(x->member->string, y->member->string);

    order = order ? order : (int)x->precedence - (int)y->precedence;
    return order ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* Drops what another member hides; two of the object's own with one key are an error. */
static int keep_first(const struct bl_yaml_doc *doc, struct ranking *ranking, struct bl_error **err)
{
    const struct ranked *own = NULL;
    size_t kept = 0;

    if (!ranking->len)
        return 0;
    qsort(ranking->items, ranking->len, sizeof(ranking->items[0]), by_key);
    for (size_t i = 0; i < ranking->len; i++) {
        struct ranked *item = &ranking->items[i], *last = kept ? &ranking->items[kept - 1] : NULL;

        bool twin = last && strcmp(last->member->string, item->member->string) == 0;

        if (!twin)
            own = NULL;
        if (own && item->precedence != MERGED)
            return fail_duplicate(doc, own->member, item->member, err);
        if (item->precedence != MERGED)
            own = item;
        if (!twin)
            ranking->items[kept++] = *item;
    }
    ranking->len = kept;
    return 0;
}

static void mark_aliased(cJSON *value)
{
    bl_yaml_node_of(value)->origin.aliased = true;
    for (cJSON *child = value->child; child; child = child->next)
        mark_aliased(child);
}

static int rank_merged(const struct bl_yaml_doc *doc, struct ranking *ranking,
                       struct bl_yaml_node *merge, struct bl_error **err)
{
    cJSON *one = merge->json.type == cJSON_Array ? merge->json.child : &merge->json;

    mark_aliased(&merge->json);
    for (; one; one = one == &merge->json ? NULL : one->next) {
        if (one->type != cJSON_Object)
            return bl_yaml_doc_fail(doc, merge->origin.key_line, BL_ERR_INVALID, err,
                                    "\"<<\" needs a mapping or a list of mappings");
        for (cJSON *child = one->child; child; child = child->next)
            rank_member(ranking, child, MERGED);
    }
    return 0;
}

/* The object's members anew, in the order that they had. */
static void put_back(struct bl_yaml_node *object, struct ranking *ranking)
{
    if (ranking->len)
        qsort(ranking->items, ranking->len, sizeof(ranking->items[0]), by_rank);
    object->json.child = NULL;
    for (size_t i = 0; i < ranking->len; i++)
        bl_yaml_append(&object->json, ranking->items[i].member);
}

static void keep_last(struct bl_yaml_node *object)
{
    BL_AUTO(ranking_release) struct ranking ranking = {0};
    size_t kept = 0;

    for (cJSON *child = object->json.child; child; child = child->next)
        rank_member(&ranking, child, BEHIND_MERGE);
    if (!ranking.len)
        return;
    qsort(ranking.items, ranking.len, sizeof(ranking.items[0]), by_key);
    for (size_t i = 0; i < ranking.len; i++) {
        const cJSON *here = ranking.items[i].member;
        const cJSON *next = i + 1 < ranking.len ? ranking.items[i + 1].member : NULL;

        assert(here);
        if (!next || strcmp(next->string, here->string) != 0)
            ranking.items[kept++] = ranking.items[i];
    }
    ranking.len = kept;
    put_back(object, &ranking);
}

static int finish_alone(struct bl_yaml_doc *doc, struct bl_yaml_node *object, struct bl_error **err)
{
    const cJSON *first, *second;

    if (!bl_json_find_twins(&object->json, &first, &second))
        return 0;
    if (!doc->duplicate)
        return fail_duplicate(doc, first, second, err);
    if (!*doc->duplicate)
        (void)fail_duplicate(doc, first, second, doc->duplicate);
    keep_last(object);
    return 0;
}

int bl_yaml_doc_finish(struct bl_yaml_doc *doc, struct bl_yaml_node *object,
                       struct bl_yaml_node *merge, struct bl_error **err)
{
    BL_AUTO(ranking_release) struct ranking ranking = {0};

    if (!merge)
        return finish_alone(doc, object, err);
    rank_own(&ranking, &object->json, merge);
    if (rank_merged(doc, &ranking, merge, err) < 0)
        return -1;
    if (keep_first(doc, &ranking, err) < 0)
        return -1;
    if (ranking.len)
        put_back(object, &ranking);
    return 0;
}
