#include "look.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/api/names.h"
#include "ballast/api/progress.h"
#include "ballast/backup/spec.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/cluster/members.h"
#include "ballast/object/object.h"
#include "ballast/object/selector.h"
#include "brokers.h"

/* How often the chart is rendered again though nothing has changed, to find what others did to the objects. */
#define DRIFT_EVERY (600 * BL_NSEC_S)
/* What stands against a plan may go by itself: an image comes, a CRD, a right. */
#define REFUSED_EVERY (30 * BL_NSEC_S)
/* Secrets and ConfigMaps that hold values. Who may watch them is each cluster's own account, which would take a connection each. */
#define VALUES_EVERY (10 * BL_NSEC_S)
/* Longer than any Helm of ours takes. */
#define ABANDONED_AFTER 900

void bl_cluster_look_release(struct bl_cluster_look *look)
{
    free(look->failure);
    free(look->release_status);
    free(look->rollout.waiting);
    free(look->rollout.failed);
    bl_cluster_sync_release(&look->sync);
    bl_json_free(look->backup);
    bl_json_free(look->members);
    *look = (struct bl_cluster_look){0};
}

void bl_cluster_notes_read(const cJSON *object, const char *release,
                           struct bl_cluster_known *ret_known, struct bl_cluster_notes *ret_notes)
{
    const cJSON *status = bl_cluster_own_status(object);
    const cJSON *verification = bl_json_get(status, "verification");
    const cJSON *failure = bl_json_get(status, "failure");

    bl_cluster_known_read(object, ret_known);
    *ret_notes = (struct bl_cluster_notes){
        .attempt = bl_text_eq(ret_known->release, release) ? ret_known->attempt : 0,
        .verified = bl_json_number(verification, "revision"),
        .verified_at = bl_json_time(verification, "at"),
        .noted = bl_json_string(verification, "noted"),
        .before = bl_json_string(verification, "before"),
        .lost = bl_json_number(verification, "lost"),
        .finalized = bl_json_number(bl_json_get(status, "versions"), "finalized"),
        .level = ret_known->level,
        .rolled_at = bl_json_number(bl_json_get(status, "progress"), "since"),
        .failure = {.step = bl_json_string(failure, "step"),
                    .of = bl_json_string(failure, "of"),
                    .message = bl_json_string(failure, "message"),
                    .count = bl_json_number(failure, "count"),
                    .at = bl_json_time(failure, "at"),
                    .lasts = cJSON_IsTrue(bl_json_get(failure, "lasts"))}};
}

/* --- values that lie elsewhere --- */

static int digest_of(const struct bl_cluster_looker *looker, char ret_digest[BL_DIGEST_SIZE],
                     struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf values = BL_STRBUF_INIT(BL_RECORD_MAX);

    if (bl_live_values(looker->client, bl_object_ref(looker->object).namespace, looker->spec,
                       &values, err) < 0)
        return -1;
    bl_digest(values.text, values.len, ret_digest);
    return 0;
}

static const char *version_of(const cJSON *object)
{
    const char *version = bl_json_string(bl_json_get(object, "metadata"), "resourceVersion");

    return version ? version : "";
}

static bool is_as_it_was(const struct bl_cluster_looker *looker,
                         const struct bl_cluster_memory *memory)
{
    char digest[BL_DIGEST_SIZE] = "";
    BL_ERROR(not_found);

    if (!bl_text_eq(memory->version, version_of(looker->object)))
        return false;
    if (digest_of(looker, digest, &not_found) < 0)
        digest[0] = '\0';
    return strcmp(digest, memory->values) == 0;
}

bool bl_cluster_is_quiet(const struct bl_cluster_looker *looker, struct bl_cluster_memory *memory,
                         bl_nsec *ret_pause)
{
    bl_nsec left = memory->due - bl_clock_now(&bl_clock_real);

    if (left > 0 && is_as_it_was(looker, memory)) {
        *ret_pause = left < VALUES_EVERY ? left : VALUES_EVERY;
        return true;
    }
    free(memory->version);
    memory->version = NULL;
    return false;
}

