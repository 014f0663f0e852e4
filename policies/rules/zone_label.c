#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/pointer.h"
#include "zone_spread.h"

/* Which nodes pods may run on, as far as zones go: by nodeSelector and node affinity. */

const cJSON *bl_zone_pod_value(const struct bl_rule_run *run, const char *below)
{
    BL_AUTO_FREE char *pointer = bl_pod_pointer(run->workload, below);

    return run->edit ? bl_run_now(run, pointer) : bl_pointer_find(run->workload->object, pointer);
}

#define NODE_TERMS \
    "spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms"

static bool term_names_key(const cJSON *term, const char *key)
{
    const cJSON *expression;

    cJSON_ArrayForEach(expression, bl_json_get(term, "matchExpressions")) {
        const char *op = bl_json_string(expression, "operator");

        if (bl_text_eq(bl_json_string(expression, "key"), key) &&
            (bl_text_eq(op, "Exists") || bl_text_eq(op, "In")))
            return true;
    }
    return false;
}

static bool node_selector_names(const struct bl_rule_run *run, const char *key)
{
    return bl_json_get(bl_zone_pod_value(run, "spec/nodeSelector"), key) != NULL;
}

/* The one zone that this term leaves; NULL: it leaves more. */
static const cJSON *zone_of_term(const cJSON *term, const char *key)
{
    const cJSON *expression;

    cJSON_ArrayForEach(expression, bl_json_get(term, "matchExpressions")) {
        const cJSON *values = bl_json_get(expression, "values");

        if (bl_text_eq(bl_json_string(expression, "key"), key) &&
            bl_text_eq(bl_json_string(expression, "operator"), "In") && bl_json_len(values) == 1)
            return values->child;
    }
    return NULL;
}

/* Pods that may run in one zone only have nothing to be spread over; others of the cluster are in other zones. */
static const cJSON *zone_of(const cJSON *node_selector, const cJSON *terms, const char *key)
{
    const cJSON *zone = bl_json_get(node_selector, key);

    return zone || bl_json_len(terms) != 1 ? zone : zone_of_term(terms->child, key);
}

bool bl_zone_is_pinned(const struct bl_rule_run *run, const char *key)
{
    return zone_of(bl_zone_pod_value(run, "spec/nodeSelector"), bl_zone_pod_value(run, NODE_TERMS),
                   key) != NULL;
}

const char *bl_zone_of_workload(const struct bl_workload *workload, const char *key)
{
    BL_AUTO_FREE char *terms = bl_pod_pointer(workload, NODE_TERMS);
    const cJSON *zone = zone_of(bl_json_at(workload->pod, "spec", "nodeSelector", NULL),
                                bl_pointer_find(workload->object, terms), key);

    return !zone ? NULL : cJSON_IsString(zone) ? zone->valuestring : "";
}

static cJSON *label_exists(const char *key)
{
    cJSON *expression = bl_json_new_object();

    bl_json_add_string(expression, "key", key);
    bl_json_add_string(expression, "operator", "Exists");
    return expression;
}

/* Is the label required already, however? A term that is empty matches no node. */
static bool label_is_required(const struct bl_rule_run *run, const char *key)
{
    const cJSON *terms = bl_zone_pod_value(run, NODE_TERMS), *term;
    bool required = terms && terms->child;

    cJSON_ArrayForEach(term, terms) {
        required &= term_names_key(term, key) || !term->child;
    }
    return required || node_selector_names(run, key);
}

#define NODE_WISHES "spec/affinity/nodeAffinity/preferredDuringSchedulingIgnoredDuringExecution"

static bool label_is_wished(const struct bl_rule_run *run, const char *key)
{
    const cJSON *wish;

    cJSON_ArrayForEach(wish, bl_zone_pod_value(run, NODE_WISHES)) {
        if (term_names_key(bl_json_get(wish, "preference"), key))
            return true;
    }
    return false;
}

static const char no_label[] = "pods may land on nodes without a zone (%s)";

/* A wish leaves no pod without a node where zones are not known, as a requirement does. */
void bl_zone_wish_label(struct bl_rule_run *run, const char *key)
{
    BL_AUTO_FREE char *pointer = bl_pod_pointer(run->workload, NODE_WISHES);
    cJSON *wish;

    if (label_is_required(run, key) || label_is_wished(run, key))
        return;
    wish = bl_json_new_object();
    bl_json_add_int(wish, "weight", BL_TERM_WEIGHT);
    bl_json_push(bl_json_add_array(bl_json_add_object(wish, "preference"), "matchExpressions"),
                 label_exists(key));
    bl_run_append(run, pointer, wish, no_label, key);
}

/* Terms are alternatives, so the label has to be required in each of them. */
void bl_zone_require_label(struct bl_rule_run *run, const char *key)
{
    const cJSON *terms = bl_zone_pod_value(run, NODE_TERMS);
    size_t len = bl_json_len(terms);

    if (node_selector_names(run, key))
        return;
    if (!len) {
        BL_AUTO_FREE char *pointer = bl_pod_pointer(run->workload, NODE_TERMS);
        cJSON *term = bl_json_new_object();

        bl_json_push(bl_json_add_array(term, "matchExpressions"), label_exists(key));
        bl_run_append(run, pointer, term, no_label, key);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        BL_AUTO_FREE char *below = bl_asprintf(NODE_TERMS "/%zu", i);
        const cJSON *term = bl_zone_pod_value(run, below);
        BL_AUTO_FREE char *pointer =
            bl_asprintf("%s/%s/matchExpressions", run->workload->pod_pointer, below);

        /* A term without expressions matches no node; adding one would make it match some. */
        if (!term_names_key(term, key) && term && term->child)
            bl_run_append(run, pointer, label_exists(key), no_label, key);
    }
}

void bl_zone_check_label(struct bl_rule_run *run, enum bl_strength wanted, const char *key)
{
    BL_AUTO_FREE char *path = bl_pod_pointer(run->workload, "spec/affinity");

    if (wanted == BL_OFF || label_is_required(run, key) ||
        (wanted == BL_PREFERRED && label_is_wished(run, key)))
        return;
    bl_run_report(run, BL_FAULT_MISSING, run->object, path,
                  wanted == BL_REQUIRED ? "Require the label with nodeAffinity, operator Exists."
                                        : "Prefer the label with nodeAffinity, operator Exists.",
                  no_label, key);
}
