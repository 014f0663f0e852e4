/* What the parts of a pack are written with. */
#include "ballast/base/mem.h"
#include "vap.h"

bool bl_vap_is_workload(enum bl_vap_target target)
{
    return target == BL_VAP_WORKLOAD || target == BL_VAP_SET;
}

void bl_vap_variable(cJSON *spec, const char *name, const char *expression)
{
    cJSON *variable = bl_json_push(bl_json_get(spec, "variables"), bl_json_new_object());

    bl_json_add_string(variable, "name", name);
    bl_json_add_string(variable, "expression", expression);
}

void bl_vap_demand(cJSON *spec, const char *rule, const char *good, const char *message,
                   const char *hint)
{
    cJSON *validation = bl_json_push(bl_json_get(spec, "validations"), bl_json_new_object());
    BL_AUTO_FREE char *expression = bl_asprintf("!variables.concerned || (%s)", good);
    BL_AUTO_FREE char *text = bl_asprintf("%s: %s (%s)", rule, message, hint);

    bl_json_add_string(validation, "expression", expression);
    bl_json_add_string(validation, "message", text);
    bl_json_add_string(validation, "reason", "Forbidden");
}
