/**
 * The policies that hold now, swapped whole while requests are answered.
 *
 * They come from files and from KafkaPolicy objects. A source that is broken never replaces one that was
 * good: of files all stay as they were, of objects the one. A request holds a reference for as long as it
 * runs, so what it decided by cannot vanish under it.
 */
#ifndef BALLAST_POLICIES_SNAPSHOT_H
#define BALLAST_POLICIES_SNAPSHOT_H

#include "ballast/base/clock.h"
#include "ballast/policies/policy.h"

/** Immutable. */
struct bl_snapshot;

const struct bl_policy_set *bl_snapshot_policies(const struct bl_snapshot *snapshot);
void bl_snapshot_unref(struct bl_snapshot *snapshot);
BL_DEFINE_CLEANUP(struct bl_snapshot *, bl_snapshot_cleanup, bl_snapshot_unref)

enum bl_reload {
    BL_RELOAD_SAME, /* nothing had changed */
    BL_RELOAD_DONE,
};

struct bl_policies;

/**
 * `names` are files, folders and bundles, up to NULL; borrowed. There may be none. `overlap` is how long
 * bl_policies_get_previous() goes on to give what held before.
 */
BL_NONNULL struct bl_policies *bl_policies_new(const char *const *names, bl_nsec overlap);
void bl_policies_free(struct bl_policies *policies);
BL_DEFINE_CLEANUP(struct bl_policies *, bl_policies_cleanup, bl_policies_free)

/** Reads the files again. On failure what was there holds on. */
BL_CHECK int bl_policies_read(struct bl_policies *policies, enum bl_reload *ret_what,
                              struct bl_error **err);
/** An object was made or changed. One that is invalid leaves the one of its name as it was. */
BL_CHECK int bl_policies_upsert(struct bl_policies *policies, const cJSON *object,
                                struct bl_error **err);
/** An object is gone. */
BL_CHECK int bl_policies_remove(struct bl_policies *policies, const char *name,
                                struct bl_error **err);
/** Objects that are not among these `names` are gone: after the cluster was listed. */
BL_CHECK int bl_policies_keep(struct bl_policies *policies, const char *const *names, size_t len,
                              struct bl_error **err);

/** A reference to what holds now; NULL before the first policy was read. */
struct bl_snapshot *bl_policies_get(struct bl_policies *policies);
/**
 * A reference to what held before that, if it did within the overlap; else NULL. An object that was
 * completed under it is on its way to be judged, perhaps by another replica, and must not be denied for what
 * Ballast itself wrote.
 */
struct bl_snapshot *bl_policies_get_previous(struct bl_policies *policies);

#endif
