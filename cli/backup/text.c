#include <inttypes.h>
#include <string.h>

#include "ballast/backup/body.h"
#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "screen.h"
#include "verb.h"

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = bl_json_string(object, key);

    return text ? text : "";
}

/* int64 is a text in proto3 JSON. */
static int64_t count_of(const cJSON *object, const char *key)
{
    const char *text = bl_json_string(object, key);
    int64_t count = 0;

    if (!text || !bl_text_to_int(text, strlen(text), &count))
        count = bl_json_number(object, key);
    return count;
}

static const char *id_of(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? slash + 1 : name;
}

static const char *state_of(const cJSON *resource)
{
    const char *state = bl_gke_state_text(resource);

    return *state ? state : "in no state that the service tells";
}

/* --- the line --- */

static void add_volumes(const struct cli_gke *what, const cJSON *resource, const cJSON *volumes,
                        struct bl_strbuf *out)
{
    int64_t there = (int64_t)bl_json_len(volumes), done = 0, bytes = 0;
    const cJSON *volume;

    cJSON_ArrayForEach(volume, volumes) {
        done += bl_gke_state_of(what->volume_kind, volume) == BL_GKE_SUCCEEDED;
        bytes += count_of(volume, "storageBytes");
    }
    if (there)
        bl_strbuf_addf(out, ", %" PRId64 " of %" PRId64 " %s %s", done, there,
                       bl_text_plural(there, "volume", "volumes"),
                       what->kind == BL_GKE_BACKUP ? "copied" : "restored");
    if (count_of(resource, "sizeBytes"))
        bytes = count_of(resource, "sizeBytes");
    if (!bytes)
        return;
    bl_strbuf_adds(out, ", ");
    cli_add_size(out, (double)bytes);
}

void cli_gke_line(const struct cli_gke *what, const cJSON *resource, const cJSON *volumes,
                  struct bl_strbuf *out)
{
    int64_t objects = bl_json_number(resource, "resourcesRestoredCount");

    bl_strbuf_addf(out, "%s: %s", id_of(text_of(resource, "name")), state_of(resource));
    if (objects)
        bl_strbuf_addf(out, ", %" PRId64 " %s restored", objects,
                       bl_text_plural(objects, "object", "objects"));
    add_volumes(what, resource, volumes, out);
    bl_strbuf_addc(out, '\n');
}

/* --- all of it --- */

static void add_row(struct cli_table *table, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    cli_table_add(table, name);
    cli_table_add(table, value);
}

static void add_made_row(struct cli_table *table, const char *name, struct bl_strbuf *value)
{
    add_row(table, name, value->text);
    bl_strbuf_reset(value);
}

static void add_times(const cJSON *resource, struct cli_table *table, struct bl_strbuf *value)
{
    const char *end = text_of(resource, "completeTime");
    int64_t from, to;

    add_row(table, "begun", text_of(resource, "createTime"));
    bl_strbuf_adds(value, end);
    if (bl_time_parse(text_of(resource, "createTime"), &from) && bl_time_parse(end, &to)) {
        bl_strbuf_adds(value, ", after ");
        cli_add_span(value, to - from);
    }
    add_made_row(table, "over", value);
}

static void add_counts(const cJSON *resource, struct cli_table *table, struct bl_strbuf *value)
{
    static const struct {
        const char *key, *one, *many;
    } counts[] = {
        {"resourceCount", "object", "objects"},
        {"podCount", "pod", "pods"},
        {"volumeCount", "volume", "volumes"},
        {"resourcesRestoredCount", "object restored", "objects restored"},
        {"volumesRestoredCount", "volume restored", "volumes restored"},
        {"resourcesExcludedCount", "object left out", "objects left out"},
        {"resourcesFailedCount", "object FAILED", "objects FAILED"},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(counts); i++) {
        int64_t count = bl_json_number(resource, counts[i].key);

        if (count)
            bl_strbuf_addf(value, "%s%" PRId64 " %s", value->len ? ", " : "", count,
                           bl_text_plural(count, counts[i].one, counts[i].many));
    }
    if (bl_json_bool(resource, "containsSecrets", false))
        bl_strbuf_addf(value, "%swith Secrets", value->len ? ", " : "");
    add_made_row(table, "objects", value);
    if (count_of(resource, "sizeBytes"))
        cli_add_size(value, (double)count_of(resource, "sizeBytes"));
    add_made_row(table, "size", value);
}