bl_nsec bl_cluster_be_quiet(const struct bl_cluster_looker *looker,
                            struct bl_cluster_memory *memory, bl_nsec pause)
{
    memory->due = bl_clock_now(&bl_clock_real) + pause;
    free(memory->version);
    memory->version = NULL;
    if (!looker->spec->values_from.len || pause <= VALUES_EVERY)
        return pause;
    memory->version = bl_strdup(version_of(looker->object));
    return VALUES_EVERY;
}

/* --- what was found out, and from what --- */

static void key_of(const struct bl_cluster_looker *looker, const char *values,
                   const struct bl_cluster_state *state, bool settled, char ret_key[BL_DIGEST_SIZE])
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_addf(&text, "%" PRId64 " %s %d ", state->revision,
                   state->release_status ? state->release_status : "", settled);
    bl_json_write(&text, bl_json_get(looker->object, "spec"));
    bl_strbuf_adds(&text, values);
    bl_digest(text.text, text.len, ret_key);
}

static void keep_strings(struct bl_strings *to, struct bl_strings *from)
{
    *to = *from;
    *from = (struct bl_strings){0};
}

static void keep(struct bl_cluster_memory *memory, const struct bl_cluster_looker *looker,
                 struct bl_evaluation *found)
{
    bl_cluster_memory_reset(memory);
    memory->plan = found->plan;
    found->plan = (struct bl_cluster_plan){0};
    keep_strings(&memory->drift, &found->drift);
    memory->bootstrap = bl_cluster_members(
        &found->rendered, bl_object_ref(looker->object).namespace, &memory->sets, &memory->brokers);
    memory->chart = bl_record_chart(&found->deployed);
    memory->evaluated = bl_clock_now(&bl_clock_real);
    memory->known = true;
}

static int evaluate(const struct bl_cluster_looker *looker, const char *values,
                    struct bl_cluster_memory *memory, struct bl_cluster_look *look,
                    struct bl_cluster_state *state, struct bl_error **err)
{
    BL_AUTO(bl_evaluation_release) struct bl_evaluation found = BL_EVALUATION_INIT;
    struct bl_evaluate_input input = {.client = looker->client,
                                      .helm = looker->helm,
                                      .spec = looker->spec,
                                      .object = looker->object,
                                      .namespace = bl_object_ref(looker->object).namespace,
                                      .release = looker->release,
                                      .values = values,
                                      .policies = looker->policies,
                                      .today = looker->today,
                                      .now = state->now,
                                      .trial = true,
                                      .look = bl_cluster_ask_brokers,
                                      .look_context = (void *)looker,
                                      .insecure_registries = looker->insecure_registries,
                                      .stop = looker->helm->stop};

    if (bl_cluster_evaluate(&input, &found, &state->stage, err) < 0)
        return -1;
    look->busy = found.busy;
    if (found.busy)
        return 0;
    if (found.pending) {
        bl_cluster_memory_reset(memory);
        return 0;
    }
    keep(memory, looker, &found);
    return 0;
}

/* --- the release --- */

static int look_at_release(const struct bl_cluster_looker *looker, struct bl_cluster_look *look,
                           struct bl_cluster_state *state, struct bl_error **err)
{
    const char *namespace = bl_object_ref(looker->object).namespace;

    state->stage = BL_EVALUATE_RELEASE;
    if (bl_live_newest(looker->client, namespace, looker->release, &state->revision,
                       &look->release_status, err) < 0)
        return -1;
    state->has_release = bl_release_is_there(state->revision, look->release_status);
    state->release_status = look->release_status;
    state->pending = bl_release_is_pending(look->release_status);
    return 0;
}

/*
 * A pending release is abandoned where our own last attempt made it, as this thread runs no Helm now; or where it is older than
 * any Helm runs.
 */
static int is_abandoned(const struct bl_cluster_looker *looker, struct bl_cluster_state *state,
                        struct bl_error **err)
{
    BL_AUTO(bl_record_release) struct bl_record record = BL_RECORD_INIT;

    if (state->notes.attempt == state->revision) {
        state->abandoned = true;
        return 0;
    }
    if (bl_live_release(looker->client, bl_object_ref(looker->object).namespace, looker->release,
                        &record, err) < 0)
        return -1;
    state->abandoned =
        bl_record_time(&record) && state->now - bl_record_time(&record) > ABANDONED_AFTER;
    return 0;
}

