/* Rolling upgrades without a cluster: whole ones in a simulation, and the corners in a table. */
#include "rollout/plan.h"

#include <stdio.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "unit.h"

#define LONG_AGO 100000
#define SETS 2
#define PODS 6

/* --- a cluster that lives by itself --- */

enum life {
    RUNS,
    STOPS,
    AWAY,
    STARTS,
    CATCHES_UP,
};

struct node {
    enum life life;
    int64_t since; /* in this state */
    int revision;
    int64_t leads;
    unsigned evicted;
};

struct world {
    int64_t now;
    int newest, broken;      /* revisions; pods of the broken one never start */
    struct node nodes[PODS]; /* three of ZooKeeper, three brokers */
    bool begun[SETS], failed[SETS];
    bool led_away, balance_failed, canary, roll_back_seen;
    int64_t moved;
    char names[PODS][16];
    struct bl_rollout_settings settings;
};

static void world_init(struct world *world)
{
    *world = (struct world){
        .newest = 2,
        .settings = {.max_concurrent = 1,
                     .settle = 2,
                     .soak = 3,
                     .fail_after = 20,
                     .patience = 60,
                     .lead_away = true,
                     .canary = true},
    };
    for (int i = 0; i < PODS; i++) {
        world->nodes[i] =
            (struct node){.life = RUNS, .since = -LONG_AGO, .revision = 1, .leads = i < 3 ? 0 : 2};
        (void)snprintf(world->names[i], sizeof(world->names[i]), "%s-%d", i < 3 ? "zk" : "kafka",
                       i % 3);
    }
}

static bool disturbed(const struct node *node)
{
    return node->life != RUNS;
}

static unsigned count_disturbed(const struct world *world)
{
    unsigned count = 0;

    for (size_t i = 0; i < PODS; i++)
        count += disturbed(&world->nodes[i]);
    return count;
}

static void enter(struct world *world, struct node *node, enum life life)
{
    node->life = life;
    node->since = world->now;
    world->moved = world->now;
}

/* What an eviction sets off takes its time. */
static void live(struct world *world)
{
    world->now++;
    for (size_t i = 0; i < PODS; i++) {
        struct node *node = &world->nodes[i];
        int64_t lasted = world->now - node->since;

        if (node->life == STOPS && lasted >= 2) {
            enter(world, node, AWAY);
        } else if (node->life == AWAY && lasted >= 1) {
            node->revision = world->newest;
            enter(world, node, STARTS);
        } else if (node->life == STARTS && lasted >= 3 && node->revision != world->broken) {
            enter(world, node, i < 3 ? RUNS : CATCHES_UP);
        } else if (node->life == CATCHES_UP && lasted >= 4) {
            enter(world, node, RUNS);
            world->led_away = world->balance_failed = world->canary = false;
        }
    }
}

static void look(const struct world *world, struct bl_rollout_view *view)
{
    bool unbalanced = false;

    for (int s = 0; s < SETS; s++)
        *BL_PUSH(&view->sets) = (struct bl_rollout_set){
            .name = s ? "kafka" : "zk",
            .role = s ? BL_ROLE_BROKER : BL_ROLE_ZOOKEEPER,
            .managed = true,
            .failed = world->failed[s],
            .begun = world->begun[s],
            .settings = world->settings,
        };
    for (size_t i = 0; i < PODS; i++) {
        const struct node *node = &world->nodes[i];
        bool others = count_disturbed(world) > disturbed(node);

        /* What was moved away is due only when another pod has the place. */
        unbalanced |=
            i >= 3 && node->life == RUNS && node->leads == 0 && node->revision == world->newest;
        *BL_PUSH(&view->pods) = (struct bl_rollout_pod){
            .set = i >= 3,
            .name = world->names[i],
            .missing = node->life == AWAY,
            .going = node->life == STOPS,
            .outdated = node->life != AWAY && node->revision != world->newest,
            .ready = node->life == RUNS,
            .answers = node->life == RUNS || node->life == CATCHES_UP,
            .in_sync = node->life == RUNS,
            .trouble =
                node->life == STARTS && node->revision == world->broken ? "ErrImagePull" : NULL,
            .since = world->now - node->since,
            .safe = !others && node->life != CATCHES_UP,
            .why = others ? "another one is away" : NULL,
            .leader = i == 1 || i == 5,
            .leads = node->leads,
        };
    }
    view->unbalanced = unbalanced;
    view->balance_failed = world->balance_failed;
    view->canary = world->canary ? BL_CANARY_PASSED : BL_CANARY_UNASKED;
    view->led_away = world->led_away;
    view->idle = world->now - world->moved;
}

