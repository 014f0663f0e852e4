#include "ballast/policies/review.h"

#include <string.h>

#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

/*
 * What protects a workload, and what holds its data. Each row is a request, what the cluster has beside,
 * and the answer.
 */

#define LABELS "'labels':{'app':'kafka'}"
#define TEMPLATE TEMPLATE_OF("'kafka-server-start.sh'")
#define TEMPLATE_OF(command)                                                \
    "'template':{'metadata':{" LABELS                                       \
    "},'spec':{'containers':[{'name':'kafka','command':[" command           \
    "],'ports':[{'containerPort':9092}],'env':[{'name':'JMX_PORT','value':" \
    "'5555'}],'volumeMounts':[{'name':'data',"                              \
    "'mountPath':'/data'}]}]}}"
#define SET_WITH(metadata, replicas)                                                         \
    "{'apiVersion':'apps/"                                                                   \
    "v1','kind':'StatefulSet','metadata':{'name':'kafka','namespace':'k'" metadata           \
    "},'spec':{'replicas':" replicas ",'selector':{'matchLabels':{'app':'kafka'}}," TEMPLATE \
    ",'volumeClaimTemplates':[{'metadata':{'name':'data'}}]}}"
#define SET(replicas) SET_WITH("", replicas)
#define SET_RUNS(command)                                                                     \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'kafka','namespace':'k'" \
    "},'spec':{'replicas':3,'selector':{'matchLabels':{'app':'kafka'}}," TEMPLATE_OF(         \
        command) ",'volumeClaimTemplates':[{'metadata':{'name':'data'}}]}}"
#define ALLOWED ",'annotations':{'ballast.dev/allow-deletion':'true'}"
#define COMPANION ",'labels':{'ballast.dev/companion':'disruption-budget'}"
#define OWNED                                                                   \
    ",'ownerReferences':[{'apiVersion':'platform.confluent.io/v1beta1','kind':" \
    "'Kafka','name':'k','controller':true}]"
#define BUDGET_WITH(name, metadata, spec)                                              \
    "{'apiVersion':'policy/v1','kind':'PodDisruptionBudget','metadata':{'name':'" name \
    "','namespace':'k'" metadata "},'spec':{'selector':{'matchLabels':{'app':'kafka'}}," spec "}}"
#define BUDGET(spec) BUDGET_WITH("kafka", "", spec)
#define ELSEWHERE                                                                        \
    "{'apiVersion':'policy/v1','kind':'PodDisruptionBudget','metadata':{'name':'kafka'," \
    "'namespace':'k'},'spec':{'maxUnavailable':1,'selector':{'matchLabels':{'app':'other'}}}}"
#define NETWORK(metadata, ports)                                                              \
    "{'apiVersion':'networking.k8s.io/v1','kind':'NetworkPolicy','metadata':{'name':'kafka'," \
    "'namespace':'k'" metadata "},'spec':{'podSelector':{'matchLabels':{'app':'kafka'}},"     \
    "'policyTypes':['Ingress'],'ingress':[{'ports':[{'port':" ports "}]}]}}"
#define CLAIM(name, metadata)                                                     \
    "{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'" name \
    "','namespace':'k'" metadata "}}"
#define SCALE(replicas)                                                                          \
    "{'apiVersion':'autoscaling/v1','kind':'Scale','metadata':{'name':'kafka','namespace':'k'}," \
    "'spec':{'replicas':" replicas "}}"
#define POD(metadata, status)                                                                 \
    "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'kafka-0','namespace':'k','labels':{" \
    "'ballast.dev/role':'broker'},'ownerReferences':[{'kind':'StatefulSet','name':'kafka',"   \
    "'controller':true}]" metadata "},'spec':{},'status':{" status "}}"
#define CONDITIONS(ready, safe)                                                                  \
    "'conditions':[{'type':'Ready','status':'" ready "'},{'type':'ballast.dev/safe-to-disrupt'," \
    "'status':'" safe "','message':'topic-1 would be below its minimum'}]"
#define READY "'conditions':[{'type':'Ready','status':'True'}]"
#define NAMESPACE(more) "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'k'" more "}}"
#define EVICTION                                                                    \
    "'operation':'CREATE','resource':{'resource':'pods'},'subResource':'eviction'," \
    "'name':'kafka-0','object':{'apiVersion':'policy/"                              \
    "v1','kind':'Eviction','metadata':{'name':'kafka-0'}}"
