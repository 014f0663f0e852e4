#include "rollout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define NONE SIZE_MAX

/* The state of a decision that is being made. */
struct decision {
    const struct bl_rollout_view *view;
    struct bl_rollout_plan *plan;
};

static const struct bl_rollout_set *set_of(const struct decision *decision, size_t pod)
{
    return &decision->view->sets.items[decision->view->pods.items[pod].set];
}

static const struct bl_rollout_pod *pod_at(const struct decision *decision, size_t pod)
{
    return &decision->view->pods.items[pod];
}

static bool is_up(const struct bl_rollout_pod *pod)
{
    return !pod->missing && !pod->going && pod->ready;
}

/* Every decision ends here. The message is taken. */
static bool decide(struct decision *decision, enum bl_rollout_act act, size_t pod, char *message)
{
    struct bl_rollout_plan *plan = decision->plan;

    plan->act = act;
    plan->message = message;
    if (pod != NONE) {
        *BL_PUSH(&plan->pods) = pod;
        plan->set = pod_at(decision, pod)->set;
    }
    return true;
}

static bool wait_for(struct decision *decision, size_t pod, char *message)
{
    return decide(decision, BL_ROLLOUT_WAIT, pod, message);
}

/* --- what there is to do --- */

static bool is_wanted(const struct decision *decision, size_t pod)
{
    const struct bl_rollout_set *set = set_of(decision, pod);

    return set->managed && pod_at(decision, pod)->outdated;
}

static void count(struct decision *decision)
{
    for (size_t i = 0; i < decision->view->pods.len; i++) {
        const struct bl_rollout_pod *pod = pod_at(decision, i);

        if (!set_of(decision, i)->managed)
            continue;
        decision->plan->total++;
        decision->plan->done += is_up(pod) && !pod->outdated;
    }
}

/* The set that is being rolled, or that a change waits in; the first by order. */
static size_t active_set(const struct decision *decision)
{
    const struct bl_rollout_view *view = decision->view;

    for (size_t i = 0; i < view->pods.len; i++)
        if (is_wanted(decision, i))
            return view->pods.items[i].set;
    for (size_t i = 0; i < view->sets.len; i++)
        if (view->sets.items[i].managed && view->sets.items[i].begun)
            return i;
    return NONE;
}

/* --- pods that are not well --- */

/* With one pod up to date and ready the revision works, and what fails now is another thing. */
static bool is_first_of_revision(const struct decision *decision, size_t pod)
{
    for (size_t i = 0; i < decision->view->pods.len; i++)
        if (i != pod && pod_at(decision, i)->set == pod_at(decision, pod)->set &&
            !pod_at(decision, i)->outdated && is_up(pod_at(decision, i)))
            return false;
    return true;
}

static bool cannot_start(const struct decision *decision, size_t pod)
{
    const struct bl_rollout_pod *it = pod_at(decision, pod);

    return it->trouble && it->since >= set_of(decision, pod)->settings.fail_after;
}

static bool is_out_of_patience(const struct decision *decision, size_t set)
{
    return decision->view->idle >= decision->view->sets.items[set].settings.patience;
}

/* A set may be rolled back only to what its other pods run. */
static bool has_older(const struct decision *decision, size_t set)
{
    for (size_t i = 0; i < decision->view->pods.len; i++)
        if (pod_at(decision, i)->set == set && pod_at(decision, i)->outdated)
            return true;
    return false;
}

static bool give_up(struct decision *decision, size_t pod)
{
    const struct bl_rollout_set *set = set_of(decision, pod);
    const struct bl_rollout_pod *it = pod_at(decision, pod);
    const char *why = it->trouble ? it->trouble : it->state ? it->state : "it is not ready";

    decision->plan->phase = BL_ROLLOUT_FAILED;
    if (set->settings.on_failure == BL_ON_FAILURE_PAUSE || !has_older(decision, it->set))
        return wait_for(decision, pod,
                        bl_asprintf("%s does not come up with the new template: %s; nothing more "
                                    "is touched until the template changes",
                                    it->name, why));
    return decide(decision, BL_ROLLOUT_ROLL_BACK, pod,
                  bl_asprintf("%s, the first of the new template, does not come up: %s; the "
                              "template before it is restored",
                              it->name, why));
}

