#include "keeper.h"

#include <pthread.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/policies/review.h"
#include "ballast/runtime/workers.h"
#include "companions.h"
#include "conditions.h"
#include "roller.h"
#include "turns.h"

#define LOOK_NOW (200 * BL_NSEC_MS)
#define LOOK_ROLLING (300 * BL_NSEC_MS)
#define MOVING_FOR (60 * BL_NSEC_S)
#define LOOK_SOON BL_NSEC_S
/* Looks at a cluster with very many partitions are a fifth of the time at most, down to one in so long. */
#define LOOK_SHARE 4
#define LOOK_SOON_MAX (2 * BL_NSEC_S)
#define LOOK_AT_REST (10 * BL_NSEC_S)
#define LOOK_UNKNOWN_MAX (30 * BL_NSEC_S)
/* What was said of pods stands for so long when their cluster stops answering: one late answer is no news. */
#define KNOWN_FOR (15 * BL_NSEC_S)

/* A cluster, with the key that it has in the queue. */
struct kept {
    char *name;
    struct bl_lookout lookout;
    struct bl_roller roller;
    char *unknown;                  /* why it did not answer, said last; NULL: it did */
    unsigned failures;              /* in a row */
    bl_nsec answered;               /* when it did last; 0: never */
    bl_nsec asked, expected;        /* how long asking it took, and is expected to take */
    struct bl_keeper_counts counts; /* guarded by the keeper's lock */
};

struct bl_keeper {
    struct bl_keeper_options options;
    struct bl_workers *workers;
    struct bl_turns *turns; /* of clusters that are slow, or did not answer the last time */
    pthread_mutex_t lock;   /* guards the list; an entry is with the one worker that has its key */
    struct {
        struct kept **items;
        size_t len, cap;
    } kept;
};

struct bl_keeper *bl_keeper_new(const struct bl_keeper_options *options)
{
    struct bl_keeper *keeper = BL_NEW(struct bl_keeper);

    keeper->options = *options;
    keeper->turns = bl_turns_new(options->workers);
    (void)pthread_mutex_init(&keeper->lock, NULL);
    return keeper;
}

static void kept_free(struct kept *kept)
{
    if (!kept)
        return;
    bl_lookout_release(&kept->lookout);
    bl_roller_release(&kept->roller);
    free(kept->unknown);
    free(kept->name);
    free(kept);
}

void bl_keeper_free(struct bl_keeper *keeper)
{
    if (!keeper)
        return;
    bl_workers_free(keeper->workers);
    bl_turns_free(keeper->turns);
    for (size_t i = 0; i < keeper->kept.len; i++)
        kept_free(keeper->kept.items[i]);
    free(keeper->kept.items);
    (void)pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}

static struct kept *find_kept(struct bl_keeper *keeper, const char *name, bool make)
{
    struct kept *found = NULL;

    (void)pthread_mutex_lock(&keeper->lock);
    for (size_t i = 0; i < keeper->kept.len && !found; i++)
        if (strcmp(keeper->kept.items[i]->name, name) == 0)
            found = keeper->kept.items[i];
    if (!found && make) {
        found = BL_NEW(struct kept);
        found->name = bl_strdup(name);
        *BL_PUSH(&keeper->kept) = found;
    }
    (void)pthread_mutex_unlock(&keeper->lock);
    return found;
}

static void forget_kept(struct bl_keeper *keeper, const char *name)
{
    struct kept *gone = NULL;

    (void)pthread_mutex_lock(&keeper->lock);
    for (size_t i = 0; i < keeper->kept.len && !gone; i++) {
        if (strcmp(keeper->kept.items[i]->name, name) != 0)
            continue;
        gone = keeper->kept.items[i];
        keeper->kept.items[i] = keeper->kept.items[--keeper->kept.len];
    }
    (void)pthread_mutex_unlock(&keeper->lock);
    kept_free(gone);
}

/* --- finding out --- */

/* What was asked, and what came of it. */
struct answers {
    bool known;
    struct bl_cluster facts;
    struct bl_zookeeper_servers zookeepers;
    struct bl_finding_out found;
};

static void answers_release(struct answers *answers)
{
    bl_cluster_release(&answers->facts);
    bl_zookeeper_servers_release(&answers->zookeepers);
}

