#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rule.h"

/*
 * Probes that tell a recovering broker from a dead one.
 *
 * A broker that was not shut down cleanly reads its logs again before it opens a port, for minutes. A
 * liveness probe without a startup probe kills it in the middle, and it begins again. So the startup
 * probe comes first; liveness asks less than readiness; neither asks anything of the cluster.
 */

struct timing {
    int64_t initial_delay, period, timeout, failures;
};

struct startup {
    struct timing timing;
    int64_t min_seconds;
};

struct params {
    struct bl_rule_params base;
    struct timing liveness, readiness;
    struct startup startup;
};

static const struct params defaults = {
    .liveness = {.initial_delay = 10, .period = 10, .timeout = 5, .failures = 6},
    .readiness = {.initial_delay = 5, .period = 10, .timeout = 5, .failures = 3},
    .startup = {.timing = {.initial_delay = 0, .period = 2, .timeout = 5, .failures = 300},
                .min_seconds = 120},
};

#define TIMING_FIELD(text, member, least, words)                                       \
    {                                                                                  \
        .name = text, .type = BL_FIELD_INT, .offset = offsetof(struct timing, member), \
        .min = least, .max = 86400, .doc = words                                       \
    }
#define TIMING_FIELDS                                                                    \
    TIMING_FIELD("initialDelaySeconds", initial_delay, 0, "As in a container's probe."), \
        TIMING_FIELD("periodSeconds", period, 1, "As in a container's probe."),          \
        TIMING_FIELD("timeoutSeconds", timeout, 1, "As in a container's probe."),        \
        TIMING_FIELD("failureThreshold", failures, 1, "As in a container's probe.")

static const struct bl_field timing_fields[] = {TIMING_FIELDS, {0}};
static const struct bl_schema timing_schema = BL_SCHEMA(struct timing, timing_fields);
static const struct bl_field startup_fields[] = {
    TIMING_FIELDS,
    {.name = "minSeconds",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct startup, min_seconds),
     .min = 0,
     .max = 86400,
     .doc = "How long a startup probe that is there must wait at least; 120 where not given."},
    {0},
};
static const struct bl_schema startup_schema = BL_SCHEMA(struct startup, startup_fields);

static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "liveness",
     .type = BL_FIELD_OBJECT,
     .offset = offsetof(struct params, liveness),
     .schema = &timing_schema,
     .doc = "Timing of a liveness probe that is added."},
    {.name = "readiness",
     .type = BL_FIELD_OBJECT,
     .offset = offsetof(struct params, readiness),
     .schema = &timing_schema,
     .doc = "Timing of a readiness probe that is added."},
    {.name = "startup",
     .type = BL_FIELD_OBJECT,
     .offset = offsetof(struct params, startup),
     .schema = &startup_schema,
     .doc = "Timing of a startup probe that is added, and the least that is accepted."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct params, fields);

static const cJSON *container_now(const struct bl_rule_run *run)
{
    return run->edit ? bl_run_now(run, run->workload->container_pointer) : run->workload->container;
}

/* Where the server answers: what clients use says more about readiness than what brokers use. */
static const struct bl_port *answering_port(const struct bl_workload *workload)
{
    static const enum bl_purpose order[] = {BL_PURPOSE_CLIENT, BL_PURPOSE_ZOOKEEPER_CLIENT,
                                            BL_PURPOSE_CONTROLLER, BL_PURPOSE_INTER_BROKER};

    for (size_t i = 0; i < BL_ARRAY_LEN(order); i++) {
        const struct bl_port *port = bl_workload_port(workload, order[i]);

        if (port)
            return port;
    }
    return NULL;
}

/* Liveness asks at the door that brokers use, where there is one of its own. */
static const struct bl_port *living_port(const struct bl_workload *workload)
{
    const struct bl_port *port = bl_workload_port(workload, BL_PURPOSE_INTER_BROKER);

    return port ? port : answering_port(workload);
}

