/* The command line: what it comes to, and what is refused. Usage errors go to standard error. */
#include <string.h>

#include "json_help.h"
#include "options.h"

static int parse(const char *line, struct bl_controller_options *options)
{
    BL_AUTO_FREE char *copy = bl_asprintf("ballast-controller %s", line);
    char *words[16], *rest = copy;
    int count = 0;

    for (char *word; (word = strsep(&rest, " ")) && count < 15;)
        if (*word)
            words[count++] = bl_strdup(word);
    words[count] = NULL;
    int rc = bl_controller_options_parse(count, words, options);
    /* Options borrow their texts, which this test does not read after. */
    for (int i = 0; i < count; i++)
        free(words[i]);
    return rc;
}

static const struct {
    const char *line, *selector;
} selectors[] = {
    {"--in-cluster", "{'matchLabels':{'ballast.dev/enforce':'true'}}"},
    {"--in-cluster --namespace-selector a=b,c=", "{'matchLabels':{'a':'b','c':''}}"},
    {"--in-cluster --namespace-selector=", "{'matchLabels':{}}"},
    {"--in-cluster --namespace-selector {}", "{}"},
    {"--in-cluster --namespace-selector x=y --namespace-selector "
     "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"}]}",
     "{'matchExpressions':[{'key':'a','operator':'Exists'}]}"},
};

START_TEST(selects)
{
    BL_AUTO(bl_controller_options_release) struct bl_controller_options options = {0};

    BL_WHY(parse(selectors[_i].line, &options) == -1, selectors[_i].line);
    BL_AUTO_FREE char *text = help_text(options.scope.selector);
    ck_assert_str_eq(text, selectors[_i].selector);
}
END_TEST

static const struct {
    const char *line;
    int rc;
} calls[] = {
    {"--kubeconfig f --context c --config-maps --workers 8", -1},
    {"--in-cluster --leader-elect a/b --leader-elect c/d", -1},
    {"--in-cluster --log-format logfmt --log-level debug --metrics-listen :0", -1},
    {"--in-cluster --policies audit --policies strict --exclude-namespace x", -1},
    {"--help", BL_EXIT_OK},
    {"--version", BL_EXIT_OK},
    {"", BL_EXIT_USAGE},
    {"--in-cluster --kubeconfig f", BL_EXIT_USAGE},
    {"--in-cluster --leader-elect a", BL_EXIT_USAGE},
    {"--in-cluster --leader-elect a/b/c", BL_EXIT_USAGE},
    {"--in-cluster --namespace-selector a", BL_EXIT_USAGE},
    {"--in-cluster --namespace-selector a=b,a=c", BL_EXIT_USAGE},
    {"--in-cluster --namespace-selector a=-", BL_EXIT_USAGE},
    {"--in-cluster --namespace-selector {", BL_EXIT_USAGE},
    {"--in-cluster --workers 0", BL_EXIT_USAGE},
    {"--in-cluster --workers x", BL_EXIT_USAGE},
    {"--in-cluster --log-format xml", BL_EXIT_USAGE},
    {"--in-cluster --log-level loud", BL_EXIT_USAGE},
    {"--in-cluster --polices x", BL_EXIT_USAGE},
    {"--in-cluster --policies", BL_EXIT_USAGE},
    {"--in-cluster word", BL_EXIT_USAGE},
};

START_TEST(comes_to)
{
    BL_AUTO(bl_controller_options_release) struct bl_controller_options options = {0};

    BL_WHY(parse(calls[_i].line, &options) == calls[_i].rc, calls[_i].line);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/options");
    TCase *tcase = tcase_create("options");

    tcase_add_loop_test(tcase, selects, 0, BL_ARRAY_LEN(selectors));
    tcase_add_loop_test(tcase, comes_to, 0, BL_ARRAY_LEN(calls));
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
