/* A service account's key: what it signs is exchanged for a token (RFC 7523). */
#include <string.h>

#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/token.h"
#include "ballast/http/path.h"
#include "ballast/pki/sign.h"
#include "credentials.h"

/* For whom the assertion is, wherever it is sent. */
#define AUDIENCE "https://oauth2.googleapis.com/token"
#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define LIFETIME 3600

static const char *token_uri(const struct bl_google_credentials *credentials)
{
    const char *uri = bl_json_string(credentials->json, "token_uri");

    return uri ? uri : AUDIENCE;
}

int bl_google_service_account_check(const struct bl_google_credentials *credentials,
                                    struct bl_error **err)
{
    static const char *const needed[] = {"client_email", "private_key_id", "private_key"};

    for (size_t i = 0; i < BL_ARRAY_LEN(needed); i++) {
        const char *value = bl_json_string(credentials->json, needed[i]);

        if (!value || !*value)
            return bl_google_credentials_fail(credentials->file, err, "%s is missing", needed[i]);
    }
    if (bl_google_url_check(token_uri(credentials), "token_uri", err) < 0)
        return bl_wrap(err, "credentials %s", credentials->file);
    return 0;
}

static void add_part(struct bl_strbuf *jwt, const cJSON *part)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX);

    bl_json_write(&text, part);
    bl_base64url_encode(jwt, text.text, text.len);
}

/* Header and claims as Google's own libraries write them. */
static int write_jwt(const struct bl_google_credentials *credentials, int64_t now,
                     struct bl_strbuf *jwt, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf signature = BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX);
    BL_AUTO_JSON cJSON *header = bl_json_new_object(), *claims = bl_json_new_object();

    bl_json_add_string(header, "typ", "JWT");
    bl_json_add_string(header, "alg", "RS256");
    bl_json_add_string(header, "kid", bl_json_string(credentials->json, "private_key_id"));
    bl_json_add_string(claims, "iss", bl_json_string(credentials->json, "client_email"));
    bl_json_add_string(claims, "scope", GOOGLE_SCOPE);
    bl_json_add_string(claims, "aud", AUDIENCE);
    bl_json_add_int(claims, "iat", now);
    bl_json_add_int(claims, "exp", now + LIFETIME);
    add_part(jwt, header);
    bl_strbuf_addc(jwt, '.');
    add_part(jwt, claims);
    if (bl_pki_sign_rs256(bl_json_string(credentials->json, "private_key"), jwt->text, jwt->len,
                          &signature, err) < 0)
        return bl_wrap(err, "credentials %s: private_key", credentials->file);
    bl_strbuf_addc(jwt, '.');
    bl_base64url_encode(jwt, signature.text, signature.len);
    return bl_strbuf_check(jwt, "the assertion", err);
}

int bl_google_service_account_fetch(const struct bl_google_credentials *credentials,
                                    const struct bl_google_asking *asking, int64_t now,
                                    struct bl_google_grant *grant, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf jwt = BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf form = BL_STRBUF_INIT(2 * BL_GOOGLE_TOKEN_MAX);
    BL_AUTO(bl_json_wipe) cJSON *answer = NULL;
    BL_AUTO_FREE char *what = bl_asprintf("token by credentials %s", credentials->file);

    if (write_jwt(credentials, now, &jwt, err) < 0)
        return -1;
    bl_http_form(&form, "grant_type", GRANT_TYPE);
    bl_http_form(&form, "assertion", jwt.text);
    if (bl_strbuf_check(&form, "the assertion", err) < 0)
        return -1;

    struct bl_google_question question = {
        .what = what, .url = token_uri(credentials), .form = form.text};
    if (bl_google_ask_json(asking, &question, &answer, err) < 0)
        return -1;
    return bl_google_grant_read(answer, what, grant, err);
}
