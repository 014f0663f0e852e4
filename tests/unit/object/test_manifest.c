/* Files of documents, the objects in them, and where each of their values stands. */
#include "ballast/object/manifest.h"

#include <string.h>

#include "unit.h"

static int add(struct bl_manifest *manifest, const char *name, const char *text,
               struct bl_error **err)
{
    if (bl_manifest_add(manifest, name, strdup(text), strlen(text), err) < 0)
        return -1;
    return bl_manifest_check(manifest, err);
}

static const char stream[] = "# a comment\n"
                             "---\n"
                             "apiVersion: v1\n"
                             "kind: Service\n"
                             "metadata:\n"
                             "  name: kafka\n"
                             "---\n"
                             "# nothing\n"
                             "---\n"
                             "apiVersion: v1\n"
                             "kind: List\n"
                             "items:\n"
                             "  - apiVersion: v1\n"
                             "    kind: Pod\n"
                             "    metadata: {name: a}\n"
                             "  - apiVersion: v1\n"
                             "    kind: PodList\n"
                             "    items:\n"
                             "      - apiVersion: v1\n"
                             "        kind: Pod\n"
                             "        metadata:\n"
                             "          name: b\n"
                             "          labels:\n"
                             "            app: x\n";

START_TEST(objects_in_order_with_their_pointers)
{
    static const struct {
        const char *name, *pointer;
        size_t document;
    } want[] = {{"kafka", "", 1}, {"a", "/items/0", 3}, {"b", "/items/1/items/0", 3}};
    BL_AUTO(bl_manifest_release) struct bl_manifest manifest = {0};
    BL_ERROR(err);
    size_t bytes = 0;

    ck_assert_int_eq(add(&manifest, "a.yaml", stream, &err), 0);
    ck_assert_uint_eq(manifest.objects.len, BL_ARRAY_LEN(want));
    for (size_t i = 0; i < BL_ARRAY_LEN(want); i++) {
        ck_assert_str_eq(bl_object_ref(manifest.objects.items[i].object).name, want[i].name);
        ck_assert_str_eq(manifest.objects.items[i].pointer, want[i].pointer);
        ck_assert_uint_eq(manifest.objects.items[i].document, want[i].document);
    }
    /* Every segment is kept, so that the file can be written again. */
    for (size_t i = 0; i < manifest.documents.len; i++)
        bytes += bl_yaml_doc_segment(manifest.documents.items[i].yaml)->len;
    ck_assert_uint_eq(bytes, strlen(stream));
}
END_TEST

START_TEST(files_after_each_other)
{
    BL_AUTO(bl_manifest_release) struct bl_manifest manifest = {0};
    BL_ERROR(err);

    ck_assert_int_eq(add(&manifest, "a.yaml", "apiVersion: v1\nkind: Pod\n", &err), 0);
    ck_assert_int_eq(add(&manifest, "empty.yaml", "", &err), 0);
    ck_assert_int_eq(add(&manifest, "b.json", "{\"apiVersion\":\"v1\",\"kind\":\"Service\"}", &err),
                     0);
    ck_assert_uint_eq(manifest.files.len, 3);
    ck_assert_uint_eq(manifest.objects.len, 2);

    const struct bl_item *second = &manifest.objects.items[1];
    size_t file = manifest.documents.items[second->document].file;
    ck_assert_str_eq(manifest.files.items[file].name, "b.json");
    ck_assert(bl_object_is(second->object, "", "Service"));
}
END_TEST

static const struct {
    const char *why;
    size_t object;
    const char *pointer;
    unsigned line, column;
} places[] = {
    {"an object", 0, "", 3, 1},
    {"a key", 0, "/kind", 4, 1},
    {"a key inside", 0, "/metadata/name", 6, 3},
    {"what is missing, at the nearest that exists", 0, "/metadata/labels/app", 5, 1},
    {"what is missing altogether", 0, "/spec/x", 3, 1},
    {"an item", 1, "", 13, 5},
    {"in a flow mapping", 1, "/metadata/name", 15, 16},
    {"an item of an item's list", 2, "", 19, 9},
    {"deep inside", 2, "/metadata/labels/app", 24, 13},
};

START_TEST(places_of_values)
{
    BL_AUTO(bl_manifest_release) struct bl_manifest manifest = {0};
    BL_ERROR(err);

    ck_assert_int_eq(add(&manifest, "a.yaml", stream, &err), 0);
    for (size_t i = 0; i < BL_ARRAY_LEN(places); i++) {
        const struct bl_item *item = &manifest.objects.items[places[i].object];
        struct bl_place place = bl_manifest_place(&manifest, item, places[i].pointer);

        ck_assert_msg(place.line == places[i].line && place.column == places[i].column,
                      "%s: line %u, column %u", places[i].why, place.line, place.column);
        ck_assert_str_eq(place.file, "a.yaml");
    }
}
END_TEST

static const struct {
    const char *why, *text, *message;
} errors[] = {
    {"neither", "a: 1\n", "a.yaml:1: not a Kubernetes object: it has no apiVersion and kind"},
    {"no kind", "\napiVersion: v1\n", "a.yaml:2: not a Kubernetes object: it has no kind"},
    {"no apiVersion", "kind: Pod\n", "a.yaml:1: not a Kubernetes object: it has no apiVersion"},
    {"a list at the top", "- 1\n",
     "a.yaml:1: not a Kubernetes object: it has no apiVersion and kind"},
    {"a word", "hello\n", "a.yaml:1: not a Kubernetes object: it has no apiVersion and kind"},
    {"a number for kind", "apiVersion: v1\nkind: 1\n",
     "a.yaml:1: not a Kubernetes object: it has no kind"},
    {"the second document", "apiVersion: v1\nkind: Pod\n---\nkind: Pod\n",
     "a.yaml:4: not a Kubernetes object: it has no apiVersion"},
    {"an item of a list",
     "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n- a: 1\n",
     "a.yaml:6: not a Kubernetes object: it has no apiVersion and kind"},
    {"an item that is null", "apiVersion: v1\nkind: List\nitems:\n- null\n",
     "a.yaml:4: not a Kubernetes object: it has no apiVersion and kind"},
};

