#include "ballast/runtime/caches.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/log.h"
#include "ballast/base/mem.h"

/*
 * OBJECT_MAX is for one object as it is kept, NAMESPACE_MAX for all objects of one kind in one namespace. A StatefulSet of a
 * chart takes 3 to 6 KiB, so a thousand of them fit; a NetworkPolicy that fills what etcd takes does not.
 */
#define OBJECT_MAX ((size_t)256 << 10)
#define NAMESPACE_MAX ((size_t)8 << 20)

struct cache {
    struct bl_cache_set *set;
    const struct bl_cache_spec *spec;
    struct bl_store *store; /* NULL: left out */
    size_t informer;
    bool scoped;                  /* objects of namespaces that are out of scope are not kept */
    uint64_t begun;               /* the book's time when the list began; the informer's own */
    _Atomic(uint64_t) listed_for; /* that of the last list that was complete */
};

struct bl_cache_set {
    struct bl_informers *informers;
    struct bl_cache_set_options options;
    struct bl_scope_book *book;
    size_t len;
    struct cache *caches;
    struct bl_cache_spec *specs;
};

static void name_resources(const struct bl_cache_spec *specs, size_t len, const char **ret_names)
{
    assert(len <= BL_CACHES_MAX);
    for (size_t i = 0; i < len; i++) {
        const struct bl_resource *resource = &specs[i].kind->resource;

        ret_names[i] = resource->plural;
        for (size_t j = 0; j < i; j++)
            if (strcmp(specs[j].kind->resource.plural, resource->plural) == 0)
                ret_names[i] = specs[i].kind->qualified;
    }
    ret_names[len] = NULL;
}

void bl_cache_metrics_add(struct bl_metrics *metrics, const struct bl_cache_spec *specs, size_t len,
                          struct bl_cache_metrics *ret_metrics)
{
    const char *const *resources = ret_metrics->resources;

    name_resources(specs, len, ret_metrics->resources);
    ret_metrics->objects = bl_metrics_make(
        metrics, BL_METRIC_GAUGE, "ballast_cache_objects", "Objects kept of the cluster.",
        BL_METRIC_LABEL("resource", resources), BL_METRIC_NO_LABEL);
    ret_metrics->left_out =
        bl_metrics_make(metrics, BL_METRIC_GAUGE, "ballast_cache_left_out",
                        "Objects that are not kept, as they or their namespace are too large.",
                        BL_METRIC_LABEL("resource", resources), BL_METRIC_NO_LABEL);
    ret_metrics->bytes = bl_metrics_make(
        metrics, BL_METRIC_GAUGE, "ballast_cache_bytes", "Memory that the objects kept take.",
        BL_METRIC_LABEL("resource", resources), BL_METRIC_NO_LABEL);
    ret_metrics->synced = bl_metrics_make(
        metrics, BL_METRIC_GAUGE, "ballast_cache_synced", "1 once all objects of a kind were seen.",
        BL_METRIC_LABEL("resource", resources), BL_METRIC_NO_LABEL);
    ret_metrics->failures =
        bl_metrics_make(metrics, BL_METRIC_COUNTER, "ballast_cache_failures_total",
                        "Lists and watches that failed.", BL_METRIC_LABEL("resource", resources),
                        BL_METRIC_NO_LABEL);
}

static void tell_left_out(const struct bl_ref *ref, size_t bytes, void *context BL_UNUSED)
{
    BL_LOG(BL_LOG_WARN, "object left out", BL_LOG_TEXT("kind", ref->kind),
           BL_LOG_TEXT("namespace", ref->namespace), BL_LOG_TEXT("name", ref->name),
           BL_LOG_INT("bytes", (int64_t)bytes),
           BL_LOG_TEXT("hint", "it, or all of its kind in its namespace, takes more memory than "
                               "one namespace may; for Ballast it is not there"));
}

/* --- what a store asks --- */

static bool wanted(const cJSON *object, void *context)
{
    struct cache *cache = context;

    switch (bl_scope_book_place(cache->set->book, bl_object_ref(object).namespace)) {
    case BL_SCOPE_LEFT:
        return cache->spec->outside && cache->spec->outside(object);
    case BL_SCOPE_BEYOND:
        return false;
    default:
        return true;
    }
}

static void *context_of(const struct cache *cache)
{
    return cache->spec->context ? cache->spec->context : cache->set->options.context;
}

