#include "ballast/policies/review.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

/*
 * Ways past Ballast that an author can write down. Each row is one of them, under a policy that allows opting out and
 * under one that does not. Nothing passes without a word: what is not denied has an audit annotation that says why, or
 * a warning, or both.
 */

#define CONTAINER(image, command, env)                                                          \
    "{'name':'k','image':'" image "','command':[" command "],'ports':[{'containerPort':9092}]," \
    "'env':[{'name':'KAFKA_LISTENERS','value':'PLAINTEXT://:9092'}" env "],'volumeMounts':["    \
    "{'name':'data','mountPath':'/data'}]}"
#define BROKER CONTAINER("apache/kafka:3.9.1", "'kafka-server-start.sh'", "")
#define OBJECT(kind, version, metadata, labels, container)                                         \
    "{'apiVersion':'" version "','kind':'" kind "','metadata':{'name':'kafka','namespace'"         \
    ":'k'" metadata "},'spec':{'replicas':1,'selector':{'matchLabels':{'app':'kafka'}},"           \
    "'template':{'metadata':{'labels':{'app':'kafka'" labels "}},'spec':{'containers':[" container \
    "]}},'volumeClaimTemplates':[{'metadata':{'name':'data'}}]}}"
#define SET(metadata, labels, container) \
    OBJECT("StatefulSet", "apps/v1", metadata, labels, container)
#define POD(metadata, user)                                                             \
    "'operation':'CREATE','object':{'apiVersion':'v1','kind':'Pod','metadata':{'name':" \
    "'kafka-0','namespace':'k','labels':{'app':'kafka'}" metadata                       \
    "},'spec':{'containers':[" BROKER "]}},'userInfo':{'username':'" user "'}"
#define CREATE(object) "'operation':'CREATE','object':" object
#define DELETE(object) "'operation':'DELETE','object':null,'oldObject':" object
#define BY(user) ",'userInfo':{'username':'" user "'}"
#define OWNER(version, kind)                                        \
    ",'ownerReferences':[{'apiVersion':'" version "','kind':'" kind \
    "','name':'o','controller':true}]"
#define RUNNING(labels)                                                                           \
    "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'kafka-0','namespace':'k','labels':"      \
    "{" labels "}},'spec':{'volumes':[{'name':'data','persistentVolumeClaim':{'claimName':'data-" \
    "kafka-0'}}],'containers':[" BROKER "]},'status':{'conditions':[{'type':"                     \
    "'ballast.dev/safe-to-disrupt','status':'False'}]}}"
#define EVICTION                                                                           \
    "'operation':'CREATE','resource':{'resource':'pods'},'subResource':'eviction','name':" \
    "'kafka-0','object':{'apiVersion':'policy/v1','kind':'Eviction','metadata':{'name':"   \
    "'kafka-0'}}"
#define CLAIM                                                                                   \
    "{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'data-kafka-0','name" \
    "space':'k'}}"

