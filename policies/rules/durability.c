#include "durability.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/pointer.h"

/*
 * Broker settings that decide whether an acknowledged message survives a broker.
 *
 * They are read where the distribution keeps them. What is added, to a cluster that is made new, stands in
 * durability_complete.c.
 */

#define AT(member) offsetof(struct bl_durability_params, member)

static const struct bl_durability_params defaults = {.min_in_sync = 2, .replication_factor = 3};

static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "minInSyncReplicas",
     .type = BL_FIELD_INT,
     .offset = AT(min_in_sync),
     .min = 1,
     .max = 100,
     .doc = "The least min.insync.replicas; 2 where not given."},
    {.name = "replicationFactor",
     .type = BL_FIELD_INT,
     .offset = AT(replication_factor),
     .min = 1,
     .max = 100,
     .doc = "The least replication factor, of new topics and of Kafka's own; 3 where not given."},
    {.name = "uncleanLeaderElection",
     .type = BL_FIELD_BOOL,
     .offset = AT(unclean),
     .doc = "Whether unclean.leader.election.enable may be true; false where not given."},
    {.name = "autoCreateTopics",
     .type = BL_FIELD_BOOL,
     .offset = AT(auto_create),
     .doc = "Whether auto.create.topics.enable may be true; false where not given."},
    {.name = "completeMinInSync",
     .type = BL_FIELD_BOOL,
     .offset = AT(complete_min_in_sync),
     .doc =
         "Whether Mutate completes min.insync.replicas of a new cluster too, which topics with one "
         "replica cannot meet; false where not given."},
    {.name = "completeOnly",
     .type = BL_FIELD_BOOL,
     .offset = AT(complete_only),
     .doc = "true, with Mutate: completes new clusters, and leaves the judging to the policy that "
            "would decide without this one; false where not given."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct bl_durability_params, fields);

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
    if (!effective.set)
        effective.known = !bl_workload_hides_variables(workload, run->scene->world);
    else
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
    if (!effective.set) {
        effective.known = !bl_workload_hides_variables(workload, run->scene->world);
        return effective;
    }
    value = effective.setting.value;
    effective.known = value && (strcasecmp(value, "true") == 0 || strcasecmp(value, "false") == 0);
    effective.truth = effective.known && strcasecmp(value, "true") == 0;
    return effective;
}

/* The object and place at which a setting stands; its absence belongs to the container. */
static void report(struct bl_rule_run *run, const struct bl_workload *workload,
                   const struct effective *effective, const char *hint, const char *message)
{
    if (effective->set)
        bl_run_report_setting(run, BL_FAULT_WRONG, workload, &effective->setting,
                              effective->property, hint, "%s", message);
    else
        bl_run_report(run, BL_FAULT_MISSING, workload->index, workload->container_pointer, hint,
                      "%s", message);
}

/* How charts and images call a setting; the value of the chart where that has one. */
static const struct {
    const char *property, *value; /* of Bitnami's chart, up to 23 */
} chart_values[] = {
    {"default.replication.factor", "defaultReplicationFactor"},
    {"offsets.topic.replication.factor", "offsetsTopicReplicationFactor"},
    {"transaction.state.log.replication.factor", "transactionStateLogReplicationFactor"},
    {"transaction.state.log.min.isr", "transactionStateLogMinIsr"},
    {"auto.create.topics.enable", "autoCreateTopicsEnable"},
};

/* The major version of Bitnami's chart; 0: it is none, or nobody says. */
static long chart_version(const struct bl_workload *workload)
{
    const char *chart = bl_object_label(workload->object, "helm.sh/chart");

    return chart && strcmp(workload->distribution, "bitnami") == 0 &&
                   bl_text_starts(chart, "kafka-")
               ? strtol(chart + strlen("kafka-"), NULL, 10)
               : 0;
}

static const char *chart_value(const char *property)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(chart_values); i++)
        if (strcmp(chart_values[i].property, property) == 0)
            return chart_values[i].value;
    return NULL;
}

/* Since 24 the chart writes a file of settings, with what this value has. Which of the two 31 has we do not know. */
static const char *chart_settings(long version)
{
    if (version < 24 || version == 31)
        return NULL;
    return version < 31 ? "extraConfig" : "overrideConfiguration";
}

/* "KAFKA_CFG_DEFAULT_REPLICATION_FACTOR=3", by the name that the author took. For free(). */
static char *own_variable(const struct bl_workload *workload, const struct bl_setting *setting,
                          const char *value)
{
    const char *name = bl_json_string(bl_pointer_find(workload->object, setting->pointer), "name");

    return bl_asprintf("%s=%s", name ? name : "the variable", value);
}

