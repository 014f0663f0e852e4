#include "client.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define CONNECT_TIMEOUT (10 * BL_NSEC_S)
#define REQUEST_TIMEOUT (30 * BL_NSEC_S)

/* curl keeps pieces of what was sent and received in buffers of its own, and tokens and keys with them. */
static void forget(void *block)
{
    if (block)
        explicit_bzero(block, malloc_usable_size(block));
    free(block);
}

static void *grow_and_forget(void *block, size_t size)
{
    size_t had = block ? malloc_usable_size(block) : 0;
    void *grown;

    if (had >= size && block)
        return block;
    grown = bl_alloc(size, 1);
    if (block)
        memcpy(grown, block, had);
    forget(block);
    return grown;
}

static void start_curl(void)
{
    (void)curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, forget, grow_and_forget, strdup,
                               calloc);
}

static void session_free(struct session *session)
{
    if (session->multi)
        (void)curl_multi_cleanup(session->multi);
    free(session);
}

struct session *bl_http_session_take(struct bl_http_client *client)
{
    struct session *session;

    pthread_mutex_lock(&client->lock);
    session = client->idle;
    if (session) {
        client->idle = session->next;
        client->idle_len--;
    }
    pthread_mutex_unlock(&client->lock);
    if (session)
        return session;

    session = BL_NEW(struct session);
    session->multi = curl_multi_init();
    /* curl says no only where memory is missing. */
    if (!session->multi)
        abort();
    (void)curl_multi_setopt(session->multi, CURLMOPT_MAXCONNECTS, 2L);
    return session;
}

void bl_http_session_return(struct bl_http_client *client, struct session *session)
{
    bool keep;

    pthread_mutex_lock(&client->lock);
    keep = client->idle_len < SESSIONS_MAX;
    if (keep) {
        session->next = client->idle;
        client->idle = session;
        client->idle_len++;
    }
    pthread_mutex_unlock(&client->lock);
    if (!keep)
        session_free(session);
}

static void url_cleanup(CURLU **url)
{
    curl_url_cleanup(*url);
}

static void part_cleanup(char **part)
{
    curl_free(*part);
}

static char *optional(const char *text)
{
    return text ? bl_strdup(text) : NULL;
}

static bool is_local(const char *host)
{
    return strcmp(host, "localhost") == 0 || bl_text_starts(host, "127.") ||
           strcmp(host, "[::1]") == 0;
}

/*
 * curl checks a certificate against the host of the URL and nothing else. So where the server has another
 * name in it, the URL has that name, and curl is told where to connect instead.
 */
static void rename_host(struct bl_http_client *client, CURLU *url, const char *host,
                        const char *port, const char *name)
{
    client->host = bl_asprintf("Host: %s:%s", host, port);
    client->connect_to = bl_asprintf("%s:%s:%s:%s", name, port, host, port);
    if (curl_url_set(url, CURLUPART_HOST, name, 0) != CURLUE_OK)
        abort();
}

static int fail_url(struct bl_error **err, const char *what)
{
    bl_fail(err, BL_ERR_INVALID, "the server's URL %s", what);
    return bl_hint(err, "It looks like https://host:port.");
}

/* Splits the URL; what is in front of the host never gets into a message. */
static int set_url(struct bl_http_client *client, const struct bl_http_config *config,
                   struct bl_error **err)
{
    BL_AUTO(url_cleanup) CURLU *url = curl_url();
    BL_AUTO(part_cleanup) char *scheme = NULL, *host = NULL, *port = NULL, *user = NULL;
    BL_AUTO(part_cleanup) char *whole = NULL;

    if (curl_url_set(url, CURLUPART_URL, config->url, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return fail_url(err, "cannot be read");
    if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
        return fail_url(err, "is neither https nor http");
    if (curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK)
        return fail_url(err, "has a user name in it");

    client->origin = bl_asprintf("%s://%s:%s", scheme, host, port);
    client->local = is_local(host);
    if (config->trust.server_name && *config->trust.server_name)
        rename_host(client, url, host, port, config->trust.server_name);
    (void)curl_url_set(url, CURLUPART_QUERY, NULL, 0);
    (void)curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
    if (curl_url_get(url, CURLUPART_URL, &whole, 0) != CURLUE_OK)
        return fail_url(err, "cannot be read");
    client->url = bl_strdup(whole);
    for (size_t len = strlen(whole); len && client->url[len - 1] == '/'; len--)
        client->url[len - 1] = '\0';
    return 0;
}

int bl_http_client_new(const struct bl_http_config *config, struct bl_http_client **ret_client,
                       struct bl_error **err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    BL_AUTO(bl_http_client_cleanup) struct bl_http_client *client = BL_NEW(struct bl_http_client);

    (void)pthread_once(&once, start_curl);
    (void)pthread_mutex_init(&client->lock, NULL);
    if (set_url(client, config, err) < 0)
        return -1;
    client->proxy = optional(config->proxy);
    client->user_agent = optional(config->user_agent);
    client->ca_file = optional(config->trust.ca_file);
    client->ca_pem = optional(config->trust.ca_pem);
    client->insecure = config->trust.insecure;
    client->abroad = config->abroad;
    client->connect_timeout = config->connect_timeout ? config->connect_timeout : CONNECT_TIMEOUT;
    client->timeout = config->timeout ? config->timeout : REQUEST_TIMEOUT;
    *ret_client = BL_STEAL(client);
    return 0;
}

void bl_http_client_free(struct bl_http_client *client)
{
    if (!client)
        return;
    while (client->idle) {
        struct session *session = client->idle;

        client->idle = session->next;
        session_free(session);
    }
    (void)pthread_mutex_destroy(&client->lock);
    free(client->url);
    free(client->origin);
    free(client->host);
    free(client->connect_to);
    free(client->proxy);
    free(client->user_agent);
    free(client->ca_file);
    free(client->ca_pem);
    free(client);
}

void bl_http_response_release(struct bl_http_response *response)
{
    bl_strbuf_wipe(&response->body);
    free(response->challenge);
    response->challenge = NULL;
}
