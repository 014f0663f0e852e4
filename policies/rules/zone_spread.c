#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "zone_spread.h"

/*
 * Replicas in different zones and on different nodes.
 *
 * A constraint or term that is there may still do nothing: its selector has to select the pod that
 * carries it. That is evaluated, never assumed. Both affinity lists are atomic, so terms are merged by
 * topologyKey and the author's stay as they are.
 */

#define HOST_KEY "kubernetes.io/hostname"

static const char *const strength_names[] = {"Required", "Preferred", "Off", NULL};
enum unsatisfiable { SCHEDULE_ANYWAY, DO_NOT_SCHEDULE };
static const char *const unsatisfiable_names[] = {"ScheduleAnyway", "DoNotSchedule", NULL};

struct params {
    struct bl_rule_params base;
    char *topology_key; /* NULL: the standard zone label */
    int anti_affinity, host_anti_affinity, when_unsatisfiable, zone_label;
    int64_t max_skew, host_max_replicas;
    bool require_zone_label;
};

static const struct params defaults = {
    .anti_affinity = BL_PREFERRED,
    .host_anti_affinity = BL_REQUIRED,
    .when_unsatisfiable = SCHEDULE_ANYWAY,
    .max_skew = 1,
    .host_max_replicas = 5,
    .zone_label = BL_PREFERRED,
};

static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "topologyKey",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct params, topology_key),
     .doc = "The node label that names the zone; topology.kubernetes.io/zone where not given."},
    {.name = "antiAffinity",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct params, anti_affinity),
     .names = strength_names,
     .doc = "Pod anti-affinity by zone, beside the spread: Preferred where not given."},
    {.name = "maxSkew",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct params, max_skew),
     .min = 1,
     .max = 100,
     .doc = "By how many pods zones may differ; 1 where not given."},
    {.name = "whenUnsatisfiable",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct params, when_unsatisfiable),
     .names = unsatisfiable_names,
     .doc = "Of a constraint that is added: ScheduleAnyway where not given."},
    {.name = "zoneLabel",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct params, zone_label),
     .names = strength_names,
     .doc =
         "Nodes that have the zone label: Preferred where not given. With Required no pod starts "
         "where no node has it."},
    {.name = "requireZoneLabel",
     .type = BL_FIELD_BOOL,
     .offset = offsetof(struct params, require_zone_label),
     .doc = "true is zoneLabel: Required, as policies of before have it."},
    {.name = "hostAntiAffinity",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct params, host_anti_affinity),
     .names = strength_names,
     .doc = "Pod anti-affinity by node: Required where not given."},
    {.name = "hostMaxReplicas",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct params, host_max_replicas),
     .min = 1,
     .max = 10000,
     .doc = "With more replicas than this, Required by node becomes Preferred, as there may not be "
            "nodes enough; 5 where not given."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct params, fields);

static const char *zone_key(const struct params *params)
{
    return params->topology_key ? params->topology_key : BL_LABEL_ZONE;
}

static bool selects_itself(const struct bl_rule_run *run, const cJSON *selector)
{
    return bl_selector_matches(selector, run->workload->pod_labels);
}

static bool topology_is(const cJSON *term, const char *key)
{
    return bl_text_eq(bl_json_string(term, "topologyKey"), key);
}

/* Both kinds of anti-affinity terms, with the weight taken off. */
#define REQUIRED_TERMS \
    "spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution"
#define PREFERRED_TERMS \
    "spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution"

/* Required affinity of pods to pods. */
#define TOGETHER_TERMS "spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution"

static const cJSON *term_of(const cJSON *entry, bool required)
{
    return required ? entry : bl_json_get(entry, "podAffinityTerm");
}

static bool term_reaches_own_namespace(const struct bl_rule_run *run, const cJSON *term)
{
    const cJSON *namespaces = bl_json_get(term, "namespaces"), *name;

    /* An empty namespaceSelector is all namespaces; what another one selects is not in sight. */
    if (!bl_json_is_null(bl_json_get(term, "namespaceSelector")))
        return true;
    if (!namespaces || !namespaces->child)
        return true;
    cJSON_ArrayForEach(name, namespaces) {
        if (cJSON_IsString(name) &&
            bl_namespace_may_equal(name->valuestring, run->workload->ref.namespace))
            return true;
    }
    return false;
}

