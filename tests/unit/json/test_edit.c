/* Edits and the operations they record, and JSON Patch as RFC 6902's appendix A has it. */
#include "ballast/json/edit.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

static void expect(const cJSON *value, const char *want, const char *why)
{
    BL_AUTO_FREE char *text = help_text(value);

    ck_assert_msg(strcmp(text, want) == 0, "%s: %s", why, text);
}

/* What was recorded must lead from the original to the working copy. */
static void expect_patch_leads_there(const struct bl_edit *edit, const char *original,
                                     const char *why)
{
    cJSON *object = help_json(original);
    BL_ERROR(err);

    ck_assert_msg(bl_patch_apply(&object, edit->patch, &err) == 0, "%s", why);
    BL_WHY(bl_json_equal(object, edit->object), why);
    cJSON_Delete(object);
}

enum verb { ADD, REPLACE, REMOVE, SET, APPEND };

static int run(struct bl_edit *edit, enum verb verb, const char *pointer, const char *value,
               struct bl_error **err)
{
    switch (verb) {
    case ADD:
        return bl_edit_add(edit, pointer, help_json(value), err);
    case REPLACE:
        return bl_edit_replace(edit, pointer, help_json(value), err);
    case REMOVE:
        return bl_edit_remove(edit, pointer, err);
    case SET:
        return bl_edit_set(edit, pointer, help_json(value), err);
    default:
        return bl_edit_append(edit, pointer, help_json(value), err);
    }
}

static const struct {
    const char *why, *object;
    enum verb verb;
    const char *pointer, *value, *want, *patch;
} edits[] = {
    {"add a member", "{'a':1}", ADD, "/b", "2", "{'a':1,'b':2}",
     "[{'op':'add','path':'/b','value':2}]"},
    {"add over a member keeps its place", "{'a':1,'b':2}", ADD, "/a", "3", "{'a':3,'b':2}",
     "[{'op':'add','path':'/a','value':3}]"},
    {"add into an array", "[1,2]", ADD, "/1", "9", "[1,9,2]",
     "[{'op':'add','path':'/1','value':9}]"},
    {"add in front", "[1,2]", ADD, "/0", "9", "[9,1,2]", "[{'op':'add','path':'/0','value':9}]"},
    {"add at the end", "[1]", ADD, "/-", "9", "[1,9]", "[{'op':'add','path':'/-','value':9}]"},
    {"add at the length", "[1]", ADD, "/1", "9", "[1,9]", "[{'op':'add','path':'/1','value':9}]"},
    {"add to an empty array", "[]", ADD, "/0", "9", "[9]", "[{'op':'add','path':'/0','value':9}]"},
    {"add at the root", "{'a':1}", ADD, "", "[2]", "[2]", "[{'op':'add','path':'','value':[2]}]"},
    {"add with an escaped key", "{}", ADD, "/a~1b~0c", "1", "{'a/b~c':1}",
     "[{'op':'add','path':'/a~1b~0c','value':1}]"},
    {"replace a member keeps its place", "{'a':1,'b':2}", REPLACE, "/a", "{}", "{'a':{},'b':2}",
     "[{'op':'replace','path':'/a','value':{}}]"},
    {"replace the last item", "[1,2]", REPLACE, "/1", "9", "[1,9]",
     "[{'op':'replace','path':'/1','value':9}]"},
    {"remove a member", "{'a':1,'b':2}", REMOVE, "/a", NULL, "{'b':2}",
     "[{'op':'remove','path':'/a'}]"},
    {"remove an item", "[1,2,3]", REMOVE, "/1", NULL, "[1,3]", "[{'op':'remove','path':'/1'}]"},
    {"remove the last item", "[1]", REMOVE, "/0", NULL, "[]", "[{'op':'remove','path':'/0'}]"},
    {"set a member", "{}", SET, "/a", "1", "{'a':1}", "[{'op':'add','path':'/a','value':1}]"},
    {"set over a member", "{'a':1}", SET, "/a", "2", "{'a':2}",
     "[{'op':'replace','path':'/a','value':2}]"},
    {"set over null", "{'a':null}", SET, "/a", "2", "{'a':2}",
     "[{'op':'replace','path':'/a','value':2}]"},
    {"set makes what is on the way, in one operation", "{'x':0}", SET, "/a/b/c", "1",
     "{'x':0,'a':{'b':{'c':1}}}", "[{'op':'add','path':'/a','value':{'b':{'c':1}}}]"},
    {"set below null", "{'a':null}", SET, "/a/b", "1", "{'a':{'b':1}}",
     "[{'op':'replace','path':'/a','value':{'b':1}}]"},
    {"set on the way to an escaped key", "{}", SET, "/labels/a~1b", "'x'", "{'labels':{'a/b':'x'}}",
     "[{'op':'add','path':'/labels','value':{'a/b':'x'}}]"},
    {"set inside an array's item", "{'l':[{'a':1}]}", SET, "/l/0/b", "2", "{'l':[{'a':1,'b':2}]}",
     "[{'op':'add','path':'/l/0/b','value':2}]"},
    {"set an array's item", "{'l':[1,2]}", SET, "/l/1", "9", "{'l':[1,9]}",
     "[{'op':'replace','path':'/l/1','value':9}]"},
    {"append", "{'l':[1]}", APPEND, "/l", "2", "{'l':[1,2]}",
     "[{'op':'add','path':'/l/-','value':2}]"},
    {"append makes the array", "{}", APPEND, "/spec/l", "{'a':1}", "{'spec':{'l':[{'a':1}]}}",
     "[{'op':'add','path':'/spec','value':{'l':[{'a':1}]}}]"},
    {"append where null is", "{'l':null}", APPEND, "/l", "1", "{'l':[1]}",
     "[{'op':'replace','path':'/l','value':[1]}]"},
};

