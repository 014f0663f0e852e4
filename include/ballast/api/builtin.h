/** The kinds of Kubernetes, and of what extends it, that Ballast handles: one line each. */
#ifndef BALLAST_API_BUILTIN_H
#define BALLAST_API_BUILTIN_H

#include "ballast/api/kind.h"

/* X(identifier, group, version, plural, kind, scope) */
#define BL_BUILTIN_KINDS(X)                                                                       \
    X(pod, "", "v1", "pods", "Pod", NAMESPACED)                                                   \
    X(service, "", "v1", "services", "Service", NAMESPACED)                                       \
    X(config_map, "", "v1", "configmaps", "ConfigMap", NAMESPACED)                                \
    X(secret, "", "v1", "secrets", "Secret", NAMESPACED)                                          \
    X(claim, "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", NAMESPACED)             \
    X(service_account, "", "v1", "serviceaccounts", "ServiceAccount", NAMESPACED)                 \
    X(resource_quota, "", "v1", "resourcequotas", "ResourceQuota", NAMESPACED)                    \
    X(role, "rbac.authorization.k8s.io", "v1", "roles", "Role", NAMESPACED)                       \
    X(role_binding, "rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", NAMESPACED) \
    X(daemon_set, "apps", "v1", "daemonsets", "DaemonSet", NAMESPACED)                            \
    X(pod_autoscaler, "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", \
      NAMESPACED)                                                                                 \
    X(job, "batch", "v1", "jobs", "Job", NAMESPACED)                                              \
    X(cron_job, "batch", "v1", "cronjobs", "CronJob", NAMESPACED)                                 \
    X(namespace, "", "v1", "namespaces", "Namespace", CLUSTER)                                    \
    X(node, "", "v1", "nodes", "Node", CLUSTER)                                                   \
    X(stateful_set, "apps", "v1", "statefulsets", "StatefulSet", NAMESPACED)                      \
    X(deployment, "apps", "v1", "deployments", "Deployment", NAMESPACED)                          \
    X(revision, "apps", "v1", "controllerrevisions", "ControllerRevision", NAMESPACED)            \
    X(disruption_budget, "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget",           \
      NAMESPACED)                                                                                 \
    X(network_policy, "networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", NAMESPACED)  \
    X(cilium_policy, "cilium.io", "v2", "ciliumnetworkpolicies", "CiliumNetworkPolicy",           \
      NAMESPACED)                                                                                 \
    X(cilium_wide_policy, "cilium.io", "v2", "ciliumclusterwidenetworkpolicies",                  \
      "CiliumClusterwideNetworkPolicy", CLUSTER)                                                  \
    X(calico_policy, "crd.projectcalico.org", "v1", "networkpolicies", "NetworkPolicy",           \
      NAMESPACED)                                                                                 \
    X(calico_wide_policy, "crd.projectcalico.org", "v1", "globalnetworkpolicies",                 \
      "GlobalNetworkPolicy", CLUSTER)                                                             \
    X(calico3_policy, "projectcalico.org", "v3", "networkpolicies", "NetworkPolicy", NAMESPACED)  \
    X(calico3_wide_policy, "projectcalico.org", "v3", "globalnetworkpolicies",                    \
      "GlobalNetworkPolicy", CLUSTER)                                                             \
    X(baseline_policy, "policy.networking.k8s.io", "v1alpha1", "baselineadminnetworkpolicies",    \
      "BaselineAdminNetworkPolicy", CLUSTER)                                                      \
    X(cluster_policy, "policy.networking.k8s.io", "v1alpha2", "clusternetworkpolicies",           \
      "ClusterNetworkPolicy", CLUSTER)                                                            \
    X(storage_class, "storage.k8s.io", "v1", "storageclasses", "StorageClass", CLUSTER)           \
    X(lease, "coordination.k8s.io", "v1", "leases", "Lease", NAMESPACED)                          \
    X(event, "", "v1", "events", "Event", NAMESPACED)                                             \
    X(mutating_configuration, "admissionregistration.k8s.io", "v1",                               \
      "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", CLUSTER)                   \
    X(validating_configuration, "admissionregistration.k8s.io", "v1",                             \
      "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", CLUSTER)               \
    X(policy_report, "wgpolicyk8s.io", "v1alpha2", "policyreports", "PolicyReport", NAMESPACED)   \
    X(strimzi_kafka, "kafka.strimzi.io", "v1beta2", "kafkas", "Kafka", NAMESPACED)

/* bl_kind_pod, bl_kind_stateful_set, … */
#define BL_DECLARE_KIND(identifier, ...) extern const struct bl_kind bl_kind_##identifier;
BL_BUILTIN_KINDS(BL_DECLARE_KIND)
#undef BL_DECLARE_KIND

/** Is the namespace one that no policy touches: kube-system and its like? */
bool bl_namespace_excluded(const char *namespace);

#endif
