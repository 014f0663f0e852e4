#include "nodes.h"

#include "ballast/api/builtin.h"
#include "ballast/base/log.h"

#define AT_MOST BL_NSEC_S
/* What fails sooner holds nobody up: nothing listens there. */
#define LONG (100 * BL_NSEC_MS)
/* Two tries of a drain, which asks every five seconds. */
#define REST (10 * BL_NSEC_S)

cJSON *bl_node_ask(struct bl_node_asker *asker, const char *name)
{
    bl_nsec began = bl_clock_now(asker->clock), took;
    cJSON *node = NULL;
    bool rests;
    BL_ERROR(err);

    if (began < atomic_load(&asker->rests_until))
        return NULL;
    if (bl_kube_get_once(asker->client, &bl_kind_node.resource, NULL, name, AT_MOST, &node, &err) ==
        0)
        return node;
    took = bl_clock_now(asker->clock) - began;
    /* Whoever refuses is there and answers, however slow this machine is just now. */
    rests = bl_error_code(err) == BL_ERR_UNAVAILABLE && took >= LONG;
    if (rests)
        atomic_store(&asker->rests_until, began + took + REST);
    bl_log_error(BL_LOG_WARN, rests ? "nodes not asked for a while" : "node not known", err);
    return NULL;
}
