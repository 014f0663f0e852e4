#include "ballast/kafka/gate.h"

#include "ballast/base/text.h"

static void explain_blocker(const struct bl_gate_blocker *blocker, struct bl_strbuf *out)
{
    bl_strbuf_addf(out, "%s-%d ", blocker->topic, blocker->partition);
    switch (blocker->reason) {
    case BL_GATE_NO_LEADER:
        bl_strbuf_adds(out, "has no leader");
        return;
    case BL_GATE_BELOW_MIN:
    case BL_GATE_AT_MIN:
        bl_strbuf_addf(out, "has %zu of %zu replicas in sync and needs %zu", blocker->in_sync,
                       blocker->replicas, blocker->needed);
        return;
    case BL_GATE_NO_SPARE:
        if (blocker->replicas == 1)
            bl_strbuf_adds(out, "has its only replica here");
        else
            bl_strbuf_addf(
                out, "has %zu %s and needs %zu in sync, so none may go", blocker->replicas,
                bl_text_plural((int64_t)blocker->replicas, "replica", "replicas"), blocker->needed);
    }
}

/* Where it is one partition, that was said. */
static void explain_thin(const struct bl_gate_topics *thin, struct bl_strbuf *out)
{
    for (size_t i = 0; i < thin->len; i++)
        bl_strbuf_addf(
            out, "%s%s: %zu%s", i ? ", " : "; without a spare: ", thin->items[i].first.topic,
            thin->items[i].partitions,
            i ? ""
              : bl_text_plural((int64_t)thin->items[i].partitions, " partition", " partitions"));
    if (thin->other_topics)
        bl_strbuf_addf(out, ", %zu of %zu other %s", thin->other_partitions, thin->other_topics,
                       bl_text_plural((int64_t)thin->other_topics, "topic", "topics"));
}

void bl_verdict_explain(const struct bl_verdict *verdict, struct bl_strbuf *out)
{
    size_t more;

    if (!verdict->running) {
        bl_strbuf_addf(out, "broker %d does not answer", verdict->broker);
        return;
    }
    if (!verdict->blocking) {
        size_t kept = verdict->replicas - verdict->accepted;

        bl_strbuf_addf(
            out, "all %zu %s enough replicas in sync", kept,
            bl_text_plural((int64_t)kept, "partition on it keeps", "partitions on it keep"));
        if (verdict->accepted)
            bl_strbuf_addf(out, "; %zu without a spare replica %s accepted", verdict->accepted,
                           bl_text_plural((int64_t)verdict->accepted, "is", "are"));
        return;
    }
    explain_blocker(verdict->no_spare ? &verdict->thin.items[0].first : &verdict->named[0], out);
    if (verdict->no_spare > 1)
        explain_thin(&verdict->thin, out);
    more = verdict->blocking - (verdict->no_spare ? verdict->no_spare : 1);
    if (more)
        bl_strbuf_addf(out, "; %zu more %s", more,
                       bl_text_plural((int64_t)more, "partition", "partitions"));
}

void bl_gate_lag_explain(const struct bl_gate_lag *lag, struct bl_strbuf *out)
{
    if (!lag->running) {
        bl_strbuf_addf(out, "broker %d does not answer", lag->broker);
        return;
    }
    if (!lag->missing) {
        bl_strbuf_addf(out, "no replica of %zu lags behind", lag->replicas);
        return;
    }
    bl_strbuf_addf(out, "%zu of %zu replicas not in sync yet", lag->missing, lag->replicas);
    for (size_t i = 0; i < lag->named_len; i++)
        bl_strbuf_addf(out, "%s %s-%d", i ? "," : ":", lag->named[i].topic,
                       lag->named[i].partition);
    if (lag->missing > lag->named_len)
        bl_strbuf_addf(out, " and %zu more", lag->missing - lag->named_len);
}

void bl_voter_verdict_explain(const struct bl_voter_verdict *verdict, struct bl_strbuf *out)
{
    if (!verdict->voter && verdict->safe) {
        bl_strbuf_adds(out, "it has no vote");
        return;
    }
    switch (verdict->reason) {
    case BL_VOTER_UNKNOWN:
        bl_strbuf_adds(out, "the quorum could not be asked");
        return;
    case BL_VOTER_NO_LEADER:
        bl_strbuf_addf(out, "the quorum of %zu has no leader", verdict->voters);
        return;
    case BL_VOTER_BEHIND:
        bl_strbuf_addf(out, "%zu of the other %zu voters are up to date and %zu are needed",
                       verdict->ready, verdict->voters - 1, verdict->needed);
        return;
    case BL_VOTER_NO_SPARE:
        bl_strbuf_addf(out,
                       "the quorum of %zu needs all of its voters; waiting does not change that: "
                       "add one, so that the others are a majority without it",
                       verdict->voters);
        return;
    case BL_VOTER_ALONE:
        bl_strbuf_adds(out, "it is the only voter, and nothing is decided while it is away");
        return;
    }
    bl_strbuf_addf(out, "%zu of the other %zu voters are up to date", verdict->ready,
                   verdict->voters - 1);
}
