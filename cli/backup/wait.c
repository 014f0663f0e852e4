#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/google/operation.h"
#include "cli.h"
#include "print.h"
#include "screen.h"
#include "verb.h"

/* Of volumes of many TiB. An interrupt ends it before. */
#define AT_MOST ((bl_nsec)365 * 86400 * BL_NSEC_S)

/* --- an interrupt --- */

static struct bl_stop *volatile interrupted;
static struct sigaction before;

static void on_interrupt(int signal BL_UNUSED)
{
    bl_stop_raise(interrupted);
}

/* The second one ends the program. */
static void catch_interrupt(struct bl_stop *stop)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};

    interrupted = stop;
    (void)sigaction(SIGINT, &action, &before);
    /* As nohup and a shell's background have it. */
    if (before.sa_handler == SIG_IGN)
        (void)sigaction(SIGINT, &before, NULL);
}

static void leave_interrupt(void)
{
    (void)sigaction(SIGINT, &before, NULL);
    interrupted = NULL;
}

/* --- looking --- */

struct watch {
    const struct cli_gke_session *session;
    const char *operation;   /* NULL: none, or it is done */
    bool gone, silent;       /* the latter: the service did not answer the last time */
    struct bl_error *failed; /* what the operation ended with; owned */
    cJSON *resource;         /* as it was last; owned */
    struct cli_screen screen;
};

static void watch_release(struct watch *watch)
{
    bl_error_free(watch->failed);
    cJSON_Delete(watch->resource);
    cli_screen_release(&watch->screen);
}

/* What JSON is printed of at the end, is told of on standard error meanwhile. */
static void tell(struct watch *watch, const struct bl_strbuf *line)
{
    if (watch->screen.shown && strcmp(watch->screen.shown, line->text) == 0)
        return;
    cli_screen_release(&watch->screen);
    watch->screen.shown = bl_strdup(line->text);
    cli_say(STDERR_FILENO, "%.*s", (int)strcspn(line->text, "\n"), line->text);
}

static int show(struct watch *watch, const cJSON *volumes, struct bl_error **err)
{
    const struct cli_gke_call *call = watch->session->call;
    struct cli_view view = {.format = CLI_TEXT, .watch = true};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (call->format == CLI_TEXT && isatty(STDOUT_FILENO))
        cli_gke_text(call->what, watch->resource, volumes, &out);
    else
        cli_gke_line(call->what, watch->resource, volumes, &out);
    if (call->format == CLI_JSON)
        tell(watch, &out);
    else if (cli_screen_show(&watch->screen, &view, &out) != CLI_OK)
        return bl_fail(err, BL_ERR_IO, "nobody reads standard output");
    return 0;
}

static int look_at_operation(struct watch *watch, struct bl_error **err)
{
    BL_AUTO(bl_google_operation_release) struct bl_google_operation operation = {0};
    BL_ERROR(why);

    if (!watch->operation)
        return 0;
    if (bl_google_operation_get(watch->session->client, watch->operation, &operation, &why) < 0) {
        /* Its record goes before the resource does. */
        if (bl_google_status_of(why) != BL_GOOGLE_NOT_FOUND) {
            *err = BL_STEAL(why);
            return -1;
        }
        operation.state = BL_GOOGLE_OPERATION_DONE;
    }
    if (operation.state == BL_GOOGLE_OPERATION_FAILED)
        watch->failed = BL_STEAL(operation.error);
    if (operation.state != BL_GOOGLE_OPERATION_RUNNING)
        watch->operation = NULL;
    return 0;
}

/* *ret_missing: it is not there yet, or no more. */
static int look_at_resource(struct watch *watch, bool *ret_missing, struct bl_error **err)
{
    const struct cli_gke_session *session = watch->session;
    BL_AUTO_JSON cJSON *resource = NULL, *volumes = NULL;
    BL_ERROR(why);

    if (bl_gke_get(session->client, session->call->what->kind, session->name.text, &resource,
                   &why) < 0) {
        *ret_missing = bl_google_status_of(why) == BL_GOOGLE_NOT_FOUND;
        if (*ret_missing && (watch->gone || watch->operation))
            return 0;
        *err = BL_STEAL(why);
        return -1;
    }
    *ret_missing = false;
    cJSON_Delete(watch->resource);
    watch->resource = BL_STEAL(resource);
    if (!watch->gone && cli_gke_volumes(session, &volumes, err) < 0)
        return -1;
    return show(watch, volumes, err);
}

static int look_once(struct watch *watch, bool *ret_over, struct bl_error **err)
{
    bool missing = false;

    if (look_at_operation(watch, err) < 0)
        return -1;
    if (watch->failed) {
        *ret_over = true;
        return 0;
    }
    if (look_at_resource(watch, &missing, err) < 0)
        return -1;
    if (watch->gone)
        *ret_over = missing && !watch->operation;
    else
        *ret_over = !missing && bl_gke_state_is_final(bl_gke_state_of(
                                    watch->session->call->what->kind, watch->resource));
    return 0;
}

/* A service that is away is asked again, and a person is told that. */
static int look(void *context, bool *ret_over, struct bl_error **err)
{
    struct watch *watch = context;
    int rc = look_once(watch, ret_over, err);
    bool silent = rc < 0 && bl_error_code(*err) == BL_ERR_UNAVAILABLE;

    if (silent && !watch->silent && !bl_stop_raised(watch->session->stop))
        cli_say(STDERR_FILENO, "ballast: it is asked again: %s", bl_error_text(*err));
    watch->silent = silent;
    return rc;
}

/* --- the end --- */

static int say_interrupted(const struct cli_gke_session *session)
{
    const struct cli_gke *what = session->call->what;

    cli_say(STDERR_FILENO,
            "ballast: nobody waits any more, and the service goes on.\n"
            "  hint: \"ballast %s describe -w %s\" looks at it again.",
            what->word, session->name.text);
    return CLI_INTERRUPTED;
}

static int say_end(struct watch *watch)
{
    const struct cli_gke_session *session = watch->session;
    const struct cli_gke *what = session->call->what;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_ERROR(err);

    if (watch->failed)
        return cli_gke_fail(session, &watch->failed);
    if (watch->gone) {
        cli_say(STDOUT_FILENO, "%s %s is deleted.", what->word, session->name.text);
        return CLI_OK;
    }
    if (session->call->format == CLI_JSON) {
        cli_add_json(&out, watch->resource, false);
        if (cli_print(&out) != CLI_OK)
            return CLI_ERROR;
    }
    if (bl_gke_state_of(what->kind, watch->resource) == BL_GKE_SUCCEEDED)
        return CLI_OK;
    cli_gke_trouble(what, watch->resource, &err);
    return cli_gke_fail(session, &err);
}

int cli_gke_wait(const struct cli_gke_session *session, const struct cli_gke_waiting *waiting)
{
    BL_AUTO(watch_release)
    struct watch watch = {
        .session = session, .operation = waiting->operation, .gone = waiting->gone};
    BL_ERROR(err);
    int rc;

    catch_interrupt(session->stop);
    rc = bl_google_poll(session->client, look, &watch, AT_MOST, &err);
    leave_interrupt();
    if (rc == 0)
        return say_end(&watch);
    return bl_stop_raised(session->stop) ? say_interrupted(session) : cli_gke_fail(session, &err);
}
