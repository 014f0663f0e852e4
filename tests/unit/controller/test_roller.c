/* Steps of a rolling upgrade as requests: what is sent, and what becomes of each answer. The cluster is a ZooKeeper of
 * three, so that no broker is needed; what is done to brokers is tested on real ones. */
#include "rollout/act.h"

#include <string.h>

#include "caches.h"
#include "fakekube_help.h"
#include "json_help.h"

#define NOW 100000
#define POLICY                                                                           \
    "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'}," \
    "'spec':{'rules':{'rollout':{'action':'Mutate'}}}}"
#define SET(annotations)                                                                          \
    "{'apiVersion':'apps/"                                                                        \
    "v1','kind':'StatefulSet','metadata':{'name':'zk','namespace':'k','uid':'s',"                 \
    "'generation':2,'labels':{'ballast.dev/role':'zookeeper'},'annotations':{" annotations        \
    "}},'spec':{'replicas':3,'updateStrategy':{'type':'OnDelete'},'selector':{'matchLabels':{'"   \
    "app':"                                                                                       \
    "'zk'}},'template':{'metadata':{'labels':{'app':'zk','ballast.dev/"                           \
    "role':'zookeeper'}},'spec':{"                                                                \
    "'containers':[{'name':'zk','command':['zkServer.sh'],'ports':[{'containerPort':2181}]}]}}}," \
    "'status':{'updateRevision':'zk-2','observedGeneration':2}}"
#define ABORTED "'ballast.dev/rollout-abort-revision':'zk-2'"
#define STATUS "{'kind':'Status','message':'not now'}"
#define REVISION_OF(uid)                                                                       \
    "{'kind':'ControllerRevision','metadata':{'ownerReferences':[{'kind':'StatefulSet','uid':" \
    "'" uid                                                                                    \
    "','controller':true}]},'data':{'spec':{'template':{'$patch':'replace','spec':{'a':1}}}}}"
#define REVISION REVISION_OF("s")

static struct fakekube *fake;
static struct bl_kube_client *client;
static struct bl_recorder *recorder;
static const char *const results[] = {"done", "refused", "failed", NULL};
static struct bl_metrics *metrics;
static struct bl_metric *evictions;
static char *texts[16];
static size_t texts_len;
/* When the process of zk-0, which is of the new revision, began. It is 03:46:40, and all became ready a second ago. */
static const char *began;

static void setup(void)
{
    fake = fakekube_new();
    client = help_client(fake, "token: t");
    recorder = bl_recorder_new(
        &(struct bl_recorder_options){.client = client, .controller = "test", .instance = "one"});
    metrics = bl_metrics_new();
    evictions = bl_metrics_make(metrics, BL_METRIC_COUNTER, "e", "e",
                                BL_METRIC_LABEL("result", results), BL_METRIC_NO_LABEL);
    began = "1970-01-02T03:45:00Z";
}

static void teardown(void)
{
    bl_metrics_free(metrics);
    bl_recorder_free(recorder);
    bl_kube_client_free(client);
    fakekube_free(fake);
    while (texts_len)
        free(texts[--texts_len]);
}

static const char *sent(const char *text)
{
    ck_assert_uint_lt(texts_len, BL_ARRAY_LEN(texts));
    texts[texts_len] = bl_strdup(text);
    help_swap(texts[texts_len], '\'', '"');
    return texts[texts_len++];
}

static cJSON *make_pod(int ordinal)
{
    BL_AUTO_FREE char *text = bl_asprintf(
        "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'zk-%d','namespace':'k','uid':'p%d',"
        "'labels':{'controller-revision-hash':'zk-%d'},'ownerReferences':[{'kind':'StatefulSet',"
        "'name':'zk','controller':true}]},'status':{'conditions':[{'type':'Ready','status':'True',"
        "'lastTransitionTime':'1970-01-02T03:46:39Z'}],'containerStatuses':[{'name':'zk','state':{"
        "'running':{'startedAt':'%s'}}}]}}",
        ordinal, ordinal, ordinal == 0 ? 2 : 1, ordinal == 0 ? began : "1970-01-01T00:00:00Z");

    return help_json(text);
}

