/**
 * Whom of a full namespace a decision on one workload can depend on.
 *
 * To recognise and group a thousand workloads for each review costs more than the review. What an object may have in
 * common with others (its names, whom it names, the texts and labels by which clusters are grouped) is worked out once,
 * when it is stored, as hashes; a review then looks at those that hang together with its object, and at no others. It may
 * find too many, which costs time, and never too few, which would be another answer.
 */
#ifndef BALLAST_WORKLOAD_KIN_H
#define BALLAST_WORKLOAD_KIN_H

#include "ballast/workload/workload.h"

/** Of one object; never changed. */
struct bl_kin;

/** NULL: of a kind that is looked at in any case. `ret_bytes` is what it takes. */
struct bl_kin *bl_kin_new(const cJSON *object, size_t *ret_bytes);
void bl_kin_free(struct bl_kin *kin);
BL_DEFINE_CLEANUP(struct bl_kin *, bl_kin_cleanup, bl_kin_free)

/**
 * Of objects of one namespace, of which `kin[i]` is of `objects[i]`: `near` is true of those that a decision is on, and becomes
 * true of all that it may depend on. These are all there are where one is of a kind that may say anything of anybody, such
 * as a ConfigMap.
 */
void bl_kin_find(const cJSON *const *objects, const struct bl_kin *const *kin, size_t len,
                 bool *near);

/** May the first, of a budget or network policy, select the pods of the other, of a workload? NULL, or others: no. */
bool bl_kin_may_select(const struct bl_kin *protection, const struct bl_kin *workload);

#endif
