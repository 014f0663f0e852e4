/*
 * Any text as what Google's APIs answer: errors of requests and operations, states, and what differs from what was asked
 * for. Messages stay one line, within a limit.
 */
#include <assert.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/google/backup.h"
#include "ballast/http/client.h"
#include "status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET "ya29.secret"
#define INPUT_MAX 65536

static void look_at_error(const struct bl_error *err)
{
    assert(err && strlen(bl_error_text(err)) < 2048);
    assert(!strstr(bl_error_text(err), SECRET));
    for (const char *c = bl_error_text(err); *c; c++)
        assert((unsigned char)*c >= ' ' && *c != 0x7f);
    if (bl_google_status_of(err) == BL_GOOGLE_NO_STATUS)
        assert(bl_error_code(err) != BL_ERR_NOT_FOUND && bl_error_code(err) != BL_ERR_CONFLICT);
}

/* The first byte chooses the HTTP status. */
static void answer(const uint8_t *data, size_t size)
{
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(INPUT_MAX);
    BL_ERROR(err);

    response.status = 400 + data[0] % 200;
    bl_strbuf_add(&response.body, (const char *)data + 1, size - 1);
    bl_google_status_fail(&response, "GET /v1/x", SECRET, &err);
    look_at_error(err);
    bl_http_response_release(&response);
}

static void resource(const cJSON *value)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(2048);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf same = BL_STRBUF_INIT(2048);
    BL_AUTO_JSON cJSON *nothing = bl_json_new_object();
    BL_ERROR(err);

    bl_google_status_fail_rpc(value, "operations/o", &err);
    assert(err && bl_google_status_of(err) != BL_GOOGLE_NO_STATUS);
    bl_google_differ(value, value, &same);
    assert(!same.len);
    bl_google_differ(value, nothing, &out);
    bl_google_differ(nothing, value, &out);
    for (enum bl_gke_kind kind = BL_GKE_BACKUP_PLAN; kind <= BL_GKE_VOLUME_RESTORE; kind++)
        (void)bl_gke_state_of(kind, value);
    (void)bl_gke_reason_hint(bl_gke_reason_code(value));
}

static void name(const uint8_t *data, size_t size)
{
    BL_AUTO_FREE char *text = bl_strndup((const char *)data, size);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf parent = BL_STRBUF_INIT(INPUT_MAX + 1);
    BL_ERROR(err);

    if (bl_gke_name_check(BL_GKE_BACKUP, text, &err) < 0)
        return;
    bl_gke_parent(text, &parent);
    assert(bl_gke_name_check(BL_GKE_BACKUP_PLAN, parent.text, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BL_AUTO_JSON cJSON *value = NULL;
    BL_ERROR(unreadable);

    if (size < 1 || size > INPUT_MAX)
        return 0;
    answer(data, size);
    name(data, size);
    if (bl_json_parse((const char *)data, size, &value, &unreadable) == 0)
        resource(value);
    return 0;
}