static cJSON *make_probe(const struct bl_workload *workload, const struct timing *timing,
                         const struct bl_port *port)
{
    cJSON *probe = bl_json_new_object(), *handler = bl_json_add_object(probe, "tcpSocket");

    if (port->declared && bl_container_named_port(workload->container, port->name) == port->number)
        bl_json_add_string(handler, "port", port->name);
    else
        bl_json_add_int(handler, "port", port->number);
    if (timing->initial_delay)
        bl_json_add_int(probe, "initialDelaySeconds", timing->initial_delay);
    bl_json_add_int(probe, "periodSeconds", timing->period);
    bl_json_add_int(probe, "timeoutSeconds", timing->timeout);
    bl_json_add_int(probe, "failureThreshold", timing->failures);
    return probe;
}

static void add_probe(struct bl_rule_run *run, const char *name, const struct timing *timing,
                      const struct bl_port *port, const char *why)
{
    BL_AUTO_FREE char *pointer = bl_container_pointer(run->workload, name);

    if (bl_json_is_null(bl_json_get(container_now(run), name)) && port)
        bl_run_set(run, pointer, make_probe(run->workload, timing, port), "container \"%s\" %s",
                   run->workload->container_name, why);
}

#define NO_STARTUP "has no startupProbe: liveness may kill it while it recovers its logs"
#define NO_LIVENESS "has no livenessProbe: a process that hangs is never restarted"
#define NO_READINESS "has no readinessProbe: it counts as ready before it listens"

static void edit(struct bl_rule_run *run)
{
    const struct params *params = run->params;

    add_probe(run, "livenessProbe", &params->liveness, living_port(run->workload), NO_LIVENESS);
    add_probe(run, "readinessProbe", &params->readiness, answering_port(run->workload),
              NO_READINESS);
    add_probe(run, "startupProbe", &params->startup.timing, living_port(run->workload), NO_STARTUP);
}

static int64_t number_or(const cJSON *probe, const char *key, int64_t fallback)
{
    int64_t number;

    return bl_json_int(bl_json_get(probe, key), &number) ? number : fallback;
}

/* How long a probe lets the container fail before it acts, by the API's defaults. */
static int64_t patience(const cJSON *probe)
{
    return number_or(probe, "initialDelaySeconds", 0) +
           number_or(probe, "failureThreshold", 3) * number_or(probe, "periodSeconds", 10);
}

/* Programs that ask the cluster, or start a JVM to ask the broker, and so fail while it recovers. */
static const char *heavy_command(const cJSON *probe)
{
    static const char *const words[] = {
        "kafka-topics",          "kafka-broker-api-versions",
        "kafka-metadata",        "kafka-console",
        "kafka-consumer-groups", "kafka-log-dirs",
        "kafka-cluster",         "kafka-configs",
        "under-replicated",      "UnderReplicated",
        "zookeeper-shell",       NULL,
    };
    const cJSON *argument;

    cJSON_ArrayForEach(argument, bl_json_at(probe, "exec", "command", NULL)) {
        for (size_t i = 0; words[i]; i++)
            if (cJSON_IsString(argument) && strstr(argument->valuestring, words[i]))
                return words[i];
    }
    return NULL;
}

static bool listens_on(const struct bl_workload *workload, int64_t number)
{
    for (size_t i = 0; i < workload->ports.len && bl_budget_turn(); i++)
        if (workload->ports.items[i].main && workload->ports.items[i].number == number)
            return true;
    return false;
}

static const cJSON *handler_port(const cJSON *probe)
{
    const cJSON *tcp = bl_json_at(probe, "tcpSocket", "port", NULL);

    return tcp ? tcp : bl_json_at(probe, "httpGet", "port", NULL);
}

/* A named port must be declared; a number must be one that the server is known to listen on. */
static void check_port(struct bl_rule_run *run, const cJSON *probe, const char *name,
                       const char *path)
{
    const struct bl_workload *workload = run->workload;
    const cJSON *port = handler_port(probe);
    int64_t number;

    if (cJSON_IsString(port) && !bl_container_named_port(workload->container, port->valuestring))
        bl_run_report(run, BL_FAULT_WRONG, run->object, path,
                      "Name a port that the container declares.",
                      "%s asks port \"%s\", which container \"%s\" does not have", name,
                      port->valuestring, workload->container_name);
    else if (bl_json_int(port, &number) && !bl_json_get(probe, "httpGet") && workload->ports.len &&
             !workload->unreadable_listener && !listens_on(workload, number))
        bl_run_report(run, BL_FAULT_WRONG, run->object, path, "Ask a port of one of the listeners.",
                      "%s asks port %lld, where container \"%s\" does not listen", name,
                      (long long)number, workload->container_name);
}

