#include "json_help.h"

#include <string.h>

#include "unit.h"

static void swap_quotes(char *text, char from, char to)
{
    for (; *text; text++)
        if (*text == from)
            *text = to;
}

cJSON *help_json(const char *text)
{
    char *copy = strdup(text);
    cJSON *value = NULL;
    BL_ERROR(err);

    swap_quotes(copy, '\'', '"');
    if (bl_json_parse(copy, strlen(copy), &value, &err) < 0)
        ck_abort_msg("%s: %s", text, bl_error_text(err));
    free(copy);
    return value;
}

char *help_text(const cJSON *value)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_json_write(&text, value);
    char *taken = bl_strbuf_take(&text);
    swap_quotes(taken, '"', '\'');
    return taken;
}
