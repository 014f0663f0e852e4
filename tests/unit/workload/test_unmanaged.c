/* Kafka in kinds that are not judged. */
#include "ballast/workload/unmanaged.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

#define PODS                                                                    \
    "{'metadata':{},'spec':{'containers':[{'name':'kafka','image':'a/kafka:1'," \
    "'env':[{'name':'KAFKA_LISTENERS','value':'P://:9092'}]}]}}"
#define WEB "{'metadata':{},'spec':{'containers':[{'name':'web','image':'nginx'}]}}"
#define OBJECT(version, kind, spec) \
    "{'apiVersion':'" version "','kind':'" kind "','metadata':{'name':'a'},'spec':" spec "}"

static const struct {
    const char *why, *object;
    const char *reason; /* a piece of it; NULL: none */
} objects[] = {
    {"judged", OBJECT("apps/v1", "StatefulSet", "{'template':" PODS "}"), NULL},
    {"a bare ReplicaSet", OBJECT("apps/v1", "ReplicaSet", "{'template':" PODS "}"),
     "no stable names"},
    {"of old", OBJECT("v1", "ReplicationController", "{'template':" PODS "}"), "no stable names"},
    {"on each node", OBJECT("apps/v1", "DaemonSet", "{'template':" PODS "}"), "with nodes"},
    {"a Job", OBJECT("batch/v1", "Job", "{'template':" PODS "}"), "meant to end"},
    {"a CronJob", OBJECT("batch/v1", "CronJob", "{'jobTemplate':{'spec':{'template':" PODS "}}}"),
     "meant to end"},
    {"OpenShift's", OBJECT("apps.openshift.io/v1", "DeploymentConfig", "{'template':" PODS "}"),
     "no stable names"},
    {"no Kafka in it", OBJECT("batch/v1", "Job", "{'template':" WEB "}"), NULL},
    {"no template", OBJECT("apps/v1", "DaemonSet", "{}"), NULL},
    {"of a Deployment, which is judged",
     "{'apiVersion':'apps/v1','kind':'ReplicaSet','metadata':{'name':'a','ownerReferences':"
     "[{'kind':'Deployment','name':'a','controller':true}]},'spec':{'template':" PODS "}}",
     NULL},
    {"Strimzi's", OBJECT("kafka.strimzi.io/v1beta2", "Kafka", "{}"), "its operator makes the pods"},
    {"somebody's own kind", OBJECT("example.com/v1", "Kafka", "{}"), NULL},
    {"a template of templates",
     "{'apiVersion':'template.openshift.io/v1','kind':'Template','objects':[" OBJECT(
         "apps/v1", "StatefulSet", "{'template':" PODS "}") "]}",
     "oc process"},
    {"one without Kafka", "{'apiVersion':'template.openshift.io/v1','kind':'Template'}", NULL},
};

START_TEST(reasons)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(objects); i++) {
        BL_AUTO_JSON cJSON *object = help_json(objects[i].object);
        const char *reason = bl_unmanaged_reason(object);

        ck_assert_msg(!reason == !objects[i].reason, "%s: %s", objects[i].why,
                      reason ? reason : "nothing");
        ck_assert_msg(!reason || strstr(reason, objects[i].reason), "%s: %s", objects[i].why,
                      reason);
    }
}
END_TEST

