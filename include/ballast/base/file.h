/**
 * Whole files, read within a limit and written so that a crash never leaves half of one.
 */
#ifndef BALLAST_BASE_FILE_H
#define BALLAST_BASE_FILE_H

#include "ballast/base/strbuf.h"

/** Appends the file to `buf`, whose limit is the most that is read. "-" is standard input. */
BL_CHECK int bl_file_read(const char *path, struct bl_strbuf *buf, struct bl_error **err);

/** As bl_file_read, from an open descriptor; `name` is for messages. */
BL_CHECK int bl_file_read_fd(int fd, const char *name, struct bl_strbuf *buf,
                             struct bl_error **err);

/**
 * Writes beside `path` and renames over it, so that readers see the old or the new text and a full
 * disk loses nothing. An existing file keeps its mode, a new one gets what the umask leaves; a symbolic
 * link is followed to the real file.
 */
BL_CHECK int bl_file_replace(const char *path, const char *text, size_t len, struct bl_error **err);
/** The same for what its owner alone may read: the mode is 0600, whatever an older file had. */
BL_CHECK int bl_file_replace_secret(const char *path, const char *text, size_t len,
                                    struct bl_error **err);

/** Writes all of it, or fails. */
BL_CHECK int bl_file_write_fd(int fd, const char *name, const char *text, size_t len,
                              struct bl_error **err);

/** Sorted paths of the regular files in a folder and below whose name ends in one of `suffixes`. */
struct bl_paths {
    char **items;
    size_t len, cap;
    struct {
        struct bl_error **items;
        size_t len, cap;
    } skipped; /* links in folders that lead nowhere, or back to a folder above */
};

/** What stands behind the last slash of a path. */
const char *bl_path_name(const char *path);
/** A path that stands in `file` and is relative to its folder. */
BL_NONNULL char *bl_path_beside(const char *file, const char *path);

/**
 * Adds `path` itself if it is a file, and the files below it if it is a folder, hidden ones and
 * folders left out (".git", "..data" of a mounted ConfigMap; its files are links and are read). A link in
 * a folder that leads nowhere or in a circle is skipped.
 */
BL_CHECK int bl_paths_add(struct bl_paths *paths, const char *path, const char *const *suffixes,
                          struct bl_error **err);
/** Fails with the first that was skipped: for whom each file counts. */
BL_CHECK int bl_paths_check(const struct bl_paths *paths, struct bl_error **err);
void bl_paths_release(struct bl_paths *paths);

/** Removes a folder with all that is in it, as far as that can be done; NULL is fine. Links are not followed. */
void bl_file_remove_tree(const char *path);

#endif
