/**
 * Which workloads of a scene a set of labels selects, without asking each of them.
 *
 * A Service or a budget asks this of a whole namespace; a thousand of each would be a million questions. The index
 * looks at the workloads that carry the rarest of the labels, and at no others.
 */
#ifndef BALLAST_WORKLOAD_LABELS_H
#define BALLAST_WORKLOAD_LABELS_H

#include "ballast/json/json.h"

struct bl_workload;
struct bl_label_index;

/** Borrows the workloads. */
BL_NONNULL struct bl_label_index *bl_label_index_new(struct bl_workload *const *workloads,
                                                     size_t len);
void bl_label_index_free(struct bl_label_index *index);

/** Walks the workloads, by their places, whose pod labels hold all pairs of a map and that may be in a namespace. */
struct bl_label_walk {
    const struct bl_label_index *index;
    const cJSON *map;
    const char *namespace;
    size_t next, end;
};

/** A map that is missing or empty selects nothing, as a Service's does. */
struct bl_label_walk bl_label_walk(const struct bl_label_index *index, const cJSON *map,
                                   const char *namespace);
/** False at the end. In the order of the workloads. */
bool bl_label_next(struct bl_label_walk *walk, size_t *ret_workload);

#endif
