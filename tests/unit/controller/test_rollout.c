/* Rolling upgrades without a cluster: whole ones, in a simulation of one that lives by itself. */
#include "rollout_help.h"

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

int main(void)
{
    Suite *suite = suite_create("controller/rollout");
    TCase *tests = tcase_create("rollout");

    tcase_add_test(tests, a_whole_upgrade);
    tcase_add_test(tests, a_leader_that_is_killed_at_any_step_is_no_matter);
    tcase_add_test(tests, a_revision_that_does_not_start_is_rolled_back);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
