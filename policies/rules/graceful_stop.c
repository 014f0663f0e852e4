#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rule.h"

/*
 * Time to stop. A broker that gets SIGTERM hands its partitions over before it goes; killed half way it
 * leaves them without a leader and its logs to be recovered.
 *
 * The API server fills in 30 seconds where the author says nothing, so at admission the two cannot be
 * told apart: 30 counts as not given.
 */

#define API_DEFAULT_SECONDS 30

struct params {
    struct bl_rule_params base;
    int64_t min_seconds;
};

static const struct params defaults = {.min_seconds = 120};

static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "minSeconds",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct params, min_seconds),
     .min = 1,
     .max = 86400,
     .doc = "The least terminationGracePeriodSeconds; 120 where not given."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct params, fields);

/* False where the author left it to the API server. */
static bool given_seconds(const cJSON *value, int64_t *ret_seconds)
{
    *ret_seconds = API_DEFAULT_SECONDS;
    return bl_json_int(value, ret_seconds) && *ret_seconds != API_DEFAULT_SECONDS;
}

static void edit(struct bl_rule_run *run)
{
    const struct params *params = run->params;
    BL_AUTO_FREE char *pointer =
        bl_pod_pointer(run->workload, "spec/terminationGracePeriodSeconds");
    int64_t seconds;

    if (given_seconds(bl_run_now(run, pointer), &seconds) || seconds >= params->min_seconds)
        return;
    bl_run_set(
        run, pointer, bl_json_new_int(params->min_seconds),
        "the broker is killed %d s after SIGTERM, which is too soon for a controlled shutdown",
        API_DEFAULT_SECONDS);
}

/* `sh -c "a; kafka-server-start.sh"` without exec: the shell gets the signal and keeps it. */
static bool shell_keeps_signal(const struct bl_workload *workload)
{
    static const char *const lists[] = {"command", "args"};
    const cJSON *argument;

    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++) {
        cJSON_ArrayForEach(argument, bl_json_get(workload->container, lists[i])) {
            const char *text = cJSON_IsString(argument) ? argument->valuestring : "";
            const char *start = strstr(text, "kafka-server-start");

            if (start && strpbrk(text, ";\n&") && !strstr(text, "exec "))
                return true;
        }
    }
    return false;
}

static void check(struct bl_rule_run *run)
{
    const struct params *params = run->params;
    BL_AUTO_FREE char *pointer =
        bl_pod_pointer(run->workload, "spec/terminationGracePeriodSeconds");
    BL_AUTO_FREE char *hint = bl_asprintf("Set terminationGracePeriodSeconds: %lld or more.",
                                          (long long)params->min_seconds);
    int64_t seconds;
    bool given = given_seconds(bl_pointer_find(run->workload->object, pointer), &seconds);

    if (seconds < params->min_seconds)
        bl_run_report(
            run, given ? BL_FAULT_WRONG : BL_FAULT_MISSING, run->object, pointer, hint,
            "the broker is killed %lld s after SIGTERM, which is too soon for a controlled "
            "shutdown",
            (long long)seconds);
    if (shell_keeps_signal(run->workload) &&
        !bl_json_at(run->workload->container, "lifecycle", NULL))
        bl_run_report(run, BL_FAULT_NOTE, run->object, run->workload->container_pointer,
                      "Start the broker with exec, so that it is the one that gets SIGTERM.",
                      "container \"%s\" starts the broker from a shell without exec: SIGTERM never "
                      "reaches it",
                      run->workload->container_name);
}

const struct bl_rule bl_rule_graceful_stop = {
    .summary = "A broker gets the time that a controlled shutdown takes.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED,
    .mutates = true,
    .edit = edit,
    .check = check,
};
