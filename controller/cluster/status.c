#include <inttypes.h>
#include <stdlib.h>

#include "act.h"
#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/metadata_version.h"
#include "ballast/object/object.h"

static void add_text(cJSON *object, const char *key, const char *text)
{
    if (text)
        bl_json_add_string(object, key, text);
}

/* There is no release any more, or not yet. */
static bool begins_anew(const struct bl_cluster_state *state)
{
    return state->plan && state->plan->action == BL_CLUSTER_INSTALL;
}

/* Until a plan for a release of another name is accepted, the status is about the one that is there. */
static bool is_of_another(const struct bl_cluster_looker *looker,
                          const struct bl_cluster_state *state)
{
    return state->known.release && !bl_text_eq(state->known.release, looker->release) &&
           (!state->plan || bl_cluster_plan_has(state->plan, BL_REFUSED_RENAMED));
}

/* Until somebody has looked, as it was. */
static void add_known(cJSON *release, const char *key, const cJSON *old,
                      const struct bl_cluster_memory *memory, const char *known)
{
    const char *text = memory->known ? known : bl_json_string(old, key);

    if (text && *text)
        bl_json_add_string(release, key, text);
}

static void add_release(const struct bl_cluster_looker *looker,
                        const struct bl_cluster_memory *memory,
                        const struct bl_cluster_state *state,
                        const struct bl_cluster_notes_new *notes, cJSON *fields)
{
    const cJSON *old = bl_json_get(bl_cluster_own_status(looker->object), "release");
    int64_t attempt = notes->attempt       ? notes->attempt
                      : begins_anew(state) ? 0
                                           : state->notes.attempt;
    cJSON *release;

    if (is_of_another(looker, state)) {
        bl_json_add(fields, "release", bl_json_copy(old));
        return;
    }
    release = bl_json_add_object(fields, "release");
    bl_json_add_string(release, "name", looker->release);
    bl_json_add_string(release, "object", bl_object_uid(looker->object));
    if (state->has_release) {
        bl_json_add_int(release, "revision", state->revision);
        add_text(release, "status", state->release_status);
    }
    add_known(release, "chart", old, memory, memory->chart);
    add_known(release, "digest", old, memory, memory->plan.deployed.chart);
    add_known(release, "valuesDigest", old, memory, memory->plan.deployed.values);
    if (attempt)
        bl_json_add_int(release, "attempt", attempt);
}

/* What is known of metadata.version stays until it is looked at again. */
static void add_metadata(const struct bl_cluster_state *state,
                         const struct bl_cluster_notes_new *notes, cJSON *versions)
{
    int64_t level = notes->finalized ? notes->level : state->notes.level;
    int64_t revision = notes->finalized ? notes->finalized : state->notes.finalized;

    if (level > 0) {
        BL_AUTO_FREE char *name = bl_metadata_version_name(level);

        bl_json_add_string(versions, "metadata", name);
    }
    if (revision && !begins_anew(state))
        bl_json_add_int(versions, "finalized", revision);
}

static void add_versions(const struct bl_cluster_state *state,
                         const struct bl_cluster_notes_new *notes, cJSON *fields)
{
    const struct bl_cluster_known *known = &state->known;
    const struct bl_cluster_plan *plan = state->plan;
    cJSON *versions = bl_json_add_object(fields, "versions");
    bool rolls = !plan || state->rollout.waiting;

    /* While pods are rolled some still run the older one. */
    add_text(versions, "kafka",
             rolls && known->kafka ? known->kafka
             : plan                ? plan->running.kafka
                                   : NULL);
    add_text(versions, "zookeeper",
             rolls && known->zookeeper ? known->zookeeper
             : plan                    ? plan->running.zookeeper
                                       : NULL);
    add_text(versions, "protocol",
             rolls && known->protocol ? known->protocol
             : plan                   ? plan->protocol.is
                                      : NULL);
    add_metadata(state, notes, versions);
    if (!versions->child)
        bl_json_cut(fields, "versions");
}

static void add_plan(const struct bl_cluster_plan *plan, cJSON *fields)
{
    cJSON *out;

    if (!plan || (plan->action == BL_CLUSTER_NOTHING && !plan->refusals.len && !plan->notes.len))
        return;
    out = bl_json_add_object(fields, "plan");
    bl_json_add_string(out, "digest", plan->digest);
    if (plan->changes.len)
        bl_json_add_strings(out, "changes", &plan->changes);
    if (plan->notes.len)
        bl_json_add_strings(out, "notes", &plan->notes);
    if (plan->rewritten.len)
        bl_json_add_strings(out, "rewritten", &plan->rewritten);
    if (plan->refusals.len)
        bl_json_add(out, "refusals", bl_cluster_plan_refusals(plan));
}

/* Since when all are ready, for the soak. */
static void add_progress(const struct bl_cluster_state *state, cJSON *fields)
{
    const struct bl_cluster_rollout *rollout = &state->rollout;
    cJSON *progress;

    if (!rollout->pods)
        return;
    progress = bl_json_add_object(fields, "progress");
    bl_json_add_int(progress, "pods", rollout->pods);
    bl_json_add_int(progress, "updated", rollout->updated);
    bl_json_add_int(progress, "ready", rollout->ready);
    if (!rollout->waiting && !rollout->failed)
        bl_json_add_int(progress, "since",
                        state->notes.rolled_at ? state->notes.rolled_at : state->now);
}

