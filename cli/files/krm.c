#include "krm.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "findings.h"

bool cli_is_resource_list(const cJSON *root)
{
    return bl_object_is(root, "config.kubernetes.io", "ResourceList");
}

/* "/items/3" is 3. */
static size_t item_index(const char *pointer)
{
    int64_t index = 0;
    const char *slash = strrchr(pointer, '/');

    return slash && bl_text_to_int(slash + 1, strlen(slash + 1), &index) ? (size_t)index : 0;
}

/* From the last to the first, so that the indexes of those before stay true. */
static void insert_companions(const struct cli_input *input, size_t document, cJSON *items)
{
    for (size_t i = input->report->companions.len; i-- > 0;) {
        const struct bl_companion *companion = &input->report->companions.items[i];
        const struct bl_item *item = &input->manifest.objects.items[companion->after];

        if (item->document == document)
            bl_json_insert(items, item_index(item->pointer) + 1, bl_json_copy(companion->object));
    }
}

/* "/spec/template/spec/containers/0" as the specification writes paths: spec.template.spec.containers[0]. */
static char *field_path(const char *pointer)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    while (*pointer == '/') {
        size_t len = strcspn(++pointer, "/");
        int64_t index;

        if (bl_text_to_int(pointer, len, &index))
            bl_strbuf_addf(&path, "[%.*s]", (int)len, pointer);
        else
            bl_strbuf_addf(&path, "%s%.*s", path.len ? "." : "", (int)len, pointer);
        pointer += len;
    }
    return bl_strbuf_take(&path);
}

static cJSON *result_for(const struct cli_input *input, const struct bl_finding *finding)
{
    cJSON *result = bl_json_new_object(), *field;
    BL_AUTO_FREE char *message =
        bl_asprintf("%s: %s", bl_rule_name(finding->rule), finding->message);
    BL_AUTO_FREE char *path = field_path(finding->path);

    bl_json_add_string(result, "message", message);
    bl_json_add_string(result, "severity",
                       finding->mended ? "info" : bl_severity_name(finding->severity));
    bl_json_add(result, "resourceRef", cli_object_json(input->objects[finding->object]));
    if (*path) {
        field = bl_json_add_object(result, "field");
        bl_json_add_string(field, "path", path);
    }
    field = bl_json_add_object(result, "tags");
    bl_json_add_string(field, "rule", bl_rule_key(finding->rule));
    bl_json_add_string(field, "policy", bl_policy_name(finding->policy));
    return result;
}

void cli_fill_resource_list(const struct cli_input *input, size_t document, cJSON *list)
{
    BL_AUTO_JSON cJSON *results = bl_json_new_array();

    insert_companions(input, document, bl_json_get(list, "items"));
    for (size_t i = 0; i < input->report->findings.len; i++)
        if (input->manifest.objects.items[input->report->findings.items[i].object].document ==
            document)
            bl_json_push(results, result_for(input, &input->report->findings.items[i]));
    cJSON_DeleteItemFromObjectCaseSensitive(list, "results");
    if (results->child)
        bl_json_add(list, "results", BL_STEAL(results));
}

/* What a runner hands over when nobody configured anything. */
static bool is_empty_config_map(const cJSON *config)
{
    return bl_object_is(config, "", "ConfigMap") && !bl_json_len(bl_json_get(config, "data"));
}

int cli_read_function_config(const struct bl_manifest *manifest, struct bl_policy_set *set,
                             bool *ret_found, struct bl_error **err)
{
    *ret_found = false;
    for (size_t i = 0; i < manifest->documents.len; i++) {
        const struct bl_document *document = &manifest->documents.items[i];
        const cJSON *root = bl_yaml_doc_root(document->yaml);
        const cJSON *config = bl_json_get(root, "functionConfig");

        if (!cli_is_resource_list(root) || bl_json_is_null(config) || is_empty_config_map(config))
            continue;
        *ret_found = true;
        return bl_policy_set_add(set, manifest->files.items[document->file].name, document->yaml,
                                 config, err);
    }
    return 0;
}
