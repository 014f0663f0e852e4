/* Speaks to Google's APIs by the library's own calls, for run.py: one call, and its outcome as JSON on standard output.
 *
 *   ballast-google CALL [ARGUMENT...]
 *
 * ENDPOINT says where the APIs are. What fails is on standard error, as JSON too, and the status is 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/backup.h"
#include "ballast/google/metadata.h"
#include "ballast/google/operation.h"

/* What a second between tries and polls is. */
#define PACE (BL_NSEC_MS / 20)
#define TEXT_MAX ((size_t)16 << 20)
#define NAME_MAX_LEN ((size_t)1024)

static struct bl_google_tokens *tokens;
static struct bl_google_client *client;

static const struct {
    const char *word;
    enum bl_gke_kind kind;
} kinds[] = {
    {"BackupPlan", BL_GKE_BACKUP_PLAN},
    {"Backup", BL_GKE_BACKUP},
    {"VolumeBackup", BL_GKE_VOLUME_BACKUP},
    {"RestorePlan", BL_GKE_RESTORE_PLAN},
    {"Restore", BL_GKE_RESTORE},
    {"VolumeRestore", BL_GKE_VOLUME_RESTORE},
};

static enum bl_gke_kind kind_of(const char *word)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].word, word) == 0)
            return kinds[i].kind;
    fprintf(stderr, "no kind %s\n", word);
    exit(2);
}

static void show(FILE *stream, const cJSON *value)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(TEXT_MAX);

    bl_json_write(&text, value);
    fprintf(stream, "%s\n", text.text);
}

static void show_text(const char *text)
{
    BL_AUTO_JSON cJSON *value = text ? bl_json_new_string(text) : cJSON_CreateNull();

    show(stdout, value);
}

static cJSON *read_json(const char *text)
{
    cJSON *value = NULL;
    BL_ERROR(err);

    if (bl_json_parse(text, strlen(text), &value, &err) < 0) {
        fprintf(stderr, "%s\n", bl_error_text(err));
        exit(2);
    }
    return value;
}

static const char *optional(const char *word)
{
    return strcmp(word, "-") == 0 ? NULL : word;
}

/* --- calls; each has as many words as its table says --- */

static int do_token(char **words BL_UNUSED, struct bl_error **err)
{
    BL_AUTO(bl_google_token_release) struct bl_google_token token = BL_GOOGLE_TOKEN_INIT;

    if (bl_google_token_get(tokens, NULL, &token, err) < 0)
        return -1;
    show_text(token.text.text);
    return 0;
}

static int do_place(char **words BL_UNUSED, struct bl_error **err)
{
    BL_AUTO(bl_google_place_release) struct bl_google_place place = {0};
    BL_AUTO(bl_stop_cleanup) struct bl_stop *stop = NULL;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf name = BL_STRBUF_INIT(NAME_MAX_LEN);

    if (bl_stop_new(&stop, err) < 0 || bl_google_metadata_place(stop, PACE, &place, err) < 0 ||
        bl_gke_cluster_name(&name, place.project, place.location, place.cluster, err) < 0)
        return -1;
    show_text(name.text);
    return 0;
}

static int do_cluster(char **words, struct bl_error **err)
{
    struct bl_gke_cluster cluster = {0};
    BL_AUTO_JSON cJSON *out = bl_json_new_object();

    if (bl_gke_cluster_get(client, words[0], &cluster, err) < 0)
        return -1;
    bl_json_add_bool(out, "running", cluster.running);
    bl_json_add_bool(out, "backupAgent", cluster.backup_agent);
    show(stdout, out);
    return 0;
}

static int do_get(char **words, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *found = NULL;

    if (bl_gke_get(client, kind_of(words[0]), words[1], &found, err) < 0)
        return -1;
    show(stdout, found);
    return 0;
}

static int do_create(char **words, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *body = read_json(words[3]);
    BL_AUTO_FREE char *operation = NULL;

    if (bl_gke_create(client, kind_of(words[0]), words[1], words[2], body, &operation, err) < 0)
        return -1;
    show_text(operation);
    return 0;
}

static int do_patch(char **words, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *body = read_json(words[4]);
    struct bl_google_patch patch = {
        .name = words[1], .mask = words[2], .etag = words[3], .body = body};
    BL_AUTO_FREE char *operation = NULL;

    if (bl_gke_patch(client, kind_of(words[0]), &patch, &operation, err) < 0)
        return -1;
    show_text(operation);
    return 0;
}

static int do_delete(char **words, struct bl_error **err)
{
    struct bl_google_delete how = {
        .name = words[1], .etag = optional(words[2]), .force = strcmp(words[3], "force") == 0};
    BL_AUTO_FREE char *operation = NULL;

    if (bl_gke_delete(client, kind_of(words[0]), &how, &operation, err) < 0)
        return -1;
    show_text(operation);
    return 0;
}

static int do_list(char **words, struct bl_error **err)
{
    BL_AUTO(bl_strings_release) struct bl_strings unreachable = {0};
    BL_AUTO_JSON cJSON *out = bl_json_new_object(), *items = NULL;

    if (bl_gke_list(client, kind_of(words[0]), words[1], NULL, &items, &unreachable, err) < 0)
        return -1;
    bl_json_add(out, "items", BL_STEAL(items));
    bl_json_add_strings(out, "unreachable", &unreachable);
    show(stdout, out);
    return 0;
}

