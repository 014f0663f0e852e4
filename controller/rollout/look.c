#include "look.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/api/names.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "kafka/conditions.h"
#include "kafka/turns.h"

#define LOOK_NOW (200 * BL_NSEC_MS)
#define LOOK_ROLLING (300 * BL_NSEC_MS)
#define MOVING_FOR (60 * BL_NSEC_S)
/* After a look that took t, pause at least 4 t: looking costs a fifth of the time. The pause is capped at 2 s. */
#define LOOK_SHARE 4
#define LOOK_SOON_MAX (2 * BL_NSEC_S)
#define LOOK_AT_REST (10 * BL_NSEC_S)
#define LOOK_UNKNOWN_MAX (30 * BL_NSEC_S)
/* What was said of pods stands this long after their cluster stopped answering: one late answer is no news. */
#define KNOWN_FOR (15 * BL_NSEC_S)

/* --- finding out --- */

/* What was asked, and what came of it. */
struct answers {
    bool known;
    struct bl_cluster facts;
    struct bl_zookeeper_servers zookeepers;
    struct bl_findings found;
};

static void answers_release(struct answers *answers)
{
    bl_cluster_release(&answers->facts);
    bl_zookeeper_servers_release(&answers->zookeepers);
}

/* What goes into conditions, for the tenant to read. What the network said would make a port scanner of us. */
static const char *reason_for_all(const struct bl_error *err)
{
    switch (bl_error_code(err)) {
    case BL_ERR_UNAVAILABLE:
    case BL_ERR_IO:
        return "no broker answers";
    case BL_ERR_FORBIDDEN:
        return "logging in fails: authentication or TLS";
    case BL_ERR_TOO_LARGE:
        return "it is too large to look after";
    default:
        return bl_error_text(err);
    }
}

static void note_unknown(struct bl_kafka_memory *memory, const struct bl_error *err)
{
    if (!bl_text_eq(memory->failure, bl_error_text(err)))
        BL_LOG(BL_LOG_WARN, "cluster does not answer", BL_LOG_TEXT("cluster", memory->name),
               BL_LOG_TEXT("error", bl_error_text(err)), BL_LOG_TEXT("hint", bl_error_hint(err)));
    free(memory->failure);
    free(memory->unknown);
    memory->failure = bl_strdup(bl_error_text(err));
    memory->unknown = bl_strdup(reason_for_all(err));
    memory->failures++;
}

static void note_known(struct bl_kafka_memory *memory)
{
    if (memory->unknown)
        BL_LOG(BL_LOG_INFO, "cluster answers", BL_LOG_TEXT("cluster", memory->name));
    free(memory->failure);
    free(memory->unknown);
    memory->failure = memory->unknown = NULL;
    memory->failures = 0;
    memory->answered = bl_clock_now(&bl_clock_real);
}