/* Where it stands, to be changed there: whatever else is set is outranked by it. NULL: it may be set anew. For free(). */
static char *where_set(const struct bl_workload *workload, const struct effective *effective,
                       const char *value)
{
    const struct bl_setting *setting = &effective->setting;

    switch (setting->place) {
    case BL_PLACE_OVERRIDE:
        return bl_asprintf("by --override %s=%s, where the command has it", effective->property,
                           value);
    case BL_PLACE_SCRIPT:
        return bl_strdup("in the start script, which sets it");
    case BL_PLACE_VARIABLE:
        return bl_text_ends(setting->pointer, "/value") ? NULL
                                                        : own_variable(workload, setting, value);
    case BL_PLACE_CONFIG_MAP:
        return workload->owner ? NULL
                               : bl_asprintf("in ConfigMap \"%s\"",
                                             bl_object_ref(setting->elsewhere->object).name);
    case BL_PLACE_KAFKA:
        return bl_asprintf("in Kafka \"%s\", under spec.kafka.config",
                           bl_object_ref(setting->elsewhere->object).name);
    }
    return NULL;
}

/* Where the broker would look for it; NULL: nobody knows. For free(). */
static char *where_read(const struct bl_workload *workload, const struct effective *effective,
                        const char *value)
{
    BL_AUTO_FREE char *variable = bl_workload_variable(workload, effective->property);

    switch (workload->owner ? BL_TELLING_UNKNOWN : bl_workload_telling(workload)) {
    case BL_TELLING_VARIABLES:
        return variable ? bl_asprintf("%s=%s", variable, value) : NULL;
    case BL_TELLING_FILE:
        return bl_strdup("in its file of settings");
    case BL_TELLING_COMMAND:
        return bl_asprintf("in its file of settings, or by --override %s=%s", effective->property,
                           value);
    case BL_TELLING_UNKNOWN:
        break;
    }
    return NULL;
}

/* A mounted file has Bitnami's images read no variable. */
static bool is_read(const struct bl_workload *workload, const struct bl_setting *setting)
{
    return setting->place != BL_PLACE_VARIABLE || strcmp(workload->distribution, "bitnami") != 0 ||
           bl_workload_telling(workload) == BL_TELLING_VARIABLES;
}

/* Of a chart that is told by its values, unless what they make is outranked. For free(); NULL: it has none. */
static char *chart_hint(const struct bl_workload *workload, const struct effective *effective,
                        const char *value)
{
    long version = chart_version(workload);
    const char *in_chart = version && version < 24 ? chart_value(effective->property) : NULL;
    const char *settings = chart_settings(version);

    if (effective->set && (effective->setting.place == BL_PLACE_OVERRIDE ||
                           effective->setting.place == BL_PLACE_SCRIPT))
        return NULL;
    if (in_chart)
        return bl_asprintf("Set %s=%s in the values of Bitnami's chart.", in_chart, value);
    return settings ? bl_asprintf("Set %s to %s, under %s in the values of Bitnami's chart.",
                                  effective->property, value, settings)
                    : NULL;
}

/* "Set offsetsTopicReplicationFactor=3 in the chart's values." For free(). */
static char *how_to_set(const struct bl_workload *workload, const struct effective *effective,
                        const char *value)
{
    BL_AUTO_FREE char *hint = chart_hint(workload, effective, value);
    BL_AUTO_FREE char *where = NULL;

    if (hint)
        return BL_STEAL(hint);
    if (effective->set && is_read(workload, &effective->setting))
        where = where_set(workload, effective, value);
    else
        where = where_read(workload, effective, value);
    return where ? bl_asprintf("Set %s to %s (%s).", effective->property, value, where)
                 : bl_asprintf("Set %s to %s.", effective->property, value);
}

/* The same for a number. */
static char *how_to_count(const struct bl_workload *workload, const struct effective *effective,
                          int64_t number)
{
    BL_AUTO_FREE char *value = bl_asprintf("%lld", (long long)number);

    return how_to_set(workload, effective, value);
}

static void report_least(struct bl_rule_run *run, const struct bl_workload *workload,
                         const struct effective *effective, const char *hint, const char *danger)
{
    BL_AUTO_FREE char *message =
        effective->set ? bl_asprintf("%s is %lld: %s", effective->property,
                                     (long long)effective->number, danger)
                       : bl_asprintf("%s is not set, and Kafka's default is %lld: %s",
                                     effective->property, (long long)effective->number, danger);

    report(run, workload, effective, hint, message);
}

static void check_least(struct bl_rule_run *run, const struct bl_workload *workload,
                        const struct effective *effective, int64_t least, const char *danger)
{
    BL_AUTO_FREE char *hint = how_to_count(workload, effective, least);

    if (effective->known && effective->number < least)
        report_least(run, workload, effective, hint, danger);
}

