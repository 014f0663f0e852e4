/* Any text is a quantity within bounds or an error; so is any JSON value; so is an IntOrString. */
#include <assert.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/object/intstr.h"
#include "ballast/object/quantity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const char *text)
{
    bl_nano value = 0, negative = 0, limit = (bl_nano)INT64_MAX * BL_NANO_ONE;
    BL_AUTO_FREE char *minus = bl_asprintf("-%s", text);
    BL_ERROR(err);
    BL_ERROR(other);

    if (bl_quantity_parse(text, &value, &err) < 0) {
        assert(value == 0);
        return;
    }
    assert(value >= -limit && value <= limit);
    if (*text == '-' || *text == '+') {
        assert(bl_quantity_parse(minus, &negative, &other) < 0);
        return;
    }
    assert(value >= 0);
    assert(bl_quantity_parse(minus, &negative, &other) == 0 && negative == -value);
}

static void from_json(const cJSON *json)
{
    bl_nano value;
    struct bl_intstr count;
    BL_ERROR(err);
    BL_ERROR(why);

    (void)!bl_quantity_from_json(json, &value, &err);
    if (bl_intstr_parse(json, &count, &why) == 0) {
        assert(!count.percent || count.value >= 0);
        assert(bl_intstr_scale(count, 7, true) >= bl_intstr_scale(count, 7, false));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BL_AUTO_FREE char *text = bl_strndup((const char *)data, size);
    BL_AUTO_JSON cJSON *string = bl_json_new_string(text);
    BL_AUTO_JSON cJSON *json = NULL;
    BL_ERROR(err);

    parse(text);
    from_json(string);
    if (bl_json_parse((const char *)data, size, &json, &err) == 0)
        from_json(json);
    return 0;
}
