/** What the sources that answer reviews share. */
#ifndef BALLAST_POLICIES_REVIEW_REVIEW_H
#define BALLAST_POLICIES_REVIEW_REVIEW_H

#include "ballast/policies/review.h"
#include "policy.h"

/** Denials that are told: more than anybody reads, and than one mistake gives. */
#define BL_DENIALS_MAX 64

/** The audit annotation that says why Kafka was not judged, or judged without consequence. */
#define BL_AUDIT_NOT_JUDGED "notJudged"

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
    int64_t
        new_brokers; /* of the cluster that is made new with the object; 0: none is, as far as is known */

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
/** Is the object's own word, that it is not Ballast's, not taken here? `world` gives the labels of namespaces. */
bool bl_review_distrusts(const struct bl_review *review, const struct bl_world *world,
                         const cJSON *object);
/** One of the context by kind and name in the review's namespace, or NULL. */
const cJSON *bl_review_context(const struct bl_review *review, const char *kind, const char *name);
/** The review's namespace, for policies that match by its labels. */
BL_NONNULL struct bl_world *bl_review_namespaces(const struct bl_review *review);
/** The engine on `first` (may be NULL) and the context without what has its name. `judge_all`: the context too. */
BL_NONNULL struct bl_report *bl_review_run(struct bl_review *review, const cJSON *first,
                                           const cJSON *without, bool judge_all,
                                           const cJSON ***ret_objects);

/** The engine on these alone, of which the first is judged, or all are. */
BL_NONNULL struct bl_report *bl_review_judge(struct bl_review *review, const cJSON *const *objects,
                                             size_t len, bool judge_all);
/** Is it one of the controller's, which stands in nobody's way? */
bool bl_review_makes_way(const cJSON *object);

/** Answers that it is too large to judge, where a policy asks for a verdict, instead of what was answered so far. */
void bl_review_too_large(struct bl_review *review);

/** May this user, or this moment, take protection away? */
bool bl_review_unguarded(const struct bl_review *review);

/** The answers, by what is reviewed. */
BL_CHECK int bl_review_workload(struct bl_review *review, struct bl_error **err);
void bl_review_protection(struct bl_review *review);
/** The same for what a release takes away: `left` are `len` objects as it leaves them, and room for one more. */
void bl_review_protection_gone(struct bl_review *review, const char *who, const cJSON *object,
                               const cJSON **left, size_t len);
void bl_review_deletion(struct bl_review *review);
void bl_review_claim_deletion(struct bl_review *review);
void bl_review_scale(struct bl_review *review);
/** How many brokers has the cluster that is made new with this StatefulSet? 0: it is none, was there before, or nobody knows. */
int64_t bl_review_new_brokers(struct bl_review *review);
/** Would running members miss what is deleted, or changed? */
void bl_review_used_deletion(struct bl_review *review);
void bl_review_used_change(struct bl_review *review);
/** Is the object Helm's record of a release? Then what the release would take away is judged. */
bool bl_review_release(struct bl_review *review);
/** Its own `replicas` are set to 0 by an update, which stops it as scaling does. */
void bl_review_stop(struct bl_review *review);
BL_CHECK int bl_review_binding(struct bl_review *review, struct bl_error **err);
void bl_review_eviction(struct bl_review *review);
/** Completes the status of a StatefulSet that is rolled, for those that wait for it. */
BL_CHECK int bl_review_set_status(struct bl_review *review, struct bl_error **err);
/** What a pod plays in Kafka, by itself alone. */
enum bl_role bl_review_pod_role(const struct bl_review *review, const cJSON *pod);
/** The policy that decides a rule for an object of the context; NULL: none. */
const struct bl_policy *bl_review_policy_on(const struct bl_review *review, enum bl_rule_id rule,
                                            const cJSON *object, enum bl_role role);
/** Is it on its way out, or done? */
bool bl_review_pod_ended(const cJSON *pod);
/** The pod that leaves their node before this one when it is drained; NULL: none. */
const char *bl_review_leaves_after(const struct bl_review *review, const cJSON *pod);
void bl_review_policy(struct bl_review *review);

#endif
