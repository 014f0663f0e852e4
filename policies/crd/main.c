/*
 * Prints what the manifests have from the tables of our own kinds. Run by the build; the results lie in
 * manifests/crd and in the chart, and tests check that they are fresh.
 *
 *   ballast-crd PLURAL                      the CustomResourceDefinition of that kind
 *   ballast-crd rules webhook|controller    the RBAC rules by which that program handles our kinds
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/json/yaml.h"
#include "ballast/policies/policy.h"

static const struct {
    const struct bl_kind *kind;
    unsigned webhook, controller; /* enum bl_kind_right */
} kinds[] = {
    {&bl_kind_kafka_policy, BL_RIGHT_READ, BL_RIGHT_READ | BL_RIGHT_STATUS},
};

static cJSON *find_crd(const char *plural)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].kind->resource.plural, plural) == 0)
            return bl_kind_crd(kinds[i].kind);
    return NULL;
}

static cJSON *rules_of(const char *program)
{
    bool webhook = strcmp(program, "webhook") == 0;
    cJSON *all = bl_json_new_array();

    for (size_t i = 0; i < BL_ARRAY_LEN(kinds); i++) {
        BL_AUTO_JSON cJSON *rules =
            bl_kind_rules(kinds[i].kind, webhook ? kinds[i].webhook : kinds[i].controller);

        while (rules->child)
            bl_json_push(all, cJSON_DetachItemViaPointer(rules, rules->child));
    }
    return all;
}

static cJSON *wanted(int argc, char **argv)
{
    if (argc == 2)
        return find_crd(argv[1]);
    if (argc == 3 && strcmp(argv[1], "rules") == 0 &&
        (strcmp(argv[2], "webhook") == 0 || strcmp(argv[2], "controller") == 0))
        return rules_of(argv[2]);
    return NULL;
}

int main(int argc, char **argv)
{
    BL_ERROR(err);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *value = wanted(argc, argv);

    if (!value) {
        (void)fprintf(stderr, "usage: ballast-crd PLURAL | rules webhook|controller\n");
        return 2;
    }
    bl_strbuf_adds(&text, "# Made from the decoder's tables by the build; do not edit.\n");
    bl_yaml_write(&text, value, 0);
    if (bl_file_write_fd(STDOUT_FILENO, "standard output", text.text, text.len, &err) < 0) {
        (void)fprintf(stderr, "ballast-crd: %s\n", bl_error_text(err));
        return 1;
    }
    return 0;
}
