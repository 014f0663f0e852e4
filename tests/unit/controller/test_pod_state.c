/* From objects and facts to what is seen of each pod. Three brokers beside three ZooKeeper servers, or three nodes
 * that are both; each row takes something away. */
#include "kafka/pod_state.h"

#include <string.h>

#include "ballast/workload/workload.h"
#include "json_help.h"

#define SET(name, role, container, more)                                                       \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'" name                   \
    "','namespace':'k','labels':{'ballast.dev/role':'" role "'}},'spec':{'replicas':3,"        \
    "'serviceName':'" name "-headless','selector':{'matchLabels':{'app':'" name                \
    "'}},'template':{'metadata':{'labels':{'app':'" name "','app.kubernetes.io/instance':'r'," \
    "'ballast.dev/role':'" role "'}},'spec':{'containers':[{'name':'" name "'," container      \
    "}]}}},'status':{'updateRevision':'" name "-2'" more "}}"
#define ZOOKEEPER                                                                           \
    SET("zk", "zookeeper",                                                                  \
        "'image':'zookeeper:3.8','command':['zkServer.sh'],'ports':[{'containerPort':2181," \
        "'name':'client'}]",                                                                \
        "")
#define BROKERS                                                                                  \
    SET("kafka", "broker",                                                                       \
        "'image':'kafka','command':['kafka-server-start.sh'],'env':[{'name':"                    \
        "'KAFKA_ZOOKEEPER_CONNECT','value':'zk-0.zk-headless:2181'}],'ports':[{'containerPort':" \
        "9092}]",                                                                                \
        "")
#define COMBINED                                                                               \
    SET("kafka", "combined",                                                                   \
        "'image':'kafka','command':['kafka-server-start.sh'],'env':[{'name':"                  \
        "'KAFKA_PROCESS_ROLES','value':'broker,controller'},{'name':'KAFKA_CONTROLLER_QUORUM_" \
        "VOTERS',"                                                                             \
        "'value':'10@kafka-0.kafka-headless:9093,11@kafka-1.kafka-headless:9093,"              \
        "12@kafka-2.kafka-headless:9093'}],'ports':[{'containerPort':9092}]",                  \
        "")

static cJSON *make_pod(const char *set, int ordinal, bool ready)
{
    BL_AUTO_FREE char *text = bl_asprintf(
        "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'%s-%d','namespace':'k','labels':{"
        "'controller-revision-hash':'%s-%d'},'ownerReferences':[{'kind':'StatefulSet','name':'%s',"
        "'controller':true}]},'status':{'podIP':'10.0.%d.%d','conditions':[{'type':'Ready',"
        "'status':'%s'}]}}",
        set, ordinal, set, ordinal ? 2 : 1, set, *set == 'z', ordinal, ready ? "True" : "False");

    return help_json(text);
}

/* A cluster whose state a row can change. */
struct stage {
    cJSON *objects[2], *pods[6];
    size_t objects_len, pods_len;
    struct bl_policy_set policies;
    struct bl_topology topology;
    struct bl_cluster facts;
    struct bl_zookeeper_servers servers;
};

static void add_broker(struct stage *stage, int32_t id, const char *host)
{
    *BL_PUSH(&stage->facts.brokers) = (struct bl_broker){.id = id, .host = bl_strdup(host)};
}

/* One partition on all three, all in sync. */
static void add_topic(struct stage *stage, int32_t first)
{
    struct bl_topic *topic = BL_PUSH(&stage->facts.topics);
    struct bl_partition *partition = BL_PUSH(&topic->partitions);

    topic->name = bl_strdup("orders");
    topic->min_isr = 2;
    partition->leader = first;
    for (int32_t i = 0; i < 3; i++) {
        *BL_PUSH(&partition->replicas) = first + i;
        *BL_PUSH(&partition->isr) = first + i;
    }
}

