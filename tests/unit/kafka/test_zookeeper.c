/* What ZooKeeper's servers say, as 3.8.0 words it, and a look at some that do and some that do not. */
#include "zookeeper.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/strbuf.h"
#include "ballast/kafka/limits.h"
#include "unit.h"

#define SRVR(mode)                                                                            \
    "Zookeeper version: 3.8.0-5a02a05eddb59aee6ac762f7ea82e92a68eb9c0f, built on 2022-02-25 " \
    "08:49 UTC\nLatency min/avg/max: 0/0.5/12\nReceived: 10\nSent: 9\nConnections: 1\n"       \
    "Outstanding: 3\nZxid: 0x10000002a\nMode: " mode "\nNode count: 5\n"

static const struct {
    const char *why, *text;
    enum bl_zookeeper_mode mode;
    const char *version;
    int64_t zxid, outstanding;
} rows[] = {
    {"leader", SRVR("leader"), BL_ZOOKEEPER_LEADER, "3.8.0", 0x10000002a, 3},
    {"follower", SRVR("follower"), BL_ZOOKEEPER_FOLLOWER, "3.8.0", 0x10000002a, 3},
    {"observer", SRVR("observer"), BL_ZOOKEEPER_OBSERVER, "3.8.0", 0x10000002a, 3},
    {"standalone", SRVR("standalone"), BL_ZOOKEEPER_STANDALONE, "3.8.0", 0x10000002a, 3},
    {"read-only, as it has no quorum", SRVR("read-only"), BL_ZOOKEEPER_NOT_SERVING, "3.8.0",
     0x10000002a, 3},
    {"a word that goes on", SRVR("leader2"), BL_ZOOKEEPER_NOT_SERVING, "3.8.0", 0x10000002a, 3},
    {"no quorum", "This ZooKeeper instance is not currently serving requests\n",
     BL_ZOOKEEPER_NOT_SERVING, NULL, -1, -1},
    {"not allowed", "srvr is not executed because it is not in the whitelist.\n",
     BL_ZOOKEEPER_UNKNOWN, NULL, -1, -1},
    {"nothing", "", BL_ZOOKEEPER_AWAY, NULL, -1, -1},
    {"another program", "HTTP/1.1 400 Bad Request\r\n\r\n", BL_ZOOKEEPER_UNKNOWN, NULL, -1, -1},
    {"a zxid without number", "Zxid: 0x\nMode: leader\n", BL_ZOOKEEPER_LEADER, NULL, -1, -1},
    {"a zxid that is too large", "Zxid: 0x8000000000000000\nMode: leader\n", BL_ZOOKEEPER_LEADER,
     NULL, -1, -1},
    {"only whole lines", "The Mode: leader\n", BL_ZOOKEEPER_UNKNOWN, NULL, -1, -1},
};

static void server_cleanup(struct bl_zookeeper_server *server)
{
    free(server->address);
    free(server->version);
    free(server->why);
}

START_TEST(words)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO(server_cleanup)
        struct bl_zookeeper_server server = {.zxid = -1, .outstanding = -1, .synced = -1};

        bl_zookeeper_read_srvr(rows[i].text, &server);
        BL_WHY(server.mode == rows[i].mode, rows[i].why);
        BL_WHY(server.zxid == rows[i].zxid, rows[i].why);
        BL_WHY(server.outstanding == rows[i].outstanding, rows[i].why);
        BL_WHY(!server.version == !rows[i].version, rows[i].why);
        if (server.version)
            BL_WHY(strcmp(server.version, rows[i].version) == 0, rows[i].why);
    }
}
END_TEST

START_TEST(followers)
{
    static const struct {
        const char *why, *text;
        int64_t synced;
    } said[] = {
        {"two", "zk_version\t3.8.0\nzk_followers\t3\nzk_synced_followers\t2\n", 2},
        {"with a fraction", "zk_synced_followers\t2.0\n", 2},
        {"a follower does not know", "zk_version\t3.8.0\n", -1},
        {"not allowed", "mntr is not executed because it is not in the whitelist.\n", -1},
        {"less than none", "zk_synced_followers\t-1\n", -1},
        {"no number", "zk_synced_followers\tmany\n", -1},
        {"nothing", "", -1},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(said); i++) {
        struct bl_zookeeper_server server = {.synced = -1};

        bl_zookeeper_read_mntr(said[i].text, &server);
        BL_WHY(server.synced == said[i].synced, said[i].why);
    }
}
END_TEST

/* A server that answers each word in its turn, or never. */
struct fake {
    int fd, port;
    const char *answers[2]; /* to srvr, to mntr; NULL: silence */
    pthread_t thread;
    bool silent;
};

