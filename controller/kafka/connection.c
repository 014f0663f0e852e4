#include "connection.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "bootstrap.h"

/* A cluster that works answers in milliseconds; on a machine with too much to do it takes seconds. */
#define KAFKA_AT_MOST (10 * BL_NSEC_S)
/* After this many failures in a row an observer is made anew, with what the Secret says then. */
#define FAILURES_MAX 3
#define REACH_AT_MOST (2 * BL_NSEC_S)
#define ZOOKEEPER_AT_MOST (2 * BL_NSEC_S)
#define PROPERTIES_MAX ((size_t)1 << 20)
#define PROPERTIES_KEY "client.properties"

void bl_kafka_connection_release(struct bl_kafka_connection *connection)
{
    bl_observer_free(connection->observer);
    free(connection->bootstrap);
    *connection = (struct bl_kafka_connection){.bootstrap_to = connection->bootstrap_to};
}

bool bl_has_kafka(const struct bl_kafka *kafka)
{
    for (size_t i = 0; i < kafka->members.len; i++)
        if (kafka->members.items[i].role != BL_ROLE_ZOOKEEPER)
            return true;
    return false;
}

/* --- how to reach the brokers --- */

/* An address of IPv6 has colons of its own. */
static void add_address(struct bl_strbuf *out, const char *ip, int port)
{
    bl_strbuf_addf(out, strchr(ip, ':') ? "[%s]:%d" : "%s:%d", ip, port);
}

static bool runs(const struct bl_member *member, const cJSON *pod)
{
    return pod && bl_pod_ip(pod) &&
           bl_json_at(bl_member_container(member, pod), "state", "running", NULL);
}

static char *addresses_of_pods(const struct bl_kafka *kafka)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; i < kafka->pods.len; i++) {
        const struct bl_member *member = &kafka->members.items[kafka->pods.items[i].member];
        const cJSON *pod = kafka->pods.items[i].pod;

        if (!bl_role_has_logs(member->role) || !member->port || !runs(member, pod))
            continue;
        if (text.len)
            bl_strbuf_addc(&text, ',');
        add_address(&text, bl_pod_ip(pod), member->port);
    }
    return bl_strbuf_take(&text);
}

static int find_bootstrap(const struct bl_texts *bootstrap_to, const struct bl_kafka *kafka,
                          char **ret_bootstrap, struct bl_error **err)
{
    const char *told = bl_kafka_annotation(kafka, BL_ANNOTATION_BOOTSTRAP);

    if (told && bl_bootstrap_check(BL_ANNOTATION_BOOTSTRAP, told,
                                   kafka->members.items[0].ref.namespace, bootstrap_to, err) < 0)
        return -1;
    *ret_bootstrap = told ? bl_strdup(told) : addresses_of_pods(kafka);
    if (!**ret_bootstrap)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "no broker runs");
    return 0;
}

static int decode_secret(const cJSON *secret, struct bl_strbuf *properties, struct bl_error **err)
{
    const char *text = bl_json_string(bl_json_get(secret, "data"), PROPERTIES_KEY);

    if (!text)
        return bl_fail(err, BL_ERR_INVALID, "it has no key " PROPERTIES_KEY);
    return bl_base64_decode(properties, text, strlen(text), err);
}

int bl_kafka_read_properties(struct bl_kube_client *client, const char *namespace, const char *name,
                             struct bl_strbuf *properties, struct bl_error **err)
{
    BL_AUTO(bl_json_wipe) cJSON *secret = NULL;

    if (bl_kube_get(client, &bl_kind_secret.resource, namespace, name, &secret, err) < 0)
        return bl_wrap(err, "could not read Secret \"%s\"", name);
    return decode_secret(secret, properties, err) < 0 ? bl_wrap(err, "Secret \"%s\"", name) : 0;
}

static int find_properties(struct bl_kube_client *client, const struct bl_kafka *kafka,
                           struct bl_strbuf *properties, struct bl_error **err)
{
    const char *secret = bl_kafka_annotation(kafka, BL_ANNOTATION_CLIENT_CONFIG);

    return !secret ? 0
                   : bl_kafka_read_properties(client, kafka->members.items[0].ref.namespace, secret,
                                              properties, err);
}

int bl_kafka_address(const struct bl_texts *bootstrap_to, struct bl_kube_client *client,
                     const struct bl_kafka *kafka, char **ret_bootstrap,
                     struct bl_strbuf *properties, struct bl_error **err)
{
    BL_AUTO_FREE char *bootstrap = NULL;

