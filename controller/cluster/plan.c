#include "plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/cluster/window.h"
#include "ballast/kafka/metadata_version.h"
#include "ballast/object/object.h"

#define AT_REST (60 * BL_NSEC_S)
#define WHILE_ROLLING (2 * BL_NSEC_S)
#define WHILE_PENDING (5 * BL_NSEC_S)
#define AFTER_FAILURE (30 * BL_NSEC_S)

void bl_cluster_next_release(struct bl_cluster_next *next)
{
    free(next->message);
    next->message = NULL;
}

/* Notes the end of the decision, and returns true. The message is taken. */
static bool decided(struct bl_cluster_next *next, enum bl_cluster_step step, enum bl_kstatus phase,
                    const char *reason, bl_nsec after, char *message)
{
    *next = (struct bl_cluster_next){step, phase, reason, message, after, false};
    return true;
}

static bool stalls(struct bl_cluster_next *next, const char *reason, char *message)
{
    return decided(next, BL_CLUSTER_STOP, BL_STALLED, reason, AFTER_FAILURE, message);
}

static bool waits(struct bl_cluster_next *next, const char *reason, bl_nsec after, char *message)
{
    return decided(next, BL_CLUSTER_WAIT, BL_IN_PROGRESS, reason, after, message);
}

/* --- steps that fail --- */

/* A proof that fails takes two minutes by itself. */
#define RETRY_MIN 5
#define RETRY_MAX 600
#define TRIES 3

static const struct {
    const char *name;
    const char *stalled; /* the reason where it fails again and again */
    const char *way;     /* what a person can do then */
} steps[] = {
    [BL_CLUSTER_UNLOCK] = {"Unlock", "UnlockFailed", ""},
    [BL_CLUSTER_BACK_UP] = {"BackUp", "BackupFailed",
                            "; to go on without it, set spec.backup.beforeUpgrade to false"},
    [BL_CLUSTER_RELEASE] = {"Release", "ReleaseFailed",
                            "; Helm is not asked again until spec, values or chart change"},
    [BL_CLUSTER_VERIFY_BEFORE] = {"VerifyBefore", "ProofFailed",
                                  "; nothing was changed. To go on without a proof, set "
                                  "spec.verification.enabled to false"},
    [BL_CLUSTER_VERIFY] = {"Verify", "ProofFailed",
                           "; to do without a proof, set spec.verification.enabled to false"},
    [BL_CLUSTER_FINALIZE] = {"Finalize", "FinalizeFailed",
                             "; to leave metadata.version, set spec.versions.metadata to Hold"},
    [BL_CLUSTER_DONE] = {NULL, NULL, NULL},
};

const char *bl_cluster_step_name(enum bl_cluster_step step)
{
    return steps[step].name;
}

char *bl_cluster_input(const struct bl_cluster_state *state)
{
    int64_t generation = bl_json_number(bl_json_get(state->object, "metadata"), "generation");

    return bl_asprintf("%" PRId64 "/%.16s", generation, state->plan ? state->plan->input : "");
}

bool bl_cluster_has_failed(const struct bl_cluster_state *state, enum bl_cluster_step step)
{
    const struct bl_cluster_failure *failure = &state->notes.failure;
    BL_AUTO_FREE char *input = bl_cluster_input(state);

    return bl_text_eq(failure->step, steps[step].name) && bl_text_eq(failure->of, input);
}

static int64_t pause_after(int64_t count)
{
    int64_t pause = RETRY_MIN;

    while (--count > 0 && pause < RETRY_MAX)
        pause *= 2;
    return pause < RETRY_MAX ? pause : RETRY_MAX;
}

/* Of brokers that do not answer nobody knows whether they ever will; all else that waiting may change is waited for. */
static bool is_in_vain(const struct bl_cluster_failure *failure, enum bl_cluster_step step)
{
    return failure->count >= TRIES &&
           (failure->lasts || step == BL_CLUSTER_VERIFY || step == BL_CLUSTER_VERIFY_BEFORE ||
            step == BL_CLUSTER_FINALIZE);
}

