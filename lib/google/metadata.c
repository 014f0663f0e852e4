#include "ballast/google/metadata.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/token.h"
#include "credentials.h"

#define HOST "metadata.google.internal"
#define FLAVOR "Metadata-Flavor: Google"
#define TOKEN "instance/service-accounts/default/token"
#define ANSWER_MAX ((size_t)1 << 10)

/* GCE_METADATA_HOST, or what it was called before. */
static const char *metadata_host(void)
{
    const char *host = getenv("GCE_METADATA_HOST");

    if (!host || !*host)
        host = getenv("GCE_METADATA_ROOT");
    return host && *host ? host : HOST;
}

/* `path` is below computeMetadata/v1. */
static int ask(const struct bl_google_asking *asking, const char *path, struct bl_strbuf *answer,
               struct bl_error **err)
{
    static const char *const headers[] = {FLAVOR, NULL};
    const char *host = metadata_host();
    BL_AUTO_FREE char *url = bl_asprintf("http://%s/computeMetadata/v1/%s", host, path);
    struct bl_google_question question = {
        .what = "metadata server", .url = url, .headers = headers, .direct = true};

    if (strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") !=
        strlen(host)) {
        bl_fail(err, BL_ERR_INVALID, "GCE_METADATA_HOST is no host");
        return bl_hint(err, "It is HOST or HOST:PORT, without a scheme.");
    }
    if (bl_google_ask(asking, &question, answer, err) == 0)
        return 0;
    if (!bl_error_status(*err))
        return bl_hint(err, "Outside of Google Cloud, let GOOGLE_APPLICATION_CREDENTIALS name a "
                            "credentials file.");
    if (bl_error_status(*err) == 404 && strcmp(path, TOKEN) == 0)
        return bl_hint(err, "The pod or node has no service account: see Workload Identity "
                            "Federation for GKE.");
    return -1;
}

int bl_google_metadata_fetch(const struct bl_google_credentials *credentials BL_UNUSED,
                             const struct bl_google_asking *asking, int64_t now BL_UNUSED,
                             struct bl_google_grant *grant, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX);
    BL_AUTO(bl_json_wipe) cJSON *answer = NULL;
    BL_ERROR(unreadable);

    if (ask(asking, TOKEN, &text, err) < 0)
        return -1;
    if (bl_json_parse(text.text, text.len, &answer, &unreadable) < 0)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "metadata server: the answer is no JSON");
    return bl_google_grant_read(answer, "metadata server", grant, err);
}

void bl_google_place_release(struct bl_google_place *place)
{
    free(place->project);
    free(place->location);
    free(place->cluster);
    *place = (struct bl_google_place){0};
}

static int ask_word(const struct bl_google_asking *asking, const char *path, char **ret_word,
                    struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX);

    if (ask(asking, path, &text, err) < 0)
        return bl_wrap(err, "%s", path);
    bl_strbuf_trim(&text);
    /* A captive portal answers as well, in HTML. */
    if (!text.len || text.len > ANSWER_MAX || strpbrk(text.text, "/<> \n"))
        return bl_fail(err, BL_ERR_UNAVAILABLE, "metadata server: %s is no name", path);
    *ret_word = bl_strbuf_take(&text);
    return 0;
}

static int ask_project(const struct bl_google_asking *asking, char **ret_project,
                       struct bl_error **err)
{
    return ask_word(asking, "project/project-id", ret_project, err);
}

int bl_google_metadata_project(const struct bl_stop *stop, bl_nsec pace, char **ret_project,
                               struct bl_error **err)
{
    struct bl_google_asking asking = {.stop = stop, .pace = pace ? pace : BL_NSEC_S};

    return ask_project(&asking, ret_project, err);
}

int bl_google_metadata_place(const struct bl_stop *stop, bl_nsec pace,
                             struct bl_google_place *ret_place, struct bl_error **err)
{
    struct bl_google_asking asking = {.stop = stop, .pace = pace ? pace : BL_NSEC_S};
    BL_AUTO(bl_google_place_release) struct bl_google_place place = {0};

    if (ask_project(&asking, &place.project, err) < 0 ||
        ask_word(&asking, "instance/attributes/cluster-location", &place.location, err) < 0 ||
        ask_word(&asking, "instance/attributes/cluster-name", &place.cluster, err) < 0)
        return -1;
    *ret_place = (struct bl_google_place){.project = BL_STEAL(place.project),
                                          .location = BL_STEAL(place.location),
                                          .cluster = BL_STEAL(place.cluster)};
    return 0;
}