static void add_reason(const cJSON *resource, struct cli_table *table, struct bl_strbuf *value)
{
    const char *code = bl_gke_reason_code(resource);

    bl_strbuf_adds(value, text_of(resource, "stateReason"));
    if (code)
        bl_strbuf_addf(value, "%scode %s", value->len ? " (" : "", code);
    if (code && *text_of(resource, "stateReason"))
        bl_strbuf_addc(value, ')');
    add_made_row(table, "reason", value);
    add_row(table, "hint", code ? bl_gke_reason_hint(code) : NULL);
    add_row(table, "read on",
            text_of(bl_json_get(resource, "troubleshootingInfo"), "stateReasonUri"));
}

static void add_labels(const cJSON *resource, struct cli_table *table, struct bl_strbuf *value)
{
    const cJSON *label;

    BL_JSON_EACH_MEMBER(label, bl_json_get(resource, "labels")) {
        if (!cJSON_IsString(label))
            continue;
        if (strcmp(label->string, BL_BACKUP_LABEL_NOTE) == 0) {
            cli_table_add(table, "proof");
            *BL_PUSH(&table->cells) = bl_asprintf("proven by note %s", label->valuestring);
            continue;
        }
        bl_strbuf_addf(value, "%s%s=%s", value->len ? ", " : "", label->string, label->valuestring);
    }
    add_made_row(table, "labels", value);
}

static void add_cluster(const cJSON *resource, struct cli_table *table, struct bl_strbuf *value)
{
    const cJSON *cluster = bl_json_get(resource, "clusterMetadata");
    const char *version = text_of(cluster, "k8sVersion");

    bl_strbuf_adds(value, text_of(cluster, "cluster"));
    if (*version)
        bl_strbuf_addf(value, ", Kubernetes %s", version);
    add_made_row(table, "of cluster", value);
    add_row(table, "into cluster", text_of(resource, "cluster"));
}

/* sourcePvc of a copy, targetPvc of what comes back. */
static void add_claim(const cJSON *volume, struct cli_table *table)
{
    const cJSON *claim = bl_json_get(volume, "sourcePvc");
    BL_AUTO_FREE char *name = NULL;

    claim = claim ? claim : bl_json_get(volume, "targetPvc");
    if (claim)
        name = bl_asprintf("%s/%s", text_of(claim, "namespace"), text_of(claim, "name"));
    cli_table_add(table, name ? name : id_of(text_of(volume, "name")));
}

static void add_size_cell(struct cli_table *table, int64_t bytes)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf value = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (bytes)
        cli_add_size(&value, (double)bytes);
    cli_table_add(table, value.text);
}

static void add_volume_table(const cJSON *volumes, struct bl_strbuf *out)
{
    BL_AUTO(cli_table_release) struct cli_table table = {.columns = 5};
    static const char *const heads[] = {"VOLUME", "STATE", "DISK", "COPY", "MESSAGE"};
    const cJSON *volume;

    if (!bl_json_len(volumes))
        return;
    for (size_t i = 0; i < BL_ARRAY_LEN(heads); i++)
        cli_table_add(&table, heads[i]);
    cJSON_ArrayForEach(volume, volumes) {
        add_claim(volume, &table);
        cli_table_add(&table, bl_gke_state_text(volume));
        add_size_cell(&table, count_of(volume, "diskSizeBytes"));
        add_size_cell(&table, count_of(volume, "storageBytes"));
        cli_table_add(&table, text_of(volume, "stateMessage"));
    }
    bl_strbuf_addc(out, '\n');
    cli_table_print(&table, "  ", out);
}