    if (find_bootstrap(bootstrap_to, kafka, &bootstrap, err) < 0 ||
        find_properties(client, kafka, properties, err) < 0)
        return -1;
    *ret_bootstrap = BL_STEAL(bootstrap);
    return 0;
}

static int connect_observer(struct bl_kafka_connection *connection, struct bl_kube_client *client,
                            const struct bl_kafka *kafka, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf properties = BL_STRBUF_INIT(PROPERTIES_MAX);
    struct bl_observer_settings settings = {.bootstrap = connection->bootstrap,
                                            .at_most = KAFKA_AT_MOST};

    if (find_properties(client, kafka, &properties, err) < 0)
        return -1;
    settings.properties = properties.len ? properties.text : NULL;
    /* A client has threads, which are not worth it for a cluster that is not there. */
    if (bl_bootstrap_reach(connection->bootstrap, REACH_AT_MOST, err) < 0)
        return -1;
    return bl_observer_new(&settings, &connection->observer, err);
}

/*
 * Pods that were replaced have other addresses, which an observer that works learns from the brokers: its
 * connections to the others are worth more than what a new one would begin with.
 */
static int ready_observer(struct bl_kafka_connection *connection, struct bl_kube_client *client,
                          const struct bl_kafka *kafka, struct bl_error **err)
{
    BL_AUTO_FREE char *bootstrap = NULL;

    if (find_bootstrap(connection->bootstrap_to, kafka, &bootstrap, err) < 0)
        return -1;
    if (connection->observer &&
        (!connection->failures || strcmp(bootstrap, connection->bootstrap) == 0))
        return 0;
    bl_kafka_connection_release(connection);
    connection->bootstrap = BL_STEAL(bootstrap);
    return connect_observer(connection, client, kafka, err);
}

int bl_kafka_connection_ask(struct bl_kafka_connection *connection, struct bl_kube_client *client,
                            const struct bl_kafka *kafka, struct bl_cluster *ret_facts,
                            struct bl_error **err)
{
    bool refused;

    if (ready_observer(connection, client, kafka, err) == 0 &&
        bl_observer_look(connection->observer, ret_facts, err) == 0) {
        connection->failures = 0;
        connection->answered = true;
        return 0;
    }
    refused = bl_error_code(*err) != BL_ERR_UNAVAILABLE;
    if (++connection->failures >= FAILURES_MAX || refused || !connection->answered)
        bl_kafka_connection_release(connection);
    return -1;
}

/* --- ZooKeeper --- */

struct question {
    struct {
        char **items;
        size_t len, cap;
    } addresses;
    struct {
        size_t *items; /* which address is that of the pod; SIZE_MAX: it has none */
        size_t len, cap;
    } slots;
};

static void question_release(struct question *question)
{
    for (size_t i = 0; i < question->addresses.len; i++)
        free(question->addresses.items[i]);
    free(question->addresses.items);
    free(question->slots.items);
}

static void collect(const struct bl_kafka *kafka, struct question *question)
{
    for (size_t i = 0; i < kafka->pods.len; i++) {
        const struct bl_member *member = &kafka->members.items[kafka->pods.items[i].member];
        struct bl_strbuf address = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

        if (member->role != BL_ROLE_ZOOKEEPER)
            continue;
        *BL_PUSH(&question->slots) = SIZE_MAX;
        if (!member->port || !runs(member, kafka->pods.items[i].pod))
            continue;
        add_address(&address, bl_pod_ip(kafka->pods.items[i].pod), member->port);
        question->slots.items[question->slots.len - 1] = question->addresses.len;
        *BL_PUSH(&question->addresses) = bl_strbuf_take(&address);
    }
}

int bl_ask_zookeepers(const struct bl_kafka *kafka, struct bl_zookeeper_servers *ret_servers,
                      struct bl_error **err)
{
    BL_AUTO(question_release) struct question question = {0};
    BL_AUTO(bl_zookeeper_servers_release) struct bl_zookeeper_servers answers = {0};

    collect(kafka, &question);
    if (question.addresses.len &&
        bl_zookeeper_look((const char *const *)question.addresses.items, question.addresses.len,
                          ZOOKEEPER_AT_MOST, &answers, err) < 0)
        return -1;
    for (size_t i = 0; i < question.slots.len; i++) {
        struct bl_zookeeper_server *server = BL_PUSH(ret_servers);
        size_t slot = question.slots.items[i];

        *server = (struct bl_zookeeper_server){
            .mode = BL_ZOOKEEPER_AWAY, .zxid = -1, .outstanding = -1, .synced = -1};
        if (slot >= answers.len)
            continue;
        *server = answers.items[slot];
        answers.items[slot] = (struct bl_zookeeper_server){0};
    }
    return 0;
}
