/* Acts on a cluster by the library's own calls, for run.py: one act, and what came of it as lines of words.
 *
 *   ballast-kafka-admin BOOTSTRAP PROPERTIES|- ACT [ARGUMENT...]
 *   ballast-kafka-admin zookeeper ADDRESS...
 *   ballast-kafka-admin BOOTSTRAP PROPERTIES|- note MESSAGES | compare FILE
 */
#include "ballast/kafka/admin.h"
#include "ballast/kafka/metadata_version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/kafka/canary.h"
#include "ballast/kafka/gate.h"
#include "ballast/kafka/note.h"
#include "observer.h"
#include "wire/alter_partition_reassignments.h"

#define AT_MOST (60 * BL_NSEC_S)
#define MOVES_MAX 65536
#define NOTE_MAX (1 << 20)

static int fail(const struct bl_error *err)
{
    fprintf(stderr, "%s\n", bl_error_text(err));
    return 2;
}

static void print_quorum(const struct bl_cluster *cluster)
{
    for (size_t i = 0; i < cluster->quorum.voters.len; i++) {
        const struct bl_voter *voter = &cluster->quorum.voters.items[i];
        BL_AUTO(bl_strbuf_release) struct bl_strbuf why = BL_STRBUF_INIT(4096);
        struct bl_voter_verdict verdict;

        bl_gate_judge_voter(cluster, voter->id, &verdict);
        bl_voter_verdict_explain(&verdict, &why);
        printf("voter %d %s %s %d %s: %s\n", voter->id, voter->caught_up ? "caught-up" : "behind",
               voter->host ? voter->host : "-", voter->port, verdict.safe ? "safe" : "unsafe",
               why.text);
    }
}

static void print_cluster(const struct bl_cluster *cluster)
{
    printf("kraft %d\ncontroller %d\nquorum %d\nmetadata-version %lld\nmax-metadata-version %lld\n",
           cluster->kraft, cluster->controller, cluster->quorum.known,
           (long long)cluster->metadata_version, (long long)cluster->max_metadata_version);
    for (size_t i = 0; i < cluster->brokers.len; i++) {
        const struct bl_broker *broker = &cluster->brokers.items[i];

        printf("broker %d %s\n", broker->id, broker->rack ? broker->rack : "-");
    }
    print_quorum(cluster);
    for (size_t t = 0; t < cluster->topics.len; t++)
        for (size_t p = 0; p < cluster->topics.items[t].partitions.len; p++) {
            const struct bl_partition *partition = &cluster->topics.items[t].partitions.items[p];

            printf("partition %s-%d %d %d", cluster->topics.items[t].name, partition->id,
                   partition->leader, partition->moving);
            for (size_t i = 0; i < partition->replicas.len; i++)
                printf(" %d", partition->replicas.items[i]);
            printf("\n");
        }
}

static int move_away(struct bl_observer *observer, const struct bl_cluster *cluster,
                     const char *broker, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf moves = BL_STRBUF_INIT(MOVES_MAX);
    int32_t id = (int32_t)strtol(broker, NULL, 10);
    size_t moved;

    (void)bl_moves_plan(cluster, id, &moves);
    printf("moves %s\n", moves.text);
    if (bl_observer_move_leaders_away(observer, cluster, id, moves.text, &moved, err) < 0)
        return -1;
    printf("moved %zu\n", moved);
    return 0;
}

static int print_log_dirs(struct bl_observer *observer, const char *broker, struct bl_error **err)
{
    BL_AUTO(bl_log_dirs_release) struct bl_log_dirs dirs = {0};

    if (bl_observer_log_dirs(observer, (int32_t)strtol(broker, NULL, 10), &dirs, err) < 0)
        return -1;
    for (size_t i = 0; i < dirs.len; i++)
        printf("dir %s %d %zu %lld %lld %lld\n", dirs.items[i].path, dirs.items[i].error,
               dirs.items[i].replicas, (long long)dirs.items[i].bytes,
               (long long)dirs.items[i].total, (long long)dirs.items[i].usable);
    return 0;
}

struct reassign {
    struct bl_wire_partitions orders;
    struct bl_wire_answer answer;
};

