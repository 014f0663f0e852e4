#include "ballast/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
                            size_t len, struct bl_error **err)
{
    struct stat old;

    if (bl_file_write_fd(fd, temp, text, len, err) < 0)
        return -1;
    if (stat(path, &old) == 0 && fchmod(fd, old.st_mode & 07777) < 0)
        return bl_fail_errno(err, "could not set the mode of %s", temp);
    if (fsync(fd) < 0)
        return bl_fail_errno(err, "could not write %s", temp);
    if (rename(temp, path) < 0)
        return bl_fail_errno(err, "could not replace %s", path);
    return 0;
}

/* Not mkstemp: a new file gets the mode that the umask leaves, an old one's text is never more open. */
static int create_beside(const char *target, char **ret_temp)
{
    mode_t mode = access(target, F_OK) == 0 ? 0600 : 0666;
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

int bl_file_replace(const char *path, const char *text, size_t len, struct bl_error **err)
{
    BL_AUTO_FREE char *real = realpath(path, NULL);
    const char *target = real ? real : path;
    BL_AUTO_FREE char *temp = NULL;
    BL_AUTO(close_cleanup) int fd = create_beside(target, &temp);

    if (fd < 0)
        return bl_fail_errno(err, "could not create a file beside %s", target);
    if (write_and_rename(fd, temp, target, text, len, err) < 0) {
        unlink(temp);
        return -1;
    }
    return 0;
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

static int add_folder(struct bl_paths *paths, const char *folder, const char *const *suffixes,
                      unsigned depth, struct bl_error **err);

static int add_entry(struct bl_paths *paths, const char *path, const char *const *suffixes,
                     unsigned depth, struct bl_error **err)
{
    struct stat info;

    if (stat(path, &info) < 0)
        return bl_fail_errno(err, "could not open %s", path);
    if (S_ISDIR(info.st_mode))
        return add_folder(paths, path, suffixes, depth + 1, err);
    if (S_ISREG(info.st_mode) && has_suffix(path, suffixes))
        paths_push(paths, path);
    return 0;
}

static int add_folder(struct bl_paths *paths, const char *folder, const char *const *suffixes,
                      unsigned depth, struct bl_error **err)
{
    BL_AUTO(closedir_cleanup) DIR *dir = opendir(folder);

    if (!dir)
        return bl_fail_errno(err, "could not open folder %s", folder);
    /* A link that leads back to a folder above would be followed for ever. */
    if (depth > 32)
        return bl_fail(err, BL_ERR_TOO_LARGE, "folders are nested too deeply at %s", folder);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;

        const char *slash = bl_text_ends(folder, "/") ? "" : "/";
        BL_AUTO_FREE char *path = bl_asprintf("%s%s%s", folder, slash, entry->d_name);
        if (add_entry(paths, path, suffixes, depth, err) < 0)
            return -1;
    }
    return 0;
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
    if (add_folder(paths, path, suffixes, 0, err) < 0)
        return -1;
    if (paths->len > first)
        qsort(paths->items + first, paths->len - first, sizeof(char *), compare_paths);
    return 0;
}

void bl_paths_release(struct bl_paths *paths)
{
    for (size_t i = 0; i < paths->len; i++)
        free(paths->items[i]);
    free(paths->items);
    *paths = (struct bl_paths){0};
}
