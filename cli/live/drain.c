#include "drain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"

/*
 * What stands against the eviction of a pod, in the order of who answers: what no waiting helps against
 * first, then Ballast's guard, then the native budget, as the API server asks both.
 */

struct judging {
    const struct cli_drain_facts *facts;
    struct cli_drain_pod *pod;
};

static bool say(struct judging *judging, enum cli_drain_answer answer, const char *fmt, ...)
    BL_PRINTF(3, 4);

static bool say(struct judging *judging, enum cli_drain_answer answer, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    judging->pod->answer = answer;
    judging->pod->why = bl_vasprintf(fmt, args);
    va_end(args);
    return true;
}

/* --- holds --- */

static const char *hold_of(const struct judging *judging)
{
    const cJSON *pod = judging->pod->pod;
    const char *hold = bl_object_annotation(pod, BL_ANNOTATION_HOLD);

    for (size_t i = 0; !hold && i < judging->facts->sets->len; i++) {
        const cJSON *set = judging->facts->sets->items[i];
        struct bl_ref ref = bl_object_ref(set);

        if (cli_pod_belongs(pod, &ref))
            hold = bl_object_annotation(set, BL_ANNOTATION_HOLD);
    }
    return hold;
}

static bool is_held(struct judging *judging)
{
    const char *hold = hold_of(judging);

    return hold &&
           say(judging, CLI_DRAIN_NEVER, "held by the annotation " BL_ANNOTATION_HOLD "%s%s",
               *hold ? ": " : "", hold);
}

/* --- budgets --- */

struct budget {
    const char *name;
    int64_t allowed, healthy, needed, expected;
    bool stale, always; /* not seen by its controller yet; pods that are not ready may always go */
};

static struct budget read_budget(const cJSON *object)
{
    const cJSON *status = bl_json_get(object, "status"), *spec = bl_json_get(object, "spec");

    return (struct budget){
        .name = bl_object_ref(object).name,
        .allowed = bl_json_number(status, "disruptionsAllowed"),
        .healthy = bl_json_number(status, "currentHealthy"),
        .needed = bl_json_number(status, "desiredHealthy"),
        .expected = bl_json_number(status, "expectedPods"),
        .stale = bl_json_number(status, "observedGeneration") <
                 bl_json_number(bl_json_get(object, "metadata"), "generation"),
        .always = bl_text_eq(bl_json_string(spec, "unhealthyPodEvictionPolicy"), "AlwaysAllow"),
    };
}

static void find_budgets(struct judging *judging)
{
    struct cli_drain_pod *pod = judging->pod;

    for (size_t i = 0; i < judging->facts->budgets->len; i++) {
        const cJSON *budget = judging->facts->budgets->items[i];

        if (strcmp(bl_object_ref(budget).namespace, bl_object_ref(pod->pod).namespace) != 0 ||
            !bl_selector_matches(bl_json_at(budget, "spec", "selector", NULL),
                                 bl_object_labels(pod->pod)))
            continue;
        pod->budget = pod->budgets++ ? NULL : budget;
    }
}

/* The eviction subresource asks the budget about pods that are not ready in its own way. */
static bool passes_unready(const struct budget *budget, const cJSON *pod)
{
    return !bl_object_condition_is(pod, "Ready", "True") &&
           (budget->always || (budget->healthy >= budget->needed && budget->needed > 0));
}

static bool is_blocked_for_good(struct judging *judging)
{
    const struct cli_drain_pod *pod = judging->pod;
    struct budget budget;

    if (pod->budgets > 1)
        return say(judging, CLI_DRAIN_NEVER,
                   "%zu %s it, and evictions fail where there is more than one", pod->budgets,
                   bl_text_plural((int64_t)pod->budgets, "budget selects", "budgets select"));
    if (!pod->budget)
        return false;
    budget = read_budget(pod->budget);
    return !budget.stale && budget.expected && budget.needed >= budget.expected &&
           !passes_unready(&budget, pod->pod) &&
           say(judging, CLI_DRAIN_NEVER,
               "the budget \"%s\" wants all %" PRId64 " %s healthy, so none may ever go",
               budget.name, budget.expected, bl_text_plural(budget.expected, "pod", "pods"));
}

static bool is_blocked_now(struct judging *judging)
{
    const struct cli_drain_pod *pod = judging->pod;
    struct budget budget;

    if (!pod->budget)
        return false;
    budget = read_budget(pod->budget);
    if (passes_unready(&budget, pod->pod))
        return false;
    if (budget.stale)
        return say(judging, CLI_DRAIN_WAIT, "the budget \"%s\" was changed and is counted anew",
                   budget.name);
    return !budget.allowed && say(judging, CLI_DRAIN_WAIT,
                                  "the budget \"%s\" allows none: %" PRId64 " of %" PRId64
                                  " are healthy and %" PRId64 " have to be",
                                  budget.name, budget.healthy, budget.expected, budget.needed);
}

