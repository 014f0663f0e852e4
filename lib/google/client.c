#include "client.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/random.h"
#include "ballast/base/text.h"
#include "exchange.h"
#include "status.h"

#define USER_AGENT "ballast/" BALLAST_VERSION
#define REQUEST_MAX ((size_t)1 << 20)
#define ANSWER_MAX BL_JSON_MAX_BYTES
#define AT_MOST (60 * BL_NSEC_S)
/* In seconds of the client's pace. */
#define LONGEST_PAUSE 60

int bl_google_client_new(struct bl_google_tokens *tokens, const struct bl_google_options *options,
                         struct bl_google_client **ret_client, struct bl_error **err)
{
    BL_AUTO(bl_google_client_cleanup)
    struct bl_google_client *client = BL_NEW(struct bl_google_client);
    struct bl_http_config config = {.url = options->endpoint,
                                    .user_agent = USER_AGENT,
                                    .trust = {.ca_file = options->ca_file},
                                    .timeout = AT_MOST};

    if (bl_google_url_check(options->endpoint, "the endpoint of Google's API", err) < 0 ||
        bl_http_client_new(&config, &client->http, err) < 0)
        return -1;
    client->tokens = tokens;
    client->tries = options->tries;
    client->longest = options->longest;
    client->pace = options->pace ? options->pace : BL_NSEC_S;
    client->again = options->again;
    client->stop = options->stop;
    if (!client->stop) {
        if (bl_stop_new(&client->own_stop, err) < 0)
            return -1;
        client->stop = client->own_stop;
    }
    *ret_client = BL_STEAL(client);
    return 0;
}

void bl_google_client_free(struct bl_google_client *client)
{
    if (!client)
        return;
    bl_http_client_free(client->http);
    bl_stop_free(client->own_stop);
    free(client);
}

/* One request under way. */
struct call {
    struct bl_google_client *client;
    const struct bl_google_request *request;
    const char *what;
    const struct bl_strbuf *body; /* empty: none */
    bl_nsec deadline;
};

static int send_once(const struct call *call, const struct bl_google_token *token,
                     struct bl_http_response *response, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf bearer = BL_STRBUF_INIT(2 * BL_GOOGLE_TOKEN_MAX);
    const char *headers[] = {bearer.text, "Accept: application/json",
                             call->body->len ? "Content-Type: application/json" : NULL, NULL};
    bl_nsec left = call->deadline - bl_clock_now(&bl_clock_real);

    bl_strbuf_adds(&bearer, "Authorization: Bearer ");
    bl_strbuf_add(&bearer, token->text.text, token->text.len);
    headers[0] = bearer.text;

    struct bl_http_request request = {.method = call->request->method,
                                      .path = call->request->path,
                                      .headers = headers,
                                      .body = call->body->len ? call->body->text : NULL,
                                      .body_len = call->body->len,
                                      .timeout = left > BL_NSEC_MS ? left : BL_NSEC_MS,
                                      .stop = call->client->stop};
    return bl_http_send(call->client->http, &request, response, err);
}

/* The answer to a 401 is a token fetched anew, once. */
static int send_as_us(const struct call *call, struct bl_http_response *response,
                      struct bl_error **err)
{
    for (unsigned attempt = 0;; attempt++) {
        BL_AUTO(bl_google_token_release) struct bl_google_token token = BL_GOOGLE_TOKEN_INIT;

        if (bl_google_token_get(call->client->tokens, call->client->stop, &token, err) < 0)
            return -1;
        if (send_once(call, &token, response, err) < 0)
            return bl_wrap(err, "%s", call->what);
        if (response->status / 100 == 2)
            return 0;
        if (response->status == 401) {
            bl_google_token_refused(call->client->tokens, &token);
            if (attempt == 0)
                continue;
        }
        return bl_google_status_fail(response, call->what, token.text.text, err);
    }
}

/* A service that names a time to come back is not asked before it. */
static bool is_worth_another(const struct call *call, const struct bl_http_response *response,
                             const struct bl_error *why)
{
    if (strcmp(call->request->method, "GET") != 0 || bl_error_retry_after(why) >= 0 ||
        bl_stop_raised(call->client->stop))
        return false;
    return response->status
               ? bl_google_status_of(why) == BL_GOOGLE_UNAVAILABLE || response->status == 503
               : bl_error_code(why) == BL_ERR_UNAVAILABLE;
}

/* 1 s × 1.3 each time up to a minute, and the half of it at least. False: there is no time for it, or we stop. */
static bool wait_before(const struct call *call, unsigned tried)
{
    bl_nsec wait = call->client->pace;

    for (unsigned i = 1; i < tried && wait < LONGEST_PAUSE * call->client->pace; i++)
        wait += wait * 3 / 10;
    if (wait > LONGEST_PAUSE * call->client->pace)
        wait = LONGEST_PAUSE * call->client->pace;
    wait = wait / 2 + bl_random(wait / 2 + 1);
    if (bl_clock_now(&bl_clock_real) + wait >= call->deadline)
        return false;
    return !bl_stop_wait(call->client->stop, wait);
}

static int send_with_tries(const struct call *call, struct bl_http_response *response,
                           struct bl_error **err)
{
    unsigned tries = call->client->tries;

    for (unsigned tried = 1;; tried++) {
        BL_ERROR(why);

        response->status = 0;
        if (send_as_us(call, response, &why) == 0)
            return 0;
        if (!is_worth_another(call, response, why) || (tries && tried >= tries)) {
            *err = BL_STEAL(why);
            return -1;
        }
        if (tried == 1 && call->client->again)
            call->client->again(why);
        if (!wait_before(call, tried)) {
            *err = BL_STEAL(why);
            return -1;
        }
    }
}

int bl_google_send(struct bl_google_client *client, const struct bl_google_request *request,
                   cJSON **ret_json, struct bl_error **err)
{
    BL_AUTO(bl_http_response_release)
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(ANSWER_MAX);
    BL_AUTO_FREE char *what =
        bl_asprintf("%s %.*s", request->method, (int)strcspn(request->path, "?"), request->path);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_STRBUF_INIT(REQUEST_MAX);
    BL_ERROR(unreadable);

    if (request->body)
        bl_json_write(&body, request->body);
    if (bl_strbuf_check(&body, "the request", err) < 0)
        return bl_wrap(err, "%s", what);

    struct call call = {.client = client,
                        .request = request,
                        .what = what,
                        .body = &body,
                        .deadline = bl_clock_now(&bl_clock_real) +
                                    (request->timeout ? request->timeout : AT_MOST)};
    if (send_with_tries(&call, &response, err) < 0)
        return -1;
    if (!ret_json)
        return 0;
    if (bl_json_parse(response.body.text, response.body.len, ret_json, &unreadable) < 0)
        /* A proxy in between may have its own idea of 200. */
        return bl_fail(err, BL_ERR_UNAVAILABLE, "%s: the answer is no JSON: %s", what,
                       bl_error_text(unreadable));
    return 0;
}