static char *failure_message(const struct bl_cluster_failure *failure, const char *what,
                             const char *way)
{
    return bl_asprintf("%s; that failed %" PRId64 " %s: %s%s", what, failure->count,
                       bl_text_plural(failure->count, "time", "times"), failure->message, way);
}

/* A step is taken; or it has failed, and is taken again after a pause, or no more. The message is taken. */
static bool tries(const struct bl_cluster_state *state, struct bl_cluster_next *next,
                  enum bl_cluster_step step, const char *reason, char *message)
{
    const struct bl_cluster_failure *failure = &state->notes.failure;
    BL_AUTO_FREE char *what = message;
    bool vain = is_in_vain(failure, step);
    int64_t left = failure->at + pause_after(failure->count) - state->now;
    bool ends = vain && step == BL_CLUSTER_RELEASE;

    if (!bl_cluster_has_failed(state, step))
        return decided(next, step, BL_IN_PROGRESS, reason, 0, BL_STEAL(what));
    if (ends)
        left = AT_REST / BL_NSEC_S;
    (void)decided(next,
                  left <= 0 ? step
                  : vain    ? BL_CLUSTER_STOP
                            : BL_CLUSTER_WAIT,
                  vain ? BL_STALLED : BL_IN_PROGRESS, vain ? steps[step].stalled : reason,
                  left > 0 ? left * BL_NSEC_S : 0,
                  failure_message(failure, what, vain ? steps[step].way : ""));
    next->has_failed = true;
    return true;
}

/* --- what stands in the way --- */

static const char *const failures[] = {
    [BL_EVALUATE_VALUES] = "ValuesNotFound",
    [BL_EVALUATE_RELEASE] = "ReleaseNotRead",
    [BL_EVALUATE_RENDER] = "ChartNotRendered",
    [BL_EVALUATE_LIVE] = "ObjectsNotRead",
};

static bool cannot_be_looked_at(const struct bl_cluster_state *state, struct bl_cluster_next *next)
{
    if (state->invalid)
        return stalls(next, "InvalidSpec", bl_strdup(state->invalid));
    if (state->spec->suspend)
        return decided(next, BL_CLUSTER_STOP, BL_IN_PROGRESS, "Suspended", AT_REST,
                       bl_strdup("nothing is done until spec.suspend is false"));
    /* A server or a webhook that is away comes back by itself. */
    if (state->failure && state->failure_code == BL_ERR_UNAVAILABLE)
        return waits(next, failures[state->stage],
                     state->stage == BL_EVALUATE_RENDER ? AFTER_FAILURE : WHILE_PENDING,
                     bl_strdup(state->failure));
    if (state->failure)
        return stalls(next,
                      state->failure_code == BL_ERR_CONFLICT ? BL_REFUSED_NOT_OURS
                                                             : failures[state->stage],
                      bl_strdup(state->failure));
    return false;
}

static bool is_pending(const struct bl_cluster_state *state, struct bl_cluster_next *next)
{
    if (!state->pending)
        return false;
    if (state->abandoned)
        return tries(state, next, BL_CLUSTER_UNLOCK, "Unlocking",
                     bl_asprintf("revision %" PRId64 " is %s, and no Helm works on it any more",
                                 state->revision, state->release_status));
    return waits(next, "HelmAtWork", WHILE_PENDING,
                 bl_asprintf("revision %" PRId64 " is %s: another Helm is at work", state->revision,
                             state->release_status));
}

/* A registry that does not answer comes back by itself. */
static bool is_away(const struct bl_refusal *refusal)
{
    return strcmp(refusal->reason, BL_REFUSED_REGISTRY) == 0;
}

/* The first one for which a person is needed; else the first one. */
static const struct bl_refusal *gravest(const struct bl_cluster_plan *plan)
{
    for (size_t i = 0; i < plan->refusals.len; i++)
        if (!is_away(&plan->refusals.items[i]))
            return &plan->refusals.items[i];
    return &plan->refusals.items[0];
}

