/**
 * A node as it is at this moment, asked of the API server: the only thing that an answer waits for.
 *
 * The threads that wait are those that answer everybody. So one that has waited in vain is the last for a while: a cluster
 * whose API server cannot be reached from here costs reviews a second now and then, and not each eviction one.
 */
#ifndef BALLAST_WEBHOOK_NODES_H
#define BALLAST_WEBHOOK_NODES_H

#include <stdatomic.h>

#include "ballast/kube/client.h"

struct bl_node_asker {
    struct bl_kube_client *client; /* borrowed, as the clock is */
    const struct bl_clock *clock;
    _Atomic(bl_nsec) rests_until; /* 0: it does not */
};

/** Owned; NULL: it cannot be known now. Waits for a second at most. From any thread. */
cJSON *bl_node_ask(struct bl_node_asker *asker, const char *name);

#endif