static void stage_init(struct stage *stage, bool kraft)
{
    static const char *const hosts[] = {"kafka-0.kafka-headless.k.svc", "10.0.0.1", "kafka-2"};
    int32_t first = kraft ? 10 : 1001;

    *stage = (struct stage){.facts = {.kraft = kraft, .controller = first + 1}};
    stage->objects[stage->objects_len++] = help_json(kraft ? COMBINED : BROKERS);
    if (!kraft)
        stage->objects[stage->objects_len++] = help_json(ZOOKEEPER);
    for (int i = 0; i < 3; i++) {
        stage->pods[stage->pods_len++] = make_pod("kafka", i, true);
        add_broker(stage, first + i, hosts[i]);
    }
    for (int i = 0; !kraft && i < 3; i++) {
        stage->pods[stage->pods_len++] = make_pod("zk", i, true);
        *BL_PUSH(&stage->servers) = (struct bl_zookeeper_server){
            .mode = i == 1 ? BL_ZOOKEEPER_LEADER : BL_ZOOKEEPER_FOLLOWER, .synced = -1};
    }
    stage->facts.quorum = (struct bl_quorum){.known = kraft, .leader = first + 1};
    for (int32_t i = 0; kraft && i < 3; i++)
        *BL_PUSH(&stage->facts.quorum.voters) =
            (struct bl_voter){.id = first + i, .caught_up = true};
    add_topic(stage, first);
}

static const struct bl_kafka *read_topology(struct stage *stage)
{
    bl_topology_read(&(struct bl_topology_input){.set = &stage->policies,
                                                 .namespace = "k",
                                                 .objects = (const cJSON *const *)stage->objects,
                                                 .objects_len = stage->objects_len,
                                                 .pods = (const cJSON *const *)stage->pods,
                                                 .pods_len = stage->pods_len},
                     &stage->topology);
    ck_assert_uint_eq(stage->topology.clusters.len, 1);
    return &stage->topology.clusters.items[0];
}

static void stage_release(struct stage *stage)
{
    bl_topology_release(&stage->topology);
    bl_cluster_release(&stage->facts);
    bl_zookeeper_servers_release(&stage->servers);
    for (size_t i = 0; i < stage->objects_len; i++)
        cJSON_Delete(stage->objects[i]);
    for (size_t i = 0; i < stage->pods_len; i++)
        cJSON_Delete(stage->pods[i]);
}

static void sense(struct stage *stage, bool known, struct bl_pod_states *states)
{
    struct bl_findings found = {.facts = known ? &stage->facts : NULL,
                                .zookeepers = &stage->servers,
                                .unknown = known ? NULL : "no broker answers"};

    bl_pod_states_read(read_topology(stage), &found, states);
}

/* "kafka-0 1001 safe; …" */
static char *describe(const struct stage *stage, const struct bl_pod_states *states)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const struct bl_kafka *kafka = &stage->topology.clusters.items[0];

    for (size_t i = 0; i < states->len; i++) {
        const struct bl_pod_state *pod = &states->pods[i];

        bl_strbuf_addf(&text, "%s %d%s%s%s %s;", kafka->pods.items[i].name, pod->node,
                       pod->answers ? "" : " silent", pod->in_sync ? "" : " behind",
                       pod->leader ? " leader" : "", pod->reason);
    }
    return bl_strbuf_take(&text);
}

#define ZK_WELL "zk-0 -1 Safe;zk-1 -1 leader Safe;zk-2 -1 Safe;"

START_TEST(all_is_well)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};

    stage_init(&stage, false);
    sense(&stage, true, &states);
    BL_AUTO_FREE char *text = describe(&stage, &states);
    ck_assert_str_eq(text, "kafka-0 1001 Safe;kafka-1 1002 leader Safe;kafka-2 1003 Safe;" ZK_WELL);
    ck_assert(!states.unbalanced);
    ck_assert_int_eq(states.pods[0].leads, 1);
    /* The first is of an older revision. */
    ck_assert(bl_member_outdated(&stage.topology.clusters.items[0].members.items[0],
                                 stage.topology.clusters.items[0].pods.items[0].pod));
    ck_assert(!bl_member_outdated(&stage.topology.clusters.items[0].members.items[0],
                                  stage.topology.clusters.items[0].pods.items[1].pod));
}
END_TEST

/* Each of the topic's partitions gives that broker's replica to this one. */
static void move_replicas(struct bl_topic *topic, int32_t from, int32_t to)
{
    for (size_t p = 0; p < topic->partitions.len; p++)
        for (size_t r = 0; r < topic->partitions.items[p].replicas.len; r++)
            if (topic->partitions.items[p].replicas.items[r] == from)
                topic->partitions.items[p].replicas.items[r] = to;
}

