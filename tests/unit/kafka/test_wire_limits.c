/* Each list at its limit and one beyond, negative and endless ones: refused as a whole, before the first item is read. */
#include <string.h>

#include "ballast/base/mem.h"
#include "unit.h"
#include "wire/api_versions.h"
#include "wire/describe_configs.h"
#include "wire/describe_log_dirs.h"
#include "wire/describe_quorum.h"
#include "wire/elect_leaders.h"
#include "wire/list_partition_reassignments.h"
#include "wire/metadata.h"
#include "wire/update_features.h"
#include "wire_help.h"

typedef int (*decode_fn)(const struct bl_strbuf *bytes, struct bl_error **err);

static int decode_versions(const struct bl_strbuf *bytes, struct bl_error **err)
{
    BL_AUTO(bl_wire_offer_release) struct bl_wire_offer offer = {0};

    return bl_wire_decode_api_versions(bytes, &offer, err);
}

static int decode_brokers(const struct bl_strbuf *bytes, struct bl_error **err)
{
    BL_AUTO(bl_wire_brokers_release) struct bl_wire_brokers brokers = {0};

    return bl_wire_decode_metadata(bytes, &brokers, err);
}

static int decode_topics(const struct bl_strbuf *bytes, struct bl_error **err)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    int rc = bl_wire_decode_topics(bytes, &cluster, err);

    ck_assert(rc == 0 || !cluster.topics.len);
    return rc;
}

static int decode_settings(const struct bl_strbuf *bytes, struct bl_error **err)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};

    return bl_wire_decode_describe_configs(bytes, &cluster, err);
}

static int decode_quorum(const struct bl_strbuf *bytes, struct bl_error **err)
{
    BL_AUTO(bl_quorum_release) struct bl_quorum quorum = {0};
    int rc = bl_wire_decode_describe_quorum(bytes, 2, &quorum, err);

    ck_assert(rc == 0 || !quorum.known);
    return rc;
}

static int decode_dirs(const struct bl_strbuf *bytes, struct bl_error **err)
{
    BL_AUTO(bl_log_dirs_release) struct bl_log_dirs dirs = {0};

    return bl_wire_decode_describe_log_dirs(bytes, 1, &dirs, err);
}

static int decode_moving(const struct bl_strbuf *bytes, struct bl_error **err)
{
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions moving = {0};
    int16_t code;

    return bl_wire_decode_list_partition_reassignments(bytes, &moving, &code, err);
}

static int decode_elected(const struct bl_strbuf *bytes, struct bl_error **err)
{
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions results = {0};
    int16_t code;

    return bl_wire_decode_elect_leaders(bytes, &results, &code, err);
}

static int decode_raised(const struct bl_strbuf *bytes, struct bl_error **err)
{
    int16_t code;

    return bl_wire_decode_update_features(bytes, &code, err);
}

#define NO_BROKERS "00000000 00000000 0002 'id' 00000001"
#define QUORUM \
    "0000 01 02 13 '__cluster_metadata' 02 00000000 0000 00 00000001 00000005 0000000000000064"
#define VOTER                                                                     \
    "00000001 00112233445566778899aabbccddeeff 0000000000000064 ffffffffffffffff" \
    "000000000000a7d0 00"

