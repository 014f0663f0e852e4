#include "ballast/kafka/admin.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/kafka/metadata_version.h"
#include "ballast/kafka/raise.h"
#include "moves.h"
#include "observer.h"
#include "wire/alter_partition_reassignments.h"
#include "wire/describe_log_dirs.h"
#include "wire/elect_leaders.h"
#include "wire/errors.h"
#include "wire/update_features.h"

/* Partitions in one request: what a controller does at once, so that it does not stand still for us. */
#define BATCH 1000
/* A broker that is asked for its disks looks at them, and one of those may hang. */
#define LOG_DIRS_AT_MOST (3 * BL_NSEC_S)

/* What one request is about, and what came of it. */
struct batch {
    bl_peer_fn ask; /* of which this is the context */
    const char *what;
    const struct bl_wire_partition *partitions;
    size_t count;
    struct bl_wire_answer answer;
};

static void batch_release(struct batch *batch)
{
    bl_wire_answer_release(&batch->answer);
}

/* ElectLeaders says of each partition, and not of all, that the controller is another one. */
static void hear_controller(struct bl_wire_answer *answer)
{
    for (size_t i = 0; i < answer->partitions.len; i++)
        if (answer->partitions.items[i].code == BL_WIRE_NOT_CONTROLLER)
            answer->code = BL_WIRE_NOT_CONTROLLER;
}

static int ask_elect(struct bl_wire *wire, bl_nsec deadline, void *context, struct bl_error **err)
{
    struct batch *batch = context;
    const struct bl_wire_elect_leaders_request request = {batch->partitions, batch->count};

    if (bl_wire_elect_leaders(wire, &request, deadline, &batch->answer, err) < 0)
        return -1;
    hear_controller(&batch->answer);
    return 0;
}

static int ask_reorder(struct bl_wire *wire, bl_nsec deadline, void *context, struct bl_error **err)
{
    struct batch *batch = context;
    const struct bl_wire_alter_partition_reassignments_request request = {batch->partitions,
                                                                          batch->count};

    if (bl_wire_alter_partition_reassignments(wire, &request, deadline, &batch->answer, err) < 0)
        return -1;
    hear_controller(&batch->answer);
    return 0;
}

/* What may have happened since we looked, or was so already. */
static bool is_harmless(int16_t code)
{
    return code == BL_WIRE_UNKNOWN_TOPIC || code == BL_WIRE_ELECTION_NOT_NEEDED ||
           code == BL_WIRE_PREFERRED_NOT_AVAILABLE;
}

static int judge_batch(const struct batch *batch, size_t *done, struct bl_error **err)
{
    const struct bl_wire_partition *bad = NULL;

    for (size_t i = 0; i < batch->answer.partitions.len; i++) {
        const struct bl_wire_partition *result = &batch->answer.partitions.items[i];

        *done += result->code == BL_WIRE_NONE;
        if (!bad && result->code && !is_harmless(result->code))
            bad = result;
    }
    if (!bad)
        return 0;
    bl_wire_fail(err, batch->what, bad->code, bad->said);
    return bl_wrap(err, "partition %.*s-%d", (int)bad->topic.len, bad->topic.text, bad->partition);
}

/* Those that can be done are done, also where the first one fails. */
static int run_batches(struct bl_observer *observer, const struct bl_wire_partitions *partitions,
                       struct batch *batch, bl_nsec deadline, size_t *ret_done,
                       struct bl_error **err)
{
    size_t done = 0;

    for (size_t at = 0; at < partitions->len; at += BATCH) {
        size_t left = partitions->len - at;
        BL_ERROR(why);

        batch->partitions = partitions->items + at;
        batch->count = left < BATCH ? left : BATCH;
        if (bl_peers_ask_controller(&observer->peers, batch->ask, batch, &batch->answer.code,
                                    deadline, err) < 0)
            return -1;
        if (judge_batch(batch, &done, &why) < 0 && !*err)
            *err = BL_STEAL(why);
    }
    *ret_done = done;
    return *err ? -1 : 0;
}

