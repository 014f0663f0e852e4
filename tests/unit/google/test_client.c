/* Requests: what is tried again and what is not, and what an error says. */
#include <stdio.h>

#include "google_client.h"

static struct bl_google_request get = {.method = "GET", .path = "/v1/" NAME "?a=b"};

static int send_get(struct bl_error **err)
{
    BL_AUTO_JSON cJSON *answer = NULL;

    return bl_google_send(client, &get, &answer, err);
}

START_TEST(good)
{
    BL_AUTO_JSON cJSON *body = help_json("{'description':'d'}");
    struct bl_google_request post = {.method = "POST", .path = "/v1/x?y=z", .body = body};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(4096);
    BL_AUTO_JSON cJSON *answer = NULL;
    BL_ERROR(err);

    help_answer(1, 200, "{\"a\":1}");
    ck_assert_int_eq(bl_google_send(client, &post, &answer, &err), 0);
    ck_assert_int_eq((int)bl_json_number(answer, "a"), 1);
    help_sent("POST /v1/x?y=z", "{\"description\":\"d\"}");
    fakekube_last(api, &last);
    ck_assert_ptr_nonnull(strstr(last.text, "\r\nAuthorization: Bearer first\r\n"));
    ck_assert_ptr_nonnull(strstr(last.text, "\r\nContent-Type: application/json\r\n"));
}
END_TEST

/* A read waits out what passes. */
START_TEST(reads_are_tried_again)
{
    BL_ERROR(err);

    help_answer(1, 503, HELP_ERROR(503, "UNAVAILABLE"));
    help_answer(2, 0, NULL);
    help_answer(3, 200, "{}");
    ck_assert_int_eq(send_get(&err), 0);
    ck_assert_uint_eq(fakekube_requests(api), 3);
}
END_TEST

