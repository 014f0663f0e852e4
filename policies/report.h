/** How a report begins and ends; what it says stands in ballast/policies/engine.h. */
#ifndef BALLAST_POLICIES_REPORT_H
#define BALLAST_POLICIES_REPORT_H

#include "ballast/policies/engine.h"

/** Nothing was found yet, and nothing was edited. */
void bl_report_begin(struct bl_report *report, const cJSON *const *objects, size_t len);
/** Sorts what was found, and gives each result its gravest outcome and its messages. */
void bl_report_finish(struct bl_report *report);
/** Frees all that it holds, and not itself. */
void bl_report_clear(struct bl_report *report);

#endif
