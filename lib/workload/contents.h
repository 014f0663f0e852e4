/** What Secrets and ConfigMaps hold beside plain texts. */
#ifndef BALLAST_WORKLOAD_CONTENTS_H
#define BALLAST_WORKLOAD_CONTENTS_H

#include "ballast/workload/world.h"

/** The Secrets of a world, which are of no kind of its own there. */
struct bl_secrets {
    const struct bl_world_entry **items; /* by name, then by namespace */
    size_t len, cap;
};

void bl_secrets_find(struct bl_secrets *secrets, const struct bl_world *world);
void bl_secrets_release(struct bl_secrets *secrets);
/** NULL: it is not in sight. */
const cJSON *bl_secrets_get(const struct bl_secrets *secrets, const char *namespace,
                            const char *name);

/**
 * The texts of a Secret's `data` and `stringData`, or of a ConfigMap's `binaryData`, by their keys; what is no text is
 * left out. To be wiped.
 */
BL_NONNULL cJSON *bl_contents_read(const cJSON *object);

#endif
