#include <stdlib.h>

#include "ballast/base/mem.h"
#include "wire.h"

/* Two seconds, what controller.quorum.fetch.timeout.ms is unless someone set it: Strimzi's rule. */
#define CAUGHT_UP_MS 2000

void bl_wire_offer_release(struct bl_wire_offer *offer)
{
    free(offer->apis.items);
    *offer = (struct bl_wire_offer){0};
}

bool bl_wire_offers(const struct bl_wire_offer *offer, int16_t key, int16_t version)
{
    for (size_t i = 0; i < offer->apis.len; i++)
        if (offer->apis.items[i].key == key)
            return offer->apis.items[i].min <= version && version <= offer->apis.items[i].max;
    return false;
}

void bl_wire_partitions_release(struct bl_wire_partitions *partitions)
{
    for (size_t i = 0; i < partitions->len; i++)
        free(partitions->items[i].replicas.items);
    free(partitions->items);
    *partitions = (struct bl_wire_partitions){0};
}

void bl_wire_brokers_release(struct bl_wire_brokers *brokers)
{
    for (size_t i = 0; i < brokers->len; i++) {
        free(brokers->items[i].host);
        free(brokers->items[i].rack);
    }
    free(brokers->items);
    *brokers = (struct bl_wire_brokers){.controller = -1};
}

static bool is_metadata_version(struct bl_wire_text name)
{
    static const char wanted[] = "metadata.version";

    return name.len == sizeof(wanted) - 1 && memcmp(name.text, wanted, name.len) == 0;
}

/* Level of metadata.version: of supported features the second number, of finalized ones the first. */
static int64_t read_level(struct bl_wire_reader *in, bool finalized)
{
    int64_t level = -1;

    for (size_t left = bl_wire_get_count(in); left && !in->bad; left--) {
        struct bl_wire_text name = bl_wire_get_compact(in);
        int16_t one = bl_wire_get_i16(in), two = bl_wire_get_i16(in);

        bl_wire_skip_tags(in);
        if (is_metadata_version(name))
            level = finalized ? one : two;
    }
    return level;
}

/* Tagged fields: 0 are the supported features, 2 the finalized ones. */
static void read_features(struct bl_wire_reader *in, struct bl_wire_offer *offer)
{
    for (uint32_t left = bl_wire_get_uvarint(in); left && !in->bad; left--) {
        uint32_t tag = bl_wire_get_uvarint(in), size = bl_wire_get_uvarint(in);
        struct bl_wire_reader field = *in;

        bl_wire_skip(in, size);
        if (in->bad)
            return;
        field.end = in->at;
        if (tag == 0)
            offer->max_metadata_version = read_level(&field, false);
        else if (tag == 2)
            offer->metadata_version = read_level(&field, true);
        in->bad = field.bad;
    }
}

int bl_wire_decode_versions(const struct bl_strbuf *response, struct bl_wire_offer *ret_offer,
                            struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_wire_offer_release)
    struct bl_wire_offer offer = {.metadata_version = -1, .max_metadata_version = -1};
    int16_t code = bl_wire_get_i16(&in);

    /* A broker before 2.4 answers in the oldest form that it does not know this one. */
    if (!in.bad && code)
        return bl_wire_fail(err, "ApiVersions", code, (struct bl_wire_text){NULL, 0});
    for (size_t left = bl_wire_get_count(&in); left && !in.bad; left--) {
        struct bl_wire_api *api = BL_PUSH(&offer.apis);

        api->key = bl_wire_get_i16(&in);
        api->min = bl_wire_get_i16(&in);
        api->max = bl_wire_get_i16(&in);
        bl_wire_skip_tags(&in);
    }
    (void)bl_wire_get_i32(&in); /* how long we are throttled */
    read_features(&in, &offer);
    if (bl_wire_end(&in, "ApiVersions", err) < 0)
        return -1;
    *ret_offer = offer;
    offer = (struct bl_wire_offer){0};
    return 0;
}

int bl_wire_decode_metadata(const struct bl_strbuf *response, struct bl_wire_brokers *ret_brokers,
                            struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_wire_brokers_release) struct bl_wire_brokers brokers = {.controller = -1};

    (void)bl_wire_get_i32(&in); /* how long we are throttled */
    for (size_t left = bl_wire_get_array(&in); left && !in.bad; left--) {
        struct bl_broker *broker = BL_PUSH(&brokers);
        struct bl_wire_text rack;

        broker->id = bl_wire_get_i32(&in);
        broker->host = bl_wire_text_copy(bl_wire_get_string(&in));
        broker->port = bl_wire_get_i32(&in);
        rack = bl_wire_get_string(&in);
        broker->rack = rack.text ? bl_wire_text_copy(rack) : NULL;
    }
    (void)bl_wire_get_string(&in); /* the cluster's id */
    brokers.controller = bl_wire_get_i32(&in);
    if (bl_wire_end(&in, "Metadata", err) < 0)
        return -1;
    *ret_brokers = brokers;
    brokers = (struct bl_wire_brokers){0};
    return 0;
}

