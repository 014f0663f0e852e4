/**
 * JSON values, read safely.
 *
 * The tree is cJSON's. These helpers are what our code uses instead of cJSON's own look-ups, which
 * ignore case, and instead of its parser alone, which knows no limits, keeps duplicate keys and
 * accepts bytes after the value. A look-up that misses returns NULL and takes NULL: chains need no
 * checks in between.
 *
 * Integers that a double cannot hold (beyond 2^53) are kept as written (cJSON_Raw) where they come
 * from YAML; bl_json_int() refuses to read them, and nothing rewrites them.
 */
#ifndef BALLAST_JSON_JSON_H
#define BALLAST_JSON_JSON_H

#include <cjson/cJSON.h>
#include <stdatomic.h>
#include <stdint.h>

#include "ballast/base/budget.h"
#include "ballast/base/strbuf.h"

/*
 * cJSON's own loop, which goes over nearly all input there is, spends from the thread's budget and ends with it
 * (ballast/base/budget.h): a loop that nobody thought of is bounded too.
 */
#undef cJSON_ArrayForEach
#define cJSON_ArrayForEach(element, array)                                           \
    for ((element) = (array) ? (array)->child : NULL; (element) && bl_budget_turn(); \
         (element) = (element)->next)

/**
 * The same for each member of an object, by its key `member->string`; nothing of what is no object, as a list has no keys.
 */
#define BL_JSON_EACH_MEMBER(member, object)                                     \
    for ((member) = bl_json_first_member(object); (member) && bl_budget_turn(); \
         (member) = (member)->next)

static inline cJSON *bl_json_first_member(const cJSON *object)
{
    return object && cJSON_IsObject(object) ? object->child : NULL;
}

/** Deepest nesting of objects and arrays that is read, in JSON and in YAML. */
#define BL_JSON_MAX_DEPTH 128
/** Largest text that is read as one document. */
#define BL_JSON_MAX_BYTES ((size_t)16 << 20)

/**
 * Reads one value (RFC 8259, nothing laxer) and nothing after it but white space. Refuses text that is
 * too large or too deep, duplicate keys, a NUL in a string, invalid UTF-8, and numbers that no double
 * can come near. Errors name line and column, or the key that is there twice.
 */
BL_CHECK int bl_json_parse(const char *text, size_t len, cJSON **ret_json, struct bl_error **err);

/**
 * The same without copies: keys and strings of the tree lie in `text`, which is changed, on failure too, and
 * must be there as long as the tree.
 */
BL_CHECK int bl_json_parse_in_place(char *text, size_t len, cJSON **ret_json,
                                    struct bl_error **err);

/**
 * Values that several threads may have at once, all their trees together: a text of 7 MiB may be a tree of 250. Takes in
 * portions, so that threads seldom meet. For who reads what anybody may send.
 */
struct bl_json_pool {
    atomic_long left; /* values */
    long per_tree;    /* most of one */
};

/** What a tree took of a pool, to be given back when the tree is gone. */
struct bl_json_loan {
    struct bl_json_pool *pool;
    long values;
    bool begun; /* the first few thousand are nobody's loan */
};
void bl_json_loan_return(struct bl_json_loan *loan);

/**
 * bl_json_parse_in_place() within bounds: fails with BL_ERR_TOO_LARGE where the tree would have more values than one
 * may, and with BL_ERR_UNAVAILABLE where other threads have them just now. `loan` is filled, on failure with nothing.
 */
BL_CHECK int bl_json_parse_pooled(char *text, size_t len, struct bl_json_pool *pool,
                                  struct bl_json_loan *loan, cJSON **ret_json,
                                  struct bl_error **err);

/** The member named exactly so, or NULL. */
cJSON *bl_json_get(const cJSON *object, const char *key);
/** bl_json_get along a path of keys, NULL-terminated: bl_json_at(o, "spec", "template", NULL). */
cJSON *bl_json_at(const cJSON *object, ...) __attribute__((sentinel));
/** The member's text, or NULL where it is missing or no string. */
const char *bl_json_string(const cJSON *object, const char *key);
/** The member's truth, or `fallback` where it is missing or no boolean. */
bool bl_json_bool(const cJSON *object, const char *key, bool fallback);
/** The member's whole number as bl_json_int() reads it, or 0. */
int64_t bl_json_number(const cJSON *object, const char *key);
/** Seconds since 1970 of the member, a meta/v1 Time as bl_time_parse() reads it, or 0. */
int64_t bl_json_time(const cJSON *object, const char *key);
/** Reads a whole number. False, and nothing written, for anything else and from 2^53 on. */
bool bl_json_int(const cJSON *value, int64_t *ret_value);
/** Missing or null. */
bool bl_json_is_null(const cJSON *value);
/** The array's length or the object's member count; 0 for anything else. */
size_t bl_json_len(const cJSON *value);

/** Same value: member order does not matter, array order does, 1 equals 1.0. */
bool bl_json_equal(const cJSON *a, const cJSON *b);

/** A deep copy, never NULL. */
BL_NONNULL cJSON *bl_json_copy(const cJSON *value);
/** A deep copy whose keys and texts are the original's, which must outlive it. A fraction of the cost. */
BL_NONNULL cJSON *bl_json_borrow(const cJSON *value);

/** Appends compact JSON. Member order is kept, so equal trees give equal bytes. */
void bl_json_write(struct bl_strbuf *out, const cJSON *value);
/** Appends JSON for people: two spaces a level, a newline at the end. */
void bl_json_write_pretty(struct bl_strbuf *out, const cJSON *value);
/** Appends the text as a JSON string, quotes included. */
void bl_json_write_string(struct bl_strbuf *out, const char *text);

/** Builders that abort where cJSON would return NULL. Each returns the child that it added. */
cJSON *bl_json_add(cJSON *object, const char *key, cJSON *value);
cJSON *bl_json_add_string(cJSON *object, const char *key, const char *text);
cJSON *bl_json_add_int(cJSON *object, const char *key, int64_t value);
cJSON *bl_json_add_bool(cJSON *object, const char *key, bool value);
cJSON *bl_json_add_object(cJSON *object, const char *key);
cJSON *bl_json_add_array(cJSON *object, const char *key);
cJSON *bl_json_push(cJSON *array, cJSON *value);
/** Frees the member of that name; there need not be one, nor an object. */
void bl_json_cut(cJSON *object, const char *key);
/** Frees all members but those of the NULL-terminated `keys`. NULL is fine. */
void bl_json_keep_only(cJSON *object, const char *const *keys);
/** In front of the item at `index`; at the end where there is none. */
cJSON *bl_json_insert(cJSON *array, size_t index, cJSON *value);
/** Gives the value a key, as a member of an object has one, in memory that cJSON frees. */
void bl_json_rename(cJSON *value, const char *key);
BL_NONNULL cJSON *bl_json_new_object(void);
BL_NONNULL cJSON *bl_json_new_array(void);
BL_NONNULL cJSON *bl_json_new_string(const char *text);
BL_NONNULL cJSON *bl_json_new_int(int64_t value);

/** cJSON_Delete(), which costs nothing for what lies in a region (arena.h). NULL is fine. */
void bl_json_free(cJSON *value);

/** Frees what `value` points to, after all texts in it were overwritten: for what a Secret held. For BL_AUTO. */
void bl_json_wipe(cJSON **value);

BL_DEFINE_CLEANUP(cJSON *, bl_json_cleanup, bl_json_free)
#define BL_AUTO_JSON BL_AUTO(bl_json_cleanup)

#endif
