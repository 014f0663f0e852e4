/**
 * Backups and restores at Backup for GKE, as a person asks for them. Both verbs do the same with another kind, so that what
 * differs is in a struct cli_gke, and all else is there once.
 */
#ifndef BALLAST_CLI_BACKUP_VERB_H
#define BALLAST_CLI_BACKUP_VERB_H

#include "ballast/google/backup.h"
#include "options.h"

/** What a verb is about. */
struct cli_gke {
    const char *word;        /* "backup" */
    const char *many;        /* "backups", as the API has it, too */
    const char *plans;       /* "backupPlans" */
    const char *plan_option; /* "--backup-plan" */
    const char *role;        /* that may make and delete them */
    enum bl_gke_kind kind, plan_kind, volume_kind;
};

extern const struct cli_gke cli_gke_backup, cli_gke_restore;

/** What is asked for. Texts are borrowed. */
struct cli_gke_call {
    const struct cli_gke *what;
    struct bl_texts words; /* the action, and the ID or the full name */
    const char *plan, *location, *project, *endpoint;
    const char *description, *backup; /* of what is made */
    int64_t retain_days, lock_days;   /* 0: the plan's */
    bool wait;
    int format; /* enum cli_format */
};

/** Who is spoken to, and about what. */
struct cli_gke_session {
    const struct cli_gke_call *call;
    struct bl_stop *stop; /* an interrupt while one waits */
    struct bl_google_tokens *tokens;
    struct bl_google_client *client;
    struct bl_strbuf parent; /* "projects/…/backupPlans/ID", where each may be "-" in a list */
    struct bl_strbuf name;   /* of the one; empty in a list */
};

/** Finds out who we are and what is meant. Release it either way. */
BL_CHECK int cli_gke_open(const struct cli_gke_call *call, struct cli_gke_session *session,
                          struct bl_error **err);
void cli_gke_close(struct cli_gke_session *session);
/** Prints the error, with what to do about it at this service. Returns an exit code. */
int cli_gke_fail(const struct cli_gke_session *session, struct bl_error **err);

/** Each returns an exit code. */
int cli_gke_list(const struct cli_gke_session *session);
int cli_gke_describe(const struct cli_gke_session *session);
int cli_gke_create(const struct cli_gke_session *session);
int cli_gke_delete(const struct cli_gke_session *session);

/** Its volumes, as far as the service has them. */
BL_CHECK int cli_gke_volumes(const struct cli_gke_session *session, cJSON **ret_volumes,
                             struct bl_error **err);

/** What is waited for. */
struct cli_gke_waiting {
    const char *operation; /* or NULL */
    bool gone;             /* until it is there no more, not until it is over */
};

/** Shows what changes, up to the end, and how it ended. Returns an exit code. */
int cli_gke_wait(const struct cli_gke_session *session, const struct cli_gke_waiting *waiting);

/* --- pure --- */

/** "projects/p/locations/l/backupPlans/k/backups/one": the part behind the slash of that number; NULL: it has none. */
char *cli_gke_part(const char *name, unsigned number);
/** Fails where an option says another thing than the full name. */
BL_CHECK int cli_gke_agree(const struct cli_gke_call *call, const char *name,
                           struct bl_error **err);

/** "one: IN_PROGRESS, 1 of 3 volumes copied, 8.0 GiB": one line. `volumes` may be NULL. */
void cli_gke_line(const struct cli_gke *what, const cJSON *resource, const cJSON *volumes,
                  struct bl_strbuf *out);
/** All that a person wants to know. */
void cli_gke_text(const struct cli_gke *what, const cJSON *resource, const cJSON *volumes,
                  struct bl_strbuf *out);
/** A table, a line each. */
void cli_gke_table(const struct cli_gke *what, const cJSON *items, struct bl_strbuf *out);
/** Why it is not SUCCEEDED, as an error with its hint. Returns -1. */
int cli_gke_trouble(const struct cli_gke *what, const cJSON *resource, struct bl_error **err);
/** What is sent to make it. For cJSON_Delete(). */
BL_NONNULL cJSON *cli_gke_body(const struct cli_gke_call *call);

#endif
