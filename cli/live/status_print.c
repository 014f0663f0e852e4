#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "status.h"

/* Partitions of one kind that are named in the text; JSON has all. */
#define NAMED_FLAWS 8

static void add_blocker(struct bl_strbuf *out, const struct bl_gate_blocker *blocker)
{
    bl_strbuf_addf(out, "     %s-%d: ", blocker->topic, blocker->partition);
    switch (blocker->reason) {
    case BL_GATE_NO_LEADER:
        bl_strbuf_adds(out, "nobody leads it\n");
        return;
    case BL_GATE_BELOW_MIN:
    case BL_GATE_AT_MIN:
        bl_strbuf_addf(out, "%zu of %zu in sync, %d needed\n", blocker->in_sync, blocker->replicas,
                       blocker->min_isr);
        return;
    case BL_GATE_NO_SPARE:
        if (blocker->replicas == 1)
            bl_strbuf_adds(out, "its only replica\n");
        else
            bl_strbuf_addf(out, "all of its replicas, %zu, are in sync, and %d needed\n",
                           blocker->replicas, blocker->min_isr);
    }
}

static void add_objection(struct bl_strbuf *out, const struct bl_voter_verdict *voter)
{
    bl_strbuf_adds(out, "no: ");
    bl_voter_verdict_explain(voter, out);
    bl_strbuf_addc(out, '\n');
}

static void add_answer(struct bl_strbuf *out, const struct cli_status *status,
                       const struct bl_verdict *verdict)
{
    const struct bl_voter_verdict voter = cli_status_voter(status, verdict);

    if (!verdict->running)
        bl_strbuf_adds(out, "it does not answer\n");
    else if (!verdict->blocking && voter.safe)
        bl_strbuf_adds(out, "yes\n");
    else if (!verdict->blocking)
        add_objection(out, &voter);
    else
        bl_strbuf_addf(out, "no, because of %zu %s\n", verdict->blocking,
                       bl_text_plural((int64_t)verdict->blocking, "partition", "partitions"));
    for (size_t i = 0; i < verdict->named_len; i++)
        add_blocker(out, &verdict->named[i]);
    if (verdict->blocking > verdict->named_len)
        bl_strbuf_addf(out, "     and %zu more\n", verdict->blocking - verdict->named_len);
}

static char *address(const struct bl_broker *broker)
{
    return broker ? bl_asprintf("%s:%d", broker->host, broker->port) : bl_strdup("-");
}

static const char *rack(const struct bl_broker *broker)
{
    return broker && broker->rack ? broker->rack : "-";
}

struct widths {
    int address, rack;
};

static void widen(int *width, const char *text)
{
    if ((int)strlen(text) > *width)
        *width = (int)strlen(text);
}

static struct widths measure(const struct bl_cluster *cluster)
{
    struct widths widths = {(int)strlen("ADDRESS"), (int)strlen("RACK")};

    for (size_t i = 0; i < cluster->brokers.len; i++) {
        BL_AUTO_FREE char *text = address(&cluster->brokers.items[i]);

        widen(&widths.address, text);
        widen(&widths.rack, rack(&cluster->brokers.items[i]));
    }
    return widths;
}

static void add_brokers(struct bl_strbuf *out, const struct cli_status *status)
{
    const struct widths widths = measure(&status->cluster);

    bl_strbuf_addf(out, "\n%-6s  %-*s  %-*s  %10s  %5s  %8s  %7s  %6s  %s\n", "BROKER", widths.rack,
                   "RACK", widths.address, "ADDRESS", "HOLDS", "FREE", "REPLICAS", "IN SYNC",
                   "LEADS", "MAY GO DOWN NOW");
    for (size_t i = 0; i < status->verdicts.len; i++) {
        const struct bl_verdict *verdict = &status->verdicts.items[i];
        const struct bl_broker *broker = bl_cluster_broker(&status->cluster, verdict->broker);
        BL_AUTO_FREE char *text = address(broker);
        BL_AUTO_FREE char *held = cli_status_held(status, verdict->broker);
        BL_AUTO_FREE char *unused = cli_status_usable(status, verdict->broker);

        bl_strbuf_addf(out, "%-6d  %-*s  %-*s  %10s  %5s  %8zu  %7zu  %6zu  ", verdict->broker,
                       widths.rack, rack(broker), widths.address, text, held, unused,
                       verdict->replicas, verdict->in_sync, verdict->leads);
        add_answer(out, status, verdict);
        cli_status_add_failed_disks(status, verdict->broker, out);
    }
}

