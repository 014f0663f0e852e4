#include "ballast/kafka/gate.h"

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

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
            bl_strbuf_addf(out, "has %zu replicas and needs %zu in sync, so none may go",
                           blocker->replicas, blocker->needed);
    }
}

void bl_verdict_explain(const struct bl_verdict *verdict, struct bl_strbuf *out)
{
    if (!verdict->running) {
        bl_strbuf_addf(out, "broker %d does not answer", verdict->broker);
        return;
    }
    if (!verdict->blocking) {
        bl_strbuf_addf(out, "all %zu partition%s on it keep enough replicas in sync",
                       verdict->replicas - verdict->accepted,
                       plural(verdict->replicas - verdict->accepted));
        if (verdict->accepted)
            bl_strbuf_addf(out, "; %zu without a spare replica %s accepted", verdict->accepted,
                           verdict->accepted == 1 ? "is" : "are");
        return;
    }
    explain_blocker(&verdict->named[0], out);
    if (verdict->blocking > 1)
        bl_strbuf_addf(out, "; %zu more partition%s", verdict->blocking - 1,
                       plural(verdict->blocking - 1));
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
        bl_strbuf_addf(out, "the quorum of %zu needs all of its voters", verdict->voters);
        return;
    case BL_VOTER_ALONE:
        bl_strbuf_adds(out, "it is the only voter, and nothing is decided while it is away");
        return;
    }
    bl_strbuf_addf(out, "%zu of the other %zu voters are up to date", verdict->ready,
                   verdict->voters - 1);
}
