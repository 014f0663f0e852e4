#include "pod_state.h"

#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/raise.h"
#include "ballast/policies/review.h"

/* A sentence of a gate, the names in it, and what to type. */
#define WHY_MAX 4096

struct reading {
    const struct bl_kafka *kafka;
    const struct bl_findings *found;
    struct bl_pod_states *states;
    struct bl_gate_answer *answers; /* of the brokers, by id */
    size_t answers_len;
};

static const struct bl_member *member_of(const struct bl_kafka *kafka, size_t pod)
{
    return &kafka->members.items[kafka->pods.items[pod].member];
}

static bool votes(enum bl_role role)
{
    return role == BL_ROLE_CONTROLLER || role == BL_ROLE_COMBINED;
}

/* --- which node a pod is --- */

static bool host_is_pod(const char *host, const struct bl_member_pod *pod)
{
    size_t len = strlen(pod->name);

    return host && ((strncmp(host, pod->name, len) == 0 && (host[len] == '.' || !host[len])) ||
                    bl_text_eq(host, bl_pod_ip(pod->pod)));
}

/* "0@kafka-0.kafka-headless:9093,…" */
static int32_t node_in_voters(const char *voters, const struct bl_member_pod *pod)
{
    while (voters && *voters) {
        size_t len = strcspn(voters, ",");
        BL_AUTO_FREE char *voter = bl_strndup(voters, len);
        char *at = strchr(voter, '@');
        int64_t id;

        if (at && bl_text_to_int(voter, (size_t)(at - voter), &id) && id >= 0 && id <= INT32_MAX) {
            at[strcspn(at, ":")] = '\0';
            if (host_is_pod(at + 1, pod))
                return (int32_t)id;
        }
        voters += len + (voters[len] == ',');
    }
    return BL_NO_NODE;
}

static int32_t node_in_facts(const struct bl_cluster *facts, enum bl_role role,
                             const struct bl_member_pod *pod)
{
    for (size_t i = 0; bl_role_has_logs(role) && i < facts->brokers.len; i++)
        if (host_is_pod(facts->brokers.items[i].host, pod))
            return facts->brokers.items[i].id;
    for (size_t i = 0; votes(role) && i < facts->quorum.voters.len; i++)
        if (host_is_pod(facts->quorum.voters.items[i].host, pod))
            return facts->quorum.voters.items[i].id;
    return BL_NO_NODE;
}

/*
 * A broker that is down is listed by no address. Charts number nodes as they number pods, some from another
 * number on; where those that are known agree on the distance, it holds for the others.
 */
static void count_nodes(struct reading *reading, size_t member)
{
    const struct bl_kafka *kafka = reading->kafka;
    int64_t distance = 0;
    bool known = false;

    for (size_t i = 0; i < kafka->pods.len; i++) {
        int64_t own = reading->states->pods[i].node - kafka->pods.items[i].ordinal;

        if (kafka->pods.items[i].member != member || reading->states->pods[i].node == BL_NO_NODE)
            continue;
        if (known && own != distance)
            return;
        distance = own;
        known = true;
    }
    for (size_t i = 0; known && i < kafka->pods.len; i++)
        if (kafka->pods.items[i].member == member && reading->states->pods[i].node == BL_NO_NODE)
            reading->states->pods[i].node = (int32_t)(kafka->pods.items[i].ordinal + distance);
}

static void find_nodes(struct reading *reading)
{
    for (size_t i = 0; i < reading->kafka->pods.len; i++) {
        const struct bl_member *member = member_of(reading->kafka, i);
        const struct bl_member_pod *pod = &reading->kafka->pods.items[i];
        int32_t node = reading->found->facts
                           ? node_in_facts(reading->found->facts, member->role, pod)
                           : BL_NO_NODE;

        if (node == BL_NO_NODE && member->role != BL_ROLE_ZOOKEEPER)
            node = node_in_voters(member->voters, pod);
        reading->states->pods[i].node = node;
    }
    for (size_t i = 0; i < reading->kafka->members.len; i++)
        if (reading->kafka->members.items[i].role != BL_ROLE_ZOOKEEPER)
            count_nodes(reading, i);
}

/* --- what may go --- */

