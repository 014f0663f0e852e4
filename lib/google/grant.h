/** A token that was given, and what is said of a credentials file by which none can be. */
#ifndef BALLAST_GOOGLE_GRANT_H
#define BALLAST_GOOGLE_GRANT_H

#include "ballast/json/json.h"

/** A token, and how long it lives. */
struct bl_google_grant {
    struct bl_strbuf text;
    int64_t seconds;
};

/** Fails as "credentials FILE: TEXT". Returns -1. */
int bl_google_credentials_fail(const char *file, struct bl_error **err, const char *fmt, ...)
    BL_PRINTF(3, 4);

/** Reads access_token and expires_in, a number or a text (RFC 6749, 5.1); `what` is for messages. */
BL_CHECK int bl_google_grant_read(const cJSON *answer, const char *what,
                                  struct bl_google_grant *grant, struct bl_error **err);

#endif
