/* Requests and their limits, against a server that can be told how to fail. */
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/http/client.h"
#include "fakekube.h"
#include "unit.h"

static struct fakekube *fake;
static struct bl_http_client *client;

static struct bl_http_client *client_of(const char *url)
{
    struct bl_http_config config = {.url = url, .user_agent = "test/1"};
    struct bl_http_client *made = NULL;
    BL_ERROR(err);

    if (bl_http_client_new(&config, &made, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    return made;
}

static void set_up(void)
{
    fake = fakekube_new();
    BL_AUTO_FREE char *url = bl_asprintf("%s/base/", fakekube_url(fake));
    client = client_of(url);
}

static void tear_down(void)
{
    bl_http_client_free(client);
    fakekube_free(fake);
}

#define GET                             \
    {                                   \
        .method = "GET", .path = "/x?y" \
    }

START_TEST(good)
{
    static const char *const headers[] = {"Accept: a/b", "Content-Type: c/d", NULL};
    struct bl_http_request request = {.method = "POST",
                                      .path = "/a%2Fb/../c?d=e",
                                      .headers = headers,
                                      .body = "hello",
                                      .body_len = 5};
    BL_AUTO(bl_http_response_release)
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(100);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(4096);
    BL_ERROR(err);

    fakekube_answer(fake, 1, &(struct fake_answer){.status = 201, .body = "answer"});
    ck_assert_int_eq(bl_http_send(client, &request, &response, &err), 0);
    ck_assert_int_eq(response.status, 201);
    ck_assert_str_eq(response.body.text, "answer");
    ck_assert(response.retry_after == -1);
    fakekube_last(fake, &last);
    ck_assert(bl_text_starts(last.text, "POST /base/a%2Fb/../c?d=e HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(last.text, "\r\nAccept: a/b\r\nContent-Type: c/d\r\n"));
    ck_assert_ptr_nonnull(strstr(last.text, "\r\nUser-Agent: test/1\r\n"));
    ck_assert(bl_text_ends(last.text, "\r\n\r\nhello"));
}
END_TEST

START_TEST(retry_after)
{
    static const struct {
        const char *header;
        bl_nsec wait;
    } rows[] = {{"Retry-After: 7\r\n", 7 * BL_NSEC_S},
                {"retry-after: 0\r\n", 0},
                {"Retry-After: 99999999999\r\n", 21600 * BL_NSEC_S},
                {NULL, -1}};

    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        struct bl_http_request request = GET;
        BL_AUTO(bl_http_response_release)
        struct bl_http_response response = BL_HTTP_RESPONSE_INIT(100);
        BL_ERROR(err);

        fakekube_answer(fake, 1, &(struct fake_answer){.status = 429, .headers = rows[i].header});
        ck_assert_int_eq(bl_http_send(client, &request, &response, &err), 0);
        ck_assert_int_eq(response.status, 429);
        ck_assert_msg(response.retry_after == rows[i].wait, "%s: %lld", rows[i].header,
                      (long long)response.retry_after);
    }
}
END_TEST

/* What cannot be read whole is no answer. */
static const struct {
    struct fake_answer answer;
    enum bl_errcode code;
    const char *message, *why;
} failures[] = {
    {{.status = 200, .body = "12345678901"},
     BL_ERR_TOO_LARGE,
     "the server's answer is larger than 10 bytes",
     "too large"},
    {{.status = 0}, BL_ERR_UNAVAILABLE, "could not talk to http://127.0.0.1:", "reset"},
    {{.status = 200, .body = "123456", .cut = 3},
     BL_ERR_UNAVAILABLE,
     "could not talk to http://127.0.0.1:",
     "cut off"},
    {{.status = 200, .body = "123456", .cut = 3, .chunked = true},
     BL_ERR_UNAVAILABLE,
     "could not talk to http://127.0.0.1:",
     "cut off in chunks"},
    {{.status = 200, .hold = true, .chunked = true},
     BL_ERR_UNAVAILABLE,
     "could not talk to http://127.0.0.1:",
     "time"},
};

START_TEST(failing)
{
    static const char *const headers[] = {"Authorization: Bearer hush", NULL};
    struct bl_http_request request = {.method = "GET",
                                      .path = "/x",
                                      .headers = headers,
                                      .timeout = failures[_i].answer.hold ? 100 * BL_NSEC_MS : 0};
    BL_AUTO(bl_http_response_release)
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(10);
    BL_ERROR(err);

    fakekube_answer(fake, 1, &failures[_i].answer);
    ck_assert_int_eq(bl_http_send(client, &request, &response, &err), -1);
    BL_WHY(bl_error_code(err) == failures[_i].code, failures[_i].why);
    ck_assert_msg(bl_text_starts(bl_error_text(err), failures[_i].message), "%s: %s",
                  failures[_i].why, bl_error_text(err));
    BL_WHY(!strstr(bl_error_text(err), "hush"), failures[_i].why);
}
END_TEST

START_TEST(nobody_there)
{
    struct bl_http_client *nobody = client_of("http://127.0.0.1:1");
    struct bl_http_request request = GET;
    BL_AUTO(bl_http_response_release)
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(10);
    BL_ERROR(err);

    ck_assert_int_eq(bl_http_send(nobody, &request, &response, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_UNAVAILABLE);
    ck_assert_int_eq(response.status, 0);
    ck_assert(bl_text_starts(bl_error_text(err), "could not talk to http://127.0.0.1:1: Failed"));
    bl_http_client_free(nobody);
}
END_TEST

START_TEST(wrong_urls)
{
    static const char *const urls[] = {"", "h:x", "ftp://h", "https://", "https://me:pw@h", NULL};

    for (size_t i = 0; urls[i]; i++) {
        struct bl_http_config config = {.url = urls[i]};
        struct bl_http_client *made = NULL;
        BL_ERROR(err);

        BL_WHY(bl_http_client_new(&config, &made, &err) < 0, urls[i]);
        BL_WHY(bl_text_starts(bl_error_text(err), "the server's URL "), urls[i]);
        BL_WHY(!strstr(bl_error_text(err), "pw"), urls[i]);
    }
}
END_TEST

struct collection {
    struct bl_strbuf text;
    bl_nsec idle;
};

static void collection_release(struct collection *collection)
{
    bl_strbuf_release(&collection->text);
}

/* Behind an f nothing comes any more, which is not to be waited for. */
static int collect(void *context, const char *data, size_t len, struct bl_error **err)
{
    struct collection *collection = context;

    if (memchr(data, '!', len))
        return bl_fail(err, BL_ERR_CONFLICT, "enough");
    if (memchr(data, 'f', len))
        collection->idle = 50 * BL_NSEC_MS;
    bl_strbuf_add(&collection->text, data, len);
    return 0;
}

START_TEST(streams)
{
    struct bl_http_request request = GET;
    BL_AUTO(bl_http_response_release)
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(100);
    BL_AUTO(collection_release)
    struct collection got = {BL_STRBUF_INIT(100), 20 * BL_NSEC_S};
    BL_ERROR(refused);
    BL_ERROR(silent);

    request.idle = &got.idle;
    fakekube_answer(fake, 1, &(struct fake_answer){.status = 200, .body = "abc", .chunked = true});
    fakekube_answer(fake, 2, &(struct fake_answer){.status = 403, .body = "no"});
    fakekube_answer(fake, 3, &(struct fake_answer){.status = 200, .body = "x!", .chunked = true});
    fakekube_answer(
        fake, 4,
        &(struct fake_answer){.status = 200, .body = "def", .chunked = true, .hold = true});
    ck_assert_int_eq(bl_http_stream(client, &request, collect, &got, &response, &refused), 0);
    ck_assert_str_eq(got.text.text, "abc");
    ck_assert_str_eq(response.body.text, "");
    ck_assert_int_eq(bl_http_stream(client, &request, collect, &got, &response, &refused), 0);
    ck_assert_int_eq(response.status, 403);
    ck_assert_str_eq(response.body.text, "no");
    ck_assert_int_eq(bl_http_stream(client, &request, collect, &got, &response, &refused), -1);
    ck_assert_str_eq(bl_error_text(refused), "enough");
    ck_assert_int_eq(bl_http_stream(client, &request, collect, &got, &response, &silent), -1);
    ck_assert_int_eq(response.status, 200);
    ck_assert_ptr_nonnull(strstr(bl_error_text(silent), "said nothing for 50 ms"));
    ck_assert_str_eq(got.text.text, "abcdef");
}
END_TEST

static void *raise_soon(void *context)
{
    struct bl_stop *never = NULL;
    BL_ERROR(err);

    ck_assert_int_eq(bl_stop_new(&never, &err), 0);
    bl_stop_wait(never, 30 * BL_NSEC_MS);
    bl_stop_free(never);
    bl_stop_raise(context);
    return NULL;
}

START_TEST(stopped)
{
    BL_AUTO(bl_stop_cleanup) struct bl_stop *stop = NULL;
    struct bl_http_request request = GET;
    BL_AUTO(bl_http_response_release)
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(100);
    bl_nsec begun = bl_clock_now(&bl_clock_real);
    pthread_t thread;
    BL_ERROR(err);

    ck_assert_int_eq(bl_stop_new(&stop, &err), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, raise_soon, stop), 0);
    request.stop = stop;
    fakekube_answer(fake, 1, &(struct fake_answer){.status = 200, .chunked = true, .hold = true});
    ck_assert_int_eq(bl_http_send(client, &request, &response, &err), -1);
    ck_assert(bl_clock_now(&bl_clock_real) - begun < 5 * BL_NSEC_S);
    ck_assert_str_eq(bl_error_text(err), "the request was ended: we are stopping");
    pthread_join(thread, NULL);
}
END_TEST

static void *send_many(void *context BL_UNUSED)
{
    for (unsigned i = 0; i < 20; i++) {
        struct bl_http_request request = GET;
        BL_AUTO(bl_http_response_release)
        struct bl_http_response response = BL_HTTP_RESPONSE_INIT(1000);
        BL_ERROR(err);

        if (bl_http_send(client, &request, &response, &err) < 0 || response.status != 404)
            abort();
    }
    return NULL;
}

START_TEST(threads)
{
    pthread_t thread[8];

    for (size_t i = 0; i < BL_ARRAY_LEN(thread); i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, send_many, NULL), 0);
    for (size_t i = 0; i < BL_ARRAY_LEN(thread); i++)
        pthread_join(thread[i], NULL);
    ck_assert_int_eq((int)fakekube_requests(fake), 160);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client");
    TCase *tc = tcase_create("client");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, good);
    tcase_add_test(tc, retry_after);
    tcase_add_loop_test(tc, failing, 0, (int)BL_ARRAY_LEN(failures));
    tcase_add_test(tc, nobody_there);
    tcase_add_test(tc, wrong_urls);
    tcase_add_test(tc, streams);
    tcase_add_test(tc, stopped);
    tcase_add_test(tc, threads);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
