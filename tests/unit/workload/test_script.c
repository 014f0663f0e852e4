/* What shell scripts say that a broker is started with. */
#include "script.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "unit.h"

/* Of the variable A; NULL: none; "?": not known. */
static const struct {
    const char *why, *script, *value;
} scripts[] = {
    {"exported", "export A=1\nexec run", "1"},
    {"several at once", "export B=2 A=1 C=3; exec run", "1"},
    {"assigned", "A=1\nexec run", "1"},
    {"in front of exec", "A=1 exec run", "1"},
    {"the last one", "export A=1; export A=2", "2"},
    {"in quotes", "export A=\"a b\"", "a b"},
    {"in pieces", "export A='/var/lib'/'data'", "/var/lib/data"},
    {"the whole word in quotes", "export \"A=1\"", "1"},
    {"expanded later", "export A=${HOSTNAME##*-}; run", "${HOSTNAME##*-}"},
    {"of a command", "export A=$(hostname -f | cut -d. -f1); run", "$(hostname -f | cut -d. -f1)"},
    {"after a command that succeeds", "set -e && export A=1 && exec run", "1"},
    {"taken back", "export A=1; unset A", NULL},
    {"another", "export AA=1; export XA=2", NULL},
    {"in a comment", "# export A=1\nexport B=1 # export A=2\n", NULL},
    {"no comment", "export A=a#b", "a#b"},
    {"in a message", "echo \"export A=1\"; echo export A=1", NULL},
    {"of another process", "A=1 kafka-storage.sh info; exec run", NULL},
    {"in a subshell", "(export A=1; kafka-storage.sh info)\nexec run", NULL},
    {"after exec", "exec run\nexport A=1", NULL},
    {"after exec of a redirection", "exec 2>&1\nexport A=1", "1"},
    {"in a here document", "cat > f <<EOF\nexport A=1\nEOF\nexec run", NULL},
    {"after a here document", "cat > f <<'EOF'\nx\nEOF\nexport A=1", "1"},
    {"on a condition", "if [ -n \"$T\" ]; then export A=1; fi; exec run", "?"},
    {"after a condition", "if [ -n \"$T\" ]; then true; fi; export A=1", "1"},
    {"on a test", "[ -n \"$T\" ] && export A=1", "?"},
    {"where something fails", "true || export A=1", "?"},
    {"of a case", "case x in\nx) export A=1;;\nesac\nrun", "?"},
    {"quotes without end", "export A='1", ""},
    {"nothing", "", NULL},
};

static bool is_a(const char *name, const void *context BL_UNUSED)
{
    return strcmp(name, "A") == 0;
}

START_TEST(assignments)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(scripts); i++) {
        struct bl_assignment found = bl_script_assignment(scripts[i].script, is_a, NULL);
        const char *value = !found.found ? NULL : found.value ? found.value : "?";

        ck_assert_msg(!value == !scripts[i].value && (!value || !strcmp(value, scripts[i].value)),
                      "%s: %s", scripts[i].why, value ? value : "none");
        free(found.value);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workload/script");
    TCase *tests = tcase_create("script");

    tcase_add_test(tests, assignments);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