START_TEST(edits_change_and_record)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(edits); i++) {
        BL_AUTO_JSON cJSON *original = help_json(edits[i].object);
        BL_AUTO(bl_edit_release) struct bl_edit edit;
        BL_ERROR(err);

        bl_edit_init(&edit, original);
        BL_WHY(!bl_edit_changed(&edit), edits[i].why);
        BL_WHY(run(&edit, edits[i].verb, edits[i].pointer, edits[i].value, &err) == 0,
               edits[i].why);
        BL_WHY(bl_edit_changed(&edit), edits[i].why);
        expect(edit.object, edits[i].want, edits[i].why);
        expect(edit.patch, edits[i].patch, edits[i].why);
        expect(original, edits[i].object, edits[i].why);
        expect_patch_leads_there(&edit, edits[i].object, edits[i].why);
    }
}
END_TEST

static const struct {
    const char *why, *object;
    enum verb verb;
    const char *pointer, *message;
} failures[] = {
    {"add below nothing", "{}", ADD, "/a/b", "there is no \"/a/b\" to change"},
    {"add below a string", "{'a':'x'}", ADD, "/a/b", "there is no \"/a/b\" to change"},
    {"add beyond the end", "[1]", ADD, "/2", "there is no \"/2\" to change"},
    {"add at a negative index", "[1]", ADD, "/-1", "there is no \"/-1\" to change"},
    {"add at minus zero", "[1]", ADD, "/-0", "there is no \"/-0\" to change"},
    {"add at an index with a zero in front", "[1]", ADD, "/01", "there is no \"/01\" to change"},
    {"add at a word", "[1]", ADD, "/a", "there is no \"/a\" to change"},
    {"add at something that is no pointer", "{}", ADD, "a",
     "\"a\" is not a JSON Pointer to a member"},
    {"replace nothing", "{}", REPLACE, "/a", "there is no \"/a\" to change"},
    {"replace the end", "[1]", REPLACE, "/-", "there is no \"/-\" to change"},
    {"remove nothing", "{}", REMOVE, "/a", "there is no \"/a\" to change"},
    {"remove the end", "[1]", REMOVE, "/-", "there is no \"/-\" to change"},
    {"remove everything", "{}", REMOVE, "", "\"\" is not a JSON Pointer to a member"},
    {"set below a string", "{'a':'x'}", SET, "/a/b", "there is no \"/a/b\" to change"},
    {"set below an item that is not there", "{'l':[]}", SET, "/l/3/a",
     "there is no \"/l/3\" to change"},
    {"set the root", "{}", SET, "", "\"\" is not a JSON Pointer to a member"},
    {"set escaped wrongly", "{}", SET, "/a/~b", "\"/a/~b\" is not a JSON Pointer to a member"},
    {"append to a string", "{'a':'x'}", APPEND, "/a", "\"/a\" is not an array"},
    {"append to an object", "{'a':{}}", APPEND, "/a", "\"/a\" is not an array"},
    {"append below a string", "{'a':'x'}", APPEND, "/a/b", "there is no \"/a/b\" to change"},
};

