/*
 * Prints what the manifests have from the tables of our own kinds. Run by the build; the results lie in manifests/crd and
 * in the chart, and a test checks that they are fresh.
 *
 *   ballast-crd FOLDER    writes crd/PLURAL.yaml of each kind, and rules-webhook.yaml and rules-controller.yaml, the RBAC rules
 *                         by which these programs handle our kinds
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ballast/backup/spec.h"
#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/json/yaml.h"
#include "ballast/policies/policy.h"
#include "controllers.h"

static int write_yaml(const char *folder, const char *name, const cJSON *value,
                      struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_FREE char *path = bl_asprintf("%s/%s.yaml", folder, name);

    bl_strbuf_adds(&text, "# Made from the decoder's tables by the build; do not edit.\n");
    bl_yaml_write(&text, value, 0);
    return bl_file_replace(path, text.text, text.len, err);
}

static void add_rules(cJSON *all, const struct bl_kind *kind, unsigned rights)
{
    BL_AUTO_JSON cJSON *rules = bl_kind_rules(kind, rights);

    while (rules->child)
        bl_json_push(all, cJSON_DetachItemViaPointer(rules, rules->child));
}

static int write_kind(const char *folder, const struct bl_kind *kind, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *crd = bl_kind_crd(kind);

    return write_yaml(folder, kind->resource.plural, crd, err);
}

/* Kinds of ours are those that have a schema. */
static int write_of_controllers(const char *folder, const char *crds, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *rules = bl_json_new_array();

    for (const struct bl_controller_spec *const *each = bl_controllers; *each; each++) {
        const struct bl_kind *kind = (*each)->watches->kind;

        if (!kind->spec)
            continue;
        if (write_kind(crds, kind, err) < 0)
            return -1;
        add_rules(rules, kind, (*each)->rights);
    }
    return write_yaml(folder, "rules-controller", rules, err);
}

static int write_all(const char *folder, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *rules = bl_json_new_array();
    BL_AUTO_FREE char *crds = bl_asprintf("%s/crd", folder);

    if (mkdir(crds, 0777) < 0 && errno != EEXIST)
        return bl_fail_errno(err, "could not make the folder %s", crds);
    add_rules(rules, &bl_kind_kafka_policy, BL_RIGHT_READ);
    add_rules(rules, &bl_kind_kafka_restore, BL_RIGHT_READ); /* whether one goes on */
    return write_yaml(folder, "rules-webhook", rules, err) < 0 ||
                   write_of_controllers(folder, crds, err) < 0
               ? -1
               : 0;
}

int main(int argc, char **argv)
{
    BL_ERROR(err);

    if (argc != 2) {
        (void)fprintf(stderr, "usage: ballast-crd FOLDER\n");
        return 2;
    }
    if (write_all(argv[1], &err) == 0)
        return 0;
    (void)fprintf(stderr, "ballast-crd: %s\n", bl_error_text(err));
    return 1;
}
