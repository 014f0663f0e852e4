#include "ballast/base/text.h"
#include "cli.h"
#include "print.h"
#include "screen.h"
#include "verb.h"

static int print_json(const cJSON *json)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    cli_add_json(&out, json, false);
    return cli_print(&out);
}

static int print_list(const struct cli_gke_session *session, const cJSON *items)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (session->call->format == CLI_JSON)
        return print_json(items);
    if (bl_json_len(items))
        cli_gke_table(session->call->what, items, &out);
    else
        bl_strbuf_addf(&out, "There is no %s of %s.\n", session->call->what->word,
                       session->parent.text);
    return cli_show(&out);
}

int cli_gke_list(const struct cli_gke_session *session)
{
    BL_AUTO(bl_strings_release) struct bl_strings unreachable = {0};
    BL_AUTO_JSON cJSON *items = NULL;
    BL_ERROR(err);

    if (bl_gke_list(session->client, session->call->what->kind, session->parent.text, NULL, &items,
                    &unreachable, &err) < 0)
        return cli_gke_fail(session, &err);
    if (print_list(session, items) != CLI_OK)
        return CLI_ERROR;
    for (size_t i = 0; i < unreachable.len; i++)
        cli_say(STDERR_FILENO,
                "ballast: error: %s could not be asked by the service: the list is not whole",
                unreachable.items[i]);
    return unreachable.len ? CLI_FINDINGS : CLI_OK;
}

static int print_one(const struct cli_gke_session *session, const cJSON *resource)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *volumes = NULL;
    BL_ERROR(err);

    if (session->call->format == CLI_JSON)
        return print_json(resource);
    if (cli_gke_volumes(session, &volumes, &err) < 0)
        return cli_gke_fail(session, &err);
    cli_gke_text(session->call->what, resource, volumes, &out);
    return cli_show(&out);
}

int cli_gke_describe(const struct cli_gke_session *session)
{
    const struct cli_gke *what = session->call->what;
    struct cli_gke_waiting waiting = {0};
    BL_AUTO_JSON cJSON *resource = NULL;
    enum bl_gke_state state;
    BL_ERROR(err);
    int rc;

    if (session->call->wait)
        return cli_gke_wait(session, &waiting);
    if (bl_gke_get(session->client, what->kind, session->name.text, &resource, &err) < 0)
        return cli_gke_fail(session, &err);
    rc = print_one(session, resource);
    state = bl_gke_state_of(what->kind, resource);
    return rc == CLI_OK && (state == BL_GKE_FAILED || state == BL_GKE_DELETING) ? CLI_FINDINGS : rc;
}
