/** What is in hand while a KafkaRestore is looked at. */
#ifndef BALLAST_CONTROLLER_BACKUP_RESTORING_H
#define BALLAST_CONTROLLER_BACKUP_RESTORING_H

#include "job.h"
#include "note.h"

struct bl_restoring {
    struct bl_backup_job job;
    struct bl_restore_spec spec;
    struct bl_backup_world world;
    char *backup_name; /* projects/…/backups/ID */
    char *parent;      /* of the restore plan: projects/P/locations/L */
    char *plan_id, *plan_name, *id, *name;
    const char *cluster; /* to restore into */
    cJSON *backup, *plan, *restore, *note;
    char *unready, *in_use, *rehearsing;
    struct bl_strbuf differs;
    struct bl_note_outcome outcome;
    bool compared; /* by this look */
    bool looked;   /* at the service, and it said all */
    struct bl_restore_state state;
    struct bl_backup_next next;
};

/** The digest of the backup's note, as the service has it, or had; NULL: it was not noted. */
const char *bl_restoring_note(const struct bl_restoring *restoring);
BL_CHECK int bl_restoring_status(struct bl_restoring *restoring, struct bl_error **err);

#endif