static bool keep(cJSON *object, void *context)
{
    struct cache *cache = context;

    return cache->spec->keep(object, context_of(cache));
}

static void changed(const cJSON *before, const cJSON *after, void *context)
{
    struct cache *cache = context;

    cache->spec->changed(before, after, context_of(cache));
}

static void begun(void *context)
{
    struct cache *cache = context;

    cache->begun = bl_scope_book_time(cache->set->book);
}

static void listed(void *context)
{
    struct cache *cache = context;

    atomic_store(&cache->listed_for, cache->begun);
}

/* Where it went, of those that have something of it; where it came, of all. */
static void list_anew(struct bl_cache_set *set, const char *namespace)
{
    bool came = bl_scope_book_place(set->book, namespace) == BL_SCOPE_WITHIN;

    for (size_t i = 0; i < set->len; i++)
        if (set->caches[i].scoped && (came || bl_store_has(set->caches[i].store, namespace)))
            bl_informers_relist(set->informers, set->caches[i].informer);
}

/* The book knows first, so that whoever is told finds what holds. */
static void namespace_changed(const cJSON *before, const cJSON *after, void *context)
{
    struct cache *cache = context;
    const char *name = bl_object_ref(after ? after : before).name;

    if (bl_scope_book_note(cache->set->book, name, after))
        list_anew(cache->set, name);
    if (cache->spec->changed)
        changed(before, after, context);
}

static void namespaces_listed(void *context)
{
    struct cache *cache = context;

    bl_informers_open(cache->set->informers);
}

/* --- the set --- */

static int add(struct bl_cache_set *set, size_t index, struct bl_error **err)
{
    struct cache *cache = &set->caches[index];
    const struct bl_cache_spec *spec = &set->specs[index];
    bool namespaces = spec->kind == &bl_kind_namespace;
    struct bl_watch_spec watch = {.resource = &spec->kind->resource, .selection = spec->selection};
    struct bl_store_options options = {.keep = spec->keep ? keep : NULL,
                                       .derive = spec->derive,
                                       .drop = spec->drop,
                                       .changed = spec->changed ? changed : NULL,
                                       .left_out = tell_left_out,
                                       .context = cache};

    cache->set = set;
    cache->spec = spec;
    if (spec->left_out)
        return 0;
    /* What lies in no namespace is the administrator's: policies, nodes. */
    if (spec->kind->scope == BL_KIND_NAMESPACED) {
        options.max_object = OBJECT_MAX;
        options.max_namespace = NAMESPACE_MAX;
        cache->scoped = set->book && !spec->selection.namespace;
    }
    if (cache->scoped) {
        options.wanted = wanted;
        options.begun = begun;
        options.synced = listed;
    }
    if (namespaces && set->book) {
        options.changed = namespace_changed;
        options.synced = namespaces_listed;
    }
    cache->informer = bl_informers_len(set->informers);
    cache->store = bl_informers_add(set->informers, &watch, &options);
    return cache->scoped ? bl_informers_hold(set->informers, cache->informer, err) : 0;
}

int bl_cache_set_new(const struct bl_cache_set_options *options, const struct bl_cache_spec *specs,
                     size_t len, struct bl_cache_set **ret_set, struct bl_error **err)
{
    BL_AUTO(bl_cache_set_cleanup) struct bl_cache_set *set = BL_NEW(struct bl_cache_set);

    if (bl_informers_new(options->client, &set->informers, err) < 0)
        return -1;
    set->options = *options;
    set->book = options->scope ? bl_scope_book_new(options->scope) : NULL;
    set->len = len;
    set->caches = bl_alloc(len, sizeof(*set->caches));
    set->specs = bl_alloc(len, sizeof(*set->specs));
    memcpy(set->specs, specs, len * sizeof(*set->specs));
    for (size_t i = 0; i < len; i++)
        if (add(set, i, err) < 0)
            return -1;
    *ret_set = BL_STEAL(set);
    return 0;
}

int bl_cache_set_start(struct bl_cache_set *set, struct bl_error **err)
{
    return bl_informers_start(set->informers, err);
}

void bl_cache_set_free(struct bl_cache_set *set)
{
    if (!set)
        return;
    bl_informers_free(set->informers);
    bl_scope_book_free(set->book);
    free(set->specs);
    free(set->caches);
    free(set);
}

struct bl_store *bl_cache_set_store(const struct bl_cache_set *set, size_t index)
{
    return set->caches[index].store;
}