static void lead(struct world *world, const struct bl_rollout_plan *plan, int64_t leads)
{
    for (size_t i = 0; i < plan->pods.len; i++)
        world->nodes[plan->pods.items[i]].leads = leads;
}

static void act(struct world *world, const struct bl_rollout_plan *plan)
{
    switch (plan->act) {
    case BL_ROLLOUT_LEAD_AWAY:
        lead(world, plan, 0);
        world->led_away = true;
        break;
    case BL_ROLLOUT_LEAD_BACK:
        for (size_t i = 3; i < PODS; i++)
            world->nodes[i].leads = 2;
        break;
    case BL_ROLLOUT_CHECK:
        world->canary = true;
        break;
    case BL_ROLLOUT_EVICT:
        for (size_t i = 0; i < plan->pods.len; i++) {
            struct node *node = &world->nodes[plan->pods.items[i]];

            node->evicted++;
            node->leads = 0;
            enter(world, node, STOPS);
        }
        break;
    case BL_ROLLOUT_ROLL_BACK:
        world->newest = 1;
        world->roll_back_seen = true;
        world->moved = world->now;
        break;
    case BL_ROLLOUT_FINISH:
        world->begun[0] = world->begun[1] = false;
        break;
    default:
        break;
    }
    if (plan->act != BL_ROLLOUT_REST && plan->act != BL_ROLLOUT_FINISH)
        world->begun[plan->set] = true;
}

/* A leader that was killed has forgotten what it only remembered. */
static void forget(struct world *world)
{
    world->led_away = world->balance_failed = world->canary = false;
    world->moved = world->now;
}

/* Until there is nothing to do; the order in which pods were evicted, as text. */
static void roll(struct world *world, unsigned kill_every, struct bl_strbuf *order)
{
    for (unsigned step = 0; step < 2000; step++) {
        BL_AUTO(bl_rollout_view_release) struct bl_rollout_view view = {0};
        BL_AUTO(bl_rollout_plan_release) struct bl_rollout_plan plan = {0};

        look(world, &view);
        bl_rollout_decide(&view, &plan);
        if (plan.act == BL_ROLLOUT_REST)
            return;
        if (plan.act == BL_ROLLOUT_EVICT)
            for (size_t i = 0; i < plan.pods.len; i++)
                bl_strbuf_addf(order, "%s ", world->names[plan.pods.items[i]]);
        act(world, &plan);
        ck_assert_msg(count_disturbed(world) <= 1, "two are down after: %s", plan.message);
        if (kill_every && step % kill_every == 0)
            forget(world);
        live(world);
    }
    ck_abort_msg("it does not end; so far: %s", order->text);
}

/* ZooKeeper first and its leader last; then brokers, the controller last; each once. */
#define ORDER "zk-2 zk-0 zk-1 kafka-1 kafka-0 kafka-2 "

START_TEST(a_whole_upgrade)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf order = BL_STRBUF_INIT(4096);
    struct world world;

    world_init(&world);
    roll(&world, 0, &order);
    ck_assert_str_eq(order.text, ORDER);
    for (size_t i = 0; i < PODS; i++) {
        ck_assert_int_eq(world.nodes[i].revision, 2);
        ck_assert_int_eq(world.nodes[i].leads, i < 3 ? 0 : 2);
    }
}
END_TEST

START_TEST(a_leader_that_is_killed_at_any_step_is_no_matter)
{
    for (unsigned every = 2; every < 30; every++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf order = BL_STRBUF_INIT(4096);
        struct world world;

        world_init(&world);
        roll(&world, every, &order);
        ck_assert_str_eq(order.text, ORDER);
    }
}
END_TEST

