#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/operation.h"
#include "cli.h"
#include "print.h"
#include "screen.h"
#include "verb.h"

/* Of what is safe to ask for again: an ID makes a resource once, and an etag deletes one state. */
#define TRIES 4

static const char *name_of(const struct cli_gke_session *session)
{
    return session->name.text;
}

static const char *id_of(const struct cli_gke_session *session)
{
    return strrchr(name_of(session), '/') + 1;
}

/* Nobody knows whether it was done. Waits, too. */
static bool is_worth_another(const struct cli_gke_session *session, unsigned tried,
                             const struct bl_error *why)
{
    if (tried >= TRIES || bl_error_code(why) != BL_ERR_UNAVAILABLE ||
        bl_error_retry_after(why) >= 0)
        return false;
    return !bl_stop_wait(session->stop, bl_google_poll_wait(tried));
}

/* --- create --- */

/* *ret_there: NULL where it is not. */
static int find(const struct cli_gke_session *session, cJSON **ret_there, struct bl_error **err)
{
    BL_ERROR(why);

    if (bl_gke_get(session->client, session->call->what->kind, name_of(session), ret_there, &why) ==
            0 ||
        bl_google_status_of(why) == BL_GOOGLE_NOT_FOUND)
        return 0;
    *err = BL_STEAL(why);
    return -1;
}

/* *ret_operation is NULL where it was there as asked for. */
static int order(const struct cli_gke_session *session, char **ret_operation, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *body = cli_gke_body(session->call);

    for (unsigned tried = 1;; tried++) {
        BL_ERROR(why);

        if (bl_gke_create(session->client, session->call->what->kind, session->parent.text,
                          id_of(session), body, ret_operation, &why) == 0)
            return 0;
        if (!is_worth_another(session, tried, why)) {
            *err = BL_STEAL(why);
            return -1;
        }
    }
}

/* One of yesterday with the same ID is none of today. */
static int fail_there(const struct cli_gke_session *session, const cJSON *there,
                      struct bl_error **err)
{
    const char *made = bl_json_string(there, "createTime");

    bl_fail(err, BL_ERR_CONFLICT,
            "%s %s was there already, made at %s and %s: nothing new was made",
            session->call->what->word, name_of(session), made ? made : "an unknown time",
            bl_gke_state_text(there));
    return bl_hint(err, "Choose another ID, or look at this one by \"ballast %s describe\".",
                   session->call->what->word);
}

static int say_ordered(const struct cli_gke_session *session, const char *operation)
{
    const char *word = session->call->what->word;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *there = NULL;
    BL_ERROR(err);

    if (session->call->format == CLI_JSON) {
        if ((operation &&
             bl_google_operation_wait(session->client, operation, NULL, NULL, &err) < 0) ||
            bl_gke_get(session->client, session->call->what->kind, name_of(session), &there, &err) <
                0)
            return cli_gke_fail(session, &err);
        cli_add_json(&out, there, false);
        return cli_print(&out);
    }
    bl_strbuf_addf(&out,
                   "The service has the order for %s %s. Follow it by\n"
                   "  ballast %s describe -w %s\n",
                   word, id_of(session), word, name_of(session));
    return cli_show(&out);
}

int cli_gke_create(const struct cli_gke_session *session)
{
    const struct cli_gke_call *call = session->call;
    struct cli_gke_waiting waiting = {0};
    BL_AUTO_JSON cJSON *there = NULL;
    BL_AUTO_FREE char *operation = NULL;
    BL_ERROR(err);

    if (call->backup && bl_gke_name_check(BL_GKE_BACKUP, call->backup, &err) < 0)
        return cli_gke_fail(session, &err);
    if (find(session, &there, &err) < 0 || order(session, &operation, &err) < 0)
        return cli_gke_fail(session, &err);
    if (!operation && there) {
        fail_there(session, there, &err);
        return cli_gke_fail(session, &err);
    }
    waiting.operation = operation;
    return call->wait ? cli_gke_wait(session, &waiting) : say_ordered(session, operation);
}

/* --- delete --- */

/* One look and one order, by the state that was seen. */
static int delete_once(const struct cli_gke_session *session, bool again, bool *ret_read,
                       char **ret_operation, struct bl_error **err)
{
    enum bl_gke_kind kind = session->call->what->kind;
    BL_AUTO_JSON cJSON *there = NULL;
    struct bl_google_delete how = {.name = name_of(session), .force = true};
    const char *locked;
    BL_ERROR(why);

    if (bl_gke_get(session->client, kind, how.name, &there, &why) < 0) {
        if (again && bl_google_status_of(why) == BL_GOOGLE_NOT_FOUND)
            return 0;
        /* A read has been asked for again as long as it is worth. */
        *ret_read = false;
        *err = BL_STEAL(why);
        return -1;
    }
    if (bl_gke_state_of(kind, there) == BL_GKE_DELETING)
        return 0;
    how.etag = bl_json_string(there, "etag");
    if (bl_gke_delete(session->client, kind, &how, ret_operation, err) == 0)
        return 0;
    locked = bl_json_string(there, "deleteLockExpireTime");
    if (!locked || bl_google_status_of(*err) != BL_GOOGLE_FAILED_PRECONDITION)
        return -1;
    bl_wrap(err, "%s %s is locked until %s", session->call->what->word, id_of(session), locked);
    return bl_hint(err, "Until then nobody can delete it.");
}

static int delete (const struct cli_gke_session *session, char **ret_operation,
                   struct bl_error **err)
{
    for (unsigned tried = 1;; tried++) {
        bool read = true;
        BL_ERROR(why);

        if (delete_once(session, tried > 1, &read, ret_operation, &why) == 0)
            return 0;
        /* Somebody changed it since, as the service does while it copies. */
        if (bl_google_status_of(why) == BL_GOOGLE_ABORTED && tried < TRIES)
            continue;
        if (!read || !is_worth_another(session, tried, why)) {
            *err = BL_STEAL(why);
            return -1;
        }
    }
}

int cli_gke_delete(const struct cli_gke_session *session)
{
    struct cli_gke_waiting waiting = {.gone = true};
    BL_AUTO_FREE char *operation = NULL;
    BL_ERROR(err);

    if (delete (session, &operation, &err) < 0)
        return cli_gke_fail(session, &err);
    waiting.operation = operation;
    if (session->call->wait)
        return cli_gke_wait(session, &waiting);
    cli_say(STDOUT_FILENO, "The service deletes %s %s.", session->call->what->word, id_of(session));
    return CLI_OK;
}