static void note_unknown(struct kept *kept, const struct bl_error *err)
{
    if (!bl_text_eq(kept->unknown, bl_error_text(err)))
        BL_LOG(BL_LOG_WARN, "cluster does not answer", BL_LOG_TEXT("cluster", kept->name),
               BL_LOG_TEXT("error", bl_error_text(err)), BL_LOG_TEXT("hint", bl_error_hint(err)));
    free(kept->unknown);
    kept->unknown = bl_strdup(bl_error_text(err));
    kept->failures++;
}

static void note_known(struct kept *kept)
{
    if (kept->unknown)
        BL_LOG(BL_LOG_INFO, "cluster answers", BL_LOG_TEXT("cluster", kept->name));
    free(kept->unknown);
    kept->unknown = NULL;
    kept->failures = 0;
    kept->answered = bl_clock_now(&bl_clock_real);
}

static void find_out(struct bl_keeper *keeper, struct kept *kept, const struct bl_kafka *kafka,
                     struct answers *ret_answers)
{
    BL_ERROR(err);
    BL_ERROR(zookeeper);

    if (!bl_lookout_has_kafka(kafka) || bl_lookout_ask(&kept->lookout, keeper->options.client,
                                                       kafka, &ret_answers->facts, &err) == 0) {
        ret_answers->known = bl_lookout_has_kafka(kafka);
        note_known(kept);
    } else {
        note_unknown(kept, err);
    }
    /* Who is asked by an address that is none is a mistake of ours, and no answer either way. */
    if (bl_lookout_ask_zookeepers(kafka, &ret_answers->zookeepers, &zookeeper) < 0)
        bl_log_error(BL_LOG_WARN, "ZooKeeper not asked", zookeeper);
    ret_answers->found = (struct bl_finding_out){
        .facts = ret_answers->known ? &ret_answers->facts : NULL,
        .zookeepers = &ret_answers->zookeepers,
        .unknown = kept->unknown,
    };
}

/* --- conditions --- */

/* It has gone meanwhile, or another one has its name: then what is "immutable" is the uid. */
static bool is_gone(const struct bl_error *failure)
{
    return bl_error_code(failure) == BL_ERR_NOT_FOUND ||
           bl_error_code(failure) == BL_ERR_CONFLICT ||
           (bl_error_status(failure) == 422 && strstr(bl_error_text(failure), "metadata.uid"));
}

static int write_conditions(struct bl_keeper *keeper, const cJSON *pod,
                            const struct bl_conditions *conditions, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *body = bl_conditions_patch(pod, conditions);
    struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_APPLY,
                                  .body = body,
                                  .subresource = "status",
                                  .manager = BL_MANAGER,
                                  .force = true};
    struct bl_ref ref = bl_object_ref(pod);
    BL_ERROR(failure);

    if (bl_kube_patch(keeper->options.client, &bl_kind_pod.resource, ref.namespace, ref.name,
                      &patch, NULL, &failure) == 0 ||
        is_gone(failure))
        return 0;
    *err = BL_STEAL(failure);
    return bl_wrap(err, "could not write the conditions of pod \"%s\"", ref.name);
}

static bool is_late(const struct kept *kept)
{
    return kept->unknown && kept->answered &&
           bl_clock_now(&bl_clock_real) - kept->answered < KNOWN_FOR;
}

static void tell_of_gate(struct bl_keeper *keeper, const struct bl_conditions *conditions,
                         const cJSON *pod)
{
    const struct bl_condition *gate = &conditions->items[BL_CONDITION_GATE];
    struct bl_event event = {"Warning", "InSyncUnknown", "Open", gate->message};

    if (conditions->opened_unknowing)
        bl_recorder_tell(keeper->options.recorder, pod, &event);
}

static int keep_conditions(struct bl_keeper *keeper, const struct kept *kept,
                           const struct bl_kafka *kafka, const struct bl_sight *sight,
                           struct bl_keeper_counts *counts, bool *ret_busy, struct bl_error **err)
{
    for (size_t i = 0; i < kafka->pods.len; i++) {
        const struct bl_member_pod *pod = &kafka->pods.items[i];
        BL_AUTO(bl_conditions_release) struct bl_conditions conditions = {0};

        if (!pod->pod || bl_object_is_going(pod->pod)) {
            *ret_busy = true;
            continue;
        }
        bl_conditions_of(&kafka->members.items[pod->member], pod->pod, &sight->pods[i],
                         bl_clock_seconds(&bl_clock_real), &conditions);
        *ret_busy |= conditions.closed || !sight->pods[i].safe;
        counts->closed += conditions.closed;
        counts->unsafe += !sight->pods[i].safe;
        if (!conditions.changed || (is_late(kept) && !conditions.closed))
            continue;
        if (write_conditions(keeper, pod->pod, &conditions, err) < 0)
            return -1;
        tell_of_gate(keeper, &conditions, pod->pod);
    }
    return 0;
}