/* What is told instead of a denial; NULL: it is denied. */
static const struct {
    const char *way, *request, *context;
    const char *told, *told_strictly; /* where opting out is allowed, and where it is not */
} ways[] = {
    {"none", CREATE(SET("", "", BROKER)), "", NULL, NULL},
    {"the label that opts out", CREATE(SET(",'labels':{'ballast.dev/role':'none'}", "", BROKER)),
     "", "opted out by the label", NULL},
    {"that label on pods alone", CREATE(SET("", ",'ballast.dev/role':'none'", BROKER)), "", NULL,
     NULL},
    {"Strimzi's label", CREATE(SET("", ",'strimzi.io/cluster':'x'", BROKER)), "",
     "says that Strimzi owns it", NULL},
    {"IBM's label", CREATE(SET("", ",'eventstreams.ibm.com/cluster':'x'", BROKER)), "",
     "says that IBM Event Streams owns it", NULL},
    {"Koperator's label", CREATE(SET("", ",'kafka_cr':'x'", BROKER)), "",
     "says that Koperator owns it", NULL},
    {"Confluent's label", CREATE(SET("", ",'platform.confluent.io/type':'x'", BROKER)), "",
     "says that Confluent for Kubernetes owns it", NULL},
    {"the ZooKeeper operator's label", CREATE(SET("", ",'kind':'ZookeeperMember'", BROKER)), "",
     "says that the ZooKeeper operator owns it", NULL},
    {"such a label, at deletion", DELETE(SET("", ",'strimzi.io/cluster':'x'", BROKER)), "", "",
     NULL},
    {"owned by a StatefulSet", CREATE(SET(OWNER("apps/v1", "StatefulSet"), "", BROKER)), "", NULL,
     NULL},
    {"owned by a Deployment", CREATE(SET(OWNER("apps/v1", "Deployment"), "", BROKER)), "", NULL,
     NULL},
    {"owned by a ConfigMap", CREATE(SET(OWNER("v1", "ConfigMap"), "", BROKER)), "", NULL, NULL},
    {"owned by a Job", CREATE(SET(OWNER("batch/v1", "Job"), "", BROKER)), "", NULL, NULL},
    {"owned by a Lease", CREATE(SET(OWNER("coordination.k8s.io/v1", "Lease"), "", BROKER)), "",
     NULL, NULL},
    {"owned so, at deletion", DELETE(SET(OWNER("apps/v1", "StatefulSet"), "", BROKER)), "", NULL,
     NULL},
    {"owned by what an operator has",
     CREATE(SET(OWNER("platform.confluent.io/v1beta1", "Kafka"), "", BROKER)), "",
     "says that Kafka owns it", NULL},
    {"the same by the operator himself",
     CREATE(SET(OWNER("platform.confluent.io/v1beta1", "Kafka"), "", BROKER))
         BY("system:serviceaccount:confluent:confluent-for-kubernetes"),
     "", "says that Kafka owns it", "says that Kafka owns it"},
    {"the label by the operator himself",
     CREATE(SET("", ",'strimzi.io/cluster':'x'", BROKER))
         BY("system:serviceaccount:confluent:confluent-for-kubernetes"),
     "", "says that Strimzi owns it", "says that Strimzi owns it"},
    {"a mirror that is none",
     CREATE(SET(",'annotations':{'kubernetes.io/config.mirror':'x'}", "", BROKER)), "", NULL, NULL},
    {"a mirror by somebody", POD(",'annotations':{'kubernetes.io/config.mirror':'x'}", "tenant"),
     "", NULL, NULL},
    {"a mirror by a kubelet",
     POD(",'annotations':{'kubernetes.io/config.mirror':'x'}", "system:node:n1"), "",
     "a file on its node", "a file on its node"},
    {"on its way out before it is there",
     CREATE(SET(",'deletionTimestamp':'2026-01-01T00:00:00Z'", "", BROKER)), "", NULL, NULL},
    {"a nap first",
     CREATE(SET("", "", CONTAINER("a/own:1", "'sh','-c','sleep 1; exec /opt/entry.sh'", ""))), "",
     NULL, NULL},
    {"a variable of Connect",
     CREATE(SET("", "", CONTAINER("a/own:1", "'/e.sh'", ",{'name':'CONNECT_X','value':'1'}"))), "",
     "is a guess", "is a guess"},
    {"an exporter in a comment",
     CREATE(SET("", "", CONTAINER("a/own:1", "'/e.sh','# kafka-exporter'", ""))), "", NULL, NULL},
    {"an image that is called otherwise",
     CREATE(SET("", "", CONTAINER("a/kafka-console:1", "'/e.sh'", ""))), "", "is a guess",
     "is a guess"},
    {"a ReplicaSet", CREATE(OBJECT("ReplicaSet", "apps/v1", "", "", BROKER)), "",
     "use a StatefulSet", "use a StatefulSet"},
    {"a ReplicationController", CREATE(OBJECT("ReplicationController", "v1", "", "", BROKER)), "",
     "use a StatefulSet", "use a StatefulSet"},
    {"a DaemonSet", CREATE(OBJECT("DaemonSet", "apps/v1", "", "", BROKER)), "", "use a StatefulSet",
     "use a StatefulSet"},
    {"a Job", CREATE(OBJECT("Job", "batch/v1", "", "", BROKER)), "", "use a StatefulSet",
     "use a StatefulSet"},
    {"a CronJob",
     CREATE("{'apiVersion':'batch/v1','kind':'CronJob','metadata':{'name':'kafka','namespace':'k'},"
            "'spec':{'jobTemplate':{'spec':{'template':{'spec':{'containers':[" BROKER "]}}}}}}"),
     "", "use a StatefulSet", "use a StatefulSet"},
    {"a DeploymentConfig",
     CREATE(OBJECT("DeploymentConfig", "apps.openshift.io/v1", "", "", BROKER)), "",
     "use a StatefulSet", "use a StatefulSet"},
    {"a Template",
     CREATE("{'apiVersion':'template.openshift.io/v1','kind':'Template','metadata':{'name':'t',"
            "'namespace':'k'},'objects':[" SET("", "", BROKER) "]}"),
     "", "oc process", "oc process"},
    {"a pod that opts out of its eviction", EVICTION, RUNNING("'ballast.dev/role':'none'"), "",
     NULL},
    {"a claim whose StatefulSet went alone", DELETE(CLAIM), RUNNING("'ballast.dev/role':'broker'"),
     NULL, NULL},
};

