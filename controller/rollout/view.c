#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/hash.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/policies/review.h"

/* The caches are behind by so much at most. */
#define EVICTED_FOR (15 * BL_NSEC_S)

/* --- sets --- */

static bool is_stale(const cJSON *set)
{
    int64_t generation = 0, observed = 0;

    (void)bl_json_int(bl_json_at(set, "metadata", "generation", NULL), &generation);
    (void)bl_json_int(bl_json_at(set, "status", "observedGeneration", NULL), &observed);
    return observed < generation;
}

static bool names_newest(const cJSON *set, const char *annotation)
{
    const char *named = bl_object_annotation(set, annotation);

    return named && bl_text_eq(named, bl_json_string(bl_json_get(set, "status"), "updateRevision"));
}

static void add_set(const struct bl_member *member, struct bl_rollout_view *view)
{
    BL_AUTO(bl_progress_release) struct bl_progress progress = {0};

    bl_progress_read(member->set, &progress);
    *BL_PUSH(&view->sets) = (struct bl_rollout_set){
        .name = member->ref.name,
        .role = member->role,
        .managed = member->managed.rolled,
        .stale = is_stale(member->set),
        .paused = bl_object_annotation(member->set, BL_ANNOTATION_ROLLOUT_PAUSED) != NULL,
        .failed = names_newest(member->set, BL_ANNOTATION_ROLLOUT_FAILED),
        .restored = names_newest(member->set, BL_ANNOTATION_ROLLOUT_RESTORED),
        .aborted = names_newest(member->set, BL_ANNOTATION_ROLLOUT_ABORT),
        .begun = bl_progress_begun(&progress, member->set),
        .settings = member->managed.rollout,
    };
}

/* --- pods --- */

static const char *waiting_reason(const cJSON *status)
{
    static const char *const troubles[] = {
        "CrashLoopBackOff",     "ImagePullBackOff",  "ErrImagePull",
        "InvalidImageName",     "ErrImageNeverPull", "CreateContainerConfigError",
        "CreateContainerError", "RunContainerError", NULL};
    const char *reason = bl_json_string(bl_json_at(status, "state", "waiting", NULL), "reason");

    return bl_text_in(reason, troubles) ? reason : NULL;
}

/* Between two starts of one that crashes it runs for a moment: what it was before still holds. */
static const char *crash_reason(const cJSON *status)
{
    return bl_json_number(status, "restartCount") > 1 && !bl_json_bool(status, "ready", false)
               ? "it crashes again and again"
               : NULL;
}

static const char *trouble_of(const cJSON *pod)
{
    static const char *const lists[] = {"initContainerStatuses", "containerStatuses"};
    const cJSON *scheduled = bl_object_condition(pod, "PodScheduled"), *status;

    if (bl_text_eq(bl_json_string(scheduled, "reason"), "Unschedulable"))
        return "it fits on no node";
    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++)
        cJSON_ArrayForEach(status, bl_json_at(pod, "status", lists[i], NULL)) {
            const char *reason = waiting_reason(status);

            if (!reason && i == 1)
                reason = crash_reason(status);
            if (reason)
                return reason;
        }
    return NULL;
}

static int64_t seconds_since(const char *text, int64_t now)
{
    int64_t then = 0;

    return bl_time_parse(text, &then) && then < now ? now - then : 0;
}

/* When its process began; NULL: it does not run. */
static const char *process_of(const struct bl_member *member, const cJSON *pod)
{
    return bl_json_string(bl_json_at(bl_member_container(member, pod), "state", "running", NULL),
                          "startedAt");
}

/*
 * Of one that is ready since it became so; of another since it was made, as it may never have been. What leads no
 * partition does its work from its start on, and nobody waits for a probe to find that out.
 */
static int64_t since(const struct bl_member *member, const cJSON *pod, bool ready, int64_t now)
{
    const char *when = bl_json_string(bl_json_get(pod, "metadata"), "creationTimestamp");

    if (ready && !bl_role_has_logs(member->role))
        when = process_of(member, pod);
    else if (ready)
        when = bl_json_string(bl_object_condition(pod, "Ready"), "lastTransitionTime");
    return seconds_since(when, now);
}

static bool was_evicted(const struct bl_roller *roller, const cJSON *pod)
{
    for (size_t i = 0; i < roller->evicted.len; i++)
        if (strcmp(roller->evicted.items[i].uid, bl_object_uid(pod)) == 0)
            return true;
    return false;
}

static void forget_old_evictions(struct bl_roller *roller, bl_nsec now)
{
    size_t kept = 0;

    for (size_t i = 0; i < roller->evicted.len; i++) {
        if (now - roller->evicted.items[i].when < EVICTED_FOR)
            roller->evicted.items[kept++] = roller->evicted.items[i];
        else
            free(roller->evicted.items[i].uid);
    }
    roller->evicted.len = kept;
}

static const char *hold_of(const struct bl_member *member, const cJSON *pod)
{
    const char *hold = bl_object_annotation(pod, BL_ANNOTATION_HOLD);

    return hold ? hold : bl_object_annotation(member->set, BL_ANNOTATION_HOLD);
}

