#include "conditions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ballast/api/pod.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/policies/review.h"

static const char *const types[] = {
    [BL_CONDITION_GATE] = BL_CONDITION_IN_SYNC,
    [BL_CONDITION_SAFETY] = BL_CONDITION_SAFE,
};

static void set(struct bl_condition *condition, const char *status, const char *reason,
                char *message)
{
    condition->status = status;
    condition->reason = reason;
    free(condition->message);
    condition->message = message;
}

/* --- the gate --- */

/* 0: it does not run. */
static int64_t started_at(const struct bl_member *member, const cJSON *pod)
{
    return bl_json_time(bl_json_at(bl_member_container(member, pod), "state", "running", NULL),
                        "startedAt");
}

/* Was it opened for the process that runs now, and not for one before it? */
static bool is_open(const struct bl_member *member, const cJSON *pod)
{
    const cJSON *condition = bl_object_condition(pod, BL_CONDITION_IN_SYNC);

    return bl_text_eq(bl_json_string(condition, "status"), "True") &&
           bl_json_time(condition, "lastTransitionTime") >= started_at(member, pod);
}

/* With what it was opened for. */
static void keep_open(struct bl_condition *gate, const cJSON *old)
{
    const char *reason = bl_json_string(old, "reason"), *message = bl_json_string(old, "message");

    set(gate, "True", reason ? reason : "InSync", bl_strdup(message ? message : ""));
}

static void open_unknowing(struct bl_conditions *conditions, const struct bl_pod_state *state)
{
    conditions->opened_unknowing = true;
    set(&conditions->items[BL_CONDITION_GATE], "True", "Unknown",
        bl_asprintf("opened unseen, as waiting does not help: %s", state->why ? state->why
                                                                   : state->missing
                                                                       ? state->missing
                                                                       : "nothing is known"));
}

static void judge_gate(const struct bl_member *member, const cJSON *pod,
                       const struct bl_pod_state *state, int64_t now,
                       struct bl_conditions *conditions)
{
    struct bl_condition *gate = &conditions->items[BL_CONDITION_GATE];
    const cJSON *served = bl_object_condition(pod, "ContainersReady");
    int64_t serves_for = now - bl_json_time(served, "lastTransitionTime");

    if (!started_at(member, pod)) {
        set(gate, "False", "NotServing", bl_strdup("its process does not run"));
    } else if (is_open(member, pod)) {
        keep_open(gate, bl_object_condition(pod, BL_CONDITION_IN_SYNC));
    } else if (!bl_text_eq(bl_json_string(served, "status"), "True")) {
        set(gate, "False", "NotServing", bl_strdup("its containers are not ready"));
    } else if (state->known && state->answers && state->in_sync) {
        set(gate, "True", "InSync", bl_strdup("every replica is in sync"));
    } else if (state->known && state->answers) {
        set(gate, "False", "CatchingUp", bl_strdup(state->missing ? state->missing : ""));
    } else if (serves_for >= member->managed.gate.unknown_after) {
        open_unknowing(conditions, state);
    } else {
        set(gate, "False", "Unknown",
            bl_asprintf("%s", state->known ? "the broker does not answer yet"
                              : state->why ? state->why
                                           : "nothing is known yet"));
    }
}

/* --- safety --- */

static void judge_safety(const struct bl_pod_state *state, struct bl_conditions *conditions)
{
    struct bl_condition *safety = &conditions->items[BL_CONDITION_SAFETY];

    if (!state->known)
        set(safety, "Unknown", state->reason, bl_strdup(state->why ? state->why : ""));
    else if (!state->safe)
        set(safety, "False", state->reason, bl_strdup(state->why ? state->why : ""));
    else if (!state->answers)
        set(safety, "True", "NotServing", bl_strdup("it does not serve, so nothing is lost"));
    else
        set(safety, "True", "Safe", bl_strdup("all that it holds is in sync elsewhere"));
}

/* --- a probe before its turn --- */

#define PROBE_EVERY 2
#define PROBES_MAX 10

/* Does it serve, while its probe has not looked since? */
static bool wants_probe(const struct bl_member *member, const cJSON *pod,
                        const struct bl_pod_state *state)
{
    const cJSON *container = bl_member_container(member, pod);

    return (member->managed.rolled || bl_pod_is_gated(pod)) && state->known && state->answers &&
           bl_json_bool(container, "started", false) && !bl_json_bool(container, "ready", false);
}

static bool take_number(const char **text, int64_t *ret_number)
{
    char *end;

    *ret_number = strtoll(*text, &end, 10);
    if (end == *text)
        return false;
    *text = end;
    return true;
}

