/*
 * Policies of network plugins on the pods of a workload: Cilium's, Calico's, and the cluster's baseline. They are not
 * judged. It is only told whether one may govern what comes in, because beside it none of ours may be: what it allows,
 * or denies, would not be so any more. What cannot be told counts as yes.
 */
#include <string.h>

#include "ballast/base/text.h"
#include "ballast/object/calico_selector.h"
#include "ballast/object/selector.h"
#include "network_policy.h"

/* Whose labels are asked for. */
struct subject {
    const cJSON *labels; /* of the pods */
    const char *namespace;
    const cJSON *about; /* the Namespace; NULL: not in sight */
    bool is_namespace;  /* its labels and not the pods' */
};

static enum bl_truth found(const char *value, const char **ret_value)
{
    *ret_value = value;
    return value ? BL_TRUE : BL_FALSE;
}

static enum bl_truth namespace_label(const struct subject *subject, const char *key,
                                     const char **ret_value)
{
    if (strcmp(key, "kubernetes.io/metadata.name") == 0)
        return *subject->namespace ? found(subject->namespace, ret_value) : BL_UNKNOWN;
    if (!subject->about)
        return BL_UNKNOWN;
    return found(bl_json_string(bl_object_labels(subject->about), key), ret_value);
}

static enum bl_truth namespace_name(const struct subject *subject, const char **ret_value)
{
    return namespace_label(subject, "kubernetes.io/metadata.name", ret_value);
}

/* --- Cilium: label selectors whose keys may say where a label is from --- */

static enum bl_truth cilium_label(const struct subject *subject, const char *key,
                                  const char **ret_value)
{
    static const char space[] = "io.kubernetes.pod.namespace",
                      labels[] = "io.cilium.k8s.namespace.labels.";
    const char *colon = strchr(key, ':');

    /* Hosts, the world, the plugin's own: no pods of anybody. */
    if (bl_text_starts(key, "reserved:"))
        return BL_FALSE;
    if (colon && !bl_text_starts(key, "k8s:") && !bl_text_starts(key, "any:"))
        return BL_UNKNOWN;
    key = colon ? colon + 1 : key;
    if (strcmp(key, space) == 0)
        return namespace_name(subject, ret_value);
    if (bl_text_starts(key, labels))
        return namespace_label(subject, key + strlen(labels), ret_value);
    if (bl_text_starts(key, "io.cilium."))
        return BL_UNKNOWN;
    return found(bl_json_string(subject->labels, key), ret_value);
}

static enum bl_truth cilium_expression(const struct subject *subject, const cJSON *expression)
{
    const char *key = bl_json_string(expression, "key"), *value = NULL;
    const char *op = bl_json_string(expression, "operator");
    enum bl_truth has = key ? cilium_label(subject, key, &value) : BL_UNKNOWN;
    const cJSON *wanted;
    bool among = false;

    if (has == BL_UNKNOWN || !op)
        return BL_UNKNOWN;
    if (strcmp(op, "Exists") == 0)
        return has;
    if (strcmp(op, "DoesNotExist") == 0)
        return has == BL_TRUE ? BL_FALSE : BL_TRUE;
    cJSON_ArrayForEach(wanted, bl_json_get(expression, "values")) {
        among |= cJSON_IsString(wanted) && bl_text_eq(wanted->valuestring, value);
    }
    if (strcmp(op, "In") == 0)
        return among ? BL_TRUE : BL_FALSE;
    if (strcmp(op, "NotIn") == 0)
        return among ? BL_FALSE : BL_TRUE;
    return BL_UNKNOWN;
}

static bool cilium_selects(const struct subject *subject, const cJSON *selector)
{
    const cJSON *entry;

    BL_JSON_EACH_MEMBER(entry, bl_json_get(selector, "matchLabels")) {
        const char *value = NULL;
        enum bl_truth has = cilium_label(subject, entry->string, &value);

        if (has == BL_FALSE ||
            (has == BL_TRUE && cJSON_IsString(entry) && strcmp(entry->valuestring, value) != 0))
            return false;
    }
    cJSON_ArrayForEach(entry, bl_json_get(selector, "matchExpressions")) {
        if (cilium_expression(subject, entry) == BL_FALSE)
            return false;
    }
    return true;
}

static bool cilium_rule_governs(const struct subject *subject, const cJSON *rule)
{
    const cJSON *selector = bl_json_get(rule, "endpointSelector");

    return !bl_json_is_null(selector) &&
           (!bl_json_is_null(bl_json_get(rule, "ingress")) ||
            !bl_json_is_null(bl_json_get(rule, "ingressDeny"))) &&
           cilium_selects(subject, selector);
}