static bool is_refused(const struct bl_cluster_state *state, struct bl_cluster_next *next)
{
    const struct bl_cluster_plan *plan = state->plan;
    const struct bl_refusal *first;
    char *message;

    if (!plan->refusals.len)
        return false;
    first = gravest(plan);
    message =
        plan->refusals.len == 1
            ? bl_strdup(first->message)
            : bl_asprintf("%s; and %zu more %s in status.plan.refusals", first->message,
                          plan->refusals.len - 1,
                          bl_text_plural((int64_t)plan->refusals.len - 1, "reason", "reasons"));
    return is_away(first) ? waits(next, first->reason, AFTER_FAILURE, message)
                          : stalls(next, first->reason, message);
}

/* --- the release --- */

static bool corrects_drift(const struct bl_cluster_state *state)
{
    return state->drift->len && state->spec->drift == BL_DRIFT_CORRECT && !state->plan->grown;
}

/* Where nothing is to be done there is nothing to approve, whatever its digest is. */
static bool wants_approval(const struct bl_cluster_state *state)
{
    const char *approved = bl_object_annotation(state->object, BL_ANNOTATION_APPROVE);

    return (state->plan->action != BL_CLUSTER_NOTHING || corrects_drift(state)) &&
           state->spec->upgrade.approval == BL_APPROVAL_MANUAL &&
           !bl_text_eq(approved, state->plan->digest);
}

/* What is not there proves nothing, and is not disturbed. */
static bool wants_proof_before(const struct bl_cluster_state *state)
{
    return state->spec->verification.enabled && state->plan->action != BL_CLUSTER_INSTALL &&
           state->notes.verified && state->notes.noted &&
           !bl_text_eq(state->notes.before, state->plan->digest);
}

/* The first release has nothing that it could disturb; one that failed is in the middle of something. */
static bool is_outside_window(const struct bl_cluster_state *state, int64_t *ret_opens)
{
    return state->plan->action == BL_CLUSTER_UPGRADE &&
           bl_text_eq(state->release_status, "deployed") &&
           !bl_window_is_open(&state->spec->upgrade.window, state->now, ret_opens);
}

static bool waits_for_window(const struct bl_cluster_state *state, struct bl_cluster_next *next)
{
    int64_t opens;
    char when[BL_TIME_SIZE];

    if (!is_outside_window(state, &opens))
        return false;
    bl_time_format(opens, when);
    return waits(next, "WaitingForWindow",
                 opens - state->now < AT_REST / BL_NSEC_S ? (opens - state->now) * BL_NSEC_S
                                                          : AT_REST,
                 bl_asprintf("the upgrade waits for its window, which opens %s", when));
}

/* The proof before this plan has missed some: whatever took them may take more. */
static bool has_lost_before(const struct bl_cluster_state *state)
{
    return state->spec->verification.enabled && state->notes.lost &&
           bl_text_eq(state->notes.before, state->plan->digest);
}

static char *lost_message(const struct bl_cluster_state *state, const char *more)
{
    return bl_asprintf("%" PRId64 " acknowledged %s gone%s", state->notes.lost,
                       bl_text_plural(state->notes.lost, "message is", "messages are"), more);
}

bool bl_cluster_wants_backup(const struct bl_cluster_state *state)
{
    return state->spec->backup.plan && state->spec->backup.before_upgrade && state->plan &&
           state->plan->action == BL_CLUSTER_UPGRADE;
}

char *bl_cluster_backup_name(const struct bl_cluster_state *state)
{
    const char *colon = strrchr(state->plan->digest, ':');
    const cJSON *history = bl_json_at(state->object, "status", "history", NULL);

    /* Behind the newest release that came to its end: of a plan that comes again later, and of none that is tried again. */
    return bl_asprintf("%.160s-%" PRId64 "-before-%.12s", bl_object_ref(state->object).name,
                       bl_json_number(cJSON_GetArrayItem(history, 0), "revision"),
                       colon ? colon + 1 : state->plan->digest);
}

