/* Files that name an object again are another version of it. */
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/object/manifest.h"
#include "unit.h"

#define OBJECT(kind, name) "---\napiVersion: v1\nkind: " kind "\nmetadata:\n  name: " name "\n"

static void add(struct bl_manifest *manifest, const char *text)
{
    BL_ERROR(err);

    if (bl_manifest_add(manifest, "x.yaml", bl_strdup(text), strlen(text), &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
}

static const struct {
    const char *why, *files[4];
    unsigned count, versions[6];
} cases[] = {
    {"nothing", {NULL}, 1, {0}},
    {"different names", {OBJECT("Pod", "a"), OBJECT("Pod", "b")}, 1, {0, 0}},
    {"different kinds", {OBJECT("Pod", "a"), OBJECT("Service", "a")}, 1, {0, 0}},
    {"the same again", {OBJECT("Pod", "a"), OBJECT("Pod", "a")}, 2, {0, 1}},
    {"and again", {OBJECT("Pod", "a"), OBJECT("Pod", "a"), OBJECT("Pod", "a")}, 3, {0, 1, 2}},
    {"a file goes together",
     {OBJECT("Pod", "a"), OBJECT("Pod", "b") OBJECT("Pod", "a") OBJECT("Pod", "c")},
     2,
     {0, 1, 1, 1}},
    {"twice in one file is one version", {OBJECT("Pod", "a") OBJECT("Pod", "a")}, 1, {0, 0}},
    {"another name after a version",
     {OBJECT("Pod", "a"), OBJECT("Pod", "a"), OBJECT("Pod", "b")},
     2,
     {0, 1, 0}},
};

START_TEST(versions_by_file)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(cases); i++) {
        BL_AUTO(bl_manifest_release) struct bl_manifest manifest = {0};
        BL_AUTO_FREE unsigned *versions = NULL;
        unsigned count = 0;

        for (size_t f = 0; f < BL_ARRAY_LEN(cases[i].files) && cases[i].files[f]; f++)
            add(&manifest, cases[i].files[f]);
        versions = bl_manifest_versions(&manifest, &count);
        BL_WHY(count == cases[i].count, cases[i].why);
        for (size_t o = 0; o < manifest.objects.len; o++)
            BL_WHY(versions[o] == cases[i].versions[o], cases[i].why);
    }
}
END_TEST

/* A hash that sees the first characters only makes this quadratic. */
START_TEST(many_names_that_begin_alike)
{
    BL_AUTO(bl_manifest_release) struct bl_manifest manifest = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_FREE unsigned *versions = NULL;
    unsigned count = 0;

    for (int i = 0; i < 10000; i++)
        bl_strbuf_addf(&text, "---\napiVersion: apps/v1\nkind: D\nmetadata: {name: n%d}\n", i);
    add(&manifest, text.text);
    versions = bl_manifest_versions(&manifest, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(manifest.objects.len, 10000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("object/manifest_versions");
    TCase *tests = tcase_create("manifest_versions");

    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, versions_by_file);
    tcase_add_test(tests, many_names_that_begin_alike);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
