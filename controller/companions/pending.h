/**
 * What was written and may not be in the caches yet.
 *
 * A namespace is often looked at again before the watch has told of what was written there, and would get the
 * same once more: an idle request, and a second Event for one thing done. So what was written is not written
 * again while the cache shows the object as it was before that, for a while; after it the write was in vain.
 */
#ifndef BALLAST_CONTROLLER_COMPANIONS_PENDING_H
#define BALLAST_CONTROLLER_COMPANIONS_PENDING_H

#include "ballast/base/clock.h"
#include "plan.h"

/** How long the caches may be behind. */
#define BL_PENDING_PERIOD (2 * BL_NSEC_S)

struct bl_pending;

/** `clock` is borrowed. Any thread may use it. */
BL_NONNULL struct bl_pending *bl_pending_new(const struct bl_clock *clock);
void bl_pending_free(struct bl_pending *pending);
BL_DEFINE_CLEANUP(struct bl_pending *, bl_pending_cleanup, bl_pending_free)

/** The step was written. */
void bl_pending_note(struct bl_pending *pending, const struct bl_step *step);
/** Was it written already, so that only the cache has to follow? */
bool bl_pending_has(struct bl_pending *pending, const struct bl_step *step);
/** The cache shows this object: what was noted of its making is over. */
void bl_pending_seen(struct bl_pending *pending, const cJSON *object);

#endif
