#include <string.h>
#include <strings.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/unmanaged.h"
#include "pods.h"

/* What people mean, of the kinds that run Kafka or stand beside it. */
static const struct known {
    const char *version, *kind;
    bool pods; /* a template of them */
} known[] = {
    {"apps/v1", "StatefulSet", true},
    {"apps/v1", "Deployment", true},
    {"apps/v1", "DaemonSet", true},
    {"apps/v1", "ReplicaSet", true},
    {"batch/v1", "Job", true},
    {"batch/v1", "CronJob", true},
    {"v1", "ReplicationController", true},
    {"v1", "Pod", true},
    {"v1", "Service", false},
    {"v1", "ConfigMap", false},
    {"policy/v1", "PodDisruptionBudget", false},
    {"networking.k8s.io/v1", "NetworkPolicy", false},
};

static size_t group_len(const char *version)
{
    const char *slash = strchr(version, '/');

    return slash ? (size_t)(slash - version) : 0;
}

static bool same_group(const char *a, const char *b)
{
    return group_len(a) == group_len(b) && strncmp(a, b, group_len(a)) == 0;
}

/* Groups of Kubernetes' own have no dot, or end alike; what others call theirs is none of our business. */
static bool near_group(const char *version, const char *wanted)
{
    BL_AUTO_FREE char *group = bl_strndup(version, group_len(version));
    BL_AUTO_FREE char *meant = bl_strndup(wanted, group_len(wanted));
    const char *const candidates[] = {meant, NULL};

    return !strchr(group, '.') || bl_text_nearest(group, candidates);
}

/* One of the two may be off, the other by its case at most: "AdminNetworkPolicy" of a group of its own is no mistake. */
static bool is_meant(const struct bl_ref *ref, const struct known *one)
{
    const char *const candidates[] = {one->kind, NULL};

    return (strcasecmp(ref->kind, one->kind) == 0 && near_group(ref->api_version, one->version)) ||
           (same_group(ref->api_version, one->version) && bl_text_nearest(ref->kind, candidates));
}

static bool is_known(const cJSON *object, const struct bl_ref *ref)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(known); i++)
        if (strcmp(known[i].kind, ref->kind) == 0 &&
            strcmp(known[i].version, ref->api_version) == 0)
            return true;
    return bl_object_gone_since(object) && bl_world_kind_of(object) != BL_WORLD_OTHER;
}

/* The kind itself before those that are like it. */
static const struct known *find_meant(const struct bl_ref *ref)
{
    const struct known *found = NULL;

    for (size_t i = 0; i < BL_ARRAY_LEN(known); i++) {
        if (!is_meant(ref, &known[i]))
            continue;
        if (strcasecmp(ref->kind, known[i].kind) == 0)
            return &known[i];
        found = found ? found : &known[i];
    }
    return found;
}

static bool holds_kafka(const cJSON *object)
{
    const cJSON *spec = bl_json_get(object, "spec"), *template = bl_json_get(spec, "template");

    if (!template)
        template = bl_json_at(spec, "jobTemplate", "spec", "template", NULL);
    if (!template && bl_json_get(spec, "containers"))
        template = object;
    return template && bl_template_runs_kafka(object, template);
}

char *bl_misspelt(const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);
    const struct known *meant;
    bool kafka;

    if (is_known(object, &ref) || bl_object_controller(object) || bl_unmanaged_reason(object))
        return NULL;
    meant = find_meant(&ref);
    kafka = holds_kafka(object);
    if (meant && (kafka || !meant->pods))
        return bl_asprintf("there is no %s of %s; did you mean %s of %s?", ref.kind,
                           ref.api_version, meant->kind, meant->version);
    if (kafka && bl_world_kind_of(object) == BL_WORLD_OTHER)
        return bl_asprintf("a %s of %s is none of the kinds that are looked at", ref.kind,
                           ref.api_version);
    return NULL;
}
