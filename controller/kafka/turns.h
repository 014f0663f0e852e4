/**
 * Which clusters may keep a worker waiting, and how many at once.
 *
 * A cluster that does not answer, or answers slowly, costs a worker as long as a look may take. Those of all namespaces
 * together have half of the workers, and those of one namespace one: so clusters that answer at once are looked at
 * whatever the others do, and none of the slow ones waits for the many of another namespace.
 */
#ifndef BALLAST_CONTROLLER_KAFKA_TURNS_H
#define BALLAST_CONTROLLER_KAFKA_TURNS_H

#include "ballast/base/clock.h"

struct bl_turns;

BL_NONNULL struct bl_turns *bl_turns_new(unsigned workers);
void bl_turns_free(struct bl_turns *turns);

/** May the cluster, "namespace/name", have a worker now? Then bl_turns_give() follows, with the same name. */
bool bl_turns_take(struct bl_turns *turns, const char *cluster);
void bl_turns_give(struct bl_turns *turns, const char *cluster);

/**
 * How long a cluster is expected to take, by what was expected and how long it took: one slow answer is remembered over
 * dozens of quick ones, or they could be told in turns.
 */
bl_nsec bl_turns_expect(bl_nsec expected, bl_nsec took);
/** Is that slow? */
bool bl_turns_is_slow(bl_nsec expected);

#endif