static const struct {
    const char *method;
    struct fake_answer answer;
    unsigned requests;
    enum bl_google_status status;
    enum bl_errcode code;
    bl_nsec wait; /* in seconds */
    const char *text, *why;
} failures[] = {
    {"GET",
     {.status = 503, .body = HELP_ERROR(503, "UNAVAILABLE")},
     3,
     BL_GOOGLE_UNAVAILABLE,
     BL_ERR_UNAVAILABLE,
     -1,
     "UNAVAILABLE: words",
     "a read, as often as it may"},
    {"GET",
     {.status = 503, .headers = "Retry-After: 7\r\n", .body = HELP_ERROR(503, "UNAVAILABLE")},
     1,
     BL_GOOGLE_UNAVAILABLE,
     BL_ERR_UNAVAILABLE,
     7,
     "UNAVAILABLE: words",
     "told to come back"},
    {"POST",
     {.status = 503, .body = HELP_ERROR(503, "UNAVAILABLE")},
     1,
     BL_GOOGLE_UNAVAILABLE,
     BL_ERR_UNAVAILABLE,
     -1,
     "UNAVAILABLE: words",
     "an act is done once"},
    {"GET",
     {.status = 500, .body = HELP_ERROR(500, "INTERNAL")},
     1,
     BL_GOOGLE_INTERNAL,
     BL_ERR_UNAVAILABLE,
     -1,
     "INTERNAL: words",
     "not by Google's own rule"},
    {"GET",
     {.status = 429, .body = HELP_ERROR(429, "RESOURCE_EXHAUSTED")},
     1,
     BL_GOOGLE_RESOURCE_EXHAUSTED,
     BL_ERR_UNAVAILABLE,
     60,
     "RESOURCE_EXHAUSTED: words",
     "a quota is of a minute"},
    {"GET",
     {.status = 429,
      .headers = "Retry-After: 5\r\n",
      .body = HELP_ERROR(429, "RESOURCE_EXHAUSTED")},
     1,
     BL_GOOGLE_RESOURCE_EXHAUSTED,
     BL_ERR_UNAVAILABLE,
     5,
     "RESOURCE_EXHAUSTED: words",
     "a quota that says when"},
    {"POST",
     {.status = 429,
      .body = "{\"error\":{\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"retryDelay\":\"33s\"}]"
              "}}"},
     1,
     BL_GOOGLE_RESOURCE_EXHAUSTED,
     BL_ERR_UNAVAILABLE,
     33,
     "RESOURCE_EXHAUSTED",
     "RetryInfo"},
    {"GET",
     {.status = 403, .body = HELP_ERROR(403, "PERMISSION_DENIED")},
     1,
     BL_GOOGLE_PERMISSION_DENIED,
     BL_ERR_FORBIDDEN,
     -1,
     "PERMISSION_DENIED: words",
     "no right"},
    {"GET",
     {.status = 404, .body = HELP_ERROR(404, "NOT_FOUND")},
     1,
     BL_GOOGLE_NOT_FOUND,
     BL_ERR_NOT_FOUND,
     -1,
     "NOT_FOUND: words",
     "not there"},
    {"PATCH",
     {.status = 409, .body = HELP_ERROR(409, "ABORTED")},
     1,
     BL_GOOGLE_ABORTED,
     BL_ERR_CONFLICT,
     -1,
     "ABORTED: words",
     "an etag"},
    {"DELETE",
     {.status = 400, .body = HELP_ERROR(400, "FAILED_PRECONDITION")},
     1,
     BL_GOOGLE_FAILED_PRECONDITION,
     BL_ERR_CONFLICT,
     -1,
     "FAILED_PRECONDITION: words",
     "its state forbids it"},
    {"POST",
     {.status = 400, .body = HELP_ERROR(400, "INVALID_ARGUMENT")},
     1,
     BL_GOOGLE_INVALID_ARGUMENT,
     BL_ERR_INVALID,
     -1,
     "INVALID_ARGUMENT: words",
     "wrong"},
    {"GET",
     {.status = 404, .body = "<html>not here</html>"},
     1,
     BL_GOOGLE_NO_STATUS,
     BL_ERR_UNAVAILABLE,
     -1,
     "status 404, and no error of Google's",
     "a proxy's 404 is no resource that is gone"},
    {"POST",
     {.status = 409, .body = HELP_ERROR(409, "SOMETHING_NEW")},
     1,
     BL_GOOGLE_NO_STATUS,
     BL_ERR_UNAVAILABLE,
     -1,
     "status 409, and no error of Google's",
     "a status that is not known"},
    {"POST",
     {.status = 0},
     1,
     BL_GOOGLE_NO_STATUS,
     BL_ERR_UNAVAILABLE,
     -1,
     "could not talk to",
     "reset"},
    {"GET",
     {.status = 200, .body = "<html>"},
     1,
     BL_GOOGLE_NO_STATUS,
     BL_ERR_UNAVAILABLE,
     -1,
     "the answer is no JSON",
     "a portal's page"},
};

START_TEST(failing)
{
    struct bl_google_request request = {.method = failures[_i].method, .path = "/v1/" NAME "?a=b"};
    BL_AUTO_FREE char *what = bl_asprintf("%s /v1/" NAME ": ", failures[_i].method);
    BL_AUTO_JSON cJSON *answer = NULL;
    bl_nsec wait = failures[_i].wait < 0 ? -1 : failures[_i].wait * BL_NSEC_S;
    BL_ERROR(err);

    for (unsigned i = 1; i <= 5; i++)
        fakekube_answer(api, i, &failures[_i].answer);
    ck_assert_int_eq(bl_google_send(client, &request, &answer, &err), -1);
    BL_WHY(fakekube_requests(api) == failures[_i].requests, failures[_i].why);
    BL_WHY(bl_google_status_of(err) == failures[_i].status, failures[_i].why);
    BL_WHY(bl_error_code(err) == failures[_i].code, failures[_i].why);
    BL_WHY(bl_error_retry_after(err) == wait, failures[_i].why);
    BL_WHY(bl_text_starts(bl_error_text(err), what), bl_error_text(err));
    BL_WHY(strstr(bl_error_text(err), failures[_i].text), bl_error_text(err));
}
END_TEST

