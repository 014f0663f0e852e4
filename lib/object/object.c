#include "ballast/object/object.h"

#include <string.h>

#include "ballast/base/text.h"

/* Of a number that is not known yet. */
#define REPLICAS_OF_A_CLUSTER 3

static const char *string_or_empty(const cJSON *object, const char *key)
{
    const char *text = bl_json_string(object, key);

    return text ? text : "";
}

struct bl_ref bl_object_ref(const cJSON *object)
{
    const cJSON *metadata = bl_json_get(object, "metadata");
    const char *name = bl_json_string(metadata, "name");

    return (struct bl_ref){
        .api_version = string_or_empty(object, "apiVersion"),
        .kind = string_or_empty(object, "kind"),
        .namespace = string_or_empty(metadata, "namespace"),
        .name = name && *name ? name : string_or_empty(metadata, "generateName"),
    };
}

/* "apps" of "apps/v1"; the core group has no name and no slash. */
static size_t group_len(const char *api_version)
{
    const char *slash = strchr(api_version, '/');

    return slash ? (size_t)(slash - api_version) : 0;
}

bool bl_ref_same(const struct bl_ref *a, const struct bl_ref *b)
{
    size_t len = group_len(a->api_version);

    return len == group_len(b->api_version) && strncmp(a->api_version, b->api_version, len) == 0 &&
           strcmp(a->kind, b->kind) == 0 && strcmp(a->namespace, b->namespace) == 0 &&
           strcmp(a->name, b->name) == 0;
}

bool bl_object_is(const cJSON *object, const char *group, const char *kind)
{
    const char *api_version = string_or_empty(object, "apiVersion");
    size_t len = group_len(api_version);

    return strcmp(string_or_empty(object, "kind"), kind) == 0 && strlen(group) == len &&
           strncmp(api_version, group, len) == 0;
}

void bl_object_set_kind(cJSON *object, const char *version, const char *kind)
{
    bl_json_cut(object, "apiVersion");
    bl_json_cut(object, "kind");
    bl_json_add_string(object, "apiVersion", version);
    bl_json_add_string(object, "kind", kind);
}

const cJSON *bl_object_labels(const cJSON *object)
{
    return bl_json_at(object, "metadata", "labels", NULL);
}

const char *bl_object_label(const cJSON *object, const char *key)
{
    return bl_json_string(bl_object_labels(object), key);
}

const char *bl_object_annotation(const cJSON *object, const char *key)
{
    return bl_json_string(bl_json_at(object, "metadata", "annotations", NULL), key);
}

const char *bl_object_uid(const cJSON *object)
{
    const char *uid = bl_json_string(bl_json_get(object, "metadata"), "uid");

    return uid ? uid : "";
}

int64_t bl_object_created(const cJSON *object)
{
    return bl_json_time(bl_json_get(object, "metadata"), "creationTimestamp");
}

bool bl_object_is_going(const cJSON *object)
{
    return bl_json_at(object, "metadata", "deletionTimestamp", NULL) != NULL;
}

const cJSON *bl_object_condition(const cJSON *object, const char *type)
{
    const cJSON *condition;

    cJSON_ArrayForEach(condition, bl_json_at(object, "status", "conditions", NULL)) {
        if (bl_text_eq(bl_json_string(condition, "type"), type))
            return condition;
    }
    return NULL;
}

bool bl_object_condition_is(const cJSON *object, const char *type, const char *status)
{
    return bl_text_eq(bl_json_string(bl_object_condition(object, type), "status"), status);
}

const char *bl_pod_node(const cJSON *pod)
{
    return bl_json_string(bl_json_get(pod, "spec"), "nodeName");
}

bool bl_namespace_may_equal(const char *a, const char *b)
{
    return !*a || !*b || strcmp(a, b) == 0;
}

const char *bl_object_gone_since(const cJSON *object)
{
    static const struct {
        const char *version, *kind; /* NULL: any */
        const char *since;
    } gone[] = {
        {"apps/v1beta1", NULL, "1.16"},
        {"apps/v1beta2", NULL, "1.16"},
        {"extensions/v1beta1", "Deployment", "1.16"},
        {"extensions/v1beta1", "NetworkPolicy", "1.16"},
        {"policy/v1beta1", "PodDisruptionBudget", "1.25"},
    };
    struct bl_ref ref = bl_object_ref(object);

    for (size_t i = 0; i < BL_ARRAY_LEN(gone); i++)
        if (strcmp(gone[i].version, ref.api_version) == 0 &&
            (!gone[i].kind || strcmp(gone[i].kind, ref.kind) == 0))
            return gone[i].since;
    return NULL;
}

