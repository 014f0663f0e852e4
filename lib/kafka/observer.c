#include "ballast/kafka/observer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/canary.h"
#include "ballast/kafka/limits.h"
#include "observer.h"
#include "security.h"
#include "socket.h"
#include "wire/metadata.h"
#include "wire/security.h"

/* Largest properties file. */
#define PROPERTIES_MAX_BYTES ((size_t)1 << 20)
/*
 * How long to wait before asking librdkafka why it is that nobody answered. Each wait is a question of its own,
 * so each is twice as long as the last: else a broker that is merely slower than one would never be heard.
 */
#define SLICE_MS 250
#define SLICE_MOST_MS 8000
#define PAUSE_MS 100
/* Of the time of a look, for each address at which brokers are counted before it. */
#define VET_SHARE 8

static bool is_refusal(rd_kafka_resp_err_t cause)
{
    return cause == RD_KAFKA_RESP_ERR__AUTHENTICATION || cause == RD_KAFKA_RESP_ERR__SSL ||
           cause == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
}

/* librdkafka has no code for it, and says no more than that the connection was lost. */
static bool is_too_large(const char *reason)
{
    return reason && strstr(reason, "increase receive.message.max.bytes");
}

/*
 * What to tell of several brokers: that one refused us rather than that another is down, and else the
 * first, since what follows is mostly of the same.
 */
static void hear_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct bl_observer *observer = opaque;
    rd_kafka_resp_err_t cause = (rd_kafka_resp_err_t)code;

    (void)rk;
    observer->too_large |= is_too_large(reason);
    if (cause == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        observer->all_down = true;
        return;
    }
    if (observer->cause && (is_refusal(observer->cause) || !is_refusal(cause)))
        return;
    free(observer->why);
    observer->cause = cause;
    observer->why = bl_strdup(reason);
}

/* librdkafka would write to standard error what our errors say. */
static void drop_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

static void conf_cleanup(rd_kafka_conf_t **conf)
{
    if (*conf)
        rd_kafka_conf_destroy(*conf);
}

/*
 * A broker that was restarted has another address, and is wanted within 1 s to 3 s. librdkafka's defaults are too slow for
 * that: 10 s between two tries, 30 s to connect to an address that leads nowhere any more, and 60 s for a request to a
 * broker that hangs.
 */
static const struct {
    const char *name, *value;
} ours[] = {
    {"client.id", "ballast"},
    {"allow.auto.create.topics", "false"},
    {"receive.message.max.bytes", BL_ANSWER_MOST_CLIENT},
    {"reconnect.backoff.max.ms", "1000"},
    {"socket.connection.setup.timeout.ms", "3000"},
    {"socket.timeout.ms", "3000"},
};

/* Whoever wrote a Secret must not have files of ours read. */
static int refuse_files(const char *name, const struct bl_properties *properties,
                        struct bl_error **err)
{
    for (size_t i = 0; i < properties->len; i++) {
        const struct bl_property *property = &properties->items[i];

        if (!bl_text_ends(property->key, ".location"))
            continue;
        bl_fail(err, BL_ERR_INVALID, "%s:%u: %s names a file, which is not read from here", name,
                property->line, property->key);
        return bl_hint(err, "Put the PEM texts into ssl.truststore.certificates, "
                            "ssl.keystore.certificate.chain and ssl.keystore.key.");
    }
    return 0;
}

static int configure(const struct bl_observer_settings *settings, rd_kafka_conf_t *conf,
                     struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(PROPERTIES_MAX_BYTES);
    BL_AUTO(bl_properties_release) struct bl_properties properties = {0};
    const char *name = settings->command_config ? settings->command_config : "properties";
    char why[256];

    for (size_t i = 0; i < BL_ARRAY_LEN(ours); i++)
        if (rd_kafka_conf_set(conf, ours[i].name, ours[i].value, why, sizeof(why)))
            return bl_fail(err, BL_ERR_INVALID, "%s", why);
    if (settings->command_config && bl_file_read(settings->command_config, &text, err) < 0)
        return -1;
    if (settings->properties)
        bl_strbuf_adds(&text, settings->properties);
    if (bl_strbuf_check(&text, name, err) < 0 ||
        bl_properties_parse(name, text.text, text.len, &properties, err) < 0)
        return -1;
    if (settings->properties && refuse_files(name, &properties, err) < 0)
        return -1;
    return bl_security_apply(name, &properties, conf, err);
}

static int connect_allowed(int fd, const struct sockaddr *address, int len,
                           const char *id BL_UNUSED, void *opaque BL_UNUSED)
{
    if (bl_reach_forbids(address))
        return EACCES;
    return connect(fd, address, (socklen_t)len) == 0 || errno == EINPROGRESS ? 0 : errno;
}

int bl_observer_new(const struct bl_observer_settings *settings, struct bl_observer **ret_observer,
                    struct bl_error **err)
{
    BL_AUTO(bl_observer_cleanup) struct bl_observer *observer = BL_NEW(struct bl_observer);
    BL_AUTO(conf_cleanup) rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[512];

