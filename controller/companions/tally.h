/** What was found in each namespace when it was looked at last: for gauges, and so that each thing is said once. */
#ifndef BALLAST_CONTROLLER_COMPANIONS_TALLY_H
#define BALLAST_CONTROLLER_COMPANIONS_TALLY_H

#include "plan.h"

struct bl_tallies;

BL_NONNULL struct bl_tallies *bl_tallies_new(void);
void bl_tallies_free(struct bl_tallies *tallies);

/** What is to be said because it was not yet: something is blocked, in this company; the namespace is skipped. */
struct bl_tally_news {
    bool blocked, too_large;
};
/** From any thread, as all of these. */
struct bl_tally_news bl_tallies_note(struct bl_tallies *tallies, const char *namespace,
                                     const struct bl_plan *plan);
void bl_tallies_forget(struct bl_tallies *tallies, const char *namespace);

struct bl_tally_sums {
    int64_t states[BL_COMPANION_KINDS][BL_COMPANION_STATES];
    int64_t skipped; /* namespaces that are too large to judge */
};
void bl_tallies_sum(struct bl_tallies *tallies, struct bl_tally_sums *ret_sums);

#endif