START_TEST(a_refused_token)
{
    BL_ERROR(err);

    help_answer(1, 401, HELP_ERROR(401, "UNAUTHENTICATED"));
    help_answer(2, 200, "{}");
    ck_assert_int_eq(send_get(&err), 0);
    ck_assert_uint_eq(fakekube_requests(metadata), 2);
    help_answer(1, 401, HELP_ERROR(401, "UNAUTHENTICATED"));
    help_answer(2, 401, HELP_ERROR(401, "UNAUTHENTICATED"));
    fakekube_answer(metadata, 1, HELP_GRANT("third"));
    ck_assert_int_eq(send_get(&err), -1);
    ck_assert_int_eq(bl_google_status_of(err), BL_GOOGLE_UNAUTHENTICATED);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_FORBIDDEN);
    ck_assert_uint_eq(fakekube_requests(metadata), 3);
}
END_TEST

/* A message is one line, not too long, and not the token. */
START_TEST(messages)
{
    /* The fake may still have it when we have its answer. */
    static char body[6000];
    char text[5001] = "";
    BL_ERROR(secret);
    BL_ERROR(lengthy);

    help_answer(1, 403,
                "{\"error\":{\"status\":\"PERMISSION_DENIED\",\"message\":\"token first\"}}");
    ck_assert_int_eq(send_get(&secret), -1);
    ck_assert_str_eq(bl_error_text(secret), "GET /v1/" NAME ": PERMISSION_DENIED");

    memset(text, 'x', sizeof(text) - 1);
    (void)snprintf(body, sizeof(body),
                   "{\"error\":{\"status\":\"NOT_FOUND\",\"message\":\"a\\nb\\u001b[%s\"}}", text);
    help_answer(1, 404, body);
    ck_assert_int_eq(send_get(&lengthy), -1);
    ck_assert_ptr_nonnull(strstr(bl_error_text(lengthy), "NOT_FOUND: a b [xxx"));
    ck_assert(bl_text_ends(bl_error_text(lengthy), "xxx..."));
    ck_assert_uint_lt(strlen(bl_error_text(lengthy)), 1200);
}
END_TEST

START_TEST(too_large)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(2 << 20);
    BL_AUTO_JSON cJSON *body = bl_json_new_object();
    struct bl_google_request post = {.method = "POST", .path = "/v1/x", .body = body};
    BL_ERROR(err);

    bl_strbuf_repeat(&text, 'x', 1 << 20);
    bl_json_add_string(body, "description", text.text);
    ck_assert_int_eq(bl_google_send(client, &post, NULL, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_TOO_LARGE);
    ck_assert_uint_eq(fakekube_requests(api), 0);
}
END_TEST

START_TEST(a_stop_ends_it)
{
    BL_AUTO(bl_stop_cleanup) struct bl_stop *stop = NULL;
    BL_AUTO(bl_google_client_cleanup) struct bl_google_client *stopped = NULL;
    struct bl_google_options options = {.endpoint = fakekube_url(api)};
    BL_ERROR(err);

    ck_assert_int_eq(bl_stop_new(&stop, &err), 0);
    options.stop = stop;
    ck_assert_int_eq(bl_google_client_new(tokens, &options, &stopped, &err), 0);
    bl_stop_raise(stop);
    ck_assert_int_eq(bl_google_send(stopped, &get, NULL, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_UNAVAILABLE);
    ck_assert_uint_le(fakekube_requests(api), 1);
}
END_TEST

/* It gets our token. */
START_TEST(wrong_endpoints)
{
    static const char *const urls[] = {"", "gkebackup.googleapis.com", "http://example.com",
                                       "https://a@b", NULL};

    for (size_t i = 0; urls[i]; i++) {
        struct bl_google_options options = {.endpoint = urls[i]};
        struct bl_google_client *made = NULL;
        BL_ERROR(err);

        BL_WHY(bl_google_client_new(tokens, &options, &made, &err) < 0, urls[i]);
        BL_WHY(bl_error_code(err) == BL_ERR_INVALID, urls[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client");
    TCase *tc = tcase_create("client");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, help_set_up, help_tear_down);
    tcase_add_test(tc, good);
    tcase_add_test(tc, reads_are_tried_again);
    tcase_add_loop_test(tc, failing, 0, (int)BL_ARRAY_LEN(failures));
    tcase_add_test(tc, a_refused_token);
    tcase_add_test(tc, messages);
    tcase_add_test(tc, too_large);
    tcase_add_test(tc, a_stop_ends_it);
    tcase_add_test(tc, wrong_endpoints);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
