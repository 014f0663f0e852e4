#include "ballast/serve/server.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "unit.h"

/* Answers with what it was sent; a path of /late says how long the request took to arrive. */

static atomic_int events[BL_SERVE_EVENT_COUNT];

static void echo(const struct bl_request *request, struct bl_response *response,
                 void *context BL_UNUSED)
{
    const char *timeout = bl_request_query(request, "timeout");

    bl_strbuf_addf(&response->body, "%s %s %s %zu ", request->method, request->path,
                   timeout ? timeout : "-", request->len);
    bl_strbuf_add(&response->body, request->body, request->len > 64 ? 64 : request->len);
    response->proves = strcmp(request->path, "/review") == 0;
}

/* Strangers are told by their path, before they have sent a body. */
static bool admit(const struct bl_request *request, struct bl_response *response,
                  void *context BL_UNUSED)
{
    ck_assert_uint_eq(request->len, 0);
    if (strcmp(request->path, "/stranger") != 0)
        return true;
    response->status = 404;
    bl_strbuf_adds(&response->body, "nothing here");
    return false;
}

static void count(enum bl_serve_event event, void *context BL_UNUSED)
{
    atomic_fetch_add(&events[event], 1);
}

static struct bl_server *start(struct bl_server_options options)
{
    BL_ERROR(err);
    struct bl_server *server = NULL;

