/* Corners of a rollout: one thing is otherwise than in an upgrade that goes well. */
#include "ballast/base/text.h"
#include "rollout_help.h"

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
    Suite *suite = suite_create("controller/rollout_corners");
    TCase *tests = tcase_create("corners");

    tcase_add_test(tests, corners_are_kept);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