static void *serve(void *context)
{
    struct fake *fake = context;

    for (size_t i = 0; i < 2 && fake->answers[i]; i++) {
        int fd = accept(fake->fd, NULL, NULL);
        char word[4];
        ssize_t got = recv(fd, word, sizeof(word), MSG_WAITALL);

        ck_assert_int_eq((int)got, 4);
        ck_assert(memcmp(word, i ? "mntr" : "srvr", 4) == 0);
        ck_assert(send(fd, fake->answers[i], strlen(fake->answers[i]), 0) > 0);
        close(fd);
    }
    return NULL;
}

static void start(struct fake *fake)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fake->fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fake->fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fake->fd, 8), 0);
    ck_assert_int_eq(getsockname(fake->fd, (struct sockaddr *)&address, &len), 0);
    fake->port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

START_TEST(a_look)
{
    BL_AUTO(bl_zookeeper_servers_release) struct bl_zookeeper_servers servers = {0};
    struct fake leader = {.answers = {SRVR("leader"), "zk_synced_followers\t1\n"}};
    struct fake silent = {0};
    char one[32], two[32];
    const char *const addresses[] = {"127.0.0.1:1", one, two};
    BL_ERROR(err);

    start(&leader);
    start(&silent);
    (void)snprintf(one, sizeof(one), "127.0.0.1:%d", leader.port);
    (void)snprintf(two, sizeof(two), "127.0.0.1:%d", silent.port);
    ck_assert_int_eq(bl_zookeeper_look(addresses, 3, 2 * BL_NSEC_S, &servers, &err), 0);
    pthread_join(leader.thread, NULL);
    pthread_join(silent.thread, NULL);
    ck_assert_uint_eq(servers.len, 3);
    ck_assert_int_eq((int)servers.items[0].mode, BL_ZOOKEEPER_AWAY);
    ck_assert(strstr(servers.items[0].why, "Connection refused"));
    ck_assert_int_eq((int)servers.items[1].mode, BL_ZOOKEEPER_LEADER);
    ck_assert_str_eq(servers.items[1].address, one);
    ck_assert_int_eq((int)servers.items[2].mode, BL_ZOOKEEPER_AWAY);
    ck_assert_str_eq(servers.items[2].why, "it does not answer");
    close(leader.fd);
    close(silent.fd);
}
END_TEST

/* What was heard would be read well, but is not all. */
START_TEST(an_endless_answer)
{
    BL_AUTO(bl_zookeeper_servers_release) struct bl_zookeeper_servers servers = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    struct fake fake = {0};
    char address[32];
    const char *const addresses[] = {address};
    BL_ERROR(err);

    bl_strbuf_adds(&text, SRVR("leader"));
    bl_strbuf_repeat(&text, 'x', BL_ANSWER_MOST_WORD);
    fake.answers[0] = text.text;
    start(&fake);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%d", fake.port);
    ck_assert_int_eq(bl_zookeeper_look(addresses, 1, 60 * BL_NSEC_S, &servers, &err), 0);
    pthread_join(fake.thread, NULL);
    ck_assert_int_eq((int)servers.items[0].mode, BL_ZOOKEEPER_AWAY);
    ck_assert(strstr(servers.items[0].why, "srvr: too large to look after"));
    close(fake.fd);
}
END_TEST

START_TEST(too_many_servers)
{
    BL_AUTO(bl_zookeeper_servers_release) struct bl_zookeeper_servers servers = {0};
    const char *addresses[101];
    BL_ERROR(err);

    for (size_t i = 0; i < BL_ARRAY_LEN(addresses); i++)
        addresses[i] = "127.0.0.1:1";
    ck_assert_int_eq(bl_zookeeper_look(addresses, 101, BL_NSEC_S, &servers, &err), -1);
    ck_assert_str_eq(bl_error_text(err),
                     "too large to look after: 101 ZooKeeper servers, at most 100");
}
END_TEST

START_TEST(addresses_that_are_none)
{
    static const char *const bad[] = {"", "zk", "zk:", ":2181", "zk:0", "zk:65536", "zk:2181x"};

    for (size_t i = 0; i < BL_ARRAY_LEN(bad); i++) {
        BL_AUTO(bl_zookeeper_servers_release) struct bl_zookeeper_servers servers = {0};
        BL_ERROR(err);

        BL_WHY(bl_zookeeper_look(&bad[i], 1, BL_NSEC_S, &servers, &err) == -1, bad[i]);
        BL_WHY(bl_error_code(err) == BL_ERR_INVALID, bad[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/zookeeper");
    TCase *tests = tcase_create("zookeeper");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, words);
    tcase_add_test(tests, followers);
    tcase_add_test(tests, a_look);
    tcase_add_test(tests, an_endless_answer);
    tcase_add_test(tests, too_many_servers);
    tcase_add_test(tests, addresses_that_are_none);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
