#include "bootstrap.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/* "kafka" or "kafka-0.kafka" before ".NAMESPACE.svc". */
static bool is_own_service(const char *host, const char *namespace)
{
    static const char *const endings[] = {".svc", ".svc.cluster.local", ".svc.cluster.local.",
                                          NULL};

    for (size_t i = 0; endings[i]; i++) {
        BL_AUTO_FREE char *ending = bl_asprintf(".%s%s", namespace, endings[i]);

        if (bl_text_ends(host, ending) && strlen(host) > strlen(ending))
            return true;
    }
    return false;
}

static bool is_allowed(const char *host, const char *namespace, const struct bl_texts *allowed)
{
    for (size_t i = 0; i < allowed->len; i++)
        if (bl_text_glob(allowed->items[i], host))
            return true;
    return is_own_service(host, namespace);
}

int bl_bootstrap_check(const char *place, const char *bootstrap, const char *namespace,
                       const struct bl_texts *allowed, struct bl_error **err)
{
    for (const char *at = bootstrap; *at;) {
        size_t len = strcspn(at, ",");
        size_t blank = strspn(at, " ");
        BL_AUTO_FREE char *host = bl_strndup(at + blank, len > blank ? len - blank : 0);
        char *port = strrchr(host, ':');

        if (port)
            *port = '\0';
        if (!is_allowed(host, namespace, allowed)) {
            bl_fail(err, BL_ERR_INVALID, "%s names \"%s\", which is no Service of this namespace",
                    place, host);
            return bl_hint(err,
                           "Name one as SERVICE.%s.svc:PORT, or let Ballast's admin allow the host "
                           "(--bootstrap-to, controller.bootstrapTo in the chart).",
                           namespace);
        }
        at += len + (at[len] == ',');
    }
    return 0;
}
