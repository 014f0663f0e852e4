#include "verb.h"

#include <string.h>

#include "ballast/base/text.h"
#include "cli.h"
#include "print.h"

const struct cli_gke cli_gke_backup = {.word = "backup",
                                       .many = "backups",
                                       .plans = "backupPlans",
                                       .plan_option = "--backup-plan",
                                       .role = "roles/gkebackup.backupAdmin",
                                       .kind = BL_GKE_BACKUP,
                                       .plan_kind = BL_GKE_BACKUP_PLAN,
                                       .volume_kind = BL_GKE_VOLUME_BACKUP};
const struct cli_gke cli_gke_restore = {.word = "restore",
                                        .many = "restores",
                                        .plans = "restorePlans",
                                        .plan_option = "--restore-plan",
                                        .role = "roles/gkebackup.restoreAdmin",
                                        .kind = BL_GKE_RESTORE,
                                        .plan_kind = BL_GKE_RESTORE_PLAN,
                                        .volume_kind = BL_GKE_VOLUME_RESTORE};

static const char *const actions[] = {"create", "list", "describe", "delete", NULL};

/* --- options --- */

static const struct bl_option backup_options[] = {
    {.name = "backup-plan",
     .value = "PLAN",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct cli_gke_call, plan),
     .help = "backup plan, by its ID or full name; with list also \"-\", which is all"},
    {.name = "retain-days",
     .value = "N",
     .type = BL_OPTION_COUNT,
     .offset = offsetof(struct cli_gke_call, retain_days),
     .min = 1,
     .max = 365,
     .help = "with create: days after which the service deletes it; the plan's where not given"},
    {.name = "delete-lock-days",
     .value = "N",
     .type = BL_OPTION_COUNT,
     .offset = offsetof(struct cli_gke_call, lock_days),
     .min = 1,
     .max = 90,
     .help = "with create: days for which nobody can delete it; the plan's where not given"},
    {0},
};
static const struct bl_option_group backup_group = {.options = backup_options};

static const struct bl_option restore_options[] = {
    {.name = "restore-plan",
     .value = "PLAN",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct cli_gke_call, plan),
     .help = "restore plan, by its ID or full name; with list also \"-\", which is all"},
    {.name = "backup",
     .value = "NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct cli_gke_call, backup),
     .help = "with create: full name of the backup, projects/…/backups/ID"},
    {0},
};
static const struct bl_option_group restore_group = {.options = restore_options};

static const struct bl_option common_options[] = {
    {.name = "location",
     .value = "REGION",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct cli_gke_call, location),
     .help = "where the plan lies; with list \"-\", or nothing, is everywhere"},
    {.name = "project",
     .value = "PROJECT",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct cli_gke_call, project),
     .help = "project; GOOGLE_CLOUD_PROJECT or CLOUDSDK_CORE_PROJECT, else that of the machine"},
    {.name = "description",
     .value = "TEXT",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct cli_gke_call, description),
     .help = "with create: what it is for"},
    {.letter = 'w',
     .name = "wait-for-completion",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct cli_gke_call, wait),
     .help = "go on until it is over, and show what changes"},
    CLI_OUTPUT_OPTION(struct cli_gke_call, format, cli_formats, CLI_TEXT),
    {.name = "endpoint",
     .value = "URL",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct cli_gke_call, endpoint),
     .help = "the service, where it is not " BL_GOOGLE_GKE_BACKUP},
    {0},
};
static const struct bl_option_group common_group = {.options = common_options};

static const struct bl_option_place backup_places[] = {
    {&backup_group, 0},
    {&common_group, 0},
    {0},
};
static const struct bl_option_place restore_places[] = {
    {&restore_group, 0},
    {&common_group, 0},
    {0},
};

#define AFTER                                                                                     \
    "Exit codes: 0 fine, 1 it failed or was refused, 2 the call is wrong, 130 interrupted while " \
    "waiting.\nRead on: man "

static const struct bl_command backup_command = {
    .name = "ballast backup",
    .usage = "ballast backup create [OPTION…] --backup-plan PLAN BACKUP\n"
             "       ballast backup list [OPTION…] [--backup-plan PLAN]\n"
             "       ballast backup describe [OPTION…] --backup-plan PLAN BACKUP\n"
             "       ballast backup delete [OPTION…] --backup-plan PLAN BACKUP",
    .description =
        "Backups at Backup for GKE, without a Kubernetes cluster. With -w it goes on until the "
        "backup is over, shows\n"
        "how far its volumes are, and ends well where the backup did. Names may be full ones, "
        "projects/…/backups/ID,\n"
        "which say plan, location and project.",
    .groups = backup_places,
    .examples =
        "  ballast backup create before-upgrade --backup-plan kafka --location us-west1 -w\n"
        "  ballast backup list\n"
        "  ballast backup describe before-upgrade --backup-plan kafka --location us-west1\n",
    .after = AFTER "ballast-backup\n",
    .takes_arguments = true,
    .words = actions,
};

