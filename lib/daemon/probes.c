#include "ballast/daemon/probes.h"

#include <string.h>

#include "ballast/base/mem.h"

/* Few ask: the kubelet, Prometheus, a person. Nobody has anything to send. */
#define MAX_CONNECTIONS 32
#define MAX_BODY 1

void bl_response_say(struct bl_response *response, int status, const char *text)
{
    response->status = status;
    bl_strbuf_reset(&response->body);
    bl_strbuf_addf(&response->body, "%s\n", text);
}

bool bl_probes_asks(const struct bl_request *request, struct bl_response *response)
{
    if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0)
        return true;
    bl_response_say(response, 405, "ask by GET");
    return false;
}

bool bl_probes_is_health(const char *path)
{
    return strcmp(path, "/healthz") == 0 || strcmp(path, "/readyz") == 0;
}

void bl_probes_health(const struct bl_probes *probes, const struct bl_request *request,
                      struct bl_response *response)
{
    BL_AUTO_FREE char *why =
        strcmp(request->path, "/readyz") == 0 ? probes->unready(probes->context) : NULL;

    bl_response_say(response, why ? 503 : 200, why ? why : "ok");
}

static bool admit_health(const struct bl_request *request, struct bl_response *response,
                         void *context BL_UNUSED)
{
    if (bl_probes_is_health(request->path))
        return bl_probes_asks(request, response);
    bl_response_say(response, 404, "there is /healthz and /readyz here");
    return false;
}

static bool admit_metrics(const struct bl_request *request, struct bl_response *response,
                          void *context BL_UNUSED)
{
    if (strcmp(request->path, "/metrics") == 0)
        return bl_probes_asks(request, response);
    bl_response_say(response, 404, "there is /metrics here");
    return false;
}

static void serve_health(const struct bl_request *request, struct bl_response *response,
                         void *context)
{
    bl_probes_health(context, request, response);
}

static void serve_metrics(const struct bl_request *request BL_UNUSED, struct bl_response *response,
                          void *context)
{
    const struct bl_probes *probes = context;

    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    probes->render(probes->context, &response->body);
}

int bl_probes_start(const struct bl_probes *probes, const struct bl_daemon_options *options,
                    struct bl_probe_servers *ret_servers, struct bl_error **err)
{
    struct bl_server_options server = {.listen = options->health_listen,
                                       .admit = admit_health,
                                       .serve = serve_health,
                                       .context = (void *)(uintptr_t)probes,
                                       .threads = 1,
                                       .max_connections = MAX_CONNECTIONS,
                                       .max_body = MAX_BODY};
    struct bl_probe_servers servers = {0};

    if (bl_server_start(&server, &servers.health, err) < 0)
        return -1;
    if (!probes->render) {
        *ret_servers = servers;
        return 0;
    }
    server.listen = options->metrics_listen;
    server.admit = admit_metrics;
    server.serve = serve_metrics;
    if (bl_server_start(&server, &servers.metrics, err) < 0) {
        bl_server_stop(servers.health);
        return -1;
    }
    *ret_servers = servers;
    return 0;
}

void bl_probes_stop(struct bl_probe_servers *servers)
{
    bl_server_stop(servers->metrics);
    bl_server_stop(servers->health);
    *servers = (struct bl_probe_servers){0};
}
