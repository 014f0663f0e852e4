/** Services before members that run, as losses.c compares them. */
#ifndef BALLAST_POLICIES_LOSSES_SERVICE_H
#define BALLAST_POLICIES_LOSSES_SERVICE_H

#include "losses_search.h"

/** Of a Service that is changed or gone: tells what members lose by it. */
void bl_losses_judge_service(const struct bl_losses_search *search, const cJSON *service);

#endif