/* Is there a term for this topology, and one that works? */
struct found {
    bool any, works;
};

static struct found find_term(const struct bl_rule_run *run, bool required, const char *key)
{
    struct found found = {0};
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_zone_pod_value(run, required ? REQUIRED_TERMS : PREFERRED_TERMS)) {
        const cJSON *term = term_of(entry, required);

        if (!topology_is(term, key))
            continue;
        found.any = true;
        found.works |= selects_itself(run, bl_json_get(term, "labelSelector")) &&
                       term_reaches_own_namespace(run, term);
    }
    return found;
}

static struct found find_spread(const struct bl_rule_run *run, const char *key)
{
    struct found found = {0};
    const cJSON *constraint;

    cJSON_ArrayForEach(constraint, bl_zone_pod_value(run, "spec/topologySpreadConstraints")) {
        if (!topology_is(constraint, key))
            continue;
        found.any = true;
        found.works |= selects_itself(run, bl_json_get(constraint, "labelSelector"));
    }
    return found;
}

static cJSON *own_selector(const struct bl_rule_run *run)
{
    return bl_json_copy(run->workload->selector);
}

/* A constraint without labelSelector selects nothing, and switches the scheduler's default spread off. */
static void mend_spread(struct bl_rule_run *run, const char *key)
{
    const cJSON *constraint;
    size_t index = 0, mended = 0;
    bool inert[64] = {false};

    cJSON_ArrayForEach(constraint, bl_zone_pod_value(run, "spec/topologySpreadConstraints")) {
        if (index < BL_ARRAY_LEN(inert))
            inert[index] = topology_is(constraint, key) &&
                           bl_json_is_null(bl_json_get(constraint, "labelSelector"));
        index++;
    }
    for (mended = 0; mended < index && mended < BL_ARRAY_LEN(inert); mended++) {
        BL_AUTO_FREE char *pointer =
            bl_asprintf("%s/spec/topologySpreadConstraints/%zu/labelSelector",
                        run->workload->pod_pointer, mended);

        if (inert[mended])
            bl_run_set(
                run, pointer, own_selector(run),
                "the spread over %s has no labelSelector, so it selects no pod and does nothing",
                key);
    }
}

/* Nothing made from a selector that misses the pods would select them. */
static bool misses_own_template(const struct bl_rule_run *run)
{
    return run->workload->selector && !selects_itself(run, run->workload->selector);
}

static void add_spread(struct bl_rule_run *run, const struct params *params)
{
    const char *key = zone_key(params);
    BL_AUTO_FREE char *pointer = bl_pod_pointer(run->workload, "spec/topologySpreadConstraints");
    cJSON *constraint;

    mend_spread(run, key);
    if (find_spread(run, key).any || find_term(run, true, key).works)
        return;
    constraint = bl_json_new_object();
    bl_json_add_int(constraint, "maxSkew", params->max_skew);
    bl_json_add_string(constraint, "topologyKey", key);
    bl_json_add_string(constraint, "whenUnsatisfiable",
                       unsatisfiable_names[params->when_unsatisfiable]);
    bl_json_add(constraint, "labelSelector", own_selector(run));
    bl_run_append(run, pointer, constraint, "nothing spreads the pods over zones (%s)", key);
}

static void add_term(struct bl_rule_run *run, bool required, const char *key)
{
    BL_AUTO_FREE char *pointer =
        bl_pod_pointer(run->workload, required ? REQUIRED_TERMS : PREFERRED_TERMS);
    cJSON *term = bl_json_new_object(), *entry = term;

    bl_json_add(term, "labelSelector", own_selector(run));
    bl_json_add_string(term, "topologyKey", key);
    if (!required) {
        entry = bl_json_new_object();
        bl_json_add_int(entry, "weight", BL_TERM_WEIGHT);
        bl_json_add(entry, "podAffinityTerm", term);
    }
    bl_run_append(run, pointer, entry, "nothing keeps two of the pods %s (%s)",
                  required ? "off one node" : "apart", key);
}

/* Its author lets its pods run on one node alone: kept apart, the next one would never start. */
static bool is_held_on_one_node(const struct bl_rule_run *run)
{
    const cJSON *term;

    if (bl_zone_is_pinned(run, HOST_KEY) || bl_zone_pod_value(run, "spec/nodeName"))
        return true;
    cJSON_ArrayForEach(term, bl_zone_pod_value(run, TOGETHER_TERMS)) {
        if (topology_is(term, HOST_KEY) && selects_itself(run, bl_json_get(term, "labelSelector")))
            return true;
    }
    return false;
}

