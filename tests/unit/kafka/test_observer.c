/* The observer beside brokers that say what real ones do, and beside one that never says a word. Real ones are in
 * tests/kafka. */
#include "ballast/kafka/observer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_cluster.h"
#include "unit.h"

static int look(const char *bootstrap, bl_nsec at_most, struct bl_cluster *cluster,
                struct bl_error **err)
{
    BL_AUTO(bl_observer_cleanup) struct bl_observer *observer = NULL;
    const struct bl_observer_settings settings = {.bootstrap = bootstrap, .at_most = at_most};

    if (bl_observer_new(&settings, &observer, err) < 0)
        return -1;
    return bl_observer_look(observer, cluster, err);
}

static void check_facts(const struct bl_cluster *cluster)
{
    const struct bl_topic *orders = bl_cluster_topic(cluster, "orders");

    ck_assert_uint_eq(cluster->brokers.len, 3);
    for (int32_t id = 1; id <= 3; id++) {
        const struct bl_broker *broker = bl_cluster_broker(cluster, id);

        ck_assert_ptr_nonnull(broker);
        ck_assert_int_eq(broker->id, id);
        ck_assert_int_gt(broker->port, 0);
        ck_assert_str_eq(broker->rack, "a");
    }
    ck_assert_ptr_null(bl_cluster_broker(cluster, 0));
    ck_assert_ptr_null(bl_cluster_broker(cluster, 4));
    ck_assert_uint_eq(cluster->topics.len, 1);
    ck_assert_ptr_nonnull(orders);
    ck_assert_int_eq(orders->min_isr, 2);
    ck_assert_uint_eq(orders->partitions.len, 2);
    ck_assert_int_eq(orders->partitions.items[1].leader, 2);
    ck_assert_uint_eq(orders->partitions.items[1].replicas.len, 2);
    ck_assert_uint_eq(orders->partitions.items[1].isr.len, 1);
    ck_assert(cluster->kraft && cluster->quorum.known);
    ck_assert_int_eq(cluster->controller, 1);
}

START_TEST(brokers_are_seen)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct fake_cluster fake = {.brokers = 3};
    BL_ERROR(err);

    fake_cluster_start(&fake);
    ck_assert_msg(look(fake.bootstrap, 60 * BL_NSEC_S, &cluster, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    check_facts(&cluster);
    fake_cluster_stop(&fake);
}
END_TEST

/* As on a machine with too much to do. */
START_TEST(slow_brokers_are_heard)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct fake_cluster fake = {.brokers = 3, .delay_ms = 600};
    BL_ERROR(err);

    fake_cluster_start(&fake);
    ck_assert_msg(look(fake.bootstrap, 60 * BL_NSEC_S, &cluster, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    check_facts(&cluster);
    fake_cluster_stop(&fake);
}
END_TEST

/* It would wait for good without a deadline. */
START_TEST(silence_is_told)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char bootstrap[32];
    BL_ERROR(err);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    (void)snprintf(bootstrap, sizeof(bootstrap), "127.0.0.1:%d", ntohs(address.sin_port));

    ck_assert_int_eq(look(bootstrap, BL_NSEC_S, &cluster, &err), -1);
    ck_assert_int_eq((int)bl_error_code(err), BL_ERR_UNAVAILABLE);
    ck_assert(strstr(bl_error_text(err), "no broker answered in time"));
    ck_assert_ptr_nonnull(bl_error_hint(err));
    ck_assert_uint_eq(cluster.brokers.len, 0);
    close(fd);
}
END_TEST

START_TEST(nobody_is_told)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    BL_ERROR(err);

    ck_assert_int_eq(look("127.0.0.1:1", 60 * BL_NSEC_S, &cluster, &err), -1);
    ck_assert_int_eq((int)bl_error_code(err), BL_ERR_UNAVAILABLE);
    ck_assert(strstr(bl_error_text(err), "could not connect to a broker: 127.0.0.1:1"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/observer");
    TCase *tests = tcase_create("observer");

    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, brokers_are_seen);
    tcase_add_test(tests, slow_brokers_are_heard);
    tcase_add_test(tests, silence_is_told);
    tcase_add_test(tests, nobody_is_told);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
