/**
 * What is wrong with a ProtectedApplication (gkebackup.gke.io) for a StatefulSet that it names, whoever wrote it. Pure.
 *
 * Backup for GKE finds nothing wrong with any of it: a backup that cannot be restored is ready, and succeeds.
 */
#ifndef BALLAST_WORKLOAD_PROTECTED_H
#define BALLAST_WORKLOAD_PROTECTED_H

#include "ballast/json/json.h"

#define BL_PROTECTED_GROUP "gkebackup.gke.io"
#define BL_PROTECTED_KIND "ProtectedApplication"

struct bl_protected_fault {
    char *path;    /* JSON Pointer into the application */
    char *message; /* owned, as the path is */
    const char *hint;
};
void bl_protected_fault_release(struct bl_protected_fault *fault);

/** Is the set one of its components? */
bool bl_protected_names(const cJSON *application, const cJSON *set);
/**
 * A strategy that gives one broker's data to all, or a selector that misses its claims. False: nothing is wrong, or it does
 * not name the set; `ret_fault` is untouched then.
 */
bool bl_protected_is_wrong(const cJSON *application, const cJSON *set,
                           struct bl_protected_fault *ret_fault);
/**
 * The set's pods do not start without the object, a ConfigMap, Secret or ServiceAccount, and the selector of an application
 * that names the set misses it: what is restored elsewhere stands still. False: as above.
 */
bool bl_protected_misses(const cJSON *application, const cJSON *set, const cJSON *object,
                         struct bl_protected_fault *ret_fault);

#endif
