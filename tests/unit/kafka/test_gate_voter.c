/* The gate where a majority has to stay: quorums of controllers, and ensembles of ZooKeeper. */
#include "gate_help.h"

/* "1: 1 2 3 / 1 2" has leader 1, voters 1 to 3, and 1 and 2 are up to date. */
static const struct {
    const char *why, *quorum;
    int32_t node;
    bool safe, voter;
    enum bl_voter_reason reason;
} quorums[] = {
    {"a follower of three", "1: 1 2 3 / 1 2 3", 2, true, true, 0},
    {"a follower of three, another is behind", "1: 1 2 3 / 1 2", 2, false, true, BL_VOTER_BEHIND},
    {"three of four others", "1: 1 2 3 4 5 / 1 2 3 4 5", 1, true, true, 0},
    {"three of five are the majority", "1: 1 2 3 4 5 / 1 2 3 4", 2, true, true, 0},
    {"two of five are none", "1: 1 2 3 4 5 / 1 2 3", 2, false, true, BL_VOTER_BEHIND},
    {"who is behind himself takes nothing away", "1: 1 2 3 4 5 / 1 2 3", 5, true, true, 0},
    {"four voters need three", "1: 1 2 3 4 / 1 2 3 4", 1, true, true, 0},
    {"four voters, one behind", "1: 1 2 3 4 / 1 2 3", 1, false, true, BL_VOTER_BEHIND},
    {"the only one", "1: 1 / 1", 1, true, true, BL_VOTER_ALONE},
    {"two: the leader, the other is up to date", "1: 1 2 / 1 2", 1, true, true, 0},
    {"two: the leader, the other is behind", "1: 1 2 / 1", 1, false, true, BL_VOTER_BEHIND},
    {"two: the follower", "1: 1 2 / 1", 2, true, true, 0},
    {"no leader", "-1: 1 2 3 / 1 2 3", 1, false, true, BL_VOTER_NO_LEADER},
    {"no leader, and the only one", "-1: 1 / 1", 1, false, true, BL_VOTER_NO_LEADER},
    {"a broker only", "1: 1 2 3 / 1", 4, true, false, 0},
};

static void read_quorum(const char *text, struct bl_cluster *cluster)
{
    struct bl_broker_ids voters = {0}, ready = {0};
    char *rest;

    cluster->kraft = cluster->quorum.known = true;
    cluster->quorum.leader = (int32_t)strtol(text, &rest, 10);
    read_ids(read_ids(rest + 1, &voters), &ready);
    for (size_t i = 0; i < voters.len; i++)
        *BL_PUSH(&cluster->quorum.voters) = (struct bl_voter){
            .id = voters.items[i], .caught_up = bl_broker_ids_has(&ready, voters.items[i])};
    free(voters.items);
    free(ready.items);
}

START_TEST(voters)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(quorums); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
        struct bl_voter_verdict verdict;

        read_quorum(quorums[i].quorum, &cluster);
        bl_gate_judge_voter(&cluster, quorums[i].node, &verdict);
        BL_WHY(verdict.safe == quorums[i].safe, quorums[i].why);
        BL_WHY(verdict.voter == quorums[i].voter, quorums[i].why);
        BL_WHY(verdict.reason == quorums[i].reason, quorums[i].why);
        bl_voter_verdict_explain(&verdict, &out);
        BL_WHY(out.len, quorums[i].why);
    }
}
END_TEST

START_TEST(a_quorum_that_is_not_known)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {.kraft = true};
    struct bl_voter_verdict verdict;

    bl_gate_judge_voter(&cluster, 1, &verdict);
    ck_assert(!verdict.safe);
    ck_assert_int_eq((int)verdict.reason, BL_VOTER_UNKNOWN);
    cluster.kraft = false;
    bl_gate_judge_voter(&cluster, 1, &verdict);
    ck_assert(verdict.safe && !verdict.voter);
}
END_TEST

