#include "plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "decision.h"

static bool is_up(const struct bl_rollout_pod *pod)
{
    return !pod->missing && !pod->going && pod->ready;
}

static bool wait_for(struct bl_rollout_decision *decision, size_t pod, char *message)
{
    return bl_rollout_decided(decision, BL_ROLLOUT_WAIT, pod, message);
}

/* --- what there is to do --- */

static void count(struct bl_rollout_decision *decision)
{
    for (size_t i = 0; i < decision->view->pods.len; i++) {
        const struct bl_rollout_pod *pod = bl_rollout_pod(decision, i);

        if (!bl_rollout_set_of(decision, i)->managed)
            continue;
        decision->plan->total++;
        decision->plan->done += is_up(pod) && !pod->outdated;
    }
}

/* The set that is being rolled, or that a change waits in; the first by order. */
static size_t active_set(const struct bl_rollout_decision *decision)
{
    const struct bl_rollout_view *view = decision->view;

    for (size_t i = 0; i < view->pods.len; i++)
        if (bl_rollout_is_wanted(decision, i))
            return view->pods.items[i].set;
    for (size_t i = 0; i < view->sets.len; i++)
        if (view->sets.items[i].managed && view->sets.items[i].begun &&
            (view->sets.items[i].restored ||
             bl_rollout_restored_set(decision) == BL_ROLLOUT_NO_POD))
            return i;
    return BL_ROLLOUT_NO_POD;
}

/* --- pods that are not well --- */

/* With one pod up to date and ready the revision works, and what fails now is another thing. */
static bool is_first_of_revision(const struct bl_rollout_decision *decision, size_t pod)
{
    for (size_t i = 0; i < decision->view->pods.len; i++)
        if (i != pod && bl_rollout_pod(decision, i)->set == bl_rollout_pod(decision, pod)->set &&
            !bl_rollout_pod(decision, i)->outdated && is_up(bl_rollout_pod(decision, i)))
            return false;
    return true;
}

static bool cannot_start(const struct bl_rollout_decision *decision, size_t pod)
{
    const struct bl_rollout_pod *it = bl_rollout_pod(decision, pod);

    return it->trouble && it->since >= bl_rollout_set_of(decision, pod)->settings.fail_after;
}

/* A set may be rolled back only to what its other pods run. */
static bool has_older(const struct bl_rollout_decision *decision, size_t set)
{
    for (size_t i = 0; i < decision->view->pods.len; i++)
        if (bl_rollout_pod(decision, i)->set == set && bl_rollout_pod(decision, i)->outdated)
            return true;
    return false;
}

static bool give_up(struct bl_rollout_decision *decision, size_t pod)
{
    const struct bl_rollout_set *set = bl_rollout_set_of(decision, pod);
    const struct bl_rollout_pod *it = bl_rollout_pod(decision, pod);
    const char *why = it->trouble ? it->trouble : it->state ? it->state : "it is not ready";

    decision->plan->phase = BL_ROLLOUT_FAILED;
    if (set->settings.on_failure == BL_ON_FAILURE_PAUSE || !has_older(decision, it->set))
        return wait_for(decision, pod,
                        bl_asprintf("%s does not come up with the new template: %s; nothing more "
                                    "is touched until the template changes",
                                    it->name, why));
    return bl_rollout_decided(
        decision, BL_ROLLOUT_ROLL_BACK, pod,
        bl_asprintf("%s, the first of the new template, does not come up: %s; the "
                    "template before it is restored",
                    it->name, why));
}

/*
 * May an unwell pod of an older template be replaced? One that cannot start does not get worse by it. One that starts or
 * catches up does, and gets until patience is over. Never where the new template has failed before.
 */