#define BINDING                                                                                    \
    "'operation':'CREATE','resource':{'resource':'pods'},'subResource':'binding',"                 \
    "'name':'kafka-0','object':{'apiVersion':'v1','kind':'Binding','metadata':{'name':'kafka-0'}," \
    "'target':{'kind':'Node','name':'n1'}}"
#define NODE(labels) \
    "{'apiVersion':'v1','kind':'Node','metadata':{'name':'n1','labels':{" labels "}}}"
#define DELETE(object) "'operation':'DELETE','object':null,'oldObject':" object
#define UPDATE(object, old) "'operation':'UPDATE','object':" object ",'oldObject':" old
#define CREATE(object) "'operation':'CREATE','object':" object
#define RESCALE(to, from)                                                                  \
    "'subResource':'scale','name':'kafka','resource':{'resource':'statefulsets'}," UPDATE( \
        SCALE(to), SCALE(from))

static const char rules[] =
    "{'apiVersion':'ballast.dev/"
    "v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'},'spec':{'rules':{"
    "'disruptionBudget':{'action':'Mutate'},'networkPolicy':{'action':'Mutate'},"
    "'replicas':{'action':'Deny'},'storage':{'action':'Deny'},'rack':{'action':'Mutate'},"
    "'inSync':{'action':'Mutate'},'upgradePath':{'action':'Deny'}}}}";

