/* Sets that would have fewer pods than are live, and the brokers that those run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/object/object.h"
#include "plan.h"

static bool gives_replicas(const cJSON *set)
{
    return !bl_json_is_null(bl_json_at(set, "spec", "replicas", NULL));
}

/*
 * What Helm gives no more falls to what the API server takes for it, one pod. What it has never given is somebody else's, an
 * autoscaler's for instance, and stays.
 */
static bool shrinks(const struct bl_cluster_plan_input *input, const cJSON *live,
                    const cJSON *wanted, struct bl_scale *ret_scale)
{
    const cJSON *given =
        input->deployed ? bl_record_find(input->deployed, wanted, input->namespace) : NULL;
    int64_t before = bl_object_replicas(live);
    int64_t after = gives_replicas(wanted) ? bl_object_replicas(wanted) : 1;

    *ret_scale = (struct bl_scale){.set = (char *)bl_object_ref(live).name,
                                   .first = bl_object_first_ordinal(live),
                                   .before = before,
                                   .after = after};
    return after < before && (gives_replicas(wanted) || gives_replicas(given));
}

static void note_grown(const struct bl_scale *scale, struct bl_cluster_plan *plan)
{
    plan->grown = true;
    *BL_PUSH(&plan->notes) = bl_asprintf(
        "StatefulSet \"%s\" has %" PRId64 " pods, and the release %" PRId64
        ": what others changed is not put back, since the pods beyond that may hold replicas; "
        "give their number in the values",
        scale->set, scale->before, scale->after);
}

static void refuse_as(const struct bl_scale *scale, const char *why, const char *hint,
                      struct bl_cluster_plan *plan)
{
    bl_cluster_plan_refuse(plan, BL_REFUSED_SCALE,
                           bl_asprintf("StatefulSet \"%s\" would go from %" PRId64 " to %" PRId64
                                       " pods, %s",
                                       scale->set, scale->before, scale->after, why),
                           bl_strdup(hint));
}

/* `why` is the rest of the sentence. */
static void refuse(const struct bl_scale *scale, const char *why, struct bl_cluster_plan *plan)
{
    refuse_as(scale, why,
              "Move the partitions off the last brokers first (kafka-reassign-partitions.sh), or "
              "give the number that runs in the values.",
              plan);
}

/* What the API server would not take either. */
static void refuse_unreadable(const cJSON *set, struct bl_cluster_plan *plan)
{
    bl_cluster_plan_refuse(plan, BL_REFUSED_BY_SERVER,
                           bl_asprintf("StatefulSet \"%s\": spec.replicas is no number of pods",
                                       bl_object_ref(set).name),
                           bl_strdup("Give one from 0 on in the values."));
}

/* Is this set one of brokers, which neither vote nor are something else? */
struct role {
    const char *set;
    bool broker;
};

static void look_at_role(const struct bl_plan_step *step, void *context)
{
    struct role *role = context;

    role->broker |= strcmp(step->live->ref.name, role->set) == 0 &&
                    step->live->role == BL_ROLE_BROKER && step->wanted->role == BL_ROLE_BROKER &&
                    bl_object_is(step->live->object, "apps", "StatefulSet");
}

static bool has_brokers_alone(const struct bl_cluster_plan_input *input, const char *set)
{
    BL_AUTO(bl_plan_states_release) struct bl_plan_states states;
    struct role role = {set, false};

    bl_plan_states_open(input, &states);
    bl_plan_states_each(&states, look_at_role, &role);
    return role.broker;
}

static void add_scale(const struct bl_scale *scale, struct bl_cluster_plan *plan)
{
    struct bl_scale *added = BL_PUSH(&plan->scales);

    *added = *scale;
    added->set = bl_strdup(scale->set);
}

static void judge_brokers(const struct bl_cluster_plan_input *input, const struct bl_scale *scale,
                          struct bl_cluster_plan *plan)
{
    BL_AUTO(bl_scale_held_release) struct bl_scale_held held = {0};
    BL_AUTO_FREE char *why = NULL;

    bl_scale_look(scale, input->brokers, &held);
    why = bl_scale_objection(&held);
    if (why) {
        refuse(scale, why, plan);
        return;
    }
    add_scale(scale, plan);
    BL_AUTO_FREE char *ids = bl_scale_ids(&held);
    *BL_PUSH(&plan->notes) =
        bl_asprintf("StatefulSet \"%s\" goes from %" PRId64 " to %" PRId64
                    " pods: no partition has a replica on %s, whose claims stay",
                    scale->set, scale->before, scale->after, ids);
}

static void judge(const struct bl_cluster_plan_input *input, const struct bl_scale *scale,
                  struct bl_cluster_plan *plan)
{
    BL_AUTO_FREE char *why = NULL;

    if (!has_brokers_alone(input, scale->set)) {
        refuse_as(scale,
                  "which are members of a quorum, or may be: a part of them that goes can take the "
                  "majority along",
                  "Give the number that runs in the values.", plan);
        return;
    }
    if (input->brokers) {
        judge_brokers(input, scale, plan);
        return;
    }
    plan->asks = true;
    add_scale(scale, plan);
    why = bl_asprintf("whose replicas nobody has moved, and %s",
                      input->unasked ? input->unasked : "brokers were not asked what they hold");
    refuse(scale, why, plan);
}

void bl_plan_replicas(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan)
{
    for (size_t i = 0; i < input->rendered->manifest.objects.len; i++) {
        const cJSON *wanted = input->rendered->manifest.objects.items[i].object;
        bool is_set = bl_object_is(wanted, "apps", "StatefulSet");
        const cJSON *live = is_set ? bl_plan_live(input, wanted) : NULL;
        struct bl_scale scale;

        if (is_set && !bl_object_replicas_known(wanted)) {
            refuse_unreadable(wanted, plan);
            continue;
        }
        if (!live || !shrinks(input, live, wanted, &scale))
            continue;
        if (plan->action == BL_CLUSTER_NOTHING)
            note_grown(&scale, plan);
        else
            judge(input, &scale, plan);
    }
}