static void refuse(struct bl_pod_state *state, const char *reason, char *why)
{
    if (!state->safe) {
        free(why);
        return;
    }
    state->safe = false;
    state->reason = reason;
    free(state->why);
    state->why = why;
}

static void forget(struct bl_pod_state *state, const char *why)
{
    state->known = false;
    state->safe = false;
    state->reason = "Unknown";
    free(state->why);
    state->why = bl_strdup(why);
}

static struct bl_gate_options options_of(const struct bl_member *member)
{
    return (struct bl_gate_options){(int32_t)member->managed.gate.reserve,
                                    member->managed.gate.no_spare == BL_NO_SPARE_ACCEPT};
}

static int compare_ids(const void *a, const void *b)
{
    int32_t one = *(const int32_t *)a, other = *(const int32_t *)b;

    return (one > other) - (one < other);
}

/* In one walk over the partitions, by the policy for the first of its workloads. */
static void ask_gate(struct reading *reading)
{
    BL_AUTO_FREE int32_t *ids = bl_alloc(reading->kafka->pods.len + 1, sizeof(*ids));
    struct bl_gate_options options = {0};
    size_t len = 0, kept = 0;

    if (!reading->found->facts)
        return;
    for (size_t i = 0; i < reading->kafka->pods.len; i++) {
        if (!bl_role_has_logs(member_of(reading->kafka, i)->role) ||
            reading->states->pods[i].node == BL_NO_NODE)
            continue;
        if (!len)
            options = options_of(member_of(reading->kafka, i));
        ids[len++] = reading->states->pods[i].node;
    }
    qsort(ids, len, sizeof(*ids), compare_ids);
    for (size_t i = 0; i < len; i++)
        if (!i || ids[i] != ids[i - 1])
            ids[kept++] = ids[i];
    reading->answers = bl_alloc(kept + 1, sizeof(*reading->answers));
    reading->answers_len = kept;
    bl_gate_judge_all(reading->found->facts, ids, kept, &options, reading->answers);
}

static int compare_answer(const void *node, const void *answer)
{
    return compare_ids(node, &((const struct bl_gate_answer *)answer)->verdict.broker);
}

static const struct bl_gate_answer *answer_on(const struct reading *reading, int32_t node)
{
    return bsearch(&node, reading->answers, reading->answers_len, sizeof(*reading->answers),
                   compare_answer);
}

static bool are_internal(const struct bl_gate_topics *topics)
{
    for (size_t i = 0; i < topics->len; i++)
        if (!bl_topic_is_internal(topics->items[i].first.topic))
            return false;
    return !topics->other_topics;
}

/* What no waiting helps is told with what does, before an upgrade or a drain is held up by it. */
static void explain(const struct reading *reading, const struct bl_verdict *verdict,
                    struct bl_strbuf *text)
{
    bl_verdict_explain(verdict, text);
    if (!verdict->no_spare)
        return;
    if (reading->found->raising && are_internal(&verdict->thin)) {
        bl_strbuf_adds(text, "; they are being given more replicas");
        return;
    }
    bl_strbuf_adds(text, "; waiting does not change that: ");
    bl_advise_topics(reading->kafka, reading->found->facts, &verdict->thin, text);
}

static void judge_broker(struct reading *reading, size_t pod)
{
    struct bl_pod_state *state = &reading->states->pods[pod];
    const struct bl_gate_answer *answer = answer_on(reading, state->node);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(WHY_MAX);

    state->answers = answer->verdict.running;
    state->leads = (int64_t)answer->verdict.leads;
    state->in_sync = bl_gate_lag_is_over(&answer->lag);
    state->leader |= reading->found->facts->controller == state->node;
    if (!state->answers) {
        state->missing = bl_strdup("the broker does not answer");
        return;
    }
    if (!state->in_sync) {
        bl_gate_lag_explain(&answer->lag, &text);
        state->missing = bl_strbuf_take(&text);
    }
    if (bl_verdict_is_safe(&answer->verdict))
        return;
    explain(reading, &answer->verdict, &text);
    refuse(state, answer->verdict.no_spare ? BL_REASON_NO_SPARE : "PartitionsAtRisk",
           bl_strbuf_take(&text));
}