static int elect(struct bl_observer *observer, const struct bl_wire_partitions *partitions,
                 bl_nsec deadline, size_t *ret_elected, struct bl_error **err)
{
    BL_AUTO(batch_release)
    struct batch batch = {.ask = ask_elect,
                          .what = "could not elect the preferred leader",
                          .answer = BL_WIRE_ANSWER_INIT};

    return run_batches(observer, partitions, &batch, deadline, ret_elected, err);
}

static int reorder(struct bl_observer *observer, const struct bl_wire_partitions *partitions,
                   bl_nsec deadline, struct bl_error **err)
{
    BL_AUTO(batch_release)
    struct batch batch = {.ask = ask_reorder,
                          .what = "could not change the order of replicas",
                          .answer = BL_WIRE_ANSWER_INIT};
    size_t done;

    return run_batches(observer, partitions, &batch, deadline, &done, err);
}

static void add_partition(struct bl_wire_partitions *partitions, const char *topic, int32_t id)
{
    *BL_PUSH(partitions) =
        (struct bl_wire_partition){.topic = bl_wire_text(topic), .partition = id};
}

/* Would an election make `first` the leader? */
static bool can_elect(const struct bl_cluster *cluster, const struct bl_partition *partition,
                      int32_t first)
{
    return partition->leader >= 0 && partition->leader != first &&
           bl_broker_ids_has(&partition->isr, first) && bl_cluster_broker(cluster, first);
}

/* Of all topics, or of `only`; of all brokers' partitions, or of those that `led_by` leads. */
static void find_electable(const struct bl_cluster *cluster, const char *only,
                           const int32_t *led_by, struct bl_wire_partitions *partitions)
{
    for (size_t t = 0; t < cluster->topics.len; t++) {
        const struct bl_topic *topic = &cluster->topics.items[t];

        if (only && strcmp(topic->name, only) != 0)
            continue;
        for (size_t p = 0; p < topic->partitions.len; p++) {
            const struct bl_partition *partition = &topic->partitions.items[p];

            if (partition->replicas.len && (!led_by || partition->leader == *led_by) &&
                can_elect(cluster, partition, partition->replicas.items[0]))
                add_partition(partitions, topic->name, partition->id);
        }
    }
}

int bl_observer_elect_preferred(struct bl_observer *observer, const struct bl_cluster *cluster,
                                const char *topic, size_t *ret_elected, struct bl_error **err)
{
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions partitions = {0};
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + observer->at_most;

    find_electable(cluster, topic, NULL, &partitions);
    return elect(observer, &partitions, deadline, ret_elected, err);
}

static const struct bl_partition *find_partition(const struct bl_cluster *cluster,
                                                 const struct bl_move *move)
{
    struct bl_topic *topic = bl_cluster_topic(cluster, move->topic);

    return topic ? bl_topic_partition(topic, move->partition) : NULL;
}

/* By topic, the shorter name first, and number. */
static int compare_moving(const void *a, const void *b)
{
    const struct bl_wire_partition *one = a, *other = b;
    int order = one->topic.len == other->topic.len
                    ? memcmp(one->topic.text, other->topic.text, one->topic.len)
                    : (one->topic.len > other->topic.len) - (one->topic.len < other->topic.len);

    return order ? order
                 : (one->partition > other->partition) - (one->partition < other->partition);
}

/* `moving` is sorted. */
static bool is_moving(const struct bl_wire_partitions *moving, const struct bl_move *move)
{
    const struct bl_wire_partition wanted = {.topic = bl_wire_text(move->topic),
                                             .partition = move->partition};

    return moving->len &&
           bsearch(&wanted, moving->items, moving->len, sizeof(wanted), compare_moving);
}

/* The same replicas with two of them swapped, so that no data moves. */
static void add_swapped(struct bl_wire_partitions *orders, const struct bl_move *move,
                        const struct bl_partition *partition)
{
    struct bl_broker_ids *ids;
    int32_t first = partition->replicas.items[0];

    add_partition(orders, move->topic, move->partition);
    ids = &orders->items[orders->len - 1].replicas;
    for (size_t i = 0; i < partition->replicas.len; i++)
        *BL_PUSH(ids) = partition->replicas.items[i];
    ids->items[0] = ids->items[move->index];
    ids->items[move->index] = first;
}

