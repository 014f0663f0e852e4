#include "ballast/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

static void close_cleanup(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static void closedir_cleanup(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

int bl_file_read_fd(int fd, const char *name, struct bl_strbuf *buf, struct bl_error **err)
{
    char chunk[65536];

    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return bl_fail_errno(err, "could not read %s", name);
        if (got == 0)
            return bl_strbuf_check(buf, name, err);
        bl_strbuf_add(buf, chunk, (size_t)got);
        if (buf->overflowed)
            return bl_strbuf_check(buf, name, err);
    }
}

int bl_file_read(const char *path, struct bl_strbuf *buf, struct bl_error **err)
{
    if (strcmp(path, "-") == 0)
        return bl_file_read_fd(STDIN_FILENO, "standard input", buf, err);

    BL_AUTO(close_cleanup) int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return bl_fail_errno(err, "could not open %s", path);
    return bl_file_read_fd(fd, path, buf, err);
}

int bl_file_write_fd(int fd, const char *name, const char *text, size_t len, struct bl_error **err)
{
    while (len) {
        ssize_t put = write(fd, text, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return bl_fail_errno(err, "could not write %s", name);
        text += put;
        len -= (size_t)put;
    }
    return 0;
}

static int write_and_rename(int fd, const char *temp, const char *path, const char *text,
                            size_t len, bool secret, struct bl_error **err)
{
    struct stat old;

    if (bl_file_write_fd(fd, temp, text, len, err) < 0)
        return -1;
    if (!secret && stat(path, &old) == 0 && fchmod(fd, old.st_mode & 07777) < 0)
        return bl_fail_errno(err, "could not set the mode of %s", temp);
    if (fsync(fd) < 0)
        return bl_fail_errno(err, "could not write %s", temp);
    if (rename(temp, path) < 0)
        return bl_fail_errno(err, "could not replace %s", path);
    return 0;
}

/* Not mkstemp: a new file gets the mode that the umask leaves, an old one's text is never more open. */
static int create_beside(const char *target, bool secret, char **ret_temp)
{
    mode_t mode = secret || access(target, F_OK) == 0 ? 0600 : 0666;
    int fd = -1;

    for (unsigned attempt = 0; fd < 0 && attempt < 100; attempt++) {
        free(*ret_temp);
        *ret_temp = bl_asprintf("%s.%ld-%u", target, (long)getpid(), attempt);
        fd = open(*ret_temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

static int replace(const char *path, const char *text, size_t len, bool secret,
                   struct bl_error **err)
{
    BL_AUTO_FREE char *real = realpath(path, NULL);
    const char *target = real ? real : path;
    BL_AUTO_FREE char *temp = NULL;
    BL_AUTO(close_cleanup) int fd = create_beside(target, secret, &temp);

    if (fd < 0)
        return bl_fail_errno(err, "could not create a file beside %s", target);
    if (write_and_rename(fd, temp, target, text, len, secret, err) < 0) {
        unlink(temp);
        return -1;
    }
    return 0;
}

int bl_file_replace(const char *path, const char *text, size_t len, struct bl_error **err)
{
    return replace(path, text, len, false, err);
}

int bl_file_replace_secret(const char *path, const char *text, size_t len, struct bl_error **err)
{
    return replace(path, text, len, true, err);
}

static void paths_push(struct bl_paths *paths, const char *path)
{
    *BL_PUSH(paths) = bl_strdup(path);
}

static bool has_suffix(const char *path, const char *const *suffixes)
{
    for (; *suffixes; suffixes++)
        if (bl_text_ends(path, *suffixes))
            return true;
    return false;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A folder on the way down. */
struct folder {
    const struct folder *above; /* NULL: the first one */
    dev_t device;
    ino_t inode;
    unsigned depth;
};

struct walk {
    struct bl_paths *paths;
    const char *const *suffixes;
};

static int compare_errors(const void *a, const void *b)
{
    return strcmp(bl_error_text(*(struct bl_error *const *)a),
                  bl_error_text(*(struct bl_error *const *)b));
}

static int add_folder(const struct walk *walk, const char *path, const struct folder *folder,
                      struct bl_error **err);

/* Takes the error. */
static void skip(const struct walk *walk, struct bl_error **err)
{
    *BL_PUSH(&walk->paths->skipped) = *err;
    *err = NULL;
}

static bool leads_back(const struct folder *folder, const struct stat *info)
{
    for (; folder; folder = folder->above)
        if (folder->device == info->st_dev && folder->inode == info->st_ino)
            return true;
    return false;
}

static int add_entry(const struct walk *walk, const char *path, const struct folder *above,
                     struct bl_error **err)
{
    struct stat info;

    if (stat(path, &info) < 0) {
        bool nowhere = errno == ELOOP || errno == ENOENT;

        (void)bl_fail_errno(err, "could not open %s", path);
        if (!nowhere)
            return -1;
        skip(walk, err);
        return 0;
    }
    if (S_ISDIR(info.st_mode) && leads_back(above, &info)) {
        (void)bl_fail(err, BL_ERR_INVALID, "%s leads back to a folder above it", path);
        skip(walk, err);
        return 0;
    }
    if (S_ISDIR(info.st_mode)) {
        const struct folder folder = {above, info.st_dev, info.st_ino, above->depth + 1};

        return add_folder(walk, path, &folder, err);
    }
    if (S_ISREG(info.st_mode) && has_suffix(path, walk->suffixes))
        paths_push(walk->paths, path);
    return 0;
}

static int add_folder(const struct walk *walk, const char *path, const struct folder *folder,
                      struct bl_error **err)
{
    BL_AUTO(closedir_cleanup) DIR *dir = opendir(path);

    if (!dir)
        return bl_fail_errno(err, "could not open folder %s", path);
    if (folder->depth > 32)
        return bl_fail(err, BL_ERR_TOO_LARGE, "folders are nested too deeply at %s", path);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;

        const char *slash = bl_text_ends(path, "/") ? "" : "/";
        BL_AUTO_FREE char *inner = bl_asprintf("%s%s%s", path, slash, entry->d_name);
        if (add_entry(walk, inner, folder, err) < 0)
            return -1;
    }
    return 0;
}

const char *bl_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

char *bl_path_beside(const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');

    if (path[0] == '/' || !slash)
        return bl_strdup(path);
    return bl_asprintf("%.*s/%s", (int)(slash - file), file, path);
}

int bl_paths_add(struct bl_paths *paths, const char *path, const char *const *suffixes,
                 struct bl_error **err)
{
    size_t first = paths->len;
    struct stat info;

    if (strcmp(path, "-") == 0) {
        paths_push(paths, path);
        return 0;
    }
    if (stat(path, &info) < 0)
        return bl_fail_errno(err, "could not open %s", path);
    if (!S_ISDIR(info.st_mode)) {
        paths_push(paths, path);
        return 0;
    }
    const struct walk walk = {paths, suffixes};
    const struct folder folder = {NULL, info.st_dev, info.st_ino, 0};
    if (add_folder(&walk, path, &folder, err) < 0)
        return -1;
    if (paths->len > first)
        qsort(paths->items + first, paths->len - first, sizeof(char *), compare_paths);
    if (paths->skipped.len)
        qsort(paths->skipped.items, paths->skipped.len, sizeof(struct bl_error *), compare_errors);
    return 0;
}

int bl_paths_check(const struct bl_paths *paths, struct bl_error **err)
{
    const struct bl_error *first = paths->skipped.len ? paths->skipped.items[0] : NULL;

    return first ? bl_fail(err, bl_error_code(first), "%s", bl_error_text(first)) : 0;
}

void bl_paths_release(struct bl_paths *paths)
{
    for (size_t i = 0; i < paths->len; i++)
        free(paths->items[i]);
    for (size_t i = 0; i < paths->skipped.len; i++)
        bl_error_free(paths->skipped.items[i]);
    free(paths->skipped.items);
    free(paths->items);
    *paths = (struct bl_paths){0};
}

static int remove_one(const char *path, const struct stat *info BL_UNUSED, int kind BL_UNUSED,
                      struct FTW *place BL_UNUSED)
{
    return remove(path);
}

void bl_file_remove_tree(const char *path)
{
    if (path)
        (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