/*
 * A broken pod of an older template cannot get worse by being replaced; one that starts or catches up can.
 * It is not replaced by what failed before.
 */
static bool may_replace(const struct decision *decision, size_t pod)
{
    const struct bl_rollout_set *set = set_of(decision, pod);
    const struct bl_rollout_pod *it = pod_at(decision, pod);

    return is_wanted(decision, pod) && !set->paused && !set->failed && !set->stale &&
           !it->missing && !it->going && !it->hold && !it->answers && it->safe &&
           (cannot_start(decision, pod) || is_out_of_patience(decision, it->set));
}

static char *describe_unwell(const struct bl_rollout_pod *pod)
{
    if (pod->missing)
        return bl_asprintf("waiting until %s is made", pod->name);
    if (pod->going)
        return bl_asprintf("waiting until %s has stopped", pod->name);
    return bl_asprintf("waiting until %s is ready%s%s", pod->name,
                       pod->trouble || pod->state ? ": " : "",
                       pod->trouble ? pod->trouble
                       : pod->state ? pod->state
                                    : "");
}

static bool see_to_unwell(struct decision *decision, size_t pod)
{
    const struct bl_rollout_set *set = set_of(decision, pod);
    const struct bl_rollout_pod *it = pod_at(decision, pod);

    if (may_replace(decision, pod))
        return decide(
            decision, BL_ROLLOUT_EVICT, pod,
            bl_asprintf("%s is not well and of an older template: replacing it", it->name));
    if (set->managed && !it->missing && !it->going && !it->outdated && !set->stale &&
        is_first_of_revision(decision, pod) &&
        (cannot_start(decision, pod) || (!it->answers && is_out_of_patience(decision, it->set))))
        return give_up(decision, pod);
    if (is_out_of_patience(decision, it->set))
        decision->plan->phase = BL_ROLLOUT_STUCK;
    return wait_for(decision, pod, describe_unwell(it));
}

/* Those that are broken come first, as nothing else goes on before they are well. */
static bool see_to_pods(struct decision *decision)
{
    size_t unwell = NONE;

    for (size_t i = 0; i < decision->view->pods.len; i++) {
        if (is_up(pod_at(decision, i)))
            continue;
        if (unwell == NONE || may_replace(decision, i))
            unwell = i;
        if (may_replace(decision, i))
            break;
    }
    return unwell != NONE && see_to_unwell(decision, unwell);
}

/* --- between two pods --- */

/* The youngest of the pods that are ready, of those sets that matter. */
static size_t youngest(const struct decision *decision, bool brokers)
{
    size_t found = NONE;

    for (size_t i = 0; i < decision->view->pods.len; i++)
        if ((!brokers || bl_role_has_logs(set_of(decision, i)->role)) &&
            (found == NONE || pod_at(decision, i)->since < pod_at(decision, found)->since))
            found = i;
    return found;
}

static bool wait_until_in_sync(struct decision *decision)
{
    for (size_t i = 0; i < decision->view->pods.len; i++) {
        const struct bl_rollout_pod *pod = pod_at(decision, i);

        if (!set_of(decision, i)->managed || pod->outdated || pod->in_sync)
            continue;
        if (is_out_of_patience(decision, pod->set))
            decision->plan->phase = BL_ROLLOUT_STUCK;
        return wait_for(decision, i,
                        bl_asprintf("waiting until %s is in sync%s%s", pod->name,
                                    pod->state ? ": " : "", pod->state ? pod->state : ""));
    }
    return false;
}

