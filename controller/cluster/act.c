#include "act.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/api/names.h"
#include "ballast/backup/spec.h"
#include "ballast/base/mem.h"
#include "ballast/kafka/admin.h"
#include "ballast/kafka/metadata_version.h"
#include "ballast/kafka/verify.h"
#include "ballast/object/object.h"
#include "ballast/runtime/deletion.h"
#include "brokers.h"

#define VERIFY_AT_MOST (120 * BL_NSEC_S)
#define FINALIZE_AT_MOST (20 * BL_NSEC_S)

void bl_cluster_notes_new_release(struct bl_cluster_notes_new *notes)
{
    free(notes->noted);
    free(notes->before);
    *notes = (struct bl_cluster_notes_new){0};
}

static const char *namespace_of(const struct bl_cluster_looker *looker)
{
    return bl_object_ref(looker->object).namespace;
}

/* --- Helm --- */

int bl_cluster_act_unlock(const struct bl_cluster_looker *looker, struct bl_error **err)
{
    return bl_live_unlock(looker->client, namespace_of(looker), looker->release, err);
}

static int is_applied(const struct bl_cluster_looker *looker, bool *ret_applied,
                      struct bl_error **err)
{
    BL_AUTO(bl_record_release) struct bl_record record = BL_RECORD_INIT;

    if (bl_live_release(looker->client, namespace_of(looker), looker->release, &record, err) < 0)
        return -1;
    *ret_applied = bl_record_is_applied(&record);
    return 0;
}

int bl_cluster_act_release(const struct bl_cluster_looker *looker,
                           const struct bl_cluster_memory *memory,
                           const struct bl_cluster_state *state, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf values = BL_STRBUF_INIT(BL_RECORD_MAX);
    BL_AUTO(bl_record_release) struct bl_record record = BL_RECORD_INIT;
    struct bl_helm_job job = {.spec = looker->spec,
                              .namespace = namespace_of(looker),
                              .name = looker->release,
                              .take_ownership = looker->spec->adopt == BL_ADOPT_TAKE};

    if (bl_cluster_check_scales(looker, memory, state->plan, err) < 0 ||
        bl_live_values(looker->client, job.namespace, looker->spec, &values, err) < 0)
        return -1;
    job.values = values.text;
    job.protocol = state->plan->protocol.value;
    /* What was there is whoever's, and a release that is made new is applied by the server. */
    job.force_conflicts = job.take_ownership;
    if (state->has_release && is_applied(looker, &job.force_conflicts, err) < 0)
        return -1;
    return bl_helm_upgrade(looker->helm, &job, &record, err);
}

int bl_cluster_act_back_up(const struct bl_cluster_looker *looker,
                           const struct bl_cluster_state *state, struct bl_error **err)
{
    BL_AUTO_FREE char *name = bl_cluster_backup_name(state);
    BL_AUTO_JSON cJSON *object =
        bl_kind_new_object(&bl_kind_kafka_backup, namespace_of(looker), name);
    cJSON *spec = bl_json_add_object(object, "spec");
    BL_ERROR(failure);

    bl_json_add_string(spec, "backupPlan", looker->spec->backup.plan);
    bl_json_add_string(spec, "description", "before an upgrade");
    if (bl_kube_create(looker->client, &bl_kind_kafka_backup.resource, namespace_of(looker), object,
                       NULL, &failure) == 0 ||
        bl_error_status(failure) == 409)
        return 0;
    *err = BL_STEAL(failure);
    return bl_wrap(err, "could not make the KafkaBackup before the upgrade");
}

int bl_cluster_act_uninstall(const struct bl_cluster_looker *looker, struct bl_error **err)
{
    BL_AUTO(bl_record_release) struct bl_record record = BL_RECORD_INIT;
    struct bl_helm_job job = {
        .spec = looker->spec, .namespace = namespace_of(looker), .name = looker->release};

    if (bl_live_release(looker->client, job.namespace, looker->release, &record, err) < 0)
        return -1;
    if (!bl_record_is_there(&record))
        return 0;
    for (size_t i = 0; i < record.manifest.objects.len; i++) {
        const cJSON *object = record.manifest.objects.items[i].object;

        /* Whoever wrote `Uninstall` has asked for it. */
        if (bl_object_is(object, "apps", "StatefulSet") &&
            bl_deletion_allow(looker->client, &bl_kind_stateful_set, job.namespace,
                              bl_object_ref(object).name, err) < 0)
            return -1;
    }
    return bl_helm_uninstall(looker->helm, &job, err);
}

/* --- the brokers --- */

int bl_cluster_act_verify(const struct bl_cluster_looker *looker,
                          const struct bl_cluster_memory *memory,
                          const struct bl_cluster_state *state, bool before,
                          struct bl_cluster_notes_new *ret_notes, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf properties = BL_STRBUF_INIT(BL_PROPERTIES_MAX);
    BL_AUTO(bl_verify_result_release) struct bl_verify_result result = {0};
    const struct bl_cluster_spec *spec = looker->spec;
    struct bl_verify_settings settings = {.topic = spec->verification.topic,
                                          .messages = before ? 0 : spec->verification.messages,
                                          .brokers = memory->brokers,
                                          .expected = state->notes.noted,
                                          .at_most = VERIFY_AT_MOST,
                                          .stop = looker->helm->stop};

    if (bl_cluster_find_brokers(looker, memory->bootstrap, &settings.bootstrap, &properties, err) <
        0)
        return -1;
    settings.properties = properties.len ? properties.text : NULL;
    if (bl_verify(&settings, &result, err) < 0)
        return -1;
    *ret_notes =
        (struct bl_cluster_notes_new){.verified = true,
                                      .sent = result.sent,
                                      .read = result.read,
                                      .lost = result.lost,
                                      .doubled = result.doubled,
                                      .racks = bl_verify_is_spread(&result) ? 0 : result.racks,
                                      .spread = result.spread,
                                      .revision = before ? state->notes.verified : state->revision,
                                      .noted = bl_strdup(result.noted),
                                      .before = before ? bl_strdup(state->plan->digest) : NULL};
    return 0;
}

/* --- metadata.version --- */

int bl_cluster_act_finalize(const struct bl_cluster_looker *looker,
                            const struct bl_cluster_memory *memory,
                            const struct bl_cluster_state *state,
                            struct bl_cluster_notes_new *ret_notes, char **ret_said,
                            struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf properties = BL_STRBUF_INIT(BL_PROPERTIES_MAX);
    BL_AUTO(bl_observer_cleanup) struct bl_observer *observer = NULL;
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct bl_observer_settings settings = {.at_most = FINALIZE_AT_MOST};
    int64_t level;

    if (bl_cluster_find_brokers(looker, memory->bootstrap, &settings.bootstrap, &properties, err) <
        0)
        return -1;
    settings.properties = properties.len ? properties.text : NULL;
    if (bl_observer_new(&settings, &observer, err) < 0 ||
        bl_observer_look(observer, &cluster, err) < 0 ||
        bl_observer_finalize(observer, &cluster, (int16_t)bl_cluster_metadata_wanted(state->spec),
                             &level, err) < 0)
        return -1;
    BL_AUTO_FREE char *from = bl_metadata_version_name(cluster.metadata_version);
    BL_AUTO_FREE char *to = bl_metadata_version_name(level);

    if (level > cluster.metadata_version)
        *ret_said =
            bl_asprintf("metadata.version went from %s to %s, which every broker knows", from, to);
    *ret_notes = (struct bl_cluster_notes_new){.finalized = state->revision, .level = level};
    return 0;
}