/* When it had caught up is kept in `behind_ms` until the leader's own time is known. */
static void read_voter(struct bl_wire_reader *in, int16_t version, struct bl_voter *voter)
{
    voter->id = bl_wire_get_i32(in);
    if (version >= 2)
        bl_wire_skip(in, 16); /* the id of its folder */
    voter->log_end = bl_wire_get_i64(in);
    voter->behind_ms = -1;
    if (version >= 1) {
        (void)bl_wire_get_i64(in); /* when it last fetched */
        voter->behind_ms = bl_wire_get_i64(in);
    }
    bl_wire_skip_tags(in);
}

static void measure_voters(struct bl_quorum *quorum)
{
    const struct bl_voter *leader = bl_quorum_voter(quorum, quorum->leader);
    int64_t now = leader ? leader->behind_ms : -1;

    for (size_t i = 0; i < quorum->voters.len; i++) {
        struct bl_voter *voter = &quorum->voters.items[i];
        bool known = now >= 0 && voter->behind_ms >= 0;
        bool leads = voter->id == quorum->leader;
        int64_t behind = known && voter->behind_ms < now ? now - voter->behind_ms : 0;

        voter->behind_ms = leads ? 0 : known ? behind : -1;
        voter->caught_up = leads || (known && behind < CAUGHT_UP_MS);
    }
}

static int read_quorum(struct bl_wire_reader *in, int16_t version, struct bl_quorum *quorum,
                       struct bl_error **err)
{
    struct bl_wire_text said = {NULL, 0};
    int16_t code;

    (void)bl_wire_get_i32(in); /* its partition, of which there is one */
    code = bl_wire_get_i16(in);
    if (version >= 2)
        said = bl_wire_get_compact(in);
    if (!in->bad && code)
        return bl_wire_fail(err, "DescribeQuorum", code, said);
    quorum->leader = bl_wire_get_i32(in);
    (void)bl_wire_get_i32(in); /* the leader's epoch */
    (void)bl_wire_get_i64(in); /* the high watermark */
    for (size_t left = bl_wire_get_count(in); left && !in->bad; left--)
        read_voter(in, version, BL_PUSH(&quorum->voters));
    for (size_t left = bl_wire_get_count(in); left && !in->bad; left--) {
        struct bl_voter observer;

        read_voter(in, version, &observer);
    }
    bl_wire_skip_tags(in);
    measure_voters(quorum);
    return 0;
}

/* The first address that each node listens at for other controllers. */
static void read_nodes(struct bl_wire_reader *in, struct bl_quorum *quorum)
{
    for (size_t nodes = bl_wire_get_count(in); nodes && !in->bad; nodes--) {
        struct bl_voter *voter = (struct bl_voter *)bl_quorum_voter(quorum, bl_wire_get_i32(in));

        for (size_t left = bl_wire_get_count(in); left && !in->bad; left--) {
            struct bl_wire_text host;

            (void)bl_wire_get_compact(in); /* the listener's name */
            host = bl_wire_get_compact(in);
            if (voter && !voter->host) {
                voter->host = bl_wire_text_copy(host);
                voter->port = (uint16_t)bl_wire_get_i16(in);
            } else {
                (void)bl_wire_get_i16(in);
            }
            bl_wire_skip_tags(in);
        }
        bl_wire_skip_tags(in);
    }
}

void bl_quorum_release(struct bl_quorum *quorum)
{
    for (size_t i = 0; i < quorum->voters.len; i++)
        free(quorum->voters.items[i].host);
    free(quorum->voters.items);
    *quorum = (struct bl_quorum){.leader = -1};
}

static int compare_voters(const void *a, const void *b)
{
    int32_t one = ((const struct bl_voter *)a)->id, other = ((const struct bl_voter *)b)->id;

    return (one > other) - (one < other);
}

int bl_wire_decode_quorum(const struct bl_strbuf *response, int16_t version,
                          struct bl_quorum *ret_quorum, struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_quorum_release) struct bl_quorum quorum = {.leader = -1};
    struct bl_wire_text said = {NULL, 0};
    int16_t code = bl_wire_get_i16(&in);

    if (version >= 2)
        said = bl_wire_get_compact(&in);
    if (!in.bad && code)
        return bl_wire_fail(err, "DescribeQuorum", code, said);
    for (size_t topics = bl_wire_get_count(&in); topics && !in.bad; topics--) {
        (void)bl_wire_get_compact(&in); /* its name */
        for (size_t left = bl_wire_get_count(&in); left && !in.bad; left--)
            if (read_quorum(&in, version, &quorum, err) < 0)
                return -1;
        bl_wire_skip_tags(&in);
    }
    if (version >= 2)
        read_nodes(&in, &quorum);
    if (bl_wire_end(&in, "DescribeQuorum", err) < 0)
        return -1;
    if (quorum.voters.len)
        qsort(quorum.voters.items, quorum.voters.len, sizeof(struct bl_voter), compare_voters);
    quorum.known = true;
    *ret_quorum = quorum;
    quorum = (struct bl_quorum){0};
    return 0;
}

