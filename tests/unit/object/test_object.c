/* What every part of Ballast asks of an object. */
#include "ballast/object/object.h"

#include <string.h>

#include "json_help.h"
#include "unit.h"

static const struct {
    const char *why, *object, *api_version, *kind, *namespace, *name;
} refs[] = {
    {"all", "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'namespace':'a','name':'k'}}",
     "apps/v1", "StatefulSet", "a", "k"},
    {"no namespace", "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'k'}}", "v1", "Pod", "",
     "k"},
    {"generateName", "{'metadata':{'generateName':'k-'}}", "", "", "", "k-"},
    {"a name before generateName", "{'metadata':{'generateName':'k-','name':'k-x'}}", "", "", "",
     "k-x"},
    {"an empty name", "{'metadata':{'generateName':'k-','name':''}}", "", "", "", "k-"},
    {"wrong types", "{'apiVersion':1,'kind':[],'metadata':{'namespace':2,'name':null}}", "", "", "",
     ""},
    {"no metadata", "{}", "", "", "", ""},
    {"no object", "[]", "", "", "", ""},
};

START_TEST(refs_have_no_null)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(refs); i++) {
        BL_AUTO_JSON cJSON *object = help_json(refs[i].object);
        struct bl_ref ref = bl_object_ref(object);

        BL_WHY(strcmp(ref.api_version, refs[i].api_version) == 0, refs[i].why);
        BL_WHY(strcmp(ref.kind, refs[i].kind) == 0, refs[i].why);
        BL_WHY(strcmp(ref.namespace, refs[i].namespace) == 0, refs[i].why);
        BL_WHY(strcmp(ref.name, refs[i].name) == 0, refs[i].why);
    }
    ck_assert_str_eq(bl_object_ref(NULL).name, "");
}
END_TEST

static const struct {
    const char *why;
    struct bl_ref a, b;
    bool want;
} pairs[] = {
    {"same", {"apps/v1", "StatefulSet", "n", "k"}, {"apps/v1", "StatefulSet", "n", "k"}, true},
    {"another version", {"policy/v1", "P", "n", "k"}, {"policy/v1beta1", "P", "n", "k"}, true},
    {"another group", {"apps/v1", "D", "n", "k"}, {"extensions/v1", "D", "n", "k"}, false},
    {"a group that begins alike", {"app/v1", "D", "n", "k"}, {"apps/v1", "D", "n", "k"}, false},
    {"the core group has no name", {"v1", "D", "n", "k"}, {"v2", "D", "n", "k"}, true},
    {"the core group and another", {"v1", "D", "n", "k"}, {"v1/v1", "D", "n", "k"}, false},
    {"another kind", {"v1", "Pod", "n", "k"}, {"v1", "Service", "n", "k"}, false},
    {"another namespace", {"v1", "Pod", "n", "k"}, {"v1", "Pod", "m", "k"}, false},
    {"no namespace", {"v1", "Pod", "n", "k"}, {"v1", "Pod", "", "k"}, false},
    {"another name", {"v1", "Pod", "n", "k"}, {"v1", "Pod", "n", "l"}, false},
};

START_TEST(same_or_not)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(pairs); i++) {
        BL_WHY(bl_ref_same(&pairs[i].a, &pairs[i].b) == pairs[i].want, pairs[i].why);
        BL_WHY(bl_ref_same(&pairs[i].b, &pairs[i].a) == pairs[i].want, pairs[i].why);
    }
}
END_TEST

static const struct {
    const char *why, *object, *group, *kind;
    bool want;
} kinds[] = {
    {"group and kind", "{'apiVersion':'apps/v1','kind':'Deployment'}", "apps", "Deployment", true},
    {"any version", "{'apiVersion':'apps/v1beta2','kind':'Deployment'}", "apps", "Deployment",
     true},
    {"another kind", "{'apiVersion':'apps/v1','kind':'Deployment'}", "apps", "DaemonSet", false},
    {"another group", "{'apiVersion':'apps/v1','kind':'Deployment'}", "extensions", "Deployment",
     false},
    {"a group that begins alike", "{'apiVersion':'apps.x/v1','kind':'D'}", "apps", "D", false},
    {"a group that is longer", "{'apiVersion':'apps/v1','kind':'D'}", "apps.x", "D", false},
    {"core", "{'apiVersion':'v1','kind':'Pod'}", "", "Pod", true},
    {"core is not another's v1", "{'apiVersion':'x/v1','kind':'Pod'}", "", "Pod", false},
    {"no kind", "{'apiVersion':'v1'}", "", "Pod", false},
};

