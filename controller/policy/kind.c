/* KafkaPolicies of the cluster: says in the condition Accepted whether what they say is in force, or why not. */
#include "controllers.h"

#include "ballast/api/names.h"
#include "ballast/base/mem.h"
#include "ballast/policies/policy.h"
#include "ballast/runtime/status.h"
#include "env.h"

static int reconcile(struct bl_controller *controller, const struct bl_reconcile_request *request,
                     struct bl_reconcile_result *ret_result BL_UNUSED, struct bl_error **err)
{
    const struct bl_env *env = bl_controller_context(controller);
    BL_AUTO(bl_stored_cleanup)
    struct bl_stored *policy =
        bl_controller_find(controller, &bl_kind_kafka_policy, "", request->name);
    BL_AUTO_FREE char *refusal = bl_sources_refusal(env->sources, request->name);
    BL_AUTO(bl_status_release) struct bl_status status = {0};

    if (!policy)
        return 0;
    bl_status_begin(&status, &bl_kind_kafka_policy, bl_stored_object(policy),
                    bl_clock_seconds(&bl_clock_real));
    bl_status_set(&status, BL_CONDITION_ACCEPTED, refusal ? BL_FALSE : BL_TRUE,
                  refusal ? "Refused" : "Valid", refusal ? refusal : "it holds");
    return bl_status_apply(&status, bl_controller_client(controller), err);
}

/* The policies themselves are taken over by the cache's hook, before this hears of a change. */
static const struct bl_controller_watch watches[] = {
    {.kind = &bl_kind_kafka_policy, .map = bl_map_self},
    {0},
};

const struct bl_controller_spec bl_policy_controller = {
    .name = "policies",
    .watches = watches,
    .rights = BL_RIGHT_READ | BL_RIGHT_STATUS,
    .reconcile = reconcile,
};
