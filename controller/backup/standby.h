/** A KafkaBackupPlan of a cluster that stands by: it makes a KafkaRestore now and then, which rehearses. */
#ifndef BALLAST_CONTROLLER_BACKUP_STANDBY_H
#define BALLAST_CONTROLLER_BACKUP_STANDBY_H

#include "job.h"

enum bl_rehearsal_result {
    BL_REHEARSAL_NONE, /* nothing is proven yet, and none is overdue */
    BL_REHEARSAL_PROVEN,
    BL_REHEARSAL_OVERDUE,
};

/** One look at it, and one step. `*ret_result` is for the gauge. */
BL_CHECK int bl_standby_reconcile(struct bl_backup_job *job, const struct bl_backup_plan_spec *spec,
                                  enum bl_rehearsal_result *ret_rehearsal,
                                  struct bl_reconcile_result *result, struct bl_error **err);

#endif