static void add_flaws(struct bl_strbuf *out, const char *what, const struct cli_flaws *flaws)
{
    if (!flaws->len)
        return;
    bl_strbuf_addf(out, "\n%s: %zu\n", what, flaws->len);
    for (size_t i = 0; i < flaws->len && i < NAMED_FLAWS; i++) {
        const struct cli_flaw *flaw = &flaws->items[i];

        bl_strbuf_addf(out, "     %s-%d: %zu of %zu in sync, %d needed\n", flaw->topic->name,
                       flaw->partition->id, flaw->in_sync, flaw->partition->replicas.len,
                       flaw->topic->min_isr);
    }
    if (flaws->len > NAMED_FLAWS)
        bl_strbuf_addf(out, "     and %zu more\n", flaws->len - NAMED_FLAWS);
}

static bool is_blocked_by(const struct cli_status *status, enum bl_gate_reason reason)
{
    for (size_t i = 0; i < status->verdicts.len; i++)
        for (size_t n = 0; n < status->verdicts.items[i].named_len; n++)
            if (status->verdicts.items[i].named[n].reason == reason)
                return true;
    return false;
}

/* Of all brokers: a topic that is named once is not named again for the next of them. */
static void find_thin(const struct cli_status *status, struct bl_gate_topics *thin)
{
    for (size_t t = 0; t < status->cluster.topics.len; t++)
        for (size_t i = 0; i < status->verdicts.len; i++) {
            const struct bl_gate_topics *its = &status->verdicts.items[i].thin;

            for (size_t n = 0; n < its->len; n++)
                if (its->items[n].first.topic == status->cluster.topics.items[t].name)
                    bl_gate_topics_add(thin, &its->items[n].first);
        }
}

static void add_spare_hint(struct bl_strbuf *out, const struct cli_status *status)
{
    struct bl_gate_topics thin = {0};

    find_thin(status, &thin);
    if (!thin.len)
        return;
    bl_strbuf_adds(out, "  hint: A partition that needs all of its replicas never lets a broker "
                        "go, and waiting does not help: ");
    bl_gate_way_out(&thin, status->cluster.brokers.len, status->way_in, out);
    bl_strbuf_addc(out, '\n');
}

static void add_hints(struct bl_strbuf *out, const struct cli_status *status)
{
    static const struct {
        enum bl_gate_reason reason;
        const char *text;
    } hints[] = {
        {BL_GATE_NO_LEADER, "Bring back a broker that has the partition in sync."},
        {BL_GATE_BELOW_MIN, "Bring back the brokers that are down, and wait until they caught up."},
        {BL_GATE_AT_MIN, "Wait until the other replicas caught up (-w shows when)."},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(hints); i++)
        if (is_blocked_by(status, hints[i].reason))
            bl_strbuf_addf(out, "  hint: %s\n", hints[i].text);
    add_spare_hint(out, status);
}

void cli_status_text(const struct cli_status *status, struct bl_strbuf *out)
{
    size_t running = status->cluster.brokers.len, topics = status->cluster.topics.len;

    bl_strbuf_addf(out, "Cluster %s: %zu of %zu brokers %s, %zu %s, %zu %s\n", status->cluster.id,
                   running, status->verdicts.len, bl_text_plural((int64_t)running, "runs", "run"),
                   topics, bl_text_plural((int64_t)topics, "topic", "topics"), status->partitions,
                   bl_text_plural((int64_t)status->partitions, "partition", "partitions"));
    add_brokers(out, status);
    cli_status_add_quorum(status, out);
    add_flaws(out, "Offline, nobody leads them", &status->offline);
    add_flaws(out, "Below min.insync.replicas, acks=all fails", &status->below_min);
    add_flaws(out, "Under-replicated", &status->under_replicated);
    add_flaws(out, "Being reassigned", &status->reassigned);
    add_hints(out, status);
}

