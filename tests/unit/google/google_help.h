/** Files, clocks and token sources of tests. */
#ifndef BALLAST_TEST_GOOGLE_HELP_H
#define BALLAST_TEST_GOOGLE_HELP_H

#include <string.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/token.h"
#include "clock_help.h"
#include "fakekube.h"
#include "json_help.h"
#include "unit.h"

/** A temporary file with this text, in which ' stands for ". Its path is for help_unlink(). */
static inline char *help_file(const char *text)
{
    char path[] = "/tmp/ballast-google-XXXXXX";
    BL_AUTO_FREE char *copy = bl_strdup(text);
    int fd = mkstemp(path);
    BL_ERROR(err);

    help_swap(copy, '\'', '"');
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bl_file_write_fd(fd, path, copy, strlen(copy), &err), 0);
    close(fd);
    return bl_strdup(path);
}

static inline void help_unlink(char **path)
{
    if (*path)
        unlink(*path);
    free(*path);
}

/** A source whose metadata server, where `file` is NULL, is `fake`. Nothing waits long. */
static inline struct bl_google_tokens *help_tokens(const struct fakekube *fake,
                                                   const struct bl_clock *clock, const char *file)
{
    struct bl_google_tokens_options options = {
        .clock = clock, .credentials = file, .pace = BL_NSEC_MS / 10};
    struct bl_google_tokens *tokens = NULL;
    BL_ERROR(err);

    unsetenv("GOOGLE_APPLICATION_CREDENTIALS");
    setenv("GCE_METADATA_HOST", fakekube_url(fake) + strlen("http://"), 1);
    if (bl_google_tokens_new(&options, &tokens, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    return tokens;
}

/** An answer with a token of an hour. */
#define HELP_GRANT(token)                                                                 \
    (&(struct fake_answer){.status = 200,                                                 \
                           .body = "{\"access_token\":\"" token "\",\"expires_in\":3600," \
                                   "\"token_type\":\"Bearer\"}"})

#endif
