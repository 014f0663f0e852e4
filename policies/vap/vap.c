#include "vap.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/*
 * A pack of ValidatingAdmissionPolicies. Whatever goes wrong in an expression admits (failurePolicy Ignore): the
 * pack is a net below the webhook, and one that fails closed by a fault of its own would be worse than none.
 */

#define API_VERSION "admissionregistration.k8s.io/v1"

/* Who cleans up after a deletion that was allowed already; the same are in review/say.c. */
#define CLEANERS                                                         \
    "[\"system:serviceaccount:kube-system:generic-garbage-collector\", " \
    "\"system:serviceaccount:kube-system:namespace-controller\", "       \
    "\"system:serviceaccount:kube-system:statefulset-controller\"]"

static void add_words(cJSON *object, const char *key, const char *words)
{
    cJSON *list = bl_json_add_array(object, key);

    while (*words) {
        size_t len = strcspn(words, " ");
        BL_AUTO_FREE char *word = bl_strndup(words, len);

        bl_json_push(list, bl_json_new_string(strcmp(word, "core") == 0 ? "" : word));
        words += len;
        words += strspn(words, " ");
    }
}

static void add_resources(cJSON *spec, const struct bl_vap_check *check)
{
    static const struct {
        const char *group, *resources;
    } targets[] = {
        [BL_VAP_WORKLOAD] = {"apps", "statefulsets deployments"},
        [BL_VAP_SET] = {"apps", "statefulsets"},
        [BL_VAP_CLAIM] = {"core", "persistentvolumeclaims"},
        [BL_VAP_BUDGET] = {"policy", "poddisruptionbudgets"},
        [BL_VAP_NETWORK_POLICY] = {"networking.k8s.io", "networkpolicies"},
    };
    cJSON *match = bl_json_add_object(spec, "matchConstraints");
    cJSON *rule = bl_json_push(bl_json_add_array(match, "resourceRules"), bl_json_new_object());

    add_words(rule, "apiGroups", targets[check->target].group);
    add_words(rule, "apiVersions", "v1");
    add_words(rule, "operations", check->deletes ? "DELETE" : "CREATE UPDATE");
    add_words(rule, "resources", targets[check->target].resources);
}

static void add_condition(cJSON *spec, const char *name, const char *expression)
{
    cJSON *conditions = bl_json_get(spec, "matchConditions"), *condition;

    if (!conditions)
        conditions = bl_json_add_array(spec, "matchConditions");
    condition = bl_json_push(conditions, bl_json_new_object());
    bl_json_add_string(condition, "name", name);
    bl_json_add_string(condition, "expression", expression);
}

static char *admins_among(const char *const *admins, const char *kind)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (; admins && *admins; admins++) {
        if (!bl_text_starts(*admins, kind))
            continue;
        bl_strbuf_adds(&out, out.len ? ", " : "");
        bl_json_write_string(&out, *admins + strlen(kind));
    }
    return bl_strbuf_take(&out);
}

static void add_conditions(cJSON *spec, const struct bl_vap_options *options)
{
    BL_AUTO_FREE char *users = admins_among(options->admins, "user:");
    BL_AUTO_FREE char *groups = admins_among(options->admins, "group:");
    BL_AUTO_FREE char *not_users = bl_asprintf("!(request.userInfo.username in [%s])", users);
    BL_AUTO_FREE char *not_groups =
        bl_asprintf("!request.userInfo.groups.exists(g, g in [%s])", groups);

    add_condition(spec, "not-cleanup", "!(request.userInfo.username in " CLEANERS ")");
    if (*users)
        add_condition(spec, "no-admin-user", not_users);
    if (*groups)
        add_condition(spec, "no-admin-group", not_groups);
}

/* Names that recognition would take for a server, and what a command line would not have then. */
#define IMAGES(names)                                                              \
    "variables.containers.exists(c, c.?image.orValue(\"\").matches(\"(^|/)(" names \
    ")(:[^/]*)?(@.*)?$\"))"
#define RUNS(words)                                                                            \
    "variables.containers.exists(c, (c.?command.orValue([]) + c.?args.orValue([])).exists(w, " \
    "w.matches(\"(?i)(" words ")\")))"
#define GUESS                                                                                      \
    "request.resource.resource != \"statefulsets\" || variables.stranger ? \"\" : " RUNS(          \
        "zookeeper-server-start|zkserver") " || " IMAGES("zookeeper|cp-zookeeper") " ? "           \
                                                                                   "\"zookeeper\"" \
                                                                                   " : " IMAGES(   \
                                                                                       "kafka|"    \
                                                                                       "kafka-"    \
                                                                                       "native|"   \
                                                                                       "cp-kafka|" \
                                                                                       "cp-"       \
                                                                                       "server") " ? \"kafka\" : \"\""