START_TEST(a_revision_that_does_not_start_is_rolled_back)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf order = BL_STRBUF_INIT(4096);
    struct world world;

    world_init(&world);
    for (size_t i = 0; i < 3; i++)
        world.nodes[i].revision = 2; /* ZooKeeper is done already */
    world.broken = 2;
    /* Its own set's revisions would go on; here both share one. */
    for (size_t i = 0; i < 3; i++)
        world.nodes[i].revision = world.newest;
    for (unsigned step = 0; step < 200 && !world.roll_back_seen; step++) {
        BL_AUTO(bl_rollout_view_release) struct bl_rollout_view view = {0};
        BL_AUTO(bl_rollout_plan_release) struct bl_rollout_plan plan = {0};

        look(&world, &view);
        bl_rollout_decide(&view, &plan);
        act(&world, &plan);
        live(&world);
    }
    ck_assert(world.roll_back_seen);
    /* The broken one is replaced by the old revision, and no other broker was touched. */
    for (size_t i = 0; i < 3; i++)
        world.nodes[i].revision = 1;
    roll(&world, 0, &order);
    for (size_t i = 3; i < PODS; i++)
        ck_assert_int_eq(world.nodes[i].revision, 1);
    ck_assert_int_eq(world.nodes[3].evicted + world.nodes[4].evicted + world.nodes[5].evicted, 2);
}
END_TEST

/* --- corners --- */

struct corner {
    const char *why;
    void (*change)(struct bl_rollout_view *view);
    enum bl_rollout_act act;
    enum bl_rollout_phase phase;
    const char *message; /* a pattern */
};

static struct bl_rollout_pod *broker(struct bl_rollout_view *view, size_t index)
{
    return &view->pods.items[3 + index];
}

static void nothing(struct bl_rollout_view *view)
{
    for (size_t i = 0; i < PODS; i++)
        view->pods.items[i].outdated = false;
}

static void only_brokers(struct bl_rollout_view *view)
{
    for (size_t i = 0; i < 3; i++)
        view->pods.items[i].outdated = false;
}

static void not_ours(struct bl_rollout_view *view)
{
    view->sets.items[0].managed = view->sets.items[1].managed = false;
}

static void paused(struct bl_rollout_view *view)
{
    view->sets.items[1].paused = true;
}

static void paused_and_done(struct bl_rollout_view *view)
{
    nothing(view);
    paused(view);
}

static void stale(struct bl_rollout_view *view)
{
    view->sets.items[1].stale = true;
}

static void unknown(struct bl_rollout_view *view)
{
    view->unknown = "no broker runs";
}

static void unknown_for_long(struct bl_rollout_view *view)
{
    unknown(view);
    view->idle = 60;
}

static void not_ready(struct bl_rollout_view *view)
{
    broker(view, 1)->ready = false;
    broker(view, 1)->in_sync = false;
    broker(view, 1)->state = "3 of 40 replicas are not in sync yet";
}

static void not_ready_for_long(struct bl_rollout_view *view)
{
    not_ready(view);
    view->idle = 60;
}

static void broken_before(struct bl_rollout_view *view)
{
    only_brokers(view);
    *broker(view, 1) = (struct bl_rollout_pod){.set = 1,
                                               .name = "kafka-1",
                                               .outdated = true,
                                               .safe = true,
                                               .since = 30,
                                               .trouble = "CrashLoopBackOff"};
}

static void broken_and_held(struct bl_rollout_view *view)
{
    broken_before(view);
    broker(view, 1)->hold = "";
}

static void broken_a_moment(struct bl_rollout_view *view)
{
    broken_before(view);
    broker(view, 1)->since = 5;
}

static void broken_by_it(struct bl_rollout_view *view)
{
    broken_before(view);
    broker(view, 1)->outdated = false;
}

static void broken_by_it_and_pause(struct bl_rollout_view *view)
{
    broken_by_it(view);
    view->sets.items[1].settings.on_failure = BL_ON_FAILURE_PAUSE;
}

static void broken_second(struct bl_rollout_view *view)
{
    broken_by_it(view);
    broker(view, 0)->outdated = false;
    view->idle = 60;
}

