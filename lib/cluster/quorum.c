/* By what members know that they are of one cluster: the voters of its quorum, and its id. */
#include <stdlib.h>
#include <string.h>

#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"
#include "ballast/workload/servers.h"
#include "plan.h"

#define VOTERS "controller.quorum.voters"
#define DATA_MAX ((size_t)64 << 10)

/* --- voters --- */

static char *voters_of(const struct bl_workload *workload, const struct bl_world *world)
{
    BL_AUTO(bl_setting_release) struct bl_setting setting = {0};

    return bl_workload_setting(workload, world, VOTERS, &setting) && setting.value
               ? bl_strdup(setting.value)
               : NULL;
}

/*
 * With a list that stands in the configuration nobody carries the metadata over to a voter that is new (KIP-595): two empty
 * ones beside one are a majority that knows nothing. A quorum that is found by controller.quorum.bootstrap.servers has its
 * voters in the metadata itself (KIP-853), and its charts set no list.
 */
static void refuse_voters(const struct bl_plan_step *step, struct bl_cluster_plan *plan)
{
    BL_AUTO_FREE char *before = voters_of(step->live, step->live_world);
    BL_AUTO_FREE char *after = voters_of(step->wanted, step->wanted_world);
    unsigned gone, added;

    if (!before || !after)
        return;
    gone = bl_voters_lacking(before, after);
    added = bl_voters_lacking(after, before);
    if (!gone && !added)
        return;
    bl_cluster_plan_refuse(
        plan, BL_REFUSED_VOTERS,
        bl_asprintf(
            "%s \"%s\" would have other voters of its quorum: %u less, and %u more, of whom "
            "none knows the metadata",
            step->live->ref.kind, step->live->ref.name, gone, added),
        bl_strdup("Keep the number of controllers, and of brokers that are controllers: " VOTERS
                  " is for good. Only a quorum with controller.quorum.bootstrap.servers (Kafka "
                  "3.9) changes, one voter at a time, by kafka-metadata-quorum.sh."));
}

/* --- the id --- */

static bool is_named(const cJSON *object, const char *kind, const char *name)
{
    return bl_object_is(object, "", kind) && bl_text_eq(bl_object_ref(object).name, name);
}

/* For free(); NULL: it does not say. */
static char *data_of(const cJSON *object, const char *key)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(DATA_MAX);
    const char *plain = bl_json_string(bl_json_get(object, "stringData"), key);
    const char *data = bl_json_string(bl_json_get(object, "data"), key);
    BL_ERROR(unreadable);

    if (!plain && data && bl_object_is(object, "", "ConfigMap"))
        plain = data;
    if (plain)
        return bl_strdup(plain);
    if (!data || bl_base64_decode(&text, data, strlen(data), &unreadable) < 0)
        return NULL;
    return bl_strdup(text.text);
}

/* What a variable holds, by what the release itself has of Secrets and ConfigMaps. For free(); NULL: that cannot be told. */
static char *held(const cJSON *entry, const struct bl_record *record)
{
    static const char *const kinds[][2] = {{"secretKeyRef", "Secret"},
                                           {"configMapKeyRef", "ConfigMap"}};
    const char *value = bl_json_string(entry, "value");

    if (value)
        return bl_strdup(value);
    for (size_t i = 0; record && i < BL_ARRAY_LEN(kinds); i++) {
        const cJSON *from = bl_json_at(entry, "valueFrom", kinds[i][0], NULL);
        const char *name = bl_json_string(from, "name"), *key = bl_json_string(from, "key");

        for (size_t k = 0; name && key && k < record->manifest.objects.len; k++)
            if (is_named(record->manifest.objects.items[k].object, kinds[i][1], name))
                return data_of(record->manifest.objects.items[k].object, key);
    }
    return NULL;
}

/* Members know each other by it, and no data is read by another one. */
static void refuse_id(const struct bl_cluster_plan_input *input, const struct bl_plan_step *step,
                      struct bl_cluster_plan *plan)
{
    for (const char *const *name = bl_cluster_id_variables; *name; name++) {
        BL_AUTO_FREE char *before =
            held(bl_container_env(step->live->container, *name), input->deployed);
        BL_AUTO_FREE char *after =
            held(bl_container_env(step->wanted->container, *name), input->rendered);

        if (!before || !after || strcmp(before, after) == 0)
            continue;
        bl_cluster_plan_refuse(
            plan, BL_REFUSED_CLUSTER_ID,
            bl_asprintf("%s \"%s\" would have another cluster id (%s), and start on none of its "
                        "data",
                        step->live->ref.kind, step->live->ref.name, *name),
            bl_strdup("Set the id that the cluster has in the values; it stands in meta.properties "
                      "of each data folder."));
        return;
    }
}

void bl_plan_quorum(const struct bl_cluster_plan_input *input, const struct bl_plan_step *step,
                    struct bl_cluster_plan *plan)
{
    refuse_voters(step, plan);
    refuse_id(input, step, plan);
}
