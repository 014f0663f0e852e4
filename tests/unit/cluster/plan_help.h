/** Plans as values, for tests: charts in a few words, and what a plan is made of. */
#ifndef BALLAST_TEST_PLAN_HELP_H
#define BALLAST_TEST_PLAN_HELP_H

#include "ballast/cluster/plan.h"
#include "json_help.h"

#define NAMESPACE "k"

/** A set as a chart has it; `env` goes into the container, `more` into its spec. */
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
/** Of a program that nobody knows. */
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

/** As Helm keeps a revision. */
static inline void record_of(struct bl_record *record, const char *manifest, const char *status,
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

/** Everything that a plan is made of; what the release has is live, as its controllers left it. */
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

static inline void stage_release(struct stage *stage)
{
    bl_record_release(&stage->rendered);
    bl_record_release(&stage->again);
    bl_record_release(&stage->deployed);
    bl_record_release(&stage->found);
    bl_policy_set_release(&stage->policies);
    bl_cluster_plan_release(&stage->plan);
}

static inline void add_live(struct stage *stage, const struct bl_record *record, size_t *len)
{
    for (size_t i = 0; i < record->manifest.objects.len; i++)
        stage->live[(*len)++] = record->manifest.objects.items[i].object;
}

/** What a plan is made of: nothing is released, and rendering once more gives the same. */
static inline struct bl_cluster_plan_input stage_input(struct stage *stage)
{
    struct bl_cluster_plan_input input = {.spec = &stage->spec,
                                          .namespace = NAMESPACE,
                                          .release = "kafka",
                                          .rendered = &stage->rendered,
                                          .again = &stage->rendered,
                                          .policies = &stage->policies,
                                          .known = stage->known,
                                          .former = stage->former,
                                          .brokers = stage->brokers,
                                          .unasked = stage->unasked,
                                          .live = stage->live};

    return input;
}

/**
 * From `before`, whose release has this status, NULL: there is none, to `after`. `again` is what rendering once more gives; NULL: the
 * same.
 */
static inline void make_plan(struct stage *stage, const char *before, const char *after,
                             const char *again, const char *status)
{
    struct bl_cluster_plan_input input = stage_input(stage);
    BL_ERROR(err);

    input.again = &stage->again;
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

/** "Reason; Reason; " in order, for free(). */
static inline char *reasons(const struct bl_cluster_plan *plan)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; i < plan->refusals.len; i++)
        bl_strbuf_addf(&text, "%s; ", plan->refusals.items[i].reason);
    return bl_strbuf_take(&text);
}

#endif
