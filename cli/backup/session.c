#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/metadata.h"
#include "cli.h"
#include "print.h"
#include "verb.h"

#define NAME_MAX_LEN ((size_t)1024)
/* A person waits: gcloud's three minutes between two looks are long. */
#define LONGEST (10 * BL_NSEC_S)
/* Where the parts of a full name are. */
#define PROJECT_PART 1
#define LOCATION_PART 3
#define PLAN_PART 5

/* --- names --- */

char *cli_gke_part(const char *name, unsigned number)
{
    for (; name && number; number--) {
        name = strchr(name, '/');
        name = name ? name + 1 : NULL;
    }
    return name ? bl_strndup(name, strcspn(name, "/")) : NULL;
}

static int agree(const char *option, const char *given, const char *name, unsigned number,
                 struct bl_error **err)
{
    BL_AUTO_FREE char *part = cli_gke_part(name, number);

    if (!given || bl_text_eq(part, given))
        return 0;
    bl_fail(err, BL_ERR_INVALID, "%s is \"%s\", and the full name says \"%s\"", option, given,
            part ? part : "");
    return bl_hint(err, "Leave the option out: a full name says all of it.");
}

int cli_gke_agree(const struct cli_gke_call *call, const char *name, struct bl_error **err)
{
    bool whole = call->plan && strchr(call->plan, '/');
    size_t len = whole ? strlen(call->plan) : 0;

    if (whole && strcmp(name, call->plan) != 0 &&
        (strncmp(name, call->plan, len) != 0 || name[len] != '/'))
        return bl_fail(err, BL_ERR_INVALID, "%s is %s, and the full name is of another one: %s",
                       call->what->plan_option, call->plan, name);
    if (agree("--project", call->project, name, PROJECT_PART, err) < 0 ||
        agree("--location", call->location, name, LOCATION_PART, err) < 0)
        return -1;
    return agree(call->what->plan_option, whole ? NULL : call->plan, name, PLAN_PART, err);
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

/* For free(). */
static int find_project(const struct cli_gke_session *session, char **ret_project,
                        struct bl_error **err)
{
    const char *given = session->call->project;

    if (!given)
        given = environment("GOOGLE_CLOUD_PROJECT");
    if (!given)
        given = environment("CLOUDSDK_CORE_PROJECT");
    if (given) {
        *ret_project = bl_strdup(given);
        return 0;
    }
    /* Off Google Cloud nobody answers, and a person waits for the request to give up. */
    cli_say(STDERR_FILENO,
            "ballast: the metadata server of Google Cloud is asked which project is meant");
    if (bl_google_metadata_project(session->stop, 0, ret_project, err) == 0)
        return 0;
    bl_wrap(err, "nobody says which project is meant");
    return bl_hint(err, "Name it: --project PROJECT.");
}

/* `plan` is an ID, or in a list "-". */
static int name_plan(const struct cli_gke_session *session, const char *plan,
                     struct bl_strbuf *parent, struct bl_error **err)
{
    const struct cli_gke_call *call = session->call;
    BL_AUTO_FREE char *project = NULL;
    bool one = call->words.len > 1;

    if (one && !call->location) {
        bl_fail(err, BL_ERR_INVALID, "nobody says in which location the plan is");
        return bl_hint(err, "Name it: --location REGION, or give a full name.");
    }
    if (find_project(session, &project, err) < 0 ||
        bl_gke_location(parent, project, call->location ? call->location : "-", err) < 0)
        return -1;
    bl_strbuf_addf(parent, "/%s/%s", call->what->plans, plan);
    return bl_gke_name_check(call->what->plan_kind, parent->text, err);
}

static int find_parent(struct cli_gke_session *session, struct bl_error **err)
{
    const struct cli_gke_call *call = session->call;

    if (!call->plan || !strchr(call->plan, '/'))
        return name_plan(session, call->plan ? call->plan : "-", &session->parent, err);
    if (bl_gke_name_check(call->what->plan_kind, call->plan, err) < 0 ||
        cli_gke_agree(call, call->plan, err) < 0)
        return -1;
    bl_strbuf_adds(&session->parent, call->plan);
    return 0;
}

static int find_name(struct cli_gke_session *session, struct bl_error **err)
{
    const struct cli_gke_call *call = session->call;
    const char *given = call->words.len > 1 ? call->words.items[1] : NULL;

    if (!given || !strchr(given, '/')) {
        if (find_parent(session, err) < 0)
            return -1;
        if (!given)
            return 0;
        bl_strbuf_addf(&session->name, "%s/%s/%s", session->parent.text, call->what->many, given);
    } else {
        if (cli_gke_agree(call, given, err) < 0)
            return -1;
        bl_strbuf_adds(&session->name, given);
        bl_gke_parent(given, &session->parent);
    }
    if (strcmp(call->words.items[0], "create") == 0 &&
        !bl_gke_id_valid(strrchr(session->name.text, '/') + 1))
        return bl_fail(err, BL_ERR_INVALID,
                       "\"%.100s\" is no id of a %s: 1 to 63 of a-z, 0-9 and '-', a letter first, "
                       "no '-' last",
                       strrchr(session->name.text, '/') + 1, call->what->word);
    if (strstr(session->name.text, "/-"))
        return bl_fail(err, BL_ERR_INVALID, "\"-\" stands for all, and is for list");
    return bl_gke_name_check(call->what->kind, session->name.text, err);
}

/* --- the endpoint and the credentials --- */

/* gcloud's variable ends in a slash, which paths begin with. */
static char *endpoint_of(const struct cli_gke_call *call)
{
    const char *given = call->endpoint;
    size_t len;

    if (!given)
        given = environment("CLOUDSDK_API_ENDPOINT_OVERRIDES_GKEBACKUP");
    if (!given)
        given = BL_GOOGLE_GKE_BACKUP;
    len = strlen(given);
    while (len && given[len - 1] == '/')
        len--;
    return bl_strndup(given, len);
}

static void say_again(const struct bl_error *why)
{
    cli_say(STDERR_FILENO, "ballast: it is asked again, for a minute: %s", bl_error_text(why));
}

int cli_gke_open(const struct cli_gke_call *call, struct cli_gke_session *session,
                 struct bl_error **err)
{
    BL_AUTO_FREE char *endpoint = endpoint_of(call);
    struct bl_google_options options = {
        .endpoint = endpoint, .longest = LONGEST, .again = say_again};

    *session = (struct cli_gke_session){
        .call = call, .parent = BL_STRBUF_INIT(NAME_MAX_LEN), .name = BL_STRBUF_INIT(NAME_MAX_LEN)};
    if (bl_stop_new(&session->stop, err) < 0)
        return -1;
    options.stop = session->stop;
    if (bl_google_tokens_new(NULL, &session->tokens, err) < 0 ||
        bl_google_client_new(session->tokens, &options, &session->client, err) < 0)
        return -1;
    return find_name(session, err);
}

void cli_gke_close(struct cli_gke_session *session)
{
    bl_google_client_free(session->client);
    bl_google_tokens_free(session->tokens);
    bl_stop_free(session->stop);
    bl_strbuf_release(&session->parent);
    bl_strbuf_release(&session->name);
}

int cli_gke_volumes(const struct cli_gke_session *session, cJSON **ret_volumes,
                    struct bl_error **err)
{
    return bl_gke_list(session->client, session->call->what->volume_kind, session->name.text, NULL,
                       ret_volumes, NULL, err);
}

/* --- what goes wrong --- */

static void add_hint(const struct cli_gke_session *session, struct bl_error **err)
{
    const struct cli_gke *what = session->call->what;
    const char *action = session->call->words.items[0];
    bool reads = strcmp(action, "list") == 0 || strcmp(action, "describe") == 0;
    BL_AUTO_FREE char *project = cli_gke_part(session->parent.text, PROJECT_PART);

    switch (bl_google_status_of(*err)) {
    case BL_GOOGLE_PERMISSION_DENIED:
        bl_hint(err,
                "In project %s, enable gkebackup.googleapis.com, and give the account of the "
                "credentials %s%s.",
                project ? project : "-", reads ? "roles/gkebackup.viewer, or " : "", what->role);
        break;
    case BL_GOOGLE_NOT_FOUND:
        bl_hint(err,
                "Look at the project, the location and the plan; \"ballast %s list\" shows what "
                "there is.",
                what->word);
        break;
    case BL_GOOGLE_RESOURCE_EXHAUSTED:
        bl_hint(err, "A quota is used up: try again in a minute.");
        break;
    case BL_GOOGLE_ABORTED:
        bl_hint(err, "Somebody else changes it just now: try again.");
        break;
    default:
        break;
    }
}

int cli_gke_fail(const struct cli_gke_session *session, struct bl_error **err)
{
    /* What the service answers is about what it has, and not about how it was called. */
    bool wrong = !bl_error_status(*err) &&
                 (bl_error_code(*err) == BL_ERR_INVALID || bl_error_code(*err) == BL_ERR_IO);

    add_hint(session, err);
    (void)cli_fail(*err);
    return wrong ? CLI_ERROR : CLI_FINDINGS;
}