/* --- one look --- */

static int roll(struct bl_keeper *keeper, struct kept *kept, const struct bl_kafka *kafka,
                const struct answers *answers, const struct bl_sight *sight, bool *ret_busy,
                struct bl_error **err)
{
    struct bl_roller_job job = {.client = keeper->options.client,
                                .recorder = keeper->options.recorder,
                                .telemetry = keeper->options.telemetry,
                                .kafka = kafka,
                                .facts = answers->found.facts,
                                .unknown = kept->unknown,
                                .sight = sight,
                                .observer = kept->lookout.observer,
                                .now = bl_clock_now(&bl_clock_real),
                                .wall = bl_clock_seconds(&bl_clock_real)};

    return bl_roller_step(&kept->roller, &job, ret_busy, err);
}

static void publish(struct bl_keeper *keeper, struct kept *kept,
                    const struct bl_keeper_counts *counts)
{
    (void)pthread_mutex_lock(&keeper->lock);
    kept->counts = *counts;
    (void)pthread_mutex_unlock(&keeper->lock);
}

static int look_after(struct bl_keeper *keeper, struct kept *kept, const struct bl_kafka *kafka,
                      bool *ret_busy, struct bl_error **err)
{
    BL_AUTO(answers_release) struct answers answers = {0};
    BL_AUTO(bl_sight_release) struct bl_sight sight = {0};
    struct bl_keeper_counts counts = {0};
    bl_nsec begin = bl_clock_now(&bl_clock_real);
    bool rolling = false;

    find_out(keeper, kept, kafka, &answers);
    kept->asked = bl_clock_now(&bl_clock_real) - begin;
    kept->expected = bl_turns_expect(kept->expected, kept->asked);
    bl_sight_read(kafka, &answers.found, &sight);
    counts.known = !kept->unknown;
    if (keep_conditions(keeper, kept, kafka, &sight, &counts, ret_busy, err) < 0)
        return bl_wrap(err, "cluster \"%s\"", kept->name);
    if (roll(keeper, kept, kafka, &answers, &sight, &rolling, err) < 0)
        return bl_wrap(err, "cluster \"%s\": rollout", kept->name);
    counts.rollouts[kept->roller.phase]++;
    publish(keeper, kept, &counts);
    *ret_busy |= rolling;
    return 0;
}

static bl_nsec within(bl_nsec pause, bl_nsec least, bl_nsec most)
{
    return pause < least ? least : pause > most ? most : pause;
}

/* Waits for hours, as for a hold, are no hurry. */
static bool is_moving(const struct kept *kept)
{
    return kept->roller.phase == BL_ROLLOUT_ROLLING &&
           bl_clock_now(&bl_clock_real) - kept->roller.moved < MOVING_FOR;
}

static bl_nsec pause_after(const struct kept *kept, bool busy, bl_nsec took)
{
    bl_nsec pause = LOOK_SOON << (kept->failures < 5 ? kept->failures : 5);
    /* One that answers slowly has a worker half of the time at most. */
    bl_nsec most = kept->asked > LOOK_SOON_MAX ? kept->asked : LOOK_SOON_MAX;

    if (kept->unknown)
        return pause < LOOK_UNKNOWN_MAX ? pause : LOOK_UNKNOWN_MAX;
    if (kept->roller.acted)
        return LOOK_NOW;
    if (is_moving(kept))
        return within(took * LOOK_SHARE, LOOK_ROLLING, most);
    return busy ? within(took * LOOK_SHARE, LOOK_SOON, most) : LOOK_AT_REST;
}

static bool has_pods(const struct bl_kafka *kafka)
{
    for (size_t i = 0; i < kafka->pods.len; i++)
        if (kafka->pods.items[i].pod)
            return true;
    return false;
}

static bool may_wait(const struct kept *kept)
{
    return !kept->answered || kept->unknown || bl_turns_is_slow(kept->expected);
}

