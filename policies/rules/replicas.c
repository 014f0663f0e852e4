#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/servers.h"
#include "rule.h"

/*
 * Enough members to lose one, and an odd number where a majority decides.
 *
 * Members may be spread over several workloads, so the cluster is counted, and lists of servers or
 * voters count more than what is in sight.
 */

struct params {
    struct bl_rule_params base;
    int64_t min_brokers, min_controllers, min_zookeepers;
    bool zookeeper_odd;
};

static const struct params defaults = {
    .min_brokers = 3, .min_controllers = 3, .min_zookeepers = 3, .zookeeper_odd = true};

#define COUNT_FIELD(text, member, words)                                                         \
    {                                                                                            \
        .name = text, .type = BL_FIELD_INT, .offset = offsetof(struct params, member), .min = 1, \
        .max = 1000, .doc = words                                                                \
    }

static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    COUNT_FIELD("minBrokers", min_brokers,
                "The least number of brokers in a cluster; 3 where not given."),
    COUNT_FIELD("minControllers", min_controllers,
                "The least number of KRaft controllers; 3 where not given."),
    COUNT_FIELD("minZookeepers", min_zookeepers,
                "The least number of servers in a ZooKeeper ensemble; 3 where not given."),
    {.name = "zookeeperOdd",
     .type = BL_FIELD_BOOL,
     .offset = offsetof(struct params, zookeeper_odd),
     .doc = "Whether ZooKeeper and KRaft quorums must be odd; true where not given."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct params, fields);

/* Who has a vote, as the settings name them. */
static void read_voters(const struct bl_rule_run *run, struct bl_servers *ret_voters)
{
    if (run->workload->role == BL_ROLE_ZOOKEEPER)
        (void)bl_workload_ensemble_servers(run->workload, run->scene->world, ret_voters);
    else
        (void)bl_workload_servers(run->workload, run->scene->world, "controller.quorum.voters",
                                  ret_voters);
}

/* "kafka-controller-2.kafka-controller", "10.0.0.1": one server, where "kafka-controller" leads to all of them. */
static bool is_one_server(const char *host)
{
    size_t len = strcspn(host, ".");

    return len && host[len - 1] >= '0' && host[len - 1] <= '9';
}

/* How many servers or voters the settings name. */
static int64_t listed(const struct bl_rule_run *run, const struct bl_servers *voters)
{
    BL_AUTO(bl_servers_release) struct bl_servers bootstrap = {0};
    size_t count = 0, ways_in = 0;

    for (size_t i = 0; i < voters->len && bl_budget_turn(); i++)
        count += !voters->items[i].observer;
    if (run->workload->role != BL_ROLE_ZOOKEEPER)
        (void)bl_workload_servers(run->workload, run->scene->world,
                                  "controller.quorum.bootstrap.servers", &bootstrap);
    for (size_t i = 0; i < bootstrap.len && bl_budget_turn(); i++)
        ways_in += is_one_server(bootstrap.items[i].host);
    return (int64_t)(ways_in > count ? ways_in : count);
}

/* The host of a pod, "zk-2.zk-headless", that the set would have with more replicas. */
static bool is_unmade_of(const struct bl_workload *member, const char *host)
{
    const char *name = member->ref.name, *number = host + strlen(name) + 1;
    size_t digits;
    int64_t ordinal, first = bl_object_first_ordinal(member->object);

    if (strcmp(member->ref.kind, "StatefulSet") != 0 || !bl_text_starts(host, name) ||
        number[-1] != '-')
        return false;
    digits = strspn(number, "0123456789");
    if (!digits || (number[digits] && number[digits] != '.') ||
        !bl_text_to_int(number, digits, &ordinal))
        return false;
    return ordinal < first || ordinal >= first + member->replicas;
}

static bool is_unmade(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                      const char *host)
{
    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++)
        if (is_unmade_of(bl_ensemble_member(run->scene, ensemble, i), host))
            return true;
    return false;
}

