/**
 * ProtectedApplication (gkebackup.gke.io): which objects of a namespace are one application to Backup for GKE, and how its
 * volumes are copied. Pure.
 *
 * The strategy is always BackupAllRestoreAll: BackupOneRestoreAll would give the data of one broker to all of them, with its
 * broker.id. Before a volume is copied, its broker writes to the disk what the kernel holds: what Kafka has acknowledged lies in
 * the page cache of each replica, which no copy of a disk has.
 */
#ifndef BALLAST_BACKUP_PROTECT_H
#define BALLAST_BACKUP_PROTECT_H

#include "ballast/api/names.h"
#include "ballast/workload/protected.h"

#define BL_PROTECTED_PLURAL "protectedapplications"

/** A StatefulSet of Kafka or ZooKeeper. */
struct bl_protected_set {
    const cJSON *set;
    const char *container; /* that runs it; NULL: the first */
    bool has_logs;         /* it is a broker */
};

/** Owned. */
struct bl_protected_application {
    char *name;
    cJSON *labels; /* by which objects belong to it */
    cJSON *object; /* without its apiVersion, whose version the cluster says */
};

struct bl_protected_applications {
    struct bl_protected_application *items;
    size_t len, cap;
};
void bl_protected_applications_release(struct bl_protected_applications *applications);

/**
 * Adds those that cover the sets of one cluster: one for all where they have app.kubernetes.io/instance in common, by that
 * label, so that what a chart makes beside them belongs to it; else one each, by the labels that set, pods and claims share.
 * A set whose claims have no label in common with it is left out: nothing can select it, and bl_protected_gap() says so.
 */
void bl_protected_add(const struct bl_protected_set *sets, size_t len, const char *namespace,
                      struct bl_protected_applications *ret_applications);

/** What of a set no application would hold, and why; for free(). NULL: it is whole. */
char *bl_protected_gap(const cJSON *set);
/** The first of the objects that pods of its sets do not start without and that it does not hold, told alike. */
char *bl_protected_left(const struct bl_protected_application *application,
                        const struct bl_protected_set *sets, size_t len,
                        const cJSON *const *objects, size_t objects_len);

#endif
