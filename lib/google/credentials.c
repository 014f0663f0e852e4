#include "credentials.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define FILE_MAX ((size_t)256 << 10)

void bl_google_credentials_release(struct bl_google_credentials *credentials)
{
    free(credentials->file);
    bl_json_wipe(&credentials->json);
    *credentials = (struct bl_google_credentials){0};
}

static const struct type {
    const char *name;
    int (*check)(const struct bl_google_credentials *credentials, struct bl_error **err);
    int (*fetch)(const struct bl_google_credentials *credentials,
                 const struct bl_google_asking *asking, int64_t now, struct bl_google_grant *grant,
                 struct bl_error **err);
} types[] = {
    {"service_account", bl_google_service_account_check, bl_google_service_account_fetch},
    {"external_account", bl_google_external_account_check, bl_google_external_account_fetch},
};

/* Elsewhere than in Google's own universe other rules hold. */
static int check_universe(const struct bl_google_credentials *credentials, struct bl_error **err)
{
    const char *universe = bl_json_string(credentials->json, "universe_domain");

    if (!universe || strcmp(universe, "googleapis.com") == 0)
        return 0;
    return bl_google_credentials_fail(credentials->file, err,
                                      "universe_domain \"%.100s\" is not supported", universe);
}

static int set_type(struct bl_google_credentials *credentials, struct bl_error **err)
{
    const char *type = bl_json_string(credentials->json, "type");

    for (size_t i = 0; i < BL_ARRAY_LEN(types); i++)
        if (bl_text_eq(type, types[i].name)) {
            credentials->fetch = types[i].fetch;
            return types[i].check(credentials, err);
        }
    bl_google_credentials_fail(credentials->file, err, "type \"%.100s\" is not supported",
                               type ? type : "");
    return bl_hint(err, "It must be service_account or external_account.");
}

int bl_google_credentials_load(const char *file, struct bl_google_credentials *credentials,
                               struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(FILE_MAX);
    BL_AUTO(bl_google_credentials_release) struct bl_google_credentials fresh = {0};
    BL_ERROR(unreadable);

    if (file) {
        if (bl_file_read(file, &text, err) < 0) {
            bl_wrap(err, "could not read credentials");
            return bl_hint(err,
                           "GOOGLE_APPLICATION_CREDENTIALS must name a file that we may read.");
        }
        fresh.file = bl_strdup(file);
        /* What the parser says may quote the key. */
        if (bl_json_parse(text.text, text.len, &fresh.json, &unreadable) < 0)
            return bl_google_credentials_fail(file, err, "is no JSON");
        if (set_type(&fresh, err) < 0 || check_universe(&fresh, err) < 0)
            return -1;
    } else {
        fresh.fetch = bl_google_metadata_fetch;
    }
    *credentials = fresh;
    fresh = (struct bl_google_credentials){0};
    return 0;
}
