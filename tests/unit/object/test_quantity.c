/* Quantities, checked against k8s.io/apimachinery/pkg/api/resource (v0.29). */
#include "ballast/object/quantity.h"

#include <string.h>

#include "unit.h"

static const struct {
    const char *why, *text;
    int64_t units, nano; /* units + nano / 10^9 */
} exact[] = {
    {"zero", "0", 0, 0},
    {"minus zero", "-0", 0, 0},
    {"one", "1", 1, 0},
    {"plus", "+1", 1, 0},
    {"negative", "-1", -1, 0},
    {"zeros in front", "000123", 123, 0},
    {"zeros in front of a point", "00.5", 0, 500000000},
    {"milli", "100m", 0, 100000000},
    {"milli above one", "1500m", 1, 500000000},
    {"micro", "1u", 0, 1000},
    {"nano", "1n", 0, 1},
    {"kilo", "3k", 3000, 0},
    {"mega", "2M", 2000000, 0},
    {"giga", "2G", 2000000000, 0},
    {"tera", "2T", 2000000000000, 0},
    {"peta", "2P", 2000000000000000, 0},
    {"exa", "1E", 1000000000000000000, 0},
    {"kibi", "1Ki", 1024, 0},
    {"mebi", "2Mi", 2097152, 0},
    {"gibi", "8Gi", 8589934592, 0},
    {"tebi", "2Ti", 2199023255552, 0},
    {"pebi", "2Pi", 2251799813685248, 0},
    {"exbi", "1Ei", 1152921504606846976, 0},
    {"largest exbi", "7Ei", 8070450532247928832, 0},
    {"fraction", "1.5", 1, 500000000},
    {"fraction of a gibi", "0.5Gi", 536870912, 0},
    {"negative fraction of a gibi", "-1.5Gi", -1610612736, 0},
    {"fraction of a kibi", "0.1Ki", 102, 400000000},
    {"no digits before the point", ".5", 0, 500000000},
    {"no digits after the point", "5.", 5, 0},
    {"no digits after the point, suffix", "5.Gi", 5368709120, 0},
    {"exponent", "1e3", 1000, 0},
    {"exponent in capitals", "1E3", 1000, 0},
    {"exponent with a plus", "1e+5", 100000, 0},
    {"exponent, negative", "1E-3", 0, 1000000},
    {"exponent with a zero in front", "1e-05", 0, 10000},
    {"mega by exponent", "12e6", 12000000, 0},
    {"fraction and exponent", "1.5e3", 1500, 0},
    {"largest", "9223372036854775807", 9223372036854775807, 0},
    {"below a nano rounds up", "0.0000000001", 0, 1},
    {"so does a tenth of one", "0.1n", 0, 1},
    {"away from zero", "-0.1n", 0, -1},
    {"digits beyond a nano round up", "0.123456789123", 0, 123456790},
    {"zeros beyond a nano do not", "0.123456789000", 0, 123456789},
    {"exponent below a nano rounds up", "1e-10", 0, 1},
    {"exponent far below it", "1e-30", 0, 1},
    {"and a fraction", "1.5e-9", 0, 2},
    {"exponent below a nano, many digits", "25000e-10", 0, 2500},
    {"zero stays zero", "0e-30", 0, 0},
    {"a suffix that does not divide", "1.0000000001Ki", 1024, 103},
    {"many digits of a large suffix", "0.3333333333333333333Ti", 366503875925, 333333297},
    {"a tiny part of the largest suffix", "0.0000000000000000001Ei", 0, 115292151},
};

START_TEST(exact_values)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(exact); i++) {
        bl_nano value = -12345;
        BL_ERROR(err);

        ck_assert_msg(bl_quantity_parse(exact[i].text, &value, &err) == 0, "%s: %s", exact[i].why,
                      err ? bl_error_text(err) : "");
        BL_WHY(value == exact[i].units * BL_NANO_ONE + exact[i].nano, exact[i].why);
    }
}
END_TEST

static const struct {
    const char *why, *text;
} invalid[] = {
    {"nothing", ""},
    {"white space in front", " 1"},
    {"white space behind", "1 "},
    {"white space inside", "1 Gi"},
    {"capital kilo", "1K"},
    {"small kibi", "1ki"},
    {"small gibi", "1gi"},
    {"capital I", "1GI"},
    {"no letter before i", "1i"},
    {"two suffixes", "1Mim"},
    {"suffix and exponent", "1Gie5"},
    {"exponent and suffix", "1e5Gi"},
    {"suffix and digits", "1Gi2"},
    {"bytes", "1GB"},
    {"exponent without digits", "1e"},
    {"exponent with a sign alone", "1e+"},
    {"exponent with two signs", "1e+-5"},
    {"exponent with two plus signs", "1e++5"},
    {"exponent with a fraction", "1e1.5"},
    {"two points", "1.2.3"},
    {"comma", "1,5"},
    {"hexadecimal", "0x10"},
    {"two signs", "--1"},
    {"plus and minus", "+-1"},
    {"word", "infinity"},
    {"digits of another script", "\xd9\xa1"},
    /* Kubernetes reads these as 0; nobody means that. */
    {"point alone", "."},
    {"point and suffix", ".Gi"},
    {"sign alone", "-"},
    {"suffix alone", "Gi"},
};