/* "STARTED COUNT WHEN": of which process, how often, and when last. For free(). */
static char *next_probe(const char *old, int64_t started, int64_t now)
{
    int64_t of = 0, count = 0, when = 0;
    const char *rest = old;

    if (old && take_number(&rest, &of) && take_number(&rest, &count) && take_number(&rest, &when) &&
        of == started && (count >= PROBES_MAX || (now >= when && now - when < PROBE_EVERY)))
        return bl_strdup(old);
    if (of != started)
        count = 0;
    return bl_asprintf("%" PRId64 " %" PRId64 " %" PRId64, started, count + 1, now);
}

static void judge_probe(const struct bl_member *member, const cJSON *pod,
                        const struct bl_pod_state *state, int64_t now,
                        struct bl_conditions *conditions)
{
    const char *old = bl_object_annotation(pod, BL_ANNOTATION_PROBE);

    if (wants_probe(member, pod, state))
        conditions->probe = next_probe(old, started_at(member, pod), now);
    else if (old)
        conditions->probe = bl_strdup(old);
    conditions->changed |= !bl_text_eq(old, conditions->probe);
}

/* --- both --- */

/* A condition keeps its time while its status stays, and a gate is as young as its process. */
static void date(const struct bl_member *member, const cJSON *pod, int64_t now,
                 struct bl_condition *condition, bool *ret_changed)
{
    const cJSON *old = bl_object_condition(pod, condition->type);
    bool same = bl_text_eq(bl_json_string(old, "status"), condition->status);
    int64_t started = started_at(member, pod);

    condition->since = same ? bl_json_time(old, "lastTransitionTime") : now;
    if (bl_text_eq(condition->type, BL_CONDITION_IN_SYNC) && condition->since < started) {
        condition->since = now > started ? now : started;
        same = false;
    }
    *ret_changed |= !same || !bl_text_eq(bl_json_string(old, "reason"), condition->reason) ||
                    !bl_text_eq(bl_json_string(old, "message"), condition->message);
}

void bl_conditions_of(const struct bl_member *member, const cJSON *pod,
                      const struct bl_pod_state *state, int64_t now,
                      struct bl_conditions *ret_conditions)
{
    struct bl_condition *items = ret_conditions->items;

    *ret_conditions = (struct bl_conditions){0};
    if (bl_pod_is_gated(pod)) {
        items[BL_CONDITION_GATE].type = types[BL_CONDITION_GATE];
        judge_gate(member, pod, state, now, ret_conditions);
        ret_conditions->closed = !bl_text_eq(items[BL_CONDITION_GATE].status, "True");
    }
    items[BL_CONDITION_SAFETY].type = types[BL_CONDITION_SAFETY];
    judge_safety(state, ret_conditions);
    for (size_t i = 0; i < BL_CONDITION_COUNT; i++)
        if (items[i].type)
            date(member, pod, now, &items[i], &ret_conditions->changed);
    judge_probe(member, pod, state, now, ret_conditions);
}

void bl_conditions_release(struct bl_conditions *conditions)
{
    for (size_t i = 0; i < BL_CONDITION_COUNT; i++)
        free(conditions->items[i].message);
    free(conditions->probe);
    *conditions = (struct bl_conditions){0};
}

cJSON *bl_conditions_patch(const cJSON *pod, const struct bl_conditions *conditions)
{
    cJSON *patch = bl_json_new_object(), *metadata, *list;

    bl_json_add_string(patch, "apiVersion", "v1");
    bl_json_add_string(patch, "kind", "Pod");
    metadata = bl_json_add_object(patch, "metadata");
    bl_json_add_string(metadata, "name", bl_object_ref(pod).name);
    bl_json_add_string(metadata, "uid", bl_object_uid(pod));
    if (conditions->probe)
        bl_json_add_string(bl_json_add_object(metadata, "annotations"), BL_ANNOTATION_PROBE,
                           conditions->probe);
    list = bl_json_add_array(bl_json_add_object(patch, "status"), "conditions");
    for (size_t i = 0; i < BL_CONDITION_COUNT; i++) {
        const struct bl_condition *condition = &conditions->items[i];
        char since[BL_TIME_SIZE];
        cJSON *item;

        if (!condition->type)
            continue;
        bl_time_format(condition->since, since);
        item = bl_json_push(list, bl_json_new_object());
        bl_json_add_string(item, "type", condition->type);
        bl_json_add_string(item, "status", condition->status);
        bl_json_add_string(item, "reason", condition->reason);
        bl_json_add_string(item, "message", condition->message);
        bl_json_add_string(item, "lastTransitionTime", since);
    }
    return patch;
}
