#include <inttypes.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/intstr.h"
#include "ballast/object/selector.h"
#include "ballast/policies/managed.h"
#include "rule.h"

/*
 * One budget over all pods of an ensemble, and one only: two budgets on a pod make every eviction of it
 * fail, so drains hang. A budget that is there is judged by what it allows, computed as the disruption
 * controller computes it, and is never doubled.
 */

static const char *const eviction_names[] = {"IfHealthyBudget", "AlwaysAllow", NULL};

struct params {
    struct bl_rule_params base;
    int64_t max_unavailable;
    int eviction_policy;
    bool hold_pods;
};

static const struct params defaults = {.max_unavailable = 1};

static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "maxUnavailable",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct params, max_unavailable),
     .min = 1,
     .max = 1000,
     .doc = "How many pods of an ensemble may be down by our own act; 1 where not given."},
    {.name = "unhealthyPodEvictionPolicy",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct params, eviction_policy),
     .names = eviction_names,
     .doc = "Of a budget that is made: IfHealthyBudget where not given."},
    {.name = "holdPods",
     .type = BL_FIELD_BOOL,
     .offset = offsetof(struct params, hold_pods),
     .doc = "Whether pods get a scheduling gate, which Ballast's controller takes off once budget "
            "and network policy exist; false where not given. While the controller is away no pod "
            "starts then."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct params, fields);

static bool is_held(const cJSON *gates)
{
    const cJSON *gate;

    cJSON_ArrayForEach(gate, gates) {
        if (bl_text_eq(bl_json_string(gate, "name"), BL_SCHEDULING_GATE))
            return true;
    }
    return false;
}

/* A pod that exists may lose gates and never gain one. */
static void edit(struct bl_rule_run *run)
{
    const struct params *params = run->params;
    BL_AUTO_FREE char *pointer = bl_pod_pointer(run->workload, "spec/schedulingGates");
    cJSON *gate;

    if (!params->hold_pods || !*run->workload->pod_pointer || is_held(bl_run_now(run, pointer)))
        return;
    gate = bl_json_new_object();
    bl_json_add_string(gate, "name", BL_SCHEDULING_GATE);
    bl_run_append(run, pointer, gate, "pods start before what protects them is there");
}

static bool selects_member(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                           const cJSON *selector)
{
    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++)
        if (bl_selector_matches(selector, bl_ensemble_member(run->scene, ensemble, i)->pod_labels))
            return true;
    return false;
}

struct budget {
    const struct bl_world_entry *entry;
    const cJSON *spec;
    int64_t selected; /* pods that it counts, of all workloads in sight */
};

/* Counts what it selects; other workloads in it make percentages mean something else. */
static void count_pods(struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                       struct budget *budget)
{
    const cJSON *selector = bl_json_get(budget->spec, "selector");

    for (size_t i = 0; i < run->scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *other = run->scene->workloads.items[i];
        bool same = other->role == ensemble->role && other->ensemble == run->workload->ensemble;

        if (!bl_namespace_may_equal(other->ref.namespace, budget->entry->ref.namespace) ||
            !bl_selector_matches(selector, other->pod_labels))
            continue;
        budget->selected += other->replicas;
        if (same || bl_workload_is_kafka(other))
            continue;
        BL_AUTO_FREE char *who = bl_describe(other->object);
        bl_run_report(run, BL_FAULT_NOTE, budget->entry->index, "/spec/selector",
                      "Narrow its selector to the pods that it is for.",
                      "PodDisruptionBudget \"%s\" also selects the pods of %s, which count in it",
                      budget->entry->ref.name, who);
    }
}

static void wrong(struct bl_rule_run *run, const struct budget *budget, const char *path,
                  const char *hint, const char *what)
{
    bl_run_report(run, BL_FAULT_WRONG, budget->entry->index, path, hint,
                  "PodDisruptionBudget \"%s\" %s", budget->entry->ref.name, what);
}

/* Pods that may go at once, as pkg/controller/disruption computes it. False: the budget is invalid. */
static bool allowed_disruptions(struct bl_rule_run *run, const struct budget *budget,
                                int64_t *ret_allowed, const char **ret_path)
{
    BL_ERROR(err);
    const cJSON *max = bl_json_get(budget->spec, "maxUnavailable");
    const cJSON *min = bl_json_get(budget->spec, "minAvailable");
    bool by_max = !bl_json_is_null(max);
    struct bl_intstr value;

    *ret_path = by_max ? "/spec/maxUnavailable" : "/spec/minAvailable";
    if (by_max && !bl_json_is_null(min)) {
        wrong(run, budget, *ret_path, "Keep maxUnavailable: 1 and remove minAvailable.",
              "has both minAvailable and maxUnavailable, which the API server refuses");
        return false;
    }
    if (!by_max && bl_json_is_null(min)) {
        *ret_path = "/spec";
        *ret_allowed = 0;
        return true;
    }
    if (bl_intstr_parse(by_max ? max : min, &value, &err) < 0 || value.value < 0) {
        wrong(run, budget, *ret_path, "Write a number of pods, such as 1, or a percentage.",
              err ? "has a limit that is neither a number nor a percentage"
                  : "has a negative limit");
        return false;
    }

    int64_t scaled = bl_intstr_scale(value, budget->selected, true);
    *ret_allowed = by_max ? scaled : budget->selected - scaled;
    if (*ret_allowed > budget->selected)
        *ret_allowed = budget->selected;
    if (*ret_allowed < 0)
        *ret_allowed = 0;
    return true;
}

