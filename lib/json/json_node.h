/** Nodes of cJSON's trees, made without its detours. */
#ifndef BALLAST_JSON_JSON_NODE_H
#define BALLAST_JSON_JSON_NODE_H

#include "ballast/json/json.h"

/** A node of this type with nothing in it, for cJSON_Delete(); of the region where one is begun. */
BL_NONNULL cJSON *bl_json_node(int type);

/** Behind the last child. The first one's `prev` is the last one, as cJSON has it. */
static inline void bl_json_append(cJSON *parent, cJSON *child)
{
    cJSON *first = parent->child;

    if (!first) {
        parent->child = child->prev = child;
        return;
    }
    child->prev = first->prev;
    first->prev->next = child;
    first->prev = child;
}

#endif
