/**
 * The decision: objects and policies in; edits, findings and companions out. Pure.
 *
 * It runs in two passes. The first edits each object by what that object alone shows, so that the
 * webhook, which sees one object at a time, and the command, which sees a whole release, write the same
 * bytes. The second judges the edited objects with everything in sight: budgets, services, ConfigMaps,
 * the other members of the cluster. What the first could not mend shows up in the second.
 */
#ifndef BALLAST_POLICIES_ENGINE_H
#define BALLAST_POLICIES_ENGINE_H

#include "ballast/base/date.h"
#include "ballast/json/edit.h"
#include "ballast/policies/policy.h"

enum bl_severity {
    BL_SEVERITY_INFO = 1,
    BL_SEVERITY_WARNING,
    BL_SEVERITY_ERROR, /* admission would deny the object */
};

const char *bl_severity_name(enum bl_severity severity);

struct bl_finding {
    size_t object;  /* the one at fault, by its index in the input */
    size_t subject; /* the workload that it is about; often the same */
    enum bl_rule_id rule;
    enum bl_action action;
    enum bl_severity severity;
    const struct bl_policy *policy; /* borrowed from the set */
    bool mended;                    /* an edit or a companion takes care of it */
    bool beside;                    /* another object is missing */
    char *path;                     /* JSON Pointer into the object */
    char
        *property; /* whose line is meant, where the path leads to a text of settings; NULL: none */
    char *message, *hint; /* hint: NULL where the message says it all */
};

enum bl_outcome {
    BL_OUTCOME_PASS,
    BL_OUTCOME_CHANGED,
    BL_OUTCOME_DENIED,
    BL_OUTCOME_WARNED,
    BL_OUTCOME_REPORTED,
    BL_OUTCOME_EXEMPT,
    BL_OUTCOME_OFF,
};

const char *bl_outcome_name(enum bl_outcome outcome);

/** What one rule did with one workload. */
struct bl_result {
    enum bl_rule_id rule;
    const struct bl_policy *policy;
    enum bl_action action;
    enum bl_outcome outcome;
    char *message; /* of the first findings; how many more there are stands behind them */
    size_t findings;
};

struct bl_companion {
    size_t after; /* the object behind which it belongs */
    enum bl_rule_id rule;
    cJSON *object;
};

struct bl_object_report {
    /** Of the scene, or with edits_only as it was before them; NULL where the object runs no pods. */
    const struct bl_workload *workload;
    bool judged;         /* by rules; false for what is not Kafka */
    struct bl_edit edit; /* edit.patch is NULL where nothing was edited */
    struct {
        struct bl_result *items;
        size_t len, cap;
    } results; /* in the order of enum bl_rule_id */
};

struct bl_report {
    size_t len;
    struct bl_object_report *objects; /* one for each of the input */
    struct {
        struct bl_finding *items;
        size_t len, cap;
    } findings; /* by object, then rule, then path */
    struct {
        struct bl_companion *items;
        size_t len, cap;
    } companions;
    struct {
        struct bl_scene **items; /* of the edited objects, one for each group */
        size_t len, cap;
    } scenes;
    struct {
        struct bl_workload **items; /* with edits_only, where there is no scene to own them */
        size_t len, cap;
    } workloads;
    const cJSON **edited; /* the objects as they are after the edits */
    /**
     * Why nothing was judged; NULL: all was. Then there is nothing else in the report: no edit, no finding, no
     * workload, because half a verdict is a wrong one. To whom it happens must not go on as if nothing was found.
     */
    char *too_large;
    const cJSON *too_large_object; /* the one that is; NULL: it is the sum of them */
};

/**
 * Units of work (ballast/base/budget.h) for one review, all of its engine runs together: about a tenth of a second, and
 * a few hundred times what a review takes.
 */
#define BL_UNITS_REVIEW ((int64_t)1 << 24)
/** For all of a namespace, or of the files that a command was given: some seconds. */
#define BL_UNITS_NAMESPACE ((int64_t)1 << 28)

struct bl_engine_options {
    int64_t units;         /* of work that may be done; 0: what the caller's own budget has left */
    bl_day today;          /* decides which exceptions count */
    const char *namespace; /* of objects that name none; NULL: "default" */
    /** Objects from here on are context: looked at, but neither edited nor judged. 0: there are none. */
    size_t context_from;
    /** Who sends the objects, whom a policy may name as an operator; NULL: nobody knows, as with files. */
    const char *user;
    /**
     * A number for each object, below group_count: only objects of one group know of each other. NULL:
     * all do.
     */
    const unsigned *groups;
    unsigned group_count;
    /**
     * For each object that is edited: how many brokers the cluster has that is made new with it; 0: it is none, or was there
     * before, or nobody knows. NULL: nobody knows of any.
     */
    const int64_t *new_brokers;
    /** The first object as it is stored; NULL: it is not, or nobody knows. */
    const cJSON *stored;
    /** The first pass alone: edits, and no word on what is left wrong. */
    bool edits_only;
    /** Nobody makes companions now, so it is not worked out what they would be. */
    bool no_companions;
    /** Companions that are in the input already are ours to write anew, as in files. */
    bool replaces;
};

/** `set` and `objects` are borrowed and must outlive the report. */
BL_NONNULL struct bl_report *bl_engine_run(const struct bl_policy_set *set,
                                           const cJSON *const *objects, size_t len,
                                           const struct bl_engine_options *options);
void bl_report_free(struct bl_report *report);
BL_DEFINE_CLEANUP(struct bl_report *, bl_report_cleanup, bl_report_free)

/** Does it carry the marks of a companion that we made? Anybody may have put them on. */
bool bl_companion_is_ours(const cJSON *object);

/** The object as it is after the edits. */
const cJSON *bl_report_object(const struct bl_report *report, size_t index);
/** Is anything denied? */
bool bl_report_denied(const struct bl_report *report);

#endif