/* Where as many have to be in sync as there shall be replicas, these alone would stop writes with each broker that is away. */
static void check_factor(struct bl_rule_run *run, const struct bl_workload *workload,
                         const struct effective *factor, const struct effective *min_in_sync,
                         int64_t least, const char *danger)
{
    BL_AUTO_FREE char *raise = how_to_count(workload, factor, least);
    BL_AUTO_FREE char *lower = how_to_count(workload, min_in_sync, least - 1);
    bool both = min_in_sync->known && min_in_sync->number >= least && least > 1;
    BL_AUTO_FREE char *hint = bl_asprintf("%s%s%s", raise, both ? " " : "", both ? lower : "");

    if (factor->known && factor->number < least)
        report_least(run, workload, factor, hint, danger);
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
    BL_AUTO_FREE char *hint = how_to_count(workload, min_in_sync, factor->number - 1);
    report(run, workload, min_in_sync, hint, message);
}

static void check_brokers(struct bl_rule_run *run, const struct bl_workload *workload,
                          const struct effective *factor)
{
    int64_t brokers = bl_scene_brokers(run->scene, workload);

    if (brokers < 0 || !factor->set || !factor->known || factor->number <= brokers || !brokers ||
        !*workload->pod_pointer)
        return;

    BL_AUTO_FREE char *message = bl_asprintf(
        "%s is %lld and there %s %lld %s: such a topic cannot be made", factor->property,
        (long long)factor->number, bl_text_plural(brokers, "is", "are"), (long long)brokers,
        bl_text_plural(brokers, "broker", "brokers"));
    report(run, workload, factor, "Raise the number of brokers.", message);
}

/* Two brokers can hold two replicas, and lose one with one in sync. */
static int64_t most_replicas(const struct bl_rule_run *run, const struct bl_workload *workload)
{
    return bl_scene_brokers(run->scene, workload) == 2 && *workload->pod_pointer ? 2 : INT64_MAX;
}

static int64_t least_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void check_numbers(struct bl_rule_run *run, const struct bl_workload *workload)
{
    const struct bl_durability_params *params = run->params;
    int64_t most = most_replicas(run, workload);
    int64_t replicas = least_of(params->replication_factor, most);
    int64_t least_in_sync = least_of(params->min_in_sync, most - 1);
    BL_AUTO(effective_release)
    struct effective factor = number_setting(run, workload, "default.replication.factor", 1),
                     in_sync = number_setting(run, workload, "min.insync.replicas", 1),
                     offsets = number_setting(run, workload, "offsets.topic.replication.factor", 3),
                     log = number_setting(run, workload, "transaction.state.log.replication.factor",
                                          3),
                     log_in_sync =
                         number_setting(run, workload, "transaction.state.log.min.isr", 2);

    check_factor(run, workload, &factor, &in_sync, replicas,
                 "topics that name no factor have one copy too few to lose a broker");
    check_least(run, workload, &in_sync, least_in_sync,
                "an acknowledged message may be on one broker only");
    check_least(run, workload, &offsets, replicas, "consumers lose their place with a broker");
    check_factor(run, workload, &log, &log_in_sync, replicas,
                 "transactions are lost with a broker");
    check_least(run, workload, &log_in_sync, least_in_sync,
                "the state of a transaction may be on one broker only");
    check_against(run, workload, &factor, &in_sync);
    check_against(run, workload, &log, &log_in_sync);
    check_brokers(run, workload, &factor);
    check_brokers(run, workload, &offsets);
    check_brokers(run, workload, &log);
}

static void check_truths(struct bl_rule_run *run, const struct bl_workload *workload)
{
    const struct bl_durability_params *params = run->params;
    BL_AUTO(effective_release)
    struct effective unclean =
                         truth_setting(run, workload, "unclean.leader.election.enable", false),
                     create = truth_setting(run, workload, "auto.create.topics.enable", true);

    BL_AUTO_FREE char *clean = how_to_set(workload, &unclean, "false");
    BL_AUTO_FREE char *off = how_to_set(workload, &create, "false");
    BL_AUTO_FREE char *on_purpose = bl_asprintf("%s Create topics on purpose.", off);

    if (unclean.known && unclean.truth && !params->unclean)
        report(
            run, workload, &unclean, clean,
            "unclean.leader.election.enable is true: acknowledged messages are thrown away when a "
            "replica that is behind becomes leader");
    if (create.known && create.truth && !params->auto_create)
        report(
            run, workload, &create, on_purpose,
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
    if (bl_workload_hides_variables(workload, run->scene->world))
        bl_run_report(
            run, BL_FAULT_NOTE, workload->index, workload->container_pointer,
            "Lint it together with the ConfigMaps that envFrom names; what Secrets hold "
            "is not read.",
            "variables of envFrom are not in sight, so what they set could not be checked");
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

static bool completes_only(const struct bl_rule_params *base)
{
    return base->action == BL_ACTION_MUTATE &&
           ((const struct bl_durability_params *)base)->complete_only;
}

const struct bl_rule bl_rule_durability = {
    .summary =
        "Replication factors, in-sync minimums and elections that keep acknowledged messages.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_COMBINED,
    .mutates = true,
    .completes_only = completes_only,
    .edit = bl_durability_complete,
    .check_ensemble = check_ensemble,
};
