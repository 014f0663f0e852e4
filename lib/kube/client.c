#include "client.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define USER_AGENT "ballast/" BALLAST_VERSION
/* Of the path and of each header. */
#define HEADER_MAX ((size_t)1 << 10)
/* Between tries where the server asks for none. */
#define LEAST_WAIT (100 * BL_NSEC_MS)
#define INITIAL_IDLE (10 * BL_NSEC_S)

static const struct bl_kube_options defaults = {
    .timeout = 30 * BL_NSEC_S,
    .retry_wait = 10 * BL_NSEC_S,
    .tries = 4,
    .backoff_min = 800 * BL_NSEC_MS,
    .backoff_max = 30 * BL_NSEC_S,
};

static int set_options(struct bl_kube_client *client, const struct bl_kube_options *options,
                       struct bl_error **err)
{
    struct bl_kube_options *mine = &client->options;

    *mine = options ? *options : defaults;
    if (!mine->timeout)
        mine->timeout = defaults.timeout;
    if (!mine->retry_wait)
        mine->retry_wait = defaults.retry_wait;
    if (!mine->tries)
        mine->tries = defaults.tries;
    if (!mine->backoff_min)
        mine->backoff_min = defaults.backoff_min;
    if (!mine->backoff_max)
        mine->backoff_max = defaults.backoff_max;
    client->initial_idle = INITIAL_IDLE;
    if (!mine->stop) {
        if (bl_stop_new(&client->own_stop, err) < 0)
            return -1;
        mine->stop = client->own_stop;
    }
    return 0;
}

static int connect_to(struct bl_kube_client *client, struct bl_error **err)
{
    const struct bl_kube_config *config = client->config;
    struct bl_http_config http = {
        .url = config->server,
        .proxy = config->proxy,
        .user_agent = USER_AGENT,
        .trust = {.ca_file = config->ca_file,
                  .ca_pem = config->ca_pem,
                  .server_name = config->server_name,
                  .insecure = config->insecure},
        .timeout = client->options.timeout,
    };

    return bl_http_client_new(&http, &client->http, err);
}

int bl_kube_client_new(struct bl_kube_config *config, const struct bl_kube_options *options,
                       struct bl_kube_client **ret_client, struct bl_error **err)
{
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = BL_NEW(struct bl_kube_client);

    client->config = config;
    client->impersonate = options && options->impersonate ? bl_strdup(options->impersonate) : NULL;
    if (set_options(client, options, err) < 0 || connect_to(client, err) < 0)
        return -1;
    *ret_client = BL_STEAL(client);
    return 0;
}

int bl_kube_client_open(const struct bl_kube_target *target, const struct bl_kube_options *options,
                        struct bl_kube_client **ret_client, struct bl_error **err)
{
    struct bl_kube_config *config = NULL;
    int rc;

    if (target->in_cluster)
        rc = bl_kube_config_in_cluster(NULL, &bl_clock_real, &config, err);
    else
        rc = bl_kube_config_load(target->path, target->context, &bl_clock_real, &config, err);
    return rc < 0 ? -1 : bl_kube_client_new(config, options, ret_client, err);
}

void bl_kube_client_free(struct bl_kube_client *client)
{
    if (!client)
        return;
    bl_http_client_free(client->http);
    bl_stop_free(client->own_stop);
    bl_kube_config_free(client->config);
    free(client->impersonate);
    free(client);
}

const struct bl_kube_config *bl_kube_client_config(const struct bl_kube_client *client)
{
    return client->config;
}

static const char *optional(const struct bl_strbuf *text)
{
    return text->len ? text->text : NULL;
}

