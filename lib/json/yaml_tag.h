/** libyaml's scalars as JSON values: tags, quotes and what plain text means. */
#ifndef BALLAST_JSON_YAML_TAG_H
#define BALLAST_JSON_YAML_TAG_H

#include <yaml.h>

#include "yaml_doc.h"
#include "yaml_scalar.h"

/**
 * Fills type and value of `ret_value`, whose text lives in the document; `ret_scalar` says what kind of
 * number it was. As in goyaml an explicit tag beats quotes; a tag that nobody knows, or !!timestamp,
 * leaves the text a string; !!binary is decoded. A float may be infinite or NaN.
 */
BL_CHECK int bl_yaml_scalar_read(struct bl_yaml_doc *doc, const yaml_event_t *event,
                                 cJSON *ret_value, struct bl_scalar *ret_scalar,
                                 struct bl_error **err);

/** Is it the merge key, "<<" without quotes? */
bool bl_yaml_scalar_is_merge(const yaml_event_t *event);

/** The line in the file. */
static inline unsigned bl_yaml_line(const struct bl_yaml_doc *doc, yaml_mark_t mark)
{
    return doc->segment.line + (unsigned)mark.line;
}

#endif
