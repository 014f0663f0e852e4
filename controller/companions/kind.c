/*
 * Keeps what the workloads of a namespace need beside them, one namespace at a time: plans (plan.h) and writes what
 * differs (act.h). Where nothing differs nothing is written, however often a namespace is looked at.
 */
#include "controllers.h"

#include "act.h"
#include "ballast/api/builtin.h"
#include "ballast/api/names.h"
#include "ballast/base/date.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "caches.h"
#include "scheduling_gate.h"
#include "tally.h"

/* Between two looks at a namespace while policies of a network plugin cannot be read. */
#define LACK_EVERY (10 * BL_NSEC_S)
/* Seconds that the watch of a workload may be behind that of its pods. */
#define RESTORING_EVERY (5 * BL_NSEC_S)
#define OWNER_WITHIN 30

struct companions {
    const struct bl_controller *controller;
    const struct bl_env *env;
    struct bl_pending *pending;
    struct bl_tallies *tallies;
    struct bl_metric *writes, *states, *skipped;
};

/* --- what it remembers, and its metrics --- */

static void add_metrics(struct companions *companions, struct bl_metrics *metrics)
{
    static const char *const kinds[] = {"poddisruptionbudget", "networkpolicy", "policyreport",
                                        NULL};
    static const char *const states[] = {"kept", "waiting", "blocked", NULL};
    static const char *const verbs[] = {"create", "repair", "withdraw", NULL};

    companions->states =
        bl_metrics_make(metrics, BL_METRIC_GAUGE, "ballast_controller_companions",
                        "Objects that workloads need beside them, by what became of them.",
                        BL_METRIC_LABEL("kind", kinds), BL_METRIC_LABEL("state", states));
    companions->writes =
        bl_metrics_make(metrics, BL_METRIC_COUNTER, "ballast_controller_writes_total",
                        "Companions that were created, repaired and withdrawn.",
                        BL_METRIC_LABEL("kind", kinds), BL_METRIC_LABEL("verb", verbs));
    companions->skipped =
        bl_metrics_make(metrics, BL_METRIC_GAUGE, "ballast_controller_namespaces_skipped",
                        "Namespaces that nothing is done for, as they are too large to judge.",
                        BL_METRIC_NO_LABEL, BL_METRIC_NO_LABEL);
}

static void *make(struct bl_controller *controller, void *environment)
{
    struct companions *companions = BL_NEW(struct companions);

    companions->controller = controller;
    companions->env = environment;
    companions->pending = bl_pending_new(&bl_clock_real);
    companions->tallies = bl_tallies_new();
    add_metrics(companions, bl_controller_metrics(controller));
    return companions;
}

static void release(void *context)
{
    struct companions *companions = context;

    bl_pending_free(companions->pending);
    bl_tallies_free(companions->tallies);
    free(companions);
}

static void measure(void *context)
{
    struct companions *companions = context;
    struct bl_tally_sums sums;

    bl_tallies_sum(companions->tallies, &sums);
    bl_metric_set(companions->skipped, sums.skipped, 0, 0, 0);
    for (size_t kind = 0; kind < BL_COMPANION_KINDS; kind++)
        for (size_t state = 0; state < BL_COMPANION_STATES; state++)
            bl_metric_set(companions->states, sums.states[kind][state], kind, state, 0);
}

/* --- telling --- */

static void tell(const struct companions *companions, const cJSON *object,
                 const struct bl_event *event)
{
    bl_recorder_tell(bl_controller_recorder(companions->controller), object, event);
}