START_TEST(a_failed_edit_changes_nothing)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(failures); i++) {
        BL_AUTO_JSON cJSON *original = help_json(failures[i].object);
        BL_AUTO(bl_edit_release) struct bl_edit edit;
        BL_ERROR(err);

        bl_edit_init(&edit, original);
        BL_WHY(run(&edit, failures[i].verb, failures[i].pointer, "1", &err) == -1, failures[i].why);
        ck_assert_msg(strcmp(bl_error_text(err), failures[i].message) == 0, "%s: %s",
                      failures[i].why, bl_error_text(err));
        BL_WHY(!bl_edit_changed(&edit), failures[i].why);
        expect(edit.object, failures[i].object, failures[i].why);
    }
}
END_TEST

START_TEST(an_operation_keeps_its_value)
{
    static const char original[] = "{}";
    BL_AUTO_JSON cJSON *object = help_json(original);
    BL_AUTO(bl_edit_release) struct bl_edit edit;
    BL_ERROR(err);

    bl_edit_init(&edit, object);
    ck_assert_int_eq(bl_edit_set(&edit, "/spec/a", help_json("1"), &err), 0);
    ck_assert_int_eq(bl_edit_set(&edit, "/spec/b", help_json("2"), &err), 0);
    ck_assert_int_eq(bl_edit_append(&edit, "/spec/l", help_json("3"), &err), 0);
    ck_assert_int_eq(bl_edit_append(&edit, "/spec/l", help_json("4"), &err), 0);
    ck_assert_int_eq(bl_edit_remove(&edit, "/spec/a", &err), 0);
    expect(edit.object, "{'spec':{'b':2,'l':[3,4]}}", "all of them");
    expect(edit.patch,
           "[{'op':'add','path':'/spec','value':{'a':1}},{'op':'add','path':'/spec/b','value':2},"
           "{'op':'add','path':'/spec/l','value':[3]},{'op':'add','path':'/spec/l/-','value':4},"
           "{'op':'remove','path':'/spec/a'}]",
           "each as it was when it was made");
    expect_patch_leads_there(&edit, original, "the sequence");
}
END_TEST

START_TEST(release_twice_is_harmless)
{
    BL_AUTO_JSON cJSON *object = help_json("{}");
    struct bl_edit edit;

    bl_edit_init(&edit, object);
    bl_edit_release(&edit);
    ck_assert(!bl_edit_changed(&edit));
    bl_edit_release(&edit);
}
END_TEST