static void failed_before(struct bl_rollout_view *view)
{
    only_brokers(view);
    view->sets.items[1].failed = true;
}

static void aborted(struct bl_rollout_view *view)
{
    only_brokers(view);
    broker(view, 0)->outdated = false;
    view->sets.items[1].aborted = true;
}

static void aborted_too_late(struct bl_rollout_view *view)
{
    nothing(view);
    view->sets.items[1].aborted = true;
}

static void all_held(struct bl_rollout_view *view)
{
    only_brokers(view);
    for (size_t i = 0; i < 3; i++)
        broker(view, i)->hold = "copying a disk";
}

static void one_held(struct bl_rollout_view *view)
{
    only_brokers(view);
    broker(view, 0)->hold = broker(view, 2)->hold = "";
}

static void none_safe(struct bl_rollout_view *view)
{
    only_brokers(view);
    for (size_t i = 0; i < 3; i++) {
        broker(view, i)->safe = false;
        broker(view, i)->why = "orders-3 has 2 of 3 replicas in sync and needs 2";
    }
}

static void one_safe(struct bl_rollout_view *view)
{
    none_safe(view);
    broker(view, 2)->safe = true;
}

static void rolled_and_behind(struct bl_rollout_view *view)
{
    only_brokers(view);
    broker(view, 0)->outdated = false;
    broker(view, 0)->in_sync = false;
}

static void just_ready(struct bl_rollout_view *view)
{
    only_brokers(view);
    broker(view, 0)->outdated = false;
    broker(view, 0)->since = 1;
    view->unbalanced = true;
}

static void settled(struct bl_rollout_view *view)
{
    just_ready(view);
    broker(view, 0)->since = 2;
}

static void leads_again(struct bl_rollout_view *view)
{
    settled(view);
    view->unbalanced = false;
}

static void will_not_lead(struct bl_rollout_view *view)
{
    settled(view);
    view->balance_failed = true;
}

static void soaked(struct bl_rollout_view *view)
{
    leads_again(view);
    broker(view, 0)->since = 3;
    view->canary = BL_CANARY_UNASKED;
}

/* kafka-1 has run with the new template for long: the template is not on trial any more. */
static void proven(struct bl_rollout_view *view)
{
    leads_again(view);
    broker(view, 1)->outdated = false;
    broker(view, 1)->since = 3;
    broker(view, 0)->since = 2;
    view->canary = BL_CANARY_UNASKED;
}

static void proven_but_not_settled(struct bl_rollout_view *view)
{
    proven(view);
    broker(view, 0)->since = 1;
}

static void canary_failed(struct bl_rollout_view *view)
{
    soaked(view);
    view->canary = BL_CANARY_FAILED;
    view->canary_text = "ballast-canary-1: timed out";
    view->idle = 60;
}

static void no_canary(struct bl_rollout_view *view)
{
    soaked(view);
    view->sets.items[0].settings.canary = view->sets.items[1].settings.canary = false;
}

static void leads_something(struct bl_rollout_view *view)
{
    only_brokers(view);
    view->led_away = false;
}

static void relieves_itself(struct bl_rollout_view *view)
{
    leads_something(view);
    view->sets.items[0].settings.lead_away = view->sets.items[1].settings.lead_away = false;
}

static void all_new_and_begun(struct bl_rollout_view *view)
{
    nothing(view);
    view->sets.items[1].begun = true;
}

static void copied(struct bl_rollout_view *view)
{
    view->copying = true;
}

static void copied_and_new(struct bl_rollout_view *view)
{
    all_new_and_begun(view);
    copied(view);
}

static bool never(const void *context BL_UNUSED, const size_t *pods BL_UNUSED, size_t len BL_UNUSED)
{
    return false;
}

static bool always(const void *context BL_UNUSED, const size_t *pods BL_UNUSED,
                   size_t len BL_UNUSED)
{
    return true;
}

static void zookeeper_rolls_back(struct bl_rollout_view *view)
{
    view->sets.items[0].restored = true;
}

static void zookeeper_and_brokers_taken_back(struct bl_rollout_view *view)
{
    only_brokers(view);
    zookeeper_rolls_back(view);
}

