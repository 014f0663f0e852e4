/* The codec and each decoder, by bytes; every decoder is also given every beginning of a good answer. */
#include <string.h>

#include "ballast/base/mem.h"
#include "unit.h"
#include "wire/alter_partition_reassignments.h"
#include "wire/api_versions.h"
#include "wire/describe_log_dirs.h"
#include "wire/describe_quorum.h"
#include "wire/elect_leaders.h"
#include "wire/errors.h"
#include "wire/list_partition_reassignments.h"
#include "wire/metadata.h"
#include "wire/update_features.h"
#include "wire_help.h"

#define BYTES(name, text)                                                                   \
    BL_AUTO(bl_strbuf_release) struct bl_strbuf name = BL_STRBUF_INIT(BL_WIRE_MAX_REQUEST); \
    wire_bytes(&name, text)

static const struct {
    const char *why, *bytes;
    uint32_t value;
    bool bad;
} uvarints[] = {
    {"nothing", "00", 0, false},
    {"the last of one byte", "7f", 127, false},
    {"the first of two", "8001", 128, false},
    {"low bits first", "ac02", 300, false},
    {"the largest", "ffffffff0f", UINT32_MAX, false},
    {"a bit too many", "ffffffff1f", 0, true},
    {"six bytes", "808080808001", 0, true},
    {"cut short", "80", 0, true},
    {"no byte at all", "", 0, true},
};

START_TEST(numbers)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(uvarints); i++) {
        BYTES(bytes, uvarints[i].bytes);
        struct bl_wire_reader in = bl_wire_read(&bytes);

        BL_WHY(bl_wire_get_uvarint(&in) == uvarints[i].value, uvarints[i].why);
        BL_WHY(in.bad == uvarints[i].bad, uvarints[i].why);
        if (!uvarints[i].bad) {
            BYTES(written, "");
            bl_wire_put_uvarint(&written, uvarints[i].value);
            BL_WHY(written.len == bytes.len && memcmp(written.text, bytes.text, bytes.len) == 0,
                   uvarints[i].why);
        }
    }
}
END_TEST

START_TEST(fixed_sizes)
{
    BYTES(bytes, "ff fffe fffffffd 8000000000000000");
    BYTES(written, "");
    struct bl_wire_reader in = bl_wire_read(&bytes);

    ck_assert_int_eq(bl_wire_get_i8(&in), -1);
    ck_assert_int_eq(bl_wire_get_i16(&in), -2);
    ck_assert_int_eq(bl_wire_get_i32(&in), -3);
    ck_assert_int_eq(bl_wire_get_i64(&in), INT64_MIN);
    ck_assert(!in.bad && !bl_wire_left(&in));
    ck_assert_int_eq(bl_wire_get_i8(&in), 0);
    ck_assert(in.bad);
    bl_wire_put_i8(&written, -1);
    bl_wire_put_i16(&written, -2);
    bl_wire_put_i32(&written, -3);
    ck_assert(memcmp(written.text, bytes.text, 7) == 0);
}
END_TEST

static const struct {
    const char *why, *bytes;
    struct bl_wire_text (*get)(struct bl_wire_reader *in);
    const char *text; /* NULL: null */
    bool bad;
} texts[] = {
    {"a string", "0003 'abc'", bl_wire_get_string, "abc", false},
    {"an empty string", "0000", bl_wire_get_string, "", false},
    {"no string", "ffff", bl_wire_get_string, NULL, false},
    {"less than none", "fffe", bl_wire_get_string, NULL, true},
    {"a string beyond the end", "0004 'abc'", bl_wire_get_string, NULL, true},
    {"a compact string", "04 'abc'", bl_wire_get_compact, "abc", false},
    {"an empty compact string", "01", bl_wire_get_compact, "", false},
    {"no compact string", "00", bl_wire_get_compact, NULL, false},
    {"a compact string beyond the end", "05 'abc'", bl_wire_get_compact, NULL, true},
    {"the longest compact string", "ffffffff0f 'abc'", bl_wire_get_compact, NULL, true},
    {"bytes", "00000002 'ab'", bl_wire_get_bytes, "ab", false},
    {"no bytes", "ffffffff", bl_wire_get_bytes, NULL, false},
    {"bytes beyond the end", "7fffffff 'ab'", bl_wire_get_bytes, NULL, true},
};

