/** A cluster for tests of rollouts: what its pods do, and how a controller sees them. */
#ifndef BALLAST_TEST_ROLLOUT_HELP_H
#define BALLAST_TEST_ROLLOUT_HELP_H

#include <stdio.h>

#include "ballast/base/mem.h"
#include "rollout/plan.h"
#include "unit.h"

#define LONG_AGO 100000
#define SETS 2
#define PODS 6

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

/** All run for long, in the old revision. */
static inline void world_init(struct world *world)
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

static inline bool disturbed(const struct node *node)
{
    return node->life != RUNS;
}

static inline unsigned count_disturbed(const struct world *world)
{
    unsigned count = 0;

    for (size_t i = 0; i < PODS; i++)
        count += disturbed(&world->nodes[i]);
    return count;
}

/** What a controller would see; its pods have borrowed names. */
static inline void look(const struct world *world, struct bl_rollout_view *view)
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

#endif
