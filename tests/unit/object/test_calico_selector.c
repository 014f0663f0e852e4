/* Calico's selectors, after its reference of NetworkPolicy. */
#include "ballast/object/calico_selector.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "unit.h"

/* Labels of what is chosen; whether it has one that begins with "far" nobody knows. */
static enum bl_truth lookup(const char *key, const char **ret_value, void *context)
{
    static const struct {
        const char *key, *value;
    } labels[] = {{"app", "kafka"},   {"app.kubernetes.io/name", "kafka"},
                  {"tier", "data-1"}, {"empty", ""},
                  {"in", "of"},       {"not", "this"}};

    (void)context;
    if (strncmp(key, "far", 3) == 0)
        return BL_UNKNOWN;
    for (size_t i = 0; i < BL_ARRAY_LEN(labels); i++) {
        if (strcmp(labels[i].key, key) == 0) {
            *ret_value = labels[i].value;
            return BL_TRUE;
        }
    }
    return BL_FALSE;
}

static const struct {
    const char *selector;
    enum bl_truth want;
} cases[] = {
    {"", BL_TRUE},
    {"  ", BL_TRUE},
    {"all()", BL_TRUE},
    {"all( )", BL_TRUE},
    {"!all()", BL_FALSE},
    {"global()", BL_FALSE},
    {"app == 'kafka'", BL_TRUE},
    {"app=='kafka'", BL_TRUE},
    {"app == \"kafka\"", BL_TRUE},
    {"app == 'zookeeper'", BL_FALSE},
    {"app.kubernetes.io/name == 'kafka'", BL_TRUE},
    {"app != 'kafka'", BL_FALSE},
    {"none != 'kafka'", BL_TRUE},
    {"none == ''", BL_FALSE},
    {"empty == ''", BL_TRUE},
    {"has(app)", BL_TRUE},
    {"has(none)", BL_FALSE},
    {"!has(none)", BL_TRUE},
    {"! ! has(app)", BL_TRUE},
    {"app in {'zookeeper', 'kafka'}", BL_TRUE},
    {"app in { }", BL_FALSE},
    {"app in{'kafka'}", BL_TRUE},
    {"app not in {'kafka'}", BL_FALSE},
    {"none not in {'kafka'}", BL_TRUE},
    {"app  not  in  {'zookeeper'}", BL_TRUE},
    {"in == 'of'", BL_TRUE},
    {"not == 'this'", BL_TRUE},
    {"app contains 'afk'", BL_TRUE},
    {"app starts with 'ka'", BL_TRUE},
    {"app starts with 'fka'", BL_FALSE},
    {"app ends with 'fka'", BL_TRUE},
    {"none contains ''", BL_FALSE},
    {"app == 'kafka' && tier == 'data-1'", BL_TRUE},
    {"app == 'kafka' && tier == 'web'", BL_FALSE},
    {"app == 'x' || tier == 'data-1'", BL_TRUE},
    {"has(none) && has(none) || has(app)", BL_TRUE},
    {"has(none) && (has(none) || has(app))", BL_FALSE},
    {"!(app == 'kafka')", BL_FALSE},
    {"far == 'x'", BL_UNKNOWN},
    {"far != 'x'", BL_UNKNOWN},
    {"far in {'x'} && has(app)", BL_UNKNOWN},
    {"far in {'x'} && has(none)", BL_FALSE},
    {"has(far) || has(app)", BL_TRUE},
    {"!has(far)", BL_UNKNOWN},
    {"app", BL_UNKNOWN},
    {"app ==", BL_UNKNOWN},
    {"app == kafka", BL_UNKNOWN},
    {"app == 'kafka", BL_UNKNOWN},
    {"app == 'x' && ", BL_UNKNOWN},
    {"app in {'x'", BL_UNKNOWN},
    {"app in {'x',}", BL_UNKNOWN},
    {"app in 'x'", BL_UNKNOWN},
    {"(has(app)", BL_UNKNOWN},
    {"has(none))", BL_UNKNOWN},
    {"has()", BL_UNKNOWN},
    {"some()", BL_UNKNOWN},
    {"has(none) has(app)", BL_UNKNOWN},
    {"!", BL_UNKNOWN},
    {"&&", BL_UNKNOWN},
};

START_TEST(chooses)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(cases); i++)
        BL_WHY(bl_calico_selector(cases[i].selector, lookup, NULL) == cases[i].want,
               cases[i].selector);
}
END_TEST

/* Nobody writes such a thing; who does must not run the stack out. */
START_TEST(depth_is_bounded)
{
    enum { DEEP = 100000 };
    BL_AUTO_FREE char *text = bl_alloc(DEEP + 1, 1);

    memset(text, '(', DEEP);
    ck_assert_int_eq(bl_calico_selector(text, lookup, NULL), BL_UNKNOWN);
    memset(text, '!', DEEP);
    ck_assert_int_eq(bl_calico_selector(text, lookup, NULL), BL_UNKNOWN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calico_selector");
    TCase *tests = tcase_create("calico_selector");

    tcase_add_test(tests, chooses);
    tcase_add_test(tests, depth_is_bounded);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
