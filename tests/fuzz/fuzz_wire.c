/* Any bytes as a broker's answer, by each decoder; as a challenge of SCRAM; as ZooKeeper's words; as moves that were
 * kept. The first byte says which. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "moves.h"
#include "wire/alter_partition_reassignments.h"
#include "wire/api_versions.h"
#include "wire/describe_configs.h"
#include "wire/describe_log_dirs.h"
#include "wire/describe_quorum.h"
#include "wire/elect_leaders.h"
#include "wire/list_partition_reassignments.h"
#include "wire/metadata.h"
#include "wire/sasl_authenticate.h"
#include "wire/sasl_handshake.h"
#include "wire/scram.h"
#include "wire/update_features.h"
#include "zookeeper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As much as an answer may have: with -max_len=4194305 libFuzzer tries it. */
#define MAX_INPUT ((size_t)4 << 20)

/* Nothing is larger than what it was read from. */
static void check_partitions(const struct bl_wire_partitions *partitions,
                             const struct bl_strbuf *bytes)
{
    const char *end = bytes->text + bytes->len;

    if (partitions->len > bytes->len)
        abort();
    for (size_t i = 0; i < partitions->len; i++) {
        struct bl_wire_text topic = partitions->items[i].topic;

        if (topic.text && (topic.text < bytes->text || topic.text + topic.len > end))
            abort();
    }
}

/* What those rely on who look things up, and within the limits. */
static void check_topics(const struct bl_cluster *cluster)
{
    size_t partitions = 0;

    if (cluster->topics.len > BL_LIMIT_TOPICS.most)
        abort();
    for (size_t t = 0; t < cluster->topics.len; t++) {
        const struct bl_topic *topic = &cluster->topics.items[t];

        if (!topic->partitions.len || (t && strcmp(topic[-1].name, topic->name) > 0))
            abort();
        partitions += topic->partitions.len;
        for (size_t p = 0; p < topic->partitions.len; p++)
            if (topic->partitions.items[p].replicas.len > BL_LIMIT_REPLICAS.most ||
                topic->partitions.items[p].isr.len > BL_LIMIT_REPLICAS.most)
                abort();
    }
    if (partitions > BL_LIMIT_PARTITIONS.most)
        abort();
}

/* Topics, or settings of the topic "orders". */
static int decode_topics(int which, const struct bl_strbuf *bytes, struct bl_error **err)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};

    if (which == 16) {
        int rc = bl_wire_decode_topics(bytes, &cluster, err);

        check_topics(&cluster);
        return rc;
    }
    *BL_PUSH(&cluster.topics) = (struct bl_topic){.name = bl_strdup("orders"), .min_isr = -1};
    if (bl_wire_decode_describe_configs(bytes, &cluster, err) < 0)
        return -1;
    if (cluster.topics.items[0].min_isr < BL_WIRE_MIN_ISR_GONE)
        abort();
    return 0;
}

static int decode_facts(int which, const struct bl_strbuf *bytes, struct bl_error **err)
{
    BL_AUTO(bl_wire_offer_release) struct bl_wire_offer offer = {0};
    BL_AUTO(bl_wire_brokers_release) struct bl_wire_brokers brokers = {0};
    BL_AUTO(bl_quorum_release) struct bl_quorum quorum = {0};
    BL_AUTO(bl_log_dirs_release) struct bl_log_dirs dirs = {0};

    switch (which) {
    case 0:
        return bl_wire_decode_api_versions(bytes, &offer, err);
    case 1:
        return bl_wire_decode_metadata(bytes, &brokers, err);
    case 2:
    case 3:
    case 4:
        return bl_wire_decode_describe_quorum(bytes, (int16_t)(which - 2), &quorum, err);
    case 5:
        return bl_wire_decode_describe_log_dirs(bytes, 1, &dirs, err);
    default:
        return bl_wire_decode_describe_log_dirs(bytes, 4, &dirs, err);
    }
}

static int decode_acts(int which, const struct bl_strbuf *bytes, struct bl_error **err)
{
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions partitions = {0};
    struct bl_wire_text token = {NULL, 0};
    int16_t code;
    int rc;

    switch (which) {
    case 6:
        rc = bl_wire_decode_elect_leaders(bytes, &partitions, &code, err);
        break;
    case 7:
        rc = bl_wire_decode_alter_partition_reassignments(bytes, &partitions, &code, err);
        break;
    case 8:
        rc = bl_wire_decode_list_partition_reassignments(bytes, &partitions, &code, err);
        break;
    case 9:
        return bl_wire_decode_update_features(bytes, &code, err);
    case 10:
        return bl_wire_decode_sasl_handshake(bytes, err);
    default:
        return bl_wire_decode_sasl_authenticate(bytes, &token, err);
    }
    check_partitions(&partitions, bytes);
    return rc;
}

/* The first line is the challenge, the rest what comes last. */
static void log_in(const struct bl_strbuf *bytes)
{
    BL_AUTO(bl_scram_release)
    struct bl_scram scram = {.username = "u", .password = "p", .first_bare = BL_STRBUF_INIT(1)};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(MAX_INPUT);
    const char *end = memchr(bytes->text, '\n', bytes->len);
    size_t first = end ? (size_t)(end - bytes->text) : bytes->len;
    BL_ERROR(err);
    BL_ERROR(last);

    if (bl_scram_first(&scram, "nonce", &out, &err) < 0)
        abort();
    if (bl_scram_answer(&scram, (struct bl_wire_text){bytes->text, first}, &out, &err) < 0)
        return;
    if (bl_scram_check(
            &scram, (struct bl_wire_text){bytes->text + first + !!end, bytes->len - first - !!end},
            &last) == 0 &&
        !end)
        abort();
}

static void read_words(const char *text)
{
    struct bl_zookeeper_server server = {0};

    bl_zookeeper_read_srvr(text, &server);
    bl_zookeeper_read_mntr(text, &server);
    if (!*bl_zookeeper_mode_name(server.mode) || server.synced < -1 || server.outstanding < -1)
        abort();
    free(server.version);
    free(server.why);
}

static void read_moves(const char *text)
{
    BL_AUTO(bl_moves_release) struct bl_moves moves = {0};
    BL_ERROR(err);

    if (strlen(text) > 4096 || strchr(text, '-')) /* a range of a few bytes is a million moves */
        return;
    if (bl_moves_parse(text, &moves, &err) == 0 && moves.len > strlen(text))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf bytes = BL_STRBUF_INIT(MAX_INPUT);
    BL_ERROR(err);
    int which, rc = 0;

    if (size < 1 || size > MAX_INPUT)
        return 0;
    which = data[0] % 18;
    bl_strbuf_add(&bytes, (const char *)data + 1, size - 1);
    if (which < 6 || which == 15)
        rc = decode_facts(which, &bytes, &err);
    else if (which < 12)
        rc = decode_acts(which, &bytes, &err);
    else if (which == 12)
        log_in(&bytes);
    else if (which == 13)
        read_words(bytes.text);
    else if (which == 14)
        read_moves(bytes.text);
    else
        rc = decode_topics(which, &bytes, &err);
    if ((rc < 0) != (err != NULL))
        abort();
    return 0;
}