static const struct bl_command restore_command = {
    .name = "ballast restore",
    .usage = "ballast restore create [OPTION…] --restore-plan PLAN --backup NAME RESTORE\n"
             "       ballast restore list [OPTION…] [--restore-plan PLAN]\n"
             "       ballast restore describe [OPTION…] --restore-plan PLAN RESTORE\n"
             "       ballast restore delete [OPTION…] --restore-plan PLAN RESTORE",
    .description =
        "Restores by Backup for GKE, without a Kubernetes cluster. With -w it goes on until the "
        "restore is over, shows\n"
        "how far its volumes are, and ends well where the restore did; the restored workloads "
        "then come up. Names may\n"
        "be full ones, projects/…/restores/ID, which say plan, location and project. delete takes "
        "the record alone:\n"
        "what was restored stays.",
    .groups = restore_places,
    .examples =
        "  ballast restore create again -w --restore-plan kafka --location us-west1 --backup \\\n"
        "      projects/p/locations/us-west1/backupPlans/kafka/backups/before-upgrade\n"
        "  ballast restore list\n",
    .after = AFTER "ballast-restore\n",
    .takes_arguments = true,
    .words = actions,
};

/* --- the call --- */

static bool is(const struct cli_gke_call *call, const char *action)
{
    return strcmp(call->words.items[0], action) == 0;
}

static int check_options(const struct bl_command *command, const struct cli_gke_call *call)
{
    if (!is(call, "create") &&
        (call->description || call->backup || call->retain_days || call->lock_days))
        return bl_command_usage(command, "%s are for create",
                                call->what == &cli_gke_backup
                                    ? "--description, --retain-days and --delete-lock-days"
                                    : "--description and --backup");
    if (call->retain_days && call->retain_days < call->lock_days)
        return bl_command_usage(command, "--retain-days is less than --delete-lock-days, and a "
                                         "backup that is locked cannot go");
    if (call->wait && is(call, "list"))
        return bl_command_usage(command, "-w is not for list");
    if (call->format && is(call, "delete"))
        return bl_command_usage(command, "-o is not for delete");
    if (call->what == &cli_gke_restore && is(call, "create") && !call->backup)
        return bl_command_usage(command, "say what is restored: --backup projects/…/backups/ID");
    return CLI_OK;
}

static int check(const struct bl_command *command, const struct cli_gke_call *call)
{
    const struct bl_texts *words = &call->words;

    if (!words->len || !bl_text_in(words->items[0], actions))
        return bl_command_usage(command, "say what: create, list, describe or delete");
    if (is(call, "list") && words->len > 1)
        return bl_command_usage(command, "list takes no name");
    if (!is(call, "list") && words->len != 2)
        return bl_command_usage(command, "name one %s", call->what->word);
    if (!is(call, "list") && !call->plan && !strchr(words->items[1], '/'))
        return bl_command_usage(command, "name the plan by %s, or the %s by its full name",
                                call->what->plan_option, call->what->word);
    return check_options(command, call);
}

static int act(const struct cli_gke_call *call)
{
    BL_AUTO(cli_gke_close) struct cli_gke_session session = {0};
    BL_ERROR(err);

    if (cli_gke_open(call, &session, &err) < 0)
        return cli_gke_fail(&session, &err);
    if (is(call, "list"))
        return cli_gke_list(&session);
    if (is(call, "describe"))
        return cli_gke_describe(&session);
    return is(call, "create") ? cli_gke_create(&session) : cli_gke_delete(&session);
}

static void call_release(struct cli_gke_call *call)
{
    bl_texts_release(&call->words);
}

static int run(const struct bl_command *command, const struct cli_gke *what, int argc, char **argv)
{
    BL_AUTO(call_release) struct cli_gke_call call = {.what = what};
    int rc = bl_command_parse(command, argc, argv, &call, &call.words);

    if (rc >= 0)
        return rc;
    rc = check(command, &call);
    if (rc != CLI_OK)
        return rc;
    call.format = call.format ? call.format : CLI_TEXT;
    return act(&call);
}

static int run_backup(int argc, char **argv)
{
    return run(&backup_command, &cli_gke_backup, argc, argv);
}

static int run_restore(int argc, char **argv)
{
    return run(&restore_command, &cli_gke_restore, argc, argv);
}

const struct cli_verb cli_backup = {
    &backup_command, "make backups by Backup for GKE, look at them, delete them", run_backup};
const struct cli_verb cli_restore = {&restore_command, "restore such backups, and look at restores",
                                     run_restore};
