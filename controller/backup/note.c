#include "note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/digest.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/note.h"
#include "ballast/object/object.h"
#include "kafka/connection.h"

#define NOTE_AT_MOST (300 * BL_NSEC_S)
#define PROPERTIES_MAX ((size_t)1 << 20)
/* An etcd holds 1.5 MiB in one object, a ConfigMap one. */
#define TEXT_MAX ((size_t)1000 << 10)
/* One text for each cluster: "kafka.note". */
#define SUFFIX ".note"

void bl_note_outcome_release(struct bl_note_outcome *outcome)
{
    free(outcome->worst);
    *outcome = (struct bl_note_outcome){0};
}

/* --- one cluster --- */

static int take(struct bl_backup_job *job, const struct bl_kafka *kafka, int64_t messages,
                const struct bl_note *like, struct bl_note *ret_note, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf properties = BL_STRBUF_INIT(PROPERTIES_MAX);
    BL_AUTO_FREE char *bootstrap = NULL;
    struct bl_note_settings settings = {.messages = messages,
                                        .like = like,
                                        .at_most = NOTE_AT_MOST,
                                        .stop = bl_controller_stop(job->controller)};

    if (bl_kafka_address(&job->env->options->bootstrap_to, job->client, kafka, &bootstrap,
                         &properties, err) < 0)
        return -1;
    settings.bootstrap = bootstrap;
    settings.properties = properties.len ? properties.text : NULL;
    return bl_note_take(&settings, ret_note, err);
}

static char *key_of(const struct bl_kafka *kafka)
{
    for (size_t i = 0; i < kafka->members.len; i++)
        if (bl_role_has_logs(kafka->members.items[i].role))
            return bl_asprintf("%s" SUFFIX, kafka->members.items[i].ref.name);
    return NULL;
}

/* --- the digest --- */

static int compare_keys(const void *a, const void *b)
{
    const cJSON *const *x = a, *const *y = b;

    return strcmp((*x)->string, (*y)->string);
}

/* Of all texts, each behind its key, in the order of the keys: an API server has an order of its own. */
static void digest_of(const cJSON *data, char ret_digest[BL_NOTE_DIGEST_LEN + 1])
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_FREE const cJSON **entries = bl_alloc(bl_json_len(data) + 1, sizeof(*entries));
    char hex[BL_DIGEST_SIZE];
    const cJSON *entry;
    size_t len = 0;

    BL_JSON_EACH_MEMBER(entry, data) {
        entries[len++] = entry;
    }
    qsort(entries, len, sizeof(*entries), compare_keys);
    for (size_t i = 0; i < len; i++)
        bl_strbuf_addf(&text, "%s\n%s\n", entries[i]->string,
                       cJSON_IsString(entries[i]) ? entries[i]->valuestring : "");
    bl_digest(text.text, text.len, hex);
    (void)snprintf(ret_digest, BL_NOTE_DIGEST_LEN + 1, "%.*s", BL_NOTE_DIGEST_LEN, hex);
}

/* --- taking one --- */

static int add_cluster(struct bl_backup_job *job, const struct bl_kafka *kafka, int64_t messages,
                       cJSON *data, struct bl_note_summary *summary, struct bl_error **err)
{
    BL_AUTO(bl_note_release) struct bl_note note = {0};
    BL_AUTO_FREE char *key = key_of(kafka);

    if (!key)
        return 0;
    if (take(job, kafka, messages, NULL, &note, err) < 0)
        return bl_wrap(err, "%s", kafka->name);
    BL_AUTO_FREE char *text = bl_note_text(&note);
    if (strlen(text) > TEXT_MAX)
        return bl_fail(err, BL_ERR_TOO_LARGE, "%s: the note has %zu KiB, which no ConfigMap holds",
                       kafka->name, strlen(text) >> 10);
    bl_json_add_string(data, key, text);
    summary->topics += (int64_t)bl_note_topics(&note);
    summary->partitions += (int64_t)note.len;
    summary->messages += bl_note_messages(&note);
    summary->digested += bl_note_digested(&note);
    return 0;
}

