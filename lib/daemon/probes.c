#include "ballast/daemon/probes.h"

#include <string.h>

#include "ballast/base/mem.h"

/* Few ask: the kubelet, Prometheus, a person. */
#define MAX_CONNECTIONS 32

void bl_response_say(struct bl_response *response, int status, const char *text)
{
    response->status = status;
    bl_strbuf_reset(&response->body);
    bl_strbuf_addf(&response->body, "%s\n", text);
}

/* Answers what does not ask. */
static bool refuse_method(const struct bl_request *request, struct bl_response *response)
{
    if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0)
        return false;
    bl_response_say(response, 405, "ask by GET");
    return true;
}

bool bl_probes_health(const struct bl_probes *probes, const struct bl_request *request,
                      struct bl_response *response)
{
    bool ready = strcmp(request->path, "/readyz") == 0;

    if (!ready && strcmp(request->path, "/healthz") != 0)
        return false;
    if (refuse_method(request, response))
        return true;
    BL_AUTO_FREE char *why = ready ? probes->unready(probes->context) : NULL;
    bl_response_say(response, why ? 503 : 200, why ? why : "ok");
    return true;
}

static void serve(const struct bl_request *request, struct bl_response *response, void *context)
{
    const struct bl_probes *probes = context;

    if (strcmp(request->path, "/metrics") != 0) {
        if (!bl_probes_health(probes, request, response))
            bl_response_say(response, 404, "there is /metrics, /healthz and /readyz here");
    } else if (!refuse_method(request, response)) {
        response->content_type = "text/plain; version=0.0.4; charset=utf-8";
        probes->render(probes->context, &response->body);
    }
}

int bl_probes_start(const struct bl_probes *probes, const char *listen,
                    struct bl_server **ret_server, struct bl_error **err)
{
    struct bl_server_options options = {.listen = listen,
                                        .serve = serve,
                                        .context = (void *)(uintptr_t)probes,
                                        .threads = 1,
                                        .max_connections = MAX_CONNECTIONS};

    return bl_server_start(&options, ret_server, err);
}
