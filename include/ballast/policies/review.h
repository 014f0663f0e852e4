/**
 * One AdmissionReview answered: what the webhook does for each call, and `ballast review` for one.
 *
 * Pure: the answer depends on the review, the policies and the facts alone, so equal reviews get equal
 * bytes. A patch is applied and read again before it is handed out, because one that does not apply fails
 * the user's request even where the webhook may be ignored (kubernetes/apiserver, mutating/dispatcher.go).
 *
 * Beside workloads and Services it answers for what protects them: budgets and network policies that are
 * changed or deleted, claims and workloads that are deleted, replicas that are scaled, pods that are bound
 * and evicted, and policies themselves.
 */
#ifndef BALLAST_POLICIES_REVIEW_H
#define BALLAST_POLICIES_REVIEW_H

#include "ballast/policies/engine.h"
#include "ballast/workload/kin.h"

/** The reason of BL_CONDITION_SAFE where no waiting helps: a partition needs all of its replicas, or a quorum all of its voters. */
#define BL_REASON_NO_SPARE "NoSpare"

enum bl_review_kind {
    BL_REVIEW_MUTATE,   /* completes, never denies: others may still change the object */
    BL_REVIEW_VALIDATE, /* judges, never patches: the object is what will be stored */
    BL_REVIEW_BOTH,     /* what comes of both */
};

/** Whether the conditions on pods are kept current. */
enum bl_controller_life {
    BL_CONTROLLER_UNKNOWN, /* nobody looks; they are believed */
    BL_CONTROLLER_ALIVE,
    BL_CONTROLLER_AWAY, /* its Lease has run out: they are history */
};

/** What is known beside the review. All borrowed. */
struct bl_review_facts {
    /**
     * Objects that matter to this review: of its namespace the Kafka workloads, Services, budgets and
     * network policies; the Namespace itself; for a binding the Node and the Pod, for an eviction the Pod, and
     * where that leaves a node that is drained, the Node and the other Pods of it; for a StatefulSet that is made the
     * claims that have the names of its own. For the record of a Helm release, which is judged whole, the same of the
     * other namespaces that its objects lie in.
     */
    const cJSON *const *context;
    size_t context_len;
    /** Pods of members, where a Service or a release is judged: they may be older than the templates of the context. */
    const cJSON *const *pods;
    size_t pods_len;
    /** Of each of the context (ballast/workload/kin.h), so that what cannot matter is not looked at; NULL: all of it is. */
    const struct bl_kin *const *kin;
    /** The context is the cluster: what is not in it is not there. */
    bool sees_cluster;
    /** Who may take protection away: "user:NAME" or "group:NAME", up to NULL. May be NULL itself. */
    const char *const *admins;
    bl_day today;
    enum bl_controller_life controller;
    /** Backup for GKE restores into the namespace: a denial would fail it, so that it is told instead. */
    bool restoring;
    /** Claims are known: of those of a StatefulSet what is not in the context is not there. */
    bool sees_claims;
    int64_t now; /* seconds since 1970; 0: not known, and then nothing was made just now */
};

/** What was decided, for logs and metrics. */
struct bl_review_summary {
    bool allowed, patched;
    bool too_large;            /* to be judged; denied where a policy asks for a verdict */
    bool asked[BL_RULE_COUNT]; /* the rule had a say */
    enum bl_action action[BL_RULE_COUNT];
    enum bl_outcome outcome[BL_RULE_COUNT];
};

/**
 * `review` is an admission.k8s.io/v1 AdmissionReview with a request. Fails for what is no such review; a
 * denial is an answer, not a failure. `ret_summary` may be NULL.
 */
BL_CHECK int bl_review_answer(const struct bl_policy_set *set, const cJSON *review,
                              enum bl_review_kind kind, const struct bl_review_facts *facts,
                              cJSON **ret_answer, struct bl_review_summary *ret_summary,
                              struct bl_error **err);

/** Are pods told to leave this node? By kubectl, cluster-autoscaler or Karpenter. `node` may be NULL: no. */
bool bl_node_is_drained(const cJSON *node);

/** For caches: takes out what no rule reads of an object beside others, such as annotations that are not ours. */
void bl_review_trim(cJSON *object);
/** Could this object, as the API server has it, matter to the review of another? For caches. */
bool bl_review_matters(const cJSON *object);

/**
 * May a workload that was there before Ballast be changed at once? So the annotation or a policy says.
 * `world` has the labels of the namespace; `namespace` is that of an object that names none.
 */
bool bl_review_adopts(const struct bl_policy_set *set, const struct bl_world *world,
                      const cJSON *object, enum bl_role role, const char *namespace);

/**
 * Marks a workload as managed: the label ballast.dev/role on the object and, with `pods`, in its pod
 * template, and the annotation by which recognition knows the label as ours and not as an order.
 */
void bl_review_mark(struct bl_edit *edit, const struct bl_workload *workload, bool pods);

#endif
