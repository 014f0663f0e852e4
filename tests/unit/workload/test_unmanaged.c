/* Kafka in kinds that are not judged. */
#include "ballast/workload/unmanaged.h"

#include <string.h>

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

int main(void)
{
    Suite *suite = suite_create("workload/unmanaged");
    TCase *tests = tcase_create("unmanaged");

    tcase_add_test(tests, reasons);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
