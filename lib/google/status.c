#include "status.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define MESSAGE_MAX ((size_t)1024)
/* Google's quotas are counted by the minute. */
#define QUOTA_WAIT (60 * BL_NSEC_S)
#define LONGEST_WAIT ((int64_t)6 * 3600)

static const struct {
    const char *name;
    enum bl_errcode code;
    const char *hint;
} statuses[] = {
    [BL_GOOGLE_CANCELLED] = {"CANCELLED", BL_ERR_CONFLICT, NULL},
    [BL_GOOGLE_UNKNOWN] = {"UNKNOWN", BL_ERR_UNAVAILABLE, NULL},
    [BL_GOOGLE_INVALID_ARGUMENT] = {"INVALID_ARGUMENT", BL_ERR_INVALID, NULL},
    [BL_GOOGLE_DEADLINE_EXCEEDED] = {"DEADLINE_EXCEEDED", BL_ERR_UNAVAILABLE, NULL},
    [BL_GOOGLE_NOT_FOUND] = {"NOT_FOUND", BL_ERR_NOT_FOUND, NULL},
    [BL_GOOGLE_ALREADY_EXISTS] = {"ALREADY_EXISTS", BL_ERR_CONFLICT, NULL},
    [BL_GOOGLE_PERMISSION_DENIED] = {"PERMISSION_DENIED", BL_ERR_FORBIDDEN,
                                     "Enable the API in the project, and give our service account "
                                     "a role that has the permission."},
    [BL_GOOGLE_RESOURCE_EXHAUSTED] = {"RESOURCE_EXHAUSTED", BL_ERR_UNAVAILABLE,
                                      "A quota is used up; it is tried again later."},
    [BL_GOOGLE_FAILED_PRECONDITION] = {"FAILED_PRECONDITION", BL_ERR_CONFLICT, NULL},
    [BL_GOOGLE_ABORTED] = {"ABORTED", BL_ERR_CONFLICT,
                           "Somebody else changed it meanwhile: it is read and judged again."},
    [BL_GOOGLE_OUT_OF_RANGE] = {"OUT_OF_RANGE", BL_ERR_INVALID, NULL},
    [BL_GOOGLE_UNIMPLEMENTED] = {"UNIMPLEMENTED", BL_ERR_INVALID, NULL},
    [BL_GOOGLE_INTERNAL] = {"INTERNAL", BL_ERR_UNAVAILABLE, NULL},
    [BL_GOOGLE_UNAVAILABLE] = {"UNAVAILABLE", BL_ERR_UNAVAILABLE, NULL},
    [BL_GOOGLE_DATA_LOSS] = {"DATA_LOSS", BL_ERR_CONFLICT, NULL},
    [BL_GOOGLE_UNAUTHENTICATED] = {"UNAUTHENTICATED", BL_ERR_FORBIDDEN,
                                   "The token was refused twice: look at the credentials, and at "
                                   "the clock."},
};

static enum bl_google_status find(const char *name)
{
    for (size_t i = 1; i < BL_ARRAY_LEN(statuses); i++)
        if (bl_text_eq(name, statuses[i].name))
            return (enum bl_google_status)i;
    return BL_GOOGLE_NO_STATUS;
}

enum bl_google_status bl_google_status_of(const struct bl_error *err)
{
    return find(bl_error_reason(err));
}

/* One line for people; what is no text is left out. */
static void add_message(struct bl_strbuf *out, const char *message)
{
    for (; *message && out->len < MESSAGE_MAX; message++)
        bl_strbuf_addc(out, (unsigned char)*message < ' ' || *message == 0x7f ? ' ' : *message);
    if (*message)
        bl_strbuf_adds(out, "...");
}

static int fail_as(enum bl_google_status status, const char *message, const char *what,
                   struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(MESSAGE_MAX + 4);

    add_message(&text, message ? message : "");
    bl_fail(err, statuses[status].code, "%s: %s%s%s", what, statuses[status].name,
            text.len ? ": " : "", text.text);
    bl_error_named(err, statuses[status].name);
    return statuses[status].hint ? bl_hint(err, "%s", statuses[status].hint) : -1;
}

/* google.rpc.RetryInfo of the details: {"retryDelay": "30s"}, perhaps with a fraction. */
static bl_nsec retry_delay(const cJSON *error)
{
    const cJSON *detail;

    cJSON_ArrayForEach(detail, bl_json_get(error, "details")) {
        const char *text = bl_json_string(detail, "retryDelay");
        int64_t seconds = 0;

        if (text && bl_text_ends(text, "s") &&
            bl_text_to_int(text, strspn(text, "0123456789"), &seconds) && seconds >= 0)
            return (seconds < LONGEST_WAIT ? seconds : LONGEST_WAIT) * BL_NSEC_S;
    }
    return -1;
}

static void add_wait(const struct bl_http_response *response, const cJSON *error,
                     struct bl_error **err)
{
    bl_nsec wait = response->retry_after;

    if (wait < 0)
        wait = retry_delay(error);
    if (wait < 0 && bl_google_status_of(*err) == BL_GOOGLE_RESOURCE_EXHAUSTED)
        wait = QUOTA_WAIT;
    bl_error_wait(err, wait);
}

/* A proxy, or no server of Google's at all. */
static int fail_nameless(int status, const char *what, struct bl_error **err)
{
    enum bl_errcode code = status == 401 || status == 403 ? BL_ERR_FORBIDDEN : BL_ERR_UNAVAILABLE;

    bl_fail(err, code, "%s: status %d, and no error of Google's", what, status);
    return bl_hint(err, "Is a proxy between, or the endpoint another server's?");
}

int bl_google_status_fail(const struct bl_http_response *response, const char *what,
                          const char *secret, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *answer = NULL;
    BL_ERROR(unreadable);
    const cJSON *error = NULL;
    const char *message;
    enum bl_google_status status;

    if (bl_json_parse(response->body.text, response->body.len, &answer, &unreadable) == 0)
        error = bl_json_get(answer, "error");
    message = bl_json_string(error, "message");
    if (message && secret && *secret && strstr(message, secret))
        message = NULL;
    status = find(bl_json_string(error, "status"));
    if (status)
        fail_as(status, message, what, err);
    else
        fail_nameless(response->status, what, err);
    bl_error_http(err, response->status);
    add_wait(response, error, err);
    return -1;
}

int bl_google_status_fail_rpc(const cJSON *status, const char *what, struct bl_error **err)
{
    int64_t code = bl_json_number(status, "code");

    if (code < 1 || code >= (int64_t)BL_ARRAY_LEN(statuses))
        code = BL_GOOGLE_UNKNOWN;
    return fail_as((enum bl_google_status)code, bl_json_string(status, "message"), what, err);
}
