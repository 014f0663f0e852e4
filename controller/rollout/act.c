#include "act.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/admin.h"
#include "ballast/kafka/canary.h"
#include "ballast/kafka/metadata_version.h"
#include "view.h"
#include "write.h"

/* The pause after a canary that failed. */
#define CANARY_EVERY (5 * BL_NSEC_S)

void bl_roller_release(struct bl_roller *roller)
{
    for (size_t i = 0; i < roller->evicted.len; i++)
        free(roller->evicted.items[i].uid);
    free(roller->evicted.items);
    free(roller->canary_text);
    free(roller->refusal);
    *roller = (struct bl_roller){0};
}

static const struct bl_member *member_at(const struct bl_roller_job *job, size_t pod)
{
    return &job->kafka->members.items[job->kafka->pods.items[pod].member];
}

static void tell(const struct bl_roller_job *job, const cJSON *object, const char *type,
                 const char *reason, const char *action, const char *note)
{
    struct bl_event event = {type, reason, action, note};
    struct bl_ref ref = bl_object_ref(object);

    bl_recorder_tell(job->recorder, object, &event);
    BL_LOG(strcmp(type, "Normal") == 0 ? BL_LOG_INFO : BL_LOG_WARN, "rollout",
           BL_LOG_TEXT("reason", reason), BL_LOG_TEXT("namespace", ref.namespace),
           BL_LOG_TEXT("name", ref.name), BL_LOG_TEXT("message", note));
}

/* --- acts --- */

/*
 * Before other leaders return to a broker, those of the canary's topic do, and the canary is sent: its messages pay what a
 * fresh broker costs, and where clients cannot reach the broker yet, only the canary fails.
 */
static int try_canary(struct bl_roller *roller, const struct bl_roller_job *job,
                      struct bl_error **err)
{
    size_t elected = 0;
    BL_ERROR(why);

    if (bl_observer_elect_preferred(job->observer, job->facts, BL_CANARY_TOPIC, &elected, err) < 0)
        return -1;
    roller->tried = bl_roller_canary(job, &why) == 0;
    roller->tried_at = job->now;
    free(roller->refusal);
    roller->refusal = roller->tried ? NULL : bl_strdup(bl_error_text(why));
    return 0;
}

static int lead_back(struct bl_roller *roller, const struct bl_roller_job *job,
                     const struct bl_rollout_plan *plan, struct bl_error **err)
{
    size_t moved = 0, elected = 0;

    if (!roller->tried && plan->canary && bl_cluster_topic(job->facts, BL_CANARY_TOPIC)) {
        if (roller->refusal && job->now - roller->tried_at < CANARY_EVERY)
            return 0;
        return try_canary(roller, job, err);
    }
    if (bl_roller_return_leaders(job, &moved, err) < 0)
        return -1;
    if (job->states->unbalanced &&
        bl_observer_elect_preferred(job->observer, job->facts, NULL, &elected, err) < 0)
        return -1;
    /* What does not change by being asked for is not asked for again before a pod changes. */
    roller->balance_failed = moved + elected == 0;
    return 0;
}

static int lead_away(struct bl_roller *roller, const struct bl_roller_job *job,
                     const struct bl_rollout_plan *plan, struct bl_error **err)
{
    /* Once is enough: what is left the broker hands over by itself when it is told to stop. */
    roller->led_away = true;
    for (size_t i = 0; i < plan->pods.len; i++)
        if (bl_roller_move_leaders(job, plan->pods.items[i], err) < 0)
            return -1;
    return 0;
}

static void note_eviction(struct bl_roller *roller, const struct bl_roller_job *job, size_t pod)
{
    const cJSON *object = job->kafka->pods.items[pod].pod;
    BL_AUTO_FREE char *note = bl_asprintf("evicted %s, to be made anew from the newest template",
                                          job->kafka->pods.items[pod].name);

    *BL_PUSH(&roller->evicted) = (struct bl_evicted){bl_strdup(bl_object_uid(object)), job->now};
    free(roller->refusal);
    roller->refusal = NULL;
    tell(job, member_at(job, pod)->set, "Normal", "RolloutEvicted", "Evict", note);
}