/* --- the rollout --- */

static void wait_for(struct bl_cluster_rollout *rollout, char *what)
{
    if (rollout->waiting)
        free(what);
    else
        rollout->waiting = what;
}

static void add_set(const cJSON *set, struct bl_cluster_rollout *rollout)
{
    const cJSON *status = bl_json_get(set, "status"), *metadata = bl_json_get(set, "metadata");
    int64_t wanted = bl_object_replicas(set), updated = bl_json_number(status, "updatedReplicas");
    int64_t ready = bl_json_number(status, "readyReplicas");
    const char *name = bl_object_ref(set).name;
    const char *failed = bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_FAILED);
    BL_AUTO(bl_progress_release) struct bl_progress progress = {0};

    bl_progress_read(set, &progress);
    rollout->pods += wanted;
    rollout->updated += updated;
    rollout->ready += ready;
    if (failed && !rollout->failed && bl_text_eq(failed, bl_json_string(status, "updateRevision")))
        rollout->failed =
            bl_asprintf("StatefulSet \"%s\": %s", name,
                        progress.message ? progress.message : "its pods do not start");
    if (bl_json_number(status, "observedGeneration") < bl_json_number(metadata, "generation"))
        wait_for(rollout, bl_asprintf("StatefulSet \"%s\" was not looked at yet", name));
    else if (updated < wanted && bl_progress_begun(&progress, set) && progress.message)
        wait_for(rollout, bl_strdup(progress.message));
    else if (updated < wanted || ready < wanted)
        wait_for(rollout,
                 bl_asprintf("StatefulSet \"%s\" has %" PRId64 " of %" PRId64 " pods ready", name,
                             ready, wanted));
}

static int keep_pod(void *context, cJSON *object, struct bl_error **err BL_UNUSED)
{
    *BL_PUSH((struct bl_live_objects *)context) = object;
    return 0;
}

/* An account that may not read pods need not: then it is not known. */
static void look_at_pods(const struct bl_cluster_looker *looker, const cJSON *set,
                         struct bl_cluster_look *look)
{
    const cJSON *selector = bl_json_at(set, "spec", "selector", NULL);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf labels = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_live_objects_release) struct bl_live_objects there = {0};
    BL_AUTO(bl_set_pods_release) struct bl_set_pods pods = {0};
    struct bl_kube_selection selection = {.namespace = bl_object_ref(looker->object).namespace};
    BL_ERROR(unread);

    if (!bl_json_len(bl_json_get(selector, "matchLabels")) ||
        bl_json_len(bl_json_get(selector, "matchExpressions")))
        return;
    bl_selector_describe(&labels, selector);
    selection.labels = labels.text;
    if (bl_kube_list(looker->client, &bl_kind_pod.resource, &selection, keep_pod, &there, &unread) <
        0) {
        if (!look->sync.message)
            look->sync.message = bl_strdup(bl_error_text(unread));
        return;
    }
    if (!look->members)
        look->members = bl_json_new_array();
    bl_set_pods_find(set, (const cJSON *const *)there.items, there.len, &pods);
    bl_cluster_sync_add(&pods, &look->sync);
    bl_cluster_members_add(set, &pods, look->members);
}

static int look_at_rollout(const struct bl_cluster_looker *looker,
                           const struct bl_cluster_memory *memory, struct bl_cluster_look *look,
                           struct bl_error **err)
{
    const char *namespace = bl_object_ref(looker->object).namespace;

    for (size_t i = 0; i < memory->sets.len; i++) {
        BL_AUTO_JSON cJSON *set = NULL;

        if (bl_kube_find(looker->client, &bl_kind_stateful_set.resource, namespace,
                         memory->sets.items[i], &set, err) < 0)
            return -1;
        if (set) {
            add_set(set, &look->rollout);
            look_at_pods(looker, set, look);
        } else
            wait_for(&look->rollout,
                     bl_asprintf("StatefulSet \"%s\" is not there", memory->sets.items[i]));
    }
    return 0;
}

/* --- the backup before --- */