static bool waits_for_backup(const struct bl_cluster_state *state, struct bl_cluster_next *next)
{
    const struct bl_cluster_backup *backup = &state->backup;
    int64_t hours = state->spec->backup.max_age_hours;

    if (!bl_cluster_wants_backup(state))
        return false;
    BL_AUTO_FREE char *name = bl_cluster_backup_name(state);
    if (backup->complete && state->now - backup->made_at > hours * 3600)
        return stalls(next, "BackupTooOld",
                      bl_asprintf("KafkaBackup \"%s\", which came before the upgrade, is more than "
                                  "%" PRId64 " %s old; nothing was changed. Delete it to take "
                                  "another one, or raise spec.backup.maxAgeHours",
                                  name, hours, bl_text_plural(hours, "hour", "hours")));
    if (backup->complete)
        return false;
    if (!backup->made)
        return tries(state, next, BL_CLUSTER_BACK_UP, "BackingUp",
                     bl_asprintf("KafkaBackup \"%s\" is taken before the upgrade", name));
    if (backup->stalled)
        return stalls(next, "BackupFailed",
                      bl_asprintf("KafkaBackup \"%s\": %s; nothing was changed. Delete it to take "
                                  "another one, or set spec.backup.beforeUpgrade to false",
                                  name, backup->stalled));
    return waits(next, "BackingUp", WHILE_PENDING,
                 bl_asprintf("KafkaBackup \"%s\" comes first: %s", name,
                             backup->message ? backup->message : "it was not looked at yet"));
}

static char *release_message(const struct bl_cluster_state *state)
{
    BL_AUTO_FREE char *protocol = bl_cluster_plan_protocol(state->plan);

    return bl_asprintf("Helm makes revision %" PRId64 "%s%s", state->revision + 1,
                       protocol ? "; " : "", protocol ? protocol : "");
}

static bool is_to_be_released(const struct bl_cluster_state *state, struct bl_cluster_next *next)
{
    const struct bl_cluster_plan *plan = state->plan;
    bool corrects = corrects_drift(state);

    if (plan->action == BL_CLUSTER_NOTHING && !corrects)
        return false;
    if (wants_approval(state))
        return waits(
            next, "ApprovalPending", AT_REST,
            bl_asprintf(
                "the plan waits: kubectl annotate kafkacluster %s -n %s " BL_ANNOTATION_APPROVE
                "=%s",
                bl_object_ref(state->object).name, bl_object_ref(state->object).namespace,
                plan->digest));
    if (waits_for_window(state, next))
        return true;
    if (wants_proof_before(state))
        return tries(state, next, BL_CLUSTER_VERIFY_BEFORE, "VerifyingBefore",
                     bl_strdup("messages of before are looked for, before anything changes"));
    if (has_lost_before(state))
        return stalls(next, "MessagesLost",
                      lost_message(state, ", and nothing was changed; to go on without them, set "
                                          "spec.verification.enabled to false"));
    if (waits_for_backup(state, next))
        return true;
    if (corrects)
        return tries(state, next, BL_CLUSTER_RELEASE, "CorrectingDrift",
                     bl_asprintf("what others changed is put back: %s", state->drift->items[0]));
    return tries(state, next, BL_CLUSTER_RELEASE,
                 plan->action == BL_CLUSTER_INSTALL ? "Installing"
                 : plan->protocol.raises            ? "RaisingProtocol"
                                                    : "Upgrading",
                 release_message(state));
}

/* --- its pods, and the proof --- */

static bool is_rolling(const struct bl_cluster_state *state, struct bl_cluster_next *next)
{
    const struct bl_cluster_rollout *rollout = &state->rollout;

    if (rollout->failed)
        return stalls(next, "RolloutFailed", bl_strdup(rollout->failed));
    if (!rollout->waiting)
        return false;
    return waits(next, "Rolling", WHILE_ROLLING,
                 bl_asprintf("%" PRId64 " of %" PRId64 " pods are new, %" PRId64 " ready: %s",
                             rollout->updated, rollout->pods, rollout->ready, rollout->waiting));
}

/* What was lost stays told, until somebody has looked. */
static bool is_due_again(const struct bl_cluster_state *state)
{
    int64_t every = state->spec->verification.every_hours * 3600;

    return every && !state->notes.lost && state->now - state->notes.verified_at >= every;
}

static bool wants_proof(const struct bl_cluster_state *state)
{
    return state->spec->verification.enabled &&
           (state->notes.verified != state->revision || is_due_again(state));
}

static bool wants_finalizing(const struct bl_cluster_state *state)
{
    int64_t wanted = bl_cluster_metadata_wanted(state->spec);

    /* With ZooKeeper there is no metadata.version: what was asked for is done by a release. */
    return wanted && !state->plan->protocol.ours &&
           (state->notes.finalized != state->revision ||
            (wanted != BL_METADATA_HIGHEST && state->notes.level > 0 &&
             state->notes.level < wanted));
}

