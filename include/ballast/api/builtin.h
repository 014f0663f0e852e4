/** The kinds of Kubernetes, and of what extends it, that Ballast handles: one line each. */
#ifndef BALLAST_API_BUILTIN_H
#define BALLAST_API_BUILTIN_H

#include "ballast/api/kind.h"

/* X(identifier, group, version, plural, kind, scope) */
#define BL_BUILTIN_KINDS(X)                                                                      \
    X(pod, "", "v1", "pods", "Pod", NAMESPACED)                                                  \
    X(service, "", "v1", "services", "Service", NAMESPACED)                                      \
    X(config_map, "", "v1", "configmaps", "ConfigMap", NAMESPACED)                               \
    X(secret, "", "v1", "secrets", "Secret", NAMESPACED)                                         \
    X(claim, "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", NAMESPACED)            \
    X(namespace, "", "v1", "namespaces", "Namespace", CLUSTER)                                   \
    X(node, "", "v1", "nodes", "Node", CLUSTER)                                                  \
    X(stateful_set, "apps", "v1", "statefulsets", "StatefulSet", NAMESPACED)                     \
    X(deployment, "apps", "v1", "deployments", "Deployment", NAMESPACED)                         \
    X(revision, "apps", "v1", "controllerrevisions", "ControllerRevision", NAMESPACED)           \
    X(disruption_budget, "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget",          \
      NAMESPACED)                                                                                \
    X(network_policy, "networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", NAMESPACED) \
    X(storage_class, "storage.k8s.io", "v1", "storageclasses", "StorageClass", CLUSTER)          \
    X(lease, "coordination.k8s.io", "v1", "leases", "Lease", NAMESPACED)                         \
    X(event, "events.k8s.io", "v1", "events", "Event", NAMESPACED)                               \
    X(mutating_configuration, "admissionregistration.k8s.io", "v1",                              \
      "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", CLUSTER)                  \
    X(validating_configuration, "admissionregistration.k8s.io", "v1",                            \
      "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", CLUSTER)              \
    X(policy_report, "wgpolicyk8s.io", "v1alpha2", "policyreports", "PolicyReport", NAMESPACED)  \
    X(strimzi_kafka, "kafka.strimzi.io", "v1beta2", "kafkas", "Kafka", NAMESPACED)

/* bl_kind_pod, bl_kind_stateful_set, … */
#define BL_DECLARE_KIND(identifier, ...) extern const struct bl_kind bl_kind_##identifier;
BL_BUILTIN_KINDS(BL_DECLARE_KIND)
#undef BL_DECLARE_KIND

#endif
