#include "ballast/backup/rehearsal.h"

#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/backup/protect.h"
#include "ballast/backup/schedule.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"

/* --- as it is restored --- */

/*
 * JSON Patch (RFC 6902) fails on what is not there, so that each rule names what has to be there by a JSONPath. Services become
 * such as nobody meets from outside, and the fields go that the API server takes with the others alone; policies keep whom
 * they select, and allow nothing beside ours, since policies add up.
 */
#define SERVICE "", "Service"
#define NETWORK_POLICY "networking.k8s.io", "NetworkPolicy"
#define CILIUM "cilium.io", "CiliumNetworkPolicy"
#define CALICO "crd.projectcalico.org", "NetworkPolicy"
#define CALICO_3 "projectcalico.org", "NetworkPolicy"
static const struct {
    const char *group, *kind; /* NULL: of all */
    const char *there;
    const char *op, *path;
    const char *value; /* NULL: none; "": the label */
} rules[] = {
    {NULL, NULL, "$.metadata.labels", "ADD", BL_POINTER_REHEARSAL, ""},
    /* So that it is seen when the last pod has gone, and none is in the network of its node, which no policy closes. */
    {NULL, NULL, "$.spec.template.metadata.labels", "ADD", "/spec/template" BL_POINTER_REHEARSAL,
     ""},
    {NULL, NULL, "$.spec.jobTemplate.spec.template.metadata.labels", "ADD",
     "/spec/jobTemplate/spec/template" BL_POINTER_REHEARSAL, ""},
    {NULL, NULL, "$.spec.hostNetwork", "REMOVE", "/spec/hostNetwork", NULL},
    {NULL, NULL, "$.spec.template.spec.hostNetwork", "REMOVE", "/spec/template/spec/hostNetwork",
     NULL},
    {NULL, NULL, "$.spec.jobTemplate.spec.template.spec.hostNetwork", "REMOVE",
     "/spec/jobTemplate/spec/template/spec/hostNetwork", NULL},
    {SERVICE, "$.spec.ports", "REPLACE", "/spec/type", "ClusterIP"},
    {SERVICE, "$.spec.externalIPs", "REMOVE", "/spec/externalIPs", NULL},
    {SERVICE, "$.spec.externalTrafficPolicy", "REMOVE", "/spec/externalTrafficPolicy", NULL},
    {SERVICE, "$.spec.allocateLoadBalancerNodePorts", "REMOVE",
     "/spec/allocateLoadBalancerNodePorts", NULL},
    {SERVICE, "$.spec.loadBalancerClass", "REMOVE", "/spec/loadBalancerClass", NULL},
    {SERVICE, "$.spec.loadBalancerIP", "REMOVE", "/spec/loadBalancerIP", NULL},
    {SERVICE, "$.spec.loadBalancerSourceRanges", "REMOVE", "/spec/loadBalancerSourceRanges", NULL},
    {SERVICE, "$.spec.healthCheckNodePort", "REMOVE", "/spec/healthCheckNodePort", NULL},
    {SERVICE, "$.spec.ports[0].nodePort", "REMOVE", "/spec/ports/0/nodePort", NULL},
    {SERVICE, "$.spec.ports[1].nodePort", "REMOVE", "/spec/ports/1/nodePort", NULL},
    {SERVICE, "$.spec.ports[2].nodePort", "REMOVE", "/spec/ports/2/nodePort", NULL},
    {SERVICE, "$.spec.ports[3].nodePort", "REMOVE", "/spec/ports/3/nodePort", NULL},
    {SERVICE, "$.metadata.annotations['external-dns.alpha.kubernetes.io/hostname']", "REMOVE",
     "/metadata/annotations/external-dns.alpha.kubernetes.io~1hostname", NULL},
    {SERVICE, "$.metadata.annotations['external-dns.alpha.kubernetes.io/internal-hostname']",
     "REMOVE", "/metadata/annotations/external-dns.alpha.kubernetes.io~1internal-hostname", NULL},
    {NETWORK_POLICY, "$.spec.egress", "REMOVE", "/spec/egress", NULL},
    {NETWORK_POLICY, "$.spec.ingress", "REMOVE", "/spec/ingress", NULL},
    {CILIUM, "$.spec.egress", "REMOVE", "/spec/egress", NULL},
    {CILIUM, "$.spec.ingress", "REMOVE", "/spec/ingress", NULL},
    {CILIUM, "$.specs", "REMOVE", "/specs", NULL},
    {CALICO, "$.spec.egress", "REMOVE", "/spec/egress", NULL},
    {CALICO, "$.spec.ingress", "REMOVE", "/spec/ingress", NULL},
    {CALICO_3, "$.spec.egress", "REMOVE", "/spec/egress", NULL},
    {CALICO_3, "$.spec.ingress", "REMOVE", "/spec/ingress", NULL},
};