static bool may_replace(const struct bl_rollout_decision *decision, size_t pod)
{
    const struct bl_rollout_set *set = bl_rollout_set_of(decision, pod);
    const struct bl_rollout_pod *it = bl_rollout_pod(decision, pod);

    return bl_rollout_is_wanted(decision, pod) && !set->paused && !set->failed && !set->stale &&
           !it->missing && !it->going && !it->hold && !it->answers && it->safe &&
           (cannot_start(decision, pod) || bl_rollout_out_of_patience(decision, it->set));
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

static bool see_to_unwell(struct bl_rollout_decision *decision, size_t pod)
{
    const struct bl_rollout_set *set = bl_rollout_set_of(decision, pod);
    const struct bl_rollout_pod *it = bl_rollout_pod(decision, pod);

    if (may_replace(decision, pod))
        return bl_rollout_decided(
            decision, BL_ROLLOUT_EVICT, pod,
            bl_asprintf("%s is not well and of an older template: replacing it", it->name));
    if (set->managed && !it->missing && !it->going && !it->outdated && !set->stale &&
        is_first_of_revision(decision, pod) &&
        (cannot_start(decision, pod) ||
         (!it->answers && bl_rollout_out_of_patience(decision, it->set))))
        return give_up(decision, pod);
    if (bl_rollout_out_of_patience(decision, it->set))
        decision->plan->phase = BL_ROLLOUT_STUCK;
    return wait_for(decision, pod, describe_unwell(it));
}

/* Those that are broken come first, as nothing else goes on before they are well. */
static bool see_to_pods(struct bl_rollout_decision *decision)
{
    size_t unwell = BL_ROLLOUT_NO_POD;

    for (size_t i = 0; i < decision->view->pods.len; i++) {
        if (is_up(bl_rollout_pod(decision, i)))
            continue;
        if (unwell == BL_ROLLOUT_NO_POD || may_replace(decision, i))
            unwell = i;
        if (may_replace(decision, i))
            break;
    }
    return unwell != BL_ROLLOUT_NO_POD && see_to_unwell(decision, unwell);
}

/* --- what no waiting helps --- */

/* Looked at before anything is touched: a cluster that is half new and cannot go on is worse than an old one. */
static bool is_blocked(struct bl_rollout_decision *decision)
{
    for (size_t i = 0; i < decision->view->pods.len; i++) {
        const struct bl_rollout_pod *pod = bl_rollout_pod(decision, i);

        if (!bl_rollout_is_wanted(decision, i) || pod->safe || !pod->never)
            continue;
        if (decision->view->raising)
            return wait_for(decision, i, bl_strdup(decision->view->raising));
        decision->plan->phase = BL_ROLLOUT_BLOCKED;
        return wait_for(decision, i,
                        bl_asprintf("%s must stay up: %s", pod->name,
                                    pod->why ? pod->why : "nobody can take its place"));
    }
    return false;
}

/* --- between two pods --- */

/* The youngest of the pods that are ready, of those sets that matter. */
static size_t youngest(const struct bl_rollout_decision *decision, bool brokers)
{
    size_t found = BL_ROLLOUT_NO_POD;

    for (size_t i = 0; i < decision->view->pods.len; i++)
        if ((!brokers || bl_role_has_logs(bl_rollout_set_of(decision, i)->role)) &&
            (found == BL_ROLLOUT_NO_POD ||
             bl_rollout_pod(decision, i)->since < bl_rollout_pod(decision, found)->since))
            found = i;
    return found;
}

static bool wait_until_in_sync(struct bl_rollout_decision *decision)
{
    for (size_t i = 0; i < decision->view->pods.len; i++) {
        const struct bl_rollout_pod *pod = bl_rollout_pod(decision, i);

        if (!bl_rollout_set_of(decision, i)->managed || pod->outdated || pod->in_sync)
            continue;
        if (bl_rollout_out_of_patience(decision, pod->set))
            decision->plan->phase = BL_ROLLOUT_STUCK;
        return wait_for(decision, i,
                        bl_asprintf("waiting until %s is in sync%s%s", pod->name,
                                    pod->state ? ": " : "", pod->state ? pod->state : ""));
    }
    return false;
}

static bool lead_back(struct bl_rollout_decision *decision)
{
    size_t last = youngest(decision, true);
    const struct bl_rollout_pod *pod;

    if (last == BL_ROLLOUT_NO_POD || !decision->view->unbalanced || decision->view->balance_failed)
        return false;
    pod = bl_rollout_pod(decision, last);
    if (pod->since < bl_rollout_set_of(decision, last)->settings.settle)
        return wait_for(decision, last,
                        bl_asprintf("giving clients time to learn the address of %s", pod->name));
    return bl_rollout_decided(decision, BL_ROLLOUT_LEAD_BACK, last,
                              bl_strdup("moving leadership back to the preferred replicas"));
}

/*
 * Once a pod has been ready for as long as the soak, the template of its set has proved itself for the others. Clients learn
 * its address meanwhile.
 */
static int64_t soak_of(const struct bl_rollout_decision *decision, size_t last)
{
    const struct bl_rollout_set *set = bl_rollout_set_of(decision, last);
    int64_t settle = bl_role_has_logs(set->role) ? set->settings.settle : 0;
    int64_t whole = settle > set->settings.soak ? settle : set->settings.soak;

    for (size_t i = 0; i < decision->view->pods.len; i++) {
        const struct bl_rollout_pod *pod = bl_rollout_pod(decision, i);

        if (i != last && pod->set == bl_rollout_pod(decision, last)->set && !pod->outdated &&
            pod->since >= whole)
            return settle;
    }
    return whole;
}

static bool soak(struct bl_rollout_decision *decision)
{
    size_t last = youngest(decision, false);

    if (last == BL_ROLLOUT_NO_POD ||
        bl_rollout_pod(decision, last)->since >= soak_of(decision, last))
        return false;
    return wait_for(decision, last,
                    bl_asprintf("watching %s for a while before going on",
                                bl_rollout_pod(decision, last)->name));
}

static bool wants_canary(const struct bl_rollout_decision *decision)
{
    for (size_t i = 0; i < decision->view->sets.len; i++) {
        const struct bl_rollout_set *set = &decision->view->sets.items[i];

        if (set->managed && bl_role_has_logs(set->role) && set->settings.canary)
            return true;
    }
    return false;
}

static bool check_canary(struct bl_rollout_decision *decision, size_t set)
{
    const char *text = decision->view->canary_text;

    if (!decision->plan->canary || decision->view->canary == BL_CANARY_PASSED)
        return false;
    decision->plan->set = set;
    if (decision->view->canary == BL_CANARY_FAILED && bl_rollout_out_of_patience(decision, set))
        decision->plan->phase = BL_ROLLOUT_STUCK;
    return bl_rollout_decided(decision, BL_ROLLOUT_CHECK, BL_ROLLOUT_NO_POD,
                              bl_asprintf("writing to every broker and reading it again%s%s",
                                          text && *text ? ": " : "", text ? text : ""));
}

/* --- put together --- */

static bool is_halted(struct bl_rollout_decision *decision)
{
    const struct bl_rollout_view *view = decision->view;

    for (size_t i = 0; i < view->sets.len; i++) {
        const struct bl_rollout_set *set = &view->sets.items[i];

        if (!set->managed || (!set->paused && !set->failed))
            continue;
        decision->plan->set = i;
        decision->plan->phase = set->paused ? BL_ROLLOUT_PAUSED : BL_ROLLOUT_FAILED;
        return bl_rollout_decided(
            decision, BL_ROLLOUT_WAIT, BL_ROLLOUT_NO_POD,
            set->paused
                ? bl_asprintf("%s is paused; resume it with ballast rollout resume", set->name)
                : bl_asprintf("the template of %s did not come up before; change it, or "
                              "try it again with ballast rollout resume",
                              set->name));
    }
    return false;
}

/* Where all pods are of the newest revision there is nothing left to go back to. */
static bool is_aborted(struct bl_rollout_decision *decision)
{
    for (size_t i = 0; i < decision->view->sets.len; i++) {
        const struct bl_rollout_set *set = &decision->view->sets.items[i];

        if (!set->managed || !set->aborted || !has_older(decision, i))
            continue;
        decision->plan->set = i;
        decision->plan->phase = BL_ROLLOUT_FAILED;
        return bl_rollout_decided(
            decision, BL_ROLLOUT_ROLL_BACK, BL_ROLLOUT_NO_POD,
            bl_asprintf("aborted: the template of %s before this one is restored", set->name));
    }
    return false;
}

static bool is_stale(struct bl_rollout_decision *decision)
{
    for (size_t i = 0; i < decision->view->sets.len; i++) {
        const struct bl_rollout_set *set = &decision->view->sets.items[i];

        if (!set->managed || !set->stale)
            continue;
        decision->plan->set = i;
        return bl_rollout_decided(
            decision, BL_ROLLOUT_WAIT, BL_ROLLOUT_NO_POD,
            bl_asprintf("waiting until the new template of %s is a revision", set->name));
    }
    return false;
}

static bool is_unknown(struct bl_rollout_decision *decision, size_t set)
{
    if (!decision->view->unknown)
        return false;
    decision->plan->set = set;
    if (bl_rollout_out_of_patience(decision, set))
        decision->plan->phase = BL_ROLLOUT_STUCK;
    return bl_rollout_decided(
        decision, BL_ROLLOUT_WAIT, BL_ROLLOUT_NO_POD,
        bl_asprintf("the cluster does not answer: %s", decision->view->unknown));
}

/* What is taken down in the middle of it would be copied so. */
static bool is_copied(struct bl_rollout_decision *decision, size_t set)
{
    size_t wanted = 0;

    for (size_t i = 0; i < decision->view->pods.len; i++)
        wanted += bl_rollout_is_wanted(decision, i);
    if (!decision->view->copying || !wanted)
        return false;
    decision->plan->set = set;
    return bl_rollout_decided(
        decision, BL_ROLLOUT_WAIT, BL_ROLLOUT_NO_POD,
        bl_strdup("a backup copies the volumes: waiting until each has its snapshot"));
}

static void rest(struct bl_rollout_decision *decision)
{
    size_t failed = bl_rollout_restored_set(decision);

    for (size_t i = 0; i < decision->view->pods.len; i++) {
        if (!bl_rollout_is_held_back(decision, i))
            continue;
        decision->plan->set = failed;
        decision->plan->phase = BL_ROLLOUT_FAILED;
        (void)bl_rollout_decided(
            decision, BL_ROLLOUT_WAIT, BL_ROLLOUT_NO_POD,
            bl_asprintf("the template of %s was taken back, so %s is not rolled either; change the "
                        "template, or go on all the same with ballast rollout resume",
                        decision->view->sets.items[failed].name,
                        bl_rollout_set_of(decision, i)->name));
        return;
    }
    decision->plan->phase = BL_ROLLOUT_IDLE;
    (void)bl_rollout_decided(decision, BL_ROLLOUT_REST, BL_ROLLOUT_NO_POD,
                             bl_strdup("there is nothing to roll"));
}

static void finish(struct bl_rollout_decision *decision, size_t set)
{
    decision->plan->set = set;
    decision->plan->phase = BL_ROLLOUT_COMPLETE;
    (void)bl_rollout_decided(
        decision, BL_ROLLOUT_FINISH, BL_ROLLOUT_NO_POD,
        bl_asprintf("all %zu %s of the newest template and in sync", decision->plan->total,
                    bl_text_plural((int64_t)decision->plan->total, "pod is", "pods are")));
}

void bl_rollout_decide(const struct bl_rollout_view *view, struct bl_rollout_plan *ret_plan)
{
    struct bl_rollout_decision decision = {view, ret_plan};
    size_t set;

    *ret_plan = (struct bl_rollout_plan){.phase = BL_ROLLOUT_ROLLING};
    ret_plan->canary = wants_canary(&decision);
    count(&decision);
    set = active_set(&decision);
    if (set == BL_ROLLOUT_NO_POD) {
        rest(&decision);
        return;
    }
    if (is_stale(&decision) || is_aborted(&decision) || is_halted(&decision) ||
        see_to_pods(&decision) || is_unknown(&decision, set) || is_blocked(&decision) ||
        wait_until_in_sync(&decision) || lead_back(&decision) || soak(&decision) ||
        check_canary(&decision, set) || is_copied(&decision, set) || bl_rollout_go_on(&decision))
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
        [BL_ROLLOUT_IDLE] = "Idle",         [BL_ROLLOUT_ROLLING] = "Rolling",
        [BL_ROLLOUT_PAUSED] = "Paused",     [BL_ROLLOUT_BLOCKED] = "Blocked",
        [BL_ROLLOUT_STUCK] = "Stuck",       [BL_ROLLOUT_FAILED] = "Failed",
        [BL_ROLLOUT_COMPLETE] = "Complete",
    };

    return names[phase];
}