void cli_gke_text(const struct cli_gke *what, const cJSON *resource, const cJSON *volumes,
                  struct bl_strbuf *out)
{
    BL_AUTO(cli_table_release) struct cli_table table = {.columns = 2};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf value = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    cli_gke_line(what, resource, volumes, out);
    bl_strbuf_addc(out, '\n');
    add_row(&table, "name", text_of(resource, "name"));
    add_row(&table, "for", text_of(resource, "description"));
    add_row(&table, "of backup", text_of(resource, "backup"));
    add_times(resource, &table, &value);
    add_reason(resource, &table, &value);
    add_counts(resource, &table, &value);
    add_cluster(resource, &table, &value);
    add_row(&table, "locked until", text_of(resource, "deleteLockExpireTime"));
    add_row(&table, "kept until", text_of(resource, "retainExpireTime"));
    add_labels(resource, &table, &value);
    cli_table_print(&table, "  ", out);
    add_volume_table(volumes, out);
}

/* --- many --- */

static void add_part(struct cli_table *table, const cJSON *item, unsigned number)
{
    BL_AUTO_FREE char *part = cli_gke_part(text_of(item, "name"), number);

    cli_table_add(table, part);
}

static void add_item(const struct cli_gke *what, const cJSON *item, struct cli_table *table)
{
    const char *backup = text_of(item, "backup");

    cli_table_add(table, id_of(text_of(item, "name")));
    add_part(table, item, 5);
    add_part(table, item, 3);
    cli_table_add(table, state_of(item));
    cli_table_add(table, text_of(item, "createTime"));
    if (what->kind == BL_GKE_BACKUP) {
        add_size_cell(table, count_of(item, "sizeBytes"));
        cli_table_add(table, text_of(item, "retainExpireTime"));
    } else {
        cli_table_add(table, text_of(item, "completeTime"));
        cli_table_add(table, id_of(backup));
    }
}

void cli_gke_table(const struct cli_gke *what, const cJSON *items, struct bl_strbuf *out)
{
    static const char *const of_backups[] = {"BACKUP", "PLAN", "LOCATION",  "STATE",
                                             "BEGUN",  "SIZE", "KEPT UNTIL"};
    static const char *const of_restores[] = {"RESTORE", "PLAN", "LOCATION", "STATE",
                                              "BEGUN",   "OVER", "BACKUP"};
    const char *const *heads = what->kind == BL_GKE_BACKUP ? of_backups : of_restores;
    BL_AUTO(cli_table_release) struct cli_table table = {.columns = BL_ARRAY_LEN(of_backups)};
    const cJSON *item;

    for (size_t i = 0; i < table.columns; i++)
        cli_table_add(&table, heads[i]);
    cJSON_ArrayForEach(item, items)
        add_item(what, item, &table);
    cli_table_print(&table, "", out);
}

/* --- what went wrong, and what is asked for --- */

int cli_gke_trouble(const struct cli_gke *what, const cJSON *resource, struct bl_error **err)
{
    const char *reason = text_of(resource, "stateReason"), *code = bl_gke_reason_code(resource);
    const char *hint = code ? bl_gke_reason_hint(code) : NULL;
    const char *name = text_of(resource, "name");

    if (bl_gke_state_of(what->kind, resource) != BL_GKE_FAILED)
        return bl_fail(err, BL_ERR_CONFLICT, "%s %s is %s", what->word, name, state_of(resource));
    bl_fail(err, BL_ERR_CONFLICT, "%s %s FAILED: %s%s%s%s", what->word, name,
            *reason ? reason : "the service gives no reason", code ? " (code " : "",
            code ? code : "", code ? ")" : "");
    return hint ? bl_hint(err, "%s", hint) : -1;
}

cJSON *cli_gke_body(const struct cli_gke_call *call)
{
    cJSON *body = bl_json_new_object();

    if (call->backup)
        bl_json_add_string(body, "backup", call->backup);
    if (call->description)
        bl_json_add_string(body, "description", call->description);
    if (call->retain_days)
        bl_json_add_int(body, "retainDays", call->retain_days);
    if (call->lock_days)
        bl_json_add_int(body, "deleteLockDays", call->lock_days);
    return body;
}