static void say_blocked(const struct companions *companions, const char *namespace,
                        const struct bl_plan *plan)
{
    for (size_t i = 0; i < plan->blocked.len; i++) {
        const struct bl_blocked *blocked = &plan->blocked.items[i];
        BL_AUTO_FREE char *note =
            bl_asprintf("%s cannot be made: another object has its name. Rename that one, or have "
                        "it select the pods of this workload.",
                        blocked->name);
        struct bl_event event = {"Warning", "CompanionBlocked", "Create", note};

        tell(companions, blocked->subject, &event);
        BL_LOG(BL_LOG_WARN, "companion blocked", BL_LOG_TEXT("namespace", namespace),
               BL_LOG_TEXT("companion", blocked->name),
               BL_LOG_TEXT("workload", bl_object_ref(blocked->subject).name));
    }
}

/* Where it is the sum of them: a workload that is not looked after. An event of a Namespace would lie elsewhere. */
static const cJSON *too_large_object(const struct bl_namespace_view *view,
                                     const struct bl_plan *plan)
{
    for (size_t i = 0; !plan->too_large_object && i < view->len; i++)
        if (bl_object_is_workload(view->items[i]))
            return view->items[i];
    return plan->too_large_object;
}

static void say_too_large(const struct companions *companions, const char *namespace,
                          const struct bl_namespace_view *view, const struct bl_plan *plan)
{
    const cJSON *object = too_large_object(view, plan);
    BL_AUTO_FREE char *note = bl_asprintf(
        "too large to judge: %s. Nothing in this namespace is looked after until it is smaller.",
        plan->too_large);
    struct bl_event event = {"Warning", "TooLargeToJudge", "Judge", note};

    if (object)
        tell(companions, object, &event);
    BL_LOG(BL_LOG_WARN, "namespace skipped", BL_LOG_TEXT("namespace", namespace),
           BL_LOG_TEXT("message", plan->too_large));
}

/* --- what is kept until the caches follow --- */

static void note_seen(const struct companions *companions, const struct bl_namespace_view *view)
{
    for (size_t i = 0; i < view->len; i++)
        if (bl_object_label(view->items[i], BL_LABEL_COMPANION))
            bl_pending_seen(companions->pending, view->items[i]);
}

static bool is_in_sight(const struct bl_namespace_view *view, const cJSON *owner)
{
    for (size_t i = 0; i < view->len; i++)
        if (bl_text_eq(bl_object_uid(view->items[i]), bl_json_string(owner, "uid")))
            return true;
    return false;
}

/*
 * The pods of a workload may be heard of before the workload is, of which nothing was asked for then. One that never
 * comes into sight is none of ours, and must not keep its pods for ever.
 */
static bool is_too_early(const struct bl_namespace_view *view, const cJSON *pod)
{
    const cJSON *owner = bl_object_controller(pod);

    return owner && !is_in_sight(view, owner) &&
           bl_clock_seconds(&bl_clock_real) - bl_object_created(pod) < OWNER_WITHIN;
}

/* What was asked for is there; what cannot be made is no reason to keep brokers down. */
static int let_pods_go(const struct companions *companions, const char *namespace,
                       const struct bl_namespace_view *view, struct bl_reconcile_result *result,
                       struct bl_error **err)
{
    BL_AUTO(bl_namespace_view_release) struct bl_namespace_view pods = {0};

    bl_caches_pods(companions->env, namespace, &pods);
    for (size_t i = 0; i < pods.len; i++) {
        if (!bl_pod_is_held(pods.items[i]))
            continue;
        if (is_too_early(view, pods.items[i]))
            bl_reconcile_again(result, BL_NSEC_S);
        else if (bl_pod_let_go(bl_controller_client(companions->controller), pods.items[i], err) <
                 0)
            return -1;
    }
    return 0;
}

/* --- one namespace --- */

