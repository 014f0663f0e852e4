/** Pieces of YAML text, for the writer of whole values and for splicing into text that is there. */
#ifndef BALLAST_JSON_YAML_WRITE_H
#define BALLAST_JSON_YAML_WRITE_H

#include "ballast/json/yaml.h"

enum bl_yaml_after {
    BL_YAML_AFTER_KEY = 1, /* "key:" at column `column` */
    BL_YAML_AFTER_DASH,    /* "-" at column `column` */
};

/** What follows the colon or the dash, to the end of the (last) line. Columns count from 0. */
void bl_yaml_write_after(struct bl_strbuf *out, const cJSON *value, size_t column,
                         enum bl_yaml_after after);
/** "key: value" with its line ends; the first line is not indented. */
void bl_yaml_write_member(struct bl_strbuf *out, const char *key, const cJSON *value,
                          size_t column);

/** On one line, with brackets. `json`: every string in double quotes, so that JSON stays JSON. */
void bl_yaml_write_flow(struct bl_strbuf *out, const cJSON *value, bool json);
/** "key:" in brackets, without a space behind it. */
void bl_yaml_write_flow_key(struct bl_strbuf *out, const char *key, bool json);

#endif
