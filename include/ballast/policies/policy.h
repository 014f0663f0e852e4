/**
 * Policy files: which rules hold where.
 *
 * A policy names what it matches and gives rules their action and parameters. Of several policies, the
 * one with the highest priority that defines a rule decides it, then the first by name. Exceptions take
 * a workload out of some rules until a day; an exception that has expired counts no more.
 */
#ifndef BALLAST_POLICIES_POLICY_H
#define BALLAST_POLICIES_POLICY_H

#include "ballast/api/kind.h"
#include "ballast/base/date.h"
#include "ballast/base/file.h"
#include "ballast/json/decode.h"
#include "ballast/workload/scene.h"

enum bl_action {
    BL_ACTION_MUTATE, /* add what is missing; deny what the author set wrong */
    BL_ACTION_DENY,
    BL_ACTION_WARN,
    BL_ACTION_AUDIT,
    BL_ACTION_OFF,
};

const char *bl_action_name(enum bl_action action);

/* X(ID, file below policies/rules, key in policy files and JSON, name in messages and documentation) */
#define BL_RULES(X)                                                                  \
    X(DISRUPTION_BUDGET, disruption_budget, "disruptionBudget", "disruption-budget") \
    X(ZONE_SPREAD, zone_spread, "zoneSpread", "zone-spread")                         \
    X(NETWORK_POLICY, network_policy, "networkPolicy", "network-policy")             \
    X(PROBES, probes, "probes", "probes")                                            \
    X(GRACEFUL_STOP, graceful_stop, "gracefulStop", "graceful-stop")                 \
    X(SERVICES, services, "services", "services")                                    \
    X(IN_SYNC, in_sync, "inSync", "in-sync")                                         \
    X(ROLLOUT, rollout, "rollout", "rollout")                                        \
    X(RACK, rack, "rack", "rack")                                                    \
    X(IMAGES, images, "images", "images")                                            \
    X(REPLICAS, replicas, "replicas", "replicas")                                    \
    X(DURABILITY, durability, "durability", "durability")                            \
    X(STORAGE, storage, "storage", "storage")                                        \
    X(RESOURCES, resources, "resources", "resources")                                \
    X(UPGRADE_PATH, upgrade_path, "upgradePath", "upgrade-path")

#define BL_RULE_ID(id, ...) BL_RULE_##id,
enum bl_rule_id { BL_RULES(BL_RULE_ID) BL_RULE_COUNT };
#undef BL_RULE_ID

/** "zoneSpread" in policy files and JSON, "zone-spread" in messages and documentation. */
const char *bl_rule_key(enum bl_rule_id rule);
const char *bl_rule_name(enum bl_rule_id rule);
/** One sentence on what it is for. */
const char *bl_rule_summary(enum bl_rule_id rule);

struct bl_policy;

/** All policies that hold together. Immutable once it is filled. */
struct bl_policy_set {
    struct bl_policy **items;
    size_t len, cap;
};

/**
 * Adds one policy from its parsed text; `file` and `doc` are for messages. Two policies of one name in
 * a set are an error.
 */
BL_CHECK int bl_policy_set_add(struct bl_policy_set *set, const char *file,
                               const struct bl_yaml_doc *doc, const cJSON *value,
                               struct bl_error **err);

/** Adds a KafkaPolicy object of a cluster. */
BL_CHECK int bl_policy_set_add_object(struct bl_policy_set *set, const cJSON *object,
                                      struct bl_error **err);

/** Largest policy file; the bundles have a few kilobytes. */
#define BL_POLICY_MAX_BYTES ((size_t)1 << 20)

/** Adds the policies of one file's text. It may hold several documents, KafkaPolicies all. */
BL_CHECK int bl_policy_set_add_text(struct bl_policy_set *set, const char *name, const char *text,
                                    size_t len, struct bl_error **err);

/**
 * Adds the files that `name` stands for: a file, a folder whose .yaml, .yml and .json files count, or the
 * name of a bundle. A folder without any is an error.
 */
BL_CHECK int bl_policy_paths(struct bl_paths *paths, const char *name, struct bl_error **err);

/** Reads the policies of all of them, and sorts. */
BL_CHECK int bl_policy_set_read(struct bl_policy_set *set, const char *name, struct bl_error **err);
/** Puts policies in the order in which they decide; bl_policy_set_read() has done so already. */
void bl_policy_set_sort(struct bl_policy_set *set);
void bl_policy_set_release(struct bl_policy_set *set);

extern const struct bl_kind bl_kind_kafka_policy;

const char *bl_policy_name(const struct bl_policy *policy);

#endif
