/* Plans as values: what a chart renders, beside what the release has and what is live, and what comes of it. */
#include "ballast/cluster/plan.h"

#include <string.h>

#include "json_help.h"

#define NAMESPACE "k"

/* A set as a chart has it; `more` goes into its spec, `pod` into the container. */
#define SET(name, replicas, image, env, more) \
    COUNTED(name, "  replicas: " replicas "\n", image, env, more)
#define COUNTED(name, count, image, env, more)                                                   \
    "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: " name "}\nspec:\n" count     \
    "  serviceName: " name "-headless\n"                                                         \
    "  selector: {matchLabels: {app: " name "}}\n" more                                          \
    "  template:\n    metadata: {labels: {app: " name "}}\n    spec:\n      containers:\n"       \
    "        - {name: kafka, image: '" image "', command: [kafka-server-start.sh], env: [" env   \
    "], ports: [{containerPort: 9092}]}\n"                                                       \
    "  volumeClaimTemplates:\n    - metadata: {name: data}\n      spec: {resources: {requests: " \
    "{storage: "
#define END(size) size "}}}\n"
#define KAFKA(replicas, version) \
    SET("kafka", replicas, "bitnami/kafka:" version, ZOOKEEPER, "") END("8Gi")
#define UNCOUNTED COUNTED("kafka", "", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("8Gi")
#define ZOOKEEPER "{name: KAFKA_CFG_ZOOKEEPER_CONNECT, value: zk}"
#define VOTERS(list)                                                       \
    "{name: KAFKA_CFG_PROCESS_ROLES, value: 'broker,controller'}, {name: " \
    "KAFKA_CFG_CONTROLLER_QUORUM_VOTERS, value: '" list                    \
    "'}, {name: KAFKA_CFG_CONTROLLER_LISTENER_NAMES, value: C}"
#define KRAFT(version, list) \
    SET("kafka", "3", "bitnami/kafka:" version, VOTERS(list), "") END("8Gi")
#define DYNAMIC(version)                                                                 \
    SET("kafka", "3", "bitnami/kafka:" version,                                          \
        "{name: KAFKA_CFG_PROCESS_ROLES, value: 'broker,controller'}, {name: "           \
        "KAFKA_CFG_CONTROLLER_QUORUM_BOOTSTRAP_SERVERS, value: 'kafka-0:9093'}, {name: " \
        "KAFKA_CFG_CONTROLLER_LISTENER_NAMES, value: C}",                                \
        "")                                                                              \
    END("8Gi")
#define IMAGE(image) SET("kafka", "3", image, ZOOKEEPER, "") END("8Gi")
#define WITH_ID(variable) \
    SET("kafka", "3", "bitnami/kafka:3.9.1", VOTERS(THREE) ", " variable, "") END("8Gi")
#define FROM_SECRET \
    "{name: KAFKA_KRAFT_CLUSTER_ID, valueFrom: {secretKeyRef: {name: s, key: password}}}"
#define DIGEST "sha256:0000000000000000000000000000000000000000000000000000000000000000"
/* Of a program that nobody knows. */
#define DATABASE(name) TOLD(name, "")
#define MAY_GO TOLD("db", ", annotations: {ballast.dev/allow-deletion: 'true'}")
#define TOLD(name, more)                                                                      \
    "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: " name more                \
    "}\nspec: {replicas: "                                                                    \
    "3, serviceName: db, selector: {matchLabels: {app: db}}, template: {metadata: {labels: "  \
    "{app: db}}, spec: {containers: [{name: db, image: 'r.example.com/my/thing:1'}]}}, "      \
    "volumeClaimTemplates: [{metadata: {name: data}, spec: {resources: {requests: {storage: " \
    "8Gi}}}}]}\n"
#define PROTOCOL(version)                                     \
    "{name: KAFKA_CFG_ZOOKEEPER_CONNECT, value: zk}, {name: " \
    "KAFKA_CFG_INTER_BROKER_PROTOCOL_VERSION, value: '" version "'}"
#define HELD(version, protocol) \
    SET("kafka", "3", "bitnami/kafka:" version, PROTOCOL(protocol), "") END("8Gi")
#define MIN_ISR(count, factor)                                                                 \
    SET("kafka", "3", "bitnami/kafka:3.9.1",                                                   \
        VOTERS(THREE) ", {name: KAFKA_CFG_MIN_INSYNC_REPLICAS, value: '" count                 \
                      "'}, {name: KAFKA_CFG_DEFAULT_REPLICATION_FACTOR, value: '" factor "'}", \
        "")                                                                                    \
    END("8Gi")
#define THREE "0@kafka-0:9093,1@kafka-1:9093,2@kafka-2:9093"
#define SERVICE                                                                                    \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: kafka}\nspec: {selector: {app: kafka}, " \
    "ports: [{port: 9092}]}\n"
#define SECRET(value)                                                                   \
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {name: " value \
    ", password: " value "}\n"
#define CONFIG(value) \
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {type: " value "}\n"

