/**
 * Notices fights: somebody takes back what Ballast completes, each time, so that an object gets the same patch
 * again and again. Each round may cost a rollout, and only the webhook sees it.
 */
#ifndef BALLAST_WEBHOOK_FIGHTS_H
#define BALLAST_WEBHOOK_FIGHTS_H

#include <cjson/cJSON.h>

#include "ballast/base/clock.h"

/** The same patch so often within the period is a fight. */
#define BL_FIGHT_ROUNDS 3
#define BL_FIGHT_PERIOD (300 * BL_NSEC_S)

/**
 * Remembers the patches of some hundred objects, in memory that does not grow; when more are under way at once
 * it forgets some. Any thread may use it.
 */
struct bl_fights;

BL_NONNULL struct bl_fights *bl_fights_new(void);
void bl_fights_free(struct bl_fights *fights);

/**
 * Notes what a review was answered with. Returns which round it is from BL_FIGHT_ROUNDS on, else 0. Only
 * updates count, and not dry runs: a pod that is made again under its name is no fight.
 */
unsigned bl_fights_note(struct bl_fights *fights, const cJSON *review, const cJSON *answer,
                        bl_nsec now);

#endif
