#include <string.h>

#include "ballast/base/text.h"
#include "client.h"

static enum bl_errcode code_of(int status)
{
    switch (status) {
    case 401:
    case 403:
        return BL_ERR_FORBIDDEN;
    case 404:
        return BL_ERR_NOT_FOUND;
    case 409:
        return BL_ERR_CONFLICT;
    case 413:
        return BL_ERR_TOO_LARGE;
    case 410: /* the version that was asked for is too old: the next list is not */
    case 408:
    case 429:
        return BL_ERR_UNAVAILABLE;
    default:
        return status >= 400 && status < 500 ? BL_ERR_INVALID : BL_ERR_UNAVAILABLE;
    }
}

static int add_hint(struct bl_error **err, int status)
{
    switch (status) {
    case 401:
        return bl_hint(err, "The credentials are missing, wrong or expired.");
    case 403:
        return bl_hint(err, "Grant it with a Role or ClusterRole and its binding.");
    default:
        return -1;
    }
}

/* The server's message is for people; only its length is not to be trusted. */
static int fail(struct bl_error **err, int status, const char *message, const char *what)
{
    if (message && *message)
        bl_fail(err, code_of(status), "%.1024s", message);
    else
        bl_fail(err, code_of(status), "the API server answered %s with %d", what, status);
    bl_error_http(err, status);
    return add_hint(err, status);
}

int bl_kube_status_fail_object(struct bl_error **err, const cJSON *status, const char *what)
{
    int64_t code = 0;

    if (!bl_json_int(bl_json_get(status, "code"), &code) || code < 100 || code > 999)
        code = 500;
    return fail(err, (int)code, bl_json_string(status, "message"), what);
}

int bl_kube_status_fail(struct bl_error **err, int status, const char *body, size_t len,
                        const char *what)
{
    BL_AUTO_JSON cJSON *answer = NULL;
    BL_ERROR(unreadable);

    /* A proxy in between answers in HTML, and the server itself says "404 page not found". */
    if (bl_json_parse(body, len, &answer, &unreadable) < 0 ||
        !bl_text_eq(bl_json_string(answer, "kind"), "Status"))
        return fail(err, status, NULL, what);
    return fail(err, status, bl_json_string(answer, "message"), what);
}