START_TEST(group_and_kind)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(kinds); i++) {
        BL_AUTO_JSON cJSON *object = help_json(kinds[i].object);

        BL_WHY(bl_object_is(object, kinds[i].group, kinds[i].kind) == kinds[i].want, kinds[i].why);
    }
}
END_TEST

START_TEST(namespaces_may_meet)
{
    ck_assert(bl_namespace_may_equal("a", "a"));
    ck_assert(!bl_namespace_may_equal("a", "b"));
    ck_assert(bl_namespace_may_equal("a", ""));
    ck_assert(bl_namespace_may_equal("", "a"));
    ck_assert(bl_namespace_may_equal("", ""));
}
END_TEST

START_TEST(labels_annotations_and_owner)
{
    BL_AUTO_JSON cJSON *object = help_json(
        "{'metadata':{'labels':{'a':'b','n':1},'annotations':{'c':'d'},'ownerReferences':["
        "{'name':'x'},{'name':'y','controller':false},{'name':'z','controller':true}]}}");
    BL_AUTO_JSON cJSON *bare = help_json("{'metadata':{'ownerReferences':[{'name':'x'}]}}");

    ck_assert_uint_eq(bl_json_len(bl_object_labels(object)), 2);
    ck_assert_str_eq(bl_object_label(object, "a"), "b");
    ck_assert_ptr_null(bl_object_label(object, "n"));
    ck_assert_ptr_null(bl_object_label(object, "c"));
    ck_assert_str_eq(bl_object_annotation(object, "c"), "d");
    ck_assert_str_eq(bl_json_string(bl_object_controller(object), "name"), "z");
    ck_assert_ptr_null(bl_object_controller(bare));
    ck_assert_ptr_null(bl_object_labels(bare));
    ck_assert_ptr_null(bl_object_annotation(bare, "c"));
    ck_assert_ptr_null(bl_object_controller(NULL));
}
END_TEST

START_TEST(uid_deletion_and_conditions)
{
    BL_AUTO_JSON cJSON *object = help_json(
        "{'metadata':{'uid':'u','deletionTimestamp':'2026-11-25T18:49:24Z'},'status':{'conditions':"
        "["
        "{'type':'Ready','status':'False'},{'status':'True'},{'type':'Safe','status':1}]}}");
    BL_AUTO_JSON cJSON *bare = help_json("{'metadata':{'uid':1},'status':{'conditions':{}}}");

    ck_assert_str_eq(bl_object_uid(object), "u");
    ck_assert(bl_object_is_going(object));
    ck_assert_str_eq(bl_json_string(bl_object_condition(object, "Ready"), "status"), "False");
    ck_assert_ptr_null(bl_object_condition(object, "ready"));
    ck_assert(bl_object_condition_is(object, "Ready", "False"));
    ck_assert(!bl_object_condition_is(object, "Ready", "True"));
    ck_assert(!bl_object_condition_is(object, "Safe", "True"));
    ck_assert_str_eq(bl_object_uid(bare), "");
    ck_assert(!bl_object_is_going(bare));
    ck_assert_ptr_null(bl_object_condition(bare, "Ready"));
    ck_assert_str_eq(bl_object_uid(NULL), "");
    ck_assert(!bl_object_is_going(NULL));
    ck_assert(!bl_object_condition_is(NULL, "Ready", "True"));
}
END_TEST