/* `head`, the count of an array or a compact one, as many items, `tail`. */
static const struct {
    const char *why;
    decode_fn decode;
    const char *head;
    bool compact;
    const char *item, *tail;
    size_t most;
    const char *what;
} lists[] = {
    {"calls", decode_versions, "0000", true, "0003 0000 0005 00", "00000000 00", 1000, "calls"},
    {"brokers", decode_brokers, "00000000", false, "00000001 0001 'a' 00000001 ffff",
     "ffff 00000001", 1000, "brokers"},
    {"topics", decode_topics, NO_BROKERS, false, "0000 0001 'a' 00 00000000", "", 20000, "topics"},
    {"partitions", decode_topics, NO_BROKERS "00000001 0000 0001 'a' 00", false,
     "0000 00000000 00000001 00000000 00000000 00000000", "", 200000, "partitions"},
    {"partitions of the second topic", decode_topics,
     NO_BROKERS "00000002 0000 0001 'a' 00 00000001"
                "0000 00000000 00000001 00000000 00000000 00000000 0000 0001 'b' 00",
     false, "0000 00000000 00000001 00000000 00000000 00000000", "", 199999, "partitions"},
    {"replicas", decode_topics,
     NO_BROKERS "00000001 0000 0001 'a' 00 00000001 0000 00000000 00000001", false, "00000001",
     "00000000 00000000", 100, "replicas of a partition"},
    {"replicas in sync", decode_topics,
     NO_BROKERS "00000001 0000 0001 'a' 00 00000001 0000 00000000 00000001 00000000", false,
     "00000001", "00000000", 100, "replicas of a partition"},
    {"replicas that are off", decode_topics,
     NO_BROKERS "00000001 0000 0001 'a' 00 00000001 0000 00000000 00000001 00000000 00000000",
     false, "00000001", "", 100, "replicas of a partition"},
    {"results", decode_settings, "00000000", false, "0000 ffff 02 0001 'a' 00000000", "", 1000,
     "results"},
    {"settings", decode_settings, "00000000 00000001 0000 ffff 02 0001 'a'", false,
     "0001 'a' ffff 00 00 00 00000000", "", 1000, "settings of a topic"},
    {"where a setting is from", decode_settings,
     "00000000 00000001 0000 ffff 02 0001 'a' 00000001 0001 'a' ffff 00 00 00", false,
     "0001 'a' ffff 00", "", 1000, "settings of a topic"},
    {"quorums", decode_quorum, "0000 01", true, "02 'a' 01 00", "01 00", 1, "quorums"},
    {"voters", decode_quorum, QUORUM, true, VOTER, "01 00 00 01 00", 1000, "voters"},
    {"observers", decode_quorum, QUORUM "01", true, VOTER, "00 00 01 00", 2000,
     "nodes that follow the quorum"},
    {"nodes", decode_quorum, QUORUM "02" VOTER "01 00 00", true, "00000001 01 00", "00", 2000,
     "nodes with an address"},
    {"listeners", decode_quorum, QUORUM "02" VOTER "01 00 00 02 00000001", true,
     "02 'a' 02 'b' 0001 00", "00 00", 100, "listeners"},
    {"log folders", decode_dirs, "00000000", false, "0000 0002 '/a' 00000000", "", 1000,
     "log folders"},
    {"topics in a folder", decode_dirs, "00000000 00000001 0000 0002 '/a'", false,
     "0001 'a' 00000000", "", 20000, "topics"},
    {"replicas in a folder", decode_dirs, "00000000 00000001 0000 0002 '/a' 00000001 0001 'a'",
     false, "00000000 0000000000000001 0000000000000000 00", "", 200000, "partitions"},
    {"topics that move", decode_moving, "00000000 0000 00", true, "02 'a' 01 00", "00", 20000,
     "topics"},
    {"partitions that move", decode_moving, "00000000 0000 00 02 02 'a'", true,
     "00000000 01 01 01 00", "00 00", 200000, "partitions"},
    {"where they move", decode_moving, "00000000 0000 00 02 02 'a' 02 00000000", true, "00000001",
     "01 01 00 00 00", 100, "replicas of a partition"},
    {"topics of results", decode_elected, "00000000 0000", true, "02 'a' 01 00", "00", 1000,
     "results"},
    {"results of a topic", decode_elected, "00000000 0000 02 02 'a'", true, "00000000 0000 00 00",
     "00 00", 1000, "results"},
    {"features", decode_raised, "00000000 0000 00", true, "02 'a' 0000 00 00", "00", 1000,
     "features"},
};

static void put_list(size_t row, size_t promised, size_t items, struct bl_strbuf *out)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf item = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    wire_bytes(&item, lists[row].item);
    wire_bytes(out, lists[row].head);
    if (lists[row].compact)
        bl_wire_put_count(out, promised);
    else
        bl_wire_put_i32(out, (int32_t)promised);
    for (size_t i = 0; i < items; i++)
        bl_strbuf_add(out, item.text, item.len);
    wire_bytes(out, lists[row].tail);
}

