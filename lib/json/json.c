#include "ballast/json/json.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "json_node.h"

/* Whole numbers below are exact in a double; this one may have been 2^53 + 1 in the text. */
#define EXACT_END ((int64_t)1 << 53)

/* cJSON_IsObject() and the like without the call, for what is asked hundreds of times a decision. */
static bool is_type(const cJSON *value, int type)
{
    return value && (value->type & 0xff) == type;
}

cJSON *bl_json_get(const cJSON *object, const char *key)
{
    size_t looks = 1;
    cJSON *member;

    if (!is_type(object, cJSON_Object))
        return NULL;
    /* Most siblings differ in their first letter, which saves the call. */
    for (member = object->child; member; member = member->next, looks++)
        if (member->string && member->string[0] == key[0] && strcmp(member->string, key) == 0)
            break;
    bl_budget_spend(looks);
    return member;
}

cJSON *bl_json_at(const cJSON *object, ...)
{
    cJSON *value = (cJSON *)(uintptr_t)object;
    va_list keys;

    va_start(keys, object);
    for (const char *key; value && (key = va_arg(keys, const char *));)
        value = bl_json_get(value, key);
    va_end(keys);
    return value;
}

const char *bl_json_string(const cJSON *object, const char *key)
{
    const cJSON *member = bl_json_get(object, key);

    return is_type(member, cJSON_String) ? member->valuestring : NULL;
}

bool bl_json_bool(const cJSON *object, const char *key, bool fallback)
{
    const cJSON *member = bl_json_get(object, key);

    return cJSON_IsBool(member) ? cJSON_IsTrue(member) : fallback;
}

int64_t bl_json_number(const cJSON *object, const char *key)
{
    int64_t number = 0;

    (void)bl_json_int(bl_json_get(object, key), &number);
    return number;
}

int64_t bl_json_time(const cJSON *object, const char *key)
{
    int64_t seconds = 0;

    (void)bl_time_parse(bl_json_string(object, key), &seconds);
    return seconds;
}

bool bl_json_int(const cJSON *value, int64_t *ret_value)
{
    if (!cJSON_IsNumber(value) || !isfinite(value->valuedouble) ||
        fabs(value->valuedouble) >= (double)EXACT_END ||
        trunc(value->valuedouble) != value->valuedouble)
        return false;
    *ret_value = (int64_t)value->valuedouble;
    return true;
}

bool bl_json_is_null(const cJSON *value)
{
    return !value || cJSON_IsNull(value);
}

size_t bl_json_len(const cJSON *value)
{
    size_t len = 0;

    if (!is_type(value, cJSON_Object) && !is_type(value, cJSON_Array))
        return 0;
    for (const cJSON *child = value->child; child; child = child->next)
        len++;
    bl_budget_spend(len);
    return len;
}

/* Trees that borrow from one tree (bl_json_borrow()) share most of their texts. */
static bool same_text(const char *a, const char *b)
{
    return a == b || strcmp(a, b) == 0;
}

static bool objects_equal(const cJSON *a, const cJSON *b)
{
    const cJSON *next = b->child;

    if (bl_json_len(a) != bl_json_len(b))
        return false;
    /* Equal objects nearly always have equal order, so look at the neighbour before searching. */
    for (const cJSON *member = a->child; member; member = member->next) {
        const cJSON *twin =
            next && same_text(next->string, member->string) ? next : bl_json_get(b, member->string);

        if (!twin || !bl_json_equal(member, twin))
            return false;
        next = twin->next;
    }
    return true;
}

static bool arrays_equal(const cJSON *a, const cJSON *b)
{
    const cJSON *x = a->child, *y = b->child;

    for (; x && y; x = x->next, y = y->next)
        if (!bl_json_equal(x, y))
            return false;
    return !x && !y;
}

bool bl_json_equal(const cJSON *a, const cJSON *b)
{
    if (!a || !b)
        return a == b;
    bl_budget_spend(1);
    if ((a->type & 0xff) != (b->type & 0xff))
        return false;
    switch (a->type & 0xff) {
    case cJSON_Number:
        return !(a->valuedouble < b->valuedouble) && !(a->valuedouble > b->valuedouble);
    case cJSON_String:
    case cJSON_Raw:
        return same_text(a->valuestring, b->valuestring);
    case cJSON_Array:
        return arrays_equal(a, b);
    case cJSON_Object:
        return objects_equal(a, b);
    default:
        return true;
    }
}

