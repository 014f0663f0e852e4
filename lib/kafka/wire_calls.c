#include <string.h>

#include "socket.h"
#include "wire.h"

/* Key, version, and whether that version is flexible. */
#define METADATA 3, 5, false
#define API_VERSIONS 18, 3, true
#define LOG_DIRS 35, 1, false
#define ELECT_LEADERS 43, 2, true
#define ALTER_REASSIGNMENTS 45, 0, true
#define LIST_REASSIGNMENTS 46, 0, true
#define DESCRIBE_QUORUM 55
#define UPDATE_FEATURES 57, 1, true

/* How long the controller may take; the caller's deadline may be sooner. */
#define CONTROLLER_MS 30000

#define BODY(name) \
    BL_AUTO(bl_strbuf_release) struct bl_strbuf name = BL_STRBUF_INIT(BL_WIRE_MAX_REQUEST)
#define ANSWER(name) \
    BL_AUTO(bl_strbuf_release) struct bl_strbuf name = BL_STRBUF_INIT(BL_WIRE_MAX_BYTES)

int bl_wire_versions(struct bl_wire *wire, bl_nsec deadline, struct bl_wire_offer *ret_offer,
                     struct bl_error **err)
{
    BODY(body);
    ANSWER(response);

    bl_wire_put_compact(&body, bl_wire_text("ballast"));
    bl_wire_put_compact(&body, bl_wire_text("0"));
    bl_wire_put_no_tags(&body);
    if (bl_wire_call(wire, API_VERSIONS, &body, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_versions(&response, ret_offer, err);
}

int bl_wire_metadata(struct bl_wire *wire, bl_nsec deadline, struct bl_wire_brokers *ret_brokers,
                     struct bl_error **err)
{
    BODY(body);
    ANSWER(response);

    bl_wire_put_i32(&body, 0); /* of no topics */
    bl_wire_put_i8(&body, 0);  /* make none */
    if (bl_wire_call(wire, METADATA, &body, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_metadata(&response, ret_brokers, err);
}

/* The newest that both know. */
static int16_t quorum_version(const struct bl_wire *wire)
{
    int16_t version = 2;

    while (version > 0 && !bl_wire_offers(bl_wire_get_offer(wire), DESCRIBE_QUORUM, version))
        version--;
    return version;
}

int bl_wire_quorum(struct bl_wire *wire, bl_nsec deadline, struct bl_quorum *ret_quorum,
                   struct bl_error **err)
{
    int16_t version = quorum_version(wire);
    BODY(body);
    ANSWER(response);

    bl_wire_put_count(&body, 1);
    bl_wire_put_compact(&body, bl_wire_text("__cluster_metadata"));
    bl_wire_put_count(&body, 1);
    bl_wire_put_i32(&body, 0);
    bl_wire_put_no_tags(&body);
    bl_wire_put_no_tags(&body);
    bl_wire_put_no_tags(&body);
    if (bl_wire_call(wire, DESCRIBE_QUORUM, version, true, &body, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_quorum(&response, version, ret_quorum, err);
}

int bl_wire_log_dirs(struct bl_wire *wire, bl_nsec deadline, struct bl_log_dirs *ret_dirs,
                     struct bl_error **err)
{
    BODY(body);
    ANSWER(response);

    bl_wire_put_i32(&body, -1); /* of all topics */
    if (bl_wire_call(wire, LOG_DIRS, &body, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_log_dirs(&response, ret_dirs, err);
}

static bool is_same_topic(struct bl_wire_text a, struct bl_wire_text b)
{
    return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

/* How many from `at` on are of one topic. */
static size_t run_of(const struct bl_wire_partition *at, size_t left)
{
    size_t len = 1;

    while (len < left && is_same_topic(at[len].topic, at->topic))
        len++;
    return len;
}

static void put_order(struct bl_strbuf *out, const struct bl_wire_partition *partition)
{
    bl_wire_put_i32(out, partition->partition);
    bl_wire_put_count(out, partition->replicas.len);
    for (size_t i = 0; i < partition->replicas.len; i++)
        bl_wire_put_i32(out, partition->replicas.items[i]);
    bl_wire_put_no_tags(out);
}

static void put_partitions(struct bl_strbuf *out, const struct bl_wire_partition *items,
                           size_t count, bool with_order)
{
    size_t topics = 0, run;

    for (size_t i = 0; i < count; i += run_of(items + i, count - i))
        topics++;
    bl_wire_put_count(out, topics);
    for (size_t i = 0; i < count; i += run) {
        run = run_of(items + i, count - i);
        bl_wire_put_compact(out, items[i].topic);
        bl_wire_put_count(out, run);
        for (size_t p = i; p < i + run; p++) {
            if (with_order)
                put_order(out, &items[p]);
            else
                bl_wire_put_i32(out, items[p].partition);
        }
        bl_wire_put_no_tags(out);
    }
}

int bl_wire_elect(struct bl_wire *wire, const struct bl_wire_partitions *partitions, size_t first,
                  size_t count, bl_nsec deadline, struct bl_strbuf *response,
                  struct bl_wire_partitions *ret_results, int16_t *ret_code, struct bl_error **err)
{
    BODY(body);

    bl_wire_put_i8(&body, 0); /* the preferred one; 1 would elect one that is out of sync */
    put_partitions(&body, partitions->items + first, count, false);
    bl_wire_put_i32(&body, bl_deadline_left(deadline, CONTROLLER_MS));
    bl_wire_put_no_tags(&body);
    if (bl_wire_call(wire, ELECT_LEADERS, &body, deadline, response, err) < 0)
        return -1;
    return bl_wire_decode_elect(response, ret_results, ret_code, err);
}

int bl_wire_alter(struct bl_wire *wire, const struct bl_wire_partitions *partitions, size_t first,
                  size_t count, bl_nsec deadline, struct bl_strbuf *response,
                  struct bl_wire_partitions *ret_results, int16_t *ret_code, struct bl_error **err)
{
    BODY(body);

    bl_wire_put_i32(&body, bl_deadline_left(deadline, CONTROLLER_MS));
    put_partitions(&body, partitions->items + first, count, true);
    bl_wire_put_no_tags(&body);
    if (bl_wire_call(wire, ALTER_REASSIGNMENTS, &body, deadline, response, err) < 0)
        return -1;
    return bl_wire_decode_alter(response, ret_results, ret_code, err);
}

int bl_wire_list(struct bl_wire *wire, bl_nsec deadline, struct bl_strbuf *response,
                 struct bl_wire_partitions *ret_moving, int16_t *ret_code, struct bl_error **err)
{
    BODY(body);

    bl_wire_put_i32(&body, bl_deadline_left(deadline, CONTROLLER_MS));
    bl_wire_put_no_array(&body); /* all of them */
    bl_wire_put_no_tags(&body);
    if (bl_wire_call(wire, LIST_REASSIGNMENTS, &body, deadline, response, err) < 0)
        return -1;
    return bl_wire_decode_list(response, ret_moving, ret_code, err);
}

int bl_wire_raise(struct bl_wire *wire, const char *feature, int16_t level, bool validate_only,
                  bl_nsec deadline, int16_t *ret_code, struct bl_error **err)
{
    BODY(body);
    ANSWER(response);

    bl_wire_put_i32(&body, bl_deadline_left(deadline, CONTROLLER_MS));
    bl_wire_put_count(&body, 1);
    bl_wire_put_compact(&body, bl_wire_text(feature));
    bl_wire_put_i16(&body, level);
    bl_wire_put_i8(&body, 1); /* up; the others take it back, and may lose what was written */
    bl_wire_put_no_tags(&body);
    bl_wire_put_i8(&body, validate_only);
    bl_wire_put_no_tags(&body);
    if (bl_wire_call(wire, UPDATE_FEATURES, &body, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_features(&response, ret_code, err);
}
