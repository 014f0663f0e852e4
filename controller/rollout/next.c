#include <inttypes.h>
#include <stdlib.h>

#include "ballast/base/mem.h"
#include "decision.h"

/* Which pod goes next, and which may go with it. */

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
static bool comes_before(const struct bl_rollout_decision *decision, size_t a, size_t b)
{
    const struct bl_rollout_pod *one = bl_rollout_pod(decision, a),
                                *other = bl_rollout_pod(decision, b);
    int first = stage(bl_rollout_set_of(decision, a)->role),
        second = stage(bl_rollout_set_of(decision, b)->role);

    if (first != second)
        return first < second;
    if (one->leader != other->leader)
        return other->leader;
    if (one->leads != other->leads)
        return one->leads < other->leads;
    return a > b;
}

/* The pods that are next by order, the most suitable first; all of one stage. */
static void list_next(const struct bl_rollout_decision *decision, size_t *next, size_t *ret_len)
{
    size_t len = 0;

    for (size_t i = 0; i < decision->view->pods.len; i++) {
        size_t at = len;

        if (!bl_rollout_is_wanted(decision, i))
            continue;
        for (; at > 0 && comes_before(decision, i, next[at - 1]); at--)
            next[at] = next[at - 1];
        next[at] = i;
        len++;
    }
    *ret_len = 0;
    while (*ret_len < len && stage(bl_rollout_set_of(decision, next[*ret_len])->role) ==
                                 stage(bl_rollout_set_of(decision, next[0])->role))
        ++*ret_len;
}

/* Adds what may be down at the same time as those that were chosen, as far as the policy allows. */
static void add_companions(struct bl_rollout_decision *decision, const size_t *next, size_t len)
{
    struct bl_rollout_plan *plan = decision->plan;
    size_t first = plan->pods.items[0];
    const struct bl_rollout_set *set = bl_rollout_set_of(decision, first);

    if (!decision->view->together || !bl_role_has_logs(set->role) || set->role == BL_ROLE_COMBINED)
        return;
    for (size_t i = 0; i < len && plan->pods.len < (size_t)set->settings.max_concurrent; i++) {
        const struct bl_rollout_pod *pod = bl_rollout_pod(decision, next[i]);

        if (next[i] == first || pod->set != plan->set || pod->hold || !pod->safe || pod->leader)
            continue;
        *BL_PUSH(&plan->pods) = next[i];
        if (!decision->view->together(decision->view->context, plan->pods.items, plan->pods.len))
            plan->pods.len--;
    }
}

static char *list_pods(const struct bl_rollout_decision *decision)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; i < decision->plan->pods.len; i++)
        bl_strbuf_addf(&text, "%s%s", i ? ", " : "",
                       bl_rollout_pod(decision, decision->plan->pods.items[i])->name);
    return bl_strbuf_take(&text);
}

static int64_t count_leads(const struct bl_rollout_decision *decision)
{
    int64_t leads = 0;

    for (size_t i = 0; i < decision->plan->pods.len; i++)
        leads += bl_rollout_pod(decision, decision->plan->pods.items[i])->leads;
    return leads;
}

static bool take_down(struct bl_rollout_decision *decision, size_t pod, const size_t *next,
                      size_t len)
{
    int64_t leads;

    (void)bl_rollout_decided(decision, BL_ROLLOUT_EVICT, pod, NULL);
    add_companions(decision, next, len);
    BL_AUTO_FREE char *names = list_pods(decision);
    leads = count_leads(decision);
    if (leads && !decision->view->led_away &&
        bl_rollout_set_of(decision, pod)->settings.lead_away) {
        decision->plan->act = BL_ROLLOUT_LEAD_AWAY;
        decision->plan->message =
            bl_asprintf("moving the leadership of %" PRId64 " partitions off %s", leads, names);
        return true;
    }
    decision->plan->message = bl_asprintf("restarting %s", names);
    return true;
}

bool bl_rollout_go_on(struct bl_rollout_decision *decision)
{
    BL_AUTO_FREE size_t *next = bl_alloc(decision->view->pods.len + 1, sizeof(size_t));
    const struct bl_rollout_pod *first;
    size_t len;

    list_next(decision, next, &len);
    if (!len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!bl_rollout_pod(decision, next[i])->hold && bl_rollout_pod(decision, next[i])->safe)
            return take_down(decision, next[i], next, len);
    first = bl_rollout_pod(decision, next[0]);
    if (bl_rollout_out_of_patience(decision, first->set))
        decision->plan->phase = BL_ROLLOUT_STUCK;
    if (first->hold)
        return bl_rollout_decided(
            decision, BL_ROLLOUT_WAIT, next[0],
            bl_asprintf("%s is held%s%s", first->name, *first->hold ? ": " : "", first->hold));
    return bl_rollout_decided(decision, BL_ROLLOUT_WAIT, next[0],
                              bl_asprintf("%s must stay up: %s", first->name,
                                          first->why ? first->why : "the reason is not known"));
}