#define POLICY(spec)                                                                     \
    "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'}," \
    "'spec':{" spec "'rules':{'replicas':{'action':'Deny','minBrokers':3},'inSync':"     \
    "{'action':'Mutate'},'storage':{'action':'Deny'}}}}"

static cJSON *respond(const char *request, const char *context, const char *policy)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_JSON cJSON *parsed = help_json(policy);
    BL_AUTO_FREE char *text =
        bl_asprintf("{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{"
                    "'uid':'u','namespace':'k',%s}}",
                    request);
    BL_AUTO_JSON cJSON *beside = *context ? help_json(context) : NULL;
    BL_AUTO_JSON cJSON *review = help_json(text);
    const cJSON *items[] = {beside};
    struct bl_review_facts facts = {
        .context = items, .context_len = beside != NULL, .sees_cluster = true, .today = 20000};
    BL_AUTO_JSON cJSON *reply = NULL;
    BL_ERROR(err);

    ck_assert_msg(bl_policy_set_add(&set, "p.yaml", NULL, parsed, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    ck_assert_msg(bl_review_answer(&set, review, BL_REVIEW_VALIDATE, &facts, &reply, NULL, &err) ==
                      0,
                  "%s", err ? bl_error_text(err) : "");
    return bl_json_copy(bl_json_get(reply, "response"));
}

static void expect(const char *way, const cJSON *response, const char *told)
{
    const char *audit = bl_json_string(bl_json_get(response, "auditAnnotations"), "notJudged");
    bool allowed = bl_json_bool(response, "allowed", false);

    ck_assert_msg(allowed == (told != NULL), "%s: %s", way, allowed ? "allowed" : "denied");
    if (told && *told)
        ck_assert_msg(audit && strstr(audit, told), "%s: %s", way, audit ? audit : "not a word");
}

START_TEST(nothing_passes_in_silence)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(ways); i++) {
        BL_AUTO_JSON cJSON *open = respond(ways[i].request, ways[i].context, POLICY(""));
        BL_AUTO_JSON cJSON *strict = respond(
            ways[i].request, ways[i].context,
            POLICY("'allowOptOut':false,'operators':['system:serviceaccount:confluent:*'],"));

        expect(ways[i].way, open, ways[i].told);
        expect(ways[i].way, strict, ways[i].told_strictly);
    }
}
END_TEST

/* An operator would write back whatever we write, for as long as both run. */
START_TEST(what_is_not_believed_is_not_rewritten)
{
    static const char review[] =
        "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'uid':'u',"
        "'namespace':'k'," CREATE(SET("", ",'strimzi.io/cluster':'x'", BROKER)) "}}";
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_JSON cJSON *policy = help_json(
        "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'},'spec':{"
        "'allowOptOut':false,'rules':{'gracefulStop':{'action':'Mutate'}}}}");
    BL_AUTO_JSON cJSON *parsed = help_json(review);
    struct bl_review_facts facts = {.sees_cluster = true, .today = 20000};
    BL_AUTO_JSON cJSON *completed = NULL;
    BL_AUTO_JSON cJSON *judged = NULL;
    BL_ERROR(err);

    ck_assert_int_eq(bl_policy_set_add(&set, "p.yaml", NULL, policy, &err), 0);
    ck_assert_int_eq(
        bl_review_answer(&set, parsed, BL_REVIEW_MUTATE, &facts, &completed, NULL, &err), 0);
    ck_assert_ptr_null(bl_json_at(completed, "response", "patch", NULL));
    ck_assert_int_eq(
        bl_review_answer(&set, parsed, BL_REVIEW_VALIDATE, &facts, &judged, NULL, &err), 0);
    ck_assert(strstr(bl_json_string(bl_json_at(judged, "response", "status", NULL), "message"),
                     "name who sends it under operators") != NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policies/ways_past");
    TCase *tests = tcase_create("ways_past");

    tcase_add_test(tests, nothing_passes_in_silence);
    tcase_add_test(tests, what_is_not_believed_is_not_rewritten);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