/* A budget or a guard that says "not now" is waited for, as kubectl drain does. */
static int evict(struct bl_roller *roller, const struct bl_roller_job *job,
                 const struct bl_rollout_plan *plan, struct bl_error **err)
{
    for (size_t i = 0; i < plan->pods.len; i++) {
        size_t pod = plan->pods.items[i];
        BL_ERROR(failure);
        int rc = bl_roller_evict(job, pod, &failure);

        bl_metric_add(job->evictions, 1,
                      rc == 0                           ? BL_EVICTION_DONE
                      : bl_error_status(failure) == 429 ? BL_EVICTION_REFUSED
                                                        : BL_EVICTION_FAILED,
                      0, 0);
        if (rc == 0) {
            note_eviction(roller, job, pod);
            continue;
        }
        if (bl_error_status(failure) != 429) {
            *err = BL_STEAL(failure);
            return -1;
        }
        free(roller->refusal);
        roller->refusal = bl_strdup(bl_error_text(failure));
        return 0;
    }
    return 0;
}

static int roll_back(const struct bl_roller_job *job, const struct bl_rollout_plan *plan,
                     struct bl_error **err)
{
    const struct bl_member *member = &job->kafka->members.items[plan->set];

    if (bl_roller_restore(job, plan->set, err) < 0)
        return -1;
    tell(job, member->set, "Warning", "RolloutRolledBack", "RollBack", plan->message);
    return 0;
}

static void check_canary(struct bl_roller *roller, const struct bl_roller_job *job)
{
    BL_ERROR(err);

    if (roller->canary == BL_CANARY_FAILED && job->now - roller->canary_at < CANARY_EVERY)
        return;
    roller->canary_at = job->now;
    free(roller->canary_text);
    roller->canary_text = NULL;
    if (bl_roller_canary(job, &err) == 0) {
        roller->canary = BL_CANARY_PASSED;
        return;
    }
    roller->canary = BL_CANARY_FAILED;
    roller->canary_text = bl_strdup(bl_error_text(err));
}

/* It cannot be taken back, so it is the last thing, and a failure of it fails nothing. */
static void raise_metadata_version(const struct bl_roller_job *job,
                                   const struct bl_rollout_plan *plan)
{
    const struct bl_member *member = &job->kafka->members.items[plan->set];
    BL_ERROR(err);

    if (!job->facts || !job->facts->kraft ||
        member->managed.rollout.metadata_version != BL_METADATA_VERSION_RAISE ||
        job->facts->metadata_version < 0 ||
        job->facts->max_metadata_version <= job->facts->metadata_version)
        return;

    BL_AUTO_FREE char *from = bl_metadata_version_name(job->facts->metadata_version);
    BL_AUTO_FREE char *to = bl_metadata_version_name(job->facts->max_metadata_version);
    BL_AUTO_FREE char *note =
        bl_asprintf("metadata.version from %s to %s, which every broker knows", from, to);
    if (bl_observer_raise_metadata_version(job->observer, (int16_t)job->facts->max_metadata_version,
                                           false, &err) == 0) {
        tell(job, member->set, "Normal", "MetadataVersionRaised", "Raise", note);
        return;
    }
    BL_AUTO_FREE char *why = bl_asprintf("could not raise %s: %s", note, bl_error_text(err));
    tell(job, member->set, "Warning", "MetadataVersionKept", "Raise", why);
}

static int act(struct bl_roller *roller, const struct bl_roller_job *job,
               const struct bl_rollout_plan *plan, struct bl_error **err)
{
    switch (plan->act) {
    case BL_ROLLOUT_LEAD_BACK:
        return lead_back(roller, job, plan, err);
    case BL_ROLLOUT_LEAD_AWAY:
        return lead_away(roller, job, plan, err);
    case BL_ROLLOUT_CHECK:
        check_canary(roller, job);
        return 0;
    case BL_ROLLOUT_EVICT:
        return evict(roller, job, plan, err);
    case BL_ROLLOUT_ROLL_BACK:
        return roll_back(job, plan, err);
    case BL_ROLLOUT_FINISH:
        raise_metadata_version(job, plan);
        return 0;
    default:
        return 0;
    }
}

