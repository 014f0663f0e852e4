/* Which clusters are made new: each doubt counts against it. */
#include "ballast/policies/review.h"

#include <string.h>

#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

#define NOW 1767225600 /* 2026-01-01T00:00:00Z */
#define JUST_NOW "'creationTimestamp':'2025-12-31T23:59:00Z'"
#define HOURS_AGO "'creationTimestamp':'2025-12-31T20:00:00Z'"

#define CLAIMS ",'volumeClaimTemplates':[{'metadata':{'name':'data'}}]"
#define SET(name, meta, spec, container)                                                  \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'" name              \
    "','namespace':'k','labels':{'app.kubernetes.io/instance':'kafka'}" meta "},'spec':{" \
    "'replicas':3,'serviceName':'" name "','template':{'metadata':{'labels':{"            \
    "'app.kubernetes.io/instance':'kafka','app.kubernetes.io/name':'" name "'}},'spec':{" \
    "'containers':[" container "]}}" spec "}}"
#define BROKER                                                                               \
    "{'name':'kafka','image':'bitnami/kafka:3.4.0','ports':[{'containerPort':9092}],'env':[" \
    "{'name':'KAFKA_CFG_ZOOKEEPER_CONNECT','value':'zoo:2181'},"                             \
    "{'name':'KAFKA_CFG_LISTENERS','value':'CLIENT://:9092'}]}"
#define SERVER                                                                                \
    "{'name':'zookeeper','image':'bitnami/zookeeper:3.8.1','ports':[{'containerPort':2181}]," \
    "'env':[{'name':'ZOO_SERVERS','value':'zoo-0:2888:3888'}]}"
#define KAFKA SET("kafka", "", CLAIMS, BROKER)
#define ZOO(meta) SET("zoo", "," meta, CLAIMS, SERVER)
#define CLAIM(name)                                                               \
    "{'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'" name \
    "','namespace':'k'}}"

static const char policy[] =
    "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'},'spec':{"
    "'rules':{'durability':{'action':'Mutate'}}}}";

static const struct {
    const char *why, *set, *context, *operation;
    bool blind;  /* claims are not known */
    int64_t now; /* 0: not known */
    bool completed;
} cases[] = {
    {"nothing is there", KAFKA, "", "CREATE", false, NOW, true},
    {"its ZooKeeper was made a minute ago", KAFKA, ZOO(JUST_NOW), "CREATE", false, NOW, true},
    {"its ZooKeeper is older", KAFKA, ZOO(HOURS_AGO), "CREATE", false, NOW, false},
    {"nobody knows how old its ZooKeeper is", KAFKA, ZOO("'generation':1"), "CREATE", false, NOW,
     false},
    {"nobody knows the time", KAFKA, ZOO(JUST_NOW), "CREATE", false, 0, false},
    {"one of its claims is there", KAFKA, CLAIM("data-kafka-2"), "CREATE", false, NOW, false},
    {"a claim of another one", KAFKA, CLAIM("data-kafka-b-2"), "CREATE", false, NOW, true},
    {"claims are not known", KAFKA, "", "CREATE", true, NOW, false},
    {"no claims of its own", SET("kafka", "", "", BROKER), "", "CREATE", false, NOW, false},
    {"it is changed", KAFKA, "", "UPDATE", false, NOW, false},
    {"another cluster is older", KAFKA,
     "{'apiVersion':'apps/"
     "v1','kind':'StatefulSet','metadata':{'name':'other','namespace':'k'," HOURS_AGO
     "},'spec':{'replicas':3,'serviceName':'other','template':{'metadata':{'labels':{'app':'o'}},"
     "'spec':{'containers':[{'name':'kafka','image':'bitnami/kafka:3.4.0','env':[{'name':"
     "'KAFKA_CFG_LISTENERS','value':'CLIENT://:9092'}]}]}}}}",
     "CREATE", false, NOW, true},
};

static cJSON *ask(size_t i)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_FREE char *list = bl_asprintf("[%s]", cases[i].context);
    bool update = strcmp(cases[i].operation, "UPDATE") == 0;
    BL_AUTO_FREE char *text = bl_asprintf(
        "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'uid':'u',"
        "'namespace':'k','operation':'%s','resource':{'resource':'statefulsets'},'name':'kafka',"
        "'object':%s%s%s}}",
        cases[i].operation, cases[i].set, update ? ",'oldObject':" : "",
        update ? SET("kafka", "", "", BROKER) : "");
    BL_AUTO_JSON cJSON *parsed = help_json(policy);
    BL_AUTO_JSON cJSON *objects = help_json(list);
    BL_AUTO_JSON cJSON *review = help_json(text);
    const cJSON *items[8] = {NULL}, *object;
    struct bl_review_facts facts = {.context = items,
                                    .sees_cluster = true,
                                    .sees_claims = !cases[i].blind,
                                    .now = cases[i].now,
                                    .today = 20000};
    cJSON *reply = NULL;
    BL_ERROR(err);

    cJSON_ArrayForEach(object, objects) {
        items[facts.context_len++] = object;
    }
    ck_assert_int_eq(bl_policy_set_add(&set, "p.yaml", NULL, parsed, &err), 0);
    ck_assert_int_eq(bl_review_answer(&set, review, BL_REVIEW_MUTATE, &facts, &reply, NULL, &err),
                     0);
    return reply;
}

START_TEST(only_what_is_new_is_completed)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(cases); i++) {
        BL_AUTO_JSON cJSON *reply = ask(i);
        BL_AUTO(bl_strbuf_release) struct bl_strbuf patch = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        const char *encoded = bl_json_string(bl_json_get(reply, "response"), "patch");
        BL_ERROR(err);

        if (encoded)
            ck_assert_int_eq(bl_base64_decode(&patch, encoded, strlen(encoded), &err), 0);
        ck_assert_msg(cases[i].completed == (strstr(patch.text, "REPLICATION_FACTOR") != NULL),
                      "%s: %s", cases[i].why, patch.text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("newborn");
    TCase *tests = tcase_create("all");

    tcase_add_test(tests, only_what_is_new_is_completed);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