/* What an act takes part in: swaps that are still to be made, and elections after them. */
struct plan {
    bool back;
    struct bl_wire_partitions orders, elections;
};

static void plan_release(struct plan *plan)
{
    bl_wire_partitions_release(&plan->orders);
    bl_wire_partitions_release(&plan->elections);
}

/*
 * One move there or back. There the first replica is still at the first place, back it is at the other; found
 * anywhere else, it is not ours any more, or has been done. A new order would end a reassignment.
 */
static void plan_move(const struct bl_cluster *cluster, const struct bl_wire_partitions *moving,
                      const struct bl_move *move, struct plan *plan)
{
    const struct bl_partition *partition = find_partition(cluster, move);
    const struct bl_broker_ids *ids = partition ? &partition->replicas : NULL;
    bool pending;
    int32_t first;

    if (!ids || ids->len <= move->index || is_moving(moving, move))
        return;
    pending = ids->items[plan->back ? move->index : 0] == move->first;
    if (pending)
        add_swapped(&plan->orders, move, partition);
    first = pending ? ids->items[move->index] : ids->items[0];
    /* There, what was done before is found with all that the broker leads. */
    if ((pending || plan->back) && can_elect(cluster, partition, first))
        add_partition(&plan->elections, move->topic, move->partition);
}

static int plan_moves(struct bl_observer *observer, const struct bl_cluster *cluster,
                      const struct bl_moves *moves, bl_nsec deadline, struct plan *plan,
                      struct bl_error **err)
{
    BL_AUTO(bl_wire_answer_release) struct bl_wire_answer moving = BL_WIRE_ANSWER_INIT;

    if (!moves->len)
        return 0;
    if (bl_peers_list_moving(&observer->peers, deadline, &moving, err) < 0)
        return -1;
    if (moving.partitions.len)
        qsort(moving.partitions.items, moving.partitions.len, sizeof(struct bl_wire_partition),
              compare_moving);
    for (size_t i = 0; i < moves->len; i++)
        plan_move(cluster, &moving.partitions, &moves->items[i], plan);
    return 0;
}

static int compare_partitions(const void *a, const void *b)
{
    const struct bl_wire_partition *one = a, *other = b;
    int order =
        strcmp(one->topic.text, other->topic.text); /* they are from our facts, and end in NUL */

    return order ? order
                 : (one->partition > other->partition) - (one->partition < other->partition);
}

static int carry_out(struct bl_observer *observer, struct plan *plan, bl_nsec deadline,
                     size_t *ret_moved, struct bl_error **err)
{
    if (plan->elections.len) /* so that a request names each topic once */
        qsort(plan->elections.items, plan->elections.len, sizeof(struct bl_wire_partition),
              compare_partitions);
    if (reorder(observer, &plan->orders, deadline, err) < 0)
        return -1;
    return elect(observer, &plan->elections, deadline, ret_moved, err);
}

int bl_observer_move_leaders_away(struct bl_observer *observer, const struct bl_cluster *cluster,
                                  int32_t broker, const char *moves, size_t *ret_moved,
                                  struct bl_error **err)
{
    BL_AUTO(bl_moves_release) struct bl_moves parsed = {0};
    BL_AUTO(plan_release) struct plan plan = {0};
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + observer->at_most;

    if (bl_moves_parse(moves, &parsed, err) < 0 ||
        plan_moves(observer, cluster, &parsed, deadline, &plan, err) < 0)
        return -1;
    find_electable(cluster, NULL, &broker, &plan.elections);
    return carry_out(observer, &plan, deadline, ret_moved, err);
}

int bl_observer_move_leaders_back(struct bl_observer *observer, const struct bl_cluster *cluster,
                                  const char *moves, size_t *ret_moved, struct bl_error **err)
{
    BL_AUTO(bl_moves_release) struct bl_moves parsed = {0};
    BL_AUTO(plan_release) struct plan plan = {.back = true};
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + observer->at_most;

    if (bl_moves_parse(moves, &parsed, err) < 0 ||
        plan_moves(observer, cluster, &parsed, deadline, &plan, err) < 0)
        return -1;
    return carry_out(observer, &plan, deadline, ret_moved, err);
}