static const struct {
    const char *why, *request, *context, *message; /* message NULL: allowed */
    int code;
} rows[] = {
    {"a budget is needed", DELETE(BUDGET("'maxUnavailable':1")),
     SET("3") "," BUDGET("'maxUnavailable':1"),
     "PodDisruptionBudget \"kafka\" protects a workload that runs", 403},
    {"the denial says how it is done all the same", DELETE(BUDGET("'maxUnavailable':1")), SET("3"),
     "kubectl annotate PodDisruptionBudget kafka -n k ballast.dev/allow-deletion=true", 403},
    {"a budget that is allowed to go", DELETE(BUDGET_WITH("kafka", ALLOWED, "'maxUnavailable':1")),
     SET("3"), NULL, 0},
    {"its workload may go, so may the budget", DELETE(BUDGET("'maxUnavailable':1")),
     SET_WITH(ALLOWED, "3"), NULL, 0},
    {"nobody is left to protect", DELETE(BUDGET("'maxUnavailable':1")), "", NULL, 0},
    {"a stranger's budget", DELETE(ELSEWHERE), SET("3"), NULL, 0},
    {"one of two may go: two are wrong", DELETE(BUDGET("'maxUnavailable':1")),
     SET("3") "," BUDGET("'maxUnavailable':1") "," BUDGET_WITH("second", "", "'maxUnavailable':1"),
     NULL, 0},
    {"the garbage collector",
     DELETE(BUDGET(
         "'maxUnavailable':1")) ",'userInfo':{'username':"
                                "'system:serviceaccount:kube-system:generic-garbage-collector'}",
     SET("3"), NULL, 0},
    {"a namespace on its way out", DELETE(BUDGET("'maxUnavailable':1")),
     SET("3") "," NAMESPACE(",'deletionTimestamp':'2026-01-01T00:00:00Z'"), NULL, 0},
    {"an admin by name", DELETE(BUDGET("'maxUnavailable':1")) ",'userInfo':{'username':'root@x'}",
     SET("3"), NULL, 0},
    {"an admin by group",
     DELETE(BUDGET("'maxUnavailable':1")) ",'userInfo':{'username':'a','groups':["
                                          "'x','platform']}",
     SET("3"), NULL, 0},
    {"others are none",
     DELETE(BUDGET("'maxUnavailable':1")) ",'userInfo':{'username':'root@y','groups':["
                                          "'platform2']}",
     SET("3"), "protects a workload", 403},
    {"a budget that grows lax", UPDATE(BUDGET("'maxUnavailable':2"), BUDGET("'maxUnavailable':1")),
     SET("3") "," BUDGET("'maxUnavailable':1"), "lets 2 of 3 pods go at once", 403},
    {"a budget that grows strict", UPDATE(BUDGET("'minAvailable':2"), BUDGET("'maxUnavailable':2")),
     SET("3") "," BUDGET("'maxUnavailable':2"), NULL, 0},
    {"one that was lax stays so: nothing gets worse",
     UPDATE(BUDGET("'maxUnavailable':2,'unhealthyPodEvictionPolicy':'IfHealthyBudget'"),
            BUDGET("'maxUnavailable':2")),
     SET("3") "," BUDGET("'maxUnavailable':2"), NULL, 0},
    {"a budget that looks elsewhere", UPDATE(ELSEWHERE, BUDGET("'maxUnavailable':1")),
     SET("3") "," BUDGET("'maxUnavailable':1"), "protects StatefulSet \"kafka\" no more", 403},
    {"a second budget", CREATE(BUDGET_WITH("second", "", "'maxUnavailable':1")),
     SET("3") "," BUDGET("'maxUnavailable':1"), "with two budgets", 403},
    {"one beside the controller's, which makes way",
     CREATE(BUDGET_WITH("second", "", "'maxUnavailable':1")),
     SET("3") "," BUDGET_WITH("kafka", COMPANION, "'maxUnavailable':1"), NULL, 0},
    {"the controller's own is needed too",
     DELETE(BUDGET_WITH("kafka", COMPANION, "'maxUnavailable':1")),
     SET("3") "," BUDGET_WITH("kafka", COMPANION, "'maxUnavailable':1"),
     "protects a workload that runs", 403},
    {"a first budget", CREATE(BUDGET("'maxUnavailable':1")), SET("3"), NULL, 0},
    {"a budget that allows nothing", CREATE(BUDGET("'maxUnavailable':0")), SET("3"),
     "no node that runs one can be drained", 403},
    {"a network policy is needed", DELETE(NETWORK("", "9092")), SET("3") "," NETWORK("", "9092"),
     "NetworkPolicy \"kafka\" protects a workload that runs", 403},
    {"a workload that runs", DELETE(SET("3")), SET("3"), "deleting it stops them all", 403},
    {"one that is scaled to nothing", DELETE(SET("0")), SET("0"), NULL, 0},
    {"one that is allowed to go", DELETE(SET_WITH(ALLOWED, "3")), "", NULL, 0},
    {"its pods stay", DELETE(SET("3")) ",'options':{'propagationPolicy':'Orphan'}", "", NULL, 0},
    {"and go with it", DELETE(SET("3")) ",'options':{'propagationPolicy':'Background'}", "",
     "deleting it stops them all", 403},
    {"a claim with data", DELETE(CLAIM("data-kafka-1", "")), SET("3"),
     "holds data of StatefulSet \"kafka\"", 403},
    {"a claim of a pod that is scaled away still holds data", DELETE(CLAIM("data-kafka-7", "")),
     SET("3"), "holds data", 403},
    {"a claim that is allowed to go", DELETE(CLAIM("data-kafka-1", ALLOWED)), SET("3"), NULL, 0},
    {"a claim of another", DELETE(CLAIM("data-kafkaesque-1", "")), SET("3"), NULL, 0},
    {"a claim whose name only begins so", DELETE(CLAIM("data-kafka-x", "")), SET("3"), NULL, 0},
    {"a claim of nobody", DELETE(CLAIM("data-kafka-1", "")), "", NULL, 0},
    {"too few are left", RESCALE("2", "3"), SET("3"), "replicas: 2 brokers are too few", 403},
    {"enough are left", RESCALE("3", "5"), SET("5"), NULL, 0},
    {"growing is never wrong", RESCALE("2", "1"), SET("1"), NULL, 0},
    {"none is left", RESCALE("0", "3"), SET("3"), "scaling StatefulSet \"kafka\" from 3 to 0", 403},
    {"none is left, on purpose", RESCALE("0", "3"), SET_WITH(ALLOWED, "3"), NULL, 0},
    {"none is left of an operator's, which knows why", RESCALE("0", "3"), SET_WITH(OWNED, "3"),
     NULL, 0},
    {"none is left by an update", UPDATE(SET("0"), SET("3")), SET("3"),
     "scaling StatefulSet \"kafka\" from 3 to 0", 403},
    {"none is left by an update, on purpose", UPDATE(SET_WITH(ALLOWED, "0"), SET("3")), SET("3"),
     NULL, 0},
    {"none was there before either", UPDATE(SET("0"), SET("0")), SET("0"), NULL, 0},
    {"its pods would only wait", UPDATE(SET_RUNS("'sleep','infinity'"), SET("3")), SET("3"),
     "would run a command that only waits", 403},
    {"its pods are told more", UPDATE(SET_RUNS("'kafka-server-start.sh','/f'"), SET("3")), SET("3"),
     NULL, 0},
    {"too few are left by an update", UPDATE(SET("2"), SET("3")), SET("3"),
     "replicas: 2 brokers are too few", 403},
    {"the budget would hold the last ones", RESCALE("3", "4"),
     SET("4") "," BUDGET("'minAvailable':3"), "no node that runs one can be drained", 403},
    {"a stranger's scale", RESCALE("0", "3"), "", NULL, 0},
    {"a pod that is not safe", EVICTION, POD("", CONDITIONS("True", "False")),
     "is not safe to disrupt now: topic-1 would be below", 429},
    {"a pod that is safe", EVICTION, POD("", CONDITIONS("True", "True")), NULL, 0},
    {"nobody says: the budget decides", EVICTION, POD("", READY), NULL, 0},
    {"a pod that is not ready, and keeps a partition going", EVICTION,
     POD("", CONDITIONS("False", "False")), "topic-1 would be below", 429},
    {"a pod that is not ready, and of which nobody knows: the budget decides", EVICTION,
     POD("", CONDITIONS("False", "Unknown")), NULL, 0},
    {"a pod that ended", EVICTION, POD("", "'phase':'Failed'," CONDITIONS("True", "False")), NULL,
     0},
    {"a pod that is held", EVICTION, POD(",'annotations':{'ballast.dev/hold':'audit'}", READY),
     "held by the annotation ballast.dev/hold: audit", 429},
    {"a workload that is held", EVICTION,
     POD("", READY) "," SET_WITH(",'annotations':{'ballast.dev/hold':''}", "3"), "held by", 429},
    {"a pod that nobody knows", EVICTION, "", NULL, 0},
    {"a policy that is fine",
     CREATE("{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{"
            "'name':'q'},'spec':{'rules':{'probes':{'action':'Warn'}}}}"),
     "", NULL, 0},
    {"a policy with a word that is none",
     CREATE("{'apiVersion':'ballast.dev/v1alpha1','kind':"
            "'KafkaPolicy','metadata':{'name':'q'},'spec':{'rules':{'probs':{'action':'Warn'}}}}"),
     "", "unknown field \"probs\"", 422},
    {"a policy that a file has",
     CREATE("{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy',"
            "'metadata':{'name':'p'},'spec':{'rules':{}}}"),
     "", "there is a policy \"p\" already", 422},
};

