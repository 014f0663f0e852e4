/**
 * What is noted of a rolling upgrade on its StatefulSet, in annotations: what people and `ballast rollout` read,
 * what people order, and the little that a new leader could not see in the cluster itself.
 *
 * The StatefulSet controller makes the status anew each time and drops the conditions of others, so they are
 * no place for it.
 */
#ifndef BALLAST_API_PROGRESS_H
#define BALLAST_API_PROGRESS_H

#include "ballast/api/names.h"
#include "ballast/object/object.h"

/** As it is noted; all texts owned. */
struct bl_progress {
    char *phase, *act, *pod, *message, *revision;
    int64_t done, total;
    int64_t started, changed; /* seconds since 1970 */
};

/** Empty where nothing is noted, or nothing that can be read. */
void bl_progress_read(const cJSON *set, struct bl_progress *ret_progress);
BL_NONNULL char *bl_progress_text(const struct bl_progress *progress);
void bl_progress_release(struct bl_progress *progress);

/** Is the set being rolled to the revision that it wants now? */
bool bl_progress_begun(const struct bl_progress *progress, const cJSON *set);
/** Do they say the same, but for times? */
bool bl_progress_same(const struct bl_progress *a, const struct bl_progress *b);

/** Leadership that was moved off a pod, and has to come back when another one has its place. */
struct bl_moved {
    char *pod, *uid, *moves; /* `moves` as in kafka/admin.h */
};

struct bl_moved_list {
    struct bl_moved *items;
    size_t len, cap;
};

void bl_moved_read(const cJSON *set, struct bl_moved_list *ret_moved);
/** NULL for an empty list. */
char *bl_moved_text(const struct bl_moved_list *moved);
void bl_moved_add(struct bl_moved_list *moved, const char *pod, const char *uid, const char *moves);
void bl_moved_remove(struct bl_moved_list *moved, size_t index);
void bl_moved_release(struct bl_moved_list *moved);

#endif
