/** What a member that runs would lose of itself. */
#ifndef BALLAST_POLICIES_LOSSES_MEMBER_H
#define BALLAST_POLICIES_LOSSES_MEMBER_H

#include "losses_search.h"

/** Adds what is lost of the workload, which is one of the state before. */
void bl_losses_judge_member(const struct bl_losses_search *search,
                            const struct bl_workload *member);

#endif
