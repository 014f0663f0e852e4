#include "ballast/workload/labels.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/object/selector.h"
#include "ballast/workload/workload.h"

struct label {
    const char *key, *value;
    size_t workload;
};

struct bl_label_index {
    struct bl_workload *const *workloads;
    struct label *items; /* by key, value and place */
    size_t len, cap;
};

static int compare_pairs(const struct label *a, const struct label *b)
{
    int order = strcmp(a->key, b->key);

    return order ? order : strcmp(a->value, b->value);
}

static int compare_labels(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    int order = compare_pairs(x, y);

    return order ? order : (x->workload > y->workload) - (x->workload < y->workload);
}

struct bl_label_index *bl_label_index_new(struct bl_workload *const *workloads, size_t len)
{
    struct bl_label_index *index = BL_NEW(struct bl_label_index);

    index->workloads = workloads;
    for (size_t i = 0; i < len; i++) {
        const cJSON *label;

        BL_JSON_EACH_MEMBER(label, workloads[i]->pod_labels) {
            if (cJSON_IsString(label))
                *BL_PUSH(index) = (struct label){label->string, label->valuestring, i};
        }
    }
    if (index->len)
        qsort(index->items, index->len, sizeof(*index->items), compare_labels);
    return index;
}

void bl_label_index_free(struct bl_label_index *index)
{
    if (!index)
        return;
    free(index->items);
    free(index);
}

/* The first place whose pair is not before this one; with `after`, the first behind it. */
static size_t find(const struct bl_label_index *index, const struct label *wanted, bool after)
{
    size_t low = 0, high = index->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_pairs(&index->items[middle], wanted);

        if (order < 0 || (after && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct bl_label_walk bl_label_walk(const struct bl_label_index *index, const cJSON *map,
                                   const char *namespace)
{
    struct bl_label_walk walk = {index, map, namespace, 0, 0};
    size_t fewest = SIZE_MAX;
    const cJSON *pair;

    BL_JSON_EACH_MEMBER(pair, map) {
        struct label wanted = {pair->string, pair->valuestring, 0};

        if (!cJSON_IsString(pair))
            return (struct bl_label_walk){index, map, namespace, 0, 0};
        size_t first = find(index, &wanted, false), end = find(index, &wanted, true);
        if (end - first < fewest) {
            fewest = end - first;
            walk.next = first;
            walk.end = end;
        }
    }
    return walk;
}

bool bl_label_next(struct bl_label_walk *walk, size_t *ret_workload)
{
    while (walk->next < walk->end) {
        size_t at = walk->index->items[walk->next++].workload;
        const struct bl_workload *workload = walk->index->workloads[at];

        if (bl_namespace_may_equal(workload->ref.namespace, walk->namespace) &&
            bl_labels_include(workload->pod_labels, walk->map)) {
            *ret_workload = at;
            return true;
        }
    }
    return false;
}