static void record_of(struct bl_record *record, const char *manifest, const char *status,
                      int64_t revision)
{
    BL_AUTO_JSON cJSON *json = bl_json_new_object();
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_RECORD_MAX);
    BL_ERROR(err);

    bl_json_add_string(json, "manifest", manifest);
    bl_json_add_string(bl_json_add_object(json, "info"), "status", status);
    bl_json_add_int(json, "version", revision);
    bl_json_write(&text, json);
    *record = (struct bl_record)BL_RECORD_INIT;
    if (bl_record_read(record, &text, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
}

/* Everything that a plan is made of; what the release has is live, as its controllers left it. */
struct stage {
    struct bl_record rendered, again, deployed;
    struct bl_cluster_spec spec;
    struct bl_policy_set policies;
    struct bl_cluster_known known;
    const char *former;
    const struct bl_cluster *brokers;
    const char *unasked;
    struct bl_record found; /* what is live, where that is something else than what was released */
    const cJSON *live[16];
    struct bl_cluster_plan plan;
};

static void stage_release(struct stage *stage)
{
    bl_record_release(&stage->rendered);
    bl_record_release(&stage->again);
    bl_record_release(&stage->deployed);
    bl_record_release(&stage->found);
    bl_policy_set_release(&stage->policies);
    bl_cluster_plan_release(&stage->plan);
}

static void add_live(struct stage *stage, const struct bl_record *record, size_t *len)
{
    for (size_t i = 0; i < record->manifest.objects.len; i++)
        stage->live[(*len)++] = record->manifest.objects.items[i].object;
}

static void make_plan(struct stage *stage, const char *before, const char *after, const char *again,
                      const char *status)
{
    struct bl_cluster_plan_input input = {.spec = &stage->spec,
                                          .namespace = NAMESPACE,
                                          .release = "kafka",
                                          .rendered = &stage->rendered,
                                          .again = &stage->again,
                                          .policies = &stage->policies,
                                          .known = stage->known,
                                          .former = stage->former,
                                          .brokers = stage->brokers,
                                          .unasked = stage->unasked,
                                          .live = stage->live};
    BL_ERROR(err);

    ck_assert_int_eq(bl_policy_set_read(&stage->policies, "default", &err), 0);
    record_of(&stage->rendered, after, "pending-upgrade", 2);
    record_of(&stage->again, again ? again : after, "pending-upgrade", 2);
    if (before) {
        record_of(&stage->deployed, before, status, 1);
        input.deployed = &stage->deployed;
    }
    add_live(stage, bl_record_exists(&stage->found) ? &stage->found : &stage->deployed,
             &input.live_len);
    bl_cluster_plan(&input, &stage->plan);
}

/* "Reason; Reason; " in order. */
static char *reasons(const struct bl_cluster_plan *plan)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; i < plan->refusals.len; i++)
        bl_strbuf_addf(&text, "%s; ", plan->refusals.items[i].reason);
    return bl_strbuf_take(&text);
}

