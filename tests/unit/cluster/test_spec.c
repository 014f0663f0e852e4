/* KafkaClusters as one writes them: what would reach Helm's command line, or a selector, is looked at first. */
#include "ballast/cluster/spec.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "json_help.h"

#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* 54 */
#define REPOSITORY(name) \
    "'chart':{'repository':{'url':'https://r.example.com/','name':'" name "','version':'1'}}"
#define BOOTSTRAP(text) "'chart':{'bundled':'kafka'},'connection':{'bootstrap':'" text "'}"
#define VERSION(text) "'chart':{'bundled':'kafka'},'versions':{'kafka':'" text "'}"
#define PROTOCOL(path) "'chart':{'bundled':'kafka'},'versions':{'protocolValue':'" path "'}"

static const struct {
    const char *why, *name, *spec, *message; /* NULL: it is read */
} rows[] = {
    {"as it should be", "kafka", "'chart':{'bundled':'kafka'},'releaseName':'a-1.b'", NULL},
    {"an option", "kafka", "'chart':{'bundled':'kafka'},'releaseName':'--help'",
     "no name of a release"},
    {"a selector", "kafka", "'chart':{'bundled':'kafka'},'releaseName':'a,b=c'",
     "no name of a release"},
    {"upper case", "kafka", "'chart':{'bundled':'kafka'},'releaseName':'A'",
     "no name of a release"},
    {"an underscore", "kafka", "'chart':{'bundled':'kafka'},'releaseName':'a_b'",
     "no name of a release"},
    {"nothing", "kafka", "'chart':{'bundled':'kafka'},'releaseName':''", "no name of a release"},
    {"a dot at the end", "kafka", "'chart':{'bundled':'kafka'},'releaseName':'a.'",
     "no name of a release"},
    {"a dash before a dot", "kafka", "'chart':{'bundled':'kafka'},'releaseName':'a-.b'",
     "no name of a release"},
    {"53 are enough", "kafka", "'chart':{'bundled':'kafka'},'releaseName':'" LONG "'",
     "no name of a release"},
    {"its own name is too long", LONG, "'chart':{'bundled':'kafka'}",
     "spec.releaseName: it is needed"},
    {"and another one is given", LONG, "'chart':{'bundled':'kafka'},'releaseName':'kafka'", NULL},
    {"a chart of a repository", "kafka", REPOSITORY("kafka"), NULL},
    {"an option in its place", "kafka", REPOSITORY("--help"), "no name of a chart"},
    {"a folder", "kafka", REPOSITORY("/etc/chart"), "no name of a chart"},
    {"one below", "kafka", REPOSITORY("a/chart"), "no name of a chart"},
    {"one above", "kafka", REPOSITORY(".."), "no name of a chart"},
    {"a value's place", "kafka", PROTOCOL("kafka.interBroker_protocol-2"), NULL},
    {"two values", "kafka", PROTOCOL("a=1,b"), "no place of a value"},
    {"one of a list", "kafka", PROTOCOL("a[0]"), "no place of a value"},
    {"a part of it is missing", "kafka", PROTOCOL("a..b"), "no place of a value"},
    {"the last one is", "kafka", PROTOCOL("a."), "no place of a value"},
    {"no place", "kafka", PROTOCOL(""), "no place of a value"},
    {"brokers by name", "kafka", BOOTSTRAP("kafka.k.svc:9092,[::1]:9093"), NULL},
    {"without a port", "kafka", BOOTSTRAP("kafka.k.svc"), "is not HOST:PORT"},
    {"a port that is none", "kafka", BOOTSTRAP("kafka.k.svc:99999"), "is not HOST:PORT"},
    {"one of two", "kafka", BOOTSTRAP("a:1,:2"), "is not HOST:PORT"},
    {"a version", "kafka", VERSION("3.9.1-debian"), NULL},
    {"a word", "kafka", VERSION("banana"), "is no version"},
};

START_TEST(names_are_looked_at_first)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_FREE char *text =
            bl_asprintf("{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaCluster','metadata':{"
                        "'name':'%s','namespace':'k'},'spec':{'serviceAccountName':'a',%s}}",
                        rows[i].name, rows[i].spec);
        BL_AUTO_JSON cJSON *object = help_json(text);
        BL_AUTO(bl_cluster_spec_release) struct bl_cluster_spec spec = {0};
        BL_ERROR(err);
        int rc = bl_cluster_spec_read(&(struct bl_decode){0}, object, &spec, &err);

        if (!rows[i].message)
            ck_assert_msg(rc == 0, "%s: %s", rows[i].why, rc ? bl_error_text(err) : "");
        else
            ck_assert_msg(rc < 0 && strstr(bl_error_text(err), rows[i].message), "%s: %s",
                          rows[i].why, rc ? bl_error_text(err) : "it was read");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spec");
    TCase *tests = tcase_create("spec");

    tcase_add_test(tests, names_are_looked_at_first);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