static const struct {
    const char *why, *object;
    bool workload, pod;
    const char *pointer;
    int64_t replicas;
} workloads[] = {
    {"StatefulSet",
     "{'apiVersion':'apps/v1','kind':'StatefulSet','spec':{'replicas':3,'template':{}}}", true,
     true, "/spec/template", 3},
    {"Deployment", "{'apiVersion':'apps/v1','kind':'Deployment','spec':{'template':{}}}", true,
     true, "/spec/template", 1},
    {"scaled to none",
     "{'apiVersion':'apps/v1','kind':'Deployment','spec':{'replicas':0,'template':{}}}", true, true,
     "/spec/template", 0},
    {"fewer than none",
     "{'apiVersion':'apps/v1','kind':'Deployment','spec':{'replicas':-1,'template':{}}}", true,
     true, "/spec/template", 3},
    {"more than the API has bits for",
     "{'apiVersion':'apps/v1','kind':'Deployment','spec':{'replicas':2147483648,'template':{}}}",
     true, true, "/spec/template", 3},
    {"null replicas",
     "{'apiVersion':'apps/v1','kind':'Deployment','spec':{'replicas':null,'template':{}}}", true,
     true, "/spec/template", 1},
    {"no template", "{'apiVersion':'apps/v1','kind':'StatefulSet','spec':{}}", true, false,
     "/spec/template", 1},
    {"Pod", "{'apiVersion':'v1','kind':'Pod','spec':{'replicas':5}}", true, true, "", 1},
    {"DaemonSet", "{'apiVersion':'apps/v1','kind':'DaemonSet','spec':{'template':{}}}", false,
     false, "/spec/template", 1},
    {"a StatefulSet of another group",
     "{'apiVersion':'apps.kruise.io/v1','kind':'StatefulSet','spec':{'template':{}}}", false, false,
     "/spec/template", 1},
};

START_TEST(workloads_have_pods)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(workloads); i++) {
        BL_AUTO_JSON cJSON *object = help_json(workloads[i].object);

        BL_WHY(bl_object_is_workload(object) == workloads[i].workload, workloads[i].why);
        BL_WHY((bl_object_pod(object) != NULL) == workloads[i].pod, workloads[i].why);
        BL_WHY(strcmp(bl_object_pod_pointer(object), workloads[i].pointer) == 0, workloads[i].why);
        BL_WHY(bl_object_replicas(object) == workloads[i].replicas, workloads[i].why);
    }
}
END_TEST

static const struct {
    const char *why, *name;
    int want;
} ports[] = {
    {"by name", "client", 9092},   {"the first of that name", "twice", 1},
    {"not there", "none", 0},      {"a port that is none", "large", 0},
    {"zero", "zero", 0},           {"a string", "text", 0},
    {"the highest", "top", 65535},
};

START_TEST(named_ports)
{
    BL_AUTO_JSON cJSON *container =
        help_json("{'ports':[{'containerPort':7},{'name':'client','containerPort':9092},"
                  "{'name':'twice','containerPort':1},{'name':'twice','containerPort':2},"
                  "{'name':'large','containerPort':65536},{'name':'zero','containerPort':0},"
                  "{'name':'text','containerPort':'80'},{'name':'top','containerPort':65535}]}");

    for (size_t i = 0; i < BL_ARRAY_LEN(ports); i++)
        BL_WHY(bl_container_named_port(container, ports[i].name) == ports[i].want, ports[i].why);
    ck_assert_int_eq(bl_container_named_port(NULL, "client"), 0);
}
END_TEST

START_TEST(environment)
{
    BL_AUTO_JSON cJSON *container =
        help_json("{'env':[{'name':'A','value':'1'},{'name':'B','valueFrom':{}},"
                  "{'name':'A','value':'2'},{'value':'x'},{'name':'E'}]}");

    ck_assert_str_eq(bl_container_env_value(container, "A"), "2");
    ck_assert_ptr_nonnull(bl_container_env(container, "B"));
    ck_assert_ptr_null(bl_container_env_value(container, "B"));
    ck_assert_ptr_null(bl_container_env_value(container, "E"));
    ck_assert_ptr_null(bl_container_env(container, "a"));
    ck_assert_ptr_null(bl_container_env(NULL, "A"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("object/object");
    TCase *tests = tcase_create("object");

    tcase_add_test(tests, refs_have_no_null);
    tcase_add_test(tests, same_or_not);
    tcase_add_test(tests, group_and_kind);
    tcase_add_test(tests, namespaces_may_meet);
    tcase_add_test(tests, labels_annotations_and_owner);
    tcase_add_test(tests, uid_deletion_and_conditions);
    tcase_add_test(tests, workloads_have_pods);
    tcase_add_test(tests, named_ports);
    tcase_add_test(tests, environment);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