    observer->at_most = settings->at_most;
    observer->bootstrap = bl_strdup(settings->bootstrap);
    rd_kafka_conf_set_opaque(conf, observer);
    rd_kafka_conf_set_error_cb(conf, hear_error);
    rd_kafka_conf_set_log_cb(conf, drop_log);
    rd_kafka_conf_set_connect_cb(conf, connect_allowed);
    if (configure(settings, conf, err) < 0 ||
        bl_wire_security_new(conf, &observer->peers.security, err) < 0)
        return -1;
    observer->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (!observer->rk)
        return bl_fail(err, BL_ERR_INVALID, "cannot make a Kafka client: %s", why);
    (void)BL_STEAL(conf); /* the client has it now */
    if (rd_kafka_brokers_add(observer->rk, settings->bootstrap) == 0)
        return bl_fail(err, BL_ERR_INVALID, "\"%s\" names no broker", settings->bootstrap);
    *ret_observer = BL_STEAL(observer);
    return 0;
}

void bl_observer_free(struct bl_observer *observer)
{
    if (!observer)
        return;
    bl_peers_release(&observer->peers);
    if (observer->rk)
        rd_kafka_destroy(observer->rk);
    free(observer->why);
    free(observer->bootstrap);
    free(observer);
}

static void forget_cause(struct bl_observer *observer)
{
    free(BL_STEAL(observer->why));
    observer->cause = RD_KAFKA_RESP_ERR_NO_ERROR;
    observer->all_down = observer->too_large = false;
}

/* Before 2.6.1 its answer to the broker's nonce is wrong (librdkafka #4895), which brokers since 4.0 mind. */
static bool has_wrong_scram(const struct bl_observer *observer)
{
    const char *mechanism = observer->peers.security->mechanism;

    return mechanism && bl_text_starts(mechanism, "SCRAM-") && rd_kafka_version() < 0x020601ff;
}

static int explain_login(const struct bl_observer *observer, const char *why, struct bl_error **err)
{
    bl_fail(err, BL_ERR_FORBIDDEN, "authentication failed: %s", why);
    if (has_wrong_scram(observer))
        return bl_hint(
            err,
            "Look at username and password in sasl.jaas.config. Kafka 4.0 and later refuse the "
            "SCRAM of librdkafka %s, whatever the password is: take librdkafka 2.6.1, PLAIN "
            "with TLS, or a client's certificate.",
            rd_kafka_version_str());
    return bl_hint(err, "Look at sasl.mechanism and sasl.jaas.config, or the client's "
                        "certificate, in the file for --command-config.");
}

static int explain(const struct bl_observer *observer, rd_kafka_resp_err_t code,
                   struct bl_error **err)
{
    const char *why = observer->why ? observer->why : rd_kafka_err2str(code);

    if (observer->too_large)
        return bl_fail(err, BL_ERR_TOO_LARGE,
                       "too large to look after: a broker's answer has more than "
                       "%s bytes",
                       BL_ANSWER_MOST_CLIENT);
    switch (observer->cause) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        return explain_login(observer, why, err);
    case RD_KAFKA_RESP_ERR__SSL:
        bl_fail(err, BL_ERR_FORBIDDEN, "could not agree on TLS: %s", why);
        return bl_hint(err, "Look at ssl.truststore.location (PEM) in the file for "
                            "--command-config, and whether the certificate is for this host name.");
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        bl_fail(err, BL_ERR_UNAVAILABLE, "no broker answered in time: %s", why);
        break;
    default:
        bl_fail(err, BL_ERR_UNAVAILABLE, "could not connect to a broker: %s", why);
    }
    return bl_hint(err, "Look whether host and port are those of a listener that this machine "
                        "reaches, and whether it wants TLS or SASL (--command-config).");
}

static void topic_cleanup(rd_kafka_topic_t **topic)
{
    if (*topic)
        rd_kafka_topic_destroy(*topic);
}

/*
 * In slices, so that it is told at once that all are down, and not when the time is over. Without a topic librdkafka
 * asks for all of them, so we name one, be it there or not: it is brokers that are wanted.
 */
static int fetch_metadata(struct bl_observer *observer, bl_nsec deadline,
                          const struct rd_kafka_metadata **ret_metadata, struct bl_error **err)
{
    BL_AUTO(topic_cleanup)
    rd_kafka_topic_t *topic = rd_kafka_topic_new(observer->rk, BL_CANARY_TOPIC, NULL);

    forget_cause(observer);
    for (int slice = SLICE_MS;; slice += slice < SLICE_MOST_MS ? slice : 0) {
        rd_kafka_resp_err_t code = rd_kafka_metadata(observer->rk, 0, topic, ret_metadata,
                                                     bl_deadline_left(deadline, slice));

        if (!code)
            return 0;
        /* One who answers nonsense at once is not asked without a pause. */
        for (int pause = code == RD_KAFKA_RESP_ERR__TIMED_OUT ? 0 : PAUSE_MS;
             rd_kafka_poll(observer->rk, bl_deadline_left(deadline, pause)) > 0;)
            pause = 0;
        if (observer->all_down || observer->too_large || !bl_deadline_left(deadline, 1))
            return explain(observer, code, err);
    }
}