/* A surge pod of a Deployment needs a node of its own before an old one is free. */
static enum bl_strength host_strength(const struct bl_rule_run *run, const struct params *params)
{
    const struct bl_workload *workload = run->workload;
    const char *strategy =
        bl_json_string(bl_json_at(workload->object, "spec", "strategy", NULL), "type");
    bool surges =
        bl_object_is(workload->object, "apps", "Deployment") && !bl_text_eq(strategy, "Recreate");

    if (workload->replicas < 2 || is_held_on_one_node(run))
        return BL_OFF;
    if (params->host_anti_affinity == BL_REQUIRED &&
        (surges || workload->replicas > params->host_max_replicas))
        return BL_PREFERRED;
    return (enum bl_strength)params->host_anti_affinity;
}

static void add_terms(struct bl_rule_run *run, enum bl_strength strength, const char *key)
{
    struct found required = find_term(run, true, key), preferred = find_term(run, false, key);

    if (strength == BL_OFF || required.any || required.works)
        return;
    if (strength == BL_REQUIRED)
        add_term(run, true, key);
    else if (!preferred.any)
        add_term(run, false, key);
}

static enum bl_strength label_strength(const struct params *params)
{
    return params->require_zone_label ? BL_REQUIRED : (enum bl_strength)params->zone_label;
}

static void edit(struct bl_rule_run *run)
{
    const struct params *params = run->params;
    const char *zone = zone_key(params);

    if (!run->workload->selector || misses_own_template(run))
        return;
    if (!bl_zone_is_pinned(run, zone) && !is_held_on_one_node(run)) {
        add_spread(run, params);
        add_terms(run, (enum bl_strength)params->anti_affinity, zone);
    }
    add_terms(run, host_strength(run, params), HOST_KEY);
    if (label_strength(params) == BL_REQUIRED)
        bl_zone_require_label(run, zone);
    else if (label_strength(params) == BL_PREFERRED)
        bl_zone_wish_label(run, zone);
}

/* The workload in sight whose pods a selector means that misses the pods which carry it; NULL: none. */
static const struct bl_workload *meant(const struct bl_rule_run *run, const cJSON *holder)
{
    const cJSON *selector = bl_json_get(holder, "labelSelector"), *name;
    const struct bl_workload *other = NULL;

    if (term_reaches_own_namespace(run, holder))
        return bl_scene_selected(run->scene, selector, run->workload->ref.namespace);
    cJSON_ArrayForEach(name, bl_json_get(holder, "namespaces")) {
        if (!other && cJSON_IsString(name))
            other = bl_scene_selected(run->scene, selector, name->valuestring);
    }
    return other;
}

/* It does what it says, and not what the rule is about. */
static void report_other(struct bl_rule_run *run, const struct bl_workload *other, const char *path,
                         bool spread, const char *key)
{
    BL_AUTO_FREE char *who = bl_describe(other->object);

    if (spread)
        bl_run_report(run, BL_FAULT_WRONG, run->object, path,
                      "Make its labelSelector select the labels of this pod template.",
                      "the spread on %s counts the pods of %s and not those that carry it: these "
                      "may all stand together",
                      key, who);
    else
        bl_run_report(run, BL_FAULT_WRONG, run->object, path,
                      "Add one whose labelSelector selects the labels of this pod template.",
                      "the anti-affinity on %s keeps the pods away from those of %s, but not from "
                      "each other",
                      key, who);
}

static void check_selector(struct bl_rule_run *run, const cJSON *holder, const char *path,
                           bool spread)
{
    const cJSON *selector = bl_json_get(holder, "labelSelector");
    const char *key = bl_json_string(holder, "topologyKey");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1024);
    const struct bl_workload *other;

    if (selects_itself(run, selector))
        return;
    key = key ? key : "?";
    other = meant(run, holder);
    if (other) {
        report_other(run, other, path, spread, key);
        return;
    }
    bl_selector_describe(&text, selector);
    bl_run_report(run, bl_json_is_null(selector) ? BL_FAULT_MISSING : BL_FAULT_WRONG, run->object,
                  path, "Make its labelSelector select the labels of this pod template.",
                  "the %s on %s selects %s, which the pods themselves do not carry, so it does "
                  "nothing",
                  spread ? "spread" : "anti-affinity", key, text.text);
}