static const char *const admins[] = {"user:root@x", "group:platform", NULL};

static cJSON *answer_while(const char *request, const char *context, const char *policy,
                           enum bl_review_kind kind, bool restoring)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_JSON cJSON *parsed = help_json(policy);
    BL_AUTO_FREE char *list = bl_asprintf("[%s]", context);
    BL_AUTO_FREE char *text = bl_asprintf(
        "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'uid':'u',"
        "'namespace':'k',%s}}",
        request);
    BL_AUTO_JSON cJSON *objects = help_json(list);
    BL_AUTO_JSON cJSON *review = help_json(text);
    const cJSON *items[8] = {NULL}, *object;
    struct bl_review_facts facts = {.context = items,
                                    .sees_cluster = true,
                                    .admins = admins,
                                    .today = 20000,
                                    .restoring = restoring};
    cJSON *reply = NULL;
    BL_ERROR(err);

    cJSON_ArrayForEach(object, objects) {
        items[facts.context_len++] = object;
    }
    ck_assert_int_eq(bl_policy_set_add(&set, "p.yaml", NULL, parsed, &err), 0);
    ck_assert_msg(bl_review_answer(&set, review, kind, &facts, &reply, NULL, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    return reply;
}

static cJSON *answer(const char *request, const char *context, const char *policy,
                     enum bl_review_kind kind)
{
    return answer_while(request, context, policy, kind, false);
}

START_TEST(guards)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_JSON cJSON *reply =
            answer(rows[i].request, rows[i].context, rules, BL_REVIEW_VALIDATE);
        const cJSON *response = bl_json_get(reply, "response");
        const char *message = bl_json_string(bl_json_get(response, "status"), "message");
        int64_t code = 0;

        (void)bl_json_int(bl_json_at(response, "status", "code", NULL), &code);
        ck_assert_msg(bl_json_bool(response, "allowed", false) == !rows[i].message, "%s: %s",
                      rows[i].why, message ? message : "allowed");
        ck_assert_msg(!rows[i].message || strstr(message, rows[i].message), "%s: %s", rows[i].why,
                      message ? message : "");
        BL_WHY(code == rows[i].code, rows[i].why);
    }
}
END_TEST

