/*
 * Any text as a kubeconfig: resolved or refused with a message. And any text as what a credential plugin
 * printed. Nothing is run, and only files that the text names are read.
 */
#include <assert.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "kubeconfig_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void resolve(const uint8_t *data, size_t size)
{
    BL_AUTO(bl_kubeconfig_release) struct bl_kubeconfig files = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(KUBECONFIG_MAX);
    BL_AUTO(bl_kube_config_cleanup) struct bl_kube_config *config = NULL;
    BL_ERROR(err);

    bl_strbuf_add(&text, (const char *)data, size);
    if (bl_kubeconfig_add(&files, "/nonexistent/config", &text, &err) < 0 ||
        bl_kubeconfig_resolve(&files, NULL, &bl_clock_real, &config, &err) < 0) {
        assert(!config && err && *bl_error_text(err));
        return;
    }
    assert(*bl_kube_config_server(config) && *bl_kube_config_namespace(config));
}

static void credential(const uint8_t *data, size_t size)
{
    BL_AUTO(bl_exec_answer_release) struct bl_exec_answer answer = EXEC_ANSWER_INIT;
    BL_ERROR(err);

    if (bl_exec_answer_read((const char *)data, size, "client.authentication.k8s.io/v1", &answer,
                            &err) == 0)
        assert(!answer.certificate.len == !answer.key.len);
    else
        assert(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    resolve(data, size);
    credential(data, size);
    return 0;
}