static bool wants_raising(const struct bl_cluster_state *state)
{
    return state->plan->protocol.next && !state->plan->protocol.raises;
}

static bool is_soaking(const struct bl_cluster_state *state, struct bl_cluster_next *next)
{
    int64_t left = state->spec->upgrade.soak -
                   (state->notes.rolled_at ? state->now - state->notes.rolled_at : 0);

    if (left <= 0 || (!wants_proof(state) && !wants_finalizing(state) && !wants_raising(state)))
        return false;
    return waits(next, "Soaking", left * BL_NSEC_S,
                 bl_asprintf("all pods are ready; %s comes in %" PRId64 " s",
                             wants_proof(state)     ? "the proof"
                             : wants_raising(state) ? "inter.broker.protocol.version"
                                                    : "metadata.version",
                             left));
}

static bool is_to_be_proven(const struct bl_cluster_state *state, struct bl_cluster_next *next)
{
    if (!wants_proof(state))
        return false;
    return tries(state, next, BL_CLUSTER_VERIFY, "Verifying",
                 bl_asprintf("%" PRId64 " %s written and read", state->spec->verification.messages,
                             bl_text_plural(state->spec->verification.messages, "message is",
                                            "messages are")));
}

/* Messages are gone: what took them is found by the version that wrote them. */
static bool has_lost(const struct bl_cluster_state *state, struct bl_cluster_next *next)
{
    return state->spec->verification.enabled && state->notes.lost &&
           stalls(next, "MessagesLost", lost_message(state, ""));
}

static bool is_to_be_finalized(const struct bl_cluster_state *state, struct bl_cluster_next *next)
{
    int64_t wanted = bl_cluster_metadata_wanted(state->spec);

    if (!wants_finalizing(state))
        return false;
    BL_AUTO_FREE char *name = bl_metadata_version_name(wanted);

    return tries(state, next, BL_CLUSTER_FINALIZE, "Finalizing",
                 bl_asprintf("metadata.version is raised to %s",
                             wanted == BL_METADATA_HIGHEST ? "what every broker knows" : name));
}

/* Once the status says that all is done, the next look plans it. */
static bool is_to_be_raised(const struct bl_cluster_state *state, struct bl_cluster_next *next)
{
    if (!wants_raising(state))
        return false;
    return waits(next, "RaisingProtocol", WHILE_ROLLING,
                 bl_asprintf("inter.broker.protocol.version goes from %s to %s next",
                             state->plan->protocol.is, state->plan->protocol.next));
}

static char *done_message(const struct bl_cluster_state *state)
{
    const char *kafka = state->plan->kafka ? state->plan->kafka : "of an unknown version";

    return bl_asprintf("Kafka %s, revision %" PRId64 ", %" PRId64 " %s ready%s%s", kafka,
                       state->revision, state->rollout.pods,
                       bl_text_plural(state->rollout.pods, "pod", "pods"),
                       state->notes.verified == state->revision ? ", proven with messages" : "",
                       state->drift->len ? "; somebody changed it" : "");
}

void bl_cluster_next(const struct bl_cluster_state *state, struct bl_cluster_next *ret_next)
{
    if (cannot_be_looked_at(state, ret_next) || is_pending(state, ret_next) ||
        is_refused(state, ret_next) || is_to_be_released(state, ret_next) ||
        is_rolling(state, ret_next) || is_soaking(state, ret_next) ||
        is_to_be_proven(state, ret_next) || has_lost(state, ret_next) ||
        is_to_be_finalized(state, ret_next) || is_to_be_raised(state, ret_next))
        return;
    (void)decided(ret_next, BL_CLUSTER_DONE, BL_CURRENT, "Ready", AT_REST, done_message(state));
}

/* --- conditions --- */

/* Were they asked for, and is one of them not there? */
static const struct bl_refusal *image_refusal(const struct bl_cluster_plan *plan)
{
    for (size_t i = 0; plan && i < plan->refusals.len; i++)
        if (bl_text_eq(plan->refusals.items[i].reason, BL_REFUSED_IMAGE) ||
            bl_text_eq(plan->refusals.items[i].reason, BL_REFUSED_REGISTRY))
            return &plan->refusals.items[i];
    return NULL;
}