static bool allows(const cJSON *spec)
{
    return bl_json_len(bl_json_get(spec, "ingress")) || bl_json_len(bl_json_get(spec, "egress"));
}

bool bl_rehearsal_is_opened_by(const cJSON *policy)
{
    return strcmp(bl_object_ref(policy).name, BL_REHEARSAL_ISOLATION) != 0 &&
           (allows(bl_json_get(policy, "spec")) || bl_json_len(bl_json_get(policy, "specs")));
}

void bl_rehearsal_add_rules(cJSON *list, const char *label)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rules); i++) {
        cJSON *rule = bl_json_push(list, bl_json_new_object()), *filter, *action;

        bl_json_add_string(rule, "description", "a rehearsal of Ballast");
        filter = bl_json_add_object(rule, "resourceFilter");
        if (rules[i].kind) {
            cJSON *kind =
                bl_json_push(bl_json_add_array(filter, "groupKinds"), bl_json_new_object());

            bl_json_add_string(kind, "resourceGroup", rules[i].group);
            bl_json_add_string(kind, "resourceKind", rules[i].kind);
        }
        bl_json_add_string(filter, "jsonPath", rules[i].there);
        action = bl_json_push(bl_json_add_array(rule, "fieldActions"), bl_json_new_object());
        bl_json_add_string(action, "op", rules[i].op);
        bl_json_add_string(action, "path", rules[i].path);
        if (rules[i].value)
            bl_json_add_string(action, "value", *rules[i].value ? rules[i].value : label);
    }
}

/* --- around it --- */

static void add_selector(cJSON *peers, const char *key, const char *label, const char *value)
{
    cJSON *selector = bl_json_add_object(bl_json_push(peers, bl_json_new_object()), key);

    if (label)
        bl_json_add_string(bl_json_add_object(selector, "matchLabels"), label, value);
}

static void add_dns(cJSON *egress)
{
    static const char *const protocols[] = {"UDP", "TCP"};
    cJSON *ports = bl_json_add_array(bl_json_push(egress, bl_json_new_object()), "ports");

    for (size_t i = 0; i < BL_ARRAY_LEN(protocols); i++) {
        cJSON *port = bl_json_push(ports, bl_json_new_object());

        bl_json_add_string(port, "protocol", protocols[i]);
        bl_json_add_int(port, "port", 53);
    }
}

cJSON *bl_rehearsal_policy(const char *namespace, const char *ours)
{
    cJSON *policy = bl_kind_new_object(&bl_kind_network_policy, namespace, BL_REHEARSAL_ISOLATION);
    cJSON *spec = bl_json_add_object(policy, "spec"), *types, *peers, *egress;

    (void)bl_json_add_object(spec, "podSelector");
    types = bl_json_add_array(spec, "policyTypes");
    bl_json_push(types, bl_json_new_string("Ingress"));
    bl_json_push(types, bl_json_new_string("Egress"));
    peers = bl_json_add_array(
        bl_json_push(bl_json_add_array(spec, "ingress"), bl_json_new_object()), "from");
    add_selector(peers, "podSelector", NULL, NULL);
    if (ours)
        add_selector(peers, "namespaceSelector", BL_LABEL_NAMESPACE_NAME, ours);
    egress = bl_json_add_array(spec, "egress");
    add_selector(bl_json_add_array(bl_json_push(egress, bl_json_new_object()), "to"), "podSelector",
                 NULL, NULL);
    add_dns(egress);
    return policy;
}

