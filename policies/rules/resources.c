#include <ctype.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/quantity.h"
#include "rule.h"

/*
 * Room that the scheduler keeps free, and a heap that fits into the memory limit with what the JVM needs
 * beside it: a broker over its limit is killed without warning, and its logs are recovered.
 */

/* Of the limit; the rest is for threads, direct buffers and the page cache. */
#define HEAP_MOST_PERCENT 75

struct params {
    struct bl_rule_params base;
    bool require_requests;
};

static const struct params defaults = {.require_requests = true};
static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "requireRequests",
     .type = BL_FIELD_BOOL,
     .offset = offsetof(struct params, require_requests),
     .doc = "Whether the container must request CPU and memory; true where not given."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct params, fields);

/* The digits and unit behind "-Xmx": "4096m", "4g"; the JVM counts in powers of two. */
static bool parse_heap(const char *text, bl_nano *ret_bytes)
{
    static const char units[] = "kmgt";
    size_t len = strspn(text, "0123456789");
    int64_t number;
    const char *unit;

    if (!bl_text_to_int(text, len, &number) || number > (int64_t)1 << 40)
        return false;
    unit = text[len] ? strchr(units, tolower((unsigned char)text[len])) : NULL;
    *ret_bytes = BL_NANO_ONE * number << (unit ? 10 * (unit - units + 1) : 0);
    return true;
}

/* The largest heap that the container's environment and command ask for. */
static bool find_heap(const struct bl_workload *workload, bl_nano *ret_bytes)
{
    static const char *const variables[] = {"KAFKA_HEAP_OPTS", "KAFKA_OPTS", "JVMFLAGS",
                                            "SERVER_JVMFLAGS", "KAFKA_JVM_PERFORMANCE_OPTS"};
    const char *megabytes = bl_container_env_value(workload->container, "ZOO_HEAP_SIZE");

    for (size_t i = 0; i < BL_ARRAY_LEN(variables); i++) {
        const char *value = bl_container_env_value(workload->container, variables[i]);
        const char *flag = value ? strstr(value, "-Xmx") : NULL;

        if (flag && parse_heap(flag + strlen("-Xmx"), ret_bytes))
            return true;
    }
    if (!megabytes || !parse_heap(megabytes, ret_bytes))
        return false;
    *ret_bytes <<= 20;
    return true;
}

static const cJSON *resource(const struct bl_workload *workload, const char *list, const char *name)
{
    return bl_json_at(workload->container, "resources", list, name, NULL);
}

static void check_requests(struct bl_rule_run *run)
{
    static const char *const names[] = {"cpu", "memory"};
    BL_AUTO_FREE char *path = bl_container_pointer(run->workload, "resources");

    /* A limit without a request is a request too: the API server copies it. */
    for (size_t i = 0; i < BL_ARRAY_LEN(names); i++)
        if (bl_json_is_null(resource(run->workload, "requests", names[i])) &&
            bl_json_is_null(resource(run->workload, "limits", names[i])))
            bl_run_report(
                run, BL_FAULT_MISSING, run->object, path, "Add resources.requests.",
                "container \"%s\" requests no %s, so its node may be full when it needs it",
                run->workload->container_name, names[i]);
}

static void check_heap(struct bl_rule_run *run)
{
    BL_ERROR(err);
    BL_AUTO_FREE char *path = bl_container_pointer(run->workload, "resources/limits/memory");
    const cJSON *limit_value = resource(run->workload, "limits", "memory");
    bl_nano heap, limit;

    if (bl_json_is_null(limit_value))
        return;
    if (bl_quantity_from_json(limit_value, &limit, &err) < 0) {
        bl_run_report(run, BL_FAULT_WRONG, run->object, path, "Write it like 8Gi.", "%s",
                      bl_error_text(err));
        return;
    }
    if (!find_heap(run->workload, &heap))
        return;
    if (heap >= limit)
        bl_run_report(run, BL_FAULT_WRONG, run->object, path,
                      "Lower -Xmx to half of the limit, or raise the limit.",
                      "the heap alone fills the memory limit: the container is killed under load");
    else if (heap * 100 > limit * HEAP_MOST_PERCENT)
        bl_run_report(
            run, BL_FAULT_NOTE, run->object, path,
            "Lower -Xmx to half of the limit, or raise the limit.",
            "the heap takes more than %d %% of the memory limit, which leaves little for the "
            "rest of the JVM",
            HEAP_MOST_PERCENT);
}

static void check(struct bl_rule_run *run)
{
    const struct params *params = run->params;

    if (params->require_requests)
        check_requests(run);
    check_heap(run);
}

const struct bl_rule bl_rule_resources = {
    .summary = "CPU and memory are requested, and the heap fits into the memory limit.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .check = check,
};
