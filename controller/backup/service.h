/**
 * Backup for GKE as this controller reaches it: by one identity for all namespaces, from the cluster that it runs in. Used by
 * any number of threads.
 */
#ifndef BALLAST_CONTROLLER_BACKUP_SERVICE_H
#define BALLAST_CONTROLLER_BACKUP_SERVICE_H

#include "ballast/base/options.h"
#include "ballast/google/backup.h"

/** All borrowed, for as long as the service lives. */
struct bl_backup_service_options {
    bool enabled;        /* else nothing at Google is asked */
    const char *cluster; /* projects/P/locations/L/clusters/C; NULL: the metadata server knows */
    const char *credentials;                /* NULL: as Google's libraries find them */
    const char *backup_url, *container_url; /* NULL: Google's own */
    const struct bl_texts *allowed;         /* bl_backup_is_allowed() */
    const struct bl_texts *rehearsals;      /* namespaces that are for rehearsals */
};

struct bl_backup_service;

/** Reads the credentials; asks nobody yet. */
BL_CHECK int bl_backup_service_new(const struct bl_backup_service_options *options,
                                   struct bl_backup_service **ret_service, struct bl_error **err);
/** Ends every request at once, and those that come. */
void bl_backup_service_stop(struct bl_backup_service *service);
/** When no request runs any more. */
void bl_backup_service_free(struct bl_backup_service *service);
BL_DEFINE_CLEANUP(struct bl_backup_service *, bl_backup_service_cleanup, bl_backup_service_free)

bool bl_backup_service_is_enabled(const struct bl_backup_service *service);
BL_NONNULL struct bl_google_client *bl_backup_service_client(struct bl_backup_service *service);

/** The cluster that this program runs in. Texts are borrowed from the service. */
struct bl_backup_home {
    const char *cluster; /* projects/P/locations/L/clusters/C */
    const char *project;
    const char *region; /* of L, which may be a zone */
};

/** Asks the metadata server, the first time. */
BL_CHECK int bl_backup_service_home(struct bl_backup_service *service,
                                    struct bl_backup_home *ret_home, struct bl_error **err);

/** "projects/P/locations/us-central1-a/…" lies in "us-central1"; for free(). */
BL_NONNULL char *bl_backup_region(const char *name);

/** Why the cluster cannot be backed up: it does not run, or has no agent. For free(); NULL: it can. */
BL_CHECK int bl_backup_service_unready(struct bl_backup_service *service, const char *cluster,
                                       char **ret_why, struct bl_error **err);

/** May the namespace reach this, by the administrator's list? */
bool bl_backup_service_allows(const struct bl_backup_service *service, const char *namespace,
                              const char *resource);

/** May backups be restored into the namespace for a while, and all of that be deleted again? */
bool bl_backup_service_rehearses(const struct bl_backup_service *service, const char *namespace);

#endif