static void never_safe(struct bl_rollout_view *view)
{
    view->pods.items[view->pods.len - 1].safe = false;
    view->pods.items[view->pods.len - 1].never = true;
    view->pods.items[view->pods.len - 1].why =
        "offsets-0 has its only replica here; waiting does not change that: raise it";
}

static void never_safe_and_new(struct bl_rollout_view *view)
{
    never_safe(view);
    view->pods.items[view->pods.len - 1].outdated = false;
}

static void two_at_once(struct bl_rollout_view *view)
{
    only_brokers(view);
    view->sets.items[1].settings.max_concurrent = 2;
    view->together = always;
}

static void two_that_share(struct bl_rollout_view *view)
{
    two_at_once(view);
    view->together = never;
}

static void two_controllers(struct bl_rollout_view *view)
{
    two_at_once(view);
    view->sets.items[1].role = BL_ROLE_COMBINED;
}

static const struct corner corners[] = {
    {"nothing is outdated", nothing, BL_ROLLOUT_REST, BL_ROLLOUT_IDLE, "*"},
    {"sets that are not ours", not_ours, BL_ROLLOUT_REST, BL_ROLLOUT_IDLE, "*"},
    {"a paused set halts the cluster", paused, BL_ROLLOUT_WAIT, BL_ROLLOUT_PAUSED,
     "kafka is paused*"},
    {"paused with nothing to do", paused_and_done, BL_ROLLOUT_REST, BL_ROLLOUT_IDLE, "*"},
    {"a template that is no revision yet", stale, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING,
     "*new template of kafka*"},
    {"nothing is known", unknown, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING, "*no broker runs"},
    {"nothing is known for long", unknown_for_long, BL_ROLLOUT_WAIT, BL_ROLLOUT_STUCK, "*"},
    {"one that catches up", not_ready, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING,
     "waiting until kafka-1 is ready: 3 of 40*"},
    {"one that catches up and does not move", not_ready_for_long, BL_ROLLOUT_WAIT, BL_ROLLOUT_STUCK,
     "*"},
    {"an old one that is broken is replaced", broken_before, BL_ROLLOUT_EVICT, BL_ROLLOUT_ROLLING,
     "kafka-1 is not well*"},
    {"but not while it is held", broken_and_held, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING, "*"},
    {"nor before its time", broken_a_moment, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING,
     "*kafka-1*CrashLoopBackOff"},
    {"the first of a revision does not start", broken_by_it, BL_ROLLOUT_ROLL_BACK,
     BL_ROLLOUT_FAILED, "kafka-1*CrashLoopBackOff*restored"},
    {"the same, and a person wants to see it", broken_by_it_and_pause, BL_ROLLOUT_WAIT,
     BL_ROLLOUT_FAILED, "kafka-1*until the template changes"},
    {"the second of a revision does not start", broken_second, BL_ROLLOUT_WAIT, BL_ROLLOUT_STUCK,
     "*kafka-1*"},
    {"a revision that failed is not tried again", failed_before, BL_ROLLOUT_WAIT, BL_ROLLOUT_FAILED,
     "*resume*"},
    {"aborted in the middle", aborted, BL_ROLLOUT_ROLL_BACK, BL_ROLLOUT_FAILED, "aborted*"},
    {"aborted when all is new", aborted_too_late, BL_ROLLOUT_REST, BL_ROLLOUT_IDLE, "*"},
    {"a backup copies the volumes", copied, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING,
     "a backup copies*snapshot"},
    {"one does, and all is new", copied_and_new, BL_ROLLOUT_FINISH, BL_ROLLOUT_COMPLETE, "*"},
    {"all are held", all_held, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING, "*held: copying a disk"},
    {"all but one are held", one_held, BL_ROLLOUT_EVICT, BL_ROLLOUT_ROLLING, "restarting kafka-1"},
    {"none is safe", none_safe, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING, "*must stay up: orders-3*"},
    {"the first half was taken back: the other is not rolled", zookeeper_and_brokers_taken_back,
     BL_ROLLOUT_WAIT, BL_ROLLOUT_FAILED,
     "the template of zk was taken back, so kafka is not rolled either*"},
    {"but the first half is rolled to what it was", zookeeper_rolls_back, BL_ROLLOUT_EVICT,
     BL_ROLLOUT_ROLLING, "restarting zk-*"},
    {"one never is: nothing is touched, not even what comes before", never_safe, BL_ROLLOUT_WAIT,
     BL_ROLLOUT_BLOCKED,
     "*must stay up: offsets-0 has its only replica here; waiting does not change that: raise it"},
    {"one never is, and need not go", never_safe_and_new, BL_ROLLOUT_EVICT, BL_ROLLOUT_ROLLING,
     "*"},
    {"one is safe", one_safe, BL_ROLLOUT_EVICT, BL_ROLLOUT_ROLLING, "restarting kafka-2"},
    {"the last one is ready and behind", rolled_and_behind, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING,
     "*kafka-0 is in sync*"},
    {"clients learn its address first", just_ready, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING,
     "*address of kafka-0"},
    {"then it leads again", settled, BL_ROLLOUT_LEAD_BACK, BL_ROLLOUT_ROLLING, "*"},
    {"then it is watched", leads_again, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING, "watching kafka-0*"},
    {"also where leaders will not come back", will_not_lead, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING,
     "watching kafka-0*"},
    {"a template that has proved itself is not watched again", proven, BL_ROLLOUT_CHECK,
     BL_ROLLOUT_ROLLING, "writing*"},
    {"but clients have their time", proven_but_not_settled, BL_ROLLOUT_WAIT, BL_ROLLOUT_ROLLING,
     "watching kafka-0*"},
    {"then a canary", soaked, BL_ROLLOUT_CHECK, BL_ROLLOUT_ROLLING, "writing*"},
    {"a canary that fails for long", canary_failed, BL_ROLLOUT_CHECK, BL_ROLLOUT_STUCK,
     "*timed out"},
    {"no canary is wanted", no_canary, BL_ROLLOUT_EVICT, BL_ROLLOUT_ROLLING, "*"},
    {"who leads is relieved first", leads_something, BL_ROLLOUT_LEAD_AWAY, BL_ROLLOUT_ROLLING,
     "*leadership of 2 partitions off kafka-1"},
    {"or it relieves itself", relieves_itself, BL_ROLLOUT_EVICT, BL_ROLLOUT_ROLLING,
     "restarting kafka-1"},
    {"all is new", all_new_and_begun, BL_ROLLOUT_FINISH, BL_ROLLOUT_COMPLETE, "*"},
    {"two that share nothing", two_at_once, BL_ROLLOUT_EVICT, BL_ROLLOUT_ROLLING,
     "restarting kafka-1, kafka-0"},
    {"two that share a partition", two_that_share, BL_ROLLOUT_EVICT, BL_ROLLOUT_ROLLING,
     "restarting kafka-1"},
    {"two that are controllers too", two_controllers, BL_ROLLOUT_EVICT, BL_ROLLOUT_ROLLING,
     "restarting kafka-1"},
};

START_TEST(corners_are_kept)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(corners); i++) {
        BL_AUTO(bl_rollout_view_release) struct bl_rollout_view view = {0};
        BL_AUTO(bl_rollout_plan_release) struct bl_rollout_plan plan = {0};
        struct world world;

        world_init(&world);
        look(&world, &view);
        view.canary = BL_CANARY_PASSED;
        view.led_away = true;
        corners[i].change(&view);
        bl_rollout_decide(&view, &plan);
        ck_assert_msg(plan.act == corners[i].act && plan.phase == corners[i].phase &&
                          bl_text_glob(corners[i].message, plan.message),
                      "%s: %s, %s: %s", corners[i].why, bl_rollout_act_name(plan.act),
                      bl_rollout_phase_name(plan.phase), plan.message);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/rollout");
    TCase *tests = tcase_create("rollout");

    tcase_add_test(tests, a_whole_upgrade);
    tcase_add_test(tests, a_leader_that_is_killed_at_any_step_is_no_matter);
    tcase_add_test(tests, a_revision_that_does_not_start_is_rolled_back);
    tcase_add_test(tests, corners_are_kept);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
