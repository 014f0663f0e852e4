#include "next.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/google/backup.h"

void bl_backup_next_release(struct bl_backup_next *next)
{
    free(next->message);
    next->message = NULL;
}

/* Notes the end of the decision, and returns true. The message is taken. */
bool bl_next_decided(struct bl_backup_next *next, enum bl_backup_step step, enum bl_kstatus phase,
                     const char *reason, bl_nsec after, char *message)
{
    *next = (struct bl_backup_next){step, phase, reason, message, after};
    return true;
}

bool bl_next_stalls(struct bl_backup_next *next, const char *reason, char *message)
{
    return bl_next_decided(next, BL_BACKUP_STOP, BL_STALLED, reason, AFTER_FAILURE, message);
}

bool bl_next_waits(struct bl_backup_next *next, const char *reason, bl_nsec after, char *message)
{
    return bl_next_decided(next, BL_BACKUP_WAIT, BL_IN_PROGRESS, reason, after, message);
}

bool bl_next_acts(struct bl_backup_next *next, enum bl_backup_step step, const char *reason,
                  char *message)
{
    return bl_next_decided(next, step, BL_IN_PROGRESS, reason, 0, message);
}

bool bl_next_unread(const struct bl_backup_situation *at, struct bl_backup_next *next)
{
    if (at->invalid)
        return bl_next_stalls(next, "InvalidSpec", bl_strdup(at->invalid));
    if (at->forbidden)
        return bl_next_stalls(next, "NotAllowed", bl_strdup(at->forbidden));
    if (at->failure && at->passes)
        return bl_next_waits(next, "NotRead", AFTER_FAILURE, bl_strdup(at->failure));
    if (at->failure)
        return bl_next_stalls(next, "NotRead", bl_strdup(at->failure));
    return false;
}

/* Of what the service does not have: it may be on its way, or not come at all. */
bool bl_next_being_made(const struct bl_backup_situation *at, struct bl_backup_next *next)
{
    if (at->not_made)
        return bl_next_stalls(
            next, "NotMade",
            bl_asprintf("the service could not make it: %s. It is tried again when the "
                        "spec changes",
                        at->not_made));
    return at->making && bl_next_waits(next, "BeingMade", WHILE_MAKING,
                                       bl_strdup("the service has the order, and begins"));
}

/* What its fields name is chosen once: by another name nobody would look after what was made. */
bool bl_next_renamed(const char *noted, const char *what, const char *kind,
                     struct bl_backup_next *next)
{
    return noted &&
           bl_next_stalls(next, "SpecDiffers",
                          bl_asprintf("%s is %s, and the spec names another one by now: take "
                                      "that back, or make another %s",
                                      what, noted, kind));
}

/* --- what the service says --- */

const char *bl_next_state_of(const cJSON *resource)
{
    const char *state = bl_gke_state_text(resource);

    return *state ? state : "in an unknown state";
}

/* Sentences, but for the last full stop. */
char *bl_next_trouble(const cJSON *resource)
{
    const char *reason = bl_json_string(resource, "stateReason");
    const char *code = bl_gke_reason_code(resource);
    const char *hint = code ? bl_gke_reason_hint(code) : NULL;
    char *text =
        bl_asprintf("%s%s%s%s%s%s", reason && *reason ? reason : "the service gives no reason",
                    code ? " (code " : "", code ? code : "", code ? ")" : "", hint ? ". " : "",
                    hint ? hint : "");
    size_t len = strlen(text);

    if (text[len - 1] == '.')
        text[len - 1] = '\0';
    return text;
}