static void judge_limit(struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                        const struct budget *budget)
{
    const struct params *params = run->params;
    const char *path;
    int64_t allowed;

    if (!allowed_disruptions(run, budget, &allowed, &path) || ensemble->replicas == 0)
        return;
    if (allowed == 0) {
        BL_AUTO_FREE char *what = bl_asprintf(
            "allows no pod of %" PRId64 " to be evicted, so no node that runs one can be drained",
            budget->selected);

        wrong(run, budget, path, "Set maxUnavailable: 1 instead.", what);
    } else if (allowed > params->max_unavailable && ensemble->replicas > 1) {
        BL_AUTO_FREE char *what = bl_asprintf("lets %" PRId64 " of %" PRId64
                                              " pods go at once; the policy allows %" PRId64,
                                              allowed, budget->selected, params->max_unavailable);

        wrong(run, budget, path, "Set maxUnavailable to what the policy allows.", what);
    }
}

static void judge_version(struct bl_rule_run *run, const struct budget *budget)
{
    const char *since = bl_object_gone_since(budget->entry->object);
    BL_AUTO_FREE char *what =
        bl_asprintf("never gets into the cluster: %s is not served since Kubernetes %s",
                    budget->entry->ref.api_version, since ? since : "");

    if (since)
        wrong(run, budget, "/apiVersion", "Write policy/v1.", what);
}

static void judge_budget(struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                         const struct bl_world_entry *entry)
{
    const struct params *params = run->params;
    struct budget budget = {entry, bl_json_get(entry->object, "spec"), 0};
    const char *eviction = bl_json_string(budget.spec, "unhealthyPodEvictionPolicy");

    judge_version(run, &budget);
    count_pods(run, ensemble, &budget);
    judge_limit(run, ensemble, &budget);
    if (eviction && strcmp(eviction, "AlwaysAllow") == 0 && params->eviction_policy == 0)
        wrong(run, &budget, "/spec/unhealthyPodEvictionPolicy",
              "Set unhealthyPodEvictionPolicy: IfHealthyBudget.",
              "lets a pod that is still recovering be evicted at any time (AlwaysAllow)");
}

static void judge_invalid_selector(struct bl_rule_run *run, const struct bl_world_entry *entry)
{
    BL_ERROR(err);

    if (bl_selector_validate(bl_json_at(entry->object, "spec", "selector", NULL), &err) < 0)
        bl_run_report(run, BL_FAULT_WRONG, entry->index, "/spec/selector",
                      "Correct the selector; the API server refuses it.",
                      "PodDisruptionBudget \"%s\": %s", entry->ref.name, bl_error_text(err));
}

/* Is it clearly meant for these pods, though it selects none? By half of the labels that name them. */
static bool meant_for(const struct bl_rule_run *run, const cJSON *selector)
{
    const cJSON *label, *labels = bl_json_get(selector, "matchLabels");
    size_t same = 0, all = bl_json_len(labels);

    BL_JSON_EACH_MEMBER(label, labels) {
        same += cJSON_IsString(label) &&
                bl_text_eq(bl_json_string(run->workload->pod_labels, label->string),
                           label->valuestring);
    }
    return all > 1 && same * 2 >= all;
}

/* "zk-pdb" of "zk": named after the workload. */
static bool is_named_for(const struct bl_rule_run *run, const struct bl_world_entry *entry)
{
    const char *name = run->workload->ref.name;
    size_t len = strlen(name);

    return len && strncmp(entry->ref.name, name, len) == 0 &&
           (!entry->ref.name[len] || entry->ref.name[len] == '-');
}

static bool selects_anything(const struct bl_rule_run *run, const struct bl_world_entry *entry,
                             const cJSON *selector)
{
    for (size_t i = 0; i < run->scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *workload = run->scene->workloads.items[i];

        if (bl_namespace_may_equal(workload->ref.namespace, entry->ref.namespace) &&
            bl_selector_matches(selector, workload->pod_labels))
            return true;
    }
    return false;
}

