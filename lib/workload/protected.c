#include "ballast/workload/protected.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/pointer.h"
#include "ballast/object/object.h"
#include "ballast/object/selector.h"
#include "ballast/workload/references.h"

#define SELECTOR "/spec/resourceSelection/selector"

void bl_protected_fault_release(struct bl_protected_fault *fault)
{
    free(fault->path);
    free(fault->message);
    *fault = (struct bl_protected_fault){0};
}

static bool names_set(const cJSON *component, const char *set)
{
    const cJSON *name;

    if (!bl_text_eq(bl_json_string(component, "resourceKind"), "StatefulSet"))
        return false;
    cJSON_ArrayForEach(name, bl_json_get(component, "resourceNames")) {
        if (cJSON_IsString(name) && strcmp(name->valuestring, set) == 0)
            return true;
    }
    return false;
}

bool bl_protected_names(const cJSON *application, const cJSON *set)
{
    const cJSON *component;

    cJSON_ArrayForEach(component, bl_json_at(application, "spec", "components", NULL)) {
        if (names_set(component, bl_object_ref(set).name))
            return true;
    }
    return false;
}

static const cJSON *selector_of(const cJSON *application)
{
    return bl_json_at(application, "spec", "resourceSelection", "selector", NULL);
}

static bool has_label(const cJSON *labels, const cJSON *label)
{
    return cJSON_IsString(label) &&
           bl_text_eq(bl_json_string(labels, label->string), label->valuestring);
}

/* A set's claims have the labels of their template, and its selector's over them. */
static cJSON *claim_labels(const cJSON *spec, const cJSON *claim)
{
    const cJSON *own = bl_json_at(claim, "metadata", "labels", NULL), *label;
    cJSON *labels = cJSON_IsObject(own) ? bl_json_copy(own) : bl_json_new_object();

    BL_JSON_EACH_MEMBER(label, bl_json_at(spec, "selector", "matchLabels", NULL)) {
        bl_json_cut(labels, label->string);
        bl_json_add(labels, label->string, bl_json_copy(label));
    }
    return labels;
}

static bool claims_have(const cJSON *spec, const cJSON *label)
{
    const cJSON *claim;

    cJSON_ArrayForEach(claim, bl_json_get(spec, "volumeClaimTemplates")) {
        BL_AUTO_JSON cJSON *labels = claim_labels(spec, claim);

        if (!has_label(labels, label))
            return false;
    }
    return true;
}

/* The first label of the selector that the set, its pods and its claims do not all have. */
static const cJSON *missed_label(const cJSON *application, const cJSON *set)
{
    const cJSON *spec = bl_json_get(set, "spec"), *label;

    BL_JSON_EACH_MEMBER(label, bl_json_get(selector_of(application), "matchLabels")) {
        if (!has_label(bl_json_at(set, "metadata", "labels", NULL), label) ||
            !has_label(bl_json_at(spec, "template", "metadata", "labels", NULL), label) ||
            !claims_have(spec, label))
            return label;
    }
    return NULL;
}

static bool selects_claims(const cJSON *selector, const cJSON *spec)
{
    const cJSON *claim;

    cJSON_ArrayForEach(claim, bl_json_get(spec, "volumeClaimTemplates")) {
        BL_AUTO_JSON cJSON *labels = claim_labels(spec, claim);

        if (!bl_selector_matches(selector, labels))
            return false;
    }
    return true;
}

static bool selects_all(const cJSON *selector, const cJSON *set)
{
    const cJSON *spec = bl_json_get(set, "spec");

    return bl_selector_matches(selector, bl_json_at(set, "metadata", "labels", NULL)) &&
           bl_selector_matches(selector,
                               bl_json_at(spec, "template", "metadata", "labels", NULL)) &&
           selects_claims(selector, spec);
}

