/** What a pod template refers to by name, and does not start without. */
#ifndef BALLAST_WORKLOAD_REFERENCES_H
#define BALLAST_WORKLOAD_REFERENCES_H

#include "ballast/object/object.h"

/** Is it of a kind that pods refer to: ConfigMap, Secret, ServiceAccount, RoleBinding? */
bool bl_may_be_referred_to(const cJSON *object);
/** How the workload's pods need the object ("is mounted by"), or NULL: they do not, or say that it is optional. */
const char *bl_reference_of(const cJSON *workload, const cJSON *object);
/**
 * A key that the workload's pods need of a ConfigMap or Secret, and that it would have no more: as a variable, as an item
 * of a volume, or mounted by itself. NULL: none.
 */
const char *bl_reference_key_lost(const cJSON *workload, const cJSON *before, const cJSON *after);
/** Is it named as a host, alone or before a dot or a port, in a variable or argument of a container? */
bool bl_names_host(const cJSON *workload, const char *name);

#endif