/* Replicas of all ensembles of the cluster that play one of these parts. */
static int64_t in_cluster(const struct bl_rule_run *run, bool logs)
{
    int64_t count = 0;

    for (size_t i = 0; i < run->scene->ensembles.len && bl_budget_turn(); i++) {
        const struct bl_ensemble *ensemble = &run->scene->ensembles.items[i];
        const struct bl_workload *first = bl_ensemble_first(run->scene, ensemble);
        bool part = ensemble->role == BL_ROLE_COMBINED ||
                    ensemble->role == (logs ? BL_ROLE_BROKER : BL_ROLE_CONTROLLER);

        if (part && (i == run->workload->ensemble ||
                     (first->cluster && bl_text_eq(first->cluster, run->workload->cluster))))
            count += ensemble->replicas;
    }
    return count;
}

/* A list of servers that is there, and that nobody can read, may name any number of them. */
static bool lists_unknown(const struct bl_rule_run *run, const struct bl_workload *workload)
{
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

    return workload->role == BL_ROLE_ZOOKEEPER &&
           bl_workload_ensemble_servers(workload, run->scene->world, &servers) &&
           servers.unreadable;
}

/* A server or broker with a number of its own is one of several workloads, and the others may not be in sight. */
static bool one_of_several(const struct bl_rule_run *run, const struct bl_workload *workload)
{
    static const char *const ids[] = {"KAFKA_BROKER_ID", "KAFKA_NODE_ID", "KAFKA_CFG_BROKER_ID",
                                      "KAFKA_CFG_NODE_ID"};

    if (!*workload->pod_pointer || bl_workload_server_number(workload) >= 0 ||
        lists_unknown(run, workload))
        return true;
    for (size_t i = 0; i < BL_ARRAY_LEN(ids); i++) {
        const char *value = bl_container_env_value(workload->container, ids[i]);

        if (value && !strchr(value, '$'))
            return true;
    }
    return false;
}

/* What is counted, by one and by more. */
struct part {
    const char *one, *many;
};

static const struct part servers = {"ZooKeeper server", "ZooKeeper servers"},
                         controllers = {"controller", "controllers"},
                         broker_parts = {"broker", "brokers"};

static const char several_hint[] =
    "Bring the others into sight, or add them: each needs a number of its own.";

static void report(struct bl_rule_run *run, const char *hint, const struct part *part,
                   int64_t count, const char *why)
{
    bool several = one_of_several(run, run->workload);
    const char *path = *run->workload->pod_pointer ? "/spec/replicas" : "";

    bl_run_report(run, several ? BL_FAULT_NOTE : BL_FAULT_WRONG, run->object, path,
                  several ? several_hint : hint, "%lld %s %s", (long long)count,
                  bl_text_plural(count, part->one, part->many), why);
}

static void check_quorum(struct bl_rule_run *run, const struct part *part, int64_t count,
                         int64_t least, bool odd)
{
    if (count < least)
        report(run, "Raise replicas to 3.", part, count,
               count == 1 ? "cannot be lost without losing the quorum"
                          : "lose their quorum with the first one that goes");
    else if (odd && count % 2 == 0)
        report(run, "Take an odd number.", part, count,
               "bear no more losses than one fewer would, and need a larger majority");
}

/* Who is on the list has a vote, whether there is a pod for it or not. */
static void check_votes(struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                        const struct part *part, const struct bl_servers *voters)
{
    int64_t all = 0, there = 0, most;

    for (size_t i = 0; i < voters->len && bl_budget_turn(); i++) {
        if (voters->items[i].observer)
            continue;
        all++;
        there += !is_unmade(run, ensemble, voters->items[i].host);
    }
    most = all / 2 + 1;
    if (there == all || there > most)
        return;
    bl_run_report(
        run, BL_FAULT_WRONG, run->object, "/spec/replicas",
        "Take members off the list first, with a restart of each, and then lower replicas.",
        "replicas makes %lld of the %lld %s that the settings name, and %lld of them are a "
        "majority: %s",
        (long long)there, (long long)all, part->many, (long long)most,
        there < most ? "the quorum is lost" : "the quorum is lost with the next one");
}

static void check_brokers(struct bl_rule_run *run, const struct params *params)
{
    int64_t brokers = in_cluster(run, true);

    if (brokers < params->min_brokers)
        report(run, "Raise replicas, so that a replication factor of 3 has brokers to go to.",
               &broker_parts, brokers,
               brokers == 1 ? "is all that the cluster has: every restart is an outage"
                            : "are too few to keep topics available while one of them restarts");
}

