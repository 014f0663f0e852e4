/* Calls, byte by byte, to a broker that answers what the test says; and brokers that are none. */
#include <string.h>

#include "ballast/base/mem.h"
#include "fake_broker.h"
#include "socket.h"
#include "unit.h"
#include "wire/alter_partition_reassignments.h"
#include "wire/describe_log_dirs.h"
#include "wire/describe_quorum.h"
#include "wire/elect_leaders.h"
#include "wire/errors.h"
#include "wire/list_partition_reassignments.h"
#include "wire/metadata.h"
#include "wire/open.h"
#include "wire/security.h"
#include "wire/update_features.h"

static bl_nsec in(bl_nsec time)
{
    return bl_clock_now(&bl_clock_real) + time;
}

static struct bl_wire_security *plaintext(void)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct bl_wire_security *security = NULL;
    BL_ERROR(err);

    ck_assert_int_eq(bl_wire_security_new(conf, &security, &err), 0);
    rd_kafka_conf_destroy(conf);
    return security;
}

static struct bl_wire *open_wire(const struct bl_wire_security *security, const struct fake *fake)
{
    struct bl_wire *wire = NULL;
    BL_ERROR(err);

    ck_assert_msg(
        bl_wire_open(security, "127.0.0.1", fake->port, in(30 * BL_NSEC_S), &wire, &err) == 0, "%s",
        err ? bl_error_text(err) : "");
    return wire;
}

static void add(struct bl_wire_partitions *partitions, const char *topic, int32_t id,
                const char *replicas)
{
    struct bl_wire_partition *partition = BL_PUSH(partitions);

    partition->topic = bl_wire_text(topic);
    partition->partition = id;
    for (; *replicas; replicas++)
        *BL_PUSH(&partition->replicas) = *replicas - '0';
}

START_TEST(elections)
{
    BL_AUTO(bl_wire_security_cleanup) struct bl_wire_security *security = plaintext();
    BL_AUTO(bl_wire_cleanup) struct bl_wire *wire = NULL;
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions asked = {0};
    BL_AUTO(bl_wire_answer_release) struct bl_wire_answer answer = BL_WIRE_ANSWER_INIT;
    /* Without deadline nobody could say what the time-out in the request is. */
    struct fake fake = {
        .expected = {HELLO, "002b 0002 00000002 0007 'ballast' 00"
                            "00 03 02 'a' 03 00000000 00000002 00 02 'b' 02 00000001 00"
                            "00007530 00"},
        .answers = {OFFER, "00000002 00 00000000 0000 02 02 'a' 02 00000000 0000 00 00 00 00"}};
    BL_ERROR(err);

    fake_start(&fake);
    wire = open_wire(security, &fake);
    add(&asked, "x", 9, "");
    add(&asked, "a", 0, "");
    add(&asked, "a", 2, "");
    add(&asked, "b", 1, "");
    answer.code = -1;
    ck_assert_msg(bl_wire_elect_leaders(wire,
                                        &(struct bl_wire_elect_leaders_request){
                                            .partitions = asked.items + 1, .count = 3},
                                        in(3600 * BL_NSEC_S), &answer, &err) == 0,
                  "%s", err ? bl_error_text(err) : "");
    fake_stop(&fake);
    ck_assert(!fake.wrong);
    ck_assert_uint_eq(answer.partitions.len, 1);
    ck_assert_int_eq(answer.code, 0);
}
END_TEST

START_TEST(reassignments)
{
    BL_AUTO(bl_wire_security_cleanup) struct bl_wire_security *security = plaintext();
    BL_AUTO(bl_wire_cleanup) struct bl_wire *wire = NULL;
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions asked = {0};
    BL_AUTO(bl_wire_answer_release)
    struct bl_wire_answer results = BL_WIRE_ANSWER_INIT, moving = BL_WIRE_ANSWER_INIT;
    struct fake fake = {.expected = {HELLO,
                                     "002d 0000 00000002 0007 'ballast' 00 00007530"
                                     "02 02 'a' 02 00000007 03 00000002 00000001 00 00 00",
                                     "002e 0000 00000003 0007 'ballast' 00 00007530 00 00"},
                        .answers = {OFFER, "00000002 00 00000000 0000 00 01 00",
                                    "00000003 00 00000000 0029 00 01 00"}};
    BL_ERROR(err);

    fake_start(&fake);
    wire = open_wire(security, &fake);
    add(&asked, "a", 7, "21");
    results.code = -1;
    ck_assert_int_eq(bl_wire_alter_partition_reassignments(
                         wire,
                         &(struct bl_wire_alter_partition_reassignments_request){asked.items, 1},
                         in(3600 * BL_NSEC_S), &results, &err),
                     0);
    ck_assert_int_eq(results.code, 0);
    ck_assert_int_eq(
        bl_wire_list_partition_reassignments(wire, in(3600 * BL_NSEC_S), &moving, &err), 0);
    ck_assert_int_eq(moving.code, BL_WIRE_NOT_CONTROLLER);
    fake_stop(&fake);
    ck_assert(!fake.wrong);
}
END_TEST

