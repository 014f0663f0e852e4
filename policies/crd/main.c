/*
 * Prints the CustomResourceDefinition of KafkaPolicy, from the tables that the decoder reads by. Run by
 * the build; the result lies in manifests/crd and a test checks that it is fresh.
 */
#include <stdio.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/json/yaml.h"
#include "ballast/policies/policy.h"

int main(void)
{
    BL_ERROR(err);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *crd = bl_policy_crd();

    bl_strbuf_adds(&text, "# Made from the decoder's tables by the build; do not edit.\n");
    bl_yaml_write(&text, crd, 0);
    if (bl_file_write_fd(STDOUT_FILENO, "standard output", text.text, text.len, &err) < 0) {
        (void)fprintf(stderr, "ballast-crd: %s\n", bl_error_text(err));
        return 1;
    }
    return 0;
}
