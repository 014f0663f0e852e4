/*
 * Stands in for libFuzzer where we build without it: runs the target once on every file of each corpus
 * folder named, so that what the fuzzer found once is checked at every run, by any compiler.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *current;

/* Names the input on the way down: an assertion or a sanitizer says what, not on which file. */
static void say_current(void)
{
    if (current)
        fprintf(stderr, "replay: stopped in %s\n", current);
}

static void die(const char *path)
{
    fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
    current = NULL;
    exit(2);
}

/* The copy has exactly the input's size, so that AddressSanitizer sees one byte read too many. */
static void replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size ? size : 1);

    if (!file || !data || fread(data, 1, size, file) != size)
        die(path);
    fclose(file);

    if (getenv("REPLAY_VERBOSE"))
        fprintf(stderr, "replay: %s (%zu bytes)\n", path, size);
    current = path;
    (void)LLVMFuzzerTestOneInput(data, size);
    current = NULL;
    free(data);
}

static size_t replay_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    size_t replayed = 0;

    if (count < 0)
        die(folder);
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat st;

        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            if (stat(path, &st) < 0)
                die(path);
            if (S_ISDIR(st.st_mode)) {
                replayed += replay_folder(path);
            } else {
                replay_file(path, (size_t)st.st_size);
                replayed++;
            }
        }
        free(entries[i]);
    }
    free(entries);
    return replayed;
}

int main(int argc, char **argv)
{
    int rc = argc > 1 ? 0 : 2;

    if (rc)
        fprintf(stderr, "usage: %s CORPUS...\n", argv[0]);
    atexit(say_current);
    for (int i = 1; i < argc; i++) {
        size_t replayed = replay_folder(argv[i]);

        printf("%s: %zu inputs\n", argv[i], replayed);
        if (!replayed) {
            fprintf(stderr, "replay: %s is empty, so nothing was tested\n", argv[i]);
            rc = 1;
        }
    }
    return rc;
}