void bl_cache_set_list(struct bl_cache_set *set, size_t index, const char *namespace,
                       struct bl_stored_list *list)
{
    const struct cache *cache = &set->caches[index];

    if (cache->store)
        bl_store_list(cache->store,
                      cache->spec->kind->scope == BL_KIND_NAMESPACED ? namespace : NULL, list);
}

bool bl_cache_set_any(struct bl_cache_set *set, size_t index, const char *namespace,
                      bool (*test)(const cJSON *object, int64_t now))
{
    BL_AUTO(bl_stored_list_release) struct bl_stored_list list = {0};
    int64_t now = bl_clock_seconds(&bl_clock_real);

    bl_cache_set_list(set, index, namespace, &list);
    for (size_t i = 0; i < list.len; i++)
        if (test(bl_stored_object(list.items[i]), now))
            return true;
    return false;
}

static bool is_filled(const struct bl_cache_set *set, const struct cache *cache)
{
    return !cache->store || bl_informers_synced(set->informers, cache->informer);
}

/* The first that is neither filled nor optional and tried in vain; NULL: none is. */
static const struct cache *unready(const struct bl_cache_set *set,
                                   struct bl_watch_status *ret_status)
{
    for (size_t i = 0; i < set->len; i++) {
        const struct cache *cache = &set->caches[i];

        if (is_filled(set, cache))
            continue;
        bl_informers_status(set->informers, cache->informer, ret_status);
        if (!cache->spec->optional || !ret_status->failures)
            return cache;
    }
    return NULL;
}

bool bl_cache_set_synced(struct bl_cache_set *set)
{
    struct bl_watch_status status;

    return !unready(set, &status);
}

bool bl_cache_set_lacks(struct bl_cache_set *set, size_t first, size_t len)
{
    for (size_t i = first; i < first + len; i++)
        if (!is_filled(set, &set->caches[i]))
            return true;
    return false;
}

char *bl_cache_set_unready(struct bl_cache_set *set)
{
    struct bl_watch_status status;
    const struct cache *cache = unready(set, &status);

    if (!cache)
        return NULL;
    return bl_asprintf("the cache of %s is not filled yet%s%s", cache->spec->kind->resource.plural,
                       *status.error ? ": " : "", status.error);
}

bool bl_cache_set_knows(struct bl_cache_set *set, size_t index)
{
    struct bl_watch_status status;

    bl_informers_status(set->informers, set->caches[index].informer, &status);
    return status.synced && !status.missing;
}

static void measure(const struct bl_cache_metrics *metrics, size_t cache,
                    const struct bl_cache_measures *measures)
{
    bl_metric_set(metrics->objects, measures->objects, cache, 0, 0);
    bl_metric_set(metrics->left_out, measures->left_out, cache, 0, 0);
    bl_metric_set(metrics->bytes, measures->bytes, cache, 0, 0);
    bl_metric_set(metrics->synced, measures->synced, cache, 0, 0);
    bl_metric_set(metrics->failures, measures->failures, cache, 0, 0);
}

enum bl_scope_place bl_cache_set_place(struct bl_cache_set *set, const char *namespace)
{
    return set->book ? bl_scope_book_place(set->book, namespace) : BL_SCOPE_WITHIN;
}

/* A kind that the cluster does not have, or whose server fails, nobody waits for. */
static bool is_waited_for(const struct bl_cache_set *set, const struct cache *cache)
{
    struct bl_watch_status status;

    if (!cache->store || !cache->scoped)
        return false;
    bl_informers_status(set->informers, cache->informer, &status);
    return !status.missing && !(cache->spec->optional && *status.error);
}

bool bl_cache_set_complete(struct bl_cache_set *set, const char *namespace)
{
    uint64_t since = set->book ? bl_scope_book_since(set->book, namespace) : 0;

    for (size_t i = 0; i < set->len; i++)
        if (atomic_load(&set->caches[i].listed_for) < since && is_waited_for(set, &set->caches[i]))
            return false;
    return since != UINT64_MAX;
}

void bl_cache_set_measure(struct bl_cache_set *set)
{
    for (size_t i = 0; i < set->len; i++) {
        struct bl_cache_measures measures;

        if (!set->caches[i].store)
            continue;
        bl_informers_measure(set->informers, set->caches[i].informer, &measures);
        measure(set->options.metrics, i, &measures);
    }
}
