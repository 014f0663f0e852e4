/**
 * What a namespace's workloads need beside them, and what has to be done so that it is there. Pure.
 *
 * An object is ours if it carries the label ballast.dev/companion; the rules never see it, so what they ask
 * for does not depend on what we did before. Where somebody brings his own, the rules ask for nothing more,
 * and ours is withdrawn. Whoever takes the label off has taken the object over.
 */
#ifndef BALLAST_CONTROLLER_COMPANIONS_PLAN_H
#define BALLAST_CONTROLLER_COMPANIONS_PLAN_H

#include "ballast/policies/engine.h"

enum bl_companion_kind {
    BL_COMPANION_BUDGET,
    BL_COMPANION_NETWORK_POLICY,
    BL_COMPANION_REPORT, /* what the rules say, for people and dashboards */
    BL_COMPANION_KINDS,
};

enum bl_companion_state {
    BL_COMPANION_KEPT,    /* there, and as it shall be once the steps are done */
    BL_COMPANION_WAITING, /* for the adoption of a workload that was there before */
    BL_COMPANION_BLOCKED, /* somebody else's object has its name */
    BL_COMPANION_STATES,
};

enum bl_step_kind {
    BL_STEP_CREATE,
    BL_STEP_REPAIR,
    BL_STEP_WITHDRAW,
    BL_STEP_KINDS,
};

struct bl_step {
    enum bl_step_kind kind;
    enum bl_companion_kind companion;
    cJSON *object;        /* as it shall be, owned; NULL for what is withdrawn */
    const cJSON *present; /* as it is; NULL for what is new */
    const cJSON *subject; /* the workload that it is for; NULL: there is none any more */
    bool orphaned;        /* its workload went and left its pods, which may run on */
    char *why;
};

/** One that cannot be made because its name is taken. */
struct bl_blocked {
    const cJSON *subject;
    char *name; /* "PodDisruptionBudget "kafka"" */
};

struct bl_plan {
    struct {
        struct bl_step
            *items; /* budgets first, as they protect what runs; what is withdrawn, last */
        size_t len, cap;
    } steps;
    struct {
        struct bl_blocked *items;
        size_t len, cap;
    } blocked;
    unsigned states[BL_COMPANION_KINDS][BL_COMPANION_STATES];
    /** Why the namespace cannot be judged; NULL: it can. Then nothing is to be done, and nothing is withdrawn. */
    char *too_large;
    const cJSON *too_large_object; /* NULL: it is the sum of them */
};

struct bl_plan_options {
    const char *namespace;
    bl_day today;
    bool in_scope; /* false: nothing is asked for here, and what is ours is withdrawn */
    bool careful;  /* policies are incomplete: nothing is withdrawn */
    bool reports;  /* the cluster knows PolicyReports */
    bool blind;    /* not all policies of network plugins are known: no NetworkPolicy is made */
};

/**
 * `objects` are those of the namespace as the API server has them, the Namespace itself too; they must
 * outlive the plan.
 */
void bl_plan_companions(const struct bl_policy_set *set, const cJSON *const *objects, size_t len,
                        const struct bl_plan_options *options, struct bl_plan *ret_plan);
void bl_plan_release(struct bl_plan *plan);
void bl_step_clear(struct bl_step *step);

/** Is the object as the wanted one wants it? What others added beside is no difference. */
bool bl_companion_fits(const cJSON *wanted, const cJSON *present);
/**
 * Is the whole spec the same, or what a report has in its place? A list that is empty is the same as one that is
 * missing.
 */
bool bl_companion_same_spec(const cJSON *wanted, const cJSON *present);

#endif
