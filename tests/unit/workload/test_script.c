/* What shell scripts say that a broker is started with. */
#include "script.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/workload/workload.h"
#include "json_help.h"
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
    {"where nothing else sets it", ": ${A:=1}; exec run", "?"},
    {"the same in quotes", ": \"${A=1}\"\nexec run", "?"},
    {"where it is only read", ": ${A:-1} ${A}\nexec run", NULL},
    {"declared", "declare -x A=1\nexec run", "1"},
    {"by env", "exec env B=2 A=1 run A=3", "1"},
    {"written to a file", "echo \"A=1\" >> f", "1"},
    {"written at once", "echo A=1>>f; exec run", "1"},
    {"printed into a file", "printf 'B=2\\nA=1\\n' > f", "1"},
    {"by tee", "echo A=1 | tee -a f; run", "1"},
    {"with what is not known", "echo \"A=$B\" >> f", "?"},
    {"written on a condition", "if true; then echo A=1 >> f; fi", "?"},
    {"edited", "sed -i 's/^#*A=.*/A=1/' f", "?"},
    {"edited, of another name", "sed -i 's/^AA=.*/AA=1/' f", NULL},
    {"written by a group", "{ echo B=1; echo A=1; } > f; exec run", "?"},
    {"written by a subshell", "(echo B=1; echo \"A=1\") >> f; exec run", "?"},
    {"written by a loop", "for i in 1; do echo A=1; done > f", "?"},
    {"of a group that prints", "{ echo A=1; } >&2; (echo A=1) 2> f", NULL},
    {"printed", "echo A=1; echo A=1 >&2; echo A=1 2> f; echo A=1 >/dev/null", NULL},
    {"quotes without end", "export A='1", ""},
    {"nothing", "", NULL},
};

struct seen {
    bool found;
    char *value;
};

static void see(const struct bl_assignment *assignment, void *context)
{
    struct seen *seen = context;

    if (strcmp(assignment->name, "A") != 0)
        return;
    free(seen->value);
    seen->found = !assignment->unset;
    seen->value = assignment->value ? bl_strdup(assignment->value) : NULL;
}

START_TEST(assignments)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(scripts); i++) {
        struct seen seen = {0};

        bl_script_assignments(scripts[i].script, see, &seen);
        const char *value = !seen.found ? NULL : seen.value ? seen.value : "?";

        ck_assert_msg(!value == !scripts[i].value && (!value || !strcmp(value, scripts[i].value)),
                      "%s: %s", scripts[i].why, value ? value : "none");
        free(seen.value);
    }
}
END_TEST

/* Each setting is looked for in the scripts, so what they say is read once, and no more of it than people write. */
START_TEST(scripts_are_read_up_to_a_size)
{
    static const char start[] = "export KAFKA_NODE_ID=1\n";

    for (size_t over = 0; over < 2; over++) {
        BL_AUTO_FREE char *script = bl_alloc(BL_SCRIPTS_MAX + 2, 1);
        BL_AUTO_JSON cJSON *object = help_json(
            "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a'},'spec':{'containers':[{'name':"
            "'k','command':['kafka-server-start.sh']}]}}");
        cJSON *container = bl_json_at(object, "spec", "containers", NULL)->child;

        memset(script, ' ', BL_SCRIPTS_MAX - strlen("kafka-server-start.sh") + over);
        memcpy(script, start, strlen(start));
        bl_json_push(bl_json_add_array(container, "args"), bl_json_new_string(script));

        struct bl_workload *workload = bl_workload_recognise(object, NULL, false);
        ck_assert_int_eq(workload->role, BL_ROLE_BROKER);
        ck_assert_uint_eq(workload->exports.len, over ? 0 : 1);
        bl_workload_free(workload);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workload/script");
    TCase *tests = tcase_create("script");

    tcase_add_test(tests, assignments);
    tcase_add_test(tests, scripts_are_read_up_to_a_size);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
