/** Nodes of cJSON's trees, made without its detours. */
#ifndef BALLAST_JSON_JSON_NODE_H
#define BALLAST_JSON_JSON_NODE_H

#include "ballast/json/json.h"

/** A node of this type with nothing in it, for cJSON_Delete(); of the region where one is begun. */
BL_NONNULL cJSON *bl_json_node(int type);

#endif
