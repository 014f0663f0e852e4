/* Where charts may come from. */
#include "ballast/cluster/source.h"

#include "ballast/base/mem.h"
#include "unit.h"

static const struct {
    const char *why, *pattern, *url;
    bool allowed, plain;
} rows[] = {
    {"all of a folder", "oci://r.example.com/charts/*", "oci://r.example.com/charts/kafka", true,
     false},
    {"and below it", "oci://r.example.com/charts/*", "oci://r.example.com/charts/a/kafka", true,
     false},
    {"a beginning", "oci://r.example.com/kafka-*", "oci://r.example.com/kafka-a", true, false},
    {"another folder", "oci://r.example.com/charts/*", "oci://r.example.com/other/kafka", false,
     false},
    {"another host", "oci://r.example.com/*", "oci://r.example.org/kafka", false, false},
    {"another port", "oci://r.example.com/*", "oci://r.example.com:5000/kafka", false, false},
    {"another scheme", "oci://r.example.com/*", "https://r.example.com/kafka", false, false},
    {"without TLS", "http://r.example.com/*", "oci://r.example.com/kafka", true, true},
    {"hosts have no case", "oci://r.example.com/*", "oci://R.Example.com/kafka", true, false},
    {"any below a host", "oci://*.example.com/*", "oci://a.b.example.com/kafka", true, false},
    {"not the host itself", "oci://*.example.com/*", "oci://example.com/kafka", false, false},
    {"nor one that ends so", "oci://*.example.com/*", "oci://badexample.com/kafka", false, false},
    {"nor a path that does", "oci://*.example.com/*", "oci://127.0.0.1:5998/a.example.com/x", false,
     false},
    {"a star is no host", "oci://*/charts/*", "oci://evil.example.com/charts/kafka", false, false},
    {"nor a part of one", "oci://r*.example.com/*", "oci://r1.example.com/kafka", false, false},
    {"the machine itself, written out", "http://127.0.0.1:5055/charts/*",
     "oci://127.0.0.1:5055/charts/kafka", true, true},
    {"and by a pattern", "oci://*.0.0.1/*", "oci://127.0.0.1/kafka", false, false},
    {"in other words", "oci://*.1/*", "oci://127.1/kafka", false, false},
    {"its link", "oci://*.169.254/*", "oci://169.254.169.254/kafka", false, false},
    {"nothing in particular", "oci://*.0/*", "oci://0.0.0.0/kafka", false, false},
    {"by a name", "oci://*.localhost/*", "oci://a.localhost/kafka", false, false},
    {"what gives nodes their credentials", "oci://*.google.internal/*",
     "oci://metadata.google.internal/kafka", false, false},
    {"a name with an end", "oci://*.google.internal./*", "oci://metadata.google.internal./kafka",
     false, false},
    {"another host in it", "oci://r.example.com/*", "oci://r.example.com/@evil.example.com/x",
     false, false},
    {"another folder in it", "oci://r.example.com/charts/*", "oci://r.example.com/charts/../x",
     false, false},
    {"no URL", "oci://r.example.com/*", "kafka", false, false},
};

START_TEST(charts_come_from_where_they_may)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        const char *const patterns[] = {"oci://first.invalid/*", rows[i].pattern, NULL};
        bool plain = true;

        BL_WHY(bl_chart_source_allows(patterns, rows[i].url, &plain) == rows[i].allowed,
               rows[i].why);
        BL_WHY(plain == rows[i].plain, rows[i].why);
    }
}
END_TEST

static const struct {
    const char *pattern;
    bool good;
} patterns[] = {
    {"oci://r.example.com/charts/*", true},
    {"https://r.example.com/*", true},
    {"http://127.0.0.1:5055/*", true},
    {"oci://*.example.com/kafka-*", true},
    {"oci://*/charts/*", false},
    {"oci://*.*.example.com/*", false},
    {"oci://r*.example.com/*", false},
    {"*", false},
    {"r.example.com/*", false},
    {"file:///charts", false},
    {"ftp://r.example.com/*", false},
    {"oci:///charts", false},
};

START_TEST(patterns_are_looked_at_first)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(patterns); i++) {
        BL_ERROR(err);

        BL_WHY((bl_chart_source_check(patterns[i].pattern, &err) == 0) == patterns[i].good,
               patterns[i].pattern);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("source");
    TCase *tests = tcase_create("source");

    tcase_add_test(tests, charts_come_from_where_they_may);
    tcase_add_test(tests, patterns_are_looked_at_first);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
