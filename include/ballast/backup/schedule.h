/** When the next backup is due, by cron or by the age of the newest one. Pure; all times in seconds since 1970, in UTC. */
#ifndef BALLAST_BACKUP_SCHEDULE_H
#define BALLAST_BACKUP_SCHEDULE_H

#include "ballast/backup/spec.h"

/**
 * The first time behind `last`, which is when the newest backup was due or began, 0: there is none; `created` is when the plan was
 * made. By age, a backup begins when nine tenths of the target have passed; one that would begin in an exclusion window
 * begins before it, unless the newest is younger than half of the target: then behind it. -1: never.
 */
int64_t bl_backup_first_due(const struct bl_backup_schedule *schedule, int64_t last,
                            int64_t created);
/**
 * The one that is to be made. Of times that passed unused, while the schedule was paused or nobody was there, only the latest is
 * made up for; by age that is now, or behind the exclusion window of now.
 */
int64_t bl_backup_due(const struct bl_backup_schedule *schedule, int64_t last, int64_t created,
                      int64_t now);
/** `last`, but 0 where it lies more than one period ahead, as after a clock that had jumped: it would hold up all that follow. */
int64_t bl_backup_believed(const struct bl_backup_schedule *schedule, int64_t last, int64_t now);

/** Can the exclusion windows be read? The message says which cannot, and what is expected. */
BL_CHECK int bl_backup_check_windows(const cJSON *windows, struct bl_error **err);

#endif
