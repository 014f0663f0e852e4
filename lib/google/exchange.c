#include "exchange.h"

#include <arpa/inet.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/random.h"
#include "ballast/base/text.h"
#include "ballast/google/token.h"
#include "ballast/http/client.h"

#define TRIES 5
/* Of each. */
#define AT_MOST (10 * BL_NSEC_S)
#define CONNECT_AT_MOST (3 * BL_NSEC_S)
/* Of what an answer says, and of one run of characters in it: a token has more. */
#define SAID_MAX ((size_t)512)
#define RUN_MAX ((size_t)40)

/* --- URLs --- */

/* The URL's "host" or "host:port", by which no browser would be fooled. False: it has none that is plain. */
static bool read_authority(const char *from, char *host, size_t size)
{
    size_t len = strcspn(from, "/?#");
    const char *colon;

    if (!len || len >= size || (from[len] && from[len] != '/'))
        return false;
    memcpy(host, from, len);
    host[len] = '\0';
    if (strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") != len)
        return false;
    colon = strrchr(host, ':');
    if (colon && !strchr(colon, ']'))
        host[colon - host] = '\0';
    return *host != '\0';
}

static bool is_loopback(const char *host)
{
    struct in_addr address;

    if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

int bl_google_url_check(const char *url, const char *what, struct bl_error **err)
{
    bool secure = bl_text_starts(url, "https://"), plain = bl_text_starts(url, "http://");
    char host[256] = "";

    if ((!secure && !plain) || !read_authority(url + (secure ? 8 : 7), host, sizeof(host))) {
        bl_fail(err, BL_ERR_INVALID, "%s is no URL that can be asked", what);
        return bl_hint(err, "It looks like https://host/path.");
    }
    if (plain && !is_loopback(host)) {
        bl_fail(err, BL_ERR_INVALID, "%s would send secrets to %s in plain text", what, host);
        return bl_hint(err, "Use https; http is for loopback addresses.");
    }
    for (const char *c = url; *c; c++)
        if (*c <= ' ' || *c == 0x7f)
            return bl_fail(err, BL_ERR_INVALID, "%s has a space or control character in it", what);
    return 0;
}

/* --- answers --- */

/* A query may hold a code. */
static size_t url_shown(const char *url)
{
    return strcspn(url, "?#");
}

/* What may be read by people: one line, and no run of characters that is long enough for a token. */
static void add_harmless(struct bl_strbuf *out, const char *text)
{
    static const char of_tokens[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.=+";

    while (*text && out->len < SAID_MAX) {
        size_t run = strspn(text, of_tokens);

        if (run >= RUN_MAX)
            bl_strbuf_adds(out, "...");
        else if (run)
            bl_strbuf_add(out, text, run);
        else
            bl_strbuf_addc(out, (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text);
        text += run ? run : 1;
    }
}

/* OAuth's {"error": "invalid_grant", "error_description": …} (RFC 6749, 5.2), or {"error": {"status", "message"}}. */
static void read_said(const struct bl_strbuf *body, struct bl_strbuf *code, struct bl_strbuf *said)
{
    BL_AUTO(bl_json_wipe) cJSON *answer = NULL;
    const char *word, *message;
    BL_ERROR(unreadable);

    if (bl_json_parse(body->text, body->len, &answer, &unreadable) < 0)
        return;
    word = bl_json_string(answer, "error");
    message = bl_json_string(answer, "error_description");
    if (!word) {
        word = bl_json_string(bl_json_get(answer, "error"), "status");
        message = bl_json_string(bl_json_get(answer, "error"), "message");
    }
    add_harmless(code, word ? word : "");
    add_harmless(said, message ? message : "");
}

static bool is_passing(int status, const char *code)
{
    static const char *const codes[] = {"internal_failure", "server_error",
                                        "temporarily_unavailable", NULL};

    return status == 408 || status == 429 || status == 500 || status == 503 ||
           bl_text_in(code, codes);
}

static int fail_status(const struct bl_google_question *question,
                       const struct bl_http_response *response, bool *ret_passing,
                       struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf code = BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf said = BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX);
    int status = response->status;

    read_said(&response->body, &code, &said);
    *ret_passing = is_passing(status, code.text);
    bl_fail(err,
            *ret_passing    ? BL_ERR_UNAVAILABLE
            : status == 404 ? BL_ERR_NOT_FOUND
                            : BL_ERR_FORBIDDEN,
            "%s: %.*s answered with status %d%s%s%s%s", question->what,
            (int)url_shown(question->url), question->url, status, code.len ? " " : "", code.text,
            said.len ? ": " : "", said.text);
    bl_error_http(err, status);
    if (response->retry_after >= 0)
        bl_error_wait(err, response->retry_after);
    if (bl_text_eq(code.text, "invalid_grant"))
        return bl_hint(err, "The key or the trust was taken back, the account is gone, or the "
                            "clocks differ.");
    return -1;
}

static int send_once(struct bl_http_client *client, const struct bl_google_asking *asking,
                     const struct bl_google_question *question, struct bl_http_response *response,
                     struct bl_error **err)
{
    const char *body = question->form ? question->form : question->json;
    const char *path = strchr(strstr(question->url, "//") + 2, '/');
    const char *headers[16] = {"Accept: application/json"};
    size_t len = 1;

    if (body)
        headers[len++] = question->form ? "Content-Type: application/x-www-form-urlencoded"
                                        : "Content-Type: application/json";
    for (size_t i = 0; question->headers && question->headers[i] && len < BL_ARRAY_LEN(headers) - 1;
         i++)
        headers[len++] = question->headers[i];

    struct bl_http_request request = {.method = body ? "POST" : "GET",
                                      .path = path ? path : "/",
                                      .headers = headers,
                                      .body = body,
                                      .body_len = body ? strlen(body) : 0,
                                      .stop = asking->stop};
    return bl_http_send(client, &request, response, err);
}

static int connect_to(const struct bl_google_asking *asking,
                      const struct bl_google_question *question, struct bl_http_client **ret_client,
                      struct bl_error **err)
{
    const char *host = strstr(question->url, "//") + 2;
    BL_AUTO_FREE char *origin =
        bl_strndup(question->url, (size_t)(host - question->url) + strcspn(host, "/?#"));
    struct bl_http_config config = {.url = origin,
                                    .proxy = question->direct ? "" : NULL,
                                    .user_agent = "ballast/" BALLAST_VERSION,
                                    .trust = {.ca_file = asking->ca_file},
                                    .connect_timeout = CONNECT_AT_MOST,
                                    .timeout = AT_MOST};

    return bl_http_client_new(&config, ret_client, err);
}

/* 1 s, 2 s, 4 s … and a tenth more or less. True: stopped meanwhile. */
static bool wait_before(const struct bl_google_asking *asking, unsigned tried)
{
    bl_nsec wait = asking->pace << (tried - 1);

    wait += bl_random(wait / 5 + 1) - wait / 10;
    return bl_stop_wait(asking->stop, wait);
}

int bl_google_ask(const struct bl_google_asking *asking, const struct bl_google_question *question,
                  struct bl_strbuf *answer, struct bl_error **err)
{
    BL_AUTO(bl_http_client_cleanup) struct bl_http_client *client = NULL;

    if (connect_to(asking, question, &client, err) < 0)
        return bl_wrap(err, "%s", question->what);
    for (unsigned tried = 1;; tried++) {
        BL_AUTO(bl_http_response_release)
        struct bl_http_response response = BL_HTTP_RESPONSE_INIT(BL_GOOGLE_TOKEN_MAX);
        BL_ERROR(why);
        bool passing = false;

        if (send_once(client, asking, question, &response, &why) < 0) {
            passing = bl_error_code(why) == BL_ERR_UNAVAILABLE;
            bl_wrap(&why, "%s", question->what);
        } else if (response.status != 200) {
            fail_status(question, &response, &passing, &why);
        } else {
            bl_strbuf_swap(answer, &response.body);
            return 0;
        }
        if (!passing || asking->once || tried >= TRIES || wait_before(asking, tried)) {
            *err = BL_STEAL(why);
            return -1;
        }
    }
}

int bl_google_ask_json(const struct bl_google_asking *asking,
                       const struct bl_google_question *question, cJSON **ret_answer,
                       struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX);
    BL_AUTO(bl_json_wipe) cJSON *answer = NULL;
    BL_ERROR(unreadable);

    if (bl_google_ask(asking, question, &text, err) < 0)
        return -1;
    /* What the parser says may quote the answer. */
    if (bl_json_parse(text.text, text.len, &answer, &unreadable) < 0 || !cJSON_IsObject(answer))
        return bl_fail(err, BL_ERR_UNAVAILABLE, "%s: the answer of %.*s is no JSON object",
                       question->what, (int)url_shown(question->url), question->url);
    *ret_answer = BL_STEAL(answer);
    return 0;
}

int bl_google_check_token(const char *token, const char *what, struct bl_error **err)
{
    if (!token || !*token)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "%s: there is no token in it", what);
    for (const char *c = token; *c; c++)
        if (*c <= ' ' || *c >= 0x7f)
            return bl_fail(err, BL_ERR_INVALID, "%s: the token has characters that no token has",
                           what);
    return 0;
}