START_TEST(strings)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(texts); i++) {
        BYTES(bytes, texts[i].bytes);
        struct bl_wire_reader in = bl_wire_read(&bytes);
        struct bl_wire_text text = texts[i].get(&in);

        BL_WHY(in.bad == texts[i].bad, texts[i].why);
        BL_WHY(!text.text == !texts[i].text, texts[i].why);
        if (text.text)
            BL_WHY(text.len == strlen(texts[i].text) &&
                       memcmp(text.text, texts[i].text, text.len) == 0,
                   texts[i].why);
    }
}
END_TEST

/* A count is a promise of memory, so it is not believed. */
START_TEST(counts)
{
    BYTES(compact, "ffffffff0f 00");
    BYTES(plain, "7fffffff 00");
    BYTES(none, "ffffffff 00");
    struct bl_wire_reader in = bl_wire_read(&compact);

    ck_assert_uint_eq(bl_wire_get_count(&in, BL_LIMIT_TOPICS), 0);
    ck_assert(in.bad);
    in = bl_wire_read(&plain);
    ck_assert_uint_eq(bl_wire_get_array(&in, BL_LIMIT_TOPICS), 0);
    ck_assert(in.bad);
    in = bl_wire_read(&none);
    ck_assert_uint_eq(bl_wire_get_array(&in, BL_LIMIT_TOPICS), 0);
    ck_assert(!in.bad);
}
END_TEST

START_TEST(tags_are_skipped)
{
    BYTES(good, "02 00 01 aa 85 01 02 bbcc dd");
    BYTES(beyond, "01 00 05 aa");
    struct bl_wire_reader in = bl_wire_read(&good);

    bl_wire_skip_tags(&in);
    ck_assert(!in.bad);
    ck_assert_uint_eq(bl_wire_left(&in), 1);
    in = bl_wire_read(&beyond);
    bl_wire_skip_tags(&in);
    ck_assert(in.bad);
}
END_TEST

/* ---- Answers ---- */

/* A field has as many bytes as it says: 1 for the count, 17 for the name, 2 and 2, 1 for its tags. */
static const char versions[] = "0000 03 0003 0000 000c 00 0037 0000 0002 00 00000000 03"
                               "00 17 02 11 'metadata.version' 0001 001b 00"
                               "01 08 0000000000000007"
                               "02 17 02 11 'metadata.version' 0015 0001 00";

