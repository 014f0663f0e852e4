/* Ways to a port that lead past Services: the node's own address, and agents of nodes that annotations call. */
#include <ctype.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "network_policy.h"

/* Nobody gives the node more ports of one container. */
#define PORTS_MAX 64

static bool on_node(const cJSON *container, int number)
{
    const cJSON *port;
    size_t left = PORTS_MAX;

    cJSON_ArrayForEach(port, bl_json_get(container, "ports")) {
        if (!left--)
            break;
        if (bl_json_number(port, "containerPort") == number && bl_json_number(port, "hostPort") > 0)
            return true;
    }
    return false;
}

/* The number as a word of its own. */
static bool holds_number(const char *text, int number)
{
    BL_AUTO_FREE char *digits = bl_asprintf("%d", number);
    size_t len = strlen(digits);

    bl_budget_spend_text(strlen(text));
    for (const char *at = text; (at = strstr(at, digits)); at += len)
        if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[len]))
            return true;
    return false;
}

/* "%%port%%" is whichever the agent finds. */
static const char *asked_by(const cJSON *annotations, int number)
{
    static const char *const agents[] = {"ad.datadoghq.com/", "co.elastic.metrics"};
    const cJSON *annotation;

    BL_JSON_EACH_MEMBER(annotation, annotations) {
        for (size_t i = 0; i < BL_ARRAY_LEN(agents); i++)
            if (cJSON_IsString(annotation) && bl_text_starts(annotation->string, agents[i]) &&
                (strstr(annotation->valuestring, "%%port") ||
                 holds_number(annotation->valuestring, number)))
                return annotation->string;
    }
    return NULL;
}

static char *door_of(const struct bl_workload *workload, int number)
{
    const char *annotation =
        asked_by(bl_json_at(workload->pod, "metadata", "annotations", NULL), number);
    const cJSON *container;

    if (annotation)
        return bl_asprintf("annotation %s calls it", annotation);
    cJSON_ArrayForEach(container, bl_json_at(workload->pod, "spec", "containers", NULL)) {
        if (on_node(container, number))
            return bl_asprintf("%s \"%s\" has it on its nodes (hostPort)", workload->ref.kind,
                               workload->ref.name);
    }
    return NULL;
}

char *bl_network_door(const struct bl_rule_run *run, const struct bl_ensemble *ensemble, int number)
{
    for (size_t m = 0; m < ensemble->members.len && bl_budget_turn(); m++) {
        char *why = door_of(bl_ensemble_member(run->scene, ensemble, m), number);

        if (why)
            return why;
    }
    return NULL;
}