static bool proof_has_failed(const struct bl_cluster_state *state,
                             const struct bl_cluster_next *next)
{
    return next->has_failed && (bl_cluster_has_failed(state, BL_CLUSTER_VERIFY) ||
                                bl_cluster_has_failed(state, BL_CLUSTER_VERIFY_BEFORE));
}

static void say(struct bl_status *status, const char *type, bool known, bool good,
                const char *reason, const char *message)
{
    bl_status_set(status, type,
                  !known ? BL_UNKNOWN
                  : good ? BL_TRUE
                         : BL_FALSE,
                  known ? reason : "NotLookedAt", known ? message : "");
}

/* Where nobody looks after brokers, or may read their pods, nothing is known of their replicas. */
static void set_in_sync(const struct bl_cluster_sync *sync, bool released, struct bl_status *status)
{
    const char *message = sync->message ? sync->message : "";

    if (released && sync->out)
        bl_status_set(status, BL_CONDITION_CLUSTER_IN_SYNC, BL_FALSE, "NotInSync", message);
    else if (released && sync->in && !sync->unknown)
        bl_status_set(status, BL_CONDITION_CLUSTER_IN_SYNC, BL_TRUE, "InSync", message);
    else
        bl_status_set(status, BL_CONDITION_CLUSTER_IN_SYNC, BL_UNKNOWN,
                      released ? "NotReported" : "NotLookedAt", released ? message : "");
}

void bl_cluster_conditions(const struct bl_cluster_state *state, const struct bl_cluster_next *next,
                           struct bl_status *status)
{
    const struct bl_cluster_plan *plan = state->plan;
    const struct bl_refusal *image = image_refusal(plan);
    bool rendered = plan != NULL;
    bool accepted = rendered && !plan->refusals.len && !wants_approval(state);
    bool released = accepted && plan->action == BL_CLUSTER_NOTHING;
    bool rolled = released && !state->rollout.waiting && !state->rollout.failed;
    bool render_failed = state->failure && state->stage == BL_EVALUATE_RENDER;
    BL_AUTO_FREE char *revision = bl_asprintf("revision %" PRId64, state->revision);

    bl_status_phase(status, next->phase, next->reason, next->message);
    say(status, BL_CONDITION_RENDERED, rendered || render_failed, rendered,
        rendered ? "Rendered" : "Failed", rendered ? "" : state->failure);
    if (state->spec && state->spec->images.check)
        say(status, BL_CONDITION_IMAGES, rendered, !image, image ? image->reason : "Available",
            image ? image->message : "");
    say(status, BL_CONDITION_PLAN, rendered, accepted,
        accepted                     ? "Accepted"
        : plan && plan->refusals.len ? gravest(plan)->reason
                                     : "ApprovalPending",
        accepted ? "" : next->message);
    say(status, BL_CONDITION_RELEASED, rendered || state->pending, released,
        released ? "Deployed" : "NotYet", released ? revision : "");
    say(status, BL_CONDITION_ROLLED, released, rolled, rolled ? "Complete" : "Rolling",
        rolled                  ? ""
        : state->rollout.failed ? state->rollout.failed
                                : state->rollout.waiting);
    set_in_sync(&state->sync, released, status);
    if (state->spec && state->spec->verification.enabled && proof_has_failed(state, next))
        bl_status_set(status, BL_CONDITION_VERIFIED, BL_UNKNOWN, "ProofFailed",
                      state->notes.failure.message);
    else if (state->spec && state->spec->verification.enabled)
        say(status, BL_CONDITION_VERIFIED, state->notes.verified != 0,
            state->notes.verified == state->revision && !state->notes.lost,
            state->notes.lost                          ? "MessagesLost"
            : state->notes.verified == state->revision ? "Proven"
                                                       : "NotYet",
            "");
    say(status, BL_CONDITION_DRIFTED, released, state->drift->len > 0,
        state->drift->len ? "Changed" : "Same", state->drift->len ? state->drift->items[0] : "");
}
