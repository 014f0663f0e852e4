#include "ballast/kube/store.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/json/pack.h"
#include "ballast/object/object.h"

#define LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"

struct bl_stored {
    atomic_uint references;
    const cJSON *object; /* packed */
    void *derived;
    void (*drop)(void *derived);
    size_t bytes;
    bool left_out;     /* the object is its name alone */
    uint64_t list;     /* the last one that named it; only the writer reads it */
    struct bl_ref ref; /* borrowed from the object */
};

/* What a namespace takes. */
struct share {
    char *namespace;
    size_t objects, bytes;
};

/* Sorted by namespace and name: a namespace is a run, and a list arrives in that order. */
struct bl_store {
    struct bl_store_options options;
    uint64_t list; /* the writer's: counts begin() */

    pthread_mutex_t lock; /* guards what is below; the writer alone changes it */
    struct bl_stored **items;
    size_t len, cap;
    struct {
        struct share *items; /* by namespace */
        size_t len, cap;
    } shares;
    struct bl_store_stats stats;
};

const cJSON *bl_stored_object(const struct bl_stored *stored)
{
    return stored->object;
}

const void *bl_stored_derived(const struct bl_stored *stored)
{
    return stored->derived;
}

struct bl_stored *bl_stored_ref(struct bl_stored *stored)
{
    unsigned before = atomic_fetch_add_explicit(&stored->references, 1, memory_order_relaxed);

    assert(before > 0);
    return stored;
}

void bl_stored_unref(struct bl_stored *stored)
{
    if (!stored || atomic_fetch_sub_explicit(&stored->references, 1, memory_order_acq_rel) > 1)
        return;
    if (stored->derived)
        stored->drop(stored->derived);
    bl_json_pack_free(stored->object);
    free(stored);
}

void bl_stored_list_release(struct bl_stored_list *list)
{
    for (size_t i = 0; i < list->len; i++)
        bl_stored_unref(list->items[i]);
    free(list->items);
    *list = (struct bl_stored_list){0};
}

struct bl_store *bl_store_new(const struct bl_store_options *options)
{
    struct bl_store *store = BL_NEW(struct bl_store);

    if (options)
        store->options = *options;
    (void)pthread_mutex_init(&store->lock, NULL);
    return store;
}

void bl_store_free(struct bl_store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->len; i++)
        bl_stored_unref(store->items[i]);
    for (size_t i = 0; i < store->shares.len; i++)
        free(store->shares.items[i].namespace);
    free(store->shares.items);
    free(store->items);
    (void)pthread_mutex_destroy(&store->lock);
    free(store);
}

static int compare(const struct bl_stored *stored, const char *namespace, const char *name)
{
    int order = strcmp(stored->ref.namespace, namespace);

    return order ? order : strcmp(stored->ref.name, name);
}