static void work_on_cluster(struct bl_keeper *keeper, const char *key, const struct bl_kafka *kafka)
{
    struct kept *kept = find_kept(keeper, key, true);
    bool in_turn = may_wait(kept);
    bl_nsec begin = bl_clock_now(&bl_clock_real);
    bool busy = false;
    bl_nsec took;
    BL_ERROR(err);
    int rc;

    if (in_turn && !bl_turns_take(keeper->turns, key)) {
        bl_workqueue_add_after(keeper->options.queue, key, LOOK_SOON / 4);
        return;
    }
    rc = look_after(keeper, kept, kafka, &busy, &err);
    if (in_turn)
        bl_turns_give(keeper->turns, key);
    took = bl_clock_now(&bl_clock_real) - begin;
    bl_controller_telemetry_look(keeper->options.telemetry, rc == 0 && !kept->unknown, took);
    if (rc == 0) {
        bl_workqueue_forget(keeper->options.queue, key);
        bl_workqueue_add_after(keeper->options.queue, key, pause_after(kept, busy, took));
        return;
    }
    bl_workqueue_add_rate_limited(keeper->options.queue, key);
    if (!bl_stop_raised(keeper->options.stop))
        bl_log_error(bl_error_code(err) == BL_ERR_CONFLICT ? BL_LOG_DEBUG : BL_LOG_WARN,
                     "cluster not looked after", err);
}

/* A namespace stands for all clusters in it. */
static void work_on(void *context, const char *key)
{
    struct bl_keeper *keeper = context;
    const char *slash = strchr(key, '/');
    BL_AUTO_FREE char *namespace = bl_strndup(key, slash ? (size_t)(slash - key) : strlen(key));
    BL_AUTO(bl_snapshot_cleanup)
    struct bl_snapshot *snapshot = bl_policies_get(keeper->options.policies);
    BL_AUTO(bl_namespace_view_release) struct bl_namespace_view view = {0};
    BL_AUTO(bl_namespace_view_release) struct bl_namespace_view pods = {0};
    BL_AUTO(bl_topology_release) struct bl_topology topology = {0};
    const struct bl_kafka *kafka;

    bl_caches_view(keeper->options.caches, namespace, &view);
    bl_caches_pods(keeper->options.caches, namespace, &pods);
    if (view.namespace && bl_scope_has(&keeper->options.scope, view.namespace))
        bl_topology_read(&(struct bl_topology_input){.set = bl_snapshot_policies(snapshot),
                                                     .namespace = namespace,
                                                     .objects = view.items,
                                                     .objects_len = view.len,
                                                     .pods = pods.items,
                                                     .pods_len = pods.len,
                                                     .today = bl_day_today()},
                         &topology);
    /* The reconciler says so; what was written on its pods stays as it is. */
    if (topology.too_large)
        return;
    if (!slash) {
        for (size_t i = 0; i < topology.clusters.len; i++)
            bl_workqueue_add(keeper->options.queue, topology.clusters.items[i].name);
        return;
    }
    kafka = bl_topology_find(&topology, key);
    if (kafka && has_pods(kafka))
        work_on_cluster(keeper, key, kafka);
    else
        forget_kept(keeper, key);
}

int bl_keeper_start(struct bl_keeper *keeper, struct bl_error **err)
{
    struct bl_workers_options workers = {.queue = keeper->options.queue,
                                         .stop = keeper->options.stop,
                                         .count = keeper->options.workers,
                                         .work = work_on,
                                         .context = keeper};

    return bl_workers_start(&workers, &keeper->workers, err);
}

void bl_keeper_measure(struct bl_keeper *keeper)
{
    struct bl_keeper_counts sum = {0};
    int64_t unknown = 0;

    (void)pthread_mutex_lock(&keeper->lock);
    for (size_t i = 0; i < keeper->kept.len; i++) {
        const struct bl_keeper_counts *counts = &keeper->kept.items[i]->counts;

        sum.known += counts->known;
        sum.closed += counts->closed;
        sum.unsafe += counts->unsafe;
        for (size_t phase = 0; phase < BL_ROLLOUT_PHASES; phase++)
            sum.rollouts[phase] += counts->rollouts[phase];
    }
    unknown = (int64_t)keeper->kept.len - sum.known;
    (void)pthread_mutex_unlock(&keeper->lock);
    bl_controller_telemetry_clusters(keeper->options.telemetry, &sum, unknown);
}
