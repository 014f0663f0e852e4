#include "ballast/workload/unmanaged.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "pods.h"

/* Kinds whose pods come from a template, and where it stands. */
static const struct {
    const char *group, *kind, *reason;
    const char *outer; /* what holds "template" below spec; NULL: spec itself */
} templates[] = {
    {"apps", "ReplicaSet", "its pods have no stable names or disks; use a StatefulSet", NULL},
    {"", "ReplicationController", "its pods have no stable names or disks; use a StatefulSet",
     NULL},
    {"apps", "DaemonSet", "its pods come and go with nodes; use a StatefulSet", NULL},
    {"batch", "Job", "its pods are meant to end; use a StatefulSet", NULL},
    {"batch", "CronJob", "its pods are meant to end; use a StatefulSet", "jobTemplate"},
    {"apps.openshift.io", "DeploymentConfig",
     "its pods have no stable names or disks; use a StatefulSet", NULL},
};

/* Resources that stand for Kafka themselves. */
static const struct {
    const char *group, *kind, *reason;
} resources[] = {
    {"kafka.strimzi.io", "Kafka",
     "it is a Strimzi resource: its operator makes the pods; run on what it renders"},
    {"kafka.strimzi.io", "KafkaNodePool",
     "it is a Strimzi resource: its operator makes the pods; run on what it renders"},
    {"kafka.banzaicloud.io", "KafkaCluster",
     "it is a Koperator resource: its operator makes the pods; run on what it renders"},
    {"platform.confluent.io", "Kafka",
     "it is a resource of Confluent for Kubernetes: its operator makes the pods; run on what it "
     "renders"},
    {"platform.confluent.io", "KRaftController",
     "it is a resource of Confluent for Kubernetes: its operator makes the pods; run on what it "
     "renders"},
    {"platform.confluent.io", "Zookeeper",
     "it is a resource of Confluent for Kubernetes: its operator makes the pods; run on what it "
     "renders"},
};

bool bl_template_runs_kafka(const cJSON *object, const cJSON *template)
{
    BL_AUTO_JSON cJSON *set = bl_json_copy(object);
    cJSON *spec = bl_json_new_object();

    bl_json_cut(set, "spec");
    bl_json_add(spec, "template", bl_json_copy(template));
    bl_json_add(set, "spec", spec);
    bl_object_set_kind(set, "apps/v1", "StatefulSet");

    struct bl_workload *workload = bl_workload_recognise(set, NULL, false);
    bool found = workload->role != BL_ROLE_NONE;
    bl_workload_free(workload);
    return found;
}

static const char *template_reason(const cJSON *object)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(templates); i++) {
        const cJSON *spec = bl_json_get(object, "spec"), *template;

        if (!bl_object_is(object, templates[i].group, templates[i].kind))
            continue;
        if (templates[i].outer)
            spec = bl_json_at(spec, templates[i].outer, "spec", NULL);
        template = bl_json_get(spec, "template");
        return template && bl_template_runs_kafka(object, template) ? templates[i].reason : NULL;
    }
    return NULL;
}

/* An OpenShift Template holds objects that parameters complete. */
static bool template_holds_kafka(const cJSON *object)
{
    const cJSON *inner;

    cJSON_ArrayForEach(inner, bl_json_get(object, "objects")) {
        const cJSON *template = bl_json_at(inner, "spec", "template", NULL);

        if (template && bl_template_runs_kafka(inner, template))
            return true;
    }
    return false;
}

const char *bl_unmanaged_reason(const cJSON *object)
{
    if (bl_object_controller(object))
        return NULL;
    for (size_t i = 0; i < BL_ARRAY_LEN(resources); i++)
        if (bl_object_is(object, resources[i].group, resources[i].kind))
            return resources[i].reason;
    if (bl_object_is(object, "template.openshift.io", "Template") ||
        (bl_object_is(object, "", "Template") && bl_json_get(object, "objects")))
        return template_holds_kafka(object)
                   ? "it is an OpenShift Template; run on what `oc process` makes of it"
                   : NULL;
    return template_reason(object);
}