static void check_namespaces(struct bl_rule_run *run, const cJSON *term, const char *path)
{
    const char *key = bl_json_string(term, "topologyKey");

    if (selects_itself(run, bl_json_get(term, "labelSelector")) &&
        !term_reaches_own_namespace(run, term))
        bl_run_report(run, BL_FAULT_WRONG, run->object, path, "Leave `namespaces` out.",
                      "the anti-affinity on %s looks at other namespaces only, so it does nothing",
                      key ? key : "?");
}

static void check_limits(struct bl_rule_run *run, const cJSON *constraint, const char *path)
{
    const struct params *params = run->params;
    const char *when = bl_json_string(constraint, "whenUnsatisfiable");
    int64_t skew = 1;

    (void)bl_json_int(bl_json_get(constraint, "maxSkew"), &skew);
    if (skew > params->max_skew)
        bl_run_report(run, BL_FAULT_WRONG, run->object, path, "Lower maxSkew.",
                      "maxSkew %lld lets zones differ by more than %lld %s", (long long)skew,
                      (long long)params->max_skew, bl_text_plural(params->max_skew, "pod", "pods"));
    if (params->when_unsatisfiable == DO_NOT_SCHEDULE && bl_text_eq(when, "ScheduleAnyway"))
        bl_run_report(run, BL_FAULT_WRONG, run->object, path,
                      "Set whenUnsatisfiable: DoNotSchedule.",
                      "the spread over zones is only a wish (ScheduleAnyway)");
}

static void check_constraints(struct bl_rule_run *run, const char *zone)
{
    const cJSON *constraint;
    size_t index = 0;

    cJSON_ArrayForEach(constraint, bl_zone_pod_value(run, "spec/topologySpreadConstraints")) {
        BL_AUTO_FREE char *path = bl_asprintf("%s/spec/topologySpreadConstraints/%zu",
                                              run->workload->pod_pointer, index++);

        if (!topology_is(constraint, zone) && !topology_is(constraint, HOST_KEY))
            continue;
        check_selector(run, constraint, path, true);
        if (topology_is(constraint, zone) &&
            selects_itself(run, bl_json_get(constraint, "labelSelector")))
            check_limits(run, constraint, path);
    }
}

static void check_term_list(struct bl_rule_run *run, bool required, const char *zone)
{
    const char *list = required ? REQUIRED_TERMS : PREFERRED_TERMS;
    bool zone_works = find_term(run, true, zone).works || find_term(run, false, zone).works;
    bool host_works = find_term(run, true, HOST_KEY).works || find_term(run, false, HOST_KEY).works;
    const cJSON *entry;
    size_t index = 0;

    cJSON_ArrayForEach(entry, bl_zone_pod_value(run, list)) {
        BL_AUTO_FREE char *path = bl_asprintf("%s/%s/%zu%s", run->workload->pod_pointer, list,
                                              index++, required ? "" : "/podAffinityTerm");
        const cJSON *term = term_of(entry, required);
        bool of_zone = topology_is(term, zone);

        /* A term that keeps the pods from others is none of our business if another keeps them apart. */
        if (of_zone ? zone_works : host_works || !topology_is(term, HOST_KEY))
            continue;
        check_selector(run, term, path, false);
        check_namespaces(run, term, path);
    }
}

static void check_host(struct bl_rule_run *run, const struct params *params)
{
    enum bl_strength wanted = host_strength(run, params);
    BL_AUTO_FREE char *path = bl_pod_pointer(run->workload, "spec/affinity");
    BL_AUTO_FREE char *who = bl_describe(run->workload->object);

    if (wanted == BL_OFF || find_term(run, true, HOST_KEY).any)
        return;
    if (wanted == BL_PREFERRED && find_term(run, false, HOST_KEY).any)
        return;
    bl_run_report(run, BL_FAULT_MISSING, run->object, path,
                  "Add podAntiAffinity on " HOST_KEY " that selects the pods themselves.",
                  "%s can have several of its pods on one node", who);
}