static void add_pod(const struct bl_roller *roller, const struct bl_roller_job *job, size_t index,
                    struct bl_rollout_view *view)
{
    const struct bl_member_pod *it = &job->kafka->pods.items[index];
    const struct bl_member *member = &job->kafka->members.items[it->member];
    const struct bl_pod_state *state = &job->states->pods[index];
    bool ready = it->pod && bl_object_condition_is(it->pod, "Ready", "True");

    *BL_PUSH(&view->pods) = (struct bl_rollout_pod){
        .set = it->member,
        .name = it->name,
        .missing = !it->pod,
        .going = it->pod && (bl_object_is_going(it->pod) || was_evicted(roller, it->pod)),
        .outdated = it->pod && bl_member_outdated(member, it->pod),
        .ready = ready,
        .answers = state->known && state->answers,
        .in_sync = state->known && state->in_sync,
        .trouble = it->pod && !ready ? trouble_of(it->pod) : NULL,
        .state = state->missing ? state->missing
                 : state->known ? NULL
                                : state->why,
        .since = it->pod ? since(member, it->pod, ready, job->wall) : 0,
        .safe = state->known && state->safe,
        .never = state->known && bl_text_eq(state->reason, BL_REASON_NO_SPARE),
        .why = state->why,
        .hold = hold_of(member, it->pod),
        .leader = state->leader,
        .leads = state->leads,
    };
}

/* --- leadership --- */

bool bl_roller_is_due(const struct bl_roller_job *job, const struct bl_moved *moved)
{
    for (size_t i = 0; i < job->kafka->pods.len; i++) {
        const struct bl_member_pod *pod = &job->kafka->pods.items[i];

        if (strcmp(pod->name, moved->pod) == 0)
            return !pod->pod || strcmp(bl_object_uid(pod->pod), moved->uid) != 0 ||
                   !bl_member_outdated(&job->kafka->members.items[pod->member], pod->pod);
    }
    return true;
}

static bool is_any_due(const struct bl_roller_job *job)
{
    bool due = false;

    for (size_t i = 0; i < job->kafka->members.len && !due; i++) {
        BL_AUTO(bl_moved_release) struct bl_moved_list moved = {0};

        bl_moved_read(job->kafka->members.items[i].set, &moved);
        for (size_t m = 0; m < moved.len; m++)
            due |= bl_roller_is_due(job, &moved.items[m]);
    }
    return due;
}

/* --- all of it --- */

static bool together(const void *context, const size_t *pods, size_t len)
{
    const struct bl_roller_job *job = context;

    return bl_pod_states_together(job->states, job->facts, pods, len);
}

void bl_roller_look(struct bl_roller *roller, const struct bl_roller_job *job,
                    struct bl_rollout_view *ret_view)
{
    forget_old_evictions(roller, job->now);
    for (size_t i = 0; i < job->kafka->members.len; i++)
        add_set(&job->kafka->members.items[i], ret_view);
    for (size_t i = 0; i < job->kafka->pods.len; i++)
        add_pod(roller, job, i, ret_view);
    ret_view->unknown = job->unknown;
    ret_view->raising = job->raising;
    ret_view->copying = job->copying;
    ret_view->unbalanced = job->states->unbalanced || is_any_due(job);
    ret_view->balance_failed = roller->balance_failed;
    ret_view->canary = roller->canary;
    ret_view->canary_text = roller->canary_text;
    ret_view->led_away = roller->led_away;
    ret_view->idle = (job->now - roller->moved) / BL_NSEC_S;
    ret_view->together = together;
    ret_view->context = job;
}

static uint64_t mix(uint64_t hash, const char *text)
{
    return bl_hash_part(hash, text, text ? strlen(text) : 0);
}

uint64_t bl_roller_epoch(const struct bl_roller_job *job)
{
    uint64_t hash = BL_HASH_BEGIN;

    for (size_t i = 0; i < job->kafka->pods.len; i++) {
        const struct bl_member_pod *pod = &job->kafka->pods.items[i];

        hash = mix(hash, bl_object_uid(pod->pod));
        hash = mix(hash, process_of(&job->kafka->members.items[pod->member], pod->pod));
    }
    return hash;
}

/* That a process starts again and again is no motion. */
uint64_t bl_roller_motion(const struct bl_roller_job *job)
{
    uint64_t hash = BL_HASH_BEGIN;

    for (size_t i = 0; i < job->kafka->pods.len; i++) {
        const struct bl_member_pod *pod = &job->kafka->pods.items[i];
        const struct bl_pod_state *state = &job->states->pods[i];

        hash = mix(hash, bl_object_uid(pod->pod));
        hash = mix(hash, bl_object_condition_is(pod->pod, "Ready", "True") ? "ready" : "");
        hash = mix(hash, pod->pod && bl_object_is_going(pod->pod) ? "going" : "");
        hash = mix(hash, state->missing);
        hash = mix(hash, state->safe ? "safe" : state->why);
    }
    for (size_t i = 0; i < job->kafka->members.len; i++)
        hash = mix(hash, bl_json_string(bl_json_get(job->kafka->members.items[i].set, "status"),
                                        "updateRevision"));
    return hash;
}
