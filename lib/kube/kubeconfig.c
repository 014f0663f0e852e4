#include "kubeconfig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "secret.h"

static void file_release(struct bl_kubeconfig_file *file)
{
    /* The tree is read-only to all but its end. */
    bl_secret_wipe_tree(file->doc ? bl_yaml_doc_root(file->doc) : NULL);
    bl_yaml_doc_free(file->doc);
    bl_strbuf_wipe(&file->text);
    free(file->path);
    free(file->folder);
}

void bl_kubeconfig_release(struct bl_kubeconfig *files)
{
    for (size_t i = 0; i < files->len; i++)
        file_release(&files->items[i]);
    free(files->items);
    *files = (struct bl_kubeconfig){0};
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return bl_strdup(".");
    return slash == path ? bl_strdup("/") : bl_strndup(path, (size_t)(slash - path));
}

/* kubectl reads the first document and no other. */
static int parse(struct bl_kubeconfig_file *file, struct bl_error **err)
{
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;
    const cJSON *root;

    bl_yaml_stream_init(&stream, file->text.text, file->text.len);
    if (!bl_yaml_next(&stream, &segment))
        return 0;
    if (bl_yaml_parse(file->path, &segment, &file->doc, err) < 0)
        return -1;
    root = bl_yaml_doc_root(file->doc);
    if (!bl_json_is_null(root) && !cJSON_IsObject(root))
        return bl_fail(err, BL_ERR_INVALID, "%s: this is no kubeconfig: expected a map",
                       file->path);
    return 0;
}

int bl_kubeconfig_add(struct bl_kubeconfig *files, const char *path, struct bl_strbuf *text,
                      struct bl_error **err)
{
    struct bl_kubeconfig_file *file = BL_PUSH(files);

    *file = (struct bl_kubeconfig_file){
        .path = bl_strdup(path), .folder = folder_of(path), .text = BL_STRBUF_INIT(KUBECONFIG_MAX)};
    bl_strbuf_swap(&file->text, text);
    return parse(file, err);
}

static int read_file(struct bl_kubeconfig *files, const char *path, bool may_miss,
                     struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(KUBECONFIG_MAX);
    BL_ERROR(why);

    errno = 0;
    if (bl_file_read(path, &text, &why) == 0)
        return bl_kubeconfig_add(files, path, &text, err);
    if (may_miss && errno == ENOENT)
        return 0;
    *err = BL_STEAL(why);
    return bl_wrap(err, "could not read the kubeconfig");
}

/* As kubectl: files of the list that do not exist are left out, and so are empty names. */
static int read_list(struct bl_kubeconfig *files, const char *list, struct bl_error **err)
{
    while (*list) {
        size_t len = strcspn(list, ":");
        BL_AUTO_FREE char *path = bl_strndup(list, len);

        if (len && read_file(files, path, true, err) < 0)
            return -1;
        list += len + (list[len] == ':');
    }
    if (files->len)
        return 0;
    bl_fail(err, BL_ERR_NOT_FOUND, "no file that KUBECONFIG names exists");
    return bl_hint(err, "Name a kubeconfig that does, or unset KUBECONFIG.");
}

int bl_kubeconfig_read(struct bl_kubeconfig *files, const char *path, struct bl_error **err)
{
    const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");

    if (path)
        return read_file(files, path, false, err);
    if (list && *list)
        return read_list(files, list, err);

    BL_AUTO_FREE char *usual = bl_asprintf("%s/.kube/config", home ? home : "");
    if (read_file(files, usual, true, err) < 0)
        return -1;
    if (files->len)
        return 0;
    bl_fail(err, BL_ERR_NOT_FOUND, "there is no kubeconfig: %s does not exist", usual);
    return bl_hint(err, "Name one, or set KUBECONFIG.");
}

static const cJSON *root_of(const struct bl_kubeconfig_file *file)
{
    return file->doc ? bl_yaml_doc_root(file->doc) : NULL;
}

const char *bl_kubeconfig_current(const struct bl_kubeconfig *files)
{
    for (size_t i = 0; i < files->len; i++) {
        const char *name = bl_json_string(root_of(&files->items[i]), "current-context");

        if (name && *name)
            return name;
    }
    return NULL;
}

bool bl_kubeconfig_find(const struct bl_kubeconfig *files, const char *list, const char *key,
                        const char *name, struct bl_kubeconfig_entry *ret_entry)
{
    for (size_t i = 0; i < files->len; i++) {
        const cJSON *items = bl_json_get(root_of(&files->items[i]), list), *item;

        cJSON_ArrayForEach(item, items) {
            if (!bl_text_eq(bl_json_string(item, "name"), name))
                continue;
            *ret_entry = (struct bl_kubeconfig_entry){&files->items[i], bl_json_get(item, key)};
            return true;
        }
    }
    return false;
}

void bl_kubeconfig_names(const struct bl_kubeconfig *files, const char *list, struct bl_strbuf *out)
{
    for (size_t i = 0; i < files->len; i++) {
        const cJSON *items = bl_json_get(root_of(&files->items[i]), list), *item;

        cJSON_ArrayForEach(item, items) {
            const char *name = bl_json_string(item, "name");

            if (name)
                bl_strbuf_addf(out, "%s%s", out->len ? ", " : "", name);
        }
    }
}