static bool lead_back(struct decision *decision)
{
    size_t last = youngest(decision, true);
    const struct bl_rollout_pod *pod;

    if (last == NONE || !decision->view->unbalanced || decision->view->balance_failed)
        return false;
    pod = pod_at(decision, last);
    if (pod->since < set_of(decision, last)->settings.settle)
        return wait_for(decision, last,
                        bl_asprintf("giving clients time to learn the address of %s", pod->name));
    return decide(decision, BL_ROLLOUT_LEAD_BACK, last,
                  bl_strdup("moving leadership back to the preferred replicas"));
}

/* Once a pod has run for so long, the template of its set has proved itself for the others. */
static int64_t soak_of(const struct decision *decision, size_t last)
{
    const struct bl_rollout_set *set = set_of(decision, last);
    int64_t settle = bl_role_has_logs(set->role) ? set->settings.settle : 0;

    for (size_t i = 0; i < decision->view->pods.len; i++) {
        const struct bl_rollout_pod *pod = pod_at(decision, i);

        if (i != last && pod->set == pod_at(decision, last)->set && !pod->outdated &&
            pod->since >= set->settings.soak + settle)
            return settle;
    }
    return set->settings.soak + settle;
}

static bool soak(struct decision *decision)
{
    size_t last = youngest(decision, false);

    if (last == NONE || pod_at(decision, last)->since >= soak_of(decision, last))
        return false;
    return wait_for(
        decision, last,
        bl_asprintf("watching %s for a while before going on", pod_at(decision, last)->name));
}

static bool wants_canary(const struct decision *decision)
{
    for (size_t i = 0; i < decision->view->sets.len; i++) {
        const struct bl_rollout_set *set = &decision->view->sets.items[i];

        if (set->managed && bl_role_has_logs(set->role) && set->settings.canary)
            return true;
    }
    return false;
}

static bool check_canary(struct decision *decision, size_t set)
{
    const char *text = decision->view->canary_text;

    if (!decision->plan->canary || decision->view->canary == BL_CANARY_PASSED)
        return false;
    decision->plan->set = set;
    if (decision->view->canary == BL_CANARY_FAILED && is_out_of_patience(decision, set))
        decision->plan->phase = BL_ROLLOUT_STUCK;
    return decide(decision, BL_ROLLOUT_CHECK, NONE,
                  bl_asprintf("writing to every broker and reading it again%s%s",
                              text && *text ? ": " : "", text ? text : ""));
}

/* --- the next pod --- */

/* ZooKeeper before those that keep their metadata there, controllers before brokers. */
static int stage(enum bl_role role)
{
    switch (role) {
    case BL_ROLE_ZOOKEEPER:
        return 0;
    case BL_ROLE_CONTROLLER:
        return 1;
    default:
        return 2;
    }
}

/* Whoever leads most is asked last, as each election costs clients a moment; then from the highest down. */
static bool comes_before(const struct decision *decision, size_t a, size_t b)
{
    const struct bl_rollout_pod *one = pod_at(decision, a), *other = pod_at(decision, b);
    int first = stage(set_of(decision, a)->role), second = stage(set_of(decision, b)->role);

    if (first != second)
        return first < second;
    if (one->chief != other->chief)
        return other->chief;
    if (one->leads != other->leads)
        return one->leads < other->leads;
    return a > b;
}

/* The pods that are next by order, the most suitable first; all of one stage. */
static void list_next(const struct decision *decision, size_t *next, size_t *ret_len)
{
    size_t len = 0;

    for (size_t i = 0; i < decision->view->pods.len; i++) {
        size_t at = len;

        if (!is_wanted(decision, i))
            continue;
        for (; at > 0 && comes_before(decision, i, next[at - 1]); at--)
            next[at] = next[at - 1];
        next[at] = i;
        len++;
    }
    *ret_len = 0;
    while (*ret_len < len &&
           stage(set_of(decision, next[*ret_len])->role) == stage(set_of(decision, next[0])->role))
        ++*ret_len;
}