/* A voter that has caught up is one that runs; whether one runs that has not, nobody says. */
static void judge_voter(struct reading *reading, size_t pod)
{
    const struct bl_cluster *facts = reading->found->facts;
    struct bl_pod_state *state = &reading->states->pods[pod];
    const struct bl_voter *voter = bl_quorum_voter(&facts->quorum, state->node);
    bool alone = member_of(reading->kafka, pod)->role == BL_ROLE_CONTROLLER;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(WHY_MAX);
    struct bl_voter_verdict verdict;

    bl_gate_judge_voter(facts, state->node, &verdict);
    state->leader |= facts->quorum.known && facts->quorum.leader == state->node;
    if (alone) {
        state->answers = voter && voter->caught_up;
        state->in_sync = state->answers;
    }
    if (voter && !voter->caught_up) {
        state->in_sync = false;
        free(state->missing);
        state->missing = bl_strdup("it has not caught up with the quorum yet");
        if (alone)
            return;
    }
    if (verdict.safe)
        return;
    bl_voter_verdict_explain(&verdict, &text);
    refuse(state, verdict.reason == BL_VOTER_NO_SPARE ? BL_REASON_NO_SPARE : "QuorumAtRisk",
           bl_strbuf_take(&text));
}

static bool serves(enum bl_zookeeper_mode mode)
{
    return mode == BL_ZOOKEEPER_LEADER || mode == BL_ZOOKEEPER_FOLLOWER ||
           mode == BL_ZOOKEEPER_OBSERVER || mode == BL_ZOOKEEPER_STANDALONE;
}

static void judge_zookeeper(struct reading *reading, size_t pod, size_t index)
{
    const struct bl_zookeeper_servers *servers = reading->found->zookeepers;
    struct bl_pod_state *state = &reading->states->pods[pod];
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(WHY_MAX);
    struct bl_voter_verdict verdict;

    if (!servers || index >= servers->len) {
        forget(state, "ZooKeeper was not asked");
        return;
    }
    state->answers = servers->items[index].mode != BL_ZOOKEEPER_AWAY;
    state->in_sync = serves(servers->items[index].mode);
    state->leader = servers->items[index].mode == BL_ZOOKEEPER_LEADER;
    if (servers->items[index].mode == BL_ZOOKEEPER_UNKNOWN) {
        forget(state, "it does not say whether it serves; put srvr on its 4lw.commands.whitelist");
        return;
    }
    if (!state->in_sync) {
        state->missing =
            bl_asprintf("it is %s", bl_zookeeper_mode_name(servers->items[index].mode));
        return;
    }
    bl_gate_judge_zookeeper(servers->items, servers->len, index, &verdict);
    if (verdict.safe)
        return;
    bl_voter_verdict_explain(&verdict, &text);
    refuse(state, verdict.reason == BL_VOTER_NO_SPARE ? BL_REASON_NO_SPARE : "QuorumAtRisk",
           bl_strbuf_take(&text));
}

static void judge_kafka(struct reading *reading, size_t pod)
{
    struct bl_pod_state *state = &reading->states->pods[pod];
    enum bl_role role = member_of(reading->kafka, pod)->role;

    if (!reading->found->facts) {
        forget(state, reading->found->unknown ? reading->found->unknown : "it was not asked");
        return;
    }
    if (state->node == BL_NO_NODE) {
        forget(state, "which node of the cluster it is cannot be told by its name or address");
        return;
    }
    if (bl_role_has_logs(role))
        judge_broker(reading, pod);
    if (votes(role))
        judge_voter(reading, pod);
}

/* --- one disruption at a time --- */

static bool is_disturbed(const struct bl_member_pod *pod)
{
    return !pod->pod || bl_object_is_going(pod->pod) ||
           !bl_object_condition_is(pod->pod, "Ready", "True");
}

static bool fits_nowhere(const cJSON *pod)
{
    return bl_text_eq(bl_json_string(bl_object_condition(pod, "PodScheduled"), "reason"),
                      "Unschedulable");
}

/*
 * A broker whose node is being drained comes back when the drain is through, which waits in turn for the ZooKeeper
 * server or controller on that node. What these need is judged by their quorum alone then.
 */
