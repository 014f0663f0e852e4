/**
 * The note of what a backup has to hold: a ConfigMap that carries the labels of the application, and so travels in the backup
 * itself, and whose digest stands in a label of the backup at the service. What comes back with a restore is proven against it,
 * wherever that is.
 */
#ifndef BALLAST_CONTROLLER_BACKUP_NOTE_H
#define BALLAST_CONTROLLER_BACKUP_NOTE_H

#include "job.h"
#include "world.h"

/** A digest as labels have it. */
#define BL_NOTE_DIGEST_LEN 63

/** What a note says, in numbers. */
struct bl_note_summary {
    char digest[BL_NOTE_DIGEST_LEN + 1]; /* "": there is none */
    int64_t topics, partitions, messages, digested;
};

/** Is the ConfigMap of this name there, and somebody else's than the job's object? */
BL_CHECK int bl_backup_note_name_is_taken(struct bl_backup_job *job, const char *name,
                                          bool *ret_taken, struct bl_error **err);
/**
 * Reads all clusters of the namespace, and puts the note into the ConfigMap of this name, in place of a former one of the
 * object. What is somebody else's is not touched: BL_ERR_CONFLICT.
 */
BL_CHECK int bl_backup_note_take(struct bl_backup_job *job, const struct bl_backup_world *world,
                                 const char *name, int64_t messages,
                                 struct bl_note_summary *ret_summary, struct bl_error **err);
/** Takes it away; one that is gone, or somebody else's, is no failure. */
BL_CHECK int bl_backup_note_drop(struct bl_backup_job *job, const char *name,
                                 struct bl_error **err);

/** What became of what was noted. `worst` is owned. */
struct bl_note_outcome {
    int64_t noted, lost, expired, changed, more;
    bool other_cluster;
    char *worst; /* NULL: nothing differs */
};
void bl_note_outcome_release(struct bl_note_outcome *outcome);

/** The ConfigMap of the namespace with that digest; `*ret_note` NULL where it did not come back, or is not what it says. */
BL_CHECK int bl_backup_note_find(struct bl_backup_job *job, const char *digest, cJSON **ret_note,
                                 struct bl_error **err);
/** Compares it with what the clusters of the namespace hold now. */
BL_CHECK int bl_backup_note_compare(struct bl_backup_job *job, const struct bl_backup_world *world,
                                    const cJSON *note, struct bl_note_outcome *ret_outcome,
                                    struct bl_error **err);

#endif
