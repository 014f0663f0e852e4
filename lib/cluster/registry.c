#include "ballast/cluster/registry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/http/client.h"
#include "ballast/object/image.h"

#define AT_MOST (10 * BL_NSEC_S)
#define ANSWER_MAX ((size_t)64 << 10)
#define TEXT_MAX ((size_t)16 << 10)
#define DOCKER "docker.io"
#define DOCKER_HOST "registry-1.docker.io"
#define DOCKER_AUTH "https://index.docker.io/v1/"

/* One question, and what its answers have taught. */
struct question {
    const struct bl_registry *registry;
    char *host, *path, *reference;
    struct bl_strbuf authorization; /* a header, or empty */
};

static void question_release(struct question *question)
{
    free(question->host);
    free(question->path);
    free(question->reference);
    bl_strbuf_wipe(&question->authorization);
}

static bool is_insecure(const struct bl_registry *registry, const char *host)
{
    return registry->insecure && bl_text_in(host, registry->insecure);
}

static void read_name(const char *image, struct question *question)
{
    struct bl_image parts = bl_image_parse(image);
    BL_AUTO_FREE char *path = bl_strndup(parts.path, parts.path_len);
    bool docker = !parts.registry_len || (parts.registry_len == strlen(DOCKER) &&
                                          strncmp(parts.registry, DOCKER, parts.registry_len) == 0);

    question->host =
        docker ? bl_strdup(DOCKER_HOST) : bl_strndup(parts.registry, parts.registry_len);
    question->path =
        docker && !strchr(path, '/') ? bl_asprintf("library/%s", path) : bl_strdup(path);
    question->reference = parts.digest_len ? bl_strndup(parts.digest, parts.digest_len)
                          : parts.tag_len  ? bl_strndup(parts.tag, parts.tag_len)
                                           : bl_strdup("latest");
}

/* What stands in a path as it is (distribution/reference); else it would be another path. */
static bool is_plain(const struct question *question)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:";

    return strspn(question->path, plain) == strlen(question->path) &&
           strspn(question->reference, plain) == strlen(question->reference) &&
           strspn(question->host, plain) == strlen(question->host) &&
           !strchr(question->host, '/') && !strstr(question->path, "..");
}

/* --- requests --- */

static int ask(const struct question *question, const char *origin, bool secure,
               struct bl_http_request *request, struct bl_http_response *response,
               struct bl_error **err)
{
    struct bl_http_config config = {
        .url = origin,
        .user_agent = "ballast/" BALLAST_VERSION,
        .abroad = secure,
        .timeout = question->registry->at_most ? question->registry->at_most : AT_MOST};
    BL_AUTO(bl_http_client_cleanup) struct bl_http_client *client = NULL;

    request->stop = question->registry->stop;
    if (bl_http_client_new(&config, &client, err) < 0)
        return -1;
    return bl_http_send(client, request, response, err);
}

static int head(const struct question *question, struct bl_http_response *response,
                struct bl_error **err)
{
    bool secure = !is_insecure(question->registry, question->host);
    BL_AUTO_FREE char *origin = bl_asprintf(secure ? "https://%s" : "http://%s", question->host);
    BL_AUTO_FREE char *path =
        bl_asprintf("/v2/%s/manifests/%s", question->path, question->reference);
    const char *headers[] = {"Accept: application/vnd.oci.image.index.v1+json, "
                             "application/vnd.oci.image.manifest.v1+json, "
                             "application/vnd.docker.distribution.manifest.list.v2+json, "
                             "application/vnd.docker.distribution.manifest.v2+json",
                             question->authorization.len ? question->authorization.text : NULL,
                             NULL};
    struct bl_http_request request = {.method = "HEAD", .path = path, .headers = headers};

    return ask(question, origin, secure, &request, response, err);
}

/* --- logging in --- */

/* "user:password" in base64, as the pull secret has it for this registry; NULL: it has none. */
static const char *login_of(const struct question *question)
{
    const cJSON *entry;

    BL_JSON_EACH_MEMBER(entry, question->registry->auths) {
        const char *name = entry->string;

        if (strncmp(name, "https://", strlen("https://")) == 0 && strcmp(name, DOCKER_AUTH) != 0)
            name += strlen("https://");
        if (strcmp(name, question->host) == 0 ||
            (strcmp(question->host, DOCKER_HOST) == 0 &&
             (strcmp(name, DOCKER_AUTH) == 0 || strcmp(name, DOCKER) == 0)))
            return bl_json_string(entry, "auth");
    }
    return NULL;
}

/* The value of realm="…" and its like in a challenge; NULL: it has none. For free(). */
static char *parameter(const char *challenge, const char *name)
{
    BL_AUTO_FREE char *mark = bl_asprintf("%s=\"", name);
    const char *at = strcasestr(challenge, mark);

    if (!at)
        return NULL;
    at += strlen(mark);
    return bl_strndup(at, strcspn(at, "\""));
}

