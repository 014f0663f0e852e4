#include "ballast/daemon/caches.h"

#include <assert.h>
#include <stdlib.h>

#include "ballast/base/log.h"
#include "ballast/base/mem.h"

/*
 * Of an object as it is kept, and of those of a namespace. A StatefulSet of a chart takes 3 to 6 KiB, so a thousand of them
 * fit; a NetworkPolicy that fills what etcd takes does not.
 */
#define OBJECT_MAX ((size_t)256 << 10)
#define NAMESPACE_MAX ((size_t)8 << 20)

struct cache {
    const struct bl_kind *kind;
    struct bl_store *store; /* NULL: left out */
    size_t informer;
};

struct bl_cache_set {
    struct bl_informers *informers;
    const struct bl_source_metrics *metrics;
    size_t len;
    struct cache *caches;
};

void bl_cache_names(const struct bl_cache_spec *specs, size_t len,
                    const char *ret_names[BL_CACHES_MAX + 1])
{
    assert(len <= BL_CACHES_MAX);
    for (size_t i = 0; i < len; i++)
        ret_names[i] = specs[i].kind->resource.plural;
    ret_names[len] = NULL;
}

static void tell_left_out(const struct bl_ref *ref, size_t bytes, void *context BL_UNUSED)
{
    BL_LOG(BL_LOG_WARN, "object left out", BL_LOG_TEXT("kind", ref->kind),
           BL_LOG_TEXT("namespace", ref->namespace), BL_LOG_TEXT("name", ref->name),
           BL_LOG_INT("bytes", (int64_t)bytes),
           BL_LOG_TEXT("hint", "it, or all of its kind in its namespace, takes more memory than "
                               "one namespace may; for Ballast it is not there"));
}

static void add(struct bl_cache_set *set, size_t index, const struct bl_cache_spec *spec,
                void *context)
{
    struct bl_watch_spec watch = {.resource = &spec->kind->resource, .selection = spec->selection};
    struct bl_store_options options = {.keep = spec->keep,
                                       .changed = spec->changed,
                                       .left_out = tell_left_out,
                                       .context = context};
    struct cache *cache = &set->caches[index];

    /* What lies in no namespace is the administrator's: policies, nodes. */
    if (spec->kind->scope == BL_KIND_NAMESPACED) {
        options.max_object = OBJECT_MAX;
        options.max_namespace = NAMESPACE_MAX;
    }
    cache->kind = spec->kind;
    if (spec->left_out)
        return;
    cache->informer = bl_informers_len(set->informers);
    cache->store = bl_informers_add(set->informers, &watch, &options);
}

int bl_cache_set_new(struct bl_kube_client *client, const struct bl_cache_spec *specs, size_t len,
                     const struct bl_source_metrics *metrics, void *context,
                     struct bl_cache_set **ret_set, struct bl_error **err)
{
    BL_AUTO(bl_cache_set_cleanup) struct bl_cache_set *set = BL_NEW(struct bl_cache_set);

    if (bl_informers_new(client, &set->informers, err) < 0)
        return -1;
    set->metrics = metrics;
    set->len = len;
    set->caches = bl_alloc(len, sizeof(*set->caches));
    for (size_t i = 0; i < len; i++)
        add(set, i, &specs[i], context);
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
    free(set->caches);
    free(set);
}

struct bl_store *bl_cache_set_store(const struct bl_cache_set *set, size_t index)
{
    return set->caches[index].store;
}

bool bl_cache_set_synced(struct bl_cache_set *set)
{
    return bl_informers_synced(set->informers);
}

char *bl_cache_set_unready(struct bl_cache_set *set)
{
    if (bl_cache_set_synced(set))
        return NULL;
    for (size_t i = 0; i < set->len; i++) {
        const struct cache *cache = &set->caches[i];
        struct bl_watch_status status;

        if (!cache->store)
            continue;
        bl_informers_status(set->informers, cache->informer, &status);
        if (!status.synced && !status.missing)
            return bl_asprintf("the cache of %s is not filled yet%s%s",
                               cache->kind->resource.plural, *status.error ? ": " : "",
                               status.error);
    }
    return NULL;
}

bool bl_cache_set_knows(struct bl_cache_set *set, size_t index)
{
    struct bl_watch_status status;

    bl_informers_status(set->informers, set->caches[index].informer, &status);
    return status.synced && !status.missing;
}

void bl_cache_set_measure(struct bl_cache_set *set)
{
    for (size_t i = 0; i < set->len; i++) {
        struct bl_cache_measures measures;

        if (!set->caches[i].store)
            continue;
        bl_informers_measure(set->informers, set->caches[i].informer, &measures);
        bl_source_metrics_cache(set->metrics, i, &measures);
    }
}
