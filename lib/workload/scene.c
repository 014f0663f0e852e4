#include "ballast/workload/scene.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "ballast/workload/labels.h"
#include "recognise.h"

static bool is_member(const struct bl_scene *scene, const struct bl_ensemble *ensemble,
                      size_t workload)
{
    const struct bl_workload *it = scene->workloads.items[workload];

    return it->role && scene->ensembles.items + it->ensemble == ensemble;
}

/* By the labels that the selector asks for; all of the namespace where it asks by expressions alone. */
static const struct bl_workload *selected(const struct bl_scene *scene,
                                          const struct bl_ensemble *except, const cJSON *selector,
                                          const char *namespace)
{
    const cJSON *labels = bl_json_get(selector, "matchLabels");
    struct bl_label_walk walk = bl_label_walk(scene->labels, labels, namespace);
    size_t at;

    while (bl_json_len(labels) && bl_label_next(&walk, &at))
        if (!(except && is_member(scene, except, at)) &&
            bl_selector_matches(selector, scene->workloads.items[at]->pod_labels))
            return scene->workloads.items[at];
    for (size_t i = 0; !bl_json_len(labels) && i < scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *other = scene->workloads.items[i];

        if (!(except && is_member(scene, except, i)) &&
            bl_namespace_may_equal(other->ref.namespace, namespace) &&
            bl_selector_matches(selector, other->pod_labels))
            return other;
    }
    return NULL;
}

const struct bl_workload *bl_scene_selected(const struct bl_scene *scene, const cJSON *selector,
                                            const char *namespace)
{
    return selected(scene, NULL, selector, namespace);
}

/* Selects every member and no other workload of the namespace. */
static bool selects_exactly(const struct bl_scene *scene, const struct bl_ensemble *ensemble,
                            const cJSON *selector)
{
    if (!selector)
        return false;
    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++)
        if (!bl_selector_matches(selector, bl_ensemble_member(scene, ensemble, i)->pod_labels))
            return false;
    return !selected(scene, ensemble, selector, bl_ensemble_first(scene, ensemble)->ref.namespace);
}

/* The labels that all members' pods share and that stay between revisions. */
static cJSON *common_labels(const struct bl_scene *scene, const struct bl_ensemble *ensemble,
                            const cJSON *of_first)
{
    cJSON *common = bl_json_new_object();
    const cJSON *label;

    BL_JSON_EACH_MEMBER(label, of_first) {
        bool all = cJSON_IsString(label) && !bl_label_is_volatile(label->string);

        for (size_t i = 1; all && i < ensemble->members.len && bl_budget_turn(); i++)
            all = bl_text_eq(
                bl_json_string(bl_ensemble_member(scene, ensemble, i)->pod_labels, label->string),
                label->valuestring);
        if (all)
            bl_json_add_string(common, label->string, label->valuestring);
    }
    return common;
}

static bool holds(const cJSON *values, const char *text)
{
    const cJSON *value;

    cJSON_ArrayForEach(value, values) {
        if (strcmp(value->valuestring, text) == 0)
            return true;
    }
    return false;
}

/* "key in (a, b)" for the labels in which members differ, or NULL where one of them has no such label. */
static cJSON *differing_label(const struct bl_scene *scene, const struct bl_ensemble *ensemble,
                              const char *key)
{
    BL_AUTO_JSON cJSON *values = bl_json_new_array();

    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++) {
        const char *value = bl_json_string(bl_ensemble_member(scene, ensemble, i)->pod_labels, key);

        if (!value)
            return NULL;
        if (!holds(values, value))
            bl_json_push(values, bl_json_new_string(value));
    }
    if (!values->child->next)
        return NULL;

    cJSON *expression = bl_json_new_object();
    bl_json_add_string(expression, "key", key);
    bl_json_add_string(expression, "operator", "In");
    bl_json_add(expression, "values", BL_STEAL(values));
    return expression;
}

static cJSON *with_expressions(const struct bl_scene *scene, const struct bl_ensemble *ensemble,
                               cJSON *common)
{
    BL_AUTO_JSON cJSON *expressions = bl_json_new_array();
    const cJSON *label;
    cJSON *selector = bl_json_new_object();

    BL_JSON_EACH_MEMBER(label, bl_ensemble_first(scene, ensemble)->pod_labels) {
        cJSON *expression = !bl_label_is_volatile(label->string)
                                ? differing_label(scene, ensemble, label->string)
                                : NULL;

        if (expression)
            bl_json_push(expressions, expression);
    }
    if (common->child)
        bl_json_add(selector, "matchLabels", common);
    else
        bl_json_free(common);
    if (expressions->child)
        bl_json_add(selector, "matchExpressions", BL_STEAL(expressions));
    return selector;
}

static cJSON *only_labels(cJSON *labels)
{
    cJSON *selector = bl_json_new_object();

    bl_json_add(selector, "matchLabels", labels);
    return selector;
}

/* From the selector that people know to the one that is needed to keep others out. */
static cJSON *find_selector(const struct bl_scene *scene, const struct bl_ensemble *ensemble)
{
    const struct bl_workload *first = bl_ensemble_first(scene, ensemble);
    const cJSON *own = bl_json_get(first->selector, "matchLabels");

    if (ensemble->members.len == 1 && selects_exactly(scene, ensemble, first->selector))
        return bl_json_copy(first->selector);

    BL_AUTO_JSON cJSON *few = only_labels(common_labels(scene, ensemble, own));
    if (few->child->child && selects_exactly(scene, ensemble, few))
        return BL_STEAL(few);

    BL_AUTO_JSON cJSON *all = only_labels(common_labels(scene, ensemble, first->pod_labels));
    if (all->child->child && selects_exactly(scene, ensemble, all))
        return BL_STEAL(all);

    BL_AUTO_JSON cJSON *exact =
        with_expressions(scene, ensemble, common_labels(scene, ensemble, first->pod_labels));
    if (exact->child && selects_exactly(scene, ensemble, exact))
        return BL_STEAL(exact);
    return NULL;
}

static void recognise_all(struct bl_scene *scene, const bool *distrusted)
{
    struct bl_world_iter iter = bl_world_walk(scene->world, BL_WORLD_WORKLOAD, "");

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        struct bl_workload *workload = bl_workload_recognise(
            entry->object, scene->world, distrusted && distrusted[entry->index]);

        workload->index = entry->index;
        *BL_PUSH(&scene->workloads) = workload;
    }
}

struct bl_scene *bl_scene_new(const struct bl_world *world, const bool *distrusted)
{
    struct bl_scene *scene = BL_NEW(struct bl_scene);

    scene->world = world;
    recognise_all(scene, distrusted);
    scene->labels = bl_label_index_new(scene->workloads.items, scene->workloads.len);
    scene->names = bl_name_index_new(scene->workloads.items, scene->workloads.len);
    bl_scene_group(scene);
    for (size_t i = 0; i < scene->ensembles.len && bl_budget_turn(); i++)
        scene->ensembles.items[i].selector = find_selector(scene, &scene->ensembles.items[i]);
    return scene;
}

void bl_scene_free(struct bl_scene *scene)
{
    if (!scene)
        return;
    for (size_t i = 0; i < scene->workloads.len; i++)
        bl_workload_free(scene->workloads.items[i]);
    for (size_t i = 0; i < scene->ensembles.len; i++) {
        free(scene->ensembles.items[i].members.items);
        bl_json_free(scene->ensembles.items[i].selector);
    }
    bl_label_index_free(scene->labels);
    bl_name_index_free(scene->names);
    free(scene->workloads.items);
    free(scene->ensembles.items);
    free(scene->links.items);
    free(scene);
}
