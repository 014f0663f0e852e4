/* Any text as a policy file: it is read or refused with a message, and what was read is released whole. */
#include <stdint.h>
#include <stdlib.h>

#include "ballast/policies/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;

    bl_yaml_stream_init(&stream, (const char *)data, size);
    while (size <= 65536 && bl_yaml_next(&stream, &segment)) {
        BL_ERROR(err);
        BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;

        if (bl_yaml_parse("fuzz", &segment, &doc, &err) < 0)
            continue;
        if (bl_policy_set_add(&set, "fuzz", doc, bl_yaml_doc_root(doc), &err) < 0 &&
            !*bl_error_text(err))
            abort();
    }
    bl_policy_set_sort(&set);
    return 0;
}