START_TEST(what_is_no_object_is_refused)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(errors); i++) {
        BL_AUTO(bl_manifest_release) struct bl_manifest manifest = {0};
        BL_ERROR(err);

        BL_WHY(add(&manifest, "a.yaml", errors[i].text, &err) == -1, errors[i].why);
        ck_assert_msg(strcmp(bl_error_text(err), errors[i].message) == 0, "%s: %s", errors[i].why,
                      bl_error_text(err));
        ck_assert_str_eq(bl_error_hint(err),
                         "Every object needs apiVersion, kind and metadata.name.");
    }
}
END_TEST

START_TEST(bad_yaml_names_file_and_line)
{
    BL_AUTO(bl_manifest_release) struct bl_manifest manifest = {0};
    BL_ERROR(err);

    ck_assert_int_eq(add(&manifest, "a.yaml", "apiVersion: v1\nkind: Pod\nspec: [\n", &err), -1);
    ck_assert_ptr_eq(strstr(bl_error_text(err), "a.yaml:4: "), bl_error_text(err));
}
END_TEST

START_TEST(strangers_mistakes_are_doubts)
{
    BL_AUTO(bl_manifest_release) struct bl_manifest manifest = {0};
    BL_ERROR(err);

    ck_assert_int_eq(add(&manifest, "a.yaml",
                         "apiVersion: v1\nkind: Pod\nspec: {a: 1, a: 2}\n---\na: [\n---\n"
                         "apiVersion: v1\nkind: Service\n",
                         &err),
                     0);
    ck_assert_uint_eq(manifest.objects.len, 2);
    ck_assert_uint_eq(manifest.documents.len, 3);
    ck_assert_ptr_nonnull(strstr(bl_error_text(manifest.documents.items[0].doubt), "a.yaml:3: "));
    ck_assert_ptr_nonnull(strstr(bl_error_text(manifest.documents.items[1].doubt), "a.yaml:6: "));
    ck_assert_ptr_null(bl_yaml_doc_root(manifest.documents.items[1].yaml));
    ck_assert_ptr_null(manifest.documents.items[2].doubt);
}
END_TEST

START_TEST(a_fault_ends_no_reading)
{
    BL_AUTO(bl_manifest_release) struct bl_manifest manifest = {0};
    BL_ERROR(err);

    ck_assert_int_eq(add(&manifest, "a.yaml",
                         "apiVersion: v1\nkind: Pod\n---\nkafka: [\n---\nkind: Kafka\n---\n"
                         "apiVersion: v1\nkind: Service\n",
                         &err),
                     -1);
    ck_assert_uint_eq(manifest.objects.len, 2);
    ck_assert_uint_eq(manifest.documents.len, 4);
    ck_assert_uint_eq(manifest.faults.len, 2);
    ck_assert_ptr_nonnull(strstr(bl_error_text(manifest.faults.items[0]), "a.yaml:5: "));
    ck_assert_ptr_nonnull(strstr(bl_error_text(manifest.faults.items[1]), "a.yaml:6: "));
}
END_TEST

static const struct {
    const char *why, *text;
    bool want;
} lists[] = {
    {"List", "{\"kind\":\"List\",\"items\":[]}", true},
    {"a typed list", "{\"kind\":\"StatefulSetList\",\"items\":[]}", true},
    {"ResourceList", "{\"kind\":\"ResourceList\",\"items\":[]}", true},
    {"no items", "{\"kind\":\"List\"}", false},
    {"items that are no array", "{\"kind\":\"List\",\"items\":{}}", false},
    {"another kind with items", "{\"kind\":\"ConfigMap\",\"items\":[]}", false},
    {"no kind", "{\"items\":[]}", false},
};

START_TEST(wrappers)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++) {
        BL_AUTO_JSON cJSON *value = NULL;
        BL_ERROR(err);

        ck_assert_int_eq(bl_json_parse(lists[i].text, strlen(lists[i].text), &value, &err), 0);
        BL_WHY(bl_object_is_list(value) == lists[i].want, lists[i].why);
    }
}
END_TEST

START_TEST(reading_says_what_failed)
{
    BL_AUTO(bl_manifest_release) struct bl_manifest manifest = {0};
    BL_ERROR(err);

    ck_assert_int_eq(bl_manifest_read(&manifest, "/no/such.yaml", &err), -1);
    ck_assert_str_eq(bl_error_text(err), "could not open /no/such.yaml: No such file or directory");
    ck_assert_uint_eq(manifest.files.len, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("object/manifest");
    TCase *tests = tcase_create("manifest");

    tcase_add_test(tests, objects_in_order_with_their_pointers);
    tcase_add_test(tests, files_after_each_other);
    tcase_add_test(tests, places_of_values);
    tcase_add_test(tests, what_is_no_object_is_refused);
    tcase_add_test(tests, bad_yaml_names_file_and_line);
    tcase_add_test(tests, strangers_mistakes_are_doubts);
    tcase_add_test(tests, a_fault_ends_no_reading);
    tcase_add_test(tests, wrappers);
    tcase_add_test(tests, reading_says_what_failed);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