int bl_observer_raise(struct bl_observer *observer, const struct bl_raise_plan *plan, size_t count,
                      struct bl_error **err)
{
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions partitions = {0};
    BL_AUTO(batch_release)
    struct batch batch = {
        .ask = ask_reorder, .what = "could not add replicas", .answer = BL_WIRE_ANSWER_INIT};
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + observer->at_most;
    size_t done;

    for (size_t i = 0; i < count && i < plan->partitions.len; i++) {
        const struct bl_raised *raised = &plan->partitions.items[i];
        struct bl_broker_ids *ids;

        add_partition(&partitions, raised->topic, raised->partition);
        ids = &partitions.items[partitions.len - 1].replicas;
        for (size_t r = 0; r < raised->wanted.len; r++)
            *BL_PUSH(ids) = raised->wanted.items[r];
    }
    return run_batches(observer, &partitions, &batch, deadline, &done, err);
}

struct raise {
    struct bl_wire_update_features_request request;
    int16_t code;
};

static int ask_raise(struct bl_wire *wire, bl_nsec deadline, void *context, struct bl_error **err)
{
    struct raise *raise = context;

    return bl_wire_update_features(wire, &raise->request, deadline, &raise->code, err);
}

static int raise_failed(int16_t level, struct bl_error **err)
{
    BL_AUTO_FREE char *name = bl_metadata_version_name(level);

    return bl_wrap(err, "could not raise metadata.version to %s", name);
}

int bl_observer_raise_metadata_version(struct bl_observer *observer, int16_t level,
                                       bool validate_only, struct bl_error **err)
{
    struct raise raise = {{"metadata.version", level, validate_only}, 0};
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + observer->at_most;

    if (observer->peers.len && !observer->peers.kraft)
        return bl_fail(err, BL_ERR_CONFLICT, "a cluster with ZooKeeper has no metadata.version");
    if (bl_peers_ask_controller(&observer->peers, ask_raise, &raise, &raise.code, deadline, err) <
        0)
        return raise_failed(level, err);
    return 0;
}

/* Every broker has to know it. */
static int check_known(int64_t level, int64_t most, struct bl_error **err)
{
    /* One that does not answer now may know less than the others. */
    if (most < 0)
        return bl_fail(err, BL_ERR_UNAVAILABLE,
                       "not every broker says which metadata.version it knows");
    if (level == INT16_MAX || level <= most)
        return 0;
    BL_AUTO_FREE char *wanted = bl_metadata_version_name(level);
    BL_AUTO_FREE char *known = bl_metadata_version_name(most);

    return bl_fail(err, BL_ERR_CONFLICT,
                   "metadata.version %s is asked for, and not every broker knows more than %s",
                   wanted, known);
}

int bl_observer_finalize(struct bl_observer *observer, const struct bl_cluster *cluster,
                         int16_t level, int64_t *ret_level, struct bl_error **err)
{
    int64_t most = cluster->max_metadata_version;
    int16_t to = (int16_t)(level < most ? level : most);

    *ret_level = cluster->kraft ? cluster->metadata_version : -1;
    if (*ret_level < 0)
        return 0;
    if (check_known(level, most, err) < 0)
        return -1;
    if (to <= *ret_level)
        return 0;
    if (bl_observer_raise_metadata_version(observer, to, false, err) < 0)
        return -1;
    *ret_level = to;
    return 0;
}

static int ask_log_dirs(struct bl_wire *wire, bl_nsec deadline, void *context,
                        struct bl_error **err)
{
    return bl_wire_describe_log_dirs(wire, deadline, context, err);
}

int bl_observer_log_dirs(struct bl_observer *observer, int32_t broker, struct bl_log_dirs *ret_dirs,
                         struct bl_error **err)
{
    bl_nsec at_most = observer->at_most < LOG_DIRS_AT_MOST ? observer->at_most : LOG_DIRS_AT_MOST;
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + at_most;

    return bl_peers_ask(&observer->peers, broker, ask_log_dirs, ret_dirs, deadline, err);
}