/* A denial fails a restore for good, which deletes and writes what it has to: it is told instead. Nothing is evicted by one. */
START_TEST(a_restore_is_told)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_JSON cJSON *reply =
            answer_while(rows[i].request, rows[i].context, rules, BL_REVIEW_VALIDATE, true);
        const cJSON *response = bl_json_get(reply, "response");
        size_t warnings = bl_json_len(bl_json_get(response, "warnings"));
        const char *audit = bl_json_string(bl_json_get(response, "auditAnnotations"), "restoring");

        BL_WHY(bl_json_bool(response, "allowed", false) == (rows[i].code != 429), rows[i].why);
        BL_WHY((audit != NULL) == (rows[i].message && rows[i].code != 429), rows[i].why);
        BL_WHY(!audit || strstr(audit, rows[i].message), rows[i].why);
        BL_WHY(!audit || warnings, rows[i].why);
    }
}
END_TEST

/* Completing is asked the same; it has nothing to say to most of it and denies none. */
START_TEST(completing_denies_none)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_JSON cJSON *reply =
            answer(rows[i].request, rows[i].context, rules, BL_REVIEW_MUTATE);

        BL_WHY(bl_json_bool(bl_json_get(reply, "response"), "allowed", false), rows[i].why);
    }
}
END_TEST

/* kubectl drain and autoscalers ask again after this, and only this. */
START_TEST(an_eviction_is_asked_again)
{
    BL_AUTO_JSON cJSON *reply =
        answer(EVICTION, POD("", CONDITIONS("True", "False")), rules, BL_REVIEW_VALIDATE);
    const cJSON *status = bl_json_at(reply, "response", "status", NULL);
    const cJSON *causes = bl_json_at(status, "details", "causes", NULL);

    ck_assert_str_eq(bl_json_string(status, "reason"), "TooManyRequests");
    ck_assert_str_eq(bl_json_string(causes->child, "reason"), "DisruptionBudget");
    ck_assert_ptr_null(bl_json_at(status, "details", "retryAfterSeconds", NULL));
}
END_TEST

START_TEST(an_eviction_by_policy)
{
    static const char strict[] =
        "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'},'spec':{"
        "'rules':{'inSync':{'action':'Mutate','evictUnknown':'Deny','evictNotReady':'Deny'}}}}";
    static const struct {
        const char *pod;
        bool allowed;
    } pods[] = {{POD("", READY), false},
                {POD("", CONDITIONS("True", "True")), true},
                {POD("", CONDITIONS("True", "Unknown")), false},
                {POD("", CONDITIONS("False", "False")), false},
                {POD("", CONDITIONS("False", "True")), true}};

    for (size_t i = 0; i < BL_ARRAY_LEN(pods); i++) {
        BL_AUTO_JSON cJSON *reply = answer(EVICTION, pods[i].pod, strict, BL_REVIEW_VALIDATE);

        BL_WHY(bl_json_bool(bl_json_get(reply, "response"), "allowed", false) == pods[i].allowed,
               pods[i].pod);
    }
}
END_TEST

static char *patch_of(const cJSON *reply)
{
    const char *encoded = bl_json_string(bl_json_get(reply, "response"), "patch");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(65536);
    BL_ERROR(err);

    if (encoded)
        ck_assert_int_eq(bl_base64_decode(&text, encoded, strlen(encoded), &err), 0);
    return bl_strbuf_take(&text);
}

