/* Maps from an object that changed to requests, and predicates that say whether the change matters. */
#include "ballast/base/text.h"
#include "ballast/object/object.h"
#include "ballast/runtime/controller.h"

void bl_map_self(struct bl_controller *controller, const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);

    bl_controller_enqueue(controller, &(struct bl_reconcile_request){ref.namespace, ref.name});
}

void bl_map_owner(struct bl_controller *controller, const cJSON *object)
{
    const char *name = bl_json_string(bl_object_controller(object), "name");

    if (name)
        bl_controller_enqueue(
            controller, &(struct bl_reconcile_request){bl_object_ref(object).namespace, name});
}

void bl_map_namespace(struct bl_controller *controller, const cJSON *object)
{
    bl_controller_enqueue(controller,
                          &(struct bl_reconcile_request){"", bl_object_ref(object).namespace});
}

void bl_map_namespace_or_all(struct bl_controller *controller, const cJSON *object)
{
    if (*bl_object_ref(object).namespace)
        bl_map_namespace(controller, object);
    else
        bl_controller_resync(controller);
}

static bool same_members(const cJSON *a, const cJSON *b, const char *const *but)
{
    const cJSON *member;

    BL_JSON_EACH_MEMBER(member, a) {
        if (!bl_text_in(member->string, but) &&
            !bl_json_equal(member, bl_json_get(b, member->string)))
            return false;
    }
    BL_JSON_EACH_MEMBER(member, b) {
        if (!bl_text_in(member->string, but) && !bl_json_get(a, member->string))
            return false;
    }
    return true;
}

/* Do they differ at most in these members, and in the version? */
static bool only_differ(const cJSON *before, const cJSON *after, const char *const *but)
{
    static const char *const version[] = {"resourceVersion", NULL};

    return before && after &&
           same_members(bl_json_get(before, "metadata"), bl_json_get(after, "metadata"), version) &&
           same_members(before, after, but);
}

bool bl_changed(const cJSON *before, const cJSON *after)
{
    static const char *const metadata[] = {"metadata", NULL};

    return !only_differ(before, after, metadata);
}

bool bl_changed_beside_status(const cJSON *before, const cJSON *after)
{
    static const char *const status[] = {"metadata", "status", NULL};

    return !only_differ(before, after, status);
}