START_TEST(brokers_go_together_that_share_nothing)
{
    static const size_t first[] = {0}, both[] = {0, 2};
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};

    stage_init(&stage, false);
    sense(&stage, true, &states);
    ck_assert(bl_pod_states_together(&states, &stage.facts, first, 1));
    ck_assert(!bl_pod_states_together(&states, &stage.facts, both, 2));
    ck_assert(!bl_pod_states_together(&states, NULL, first, 1));
    /* It would keep what it needs, and have no spare left. */
    for (size_t t = 0; t < stage.facts.topics.len; t++)
        stage.facts.topics.items[t].min_isr = 1;
    ck_assert(!bl_pod_states_together(&states, &stage.facts, both, 2));
    for (size_t t = 0; t < stage.facts.topics.len; t++)
        move_replicas(&stage.facts.topics.items[t], 1003, 1002);
    ck_assert(bl_pod_states_together(&states, &stage.facts, both, 2));
    states.pods[2].node = BL_NO_NODE;
    ck_assert(!bl_pod_states_together(&states, &stage.facts, both, 2));
}
END_TEST

/* Its number is what the others' numbers say: it is listed nowhere. */
START_TEST(a_broker_is_down)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};

    stage_init(&stage, false);
    cJSON_Delete(stage.pods[2]);
    stage.pods[2] = make_pod("kafka", 2, false);
    free(stage.facts.brokers.items[2].host);
    stage.facts.brokers.len = 2;
    stage.facts.topics.items[0].partitions.items[0].isr.len = 2;
    sense(&stage, true, &states);
    BL_AUTO_FREE char *text = describe(&stage, &states);
    ck_assert_str_eq(text, "kafka-0 1001 PartitionsAtRisk;kafka-1 1002 leader PartitionsAtRisk;"
                           "kafka-2 1003 silent behind Safe;zk-0 -1 OtherDisruption;"
                           "zk-1 -1 leader OtherDisruption;zk-2 -1 OtherDisruption;");
}
END_TEST

START_TEST(a_pod_is_away)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};

    stage_init(&stage, false);
    cJSON_Delete(stage.pods[--stage.pods_len]);
    stage.servers.items[2].mode = BL_ZOOKEEPER_AWAY;
    sense(&stage, true, &states);
    BL_AUTO_FREE char *text = describe(&stage, &states);
    ck_assert_str_eq(text, "kafka-0 1001 OtherDisruption;kafka-1 1002 leader OtherDisruption;"
                           "kafka-2 1003 OtherDisruption;zk-0 -1 QuorumAtRisk;"
                           "zk-1 -1 leader QuorumAtRisk;zk-2 -1 silent behind Safe;");
    ck_assert_ptr_null(stage.topology.clusters.items[0].pods.items[5].pod);
}
END_TEST

/* The node of kafka-2 is being drained, and zk-0 stands in the way: it is safe by its quorum, the brokers are not. */
START_TEST(a_pod_waits_for_its_node)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};

    stage_init(&stage, false);
    cJSON_Delete(stage.pods[2]);
    stage.pods[2] = make_pod("kafka", 2, false);
    bl_json_push(bl_json_at(stage.pods[2], "status", "conditions", NULL),
                 help_json("{'type':'PodScheduled','status':'False','reason':'Unschedulable'}"));
    stage.facts.topics.items[0].min_isr = 1;
    sense(&stage, true, &states);
    BL_AUTO_FREE char *text = describe(&stage, &states);
    ck_assert_str_eq(text, "kafka-0 1001 OtherDisruption;kafka-1 1002 leader OtherDisruption;"
                           "kafka-2 1003 Safe;" ZK_WELL);
}
END_TEST

START_TEST(nothing_is_known)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};

    stage_init(&stage, false);
    sense(&stage, false, &states);
    BL_AUTO_FREE char *text = describe(&stage, &states);
    ck_assert_str_eq(text, "kafka-0 -1 silent behind Unknown;kafka-1 -1 silent behind Unknown;"
                           "kafka-2 -1 silent behind Unknown;" ZK_WELL);
    ck_assert_str_eq(states.pods[0].why, "no broker answers");
}
END_TEST

START_TEST(nodes_that_vote_need_both)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};

    stage_init(&stage, true);
    stage.facts.quorum.voters.items[2].caught_up = false;
    sense(&stage, true, &states);
    BL_AUTO_FREE char *text = describe(&stage, &states);
    ck_assert_str_eq(text, "kafka-0 10 QuorumAtRisk;kafka-1 11 leader QuorumAtRisk;"
                           "kafka-2 12 behind Safe;");
}
END_TEST

