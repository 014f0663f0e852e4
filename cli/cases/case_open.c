#include <stdlib.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/edit.h"
#include "case.h"

static const char *const case_keys[] = {"name",   "why",        "policies", "rules",
                                        "today",  "input",      "change",   "against",
                                        "expect", "newCluster", NULL};

static bool is_bundle(const char *name)
{
    return !strchr(name, '/') && !strchr(name, '.');
}

static int add_inline(struct cli_case *test, const cJSON *policy, struct bl_error **err)
{
    return bl_policy_set_add(&test->input.policies, test->file, test->doc, policy, err);
}

cJSON *cli_case_rules_policy(const cJSON *rules)
{
    cJSON *policy = bl_json_new_object();

    bl_json_add_string(policy, "apiVersion", BL_API_VERSION);
    bl_json_add_string(policy, "kind", "KafkaPolicy");
    bl_json_add_string(bl_json_add_object(policy, "metadata"), "name", "case");
    bl_json_add(bl_json_add_object(policy, "spec"), "rules", bl_json_copy(rules));
    return policy;
}

/* `rules: {…}` is a policy of just these rules. */
static int add_rules(struct cli_case *test, const cJSON *rules, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *policy = NULL;
    struct bl_decode from = {test->file, test->doc, "rules"};

    if (!cJSON_IsObject(rules))
        return bl_decode_fail(&from, rules, NULL, err, "expected a map of rules");
    policy = cli_case_rules_policy(rules);
    return bl_policy_set_add(&test->input.policies, test->file, NULL, policy, err);
}

char *cli_case_policy_path(const struct cli_case *test, const char *name)
{
    return is_bundle(name) ? bl_strdup(name) : bl_path_beside(test->file, name);
}

static int read_policies(struct cli_case *test, struct bl_error **err)
{
    const cJSON *policies = bl_json_get(test->root, "policies"), *policy;
    const cJSON *rules = bl_json_get(test->root, "rules");

    if (rules && add_rules(test, rules, err) < 0)
        return -1;
    if (!rules && !policies)
        return bl_policy_set_read(&test->input.policies, "default", err);
    cJSON_ArrayForEach(policy, policies) {
        if (cJSON_IsObject(policy)) {
            if (add_inline(test, policy, err) < 0)
                return -1;
            continue;
        }
        const char *name = cJSON_IsString(policy) ? policy->valuestring : "";
        BL_AUTO_FREE char *path = cli_case_policy_path(test, name);
        if (bl_policy_set_read(&test->input.policies, path, err) < 0)
            return -1;
    }
    bl_policy_set_sort(&test->input.policies);
    return 0;
}

static int read_text(struct cli_case *test, const char *text, struct bl_error **err)
{
    return bl_manifest_add(&test->input.manifest, "input", bl_strdup(text), strlen(text), err);
}

/* A list of files and of objects written out. */
static int read_list(struct cli_case *test, const cJSON *list, struct bl_error **err)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, list) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

        if (cJSON_IsString(entry)) {
            BL_AUTO_FREE char *path = bl_path_beside(test->file, entry->valuestring);

            if (bl_manifest_read(&test->input.manifest, path, err) < 0)
                return -1;
            continue;
        }
        bl_yaml_write(&text, entry, 0);
        if (read_text(test, text.text, err) < 0)
            return -1;
    }
    return 0;
}

static int read_manifests(struct cli_case *test, const char *key, struct bl_error **err)
{
    const cJSON *value = bl_json_get(test->root, key);
    struct bl_decode from = {test->file, test->doc, key};

    if (cJSON_IsArray(value))
        return read_list(test, value, err);
    if (!cJSON_IsString(value))
        return bl_decode_fail(&from, value ? value : test->root, NULL, err,
                              "expected a file, a text of manifests, or a list of either");
    if (strchr(value->valuestring, '\n'))
        return read_text(test, value->valuestring, err);

    BL_AUTO_FREE char *path = bl_path_beside(test->file, value->valuestring);
    return bl_manifest_read(&test->input.manifest, path, err);
}

/* What is there before stands behind all that is judged. */
static int read_against(struct cli_case *test, struct bl_error **err)
{
    struct cli_input *input = &test->input;

    if (!bl_json_get(test->root, "against"))
        return 0;
    input->before = input->manifest.objects.len;
    input->before_files = input->manifest.files.len;
    return read_manifests(test, "against", err);
}

static bool named(const cJSON *object, const char *kind_and_name)
{
    struct bl_ref ref = bl_object_ref(object);
    size_t kind = strlen(ref.kind);

    return strncmp(kind_and_name, ref.kind, kind) == 0 && kind_and_name[kind] == '/' &&
           strcmp(kind_and_name + kind + 1, ref.name) == 0;
}

long cli_case_find(const struct cli_input *input, const char *kind_and_name)
{
    for (size_t i = 0; i < input->manifest.objects.len; i++)
        if (named(input->manifest.objects.items[i].object, kind_and_name))
            return (long)i;
    return -1;
}