/* Adds what may be down at the same time as those that were chosen, as far as the policy allows. */
static void add_companions(struct decision *decision, const size_t *next, size_t len)
{
    struct bl_rollout_plan *plan = decision->plan;
    size_t first = plan->pods.items[0];
    const struct bl_rollout_set *set = set_of(decision, first);

    if (!decision->view->together || !bl_role_has_logs(set->role) || set->role == BL_ROLE_COMBINED)
        return;
    for (size_t i = 0; i < len && plan->pods.len < (size_t)set->settings.max_concurrent; i++) {
        const struct bl_rollout_pod *pod = pod_at(decision, next[i]);

        if (next[i] == first || pod->set != plan->set || pod->hold || !pod->safe || pod->chief)
            continue;
        *BL_PUSH(&plan->pods) = next[i];
        if (!decision->view->together(decision->view->context, plan->pods.items, plan->pods.len))
            plan->pods.len--;
    }
}

static char *list_pods(const struct decision *decision)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; i < decision->plan->pods.len; i++)
        bl_strbuf_addf(&text, "%s%s", i ? ", " : "",
                       pod_at(decision, decision->plan->pods.items[i])->name);
    return bl_strbuf_take(&text);
}

static int64_t count_leads(const struct decision *decision)
{
    int64_t leads = 0;

    for (size_t i = 0; i < decision->plan->pods.len; i++)
        leads += pod_at(decision, decision->plan->pods.items[i])->leads;
    return leads;
}

static bool take_down(struct decision *decision, size_t pod, const size_t *next, size_t len)
{
    int64_t leads;

    (void)decide(decision, BL_ROLLOUT_EVICT, pod, NULL);
    add_companions(decision, next, len);
    BL_AUTO_FREE char *names = list_pods(decision);
    leads = count_leads(decision);
    if (leads && !decision->view->led_away && set_of(decision, pod)->settings.lead_away) {
        decision->plan->act = BL_ROLLOUT_LEAD_AWAY;
        decision->plan->message =
            bl_asprintf("moving the leadership of %" PRId64 " partitions off %s", leads, names);
        return true;
    }
    decision->plan->message = bl_asprintf("restarting %s", names);
    return true;
}

static bool go_on(struct decision *decision)
{
    BL_AUTO_FREE size_t *next = bl_alloc(decision->view->pods.len + 1, sizeof(size_t));
    const struct bl_rollout_pod *first;
    size_t len;

    list_next(decision, next, &len);
    if (!len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!pod_at(decision, next[i])->hold && pod_at(decision, next[i])->safe)
            return take_down(decision, next[i], next, len);
    first = pod_at(decision, next[0]);
    if (is_out_of_patience(decision, first->set))
        decision->plan->phase = BL_ROLLOUT_STUCK;
    if (first->hold)
        return wait_for(
            decision, next[0],
            bl_asprintf("%s is held%s%s", first->name, *first->hold ? ": " : "", first->hold));
    return wait_for(decision, next[0],
                    bl_asprintf("%s must stay up: %s", first->name,
                                first->why ? first->why : "the reason is not known"));
}

/* --- put together --- */

static bool is_halted(struct decision *decision)
{
    const struct bl_rollout_view *view = decision->view;

    for (size_t i = 0; i < view->sets.len; i++) {
        const struct bl_rollout_set *set = &view->sets.items[i];

        if (!set->managed || (!set->paused && !set->failed))
            continue;
        decision->plan->set = i;
        decision->plan->phase = set->paused ? BL_ROLLOUT_PAUSED : BL_ROLLOUT_FAILED;
        return decide(
            decision, BL_ROLLOUT_WAIT, NONE,
            set->paused
                ? bl_asprintf("%s is paused; resume it with ballast rollout resume", set->name)
                : bl_asprintf("the template of %s did not come up before; change it, or "
                              "try it again with ballast rollout resume",
                              set->name));
    }
    return false;
}

/* Where all pods are of the newest revision there is nothing left to go back to. */
static bool is_aborted(struct decision *decision)
{
    for (size_t i = 0; i < decision->view->sets.len; i++) {
        const struct bl_rollout_set *set = &decision->view->sets.items[i];

        if (!set->managed || !set->aborted || !has_older(decision, i))
            continue;
        decision->plan->set = i;
        decision->plan->phase = BL_ROLLOUT_FAILED;
        return decide(
            decision, BL_ROLLOUT_ROLL_BACK, NONE,
            bl_asprintf("aborted: the template of %s before this one is restored", set->name));
    }
    return false;
}