static void check_liveness(struct bl_rule_run *run, const cJSON *liveness, const cJSON *startup,
                           const char *path)
{
    const char *heavy = heavy_command(liveness);

    if (heavy)
        bl_run_report(run, BL_FAULT_NOTE, run->object, path,
                      "Use tcpSocket on a listener's port; leave the cluster's state to readiness.",
                      "livenessProbe runs %s: it fails while the broker recovers or the cluster is "
                      "unwell, and kills it",
                      heavy);
    else if (bl_json_get(liveness, "exec") && bl_json_is_null(startup))
        bl_run_report(
            run, BL_FAULT_NOTE, run->object, path, "Add a startupProbe.",
            "livenessProbe runs a command and there is no startupProbe: it can kill a member "
            "that recovers its logs");
}

/* Same question, and killed no later than it is taken out of service: then readiness says nothing. */
static void check_pair(struct bl_rule_run *run, const cJSON *liveness, const cJSON *readiness,
                       const char *path)
{
    static const char *const handlers[] = {"tcpSocket", "httpGet", "exec", "grpc"};
    bool same = true;

    for (size_t i = 0; i < BL_ARRAY_LEN(handlers); i++)
        same &=
            bl_json_equal(bl_json_get(liveness, handlers[i]), bl_json_get(readiness, handlers[i]));
    if (!same || patience(liveness) > patience(readiness))
        return;
    bl_run_report(
        run, BL_FAULT_NOTE, run->object, path,
        "Give liveness more patience than readiness, or let them ask different things.",
        "livenessProbe asks the same as readinessProbe and gives up no later (%lld s, %lld s): "
        "a slow member is killed before it is taken out of service",
        (long long)patience(liveness), (long long)patience(readiness));
}

static void check_startup(struct bl_rule_run *run, const cJSON *startup, const char *path)
{
    const struct params *params = run->params;

    if (patience(startup) < params->startup.min_seconds)
        bl_run_report(run, BL_FAULT_WRONG, run->object, path,
                      "Raise failureThreshold × periodSeconds; log recovery takes minutes.",
                      "startupProbe gives up after %lld s, the policy wants %lld s at least",
                      (long long)patience(startup), (long long)params->startup.min_seconds);
}

static void check_missing(struct bl_rule_run *run, const cJSON *probe, const char *path,
                          const char *what)
{
    if (!bl_json_is_null(probe))
        return;
    bl_run_report(run, BL_FAULT_MISSING, run->object, path,
                  answering_port(run->workload)
                      ? "Add the probe, with tcpSocket on a port that the server listens on."
                      : "Declare the port that the server listens on, then the probe can be added.",
                  "container \"%s\" %s", run->workload->container_name, what);
}

static void check(struct bl_rule_run *run)
{
    const cJSON *container = run->workload->container;
    const cJSON *liveness = bl_json_get(container, "livenessProbe");
    const cJSON *readiness = bl_json_get(container, "readinessProbe");
    const cJSON *startup = bl_json_get(container, "startupProbe");
    BL_AUTO_FREE char *live_path = bl_container_pointer(run->workload, "livenessProbe");
    BL_AUTO_FREE char *ready_path = bl_container_pointer(run->workload, "readinessProbe");
    BL_AUTO_FREE char *start_path = bl_container_pointer(run->workload, "startupProbe");

    check_missing(run, liveness, live_path, NO_LIVENESS);
    check_missing(run, readiness, ready_path, NO_READINESS);
    check_missing(run, startup, start_path, NO_STARTUP);
    check_port(run, liveness, "livenessProbe", live_path);
    check_port(run, readiness, "readinessProbe", ready_path);
    check_port(run, startup, "startupProbe", start_path);
    if (!bl_json_is_null(liveness))
        check_liveness(run, liveness, startup, live_path);
    if (!bl_json_is_null(liveness) && !bl_json_is_null(readiness))
        check_pair(run, liveness, readiness, live_path);
    if (!bl_json_is_null(startup))
        check_startup(run, startup, start_path);
}

const struct bl_rule bl_rule_probes = {
    .summary = "Liveness, readiness and startup probes that a broker survives while it recovers.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .mutates = true,
    .edit = edit,
    .check = check,
};