static void add_query(struct bl_strbuf *path, const char *key, const char *value)
{
    bl_strbuf_addf(path, "%s%s=", strchr(path->text, '?') ? "&" : "?", key);
    for (; *value; value++)
        bl_strbuf_addf(path, "%%%02X", (unsigned)(unsigned char)*value);
}

/* A realm lies somewhere else, and is asked like any other host. */
static int fetch_token(struct question *question, const char *challenge, struct bl_error **err)
{
    BL_AUTO_FREE char *realm = parameter(challenge, "realm");
    BL_AUTO_FREE char *service = parameter(challenge, "service");
    BL_AUTO_FREE char *basic = NULL;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(TEXT_MAX);
    BL_AUTO(bl_http_response_release)
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(ANSWER_MAX);
    BL_AUTO(bl_json_wipe) cJSON *answer = NULL;
    const char *login = login_of(question), *token, *slash;
    bool secure = realm && strncmp(realm, "https://", 8) == 0;

    slash = realm ? strstr(realm, "://") : NULL;
    slash = slash ? strchr(slash + 3, '/') : NULL;
    if (!slash || (!secure && !is_insecure(question->registry, question->host)))
        return bl_fail(err, BL_ERR_UNAVAILABLE, "registry %s asks for a login that cannot be made",
                       question->host);
    BL_AUTO_FREE char *origin = bl_strndup(realm, (size_t)(slash - realm));
    BL_AUTO_FREE char *scope = bl_asprintf("repository:%s:pull", question->path);

    bl_strbuf_adds(&path, slash);
    if (service)
        add_query(&path, "service", service);
    add_query(&path, "scope", scope);
    basic = login ? bl_asprintf("Authorization: Basic %s", login) : NULL;
    const char *headers[] = {basic, NULL};
    struct bl_http_request request = {.method = "GET", .path = path.text, .headers = headers};
    if (ask(question, origin, secure, &request, &response, err) < 0)
        return -1;
    if (response.status != 200 ||
        bl_json_parse(response.body.text, response.body.len, &answer, err) < 0)
        return *err ? -1 : 0;
    token = bl_json_string(answer, "token");
    token = token ? token : bl_json_string(answer, "access_token");
    if (token)
        bl_strbuf_addf(&question->authorization, "Authorization: Bearer %s", token);
    return 0;
}

/* What there is to answer with; nothing where the challenge is of another kind. */
static int log_in(struct question *question, const char *challenge, struct bl_error **err)
{
    const char *login = login_of(question);

    if (strncasecmp(challenge, "Bearer ", strlen("Bearer ")) == 0)
        return fetch_token(question, challenge, err);
    if (strncasecmp(challenge, "Basic ", strlen("Basic ")) == 0 && login)
        bl_strbuf_addf(&question->authorization, "Authorization: Basic %s", login);
    return 0;
}

/* --- the answer --- */

static int judge(const struct question *question, int status, enum bl_image_found *ret_found,
                 struct bl_error **err)
{
    switch (status) {
    case 200:
        *ret_found = BL_IMAGE_THERE;
        return 0;
    case 404:
        *ret_found = BL_IMAGE_MISSING;
        return 0;
    case 401:
    case 403:
        *ret_found = BL_IMAGE_DENIED;
        return 0;
    default:
        return bl_fail(err, BL_ERR_UNAVAILABLE, "registry %s answers with status %d",
                       question->host, status);
    }
}

int bl_registry_find(const struct bl_registry *registry, const char *image,
                     enum bl_image_found *ret_found, struct bl_error **err)
{
    BL_AUTO(question_release)
    struct question question = {.registry = registry, .authorization = BL_STRBUF_INIT(TEXT_MAX)};
    BL_AUTO(bl_http_response_release)
    struct bl_http_response first = BL_HTTP_RESPONSE_INIT(ANSWER_MAX);
    BL_AUTO(bl_http_response_release)
    struct bl_http_response second = BL_HTTP_RESPONSE_INIT(ANSWER_MAX);

    read_name(image, &question);
    if (!is_plain(&question)) {
        *ret_found = BL_IMAGE_MISSING;
        return 0;
    }
    if (head(&question, &first, err) < 0)
        return -1;
    if (first.status != 401 || !first.challenge)
        return judge(&question, first.status, ret_found, err);
    if (log_in(&question, first.challenge, err) < 0)
        return -1;
    if (!question.authorization.len)
        return judge(&question, 401, ret_found, err);
    if (head(&question, &second, err) < 0)
        return -1;
    return judge(&question, second.status, ret_found, err);
}
