#include "kinds.h"

#include "ballast/base/mem.h"

/* A rule of a field alone would not be asked where the field goes. */
void bl_backup_keep(cJSON *schema, const char *const *fields)
{
    cJSON *rules = bl_json_get(schema, "x-kubernetes-validations");

    if (!rules)
        rules = bl_json_add_array(schema, "x-kubernetes-validations");
    for (; *fields; fields++) {
        cJSON *rule = bl_json_push(rules, bl_json_new_object());
        BL_AUTO_FREE char *text =
            bl_asprintf("!has(oldSelf.%s) || (has(self.%s) && self.%s == oldSelf.%s)", *fields,
                        *fields, *fields, *fields);
        BL_AUTO_FREE char *message = bl_asprintf("%s stays as it is: make another object", *fields);

        bl_json_add_string(rule, "rule", text);
        bl_json_add_string(rule, "message", message);
    }
}

bool bl_backup_is_overlocked(int64_t retain_days, int64_t lock_days)
{
    return lock_days > 0 && retain_days > 0 && retain_days < lock_days;
}