static const struct {
    const char *why, *object, *patch, *want;
} patches[] = {
    {"A.1 adding an object member", "{'foo':'bar'}", "[{'op':'add','path':'/baz','value':'qux'}]",
     "{'foo':'bar','baz':'qux'}"},
    {"A.2 adding an array element", "{'foo':['bar','baz']}",
     "[{'op':'add','path':'/foo/1','value':'qux'}]", "{'foo':['bar','qux','baz']}"},
    {"A.3 removing an object member", "{'baz':'qux','foo':'bar'}",
     "[{'op':'remove','path':'/baz'}]", "{'foo':'bar'}"},
    {"A.4 removing an array element", "{'foo':['bar','qux','baz']}",
     "[{'op':'remove','path':'/foo/1'}]", "{'foo':['bar','baz']}"},
    {"A.5 replacing a value", "{'baz':'qux','foo':'bar'}",
     "[{'op':'replace','path':'/baz','value':'boo'}]", "{'baz':'boo','foo':'bar'}"},
    {"A.6 moving a value", "{'foo':{'bar':'baz','waldo':'fred'},'qux':{'corge':'grault'}}",
     "[{'op':'move','from':'/foo/waldo','path':'/qux/thud'}]",
     "{'foo':{'bar':'baz'},'qux':{'corge':'grault','thud':'fred'}}"},
    {"A.7 moving an array element", "{'foo':['all','grass','cows','eat']}",
     "[{'op':'move','from':'/foo/1','path':'/foo/3'}]", "{'foo':['all','cows','eat','grass']}"},
    {"A.8 testing a value: success", "{'baz':'qux','foo':['a',2,'c']}",
     "[{'op':'test','path':'/baz','value':'qux'},{'op':'test','path':'/foo/1','value':2}]",
     "{'baz':'qux','foo':['a',2,'c']}"},
    {"A.10 adding a nested member object", "{'foo':'bar'}",
     "[{'op':'add','path':'/child','value':{'grandchild':{}}}]",
     "{'foo':'bar','child':{'grandchild':{}}}"},
    {"A.11 ignoring unrecognised elements", "{'foo':'bar'}",
     "[{'op':'add','path':'/baz','value':'qux','xyz':123}]", "{'foo':'bar','baz':'qux'}"},
    {"A.14 escape ordering", "{'/':9,'~1':10}", "[{'op':'test','path':'/~01','value':10}]",
     "{'/':9,'~1':10}"},
    {"A.16 adding an array value", "{'foo':['bar']}",
     "[{'op':'add','path':'/foo/-','value':['abc','def']}]", "{'foo':['bar',['abc','def']]}"},
    {"nothing", "{'a':1}", "[]", "{'a':1}"},
    {"copy", "{'a':{'b':1}}", "[{'op':'copy','from':'/a','path':'/c'}]",
     "{'a':{'b':1},'c':{'b':1}}"},
    {"copy into itself", "{'a':{'b':1}}", "[{'op':'copy','from':'/a','path':'/a/c'}]",
     "{'a':{'b':1,'c':{'b':1}}}"},
    {"copy the whole", "{'a':1}", "[{'op':'copy','from':'','path':'/b'}]", "{'a':1,'b':{'a':1}}"},
    {"a copy is a copy", "{'a':[1]}",
     "[{'op':'copy','from':'/a','path':'/b'},{'op':'add','path':'/b/-','value':2}]",
     "{'a':[1],'b':[1,2]}"},
    {"move beside itself, by a longer name", "{'a':1}", "[{'op':'move','from':'/a','path':'/ab'}]",
     "{'ab':1}"},
    {"move onto a member", "{'a':1,'b':2}", "[{'op':'move','from':'/a','path':'/b'}]", "{'b':1}"},
    {"replace the whole", "{'a':1}", "[{'op':'replace','path':'','value':[1]}]", "[1]"},
    {"add null", "{}", "[{'op':'add','path':'/a','value':null}]", "{'a':null}"},
    {"test null", "{'a':null}", "[{'op':'test','path':'/a','value':null}]", "{'a':null}"},
    {"test ignores member order", "{'a':{'x':1,'y':2}}",
     "[{'op':'test','path':'/a','value':{'y':2,'x':1}}]", "{'a':{'x':1,'y':2}}"},
    {"operations see those before", "{}",
     "[{'op':'add','path':'/a','value':[]},{'op':'add','path':'/a/0','value':1},"
     "{'op':'replace','path':'/a/0','value':2}]",
     "{'a':[2]}"},
};

