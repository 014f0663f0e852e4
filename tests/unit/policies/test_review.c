/* The answer to an AdmissionReview, as the API server checks it (request/admissionreview.go). */
#include "ballast/policies/review.h"

#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/json/edit.h"
#include "json_help.h"
#include "unit.h"

#define TODAY 20000

#define POD_SPEC                                                                                \
    "{'containers':[{'name':'k','command':['kafka-server-start.sh'],'ports':[{'containerPort':" \
    "9092}]}]}"
#define TEMPLATE "{'metadata':{'labels':{'app':'k'}},'spec':" POD_SPEC "}"
#define SET(replicas)                                                               \
    "{'apiVersion':'apps/"                                                          \
    "v1','kind':'StatefulSet','metadata':{'name':'k'},'spec':{'replicas':" replicas \
    ",'selector':{'matchLabels':{'app':'k'}},'template':" TEMPLATE "}}"
#define POD                                                                               \
    "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'k','labels':{'app':'k'}},'spec'" \
    ":" POD_SPEC "}"
#define REVIEW(request)                                                                            \
    "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'uid':'u-1'," request \
    "}}"

static void add_policy(struct bl_policy_set *set)
{
    BL_ERROR(err);
    BL_AUTO_JSON cJSON *policy = help_json(
        "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'},'spec':"
        "{'rules':{'gracefulStop':{'action':'Mutate'},'replicas':{'action':'Deny'}}}}");

    ck_assert_int_eq(bl_policy_set_add(set, "p", NULL, policy, &err), 0);
}

static const struct bl_review_facts facts = {.today = TODAY};

static cJSON *answer(const char *review_text, enum bl_review_kind kind)
{
    BL_ERROR(err);
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_JSON cJSON *review = help_json(review_text);
    cJSON *reply = NULL;

    add_policy(&set);
    ck_assert_msg(bl_review_answer(&set, review, kind, &facts, &reply, NULL, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    return reply;
}

static const struct {
    const char *why, *review;
    enum bl_review_kind kind;
    bool allowed, patched;
} reviews[] = {
    {"a new StatefulSet is completed", REVIEW("'operation':'CREATE','object':" SET("3")),
     BL_REVIEW_MUTATE, true, true},
    {"validating never patches", REVIEW("'operation':'CREATE','object':" SET("3")),
     BL_REVIEW_VALIDATE, true, false},
    {"an update that leaves the template alone rolls nothing",
     REVIEW("'operation':'UPDATE','object':" SET("5") ",'oldObject':" SET("3")), BL_REVIEW_MUTATE,
     true, false},
    {"one broker is denied, without a patch", REVIEW("'operation':'CREATE','object':" SET("1")),
     BL_REVIEW_BOTH, false, false},
    {"completing denies nothing: others may still change it",
     REVIEW("'operation':'CREATE','object':" SET("1")), BL_REVIEW_MUTATE, true, true},
    {"a pod is completed as it is made", REVIEW("'operation':'CREATE','object':" POD),
     BL_REVIEW_MUTATE, true, true},
    {"and left alone after", REVIEW("'operation':'UPDATE','object':" POD ",'oldObject':" POD),
     BL_REVIEW_MUTATE, true, false},
    {"a deletion", REVIEW("'operation':'DELETE','oldObject':" SET("1")), BL_REVIEW_MUTATE, true,
     false},
    {"a subresource", REVIEW("'operation':'UPDATE','subResource':'status','object':" SET("1")),
     BL_REVIEW_MUTATE, true, false},
    {"no object", REVIEW("'operation':'CREATE','object':null"), BL_REVIEW_MUTATE, true, false},
};

START_TEST(answers)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(reviews); i++) {
        BL_AUTO_JSON cJSON *reply = answer(reviews[i].review, reviews[i].kind);
        const cJSON *response = bl_json_get(reply, "response");
        const char *type = bl_json_string(response, "patchType");

        ck_assert_str_eq(bl_json_string(reply, "kind"), "AdmissionReview");
        ck_assert_str_eq(bl_json_string(response, "uid"), "u-1");
        BL_WHY(bl_json_bool(response, "allowed", false) == reviews[i].allowed, reviews[i].why);
        BL_WHY((bl_json_string(response, "patch") != NULL) == reviews[i].patched, reviews[i].why);
        BL_WHY((type && strcmp(type, "JSONPatch") == 0) == reviews[i].patched, reviews[i].why);
        BL_WHY(reviews[i].allowed == !bl_json_get(response, "status"), reviews[i].why);
    }
}
END_TEST

START_TEST(denies_with_what_to_do)
{
    BL_AUTO_JSON cJSON *reply =
        answer(REVIEW("'operation':'CREATE','object':" SET("1")), BL_REVIEW_VALIDATE);
    const cJSON *status = bl_json_at(reply, "response", "status", NULL);
    int64_t code = 0;

    ck_assert(bl_json_int(bl_json_get(status, "code"), &code) && code == 403);
    ck_assert_str_eq(bl_json_string(status, "message"),
                     "replicas: 1 broker is all that the cluster has: every restart is an outage "
                     "(Raise replicas, so that a replication factor of 3 has brokers to go to.)");
}
END_TEST

START_TEST(equal_reviews_get_equal_bytes)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf a = BL_STRBUF_INIT(65536);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf b = BL_STRBUF_INIT(65536);
    BL_AUTO_JSON cJSON *one = answer(REVIEW("'operation':'CREATE','object':" SET("3")), 0);
    BL_AUTO_JSON cJSON *two = answer(REVIEW("'operation':'CREATE','object':" SET("3")), 0);

    bl_json_write(&a, one);
    bl_json_write(&b, two);
    ck_assert_str_eq(a.text, b.text);
}
END_TEST