static cJSON *must(cJSON *value)
{
    if (!value)
        abort();
    return value;
}

/* Text that cJSON frees, or the same text, marked as not its own. */
static char *take_text(char *text, bool borrow)
{
    size_t size;
    char *copy;

    if (!text || borrow)
        return text;
    size = strlen(text) + 1;
    copy = cJSON_malloc(size);
    if (!copy)
        abort();
    return memcpy(copy, text, size);
}

/* Depth is bounded where values are read. */
static cJSON *copy_node(const cJSON *value, bool borrow)
{
    cJSON *copy = bl_json_node(value->type & 0xff);

    bl_budget_spend(2);
    copy->valueint = value->valueint;
    copy->valuedouble = value->valuedouble;
    if (borrow)
        copy->type |= (value->valuestring ? cJSON_IsReference : 0) |
                      (value->string ? cJSON_StringIsConst : 0);
    copy->valuestring = take_text(value->valuestring, borrow);
    copy->string = take_text(value->string, borrow);
    for (const cJSON *child = value->child; child; child = child->next)
        bl_json_append(copy, copy_node(child, borrow));
    return copy;
}

cJSON *bl_json_copy(const cJSON *value)
{
    return copy_node(value, false);
}

cJSON *bl_json_borrow(const cJSON *value)
{
    return copy_node(value, true);
}

cJSON *bl_json_add(cJSON *object, const char *key, cJSON *value)
{
    if (!cJSON_AddItemToObject(object, key, must(value)))
        abort();
    return value;
}

void bl_json_rename(cJSON *value, const char *key)
{
    size_t size = strlen(key) + 1;
    char *copy = cJSON_malloc(size);

    if (!copy)
        abort();
    memcpy(copy, key, size);
    if (!(value->type & cJSON_StringIsConst))
        cJSON_free(value->string);
    value->type &= ~cJSON_StringIsConst;
    value->string = copy;
}

cJSON *bl_json_add_string(cJSON *object, const char *key, const char *text)
{
    return bl_json_add(object, key, bl_json_new_string(text));
}

cJSON *bl_json_add_int(cJSON *object, const char *key, int64_t value)
{
    return bl_json_add(object, key, bl_json_new_int(value));
}

cJSON *bl_json_add_bool(cJSON *object, const char *key, bool value)
{
    return bl_json_add(object, key, cJSON_CreateBool(value));
}

cJSON *bl_json_add_object(cJSON *object, const char *key)
{
    return bl_json_add(object, key, cJSON_CreateObject());
}

cJSON *bl_json_add_array(cJSON *object, const char *key)
{
    return bl_json_add(object, key, cJSON_CreateArray());
}

cJSON *bl_json_push(cJSON *array, cJSON *value)
{
    if (!cJSON_AddItemToArray(array, must(value)))
        abort();
    return value;
}

void bl_json_cut(cJSON *object, const char *key)
{
    bl_json_free(cJSON_DetachItemViaPointer(object, bl_json_get(object, key)));
}

void bl_json_keep_only(cJSON *object, const char *const *keys)
{
    for (cJSON *member = object ? object->child : NULL, *next; member; member = next) {
        next = member->next;
        if (!bl_text_in(member->string, keys))
            bl_json_free(cJSON_DetachItemViaPointer(object, member));
    }
}

/* Not cJSON_InsertItemInArray(): Debian 12's, patched for a CVE, refuses any place but the ends. */
cJSON *bl_json_insert(cJSON *array, size_t index, cJSON *value)
{
    cJSON *after = array->child;

    while (after && index--)
        after = after->next;
    if (!after)
        return bl_json_push(array, value);

    value->next = after;
    value->prev = after->prev; /* of the first one: the last */
    if (after == array->child)
        array->child = value;
    else
        after->prev->next = value;
    after->prev = value;
    return value;
}

cJSON *bl_json_new_object(void)
{
    return must(cJSON_CreateObject());
}

cJSON *bl_json_new_array(void)
{
    return must(cJSON_CreateArray());
}

cJSON *bl_json_new_string(const char *text)
{
    return must(cJSON_CreateString(text));
}

cJSON *bl_json_new_int(int64_t value)
{
    return must(cJSON_CreateNumber((double)value));
}