START_TEST(patches_apply)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(patches); i++) {
        cJSON *object = help_json(patches[i].object);
        BL_AUTO_JSON cJSON *patch = help_json(patches[i].patch);
        BL_ERROR(err);

        ck_assert_msg(bl_patch_apply(&object, patch, &err) == 0, "%s: %s", patches[i].why,
                      err ? bl_error_text(err) : "");
        expect(object, patches[i].want, patches[i].why);
        expect(patch, patches[i].patch, patches[i].why);
        cJSON_Delete(object);
    }
}
END_TEST

static const struct {
    const char *why, *object, *patch, *message;
    enum bl_errcode code;
} refused[] = {
    {"A.9 testing a value: error", "{'baz':'qux'}", "[{'op':'test','path':'/baz','value':'bar'}]",
     "patch operation 0: the value at \"/baz\" is not the one expected", BL_ERR_CONFLICT},
    {"A.12 adding to a nonexistent target", "{'foo':'bar'}",
     "[{'op':'add','path':'/baz/bat','value':'qux'}]",
     "patch operation 0: there is no \"/baz/bat\" to change", BL_ERR_INVALID},
    {"A.15 comparing strings and numbers", "{'/':9,'~1':10}",
     "[{'op':'test','path':'/~01','value':'10'}]",
     "patch operation 0: the value at \"/~01\" is not the one expected", BL_ERR_CONFLICT},
    {"test of nothing", "{}", "[{'op':'test','path':'/a','value':null}]",
     "patch operation 0: the value at \"/a\" is not the one expected", BL_ERR_CONFLICT},
    {"all or nothing", "{'a':1}",
     "[{'op':'add','path':'/b','value':2},{'op':'remove','path':'/a'},"
     "{'op':'test','path':'/b','value':3}]",
     "patch operation 2: the value at \"/b\" is not the one expected", BL_ERR_CONFLICT},
    {"move into itself", "{'a':{'b':1}}", "[{'op':'move','from':'/a','path':'/a/c'}]",
     "patch operation 0: \"/a\" cannot move into itself", BL_ERR_INVALID},
    {"move from nowhere", "{}", "[{'op':'move','from':'/a','path':'/b'}]",
     "patch operation 0: there is no \"/a\" to change", BL_ERR_INVALID},
    {"move to nowhere keeps the source", "{'a':1}", "[{'op':'move','from':'/a','path':'/b/c'}]",
     "patch operation 0: there is no \"/b/c\" to change", BL_ERR_INVALID},
    {"move without from", "{'a':1}", "[{'op':'move','path':'/b'}]",
     "patch operation 0: patch operation \"move\" needs \"from\"", BL_ERR_INVALID},
    {"copy with a number for from", "{'a':1}", "[{'op':'copy','from':1,'path':'/b'}]",
     "patch operation 0: patch operation \"copy\" needs \"from\"", BL_ERR_INVALID},
    {"remove nothing", "{}", "[{'op':'remove','path':'/a'}]",
     "patch operation 0: there is no \"/a\" to change", BL_ERR_INVALID},
    {"replace nothing", "{}", "[{'op':'replace','path':'/a','value':1}]",
     "patch operation 0: there is no \"/a\" to change", BL_ERR_INVALID},
    {"add without a value", "{}", "[{'op':'add','path':'/a'}]",
     "patch operation 0: patch operation \"add\" needs \"value\"", BL_ERR_INVALID},
    {"unknown operation", "{}", "[{'op':'spam','path':'/a','value':1}]",
     "patch operation 0: unknown patch operation \"spam\"", BL_ERR_INVALID},
    {"operations in capitals are unknown", "{}", "[{'op':'ADD','path':'/a','value':1}]",
     "patch operation 0: unknown patch operation \"ADD\"", BL_ERR_INVALID},
    {"no op", "{}", "[{'path':'/a','value':1}]",
     "patch operation 0: a patch operation needs \"op\" and \"path\"", BL_ERR_INVALID},
    {"no path", "{}", "[{'op':'add','value':1}]",
     "patch operation 0: a patch operation needs \"op\" and \"path\"", BL_ERR_INVALID},
    {"a path that is no pointer", "{}", "[{'op':'add','path':'a','value':1}]",
     "patch operation 0: a patch operation needs \"op\" and \"path\"", BL_ERR_INVALID},
    {"an operation that is no object", "{}", "[1]",
     "patch operation 0: a patch operation needs \"op\" and \"path\"", BL_ERR_INVALID},
    {"no array", "{}", "{'op':'add','path':'/a','value':1}",
     "a JSON Patch is an array of operations", BL_ERR_INVALID},
};