/* The node is a broker that may go, and a controller that may not. */
START_TEST(a_combined_node_needs_both)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct bl_voter_verdict voter;
    struct bl_verdict verdict;

    read_cluster("1 2 3 | 2 | 1: 1 2 3 / 1 2 3", &cluster);
    read_quorum("1: 1 2 3 / 1 3", &cluster);
    bl_gate_judge(&cluster, 1, NULL, &verdict);
    bl_gate_judge_voter(&cluster, 1, &voter);
    ck_assert(bl_verdict_is_safe(&verdict));
    ck_assert(!voter.safe);
    ck_assert_uint_eq(voter.ready, 1);
    ck_assert_uint_eq(voter.needed, 2);
    ck_assert_str_eq(bl_voter_reason_name(voter.reason), "behind");
}
END_TEST

/* L leader, F follower, O observer, S standalone, N not serving, A away, U unknown. */
static const struct {
    const char *why, *servers;
    size_t index;
    int64_t synced; /* as the leader says */
    bool safe;
    enum bl_voter_reason reason;
} ensembles[] = {
    {"a follower of three", "LFF", 1, -1, true, 0},
    {"the leader of three", "LFF", 0, -1, true, 0},
    {"one is away", "LFA", 1, -1, false, BL_VOTER_BEHIND},
    {"the one that is away", "LFA", 2, -1, true, 0},
    {"one has no quorum", "LFN", 1, -1, false, BL_VOTER_BEHIND},
    {"one does not say", "LFU", 1, -1, false, BL_VOTER_BEHIND},
    {"five, one away", "LFFFA", 1, -1, true, 0},
    {"five, two away", "LFFAA", 1, -1, false, BL_VOTER_BEHIND},
    {"four need three", "LFFF", 3, -1, true, 0},
    {"four, one away", "LFFA", 0, -1, false, BL_VOTER_BEHIND},
    {"two", "LF", 1, -1, false, BL_VOTER_NO_SPARE},
    {"one", "S", 0, -1, true, BL_VOTER_ALONE},
    {"an observer", "LFFO", 3, -1, true, 0},
    {"an observer is no voter", "LFAO", 1, -1, false, BL_VOTER_BEHIND},
    {"nobody leads", "FFF", 0, -1, false, BL_VOTER_NO_LEADER},
    {"all are away", "AAA", 0, -1, false, BL_VOTER_NO_LEADER},
    {"three that do not know of each other", "SSS", 0, -1, false, BL_VOTER_NO_LEADER},
    {"all followers are in sync", "LFF", 1, 2, true, 0},
    {"one follower still syncs", "LFF", 1, 1, false, BL_VOTER_BEHIND},
    {"and may be the one", "LFF", 0, 1, false, BL_VOTER_BEHIND},
};

static enum bl_zookeeper_mode mode_of(char letter)
{
    static const char letters[] = " AUNLFOS";

    return (enum bl_zookeeper_mode)(strchr(letters, letter) - letters);
}

START_TEST(zookeeper)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(ensembles); i++) {
        struct bl_zookeeper_server servers[8] = {0};
        size_t len = strlen(ensembles[i].servers);
        struct bl_voter_verdict verdict;

        for (size_t s = 0; s < len; s++) {
            servers[s].mode = mode_of(ensembles[i].servers[s]);
            servers[s].synced = servers[s].mode == BL_ZOOKEEPER_LEADER ? ensembles[i].synced : -1;
        }
        bl_gate_judge_zookeeper(servers, len, ensembles[i].index, &verdict);
        BL_WHY(verdict.safe == ensembles[i].safe, ensembles[i].why);
        BL_WHY(verdict.reason == ensembles[i].reason, ensembles[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/gate_voter");
    TCase *tests = tcase_create("voter");

    tcase_add_test(tests, voters);
    tcase_add_test(tests, a_quorum_that_is_not_known);
    tcase_add_test(tests, a_combined_node_needs_both);
    tcase_add_test(tests, zookeeper);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