START_TEST(reads)
{
    BL_AUTO(bl_wire_security_cleanup) struct bl_wire_security *security = plaintext();
    BL_AUTO(bl_wire_cleanup) struct bl_wire *wire = NULL;
    BL_AUTO(bl_wire_brokers_release) struct bl_wire_brokers brokers = {0};
    BL_AUTO(bl_quorum_release) struct bl_quorum quorum = {0};
    BL_AUTO(bl_log_dirs_release) struct bl_log_dirs dirs = {0};
    struct fake fake = {
        .expected = {HELLO, "0003 0005 00000002 0007 'ballast' 00000000 00",
                     "0037 0001 00000003 0007 'ballast' 00"
                     "02 13 '__cluster_metadata' 02 00000000 00 00 00",
                     "0023 0001 00000004 0007 'ballast' ffffffff"},
        .answers = {OFFER,
                    "00000002 00000000 00000001 00000007 0001 'h' 00000001 0001 'r' ffff 00000007"
                    "00000000",
                    "00000003 00 0000 01 00", "00000004 00000000 00000000"}};
    BL_ERROR(err);

    fake_start(&fake);
    wire = open_wire(security, &fake);
    ck_assert_int_eq(bl_wire_metadata(wire, in(30 * BL_NSEC_S), &brokers, &err), 0);
    ck_assert_int_eq(brokers.controller, 7);
    ck_assert_int_eq(bl_wire_describe_quorum(wire, in(30 * BL_NSEC_S), &quorum, &err), 0);
    ck_assert(quorum.known && quorum.leader == -1 && !quorum.voters.len);
    ck_assert_int_eq(bl_wire_describe_log_dirs(wire, in(30 * BL_NSEC_S), &dirs, &err), 0);
    fake_stop(&fake);
    ck_assert(!fake.wrong);
    ck_assert(bl_wire_is_broken(wire)); /* it was closed by the other side */
}
END_TEST

START_TEST(features)
{
    BL_AUTO(bl_wire_security_cleanup) struct bl_wire_security *security = plaintext();
    BL_AUTO(bl_wire_cleanup) struct bl_wire *wire = NULL;
    struct fake fake = {.expected = {HELLO, "0039 0001 00000002 0007 'ballast' 00 00007530"
                                            "02 11 'metadata.version' 001b 01 00 01 00"},
                        .answers = {OFFER, "00000002 00 00000000 0000 00 01 00"}};
    int16_t code = -1;
    BL_ERROR(err);

    fake_start(&fake);
    wire = open_wire(security, &fake);
    ck_assert_int_eq(bl_wire_update_features(
                         wire,
                         &(struct bl_wire_update_features_request){"metadata.version", 27, true},
                         in(3600 * BL_NSEC_S), &code, &err),
                     0);
    ck_assert_int_eq(code, 0);
    fake_stop(&fake);
    ck_assert(!fake.wrong);
}
END_TEST

/* Of two that we speak, the newer one. */
START_TEST(log_dirs_with_disks)
{
    BL_AUTO(bl_wire_security_cleanup) struct bl_wire_security *security = plaintext();
    BL_AUTO(bl_wire_cleanup) struct bl_wire *wire = NULL;
    BL_AUTO(bl_log_dirs_release) struct bl_log_dirs dirs = {0};
    struct fake fake = {.expected = {HELLO, "0023 0004 00000002 0007 'ballast' 00 00 00"},
                        .answers = {"00000001 0000 02 0023 0001 0004 00 00000000 00",
                                    "00000002 00 00000000 0000 02"
                                    "0000 03 '/a' 01 0000000000000002 0000000000000001 00 00"}};
    BL_ERROR(err);

    fake_start(&fake);
    wire = open_wire(security, &fake);
    ck_assert_int_eq(bl_wire_describe_log_dirs(wire, in(30 * BL_NSEC_S), &dirs, &err), 0);
    fake_stop(&fake);
    ck_assert(!fake.wrong);
    ck_assert_uint_eq(dirs.len, 1);
    ck_assert_int_eq(dirs.items[0].total, 2);
    ck_assert_int_eq(dirs.items[0].usable, 1);
}
END_TEST

