/* Releases as Helm writes them down: what is in them, and how they are written again. */
#include "ballast/cluster/record.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/cluster/plan.h"
#include "json_help.h"

#define POD(name, image)                                                                           \
    "apiVersion: v1\\nkind: Pod\\nmetadata: {name: " name "}\\nspec: {containers: [{image: " image \
    "}]}\\n"
#define JOB(name, image)                                                                        \
    "apiVersion: batch/v1\\nkind: Job\\nmetadata: {name: " name "}\\nspec: {template: {spec: {" \
    "initContainers: [{image: i}], containers: [{image: " image "}]}}}\\n"

static void record_of(struct bl_record *record, const char *text)
{
    struct bl_strbuf read = BL_STRBUF_INIT(BL_RECORD_MAX);
    BL_ERROR(err);

    bl_strbuf_adds(&read, text);
    if (bl_record_read(record, &read, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    bl_strbuf_release(&read);
}

/* What was sealed as failed is read again, and is as it was but for that. */
START_TEST(a_record_is_sealed_again)
{
    BL_AUTO(bl_record_release) struct bl_record record = BL_RECORD_INIT;
    BL_AUTO(bl_record_release) struct bl_record again = BL_RECORD_INIT;
    BL_AUTO_JSON cJSON *secret =
        help_json("{'apiVersion':'v1','kind':'Secret','type':'helm.sh/release.v1'}");
    cJSON *data = NULL;
    BL_ERROR(err);

    record_of(&record, "{\"manifest\":\"" POD("p", "a") "\",\"version\":7,\"info\":{\"status\":"
                                                        "\"pending-upgrade\"}}");
    ck_assert(bl_record_is_pending(&record));
    ck_assert_int_eq(bl_record_seal(&record, "failed", &data, &err), 0);
    bl_json_add(secret, "data", data);
    if (bl_record_unpack(&again, secret, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    ck_assert_str_eq(bl_record_status(&again), "failed");
    ck_assert_int_eq(bl_record_revision(&again), 7);
    ck_assert_uint_eq(again.manifest.objects.len, 1);
}
END_TEST

/* The images that their pods run are asked for as all others; what only a test or a deletion makes is not. */
START_TEST(hooks_bring_images)
{
    BL_AUTO(bl_record_release) struct bl_record record = BL_RECORD_INIT;
    BL_AUTO(bl_cluster_plan_release) struct bl_cluster_plan plan = {0};
    struct bl_cluster_spec spec = {0};
    struct bl_policy_set policies = {0};
    struct bl_cluster_plan_input input = {.spec = &spec,
                                          .namespace = "k",
                                          .release = "kafka",
                                          .rendered = &record,
                                          .again = &record,
                                          .policies = &policies};

    record_of(
        &record,
        "{\"manifest\":\"" POD(
            "p",
            "a") "\",\"hooks\":["
                 "{\"events\":[\"post-upgrade\"],\"manifest\":\"" JOB(
                     "j",
                     "b") "\"},"
                          "{\"events\":[\"test\"],\"manifest\":\"" POD(
                              "t",
                              "c") "\"},"
                                   "{\"events\":[\"pre-delete\"],\"manifest\":\"" POD(
                                       "d",
                                       "d") "\"},"
                                            "{\"events\":[\"pre-install\"],\"manifest\":\"{ no: [yaml\"},"
                                            "{\"events\":[7],\"manifest\":\"" POD("n",
                                                                                  "e") "\"}, 3]}");
    bl_cluster_plan(&input, &plan);
    ck_assert_uint_eq(plan.images.len, 3);
    ck_assert_str_eq(plan.images.items[0], "a");
    ck_assert_str_eq(plan.images.items[1], "i");
    ck_assert_str_eq(plan.images.items[2], "b");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("record");
    TCase *tests = tcase_create("record");

    tcase_add_test(tests, a_record_is_sealed_again);
    tcase_add_test(tests, hooks_bring_images);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
