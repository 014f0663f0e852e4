/**
 * Resource quantities: "500m", "0.5Gi", "1e3" (k8s.io/apimachinery/pkg/api/resource).
 *
 * Kept exactly, in billionths: that is the finest step Kubernetes knows; anything finer rounds away
 * from zero, as it does there.
 */
#ifndef BALLAST_OBJECT_QUANTITY_H
#define BALLAST_OBJECT_QUANTITY_H

#include "ballast/json/json.h"

__extension__ typedef __int128 bl_nano; /* billionths of the unit (bytes, cores) */

#define BL_NANO_ONE ((bl_nano)1000000000)

BL_CHECK int bl_quantity_parse(const char *text, bl_nano *ret_value, struct bl_error **err);
/** Reads a quantity that stands in a manifest as a string or as a number. */
BL_CHECK int bl_quantity_from_json(const cJSON *value, bl_nano *ret_value, struct bl_error **err);

#endif