static void check_held(struct bl_rule_run *run)
{
    BL_AUTO_FREE char *path = bl_pod_pointer(run->workload, "spec");
    BL_AUTO_FREE char *who = bl_describe(run->workload->object);

    if (run->workload->replicas > 1)
        bl_run_report(run, BL_FAULT_NOTE, run->object, path,
                      "Let its pods run on several nodes, and Ballast keeps them apart.",
                      "all pods of %s are held on one node, and are lost with it", who);
}

/* Workloads of one zone each are a way to spread; one workload in one zone is none. */
static void check_pinned(struct bl_rule_run *run, const char *zone)
{
    const struct bl_ensemble *ensemble = &run->scene->ensembles.items[run->workload->ensemble];
    BL_AUTO_FREE char *path = bl_pod_pointer(run->workload, "spec");
    BL_AUTO_FREE char *who = bl_describe(run->workload->object);

    if (ensemble->members.len == 1 && run->workload->replicas > 1)
        bl_run_report(run, BL_FAULT_NOTE, run->object, path,
                      "Let its pods run in several zones, if there are several.",
                      "all pods of %s are pinned to one zone (%s)", who, zone);
}

static void report_selector(struct bl_rule_run *run)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1024);
    BL_AUTO_FREE char *who = bl_describe(run->workload->object);

    bl_selector_describe(&text, run->workload->selector);
    bl_run_report(run, BL_FAULT_WRONG, run->object, "/spec/selector",
                  "Make it select the labels of the pod template; the API server refuses it.",
                  "the selector of %s (%s) does not select its own pod template", who, text.text);
}

static void check(struct bl_rule_run *run)
{
    const struct params *params = run->params;
    const char *zone = zone_key(params);
    BL_AUTO_FREE char *path = bl_pod_pointer(run->workload, "spec");
    BL_AUTO_FREE char *who = bl_describe(run->workload->object);

    if (!run->workload->selector) {
        bl_run_report(run, BL_FAULT_MISSING, run->object, path, "Give the pod template labels.",
                      "%s has no labels that a spread could select", who);
        return;
    }
    if (misses_own_template(run)) {
        report_selector(run);
        return;
    }
    check_constraints(run, zone);
    check_term_list(run, true, zone);
    check_term_list(run, false, zone);
    if (is_held_on_one_node(run))
        check_held(run);
    else if (!find_spread(run, zone).any && !find_term(run, true, zone).works &&
             !bl_zone_is_pinned(run, zone))
        bl_run_report(run, BL_FAULT_MISSING, run->object, path,
                      "Add topologySpreadConstraints with a labelSelector that selects the pods.",
                      "%s can lose all replicas with one zone: nothing spreads its pods over %s",
                      who, zone);
    if (bl_zone_is_pinned(run, zone))
        check_pinned(run, zone);
    check_host(run, params);
    bl_zone_check_label(run, label_strength(params), zone);
}

/* Of one zone each they are spread; all of the same one are lost with it. */
static void check_one_zone(struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    const char *key = zone_key(run->params), *zone = NULL;

    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++) {
        const char *here = bl_zone_of_workload(bl_ensemble_member(run->scene, ensemble, i), key);

        if (!here || !*here || (zone && strcmp(zone, here) != 0))
            return;
        zone = here;
    }
    if (zone)
        bl_run_report(run, BL_FAULT_NOTE, run->object, "",
                      "Pin them to a zone each, or let them run in all.",
                      "all workloads of these %s pods, %zu, are pinned to one zone (%s: %s)",
                      bl_role_name(ensemble->role), ensemble->members.len, key, zone);
}

static void check_ensemble(struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    if (ensemble->members.len < 2 || run->workload->owner)
        return;
    check_one_zone(run, ensemble);
    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++) {
        const struct bl_workload *member = bl_ensemble_member(run->scene, ensemble, i);

        if (!*member->pod_pointer || bl_zone_of_workload(member, zone_key(run->params)))
            return;
    }
    bl_run_report(run, BL_FAULT_NOTE, run->object, "",
                  "Use one StatefulSet, or give all of them a common label and select that.",
                  "these %s pods belong to %zu %s, and each spreads its own over zones by itself",
                  bl_role_name(ensemble->role), ensemble->members.len,
                  bl_text_plural((int64_t)ensemble->members.len, "workload", "workloads"));
}

const struct bl_rule bl_rule_zone_spread = {
    .summary = "Replicas stand in different zones and on different nodes, by rules that really "
               "select them.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .mutates = true,
    .edit = edit,
    .check = check,
    .check_ensemble = check_ensemble,
};
