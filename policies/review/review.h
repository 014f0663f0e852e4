/** What the sources that answer reviews share. */
#ifndef BALLAST_POLICIES_REVIEW_REVIEW_H
#define BALLAST_POLICIES_REVIEW_REVIEW_H

#include "ballast/policies/review.h"
#include "policy.h"

/** Denials that are told: more than anybody reads, and than one mistake gives. */
#define BL_DENIALS_MAX 64

enum {
    BL_CODE_FORBIDDEN = 403,
    BL_CODE_INVALID = 422,
    BL_CODE_TOO_MANY_REQUESTS = 429,
};

struct bl_review {
    const struct bl_policy_set *set;
    const struct bl_review_facts *facts;
    enum bl_review_kind kind;
    const cJSON *request, *object, *old;            /* NULL where the request has none */
    const char *operation, *resource, *subresource; /* "" where not given */
    const char *namespace, *name;

    /* The answer as it grows. */
    struct bl_review_summary summary;
    struct bl_strbuf denial; /* empty: allowed */
    int code;
    cJSON *warnings, *audit;
    size_t warnings_left_out, denials;
    char *too_large;         /* why nothing can be judged; NULL: all can */
    const cJSON *not_judged; /* what was to be; NULL: what is in the context */
    cJSON *patch;            /* NULL: none */
};

/** Each says one more thing about the answer. `rule` is where messages begin; NULL: nowhere. */
void bl_review_deny(struct bl_review *review, int code, const char *rule, const char *hint,
                    const char *fmt, ...) BL_PRINTF(5, 6);
void bl_review_warn(struct bl_review *review, const char *rule, const char *fmt, ...)
    BL_PRINTF(3, 4);
/** Who decided what, for the audit log and the summary; `policy` may be NULL. */
void bl_review_note(struct bl_review *review, enum bl_rule_id rule, const struct bl_policy *policy,
                    enum bl_action action, enum bl_outcome outcome);
/** The rule's answer on the first object of a report, noted. NULL where the rule had no say. */
const struct bl_result *bl_review_result(struct bl_review *review, const struct bl_report *report,
                                         size_t object, enum bl_rule_id rule);

/** Is it a review of this operation? */
bool bl_review_is(const struct bl_review *review, const char *operation);
/** One of the context by kind and name in the review's namespace, or NULL. */
const cJSON *bl_review_context(const struct bl_review *review, const char *kind, const char *name);
/** The review's namespace, for policies that match by its labels. */
BL_NONNULL struct bl_world *bl_review_namespaces(const struct bl_review *review);
/** The engine on `first` (may be NULL) and the context without what has its name. `judge_all`: the context too. */
BL_NONNULL struct bl_report *bl_review_run(struct bl_review *review, const cJSON *first,
                                           const cJSON *without, bool judge_all,
                                           const cJSON ***ret_objects);

/** Answers that it is too large to judge, where a policy asks for a verdict, instead of what was answered so far. */
void bl_review_too_large(struct bl_review *review);

/** May this user, or this moment, take protection away? */
bool bl_review_unguarded(const struct bl_review *review);

/** The answers, by what is reviewed. */
BL_CHECK int bl_review_workload(struct bl_review *review, struct bl_error **err);
void bl_review_protection(struct bl_review *review);
void bl_review_deletion(struct bl_review *review);
void bl_review_claim_deletion(struct bl_review *review);
void bl_review_scale(struct bl_review *review);
/** Its own `replicas` are set to 0 by an update, which stops it as scaling does. */
void bl_review_stop(struct bl_review *review);
BL_CHECK int bl_review_binding(struct bl_review *review, struct bl_error **err);
void bl_review_eviction(struct bl_review *review);
/** Is it on its way out, or done? */
bool bl_review_pod_ended(const cJSON *pod);
/** The pod that leaves their node before this one when it is drained; NULL: none. */
const char *bl_review_leaves_after(const struct bl_review *review, const cJSON *pod);
void bl_review_policy(struct bl_review *review);

#endif
