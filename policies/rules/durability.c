#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rule.h"

/*
 * Broker settings that decide whether an acknowledged message survives a broker.
 *
 * They are read where the distribution keeps them. Nothing is ever added: a higher min.insync.replicas
 * on a running cluster can stop producers of topics that have one replica.
 */

struct params {
    struct bl_rule_params base;
    int64_t min_in_sync, replication_factor;
    bool unclean, auto_create;
};

static const struct params defaults = {.min_in_sync = 2, .replication_factor = 3};

static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "minInSyncReplicas",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct params, min_in_sync),
     .min = 1,
     .max = 100,
     .doc = "The least min.insync.replicas; 2 where not given."},
    {.name = "replicationFactor",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct params, replication_factor),
     .min = 1,
     .max = 100,
     .doc = "The least replication factor, of new topics and of Kafka's own; 3 where not given."},
    {.name = "uncleanLeaderElection",
     .type = BL_FIELD_BOOL,
     .offset = offsetof(struct params, unclean),
     .doc = "Whether unclean.leader.election.enable may be true; false where not given."},
    {.name = "autoCreateTopics",
     .type = BL_FIELD_BOOL,
     .offset = offsetof(struct params, auto_create),
     .doc = "Whether auto.create.topics.enable may be true; false where not given."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct params, fields);

/* A setting as the broker sees it: what is set, or Kafka's own default. */
struct effective {
    const char *property;
    struct bl_setting setting;
    bool set, known; /* known: `number` or `truth` holds */
    int64_t number;
    bool truth;
};

static void effective_release(struct effective *effective)
{
    bl_setting_release(&effective->setting);
}

static struct effective number_setting(const struct bl_rule_run *run,
                                       const struct bl_workload *workload, const char *property,
                                       int64_t fallback)
{
    struct effective effective = {.property = property, .number = fallback, .known = true};

    effective.set = bl_workload_setting(workload, run->scene->world, property, &effective.setting);
    if (effective.set)
        effective.known = effective.setting.value &&
                          bl_text_to_int(effective.setting.value, strlen(effective.setting.value),
                                         &effective.number);
    return effective;
}

static struct effective truth_setting(const struct bl_rule_run *run,
                                      const struct bl_workload *workload, const char *property,
                                      bool fallback)
{
    struct effective effective = {.property = property, .truth = fallback, .known = true};
    const char *value;

    effective.set = bl_workload_setting(workload, run->scene->world, property, &effective.setting);
    if (!effective.set)
        return effective;
    value = effective.setting.value;
    effective.known = value && (strcasecmp(value, "true") == 0 || strcasecmp(value, "false") == 0);
    effective.truth = effective.known && strcasecmp(value, "true") == 0;
    return effective;
}

/* The object and place at which a setting stands; its absence belongs to the container. */
static void report(struct bl_rule_run *run, const struct bl_workload *workload,
                   const struct effective *effective, const char *hint, const char *message)
{
    size_t object = workload->index;
    const char *path =
        effective->setting.pointer ? effective->setting.pointer : workload->container_pointer;

    if (effective->setting.elsewhere) {
        object = effective->setting.elsewhere->index;
        path = bl_object_is(effective->setting.elsewhere->object, "", "ConfigMap")
                   ? "/data"
                   : "/spec/kafka/config";
    }
    bl_run_report(run, effective->set ? BL_FAULT_WRONG : BL_FAULT_MISSING, object, path, hint, "%s",
                  message);
}

static void check_least(struct bl_rule_run *run, const struct bl_workload *workload,
                        const struct effective *effective, int64_t least, const char *danger)
{
    BL_AUTO_FREE char *hint = bl_asprintf("Set %s to %lld.", effective->property, (long long)least);
    BL_AUTO_FREE char *message =
        effective->set ? bl_asprintf("%s is %lld: %s", effective->property,
                                     (long long)effective->number, danger)
                       : bl_asprintf("%s is not set, and Kafka's default is %lld: %s",
                                     effective->property, (long long)effective->number, danger);

    if (effective->known && effective->number < least)
        report(run, workload, effective, hint, message);
}

/* -1 where a number of replicas is not known yet. */
static int64_t brokers_of(const struct bl_rule_run *run, const struct bl_workload *workload)
{
    int64_t count = 0;
    bool known = true;

    for (size_t i = 0; i < run->scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *other = run->scene->workloads.items[i];

        if (bl_workload_has_logs(other) &&
            (other->ensemble == workload->ensemble ||
             (workload->cluster && bl_text_eq(other->cluster, workload->cluster))))
            count += other->replicas;
        known &= bl_object_replicas_known(other->object);
    }
    return known ? count : -1;
}