static int compare_brokers(const void *a, const void *b)
{
    int32_t one = ((const struct bl_broker *)a)->id, other = ((const struct bl_broker *)b)->id;

    return (one > other) - (one < other);
}

static int copy_brokers(const struct rd_kafka_metadata *metadata, struct bl_cluster *cluster,
                        struct bl_error **err)
{
    const struct bl_limit most = BL_LIMIT_BROKERS, longest = BL_LIMIT_HOST;
    size_t count = (size_t)metadata->broker_cnt;

    if (bl_limit_is_passed(&most, count))
        return bl_limit_fail(&most, count, err);
    for (size_t i = 0; i < count; i++) {
        const struct rd_kafka_metadata_broker *from = &metadata->brokers[i];

        if (bl_limit_is_passed(&longest, strlen(from->host)))
            return bl_limit_fail(&longest, strlen(from->host), err);
        *BL_PUSH(&cluster->brokers) =
            (struct bl_broker){.id = from->id, .host = bl_strdup(from->host), .port = from->port};
    }
    if (cluster->brokers.items)
        qsort(cluster->brokers.items, count, sizeof(*cluster->brokers.items), compare_brokers);
    return 0;
}

static void take_cluster_id(rd_kafka_t *rk, struct bl_cluster *cluster)
{
    char *id = rd_kafka_clusterid(rk, 0); /* came with the metadata */

    cluster->id = bl_strdup(id ? id : "");
    rd_kafka_mem_free(rk, id);
}

/* How many brokers does this one tell of? BL_ERR_TOO_LARGE where those are too many. */
static int count_brokers(const struct bl_observer *observer, const char *address, bl_nsec deadline,
                         struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf host = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_wire_cleanup) struct bl_wire *wire = NULL;
    BL_AUTO(bl_wire_brokers_release) struct bl_wire_brokers brokers = {.controller = -1};
    int port;

    if (bl_address_split(address, &host, &port, err) < 0 ||
        bl_wire_open(observer->peers.security, host.text, port, deadline, &wire, err) < 0)
        return -1;
    return bl_wire_metadata(wire, deadline, &brokers, err);
}

/*
 * librdkafka starts a thread for each broker that it is told of, and we count them only then: so they are counted once
 * before. Where that fails for another reason, librdkafka explains it better.
 */
static int vet(struct bl_observer *observer, bl_nsec deadline, struct bl_error **err)
{
    for (const char *at = observer->bootstrap; *at && !observer->counted;) {
        size_t len = strcspn(at, ",");
        BL_AUTO_FREE char *address = bl_strndup(at, len);
        bl_nsec now = bl_clock_now(&bl_clock_real);
        BL_ERROR(why);

        observer->counted =
            count_brokers(observer, address, now + (deadline - now) / VET_SHARE, &why) == 0;
        if (why && bl_error_code(why) == BL_ERR_TOO_LARGE) {
            *err = BL_STEAL(why);
            return -1;
        }
        if (why &&
            bl_error_code(why) == BL_ERR_FORBIDDEN) /* the others would count it as an attack */
            break;
        at += len + (at[len] == ',');
    }
    return 0;
}

int bl_observer_look(struct bl_observer *observer, struct bl_cluster *ret_cluster,
                     struct bl_error **err)
{
    BL_AUTO(bl_cluster_release)
    struct bl_cluster cluster = {.controller = -1,
                                 .quorum = {.leader = -1},
                                 .metadata_version = -1,
                                 .max_metadata_version = -1};
    const struct rd_kafka_metadata *metadata;
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + observer->at_most;
    int rc;

    if (vet(observer, deadline, err) < 0 || fetch_metadata(observer, deadline, &metadata, err) < 0)
        return -1;
    rc = copy_brokers(metadata, &cluster, err);
    rd_kafka_metadata_destroy(metadata);
    if (rc < 0)
        return -1;
    take_cluster_id(observer->rk, &cluster);
    bl_brokers_probe(observer->rk, deadline, &cluster);
    if (!cluster.brokers.len) {
        bl_fail(err, BL_ERR_UNAVAILABLE, "no broker answers at the address that it advertises");
        return bl_hint(err, "Run it where those addresses can be reached, such as in a pod of the "
                            "cluster, or name a listener that advertises others.");
    }
    bl_peers_sync(&observer->peers, &cluster);
    if (bl_topics_look(&observer->peers, deadline, &cluster, err) < 0 ||
        bl_peers_look(&observer->peers, deadline, &cluster, err) < 0)
        return -1;
    *ret_cluster = cluster;
    cluster = (struct bl_cluster){0};
    return 0;
}
