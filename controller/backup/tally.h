/** What the KafkaBackups of a plan come to, by what they say of themselves. Pure. */
#ifndef BALLAST_CONTROLLER_BACKUP_TALLY_H
#define BALLAST_CONTROLLER_BACKUP_TALLY_H

#include "ballast/backup/spec.h"

/** Times in seconds since 1970, 0: never. The rest is borrowed from the list. */
struct bl_backup_tally {
    int64_t last;    /* behind which the next one is due: by age, one that failed does not count */
    int64_t attempt; /* when the newest by the schedule was due, whatever became of it */
    bool running;    /* one is being taken; one that waits for a person is not */
    const cJSON *newest;  /* the last that succeeded; NULL: none is there */
    const cJSON *failed;  /* by the schedule, and nothing that is newer succeeded; NULL: none */
    const cJSON *waiting; /* by the schedule, and not begun within an hour; NULL: none */
};

/** `status` is the plan's, as it was noted; `backups` are all KafkaBackups by the plan. */
void bl_backup_tally(const struct bl_backup_schedule *schedule, const cJSON *status,
                     const cJSON *backups, int64_t now, struct bl_backup_tally *ret_tally);

#endif