/* Where it is, or would be. */
static size_t position(const struct bl_store *store, const char *namespace, const char *name,
                       bool *ret_found)
{
    size_t low = 0, high = store->len;

    /* A list comes sorted, so most of its new objects belong at the end. */
    if (high && compare(store->items[high - 1], namespace, name) < 0)
        low = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(store->items[middle], namespace, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = low < store->len && compare(store->items[low], namespace, name) == 0;
    return low;
}

/* --- what a namespace takes --- */

/* Where it is, or would be. */
static size_t share_position(const struct bl_store *store, const char *namespace, bool *ret_found)
{
    size_t low = 0, high = store->shares.len;

    if (high && strcmp(store->shares.items[high - 1].namespace, namespace) < 0)
        low = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(store->shares.items[middle].namespace, namespace) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found =
        low < store->shares.len && strcmp(store->shares.items[low].namespace, namespace) == 0;
    return low;
}

static void count_in(struct bl_store *store, const struct bl_stored *stored)
{
    bool found;
    size_t at = share_position(store, stored->ref.namespace, &found);
    struct share *share;

    if (!found) {
        (void)BL_PUSH(&store->shares);
        share = &store->shares.items[at];
        memmove(share + 1, share, (store->shares.len - 1 - at) * sizeof(*share));
        *share = (struct share){.namespace = bl_strdup(stored->ref.namespace)};
    }
    share = &store->shares.items[at];
    share->objects++;
    share->bytes += stored->bytes;
    store->stats.bytes += stored->bytes;
    store->stats.left_out += stored->left_out;
    store->stats.objects += !stored->left_out;
}

static void count_out(struct bl_store *store, const struct bl_stored *stored)
{
    bool found;
    size_t at = share_position(store, stored->ref.namespace, &found);
    struct share *share = &store->shares.items[at];

    assert(found);
    share->bytes -= stored->bytes;
    store->stats.bytes -= stored->bytes;
    store->stats.left_out -= stored->left_out;
    store->stats.objects -= !stored->left_out;
    if (--share->objects)
        return;
    free(share->namespace);
    memmove(share, share + 1, (--store->shares.len - at) * sizeof(*share));
}

/* --- readers --- */

static struct bl_stored *find(struct bl_store *store, const char *namespace, const char *name)
{
    struct bl_stored *stored = NULL;
    bool found;

    pthread_mutex_lock(&store->lock);
    size_t at = position(store, namespace, name, &found);
    if (found)
        stored = bl_stored_ref(store->items[at]);
    pthread_mutex_unlock(&store->lock);
    return stored;
}

struct bl_stored *bl_store_find(struct bl_store *store, const char *namespace, const char *name)
{
    struct bl_stored *stored = find(store, namespace, name);

    if (!stored || !stored->left_out)
        return stored;
    bl_stored_unref(stored);
    return NULL;
}

void bl_store_list(struct bl_store *store, const char *namespace, struct bl_stored_list *list)
{
    bool found;

    pthread_mutex_lock(&store->lock);
    /* No name is empty, so this is in front of the namespace's first. */
    for (size_t i = namespace ? position(store, namespace, "", &found) : 0; i < store->len; i++) {
        if (namespace && strcmp(store->items[i]->ref.namespace, namespace) != 0)
            break;
        if (!store->items[i]->left_out)
            *BL_PUSH(list) = bl_stored_ref(store->items[i]);
    }
    pthread_mutex_unlock(&store->lock);
}

void bl_store_stats(struct bl_store *store, struct bl_store_stats *ret_stats)
{
    pthread_mutex_lock(&store->lock);
    *ret_stats = store->stats;
    pthread_mutex_unlock(&store->lock);
}

bool bl_store_has(struct bl_store *store, const char *namespace)
{
    bool found;

    pthread_mutex_lock(&store->lock);
    (void)share_position(store, namespace, &found);
    pthread_mutex_unlock(&store->lock);
    return found;
}

void bl_store_begin(struct bl_store *store)
{
    store->list++;
    if (store->options.begun)
        store->options.begun(store->options.context);
}

static void cut(cJSON *object)
{
    cJSON *metadata = bl_json_get(object, "metadata");

    bl_json_cut(metadata, "managedFields");
    bl_json_cut(bl_json_get(metadata, "annotations"), LAST_APPLIED);
}

static struct bl_stored *stored_new(const cJSON *object)
{
    struct bl_stored *stored = BL_NEW(struct bl_stored);

    atomic_init(&stored->references, 1);
    stored->object = bl_json_pack(object, &stored->bytes);
    stored->ref = bl_object_ref(stored->object);
    return stored;
}

static void derive(const struct bl_store *store, struct bl_stored *stored)
{
    size_t bytes = 0;

    if (!store->options.derive)
        return;
    stored->derived = store->options.derive(stored->object, &bytes);
    stored->drop = store->options.drop;
    stored->bytes += bytes;
}

/* Puts it in, and returns what it replaces, or NULL. */
static struct bl_stored *put(struct bl_store *store, struct bl_stored *stored)
{
    struct bl_stored *before = NULL;
    bool found;

    pthread_mutex_lock(&store->lock);
    size_t at = position(store, stored->ref.namespace, stored->ref.name, &found);
    if (found) {
        before = store->items[at];
        count_out(store, before);
    } else {
        store->items = bl_grow(store->items, store->len, &store->cap, sizeof(*store->items));
        memmove(store->items + at + 1, store->items + at,
                (store->len - at) * sizeof(*store->items));
        store->len++;
    }
    store->items[at] = stored;
    count_in(store, stored);
    store->stats.version++;
    pthread_mutex_unlock(&store->lock);
    return before;
}

/* Takes it out, or returns NULL. */
static struct bl_stored *take(struct bl_store *store, const char *namespace, const char *name)
{
    struct bl_stored *before = NULL;
    bool found;

    pthread_mutex_lock(&store->lock);
    size_t at = position(store, namespace, name, &found);
    if (found) {
        before = store->items[at];
        store->len--;
        memmove(store->items + at, store->items + at + 1,
                (store->len - at) * sizeof(*store->items));
        count_out(store, before);
        store->stats.version++;
    }
    pthread_mutex_unlock(&store->lock);
    return before;
}

/* What is left out is not there. */
static const cJSON *seen(const struct bl_stored *stored)
{
    return stored && !stored->left_out ? stored->object : NULL;
}

static void tell(const struct bl_store *store, const struct bl_stored *before,
                 const struct bl_stored *after)
{
    if (store->options.changed && (seen(before) || seen(after)))
        store->options.changed(seen(before), seen(after), store->options.context);
}

/* Its namespace without it, and with it. */
static bool is_too_much(struct bl_store *store, const struct bl_stored *stored,
                        const struct bl_stored *known)
{
    size_t all = stored->bytes;
    bool found;

    if (store->options.max_object && stored->bytes > store->options.max_object)
        return true;
    if (!store->options.max_namespace)
        return false;
    pthread_mutex_lock(&store->lock);
    size_t at = share_position(store, stored->ref.namespace, &found);
    if (found)
        all += store->shares.items[at].bytes - (known ? known->bytes : 0);
    pthread_mutex_unlock(&store->lock);
    return all > store->options.max_namespace;
}

/* Its name in its place. */
static struct bl_stored *leave_out(struct bl_store *store, struct bl_stored *stored,
                                   const struct bl_stored *known)
{
    BL_AUTO(bl_stored_cleanup) struct bl_stored *whole = stored;
    BL_AUTO_JSON cJSON *head = bl_json_new_object();
    cJSON *metadata = bl_json_add_object(head, "metadata");

    bl_json_add_string(metadata, "namespace", stored->ref.namespace);
    bl_json_add_string(metadata, "name", stored->ref.name);
    if (store->options.left_out && (!known || !known->left_out))
        store->options.left_out(&whole->ref, whole->bytes, store->options.context);
    struct bl_stored *name = stored_new(head);
    name->left_out = true;
    return name;
}

/* After a list that was begun anew most objects are what they were. */
static bool is_known(const struct bl_stored *stored, const cJSON *object)
{
    const char *old = bl_json_string(bl_json_get(stored->object, "metadata"), "resourceVersion");
    const char *new = bl_json_string(bl_json_get(object, "metadata"), "resourceVersion");

    return old && new &&strcmp(old, new) == 0;
}

void bl_store_upsert(struct bl_store *store, cJSON *object)
{
    BL_AUTO_JSON cJSON *taken = object;
    struct bl_ref ref = bl_object_ref(object);
    BL_AUTO(bl_stored_cleanup)
    struct bl_stored *known = find(store, ref.namespace, ref.name);

    if (store->options.wanted && !store->options.wanted(object, store->options.context)) {
        bl_store_remove(store, taken);
        return;
    }
    if (known && is_known(known, object)) {
        known->list = store->list;
        return;
    }
    cut(taken);
    if (store->options.keep && !store->options.keep(taken, store->options.context)) {
        bl_store_remove(store, taken);
        return;
    }

    struct bl_stored *stored = stored_new(taken);
    derive(store, stored);
    if (is_too_much(store, stored, known))
        stored = leave_out(store, stored, known);
    stored->list = store->list;
    BL_AUTO(bl_stored_cleanup) struct bl_stored *before = put(store, stored);
    tell(store, before, stored);
}

void bl_store_remove(struct bl_store *store, const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);
    BL_AUTO(bl_stored_cleanup)
    struct bl_stored *before = take(store, ref.namespace, ref.name);

    tell(store, before, NULL);
}

