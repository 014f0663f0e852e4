#include "describe_quorum.h"

#include <stdlib.h>

#include "ballast/base/mem.h"
#include "errors.h"

#define NAME "DescribeQuorum"
#define KEY 55
#define NEWEST 2

/* Two seconds, what controller.quorum.fetch.timeout.ms is unless someone set it: Strimzi's rule. */
#define CAUGHT_UP_MS 2000

bool bl_wire_has_quorum(const struct bl_wire_offer *offer)
{
    return bl_wire_offers(offer, KEY, 0);
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
        return bl_wire_fail(err, NAME, code, said);
    quorum->leader = bl_wire_get_i32(in);
    (void)bl_wire_get_i32(in); /* the leader's epoch */
    (void)bl_wire_get_i64(in); /* the high watermark */
    for (size_t left = bl_wire_get_count(in, BL_LIMIT_VOTERS); left && !in->bad; left--)
        read_voter(in, version, BL_PUSH(&quorum->voters));
    for (size_t left = bl_wire_get_count(in, BL_LIMIT_OBSERVERS); left && !in->bad; left--) {
        struct bl_voter observer;

        read_voter(in, version, &observer);
    }
    bl_wire_skip_tags(in);
    return 0;
}

/* The first address that each node listens at for other controllers. */
static void read_nodes(struct bl_wire_reader *in, struct bl_quorum *quorum)
{
    for (size_t nodes = bl_wire_get_count(in, BL_LIMIT_NODES); nodes && !in->bad; nodes--) {
        struct bl_voter *voter = (struct bl_voter *)bl_quorum_voter(quorum, bl_wire_get_i32(in));

        for (size_t left = bl_wire_get_count(in, BL_LIMIT_LISTENERS); left && !in->bad; left--) {
            struct bl_wire_text host;

            (void)bl_wire_get_compact(in); /* the listener's name */
            host = bl_wire_limit(in, bl_wire_get_compact(in), BL_LIMIT_HOST);
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

static int compare_voters(const void *a, const void *b)
{
    int32_t one = ((const struct bl_voter *)a)->id, other = ((const struct bl_voter *)b)->id;

    return (one > other) - (one < other);
}

int bl_wire_decode_describe_quorum(const struct bl_strbuf *response, int16_t version,
                                   struct bl_quorum *ret_quorum, struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_quorum_release) struct bl_quorum quorum = {.leader = -1};
    struct bl_wire_text said = {NULL, 0};
    int16_t code = bl_wire_get_i16(&in);

    if (version >= 2)
        said = bl_wire_get_compact(&in);
    if (!in.bad && code)
        return bl_wire_fail(err, NAME, code, said);
    for (size_t topics = bl_wire_get_count(&in, BL_LIMIT_QUORUMS); topics && !in.bad; topics--) {
        (void)bl_wire_get_compact(&in); /* its name */
        for (size_t left = bl_wire_get_count(&in, BL_LIMIT_QUORUMS); left && !in.bad; left--)
            if (read_quorum(&in, version, &quorum, err) < 0)
                return -1;
        bl_wire_skip_tags(&in);
    }
    if (quorum.voters.len) /* by id from here on, as they are looked up */
        qsort(quorum.voters.items, quorum.voters.len, sizeof(struct bl_voter), compare_voters);
    measure_voters(&quorum);
    if (version >= 2)
        read_nodes(&in, &quorum);
    if (bl_wire_end(&in, NAME, err) < 0)
        return -1;
    quorum.known = true;
    *ret_quorum = quorum;
    quorum = (struct bl_quorum){0};
    return 0;
}

static int16_t newest(const struct bl_wire *wire)
{
    int16_t version = NEWEST;

    while (version > 0 && !bl_wire_offers(bl_wire_get_offer(wire), KEY, version))
        version--;
    return version;
}

int bl_wire_describe_quorum(struct bl_wire *wire, bl_nsec deadline, struct bl_quorum *ret_quorum,
                            struct bl_error **err)
{
    const struct bl_wire_api api = {.name = NAME,
                                    .key = KEY,
                                    .version = newest(wire),
                                    .most = BL_ANSWER_MOST,
                                    .flexible = true};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_WIRE_BODY_INIT;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_WIRE_RESPONSE_INIT;

    bl_wire_put_count(&body, 1);
    bl_wire_put_compact(&body, bl_wire_text("__cluster_metadata"));
    bl_wire_put_count(&body, 1);
    bl_wire_put_i32(&body, 0);
    bl_wire_put_no_tags(&body);
    bl_wire_put_no_tags(&body);
    bl_wire_put_no_tags(&body);
    if (bl_wire_call(wire, &api, &body, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_describe_quorum(&response, api.version, ret_quorum, err);
}