START_TEST(invalid_is_refused)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(invalid); i++) {
        bl_nano value = -12345;
        BL_ERROR(err);

        BL_WHY(bl_quantity_parse(invalid[i].text, &value, &err) == -1, invalid[i].why);
        BL_WHY(value == -12345, invalid[i].why);
        BL_WHY(bl_error_code(err) == BL_ERR_INVALID, invalid[i].why);
    }
}
END_TEST

static const struct {
    const char *why, *text;
    enum bl_errcode code;
} large[] = {
    {"one more than the largest", "9223372036854775808", BL_ERR_TOO_LARGE},
    {"a billionth more", "9223372036854775807.000000001", BL_ERR_TOO_LARGE},
    {"8Ei", "8Ei", BL_ERR_TOO_LARGE},
    {"10E", "10E", BL_ERR_TOO_LARGE},
    {"negative", "-10E", BL_ERR_TOO_LARGE},
    {"39 digits of the largest suffix", "999999999999999999999999999999999999999Ei",
     BL_ERR_TOO_LARGE},
    {"an exponent out of reach", "1e19", BL_ERR_INVALID},
    {"an exponent that would take long", "1e99999999999", BL_ERR_INVALID},
    {"an exponent beyond 64 bits", "1e99999999999999999999", BL_ERR_INVALID},
    {"more digits than we count", "0.00000000000000000000000000000000000000001", BL_ERR_INVALID},
};

START_TEST(out_of_range_is_refused)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(large); i++) {
        bl_nano value = -12345;
        BL_ERROR(err);

        BL_WHY(bl_quantity_parse(large[i].text, &value, &err) == -1, large[i].why);
        BL_WHY(value == -12345, large[i].why);
        BL_WHY(bl_error_code(err) == large[i].code, large[i].why);
    }
}
END_TEST

START_TEST(messages)
{
    bl_nano value;
    BL_ERROR(invalid_text);
    BL_ERROR(too_large);

    ck_assert_int_eq(bl_quantity_parse("1gb", &value, &invalid_text), -1);
    ck_assert_str_eq(bl_error_text(invalid_text), "\"1gb\" is not a quantity like 500m, 2 or 8Gi");
    ck_assert_int_eq(bl_quantity_parse("16Ei", &value, &too_large), -1);
    ck_assert_str_eq(bl_error_text(too_large), "quantity \"16Ei\" is out of range");
}
END_TEST

static const struct {
    const char *why, *json;
    int64_t units, nano; /* both -1: refused */
} values[] = {
    {"string", "\"500m\"", 0, 500000000},
    {"number", "2", 2, 0},
    {"fraction as it was written", "0.1", 0, 100000000},
    {"another", "0.3", 0, 300000000},
    {"negative", "-1.5", -1, -500000000},
    {"exponent", "1e3", 1000, 0},
    {"small", "1e-7", 0, 100},
    {"boolean", "true", -1, -1},
    {"null", "null", -1, -1},
    {"array", "[1]", -1, -1},
    {"far too large", "1e300", -1, -1},
};

START_TEST(from_a_manifest)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(values); i++) {
        BL_AUTO_JSON cJSON *json = NULL;
        bl_nano value = -12345, want = values[i].units * BL_NANO_ONE + values[i].nano;
        bool refused = values[i].units == -1 && values[i].nano == -1;
        BL_ERROR(err);

        ck_assert_int_eq(bl_json_parse(values[i].json, strlen(values[i].json), &json, &err), 0);
        BL_WHY(bl_quantity_from_json(json, &value, &err) == (refused ? -1 : 0), values[i].why);
        BL_WHY(value == (refused ? -12345 : want), values[i].why);
    }
}
END_TEST

START_TEST(nothing_is_no_quantity)
{
    bl_nano value;
    BL_ERROR(err);

    ck_assert_int_eq(bl_quantity_from_json(NULL, &value, &err), -1);
    ck_assert_str_eq(bl_error_text(err), "a quantity is a string or a number");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("object/quantity");
    TCase *tests = tcase_create("quantity");

    tcase_add_test(tests, exact_values);
    tcase_add_test(tests, invalid_is_refused);
    tcase_add_test(tests, out_of_range_is_refused);
    tcase_add_test(tests, messages);
    tcase_add_test(tests, from_a_manifest);
    tcase_add_test(tests, nothing_is_no_quantity);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