/* Moves what the last list did not name over to `gone`. */
static void sweep(struct bl_store *store, struct bl_stored_list *gone)
{
    size_t kept = 0;

    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < store->len; i++) {
        struct bl_stored *stored = store->items[i];

        if (stored->list == store->list) {
            store->items[kept++] = stored;
            continue;
        }
        count_out(store, stored);
        store->stats.version++;
        *BL_PUSH(gone) = stored;
    }
    store->len = kept;
    pthread_mutex_unlock(&store->lock);
}

void bl_store_synced(struct bl_store *store)
{
    BL_AUTO(bl_stored_list_release) struct bl_stored_list gone = {0};

    sweep(store, &gone);
    for (size_t i = 0; i < gone.len; i++)
        tell(store, gone.items[i], NULL);
    pthread_mutex_lock(&store->lock);
    store->stats.synced = true;
    pthread_mutex_unlock(&store->lock);
    if (store->options.synced)
        store->options.synced(store->options.context);
}

static void on_begin(void *context)
{
    bl_store_begin(context);
}

static void on_upsert(void *context, cJSON *object)
{
    bl_store_upsert(context, object);
}

static void on_remove(void *context, const cJSON *object)
{
    bl_store_remove(context, object);
}

static void on_synced(void *context)
{
    bl_store_synced(context);
}

struct bl_watch_handler bl_store_handler(struct bl_store *store)
{
    return (struct bl_watch_handler){.begin = on_begin,
                                     .upsert = on_upsert,
                                     .remove = on_remove,
                                     .synced = on_synced,
                                     .context = store};
}