cJSON *bl_rehearsal_quota(const char *namespace)
{
    static const char *const none[] = {"services.loadbalancers", "services.nodeports",
                                       "count/ingresses.networking.k8s.io"};
    cJSON *quota = bl_kind_new_object(&bl_kind_resource_quota, namespace, BL_REHEARSAL_ISOLATION);
    cJSON *hard = bl_json_add_object(bl_json_add_object(quota, "spec"), "hard");

    for (size_t i = 0; i < BL_ARRAY_LEN(none); i++)
        bl_json_add_string(hard, none[i], "0");
    return quota;
}

bool bl_rehearsal_quota_holds(const cJSON *quota)
{
    return bl_json_equal(bl_json_at(quota, "spec", "hard", NULL),
                         bl_json_at(quota, "status", "hard", NULL)) &&
           bl_json_at(quota, "status", "hard", NULL);
}

/* --- how far it is --- */

bool bl_rehearsal_is_on(const cJSON *restore, int64_t now BL_UNUSED)
{
    return bl_text_eq(bl_json_string(bl_object_condition(restore, BL_CONDITION_ISOLATED), "status"),
                      "True");
}

bool bl_rehearsal_is_over(const cJSON *restore)
{
    return bl_text_eq(bl_json_string(bl_object_condition(restore, BL_CONDITION_ISOLATED), "reason"),
                      BL_REHEARSAL_OVER);
}

int64_t bl_rehearsal_due(const struct bl_backup_plan_spec *spec, int64_t last, int64_t created,
                         int64_t now)
{
    struct bl_backup_schedule schedule = {.cron = spec->rehearsal.cron};

    return bl_backup_due(&schedule, last, created, now);
}

int64_t bl_rehearsal_believed(const struct bl_backup_plan_spec *spec, int64_t last, int64_t now)
{
    struct bl_backup_schedule schedule = {.cron = spec->rehearsal.cron};

    return bl_backup_believed(&schedule, last, now);
}

/* --- and away again --- */

static const struct bl_kind protected_application = {
    .resource = {BL_PROTECTED_GROUP, "v1", BL_PROTECTED_PLURAL},
    .kind = BL_PROTECTED_KIND,
    .scope = BL_KIND_NAMESPACED};
static const struct bl_kind kafka_cluster = {
    .resource = {BL_API_GROUP, "v1alpha1", "kafkaclusters"},
    .kind = "KafkaCluster",
    .scope = BL_KIND_NAMESPACED};

/* What would make anything else anew comes first; pods go with whoever made them. */
const struct bl_kind *const bl_rehearsal_kinds[] = {&kafka_cluster,
                                                    &bl_kind_kafka_backup_plan,
                                                    &protected_application,
                                                    &bl_kind_stateful_set,
                                                    &bl_kind_deployment,
                                                    &bl_kind_daemon_set,
                                                    &bl_kind_cron_job,
                                                    &bl_kind_job,
                                                    &bl_kind_pod_autoscaler,
                                                    &bl_kind_pod,
                                                    &bl_kind_service,
                                                    &bl_kind_claim,
                                                    &bl_kind_network_policy,
                                                    &bl_kind_cilium_policy,
                                                    &bl_kind_calico_policy,
                                                    &bl_kind_calico3_policy,
                                                    &bl_kind_disruption_budget,
                                                    &bl_kind_config_map,
                                                    &bl_kind_secret,
                                                    &bl_kind_role_binding,
                                                    &bl_kind_role,
                                                    &bl_kind_service_account,
                                                    NULL};