static const struct {
    const char *why, *object;
    const char *meant; /* a piece of what is said; NULL: nothing */
} spelt[] = {
    {"right", OBJECT("apps/v1", "StatefulSet", "{'template':" PODS "}"), NULL},
    {"a small letter", OBJECT("apps/v1", "Statefulset", "{'template':" PODS "}"),
     "there is no Statefulset of apps/v1; did you mean StatefulSet of apps/v1?"},
    {"a letter less in the group", OBJECT("app/v1", "StatefulSet", "{'template':" PODS "}"),
     "did you mean StatefulSet of apps/v1?"},
    {"both", OBJECT("app/v1", "statefulset", "{'template':" PODS "}"),
     "did you mean StatefulSet of apps/v1?"},
    {"a group that never had it",
     OBJECT("extensions/v1beta1", "StatefulSet", "{'template':" PODS "}"),
     "did you mean StatefulSet of apps/v1?"},
    {"a group that had it once",
     OBJECT("extensions/v1beta1", "Deployment", "{'template':" PODS "}"), NULL},
    {"a version that never was", OBJECT("apps/v2", "StatefulSet", "{'template':" PODS "}"),
     "did you mean StatefulSet of apps/v1?"},
    {"no group", OBJECT("v1", "StatefulSet", "{'template':" PODS "}"),
     "did you mean StatefulSet of apps/v1?"},
    {"no Kafka in it", OBJECT("apps/v1", "Statefulset", "{'template':" WEB "}"), NULL},
    {"a Pod",
     "{'apiVersion':'v1','kind':'pod','metadata':{'name':'a'},'spec':{'containers':[{'name':"
     "'kafka','command':['kafka-server-start.sh']}]}}",
     "did you mean Pod of v1?"},
    {"somebody's own kind that runs Kafka",
     OBJECT("apps.kruise.io/v1beta1", "StatefulSet", "{'template':" PODS "}"),
     "a StatefulSet of apps.kruise.io/v1beta1 is none of the kinds that are looked at"},
    {"somebody's own kind", OBJECT("apps.kruise.io/v1beta1", "StatefulSet", "{'template':" WEB "}"),
     NULL},
    {"somebody's Service", OBJECT("serving.knative.dev/v1", "Service", "{'template':" WEB "}"),
     NULL},
    {"a Service", OBJECT("v1", "Sevice", "{}"), "did you mean Service of v1?"},
    {"a Service of a group", OBJECT("apps/v1", "Service", "{}"), "did you mean Service of v1?"},
    {"a budget", OBJECT("policy/v1", "PodDisruptionBudgets", "{}"),
     "did you mean PodDisruptionBudget of policy/v1?"},
    {"a budget of old", OBJECT("policy/v1beta1", "PodDisruptionBudget", "{}"), NULL},
    {"a budget of nothing", OBJECT("policy/v2", "PodDisruptionBudget", "{}"),
     "did you mean PodDisruptionBudget of policy/v1?"},
    {"a policy of another group", OBJECT("network.k8s.io/v1", "NetworkPolicy", "{}"),
     "did you mean NetworkPolicy of networking.k8s.io/v1?"},
    {"a policy of old", OBJECT("extensions/v1beta1", "NetworkPolicy", "{}"),
     "did you mean NetworkPolicy of networking.k8s.io/v1?"},
    {"a policy of Calico's", OBJECT("crd.projectcalico.org/v1", "NetworkPolicy", "{}"), NULL},
    {"a policy of administrators",
     OBJECT("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", "{}"), NULL},
    {"an account", OBJECT("v1", "ServiceAccount", "{}"), NULL},
    {"a range of Services", OBJECT("networking.k8s.io/v1", "ServiceCIDR", "{}"), NULL},
    {"a Secret", OBJECT("v1", "Secret", "{}"), NULL},
    {"a Namespace", OBJECT("v1", "Namespace", "{}"), NULL},
    {"a Node", OBJECT("v1", "Node", "{}"), NULL},
    {"a PodTemplate", OBJECT("v1", "PodTemplate", "{}"), NULL},
};

START_TEST(spelling)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(spelt); i++) {
        BL_AUTO_JSON cJSON *object = help_json(spelt[i].object);
        BL_AUTO_FREE char *said = bl_misspelt(object);

        ck_assert_msg(!said == !spelt[i].meant, "%s: %s", spelt[i].why, said ? said : "nothing");
        ck_assert_msg(!said || strstr(said, spelt[i].meant), "%s: %s", spelt[i].why, said);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workload/unmanaged");
    TCase *tests = tcase_create("unmanaged");

    tcase_add_test(tests, reasons);
    tcase_add_test(tests, spelling);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
