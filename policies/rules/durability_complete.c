#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "durability.h"

/*
 * Where it begins: the topics that Kafka makes for itself get as many replicas as its settings say at that moment, and keep
 * them. So only a cluster that is made new gains by better settings; on one that is there, they would cost a restart
 * of all brokers and change no topic.
 *
 * Which variables are ours is noted on the StatefulSet. A tool that applies again what it has may take them out, and then
 * they are put back as they are stored, whatever the policy says by now; one that the author sets is his from then on.
 */

/* A number of replicas, or how many of them have to be in sync. */
struct setting {
    const char *property;
    int64_t fallback; /* Kafka's own */
};

static const struct setting default_factor = {"default.replication.factor", 1};
static const struct setting offsets_factor = {"offsets.topic.replication.factor", 3};
static const struct setting log_factor = {"transaction.state.log.replication.factor", 3};
static const struct setting log_in_sync = {"transaction.state.log.min.isr", 2};
static const struct setting in_sync = {"min.insync.replicas", 1};

struct completion {
    struct bl_rule_run *run;
    struct bl_strbuf ours; /* the variables, with commas between them */
};

static void completion_release(struct completion *completion)
{
    bl_strbuf_release(&completion->ours);
}

static const cJSON *variable_in(const struct bl_workload *workload, const cJSON *object,
                                const char *name)
{
    return bl_container_env(bl_pointer_find(object, workload->container_pointer), name);
}

static void note(struct completion *completion, const char *variable)
{
    bl_strbuf_addf(&completion->ours, "%s%s", completion->ours.len ? "," : "", variable);
}

static void add_variable(struct completion *completion, const char *variable, const char *value,
                         const char *message)
{
    struct bl_rule_run *run = completion->run;
    BL_AUTO_FREE char *pointer = bl_container_pointer(run->workload, "env");
    cJSON *entry = bl_json_new_object();

    bl_json_add_string(entry, "name", variable);
    bl_json_add_string(entry, "value", value);
    bl_run_append(run, pointer, entry, "%s", message);
    note(completion, variable);
}

/* What the author set, in whatever way; false: it is left to Kafka, whose own is given. */
static bool is_set(const struct bl_workload *workload, const struct setting *setting,
                   bool *ret_known, int64_t *ret_number)
{
    BL_AUTO(bl_setting_release) struct bl_setting found = {0};

    *ret_number = setting->fallback;
    *ret_known = true;
    if (!bl_workload_setting(workload, NULL, setting->property, &found))
        return false;
    *ret_known = found.value && bl_text_to_int(found.value, strlen(found.value), ret_number);
    return true;
}

/* An entry without a value is Kafka's to decide, and its author's to fill: two of one name would be one too many. */
static bool complete(struct completion *completion, const struct setting *setting, int64_t number,
                     const char *danger)
{
    const struct bl_workload *workload = completion->run->workload;
    BL_AUTO_FREE char *variable = bl_workload_variable(workload, setting->property);
    BL_AUTO_FREE char *value = bl_asprintf("%lld", (long long)number);
    BL_AUTO_FREE char *message =
        bl_asprintf("%s is not set, and Kafka's default is %lld: %s", setting->property,
                    (long long)setting->fallback, danger);
    int64_t now;
    bool known;

    if (is_set(workload, setting, &known, &now) || bl_container_env(workload->container, variable))
        return false;
    add_variable(completion, variable, value, message);
    return true;
}

/* Below the factor, so that a broker can be down; nothing where that is what nobody knows, or one. */
static void complete_in_sync(struct completion *completion, const struct setting *setting,
                             const struct setting *factor, int64_t completed, const char *danger)
{
    const struct bl_durability_params *params = completion->run->params;
    int64_t replicas, number;
    bool known;

    (void)is_set(completion->run->workload, factor, &known, &replicas);
    if (completed)
        replicas = completed;
    number = params->min_in_sync < replicas ? params->min_in_sync : replicas - 1;
    if (known && number > 0)
        (void)complete(completion, setting, number, danger);
}