/* What changes pods is heard of; what changes leaders or asks them is seen by looking again. */
static bool goes_on(const struct bl_roller *roller, const struct bl_rollout_plan *plan)
{
    return plan->act == BL_ROLLOUT_LEAD_AWAY ||
           (plan->act == BL_ROLLOUT_LEAD_BACK && !roller->refusal) ||
           (plan->act == BL_ROLLOUT_CHECK && roller->canary == BL_CANARY_PASSED);
}

/* What took how long is what one wants to know when a client complains. */
static int act_and_log(struct bl_roller *roller, const struct bl_roller_job *job,
                       const struct bl_rollout_plan *plan, struct bl_error **err)
{
    bl_nsec begin = bl_clock_now(&bl_clock_real);
    int rc = act(roller, job, plan, err);

    roller->acted = rc == 0 && goes_on(roller, plan);
    /* What is refused is tried each second. */
    if (plan->act != BL_ROLLOUT_WAIT)
        BL_LOG(roller->refusal ? BL_LOG_DEBUG : BL_LOG_INFO, "rollout step",
               BL_LOG_TEXT("act", bl_rollout_act_name(plan->act)),
               BL_LOG_TEXT("cluster", job->kafka->name), BL_LOG_TEXT("message", plan->message),
               BL_LOG_INT("took_ms", (bl_clock_now(&bl_clock_real) - begin) / BL_NSEC_MS));
    return rc;
}

/* --- one step --- */

/* What is about pods that are no more is forgotten. */
static void begin_epoch(struct bl_roller *roller, uint64_t epoch)
{
    if (roller->epoch == epoch)
        return;
    roller->epoch = epoch;
    roller->canary = BL_CANARY_UNASKED;
    roller->led_away = roller->tried = roller->balance_failed = false;
    free(roller->canary_text);
    roller->canary_text = NULL;
}

static void look_for_motion(struct bl_roller *roller, uint64_t motion, bl_nsec now)
{
    if (roller->motion == motion && roller->moved)
        return;
    roller->motion = motion;
    roller->moved = now;
}

static void announce(const struct bl_roller_job *job, const struct bl_rollout_plan *plan)
{
    static const struct {
        const char *type, *reason, *action;
    } events[] = {
        [BL_ROLLOUT_ROLLING] = {"Normal", "RolloutStarted", "Roll"},
        [BL_ROLLOUT_PAUSED] = {"Normal", "RolloutPaused", "Wait"},
        [BL_ROLLOUT_BLOCKED] = {"Warning", "RolloutBlocked", "Wait"},
        [BL_ROLLOUT_STUCK] = {"Warning", "RolloutStuck", "Wait"},
        [BL_ROLLOUT_FAILED] = {"Warning", "RolloutFailed", "Wait"},
        [BL_ROLLOUT_COMPLETE] = {"Normal", "RolloutComplete", "Roll"},
    };

    if (plan->act != BL_ROLLOUT_ROLL_BACK && events[plan->phase].type)
        tell(job, job->kafka->members.items[plan->set].set, events[plan->phase].type,
             events[plan->phase].reason, events[plan->phase].action, plan->message);
}

int bl_roller_step(struct bl_roller *roller, const struct bl_roller_job *job, bool *ret_busy,
                   struct bl_error **err)
{
    BL_AUTO(bl_rollout_view_release) struct bl_rollout_view view = {0};
    BL_AUTO(bl_rollout_plan_release) struct bl_rollout_plan plan = {0};
    bool news = false;

    roller->acted = false;
    begin_epoch(roller, bl_roller_epoch(job));
    look_for_motion(roller, bl_roller_motion(job), job->now);
    bl_roller_look(roller, job, &view);
    bl_rollout_decide(&view, &plan);
    roller->phase = plan.phase;
    *ret_busy = plan.act != BL_ROLLOUT_REST;
    if (!*ret_busy)
        return 0;
    if ((plan.act == BL_ROLLOUT_EVICT || plan.act == BL_ROLLOUT_LEAD_BACK) && roller->refusal)
        bl_roller_explain(&plan, roller->refusal);
    /* Noted before it is done: who watches sees what hangs, and the next leader what was begun. */
    if (bl_roller_note(job, &view, &plan, &news, err) < 0)
        return -1;
    if (news)
        announce(job, &plan);
    return act_and_log(roller, job, &plan, err);
}
