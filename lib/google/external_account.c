/*
 * Somebody else's token, exchanged for Google's (AIP-4117): of a file or from a URL, and after that perhaps for one of a
 * service account.
 */
#include <string.h>

#include "ballast/base/date.h"
#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/token.h"
#include "ballast/http/path.h"
#include "credentials.h"

#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:token-exchange"
#define ACCESS_TOKEN "urn:ietf:params:oauth:token-type:access_token"
#define IAM_SCOPE "https://www.googleapis.com/auth/iam"
#define LIFETIME 3600
#define LIFETIME_MIN 600
#define LIFETIME_MAX 43200
#define HEADERS_MAX 8

static const char *text(const struct bl_google_credentials *credentials, const char *key)
{
    return bl_json_string(credentials->json, key);
}

static const cJSON *source(const struct bl_google_credentials *credentials)
{
    return bl_json_get(credentials->json, "credential_source");
}

/* --- looking at the file --- */

static int check_url(const struct bl_google_credentials *credentials, const char *url,
                     const char *field, struct bl_error **err)
{
    if (bl_google_url_check(url, field, err) < 0)
        return bl_wrap(err, "credentials %s", credentials->file);
    return 0;
}

static int check_headers(const struct bl_google_credentials *credentials, const cJSON *headers,
                         struct bl_error **err)
{
    const cJSON *header;

    if (bl_json_len(headers) > HEADERS_MAX)
        return bl_google_credentials_fail(credentials->file, err,
                                          "credential_source.headers has more than %d members",
                                          HEADERS_MAX);
    BL_JSON_EACH_MEMBER(header, headers) {
        const char *value = cJSON_IsString(header) ? header->valuestring : NULL;

        if (!value || !*header->string || strpbrk(header->string, "\r\n: ") ||
            strpbrk(value, "\r\n"))
            return bl_google_credentials_fail(
                credentials->file, err, "credential_source.headers has one that cannot be sent");
    }
    return 0;
}

static int check_source(const struct bl_google_credentials *credentials, struct bl_error **err)
{
    const cJSON *from = source(credentials), *format = bl_json_get(from, "format");
    const char *file = bl_json_string(from, "file"), *url = bl_json_string(from, "url");
    const char *type = bl_json_string(format, "type");

    if (!file == !url) {
        bl_google_credentials_fail(credentials->file, err,
                                   "credential_source has neither file nor url, or both");
        return bl_hint(err, "Sources that run a program or sign for AWS are not supported.");
    }
    if (type && strcmp(type, "text") != 0 && strcmp(type, "json") != 0)
        return bl_google_credentials_fail(credentials->file, err,
                                          "credential_source.format.type is neither text nor json");
    if (bl_text_eq(type, "json") && !bl_json_string(format, "subject_token_field_name"))
        return bl_google_credentials_fail(
            credentials->file, err, "credential_source.format.subject_token_field_name is missing");
    if (check_headers(credentials, bl_json_get(from, "headers"), err) < 0)
        return -1;
    return url ? check_url(credentials, url, "credential_source.url", err) : 0;
}

static const cJSON *lifetime_field(const struct bl_google_credentials *credentials)
{
    return bl_json_at(credentials->json, "service_account_impersonation", "token_lifetime_seconds",
                      NULL);
}

static int64_t lifetime(const struct bl_google_credentials *credentials)
{
    int64_t seconds = LIFETIME;

    (void)bl_json_int(lifetime_field(credentials), &seconds);
    return seconds;
}

int bl_google_external_account_check(const struct bl_google_credentials *credentials,
                                     struct bl_error **err)
{
    static const char *const needed[] = {"audience", "subject_token_type", "token_url"};
    const char *impersonation = text(credentials, "service_account_impersonation_url");

    for (size_t i = 0; i < BL_ARRAY_LEN(needed); i++) {
        const char *value = text(credentials, needed[i]);

        if (!value || !*value)
            return bl_google_credentials_fail(credentials->file, err, "%s is missing", needed[i]);
    }
    if (check_url(credentials, text(credentials, "token_url"), "token_url", err) < 0 ||
        check_source(credentials, err) < 0)
        return -1;
    if (lifetime(credentials) < LIFETIME_MIN || lifetime(credentials) > LIFETIME_MAX)
        return bl_google_credentials_fail(
            credentials->file, err,
            "service_account_impersonation.token_lifetime_seconds is not from %d to %d",
            LIFETIME_MIN, LIFETIME_MAX);
    return impersonation
               ? check_url(credentials, impersonation, "service_account_impersonation_url", err)
               : 0;
}

/* --- the subject's token --- */

static int ask_for_subject(const struct bl_google_credentials *credentials,
                           const struct bl_google_asking *asking, const char *what,
                           struct bl_strbuf *answer, struct bl_error **err)
{
    const cJSON *headers = bl_json_get(source(credentials), "headers"), *header;
    char *lines[HEADERS_MAX + 1] = {NULL};
    const char *sent[HEADERS_MAX + 1] = {NULL};
    struct bl_google_question question = {
        .what = what, .url = bl_json_string(source(credentials), "url"), .headers = sent};
    size_t len = 0;
    int rc;

    BL_JSON_EACH_MEMBER(header, headers) {
        lines[len] = bl_asprintf("%s: %s", header->string, header->valuestring);
        sent[len] = lines[len];
        len++;
    }
    rc = bl_google_ask(asking, &question, answer, err);
    while (len)
        bl_secret_free(&lines[--len]);
    return rc;
}