/* What is wrong with the way in which this component copies the set; NULL: nothing. For free(). */
static char *strategy_fault(const cJSON *application, const cJSON *set, const char *type)
{
    const char *who = bl_object_ref(application).name, *what = bl_object_ref(set).name;

    /* What a dump holds is its author's affair. */
    if (bl_text_eq(type, "BackupAllRestoreAll") || bl_text_eq(type, "DumpAndLoad"))
        return NULL;
    if (!type)
        return bl_asprintf(
            "ProtectedApplication \"%s\" names StatefulSet \"%s\" and no strategy to "
            "copy it by",
            who, what);
    if (strcmp(type, "BackupOneRestoreAll") == 0)
        return bl_asprintf(
            "ProtectedApplication \"%s\" copies StatefulSet \"%s\" by %s, which gives "
            "the data and the identity of one pod to all",
            who, what, type);
    return bl_asprintf("ProtectedApplication \"%s\" copies StatefulSet \"%s\" by %.60s, and only "
                       "BackupAllRestoreAll gives each pod its own data back",
                       who, what, type);
}

static bool is_copied_wrongly(const cJSON *application, const cJSON *set,
                              struct bl_protected_fault *ret_fault)
{
    const cJSON *component;
    size_t index = 0;

    cJSON_ArrayForEach(component, bl_json_at(application, "spec", "components", NULL)) {
        const char *type = bl_json_string(bl_json_get(component, "strategy"), "type");
        char *message = names_set(component, bl_object_ref(set).name)
                            ? strategy_fault(application, set, type)
                            : NULL;

        if (message) {
            *ret_fault = (struct bl_protected_fault){
                .path = bl_asprintf("/spec/components/%zu%s", index, type ? "/strategy/type" : ""),
                .message = message,
                .hint = "Set strategy.type: BackupAllRestoreAll."};
            return true;
        }
        index++;
    }
    return false;
}

static bool is_missed(const cJSON *application, const cJSON *set,
                      struct bl_protected_fault *ret_fault)
{
    const cJSON *label = missed_label(application, set);

    if (!label && selects_all(selector_of(application), set))
        return false;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf by = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    bl_strbuf_adds(&path, label ? SELECTOR "/matchLabels" : SELECTOR);
    if (label) {
        bl_pointer_add_key(&path, label->string);
        bl_strbuf_addf(&by, "%s=%s", label->string,
                       cJSON_IsString(label) ? label->valuestring : "");
    } else {
        bl_selector_describe(&by, selector_of(application));
    }
    *ret_fault = (struct bl_protected_fault){
        .path = bl_strbuf_take(&path),
        .message = bl_asprintf(
            "ProtectedApplication \"%s\" selects by %s, which StatefulSet \"%s\", its pods and "
            "its claims do not all have: their data would not be in the backup",
            bl_object_ref(application).name, by.text, bl_object_ref(set).name),
        .hint = "Select by labels that stand in its spec.selector.matchLabels and in its own "
                "metadata.labels."};
    return true;
}

bool bl_protected_is_wrong(const cJSON *application, const cJSON *set,
                           struct bl_protected_fault *ret_fault)
{
    return bl_protected_names(application, set) &&
           (is_copied_wrongly(application, set, ret_fault) ||
            is_missed(application, set, ret_fault));
}

bool bl_protected_misses(const cJSON *application, const cJSON *set, const cJSON *object,
                         struct bl_protected_fault *ret_fault)
{
    struct bl_ref ref = bl_object_ref(object);
    const char *how;

    if (bl_object_is(object, "rbac.authorization.k8s.io", "RoleBinding") ||
        !bl_protected_names(application, set))
        return false;
    how = bl_reference_of(set, object);
    if (!how || bl_selector_matches(selector_of(application),
                                    bl_json_at(object, "metadata", "labels", NULL)))
        return false;
    *ret_fault = (struct bl_protected_fault){
        .path = bl_strdup(SELECTOR),
        .message = bl_asprintf(
            "ProtectedApplication \"%s\" does not select %s \"%s\", which %s StatefulSet \"%s\": "
            "where it is not, no restored pod starts",
            bl_object_ref(application).name, ref.kind, ref.name, how, bl_object_ref(set).name),
        .hint = "Give it the labels that the ProtectedApplication selects by."};
    return true;
}
