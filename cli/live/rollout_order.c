#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rollout.h"

/* What people order, as an annotation each. An order that stands already is none. */

static void tell(struct cli_order *order, const struct cli_rollout *rollout, const char *fmt, ...)
    BL_PRINTF(3, 4);

static void tell(struct cli_order *order, const struct cli_rollout *rollout, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    BL_AUTO_FREE char *text = bl_vasprintf(fmt, args);
    va_end(args);
    free(order->text);
    order->text = bl_asprintf("statefulset/%s %s", rollout->ref.name, text);
}

/* `value` NULL takes it off. */
static void annotate(struct cli_order *order, const char *name, const char *value)
{
    cJSON *annotations = bl_json_at(order->patch, "metadata", "annotations", NULL);

    if (!annotations) {
        order->patch = bl_json_new_object();
        annotations =
            bl_json_add_object(bl_json_add_object(order->patch, "metadata"), "annotations");
    }
    bl_json_add(annotations, name, value ? bl_json_new_string(value) : cJSON_CreateNull());
}

static bool is_managed(const struct cli_rollout *rollout, struct cli_order *order)
{
    if (rollout->managed)
        return true;
    order->refused = true;
    tell(order, rollout,
         "is not rolled by Ballast: its updateStrategy is not OnDelete. The rule rollout hands it "
         "over, at the next change of its template");
    return false;
}

void cli_rollout_pause(const struct cli_rollout *rollout, const char *reason,
                       struct cli_order *ret_order)
{
    *ret_order = (struct cli_order){0};
    if (!is_managed(rollout, ret_order))
        return;
    if (rollout->paused && (!reason || strcmp(rollout->paused, reason) == 0)) {
        tell(ret_order, rollout, "is paused already");
        return;
    }
    annotate(ret_order, BL_ANNOTATION_ROLLOUT_PAUSED, reason ? reason : "");
    tell(ret_order, rollout,
         "paused: no pod of its Kafka cluster is taken down until ballast rollout resume; what is "
         "being restarted comes back");
}

void cli_rollout_resume(const struct cli_rollout *rollout, struct cli_order *ret_order)
{
    bool again = rollout->failed && bl_text_eq(rollout->failed, rollout->revision);

    *ret_order = (struct cli_order){0};
    if (!rollout->paused && !rollout->failed) {
        tell(ret_order, rollout, "is neither paused nor failed; nothing to resume");
        return;
    }
    if (rollout->paused)
        annotate(ret_order, BL_ANNOTATION_ROLLOUT_PAUSED, NULL);
    if (rollout->failed)
        annotate(ret_order, BL_ANNOTATION_ROLLOUT_FAILED, NULL);
    if (rollout->restored)
        annotate(ret_order, BL_ANNOTATION_ROLLOUT_RESTORED, NULL);
    if (again)
        tell(ret_order, rollout, "resumed: revision %s, which did not come up, is tried again",
             rollout->failed);
    else if (rollout->failed)
        tell(ret_order, rollout,
             "resumed: revision %s, which did not come up, is forgotten; apply its template again "
             "to have it tried",
             rollout->failed);
    else if (rollout->outdated)
        tell(ret_order, rollout, "resumed: %zu %s still to be restarted", rollout->outdated,
             bl_text_plural((int64_t)rollout->outdated, "pod is", "pods are"));
    else
        tell(ret_order, rollout, "resumed: nothing is left to be rolled");
}

static void refuse(struct cli_order *order, const struct cli_rollout *rollout, const char *why)
{
    order->refused = true;
    tell(order, rollout, "%s", why);
}

void cli_rollout_abort(const struct cli_rollout *rollout, struct cli_order *ret_order)
{
    *ret_order = (struct cli_order){0};
    if (!is_managed(rollout, ret_order))
        return;
    if (rollout->stale || !rollout->revision) {
        refuse(ret_order, rollout, "has a template that is no revision yet; try again in a moment");
        return;
    }
    if (!rollout->outdated) {
        refuse(ret_order, rollout,
               "has no upgrade under way: all its pods are of the newest template, and none of the "
               "one before is left to go back to. Roll back what made the change, as with helm "
               "rollback");
        return;
    }
    if (bl_text_eq(rollout->aborted, rollout->revision)) {
        tell(ret_order, rollout, "is aborted already: revision %s is taken back",
             rollout->revision);
        return;
    }
    annotate(ret_order, BL_ANNOTATION_ROLLOUT_ABORT, rollout->revision);
    tell(ret_order, rollout,
         "aborted: the template before revision %s is restored, and pods that have the new one are "
         "rolled back to it, one at a time. What made the change still has it: take it back there "
         "too, or the next helm upgrade or sync brings it again",
         rollout->revision);
}

void cli_order_release(struct cli_order *order)
{
    cJSON_Delete(order->patch);
    free(order->text);
    *order = (struct cli_order){0};
}
