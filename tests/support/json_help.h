/**
 * JSON in tests: text in which ' stands for ", so that tables stay legible, and back.
 */
#ifndef BALLAST_TEST_JSON_HELP_H
#define BALLAST_TEST_JSON_HELP_H

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/json/json.h"
#include "unit.h"

static inline void help_swap(char *text, char from, char to)
{
    for (; *text; text++)
        if (*text == from)
            *text = to;
}

/** Reads a value; fails the test if it cannot. */
static inline cJSON *help_json(const char *text)
{
    BL_AUTO_FREE char *copy = bl_strdup(text);
    cJSON *value = NULL;
    BL_ERROR(err);

    help_swap(copy, '\'', '"');
    if (bl_json_parse(copy, strlen(copy), &value, &err) < 0)
        ck_abort_msg("%s: %s", text, bl_error_text(err));
    return value;
}

/** Compact text of a value, for free(). */
static inline char *help_text(const cJSON *value)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_json_write(&text, value);
    help_swap(text.text, '"', '\'');
    return bl_strbuf_take(&text);
}

#endif