static int ask_reassign(struct bl_wire *wire, bl_nsec deadline, void *context,
                        struct bl_error **err)
{
    struct reassign *reassign = context;

    const struct bl_wire_alter_partition_reassignments_request request = {reassign->orders.items,
                                                                          reassign->orders.len};

    return bl_wire_alter_partition_reassignments(wire, &request, deadline, &reassign->answer, err);
}

/* To another broker, which the library never does. Java's tool would ask the one that hangs. */
static int move_data(struct bl_observer *observer, char **args, struct bl_error **err)
{
    struct reassign reassign = {.answer = BL_WIRE_ANSWER_INIT};
    struct bl_wire_partition *partition = BL_PUSH(&reassign.orders);
    int rc;

    partition->topic = bl_wire_text(args[0]);
    partition->partition = (int32_t)strtol(args[1], NULL, 10);
    *BL_PUSH(&partition->replicas) = (int32_t)strtol(args[2], NULL, 10);
    rc = bl_peers_ask_controller(&observer->peers, ask_reassign, &reassign, &reassign.answer.code,
                                 bl_clock_now(&bl_clock_real) + AT_MOST, err);
    for (size_t i = 0; i < reassign.answer.partitions.len; i++)
        printf("result %d\n", reassign.answer.partitions.items[i].code);
    bl_wire_partitions_release(&reassign.orders);
    bl_wire_answer_release(&reassign.answer);
    return rc;
}

/* "unknown" and "first": as if a broker had told the facts that knows of no topic yet, or of its first partition. */
static int sing(struct bl_observer *observer, struct bl_cluster *cluster, char **args,
                struct bl_error **err)
{
    struct bl_canary_result result;
    struct bl_topic *topic = bl_cluster_topic(cluster, BL_CANARY_TOPIC);
    struct bl_cluster told = *cluster;
    size_t partitions = topic ? topic->partitions.len : 0;
    int rc;

    if (args[1] && strcmp(args[1], "unknown") == 0)
        told.topics.len = 0;
    else if (args[1])
        topic->partitions.len = 1;
    rc = bl_canary_check(observer, &told, strtol(args[0], NULL, 10) * BL_NSEC_S, &result, err);
    if (topic)
        topic->partitions.len = partitions;
    if (rc == 0)
        printf("canary %zu %d %d %lld\n", result.partitions, result.slowest_partition,
               result.slowest_leader, (long long)(result.slowest / BL_NSEC_MS));
    return rc;
}

/* To the release that is named, or to what every broker knows. */
static int finalize(struct bl_observer *observer, const struct bl_cluster *cluster,
                    const char *release, struct bl_error **err)
{
    int64_t level = release ? bl_metadata_version_level(release) : INT16_MAX;

    if (bl_observer_finalize(observer, cluster, (int16_t)level, &level, err) < 0)
        return -1;
    printf("level %lld\n", (long long)level);
    return 0;
}

static int act(struct bl_observer *observer, struct bl_cluster *cluster, const char *what,
               char **args, struct bl_error **err)
{
    size_t count;

    if (strcmp(what, "look") == 0)
        print_cluster(cluster);
    else if (strcmp(what, "away") == 0)
        return move_away(observer, cluster, args[0], err);
    else if (strcmp(what, "log-dirs") == 0)
        return print_log_dirs(observer, args[0], err);
    else if (strcmp(what, "reassign") == 0)
        return move_data(observer, args, err);
    else if (strcmp(what, "canary") == 0)
        return sing(observer, cluster, args, err);
    else if (strcmp(what, "level") == 0)
        printf("level %lld\n", (long long)bl_metadata_version_level(args[0]));
    else if (strcmp(what, "raise") == 0)
        return bl_observer_raise_metadata_version(observer, (int16_t)strtol(args[0], NULL, 10),
                                                  args[1] != NULL, err);
    else if (strcmp(what, "finalize") == 0)
        return finalize(observer, cluster, args[0], err);
    else if (strcmp(what, "back") == 0) {
        if (bl_observer_move_leaders_back(observer, cluster, args[0], &count, err) < 0)
            return -1;
        printf("moved %zu\n", count);
    } else if (strcmp(what, "elect") == 0) {
        if (bl_observer_elect_preferred(observer, cluster, NULL, &count, err) < 0)
            return -1;
        printf("elected %zu\n", count);
    }
    return 0;
}

