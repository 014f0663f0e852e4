#include <inttypes.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "drain.h"

const char *cli_drain_answer_name(enum cli_drain_answer answer)
{
    static const char *const names[] = {
        [CLI_DRAIN_NOW] = "now",
        [CLI_DRAIN_UNKNOWN] = "unknown",
        [CLI_DRAIN_WAIT] = "wait",
        [CLI_DRAIN_NEVER] = "never",
    };

    return names[answer];
}

static const char *conclusion(const struct cli_drain *drain)
{
    static const char *const texts[] = {
        [CLI_DRAIN_NOW] = "a drain may go through now",
        [CLI_DRAIN_UNKNOWN] = "a drain would go through, and nobody says that it is safe",
        [CLI_DRAIN_WAIT] = "a drain has to wait",
        [CLI_DRAIN_NEVER] = "a drain would never get through",
    };

    return drain->pods.len ? texts[drain->answer] : "no pod of Kafka or ZooKeeper is on it";
}

/* Each answer holds for one pod; what stands together goes one after the other. */
static bool go_in_turn(const struct cli_drain *drain)
{
    return drain->answer == CLI_DRAIN_NOW && drain->pods.len > 1;
}

static char *allowance(const struct cli_drain_pod *pod)
{
    int64_t allowed = 0;

    if (!pod->budget)
        return bl_strdup(pod->budgets ? "more than one" : "none");
    (void)bl_json_int(bl_json_at(pod->budget, "status", "disruptionsAllowed", NULL), &allowed);
    return bl_asprintf("allows %" PRId64, allowed);
}

void cli_drain_text(const struct cli_drain *drain, struct bl_strbuf *out)
{
    BL_AUTO(cli_table_release) struct cli_table table = {.columns = 5};
    static const char *const heads[] = {"POD", "ROLE", "BUDGET", "MAY GO", "WHY"};

    bl_strbuf_addf(out, "%s: %s%s\n", drain->node, conclusion(drain),
                   go_in_turn(drain) ? ", one pod after the other" : "");
    if (!drain->pods.len)
        return;
    for (size_t i = 0; i < BL_ARRAY_LEN(heads); i++)
        cli_table_add(&table, heads[i]);
    for (size_t i = 0; i < drain->pods.len; i++) {
        const struct cli_drain_pod *pod = &drain->pods.items[i];
        struct bl_ref ref = bl_object_ref(pod->pod);
        BL_AUTO_FREE char *name = bl_asprintf("%s/%s", ref.namespace, ref.name);
        BL_AUTO_FREE char *allowed = allowance(pod);

        cli_table_add(&table, name);
        cli_table_add(&table, bl_role_name(pod->role));
        cli_table_add(&table, allowed);
        cli_table_add(&table, cli_drain_answer_name(pod->answer));
        cli_table_add(&table, pod->why);
    }
    cli_table_print(&table, "  ", out);
}

static cJSON *pod_json(const struct cli_drain_pod *pod)
{
    cJSON *json = bl_json_new_object(), *budget;
    struct bl_ref ref = bl_object_ref(pod->pod);
    int64_t allowed = 0;

    bl_json_add_string(json, "namespace", ref.namespace);
    bl_json_add_string(json, "name", ref.name);
    bl_json_add_string(json, "role", bl_role_name(pod->role));
    bl_json_add_string(json, "answer", cli_drain_answer_name(pod->answer));
    bl_json_add_string(json, "reason", pod->why);
    bl_json_add_int(json, "budgets", (int64_t)pod->budgets);
    if (!pod->budget)
        return json;
    budget = bl_json_add_object(json, "budget");
    bl_json_add_string(budget, "name", bl_object_ref(pod->budget).name);
    (void)bl_json_int(bl_json_at(pod->budget, "status", "disruptionsAllowed", NULL), &allowed);
    bl_json_add_int(budget, "disruptionsAllowed", allowed);
    return json;
}

cJSON *cli_drain_json(const struct cli_drain *drain)
{
    cJSON *json = bl_json_new_object(), *pods;

    bl_json_add_string(json, "node", drain->node);
    bl_json_add_string(json, "answer", cli_drain_answer_name(drain->answer));
    pods = bl_json_add_array(json, "pods");
    for (size_t i = 0; i < drain->pods.len; i++)
        bl_json_push(pods, pod_json(&drain->pods.items[i]));
    return json;
}
