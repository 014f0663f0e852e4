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

/* A placeholder that is filled in later, or a number in quotes, which the API server refuses. */
static bool is_unknown(const cJSON *value)
{
    int64_t seconds;

    return !bl_json_is_null(value) && !bl_json_int(value, &seconds);
}

static void edit(struct bl_rule_run *run)
{
    const struct params *params = run->params;
    BL_AUTO_FREE char *pointer =
        bl_pod_pointer(run->workload, "spec/terminationGracePeriodSeconds");
    const cJSON *value = bl_run_now(run, pointer);
    int64_t seconds;

    if (is_unknown(value) || given_seconds(value, &seconds) || seconds >= params->min_seconds)
        return;
    bl_run_set(
        run, pointer, bl_json_new_int(params->min_seconds),
        "the process is killed %d s after SIGTERM, which is too soon for a controlled shutdown",
        API_DEFAULT_SECONDS);
}

/* What starts a broker, by a piece of its path. */
static const char *const starts[] = {"kafka-server-start",   "kafka/docker/run",
                                     "confluent/docker/run", "scripts/kafka/run.sh",
                                     "start-kafka.sh",       "kafka_run.sh"};

static const char *find_start(const char *text)
{
    const char *found = NULL;

    for (size_t i = 0; i < BL_ARRAY_LEN(starts) && !found; i++)
        found = strstr(text, starts[i]);
    return found;
}

/* `sh -c "a; kafka-server-start.sh"` without exec: the shell gets the signal and keeps it. */
static bool shell_keeps_signal(const struct bl_workload *workload)
{
    static const char *const lists[] = {"command", "args"};
    const cJSON *argument;

    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++) {
        cJSON_ArrayForEach(argument, bl_json_get(workload->container, lists[i])) {
            const char *text = cJSON_IsString(argument) ? argument->valuestring : "";

            if (find_start(text) && strpbrk(text, ";\n&") && !strstr(text, "exec "))
                return true;
        }
    }
    return false;
}

static void check_controlled_shutdown(struct bl_rule_run *run)
{
    BL_AUTO(bl_setting_release) struct bl_setting setting = {0};

    if (!bl_workload_has_logs(run->workload) ||
        !bl_workload_setting(run->workload, run->scene->world, "controlled.shutdown.enable",
                             &setting) ||
        !setting.value || strcasecmp(setting.value, "false") != 0)
        return;
    bl_run_report_setting(
        run, BL_FAULT_WRONG, run->workload, &setting, "controlled.shutdown.enable",
        "Remove it: true is Kafka's default.",
        "controlled.shutdown.enable is false: the broker goes without handing its "
        "partitions over, however much time it is given");
}

/* "600", "600s", "10m": as sleep(1) of GNU and busybox has it, and nothing behind it; -1: it is something else. */
static int64_t span_of(const char *text)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    size_t len = strspn(text, "0123456789");
    int64_t number, unit = 1;

    if (len > 9 || !bl_text_to_int(text, len, &number))
        return -1;
    for (size_t i = 0; i < BL_ARRAY_LEN(units); i++) {
        if (text[len] == units[i].letter) {
            unit = units[i].seconds;
            len++;
            break;
        }
    }
    return text[len + strspn(text + len, " \t\n;")] ? -1 : number * unit;
}

/* The seconds of "sleep 600" where that is all of the text; -1: it is something else. */
static int64_t plain_sleep(const char *text)
{
    static const char sleep[] = "sleep ";

    text += strspn(text, " \t\n");
    return bl_text_starts(text, sleep) ? span_of(text + strlen(sleep)) : -1;
}

/* Seconds that the hook does nothing but sleep. What else runs there may stop the broker itself. */
static int64_t sleep_of(const cJSON *hook)
{
    const cJSON *command = bl_json_at(hook, "exec", "command", NULL), *last = NULL, *word;
    const char *program = command && command->child ? cJSON_GetStringValue(command->child) : NULL;
    int64_t seconds = -1;

    if (bl_json_int(bl_json_at(hook, "sleep", "seconds", NULL), &seconds))
        return seconds;
    cJSON_ArrayForEach(word, command) {
        last = word;
    }
    const char *text = last ? cJSON_GetStringValue(last) : NULL;
    if (!program || !text)
        return -1;
    if (bl_json_len(command) == 2 && bl_text_ends(program, "sleep"))
        return span_of(text);
    return bl_json_len(command) == 3 && bl_text_ends(program, "sh") ? plain_sleep(text) : -1;
}

/* The hook's time counts in the grace period, and SIGTERM comes only behind it. */
static void check_pre_stop(struct bl_rule_run *run, int64_t grace)
{
    const cJSON *hook = bl_json_at(run->workload->container, "lifecycle", "preStop", NULL);
    BL_AUTO_FREE char *path = bl_container_pointer(run->workload, "lifecycle/preStop");
    int64_t slept = sleep_of(hook);

    if (slept >= grace)
        bl_run_report(run, BL_FAULT_WRONG, run->object, path,
                      "Shorten the sleep, or raise terminationGracePeriodSeconds above it.",
                      "preStop sleeps %lld s of a grace period of %lld s: the process is killed "
                      "before it hears that it should stop",
                      (long long)slept, (long long)grace);
}

static void check(struct bl_rule_run *run)
{
    const struct params *params = run->params;
    BL_AUTO_FREE char *pointer =
        bl_pod_pointer(run->workload, "spec/terminationGracePeriodSeconds");
    BL_AUTO_FREE char *hint = bl_asprintf("Set terminationGracePeriodSeconds: %lld or more.",
                                          (long long)params->min_seconds);
    const cJSON *value = bl_pointer_find(run->workload->object, pointer);
    int64_t seconds;
    bool given = given_seconds(value, &seconds);

    if (is_unknown(value))
        bl_run_report(run, BL_FAULT_NOTE, run->object, pointer,
                      "Write a number, or lint what is applied in the end.",
                      "terminationGracePeriodSeconds is not a number, so it could not be judged");
    else if (seconds < params->min_seconds)
        bl_run_report(
            run, given ? BL_FAULT_WRONG : BL_FAULT_MISSING, run->object, pointer, hint,
            "the process is killed %lld s after SIGTERM, which is too soon for a controlled "
            "shutdown",
            (long long)seconds);
    check_controlled_shutdown(run);
    if (!is_unknown(value))
        check_pre_stop(run, seconds);
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
