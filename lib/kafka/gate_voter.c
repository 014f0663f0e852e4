#include "ballast/kafka/gate.h"

static void refuse(struct bl_voter_verdict *verdict, enum bl_voter_reason reason)
{
    verdict->safe = false;
    verdict->reason = reason;
}

/* Others that are up to date: all but this one. */
static size_t count_caught_up(const struct bl_quorum *quorum, int32_t except)
{
    size_t count = 0;

    for (size_t i = 0; i < quorum->voters.len; i++)
        count += quorum->voters.items[i].id != except && quorum->voters.items[i].caught_up;
    return count;
}

void bl_gate_judge_voter(const struct bl_cluster *cluster, int32_t node_id,
                         struct bl_voter_verdict *ret_verdict)
{
    const struct bl_quorum *quorum = &cluster->quorum;
    struct bl_voter_verdict *verdict = ret_verdict;

    *verdict = (struct bl_voter_verdict){.safe = true, .voters = quorum->voters.len};
    if (!cluster->kraft)
        return;
    if (!quorum->known) {
        refuse(verdict, BL_VOTER_UNKNOWN);
        return;
    }
    verdict->voter = bl_quorum_voter(quorum, node_id) != NULL;
    if (!verdict->voter)
        return;
    verdict->ready = count_caught_up(quorum, node_id);
    /* Two have no majority without either; the one that stays must at least have everything. */
    verdict->needed = verdict->voters == 2 ? 1 : verdict->voters / 2 + 1;
    if (quorum->leader < 0)
        refuse(verdict, BL_VOTER_NO_LEADER);
    else if (verdict->voters == 1)
        verdict->reason = BL_VOTER_ALONE;
    else if (verdict->ready < verdict->needed)
        refuse(verdict, BL_VOTER_BEHIND);
}

static bool has_vote(const struct bl_zookeeper_server *server)
{
    return server->mode != BL_ZOOKEEPER_OBSERVER;
}

static bool is_serving(const struct bl_zookeeper_server *server)
{
    return server->mode == BL_ZOOKEEPER_LEADER || server->mode == BL_ZOOKEEPER_FOLLOWER;
}

/* The others that serve, or fewer where the leader says that not all of its followers are in sync. */
static size_t count_ready(const struct bl_zookeeper_server *servers, size_t len, size_t index)
{
    size_t serving = 0, synced = SIZE_MAX;

    for (size_t i = 0; i < len; i++) {
        serving += is_serving(&servers[i]);
        if (servers[i].mode == BL_ZOOKEEPER_LEADER && servers[i].synced >= 0)
            synced = (size_t)servers[i].synced + 1;
    }
    if (serving > synced)
        serving = synced;
    return serving - (serving && is_serving(&servers[index]));
}

static bool has_leader(const struct bl_zookeeper_server *servers, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (servers[i].mode == BL_ZOOKEEPER_LEADER)
            return true;
    return false;
}

void bl_gate_judge_zookeeper(const struct bl_zookeeper_server *servers, size_t len, size_t index,
                             struct bl_voter_verdict *ret_verdict)
{
    struct bl_voter_verdict *verdict = ret_verdict;

    *verdict = (struct bl_voter_verdict){.safe = true, .voter = has_vote(&servers[index])};
    for (size_t i = 0; i < len; i++)
        verdict->voters += has_vote(&servers[i]);
    if (!verdict->voter)
        return;
    if (verdict->voters == 1) {
        verdict->reason = BL_VOTER_ALONE;
        return;
    }
    verdict->ready = count_ready(servers, len, index);
    verdict->needed = verdict->voters / 2 + 1;
    if (verdict->needed > verdict->voters - 1)
        refuse(verdict, BL_VOTER_NO_SPARE);
    else if (!has_leader(servers, len))
        refuse(verdict, BL_VOTER_NO_LEADER);
    else if (verdict->ready < verdict->needed)
        refuse(verdict, BL_VOTER_BEHIND);
}

const char *bl_voter_reason_name(enum bl_voter_reason reason)
{
    static const char *const names[] = {
        [BL_VOTER_UNKNOWN] = "unknown", [BL_VOTER_NO_LEADER] = "no-leader",
        [BL_VOTER_BEHIND] = "behind",   [BL_VOTER_NO_SPARE] = "no-spare",
        [BL_VOTER_ALONE] = "alone",
    };

    return names[reason];
}