/* Nobody could look: as they were seen last. */
static void add_members(const struct bl_cluster_looker *looker,
                        const struct bl_cluster_state *state, cJSON *fields)
{
    const cJSON *old = bl_json_get(bl_cluster_own_status(looker->object), "members");
    const cJSON *members = state->members ? state->members : state->plan ? NULL : old;

    if (bl_json_len(members))
        bl_json_add(fields, "members", bl_json_copy(members));
}

static void add_verification(const struct bl_cluster_looker *looker,
                             const struct bl_cluster_state *state,
                             const struct bl_cluster_notes_new *notes, cJSON *fields)
{
    const cJSON *old = bl_json_get(bl_cluster_own_status(looker->object), "verification");
    cJSON *verification;
    char now[BL_TIME_SIZE];

    if (!notes->verified) {
        verification = old ? bl_json_copy(old) : NULL;
        /* The next release begins at 1 again, which would be proven by its number. */
        if (begins_anew(state))
            bl_json_cut(verification, "revision");
        if (verification)
            bl_json_add(fields, "verification", verification);
        return;
    }
    bl_time_format(state->now, now);
    verification = bl_json_add_object(fields, "verification");
    bl_json_add_string(verification, "topic", looker->spec->verification.topic);
    bl_json_add_int(verification, "revision", notes->revision);
    bl_json_add_int(verification, "sent", notes->sent);
    bl_json_add_int(verification, "read", notes->read);
    bl_json_add_int(verification, "lost", notes->lost);
    bl_json_add_int(verification, "doubled", notes->doubled);
    if (notes->racks) {
        BL_AUTO_FREE char *said = bl_asprintf(
            "replicas of a partition lie in %" PRId64 " %s, and brokers in %" PRId64, notes->spread,
            bl_text_plural(notes->spread, "rack", "racks"), notes->racks);

        bl_json_add_string(verification, "notSpread", said);
    }
    bl_json_add_string(verification, "at", now);
    add_text(verification, "noted", notes->noted);
    add_text(verification, "before", notes->before);
}

/* Until another step is next, or the same for something else. Where nobody could look, that is not known. */
static void add_failure(const struct bl_cluster_state *state, const struct bl_cluster_next *next,
                        cJSON *fields)
{
    const struct bl_cluster_failure *failure = &state->notes.failure;
    bool unseen = !state->plan && !state->invalid && !state->spec->suspend;
    cJSON *out;
    char at[BL_TIME_SIZE];

    if (!failure->step || !(next->has_failed || unseen))
        return;
    bl_time_format(failure->at, at);
    out = bl_json_add_object(fields, "failure");
    bl_json_add_string(out, "step", failure->step);
    add_text(out, "of", failure->of);
    add_text(out, "message", failure->message);
    bl_json_add_int(out, "count", failure->count);
    bl_json_add_string(out, "at", at);
    bl_json_add_bool(out, "lasts", failure->lasts);
}

#define HISTORY 10

/* A release is in it once all of it is as it was asked for. */
static void add_history(const struct bl_cluster_looker *looker,
                        const struct bl_cluster_memory *memory,
                        const struct bl_cluster_state *state, cJSON *fields)
{
    const cJSON *old = bl_json_get(bl_cluster_own_status(looker->object), "history"), *each;
    bool news = state->has_release && state->plan && state->plan->action == BL_CLUSTER_NOTHING &&
                bl_json_number(cJSON_GetArrayItem(old, 0), "revision") != state->revision;
    cJSON *history, *entry;
    char now[BL_TIME_SIZE];

    if (!news && !bl_json_len(old))
        return;
    history = bl_json_add_array(fields, "history");
    if (news) {
        entry = bl_json_push(history, bl_json_new_object());
        bl_time_format(state->now, now);
        bl_json_add_int(entry, "revision", state->revision);
        add_text(entry, "chart", memory->chart);
        add_text(entry, "kafka", state->plan->kafka);
        bl_json_add_string(entry, "at", now);
    }
    cJSON_ArrayForEach(each, old) {
        if (bl_json_len(history) < HISTORY)
            bl_json_push(history, bl_json_copy(each));
    }
}

void bl_cluster_status(const struct bl_cluster_looker *looker,
                       const struct bl_cluster_memory *memory, const struct bl_cluster_state *state,
                       const struct bl_cluster_next *next, const struct bl_cluster_notes_new *notes,
                       struct bl_status *ret_status)
{
    cJSON *fields;

    bl_status_begin(ret_status, &bl_kind_kafka_cluster, looker->object, state->now);
    bl_cluster_conditions(state, next, ret_status);
    fields = bl_status_fields(ret_status);
    add_release(looker, memory, state, notes, fields);
    add_versions(state, notes, fields);
    add_plan(state->plan, fields);
    add_progress(state, fields);
    add_members(looker, state, fields);
    add_verification(looker, state, notes, fields);
    add_failure(state, next, fields);
    add_history(looker, memory, state, fields);
}
