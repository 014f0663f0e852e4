/**
 * What members that run would lose by a change: the StatefulSet itself, the mode that it keeps its metadata in, the
 * Service by which they are found, what their pods mount.
 *
 * Two states of a namespace are compared, whoever changes it: one object at admission, a Helm release before its first
 * write, or files beside what is live. Pure. Nothing new is a loss: what is only added is never told here.
 */
#ifndef BALLAST_POLICIES_LOSSES_H
#define BALLAST_POLICIES_LOSSES_H

#include "ballast/policies/engine.h"

/** Objects before and after, of one namespace or more. All borrowed. What is not in sight is not lost. */
struct bl_states {
    const cJSON *const *before, *const *after;
    size_t before_len, after_len;
    /** Pods that run, which may have been made from an older template; those of a workload that has none here are taken from its template. */
    const cJSON *const *pods;
    size_t pods_len;
};

struct bl_loss {
    const cJSON *member; /* of the state before: whose loss it is */
    const struct bl_policy *policy;
    enum bl_action action; /* of the rule upgradePath: Deny or Warn */
    bool newcomer;         /* the member itself goes, and is younger than another one that stays */
    bool quorum;           /* other voters or another cluster id */
    char *message, *hint;
};

struct bl_losses {
    struct bl_loss *items;
    size_t len, cap;
};

/** `options` gives the day, the namespace of objects that name none, and the user. */
void bl_losses_find(const struct bl_policy_set *set, const struct bl_engine_options *options,
                    const struct bl_states *states, struct bl_losses *losses);
void bl_losses_release(struct bl_losses *losses);

/** Adds them to a report as findings on the members; `objects` are those of the report. */
void bl_report_add_losses(struct bl_report *report, const cJSON *const *objects,
                          const struct bl_losses *losses);

#endif