START_TEST(lists_end_somewhere)
{
    const char *why = lists[_i].why;
    size_t most = lists[_i].most;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf good = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf many = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_FREE char *message = bl_asprintf("%s, at most ", lists[_i].what);
    BL_ERROR(err);
    BL_ERROR(refused);

    put_list((size_t)_i, most, most, &good);
    ck_assert_msg(lists[_i].decode(&good, &err) == 0, "%s: %s", why, err ? bl_error_text(err) : "");
    put_list((size_t)_i, most + 1, most + 1, &many);
    ck_assert_msg(lists[_i].decode(&many, &refused) == -1, "%s", why);
    BL_WHY(bl_error_code(refused) == BL_ERR_TOO_LARGE, why);
    ck_assert_msg(strstr(bl_error_text(refused), "too large to look after: ") &&
                      strstr(bl_error_text(refused), message),
                  "%s: %s", why, bl_error_text(refused));
    BL_WHY(bl_error_hint(refused), why);
}
END_TEST

START_TEST(promises_are_not_believed)
{
    static const size_t promises[] = {INT32_MAX, (size_t)INT32_MAX + 1, UINT32_MAX - 1};

    for (size_t i = 0; i < BL_ARRAY_LEN(promises); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf bytes = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        BL_ERROR(err);

        put_list((size_t)_i, promises[i], 1, &bytes);
        ck_assert_msg(lists[_i].decode(&bytes, &err) == -1, "%s", lists[_i].why);
        ck_assert_msg(strstr(bl_error_text(err), "cut short or malformed"), "%s: %s", lists[_i].why,
                      bl_error_text(err));
    }
}
END_TEST

/* 21 partitions with a hundred replicas, each on a broker of its own. */
START_TEST(replicas_are_on_few_brokers)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf bytes = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_ERROR(err);

    wire_bytes(&bytes, NO_BROKERS "00000001 0000 0001 'a' 00 00000015");
    for (int32_t partition = 0; partition < 21; partition++) {
        wire_bytes(&bytes, "0000 00000000 00000001 00000064");
        for (int32_t i = 0; i < 100; i++)
            bl_wire_put_i32(&bytes, 100 * partition + i);
        wire_bytes(&bytes, "00000000 00000000");
    }
    ck_assert_int_eq(decode_topics(&bytes, &err), -1);
    ck_assert_str_eq(bl_error_text(err), "Metadata: too large to look after: 2001 brokers with "
                                         "replicas, at most 2000");
}
END_TEST

START_TEST(names_end_somewhere)
{
    static const struct {
        const char *why, *head, *tail;
        decode_fn decode;
        size_t most;
    } names[] = {
        {"a host's", "00000000 00000001 00000001", "00000001 ffff ffff 00000001", decode_brokers,
         255},
        {"a rack's", "00000000 00000001 00000001 0001 'a' 00000001", "ffff 00000001",
         decode_brokers, 255},
        {"a topic's", NO_BROKERS "00000001 0000", "00 00000000", decode_topics, 249},
        {"a folder's", "00000000 00000001 0000", "00000000", decode_dirs, 4096},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(names); i++)
        for (size_t more = 0; more < 2; more++) {
            BL_AUTO(bl_strbuf_release) struct bl_strbuf bytes = BL_STRBUF_INIT(65536);
            BL_ERROR(err);

            wire_bytes(&bytes, names[i].head);
            bl_wire_put_i16(&bytes, (int16_t)(names[i].most + more));
            bl_strbuf_repeat(&bytes, 'x', names[i].most + more);
            wire_bytes(&bytes, names[i].tail);
            BL_WHY(names[i].decode(&bytes, &err) == (more ? -1 : 0), names[i].why);
            BL_WHY(!more || bl_error_code(err) == BL_ERR_TOO_LARGE, names[i].why);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/wire_limits");
    TCase *tests = tcase_create("limits");

    tcase_add_loop_test(tests, lists_end_somewhere, 0, (int)BL_ARRAY_LEN(lists));
    tcase_add_loop_test(tests, promises_are_not_believed, 0, (int)BL_ARRAY_LEN(lists));
    tcase_add_test(tests, replicas_are_on_few_brokers);
    tcase_add_test(tests, names_end_somewhere);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