static int look_at_zookeeper(const char *const *addresses, size_t len)
{
    BL_AUTO(bl_zookeeper_servers_release) struct bl_zookeeper_servers servers = {0};
    BL_ERROR(err);

    if (bl_zookeeper_look(addresses, len, 10 * BL_NSEC_S, &servers, &err) < 0)
        return fail(err);
    for (size_t i = 0; i < servers.len; i++) {
        const struct bl_zookeeper_server *server = &servers.items[i];
        BL_AUTO(bl_strbuf_release) struct bl_strbuf why = BL_STRBUF_INIT(4096);
        struct bl_voter_verdict verdict;

        bl_gate_judge_zookeeper(servers.items, servers.len, i, &verdict);
        bl_voter_verdict_explain(&verdict, &why);
        printf("server %s, version %s, zxid %lld, outstanding %lld, synced %lld, %s: %s\n",
               bl_zookeeper_mode_name(server->mode), server->version ? server->version : "-",
               (long long)server->zxid, (long long)server->outstanding, (long long)server->synced,
               verdict.safe ? "safe" : "unsafe", why.text);
    }
    return 0;
}

/* What is there; or, beside a note in a file, what differs. */
static int note(const struct bl_observer_settings *connection, const char *what, const char *arg,
                struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(NOTE_MAX);
    BL_AUTO(bl_note_release) struct bl_note noted = {0}, now = {0};
    BL_AUTO(bl_note_difference_release) struct bl_note_difference found = {0};
    BL_AUTO(bl_stop_cleanup) struct bl_stop *stop = NULL;
    bool compare = strcmp(what, "compare") == 0;
    struct bl_note_settings settings = {.bootstrap = connection->bootstrap,
                                        .command_config = connection->command_config,
                                        .messages = strtol(arg, NULL, 10),
                                        .like = compare ? &noted : NULL,
                                        .at_most = AT_MOST};

    if (bl_stop_new(&stop, err) < 0)
        return -1;
    settings.stop = stop;
    if (compare && (bl_file_read(arg, &text, err) < 0 || bl_note_parse(text.text, &noted, err) < 0))
        return -1;
    if (bl_note_take(&settings, &now, err) < 0)
        return -1;
    if (!compare) {
        BL_AUTO_FREE char *out = bl_note_text(&now);

        (void)fputs(out, stdout);
        return 0;
    }
    bl_note_compare(&noted, &now, &found);
    printf("lost %lld\nexpired %lld\nchanged %lld\nmore %lld\nother %d\nworst %s\n",
           (long long)found.lost, (long long)found.expired, (long long)found.changed,
           (long long)found.more, found.other_cluster, found.worst ? found.worst : "-");
    return 0;
}

/* Twice, so that the second look is over connections that were kept. */
static int look(struct bl_observer *observer, struct bl_cluster *cluster, struct bl_error **err)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster first = {0};

    if (bl_observer_look(observer, &first, err) < 0)
        return -1;
    return bl_observer_look(observer, cluster, err);
}

int main(int argc, char **argv)
{
    BL_AUTO(bl_observer_cleanup) struct bl_observer *observer = NULL;
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    BL_ERROR(err);

    if (argc > 2 && strcmp(argv[1], "zookeeper") == 0)
        return look_at_zookeeper((const char *const *)argv + 2, (size_t)argc - 2);
    if (argc < 4)
        return 2;

    const struct bl_observer_settings settings = {
        .bootstrap = argv[1],
        .command_config = strcmp(argv[2], "-") ? argv[2] : NULL,
        .at_most = AT_MOST,
    };
    if (argc > 4 && (strcmp(argv[3], "note") == 0 || strcmp(argv[3], "compare") == 0))
        return note(&settings, argv[3], argv[4], &err) < 0 ? fail(err) : 0;
    if (bl_observer_new(&settings, &observer, &err) < 0 || look(observer, &cluster, &err) < 0 ||
        act(observer, &cluster, argv[3], argv + 4, &err) < 0)
        return fail(err);
    return 0;
}
