#include "write.h"

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"

/* A selector of ours is a few labels. */
#define PATH_MAX_LEN 4096

static const struct bl_kind *const kinds[] = {
    [BL_COMPANION_BUDGET] = &bl_kind_disruption_budget,
    [BL_COMPANION_NETWORK_POLICY] = &bl_kind_network_policy,
    [BL_COMPANION_REPORT] = &bl_kind_policy_report,
};

static int patch(struct bl_kube_client *client, const struct bl_step *step,
                 const struct bl_kube_patch *patch, cJSON **ret_object, struct bl_error **err)
{
    struct bl_ref ref = bl_object_ref(step->object);

    return bl_kube_patch(client, &kinds[step->companion]->resource, ref.namespace, ref.name, patch,
                         ret_object, err);
}

static int create(struct bl_kube_client *client, const struct bl_step *step, struct bl_error **err)
{
    struct bl_kube_patch apply = {
        .type = BL_KUBE_PATCH_APPLY, .body = step->object, .manager = BL_MANAGER};

    return patch(client, step, &apply, NULL, err);
}

static cJSON *operation(const char *op, const char *path, cJSON *value)
{
    cJSON *made = bl_json_new_object();

    bl_json_add_string(made, "op", op);
    bl_json_add_string(made, "path", path);
    bl_json_add(made, "value", value);
    return made;
}

/* What others own stays where we apply; here it goes. */
static int replace_spec(struct bl_kube_client *client, const struct bl_step *step,
                        struct bl_error **err)
{
    BL_AUTO_JSON cJSON *operations = bl_json_new_array();
    struct bl_kube_patch replace = {
        .type = BL_KUBE_PATCH_JSON, .body = operations, .manager = BL_MANAGER};

    bl_json_push(operations, operation("test", "/metadata/uid",
                                       bl_json_new_string(bl_object_uid(step->present))));
    bl_json_push(operations,
                 operation("replace", "/spec", bl_json_copy(bl_json_get(step->object, "spec"))));
    return patch(client, step, &replace, NULL, err);
}

/* A field of another manager can make the sum of both invalid, or other than what is wanted. */
static int apply_or_replace(struct bl_kube_client *client, const struct bl_step *step,
                            const cJSON *body, struct bl_error **err)
{
    struct bl_kube_patch apply = {
        .type = BL_KUBE_PATCH_APPLY, .body = body, .manager = BL_MANAGER, .force = true};
    BL_AUTO_JSON cJSON *stored = NULL;

    if (patch(client, step, &apply, &stored, err) == 0)
        return step->companion == BL_COMPANION_REPORT /* it is all ours */
                       || bl_companion_same_spec(step->object, stored)
                   ? 0
                   : replace_spec(client, step, err);
    if (bl_error_status(*err) != 422)
        return -1;
    bl_error_free(*err);
    *err = NULL;
    if (replace_spec(client, step, err) < 0)
        return -1;
    return patch(client, step, &apply, NULL, err);
}

static int repair(struct bl_kube_client *client, const struct bl_step *step, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *body = bl_json_copy(step->object);

    bl_json_add_string(bl_json_get(body, "metadata"), "uid", bl_object_uid(step->present));
    return apply_or_replace(client, step, body, err);
}

static int withdraw(struct bl_kube_client *client, const struct bl_step *step,
                    struct bl_error **err)
{
    const cJSON *metadata = bl_json_get(step->present, "metadata");
    struct bl_kube_delete how = {
        .uid = bl_json_string(metadata, "uid"),
        .resource_version = bl_json_string(metadata, "resourceVersion"),
    };
    struct bl_ref ref = bl_object_ref(step->present);
    BL_ERROR(failure);

    if (bl_kube_delete(client, &kinds[step->companion]->resource, ref.namespace, ref.name, &how,
                       &failure) == 0 ||
        bl_error_code(failure) == BL_ERR_NOT_FOUND)
        return 0;
    *err = BL_STEAL(failure);
    return -1;
}

int bl_write_step(struct bl_kube_client *client, const struct bl_step *step, struct bl_error **err)
{
    switch (step->kind) {
    case BL_STEP_CREATE:
        return create(client, step, err);
    case BL_STEP_REPAIR:
        return repair(client, step, err);
    default:
        return withdraw(client, step, err);
    }
}

/* One is enough to know, so that a large namespace costs no more. */
int bl_companion_has_pods(struct bl_kube_client *client, const cJSON *companion, bool *ret_has,
                          struct bl_error **err)
{
    const cJSON *spec = bl_json_get(companion, "spec");
    const cJSON *selector = bl_json_get(spec, "selector");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf labels = BL_STRBUF_INIT(PATH_MAX_LEN);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);
    BL_AUTO_JSON cJSON *list = NULL;

    bl_selector_describe(&labels, selector ? selector : bl_json_get(spec, "podSelector"));
    bl_kube_path(&path, &bl_kind_pod.resource, bl_object_ref(companion).namespace, NULL, NULL);
    bl_kube_path_query(&path, "labelSelector", labels.text);
    bl_kube_path_query(&path, "limit", "1");
    if (bl_strbuf_check(&path, "the selector", err) < 0 ||
        bl_kube_request(client, "GET", path.text, NULL, NULL, &list, err) < 0)
        return -1;
    *ret_has = bl_json_len(bl_json_get(list, "items")) > 0;
    return 0;
}

static bool owns(const cJSON *object, const char *uid)
{
    const cJSON *owner;

    cJSON_ArrayForEach(owner, bl_json_at(object, "metadata", "ownerReferences", NULL)) {
        if (bl_text_eq(bl_json_string(owner, "uid"), uid))
            return true;
    }
    return false;
}

static const struct bl_kind *kind_of(const cJSON *owner)
{
    return bl_kind_is(&bl_kind_stateful_set, owner) ? &bl_kind_stateful_set
           : bl_kind_is(&bl_kind_deployment, owner) ? &bl_kind_deployment
                                                    : NULL;
}

/* By a list, as the caches fill: nothing else may be read. */
static int ask_for_owner(struct bl_kube_client *client, const char *namespace, const cJSON *owner,
                         bool *ret_stays, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);
    BL_AUTO_FREE char *field = bl_asprintf("metadata.name=%s", bl_json_string(owner, "name"));
    BL_AUTO_JSON cJSON *list = NULL;
    const cJSON *item;

    bl_kube_path(&path, &kind_of(owner)->resource, namespace, NULL, NULL);
    bl_kube_path_query(&path, "fieldSelector", field);
    if (bl_strbuf_check(&path, "the owner's name", err) < 0 ||
        bl_kube_request(client, "GET", path.text, NULL, NULL, &list, err) < 0)
        return -1;
    *ret_stays = false;
    cJSON_ArrayForEach(item, bl_json_get(list, "items")) {
        *ret_stays |= bl_text_eq(bl_object_uid(item), bl_json_string(owner, "uid")) &&
                      !bl_object_is_going(item);
    }
    return 0;
}

int bl_companion_owner_goes(struct bl_kube_client *client, const struct bl_step *step,
                            bool *ret_goes, struct bl_error **err)
{
    const char *namespace = bl_object_ref(step->object).namespace;
    const cJSON *owner;

    *ret_goes = false;
    cJSON_ArrayForEach(owner, bl_json_at(step->object, "metadata", "ownerReferences", NULL)) {
        bool stays = true;

        if (owns(step->present, bl_json_string(owner, "uid")) || !kind_of(owner))
            continue;
        if (ask_for_owner(client, namespace, owner, &stays, err) < 0)
            return -1;
        *ret_goes |= !stays;
    }
    return 0;
}
