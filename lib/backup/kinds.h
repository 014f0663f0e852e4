/** What the tables of the three kinds share. */
#ifndef BALLAST_BACKUP_KINDS_H
#define BALLAST_BACKUP_KINDS_H

#include "ballast/api/kind.h"

/** The words of enum bl_backup_deletion. */
extern const char *const bl_backup_deletions[];

/** The first fields of each status; `says` names the conditions. */
struct bl_backup_status_head {
    int64_t observed_generation;
    char *resource;
    cJSON *operation;
    struct bl_structs conditions;
};

#define BL_BACKUP_STATUS_HEAD(type_, says)                                                      \
    {.name = "observedGeneration",                                                              \
     .type = BL_FIELD_INT,                                                                      \
     .offset = offsetof(type_, head.observed_generation),                                       \
     .doc = "The metadata.generation that was looked at last."},                                \
        {.name = "resource",                                                                    \
         .type = BL_FIELD_STRING,                                                               \
         .offset = offsetof(type_, head.resource),                                              \
         .doc = "What it is called at the service: projects/…"},                                \
        {.name = "operation",                                                                   \
         .type = BL_FIELD_JSON,                                                                 \
         .offset = offsetof(type_, head.operation),                                             \
         .doc = "The service's operation that was begun last, and for which generation."},      \
    {                                                                                           \
        .name = "conditions", .type = BL_FIELD_OBJECTS,                                         \
        .offset = offsetof(type_, head.conditions), .schema = &bl_condition_schema, .doc = says \
    }

/**
 * Adds rules to the OpenAPI schema of a spec: each of these texts, up to NULL, stays as it is once it is given. By them is named
 * what lies at the service, and by another name nobody would look after it.
 */
void bl_backup_keep(cJSON *schema, const char *const *fields);

/** Is what is kept for so many days locked for more? Then it cannot go. 0 or less: for ever, not at all, or not given. */
bool bl_backup_is_overlocked(int64_t retain_days, int64_t lock_days);

#define BL_BACKUP_CONDITION(type, field) ".status.conditions[?(@.type==\"" type "\")]." field

#endif
