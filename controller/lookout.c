#include "lookout.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/* A cluster that works answers in milliseconds; on a machine with too much to do it takes seconds. */
#define KAFKA_AT_MOST (10 * BL_NSEC_S)
/* An observer that failed so often in a row is made anew, with what the Secret says then. */
#define FAILURES_MAX 3
#define REACH_AT_MOST (2 * BL_NSEC_S)
#define ZOOKEEPER_AT_MOST (2 * BL_NSEC_S)
#define PROPERTIES_MAX ((size_t)1 << 20)
#define PROPERTIES_KEY "client.properties"

void bl_lookout_release(struct bl_lookout *lookout)
{
    bl_observer_free(lookout->observer);
    free(lookout->bootstrap);
    *lookout = (struct bl_lookout){0};
}

bool bl_lookout_has_kafka(const struct bl_kafka *kafka)
{
    for (size_t i = 0; i < kafka->members.len; i++)
        if (kafka->members.items[i].role != BL_ROLE_ZOOKEEPER)
            return true;
    return false;
}

/* --- how to reach the brokers --- */

static const char *annotation_of(const struct bl_kafka *kafka, const char *name)
{
    for (size_t i = 0; i < kafka->members.len; i++) {
        const char *value = bl_object_annotation(kafka->members.items[i].set, name);

        if (value && *value)
            return value;
    }
    return NULL;
}

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

static char *find_bootstrap(const struct bl_kafka *kafka)
{
    const char *told = annotation_of(kafka, BL_ANNOTATION_BOOTSTRAP);
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (told)
        return bl_strdup(told);
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

static int decode_secret(const cJSON *secret, struct bl_strbuf *properties, struct bl_error **err)
{
    const char *text = bl_json_string(bl_json_get(secret, "data"), PROPERTIES_KEY);

    if (!text)
        return bl_fail(err, BL_ERR_INVALID, "it has no key " PROPERTIES_KEY);
    return bl_base64_decode(properties, text, strlen(text), err);
}

/* The copy that the answer was read into is wiped too. */
static void wipe_values(cJSON *secret)
{
    cJSON *value;

    cJSON_ArrayForEach(value, bl_json_get(secret, "data")) {
        if (cJSON_IsString(value))
            explicit_bzero(value->valuestring, strlen(value->valuestring));
    }
}

static int read_properties(struct bl_kube_client *client, const char *namespace, const char *name,
                           struct bl_strbuf *properties, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *secret = NULL;
    int rc;

    if (bl_kube_get(client, &bl_kind_secret.resource, namespace, name, &secret, err) < 0)
        return bl_wrap(err, "could not read Secret \"%s\"", name);
    rc = decode_secret(secret, properties, err);
    wipe_values(secret);
    return rc < 0 ? bl_wrap(err, "Secret \"%s\"", name) : 0;
}

static int connect_observer(struct bl_lookout *lookout, struct bl_kube_client *client,
                            const struct bl_kafka *kafka, struct bl_error **err)
{
    const char *secret = annotation_of(kafka, BL_ANNOTATION_CLIENT_CONFIG);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf properties = BL_STRBUF_INIT(PROPERTIES_MAX);
    struct bl_observer_settings settings = {.bootstrap = lookout->bootstrap,
                                            .at_most = KAFKA_AT_MOST};

    if (secret) {
        if (read_properties(client, kafka->members.items[0].ref.namespace, secret, &properties,
                            err) < 0)
            return -1;
        settings.properties = properties.text;
    }
    /* A client has threads, which are not worth it for a cluster that is not there. */
    if (bl_bootstrap_reach(lookout->bootstrap, REACH_AT_MOST, err) < 0)
        return -1;
    return bl_observer_new(&settings, &lookout->observer, err);
}

/*
 * Pods that were replaced have other addresses, which an observer that works learns from the brokers: its
 * connections to the others are worth more than what a new one would begin with.
 */
static int ready_observer(struct bl_lookout *lookout, struct bl_kube_client *client,
                          const struct bl_kafka *kafka, struct bl_error **err)
{
    BL_AUTO_FREE char *bootstrap = find_bootstrap(kafka);

    if (!*bootstrap)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "no broker runs");
    if (lookout->observer && (!lookout->failures || strcmp(bootstrap, lookout->bootstrap) == 0))
        return 0;
    bl_lookout_release(lookout);
    lookout->bootstrap = BL_STEAL(bootstrap);
    return connect_observer(lookout, client, kafka, err);
}

int bl_lookout_ask(struct bl_lookout *lookout, struct bl_kube_client *client,
                   const struct bl_kafka *kafka, struct bl_cluster *ret_facts,
                   struct bl_error **err)
{
    bool refused;

    if (ready_observer(lookout, client, kafka, err) == 0 &&
        bl_observer_look(lookout->observer, ret_facts, err) == 0) {
        lookout->failures = 0;
        lookout->answered = true;
        return 0;
    }
    refused = bl_error_code(*err) != BL_ERR_UNAVAILABLE;
    if (++lookout->failures >= FAILURES_MAX || refused || !lookout->answered)
        bl_lookout_release(lookout);
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

int bl_lookout_ask_zookeepers(const struct bl_kafka *kafka,
                              struct bl_zookeeper_servers *ret_servers, struct bl_error **err)
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