START_TEST(what_is_not_offered_is_not_sent)
{
    BL_AUTO(bl_wire_security_cleanup) struct bl_wire_security *security = plaintext();
    BL_AUTO(bl_wire_cleanup) struct bl_wire *wire = NULL;
    BL_AUTO(bl_quorum_release) struct bl_quorum quorum = {0};
    struct fake fake = {.expected = {HELLO},
                        .answers = {"00000001 0000 02 0003 0000 000c 00 00000000 00"}};
    BL_ERROR(err);

    fake_start(&fake);
    wire = open_wire(security, &fake);
    ck_assert_int_eq(bl_wire_describe_quorum(wire, in(30 * BL_NSEC_S), &quorum, &err), -1);
    ck_assert_int_eq((int)bl_error_code(err), BL_ERR_NOT_FOUND);
    ck_assert(strstr(bl_error_text(err), "does not offer call 55"));
    fake_stop(&fake);
}
END_TEST

static const struct {
    const char *why, *answer, *message;
    bl_nsec at_most;
} strangers[] = {
    {"it closes", "!", "closed the connection", 30 * BL_NSEC_S},
    {"it speaks of gigabytes", "!7fffffff", "that is no broker", 30 * BL_NSEC_S},
    {"less than nothing", "!ffffffff", "that is no broker", 30 * BL_NSEC_S},
    {"too short for a header", "!00000003 000000", "that is no broker", 30 * BL_NSEC_S},
    {"another program", "!'HTTP/1.1 400'", "that is no broker", 30 * BL_NSEC_S},
    {"the answer to another request", "00000002 0000 01 00000000 00", "to another request",
     30 * BL_NSEC_S},
    {"half of an answer", "!00000010 00000001", "closed the connection", 30 * BL_NSEC_S},
    {"a malformed answer", "00000001 0000 ff", "cut short or malformed", 30 * BL_NSEC_S},
};

START_TEST(those_who_are_no_brokers)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(strangers); i++) {
        BL_AUTO(bl_wire_security_cleanup) struct bl_wire_security *security = plaintext();
        BL_AUTO(bl_wire_cleanup) struct bl_wire *wire = NULL;
        struct fake fake = {.expected = {HELLO}, .answers = {strangers[i].answer}};
        BL_ERROR(err);

        fake_start(&fake);
        BL_WHY(bl_wire_open(security, "127.0.0.1", fake.port, in(strangers[i].at_most), &wire,
                            &err) == -1,
               strangers[i].why);
        ck_assert_msg(strstr(bl_error_text(err), strangers[i].message), "%s: %s", strangers[i].why,
                      bl_error_text(err));
        fake_stop(&fake);
    }
}
END_TEST

/* The second frame never comes, so it waits for our answer until the deadline. */
START_TEST(silence)
{
    BL_AUTO(bl_wire_security_cleanup) struct bl_wire_security *security = plaintext();
    BL_AUTO(bl_wire_cleanup) struct bl_wire *wire = NULL;
    struct fake fake = {.expected = {HELLO, "00"}};
    BL_ERROR(err);

    fake_start(&fake);
    ck_assert_int_eq(bl_wire_open(security, "127.0.0.1", fake.port, in(BL_NSEC_S / 5), &wire, &err),
                     -1);
    ck_assert_int_eq((int)bl_error_code(err), BL_ERR_UNAVAILABLE);
    ck_assert(strstr(bl_error_text(err), "no answer in time"));
    fake_stop(&fake);
}
END_TEST

START_TEST(nobody)
{
    int fd;
    BL_ERROR(refused);

    ck_assert_int_eq(bl_socket_connect("127.0.0.1", 1, in(30 * BL_NSEC_S), &fd, &refused), -1);
    ck_assert_str_eq(bl_error_text(refused),
                     "could not connect to 127.0.0.1:1: Connection refused");
}
END_TEST

START_TEST(nowhere)
{
    int fd;
    BL_ERROR(unknown);

    ck_assert_int_eq(bl_socket_connect("no-such-host.invalid", 1, in(5 * BL_NSEC_S), &fd, &unknown),
                     -1);
    ck_assert_int_eq((int)bl_error_code(unknown), BL_ERR_UNAVAILABLE);
    ck_assert(strstr(bl_error_text(unknown), "could not look \"no-such-host.invalid\" up"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/wire_calls");
    TCase *tests = tcase_create("calls");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, elections);
    tcase_add_test(tests, reassignments);
    tcase_add_test(tests, reads);
    tcase_add_test(tests, features);
    tcase_add_test(tests, log_dirs_with_disks);
    tcase_add_test(tests, what_is_not_offered_is_not_sent);
    tcase_add_test(tests, those_who_are_no_brokers);
    tcase_add_test(tests, silence);
    tcase_add_test(tests, nobody);
#ifndef __SANITIZE_THREAD__ /* it does not know the thread on which glibc looks names up, and crashes */
    tcase_add_test(tests, nowhere);
#else
    (void)nowhere;
#endif
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
