/** What a rehearsal does in its namespace: cut it off before, and take away what was restored. ballast/backup/rehearsal.h. */
#ifndef BALLAST_CONTROLLER_BACKUP_REHEARSE_H
#define BALLAST_CONTROLLER_BACKUP_REHEARSE_H

#include "job.h"
#include "world.h"

/** The name of another KafkaRestore of the namespace that rehearses there; for free(). NULL: there is none. */
BL_CHECK int bl_rehearse_other(struct bl_backup_job *job, char **ret_other, struct bl_error **err);
/**
 * Why nothing may be restored there now: the namespace is not for rehearsals, has Kafka or policies that open it, or another
 * restore goes on in it. For free(); NULL: it may.
 */
BL_CHECK int bl_rehearse_in_use(struct bl_backup_job *job, const struct bl_backup_world *world,
                                char **ret_why, struct bl_error **err);

/** Is the namespace cut off for the object of the job, as the API server has it now? */
BL_CHECK int bl_rehearse_is_isolated(struct bl_backup_job *job, bool *ret_isolated,
                                     struct bl_error **err);
/** Cuts it off. Whoever comes first has it: another rehearsal's is left alone, and is an error. */
BL_CHECK int bl_rehearse_isolate(struct bl_backup_job *job, struct bl_error **err);

/**
 * Deletes what has this label and, with `open`, then what cut the namespace off. `*ret_gone` is true once nothing is left, pods
 * included; what a guard keeps while pods still end is tried again by the next call.
 */
BL_CHECK int bl_rehearse_take_away(struct bl_backup_job *job, const char *label, bool open,
                                   bool *ret_gone, struct bl_error **err);

/**
 * Whatever was restored for a while goes before the object that says so, by what its status says of it, and not by a spec that may
 * be another one by now. While the service still restores, or cannot be asked, all that it has made goes, and the namespace stays cut
 * off. `name` is the restore's at the service, NULL: nobody knows it; `label` is what it restores with.
 */
BL_CHECK int bl_rehearse_let_go(struct bl_backup_job *job, const char *name, const char *label,
                                bool *ret_gone, struct bl_error **err);

#endif
