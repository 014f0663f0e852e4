/* Addresses that a program which looks at others' brokers connects to, and those that it does not. */
#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

#include "ballast/kafka/observer.h"
#include "socket.h"
#include "unit.h"

static const struct {
    const char *address;
    bool forbidden;
} rows[] = {
    {"10.0.0.1", false},
    {"192.168.1.1", false},
    {"2001:db8::1", false},
    {"fd00::1", false},
    {"127.0.0.1", true},
    {"127.8.8.8", true},
    {"0.0.0.0", true},
    {"::", true},
    {"::1", true},
    {"169.254.169.254", true},
    {"fe80::1", true},
    {"224.0.0.1", true},
    {"255.255.255.255", true},
    {"ff02::1", true},
    {"::ffff:127.0.0.1", true},
    {"::127.0.0.1", true},
    {"::ffff:10.0.0.1", false},
};

static bool forbids(const char *address)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
    struct addrinfo *found;
    bool is;

    ck_assert_int_eq(getaddrinfo(address, "1", &hints, &found), 0);
    is = bl_reach_forbids(found->ai_addr);
    freeaddrinfo(found);
    return is;
}

START_TEST(what_is_our_own_is_left_alone)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++)
        BL_WHY(!forbids(rows[i].address), rows[i].address);
    bl_reach_restrict();
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++)
        BL_WHY(forbids(rows[i].address) == rows[i].forbidden, rows[i].address);
}
END_TEST

/* Whichever part of a program connects. */
START_TEST(nobody_connects)
{
    BL_ERROR(reach);
    BL_ERROR(look);
    struct bl_observer_settings settings = {.bootstrap = "127.0.0.1:1", .at_most = BL_NSEC_S};
    BL_AUTO(bl_cluster_release) struct bl_cluster facts = {0};
    struct bl_observer *observer;

    bl_reach_restrict();
    ck_assert_int_eq(bl_bootstrap_reach("127.0.0.1:1", BL_NSEC_S, &reach), -1);
    ck_assert(strstr(bl_error_text(reach), "this machine's own") != NULL);
    ck_assert_int_eq(bl_observer_new(&settings, &observer, &look), 0);
    ck_assert_int_eq(bl_observer_look(observer, &facts, &look), -1);
    ck_assert_msg(strstr(bl_error_text(look), "Permission denied") != NULL, "%s",
                  bl_error_text(look));
    bl_observer_free(observer);
}
END_TEST

START_TEST(a_secret_names_no_files)
{
    static const char *const texts[] = {
        "ssl.truststore.type=PEM\nssl.truststore.location=/etc/passwd",
        "ssl.keystore.type=PEM\nssl.keystore.location=-",
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(texts); i++) {
        struct bl_observer_settings settings = {
            .bootstrap = "10.0.0.1:1", .properties = texts[i], .at_most = BL_NSEC_S};
        struct bl_observer *observer;
        BL_ERROR(err);

        ck_assert_int_eq(bl_observer_new(&settings, &observer, &err), -1);
        BL_WHY(strstr(bl_error_text(err), "names a file") != NULL, texts[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/reach");
    TCase *tests = tcase_create("reach");

    tcase_add_test(tests, what_is_our_own_is_left_alone);
    tcase_add_test(tests, nobody_connects);
    tcase_add_test(tests, a_secret_names_no_files);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
