/**
 * The files of a kubeconfig, and finding something by its name in them.
 *
 * Where several files name the same thing the first one has it, whole, as kubectl does.
 */
#ifndef BALLAST_KUBE_KUBECONFIG_H
#define BALLAST_KUBE_KUBECONFIG_H

#include "ballast/json/yaml.h"

/** Largest kubeconfig; certificates of a hundred clusters stay far below. */
#define KUBECONFIG_MAX ((size_t)4 << 20)

struct bl_kubeconfig_file {
    char *path;
    char *folder;          /* that its relative paths are relative to */
    struct bl_strbuf text; /* secret */
    struct bl_yaml_doc *doc;
};

struct bl_kubeconfig {
    struct bl_kubeconfig_file *items;
    size_t len, cap;
};

/** From `path`, or KUBECONFIG, or ~/.kube/config. */
BL_CHECK int bl_kubeconfig_read(struct bl_kubeconfig *files, const char *path,
                                struct bl_error **err);
/** Adds one text, as if it stood in `path`; takes it. */
BL_CHECK int bl_kubeconfig_add(struct bl_kubeconfig *files, const char *path,
                               struct bl_strbuf *text, struct bl_error **err);
void bl_kubeconfig_release(struct bl_kubeconfig *files);

/** The first current-context that is not empty; NULL: none. */
const char *bl_kubeconfig_current(const struct bl_kubeconfig *files);

/** What a name of a list ("clusters", "users", "contexts") stands for. */
struct bl_kubeconfig_entry {
    const struct bl_kubeconfig_file *file;
    const cJSON *value; /* or NULL where the entry has nothing but a name */
};
bool bl_kubeconfig_find(const struct bl_kubeconfig *files, const char *list, const char *key,
                        const char *name, struct bl_kubeconfig_entry *ret_entry);
/** Appends the names that a list has: "a, b". */
void bl_kubeconfig_names(const struct bl_kubeconfig *files, const char *list,
                         struct bl_strbuf *out);

#endif