/*
 * The stored object was completed under a policy of 120 seconds; now 180 hold. Who applies the same again
 * must not roll the brokers, who changes something gets what holds now.
 */
#define GRACE_SET(image, grace)                                                                    \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'k'},'spec':{'replicas':3,"   \
    "'selector':{'matchLabels':{'app':'k'}},'template':{'metadata':{'labels':{'app':'k'}},'spec':" \
    "{"                                                                                            \
    "'containers':[{'name':'k','image':'" image "','command':['kafka-server-start.sh'],'ports':["  \
    "{'containerPort':9092}]}]" grace "}}}}"
#define PROBE(name, period, rest)                                            \
    ",'" name "':{'tcpSocket':{'port':9092}" rest ",'periodSeconds':" period \
    ",'timeoutSeconds':5,'failureThreshold':"
#define PROBES                                                                                \
    PROBE("livenessProbe", "10", ",'initialDelaySeconds':10")                                 \
    "6}" PROBE("readinessProbe", "10", ",'initialDelaySeconds':5") "3}" PROBE("startupProbe", \
                                                                              "10", "") "60}"
#define STORED                                                                               \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'k','labels':{"         \
    "'ballast.dev/role':'broker'},'annotations':{'ballast.dev/"                              \
    "recognised-role':'broker'}},'spec':{"                                                   \
    "'replicas':3,'selector':{'matchLabels':{'app':'k'}},'template':{'metadata':{'labels':{" \
    "'app':'k','ballast.dev/role':'broker'}},'spec':{'containers':[{'name':'k','image':'a'," \
    "'command':['kafka-server-start.sh'],'ports':[{'containerPort':9092}]" PROBES "}],"      \
    "'terminationGracePeriodSeconds':120}}}}"

static cJSON *applied(const char *object, const char *old)
{
    BL_ERROR(err);
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf patch = BL_STRBUF_INIT(65536);
    BL_AUTO_JSON cJSON *policy = help_json(
        "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'},"
        "'spec':{'rules':{'gracefulStop':{'action':'Mutate','minSeconds':180},'probes':{"
        "'action':'Mutate','liveness':{'periodSeconds':20}}}}}");
    BL_AUTO_FREE char *text =
        bl_asprintf(REVIEW("'operation':'UPDATE','object':%s,'oldObject':%s"), object, old);
    BL_AUTO_JSON cJSON *review = help_json(text);
    BL_AUTO_JSON cJSON *reply = NULL;
    BL_AUTO_JSON cJSON *operations = NULL;
    cJSON *result = help_json(object);
    const char *encoded;

    ck_assert_int_eq(bl_policy_set_add(&set, "p", NULL, policy, &err), 0);
    ck_assert_int_eq(bl_review_answer(&set, review, BL_REVIEW_MUTATE, &facts, &reply, NULL, &err),
                     0);
    encoded = bl_json_string(bl_json_get(reply, "response"), "patch");
    if (!encoded)
        return result;
    ck_assert_int_eq(bl_base64_decode(&patch, encoded, strlen(encoded), &err), 0);
    ck_assert_int_eq(bl_json_parse(patch.text, patch.len, &operations, &err), 0);
    ck_assert_int_eq(bl_patch_apply(&result, operations, &err), 0);
    return result;
}

START_TEST(applying_again_rolls_nothing)
{
    BL_AUTO_JSON cJSON *stored = help_json(STORED);
    BL_AUTO_JSON cJSON *again = applied(GRACE_SET("a", ""), STORED);
    BL_AUTO_JSON cJSON *changed = applied(GRACE_SET("b", ""), STORED);
    BL_AUTO_JSON cJSON *defaulted =
        applied(GRACE_SET("a", ",'terminationGracePeriodSeconds':30"), STORED);
    int64_t grace = 0;

    ck_assert(bl_json_equal(again, stored));
    ck_assert(bl_json_equal(defaulted, stored));
    ck_assert(bl_json_int(
        bl_pointer_find(changed, "/spec/template/spec/terminationGracePeriodSeconds"), &grace));
    ck_assert_int_eq(grace, 180);
    ck_assert(bl_json_int(
        bl_pointer_find(changed, "/spec/template/spec/containers/0/livenessProbe/periodSeconds"),
        &grace));
    ck_assert_int_eq(grace, 20);
}
END_TEST

static const struct {
    const char *why, *review, *message;
} refused[] = {
    {"another kind", "{'kind':'Pod'}", "not an AdmissionReview"},
    {"an old version", "{'apiVersion':'admission.k8s.io/v1beta1','kind':'AdmissionReview'}",
     "v1beta1"},
    {"no request", "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview'}", "no request"},
    {"no uid", "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{}}", "uid"},
};

START_TEST(refuses)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};

    for (size_t i = 0; i < BL_ARRAY_LEN(refused); i++) {
        BL_ERROR(err);
        BL_AUTO_JSON cJSON *review = help_json(refused[i].review);
        cJSON *reply = NULL;

        BL_WHY(bl_review_answer(&set, review, BL_REVIEW_MUTATE, &facts, &reply, NULL, &err) < 0,
               refused[i].why);
        BL_WHY(!reply && strstr(bl_error_text(err), refused[i].message), refused[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policies/review");
    TCase *tests = tcase_create("review");

    tcase_add_test(tests, answers);
    tcase_add_test(tests, denies_with_what_to_do);
    tcase_add_test(tests, equal_reviews_get_equal_bytes);
    tcase_add_test(tests, applying_again_rolls_nothing);
    tcase_add_test(tests, refuses);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
