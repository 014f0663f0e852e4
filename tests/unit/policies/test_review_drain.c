/* In which order pods leave a node that is drained. */
#include "ballast/policies/review.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

#define META(name, instance)    \
    "'metadata':{'name':'" name \
    "','namespace':'k','labels':{'app.kubernetes.io/instance':'" instance "'}}"
#define SET(name, instance, container)                                                            \
    "{'apiVersion':'apps/v1','kind':'StatefulSet'," META(                                         \
        name, instance) ",'spec':{'replicas':"                                                    \
                        "3,'serviceName':'" name                                                  \
                        "','template':{" META(name, instance) ",'spec':{'containers':[" container \
                                                              "]}}}}"
#define KAFKA(name, instance)                                                                    \
    SET(name, instance,                                                                          \
        "{'name':'kafka','image':'bitnami/kafka:3.4.0','ports':[{'containerPort':9092}],'env':[" \
        "{'name':'KAFKA_CFG_ZOOKEEPER_CONNECT','value':'" instance "-zookeeper:2181'}]}")
#define KRAFT(name, instance, roles)                                                              \
    SET(name, instance,                                                                           \
        "{'name':'kafka','image':'bitnami/kafka:3.9.0','ports':[{'containerPort':9092}],'env':["  \
        "{'name':'KAFKA_CFG_PROCESS_ROLES','value':'" roles "'},{'name':'KAFKA_KRAFT_CLUSTER_ID'" \
        ",'value':'" instance "'}]}")
#define ZOOKEEPER(name, instance) \
    SET(name, instance,           \
        "{'name':'zookeeper','image':'bitnami/zookeeper:3.8.1','ports':[{'containerPort':2181}]}")
#define POD(name, set, role, node, more)                                                    \
    "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'" name                             \
    "','namespace':'k','labels':{'ballast.dev/role':'" role                                 \
    "'},'ownerReferences':[{'kind':'StatefulSet','name':'" set "','controller':true}]" more \
    "},'spec':{'nodeName':'" node "'},'status':{'phase':'Running'}}"
#define GOING ",'deletionTimestamp':'2026-01-01T00:00:00Z'"
#define NODE(spec) "{'apiVersion':'v1','kind':'Node','metadata':{'name':'a'},'spec':{" spec "}}"
#define CORDONED NODE("'unschedulable':true")

#define BROKER POD("kafka-0", "kafka", "broker", "a", "")
#define SERVER POD("zoo-0", "kafka-zookeeper", "zookeeper", "a", "")
#define CLUSTER KAFKA("kafka", "kafka") "," ZOOKEEPER("kafka-zookeeper", "kafka")

static const char policy[] =
    "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'},'spec':{"
    "'rules':{'disruptionBudget':{'action':'Mutate'}}}}";
static const char audit[] =
    "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'},'spec':{"
    "'rules':{'disruptionBudget':{'action':'Audit'}}}}";

