#include "grant.h"

#include <stdarg.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "exchange.h"

/* Of a token whose giver does not say. */
#define SECONDS_UNSAID 300

int bl_google_credentials_fail(const char *file, struct bl_error **err, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    BL_AUTO_FREE char *text = bl_vasprintf(fmt, args);
    va_end(args);
    return bl_fail(err, BL_ERR_INVALID, "credentials %s: %s", file, text);
}

static int64_t seconds_of(const cJSON *value)
{
    int64_t seconds = 0;

    if (bl_json_int(value, &seconds) ||
        (cJSON_IsString(value) &&
         bl_text_to_int(value->valuestring, strlen(value->valuestring), &seconds)))
        return seconds;
    return SECONDS_UNSAID;
}

int bl_google_grant_read(const cJSON *answer, const char *what, struct bl_google_grant *grant,
                         struct bl_error **err)
{
    const char *token = bl_json_string(answer, "access_token");

    if (bl_google_check_token(token, what, err) < 0)
        return -1;
    bl_strbuf_reset(&grant->text);
    bl_strbuf_adds(&grant->text, token);
    grant->seconds = seconds_of(bl_json_get(answer, "expires_in"));
    return bl_strbuf_check(&grant->text, "the token", err);
}
