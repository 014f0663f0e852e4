#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rollout.h"

/* What it comes to with several upgrades that are waited for. */

static bool is_bad(enum cli_rollout_end end)
{
    return end == CLI_ROLLOUT_FAILED || end == CLI_ROLLOUT_BLOCKED;
}

/* GOES_ON where none of the cluster keeps the others waiting for good. */
static enum cli_rollout_end end_in_cluster(const struct cli_rollouts *rollouts, const char *cluster)
{
    for (size_t i = 0; cluster && i < rollouts->len; i++) {
        enum cli_rollout_end end = cli_rollout_end(&rollouts->items[i]);

        if (bl_text_eq(rollouts->items[i].cluster, cluster) && is_bad(end))
            return end;
    }
    return CLI_ROLLOUT_GOES_ON;
}

static enum cli_rollout_end end_among(const struct cli_rollout *rollout,
                                      const struct cli_rollouts *asked,
                                      const struct cli_rollouts *others)
{
    enum cli_rollout_end end;

    if (!bl_text_eq(rollout->phase, "Waiting"))
        return cli_rollout_end(rollout);
    end = end_in_cluster(asked, rollout->cluster);
    return is_bad(end) ? end : end_in_cluster(others, rollout->cluster);
}

enum cli_rollout_end cli_rollouts_end(const struct cli_rollouts *asked,
                                      const struct cli_rollouts *others, bool at_once)
{
    enum cli_rollout_end worst = CLI_ROLLOUT_DONE;
    bool goes_on = false, waits = false;

    for (size_t i = 0; i < asked->len; i++) {
        enum cli_rollout_end end = end_among(&asked->items[i], asked, others);
        bool turn = bl_text_eq(asked->items[i].phase, "Waiting");

        goes_on |= end == CLI_ROLLOUT_GOES_ON && !turn;
        waits |= end == CLI_ROLLOUT_GOES_ON && turn;
        worst = end > worst ? end : worst;
    }
    /* What waits for its turn goes on with what does, and with nothing else. */
    if (is_bad(worst) && (at_once || !goes_on))
        return worst;
    return goes_on || waits ? CLI_ROLLOUT_GOES_ON : worst;
}

bool cli_rollouts_are_bad(const struct cli_rollouts *asked, const struct cli_rollouts *others)
{
    for (size_t i = 0; i < asked->len; i++)
        if (is_bad(end_among(&asked->items[i], asked, others)) ||
            bl_text_eq(asked->items[i].phase, "Stuck"))
            return true;
    return false;
}

void cli_rollouts_waited_for(const struct cli_rollouts *rollouts, struct bl_strbuf *out)
{
    for (size_t i = 0; i < rollouts->len; i++)
        if (cli_rollout_end(&rollouts->items[i]) != CLI_ROLLOUT_DONE)
            cli_rollout_line(&rollouts->items[i], out);
}

void cli_rollouts_release(struct cli_rollouts *rollouts)
{
    for (size_t i = 0; i < rollouts->len; i++)
        cli_rollout_release(&rollouts->items[i]);
    free(rollouts->items);
    *rollouts = (struct cli_rollouts){0};
}

/* --- the upgrade that comes next --- */

static char *state_of(const struct cli_rollout *rollout)
{
    return bl_asprintf("%s/%s %s %" PRId64, rollout->ref.namespace, rollout->ref.name, rollout->uid,
                       rollout->generation);
}

static bool is_new(const struct cli_rollout_watch *watch, const struct cli_rollout *rollout)
{
    BL_AUTO_FREE char *state = state_of(rollout);

    for (size_t i = 0; i < watch->first.len; i++)
        if (strcmp(watch->first.items[i], state) == 0)
            return false;
    return true;
}

/* What waits for its turn tells nothing: it may wait for what has failed. */
static bool is_under_way(const struct cli_rollout *rollout)
{
    static const char *const phases[] = {"Pending", "Rolling", "Stuck", "Paused", NULL};

    return bl_text_in(rollout->phase, phases) ||
           (!rollout->managed && (rollout->stale || rollout->outdated) && !rollout->kept);
}

bool cli_rollout_watch_see(struct cli_rollout_watch *watch, const struct cli_rollouts *rollouts)
{
    for (size_t i = 0; i < rollouts->len; i++) {
        const struct cli_rollout *rollout = &rollouts->items[i];

        if (!watch->looked)
            *BL_PUSH(&watch->first) = state_of(rollout);
        watch->begun |= watch->looked ? is_new(watch, rollout) : is_under_way(rollout);
    }
    watch->looked = true;
    return watch->begun;
}

void cli_rollout_watch_release(struct cli_rollout_watch *watch)
{
    for (size_t i = 0; i < watch->first.len; i++)
        free(watch->first.items[i]);
    free(watch->first.items);
    *watch = (struct cli_rollout_watch){0};
}
