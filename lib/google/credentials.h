/** Where tokens come from: one file that says who we are, or the metadata server. */
#ifndef BALLAST_GOOGLE_CREDENTIALS_H
#define BALLAST_GOOGLE_CREDENTIALS_H

#include "exchange.h"
#include "grant.h"

#define GOOGLE_SCOPE "https://www.googleapis.com/auth/cloud-platform"

/** `file` is NULL of the metadata server, as are those of another type. `json` holds secrets. */
struct bl_google_credentials {
    char *file;
    cJSON *json;
    int (*fetch)(const struct bl_google_credentials *credentials,
                 const struct bl_google_asking *asking, int64_t now, struct bl_google_grant *grant,
                 struct bl_error **err);
};
void bl_google_credentials_release(struct bl_google_credentials *credentials);

/** Reads the file, or with NULL: none, and looks at all that its type needs. */
BL_CHECK int bl_google_credentials_load(const char *file, struct bl_google_credentials *credentials,
                                        struct bl_error **err);

/** The types. check() is for what only this type has; `now` is the wall's, in seconds. */
BL_CHECK int bl_google_service_account_check(const struct bl_google_credentials *credentials,
                                             struct bl_error **err);
BL_CHECK int bl_google_service_account_fetch(const struct bl_google_credentials *credentials,
                                             const struct bl_google_asking *asking, int64_t now,
                                             struct bl_google_grant *grant, struct bl_error **err);
BL_CHECK int bl_google_external_account_check(const struct bl_google_credentials *credentials,
                                              struct bl_error **err);
BL_CHECK int bl_google_external_account_fetch(const struct bl_google_credentials *credentials,
                                              const struct bl_google_asking *asking, int64_t now,
                                              struct bl_google_grant *grant, struct bl_error **err);
BL_CHECK int bl_google_metadata_fetch(const struct bl_google_credentials *credentials,
                                      const struct bl_google_asking *asking, int64_t now,
                                      struct bl_google_grant *grant, struct bl_error **err);

#endif
