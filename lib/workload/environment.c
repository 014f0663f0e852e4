/* What the kubelet makes of a container's environment, as far as it is in sight. */
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "recognise.h"

/* Nobody writes more variables into one another, nor a longer value; beyond, it is not known. */
#define FILLED_MAX 64
#define VALUE_MAX 65536

struct filling {
    const cJSON *env;
    int left;
    struct bl_strbuf out;
};

/* The last one of this name that is defined before `until`; NULL: there is none. */
static const cJSON *defined_before(const cJSON *env, const cJSON *until, const char *name,
                                   size_t len)
{
    const cJSON *entry, *found = NULL;

    cJSON_ArrayForEach(entry, env) {
        const char *own = bl_json_string(entry, "name");

        if (entry == until)
            break;
        if (own && strncmp(own, name, len) == 0 && !own[len])
            found = entry;
    }
    return found;
}

/*
 * "$(NAME)" is what an earlier variable holds, and stays where none does, or where it comes from a field or a Secret.
 * "$$" is a dollar. False: it goes too far.
 */
static bool fill(struct filling *filling, const cJSON *until, const char *text)
{
    for (const char *at = text; *at; at++) {
        const char *end = at[0] == '$' && at[1] == '(' ? strchr(at, ')') : NULL;
        const cJSON *named =
            end ? defined_before(filling->env, until, at + 2, (size_t)(end - at - 2)) : NULL;
        const char *value = bl_json_string(named, "value");

        if (end && value) {
            if (!filling->left-- || !fill(filling, named, value))
                return false;
            at = end;
            continue;
        }
        at += at[0] == '$' && at[1] == '$';
        bl_strbuf_addc(&filling->out, *at);
    }
    return true;
}

char *bl_variable_value(const struct bl_workload *workload, const cJSON *entry)
{
    const char *text = bl_json_string(entry, "value");
    struct filling filling = {.env = bl_json_get(workload->container, "env"),
                              .left = FILLED_MAX,
                              .out = BL_STRBUF_INIT(VALUE_MAX)};
    BL_ERROR(err);

    if (!text || !strchr(text, '$'))
        return text ? bl_strdup(text) : NULL;
    bl_budget_spend_text(strlen(text));
    if (fill(&filling, entry, text) && bl_strbuf_check(&filling.out, "a variable", &err) == 0)
        return bl_strbuf_take(&filling.out);
    bl_strbuf_release(&filling.out);
    return NULL;
}

const struct bl_world_entry *bl_config_map_of(const struct bl_workload *workload,
                                              const struct bl_world *world, const cJSON *reference)
{
    const char *name = bl_json_string(reference, "name");

    return name && world
               ? bl_world_find_entry(world, BL_WORLD_CONFIG_MAP, workload->ref.namespace, name)
               : NULL;
}

const char *bl_config_map_value(const struct bl_workload *workload, const struct bl_world *world,
                                const cJSON *reference, const struct bl_world_entry **ret_map)
{
    const char *key = bl_json_string(reference, "key");

    *ret_map = bl_config_map_of(workload, world, reference);
    return *ret_map && key ? bl_json_string(bl_json_get((*ret_map)->object, "data"), key) : NULL;
}

bool bl_workload_hides_variables(const struct bl_workload *workload, const struct bl_world *world)
{
    const cJSON *source;

    cJSON_ArrayForEach(source, bl_json_get(workload->container, "envFrom")) {
        const cJSON *map = bl_json_get(source, "configMapRef");

        if (!map || !bl_config_map_of(workload, world, map))
            return true;
    }
    return false;
}
