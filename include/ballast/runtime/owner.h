/** Owner references: what the garbage collector deletes an object with. */
#ifndef BALLAST_RUNTIME_OWNER_H
#define BALLAST_RUNTIME_OWNER_H

#include "ballast/json/json.h"

/**
 * Appends `owner`, as the cluster has it, to metadata.ownerReferences of `object`, which goes when the last of its owners
 * is gone. Both lie in one namespace, or the owner in none. It neither controls the object nor blocks its own deletion.
 */
void bl_owner_add(cJSON *object, const cJSON *owner);
/** Is `owner`, as the cluster has it, one of its owners, by the UID? */
bool bl_owner_has(const cJSON *object, const cJSON *owner);

#endif