bool bl_object_is_same(const cJSON *a, const cJSON *b, const char *namespace)
{
    struct bl_ref x = bl_object_ref(a), y = bl_object_ref(b);

    return strcmp(x.kind, y.kind) == 0 && strcmp(x.name, y.name) == 0 &&
           strcmp(*x.namespace ? x.namespace : namespace, *y.namespace ? y.namespace : namespace) ==
               0;
}

const cJSON *bl_object_controller(const cJSON *object)
{
    const cJSON *owners = bl_json_at(object, "metadata", "ownerReferences", NULL), *owner;

    cJSON_ArrayForEach(owner, owners) {
        if (bl_json_bool(owner, "controller", false))
            return owner;
    }
    return NULL;
}

bool bl_object_is_workload(const cJSON *object)
{
    return bl_object_is(object, "apps", "StatefulSet") || bl_object_is(object, "", "Pod") ||
           bl_object_is(object, "apps", "Deployment") ||
           bl_object_is(object, "extensions", "Deployment");
}

const char *bl_object_pod_pointer(const cJSON *object)
{
    return bl_object_is(object, "", "Pod") ? "" : "/spec/template";
}

const cJSON *bl_object_pod(const cJSON *object)
{
    if (!bl_object_is_workload(object))
        return NULL;
    if (bl_object_is(object, "", "Pod"))
        return object;
    return bl_json_at(object, "spec", "template", NULL);
}

const cJSON *bl_object_any_pod(const cJSON *object)
{
    const cJSON *spec = bl_json_get(object, "spec");
    const cJSON *pods[] = {object, bl_json_get(spec, "template"),
                           bl_json_at(spec, "jobTemplate", "spec", "template", NULL)};

    for (size_t i = 0; i < BL_ARRAY_LEN(pods); i++)
        if (cJSON_IsArray(bl_json_at(pods[i], "spec", "containers", NULL)))
            return pods[i];
    return NULL;
}

static const cJSON *replicas_of(const cJSON *object)
{
    return bl_object_is(object, "", "Pod") ? NULL : bl_json_at(object, "spec", "replicas", NULL);
}

int64_t bl_object_replicas(const cJSON *object)
{
    int64_t replicas = 1;

    if (!bl_object_replicas_known(object))
        return REPLICAS_OF_A_CLUSTER;
    (void)bl_json_int(replicas_of(object), &replicas);
    return replicas;
}

int64_t bl_object_first_ordinal(const cJSON *set)
{
    int64_t first = 0;

    (void)bl_json_int(bl_json_at(set, "spec", "ordinals", "start", NULL), &first);
    return first;
}

/* The API has 32 bits and no sign; what a file has must not make sums of it overflow. */
bool bl_object_replicas_known(const cJSON *object)
{
    const cJSON *value = replicas_of(object);
    int64_t replicas;

    return bl_json_is_null(value) ||
           (bl_json_int(value, &replicas) && replicas >= 0 && replicas <= INT32_MAX);
}

int bl_container_named_port(const cJSON *container, const char *name)
{
    const cJSON *port;

    cJSON_ArrayForEach(port, bl_json_get(container, "ports")) {
        int64_t number;

        if (bl_text_eq(bl_json_string(port, "name"), name) &&
            bl_json_int(bl_json_get(port, "containerPort"), &number) && number > 0 &&
            number < 65536)
            return (int)number;
    }
    return 0;
}

const cJSON *bl_container_env(const cJSON *container, const char *name)
{
    const cJSON *entry, *found = NULL;

    cJSON_ArrayForEach(entry, bl_json_get(container, "env")) {
        const char *entry_name = bl_json_string(entry, "name");

        if (entry_name && strcmp(entry_name, name) == 0)
            found = entry;
    }
    return found;
}

const char *bl_container_env_value(const cJSON *container, const char *name)
{
    return bl_json_string(bl_container_env(container, name), "value");
}