/* Once, with these credentials. */
static int send_once(struct bl_kube_client *client, const struct bl_kube_call *call,
                     const struct bl_auth_proof *proof, struct bl_http_response *response,
                     struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf accept = BL_STRBUF_INIT(HEADER_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf type = BL_STRBUF_INIT(HEADER_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf as = BL_STRBUF_INIT(HEADER_MAX);
    const char *headers[5] = {NULL};
    size_t len = 1;

    bl_strbuf_addf(&accept, "Accept: %s", call->accept ? call->accept : "application/json");
    headers[0] = accept.text;
    if (call->body) {
        bl_strbuf_addf(&type, "Content-Type: %s",
                       call->content_type ? call->content_type : "application/json");
        headers[len++] = type.text;
    }
    if (proof->header.len)
        headers[len++] = proof->header.text;
    if (client->impersonate) {
        bl_strbuf_addf(&as, "Impersonate-User: %s", client->impersonate);
        headers[len++] = as.text;
    }

    struct bl_http_request request = {.method = call->method,
                                      .path = call->path,
                                      .headers = headers,
                                      .body = call->body ? call->body->text : NULL,
                                      .body_len = call->body ? call->body->len : 0,
                                      .certificate = optional(&proof->certificate),
                                      .key = optional(&proof->key),
                                      .timeout = call->timeout,
                                      .idle = call->idle,
                                      .stop = call->stop ? call->stop : client->options.stop,
                                      .also = call->also};
    return bl_http_stream(client->http, &request, call->piece, call->context, response, err);
}

/* The answer to a 401 is to ask for credentials anew, and to try once more with those. */
static int send_as_us(struct bl_kube_client *client, const struct bl_kube_call *call,
                      struct bl_http_response *response, struct bl_error **err)
{
    const struct bl_stop *stop = call->stop ? call->stop : client->options.stop;
    struct bl_auth *auth = client->config->auth;

    for (unsigned attempt = 0;; attempt++) {
        BL_AUTO(bl_auth_proof_release) struct bl_auth_proof proof = AUTH_PROOF_INIT;

        if (bl_auth_get(auth, stop, &proof, err) < 0)
            return -1;
        if (send_once(client, call, &proof, response, err) < 0) {
            bl_auth_reread(auth);
            return -1;
        }
        if (response->status != 401 || !bl_auth_refused(auth, &proof) || attempt > 0)
            return 0;
    }
}

static bool asks_to_wait(const struct bl_http_response *response)
{
    return response->retry_after >= 0 && (response->status == 429 || response->status >= 500);
}

/* True: stopped meanwhile. */
static bool wait_as_told(const struct bl_kube_client *client, const struct bl_kube_call *call,
                         bl_nsec wait)
{
    if (wait < LEAST_WAIT)
        wait = LEAST_WAIT;
    if (wait > client->options.retry_wait)
        wait = client->options.retry_wait;
    return bl_stop_wait(call->stop ? call->stop : client->options.stop, wait);
}

int bl_kube_call(struct bl_kube_client *client, const struct bl_kube_call *call,
                 struct bl_http_response *response, struct bl_error **err)
{
    const char *query = strchrnul(call->path, '?');
    unsigned tries = call->tries ? call->tries : client->options.tries;
    BL_AUTO_FREE char *what =
        bl_asprintf("%s %.*s", call->method, (int)(query - call->path), call->path);

    for (unsigned attempt = 1;; attempt++) {
        if (send_as_us(client, call, response, err) < 0)
            return bl_wrap(err, "%s", what);
        if (response->status / 100 == 2)
            return 0;
        if (!asks_to_wait(response) || attempt >= tries ||
            wait_as_told(client, call, response->retry_after))
            return bl_kube_status_fail(err, response->status, response->body.text,
                                       response->body.len, what);
    }
}

int bl_kube_call_json(struct bl_kube_client *client, const struct bl_kube_call *call,
                      cJSON **ret_json, struct bl_error **err)
{
    BL_AUTO(bl_http_response_release)
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(KUBE_ANSWER_MAX);
    BL_ERROR(why);

    if (bl_kube_call(client, call, &response, err) < 0)
        return -1;
    if (!ret_json)
        return 0;
    if (bl_json_parse(response.body.text, response.body.len, ret_json, &why) < 0)
        /* A proxy in between may have its own idea of 200. */
        return bl_fail(err, BL_ERR_UNAVAILABLE, "the answer to %s %s is no JSON: %s", call->method,
                       call->path, bl_error_text(why));
    return 0;
}

int bl_kube_request(struct bl_kube_client *client, const char *method, const char *path,
                    const char *content_type, const cJSON *body, cJSON **ret_json,
                    struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(KUBE_ANSWER_MAX);
    struct bl_kube_call call = {.method = method,
                                .path = path,
                                .content_type = content_type,
                                .body = body ? &text : NULL,
                                .timeout = client->options.timeout};

    if (body)
        bl_json_write(&text, body);
    if (bl_strbuf_check(&text, "the request", err) < 0)
        return -1;
    return bl_kube_call_json(client, &call, ret_json, err);
}
