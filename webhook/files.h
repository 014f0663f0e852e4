/**
 * Policies and certificates in files, read again when they change.
 *
 * Files are looked at by their content, every second or so: that is the same for a mounted ConfigMap, for
 * git-sync's symbolic links and for an editor, and none of them can be missed.
 */
#ifndef BALLAST_WEBHOOK_FILES_H
#define BALLAST_WEBHOOK_FILES_H

#include "ballast/base/stop.h"
#include "ballast/policies/snapshot.h"
#include "ballast/serve/tls.h"
#include "telemetry.h"

struct bl_files_options {
    struct bl_policies *policies; /* borrowed, as all of it */
    struct bl_tls *tls;           /* NULL: no certificate in files */
    const char *tls_cert, *tls_key;
    struct bl_telemetry *telemetry;
    bl_nsec every;
};

/** Reads the pair and shows it from now on. */
BL_CHECK int bl_files_read_pair(struct bl_tls *tls, const char *cert, const char *key,
                                struct bl_error **err);

struct bl_files;

/** Starts the thread that looks. The first reading is the caller's. */
BL_CHECK int bl_files_start(const struct bl_files_options *options, struct bl_files **ret_files,
                            struct bl_error **err);
/** Looks now. From any thread. */
void bl_files_wake(struct bl_files *files);
void bl_files_stop(struct bl_files *files);
BL_DEFINE_CLEANUP(struct bl_files *, bl_files_cleanup, bl_files_stop)

#endif
