#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "recognise.h"

struct name {
    const char *text;
    size_t len;
};

struct entry {
    struct name name;
    size_t workload;
};

struct bl_name_index {
    struct {
        struct entry *items; /* by name and place */
        size_t len;
        size_t *places; /* the same order */
    } by[BL_NAME_KINDS];
};

static int compare_names(const struct name *a, const struct name *b)
{
    size_t len = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->text, b->text, len);

    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = compare_names(&x->name, &y->name);

    return order ? order : (x->workload > y->workload) - (x->workload < y->workload);
}

static const char *name_of(const struct bl_workload *workload, enum bl_name_kind kind)
{
    return kind == BL_NAME_OWN
               ? workload->ref.name
               : bl_json_string(bl_json_get(workload->object, "spec"), "serviceName");
}

struct bl_name_index *bl_name_index_new(struct bl_workload *const *workloads, size_t len)
{
    struct bl_name_index *index = BL_NEW(struct bl_name_index);

    for (int kind = 0; kind < BL_NAME_KINDS; kind++) {
        struct entry *items = index->by[kind].items = bl_alloc(len, sizeof(*items));
        size_t *places = index->by[kind].places = bl_alloc(len, sizeof(*places));
        size_t count = 0;

        for (size_t i = 0; i < len && bl_budget_turn(); i++) {
            const char *name = name_of(workloads[i], (enum bl_name_kind)kind);

            if (name)
                items[count++] = (struct entry){{name, strlen(name)}, i};
        }
        if (count)
            qsort(items, count, sizeof(*items), compare_entries);
        for (size_t i = 0; i < count; i++)
            places[i] = items[i].workload;
        index->by[kind].len = count;
    }
    return index;
}

void bl_name_index_free(struct bl_name_index *index)
{
    if (!index)
        return;
    for (int kind = 0; kind < BL_NAME_KINDS; kind++) {
        free(index->by[kind].items);
        free(index->by[kind].places);
    }
    free(index);
}

size_t bl_name_index_find(const struct bl_name_index *index, enum bl_name_kind kind,
                          const char *text, size_t len, const size_t **ret_places)
{
    const struct name wanted = {text, len};
    size_t low = 0, high = index->by[kind].len, end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_names(&index->by[kind].items[middle].name, &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < index->by[kind].len && bl_budget_turn() &&
                    compare_names(&index->by[kind].items[end].name, &wanted) == 0;)
        end++;
    *ret_places = index->by[kind].places + low;
    return end - low;
}