static bool is_stale(struct decision *decision)
{
    for (size_t i = 0; i < decision->view->sets.len; i++) {
        const struct bl_rollout_set *set = &decision->view->sets.items[i];

        if (!set->managed || !set->stale)
            continue;
        decision->plan->set = i;
        return decide(decision, BL_ROLLOUT_WAIT, NONE,
                      bl_asprintf("waiting until the new template of %s is a revision", set->name));
    }
    return false;
}

static bool is_unknown(struct decision *decision, size_t set)
{
    if (!decision->view->unknown)
        return false;
    decision->plan->set = set;
    if (is_out_of_patience(decision, set))
        decision->plan->phase = BL_ROLLOUT_STUCK;
    return decide(decision, BL_ROLLOUT_WAIT, NONE,
                  bl_asprintf("the cluster does not answer: %s", decision->view->unknown));
}

static void finish(struct decision *decision, size_t set)
{
    decision->plan->set = set;
    decision->plan->phase = BL_ROLLOUT_COMPLETE;
    (void)decide(
        decision, BL_ROLLOUT_FINISH, NONE,
        bl_asprintf("all %zu pods are of the newest template and in sync", decision->plan->total));
}

void bl_rollout_decide(const struct bl_rollout_view *view, struct bl_rollout_plan *ret_plan)
{
    struct decision decision = {view, ret_plan};
    size_t set;

    *ret_plan = (struct bl_rollout_plan){.phase = BL_ROLLOUT_ROLLING};
    ret_plan->canary = wants_canary(&decision);
    count(&decision);
    set = active_set(&decision);
    if (set == NONE) {
        ret_plan->phase = BL_ROLLOUT_IDLE;
        (void)decide(&decision, BL_ROLLOUT_REST, NONE, bl_strdup("there is nothing to roll"));
        return;
    }
    if (is_stale(&decision) || is_aborted(&decision) || is_halted(&decision) ||
        see_to_pods(&decision) || is_unknown(&decision, set) || wait_until_in_sync(&decision) ||
        lead_back(&decision) || soak(&decision) || check_canary(&decision, set) || go_on(&decision))
        return;
    finish(&decision, set);
}

void bl_rollout_plan_release(struct bl_rollout_plan *plan)
{
    free(plan->pods.items);
    free(plan->message);
    *plan = (struct bl_rollout_plan){0};
}

void bl_rollout_view_release(struct bl_rollout_view *view)
{
    free(view->sets.items);
    free(view->pods.items);
    *view = (struct bl_rollout_view){0};
}

const char *bl_rollout_act_name(enum bl_rollout_act act)
{
    static const char *const names[] = {
        [BL_ROLLOUT_REST] = "rest",           [BL_ROLLOUT_WAIT] = "wait",
        [BL_ROLLOUT_LEAD_BACK] = "lead-back", [BL_ROLLOUT_CHECK] = "check",
        [BL_ROLLOUT_LEAD_AWAY] = "lead-away", [BL_ROLLOUT_EVICT] = "evict",
        [BL_ROLLOUT_ROLL_BACK] = "roll-back", [BL_ROLLOUT_FINISH] = "finish",
    };

    return names[act];
}

const char *bl_rollout_phase_name(enum bl_rollout_phase phase)
{
    static const char *const names[] = {
        [BL_ROLLOUT_IDLE] = "Idle",     [BL_ROLLOUT_ROLLING] = "Rolling",
        [BL_ROLLOUT_PAUSED] = "Paused", [BL_ROLLOUT_STUCK] = "Stuck",
        [BL_ROLLOUT_FAILED] = "Failed", [BL_ROLLOUT_COMPLETE] = "Complete",
    };

    return names[phase];
}
