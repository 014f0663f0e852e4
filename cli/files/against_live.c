#include "against_live.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/yaml.h"
#include "cluster.h"
#include "print.h"

/* What the cluster has of what the comparison looks at, as manifests behind those that were read. */

/* Kinds that members are, are found by, or do not start without. */
static const struct {
    struct bl_resource resource;
    const char *api_version, *kind;
    bool head;     /* that it is there is all that is asked, and all that is read */
    bool may_lack; /* who may not list it goes without */
} kinds[] = {
    {{"apps", "v1", "statefulsets"}, "apps/v1", "StatefulSet", false, false},
    {{"apps", "v1", "deployments"}, "apps/v1", "Deployment", false, true},
    {{"", "v1", "services"}, "v1", "Service", false, false},
    {{"", "v1", "configmaps"}, "v1", "ConfigMap", false, true},
    {{"", "v1", "secrets"}, "v1", "Secret", true, true},
    {{"", "v1", "serviceaccounts"}, "v1", "ServiceAccount", true, true},
    {{"rbac.authorization.k8s.io", "v1", "rolebindings"},
     "rbac.authorization.k8s.io/v1",
     "RoleBinding",
     true,
     true},
};

struct reading {
    struct bl_kube_client *client;
    struct cli_input *input;
    struct bl_strings namespaces;
};

static void reading_release(struct reading *reading)
{
    bl_kube_client_free(reading->client);
    bl_strings_release(&reading->namespaces);
}

static void add_namespace(struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->namespaces.len; i++)
        if (strcmp(reading->namespaces.items[i], name) == 0)
            return;
    *BL_PUSH(&reading->namespaces) = bl_strdup(name);
}

/* Where the objects that were read go. */
static void find_namespaces(struct reading *reading)
{
    const struct bl_manifest *manifest = &reading->input->manifest;

    for (size_t i = 0; i < reading->input->before; i++) {
        const cJSON *object = manifest->objects.items[i].object;
        struct bl_ref ref = bl_object_ref(object);

        for (size_t k = 0; k < BL_ARRAY_LEN(kinds); k++)
            if (strcmp(kinds[k].kind, ref.kind) == 0)
                add_namespace(reading, *ref.namespace ? ref.namespace : reading->input->namespace);
    }
}

/* Helm's ledger is no object of a release. */
static bool is_ledger(const cJSON *object)
{
    return bl_text_eq(bl_object_label(object, "owner"), "helm");
}

static bool is_written_by_argo(const cJSON *object)
{
    static const char *const managers[] = {"argocd-controller", "argocd-application-controller",
                                           NULL};
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_at(object, "metadata", "managedFields", NULL)) {
        const char *manager = bl_json_string(entry, "manager");

        if (manager && bl_text_in(manager, managers))
            return true;
    }
    return false;
}

/* Of the managers of its fields, which are long, no more is left than that Argo CD is one. */
static void cut_managers(cJSON *object)
{
    cJSON *metadata = bl_json_get(object, "metadata");
    bool argo = is_written_by_argo(object);

    bl_json_cut(metadata, "managedFields");
    if (argo)
        bl_json_add_string(
            bl_json_push(bl_json_add_array(metadata, "managedFields"), bl_json_new_object()),
            "manager", "argocd-controller");
}

/* Findings name it as a file. */
static int add_object(struct reading *reading, cJSON *object, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    struct bl_ref ref = bl_object_ref(object);
    BL_AUTO_FREE char *name = bl_asprintf("live/%s/%s/%s", ref.namespace, ref.kind, ref.name);
    size_t len;

    if (is_ledger(object))
        return 0;
    cut_managers(object);
    bl_json_cut(object, "status");
    bl_yaml_write(&text, object, 0);
    len = text.len;
    return bl_manifest_add(&reading->input->manifest, name, bl_strbuf_take(&text), len, err);
}

static int read_kind(struct reading *reading, size_t k, const char *namespace,
                     struct bl_error **err)
{
    BL_AUTO(cli_objects_release) struct cli_objects objects = {0};
    struct bl_kube_selection selection = {.namespace = namespace, .metadata_only = kinds[k].head};
    BL_ERROR(failure);

    if (cli_list(reading->client, &kinds[k].resource, &selection, &objects, &failure) < 0) {
        if (!kinds[k].may_lack || bl_error_status(failure) != 403) {
            *err = BL_STEAL(failure);
            return bl_wrap(err, "cannot compare with what is live");
        }
        cli_say(STDERR_FILENO,
                "ballast: %s of namespace %s may not be listed, and are not compared",
                kinds[k].resource.plural, namespace);
    }
    for (size_t i = 0; i < objects.len; i++) {
        bl_object_set_kind(objects.items[i], kinds[k].api_version, kinds[k].kind);
        if (add_object(reading, objects.items[i], err) < 0)
            return -1;
    }
    return 0;
}

static int read_namespace(struct reading *reading, const char *namespace, struct bl_error **err)
{
    for (size_t k = 0; k < BL_ARRAY_LEN(kinds); k++)
        if (read_kind(reading, k, namespace, err) < 0)
            return -1;
    return 0;
}

int cli_read_live(const struct cli_source *source, struct cli_input *input, struct bl_error **err)
{
    BL_AUTO(reading_release) struct reading reading = {.input = input};

    if (cli_connect(&source->cluster, &reading.client, err) < 0) {
        bl_wrap(err, "cannot compare with what is live");
        return -1;
    }
    input->namespace = bl_strdup(cli_namespace(source->namespace, reading.client));
    input->live = true;
    find_namespaces(&reading);
    for (size_t i = 0; i < reading.namespaces.len; i++)
        if (read_namespace(&reading, reading.namespaces.items[i], err) < 0)
            return -1;
    return 0;
}