static cJSON *blocker_json(const struct bl_gate_blocker *blocker)
{
    cJSON *json = bl_json_new_object();

    bl_json_add_string(json, "topic", blocker->topic);
    bl_json_add_int(json, "partition", blocker->partition);
    bl_json_add_string(json, "reason", bl_gate_reason_name(blocker->reason));
    bl_json_add_int(json, "replicas", (int64_t)blocker->replicas);
    bl_json_add_int(json, "inSync", (int64_t)blocker->in_sync);
    bl_json_add_int(json, "minInSyncReplicas", blocker->min_isr);
    return json;
}

static cJSON *broker_json(const struct cli_status *status, const struct bl_verdict *verdict)
{
    const struct bl_broker *broker = bl_cluster_broker(&status->cluster, verdict->broker);
    cJSON *json = bl_json_new_object(), *blockers;

    bl_json_add_int(json, "id", verdict->broker);
    bl_json_add_bool(json, "running", verdict->running);
    if (broker) {
        bl_json_add_string(json, "host", broker->host);
        bl_json_add_int(json, "port", broker->port);
        if (broker->rack)
            bl_json_add_string(json, "rack", broker->rack);
    }
    bl_json_add_int(json, "replicas", (int64_t)verdict->replicas);
    bl_json_add_int(json, "inSync", (int64_t)verdict->in_sync);
    bl_json_add_int(json, "leads", (int64_t)verdict->leads);
    cli_status_add_disks_json(status, verdict->broker, json);
    bl_json_add_bool(json, "mayGoDown", cli_status_may_go(status, verdict));
    bl_json_add_int(json, "blocking", (int64_t)verdict->blocking);
    blockers = bl_json_add_array(json, "blockers");
    for (size_t i = 0; i < verdict->named_len; i++)
        bl_json_push(blockers, blocker_json(&verdict->named[i]));
    return json;
}

static void add_ids(cJSON *json, const char *key, const struct bl_broker_ids *ids)
{
    cJSON *list = bl_json_add_array(json, key);

    for (size_t i = 0; i < ids->len; i++)
        bl_json_push(list, bl_json_new_int(ids->items[i]));
}

static void add_flaws_json(cJSON *json, const char *key, const struct cli_flaws *flaws)
{
    cJSON *list = bl_json_add_array(json, key);

    for (size_t i = 0; i < flaws->len; i++) {
        const struct cli_flaw *flaw = &flaws->items[i];
        cJSON *item = bl_json_push(list, bl_json_new_object());

        bl_json_add_string(item, "topic", flaw->topic->name);
        bl_json_add_int(item, "partition", flaw->partition->id);
        bl_json_add_int(item, "leader", flaw->partition->leader);
        add_ids(item, "replicas", &flaw->partition->replicas);
        add_ids(item, "isr", &flaw->partition->isr);
        bl_json_add_int(item, "minInSyncReplicas", flaw->topic->min_isr);
    }
}

cJSON *cli_status_json(const struct cli_status *status)
{
    cJSON *json = bl_json_new_object(), *brokers;

    bl_json_add_string(json, "cluster", status->cluster.id);
    bl_json_add_int(json, "topics", (int64_t)status->cluster.topics.len);
    bl_json_add_int(json, "partitions", (int64_t)status->partitions);
    brokers = bl_json_add_array(json, "brokers");
    for (size_t i = 0; i < status->verdicts.len; i++)
        bl_json_push(brokers, broker_json(status, &status->verdicts.items[i]));
    cli_status_add_quorum_json(status, json);
    add_flaws_json(json, "offline", &status->offline);
    add_flaws_json(json, "belowMinInSync", &status->below_min);
    add_flaws_json(json, "underReplicated", &status->under_replicated);
    add_flaws_json(json, "reassigned", &status->reassigned);
    return json;
}