/* One step, with the set annotated so. */
static int step(struct bl_roller *roller, const char *set, bool *ret_busy, struct bl_error **err)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set policies = {0};
    BL_AUTO(bl_topology_release) struct bl_topology topology = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};
    BL_AUTO_JSON cJSON *policy = help_json(POLICY);
    cJSON *objects[] = {help_json(set)}, *pods[3];
    struct bl_zookeeper_server servers[3];
    struct bl_zookeeper_servers all = {servers, 3, 3};
    int rc;

    ck_assert_int_eq(bl_policy_set_add_object(&policies, policy, err), 0);
    for (int i = 0; i < 3; i++) {
        pods[i] = make_pod(i);
        servers[i] = (struct bl_zookeeper_server){
            .mode = i == 2 ? BL_ZOOKEEPER_LEADER : BL_ZOOKEEPER_FOLLOWER, .synced = -1};
    }
    bl_topology_read(&(struct bl_topology_input){.set = &policies,
                                                 .namespace = "k",
                                                 .objects = (const cJSON *const *)objects,
                                                 .objects_len = 1,
                                                 .pods = (const cJSON *const *)pods,
                                                 .pods_len = 3},
                     &topology);
    ck_assert_uint_eq(topology.clusters.len, 1);
    bl_pod_states_read(&topology.clusters.items[0],
                       &(struct bl_findings){.zookeepers = &all, .unknown = NULL}, &states);
    rc = bl_roller_step(roller,
                        &(struct bl_roller_job){.client = client,
                                                .recorder = recorder,
                                                .evictions = evictions,
                                                .kafka = &topology.clusters.items[0],
                                                .states = &states,
                                                .now = BL_NSEC_S,
                                                .wall = NOW},
                        ret_busy, err);
    cJSON_Delete(objects[0]);
    for (int i = 0; i < 3; i++)
        cJSON_Delete(pods[i]);
    return rc;
}

static void answer(unsigned nth, int status, const char *body)
{
    fakekube_answer(fake, nth, &(struct fake_answer){.status = status, .body = sent(body)});
}

static void expect_last(const char *why, const char *what)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(65536);
    BL_AUTO_FREE char *wanted = bl_strdup(what);

    help_swap(wanted, '\'', '"');
    fakekube_last(fake, &last);
    ck_assert_msg(strstr(last.text, wanted) != NULL, "%s: %s\nis not in\n%s", why, wanted,
                  last.text);
}

static const struct {
    const char *why, *set;
    struct {
        int status;
        const char *body;
    } answers[3];
    int rc;
    unsigned requests;
    const char *last[3]; /* what the last request has */
} rows[] = {
    {"noted, then evicted, that very pod; the leader comes last",
     SET(""),
     {{200, "{}"}, {201, "{}"}},
     0,
     2,
     {"POST /api/v1/namespaces/k/pods/zk-1/eviction", "'propagationPolicy':'Background'",
      "'preconditions':{'uid':'p1'}"}},
    {"what cannot be noted is not begun",
     SET(""),
     {{409, STATUS}},
     -1,
     1,
     {"PATCH /apis/apps/v1/namespaces/k/statefulsets/zk", "restarting zk-1"}},
    {"the server fails while it is noted", SET(""), {{500, STATUS}}, -1, 1, {"PATCH"}},
    {"the connection is reset while it is noted", SET(""), {{0, ""}}, -1, 1, {"PATCH"}},
    {"a budget says not now: no failure", SET(""), {{200, "{}"}, {429, STATUS}}, 0, 2, {"POST"}},
    {"the pod has gone by itself", SET(""), {{200, "{}"}, {404, STATUS}}, -1, 2, {"POST"}},
    {"the server fails in the eviction", SET(""), {{200, "{}"}, {500, STATUS}}, -1, 2, {"POST"}},
    {"aborted: the template of the others",
     SET(ABORTED),
     {{200, "{}"}, {200, REVISION}, {200, "{}"}},
     0,
     3,
     {"PATCH /apis/apps/v1/namespaces/k/statefulsets/zk",
      "{'op':'test','path':'/status/updateRevision','value':'zk-2'},{'op':'replace','path':"
      "'/spec/template','value':{'spec':{'a':1}}},{'op':'add','path':'/metadata/annotations/"
      "ballast.dev~1rollout-failed-revision','value':'zk-2'}",
      "{'op':'remove','path':'/metadata/annotations/ballast.dev~1rollout-abort-revision'}"}},
    {"aborted, and the template cannot be read",
     SET(ABORTED),
     {{200, "{}"}, {404, STATUS}},
     -1,
     2,
     {"GET /apis/apps/v1/namespaces/k/controllerrevisions/zk-1"}},
    {"aborted, and a pod names the template of somebody else",
     SET(ABORTED),
     {{200, "{}"}, {200, REVISION_OF("other")}},
     -1,
     2,
     {"GET /apis/apps/v1/namespaces/k/controllerrevisions/zk-1"}},
    {"paused: said, and nothing done",
     SET("'ballast.dev/rollout-paused':'wait for Monday'"),
     {{200, "{}"}},
     0,
     1,
     {"PATCH", "Paused"}},
};