/* Not as many as have to be in sync by the author's word: then no broker could be down. */
static bool fits_in_sync(const struct bl_workload *workload, int64_t replicas)
{
    int64_t number;
    bool known;

    return !is_set(workload, &in_sync, &known, &number) || !known || number < replicas;
}

static void complete_new(struct completion *completion, int64_t brokers)
{
    const struct bl_workload *workload = completion->run->workload;
    const struct bl_durability_params *params = completion->run->params;
    int64_t replicas = brokers < params->replication_factor ? brokers : params->replication_factor;
    int64_t of_log = 0, of_topics = 0;

    if (replicas < 2 || !bl_workload_told_by_variables(workload))
        return;
    if (fits_in_sync(workload, replicas) &&
        complete(completion, &default_factor, replicas,
                 "topics that name no factor would have one copy too few to lose a broker"))
        of_topics = replicas;
    (void)complete(completion, &offsets_factor, replicas,
                   "it has to fit the brokers that there are");
    if (complete(completion, &log_factor, replicas, "it has to fit the brokers that there are"))
        of_log = replicas;
    complete_in_sync(completion, &log_in_sync, &log_factor, of_log,
                     "it has to be below the factor of that topic");
    if (params->complete_min_in_sync)
        complete_in_sync(completion, &in_sync, &default_factor, of_topics,
                         "an acknowledged message may be on one broker only");
}

/* Is it one of "A,B"? */
static bool is_listed(const char *list, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = list; *at; at += *at == ',') {
        size_t part = strcspn(at, ",");

        if (part == len && strncmp(at, name, len) == 0)
            return true;
        at += part;
    }
    return false;
}

/* One of ours, as it is stored: put back where it was left out, and the author's where it has another value. */
static void keep_one(struct completion *completion, const char *variable)
{
    const struct bl_rule_run *run = completion->run;
    const char *stored = bl_json_string(variable_in(run->workload, run->stored, variable), "value");
    const cJSON *now = bl_container_env(run->workload->container, variable);

    if (!stored)
        return;
    if (now && bl_text_eq(bl_json_string(now, "value"), stored))
        note(completion, variable);
    else if (!now && bl_workload_told_by_variables(run->workload))
        add_variable(completion, variable, stored, "it was completed when the cluster was made");
}

/* In the order in which they were made. */
static void keep_stored(struct completion *completion)
{
    static const struct setting *const all[] = {&default_factor, &offsets_factor, &log_factor,
                                                &log_in_sync, &in_sync};
    const struct bl_rule_run *run = completion->run;
    const char *list = bl_object_annotation(run->stored, BL_ANNOTATION_SETTINGS);

    for (size_t i = 0; list && i < BL_ARRAY_LEN(all); i++) {
        BL_AUTO_FREE char *variable = bl_workload_variable(run->workload, all[i]->property);

        if (variable && is_listed(list, variable))
            keep_one(completion, variable);
    }
}

/* The author's own metadata may be no map at all, which the API server refuses. */
static void write_note(const struct completion *completion)
{
    const struct bl_rule_run *run = completion->run;
    const char *now =
        bl_json_string(bl_run_now(run, "/metadata/annotations"), BL_ANNOTATION_SETTINGS);
    BL_ERROR(err);

    if (completion->ours.len && !bl_text_eq(now, completion->ours.text))
        (void)!bl_edit_set(run->edit, BL_POINTER_SETTINGS,
                           bl_json_new_string(completion->ours.text), &err);
    else if (!completion->ours.len && now && run->stored)
        (void)!bl_edit_remove(run->edit, BL_POINTER_SETTINGS, &err);
}

void bl_durability_complete(struct bl_rule_run *run)
{
    BL_AUTO(completion_release)
    struct completion completion = {.run = run, .ours = BL_STRBUF_INIT(1024)};

    if (!bl_object_is(run->workload->object, "apps", "StatefulSet"))
        return;
    if (run->stored)
        keep_stored(&completion);
    else if (run->new_brokers > 1)
        complete_new(&completion, run->new_brokers);
    write_note(&completion);
}