static int do_operation(char **words, struct bl_error **err)
{
    static const char *const states[] = {"?", "running", "done", "failed"};
    BL_AUTO(bl_google_operation_release) struct bl_google_operation operation = {0};

    if (bl_google_operation_get(client, words[0], &operation, err) < 0)
        return -1;
    show_text(states[operation.state]);
    return 0;
}

static int do_wait(char **words, struct bl_error **err)
{
    if (bl_google_operation_wait(client, words[0], NULL, NULL, err) < 0)
        return -1;
    show_text("done");
    return 0;
}

struct awaited {
    enum bl_gke_kind kind;
    const char *name;
};

static int look(void *context, bool *ret_over, struct bl_error **err)
{
    const struct awaited *awaited = context;
    BL_AUTO_JSON cJSON *found = NULL;

    if (bl_gke_get(client, awaited->kind, awaited->name, &found, err) < 0)
        return -1;
    *ret_over = bl_gke_state_is_final(bl_gke_state_of(awaited->kind, found));
    if (*ret_over)
        show(stdout, found);
    return 0;
}

static int do_await(char **words, struct bl_error **err)
{
    struct awaited awaited = {kind_of(words[0]), words[1]};

    return bl_google_poll(client, look, &awaited, 0, err);
}

/* Is each of these states known? */
static int do_states(char **words, struct bl_error **err BL_UNUSED)
{
    BL_AUTO_JSON cJSON *texts = read_json(words[1]), *out = bl_json_new_object();
    const cJSON *text;

    cJSON_ArrayForEach(text, texts) {
        BL_AUTO_JSON cJSON *resource = bl_json_new_object();

        bl_json_add_string(resource, "state", text->valuestring);
        bl_json_add_bool(out, text->valuestring,
                         bl_gke_state_of(kind_of(words[0]), resource) != BL_GKE_UNKNOWN);
    }
    show(stdout, out);
    return 0;
}

static void add_enum(cJSON *out, const char *name, const char *const *texts)
{
    cJSON *list = bl_json_add_array(out, name);

    for (; *texts; texts++)
        bl_json_push(list, bl_json_new_string(*texts));
}

static int do_enums(char **words BL_UNUSED, struct bl_error **err BL_UNUSED)
{
    BL_AUTO_JSON cJSON *out = bl_json_new_object();

    add_enum(out, "volumeDataRestorePolicy", bl_gke_volume_policies);
    add_enum(out, "clusterResourceConflictPolicy", bl_gke_conflict_policies);
    add_enum(out, "namespacedResourceRestoreMode", bl_gke_restore_modes);
    add_enum(out, "op", bl_gke_rule_ops);
    show(stdout, out);
    return 0;
}

static const struct {
    const char *name;
    int words;
    int (*call)(char **words, struct bl_error **err);
} calls[] = {
    {"token", 0, do_token},   {"place", 0, do_place},   {"cluster", 1, do_cluster},
    {"get", 2, do_get},       {"create", 4, do_create}, {"patch", 5, do_patch},
    {"delete", 4, do_delete}, {"list", 2, do_list},     {"operation", 1, do_operation},
    {"wait", 1, do_wait},     {"await", 2, do_await},   {"states", 2, do_states},
    {"enums", 0, do_enums},
};

static int fail(const struct bl_error *err)
{
    BL_AUTO_JSON cJSON *out = bl_json_new_object();

    bl_json_add_string(out, "text", bl_error_text(err));
    bl_json_add_string(out, "hint", bl_error_hint(err) ? bl_error_hint(err) : "");
    bl_json_add_int(out, "code", bl_error_code(err));
    bl_json_add_string(out, "status", bl_error_reason(err) ? bl_error_reason(err) : "");
    bl_json_add_int(out, "http", bl_error_status(err));
    bl_json_add_int(out, "wait",
                    bl_error_retry_after(err) < 0 ? -1 : bl_error_retry_after(err) / BL_NSEC_S);
    show(stderr, out);
    return 1;
}

static int run(int argc, char **argv, struct bl_error **err)
{
    struct bl_google_tokens_options token_options = {.pace = PACE};
    struct bl_google_options options = {.endpoint = getenv("ENDPOINT"), .tries = 3, .pace = PACE};

    if (bl_google_tokens_new(&token_options, &tokens, err) < 0 ||
        bl_google_client_new(tokens, &options, &client, err) < 0)
        return -1;
    for (size_t i = 0; i < BL_ARRAY_LEN(calls); i++)
        if (strcmp(calls[i].name, argv[1]) == 0 && argc == calls[i].words + 2)
            return calls[i].call(argv + 2, err);
    return bl_fail(err, BL_ERR_INVALID, "no call %s with %d words", argv[1], argc - 2);
}

int main(int argc, char **argv)
{
    BL_ERROR(err);
    int rc;

    if (argc < 2 || !getenv("ENDPOINT"))
        return 2;
    rc = run(argc, argv, &err) < 0 ? fail(err) : 0;
    bl_google_client_free(client);
    bl_google_tokens_free(tokens);
    return rc;
}