static void look(const struct companions *companions, const char *namespace,
                 const struct bl_namespace_view *view, struct bl_plan *ret_plan)
{
    const struct bl_env *env = companions->env;
    BL_AUTO(bl_snapshot_cleanup)
    struct bl_snapshot *snapshot = bl_policies_get(bl_sources_policies(env->sources));
    struct bl_plan_options options = {.namespace = namespace,
                                      .today = bl_day_today(),
                                      .in_scope =
                                          bl_caches_place(env, namespace) == BL_SCOPE_WITHIN,
                                      .careful = bl_sources_refuse_any(env->sources),
                                      .reports = bl_caches_know_reports(env),
                                      .blind = bl_caches_lack_policies(env)};
    struct bl_tally_news news;

    bl_plan_companions(bl_snapshot_policies(snapshot), view->items, view->len, &options, ret_plan);
    news = bl_tallies_note(companions->tallies, namespace, ret_plan);
    if (news.blocked)
        say_blocked(companions, namespace, ret_plan);
    if (news.too_large)
        say_too_large(companions, namespace, view, ret_plan);
}

static int reconcile(struct bl_controller *controller, const struct bl_reconcile_request *request,
                     struct bl_reconcile_result *ret_result, struct bl_error **err)
{
    const struct companions *companions = bl_controller_context(controller);
    const struct bl_env *env = companions->env;
    enum bl_scope_place place = bl_caches_place(env, request->name);
    struct bl_companion_actor actor = {controller, companions->pending, companions->writes};
    BL_AUTO(bl_namespace_view_release) struct bl_namespace_view view = {0};
    BL_AUTO(bl_plan_release) struct bl_plan plan = {0};

    if (place == BL_SCOPE_WITHIN && !bl_caches_complete(env, request->name)) {
        bl_reconcile_again(ret_result, COMPLETE_WITHIN);
        return 0;
    }
    bl_caches_view(env, request->name, &view);
    if (!view.namespace || bl_object_is_going(view.namespace) || place == BL_SCOPE_BEYOND) {
        bl_tallies_forget(companions->tallies, request->name);
        return 0;
    }
    if (bl_caches_lack_policies(env))
        bl_reconcile_again(ret_result, LACK_EVERY);
    note_seen(companions, &view);
    /* What is made beside a restore gets into its way: it writes the same names. */
    if (bl_caches_restoring(env, request->name)) {
        bl_reconcile_again(ret_result, RESTORING_EVERY);
        return let_pods_go(companions, request->name, &view, ret_result, err);
    }
    look(companions, request->name, &view, &plan);
    bl_companions_put_off(&actor, &plan, ret_result);
    if (bl_companions_act(&actor, &plan, err) < 0)
        return -1;
    return let_pods_go(companions, request->name, &view, ret_result, err);
}

/* --- what it watches --- */

/* A pod waits for its companions. */
static bool is_held_anew(const cJSON *before, const cJSON *after)
{
    return !before && bl_pod_is_held(after);
}

#define OF_NAMESPACE(id)                                                                           \
    {                                                                                              \
        .kind = &bl_kind_##id, .map = bl_map_namespace_or_all, .changed = bl_changed_beside_status \
    }

static const struct bl_controller_watch watches[] = {
    {.kind = &bl_kind_namespace, .map = bl_map_self},
    OF_NAMESPACE(stateful_set),
    OF_NAMESPACE(deployment),
    OF_NAMESPACE(disruption_budget),
    OF_NAMESPACE(network_policy),
    OF_NAMESPACE(cilium_policy),
    OF_NAMESPACE(cilium_wide_policy),
    OF_NAMESPACE(calico_policy),
    OF_NAMESPACE(calico_wide_policy),
    OF_NAMESPACE(calico3_policy),
    OF_NAMESPACE(calico3_wide_policy),
    OF_NAMESPACE(baseline_policy),
    OF_NAMESPACE(cluster_policy),
    OF_NAMESPACE(service),
    OF_NAMESPACE(policy_report),
    OF_NAMESPACE(config_map),
    {.kind = &bl_kind_pod, .map = bl_map_namespace, .changed = is_held_anew},
    {0},
};

const struct bl_controller_spec bl_companions_controller = {
    .name = "companions",
    .watches = watches,
    .make = make,
    .free = release,
    .reconcile = reconcile,
    .measure = measure,
};
