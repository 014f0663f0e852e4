#include "ballast/json/pointer.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

bool bl_pointer_valid(const char *pointer)
{
    if (*pointer && *pointer != '/')
        return false;
    for (; *pointer; pointer++)
        if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1')
            return false;
    return true;
}

/* Does the escaped step of `len` bytes name `key`? One that is escaped wrongly names nothing. */
static bool step_is(const char *step, size_t len, const char *key)
{
    for (size_t i = 0; i < len; i++, key++) {
        char c = step[i];

        if (c == '~') {
            char escape = i + 1 < len ? step[++i] : '\0';

            if (escape != '0' && escape != '1')
                return false;
            c = escape == '0' ? '~' : '/';
        }
        if (*key != c)
            return false;
    }
    return !*key;
}

bool bl_pointer_index(const char *step, size_t len, int64_t *ret_index)
{
    if (len && (step[0] == '-' || (step[0] == '0' && len > 1)))
        return false;
    return bl_text_to_int(step, len, ret_index);
}

static const cJSON *step_into(const cJSON *value, const char *step, size_t len)
{
    const cJSON *item = value->child;
    size_t looks = 1;
    int64_t index;

    if (cJSON_IsObject(value)) {
        for (; item && !step_is(step, len, item->string); looks++)
            item = item->next;
        bl_budget_spend(looks);
        return item;
    }
    if (!cJSON_IsArray(value) || !bl_pointer_index(step, len, &index))
        return NULL;
    for (; item && index--; looks++)
        item = item->next;
    bl_budget_spend(looks);
    return item;
}

/* Walks as far as it can; `*ret_whole` tells whether that was the whole way. */
static const cJSON *walk(const cJSON *value, const char *pointer, bool *ret_whole)
{
    *ret_whole = false;
    while (*pointer == '/') {
        const char *step = pointer + 1;
        size_t len = strcspn(step, "/");
        const cJSON *next = step_into(value, step, len);

        if (!next)
            return value;
        value = next;
        pointer = step + len;
    }
    *ret_whole = !*pointer;
    return value;
}

cJSON *bl_pointer_find(const cJSON *root, const char *pointer)
{
    bool whole = false;
    const cJSON *value = root ? walk(root, pointer, &whole) : NULL;

    return whole ? (cJSON *)(uintptr_t)value : NULL;
}

const cJSON *bl_pointer_nearest(const cJSON *root, const char *pointer)
{
    bool whole;

    return walk(root, pointer, &whole);
}

void bl_pointer_add_key(struct bl_strbuf *pointer, const char *key)
{
    bl_strbuf_addc(pointer, '/');
    for (; *key; key++) {
        if (*key == '~')
            bl_strbuf_adds(pointer, "~0");
        else if (*key == '/')
            bl_strbuf_adds(pointer, "~1");
        else
            bl_strbuf_addc(pointer, *key);
    }
}

void bl_pointer_add_index(struct bl_strbuf *pointer, size_t index)
{
    bl_strbuf_addf(pointer, "/%zu", index);
}

int bl_pointer_split(const char *pointer, struct bl_strbuf *parent, char **ret_last,
                     struct bl_error **err)
{
    const char *slash = strrchr(pointer, '/');
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (!bl_pointer_valid(pointer) || !slash)
        return bl_fail(err, BL_ERR_INVALID, "\"%s\" is not a JSON Pointer to a member", pointer);
    bl_strbuf_add(parent, pointer, (size_t)(slash - pointer));
    for (const char *c = slash + 1; *c; c++) {
        char plain = *c;

        if (plain == '~')
            plain = *++c == '0' ? '~' : '/';
        bl_strbuf_addc(&last, plain);
    }
    *ret_last = bl_strbuf_take(&last);
    return 0;
}
