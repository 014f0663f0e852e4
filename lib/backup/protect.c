#include "ballast/backup/protect.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"

#define HOOK_SECONDS 120

void bl_protected_applications_release(struct bl_protected_applications *applications)
{
    for (size_t i = 0; i < applications->len; i++) {
        free(applications->items[i].name);
        bl_json_free(applications->items[i].labels);
        bl_json_free(applications->items[i].object);
    }
    free(applications->items);
    *applications = (struct bl_protected_applications){0};
}

/* --- labels --- */

static const cJSON *match_labels(const cJSON *set)
{
    return bl_json_at(set, "spec", "selector", "matchLabels", NULL);
}

/* Claims get the selector's labels, over those of their template: pods have them too. So a set's claims have what it selects by. */
static cJSON *shared_labels(const cJSON *set)
{
    const cJSON *match = match_labels(set), *label;
    cJSON *labels = bl_json_new_object();

    BL_JSON_EACH_MEMBER(label, match) {
        if (bl_text_eq(bl_object_label(set, label->string), label->valuestring))
            bl_json_add(labels, label->string, bl_json_copy(label));
    }
    return labels;
}

static const char *instance_of(const cJSON *set)
{
    const char *instance = bl_object_label(set, BL_LABEL_INSTANCE);

    return bl_text_eq(bl_json_string(match_labels(set), BL_LABEL_INSTANCE), instance) ? instance
                                                                                      : NULL;
}

static const char *common_instance(const struct bl_protected_set *sets, size_t len)
{
    const char *instance = len ? instance_of(sets[0].set) : NULL;

    for (size_t i = 1; i < len; i++)
        if (!bl_text_eq(instance_of(sets[i].set), instance))
            return NULL;
    return instance;
}

char *bl_protected_gap(const cJSON *set)
{
    BL_AUTO_JSON cJSON *labels = shared_labels(set);

    if (labels->child)
        return NULL;
    return bl_asprintf(
        "StatefulSet \"%s\" has none of the labels that its pods and claims have, so "
        "that no selector takes all of them: add one of spec.selector.matchLabels to "
        "metadata.labels",
        bl_object_ref(set).name);
}

/* --- applications --- */

static void add_hook(cJSON *strategy, const struct bl_protected_set *set)
{
    cJSON *hook = bl_json_push(bl_json_add_array(strategy, "backupPreHooks"), bl_json_new_object());
    cJSON *command;

    bl_json_add_string(hook, "name", "sync");
    if (set->container)
        bl_json_add_string(hook, "container", set->container);
    command = bl_json_add_array(hook, "command");
    bl_json_push(command, bl_json_new_string("/bin/sh"));
    bl_json_push(command, bl_json_new_string("-c"));
    bl_json_push(command, bl_json_new_string("sync"));
    bl_json_add_int(hook, "timeoutSeconds", HOOK_SECONDS);
    bl_json_add_string(hook, "onError", "Fail");
}

static void add_component(cJSON *components, const struct bl_protected_set *set)
{
    cJSON *component = bl_json_push(components, bl_json_new_object()), *strategy, *all;
    const char *name = bl_object_ref(set->set).name;

    bl_json_add_string(component, "name", name);
    bl_json_add_string(component, "resourceKind", "StatefulSet");
    bl_json_push(bl_json_add_array(component, "resourceNames"), bl_json_new_string(name));
    strategy = bl_json_add_object(component, "strategy");
    bl_json_add_string(strategy, "type", "BackupAllRestoreAll");
    all = bl_json_add_object(strategy, "backupAllRestoreAll");
    if (set->has_logs)
        add_hook(all, set);
}

/* Takes `labels`. */
static void add_application(const struct bl_protected_set *sets, size_t len, const char *namespace,
                            const char *name, cJSON *labels,
                            struct bl_protected_applications *applications)
{
    cJSON *object = bl_json_new_object(), *metadata, *spec, *selection, *components;

    bl_json_add_string(object, "kind", BL_PROTECTED_KIND);
    metadata = bl_json_add_object(object, "metadata");
    bl_json_add_string(metadata, "name", name);
    bl_json_add_string(metadata, "namespace", namespace);
    bl_json_add_string(bl_json_add_object(metadata, "labels"), BL_LABEL_COMPANION, name);
    spec = bl_json_add_object(object, "spec");
    selection = bl_json_add_object(spec, "resourceSelection");
    bl_json_add_string(selection, "type", "Selector");
    bl_json_add(bl_json_add_object(selection, "selector"), "matchLabels", bl_json_copy(labels));
    components = bl_json_add_array(spec, "components");
    for (size_t i = 0; i < len; i++)
        add_component(components, &sets[i]);
    *BL_PUSH(applications) = (struct bl_protected_application){bl_strdup(name), labels, object};
}

void bl_protected_add(const struct bl_protected_set *sets, size_t len, const char *namespace,
                      struct bl_protected_applications *ret_applications)
{
    const char *instance = common_instance(sets, len);

    if (instance) {
        cJSON *labels = bl_json_new_object();

        bl_json_add_string(labels, BL_LABEL_INSTANCE, instance);
        add_application(sets, len, namespace, instance, labels, ret_applications);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        cJSON *labels = shared_labels(sets[i].set);

        if (labels->child)
            add_application(&sets[i], 1, namespace, bl_object_ref(sets[i].set).name, labels,
                            ret_applications);
        else
            bl_json_free(labels);
    }
}

char *bl_protected_left(const struct bl_protected_application *application,
                        const struct bl_protected_set *sets, size_t len,
                        const cJSON *const *objects, size_t objects_len)
{
    for (size_t i = 0; i < len; i++)
        for (size_t o = 0; o < objects_len; o++) {
            BL_AUTO(bl_protected_fault_release) struct bl_protected_fault fault = {0};

            if (bl_protected_misses(application->object, sets[i].set, objects[o], &fault))
                return BL_STEAL(fault.message);
        }
    return NULL;
}