struct search {
    const char *digest; /* NULL: any */
    cJSON *found;
};

static int add_first(void *context, cJSON *object, struct bl_error **err BL_UNUSED)
{
    struct search *search = context;

    if (!search->found)
        search->found = object;
    else
        bl_json_free(object);
    return 0;
}

/* Listed, by what the controller may do: it reads no ConfigMap but those of its own. `*ret_object` NULL: there is none. */
static int look_at(struct bl_backup_job *job, const char *name, cJSON **ret_object,
                   struct bl_error **err)
{
    BL_AUTO_FREE char *fields = bl_asprintf("metadata.name=%s", name);
    struct bl_kube_selection selection = {
        .namespace = job->ref.namespace, .fields = fields, .metadata_only = true};
    struct search search = {0};

    if (bl_kube_list(job->client, &bl_kind_config_map.resource, &selection, add_first, &search,
                     err) < 0) {
        bl_json_free(search.found);
        return -1;
    }
    *ret_object = search.found;
    return 0;
}

/* One that came back with a restore is another object's, and has the label alike. */
static bool is_ours(const struct bl_backup_job *job, const cJSON *object)
{
    return bl_object_label(object, BL_LABEL_NOTE) &&
           bl_text_eq(bl_object_annotation(object, BL_ANNOTATION_NOTED_BY),
                      bl_object_uid(job->object));
}

int bl_backup_note_name_is_taken(struct bl_backup_job *job, const char *name, bool *ret_taken,
                                 struct bl_error **err)
{
    BL_AUTO_JSON cJSON *there = NULL;

    if (look_at(job, name, &there, err) < 0)
        return -1;
    *ret_taken = there && !is_ours(job, there);
    return 0;
}

static int apply(struct bl_backup_job *job, const struct bl_backup_world *world, const char *name,
                 const char *digest, cJSON *data, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *object = bl_kind_new_object(&bl_kind_config_map, job->ref.namespace, name);
    BL_AUTO_JSON cJSON *there = NULL;
    cJSON *metadata = bl_json_get(object, "metadata");
    struct bl_kube_patch patch = {
        .type = BL_KUBE_PATCH_APPLY, .body = object, .manager = BL_MANAGER, .force = true};
    cJSON *labels = bl_json_copy(world->applications.items[0].labels);

    bl_json_add_string(labels, BL_LABEL_NOTE, digest);
    bl_json_add(metadata, "labels", labels);
    bl_json_add_string(bl_json_add_object(metadata, "annotations"), BL_ANNOTATION_NOTED_BY,
                       bl_object_uid(job->object));
    bl_json_add(object, "data", data);
    if (look_at(job, name, &there, err) < 0)
        return -1;
    if (!there)
        return bl_kube_create(job->client, &bl_kind_config_map.resource, job->ref.namespace, object,
                              NULL, err);
    if (!is_ours(job, there))
        return bl_fail(err, BL_ERR_CONFLICT, "ConfigMap \"%s\" is there, and none of ours", name);
    /* So that no other one of the name is meant. */
    bl_json_add_string(metadata, "uid", bl_object_uid(there));
    return bl_kube_patch(job->client, &bl_kind_config_map.resource, job->ref.namespace, name,
                         &patch, NULL, err);
}

int bl_backup_note_take(struct bl_backup_job *job, const struct bl_backup_world *world,
                        const char *name, int64_t messages, struct bl_note_summary *ret_summary,
                        struct bl_error **err)
{
    cJSON *data = bl_json_new_object();

    *ret_summary = (struct bl_note_summary){0};
    for (size_t i = 0; i < world->topology.clusters.len; i++)
        if (add_cluster(job, &world->topology.clusters.items[i], messages, data, ret_summary, err) <
            0) {
            bl_json_free(data);
            return -1;
        }
    if (!data->child || !world->applications.len) {
        bl_json_free(data);
        return bl_fail(err, BL_ERR_NOT_FOUND, "no broker of the namespace is known");
    }
    digest_of(data, ret_summary->digest);
    return apply(job, world, name, ret_summary->digest, data, err);
}

