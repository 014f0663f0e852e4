/* Who is asked: the controller where it is one of the brokers, and another connection where one is dead. */
#include "peers.h"

#include "ballast/base/mem.h"
#include "fake_broker.h"
#include "unit.h"
#include "wire/security.h"

#define LIST "002e 0000 00000002 0007 'ballast' 00 00007530 00 00"
#define METADATA(number) "0003 0005 " number " 0007 'ballast' 00000000 00"

static void add_peer(struct bl_peers *peers, int32_t id, const struct fake *fake)
{
    *BL_PUSH(peers) =
        (struct bl_peer){.id = id, .host = bl_strdup("127.0.0.1"), .port = fake->port};
}

static void add_security(struct bl_peers *peers)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    BL_ERROR(err);

    ck_assert_int_eq(bl_wire_security_new(conf, &peers->security, &err), 0);
    rd_kafka_conf_destroy(conf);
}

static bl_nsec an_hour(void)
{
    return bl_clock_now(&bl_clock_real) + 3600 * BL_NSEC_S;
}

/* Broker 1 was the controller. Asked who is, it says 2, or whoever stands in `now`. */
#define SECOND_ANSWER(now) "00000003 00000000 00000000 ffff " now " 00000000"
#define NOT_ME "00000002 00 00000000 0029 00 01 00"

START_TEST(the_controller_has_changed)
{
    BL_AUTO(bl_peers_release) struct bl_peers peers = {.controller = 1};
    BL_AUTO(bl_wire_answer_release) struct bl_wire_answer moving = BL_WIRE_ANSWER_INIT;
    struct fake one = {.expected = {HELLO, LIST, METADATA("00000003")},
                       .answers = {OFFER, NOT_ME, SECOND_ANSWER("00000002")}};
    struct fake two = {.expected = {HELLO, LIST},
                       .answers = {OFFER, "00000002 00 00000000 0000 00"
                                          "02 02 'a' 02 00000007 01 01 01 00 00 00"}};
    BL_ERROR(err);

    fake_start(&one);
    fake_start(&two);
    add_security(&peers);
    add_peer(&peers, 1, &one);
    add_peer(&peers, 2, &two);
    ck_assert_msg(bl_peers_list_moving(&peers, an_hour(), &moving, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    fake_stop(&one);
    fake_stop(&two);
    ck_assert(!one.wrong && !two.wrong);
    ck_assert_int_eq(peers.controller, 2);
    ck_assert_uint_eq(moving.partitions.len, 1);
}
END_TEST

START_TEST(there_is_no_controller)
{
    BL_AUTO(bl_peers_release) struct bl_peers peers = {.controller = 1};
    BL_AUTO(bl_wire_answer_release) struct bl_wire_answer moving = BL_WIRE_ANSWER_INIT;
    struct fake one = {.expected = {HELLO, LIST, METADATA("00000003")},
                       .answers = {OFFER, NOT_ME, SECOND_ANSWER("ffffffff")}};
    BL_ERROR(err);

    fake_start(&one);
    add_security(&peers);
    add_peer(&peers, 1, &one);
    ck_assert_int_eq(bl_peers_list_moving(&peers, an_hour(), &moving, &err), -1);
    ck_assert_str_eq(bl_error_text(err), "no broker is the controller");
    fake_stop(&one);
}
END_TEST

/* The kept connection was closed meanwhile: nobody notices but the broker, which is asked on a new one. */
START_TEST(a_dead_connection_is_replaced)
{
    BL_AUTO(bl_peers_release) struct bl_peers peers = {.kraft = true};
    BL_AUTO(bl_wire_answer_release) struct bl_wire_answer moving = BL_WIRE_ANSWER_INIT;
    struct fake first = {.expected = {HELLO}, .answers = {OFFER}};
    struct fake second = {.expected = {HELLO, LIST},
                          .answers = {OFFER, "00000002 00 00000000 0000 00 01 00"}};
    BL_ERROR(err);

    fake_start(&first);
    add_security(&peers);
    add_peer(&peers, 1, &first);
    ck_assert_int_eq(bl_wire_open(peers.security, "127.0.0.1", first.port, an_hour(),
                                  &peers.items[0].wire, &err),
                     0);
    fake_stop(&first);
    fake_start(&second);
    peers.items[0].port = second.port;
    ck_assert_msg(bl_peers_list_moving(&peers, an_hour(), &moving, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    fake_stop(&second);
    ck_assert(!first.wrong && !second.wrong);
}
END_TEST

START_TEST(nobody_was_seen_yet)
{
    BL_AUTO(bl_peers_release) struct bl_peers peers = {.kraft = true};
    BL_AUTO(bl_wire_answer_release) struct bl_wire_answer moving = BL_WIRE_ANSWER_INIT;
    BL_ERROR(err);

    ck_assert_int_eq(bl_peers_list_moving(&peers, an_hour(), &moving, &err), -1);
    ck_assert_int_eq((int)bl_error_code(err), BL_ERR_CONFLICT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/peers");
    TCase *tests = tcase_create("peers");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_controller_has_changed);
    tcase_add_test(tests, there_is_no_controller);
    tcase_add_test(tests, a_dead_connection_is_replaced);
    tcase_add_test(tests, nobody_was_seen_yet);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
