/* Tokens of every kind: what is asked for them, how long they are kept, and what is told of one that is not to be had. */
#include "ballast/google/token.h"

#include <pthread.h>
#include <unistd.h>

#include "ballast/base/base64.h"
#include "ballast/google/metadata.h"
#include "google_help.h"
#include "rsa_help.h"

static struct fakekube *fake;
static struct help_time now;
static struct bl_clock test_clock;

static void set_up(void)
{
    fake = fakekube_new();
    now.now = 0;
    test_clock = help_clock(&now);
}

static void tear_down(void)
{
    fakekube_free(fake);
}

static void token_is(struct bl_google_tokens *tokens, const char *wanted)
{
    BL_AUTO(bl_google_token_release) struct bl_google_token token = BL_GOOGLE_TOKEN_INIT;
    BL_ERROR(err);

    if (bl_google_token_get(tokens, NULL, &token, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    ck_assert_str_eq(token.text.text, wanted);
}

static void answer(unsigned nth, int status, const char *body)
{
    fakekube_answer(fake, nth, &(struct fake_answer){.status = status, .body = body});
}

START_TEST(metadata_server)
{
    BL_AUTO(bl_google_tokens_cleanup)
    struct bl_google_tokens *tokens = help_tokens(fake, &test_clock, NULL);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(4096);

    fakekube_answer(fake, 1, HELP_GRANT("first"));
    fakekube_answer(fake, 2, HELP_GRANT("second"));
    token_is(tokens, "first");
    fakekube_last(fake, &last);
    ck_assert(bl_text_starts(last.text, "GET /computeMetadata/v1/instance/service-accounts/default/"
                                        "token HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(last.text, "\r\nMetadata-Flavor: Google\r\n"));
    now.now += (3600 - 226) * BL_NSEC_S;
    token_is(tokens, "first");
    ck_assert_uint_eq(fakekube_requests(fake), 1);
    now.now += 2 * BL_NSEC_S;
    token_is(tokens, "second");
    ck_assert_uint_eq(fakekube_requests(fake), 2);
}
END_TEST

/* A pod's first seconds. */
START_TEST(not_there_yet)
{
    BL_AUTO(bl_google_tokens_cleanup)
    struct bl_google_tokens *tokens = help_tokens(fake, &test_clock, NULL);

    answer(1, 0, NULL);
    answer(2, 503, "");
    answer(3, 429, "");
    answer(4, 408, "");
    fakekube_answer(fake, 5, HELP_GRANT("late"));
    token_is(tokens, "late");
}
END_TEST

/* What there was goes on for as long as it lives, and nobody is asked more often than once a second. */
START_TEST(a_failing_refresh)
{
    BL_AUTO(bl_google_tokens_cleanup)
    struct bl_google_tokens *tokens = help_tokens(fake, &test_clock, NULL);
    BL_AUTO(bl_google_token_release) struct bl_google_token token = BL_GOOGLE_TOKEN_INIT;
    BL_ERROR(err);

    fakekube_answer(fake, 1, HELP_GRANT("old"));
    token_is(tokens, "old");
    now.now += 3500 * BL_NSEC_S;
    for (unsigned i = 1; i <= 6; i++)
        answer(i, 503, "");
    token_is(tokens, "old");
    ck_assert_uint_eq(fakekube_requests(fake), 2);
    token_is(tokens, "old");
    ck_assert_uint_eq(fakekube_requests(fake), 2);
    now.now += 100 * BL_NSEC_S;
    ck_assert_int_eq(bl_google_token_get(tokens, NULL, &token, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_UNAVAILABLE);
    ck_assert_int_eq(bl_error_status(err), 503);
    ck_assert_uint_eq(fakekube_requests(fake), 7);
    ck_assert_ptr_nonnull(strstr(bl_error_text(err), "/service-accounts/default/token answered "
                                                     "with status 503"));
    fakekube_answer(fake, 1, HELP_GRANT("new"));
    token_is(tokens, "new");
}
END_TEST

START_TEST(refused_tokens)
{
    BL_AUTO(bl_google_tokens_cleanup)
    struct bl_google_tokens *tokens = help_tokens(fake, &test_clock, NULL);
    BL_AUTO(bl_google_token_release) struct bl_google_token token = BL_GOOGLE_TOKEN_INIT;
    BL_ERROR(err);

    fakekube_answer(fake, 1, HELP_GRANT("first"));
    fakekube_answer(fake, 2, HELP_GRANT("second"));
    ck_assert_int_eq(bl_google_token_get(tokens, NULL, &token, &err), 0);
    bl_google_token_refused(tokens, &token);
    token_is(tokens, "second");
    /* Somebody has fetched since. */
    bl_google_token_refused(tokens, &token);
    token_is(tokens, "second");
    ck_assert_uint_eq(fakekube_requests(fake), 2);
}
END_TEST

struct many {
    struct bl_google_tokens *tokens;
    int got;
};

static void *get_one(void *context)
{
    struct many *many = context;
    BL_AUTO(bl_google_token_release) struct bl_google_token token = BL_GOOGLE_TOKEN_INIT;
    BL_ERROR(err);

    many->got = bl_google_token_get(many->tokens, NULL, &token, &err);
    return NULL;
}

static void get_many(struct bl_google_tokens *tokens, int wanted)
{
    struct many many[8];
    pthread_t threads[BL_ARRAY_LEN(many)];

    for (size_t i = 0; i < BL_ARRAY_LEN(many); i++) {
        many[i] = (struct many){.tokens = tokens, .got = 1};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, get_one, &many[i]), 0);
    }
    for (size_t i = 0; i < BL_ARRAY_LEN(many); i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(many[i].got, wanted);
    }
}

START_TEST(many_threads)
{
    BL_AUTO(bl_google_tokens_cleanup)
    struct bl_google_tokens *tokens = help_tokens(fake, &test_clock, NULL);

    fakekube_answer(fake, 1,
                    &(struct fake_answer){.status = 200,
                                          .delay_ms = 20,
                                          .body = "{\"access_token\":\"t\",\"expires_in\":3600}"});
    get_many(tokens, 0);
    ck_assert_uint_eq(fakekube_requests(fake), 1);
}
END_TEST

START_TEST(many_threads_without_one)
{
    BL_AUTO(bl_google_tokens_cleanup)
    struct bl_google_tokens *tokens = help_tokens(fake, &test_clock, NULL);

    get_many(tokens, -1); /* 404, from the fake itself */
    ck_assert_uint_le(fakekube_requests(fake), 8);
}
END_TEST

START_TEST(a_stop_ends_the_tries)
{
    struct bl_google_tokens_options options = {.pace = 3600 * BL_NSEC_S};
    BL_AUTO(bl_google_tokens_cleanup) struct bl_google_tokens *tokens = NULL;
    BL_AUTO(bl_stop_cleanup) struct bl_stop *stop = NULL;
    BL_AUTO(bl_google_token_release) struct bl_google_token token = BL_GOOGLE_TOKEN_INIT;
    BL_ERROR(err);

    bl_google_tokens_free(help_tokens(fake, &test_clock, NULL));
    ck_assert_int_eq(bl_google_tokens_new(&options, &tokens, &err), 0);
    ck_assert_int_eq(bl_stop_new(&stop, &err), 0);
    bl_stop_raise(stop);
    ck_assert_int_eq(bl_google_token_get(tokens, stop, &token, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_UNAVAILABLE);
}
END_TEST

/* --- a service account's key --- */

/* The value of a form's field in the last request; nothing in it is escaped. For free(). */
static char *form_field(const char *name)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(1 << 16);
    BL_AUTO_FREE char *mark = bl_asprintf("%s=", name);

    fakekube_last(fake, &last);
    const char *at = strstr(last.text, mark);
    ck_assert_ptr_nonnull(at);
    at += strlen(mark);
    return bl_strndup(at, strcspn(at, "&"));
}

static void decode(const char *text, size_t len, struct bl_strbuf *out)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf plain = BL_STRBUF_INIT(1 << 16);
    BL_ERROR(err);

    for (size_t i = 0; i < len; i++)
        bl_strbuf_addc(&plain, text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i]);
    while (plain.len % 4)
        bl_strbuf_addc(&plain, '=');
    ck_assert_int_eq(bl_base64_decode(out, plain.text, plain.len, &err), 0);
}

static char *key_file(EVP_PKEY *key)
{
    BL_AUTO_FREE char *pem = help_pem(key, NULL);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf quoted = BL_STRBUF_INIT(1 << 16);

    bl_json_write_string(&quoted, pem);
    BL_AUTO_FREE char *text = bl_asprintf(
        "{'type':'service_account','project_id':'p','private_key_id':'kid-1','private_key':%s,"
        "'client_email':'me@p.iam.gserviceaccount.com','token_uri':'%s/token',"
        "'universe_domain':'googleapis.com'}",
        quoted.text, fakekube_url(fake));
    return help_file(text);
}

START_TEST(service_account)
{
    EVP_PKEY *key = help_rsa(2048);
    BL_AUTO(help_unlink) char *file = key_file(key);
    BL_AUTO(bl_google_tokens_cleanup)
    struct bl_google_tokens *tokens = help_tokens(fake, &test_clock, file);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf header = BL_STRBUF_INIT(4096);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf claims = BL_STRBUF_INIT(4096);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf signature = BL_STRBUF_INIT(4096);

    /* What another server of OAuth says: a number as a text. */
    answer(1, 200, "{\"access_token\":\"t\",\"expires_in\":\"1000\"}");
    fakekube_answer(fake, 2, HELP_GRANT("next"));
    token_is(tokens, "t");
    BL_AUTO_FREE char *type = form_field("grant_type"), *jwt = form_field("assertion");
    ck_assert_str_eq(type, "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer");
    const char *first = strchr(jwt, '.'), *second = strrchr(jwt, '.');
    decode(jwt, (size_t)(first - jwt), &header);
    decode(first + 1, (size_t)(second - first - 1), &claims);
    decode(second + 1, strlen(second + 1), &signature);
    ck_assert_str_eq(header.text, "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"kid-1\"}");
    ck_assert_str_eq(claims.text, "{\"iss\":\"me@p.iam.gserviceaccount.com\","
                                  "\"scope\":\"https://www.googleapis.com/auth/cloud-platform\","
                                  "\"aud\":\"https://oauth2.googleapis.com/token\","
                                  "\"iat\":1800000000,\"exp\":1800003600}");
    ck_assert(help_signed(key, jwt, (size_t)(second - jwt), signature.text, signature.len));
    now.now += (1000 - 224) * BL_NSEC_S;
    token_is(tokens, "next");
    EVP_PKEY_free(key);
}
END_TEST

/* One try, and what the server repeats of the assertion is kept from whoever reads the error. */
START_TEST(a_key_taken_back)
{
    static const char said[] =
        "{\"error\":\"invalid_grant\",\"error_description\":"
        "\"Invalid JWT\\n Signature: "
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6ImtpZC0xIn0.eyJpc3Mi\"}";
    EVP_PKEY *key = help_rsa(2048);
    BL_AUTO(help_unlink) char *file = key_file(key);
    BL_AUTO(bl_google_tokens_cleanup)
    struct bl_google_tokens *tokens = help_tokens(fake, &test_clock, file);
    BL_AUTO(bl_google_token_release) struct bl_google_token token = BL_GOOGLE_TOKEN_INIT;
    BL_AUTO_FREE char *wanted =
        bl_asprintf("token by credentials %s: %s/token answered with status 400 invalid_grant: "
                    "Invalid JWT  Signature: ...",
                    file, fakekube_url(fake));
    BL_ERROR(err);

    answer(1, 400, said);
    ck_assert_int_eq(bl_google_token_get(tokens, NULL, &token, &err), -1);
    ck_assert_str_eq(bl_error_text(err), wanted);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_FORBIDDEN);
    ck_assert_ptr_nonnull(bl_error_hint(err));
    ck_assert_uint_eq(fakekube_requests(fake), 1);
    EVP_PKEY_free(key);
}
END_TEST