static const struct {
    const char *why, *evicted, *context, *first; /* first NULL: it may go */
} cases[] = {
    {"ZooKeeper after the broker", "zoo-0", CORDONED "," BROKER "," SERVER "," CLUSTER, "kafka-0"},
    {"the broker first", "kafka-0", CORDONED "," BROKER "," SERVER "," CLUSTER, NULL},
    {"nobody drains it", "zoo-0", NODE("") "," BROKER "," SERVER "," CLUSTER, NULL},
    {"it is not known whether somebody does", "zoo-0", BROKER "," SERVER "," CLUSTER, NULL},
    {"other taints are no drain", "zoo-0",
     NODE("'taints':[{'key':'dedicated','effect':'NoSchedule'}]") "," BROKER "," SERVER "," CLUSTER,
     NULL},
    {"cluster-autoscaler drains", "zoo-0",
     NODE("'taints':[{'key':'ToBeDeletedByClusterAutoscaler','effect':'NoSchedule'}]") "," BROKER
                                                                                       "," SERVER
                                                                                       "," CLUSTER,
     "kafka-0"},
    {"Karpenter drains", "zoo-0",
     NODE("'taints':[{'key':'karpenter.sh/disrupted','effect':'NoSchedule'}]") "," BROKER "," SERVER
                                                                               "," CLUSTER,
     "kafka-0"},
    {"the broker is on its way", "zoo-0",
     CORDONED "," POD("kafka-0", "kafka", "broker", "a", GOING) "," SERVER "," CLUSTER, NULL},
    {"the broker is on another node", "zoo-0",
     CORDONED "," POD("kafka-0", "kafka", "broker", "b", "") "," SERVER "," CLUSTER, NULL},
    {"a broker of another cluster", "zoo-0",
     CORDONED "," POD("other-0", "other", "broker", "a", "") "," SERVER "," CLUSTER "," KAFKA(
         "other", "other") "," ZOOKEEPER("other-zookeeper", "other"),
     NULL},
    {"two ensembles that no broker is known to use", "zoo-0",
     CORDONED "," SERVER "," POD("elder-0", "elder-zookeeper", "zookeeper", "a", "") "," ZOOKEEPER(
         "kafka-zookeeper", "kafka") "," ZOOKEEPER("elder-zookeeper", "elder"),
     NULL},
    {"its workload is not known", "zoo-0", CORDONED "," BROKER "," SERVER, NULL},
    {"a controller after the broker", "control-0",
     CORDONED "," BROKER "," POD("control-0", "control", "controller", "a", "") "," KRAFT(
         "kafka", "x", "broker") "," KRAFT("control", "x", "controller"),
     "kafka-0"},
    {"sets of brokers by name", "kafka-0",
     CORDONED "," BROKER "," POD("cache-0", "cache", "broker", "a", "") "," KRAFT(
         "kafka", "x", "broker") "," KRAFT("cache", "x", "broker"),
     "cache-0"},
    {"and the other way round", "cache-0",
     CORDONED "," BROKER "," POD("cache-0", "cache", "broker", "a", "") "," KRAFT(
         "kafka", "x", "broker") "," KRAFT("cache", "x", "broker"),
     NULL},
};

static cJSON *evict(const char *name, const char *context, const char *rules)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_FREE char *list = bl_asprintf("[%s]", context);
    BL_AUTO_FREE char *text = bl_asprintf(
        "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'uid':'u',"
        "'namespace':'k','operation':'CREATE','resource':{'resource':'pods'},'subResource':"
        "'eviction','name':'%s','object':{'kind':'Eviction','metadata':{'name':'%s'}}}}",
        name, name);
    BL_AUTO_JSON cJSON *parsed = help_json(rules);
    BL_AUTO_JSON cJSON *objects = help_json(list);
    BL_AUTO_JSON cJSON *review = help_json(text);
    const cJSON *items[8] = {NULL}, *object;
    struct bl_review_facts facts = {.context = items, .sees_cluster = true, .today = 20000};
    cJSON *reply = NULL;
    BL_ERROR(err);

    cJSON_ArrayForEach(object, objects) {
        ck_assert_uint_lt(facts.context_len, BL_ARRAY_LEN(items));
        items[facts.context_len++] = object;
    }
    ck_assert_int_eq(bl_policy_set_add(&set, "p.yaml", NULL, parsed, &err), 0);
    ck_assert_int_eq(bl_review_answer(&set, review, BL_REVIEW_VALIDATE, &facts, &reply, NULL, &err),
                     0);
    return reply;
}

static const char *refusal(const cJSON *reply)
{
    return bl_json_string(bl_json_at(reply, "response", "status", NULL), "message");
}

START_TEST(pods_have_turns)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(cases); i++) {
        BL_AUTO_JSON cJSON *reply = evict(cases[i].evicted, cases[i].context, policy);
        const char *said = refusal(reply);

        if (!cases[i].first) {
            ck_assert_msg(!said, "%s: %s", cases[i].why, said);
            continue;
        }
        BL_AUTO_FREE char *first = bl_asprintf("after pod \"%s\" of it", cases[i].first);
        ck_assert_msg(said && strstr(said, first), "%s: %s", cases[i].why, said ? said : "");
    }
}
END_TEST

START_TEST(not_where_a_policy_only_looks)
{
    BL_AUTO_JSON cJSON *reply = evict("zoo-0", CORDONED "," BROKER "," SERVER "," CLUSTER, audit);

    ck_assert_ptr_null(refusal(reply));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policies/review_drain");
    TCase *tests = tcase_create("drain");

    tcase_add_test(tests, pods_have_turns);
    tcase_add_test(tests, not_where_a_policy_only_looks);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
