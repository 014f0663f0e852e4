/**
 * The objects of one resource, kept for many readers.
 *
 * Objects are immutable, packed (pack.h) and counted: what a reader took stays as it is until the reader lets go of it,
 * whatever happens meanwhile. The lock is only held to look up and to count. metadata.managedFields and
 * the annotation kubectl.kubernetes.io/last-applied-configuration, often most of an object, are never kept.
 */
#ifndef BALLAST_KUBE_STORE_H
#define BALLAST_KUBE_STORE_H

#include "ballast/kube/watch.h"
#include "ballast/object/object.h"

/** One object in the store. */
struct bl_stored;

const cJSON *bl_stored_object(const struct bl_stored *stored);
/** What the store's options had worked out of it; NULL: nothing. */
const void *bl_stored_derived(const struct bl_stored *stored);
BL_NONNULL struct bl_stored *bl_stored_ref(struct bl_stored *stored);
void bl_stored_unref(struct bl_stored *stored);
BL_DEFINE_CLEANUP(struct bl_stored *, bl_stored_cleanup, bl_stored_unref)

/** References, each to be let go of; release does. */
struct bl_stored_list {
    struct bl_stored **items;
    size_t len, cap;
};
void bl_stored_list_release(struct bl_stored_list *list);

/** All may be NULL. They are called on the writer's thread without the lock, but for drop(). */
struct bl_store_options {
    /**
     * Is it to be kept? Asked of each object each time that it is named, also where it is what it was; what is wanted no
     * more goes with the next list.
     */
    bool (*wanted)(const cJSON *object, void *context);
    /** Is it to be kept? May cut what nobody reads. */
    bool (*keep)(cJSON *object, void *context);
    /**
     * What readers would work out again and again is worked out once, before anybody sees the object, and kept beside
     * it. May give NULL. `ret_bytes` is what it takes; `drop` frees it on whatever thread lets go of the object last.
     */
    void *(*derive)(const cJSON *object, size_t *ret_bytes);
    void (*drop)(void *derived);
    /** Something changed: `before` NULL: new; `after` NULL: gone. Both borrowed. */
    void (*changed)(const cJSON *before, const cJSON *after, void *context);
    /**
     * Bytes of an object, and of all of a namespace, that are kept; 0: as many as there are. Of what is beyond only the
     * name is, and for readers it is not there: who may make objects in one namespace must not fill the memory of a
     * program that looks after all. It is tried again with the next list.
     */
    size_t max_object, max_namespace;
    /** One is left out that was not. */
    void (*left_out)(const struct bl_ref *ref, size_t bytes, void *context);
    /** A list begins. */
    void (*begun)(void *context);
    /** A list is complete; what was gone has been told. */
    void (*synced)(void *context);
    void *context;
};

struct bl_store;

/** `options` may be NULL. */
BL_NONNULL struct bl_store *bl_store_new(const struct bl_store_options *options);
void bl_store_free(struct bl_store *store);
BL_DEFINE_CLEANUP(struct bl_store *, bl_store_cleanup, bl_store_free)

/** Readers: any thread. A reference, or NULL. `namespace` "" for cluster-scoped objects. */
struct bl_stored *bl_store_find(struct bl_store *store, const char *namespace, const char *name);
/** Adds references to all of a namespace, or to all where it is NULL; ordered by namespace and name. */
void bl_store_list(struct bl_store *store, const char *namespace, struct bl_stored_list *list);

/** Is there anything of the namespace? */
bool bl_store_has(struct bl_store *store, const char *namespace);

struct bl_store_stats {
    size_t objects;   /* that readers see */
    size_t left_out;  /* beyond what is kept */
    size_t bytes;     /* roughly what they take in memory */
    uint64_t version; /* grows with each change */
    bool synced;      /* a list was complete once */
};
void bl_store_stats(struct bl_store *store, struct bl_store_stats *ret_stats);

/** Writer: one thread at a time. A list is begin, upsert..., synced; what it did not name is then gone. */
void bl_store_begin(struct bl_store *store);
/** Takes `object`. */
void bl_store_upsert(struct bl_store *store, cJSON *object);
void bl_store_remove(struct bl_store *store, const cJSON *object);
void bl_store_synced(struct bl_store *store);

/** A reflector's handler that keeps the store. */
struct bl_watch_handler bl_store_handler(struct bl_store *store);

#endif