/* Larger clusters are made of several, and nobody asks for so many pods in one line. */
#define MOST_MEMBERS 1000

/* "-1" is not zero: nothing is stopped on purpose, nothing gets into the cluster either. */
static void report_refused(struct bl_rule_run *run, const struct bl_workload *member,
                           const cJSON *value)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1024);
    BL_AUTO_FREE char *who = bl_describe(member->object);

    bl_json_write(&text, value);
    bl_run_report(run, BL_FAULT_WRONG, member->index, "/spec/replicas",
                  "Write how many there are to be.",
                  "replicas of %s is %s, which the API server refuses", who, text.text);
}

/* Written where something else fills the number in, or in quotes, which the API server refuses. */
static void note_no_number(struct bl_rule_run *run, const struct bl_workload *member)
{
    BL_AUTO_FREE char *who = bl_describe(member->object);

    bl_run_report(run, BL_FAULT_NOTE, member->index, "/spec/replicas",
                  "Write a number, or lint what is applied in the end.",
                  "replicas of %s is not a number, so the members could not be counted", who);
}

static void note_many(struct bl_rule_run *run, const struct bl_workload *member)
{
    BL_AUTO_FREE char *who = bl_describe(member->object);

    bl_run_report(run, BL_FAULT_NOTE, member->index, "/spec/replicas",
                  "Look whether there is a digit too many.",
                  "replicas of %s is %lld, and no Kafka has more than %d members", who,
                  (long long)member->replicas, MOST_MEMBERS);
}

/* True: the members cannot be counted. */
static bool note_unknown(struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    bool unknown = false;

    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++) {
        const struct bl_workload *member = bl_ensemble_member(run->scene, ensemble, i);
        const cJSON *value = bl_json_at(member->object, "spec", "replicas", NULL);
        bool known = bl_object_replicas_known(member->object);

        if (known && member->replicas > MOST_MEMBERS)
            note_many(run, member);
        else if (!known && cJSON_IsNumber(value))
            report_refused(run, member, value);
        else if (!known)
            note_no_number(run, member);
        unknown |= !known;
    }
    return unknown;
}

/* An object that no API server takes has no pods, whatever number it asks for. */
static void check_versions(struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++) {
        const struct bl_workload *member = bl_ensemble_member(run->scene, ensemble, i);
        const char *since = bl_object_gone_since(member->object);
        BL_AUTO_FREE char *who = bl_describe(member->object);

        if (since)
            bl_run_report(run, BL_FAULT_WRONG, member->index, "/apiVersion", "Write apps/v1.",
                          "%s never gets into the cluster: %s is not served since Kubernetes %s",
                          who, member->ref.api_version, since);
    }
}

static void check_ensemble(struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    const struct params *params = run->params;
    BL_AUTO(bl_servers_release) struct bl_servers voters = {0};
    int64_t told, count;

    read_voters(run, &voters);
    told = listed(run, &voters);
    check_versions(run, ensemble);
    if (note_unknown(run, ensemble))
        return;
    /* Scaled to nothing is stopped on purpose. */
    if (ensemble->replicas == 0)
        return;
    check_votes(run, ensemble, ensemble->role == BL_ROLE_ZOOKEEPER ? &servers : &controllers,
                &voters);
    if (ensemble->role == BL_ROLE_ZOOKEEPER) {
        count = told > ensemble->replicas ? told : ensemble->replicas;
        check_quorum(run, &servers, count, params->min_zookeepers, params->zookeeper_odd);
        return;
    }
    if (ensemble->role != BL_ROLE_CONTROLLER)
        check_brokers(run, params);
    if (ensemble->role != BL_ROLE_BROKER) {
        count = in_cluster(run, false);
        check_quorum(run, &controllers, told > count ? told : count, params->min_controllers,
                     params->zookeeper_odd);
    }
}

const struct bl_rule bl_rule_replicas = {
    .summary = "Enough brokers to lose one, and quorums of an odd number.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .check_ensemble = check_ensemble,
};
