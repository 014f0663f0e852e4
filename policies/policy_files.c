#include <string.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "policy.h"

/* Where policies come from: files, folders of them, and the bundles that we ship. */

static const char *const suffixes[] = {".yaml", ".yml", ".json", NULL};

int bl_policy_set_add_text(struct bl_policy_set *set, const char *name, const char *text,
                           size_t len, struct bl_error **err)
{
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;
    size_t before = set->len;

    bl_yaml_stream_init(&stream, text, len);
    while (bl_yaml_next(&stream, &segment)) {
        BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;

        if (bl_yaml_parse(name, &segment, &doc, err) < 0)
            return -1;
        if (!bl_json_is_null(bl_yaml_doc_root(doc)) &&
            bl_policy_set_add(set, name, doc, bl_yaml_doc_root(doc), err) < 0)
            return -1;
    }
    if (set->len == before)
        return bl_fail(err, BL_ERR_INVALID, "%s: there is no policy in this file", name);
    return 0;
}

static int read_file(struct bl_policy_set *set, const char *path, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_POLICY_MAX_BYTES);
    const char *name = strcmp(path, "-") == 0 ? "<stdin>" : path;

    if (bl_file_read(path, &text, err) < 0)
        return -1;
    return bl_policy_set_add_text(set, name, text.text, text.len, err);
}

/* A bundle by its name: installed, or in the tree that the program was built from. */
static char *find_bundle(const char *name)
{
    static const char *const folders[] = {BALLAST_DATADIR "/policies", BALLAST_SOURCE_POLICIES};

    for (size_t i = 0; i < BL_ARRAY_LEN(folders); i++) {
        BL_AUTO_FREE char *path = bl_asprintf("%s/%s.yaml", folders[i], name);

        if (access(path, R_OK) == 0)
            return BL_STEAL(path);
    }
    return NULL;
}

static bool is_bundle(const char *name)
{
    static const char *const bundles[] = {"default", "strict", "audit", "managed", NULL};

    return bl_text_in(name, bundles) && access(name, F_OK) != 0;
}

int bl_policy_paths(struct bl_paths *paths, const char *name, struct bl_error **err)
{
    BL_AUTO_FREE char *bundle = is_bundle(name) ? find_bundle(name) : NULL;
    size_t before = paths->len;

    if (is_bundle(name) && !bundle) {
        bl_fail(err, BL_ERR_NOT_FOUND, "the bundle \"%s\" is not installed in %s", name,
                BALLAST_DATADIR "/policies");
        return bl_hint(err, "Name a policy file instead.");
    }
    if (bl_paths_add(paths, bundle ? bundle : name, suffixes, err) < 0 ||
        bl_paths_check(paths, err) < 0)
        return -1;
    if (paths->len == before) {
        bl_fail(err, BL_ERR_NOT_FOUND, "%s: there is no policy file in this folder", name);
        return bl_hint(err, "Policy files end in .yaml, .yml or .json.");
    }
    return 0;
}

int bl_policy_set_read(struct bl_policy_set *set, const char *name, struct bl_error **err)
{
    BL_AUTO(bl_paths_release) struct bl_paths paths = {0};

    if (bl_policy_paths(&paths, name, err) < 0)
        return -1;
    for (size_t i = 0; i < paths.len; i++)
        if (read_file(set, paths.items[i], err) < 0)
            return -1;
    bl_policy_set_sort(set);
    return 0;
}
