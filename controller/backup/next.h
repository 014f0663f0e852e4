/** What the decisions of plan.c and plan_restore.c share. Each that returns bool notes an end of the decision where it is true. */
#ifndef BALLAST_CONTROLLER_BACKUP_NEXT_H
#define BALLAST_CONTROLLER_BACKUP_NEXT_H

#include "plan.h"

#define AT_REST (300 * BL_NSEC_S)
#define WHILE_MAKING (2 * BL_NSEC_S)
#define WHILE_COPYING (10 * BL_NSEC_S)
#define WHILE_UNFIT (15 * BL_NSEC_S)
#define AFTER_FAILURE (60 * BL_NSEC_S)

/* Messages are taken. */
bool bl_next_decided(struct bl_backup_next *next, enum bl_backup_step step, enum bl_kstatus phase,
                     const char *reason, bl_nsec after, char *message);
bool bl_next_stalls(struct bl_backup_next *next, const char *reason, char *message);
bool bl_next_waits(struct bl_backup_next *next, const char *reason, bl_nsec after, char *message);
bool bl_next_acts(struct bl_backup_next *next, enum bl_backup_step step, const char *reason,
                  char *message);

/** The spec, the administrator or somebody who does not answer stands in the way. */
bool bl_next_unread(const struct bl_backup_situation *at, struct bl_backup_next *next);
bool bl_next_being_made(const struct bl_backup_situation *at, struct bl_backup_next *next);
/** `noted` is the name of `what` by the status, NULL: the spec has the same; `kind` is the object's. */
bool bl_next_renamed(const char *noted, const char *what, const char *kind,
                     struct bl_backup_next *next);

/** The state in the service's word. */
const char *bl_next_state_of(const cJSON *resource);
/** Why it failed, by the service, and what to do; for free(). */
char *bl_next_trouble(const cJSON *resource);

#endif
