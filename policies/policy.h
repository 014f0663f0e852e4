/** A decoded policy, and the table of rules. */
#ifndef BALLAST_POLICIES_POLICY_PRIVATE_H
#define BALLAST_POLICIES_POLICY_PRIVATE_H

#include "ballast/policies/policy.h"

struct bl_match {
    struct bl_strings namespaces, names; /* patterns */
    cJSON *namespace_selector, *object_selector;
    unsigned roles; /* bit of enum bl_match_role; 0: all */
};

enum bl_match_role {
    BL_MATCH_BROKER = 1 << 0,
    BL_MATCH_CONTROLLER = 1 << 1,
    BL_MATCH_COMBINED = 1 << 2,
    BL_MATCH_ZOOKEEPER = 1 << 3,
};

struct bl_exception {
    char *name;
    struct bl_match match;
    struct bl_strings rules;
    char *reason, *owner, *expires;
};

struct bl_metadata {
    char *name;
};

struct bl_spec {
    int64_t priority;
    struct bl_match match;
    bool allow_opt_out;
    struct bl_strings
        operators; /* patterns of users that are believed where opting out is not allowed */
    int adoption;
    struct bl_structs exceptions; /* of struct bl_exception */
};

struct bl_policy_status {
    int64_t observed_generation;
    struct bl_structs conditions; /* of struct bl_condition_status */
};

/** Every rule's parameters begin so. */
struct bl_rule_params {
    int action;
};

struct bl_policy {
    char *file;
    bool from_cluster; /* a KafkaPolicy object, no file */
    struct bl_metadata metadata;
    struct bl_spec spec;
    struct bl_rule_params *rules[BL_RULE_COUNT]; /* NULL: not defined here */
};

struct bl_rule_run;

struct bl_rule {
    const char *summary; /* one sentence on what it is for */
    const struct bl_schema *schema;
    const void *defaults; /* of schema->size bytes */
    unsigned roles;       /* enum bl_match_role */
    bool mutates;         /* it has something to add; else action Mutate is refused */
    /** Do these parameters complete only, and leave the judging to the policy behind? NULL: none do. */
    bool (*completes_only)(const struct bl_rule_params *params);

    /** Edits one workload by what the workload itself shows. NULL: nothing to edit. */
    void (*edit)(struct bl_rule_run *run);
    /** Edits one Service that serves Kafka. */
    void (*edit_service)(struct bl_rule_run *run, const cJSON *service);
    /** Judges one workload, with everything in sight. */
    void (*check)(struct bl_rule_run *run);
    /** Judges an ensemble as a whole and gives it its companions. */
    void (*check_ensemble)(struct bl_rule_run *run, const struct bl_ensemble *ensemble);
};

extern const struct bl_rule *const bl_rules[BL_RULE_COUNT];
/** Their keys in policy files, in the order of enum bl_rule_id, up to NULL. */
extern const char *const bl_rule_keys[BL_RULE_COUNT + 1];

/** The fields that open every rule's table. */
extern const char *const bl_action_names[];
#define BL_RULE_ACTION_FIELD                                                                       \
    {                                                                                              \
        .name = "action", .type = BL_FIELD_ENUM,                                                   \
        .offset = offsetof(struct bl_rule_params, action), .required = true,                       \
        .names = bl_action_names,                                                                  \
        .doc =                                                                                     \
            "What happens: Mutate adds what is missing and denies what is set wrong; Deny, Warn, " \
            "Audit and Off change nothing."                                                        \
    }

/** What a match is asked about. */
struct bl_match_scope {
    const struct bl_world *world; /* gives the labels of namespaces */
    const cJSON *object;
    enum bl_role role;
    const char *namespace; /* where the object names none; NULL: "default" */
};

bool bl_match_object(const struct bl_match *match, const struct bl_match_scope *scope);

/**
 * Does the object say that it is not Ballast's (bl_workload_speaks_for_itself()), and does a policy that holds for it
 * forbid that? `user` sends it, and is believed where the policy names him; NULL: not known. `namespace` as in a scope.
 */
bool bl_policies_distrust(const struct bl_policy_set *set, const struct bl_world *world,
                          const cJSON *object, const char *namespace, const char *user);

/** The policy that decides a rule for an object; NULL where none defines it. */
const struct bl_policy *bl_policy_for(const struct bl_policy_set *set, enum bl_rule_id rule,
                                      const struct bl_match_scope *scope);
/** The first one behind those that complete only: what the rule's findings go by. */
const struct bl_policy *bl_policy_judging(const struct bl_policy_set *set, enum bl_rule_id rule,
                                          const struct bl_match_scope *scope);

/**
 * The exception that takes an object out of a rule: one that holds on that day, else one that has expired;
 * NULL where there is none.
 */
const struct bl_exception *bl_policy_exception(const struct bl_policy_set *set,
                                               enum bl_rule_id rule,
                                               const struct bl_match_scope *scope, bl_day today);
bool bl_exception_expired(const struct bl_exception *exception, bl_day today);
/** Does an exception that holds take it out? */
bool bl_policy_excuses(const struct bl_policy_set *set, enum bl_rule_id rule,
                       const struct bl_match_scope *scope, bl_day today);

#endif
