/** ProtectedApplications in the cluster, whose kind the agent of Backup for GKE brings. */
#ifndef BALLAST_CONTROLLER_BACKUP_APPLICATIONS_H
#define BALLAST_CONTROLLER_BACKUP_APPLICATIONS_H

#include "ballast/backup/protect.h"
#include "job.h"
#include "world.h"

/**
 * Which version of the kind the cluster serves: it grew from v1alpha2 to v1. `*ret_group` is where the text lies.
 * BL_ERR_NOT_FOUND where the agent is not there.
 */
BL_CHECK int bl_backup_applications_resource(struct bl_backup_job *job, cJSON **ret_group,
                                             struct bl_resource *ret_resource,
                                             struct bl_error **err);

/** Puts them into the namespace, in the version that the cluster serves. */
BL_CHECK int bl_backup_applications_apply(struct bl_backup_job *job,
                                          const struct bl_protected_applications *applications,
                                          struct bl_error **err);

/**
 * Why one of these cannot be backed up now: it is not there, the agent says so, or somebody wrote it so that a restore would not
 * bring a StatefulSet of `world` back. For free(); NULL: all can.
 */
BL_CHECK int bl_backup_applications_unready(struct bl_backup_job *job,
                                            const struct bl_strings *names,
                                            const struct bl_backup_world *world, char **ret_why,
                                            struct bl_error **err);

#endif