int bl_backup_note_drop(struct bl_backup_job *job, const char *name, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *there = NULL;
    struct bl_kube_delete how = {0};
    BL_ERROR(failure);

    if (look_at(job, name, &there, err) < 0)
        return -1;
    if (!there || !is_ours(job, there))
        return 0;
    how.uid = bl_object_uid(there);
    if (bl_kube_delete(job->client, &bl_kind_config_map.resource, job->ref.namespace, name, &how,
                       &failure) == 0 ||
        bl_error_code(failure) == BL_ERR_NOT_FOUND)
        return 0;
    *err = BL_STEAL(failure);
    return -1;
}

/* --- after a restore --- */

static int add_found(void *context, cJSON *object, struct bl_error **err BL_UNUSED)
{
    struct search *search = context;
    char digest[BL_NOTE_DIGEST_LEN + 1];

    digest_of(bl_json_get(object, "data"), digest);
    if (!search->found && strcmp(digest, search->digest) == 0)
        search->found = object;
    else
        bl_json_free(object);
    return 0;
}

int bl_backup_note_find(struct bl_backup_job *job, const char *digest, cJSON **ret_note,
                        struct bl_error **err)
{
    BL_AUTO_FREE char *labels = bl_asprintf(BL_LABEL_NOTE "=%s", digest);
    struct bl_kube_selection selection = {.namespace = job->ref.namespace, .labels = labels};
    struct search search = {.digest = digest};

    if (bl_kube_list(job->client, &bl_kind_config_map.resource, &selection, add_found, &search,
                     err) < 0) {
        bl_json_free(search.found);
        return -1;
    }
    *ret_note = search.found;
    return 0;
}

static const struct bl_kafka *cluster_of(const struct bl_backup_world *world, const char *key)
{
    for (size_t i = 0; i < world->topology.clusters.len; i++) {
        BL_AUTO_FREE char *own = key_of(&world->topology.clusters.items[i]);

        if (own && strcmp(own, key) == 0)
            return &world->topology.clusters.items[i];
    }
    return NULL;
}

static int compare(struct bl_backup_job *job, const struct bl_backup_world *world,
                   const cJSON *entry, struct bl_note_outcome *outcome, struct bl_error **err)
{
    BL_AUTO(bl_note_release) struct bl_note noted = {0}, now = {0};
    BL_AUTO(bl_note_difference_release) struct bl_note_difference found = {0};
    const struct bl_kafka *kafka = cluster_of(world, entry->string);

    if (!cJSON_IsString(entry))
        return bl_fail(err, BL_ERR_INVALID, "%s is no text", entry->string);
    if (bl_note_parse(entry->valuestring, &noted, err) < 0)
        return -1;
    if (!kafka)
        return bl_fail(err, BL_ERR_NOT_FOUND, "the cluster of %s is not there", entry->string);
    if (take(job, kafka, 0, &noted, &now, err) < 0)
        return bl_wrap(err, "%s", kafka->name);
    bl_note_compare(&noted, &now, &found);
    outcome->noted += bl_note_messages(&noted);
    outcome->lost += found.lost;
    outcome->expired += found.expired;
    outcome->changed += found.changed;
    outcome->more += found.more;
    outcome->other_cluster |= found.other_cluster;
    if (!outcome->worst)
        outcome->worst = BL_STEAL(found.worst);
    return 0;
}

int bl_backup_note_compare(struct bl_backup_job *job, const struct bl_backup_world *world,
                           const cJSON *note, struct bl_note_outcome *ret_outcome,
                           struct bl_error **err)
{
    const cJSON *entry;

    BL_JSON_EACH_MEMBER(entry, bl_json_get(note, "data")) {
        if (compare(job, world, entry, ret_outcome, err) < 0)
            return -1;
    }
    return 0;
}