START_TEST(what_is_offered)
{
    BL_AUTO(bl_wire_offer_release) struct bl_wire_offer offer = {0};
    BL_ERROR(err);
    BYTES(bytes, versions);

    ck_assert_msg(bl_wire_decode_api_versions(&bytes, &offer, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    ck_assert_uint_eq(offer.apis.len, 2);
    ck_assert(bl_wire_offers(&offer, 3, 0) && bl_wire_offers(&offer, 3, 12));
    ck_assert(!bl_wire_offers(&offer, 3, 13) && !bl_wire_offers(&offer, 4, 0));
    ck_assert_int_eq(offer.metadata_version, 21);
    ck_assert_int_eq(offer.max_metadata_version, 27);
}
END_TEST

START_TEST(an_old_broker)
{
    BL_AUTO(bl_wire_offer_release) struct bl_wire_offer offer = {0};
    BL_ERROR(err);
    BYTES(bytes, "0023 00000001 0012 0000 0002");

    ck_assert_int_eq(bl_wire_decode_api_versions(&bytes, &offer, &err), -1);
    ck_assert_int_eq((int)bl_error_code(err), BL_ERR_NOT_FOUND);
    ck_assert_str_eq(bl_error_text(err), "ApiVersions: UNSUPPORTED_VERSION (35)");
}
END_TEST

static const char metadata[] = "00000000 00000002"
                               "00000001 0002 'b1' 00002384 0001 'a'"
                               "00000002 0002 'b2' 00002385 ffff"
                               "0002 'id' 00000002 00000000";

START_TEST(brokers_with_racks)
{
    BL_AUTO(bl_wire_brokers_release) struct bl_wire_brokers brokers = {0};
    BL_ERROR(err);
    BYTES(bytes, metadata);

    ck_assert_int_eq(bl_wire_decode_metadata(&bytes, &brokers, &err), 0);
    ck_assert_uint_eq(brokers.len, 2);
    ck_assert_int_eq(brokers.controller, 2);
    ck_assert_str_eq(brokers.items[0].rack, "a");
    ck_assert_str_eq(brokers.items[0].host, "b1");
    ck_assert_int_eq(brokers.items[1].port, 9093);
    ck_assert_ptr_null(brokers.items[1].rack);
}
END_TEST

/* Voter 3 was last seen up to date 2,000 ms before the leader, voter 2 1,999 ms before. */
static const char quorum_v1[] = "0000 02 13 '__cluster_metadata' 02 00000000 0000"
                                "00000001 00000005 0000000000000064"
                                "04"
                                "00000003 0000000000000060 0000000000000000 000000000000a000 00"
                                "00000002 0000000000000063 0000000000000000 000000000000a001 00"
                                "00000001 0000000000000064 ffffffffffffffff 000000000000a7d0 00"
                                "02 00000009 0000000000000064 0000000000000000 000000000000a7d0 00"
                                "00 00 00";

START_TEST(a_quorum)
{
    BL_AUTO(bl_quorum_release) struct bl_quorum quorum = {0};
    BL_ERROR(err);
    BYTES(bytes, quorum_v1);

    ck_assert_msg(bl_wire_decode_describe_quorum(&bytes, 1, &quorum, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    ck_assert(quorum.known);
    ck_assert_int_eq(quorum.leader, 1);
    ck_assert_uint_eq(quorum.voters.len, 3);
    for (int32_t i = 0; i < 3; i++)
        ck_assert_int_eq(quorum.voters.items[i].id, i + 1);
    ck_assert(quorum.voters.items[0].caught_up && quorum.voters.items[0].behind_ms == 0);
    ck_assert(quorum.voters.items[1].caught_up && quorum.voters.items[1].behind_ms == 1999);
    ck_assert(!quorum.voters.items[2].caught_up && quorum.voters.items[2].behind_ms == 2000);
    ck_assert_int_eq(quorum.voters.items[2].log_end, 0x60);
    ck_assert_ptr_null(quorum.voters.items[0].host);
}
END_TEST

/* Version 0 tells no times. */
static const char quorum_v0[] = "0000 02 13 '__cluster_metadata' 02 00000000 0000"
                                "00000001 00000005 0000000000000064"
                                "03 00000001 0000000000000064 00 00000002 0000000000000064 00"
                                "01 00 00 00";

START_TEST(a_quorum_without_times)
{
    BL_AUTO(bl_quorum_release) struct bl_quorum quorum = {0};
    BL_ERROR(err);
    BYTES(bytes, quorum_v0);

    ck_assert_int_eq(bl_wire_decode_describe_quorum(&bytes, 0, &quorum, &err), 0);
    ck_assert(quorum.voters.items[0].caught_up);
    ck_assert(!quorum.voters.items[1].caught_up && quorum.voters.items[1].behind_ms == -1);
}
END_TEST

static const char quorum_v2[] =
    "0000 01 02 13 '__cluster_metadata' 02 00000000 0000 00"
    "00000001 00000005 0000000000000064"
    "02 00000001 00112233445566778899aabbccddeeff 0000000000000064 ffffffffffffffff"
    "000000000000a7d0 00"
    "01 00 00"
    "02 00000001 03 0b 'CONTROLLER' 03 'c1' ea60 00 04 'TWO' 03 'xx' 0001 00 00"
    "00";

START_TEST(a_quorum_with_addresses)
{
    BL_AUTO(bl_quorum_release) struct bl_quorum quorum = {0};
    BL_ERROR(err);
    BYTES(bytes, quorum_v2);

    ck_assert_msg(bl_wire_decode_describe_quorum(&bytes, 2, &quorum, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    ck_assert_uint_eq(quorum.voters.len, 1);
    ck_assert_str_eq(quorum.voters.items[0].host, "c1");
    ck_assert_int_eq(quorum.voters.items[0].port, 60000);
}
END_TEST

START_TEST(a_quorum_that_is_refused)
{
    BL_AUTO(bl_quorum_release) struct bl_quorum quorum = {0};
    BL_ERROR(err);
    BYTES(bytes, "001f 01 00");

    ck_assert_int_eq(bl_wire_decode_describe_quorum(&bytes, 1, &quorum, &err), -1);
    ck_assert_int_eq((int)bl_error_code(err), BL_ERR_FORBIDDEN);
    ck_assert(strstr(bl_error_text(err), "DescribeQuorum: CLUSTER_AUTHORIZATION_FAILED"));
    ck_assert_ptr_nonnull(bl_error_hint(err));
}
END_TEST

static const char elected[] = "00000000 0000"
                              "02 07 'orders' 03 00000000 0000 00 00  00000001 0054 03 'no' 00 00"
                              "00";
static const char altered[] = "00000000 0000 00"
                              "02 07 'orders' 02 00000000 0027 04 'bad' 00 00"
                              "00";
static const char listed[] = "00000000 0000 00"
                             "02 07 'orders'"
                             "02 00000004 03 00000001 00000002 02 00000002 02 00000001 00 00"
                             "00";
static const char raised[] = "00000000 0000 00 02 11 'metadata.version' 0000 00 00 00";
static const char dirs[] = "00000000 00000002"
                           "0000 0002 '/a' 00000001 0006 'orders' 00000002"
                           "00000000 0000000000000064 0000000000000000 00"
                           "00000001 0000000000000001 0000000000000000 00"
                           "0038 0002 '/b' 00000000";
static const char dirs_v4[] = "00000000 0000 03"
                              "0000 03 '/a' 02 07 'orders' 03"
                              "00000000 0000000000000064 0000000000000000 00 00"
                              "00000001 0000000000000001 0000000000000000 00 00 00"
                              "0000000000010000 0000000000008000 00"
                              "0038 03 '/b' 01 ffffffffffffffff ffffffffffffffff 00"
                              "00";

START_TEST(elections)
{
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions results = {0};
    BL_ERROR(err);
    int16_t code = -1;
    BYTES(bytes, elected);

    ck_assert_int_eq(bl_wire_decode_elect_leaders(&bytes, &results, &code, &err), 0);
    ck_assert_int_eq(code, 0);
    ck_assert_uint_eq(results.len, 2);
    ck_assert_int_eq(results.items[1].partition, 1);
    ck_assert_int_eq(results.items[1].code, BL_WIRE_ELECTION_NOT_NEEDED);
    ck_assert_uint_eq(results.items[1].topic.len, 6);
    ck_assert_uint_eq(results.items[1].said.len, 2);
}
END_TEST

START_TEST(reassignments)
{
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions results = {0}, moving = {0};
    BL_ERROR(err);
    int16_t code = -1;
    BYTES(bytes, altered);
    BYTES(list, listed);

    ck_assert_int_eq(bl_wire_decode_alter_partition_reassignments(&bytes, &results, &code, &err),
                     0);
    ck_assert_uint_eq(results.len, 1);
    ck_assert_int_eq(results.items[0].code, 39);
    ck_assert_int_eq(bl_wire_decode_list_partition_reassignments(&list, &moving, &code, &err), 0);
    ck_assert_uint_eq(moving.len, 1);
    ck_assert_int_eq(moving.items[0].partition, 4);
}
END_TEST

START_TEST(another_one_is_the_controller)
{
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions results = {0};
    BL_ERROR(err);
    int16_t code = 0;
    BYTES(bytes, "00000000 0029 00 01 00");

    ck_assert_int_eq(bl_wire_decode_list_partition_reassignments(&bytes, &results, &code, &err), 0);
    ck_assert_int_eq(code, BL_WIRE_NOT_CONTROLLER);
    code = 0;
    ck_assert_int_eq(bl_wire_decode_update_features(&bytes, &code, &err), 0);
    ck_assert_int_eq(code, BL_WIRE_NOT_CONTROLLER);
}
END_TEST

START_TEST(features)
{
    BL_ERROR(err);
    int16_t code = -1;
    BYTES(good, raised);
    BYTES(bad, "00000000 0000 00 02 11 'metadata.version' 005f 04 'n/a' 00 00");

    ck_assert_int_eq(bl_wire_decode_update_features(&good, &code, &err), 0);
    ck_assert_int_eq(code, 0);
    ck_assert_int_eq(bl_wire_decode_update_features(&bad, &code, &err), -1);
    ck_assert_int_eq((int)bl_error_code(err), BL_ERR_CONFLICT);
    ck_assert(strstr(bl_error_text(err), "INVALID_UPDATE_VERSION"));
    ck_assert(strstr(bl_error_text(err), "(95): n/a"));
}
END_TEST

START_TEST(log_dirs)
{
    BL_AUTO(bl_log_dirs_release) struct bl_log_dirs found = {0};
    BL_ERROR(err);
    BYTES(bytes, dirs);

    ck_assert_int_eq(bl_wire_decode_describe_log_dirs(&bytes, 1, &found, &err), 0);
    ck_assert_uint_eq(found.len, 2);
    ck_assert_str_eq(found.items[0].path, "/a");
    ck_assert_uint_eq(found.items[0].replicas, 2);
    ck_assert_int_eq(found.items[0].bytes, 101);
    ck_assert_int_eq(found.items[0].total, -1);
    ck_assert_int_eq(found.items[0].usable, -1);
    ck_assert_int_eq(found.items[1].error, 56);
}
END_TEST

START_TEST(log_dirs_with_disks)
{
    BL_AUTO(bl_log_dirs_release) struct bl_log_dirs found = {0};
    BL_ERROR(err);
    BYTES(bytes, dirs_v4);

    ck_assert_int_eq(bl_wire_decode_describe_log_dirs(&bytes, 4, &found, &err), 0);
    ck_assert_uint_eq(found.len, 2);
    ck_assert_str_eq(found.items[0].path, "/a");
    ck_assert_uint_eq(found.items[0].replicas, 2);
    ck_assert_int_eq(found.items[0].bytes, 101);
    ck_assert_int_eq(found.items[0].total, 0x10000);
    ck_assert_int_eq(found.items[0].usable, 0x8000);
    ck_assert_int_eq(found.items[1].error, 56);
    ck_assert_int_eq(found.items[1].total, -1);
}
END_TEST

START_TEST(log_dirs_that_are_refused)
{
    BL_AUTO(bl_log_dirs_release) struct bl_log_dirs found = {0};
    BL_ERROR(err);
    BYTES(bytes, "00000000 001f 01 00");

    ck_assert_int_eq(bl_wire_decode_describe_log_dirs(&bytes, 4, &found, &err), -1);
    ck_assert_int_eq((int)bl_error_code(err), BL_ERR_FORBIDDEN);
    ck_assert(strstr(bl_error_text(err), "DescribeLogDirs: CLUSTER_AUTHORIZATION_FAILED"));
}
END_TEST

static int decode(int which, const struct bl_strbuf *bytes, struct bl_error **err)
{
    BL_AUTO(bl_wire_offer_release) struct bl_wire_offer offer = {0};
    BL_AUTO(bl_wire_brokers_release) struct bl_wire_brokers brokers = {0};
    BL_AUTO(bl_quorum_release) struct bl_quorum quorum = {0};
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions partitions = {0};
    BL_AUTO(bl_log_dirs_release) struct bl_log_dirs found = {0};
    int16_t code;

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
        return bl_wire_decode_elect_leaders(bytes, &partitions, &code, err);
    case 6:
        return bl_wire_decode_alter_partition_reassignments(bytes, &partitions, &code, err);
    case 7:
        return bl_wire_decode_list_partition_reassignments(bytes, &partitions, &code, err);
    case 8:
        return bl_wire_decode_update_features(bytes, &code, err);
    case 9:
        return bl_wire_decode_describe_log_dirs(bytes, 1, &found, err);
    default:
        return bl_wire_decode_describe_log_dirs(bytes, 4, &found, err);
    }
}

/* Metadata ends with its topics, of which we ask for none and read none. Tags at an end are not read either. */
START_TEST(cut_short)
{
    static const struct {
        const char *bytes;
        size_t unread;
    } answers[] = {{versions, 0},  {metadata, 4}, {quorum_v0, 1}, {quorum_v1, 1},
                   {quorum_v2, 1}, {elected, 1},  {altered, 1},   {listed, 1},
                   {raised, 1},    {dirs, 0},     {dirs_v4, 1}};

    for (int which = 0; which < (int)BL_ARRAY_LEN(answers); which++) {
        BYTES(whole, answers[which].bytes);

        for (size_t len = 0; len <= whole.len; len++) {
            BL_AUTO(bl_strbuf_release) struct bl_strbuf part = BL_STRBUF_INIT(4096);
            BL_ERROR(err);
            bool enough = len + answers[which].unread >= whole.len;

            bl_strbuf_add(&part, whole.text, len);
            ck_assert_msg((decode(which, &part, &err) == 0) == enough,
                          "answer %d, %zu of %zu bytes", which, len, whole.len);
            ck_assert(!err == enough);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/wire_decode");
    TCase *tests = tcase_create("wire");

    tcase_add_test(tests, numbers);
    tcase_add_test(tests, fixed_sizes);
    tcase_add_test(tests, strings);
    tcase_add_test(tests, counts);
    tcase_add_test(tests, tags_are_skipped);
    tcase_add_test(tests, what_is_offered);
    tcase_add_test(tests, an_old_broker);
    tcase_add_test(tests, brokers_with_racks);
    tcase_add_test(tests, a_quorum);
    tcase_add_test(tests, a_quorum_without_times);
    tcase_add_test(tests, a_quorum_with_addresses);
    tcase_add_test(tests, a_quorum_that_is_refused);
    tcase_add_test(tests, elections);
    tcase_add_test(tests, reassignments);
    tcase_add_test(tests, another_one_is_the_controller);
    tcase_add_test(tests, features);
    tcase_add_test(tests, log_dirs);
    tcase_add_test(tests, log_dirs_with_disks);
    tcase_add_test(tests, log_dirs_that_are_refused);
    tcase_add_test(tests, cut_short);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
