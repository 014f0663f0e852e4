#include "conditions.h"

#include <inttypes.h>
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

static int64_t time_of(const cJSON *object, const char *key)
{
    int64_t seconds = 0;

    (void)bl_time_parse(bl_json_string(object, key), &seconds);
    return seconds;
}

/* 0: it does not run. */
static int64_t started_at(const struct bl_member *member, const cJSON *pod)
{
    return time_of(bl_json_at(bl_member_container(member, pod), "state", "running", NULL),
                   "startedAt");
}

/* Was it opened for the process that runs now, and not for one before it? */
static bool is_open(const struct bl_member *member, const cJSON *pod)
{
    const cJSON *condition = bl_object_condition(pod, BL_CONDITION_IN_SYNC);

    return bl_text_eq(bl_json_string(condition, "status"), "True") &&
           time_of(condition, "lastTransitionTime") >= started_at(member, pod);
}

/* With what it was opened for. */
static void keep_open(struct bl_condition *gate, const cJSON *old)
{
    const char *reason = bl_json_string(old, "reason"), *message = bl_json_string(old, "message");

    set(gate, "True", reason ? reason : "InSync", bl_strdup(message ? message : ""));
}

static void open_unknowing(struct bl_conditions *conditions, const struct bl_pod_sight *sight)
{
    conditions->opened_unknowing = true;
    set(&conditions->items[BL_CONDITION_GATE], "True", "Unknown",
        bl_asprintf("opened unseen, as waiting does not help: %s", sight->why ? sight->why
                                                                   : sight->state
                                                                       ? sight->state
                                                                       : "nothing is known"));
}

static void judge_gate(const struct bl_member *member, const cJSON *pod,
                       const struct bl_pod_sight *sight, int64_t now,
                       struct bl_conditions *conditions)
{
    struct bl_condition *gate = &conditions->items[BL_CONDITION_GATE];
    const cJSON *served = bl_object_condition(pod, "ContainersReady");
    int64_t serves_for = now - time_of(served, "lastTransitionTime");

    if (!started_at(member, pod)) {
        set(gate, "False", "NotServing", bl_strdup("its process does not run"));
    } else if (is_open(member, pod)) {
        keep_open(gate, bl_object_condition(pod, BL_CONDITION_IN_SYNC));
    } else if (!bl_text_eq(bl_json_string(served, "status"), "True")) {
        set(gate, "False", "NotServing", bl_strdup("its containers are not ready"));
    } else if (sight->known && sight->answers && sight->in_sync) {
        set(gate, "True", "InSync", bl_strdup("every replica is in sync"));
    } else if (sight->known && sight->answers) {
        set(gate, "False", "CatchingUp", bl_strdup(sight->state ? sight->state : ""));
    } else if (serves_for >= member->managed.gate.unknown_after) {
        open_unknowing(conditions, sight);
    } else {
        set(gate, "False", "Unknown",
            bl_asprintf("%s", sight->known ? "the broker does not answer yet"
                              : sight->why ? sight->why
                                           : "nothing is known yet"));
    }
}

/* --- safety --- */

static void judge_safety(const struct bl_pod_sight *sight, struct bl_conditions *conditions)
{
    struct bl_condition *safety = &conditions->items[BL_CONDITION_SAFETY];

    if (!sight->known)
        set(safety, "Unknown", sight->reason, bl_strdup(sight->why ? sight->why : ""));
    else if (!sight->safe)
        set(safety, "False", sight->reason, bl_strdup(sight->why ? sight->why : ""));
    else if (!sight->answers)
        set(safety, "True", "NotServing", bl_strdup("it does not serve, so nothing is lost"));
    else
        set(safety, "True", "Safe", bl_strdup("all that it holds is in sync elsewhere"));
}

/* --- both --- */

/* A condition keeps its time while its status stays, and a gate is as young as its process. */
static void date(const struct bl_member *member, const cJSON *pod, int64_t now,
                 struct bl_condition *condition, bool *ret_changed)
{
    const cJSON *old = bl_object_condition(pod, condition->type);
    bool same = bl_text_eq(bl_json_string(old, "status"), condition->status);
    int64_t started = started_at(member, pod);

    condition->since = same ? time_of(old, "lastTransitionTime") : now;
    if (bl_text_eq(condition->type, BL_CONDITION_IN_SYNC) && condition->since < started) {
        condition->since = now > started ? now : started;
        same = false;
    }
    *ret_changed |= !same || !bl_text_eq(bl_json_string(old, "reason"), condition->reason) ||
                    !bl_text_eq(bl_json_string(old, "message"), condition->message);
}

void bl_conditions_of(const struct bl_member *member, const cJSON *pod,
                      const struct bl_pod_sight *sight, int64_t now,
                      struct bl_conditions *ret_conditions)
{
    struct bl_condition *items = ret_conditions->items;

    *ret_conditions = (struct bl_conditions){0};
    if (bl_pod_is_gated(pod)) {
        items[BL_CONDITION_GATE].type = types[BL_CONDITION_GATE];
        judge_gate(member, pod, sight, now, ret_conditions);
        ret_conditions->closed = !bl_text_eq(items[BL_CONDITION_GATE].status, "True");
    }
    items[BL_CONDITION_SAFETY].type = types[BL_CONDITION_SAFETY];
    judge_safety(sight, ret_conditions);
    for (size_t i = 0; i < BL_CONDITION_COUNT; i++)
        if (items[i].type)
            date(member, pod, now, &items[i], &ret_conditions->changed);
}

void bl_conditions_release(struct bl_conditions *conditions)
{
    for (size_t i = 0; i < BL_CONDITION_COUNT; i++)
        free(conditions->items[i].message);
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
