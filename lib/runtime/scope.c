#include "ballast/runtime/scope.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"

bool bl_scope_reaches(const struct bl_scope *scope, const char *namespace)
{
    return !scope->only || !*scope->only || bl_text_in(namespace, scope->only);
}

bool bl_scope_has(const struct bl_scope *scope, const cJSON *namespace)
{
    const char *name = bl_object_ref(namespace).name;

    return bl_scope_reaches(scope, name) &&
           !(scope->left_out && bl_text_in(name, scope->left_out)) &&
           (!scope->selector || bl_selector_matches(scope->selector, bl_object_labels(namespace)));
}

/* --- options --- */

void bl_scope_options_release(struct bl_scope_options *options)
{
    bl_json_free(options->selector);
    free(options->only.items);
    free(options->left_out.items);
    *options = (struct bl_scope_options){0};
}

/* "a=b,c=d" as a LabelSelector. */
static int selector_of_pairs(const char *text, cJSON **ret_selector, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *selector = bl_json_new_object();
    cJSON *labels = bl_json_add_object(selector, "matchLabels");

    while (*text) {
        size_t len = strcspn(text, ",");
        BL_AUTO_FREE char *key = bl_strndup(text, len);
        char *value = strchr(key, '=');

        if (!value)
            return bl_fail(err, BL_ERR_INVALID, "\"%s\" is not KEY=VALUE", key);
        *value++ = '\0';
        if (bl_json_get(labels, key))
            return bl_fail(err, BL_ERR_INVALID, "\"%s\" is there twice", key);
        bl_json_add_string(labels, key, value);
        text += len;
        text += *text == ',';
    }
    *ret_selector = BL_STEAL(selector);
    return 0;
}

int bl_scope_read_selector(const char *text, void *place, struct bl_error **err)
{
    cJSON **to = place;
    BL_AUTO_JSON cJSON *selector = NULL;

    if ((*text == '{' ? bl_json_parse(text, strlen(text), &selector, err)
                      : selector_of_pairs(text, &selector, err)) < 0 ||
        bl_selector_validate(selector, err) < 0)
        return -1;
    bl_json_free(*to);
    *to = BL_STEAL(selector);
    return 0;
}

struct bl_scope bl_scope_of(const struct bl_scope_options *options)
{
    return (struct bl_scope){options->selector, options->only.items, options->left_out.items};
}

/* --- the book --- */

struct page {
    char *name;
    enum bl_scope_place place;
    uint64_t since;
};

struct bl_scope_book {
    const struct bl_scope *scope;
    pthread_mutex_t lock; /* guards what is below */
    struct page *items;   /* by name */
    size_t len, cap;
    uint64_t time;
};

struct bl_scope_book *bl_scope_book_new(const struct bl_scope *scope)
{
    struct bl_scope_book *book = BL_NEW(struct bl_scope_book);

    book->scope = scope;
    (void)pthread_mutex_init(&book->lock, NULL);
    return book;
}

void bl_scope_book_free(struct bl_scope_book *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < book->len; i++)
        free(book->items[i].name);
    free(book->items);
    (void)pthread_mutex_destroy(&book->lock);
    free(book);
}

/* With the lock. Where it is, or would be. */
static size_t position(const struct bl_scope_book *book, const char *name, bool *ret_found)
{
    size_t low = 0, high = book->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(book->items[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = low < book->len && strcmp(book->items[low].name, name) == 0;
    return low;
}

static enum bl_scope_place place_of(const struct bl_scope *scope, const cJSON *namespace)
{
    const char *name = bl_object_ref(namespace).name;

    if (!bl_scope_reaches(scope, name))
        return BL_SCOPE_BEYOND;
    return bl_scope_has(scope, namespace) && !bl_namespace_excluded(name) ? BL_SCOPE_WITHIN
                                                                          : BL_SCOPE_LEFT;
}

/* With the lock. */
static void tear_out(struct bl_scope_book *book, size_t at)
{
    free(book->items[at].name);
    memmove(&book->items[at], &book->items[at + 1], (--book->len - at) * sizeof(*book->items));
}

/* With the lock. */
static struct page *insert(struct bl_scope_book *book, size_t at, const char *name)
{
    (void)BL_PUSH(book);
    memmove(&book->items[at + 1], &book->items[at], (book->len - 1 - at) * sizeof(*book->items));
    book->items[at] = (struct page){.name = bl_strdup(name)};
    return &book->items[at];
}

static bool turn_to(struct bl_scope_book *book, struct page *page, enum bl_scope_place place)
{
    enum bl_scope_place before = page->place;

    page->place = place;
    if (before == place || (before == BL_SCOPE_UNKNOWN && place == BL_SCOPE_WITHIN))
        return false;
    if (place == BL_SCOPE_WITHIN)
        page->since = ++book->time;
    return true;
}

bool bl_scope_book_note(struct bl_scope_book *book, const char *name, const cJSON *namespace)
{
    bool found, turned = false;

    pthread_mutex_lock(&book->lock);
    size_t at = position(book, name, &found);
    if (namespace)
        turned = turn_to(book, found ? &book->items[at] : insert(book, at, name),
                         place_of(book->scope, namespace));
    else if (found)
        tear_out(book, at);
    pthread_mutex_unlock(&book->lock);
    return turned;
}

static struct page look_up(struct bl_scope_book *book, const char *name)
{
    struct page page = {0};
    bool found;

    pthread_mutex_lock(&book->lock);
    size_t at = position(book, name, &found);
    if (found)
        page = book->items[at];
    pthread_mutex_unlock(&book->lock);
    return page;
}

enum bl_scope_place bl_scope_book_place(struct bl_scope_book *book, const char *name)
{
    return look_up(book, name).place;
}

uint64_t bl_scope_book_time(struct bl_scope_book *book)
{
    uint64_t time;

    pthread_mutex_lock(&book->lock);
    time = book->time;
    pthread_mutex_unlock(&book->lock);
    return time;
}

uint64_t bl_scope_book_since(struct bl_scope_book *book, const char *name)
{
    struct page page = look_up(book, name);

    return page.place == BL_SCOPE_LEFT || page.place == BL_SCOPE_BEYOND ? UINT64_MAX : page.since;
}