#define STRANGER                                                                               \
    RUNS("connect-(distributed|standalone)|mirror-maker|schema-registry|kafka-rest|ksql|kcat|" \
         "kafka-(console|topics|acls|configs|producer|consumer)|exporter")

static void recognise_workload(cJSON *spec, const char *o)
{
    BL_AUTO_FREE char *containers = bl_asprintf("%s.spec.template.spec.containers", o);
    BL_AUTO_FREE char *label = bl_asprintf("variables.labels[?\"" BL_LABEL_ROLE
                                           "\"].orValue(%s.spec.template.?metadata.?labels"
                                           "[?\"" BL_LABEL_ROLE "\"].orValue(\"\"))",
                                           o);
    BL_AUTO_FREE char *owned = bl_asprintf(
        "%s.metadata.?ownerReferences.orValue([]).exists(r, r.?controller.orValue(false)) || "
        "variables.labels.exists(k, k.startsWith(\"strimzi.io/\") || "
        "k.startsWith(\"eventstreams.ibm.com/\") || k in [\"kafka_cr\", "
        "\"platform.confluent.io/type\"])",
        o);

    bl_vap_variable(spec, "containers", containers);
    bl_vap_variable(spec, "label", label);
    bl_vap_variable(spec, "stranger", STRANGER);
    bl_vap_variable(spec, "guess", GUESS);
    bl_vap_variable(spec, "role", "variables.label != \"\" ? variables.label : variables.guess");
    bl_vap_variable(spec, "owned", owned);
}

/* By the label, else by the name that charts give: on itself, or in what it selects. */
static void recognise_other(cJSON *spec, enum bl_vap_target target, const char *o)
{
    static const char *const selectors[] = {
        [BL_VAP_BUDGET] = "spec.?selector.?matchLabels",
        [BL_VAP_NETWORK_POLICY] = "spec.?podSelector.?matchLabels",
        [BL_VAP_CLAIM] = "metadata.?labels",
    };
    BL_AUTO_FREE char *selected = bl_asprintf("%s.%s.orValue({})", o, selectors[target]);

    bl_vap_variable(spec, "selected", selected);
    bl_vap_variable(spec, "label",
                    "variables.labels[?\"" BL_LABEL_ROLE "\"].orValue("
                    "variables.selected[?\"" BL_LABEL_ROLE "\"].orValue(\"\"))");
    bl_vap_variable(spec, "app",
                    "variables.selected[?\"app.kubernetes.io/name\"].orValue("
                    "variables.selected[?\"app\"].orValue(\"\"))");
    bl_vap_variable(spec, "role",
                    "variables.label != \"\" ? variables.label : "
                    "variables.app in [\"kafka\", \"zookeeper\"] ? variables.app : \"\"");
    bl_vap_variable(spec, "owned", "false");
}

static void add_variables(cJSON *spec, const struct bl_vap_check *check, const char *scope)
{
    const char *o = check->deletes ? "oldObject" : "object";
    BL_AUTO_FREE char *labels = bl_asprintf("%s.metadata.?labels.orValue({})", o);
    BL_AUTO_FREE char *concerned = bl_asprintf("!variables.owned && %s", scope);
    BL_AUTO_FREE char *meant =
        bl_asprintf("%s.metadata.?annotations[?\"" BL_ANNOTATION_ALLOW_DELETION
                    "\"].orValue(\"\") == \"true\" || "
                    "has(namespaceObject.metadata.deletionTimestamp)",
                    o);

    bl_json_add_array(spec, "variables");
    bl_vap_variable(spec, "labels", labels);
    bl_vap_variable(spec, "namespaceLabels", "namespaceObject.metadata.?labels.orValue({})");
    if (bl_vap_is_workload(check->target))
        recognise_workload(spec, o);
    else
        recognise_other(spec, check->target, o);
    bl_vap_variable(spec, "concerned", concerned);
    if (check->deletes)
        bl_vap_variable(spec, "meant", meant);
}

/* A policy of a file may have any name. */
static char *name_of(const struct bl_policy *policy, const struct bl_vap_check *check)
{
    char *name = bl_asprintf("ballast-%s-%s-%s", bl_policy_name(policy), bl_rule_name(check->rule),
                             check->name);

    for (char *c = name; *c; c++)
        *c = isalnum((unsigned char)*c) || *c == '.' ? (char)tolower((unsigned char)*c) : '-';
    return name;
}