/* null takes a value away; "-" at the end of a pointer appends. */
static int change_one(struct bl_edit *edit, const cJSON *change, struct bl_error **err)
{
    if (!cJSON_IsNull(change))
        return bl_text_ends(change->string, "/-")
                   ? bl_edit_add(edit, change->string, bl_json_copy(change), err)
                   : bl_edit_set(edit, change->string, bl_json_copy(change), err);
    return bl_edit_remove(edit, change->string, err);
}

/* The object as changed, as a document of its own: the fixture's text stays as it is. */
static int change_object(struct cli_case *test, const cJSON *changes, struct bl_strbuf *text,
                         const cJSON *object, struct bl_error **err)
{
    BL_AUTO(bl_edit_release) struct bl_edit edit = {0};
    const cJSON *change;
    struct bl_decode from = {test->file, test->doc, "change"};
    BL_ERROR(why);

    bl_edit_init(&edit, object);
    cJSON_ArrayForEach(change, changes) {
        if (change_one(&edit, change, &why) < 0)
            return bl_decode_fail(&from, change, NULL, err, "%s", bl_error_text(why));
    }
    bl_strbuf_adds(text, "---\n");
    bl_yaml_write(text, edit.object, 0);
    return 0;
}

static int apply_changes(struct cli_case *test, struct bl_error **err)
{
    const cJSON *changes = bl_json_get(test->root, "change"), *change;
    struct bl_decode from = {test->file, test->doc, "change"};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    size_t len;

    if (!changes)
        return 0;
    BL_JSON_EACH_MEMBER(change, changes) {
        if (cli_case_find(&test->input, change->string) < 0)
            return bl_decode_fail(&from, change, NULL, err, "there is no %s in the input",
                                  change->string);
    }
    for (size_t i = 0; i < test->input.manifest.objects.len; i++) {
        const cJSON *object = test->input.manifest.objects.items[i].object, *found = NULL;

        BL_JSON_EACH_MEMBER(change, changes) {
            if (named(object, change->string))
                found = change;
        }
        if (found && cJSON_IsNull(found))
            continue;
        if (change_object(test, found, &text, object, err) < 0)
            return -1;
    }
    bl_manifest_release(&test->input.manifest);
    len = text.len;
    return bl_manifest_add(&test->input.manifest, "input", bl_strbuf_take(&text), len, err);
}

static int read_header(struct cli_case *test, struct bl_error **err)
{
    struct bl_decode from = {test->file, test->doc, ""};
    const char *today = bl_json_string(test->root, "today");
    const struct bl_origin *origin = bl_yaml_doc_origin(test->doc, test->root);
    const cJSON *member;

    test->line = origin ? origin->line : 1;
    if (!cJSON_IsObject(test->root))
        return bl_decode_fail(&from, test->root, NULL, err,
                              "a case is a map with name, input and expect");
    cJSON_ArrayForEach(member, test->root) {
        if (bl_decode_known(&from, member, case_keys, err) < 0)
            return -1;
    }
    test->name = bl_json_string(test->root, "name");
    if (!test->name)
        return bl_decode_fail(&from, test->root, "name", err, "a case needs a name");
    if (!cJSON_IsObject(bl_json_get(test->root, "expect")))
        return bl_decode_fail(&from, test->root, "expect", err, "a case expects something");
    test->input.new_cluster = bl_json_bool(test->root, "newCluster", false);
    test->today = bl_day_today();
    return today ? bl_day_parse(today, &test->today, err) : 0;
}

static int check_input(struct cli_case *test, struct bl_error **err)
{
    cli_find_faults(&test->input);
    return bl_manifest_check(&test->input.manifest, err);
}

int cli_case_open(struct cli_case *test, const char *file, const struct bl_yaml_doc *doc,
                  struct bl_error **err)
{
    bool refusal_expected;
    BL_ERROR(why);

    *test = (struct cli_case){.file = file, .doc = doc, .root = bl_yaml_doc_root(doc)};
    if (read_header(test, err) < 0)
        return -1;
    refusal_expected = bl_json_get(bl_json_get(test->root, "expect"), "error") != NULL;
    if (read_policies(test, &why) < 0 || read_manifests(test, "input", &why) < 0 ||
        check_input(test, &why) < 0 || apply_changes(test, &why) < 0 ||
        read_against(test, &why) < 0 || cli_decide(&test->input, NULL, test->today, &why) < 0) {
        if (!refusal_expected) {
            bl_fail(err, BL_ERR_INVALID, "%s", bl_error_text(why));
            return bl_error_hint(why) ? bl_hint(err, "%s", bl_error_hint(why)) : -1;
        }
        test->refusal = bl_asprintf("%s%s%s", bl_error_text(why), bl_error_hint(why) ? " " : "",
                                    bl_error_hint(why) ? bl_error_hint(why) : "");
        return 0;
    }
    return 0;
}

void cli_case_release(struct cli_case *test)
{
    cli_input_release(&test->input);
    free(test->refusal);
    *test = (struct cli_case){0};
}
