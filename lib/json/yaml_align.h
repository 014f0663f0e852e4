/** Which items of a list are the same ones, after some were added, removed or changed. */
#ifndef BALLAST_JSON_YAML_ALIGN_H
#define BALLAST_JSON_YAML_ALIGN_H

#include "ballast/json/json.h"

#define BL_ALIGN_NONE SIZE_MAX

struct bl_align {
    const cJSON **old, **wanted; /* the items */
    size_t old_len, wanted_len;
    size_t *match; /* for each old item the wanted one's index, ascending, or BL_ALIGN_NONE */
    size_t *
        before; /* for each new item the last old one that stays in front of it, or BL_ALIGN_NONE */
    bool *is_new; /* for each wanted item: does no old one match? */
};

/**
 * Equal items match, then objects of the same name (containers, volumes, variables); what stands in
 * between matches by position, as a changed item.
 */
void bl_align_init(struct bl_align *align, const cJSON *old, const cJSON *wanted);
void bl_align_release(struct bl_align *align);

#endif
