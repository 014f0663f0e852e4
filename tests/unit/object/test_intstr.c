/* IntOrString, rounded as the disruption controller and the StatefulSet controller round. */
#include "ballast/object/intstr.h"

#include <string.h>

#include "unit.h"

static const struct {
    const char *why, *json;
    bool ok, percent;
    int64_t want;
} values[] = {
    {"number", "1", true, false, 1},
    {"zero", "0", true, false, 0},
    {"negative number", "-1", true, false, -1},
    {"percentage", "\"25%\"", true, true, 25},
    {"no percent", "\"0%\"", true, true, 0},
    {"above all", "\"150%\"", true, true, 150},
    {"number in quotes", "\"3\"", false, false, 0},
    {"percent sign alone", "\"%\"", false, false, 0},
    {"fraction of a percent", "\"2.5%\"", false, false, 0},
    {"negative percentage", "\"-5%\"", false, false, 0},
    {"plus", "\"+5%\"", false, false, 0},
    {"white space inside", "\"5 %\"", false, false, 0},
    {"white space behind", "\"5% \"", false, false, 0},
    {"two signs", "\"5%%\"", false, false, 0},
    {"empty", "\"\"", false, false, 0},
    {"fraction", "1.5", false, false, 0},
    {"null", "null", false, false, 0},
    {"boolean", "true", false, false, 0},
};

START_TEST(reads_both)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(values); i++) {
        BL_AUTO_JSON cJSON *json = NULL;
        struct bl_intstr value = {.value = 12345};
        BL_ERROR(err);

        ck_assert_int_eq(bl_json_parse(values[i].json, strlen(values[i].json), &json, &err), 0);
        BL_WHY(bl_intstr_parse(json, &value, &err) == (values[i].ok ? 0 : -1), values[i].why);
        BL_WHY(value.value == (values[i].ok ? values[i].want : 12345), values[i].why);
        BL_WHY(value.percent == values[i].percent, values[i].why);
        if (!values[i].ok)
            ck_assert_str_eq(bl_error_text(err), "expected a number or a percentage like \"25%\"");
    }
}
END_TEST

static const struct {
    const char *why;
    struct bl_intstr value;
    int64_t total, up, down;
} scales[] = {
    {"a number is itself", {2, false}, 5, 2, 2},
    {"a number may be more than there are", {7, false}, 5, 7, 7},
    {"a third of three", {33, true}, 3, 1, 0},
    {"34 % of three", {34, true}, 3, 2, 1},
    {"half of three", {50, true}, 3, 2, 1},
    {"half of four is exact", {50, true}, 4, 2, 2},
    {"all", {100, true}, 3, 3, 3},
    {"none", {0, true}, 3, 0, 0},
    {"one per cent of one", {1, true}, 1, 1, 0},
    {"of none", {50, true}, 0, 0, 0},
    {"more than all", {150, true}, 3, 5, 4},
    {"beyond 64 bits", {INT64_MAX, true}, 1000, INT64_MAX, INT64_MAX},
};

START_TEST(scales_both_ways)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(scales); i++) {
        BL_WHY(bl_intstr_scale(scales[i].value, scales[i].total, true) == scales[i].up,
               scales[i].why);
        BL_WHY(bl_intstr_scale(scales[i].value, scales[i].total, false) == scales[i].down,
               scales[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("object/intstr");
    TCase *tests = tcase_create("intstr");

    tcase_add_test(tests, reads_both);
    tcase_add_test(tests, scales_both_ways);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
