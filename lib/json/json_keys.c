#include "json_keys.h"

#include <string.h>

#include "ballast/base/mem.h"

/* Objects are small nearly always; the big ones (a ConfigMap's data) are sorted. */
#define FEW_MEMBERS 16

struct placed {
    const cJSON *member;
    size_t place;
};

static int by_key(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int order = strcmp(x->member->string, y->member->string);

    return order ? order : (x->place > y->place) - (x->place < y->place);
}

static bool find_among_many(const cJSON *object, size_t count, const cJSON **ret_first,
                            const cJSON **ret_second)
{
    BL_AUTO_FREE struct placed *members = bl_alloc(count, sizeof(*members));
    size_t i = 0;

    for (const cJSON *member = object->child; member; member = member->next, i++)
        members[i] = (struct placed){member, i};
    qsort(members, count, sizeof(*members), by_key);
    for (i = 1; i < count; i++) {
        if (strcmp(members[i - 1].member->string, members[i].member->string) != 0)
            continue;
        *ret_first = members[i - 1].member;
        *ret_second = members[i].member;
        return true;
    }
    return false;
}

bool bl_json_find_twins(const cJSON *object, const cJSON **ret_first, const cJSON **ret_second)
{
    size_t count = bl_json_len(object);

    if (count > FEW_MEMBERS)
        return find_among_many(object, count, ret_first, ret_second);
    for (const cJSON *a = object->child; a; a = a->next)
        for (const cJSON *b = a->next; b; b = b->next) {
            /* Most keys differ in their first letter, which saves the call. */
            if (a->string[0] != b->string[0] || strcmp(a->string, b->string) != 0)
                continue;
            *ret_first = a;
            *ret_second = b;
            return true;
        }
    return false;
}