static const struct {
    const char *why, *before, *after, *again;
    const char *reasons;
    enum bl_cluster_action action;
} rows[] = {
    {"a new one", NULL, KAFKA("3", "3.4.0"), NULL, "", BL_CLUSTER_INSTALL},
    {"nothing to do", KAFKA("3", "3.4.0"), KAFKA("3", "3.4.0"), NULL, "", BL_CLUSTER_NOTHING},
    {"another version", KAFKA("3", "3.3.2"), KAFKA("3", "3.4.0"), NULL, "", BL_CLUSTER_UPGRADE},
    {"an older version", KAFKA("3", "3.4.0"), KAFKA("3", "3.3.2"), NULL, BL_REFUSED_LOWER "; ",
     BL_CLUSTER_UPGRADE},
    {"3.9 is older than 3.10", KAFKA("3", "3.10.0"), KAFKA("3", "3.9.1"), NULL,
     BL_REFUSED_LOWER "; ", BL_CLUSTER_UPGRADE},
    {"to 4 from before 3.3", KRAFT("3.2.0", THREE), KRAFT("4.1.1", THREE), NULL,
     BL_REFUSED_SKIPS "; ", BL_CLUSTER_UPGRADE},
    {"to 4 from 3.9", KRAFT("3.9.1", THREE), KRAFT("4.1.1", THREE), NULL, "", BL_CLUSTER_UPGRADE},
    {"ZooKeeper to 4", KAFKA("3", "3.9.1"), KAFKA("3", "4.0.0"), NULL, BL_REFUSED_SKIPS "; ",
     BL_CLUSTER_UPGRADE},
    {"a new one of 4 with ZooKeeper", NULL, KAFKA("3", "4.1.1"), NULL, BL_REFUSED_SKIPS "; ",
     BL_CLUSTER_INSTALL},
    {"to a version that nobody knows, by a digest", KAFKA("3", "3.4.0"),
     IMAGE("docker.io/bitnami/kafka@" DIGEST), NULL, BL_REFUSED_VERSION "; ", BL_CLUSTER_UPGRADE},
    {"by another name", KAFKA("3", "3.4.0"), IMAGE("r.example.com/my/thing:3.3.2"), NULL,
     BL_REFUSED_VERSION "; ", BL_CLUSTER_UPGRADE},
    {"from a version that nobody knows", IMAGE("r.example.com/my/thing:3.3.2"), KAFKA("3", "3.4.0"),
     NULL, "", BL_CLUSTER_UPGRADE},
    {"one voter is another one", KRAFT("3.9.1", THREE),
     KRAFT("3.9.1", "0@kafka-0:9093,1@kafka-1:9093,3@kafka-3:9093"), NULL, BL_REFUSED_VOTERS "; ",
     BL_CLUSTER_UPGRADE},
    {"voters are the same, written otherwise", KRAFT("3.9.1", THREE),
     KRAFT("3.9.1", " 2@kafka-2:9093, 0@kafka-0:9093 ,1@kafka-1:9093,"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"voters have other hosts", KRAFT("3.9.1", THREE),
     KRAFT("3.9.1", "0@a-0:9093,1@a-1:9093,2@a-2:9093"), NULL, "", BL_CLUSTER_UPGRADE},
    {"two empty ones would be the majority", KRAFT("3.9.1", "0@kafka-0:9093"),
     KRAFT("3.9.1", THREE), NULL, BL_REFUSED_VOTERS "; ", BL_CLUSTER_UPGRADE},
    {"more voters", KRAFT("3.9.1", THREE), KRAFT("3.9.1", THREE ",3@kafka-3:9093,4@kafka-4:9093"),
     NULL, BL_REFUSED_VOTERS "; ", BL_CLUSTER_UPGRADE},
    {"fewer voters", KRAFT("3.9.1", THREE), KRAFT("3.9.1", "0@kafka-0:9093,1@kafka-1:9093"), NULL,
     BL_REFUSED_VOTERS "; ", BL_CLUSTER_UPGRADE},
    {"a quorum without a list", KRAFT("3.9.1", THREE), DYNAMIC("3.9.1"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"another cluster id", WITH_ID("{name: CLUSTER_ID, value: a}"),
     WITH_ID("{name: CLUSTER_ID, value: b}"), NULL, BL_REFUSED_CLUSTER_ID "; ", BL_CLUSTER_UPGRADE},
    {"the same", WITH_ID("{name: CLUSTER_ID, value: a}"),
     WITH_ID("{name: CLUSTER_ID, value: a}") SERVICE, NULL, "", BL_CLUSTER_UPGRADE},
    {"another one, in a Secret", WITH_ID(FROM_SECRET) SECRET("a"), WITH_ID(FROM_SECRET) SECRET("b"),
     NULL, BL_REFUSED_CLUSTER_ID "; ", BL_CLUSTER_UPGRADE},
    {"one that moves into a Secret", WITH_ID("{name: KAFKA_KRAFT_CLUSTER_ID, value: a}"),
     WITH_ID(FROM_SECRET) SECRET("a"), NULL, "", BL_CLUSTER_UPGRADE},
    {"one in a Secret that is not in sight", WITH_ID("{name: KAFKA_KRAFT_CLUSTER_ID, value: a}"),
     WITH_ID(FROM_SECRET), NULL, "", BL_CLUSTER_UPGRADE},
    {"a set with data goes, whatever it runs", KAFKA("3", "3.4.0") DATABASE("db"),
     KAFKA("3", "3.4.0"), NULL, BL_REFUSED_LOSS "; ", BL_CLUSTER_UPGRADE},
    {"or gets another name", KAFKA("3", "3.4.0") DATABASE("db"),
     KAFKA("3", "3.4.0") DATABASE("db2"), NULL, BL_REFUSED_LOSS "; ", BL_CLUSTER_UPGRADE},
    {"brokers of which nobody knows that they are some", DATABASE("kafka"), SERVICE, NULL,
     BL_REFUSED_LOSS "; ", BL_CLUSTER_UPGRADE},
    {"one that may go", KAFKA("3", "3.4.0") MAY_GO, KAFKA("3", "3.4.0"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"the protocol falls", HELD("3.9.1", "3.9-IV0"), HELD("3.9.1", "3.3"), NULL,
     BL_REFUSED_LOWER "; ", BL_CLUSTER_UPGRADE},
    {"below what nobody has set", KAFKA("3", "3.9.1"), HELD("3.9.1", "3.8"), NULL,
     BL_REFUSED_LOWER "; ", BL_CLUSTER_UPGRADE},
    {"within a release", HELD("3.9.1", "3.3"), HELD("3.9.1", "3.3-IV1"), NULL,
     BL_REFUSED_LOWER "; ", BL_CLUSTER_UPGRADE},
    {"the protocol is none that the new brokers know", HELD("3.9.1", "3.9"), HELD("3.9.1", "4.0"),
     NULL, BL_REFUSED_VERSION "; ", BL_CLUSTER_UPGRADE},
    {"none that the old ones know", HELD("3.3.2", "3.3"), HELD("3.4.0", "3.4"), NULL,
     BL_REFUSED_SKIPS "; ", BL_CLUSTER_UPGRADE},
    {"which was not set", KAFKA("3", "3.3.2"), HELD("3.9.1", "3.9"), NULL, BL_REFUSED_SKIPS "; ",
     BL_CLUSTER_UPGRADE},
    {"it is raised once all are new", HELD("3.4.0", "3.3"), HELD("3.4.0", "3.4"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"it is held for the upgrade", KAFKA("3", "3.3.2"), HELD("3.4.0", "3.3"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"more in sync than may be lost", MIN_ISR("2", "3"), MIN_ISR("3", "3"), NULL,
     BL_REFUSED_DURABILITY "; ", BL_CLUSTER_UPGRADE},
    {"than there are", MIN_ISR("2", "3"), MIN_ISR("4", "1"), NULL, BL_REFUSED_DURABILITY "; ",
     BL_CLUSTER_UPGRADE},
    {"as many as before", MIN_ISR("3", "3"), MIN_ISR("3", "3") SERVICE, NULL, "",
     BL_CLUSTER_UPGRADE},
    {"fewer", MIN_ISR("3", "3"), MIN_ISR("2", "3"), NULL, "", BL_CLUSTER_UPGRADE},
    {"enough", MIN_ISR("1", "3"), MIN_ISR("2", "3"), NULL, "", BL_CLUSTER_UPGRADE},
    {"two voters are", KRAFT("3.9.1", THREE),
     KRAFT("3.9.1", "0@kafka-0:9093,4@kafka-4:9093,3@kafka-3:9093"), NULL, BL_REFUSED_VOTERS "; ",
     BL_CLUSTER_UPGRADE},
    {"fewer brokers", KAFKA("3", "3.4.0"), KAFKA("2", "3.4.0"), NULL, BL_REFUSED_SCALE "; ",
     BL_CLUSTER_UPGRADE},
    {"a number that is given no more", KAFKA("3", "3.4.0"), UNCOUNTED, NULL, BL_REFUSED_SCALE "; ",
     BL_CLUSTER_UPGRADE},
    {"a number that is null", KAFKA("3", "3.4.0"), KAFKA("null", "3.4.0"), NULL,
     BL_REFUSED_SCALE "; ", BL_CLUSTER_UPGRADE},
    {"a number of one that is given no more", KAFKA("1", "3.4.0"), KAFKA("null", "3.4.0"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"more brokers", KAFKA("3", "3.4.0"), KAFKA("4", "3.4.0"), NULL, "", BL_CLUSTER_UPGRADE},
    {"the set goes", KAFKA("3", "3.4.0") SERVICE, SERVICE, NULL, BL_REFUSED_LOSS "; ",
     BL_CLUSTER_UPGRADE},
    {"all goes", KAFKA("3", "3.4.0"), "", NULL, BL_REFUSED_EMPTY "; " BL_REFUSED_LOSS "; ",
     BL_CLUSTER_UPGRADE},
    {"a volume shrinks", SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("8Gi"),
     SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("4096Mi"), NULL,
     BL_REFUSED_SHRINKS "; ", BL_CLUSTER_UPGRADE},
    {"a volume is the same, written otherwise",
     SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("8Gi"),
     SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("8192Mi"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"a volume grows", SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("8Gi"),
     SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("9Gi"), NULL,
     BL_REFUSED_IMMUTABLE "; ", BL_CLUSTER_UPGRADE},
    {"how pods are started",
     SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "  podManagementPolicy: Parallel\n")
         END("8Gi"),
     SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "  podManagementPolicy: OrderedReady\n")
         END("8Gi"),
     NULL, BL_REFUSED_IMMUTABLE "; ", BL_CLUSTER_UPGRADE},
    {"a password that is made up", KAFKA("3", "3.4.0") SECRET("a"), KAFKA("3", "3.4.0") SECRET("b"),
     KAFKA("3", "3.4.0") SECRET("c"), BL_REFUSED_NONDETERMINISTIC "; ", BL_CLUSTER_UPGRADE},
};

START_TEST(a_plan_is_made)
{
    BL_AUTO(stage_release) struct stage stage = {0};

    make_plan(&stage, rows[_i].before, rows[_i].after, rows[_i].again, "deployed");
    BL_AUTO_FREE char *found = reasons(&stage.plan);
    ck_assert_msg(strcmp(found, rows[_i].reasons) == 0, "%s: %s (%s)", rows[_i].why, found,
                  stage.plan.refusals.len ? stage.plan.refusals.items[0].message : "");
    ck_assert_msg(stage.plan.action == rows[_i].action, "%s: action %d", rows[_i].why,
                  (int)stage.plan.action);
    for (size_t i = 0; i < stage.plan.refusals.len; i++)
        BL_WHY(stage.plan.refusals.items[i].message[0], rows[_i].why);
}
END_TEST

static bool has_change(const struct bl_cluster_plan *plan, const char *line)
{
    for (size_t i = 0; i < plan->changes.len; i++)
        if (strcmp(plan->changes.items[i], line) == 0)
            return true;
    return false;
}

START_TEST(changes_are_listed_and_no_secret_is)
{
    BL_AUTO(stage_release) struct stage stage = {0};

    make_plan(&stage, KAFKA("3", "3.3.2") SECRET("hunter1") CONFIG("hunter1"),
              SET("kafka", "3", "bitnami/kafka:3.4.0",
                  "{name: KAFKA_CFG_ZOOKEEPER_CONNECT, value: hunter2}", "") END("8Gi")
                  SECRET("hunter3") CONFIG("hunter3") SERVICE,
              NULL, "deployed");
    ck_assert(has_change(&stage.plan, "+ Service/kafka"));
    ck_assert(has_change(&stage.plan,
                         "~ StatefulSet/kafka /spec/template/spec/containers/kafka/image: "
                         "bitnami/kafka:3.3.2 → bitnami/kafka:3.4.0"));
    ck_assert(has_change(&stage.plan, "~ Secret/s /stringData/password"));
    ck_assert(has_change(&stage.plan, "~ Secret/s /stringData/name"));
    ck_assert(has_change(&stage.plan, "~ ConfigMap/c /data/type"));
    for (size_t i = 0; i < stage.plan.changes.len; i++)
        ck_assert_msg(!strstr(stage.plan.changes.items[i], "hunter"), "%s",
                      stage.plan.changes.items[i]);
    ck_assert_str_eq(stage.plan.kafka, "3.4.0");
    ck_assert_uint_eq(stage.plan.images.len, 1);
    ck_assert_str_eq(stage.plan.images.items[0], "bitnami/kafka:3.4.0");
}
END_TEST

/* An approval is for one plan: another revision, value or refusal is another digest. */
START_TEST(digests_tell_plans_apart)
{
    BL_AUTO(stage_release) struct stage one = {0};
    BL_AUTO(stage_release) struct stage same = {0};
    BL_AUTO(stage_release) struct stage other = {0};

    make_plan(&one, KAFKA("3", "3.3.2"), KAFKA("3", "3.4.0"), NULL, "deployed");
    make_plan(&same, KAFKA("3", "3.3.2"), KAFKA("3", "3.4.0"), NULL, "deployed");
    make_plan(&other, KAFKA("3", "3.3.2"), KAFKA("3", "3.5.0"), NULL, "deployed");
    ck_assert_str_eq(one.plan.digest, same.plan.digest);
    ck_assert_str_ne(one.plan.digest, other.plan.digest);
}
END_TEST

START_TEST(a_release_that_failed_is_made_again)
{
    BL_AUTO(stage_release) struct stage stage = {0};

    make_plan(&stage, KAFKA("3", "3.4.0"), KAFKA("3", "3.4.0"), NULL, "failed");
    ck_assert_int_eq(stage.plan.action, BL_CLUSTER_UPGRADE);
    ck_assert_uint_eq(stage.plan.refusals.len, 0);
}
END_TEST

/* That is drift, which nobody corrects: it would take brokers away. */
START_TEST(pods_that_somebody_added_are_no_refusal)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(stage_release) struct stage upgraded = {0};

    record_of(&stage.found, KAFKA("5", "3.4.0"), "deployed", 1);
    make_plan(&stage, KAFKA("3", "3.4.0"), KAFKA("3", "3.4.0"), NULL, "deployed");
    ck_assert_int_eq(stage.plan.action, BL_CLUSTER_NOTHING);
    ck_assert_uint_eq(stage.plan.refusals.len, 0);
    ck_assert(stage.plan.grown);
    BL_WHY(strstr(stage.plan.notes.items[0], "5 pods, and the release 3"), "it is told");
    record_of(&upgraded.found, KAFKA("5", "3.4.0"), "deployed", 1);
    make_plan(&upgraded, KAFKA("3", "3.4.0"), KAFKA("3", "3.4.1"), NULL, "deployed");
    BL_AUTO_FREE char *found = reasons(&upgraded.plan);
    ck_assert_str_eq(found, BL_REFUSED_SCALE "; ");
}
END_TEST

/* An autoscaler has them, and Helm never gave a number. */
START_TEST(pods_that_others_count_are_left_to_them)
{
    BL_AUTO(stage_release) struct stage stage = {0};

    record_of(&stage.found, KAFKA("3", "3.4.0"), "deployed", 1);
    make_plan(&stage, UNCOUNTED, UNCOUNTED SERVICE, NULL, "deployed");
    ck_assert_int_eq(stage.plan.action, BL_CLUSTER_UPGRADE);
    ck_assert_uint_eq(stage.plan.refusals.len, 0);
}
END_TEST

START_TEST(expected_versions_are_asked_for)
{
    BL_AUTO(stage_release) struct stage stage = {.spec.versions.kafka = (char *)"3.4.1"};

    make_plan(&stage, NULL, KAFKA("3", "3.4.0"), NULL, NULL);
    BL_AUTO_FREE char *found = reasons(&stage.plan);
    ck_assert_str_eq(found, BL_REFUSED_VERSION "; ");
}
END_TEST

/* Whoever takes an image that says nothing has to say what it is, and is held to it. */
START_TEST(what_an_image_does_not_say_is_said)
{
    static const struct {
        const char *why, *before, *said, *runs, *reasons;
    } said[] = {
        {"a newer one", KAFKA("3", "3.3.2"), "3.4.0", NULL, ""},
        {"an older one", KAFKA("3", "3.4.0"), "3.3.2", NULL, BL_REFUSED_LOWER "; "},
        {"nobody says it", KAFKA("3", "3.4.0"), NULL, NULL, BL_REFUSED_VERSION "; "},
        {"what runs is noted", IMAGE("r/x@" DIGEST), "3.3.2", "3.4.0", BL_REFUSED_LOWER "; "},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(said); i++) {
        BL_AUTO(stage_release)
        struct stage stage = {.spec.versions.kafka = (char *)said[i].said,
                              .known.kafka = said[i].runs};

        make_plan(&stage, said[i].before, IMAGE("docker.io/bitnami/kafka@" DIGEST), NULL,
                  "deployed");
        BL_AUTO_FREE char *found = reasons(&stage.plan);
        ck_assert_msg(strcmp(found, said[i].reasons) == 0, "%s: %s", said[i].why, found);
        ck_assert_msg(!said[i].said || strcmp(stage.plan.kafka, said[i].said) == 0, "%s: %s",
                      said[i].why, stage.plan.kafka);
    }
}
END_TEST

/* What runs is told from what the chart brings. */
START_TEST(both_versions_are_told)
{
    BL_AUTO(stage_release) struct stage stage = {0};

    make_plan(&stage, KAFKA("3", "3.3.2"), KAFKA("3", "3.2.0"), NULL, "deployed");
    ck_assert_str_eq(stage.plan.kafka, "3.2.0");
    ck_assert_str_eq(stage.plan.running.kafka, "3.3.2");
}
END_TEST

/* There is no way back from a level, whatever else is to be done. */
START_TEST(a_lower_level_is_refused)
{
    BL_AUTO(stage_release)
    struct stage stage = {.spec.versions.metadata = (char *)"3.9", .known.level = 27};

    make_plan(&stage, KRAFT("4.1.1", THREE), KRAFT("4.1.1", THREE), NULL, "deployed");
    BL_AUTO_FREE char *found = reasons(&stage.plan);
    ck_assert_str_eq(found, BL_REFUSED_LOWER "; ");
    BL_WHY(strstr(stage.plan.refusals.items[0].message, "is 4.1-IV1, and"), "it says which");
}
END_TEST

/* Objects of a release that this KafkaCluster has made are its own, and only those. */
START_TEST(never_takes_over_what_it_did_not_make)
{
    static const struct {
        const char *why;
        struct bl_cluster_known known;
        const char *reasons;
    } makers[] = {
        {"somebody has made it", {0}, BL_REFUSED_NOT_OURS "; "},
        {"it has made another one", {.release = "other", .attempt = 1}, BL_REFUSED_NOT_OURS "; "},
        {"it has looked at it", {.release = "kafka"}, BL_REFUSED_NOT_OURS "; "},
        {"it has made it", {.release = "kafka", .attempt = 1}, ""},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(makers); i++) {
        BL_AUTO(stage_release)
        struct stage stage = {.spec.adopt = BL_ADOPT_NEVER, .known = makers[i].known};

        make_plan(&stage, KAFKA("3", "3.4.0"), KAFKA("3", "3.4.0"), NULL, "deployed");
        BL_AUTO_FREE char *found = reasons(&stage.plan);
        ck_assert_msg(strcmp(found, makers[i].reasons) == 0, "%s: %s", makers[i].why, found);
    }
}
END_TEST

/* A status may be written for an object that went meanwhile, and land on the next one of its name. */
START_TEST(the_status_of_another_object_is_none)
{
    BL_AUTO_JSON cJSON *own = help_json(
        "{'metadata':{'uid':'a'},'status':{'release':{'name':'k','attempt':2,'object':'a'}}}");
    BL_AUTO_JSON cJSON *other = help_json(
        "{'metadata':{'uid':'b'},'status':{'release':{'name':'k','attempt':2,'object':'a'}}}");
    struct bl_cluster_known known;

    bl_cluster_known_read(own, &known);
    ck_assert_int_eq(known.attempt, 2);
    bl_cluster_known_read(other, &known);
    ck_assert_int_eq(known.attempt, 0);
    ck_assert_ptr_null(known.release);
    bl_cluster_known_read(NULL, &known);
    ck_assert_int_eq(known.level, -1);
}
END_TEST

START_TEST(another_name_is_another_cluster)
{
    BL_AUTO(stage_release) struct stage stage = {.former = "first"};

    make_plan(&stage, NULL, KAFKA("3", "3.4.0"), NULL, NULL);
    BL_AUTO_FREE char *found = reasons(&stage.plan);
    ck_assert_str_eq(found, BL_REFUSED_RENAMED "; ");
}
END_TEST

/* A level that the chart's Kafka knows, and one that it does not. */
START_TEST(a_level_is_asked_for)
{
    BL_AUTO(stage_release) struct stage stage = {.spec.versions.metadata = (char *)"3.4"};
    BL_AUTO(stage_release) struct stage newer = {.spec.versions.metadata = (char *)"3.9-IV0"};

    make_plan(&stage, NULL, KAFKA("3", "3.4.0"), NULL, NULL);
    ck_assert_uint_eq(stage.plan.refusals.len, 0);
    make_plan(&newer, NULL, KAFKA("3", "3.4.0"), NULL, NULL);
    BL_AUTO_FREE char *found = reasons(&newer.plan);
    ck_assert_str_eq(found, BL_REFUSED_VERSION "; ");
}
END_TEST

static const struct {
    const char *a, *b;
    int sign;
} versions[] = {
    {"3.9.1", "3.10.0", -1},         {"3.4.0", "3.4.0", 0}, {"3.4", "3.4.0", 0}, {"4", "3.9.1", 1},
    {"3.4.0-debian-11", "3.4.0", 0}, {"", "1", -1},         {"3.4.1", "3.4", 1},
};

START_TEST(versions_compare_by_their_numbers)
{
    int found = bl_version_compare(versions[_i].a, versions[_i].b);

    ck_assert_msg((found > 0) - (found < 0) == versions[_i].sign, "%s, %s: %d", versions[_i].a,
                  versions[_i].b, found);
}
END_TEST

static const struct {
    const char *why, *before, *after, *note; /* NULL: nothing is said */
} notes[] = {
    {"it is new", NULL, KAFKA("3", "3.4.0"), NULL},
    {"nothing holds the protocol back", KAFKA("3", "3.3.2"), KAFKA("3", "3.4.0"),
     "set inter.broker.protocol.version to 3.3 in"},
    {"a patch has the same protocol", KAFKA("3", "3.3.1"), KAFKA("3", "3.3.2"), NULL},
    {"it is held back", HELD("3.3.2", "3.3"), HELD("3.4.0", "3.3"), NULL},
    {"all are new, and it still is", HELD("3.4.0", "3.3-IV3"), HELD("3.4.0", "3.3-IV3"),
     "inter.broker.protocol.version is 3.3-IV3, and all brokers run Kafka 3.4.0"},
    {"it is as the brokers", HELD("3.4.0", "3.4-IV0"), HELD("3.4.0", "3.4-IV0"), NULL},
    {"new topics would have one replica", MIN_ISR("2", "3"), MIN_ISR("2", "1"),
     "default.replication.factor is 1"},
    {"without ZooKeeper there is none", KRAFT("3.9.1", THREE), KRAFT("4.1.1", THREE), NULL},
};

START_TEST(the_way_back_is_spoken_of)
{
    BL_AUTO(stage_release) struct stage stage = {0};

    make_plan(&stage, notes[_i].before, notes[_i].after, NULL, "deployed");
    ck_assert_msg(stage.plan.notes.len == (notes[_i].note != NULL), "%s: %s", notes[_i].why,
                  stage.plan.notes.len ? stage.plan.notes.items[0] : "nothing");
    if (notes[_i].note)
        ck_assert_msg(strstr(stage.plan.notes.items[0], notes[_i].note), "%s: %s", notes[_i].why,
                      stage.plan.notes.items[0]);
}
END_TEST

#define PINNED IMAGE("docker.io/bitnami/kafka@" DIGEST)

static const struct {
    const char *why, *after, *known, *said, *running;
} pinned[] = {
    {"it was installed as that", PINNED, NULL, "3.3.2", "3.3.2"},
    {"an upgrade is done", PINNED, "3.3.2", "3.4.0", "3.4.0"},
    {"it is not begun", PINNED SERVICE, "3.3.2", "3.4.0", "3.3.2"},
    {"it falls, which is refused", PINNED, "3.4.0", "3.3.2", "3.4.0"},
    {"nobody says it", PINNED, "3.4.0", NULL, "3.4.0"},
};

START_TEST(what_an_image_runs_is_noted)
{
    BL_AUTO(stage_release) struct stage stage = {.known.kafka = pinned[_i].known};

    stage.spec.versions.kafka = (char *)pinned[_i].said;
    make_plan(&stage, PINNED, pinned[_i].after, NULL, "deployed");
    ck_assert_msg(strcmp(stage.plan.running.kafka, pinned[_i].running) == 0, "%s: %s",
                  pinned[_i].why, stage.plan.running.kafka);
}
END_TEST

/* --- the protocol, where Ballast gives it --- */

#define READY "status: {observedGeneration: 1, updatedReplicas: 3, readyReplicas: 3}\n"
#define ROLLING "status: {observedGeneration: 1, updatedReplicas: 1, readyReplicas: 3}\n"
#define PLACE "kafka.interBrokerProtocolVersion"

static const struct {
    const char *why, *before;
    const char *has; /* the release has this value for the protocol */
    const char *after, *metadata;
    bool settled;
    const char *value, *next;
    bool raises;
    const char *said;
} protocols[] = {
    {"it is new", NULL, NULL, KAFKA("3", "3.4.0"), "Auto", false, NULL, NULL, false, NULL},
    {"brokers speak what they know", KAFKA("3", "3.4.0") READY, NULL, KAFKA("3", "3.4.0"), "Auto",
     true, NULL, NULL, false, NULL},
    {"an upgrade begins", KAFKA("3", "3.3.2") READY, NULL, HELD("3.4.0", "3.3"), "Auto", true,
     "3.3", "3.4", false, "is held at 3.3 until Kafka 3.4.0"},
    {"what was set by somebody is spoken", HELD("3.3.2", "3.2") READY, NULL, HELD("3.4.0", "3.2"),
     "Auto", true, "3.2", "3.4", false, "is held at 3.2 until"},
    {"a patch has the same", KAFKA("3", "3.3.1") READY, NULL, KAFKA("3", "3.3.2"), "Auto", true,
     NULL, NULL, false, NULL},
    {"it is not done yet", HELD("3.4.0", "3.3") READY, "3.3", HELD("3.4.0", "3.3"), "Auto", false,
     "3.3", "3.4", false, "is held at 3.3 until"},
    {"pods are rolled", HELD("3.4.0", "3.3") ROLLING, "3.3", HELD("3.4.0", "3.3"), "Auto", true,
     "3.3", "3.4", false, "is held at 3.3 until"},
    {"all is done", HELD("3.4.0", "3.3") READY, "3.3", HELD("3.4.0", "3.4"), "Auto", true, "3.4",
     "3.4", true, "is raised from 3.3 to 3.4"},
    {"the next upgrade comes first", HELD("3.4.0", "3.3") READY, "3.3", HELD("3.5.0", "3.3"),
     "Auto", true, "3.3", "3.5", false, "until Kafka 3.5.0"},
    {"it is raised", HELD("3.4.0", "3.4") READY, "3.4", HELD("3.4.0", "3.4"), "Auto", true, "3.4",
     NULL, false, NULL},
    {"a release that raised it failed, and goes on", HELD("3.4.0", "3.3") READY, "3.4",
     HELD("3.4.0", "3.4"), "Auto", false, "3.4", "3.4", false, "is held at 3.3 until"},
    {"it stays", HELD("3.4.0", "3.3") READY, "3.3", HELD("3.4.0", "3.3"), "Hold", true, "3.3", NULL,
     false, "Auto raises it to 3.4"},
    {"as it does where nothing is said", HELD("3.4.0", "3.3") READY, "3.3", HELD("3.4.0", "3.3"),
     NULL, true, "3.3", NULL, false, "Auto raises it to 3.4"},
    {"so far and no further", HELD("3.9.1", "3.3") READY, "3.3", HELD("3.9.1", "3.5"), "3.5", true,
     "3.5", "3.5", true, "from 3.3 to 3.5"},
    {"it is that far", HELD("3.9.1", "3.5") READY, "3.5", HELD("3.9.1", "3.5"), "3.5", true, "3.5",
     NULL, false, "is held at 3.5"},
    {"a level by its number", HELD("3.9.1", "3.3") READY, "3.3", HELD("3.9.1", "3.4-IV0"), "8",
     true, "3.4-IV0", "3.4-IV0", true, "from 3.3 to 3.4-IV0"},
    {"the value has another place now", HELD("3.4.0", "3.3") READY, NULL, HELD("3.4.0", "3.3"),
     "Hold", true, "3.3", NULL, false, "is held at 3.3"},
    {"the chart does not take it", KAFKA("3", "3.3.2") READY, NULL, KAFKA("3", "3.4.0"), "Auto",
     true, "3.3", "3.4", false, "is held at 3.3 until"},
    {"without ZooKeeper there is none", KRAFT("3.9.1", THREE) READY, NULL, KRAFT("4.1.1", THREE),
     "Auto", true, NULL, NULL, false, NULL},
    {"what cannot be told stays", HELD("3.4.0", "3.3") READY, "3.3",
     IMAGE("r.example.com/bitnami/kafka@" DIGEST), "Auto", true, "3.3", NULL, false, NULL},
};

static void give(struct bl_record *record, const char *protocol)
{
    cJSON *config = bl_json_add_object(record->json, "config");

    if (protocol)
        bl_json_add_string(bl_json_add_object(config, "kafka"), "interBrokerProtocolVersion",
                           protocol);
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

START_TEST(a_protocol_is_held_and_raised)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_cluster_protocol_release) struct bl_cluster_protocol protocol = {0};
    struct bl_cluster_plan_input input = {.spec = &stage.spec,
                                          .namespace = NAMESPACE,
                                          .release = "kafka",
                                          .rendered = &stage.rendered,
                                          .again = &stage.rendered,
                                          .policies = &stage.policies,
                                          .live = stage.live,
                                          .protocol = &protocol};
    BL_ERROR(err);

    stage.spec.versions.protocol_value = (char *)PLACE;
    stage.spec.versions.metadata = (char *)protocols[_i].metadata;
    ck_assert_int_eq(bl_policy_set_read(&stage.policies, "default", &err), 0);
    record_of(&stage.rendered, protocols[_i].after, "pending-upgrade", 2);
    if (protocols[_i].before) {
        record_of(&stage.deployed, protocols[_i].before, "deployed", 1);
        give(&stage.deployed, protocols[_i].has);
        input.deployed = &stage.deployed;
        add_live(&stage, &stage.deployed, &input.live_len);
    }
    bl_cluster_protocol_decide(&input, protocols[_i].settled, &protocol);
    bl_cluster_plan(&input, &stage.plan);
    ck_assert_msg(is_same(stage.plan.protocol.value, protocols[_i].value) &&
                      is_same(stage.plan.protocol.next, protocols[_i].next) &&
                      stage.plan.protocol.raises == protocols[_i].raises,
                  "%s: %s, next %s", protocols[_i].why, stage.plan.protocol.value,
                  stage.plan.protocol.next);
    BL_WHY((stage.plan.notes.len == 1) == (protocols[_i].said != NULL), protocols[_i].why);
    if (protocols[_i].said)
        ck_assert_msg(strstr(stage.plan.notes.items[0], protocols[_i].said), "%s: %s",
                      protocols[_i].why, stage.plan.notes.items[0]);
    BL_WHY(bl_cluster_plan_has(&stage.plan, BL_REFUSED_SKIPS) ==
               (strcmp(protocols[_i].why, "the chart does not take it") == 0),
           protocols[_i].why);
}
END_TEST

START_TEST(no_protocol_is_asked_for_that_is_lower)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    struct bl_cluster_protocol protocol = {.ours = true, .is = bl_strdup("3.4")};
    struct bl_cluster_plan_input input = {.spec = &stage.spec,
                                          .namespace = NAMESPACE,
                                          .release = "kafka",
                                          .rendered = &stage.rendered,
                                          .again = &stage.rendered,
                                          .policies = &stage.policies,
                                          .protocol = &protocol};

    stage.spec.versions.metadata = (char *)"3.3";
    record_of(&stage.rendered, KAFKA("3", "3.4.0"), "pending-upgrade", 2);
    bl_cluster_plan(&input, &stage.plan);
    ck_assert(bl_cluster_plan_has(&stage.plan, BL_REFUSED_LOWER));
    ck_assert_ptr_null(protocol.is);
}
END_TEST

static const struct {
    const char *why, *status;
    bool settled;
} settled[] = {
    {"nothing is known", "{}", false},
    {"it is done",
     "{'release': {'name': 'kafka', 'revision': 2}, 'progress': {'since': 900}, 'verification': {'revision': 2}}",
     true},
    {"it soaks",
     "{'release': {'name': 'kafka', 'revision': 2}, 'progress': {'since': 950}, 'verification': {'revision': 2}}",
     false},
    {"pods are not ready",
     "{'release': {'name': 'kafka', 'revision': 2}, 'verification': {'revision': 2}}", false},
    {"it is not proven",
     "{'release': {'name': 'kafka', 'revision': 2}, 'progress': {'since': 900}, 'verification': {'revision': 1}}",
     false},
    {"some messages are gone",
     "{'release': {'name': 'kafka', 'revision': 2}, 'progress': {'since': 900}, 'verification': {'revision': 2, "
     "'lost': 1}}",
     false},
    {"the status is about the one before",
     "{'release': {'name': 'kafka', 'revision': 1}, 'progress': {'since': 900}, 'verification': {'revision': 2}}",
     false},
    {"or about another release",
     "{'release': {'name': 'other', 'revision': 2}, 'progress': {'since': 900}, 'verification': {'revision': 2}}",
     false},
};

START_TEST(a_release_is_settled_by_what_is_noted)
{
    struct bl_cluster_spec spec = {.verification.enabled = true, .upgrade.soak = 60};
    BL_AUTO_FREE char *text = bl_asprintf("{'status': %s}", settled[_i].status);
    BL_AUTO_JSON cJSON *object = help_json(text);
    struct bl_cluster_known known;

    bl_cluster_known_read(object, &known);
    BL_WHY(bl_cluster_known_is_settled(&known, &spec, "kafka", 2, 1000) == settled[_i].settled,
           settled[_i].why);
}
END_TEST

/* --- fewer brokers --- */

/* Nobody has a topic. */
static const struct bl_cluster nothing_held = {0};

#define CONTROLLERS(replicas)                                                                  \
    SET("kafka", replicas, "bitnami/kafka:3.9.1", VOTERS("0@kafka-0:9093,1@kafka-1:9093"), "") \
    END("8Gi")

static const struct {
    const char *why, *before, *after;
    const struct bl_cluster *brokers;
    const char *unasked, *refused; /* NULL: it is accepted */
    bool asks;
} scaled[] = {
    {"they hold nothing", KAFKA("3", "3.4.0"), KAFKA("2", "3.4.0"), &nothing_held, NULL, NULL,
     false},
    {"they were not asked", KAFKA("3", "3.4.0"), KAFKA("2", "3.4.0"), NULL, NULL,
     "from 3 to 2 pods, whose replicas nobody has moved, and brokers were not asked", true},
    {"they did not answer", KAFKA("3", "3.4.0"), KAFKA("2", "3.4.0"), NULL,
     "brokers could not be asked what they hold: no",
     "moved, and brokers could not be asked what "
     "they hold: no",
     true},
    {"a number that is given no more", KAFKA("3", "3.4.0"), UNCOUNTED, &nothing_held, NULL, NULL,
     false},
    {"controllers are not for taking", CONTROLLERS("3"), CONTROLLERS("2"), &nothing_held, NULL,
     "members of a quorum", false},
};

START_TEST(brokers_that_hold_nothing_may_go)
{
    BL_AUTO(stage_release)
    struct stage stage = {.brokers = scaled[_i].brokers, .unasked = scaled[_i].unasked};
    const struct bl_cluster_plan *plan = &stage.plan;

    make_plan(&stage, scaled[_i].before, scaled[_i].after, NULL, "deployed");
    BL_WHY(plan->asks == scaled[_i].asks, scaled[_i].why);
    BL_WHY((plan->refusals.len == 0) == !scaled[_i].refused, scaled[_i].why);
    if (scaled[_i].refused) {
        ck_assert_msg(strstr(plan->refusals.items[0].message, scaled[_i].refused), "%s: %s",
                      scaled[_i].why, plan->refusals.items[0].message);
        BL_WHY(plan->scales.len == scaled[_i].asks, scaled[_i].why);
        return;
    }
    ck_assert_uint_eq(plan->scales.len, 1);
    ck_assert_str_eq(plan->scales.items[0].set, "kafka");
    ck_assert_ptr_nonnull(strstr(plan->notes.items[0], "no partition has a replica on brokers "));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tests = tcase_create("plan");

    tcase_add_loop_test(tests, the_way_back_is_spoken_of, 0, (int)BL_ARRAY_LEN(notes));
    tcase_add_loop_test(tests, a_protocol_is_held_and_raised, 0, (int)BL_ARRAY_LEN(protocols));
    tcase_add_test(tests, no_protocol_is_asked_for_that_is_lower);
    tcase_add_loop_test(tests, a_release_is_settled_by_what_is_noted, 0,
                        (int)BL_ARRAY_LEN(settled));
    tcase_add_loop_test(tests, brokers_that_hold_nothing_may_go, 0, (int)BL_ARRAY_LEN(scaled));
    tcase_add_loop_test(tests, a_plan_is_made, 0, (int)BL_ARRAY_LEN(rows));
    tcase_add_test(tests, changes_are_listed_and_no_secret_is);
    tcase_add_test(tests, digests_tell_plans_apart);
    tcase_add_test(tests, a_release_that_failed_is_made_again);
    tcase_add_test(tests, pods_that_somebody_added_are_no_refusal);
    tcase_add_test(tests, pods_that_others_count_are_left_to_them);
    tcase_add_test(tests, expected_versions_are_asked_for);
    tcase_add_test(tests, what_an_image_does_not_say_is_said);
    tcase_add_test(tests, both_versions_are_told);
    tcase_add_loop_test(tests, what_an_image_runs_is_noted, 0, (int)BL_ARRAY_LEN(pinned));
    tcase_add_test(tests, a_lower_level_is_refused);
    tcase_add_test(tests, never_takes_over_what_it_did_not_make);
    tcase_add_test(tests, the_status_of_another_object_is_none);
    tcase_add_test(tests, another_name_is_another_cluster);
    tcase_add_test(tests, a_level_is_asked_for);
    tcase_add_loop_test(tests, versions_compare_by_their_numbers, 0, (int)BL_ARRAY_LEN(versions));
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