static void check_against(struct bl_rule_run *run, const struct bl_workload *workload,
                          const struct effective *factor, const struct effective *min_in_sync)
{
    if (!factor->known || !min_in_sync->known || factor->number <= 1 ||
        min_in_sync->number < factor->number)
        return;

    BL_AUTO_FREE char *message = bl_asprintf(
        "%s is %lld and %s is %lld: %s", min_in_sync->property, (long long)min_in_sync->number,
        factor->property, (long long)factor->number,
        min_in_sync->number > factor->number ? "nothing can be written with acks=all"
                                             : "no broker can be down without stopping writes");
    report(run, workload, min_in_sync, "Keep it one below the replication factor.", message);
}

static void check_brokers(struct bl_rule_run *run, const struct bl_workload *workload,
                          const struct effective *factor)
{
    int64_t brokers = brokers_of(run, workload);

    if (brokers < 0 || !factor->set || !factor->known || factor->number <= brokers || !brokers ||
        !*workload->pod_pointer)
        return;

    BL_AUTO_FREE char *message =
        bl_asprintf("%s is %lld and there are %lld brokers: such a topic cannot be made",
                    factor->property, (long long)factor->number, (long long)brokers);
    report(run, workload, factor, "Raise the number of brokers.", message);
}

static void check_numbers(struct bl_rule_run *run, const struct bl_workload *workload)
{
    const struct params *params = run->params;
    BL_AUTO(effective_release)
    struct effective factor = number_setting(run, workload, "default.replication.factor", 1),
                     in_sync = number_setting(run, workload, "min.insync.replicas", 1),
                     offsets = number_setting(run, workload, "offsets.topic.replication.factor", 3),
                     log = number_setting(run, workload, "transaction.state.log.replication.factor",
                                          3),
                     log_in_sync =
                         number_setting(run, workload, "transaction.state.log.min.isr", 2);

    check_least(run, workload, &factor, params->replication_factor,
                "topics that name no factor have one copy too few to lose a broker");
    check_least(run, workload, &in_sync, params->min_in_sync,
                "an acknowledged message may be on one broker only");
    check_least(run, workload, &offsets, params->replication_factor,
                "consumers lose their place with a broker");
    check_least(run, workload, &log, params->replication_factor,
                "transactions are lost with a broker");
    check_least(run, workload, &log_in_sync, params->min_in_sync,
                "the state of a transaction may be on one broker only");
    check_against(run, workload, &factor, &in_sync);
    check_against(run, workload, &log, &log_in_sync);
    check_brokers(run, workload, &factor);
    check_brokers(run, workload, &offsets);
    check_brokers(run, workload, &log);
}

static void check_truths(struct bl_rule_run *run, const struct bl_workload *workload)
{
    const struct params *params = run->params;
    BL_AUTO(effective_release)
    struct effective unclean =
                         truth_setting(run, workload, "unclean.leader.election.enable", false),
                     create = truth_setting(run, workload, "auto.create.topics.enable", true);

    if (unclean.known && unclean.truth && !params->unclean)
        report(
            run, workload, &unclean, "Set unclean.leader.election.enable to false.",
            "unclean.leader.election.enable is true: acknowledged messages are thrown away when a "
            "replica that is behind becomes leader");
    if (create.known && create.truth && !params->auto_create)
        report(
            run, workload, &create,
            "Set auto.create.topics.enable to false, and create topics on purpose.",
            create.set
                ? "auto.create.topics.enable is true: a misspelt name makes a topic with "
                  "default durability"
                : "auto.create.topics.enable is not set, and Kafka's default is true: a misspelt "
                  "name makes a topic with default durability");
}

static void check_workload(struct bl_rule_run *run, const struct bl_workload *workload)
{
    if (!bl_workload_configured(workload, run->scene->world)) {
        bl_run_report(
            run, BL_FAULT_NOTE, workload->index, workload->container_pointer,
            "Lint it together with the ConfigMap that holds its settings.",
            "the broker's settings are not in sight, so its durability could not be checked");
        return;
    }
    check_numbers(run, workload);
    check_truths(run, workload);
}

/* Bare pods of one ensemble are copies; one of them speaks for all. */
static void check_ensemble(struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++) {
        const struct bl_workload *workload = bl_ensemble_member(run->scene, ensemble, i);

        if (i == 0 || *workload->pod_pointer)
            check_workload(run, workload);
    }
}

const struct bl_rule bl_rule_durability = {
    .summary =
        "Replication factors, in-sync minimums and elections that keep acknowledged messages.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_COMBINED,
    .check_ensemble = check_ensemble,
};
