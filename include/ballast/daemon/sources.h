/**
 * Where a program's policies come from while it runs: files that change, and KafkaPolicy objects of the cluster.
 *
 * Files are looked at by their content, every second or so: that is the same for a mounted ConfigMap, for git-sync's
 * symbolic links and for an editor, and none of them can be missed. What is broken replaces nothing; it is logged
 * once, counted, and remembered until it is good again.
 */
#ifndef BALLAST_DAEMON_SOURCES_H
#define BALLAST_DAEMON_SOURCES_H

#include "ballast/daemon/metrics.h"
#include "ballast/policies/snapshot.h"

struct bl_sources;

/** `names` are those of bl_policies_new(), `metrics` are borrowed. Reads the files for the first time. */
BL_CHECK int bl_sources_new(const char *const *names, bl_nsec overlap,
                            const struct bl_source_metrics *metrics,
                            struct bl_sources **ret_sources, struct bl_error **err);
void bl_sources_free(struct bl_sources *sources);

/** Borrowed; the policies that hold now. */
struct bl_policies *bl_sources_policies(const struct bl_sources *sources);

/** Reads the files again; one thread at a time. True: policies were replaced. */
bool bl_sources_look(struct bl_sources *sources);
/**
 * A KafkaPolicy of the cluster was made (`before` NULL), changed, or is gone (`after` NULL). False: nothing that
 * counts has changed, as where only its status was written.
 */
bool bl_sources_policy_changed(struct bl_sources *sources, const cJSON *before, const cJSON *after);

/** Is the newest version of any KafkaPolicy refused, so that what holds may not be all that was meant? */
bool bl_sources_refuse_any(struct bl_sources *sources);
/** Why the newest version of this one is refused, for free(); NULL: it holds. */
char *bl_sources_refusal(struct bl_sources *sources, const char *name);

/** Brings the gauge of policies up to date. */
void bl_sources_measure(struct bl_sources *sources);

/** What was complained of last, so that the same complaint each second does not bury the first. */
struct bl_complaint {
    char *said;
};

/** A source of metrics is broken: says so once, and counts. */
void bl_complaint_raise(struct bl_complaint *complaint, const struct bl_source_metrics *metrics,
                        enum bl_reload_source source, const char *message,
                        const struct bl_error *err);
/** It is good; `changed`: and another than before. */
void bl_complaint_settle(struct bl_complaint *complaint, const struct bl_source_metrics *metrics,
                         enum bl_reload_source source, bool changed);
void bl_complaint_release(struct bl_complaint *complaint);

#endif