START_TEST(steps_are_requests)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO(bl_roller_release) struct bl_roller roller = {0};
        bool busy = false;
        BL_ERROR(err);

        setup();
        for (unsigned a = 0; a < BL_ARRAY_LEN(rows[i].answers) && rows[i].answers[a].body; a++)
            answer(a + 1, rows[i].answers[a].status, rows[i].answers[a].body);
        ck_assert_msg(step(&roller, rows[i].set, &busy, &err) == rows[i].rc, "%s: %s", rows[i].why,
                      err ? bl_error_text(err) : "no error");
        BL_WHY(busy, rows[i].why);
        ck_assert_msg(fakekube_requests(fake) == rows[i].requests, "%s: %u requests", rows[i].why,
                      fakekube_requests(fake));
        for (size_t last = 0; last < BL_ARRAY_LEN(rows[i].last) && rows[i].last[last]; last++)
            expect_last(rows[i].why, rows[i].last[last]);
        teardown();
    }
}
END_TEST

/* The caches show a pod for a moment after it was evicted: nobody else goes, and it is not asked for again. */
START_TEST(what_was_evicted_counts_as_going)
{
    BL_AUTO(bl_roller_release) struct bl_roller roller = {0};
    bool busy;
    BL_ERROR(err);

    setup();
    answer(1, 200, "{}");
    answer(2, 201, "{}");
    ck_assert_int_eq(step(&roller, SET(""), &busy, &err), 0);
    answer(1, 200, "{}");
    ck_assert_int_eq(step(&roller, SET(""), &busy, &err), 0);
    ck_assert_uint_eq(fakekube_requests(fake), 3);
    expect_last("noted alone", "waiting until zk-1 has stopped");
    teardown();
}
END_TEST

/* A server of ZooKeeper works before a probe finds out. Its process counts, which may be another one by now. */
START_TEST(it_soaks_from_its_start)
{
    BL_AUTO(bl_roller_release) struct bl_roller roller = {0};
    bool busy;
    BL_ERROR(err);

    setup();
    answer(1, 200, "{}");
    began = "1970-01-02T03:46:31Z";
    ck_assert_int_eq(step(&roller, SET(""), &busy, &err), 0);
    ck_assert_uint_eq(fakekube_requests(fake), 1);
    expect_last("nine seconds are too short", "watching zk-0 for a while");
    answer(1, 200, "{}");
    answer(2, 201, "{}");
    began = "1970-01-02T03:46:30Z";
    ck_assert_int_eq(step(&roller, SET(""), &busy, &err), 0);
    expect_last("ten are enough", "POST /api/v1/namespaces/k/pods/zk-1/eviction");
    teardown();
}
END_TEST

/* What a budget answered is told to who watches. */
START_TEST(a_refusal_is_told)
{
    BL_AUTO(bl_roller_release) struct bl_roller roller = {0};
    bool busy;
    BL_ERROR(err);

    setup();
    answer(1, 200, "{}");
    answer(2, 429, STATUS);
    ck_assert_int_eq(step(&roller, SET(""), &busy, &err), 0);
    answer(1, 409, STATUS);
    ck_assert_int_eq(step(&roller, SET(""), &busy, &err), -1);
    expect_last("with its words", "restarting zk-1; refused for now: not now");
    teardown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/roller");
    TCase *tests = tcase_create("roller");

    tcase_add_test(tests, steps_are_requests);
    tcase_add_test(tests, what_was_evicted_counts_as_going);
    tcase_add_test(tests, it_soaks_from_its_start);
    tcase_add_test(tests, a_refusal_is_told);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