START_TEST(refused_patches_change_nothing)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(refused); i++) {
        cJSON *object = help_json(refused[i].object), *before = object;
        BL_AUTO_JSON cJSON *patch = help_json(refused[i].patch);
        BL_ERROR(err);

        BL_WHY(bl_patch_apply(&object, patch, &err) == -1, refused[i].why);
        ck_assert_msg(strcmp(bl_error_text(err), refused[i].message) == 0, "%s: %s", refused[i].why,
                      bl_error_text(err));
        BL_WHY(bl_error_code(err) == refused[i].code, refused[i].why);
        BL_WHY(object == before, refused[i].why);
        expect(object, refused[i].object, refused[i].why);
        cJSON_Delete(object);
    }
}
END_TEST

/* Each copy doubles the object: 40 of them would fill any memory, and each is a level deeper. */
static cJSON *doubling_patch(int times)
{
    cJSON *patch = bl_json_new_array();

    for (int i = 0; i < times; i++) {
        cJSON *operation = bl_json_push(patch, bl_json_new_object());
        BL_AUTO_FREE char *to = bl_asprintf("/x%d", i);

        bl_json_add_string(operation, "op", "copy");
        bl_json_add_string(operation, "from", "");
        bl_json_add_string(operation, "path", to);
    }
    return patch;
}

START_TEST(growth_is_limited)
{
    cJSON *object = help_json("{'a':{},'text':'0123456789012345678901234567890123456789'}");
    BL_AUTO_JSON cJSON *wide = doubling_patch(40);
    BL_AUTO_JSON cJSON *fits = doubling_patch(10);
    BL_ERROR(err);

    ck_assert_int_eq(bl_patch_apply(&object, wide, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_TOO_LARGE);
    ck_assert_str_eq(strrchr(bl_error_text(err), ':'), ": the result is too large");
    expect(object, "{'a':{},'text':'0123456789012345678901234567890123456789'}", "unchanged");
    bl_error_free(BL_STEAL(err));
    ck_assert_int_eq(bl_patch_apply(&object, fits, &err), 0);
    cJSON_Delete(object);
}
END_TEST

START_TEST(depth_is_limited)
{
    cJSON *object = help_json("{'a':{}}");
    BL_AUTO_JSON cJSON *patch = bl_json_new_array();
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(1 << 20);
    BL_ERROR(err);

    for (int i = 0; i < BL_JSON_MAX_DEPTH; i++) {
        cJSON *operation = bl_json_push(patch, bl_json_new_object());

        bl_strbuf_adds(&path, "/a");
        bl_json_add_string(operation, "op", "add");
        bl_json_add_string(operation, "path", path.text);
        bl_json_add_object(operation, "value");
    }
    ck_assert_int_eq(bl_patch_apply(&object, patch, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_TOO_LARGE);
    ck_assert_str_eq(bl_error_text(err), "patch operation 127: the result is nested too deeply");
    cJSON_DeleteItemFromArray(patch, BL_JSON_MAX_DEPTH - 1);
    bl_error_free(BL_STEAL(err));
    ck_assert_int_eq(bl_patch_apply(&object, patch, &err), 0);
    cJSON_Delete(object);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json/edit");
    TCase *tests = tcase_create("edit");

    tcase_add_test(tests, edits_change_and_record);
    tcase_add_test(tests, a_failed_edit_changes_nothing);
    tcase_add_test(tests, an_operation_keeps_its_value);
    tcase_add_test(tests, release_twice_is_harmless);
    tcase_add_test(tests, patches_apply);
    tcase_add_test(tests, refused_patches_change_nothing);
    tcase_add_test(tests, growth_is_limited);
    tcase_add_test(tests, depth_is_limited);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
