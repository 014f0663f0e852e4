/*
 * {"selector": …, "labels": …}: what is refused selects nothing, any shape is described, and adding a
 * requirement never selects more.
 */
#include <assert.h>

#include "ballast/object/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void narrow(const cJSON *selector, const cJSON *labels, bool matched)
{
    BL_AUTO_JSON cJSON *narrower = bl_json_copy(selector);
    cJSON *expressions = bl_json_get(narrower, "matchExpressions");

    if (!cJSON_IsArray(expressions))
        return;

    cJSON *more = bl_json_push(expressions, bl_json_new_object());
    bl_json_add_string(more, "key", "app");
    bl_json_add_string(more, "operator", "Exists");
    assert(!bl_selector_matches(narrower, labels) || matched);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BL_AUTO_JSON cJSON *input = NULL;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_ERROR(err);
    BL_ERROR(invalid);

    if (bl_json_parse((const char *)data, size, &input, &err) < 0)
        return 0;

    const cJSON *selector = bl_json_get(input, "selector"), *labels = bl_json_get(input, "labels");
    bool matched = bl_selector_matches(selector, labels);

    if (bl_selector_validate(selector, &invalid) < 0)
        assert(!matched);
    else if (!bl_json_is_null(selector))
        narrow(selector, labels, matched);
    bl_selector_describe(&text, selector);
    assert(text.len);
    (void)bl_labels_include(labels, selector);
    return 0;
}