START_TEST(a_binding_gets_the_zone)
{
    static const char zone[] = "[{\"op\":\"add\",\"path\":\"/metadata/annotations\",\"value\":"
                               "{\"ballast.dev/zone\":\"z1\"}}]";
    static const struct {
        const char *why, *context, *patch;
    } bindings[] = {
        {"the pod is known", NODE("'topology.kubernetes.io/zone':'z1'") "," POD("", ""), zone},
        {"the pod is too new", NODE("'topology.kubernetes.io/zone':'z1'"), zone},
        {"an old label", NODE("'failure-domain.beta.kubernetes.io/zone':'z1'"), zone},
        {"a node without a zone", NODE("'a':'b'"), ""},
        {"a node that nobody knows", POD("", ""), ""},
        {"no broker",
         NODE("'topology.kubernetes.io/zone':'z1'") ",{'apiVersion':'v1','kind':'Pod',"
                                                    "'metadata':{'name':'kafka-0','namespace':'k','"
                                                    "labels':{'ballast.dev/role':'zookeeper'}}}",
         ""},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(bindings); i++) {
        BL_AUTO_JSON cJSON *reply = answer(BINDING, bindings[i].context, rules, BL_REVIEW_MUTATE);
        BL_AUTO_FREE char *patch = patch_of(reply);

        ck_assert_msg(strcmp(patch, bindings[i].patch) == 0, "%s: %s", bindings[i].why, patch);
    }
}
END_TEST

/* Policies that match by the labels of the namespace, where something beside the engine asks. */
START_TEST(policies_see_the_namespace)
{
    static const char policy[] =
        "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'},'spec':{"
        "'match':{'namespaceSelector':{'matchLabels':{'tier':'gold'}}},'adoption':'Immediate',"
        "'rules':{'gracefulStop':{'action':'Mutate'},'rack':{'action':'Mutate'},"
        "'inSync':{'action':'Mutate','evictUnknown':'Deny'}}}}";
    static const struct {
        const char *namespace;
        bool gold;
    } spaces[] = {{NAMESPACE(",'labels':{'tier':'gold'}"), true},
                  {NAMESPACE(",'labels':{'tier':'tin'}"), false},
                  {NODE(""), false}};

    for (size_t i = 0; i < BL_ARRAY_LEN(spaces); i++) {
        BL_AUTO_FREE char *bound =
            bl_asprintf("%s,%s", spaces[i].namespace, NODE("'topology.kubernetes.io/zone':'z1'"));
        BL_AUTO_FREE char *evicted = bl_asprintf("%s,%s", spaces[i].namespace, POD("", READY));
        BL_AUTO_JSON cJSON *adoption =
            answer(UPDATE(SET("3"), SET("3")), spaces[i].namespace, policy, BL_REVIEW_MUTATE);
        BL_AUTO_JSON cJSON *binding = answer(BINDING, bound, policy, BL_REVIEW_MUTATE);
        BL_AUTO_JSON cJSON *eviction = answer(EVICTION, evicted, policy, BL_REVIEW_VALIDATE);
        BL_AUTO_FREE char *adopted = patch_of(adoption);
        BL_AUTO_FREE char *zone = patch_of(binding);

        ck_assert_msg(!!strstr(adopted, "terminationGracePeriodSeconds") == spaces[i].gold,
                      "%s: %s", spaces[i].namespace, adopted);
        ck_assert_msg(!!strstr(zone, "z1") == spaces[i].gold, "%s: %s", spaces[i].namespace, zone);
        BL_WHY(bl_json_bool(bl_json_get(eviction, "response"), "allowed", false) != spaces[i].gold,
               spaces[i].namespace);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policies/review_guard");
    TCase *tests = tcase_create("review_guard");

    tcase_add_test(tests, guards);
    tcase_add_test(tests, a_restore_is_told);
    tcase_add_test(tests, completing_denies_none);
    tcase_add_test(tests, an_eviction_is_asked_again);
    tcase_add_test(tests, an_eviction_by_policy);
    tcase_add_test(tests, a_binding_gets_the_zone);
    tcase_add_test(tests, policies_see_the_namespace);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