static cJSON *new_object(const char *kind, const char *name, const struct bl_policy *policy)
{
    cJSON *object = bl_json_new_object(), *metadata, *labels;

    bl_json_add_string(object, "apiVersion", API_VERSION);
    bl_json_add_string(object, "kind", kind);
    metadata = bl_json_add_object(object, "metadata");
    bl_json_add_string(metadata, "name", name);
    labels = bl_json_add_object(metadata, "labels");
    bl_json_add_string(labels, "app.kubernetes.io/name", "ballast");
    bl_json_add_string(labels, "app.kubernetes.io/component", "vap");
    bl_json_add_string(bl_json_add_object(metadata, "annotations"), BL_ANNOTATION_POLICY,
                       bl_policy_name(policy));
    return object;
}

static cJSON *new_policy(const struct bl_vap_check *check, const struct bl_policy *policy,
                         const char *scope, const char *name, const struct bl_vap_options *options)
{
    cJSON *object = new_object("ValidatingAdmissionPolicy", name, policy), *spec;

    spec = bl_json_add_object(object, "spec");
    bl_json_add_string(spec, "failurePolicy", "Ignore");
    add_resources(spec, check);
    add_conditions(spec, options);
    add_variables(spec, check, scope);
    bl_json_add_array(spec, "validations");
    check->write(check, policy, spec);
    return object;
}

static void add_namespaces(cJSON *spec, const struct bl_vap_options *options)
{
    cJSON *resources = bl_json_add_object(spec, "matchResources");
    cJSON *selector = bl_json_add_object(resources, "namespaceSelector"), *expression;

    if (options->label)
        bl_json_add_string(bl_json_add_object(selector, "matchLabels"), options->label,
                           options->value);
    expression =
        bl_json_push(bl_json_add_array(selector, "matchExpressions"), bl_json_new_object());
    bl_json_add_string(expression, "key", BL_LABEL_NAMESPACE_NAME);
    bl_json_add_string(expression, "operator", "NotIn");
    add_words(expression, "values", "kube-system kube-public kube-node-lease ballast-system");
}

static cJSON *new_binding(const struct bl_policy *policy, enum bl_action action, const char *name,
                          const struct bl_vap_options *options)
{
    cJSON *object = new_object("ValidatingAdmissionPolicyBinding", name, policy), *spec;

    spec = bl_json_add_object(object, "spec");
    bl_json_add_string(spec, "policyName", name);
    add_words(spec, "validationActions",
              action == BL_ACTION_WARN    ? "Warn"
              : action == BL_ACTION_AUDIT ? "Audit"
                                          : "Deny");
    add_namespaces(spec, options);
    return object;
}

static enum bl_action action_of(const struct bl_policy *policy, const struct bl_vap_check *check)
{
    enum bl_action action = (enum bl_action)policy->rules[check->rule]->action;

    return check->warns && action < BL_ACTION_WARN ? BL_ACTION_WARN : action;
}

static void render(cJSON *list, const struct bl_policy_set *set, const struct bl_policy *policy,
                   const struct bl_vap_check *check, const struct bl_vap_options *options)
{
    const struct bl_rule_params *params = policy->rules[check->rule];
    BL_AUTO_FREE char *name = name_of(policy, check);
    BL_AUTO_FREE char *scope = NULL;
    BL_AUTO_JSON cJSON *object = NULL;

    if (!params || params->action == BL_ACTION_OFF)
        return;
    scope = bl_vap_scope(set, policy, check->rule, check->target, options->today);
    if (!scope)
        return;
    object = new_policy(check, policy, scope, name, options);
    if (!bl_json_len(bl_json_at(object, "spec", "validations", NULL)))
        return;
    bl_json_push(list, BL_STEAL(object));
    bl_json_push(list, new_binding(policy, action_of(policy, check), name, options));
}

cJSON *bl_vap_render(const struct bl_policy_set *set, const struct bl_vap_options *options)
{
    cJSON *list = bl_json_new_array();

    for (size_t p = 0; p < set->len; p++)
        for (size_t c = 0; c < bl_vap_checks_len; c++)
            render(list, set, set->items[p], &bl_vap_checks[c], options);
    return list;
}

const char *bl_vap_left_out(enum bl_rule_id rule)
{
    static const char *const reasons[BL_RULE_COUNT] = {
        [BL_RULE_ZONE_SPREAD] = "its selectors have to be evaluated against the pod's labels",
        [BL_RULE_PROBES] = "which container and port is Kafka's has to be recognised",
        [BL_RULE_SERVICES] = "a Service does not show what it stands before",
        [BL_RULE_IN_SYNC] = "an eviction does not show its pod",
        [BL_RULE_ROLLOUT] = "it has nothing to deny but staged rollouts",
        [BL_RULE_RACK] = "it denies nothing",
        [BL_RULE_DURABILITY] = "settings are in variables, files and ConfigMaps",
        [BL_RULE_RESOURCES] = "which container is Kafka's has to be recognised",
    };

    return reasons[rule];
}
