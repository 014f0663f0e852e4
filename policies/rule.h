/**
 * What a rule gets and what it may say. Each rule is one file and ends in its `struct bl_rule`.
 */
#ifndef BALLAST_POLICIES_RULE_H
#define BALLAST_POLICIES_RULE_H

#include "ballast/policies/engine.h"
#include "ballast/workload/uses.h"
#include "policy.h"

/** What is found out once for all rules of a scene, when the first one asks. */
struct bl_rule_memo {
    const cJSON **beside; /* objects of the input that are not in the scene */
    size_t beside_len;
    struct bl_uses uses;
    bool has_uses;
};

struct bl_rule_run {
    enum bl_rule_id id;
    const struct bl_policy *policy;
    enum bl_action action; /* as the policy has it */
    const void *params;
    struct bl_report *report;
    size_t object; /* being edited, or the workload being judged */
    bool silent;   /* nobody reads why an edit was made */

    /** First pass: seen alone, before the edits of this run. Second: as edited, with the world. */
    const struct bl_workload *workload;
    const struct bl_scene *scene; /* NULL in the first pass */
    struct bl_rule_memo *memo;    /* of the scene */
    bool no_companions;           /* what they would be is not asked */
    bool replaces;                /* of ours in the input newer ones are made */
    struct bl_edit *edit;         /* NULL in the second pass */
    int64_t new_brokers; /* first pass: of the cluster that is made new with it; 0: none is */
    const cJSON *stored; /* first pass: the object as it is stored; NULL: nobody knows */
};

/** First pass: the value at a pointer as it is now, after edits by earlier rules. */
const cJSON *bl_run_now(const struct bl_rule_run *run, const char *pointer);

/**
 * First pass: changes the object and notes why, in words that say what was wrong before. `value` is
 * taken.
 */
void bl_run_set(struct bl_rule_run *run, const char *pointer, cJSON *value, const char *fmt, ...)
    BL_PRINTF(4, 5);
void bl_run_append(struct bl_rule_run *run, const char *pointer, cJSON *value, const char *fmt, ...)
    BL_PRINTF(4, 5);

enum bl_fault {
    BL_FAULT_MISSING, /* nothing is there; with Mutate it could not be added */
    BL_FAULT_WRONG,   /* the author set it so, and it breaks the rule */
    BL_FAULT_NOTE,    /* worth knowing, never denied by Mutate or by Warn */
};

/**
 * Second pass: something is not as the rule wants it. `object` is where it stands. `hint` may be NULL.
 */
void bl_run_report(struct bl_rule_run *run, enum bl_fault fault, size_t object, const char *path,
                   const char *hint, const char *fmt, ...) BL_PRINTF(6, 7);

/** The same of a setting of this workload, where it stands. */
void bl_run_report_setting(struct bl_rule_run *run, enum bl_fault fault,
                           const struct bl_workload *workload, const struct bl_setting *setting,
                           const char *property, const char *hint, const char *fmt, ...)
    BL_PRINTF(7, 8);

/**
 * Second pass, in check_ensemble: gives the ensemble another object, which is taken. One of ours that is in the input is
 * changed instead, and where somebody else's has its name, that is reported, because the two would be one object; in a
 * cluster both are for the controller to see.
 */
void bl_run_companion(struct bl_rule_run *run, const struct bl_ensemble *ensemble, cJSON *object,
                      const char *fmt, ...) BL_PRINTF(4, 5);

/** Second pass: who names which port of whom. */
BL_NONNULL const struct bl_uses *bl_rule_uses(const struct bl_rule_run *run);

/** May this run add objects and fields, or only tell? */
bool bl_run_may_mutate(const struct bl_rule_run *run);

/** A pointer below the pod ("spec/affinity"), or below the main container; for free(). */
BL_NONNULL char *bl_pod_pointer(const struct bl_workload *workload, const char *below);
BL_NONNULL char *bl_container_pointer(const struct bl_workload *workload, const char *below);

/** "StatefulSet "kafka"": how messages name an object. For free(). */
BL_NONNULL char *bl_describe(const cJSON *object);

/** Has its author said, by the annotation ballast.dev/allow-deletion, that it may go? */
bool bl_allows_deletion(const cJSON *object);

/** A companion's head: kind, name, namespace of the workload, Ballast's labels. */
BL_NONNULL cJSON *bl_companion_new(const char *api_version, const char *kind, const char *name,
                                   const struct bl_workload *workload);
/** What a companion of this ensemble is called: its workload's name, or the cluster's and role's. */
BL_NONNULL char *bl_companion_name(const struct bl_scene *scene,
                                   const struct bl_ensemble *ensemble);

/* The rules, each in its own file. */
#define BL_DECLARE_RULE(id, file, ...) extern const struct bl_rule bl_rule_##file;
BL_RULES(BL_DECLARE_RULE)
#undef BL_DECLARE_RULE

#endif