static bool cilium_governs(const struct subject *subject, const cJSON *policy)
{
    const cJSON *rule;

    if (cilium_rule_governs(subject, bl_json_get(policy, "spec")))
        return true;
    cJSON_ArrayForEach(rule, bl_json_get(policy, "specs")) {
        if (cilium_rule_governs(subject, rule))
            return true;
    }
    return false;
}

/* --- Calico: a language of its own --- */

static enum bl_truth calico_label(const char *key, const char **ret_value, void *context)
{
    const struct subject *subject = context;

    bl_budget_spend(1 + bl_json_len(subject->labels) / 16);
    if (strcmp(key, subject->is_namespace ? "projectcalico.org/name"
                                          : "projectcalico.org/namespace") == 0)
        return namespace_name(subject, ret_value);
    if (subject->is_namespace)
        return namespace_label(subject, key, ret_value);
    if (bl_text_starts(key, "pcns."))
        return namespace_label(subject, key + strlen("pcns."), ret_value);
    if (strcmp(key, "projectcalico.org/orchestrator") == 0)
        return found("k8s", ret_value);
    if (bl_text_starts(key, "projectcalico.org/") || bl_text_starts(key, "pcsa."))
        return BL_UNKNOWN;
    return found(bl_json_string(subject->labels, key), ret_value);
}

static bool calico_selects(struct subject *subject, const cJSON *spec, const char *field)
{
    const char *selector = bl_json_string(spec, field);

    subject->is_namespace = strcmp(field, "namespaceSelector") == 0;
    bl_budget_spend_text(selector ? strlen(selector) : 0);
    return !selector || bl_calico_selector(selector, calico_label, subject) != BL_FALSE;
}

/* Where its types are not given it is for what it has rules for, and for ingress where it has none. */
static bool calico_is_for_ingress(const cJSON *spec)
{
    const cJSON *type, *types = bl_json_get(spec, "types");

    if (!bl_json_len(types))
        return bl_json_len(bl_json_get(spec, "ingress")) ||
               !bl_json_len(bl_json_get(spec, "egress"));
    cJSON_ArrayForEach(type, types) {
        if (cJSON_IsString(type) && strcasecmp(type->valuestring, "Ingress") == 0)
            return true;
    }
    return false;
}

static bool calico_governs(struct subject *subject, const cJSON *policy)
{
    const cJSON *spec = bl_json_get(policy, "spec");

    /* Calico's API shows Kubernetes' own policies too, ours among them, and policies of hosts. */
    if (bl_text_starts(bl_object_ref(policy).name, "knp.") ||
        bl_json_bool(spec, "doNotTrack", false) || bl_json_bool(spec, "preDNAT", false))
        return false;
    return calico_is_for_ingress(spec) && calico_selects(subject, spec, "selector") &&
           calico_selects(subject, spec, "namespaceSelector");
}

/* --- the baseline, which holds only for pods that no NetworkPolicy selects --- */

static bool chooses(const cJSON *selector, const cJSON *labels)
{
    return bl_json_is_null(selector) || bl_selector_matches(selector, labels);
}

static bool baseline_governs(const struct subject *subject, const cJSON *policy)
{
    const cJSON *spec = bl_json_get(policy, "spec"), *about = bl_json_get(spec, "subject");
    const cJSON *pods = bl_json_get(about, "pods"), *namespaces = bl_json_get(about, "namespaces");
    const char *tier = bl_json_string(spec, "tier");

    if (!bl_json_len(bl_json_get(spec, "ingress")) || (tier && strcmp(tier, "Baseline") != 0))
        return false;
    if (pods && !chooses(bl_json_get(pods, "podSelector"), subject->labels))
        return false;
    namespaces = pods ? bl_json_get(pods, "namespaceSelector") : namespaces;
    return !subject->about || chooses(namespaces, bl_object_labels(subject->about));
}

bool bl_network_plugin_governs(const struct bl_rule_run *run, const struct bl_workload *workload)
{
    const struct bl_world *world = run->scene->world;
    const char *namespace = workload->ref.namespace;
    struct subject subject = {
        .labels = workload->pod_labels,
        .namespace = namespace,
        .about = *namespace ? bl_world_find(world, BL_WORLD_NAMESPACE, "", namespace) : NULL};
    struct bl_world_iter iter = bl_world_walk(world, BL_WORLD_PLUGIN_POLICY, namespace);

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter)) && bl_budget_turn();) {
        const char *group = bl_object_ref(entry->object).api_version;
        bool governs = bl_text_starts(group, "cilium.io/") ? cilium_governs(&subject, entry->object)
                       : bl_text_starts(group, "policy.networking.k8s.io/")
                           ? baseline_governs(&subject, entry->object)
                           : calico_governs(&subject, entry->object);

        if (governs)
            return true;
    }
    return false;
}
