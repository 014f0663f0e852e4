/* Helm as a child: what a script in its place is asked, and what is made of its words. */
#include "ballast/cluster/helm.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "json_help.h"

/* A folder with a program that stands for Helm. */
struct stage {
    char folder[sizeof("/tmp/ballast-helm-XXXXXX")];
    char *program;
    struct bl_cluster_spec spec;
    struct bl_kube_target cluster;
    struct bl_helm helm;
    struct bl_helm_job job;
};

static void stage_init(struct stage *stage, const char *script)
{
    BL_AUTO_FREE char *text = bl_asprintf("#!/bin/sh\n%s\n", script);
    BL_ERROR(err);

    *stage = (struct stage){.folder = "/tmp/ballast-helm-XXXXXX",
                            .spec.chart.bundled = (char *)"kafka",
                            .spec.service_account = (char *)"installer"};
    ck_assert_ptr_nonnull(mkdtemp(stage->folder));
    stage->program = bl_asprintf("%s/helm", stage->folder);
    if (bl_file_replace(stage->program, text, strlen(text), &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    ck_assert_int_eq(chmod(stage->program, 0700), 0);
    stage->helm = (struct bl_helm){.program = stage->program,
                                   .home = stage->folder,
                                   .cluster = &stage->cluster,
                                   .bundled = "/charts"};
    stage->job = (struct bl_helm_job){
        .spec = &stage->spec, .namespace = "k", .name = "kafka", .values = "{}"};
}

static void stage_release(struct stage *stage)
{
    bl_file_remove_tree(stage->folder);
    free(stage->program);
}

#define SCHEMA "values don't meet the specifications of the schema(s) in the following chart(s):"

static const struct {
    const char *why, *script, *said;
    enum bl_errcode code;
} failures[] = {
    {"the last line has the reason", "echo 'Error: one' >&2; echo 'Error: two' >&2; exit 1",
     "Helm: two", BL_ERR_INVALID},
    {"behind many warnings",
     "yes 'W a warning' | head -c 300000 >&2; echo 'Error: why' >&2; exit 1", "Helm: why",
     BL_ERR_INVALID},
    {"it says nothing", "exit 1", "Helm: it did not say why", BL_ERR_INVALID},
    {"it says much, and not why", "yes 'W a warning' | head -c 300000 >&2; exit 1",
     "Helm: it did not say why in what is kept of its words", BL_ERR_INVALID},
    {"it is not there", "echo 'Error: chart not found' >&2; exit 1", "Helm: chart not found",
     BL_ERR_NOT_FOUND},
    {"a webhook is away", "echo 'Error: failed calling webhook \"w\": no endpoints' >&2; exit 1",
     "Helm: failed calling webhook \"w\": no endpoints", BL_ERR_UNAVAILABLE},
    {"a registry's name is not known",
     "echo 'Error: dial tcp: lookup r.io: no such host' >&2; exit 1",
     "Helm: dial tcp: lookup r.io: no such host", BL_ERR_UNAVAILABLE},
    {"nothing leads there", "echo 'Error: connect: network is unreachable' >&2; exit 1",
     "Helm: connect: network is unreachable", BL_ERR_UNAVAILABLE},
    {"it hangs up", "echo 'Error: Get \"https://r.io/v2/\": EOF' >&2; exit 1",
     "Helm: Get \"https://r.io/v2/\": EOF", BL_ERR_UNAVAILABLE},
    {"it is in trouble", "echo 'Error: GET https://r.io: unexpected status code 503' >&2; exit 1",
     "Helm: GET https://r.io: unexpected status code 503", BL_ERR_UNAVAILABLE},
    {"it is asked too often", "echo 'Error: response status code 429: toomanyrequests' >&2; exit 1",
     "Helm: response status code 429: toomanyrequests", BL_ERR_UNAVAILABLE},
    {"a port with a 5", "echo 'Error: fetch 127.0.0.1:5055: bad chart' >&2; exit 1",
     "Helm: fetch 127.0.0.1:5055: bad chart", BL_ERR_INVALID},
    {"it says no", "echo 'Error: unexpected status code 403' >&2; exit 1",
     "Helm: unexpected status code 403", BL_ERR_INVALID},
    {"a schema says where, and no value is told",
     "cat >&2 <<END\nError: UPGRADE FAILED: " SCHEMA
     "\nkafka:\n- at '': additional properties 'bogus' not allowed\n- at '/id': 'hunter2' does not "
     "match pattern '^a$'\n- at '/id': 'hunter2' is not valid uri: no\n- at '/n': got string, want "
     "integer\n\nEND\nexit 1",
     "Helm: UPGRADE FAILED: " SCHEMA
     " at '': additional properties 'bogus' not allowed; at '/id': … "
     "does not match pattern '^a$'; at '/id': … is not valid uri: no; at '/n': got string, want "
     "integer",
     BL_ERR_INVALID},
    {"and not everywhere",
     "{ echo \"Error: " SCHEMA
     "\"; for i in 1 2 3 4 5 6 7; do echo \"- at '/$i': no\"; done; } >&2; "
     "exit 1",
     "Helm: " SCHEMA " at '/1': no; at '/2': no; at '/3': no; at '/4': no; at '/5': no; and 2 more",
     BL_ERR_INVALID},
    {"a template says why behind where",
     "cat >&2 <<END\nError: INSTALLATION FAILED: kafka/templates/kafka.yaml:56:3\n  executing \"a\" at "
     "<.b>:\n    can't evaluate field b\nEND\nexit 1",
     "Helm: INSTALLATION FAILED: kafka/templates/kafka.yaml:56:3 executing \"a\" at <.b>: can't "
     "evaluate field b",
     BL_ERR_INVALID},
    {"so does one that its author ends",
     "cat >&2 <<END\nError: UPGRADE FAILED: execution error at (f/templates/a.yaml:1:3): "
     "\nVALUES VALIDATION:\n\nkafka: set auth\nEND\nexit 1",
     "Helm: UPGRADE FAILED: execution error at (f/templates/a.yaml:1:3): VALUES VALIDATION: kafka: "
     "set auth",
     BL_ERR_INVALID},
    {"other lines may hold values", "cat >&2 <<END\nError: it failed:\nsecret\nEND\nexit 1",
     "Helm: it failed:", BL_ERR_INVALID},
    {"the API server says which",
     "echo 'Error: data: Invalid value: \"hunter2\": too long' >&2; exit 1",
     "Helm: data: Invalid value: …: too long", BL_ERR_INVALID},
    {"it is killed", "kill -9 $$", "Helm was killed by signal 9", BL_ERR_UNAVAILABLE},
};

START_TEST(a_failure_has_helms_reason)
{
    BL_AUTO(stage_release) struct stage stage;
    BL_AUTO(bl_record_release) struct bl_record record = BL_RECORD_INIT;
    BL_ERROR(err);

    stage_init(&stage, failures[_i].script);
    BL_WHY(bl_helm_render(&stage.helm, &stage.job, &record, &err) < 0, failures[_i].why);
    ck_assert_msg(strcmp(bl_error_text(err), failures[_i].said) == 0, "%s: %s", failures[_i].why,
                  bl_error_text(err));
    BL_WHY(bl_error_code(err) == failures[_i].code, failures[_i].why);
}
END_TEST

START_TEST(values_go_to_its_standard_input)
{
    BL_AUTO(stage_release) struct stage stage;
    BL_AUTO(bl_record_release) struct bl_record record = BL_RECORD_INIT;
    BL_ERROR(err);

    stage_init(&stage, "grep -q hunter2 && ! echo \"$@\" | grep -q hunter2 && "
                       "echo '{\"name\": \"kafka\", \"version\": 7}'");
    stage.job.values = "password: hunter2\n";
    if (bl_helm_render(&stage.helm, &stage.job, &record, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    ck_assert_int_eq(bl_record_revision(&record), 7);
}
END_TEST

START_TEST(a_protocol_is_given_as_a_text)
{
    BL_AUTO(stage_release) struct stage stage;
    BL_AUTO(bl_record_release) struct bl_record record = BL_RECORD_INIT;
    BL_ERROR(err);

    stage_init(&stage, "echo \"$@\" | grep -q -e ' --set-string=kafka.protocol=3.3 ' && "
                       "echo '{\"version\": 1}'");
    stage.spec.versions.protocol_value = (char *)"kafka.protocol";
    ck_assert_int_lt(bl_helm_render(&stage.helm, &stage.job, &record, &err), 0);
    bl_error_free(BL_STEAL(err));
    stage.job.protocol = "3.3";
    if (bl_helm_render(&stage.helm, &stage.job, &record, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
}
END_TEST

/* The plugin is there while Helm runs, and gone after it. */
START_TEST(images_are_rewritten_by_a_post_renderer)
{
    static struct bl_image_map map[] = {{(char *)"bitnami", (char *)"bitnamilegacy"}};
    BL_AUTO(stage_release) struct stage stage;
    BL_AUTO(bl_record_release) struct bl_record record = BL_RECORD_INIT;
    BL_ERROR(err);

    stage_init(&stage, "echo \"$@\" | grep -q -e '--post-renderer=ballast-images "
                       "--post-renderer-args={.*bitnamilegacy' && "
                       "grep -q 'args: \\[rewrite-images\\]' "
                       "$HELM_PLUGINS/ballast-images/plugin.yaml && "
                       "echo $HELM_PLUGINS > $HELM_CACHE_HOME-seen && echo '{\"version\": 1}'");
    stage.spec.images.map = (struct bl_structs){map, 1};
    if (bl_helm_render(&stage.helm, &stage.job, &record, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    BL_AUTO_FREE char *path = bl_asprintf("%s/cache-seen", stage.folder);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf seen = BL_STRBUF_INIT(4096);

    ck_assert_int_eq(bl_file_read(path, &seen, &err), 0);
    bl_strbuf_trim(&seen);
    ck_assert_msg(bl_text_starts(seen.text, stage.folder), "%s", seen.text);
    ck_assert_int_lt(access(seen.text, F_OK), 0);
}
END_TEST

START_TEST(so_many_run_at_once)
{
    sem_t places;
    struct bl_helm helm = {.places = &places}, free_of_limits = {0};

    ck_assert_int_eq(sem_init(&places, 0, 2), 0);
    ck_assert(bl_helm_begin(&helm) && !bl_helm_is_busy(&helm) && bl_helm_begin(&helm));
    ck_assert(bl_helm_is_busy(&helm) && !bl_helm_begin(&helm));
    bl_helm_end(&helm);
    ck_assert(!bl_helm_is_busy(&helm) && bl_helm_begin(&helm));
    ck_assert(bl_helm_begin(&free_of_limits) && !bl_helm_is_busy(&free_of_limits));
    bl_helm_end(&free_of_limits);
    (void)sem_destroy(&places);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("helm");
    TCase *tests = tcase_create("helm");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_failure_has_helms_reason, 0, (int)BL_ARRAY_LEN(failures));
    tcase_add_test(tests, values_go_to_its_standard_input);
    tcase_add_test(tests, a_protocol_is_given_as_a_text);
    tcase_add_test(tests, images_are_rewritten_by_a_post_renderer);
    tcase_add_test(tests, so_many_run_at_once);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