static void note_idle(struct bl_rule_run *run, const struct bl_world_entry *entry,
                      const cJSON *selector)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1024);

    /* At admission what it is for may come with the next request. */
    if (run->no_companions || !(meant_for(run, selector) || is_named_for(run, entry)) ||
        selects_anything(run, entry, selector))
        return;
    bl_selector_describe(&text, selector);
    bl_run_report(run, BL_FAULT_NOTE, entry->index, "/spec/selector",
                  "Correct its selector, or remove it if those pods are not wanted.",
                  "PodDisruptionBudget \"%s\" selects no pod in sight (%s)", entry->ref.name,
                  text.text);
}

static void report_doubles(struct bl_rule_run *run, const struct bl_world_entry *first,
                           const struct bl_world_entry *second)
{
    BL_AUTO_FREE char *who = bl_describe(run->workload->object);

    bl_run_report(
        run, BL_FAULT_WRONG, second->index, "/spec/selector", "Keep one of the two.",
        "PodDisruptionBudgets \"%s\" and \"%s\" both select the pods of %s: with two budgets "
        "every eviction fails and drains hang",
        first->ref.name, second->ref.name, who);
}

static cJSON *make_budget(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    const struct params *params = run->params;
    BL_AUTO_FREE char *name = bl_companion_name(run->scene, ensemble);
    cJSON *budget = bl_companion_new("policy/v1", "PodDisruptionBudget", name, run->workload);
    cJSON *spec = bl_json_add_object(budget, "spec");

    bl_json_add_int(spec, "maxUnavailable", params->max_unavailable);
    bl_json_add_string(spec, "unhealthyPodEvictionPolicy", eviction_names[params->eviction_policy]);
    bl_json_add(spec, "selector", bl_json_copy(ensemble->selector));
    return budget;
}

static void give_budget(struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    static const char *const hint =
        "Add a PodDisruptionBudget with maxUnavailable: 1 for its pods.";
    BL_AUTO_FREE char *who = bl_describe(run->workload->object);

    /* A budget cannot help a single replica: it lets it go, or it makes its node undrainable. */
    if (ensemble->replicas < 2)
        return;
    if (!ensemble->selector && bl_run_may_mutate(run))
        bl_run_report(run, BL_FAULT_MISSING, run->object, "",
                      "Give its pods a label that no other workload carries.",
                      "%s has no disruption budget, and no label tells its pods from others", who);
    else if (!bl_run_may_mutate(run))
        bl_run_report(run, BL_FAULT_MISSING, run->object, "", hint,
                      "%s has no disruption budget: a drain may take all its pods at once", who);
    else
        bl_run_companion(run, ensemble, make_budget(run, ensemble),
                         "%s has no disruption budget: a drain may take all its pods at once", who);
}

/* A rolling update goes past every budget; a percentage is rounded down, to 1 at least (KEP-961). */
static void judge_update(struct bl_rule_run *run, const struct bl_workload *member)
{
    BL_ERROR(ignored);
    const struct params *params = run->params;
    const cJSON *most = bl_json_at(member->object, "spec", "updateStrategy", "rollingUpdate",
                                   "maxUnavailable", NULL);
    struct bl_intstr value;

    if (bl_json_is_null(most) || !bl_object_is(member->object, "apps", "StatefulSet") ||
        bl_intstr_parse(most, &value, &ignored) < 0)
        return;
    int64_t at_once = bl_intstr_scale(value, member->replicas, false);
    if (at_once <= params->max_unavailable)
        return;
    BL_AUTO_FREE char *who = bl_describe(member->object);
    bl_run_report(run, BL_FAULT_NOTE, member->index,
                  "/spec/updateStrategy/rollingUpdate/maxUnavailable",
                  "Leave it out: it is 1 then.",
                  "a rolling update of %s takes %" PRId64
                  " pods down at once, whatever the disruption budget says",
                  who, at_once);
}

static void check_ensemble(struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    const struct bl_world_entry *first = NULL;
    struct bl_world_iter iter =
        bl_world_walk(run->scene->world, BL_WORLD_DISRUPTION_BUDGET, run->workload->ref.namespace);

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        const cJSON *selector = bl_json_at(entry->object, "spec", "selector", NULL);

        judge_invalid_selector(run, entry);
        if (!selects_member(run, ensemble, selector)) {
            note_idle(run, entry, selector);
            continue;
        }
        if (first)
            report_doubles(run, first, entry);
        first = first ? first : entry;
        judge_budget(run, ensemble, entry);
    }
    if (!first)
        give_budget(run, ensemble);
    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++)
        judge_update(run, bl_ensemble_member(run->scene, ensemble, i));
}

const struct bl_rule bl_rule_disruption_budget = {
    .summary = "One PodDisruptionBudget over each ensemble, so that drains take one pod at a time.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .mutates = true,
    .edit = edit,
    .check_ensemble = check_ensemble,
};
