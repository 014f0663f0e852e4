/**
 * What the rules say of a namespace's workloads, as PolicyReports (wgpolicyk8s.io/v1alpha2): one for each Kafka
 * cluster, where dashboards and `kubectl get policyreports` find it. Pure.
 */
#ifndef BALLAST_CONTROLLER_COMPANIONS_REPORT_H
#define BALLAST_CONTROLLER_COMPANIONS_REPORT_H

#include "ballast/policies/engine.h"

#define BL_POLICY_REPORT_API "wgpolicyk8s.io/v1alpha2"
#define BL_POLICY_REPORT_KIND "PolicyReport"

struct bl_policy_report {
    cJSON *object;                     /* without owners, which are its workloads */
    const struct bl_workload *subject; /* the first of them */
    struct {
        const struct bl_workload **items;
        size_t len, cap;
    } workloads;
};

struct bl_policy_reports {
    struct bl_policy_report *items; /* by the names of their clusters' first workloads */
    size_t len, cap;
};

/**
 * `waits` has a flag for each object: a network policy for it waits for its adoption. A report on all else says
 * that the controller keeps what is asked for beside the workload.
 */
void bl_policy_reports_make(const struct bl_report *report, const char *namespace,
                            const bool *waits, struct bl_policy_reports *ret_reports);
void bl_policy_reports_release(struct bl_policy_reports *reports);

#endif
