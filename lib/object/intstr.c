#include "ballast/object/intstr.h"

#include <string.h>

#include "ballast/base/text.h"

int bl_intstr_parse(const cJSON *value, struct bl_intstr *ret_value, struct bl_error **err)
{
    int64_t number;

    if (bl_json_int(value, &number)) {
        *ret_value = (struct bl_intstr){.value = number};
        return 0;
    }

    const char *text = cJSON_IsString(value) ? value->valuestring : "";
    size_t len = strlen(text);
    if (len < 2 || text[len - 1] != '%' || !bl_text_to_int(text, len - 1, &number) ||
        text[0] == '-')
        return bl_fail(err, BL_ERR_INVALID, "expected a number or a percentage like \"25%%\"");
    *ret_value = (struct bl_intstr){.value = number, .percent = true};
    return 0;
}

int64_t bl_intstr_scale(struct bl_intstr value, int64_t total, bool round_up)
{
    int64_t hundredths;

    if (!value.percent)
        return value.value;
    if (__builtin_mul_overflow(value.value, total, &hundredths))
        return INT64_MAX;
    return hundredths / 100 + (round_up && hundredths > 0 && hundredths % 100 != 0);
}