static void find_out(const struct bl_look *look, struct bl_kafka_memory *memory,
                     const struct bl_kafka *kafka, struct answers *ret_answers)
{
    BL_ERROR(err);
    BL_ERROR(zookeeper);

    if (!bl_has_kafka(kafka) || bl_kafka_connection_ask(&memory->connection, look->client, kafka,
                                                        &ret_answers->facts, &err) == 0) {
        ret_answers->known = bl_has_kafka(kafka);
        note_known(memory);
    } else {
        note_unknown(memory, err);
    }
    /* This fails only for a malformed address, which is a bug of ours; the servers then count as not asked. */
    if (bl_ask_zookeepers(kafka, &ret_answers->zookeepers, &zookeeper) < 0)
        bl_log_error(BL_LOG_WARN, "ZooKeeper not asked", zookeeper);
    ret_answers->found = (struct bl_findings){
        .facts = ret_answers->known ? &ret_answers->facts : NULL,
        .zookeepers = &ret_answers->zookeepers,
        .unknown = memory->unknown,
        .raising = memory->raiser.active,
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

static int write_conditions(const struct bl_look *look, const cJSON *pod,
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

    if (bl_kube_patch(look->client, &bl_kind_pod.resource, ref.namespace, ref.name, &patch, NULL,
                      &failure) == 0 ||
        is_gone(failure))
        return 0;
    *err = BL_STEAL(failure);
    return bl_wrap(err, "could not write the conditions of pod \"%s\"", ref.name);
}

static bool is_late(const struct bl_kafka_memory *memory)
{
    return memory->unknown && memory->answered &&
           bl_clock_now(&bl_clock_real) - memory->answered < KNOWN_FOR;
}

static void tell_of_gate(const struct bl_look *look, const struct bl_conditions *conditions,
                         const cJSON *pod)
{
    const struct bl_condition *gate = &conditions->items[BL_CONDITION_GATE];
    struct bl_event event = {"Warning", "InSyncUnknown", "Open", gate->message};

    if (conditions->opened_unknowing)
        bl_recorder_tell(look->recorder, pod, &event);
}

static int keep_conditions(const struct bl_look *look, const struct bl_kafka_memory *memory,
                           const struct bl_kafka *kafka, const struct bl_pod_states *states,
                           struct bl_kafka_counts *counts, bool *ret_busy, struct bl_error **err)
{
    for (size_t i = 0; i < kafka->pods.len; i++) {
        const struct bl_member_pod *pod = &kafka->pods.items[i];
        BL_AUTO(bl_conditions_release) struct bl_conditions conditions = {0};

        if (!pod->pod || bl_object_is_going(pod->pod)) {
            *ret_busy = true;
            continue;
        }
        bl_conditions_of(&kafka->members.items[pod->member], pod->pod, &states->pods[i],
                         bl_clock_seconds(&bl_clock_real), &conditions);
        *ret_busy |= conditions.closed || !states->pods[i].safe;
        counts->closed += conditions.closed;
        counts->unsafe += !states->pods[i].safe;
        if (!conditions.changed || (is_late(memory) && !conditions.closed))
            continue;
        if (write_conditions(look, pod->pod, &conditions, err) < 0)
            return -1;
        tell_of_gate(look, &conditions, pod->pod);
    }
    return 0;
}

/* --- one look --- */

static void tell_of_raise(const struct bl_look *look, const struct bl_kafka *kafka,
                          const struct bl_raise_decision *decision)
{
    static const struct {
        const char *type, *reason;
    } events[] = {
        [BL_RAISE_NOTHING] = {"Normal", "ReplicasRaised"},
        [BL_RAISE_WAIT] = {"Normal", "RaisingReplicas"},
        [BL_RAISE_MEASURE] = {"Normal", "RaisingReplicas"},
        [BL_RAISE_ADD] = {"Normal", "RaisingReplicas"},
        [BL_RAISE_REFUSE] = {"Warning", "ReplicasNotRaised"},
    };
    struct bl_event event = {events[decision->step].type, events[decision->step].reason, "Raise",
                             decision->message ? decision->message
                                               : "Kafka's own topics have their replicas"};

    for (size_t i = 0; i < kafka->members.len; i++)
        if (bl_role_has_logs(kafka->members.items[i].role))
            bl_recorder_tell(look->recorder, kafka->members.items[i].set, &event);
}

static int raise_replicas(const struct bl_look *look, struct bl_kafka_memory *memory,
                          const struct bl_kafka *kafka, const struct answers *answers,
                          struct bl_raise_decision *ret_decision, struct bl_error **err)
{
    struct bl_raiser_job job = {.observer = memory->connection.observer,
                                .facts = answers->found.facts,
                                .kafka = kafka,
                                .now = bl_clock_now(&bl_clock_real)};
    bool news = false;
    int rc =
        bl_raiser_step(&memory->raiser, &job, bl_kafka_memories_may_raise(look->memories, memory),
                       ret_decision, &news, err);

    bl_kafka_memories_note_raise(look->memories, memory, memory->raiser.active);
    if (news)
        tell_of_raise(look, kafka, ret_decision);
    return rc;
}

static int roll(const struct bl_look *look, struct bl_kafka_memory *memory,
                const struct bl_kafka *kafka, const struct answers *answers,
                const struct bl_pod_states *states, const char *raising, bool *ret_busy,
                struct bl_error **err)
{
    struct bl_roller_job job = {.client = look->client,
                                .recorder = look->recorder,
                                .evictions = look->evictions,
                                .kafka = kafka,
                                .facts = answers->found.facts,
                                .unknown = memory->unknown,
                                .raising = raising,
                                .copying = look->copying,
                                .states = states,
                                .observer = memory->connection.observer,
                                .now = bl_clock_now(&bl_clock_real),
                                .wall = bl_clock_seconds(&bl_clock_real)};

    return bl_roller_step(&memory->roller, &job, ret_busy, err);
}

int bl_look_at(const struct bl_look *look, struct bl_kafka_memory *memory,
               const struct bl_kafka *kafka, bool *ret_busy, struct bl_error **err)
{
    BL_AUTO(answers_release) struct answers answers = {0};
    BL_AUTO(bl_pod_states_release) struct bl_pod_states states = {0};
    BL_AUTO(bl_raise_decision_release) struct bl_raise_decision raise = {0};
    struct bl_kafka_counts counts = {0};
    bl_nsec begin = bl_clock_now(&bl_clock_real);
    bool rolling = false;

    find_out(look, memory, kafka, &answers);
    memory->asked = bl_clock_now(&bl_clock_real) - begin;
    memory->expected = bl_turns_expect(memory->expected, memory->asked);
    bl_pod_states_read(kafka, &answers.found, &states);
    counts.known = !memory->unknown;
    if (keep_conditions(look, memory, kafka, &states, &counts, ret_busy, err) < 0)
        return bl_wrap(err, "cluster \"%s\"", memory->name);
    if (raise_replicas(look, memory, kafka, &answers, &raise, err) < 0)
        return bl_wrap(err, "cluster \"%s\": replicas", memory->name);
    if (roll(look, memory, kafka, &answers, &states,
             raise.step == BL_RAISE_REFUSE ? NULL : raise.message, &rolling, err) < 0)
        return bl_wrap(err, "cluster \"%s\": rollout", memory->name);
    *ret_busy |= memory->raiser.active;
    counts.rollouts[memory->roller.phase]++;
    bl_kafka_memories_note(look->memories, memory, &counts);
    *ret_busy |= rolling;
    return 0;
}

/* --- pace --- */

static bl_nsec within(bl_nsec pause, bl_nsec least, bl_nsec most)
{
    return pause < least ? least : pause > most ? most : pause;
}

/* Waits for hours, as for a hold, are no hurry. */
static bool is_moving(const struct bl_kafka_memory *memory)
{
    return memory->roller.phase == BL_ROLLOUT_ROLLING &&
           bl_clock_now(&bl_clock_real) - memory->roller.moved < MOVING_FOR;
}

bl_nsec bl_look_pause(const struct bl_kafka_memory *memory, bool busy, bl_nsec took)
{
    bl_nsec pause = LOOK_SOON << (memory->failures < 5 ? memory->failures : 5);
    /* One that answers slowly has a worker half of the time at most. */
    bl_nsec most = memory->asked > LOOK_SOON_MAX ? memory->asked : LOOK_SOON_MAX;

    if (memory->unknown)
        return pause < LOOK_UNKNOWN_MAX ? pause : LOOK_UNKNOWN_MAX;
    if (memory->roller.acted)
        return LOOK_NOW;
    if (is_moving(memory))
        return within(took * LOOK_SHARE, LOOK_ROLLING, most);
    return busy ? within(took * LOOK_SHARE, LOOK_SOON, most) : LOOK_AT_REST;
}
