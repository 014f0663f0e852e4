/* Images by other names: one by one, in a whole manifest, and as Helm's post-renderer is told of them. */
#include "ballast/cluster/rewrite.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "json_help.h"

#define LEGACY "{'map':[{'from':'bitnami','to':'bitnamilegacy'}]}"

static void images_of(const char *quoted, struct bl_cluster_images *ret_images)
{
    BL_AUTO_JSON cJSON *json = help_json(quoted);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_ERROR(err);

    bl_json_write(&text, json);
    if (bl_cluster_images_read(text.text, ret_images, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
}

static const struct {
    const char *why, *images, *name, *renamed;
} names[] = {
    {"nothing is asked for", "{}", "bitnami/kafka:3.3.2", "bitnami/kafka:3.3.2"},
    {"a path, without a registry", LEGACY, "bitnami/kafka:3.3.2", "bitnamilegacy/kafka:3.3.2"},
    {"a path, in a registry", LEGACY, "docker.io/bitnami/kafka@sha256:aa",
     "docker.io/bitnamilegacy/kafka@sha256:aa"},
    {"wherever it lies", LEGACY, "localhost:5000/bitnami/kafka",
     "localhost:5000/bitnamilegacy/kafka"},
    {"whole parts alone", LEGACY, "bitnamilegacy/kafka:1", "bitnamilegacy/kafka:1"},
    {"not in the middle", LEGACY, "mirror/bitnami/kafka:1", "mirror/bitnami/kafka:1"},
    {"with its registry", "{'map':[{'from':'docker.io/bitnami','to':'r.example.com/b'}]}",
     "bitnami/kafka:1", "r.example.com/b/kafka:1"},
    {"in that registry alone", "{'map':[{'from':'docker.io/bitnami','to':'r.example.com/b'}]}",
     "quay.io/bitnami/kafka:1", "quay.io/bitnami/kafka:1"},
    {"a path into a registry", "{'map':[{'from':'bitnami','to':'r.example.com:5000/b'}]}",
     "docker.io/bitnami/kafka:1", "r.example.com:5000/b/kafka:1"},
    {"a whole image", "{'map':[{'from':'bitnami/kafka','to':'apache/kafka'}]}",
     "docker.io/bitnami/kafka:1", "docker.io/apache/kafka:1"},
    {"the longest counts",
     "{'map':[{'from':'a','to':'x'},{'from':'a/b','to':'y'},{'from':'a','to':'z'}]}", "a/b/c:1",
     "y/c:1"},
    {"a registry", "{'registry':'r.example.com/m/'}", "docker.io/bitnami/kafka:1", NULL},
    {"a registry with a path", "{'registry':'r.example.com/m'}", "docker.io/bitnami/kafka:1",
     "r.example.com/m/bitnami/kafka:1"},
    {"it lies there", "{'registry':'r.example.com/m'}", "r.example.com/m/kafka:1",
     "r.example.com/m/kafka:1"},
    {"both", "{'registry':'r.example.com','map':[{'from':'bitnami','to':'bitnamilegacy'}]}",
     "bitnami/kafka:1", "r.example.com/bitnamilegacy/kafka:1"},
};

START_TEST(an_image_gets_its_name)
{
    BL_AUTO(bl_cluster_images_release) struct bl_cluster_images images = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_ERROR(err);

    if (!names[_i].renamed) {
        BL_AUTO_JSON cJSON *json = help_json(names[_i].images);
        BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

        bl_json_write(&text, json);
        BL_WHY(bl_cluster_images_read(text.text, &images, &err) < 0, names[_i].why);
        BL_WHY(strstr(bl_error_text(err), "registry"), names[_i].why);
        return;
    }
    images_of(names[_i].images, &images);
    bl_image_renamed(&images, names[_i].name, &out);
    ck_assert_msg(strcmp(out.text, names[_i].renamed) == 0, "%s: %s", names[_i].why, out.text);
}
END_TEST

#define POD(image) \
    "      containers:\n        - {name: a, image: " image "} # kept\n        - name: b\n"
#define SERVICE "# Source: a\napiVersion: v1\nkind: Service\nmetadata: {name: 'a'}\n"

static char *rewritten(const char *quoted, const char *manifest)
{
    BL_AUTO(bl_cluster_images_release) struct bl_cluster_images images = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_ERROR(err);

    images_of(quoted, &images);
    if (bl_manifest_rewrite(&images, bl_strdup(manifest), strlen(manifest), &out, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    return bl_strbuf_take(&out);
}

START_TEST(a_manifest_says_what_was_rewritten)
{
    static const char manifest[] = SERVICE
        "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: kafka\nspec:\n"
        "  template:\n    spec:\n" POD(
            "bitnami/kafka:1") "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  jobTemplate:\n"
                               "    spec:\n      template:\n        spec: {containers: [{image: bitnami/kafka:1}], "
                               "initContainers: [{image: 'bitnami/shell:2'}], imagePullSecrets: [{name: own}]}\n";
    BL_AUTO_FREE char *out =
        rewritten("{'map':[{'from':'bitnami','to':'x'}],'pullSecrets':['own','more']}", manifest);
    BL_AUTO(bl_manifest_release) struct bl_manifest read = {0};
    BL_AUTO(bl_strings_release) struct bl_strings lines = {0};
    BL_ERROR(err);

    ck_assert_msg(bl_text_starts(out, SERVICE "---\n") && strstr(out, "# kept"), "%s", out);
    ck_assert_msg(strstr(out, "x/kafka:1") && strstr(out, "x/shell:2"), "%s", out);
    if (bl_manifest_add(&read, "it", bl_strdup(out), strlen(out), &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    ck_assert_uint_eq(read.objects.len, 3);
    ck_assert_uint_eq(bl_json_len(bl_json_at(read.objects.items[1].object, "spec", "template",
                                             "spec", "imagePullSecrets", NULL)),
                      2);
    ck_assert_uint_eq(bl_json_len(bl_json_at(read.objects.items[2].object, "spec", "jobTemplate",
                                             "spec", "template", "spec", "imagePullSecrets", NULL)),
                      2);
    bl_images_rewritten(&read, &lines);
    ck_assert_uint_eq(lines.len, 2);
    ck_assert_str_eq(lines.items[0], "bitnami/kafka:1 → x/kafka:1");
    ck_assert_str_eq(lines.items[1], "bitnami/shell:2 → x/shell:2");
}
END_TEST

/* One pair may stand within another, from either end. */
START_TEST(each_image_is_told_once)
{
    BL_AUTO_FREE char *out =
        rewritten("{'map':[{'from':'b/kafka','to':'x/kafka'},{'from':'kafka','to':'x/kafka'}]}",
                  "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
                  "    - {name: a, image: 'b/kafka:11'}\n    - {name: b, image: 'kafka:1'}\n"
                  "    - {name: c, image: 'kafka:11'}\n    - {name: d, image: 'kafka:1'}\n");

    ck_assert_msg(strstr(out, "b/kafka:11=x/kafka:11,kafka:1=x/kafka:1,kafka:11=x/kafka:11\""),
                  "%s", out);
}
END_TEST

/* A second time nothing changes: Helm's plugin may be one of two. */
START_TEST(what_has_no_image_stays_as_it_is)
{
    BL_AUTO_FREE char *out = rewritten(LEGACY, SERVICE);

    ck_assert_str_eq(out, SERVICE);
}
END_TEST

START_TEST(the_argument_says_all)
{
    static const char given[] = "{'registry':'r.example.com','map':[{'from':'a','to':'b'}],"
                                "'pullSecrets':['s']}";
    BL_AUTO(bl_cluster_images_release) struct bl_cluster_images images = {0};
    BL_AUTO(bl_cluster_images_release) struct bl_cluster_images again = {0};
    BL_AUTO_FREE char *argument = NULL, *other = NULL;
    BL_ERROR(err);

    images_of(given, &images);
    argument = bl_rewrite_argument(&images);
    if (bl_cluster_images_read(argument, &again, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    other = bl_rewrite_argument(&again);
    ck_assert_str_eq(argument, other);
    ck_assert(again.map.len == 1 && again.pull_secrets.len == 1 && bl_images_rewrite(&again));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rewrite");
    TCase *tests = tcase_create("rewrite");

    tcase_add_loop_test(tests, an_image_gets_its_name, 0, (int)BL_ARRAY_LEN(names));
    tcase_add_test(tests, a_manifest_says_what_was_rewritten);
    tcase_add_test(tests, each_image_is_told_once);
    tcase_add_test(tests, what_has_no_image_stays_as_it_is);
    tcase_add_test(tests, the_argument_says_all);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
