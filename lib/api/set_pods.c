#include <stdlib.h>
#include <string.h>

#include "ballast/api/pod.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/pointer.h"
#include "ballast/object/object.h"

static bool made_by(const cJSON *pod, const struct bl_ref *set)
{
    const cJSON *owner = bl_object_controller(pod);

    return bl_text_eq(bl_json_string(owner, "kind"), "StatefulSet") &&
           bl_text_eq(bl_json_string(owner, "name"), set->name) &&
           bl_namespace_may_equal(bl_object_ref(pod).namespace, set->namespace);
}

/* "kafka-2" of "kafka". */
static bool ordinal_of(const char *pod, const char *set, int64_t *ret_ordinal)
{
    size_t len = strlen(set);

    return strncmp(pod, set, len) == 0 && pod[len] == '-' &&
           bl_pointer_index(pod + len + 1, strlen(pod + len + 1), ret_ordinal);
}

static int by_ordinal(const void *a, const void *b)
{
    const struct bl_set_pod *x = a, *y = b;

    return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

/* Of two with one ordinal the first one stays. */
static void sort(struct bl_set_pods *pods)
{
    size_t kept = 0;

    if (pods->len)
        qsort(pods->items, pods->len, sizeof(*pods->items), by_ordinal);
    for (size_t i = 0; i < pods->len; i++)
        if (!kept || pods->items[kept - 1].ordinal != pods->items[i].ordinal)
            pods->items[kept++] = pods->items[i];
    pods->len = kept;
}

/* `pods` are those that are there; the gaps between them, from the first ordinal on, are filled. */
static void add_missing(struct bl_set_pods *pods, int64_t first, int64_t end)
{
    size_t there = pods->len, next = 0, named = 0;

    for (int64_t ordinal = first; ordinal < end && named < BL_MISSING_NAMED; ordinal++) {
        if (next < there && pods->items[next].ordinal == ordinal) {
            next++;
            continue;
        }
        *BL_PUSH(pods) = (struct bl_set_pod){NULL, ordinal};
        named++;
    }
    sort(pods);
}

void bl_set_pods_find(const cJSON *set, const cJSON *const *pods, size_t len,
                      struct bl_set_pods *ret_pods)
{
    struct bl_ref ref = bl_object_ref(set);
    int64_t first = bl_object_first_ordinal(set), end = first + bl_object_replicas(set), ordinal;

    *ret_pods = (struct bl_set_pods){0};
    for (size_t i = 0; i < len; i++)
        if (made_by(pods[i], &ref) && ordinal_of(bl_object_ref(pods[i]).name, ref.name, &ordinal) &&
            ordinal >= first && ordinal < end)
            *BL_PUSH(ret_pods) = (struct bl_set_pod){pods[i], ordinal};
    sort(ret_pods);
    ret_pods->missing = end - first - (int64_t)ret_pods->len;
    add_missing(ret_pods, first, end);
}

void bl_set_pods_release(struct bl_set_pods *pods)
{
    free(pods->items);
    *pods = (struct bl_set_pods){0};
}