static int look_at_backup(const struct bl_cluster_looker *looker, struct bl_cluster_look *look,
                          struct bl_cluster_state *state, struct bl_error **err)
{
    const cJSON *ready, *stalled;

    if (!bl_cluster_wants_backup(state))
        return 0;
    BL_AUTO_FREE char *name = bl_cluster_backup_name(state);
    if (bl_kube_find(looker->client, &bl_kind_kafka_backup.resource,
                     bl_object_ref(looker->object).namespace, name, &look->backup, err) < 0)
        return -1;
    ready = bl_object_condition(look->backup, BL_CONDITION_READY);
    stalled = bl_object_condition(look->backup, BL_CONDITION_STALLED);
    state->backup =
        (struct bl_cluster_backup){.made = look->backup != NULL,
                                   .made_at = bl_object_created(look->backup),
                                   .complete = bl_text_eq(bl_json_string(ready, "status"), "True"),
                                   .stalled = bl_text_eq(bl_json_string(stalled, "status"), "True")
                                                  ? bl_json_string(stalled, "message")
                                                  : NULL,
                                   .message = bl_json_string(ready, "message")};
    return 0;
}

/* --- all of it --- */

static bool is_old(const struct bl_cluster_memory *memory)
{
    bl_nsec age = bl_clock_now(&bl_clock_real) - memory->evaluated;

    return age >= (memory->plan.refusals.len ? REFUSED_EVERY : DRIFT_EVERY);
}

/* By that the protocol is raised; nothing else is rendered anew for it. */
static bool is_settled(const struct bl_cluster_looker *looker, const struct bl_cluster_state *state)
{
    return looker->spec->versions.protocol_value &&
           bl_cluster_known_is_settled(&state->known, looker->spec, looker->release,
                                       state->revision, state->now);
}

/* Pods may have gone down between the status and the look that it was planned by. */
static bool is_to_be_raised(const struct bl_cluster_memory *memory, bool settled)
{
    return settled && memory->plan.protocol.next && !memory->plan.protocol.raises;
}

static int look_at_all(const struct bl_cluster_looker *looker, struct bl_cluster_memory *memory,
                       struct bl_cluster_look *look, struct bl_cluster_state *state,
                       struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf values = BL_STRBUF_INIT(BL_RECORD_MAX);
    const char *namespace = bl_object_ref(looker->object).namespace;
    char key[BL_DIGEST_SIZE];
    bool settled;

    state->stage = BL_EVALUATE_VALUES;
    memory->values[0] = '\0';
    if (bl_live_values(looker->client, namespace, looker->spec, &values, err) < 0)
        return -1;
    bl_digest(values.text, values.len, memory->values);
    if (look_at_release(looker, look, state, err) < 0)
        return -1;
    if (state->pending)
        return is_abandoned(looker, state, err);
    settled = is_settled(looker, state);
    key_of(looker, values.text, state, settled, key);
    if (!memory->known || strcmp(memory->key, key) != 0 || is_old(memory) ||
        is_to_be_raised(memory, settled)) {
        if (evaluate(looker, values.text, memory, look, state, err) < 0)
            return -1;
        if (look->busy)
            return 0;
        memcpy(memory->key, key, sizeof(key));
    }
    state->stage = BL_EVALUATE_LIVE;
    return look_at_rollout(looker, memory, look, err);
}

void bl_cluster_look(const struct bl_cluster_looker *looker, struct bl_cluster_memory *memory,
                     struct bl_cluster_look *look, struct bl_cluster_state *state)
{
    BL_ERROR(err);
    BL_ERROR(unseen);

    if (look_at_all(looker, memory, look, state, &err) < 0) {
        look->failure = bl_error_words(err);
        state->failure = look->failure;
        state->failure_code = bl_error_code(err);
    }
    state->plan = memory->known && !state->failure ? &memory->plan : NULL;
    if (look_at_backup(looker, look, state, &unseen) < 0) {
        look->failure = bl_error_words(unseen);
        state->failure = look->failure;
        state->failure_code = bl_error_code(unseen);
        state->plan = NULL;
    }
    state->drift = &memory->drift;
    state->rollout = look->rollout;
    state->sync = look->sync;
    state->members = look->members;
}