/* --- the condition --- */

static bool is_not_safe(struct judging *judging)
{
    const cJSON *safe = bl_object_condition(judging->pod->pod, BL_CONDITION_SAFE);
    const char *why = bl_json_string(safe, "message");

    if (judging->facts->life.life == BL_CONTROLLER_AWAY ||
        !bl_text_eq(bl_json_string(safe, "status"), "False"))
        return false;
    return say(judging,
               bl_text_eq(bl_json_string(safe, "reason"), BL_REASON_NO_SPARE) ? CLI_DRAIN_NEVER
                                                                              : CLI_DRAIN_WAIT,
               "not safe: %s", why && *why ? why : "the reason is not given");
}

static bool is_safe(struct judging *judging)
{
    const cJSON *safe = bl_object_condition(judging->pod->pod, BL_CONDITION_SAFE);
    const char *why = bl_json_string(safe, "message");

    if (judging->facts->life.life == BL_CONTROLLER_AWAY ||
        !bl_text_eq(bl_json_string(safe, "status"), "True"))
        return false;
    return say(judging, CLI_DRAIN_NOW, "%s", why && *why ? why : "safe");
}

static void admit_ignorance(struct judging *judging)
{
    const struct cli_life *life = &judging->facts->life;
    const char *budget = judging->pod->budget ? "the budget would let it go"
                                              : "no budget selects it, so it would just go";
    const char *why =
        bl_json_string(bl_object_condition(judging->pod->pod, BL_CONDITION_SAFE), "message");

    if (life->life == BL_CONTROLLER_AWAY)
        (void)say(judging, CLI_DRAIN_UNKNOWN,
                  "nobody says whether it is safe, as Ballast's controller has not been heard of "
                  "for %" PRId64 " s; %s",
                  life->silent, budget);
    else
        (void)say(judging, CLI_DRAIN_UNKNOWN, "nobody says whether it is safe%s%s; %s",
                  why && *why ? ": " : "", why && *why ? why : "", budget);
}

/* --- a pod, and all of them --- */

static bool has_gone(struct judging *judging)
{
    const char *phase = bl_json_string(bl_json_get(judging->pod->pod, "status"), "phase");

    if (bl_text_eq(phase, "Succeeded") || bl_text_eq(phase, "Failed"))
        return say(judging, CLI_DRAIN_NOW, "it has ended");
    return bl_object_is_going(judging->pod->pod) &&
           say(judging, CLI_DRAIN_NOW, "it is going down already");
}

static void judge(const struct cli_drain_facts *facts, struct cli_drain_pod *pod)
{
    struct judging judging = {facts, pod};

    find_budgets(&judging);
    if (has_gone(&judging) || is_held(&judging) || is_blocked_for_good(&judging) ||
        is_not_safe(&judging) || is_blocked_now(&judging) || is_safe(&judging))
        return;
    admit_ignorance(&judging);
}

static int compare_pods(const void *a, const void *b)
{
    struct bl_ref one = bl_object_ref(((const struct cli_drain_pod *)a)->pod);
    struct bl_ref other = bl_object_ref(((const struct cli_drain_pod *)b)->pod);
    int order = strcmp(one.namespace, other.namespace);

    return order ? order : strcmp(one.name, other.name);
}

void cli_drain_judge(const char *node, const struct cli_drain_facts *facts,
                     struct cli_drain *ret_drain)
{
    *ret_drain = (struct cli_drain){.node = node, .answer = CLI_DRAIN_NOW};
    for (size_t i = 0; i < facts->pods->len; i++) {
        struct bl_workload *workload = bl_workload_recognise(facts->pods->items[i], NULL, false);
        bool counts = workload->role != BL_ROLE_NONE && workload->confidence > BL_CONFIDENCE_LOW;
        struct cli_drain_pod *pod;

        if (counts) {
            pod = BL_PUSH(&ret_drain->pods);
            *pod = (struct cli_drain_pod){.pod = facts->pods->items[i], .role = workload->role};
            judge(facts, pod);
            if (pod->answer > ret_drain->answer)
                ret_drain->answer = pod->answer;
        }
        bl_workload_free(workload);
    }
    if (ret_drain->pods.len)
        qsort(ret_drain->pods.items, ret_drain->pods.len, sizeof(struct cli_drain_pod),
              compare_pods);
}

void cli_drain_release(struct cli_drain *drain)
{
    for (size_t i = 0; i < drain->pods.len; i++)
        free(drain->pods.items[i].why);
    free(drain->pods.items);
    *drain = (struct cli_drain){0};
}