static int decode_code(struct bl_wire_reader *in, const char *what, bool has_text,
                       int16_t *ret_code, struct bl_error **err)
{
    struct bl_wire_text said = {NULL, 0};
    int16_t code;

    (void)bl_wire_get_i32(in); /* how long we are throttled */
    code = bl_wire_get_i16(in);
    if (has_text)
        said = bl_wire_get_compact(in);
    if (!in->bad && code && code != BL_WIRE_NOT_CONTROLLER)
        return bl_wire_fail(err, what, code, said);
    *ret_code = code;
    return 0;
}

/* Topics, of each its partitions, of each a code and a text. */
static void read_results(struct bl_wire_reader *in, struct bl_wire_partitions *results)
{
    for (size_t topics = bl_wire_get_count(in); topics && !in->bad; topics--) {
        struct bl_wire_text topic = bl_wire_get_compact(in);

        for (size_t left = bl_wire_get_count(in); left && !in->bad; left--) {
            struct bl_wire_partition *result = BL_PUSH(results);

            result->topic = topic;
            result->partition = bl_wire_get_i32(in);
            result->code = bl_wire_get_i16(in);
            result->said = bl_wire_get_compact(in);
            bl_wire_skip_tags(in);
        }
        bl_wire_skip_tags(in);
    }
}

static int decode_results(const struct bl_strbuf *response, const char *what, bool has_text,
                          struct bl_wire_partitions *ret_results, int16_t *ret_code,
                          struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions results = {0};
    int16_t code = 0;

    if (decode_code(&in, what, has_text, &code, err) < 0)
        return -1;
    read_results(&in, &results);
    if (bl_wire_end(&in, what, err) < 0)
        return -1;
    *ret_code = code;
    *ret_results = results;
    results = (struct bl_wire_partitions){0};
    return 0;
}

int bl_wire_decode_elect(const struct bl_strbuf *response, struct bl_wire_partitions *ret_results,
                         int16_t *ret_code, struct bl_error **err)
{
    return decode_results(response, "ElectLeaders", false, ret_results, ret_code, err);
}

int bl_wire_decode_alter(const struct bl_strbuf *response, struct bl_wire_partitions *ret_results,
                         int16_t *ret_code, struct bl_error **err)
{
    return decode_results(response, "AlterPartitionReassignments", true, ret_results, ret_code,
                          err);
}

static void skip_ids(struct bl_wire_reader *in)
{
    for (size_t left = bl_wire_get_count(in); left && !in->bad; left--)
        (void)bl_wire_get_i32(in);
}

static void read_moving(struct bl_wire_reader *in, struct bl_wire_partitions *moving)
{
    for (size_t topics = bl_wire_get_count(in); topics && !in->bad; topics--) {
        struct bl_wire_text topic = bl_wire_get_compact(in);

        for (size_t left = bl_wire_get_count(in); left && !in->bad; left--) {
            struct bl_wire_partition *partition = BL_PUSH(moving);

            partition->topic = topic;
            partition->partition = bl_wire_get_i32(in);
            skip_ids(in); /* all replicas, those that come, those that go */
            skip_ids(in);
            skip_ids(in);
            bl_wire_skip_tags(in);
        }
        bl_wire_skip_tags(in);
    }
}

int bl_wire_decode_list(const struct bl_strbuf *response, struct bl_wire_partitions *ret_moving,
                        int16_t *ret_code, struct bl_error **err)
{
    static const char what[] = "ListPartitionReassignments";
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions moving = {0};
    int16_t code = 0;

    if (decode_code(&in, what, true, &code, err) < 0)
        return -1;
    read_moving(&in, &moving);
    if (bl_wire_end(&in, what, err) < 0)
        return -1;
    *ret_code = code;
    *ret_moving = moving;
    moving = (struct bl_wire_partitions){0};
    return 0;
}

int bl_wire_decode_features(const struct bl_strbuf *response, int16_t *ret_code,
                            struct bl_error **err)
{
    static const char what[] = "UpdateFeatures";
    struct bl_wire_reader in = bl_wire_read(response);
    int16_t code = 0;

    if (decode_code(&in, what, true, &code, err) < 0)
        return -1;
    for (size_t left = bl_wire_get_count(&in); left && !in.bad; left--) {
        (void)bl_wire_get_compact(&in); /* the feature, of which we name one */
        int16_t its = bl_wire_get_i16(&in);
        struct bl_wire_text said = bl_wire_get_compact(&in);

        bl_wire_skip_tags(&in);
        if (!in.bad && its == BL_WIRE_NOT_CONTROLLER)
            code = its;
        else if (!in.bad && its)
            return bl_wire_fail(err, what, its, said);
    }
    if (bl_wire_end(&in, what, err) < 0)
        return -1;
    *ret_code = code;
    return 0;
}
