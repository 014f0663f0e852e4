/**
 * Label selectors, evaluated (meta/v1 LabelSelector).
 *
 * A selector that is missing or null selects nothing; an empty one selects everything. One that the
 * API server would refuse selects nothing.
 */
#ifndef BALLAST_OBJECT_SELECTOR_H
#define BALLAST_OBJECT_SELECTOR_H

#include "ballast/json/json.h"

/** Checks keys, values and operators as the API server does; errors name the requirement. */
BL_CHECK int bl_selector_validate(const cJSON *selector, struct bl_error **err);

/** Does it select an object with these labels? `labels` may be NULL: none. */
bool bl_selector_matches(const cJSON *selector, const cJSON *labels);

/** Are all pairs of `map` among the labels? For a Service's selector; a missing map selects nothing. */
bool bl_labels_include(const cJSON *labels, const cJSON *map);

/**
 * Appends "a=b,c in (d,e),f,!g" as kubectl prints it, but in the manifest's order; "<none>" for null,
 * "<all>" for an empty one.
 */
void bl_selector_describe(struct bl_strbuf *out, const cJSON *selector);

#endif