    for (size_t i = 0; i < BL_SERVE_EVENT_COUNT; i++)
        atomic_store(&events[i], 0);
    options.listen = options.listen ? options.listen : "127.0.0.1:0";
    options.serve = echo;
    options.admit = admit;
    options.event = count;
    ck_assert_msg(bl_server_start(&options, &server, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    return server;
}

static int dial(const struct bl_server *server)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)bl_server_port(server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* What comes within `ms`, until it ends in `until` or the connection does. */
static char *hear(int fd, const char *until, int ms)
{
    static char text[4096];
    size_t len = 0;
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + ms * BL_NSEC_MS;

    for (text[0] = '\0'; len < sizeof(text) - 1 && !strstr(text, until);) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        bl_nsec left = (deadline - bl_clock_now(&bl_clock_real)) / BL_NSEC_MS;
        ssize_t got;

        if (left <= 0 || poll(&wait, 1, (int)left) <= 0)
            break;
        got = recv(fd, text + len, sizeof(text) - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        text[len] = '\0';
    }
    return text;
}

static bool ended(int fd, int ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char byte;

    return poll(&wait, 1, ms) > 0 && recv(fd, &byte, 1, 0) <= 0;
}

#define POST(path, len, body)                                                 \
    "POST " path " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" \
    "Content-Length: " len "\r\n\r\n" body

START_TEST(answers_and_keeps_the_connection)
{
    BL_AUTO(bl_server_cleanup) struct bl_server *server = start((struct bl_server_options){0});
    int fd = dial(server);

    say(fd, POST("/mutate?timeout=3s", "5", "hello"));
    ck_assert_ptr_nonnull(strstr(hear(fd, "hello", 2000), "POST /mutate 3s 5 hello"));
    say(fd, POST("/again", "2", "yo"));
    ck_assert_ptr_nonnull(strstr(hear(fd, "yo", 2000), "POST /again - 2 yo"));
    say(fd, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(hear(fd, "healthz", 2000), "GET /healthz"));
    ck_assert_int_eq(bl_server_connections(server), 1);
    /* The answer is heard before the server has put it away. */
    for (int i = 0; i < 2000 && bl_server_in_flight(server); i++)
        (void)poll(NULL, 0, 1);
    ck_assert_int_eq(bl_server_in_flight(server), 0);
    (void)close(fd);
}
END_TEST

START_TEST(bounds_a_body)
{
    BL_AUTO(bl_server_cleanup)
    struct bl_server *server = start((struct bl_server_options){.max_body = 10});
    int fd = dial(server);

    say(fd, POST("/x", "11", ""));
    ck_assert_ptr_nonnull(strstr(hear(fd, "large", 2000), " 413 "));
    (void)close(fd);
    fd = dial(server);
    say(fd, POST("/x", "99999999999999999999", ""));
    ck_assert_ptr_nonnull(strstr(hear(fd, "large", 2000), " 413 "));
    (void)close(fd);
    fd = dial(server);
    say(fd, POST("/x", "10", "0123456789"));
    ck_assert_ptr_nonnull(strstr(hear(fd, "0123456789", 2000), " 200 "));
    (void)close(fd);
    /* The second never got so far: it is no number. */
    ck_assert_int_eq(atomic_load(&events[BL_SERVE_TOO_BIG]), 1);
}
END_TEST

START_TEST(takes_chunks_within_bounds)
{
    BL_AUTO(bl_server_cleanup)
    struct bl_server *server = start((struct bl_server_options){.max_body = 12});
    int fd = dial(server);

    say(fd, "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            "3\r\nabc\r\n3\r\ndef\r\n1\r\ng\r\n0\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(hear(fd, "abcdefg", 2000), "POST /c - 7 abcdefg"));
    say(fd, "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            "a\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n");
    ck_assert(ended(fd, 2000));
    ck_assert_int_eq(atomic_load(&events[BL_SERVE_TOO_BIG]), 1);
    (void)close(fd);
}
END_TEST

/* Who promises much takes as much room as has come. */
START_TEST(reserves_what_has_come)
{
    BL_AUTO(bl_server_cleanup)
    struct bl_server *server =
        start((struct bl_server_options){.max_body = 1 << 20, .max_bodies = 1 << 20});
    int promised[8], fd;

    for (size_t i = 0; i < BL_ARRAY_LEN(promised); i++) {
        promised[i] = dial(server);
        say(promised[i], POST("/x", "1000000", "begun"));
        ck_assert(!ended(promised[i], 10));
    }
    fd = dial(server);
    say(fd, POST("/x", "3", "abc"));
    ck_assert_ptr_nonnull(strstr(hear(fd, "abc", 2000), " 200 "));
    ck_assert_int_eq(atomic_load(&events[BL_SERVE_SHED]), 0);
    (void)close(fd);
    for (size_t i = 0; i < BL_ARRAY_LEN(promised); i++)
        (void)close(promised[i]);
}
END_TEST

START_TEST(grows_with_a_body)
{
    enum { SIZE = 3 << 20 };
    BL_AUTO(bl_server_cleanup) struct bl_server *server = start((struct bl_server_options){0});
    BL_AUTO_FREE char *body = bl_alloc(SIZE + 1, 1);
    int fd = dial(server);

    memset(body, 'x', SIZE);
    say(fd, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3145728\r\n\r\n");
    say(fd, body);
    ck_assert_ptr_nonnull(strstr(hear(fd, "xxx", 10000), "POST /x - 3145728 xxx"));
    (void)close(fd);
}
END_TEST

START_TEST(sheds_what_is_too_much_together)
{
    BL_AUTO(bl_server_cleanup)
    struct bl_server *server =
        start((struct bl_server_options){.max_body = 100, .max_bodies = 150});
    int one = dial(server), two = dial(server);
    const char *answer;

    say(one, POST("/x", "100", "begun"));
    ck_assert(!ended(one, 100));
    say(two, POST("/x", "100", ""));
    answer = hear(two, "second", 2000);
    ck_assert_ptr_nonnull(strstr(answer, " 429 "));
    ck_assert_ptr_nonnull(strstr(answer, "Retry-After: 1\r\n"));
    ck_assert_int_eq(atomic_load(&events[BL_SERVE_SHED]), 1);
    (void)close(one);
    (void)close(two);
    /* The room is given back. */
    for (int i = 0; i < 5; i++) {
        int fd = dial(server);

        say(fd, POST("/x", "3", "abc"));
        ck_assert_ptr_nonnull(strstr(hear(fd, "abc", 2000), " 200 "));
        (void)close(fd);
    }
}
END_TEST

/* One byte now and then keeps a connection alive for most servers. */
START_TEST(ends_what_trickles)
{
    BL_AUTO(bl_server_cleanup)
    struct bl_server *server =
        start((struct bl_server_options){.request_timeout = BL_NSEC_S, .idle_timeout = BL_NSEC_S});
    static const char *const beginnings[] = {"", "POST /x", POST("/x", "50", "abc")};

    for (size_t i = 0; i < BL_ARRAY_LEN(beginnings); i++) {
        int fd = dial(server), sent = 0;

        say(fd, beginnings[i]);
        while (!ended(fd, 100) && sent < 50 && send(fd, "x", 1, MSG_NOSIGNAL) == 1)
            sent++;
        ck_assert_int_lt(sent, 30);
        (void)close(fd);
    }
    /* The peer may hear of it before it is counted. */
    for (int i = 0; i < 200 && atomic_load(&events[BL_SERVE_LATE]) < 3; i++)
        (void)poll(NULL, 0, 10);
    ck_assert_int_eq(atomic_load(&events[BL_SERVE_LATE]), 3);
}
END_TEST

START_TEST(drains_without_refusing)
{
    BL_AUTO(bl_server_cleanup) struct bl_server *server = start((struct bl_server_options){0});
    int old = dial(server), new;

    say(old, POST("/x", "2", "yo"));
    ck_assert_ptr_null(strstr(hear(old, "yo", 2000), "Connection: close"));
    bl_server_drain(server);
    say(old, POST("/x", "2", "yo"));
    ck_assert_ptr_nonnull(strstr(hear(old, "yo", 2000), "Connection: close"));
    ck_assert(ended(old, 2000));
    new = dial(server);
    say(new, POST("/x", "2", "yo"));
    ck_assert_ptr_nonnull(strstr(hear(new, "yo", 2000), " 200 "));
    (void)close(old);
    (void)close(new);
}
END_TEST

START_TEST(refuses_before_the_body)
{
    static const struct {
        const char *why, *text, *answer;
    } refused[] = {
        {"a stranger", POST("/stranger", "100", ""), " 404 "},
        {"too large", POST("/x", "8000000", ""), " 413 "},
        {"two lengths that differ",
         "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", " 400 "},
        {"a length and chunks",
         "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
         " 400 "},
        {"another encoding",
         "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", " 400 "},
    };
    BL_AUTO(bl_server_cleanup) struct bl_server *server = start((struct bl_server_options){0});

    for (size_t i = 0; i < BL_ARRAY_LEN(refused); i++) {
        int fd = dial(server);

        say(fd, refused[i].text);
        BL_WHY(strstr(hear(fd, refused[i].answer, 2000), refused[i].answer), refused[i].why);
        ck_assert(ended(fd, 2000));
        (void)close(fd);
    }
}
END_TEST

static void ask(int fd, const char *path)
{
    BL_AUTO_FREE char *text =
        bl_asprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nyo", path);

    say(fd, text);
    ck_assert_ptr_nonnull(strstr(hear(fd, "yo", 5000), " 200 "));
}

/*
 * Forty that idle after an answer where there is room for twenty, and forty that say nothing: who was served is not given
 * up.
 */
START_TEST(gives_up_who_only_idles)
{
    BL_AUTO(bl_server_cleanup)
    struct bl_server *server = start((struct bl_server_options){.max_connections = 20});
    int honest = dial(server), idle[80], fresh;

    ask(honest, "/review");
    for (size_t i = 0; i < BL_ARRAY_LEN(idle); i++) {
        idle[i] = dial(server);
        if (i % 2)
            ask(idle[i], "/x");
    }
    for (int i = 0; i < 5; i++) {
        fresh = dial(server);
        ask(fresh, "/review");
        (void)close(fresh);
    }
    ask(honest, "/review");
    ck_assert(ended(idle[0], 2000));
    ck_assert(ended(idle[1], 2000));
    ck_assert_int_ge(atomic_load(&events[BL_SERVE_GIVEN_UP]), 26);
    (void)close(honest);
    for (size_t i = 0; i < BL_ARRAY_LEN(idle); i++)
        (void)close(idle[i]);
}
END_TEST

static const struct {
    const char *why, *text;
} malformed[] = {
    {"no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 garbage\r\n\r\n"},
    {"no version", "POST /x\r\n\r\n"},
    {"a header without end", "POST /x HTTP/1.1\r\nHost"},
    {"a bad chunk", "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
    {"two lengths",
     "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"},
    {"a negative length", "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nab"},
    {"a body that ends early", POST("/x", "10", "abc")},
};

START_TEST(survives_what_is_malformed)
{
    BL_AUTO(bl_server_cleanup) struct bl_server *server = start((struct bl_server_options){0});
    int fd;

    for (size_t i = 0; i < BL_ARRAY_LEN(malformed); i++) {
        fd = dial(server);
        say(fd, malformed[i].text);
        (void)shutdown(fd, SHUT_WR);
        BL_WHY(!strstr(hear(fd, " 200 ", 500), " 200 "), malformed[i].why);
        (void)close(fd);
    }
    fd = dial(server);
    say(fd, POST("/x", "2", "yo"));
    ck_assert_ptr_nonnull(strstr(hear(fd, "yo", 2000), " 200 "));
    (void)close(fd);
}
END_TEST

START_TEST(says_where_it_cannot_listen)
{
    static const char *const wrong[] = {"", "8080", "127.0.0.1:", "127.0.0.1:http", "1.2.3:70000"};

    for (size_t i = 0; i < BL_ARRAY_LEN(wrong); i++) {
        BL_ERROR(err);
        struct bl_server_options options = {.listen = wrong[i], .serve = echo};
        struct bl_server *server = NULL;

        BL_WHY(bl_server_start(&options, &server, &err) < 0, wrong[i]);
        ck_assert_ptr_nonnull(strstr(bl_error_text(err), "is not an address"));
    }
    BL_AUTO(bl_server_cleanup) struct bl_server *server = start((struct bl_server_options){0});
    BL_AUTO_FREE char *taken = bl_asprintf("127.0.0.1:%d", bl_server_port(server));
    BL_ERROR(err);
    struct bl_server_options options = {.listen = taken, .serve = echo};
    struct bl_server *second = NULL;
    ck_assert(bl_server_start(&options, &second, &err) < 0);
    ck_assert_ptr_nonnull(strstr(bl_error_text(err), "Address already in use"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("serve/server");
    TCase *tests = tcase_create("server");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, answers_and_keeps_the_connection);
    tcase_add_test(tests, bounds_a_body);
    tcase_add_test(tests, takes_chunks_within_bounds);
    tcase_add_test(tests, reserves_what_has_come);
    tcase_add_test(tests, grows_with_a_body);
    tcase_add_test(tests, sheds_what_is_too_much_together);
    tcase_add_test(tests, ends_what_trickles);
    tcase_add_test(tests, drains_without_refusing);
    tcase_add_test(tests, refuses_before_the_body);
    tcase_add_test(tests, gives_up_who_only_idles);
    tcase_add_test(tests, survives_what_is_malformed);
    tcase_add_test(tests, says_where_it_cannot_listen);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