/* Waiting never helps, and who drains should know. */
START_TEST(a_partition_needs_all_of_its_replicas)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};

    stage_init(&stage, false);
    stage.facts.topics.items[0].min_isr = 3;
    sense(&stage, true, &states);
    BL_AUTO_FREE char *text = describe(&stage, &states);
    ck_assert_str_eq(
        text, "kafka-0 1001 NoSpare;kafka-1 1002 leader NoSpare;kafka-2 1003 NoSpare;" ZK_WELL);
}
END_TEST

/* Kafka's own topic and one beside it, each with a partition that has its only replica on the first broker. */
static void make_thin(struct stage *stage)
{
    static const char *const names[] = {"__consumer_offsets", "payments"};

    for (size_t i = 0; i < BL_ARRAY_LEN(names); i++) {
        struct bl_topic *topic = BL_PUSH(&stage->facts.topics);
        struct bl_partition *partition = BL_PUSH(&topic->partitions);

        topic->name = bl_strdup(names[i]);
        topic->min_isr = 1;
        partition->leader = 1001;
        *BL_PUSH(&partition->replicas) = 1001;
        *BL_PUSH(&partition->isr) = 1001;
    }
    stage->facts.brokers.items[0].port = 9092;
}

#define WITHOUT_SPARE                                                                         \
    "__consumer_offsets-0 has its only replica here; without a spare: __consumer_offsets: 1 " \
    "partition, payments: 1; waiting does not change that: accept it (noSpare: Accept under " \
    "inSync in the policy), or "
#define RAISE                                                                                      \
    "give the topics more replicas: ballast topics raise --internal --topic payments --bootstrap " \
    "kafka-0.kafka-headless.k.svc:9092"

/* With the command, as it is typed: before a drain or an upgrade is held up by it. */
START_TEST(what_changes_it_is_told)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states secret = {0};

    stage_init(&stage, false);
    make_thin(&stage);
    sense(&stage, true, &states);
    ck_assert_str_eq(states.pods[0].reason, "NoSpare");
    ck_assert_str_eq(states.pods[0].why, WITHOUT_SPARE RAISE);
    ck_assert_str_eq(states.pods[1].reason, "Safe");

    bl_topology_release(&stage.topology);
    bl_json_add_string(
        bl_json_add_object((cJSON *)bl_json_get(stage.objects[0], "metadata"), "annotations"),
        "ballast.dev/client-config", "kafka-client");
    sense(&stage, true, &secret);
    ck_assert_str_eq(secret.pods[0].why,
                     WITHOUT_SPARE "with client.properties of Secret \"kafka-client\", " RAISE
                                   " --command-config client.properties");
}
END_TEST

/* Of Kafka's own the controller adds them: then there is nothing to type. */
START_TEST(what_is_being_raised_is_no_work_for_people)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};
    struct bl_findings found = {.zookeepers = &stage.servers, .raising = true};

    stage_init(&stage, false);
    make_thin(&stage);
    free(stage.facts.topics.items[2].name);
    stage.facts.topics.items[2].name = bl_strdup("__transaction_state");
    found.facts = &stage.facts;
    bl_pod_states_read(read_topology(&stage), &found, &states);
    ck_assert_str_eq(
        states.pods[0].why,
        "__consumer_offsets-0 has its only replica here; without a spare: "
        "__consumer_offsets: 1 partition, __transaction_state: 1; they are being given "
        "more replicas");
}
END_TEST

/* Another one leads than the first, which could. */
START_TEST(leadership_is_off_balance)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};

    stage_init(&stage, true);
    stage.facts.topics.items[0].partitions.items[0].leader = 11;
    sense(&stage, true, &states);
    ck_assert(states.unbalanced);
    stage.facts.topics.items[0].partitions.items[0].isr.items[0] = 12;
    bl_pod_states_release(&states);
    bl_topology_release(&stage.topology);
    sense(&stage, true, &states);
    ck_assert(!states.unbalanced);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/pod_state");
    TCase *tests = tcase_create("pod state");

    tcase_add_test(tests, all_is_well);
    tcase_add_test(tests, brokers_go_together_that_share_nothing);
    tcase_add_test(tests, a_broker_is_down);
    tcase_add_test(tests, a_pod_is_away);
    tcase_add_test(tests, a_pod_waits_for_its_node);
    tcase_add_test(tests, nothing_is_known);
    tcase_add_test(tests, nodes_that_vote_need_both);
    tcase_add_test(tests, a_partition_needs_all_of_its_replicas);
    tcase_add_test(tests, what_changes_it_is_told);
    tcase_add_test(tests, what_is_being_raised_is_no_work_for_people);
    tcase_add_test(tests, leadership_is_off_balance);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