/* --- an external account --- */

#define EXTERNAL(more)                                                                  \
    "{'type':'external_account','audience':'//iam.googleapis.com/pool/provider',"       \
    "'subject_token_type':'urn:ietf:params:oauth:token-type:jwt','token_url':'%s/sts'," \
    "'credential_source':{%s}" more "}"

static void write_text(const char *path, const char *text)
{
    BL_ERROR(err);

    ck_assert_int_eq(bl_file_replace(path, text, strlen(text), &err), 0);
}

START_TEST(external_account_by_file)
{
    BL_AUTO(help_unlink) char *subject = help_file(" subject-1\n");
    BL_AUTO_FREE char *source = bl_asprintf("'file':'%s'", subject);
    BL_AUTO_FREE char *text = bl_asprintf(EXTERNAL(""), fakekube_url(fake), source);
    BL_AUTO(help_unlink) char *file = help_file(text);
    BL_AUTO(bl_google_tokens_cleanup)
    struct bl_google_tokens *tokens = help_tokens(fake, &test_clock, file);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(4096);

    fakekube_answer(fake, 1, HELP_GRANT("first"));
    fakekube_answer(fake, 2, HELP_GRANT("second"));
    token_is(tokens, "first");
    fakekube_last(fake, &last);
    ck_assert(bl_text_starts(last.text, "POST /sts HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(
        strstr(last.text, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    ck_assert(bl_text_ends(
        last.text, "\r\n\r\n"
                   "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
                   "&audience=%2F%2Fiam.googleapis.com%2Fpool%2Fprovider"
                   "&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform"
                   "&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token"
                   "&subject_token=subject-1"
                   "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt"));
    write_text(subject, "subject-2");
    now.now += 3600 * BL_NSEC_S;
    token_is(tokens, "second");
    BL_AUTO_FREE char *sent = form_field("subject_token");
    ck_assert_str_eq(sent, "subject-2");
}
END_TEST

/* A URL's answer in JSON, and a service account that is stood in for. */
START_TEST(external_account_by_url)
{
    const char *url = fakekube_url(fake);
    BL_AUTO_FREE char *source =
        bl_asprintf("'url':'%s/id?x=y','headers':{'X-Who':'me'},"
                    "'format':{'type':'json','subject_token_field_name':'value'}",
                    url);
    BL_AUTO_FREE char *text =
        bl_asprintf(EXTERNAL(",'service_account_impersonation_url':'%s/sa:generateAccessToken',"
                             "'service_account_impersonation':{'token_lifetime_seconds':1800}"),
                    url, source, url);
    BL_AUTO(help_unlink) char *file = help_file(text);
    BL_AUTO(bl_google_tokens_cleanup)
    struct bl_google_tokens *tokens = help_tokens(fake, &test_clock, file);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf all = BL_STRBUF_INIT(1 << 16);

    answer(1, 200, "{\"value\":\"subject\"}");
    fakekube_answer(fake, 2, HELP_GRANT("of-sts"));
    /* Half an hour from the clock's beginning. */
    answer(3, 200, "{\"accessToken\":\"mine\",\"expireTime\":\"2027-01-15T08:30:00Z\"}");
    token_is(tokens, "mine");
    fakekube_all(fake, &all);
    ck_assert(bl_text_starts(all.text, "GET /id?x=y HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(all.text, "\r\nX-Who: me\r\n"));
    ck_assert_ptr_nonnull(strstr(all.text, "&subject_token=subject&"));
    ck_assert_ptr_nonnull(
        strstr(all.text, "&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fiam&"));
    ck_assert_ptr_nonnull(strstr(all.text, "\nPOST /sa:generateAccessToken HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(all.text, "\r\nAuthorization: Bearer of-sts\r\n"));
    ck_assert_ptr_nonnull(
        strstr(all.text, "\r\n\r\n{\"scope\":[\"https://www.googleapis.com/auth/cloud-platform\"],"
                         "\"lifetime\":\"1800s\"}"));
    now.now += (1800 - 226) * BL_NSEC_S;
    token_is(tokens, "mine");
    ck_assert_uint_eq(fakekube_requests(fake), 3);
}
END_TEST

/* --- what cannot be --- */

#define ACCOUNT "'type':'service_account','client_email':'a','private_key_id':'b','private_key':'c'"
#define OUTSIDE "'type':'external_account','audience':'a','subject_token_type':'b'"

static const struct {
    const char *text, *message, *why;
} wrong[] = {
    {"hello", "is no JSON", "no JSON"},
    {"{}", "type \"\" is not supported", "no type"},
    {"{'type':'authorized_user','refresh_token':'s3cret'}",
     "type \"authorized_user\" is not supported", "a person's"},
    {"{'type':'service_account','client_email':'a','private_key_id':'s3cret'}",
     "private_key is missing", "no key"},
    {"{" ACCOUNT ",'token_uri':'http://example.com/s3cret'}",
     "token_uri would send secrets to example.com in plain text", "plain text"},
    {"{" ACCOUNT ",'token_uri':'https://127.0.0.1@example.com/'}",
     "token_uri is no URL that can be asked", "a host that is a user"},
    {"{" ACCOUNT ",'token_uri':'http://127.0.0.1.example.com/'}",
     "token_uri would send secrets to 127.0.0.1.example.com in plain text", "a name, not a number"},
    {"{" ACCOUNT ",'token_uri':'file:///etc/passwd'}", "token_uri is no URL that can be asked",
     "a file"},
    {"{" ACCOUNT ",'token_uri':'https://example.com?/x'}", "token_uri is no URL that can be asked",
     "a query without a path"},
    {"{" ACCOUNT ",'token_uri':'https://example.com/a b'}",
     "token_uri has a space or control character in it", "a space"},
    {"{" ACCOUNT ",'universe_domain':'example.com'}",
     "universe_domain \"example.com\" is not supported", "another universe"},
    {"{" OUTSIDE "}", "token_url is missing", "no token_url"},
    {"{" OUTSIDE ",'token_url':'https://x/'}",
     "credential_source has neither file nor url, or both", "no source"},
    {"{" OUTSIDE ",'token_url':'https://x/','credential_source':{'environment_id':'aws1'}}",
     "credential_source has neither file nor url, or both", "AWS"},
    {"{" OUTSIDE ",'token_url':'https://x/','credential_source':{'url':'http://example.com/'}}",
     "credential_source.url would send secrets to example.com in plain text", "plain source"},
    {"{" OUTSIDE
     ",'token_url':'https://x/','credential_source':{'file':'f','format':{'type':'x'}}}",
     "credential_source.format.type is neither text nor json", "format"},
    {"{" OUTSIDE
     ",'token_url':'https://x/','credential_source':{'file':'f','format':{'type':'json'}}}",
     "credential_source.format.subject_token_field_name is missing", "no field"},
    {"{" OUTSIDE ",'token_url':'https://x/','credential_source':{'url':'https://y/',"
     "'headers':{'A':'s3cret\\r\\nB: c'}}}",
     "credential_source.headers has one that cannot be sent", "a header in a header"},
    {"{" OUTSIDE ",'token_url':'https://x/','credential_source':{'file':'f'},"
     "'service_account_impersonation':{'token_lifetime_seconds':10}}",
     "service_account_impersonation.token_lifetime_seconds is not from 600 to 43200", "too short"},
    {"{" OUTSIDE ",'token_url':'https://x/','credential_source':{'file':'f'},"
     "'service_account_impersonation_url':'http://10.0.0.1/'}",
     "service_account_impersonation_url would send secrets to 10.0.0.1 in plain text", "plain IAM"},
};

START_TEST(wrong_files)
{
    BL_AUTO(help_unlink) char *file = help_file(wrong[_i].text);
    struct bl_google_tokens_options options = {.credentials = file};
    BL_AUTO(bl_google_tokens_cleanup) struct bl_google_tokens *tokens = NULL;
    BL_AUTO_FREE char *wanted = bl_asprintf("credentials %s: %s", file, wrong[_i].message);
    BL_ERROR(err);

    BL_WHY(bl_google_tokens_new(&options, &tokens, &err) < 0, wrong[_i].why);
    ck_assert_str_eq(bl_error_text(err), wanted);
    BL_WHY(!strstr(bl_error_text(err), "s3cret"), wrong[_i].why);
    BL_WHY(bl_error_code(err) == BL_ERR_INVALID, wrong[_i].why);
}
END_TEST

/* Named by the environment, as every library of Google's has it. */
START_TEST(no_file)
{
    BL_AUTO(bl_google_tokens_cleanup) struct bl_google_tokens *tokens = NULL;
    BL_ERROR(err);

    setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json", 1);
    ck_assert_int_eq(bl_google_tokens_new(NULL, &tokens, &err), -1);
    ck_assert_str_eq(bl_error_text(err), "could not read credentials: could not open "
                                         "/nowhere/key.json: No such file or directory");
}
END_TEST

/* A token service answers 200 with what is no token. */
static const struct {
    const char *body, *message, *why;
} answers[] = {
    {"<html>", "the answer is no JSON", "a portal's page"},
    {"{}", "there is no token in it", "no token"},
    {"{\"access_token\":\"a\\r\\nX: y\"}", "the token has characters that no token has",
     "a header"},
    {"{\"access_token\":\"\"}", "there is no token in it", "an empty token"},
};

START_TEST(wrong_answers)
{
    BL_AUTO(bl_google_tokens_cleanup)
    struct bl_google_tokens *tokens = help_tokens(fake, &test_clock, NULL);
    BL_AUTO(bl_google_token_release) struct bl_google_token token = BL_GOOGLE_TOKEN_INIT;
    BL_ERROR(err);

    answer(1, 200, answers[_i].body);
    BL_WHY(bl_google_token_get(tokens, NULL, &token, &err) < 0, answers[_i].why);
    BL_WHY(strstr(bl_error_text(err), answers[_i].message), answers[_i].why);
}
END_TEST

START_TEST(where_we_are)
{
    BL_AUTO(bl_google_place_release) struct bl_google_place place = {0};
    BL_AUTO(bl_stop_cleanup) struct bl_stop *stop = NULL;
    BL_ERROR(err);

    bl_google_tokens_free(help_tokens(fake, &test_clock, NULL));
    ck_assert_int_eq(bl_stop_new(&stop, &err), 0);
    answer(1, 200, "kafka-proj\n");
    answer(2, 200, "us-central1");
    answer(3, 200, "gke-kafka");
    ck_assert_int_eq(bl_google_metadata_place(stop, BL_NSEC_MS, &place, &err), 0);
    ck_assert_str_eq(place.project, "kafka-proj");
    ck_assert_str_eq(place.location, "us-central1");
    ck_assert_str_eq(place.cluster, "gke-kafka");
    /* A machine of no cluster. */
    answer(1, 200, "kafka-proj");
    answer(2, 404, "<!DOCTYPE html>");
    ck_assert_int_eq(bl_google_metadata_place(stop, BL_NSEC_MS, &place, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_NOT_FOUND);
    ck_assert_str_eq(place.cluster, "gke-kafka");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("token");
    TCase *tc = tcase_create("token");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, metadata_server);
    tcase_add_test(tc, not_there_yet);
    tcase_add_test(tc, a_failing_refresh);
    tcase_add_test(tc, refused_tokens);
    tcase_add_test(tc, many_threads);
    tcase_add_test(tc, many_threads_without_one);
    tcase_add_test(tc, a_stop_ends_the_tries);
    tcase_add_test(tc, service_account);
    tcase_add_test(tc, a_key_taken_back);
    tcase_add_test(tc, external_account_by_file);
    tcase_add_test(tc, external_account_by_url);
    tcase_add_loop_test(tc, wrong_files, 0, (int)BL_ARRAY_LEN(wrong));
    tcase_add_test(tc, no_file);
    tcase_add_loop_test(tc, wrong_answers, 0, (int)BL_ARRAY_LEN(answers));
    tcase_add_test(tc, where_we_are);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
