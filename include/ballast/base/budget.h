/**
 * How much work may still be done, so that no input keeps a thread busy out of proportion.
 *
 * A unit is about one look at one value. What everything else is made of spends them by itself: look-ups in objects,
 * copies and comparisons of values, texts that are formatted, selectors, walks over a world. So a new rule cannot
 * forget to. What it has to do is to end: a loop over input asks bl_budget_over() and leaves when it is.
 * Whoever began the budget then throws away what was found so far, because half of the findings is a wrong verdict.
 *
 * Units and not time, so that equal input gets equal answers on every machine.
 *
 * A budget belongs to its thread and holds from begin to end; without one there is no bound. One that is begun within
 * another spends from both, and is over as soon as either is.
 */
#ifndef BALLAST_BASE_BUDGET_H
#define BALLAST_BASE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ballast/base/attrs.h"

struct bl_budget {
    int64_t outer, given; /* what the one around it had left, and what this one got of it */
};

/** What this thread has left; below 0: nothing. For the functions below alone. */
extern _Thread_local int64_t bl_budget_left;

void bl_budget_begin(struct bl_budget *budget, int64_t units);
/** Says how many units were spent, which may be more than were given: the last step is done to its end. */
int64_t bl_budget_end(const struct bl_budget *budget);

static inline void bl_budget_spend(size_t units)
{
    bl_budget_left -= (int64_t)units;
}

/** For what goes through `bytes` of text. */
static inline void bl_budget_spend_text(size_t bytes)
{
    bl_budget_left -= (int64_t)(bytes / 16) + 1;
}

/** Nothing is left: leave. */
static inline bool bl_budget_over(void)
{
    return bl_budget_left < 0;
}

/** Spends one unit for a turn of a loop; false once nothing is left. `for (…; more && bl_budget_turn(); …)` */
static inline bool bl_budget_turn(void)
{
    return --bl_budget_left >= 0;
}

#endif