/* The text, or one field of it. */
static int pick_subject(const struct bl_google_credentials *credentials, const char *what,
                        struct bl_strbuf *token, struct bl_error **err)
{
    const cJSON *format = bl_json_get(source(credentials), "format");
    const char *field = bl_json_string(format, "subject_token_field_name"), *found;
    BL_AUTO(bl_json_wipe) cJSON *json = NULL;
    BL_ERROR(unreadable);

    bl_strbuf_trim(token);
    if (!bl_text_eq(bl_json_string(format, "type"), "json"))
        return 0;
    if (bl_json_parse(token->text, token->len, &json, &unreadable) < 0)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "%s is no JSON", what);
    found = bl_json_string(json, field);
    if (!found)
        return bl_fail(err, BL_ERR_INVALID, "%s has no field \"%.100s\"", what, field);
    bl_strbuf_reset(token);
    bl_strbuf_adds(token, found);
    return 0;
}

/* Each time anew: a mounted token is written again long before it expires. */
static int read_subject(const struct bl_google_credentials *credentials,
                        const struct bl_google_asking *asking, struct bl_strbuf *token,
                        struct bl_error **err)
{
    const char *file = bl_json_string(source(credentials), "file");
    const char *url = bl_json_string(source(credentials), "url");
    BL_AUTO_FREE char *what =
        file ? bl_asprintf("subject token %s", file)
             : bl_asprintf("subject token of %.*s", (int)strcspn(url, "?#"), url);

    if (file) {
        if (bl_file_read(file, token, err) < 0)
            return bl_wrap(err, "could not read the subject token that credentials %s name",
                           credentials->file);
    } else if (ask_for_subject(credentials, asking, what, token, err) < 0) {
        return -1;
    }
    if (pick_subject(credentials, what, token, err) < 0)
        return -1;
    return bl_google_check_token(token->text, what, err);
}

/* --- the exchange --- */

static int exchange(const struct bl_google_credentials *credentials,
                    const struct bl_google_asking *asking, struct bl_google_grant *grant,
                    struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf subject = BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf form = BL_STRBUF_INIT(4 * BL_GOOGLE_TOKEN_MAX);
    BL_AUTO(bl_json_wipe) cJSON *answer = NULL;
    BL_AUTO_FREE char *what = bl_asprintf("token by credentials %s", credentials->file);
    bool impersonates = text(credentials, "service_account_impersonation_url");

    if (read_subject(credentials, asking, &subject, err) < 0)
        return -1;
    bl_http_form(&form, "grant_type", GRANT_TYPE);
    bl_http_form(&form, "audience", text(credentials, "audience"));
    bl_http_form(&form, "scope", impersonates ? IAM_SCOPE : GOOGLE_SCOPE);
    bl_http_form(&form, "requested_token_type", ACCESS_TOKEN);
    bl_http_form(&form, "subject_token", subject.text);
    bl_http_form(&form, "subject_token_type", text(credentials, "subject_token_type"));
    if (bl_strbuf_check(&form, "the token exchange", err) < 0)
        return -1;

    struct bl_google_question question = {
        .what = what, .url = text(credentials, "token_url"), .form = form.text};
    if (bl_google_ask_json(asking, &question, &answer, err) < 0)
        return -1;
    return bl_google_grant_read(answer, what, grant, err);
}

static void write_order(const struct bl_google_credentials *credentials, struct bl_strbuf *body)
{
    BL_AUTO_JSON cJSON *order = bl_json_new_object();
    BL_AUTO_FREE char *seconds = bl_asprintf("%lds", (long)lifetime(credentials));

    bl_json_push(bl_json_add_array(order, "scope"), bl_json_new_string(GOOGLE_SCOPE));
    bl_json_add_string(order, "lifetime", seconds);
    bl_json_write(body, order);
}

/* generateAccessToken of the service account, with the token that `grant` has. */
static int impersonate(const struct bl_google_credentials *credentials,
                       const struct bl_google_asking *asking, int64_t now,
                       struct bl_google_grant *grant, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf header = BL_STRBUF_INIT(2 * BL_GOOGLE_TOKEN_MAX);
    BL_AUTO(bl_json_wipe) cJSON *answer = NULL;
    BL_AUTO_FREE char *what =
        bl_asprintf("service account that credentials %s name", credentials->file);
    const char *headers[] = {NULL, NULL}, *token;
    int64_t until = 0;

    write_order(credentials, &body);
    bl_strbuf_adds(&header, "Authorization: Bearer ");
    bl_strbuf_add(&header, grant->text.text, grant->text.len);
    headers[0] = header.text;

    struct bl_google_question question = {
        .what = what,
        .url = text(credentials, "service_account_impersonation_url"),
        .headers = headers,
        .json = body.text};
    if (bl_google_ask_json(asking, &question, &answer, err) < 0)
        return -1;
    token = bl_json_string(answer, "accessToken");
    if (bl_google_check_token(token, what, err) < 0)
        return -1;
    if (!bl_time_parse(bl_json_string(answer, "expireTime"), &until))
        return bl_fail(err, BL_ERR_UNAVAILABLE, "%s: the answer has no expireTime", what);
    bl_strbuf_reset(&grant->text);
    bl_strbuf_adds(&grant->text, token);
    grant->seconds = until - now;
    return bl_strbuf_check(&grant->text, "the token", err);
}

int bl_google_external_account_fetch(const struct bl_google_credentials *credentials,
                                     const struct bl_google_asking *asking, int64_t now,
                                     struct bl_google_grant *grant, struct bl_error **err)
{
    if (exchange(credentials, asking, grant, err) < 0)
        return -1;
    if (!text(credentials, "service_account_impersonation_url"))
        return 0;
    return impersonate(credentials, asking, now, grant, err);
}