static bool waits_for_drain(const struct reading *reading, size_t pod, size_t other)
{
    return fits_nowhere(reading->kafka->pods.items[other].pod) &&
           bl_role_has_logs(member_of(reading->kafka, pod)->role) !=
               bl_role_has_logs(member_of(reading->kafka, other)->role);
}

static void judge_others(struct reading *reading, size_t pod)
{
    struct bl_pod_state *state = &reading->states->pods[pod];

    if (state->known && !state->answers)
        return;
    for (size_t i = 0; i < reading->kafka->pods.len; i++) {
        const struct bl_member_pod *other = &reading->kafka->pods.items[i];

        if (i == pod || !is_disturbed(other) || waits_for_drain(reading, pod, i))
            continue;
        refuse(state, "OtherDisruption",
               bl_asprintf("%s %s", other->name,
                           !other->pod                      ? "is away"
                           : bl_object_is_going(other->pod) ? "is going down"
                                                            : "is not ready"));
        return;
    }
}

static bool is_unbalanced(const struct bl_cluster *facts)
{
    for (size_t t = 0; t < facts->topics.len; t++)
        for (size_t p = 0; p < facts->topics.items[t].partitions.len; p++) {
            const struct bl_partition *partition = &facts->topics.items[t].partitions.items[p];

            if (partition->replicas.len && partition->leader >= 0 &&
                partition->leader != partition->replicas.items[0] &&
                bl_broker_ids_has(&partition->isr, partition->replicas.items[0]) &&
                bl_cluster_broker(facts, partition->replicas.items[0]))
                return true;
        }
    return false;
}

void bl_pod_states_read(const struct bl_kafka *kafka, const struct bl_findings *found,
                        struct bl_pod_states *ret_states)
{
    struct reading reading = {kafka, found, ret_states, NULL, 0};
    size_t zookeepers = 0;

    *ret_states = (struct bl_pod_states){
        .pods = bl_alloc(kafka->pods.len + 1, sizeof(struct bl_pod_state)), .len = kafka->pods.len};
    find_nodes(&reading);
    ask_gate(&reading);
    for (size_t i = 0; i < kafka->pods.len; i++) {
        struct bl_pod_state *state = &ret_states->pods[i];

        state->known = state->safe = true;
        state->reason = "Safe";
        if (member_of(kafka, i)->role == BL_ROLE_ZOOKEEPER)
            judge_zookeeper(&reading, i, zookeepers++);
        else
            judge_kafka(&reading, i);
        judge_others(&reading, i);
    }
    ret_states->unbalanced = found->facts && is_unbalanced(found->facts);
    free(reading.answers);
}

void bl_pod_states_release(struct bl_pod_states *states)
{
    for (size_t i = 0; i < states->len; i++) {
        free(states->pods[i].missing);
        free(states->pods[i].why);
    }
    free(states->pods);
    *states = (struct bl_pod_states){0};
}

static size_t count_among(const struct bl_broker_ids *replicas, const struct bl_broker_ids *nodes)
{
    size_t count = 0;

    for (size_t r = 0; r < replicas->len; r++)
        count += bl_broker_ids_find(nodes, replicas->items[r]);
    return count;
}

static bool shares_a_partition(const struct bl_cluster *facts, const struct bl_broker_ids *nodes)
{
    for (size_t t = 0; t < facts->topics.len; t++) {
        const struct bl_topic *topic = &facts->topics.items[t];

        for (size_t p = 0; p < topic->partitions.len; p++)
            if (count_among(&topic->partitions.items[p].replicas, nodes) > 1)
                return true;
    }
    return false;
}

bool bl_pod_states_together(const struct bl_pod_states *states, const struct bl_cluster *facts,
                            const size_t *pods, size_t len)
{
    struct bl_broker_ids nodes = {0};
    bool known = facts != NULL;

    for (size_t i = 0; i < len && known; i++) {
        known = states->pods[pods[i]].node != BL_NO_NODE;
        bl_broker_ids_insert(&nodes, states->pods[pods[i]].node);
    }
    known = known && !shares_a_partition(facts, &nodes);
    free(nodes.items);
    return known;
}
