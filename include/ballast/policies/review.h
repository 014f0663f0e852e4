/**
 * One AdmissionReview answered: what the webhook does for each call, and `ballast review` for one.
 *
 * Pure: the answer depends on the review, the policies, the day and the context alone, so equal reviews
 * get equal bytes. A patch is applied and read again before it is handed out, because one that does not
 * apply fails the user's request even where the webhook may be ignored (kubernetes/apiserver,
 * mutating/dispatcher.go).
 */
#ifndef BALLAST_POLICIES_REVIEW_H
#define BALLAST_POLICIES_REVIEW_H

#include "ballast/policies/engine.h"

enum bl_review_kind {
    BL_REVIEW_MUTATE,
    BL_REVIEW_VALIDATE,
};

/**
 * `review` is an admission.k8s.io/v1 AdmissionReview with a request. `context` (may be NULL) are objects
 * beside the one under review. Fails for what is no such review; a denial is an answer, not a failure.
 */
BL_CHECK int bl_review_answer(const struct bl_policy_set *set, const cJSON *review,
                              enum bl_review_kind kind, const cJSON *const *context,
                              size_t context_len, bl_day today, cJSON **ret_answer,
                              struct bl_error **err);

#endif
