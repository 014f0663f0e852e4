/** Pods in what is no workload of ours. */
#ifndef BALLAST_WORKLOAD_PODS_H
#define BALLAST_WORKLOAD_PODS_H

#include "ballast/workload/workload.h"

/** Would these pods of the object be recognised, were they a StatefulSet's? */
bool bl_template_runs_kafka(const cJSON *object, const cJSON *template);

#endif
