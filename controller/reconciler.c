#include "reconciler.h"
#include "telemetry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/policies/review.h"
#include "ballast/runtime/workers.h"
#include "pending.h"
#include "policy_status.h"
#include "release.h"
#include "writer.h"

/* Pods that their workload has left behind are asked for so often. */
#define ORPHANS_EVERY (10 * BL_NSEC_S)
/* A workload is heard of so many seconds after its pods, at most. */
#define OWNER_WITHIN 30
/* At once, of one namespace. */
#define WRITERS 4

/* What is known of one namespace since it was looked at last. */
struct tally {
    char *namespace;
    unsigned states[BL_COMPANION_KINDS][BL_COMPANION_STATES];
    char *blocked;   /* said last, so that it is said once; "" for nothing */
    char *too_large; /* the same of why it is skipped */
};

struct bl_reconciler {
    struct bl_reconciler_options options;
    struct bl_workers *workers;
    struct bl_pending *pending;

    pthread_mutex_t lock; /* guards what follows */
    struct {
        struct tally *items;
        size_t len, cap;
    } tallies;
};

struct bl_reconciler *bl_reconciler_new(const struct bl_reconciler_options *options)
{
    struct bl_reconciler *reconciler = BL_NEW(struct bl_reconciler);

    reconciler->options = *options;
    reconciler->pending = bl_pending_new(&bl_clock_real);
    (void)pthread_mutex_init(&reconciler->lock, NULL);
    return reconciler;
}

static void tally_clear(struct tally *tally)
{
    free(tally->namespace);
    free(tally->blocked);
    free(tally->too_large);
}

void bl_reconciler_free(struct bl_reconciler *reconciler)
{
    if (!reconciler)
        return;
    bl_reconciler_stop(reconciler);
    for (size_t i = 0; i < reconciler->tallies.len; i++)
        tally_clear(&reconciler->tallies.items[i]);
    free(reconciler->tallies.items);
    bl_pending_free(reconciler->pending);
    (void)pthread_mutex_destroy(&reconciler->lock);
    free(reconciler);
}

/* With the lock; NULL: there is none. */
static struct tally *find_tally(struct bl_reconciler *reconciler, const char *namespace)
{
    for (size_t i = 0; i < reconciler->tallies.len; i++)
        if (strcmp(reconciler->tallies.items[i].namespace, namespace) == 0)
            return &reconciler->tallies.items[i];
    return NULL;
}

static void forget_namespace(struct bl_reconciler *reconciler, const char *namespace)
{
    struct tally *tally;

    (void)pthread_mutex_lock(&reconciler->lock);
    tally = find_tally(reconciler, namespace);
    if (tally) {
        tally_clear(tally);
        *tally = reconciler->tallies.items[--reconciler->tallies.len];
    }
    (void)pthread_mutex_unlock(&reconciler->lock);
}

static char *list_blocked(const struct bl_plan *plan)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; i < plan->blocked.len; i++)
        bl_strbuf_addf(&text, "%s%s", i ? ", " : "", plan->blocked.items[i].name);
    return bl_strbuf_take(&text);
}

/* True: it is another text, and not none. */
static bool take_news(char **text, char *now)
{
    bool news = *now && strcmp(now, *text) != 0;

    free(*text);
    *text = now;
    return news;
}

/* What is to be said because it was not yet: something is blocked, in this company; the namespace is skipped. */
struct news {
    bool blocked, too_large;
};

static struct news note_plan(struct bl_reconciler *reconciler, const char *namespace,
                             const struct bl_plan *plan)
{
    struct tally *tally;
    struct news news;

    (void)pthread_mutex_lock(&reconciler->lock);
    tally = find_tally(reconciler, namespace);
    if (!tally) {
        tally = BL_PUSH(&reconciler->tallies);
        *tally = (struct tally){.namespace = bl_strdup(namespace),
                                .blocked = bl_strdup(""),
                                .too_large = bl_strdup("")};
    }
    memcpy(tally->states, plan->states, sizeof(tally->states));
    news.blocked = take_news(&tally->blocked, list_blocked(plan));
    news.too_large =
        take_news(&tally->too_large, bl_strdup(plan->too_large ? plan->too_large : ""));
    (void)pthread_mutex_unlock(&reconciler->lock);
    return news;
}

static void say_blocked(struct bl_reconciler *reconciler, const char *namespace,
                        const struct bl_plan *plan)
{
    for (size_t i = 0; i < plan->blocked.len; i++) {
        const struct bl_blocked *blocked = &plan->blocked.items[i];
        BL_AUTO_FREE char *note =
            bl_asprintf("%s cannot be made: another object has its name. Rename that one, or have "
                        "it select the pods of this workload.",
                        blocked->name);
        struct bl_event event = {"Warning", "CompanionBlocked", "Create", note};

        bl_recorder_tell(reconciler->options.recorder, blocked->subject, &event);
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

static void say_too_large(struct bl_reconciler *reconciler, const char *namespace,
                          const struct bl_namespace_view *view, const struct bl_plan *plan)
{
    const cJSON *object = too_large_object(view, plan);
    BL_AUTO_FREE char *note = bl_asprintf(
        "too large to judge: %s. Nothing in this namespace is looked after until it is smaller.",
        plan->too_large);
    struct bl_event event = {"Warning", "TooLargeToJudge", "Judge", note};

    if (object)
        bl_recorder_tell(reconciler->options.recorder, object, &event);
    BL_LOG(BL_LOG_WARN, "namespace skipped", BL_LOG_TEXT("namespace", namespace),
           BL_LOG_TEXT("message", plan->too_large));
}

static void tell(struct bl_reconciler *reconciler, const struct bl_step *step)
{
    static const char *const reasons[] = {"CompanionCreated", "CompanionRepaired",
                                          "CompanionWithdrawn"};
    static const char *const actions[] = {"Create", "Repair", "Withdraw"};
    struct bl_ref ref = bl_object_ref(step->object ? step->object : step->present);
    BL_AUTO_FREE char *note = bl_asprintf("%s \"%s\": %s", ref.kind, ref.name, step->why);
    struct bl_event event = {"Normal", reasons[step->kind], actions[step->kind], note};

    bl_metric_add(reconciler->options.telemetry->writes, 1, step->companion, step->kind, 0);
    /* A report tells of itself, and changes with every change of a workload. */
    if (step->companion == BL_COMPANION_REPORT)
        return;
    BL_LOG(BL_LOG_INFO, "companion written", BL_LOG_TEXT("action", actions[step->kind]),
           BL_LOG_TEXT("namespace", ref.namespace), BL_LOG_TEXT("kind", ref.kind),
           BL_LOG_TEXT("name", ref.name),
           BL_LOG_TEXT("workload", step->subject ? bl_object_ref(step->subject).name : NULL),
           BL_LOG_TEXT("message", step->why));
    if (step->subject)
        bl_recorder_tell(reconciler->options.recorder, step->subject, &event);
}

/* Its namespace is on its way out, which the caches will hear in a moment. */
static bool is_ending(const struct bl_error *err)
{
    return bl_error_status(err) == 403 && strstr(bl_error_text(err), "it is being terminated");
}

struct batch {
    struct bl_reconciler *reconciler;
    const struct bl_step *steps;
    size_t len;
    atomic_size_t next;
    pthread_mutex_t lock; /* guards what follows */
    struct bl_error *err; /* the first */
};

static void note_failure(struct batch *batch, const struct bl_step *step, struct bl_error *err)
{
    struct bl_ref ref = bl_object_ref(step->object ? step->object : step->present);
    BL_AUTO(bl_error_cleanup) struct bl_error *failure = err;

    (void)pthread_mutex_lock(&batch->lock);
    if (!batch->err && !is_ending(failure)) {
        batch->err = BL_STEAL(failure);
        (void)bl_wrap(&batch->err, "%s \"%s\"", ref.kind, ref.name);
    }
    (void)pthread_mutex_unlock(&batch->lock);
}

/* One that fails keeps none of the others from being done. */
static void *do_some(void *context)
{
    struct batch *batch = context;

    for (size_t at; (at = atomic_fetch_add(&batch->next, 1)) < batch->len;) {
        struct bl_error *failure = NULL;

        if (bl_write_step(batch->reconciler->options.client, &batch->steps[at], &failure) < 0) {
            note_failure(batch, &batch->steps[at], failure);
            continue;
        }
        bl_pending_note(batch->reconciler->pending, &batch->steps[at]);
        tell(batch->reconciler, &batch->steps[at]);
    }
    return NULL;
}

/* A server answers several requests in the time of one. */
static int do_batch(struct bl_reconciler *reconciler, const struct bl_step *steps, size_t len,
                    struct bl_error **err)
{
    struct batch batch = {
        .reconciler = reconciler, .steps = steps, .len = len, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t helpers[WRITERS - 1];
    size_t running = 0;

    while (running + 1 < len && running < BL_ARRAY_LEN(helpers) &&
           pthread_create(&helpers[running], NULL, do_some, &batch) == 0)
        running++;
    (void)do_some(&batch);
    while (running)
        (void)pthread_join(helpers[--running], NULL);
    if (!batch.err)
        return 0;
    *err = batch.err;
    return -1;
}

/* What is new is there before what it replaces goes; two budgets for a moment only hold evictions up. */
static int do_steps(struct bl_reconciler *reconciler, const struct bl_plan *plan,
                    struct bl_error **err)
{
    const struct bl_step *steps = plan->steps.items;
    size_t first = 0;
    BL_ERROR(later);
    int rc;

    while (first < plan->steps.len && steps[first].kind != BL_STEP_WITHDRAW)
        first++;
    rc = do_batch(reconciler, steps, first, err);
    if (do_batch(reconciler, steps + first, plan->steps.len - first, &later) == 0)
        return rc;
    if (rc == 0)
        *err = BL_STEAL(later);
    return -1;
}

static void note_seen(struct bl_reconciler *reconciler, const struct bl_namespace_view *view)
{
    for (size_t i = 0; i < view->len; i++)
        if (bl_object_label(view->items[i], BL_LABEL_COMPANION))
            bl_pending_seen(reconciler->pending, view->items[i]);
}

/* Pods that run on stay protected, until they are gone or a workload takes them up again. */
static bool protects_orphans(struct bl_reconciler *reconciler, const struct bl_step *step)
{
    bool has = true;
    BL_ERROR(err);

    if (!step->orphaned)
        return false;
    if (bl_companion_has_pods(reconciler->options.client, step->present, &has, &err) < 0 &&
        !bl_stop_raised(reconciler->options.stop))
        bl_log_error(BL_LOG_WARN, "pods not counted", err);
    return has;
}

/* When to look again at a step that is not for now; 0: it is for now. */
static bl_nsec pause_of(struct bl_reconciler *reconciler, const struct bl_step *step)
{
    if (bl_pending_has(reconciler->pending, step))
        return BL_PENDING_PERIOD;
    return protects_orphans(reconciler, step) ? ORPHANS_EVERY : 0;
}

/* Takes out what the caches have yet to follow, and what has to wait. */
static void leave_for_later(struct bl_reconciler *reconciler, const char *namespace,
                            struct bl_plan *plan)
{
    size_t kept = 0, all = plan->steps.len;

    for (size_t i = 0; i < all; i++) {
        bl_nsec pause = pause_of(reconciler, &plan->steps.items[i]);

        if (!pause) {
            plan->steps.items[kept++] = plan->steps.items[i];
            continue;
        }
        bl_step_clear(&plan->steps.items[i]);
        bl_workqueue_add_after(reconciler->options.queue, namespace, pause);
    }
    plan->steps.len = kept;
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
    int64_t made = 0;

    (void)bl_time_parse(bl_json_string(bl_json_get(pod, "metadata"), "creationTimestamp"), &made);
    return owner && !is_in_sight(view, owner) &&
           bl_clock_seconds(&bl_clock_real) - made < OWNER_WITHIN;
}

/* What was asked for is there; what cannot be made is no reason to keep brokers down. */
static int let_pods_go(struct bl_reconciler *reconciler, const char *namespace,
                       const struct bl_namespace_view *view, struct bl_error **err)
{
    BL_AUTO(bl_namespace_view_release) struct bl_namespace_view pods = {0};

    bl_caches_pods(reconciler->options.caches, namespace, &pods);
    for (size_t i = 0; i < pods.len; i++) {
        if (!bl_pod_is_held(pods.items[i]))
            continue;
        if (is_too_early(view, pods.items[i]))
            bl_workqueue_add_after(reconciler->options.queue, namespace, BL_NSEC_S);
        else if (bl_pod_let_go(reconciler->options.client, pods.items[i], err) < 0)
            return -1;
    }
    return 0;
}

static int reconcile_policy(struct bl_reconciler *reconciler, const char *name,
                            struct bl_error **err)
{
    BL_AUTO(bl_stored_cleanup)
    struct bl_stored *policy = bl_caches_policy(reconciler->options.caches, name);
    BL_AUTO_FREE char *refusal = bl_caches_refusal(reconciler->options.caches, name);

    return policy ? bl_policy_status_write(reconciler->options.client, bl_stored_object(policy),
                                           refusal, err)
                  : 0;
}

static int reconcile(struct bl_reconciler *reconciler, const char *namespace, struct bl_error **err)
{
    BL_AUTO(bl_snapshot_cleanup)
    struct bl_snapshot *snapshot = bl_policies_get(reconciler->options.policies);
    BL_AUTO(bl_namespace_view_release) struct bl_namespace_view view = {0};
    BL_AUTO(bl_plan_release) struct bl_plan plan = {0};
    struct bl_plan_options options = {.namespace = namespace, .today = bl_day_today()};
    struct news news;

    bl_caches_view(reconciler->options.caches, namespace, &view);
    if (!view.namespace || bl_object_is_going(view.namespace)) {
        forget_namespace(reconciler, namespace);
        return 0;
    }
    options.in_scope = bl_scope_has(&reconciler->options.scope, view.namespace);
    options.careful = bl_caches_refuse_policy(reconciler->options.caches);
    options.reports = bl_caches_know_reports(reconciler->options.caches);
    note_seen(reconciler, &view);
    bl_plan_companions(bl_snapshot_policies(snapshot), view.items, view.len, &options, &plan);
    news = note_plan(reconciler, namespace, &plan);
    if (news.blocked)
        say_blocked(reconciler, namespace, &plan);
    if (news.too_large)
        say_too_large(reconciler, namespace, &view, &plan);
    leave_for_later(reconciler, namespace, &plan);
    return do_steps(reconciler, &plan, err) < 0 ? -1
                                                : let_pods_go(reconciler, namespace, &view, err);
}

static void work_on(void *context, const char *namespace)
{
    struct bl_reconciler *reconciler = context;
    bl_nsec begin = bl_clock_now(&bl_clock_real);
    BL_ERROR(err);
    int rc = *namespace == '/' ? reconcile_policy(reconciler, namespace + 1, &err)
                               : reconcile(reconciler, namespace, &err);
    enum bl_log_level level;

    bl_controller_telemetry_reconcile(reconciler->options.telemetry, rc == 0,
                                      bl_clock_now(&bl_clock_real) - begin);
    if (rc == 0) {
        bl_workqueue_forget(reconciler->options.queue, namespace);
        return;
    }
    bl_workqueue_add_rate_limited(reconciler->options.queue, namespace);
    /* That somebody was faster is usual, and seen to at once. */
    level = bl_error_code(err) == BL_ERR_CONFLICT ? BL_LOG_DEBUG : BL_LOG_WARN;
    /* At the end requests fail because they were ended. */
    if (!bl_stop_raised(reconciler->options.stop))
        BL_LOG(level, "namespace not reconciled", BL_LOG_TEXT("namespace", namespace),
               BL_LOG_TEXT("error", bl_error_text(err)),
               BL_LOG_INT("tries", bl_workqueue_failures(reconciler->options.queue, namespace)));
}

int bl_reconciler_start(struct bl_reconciler *reconciler, struct bl_error **err)
{
    struct bl_workers_options workers = {.queue = reconciler->options.queue,
                                         .stop = reconciler->options.stop,
                                         .count = reconciler->options.workers,
                                         .work = work_on,
                                         .context = reconciler};

    return bl_workers_start(&workers, &reconciler->workers, err);
}

void bl_reconciler_stop(struct bl_reconciler *reconciler)
{
    bl_workers_free(reconciler->workers);
    reconciler->workers = NULL;
}

void bl_reconciler_measure(struct bl_reconciler *reconciler)
{
    int64_t sums[BL_COMPANION_KINDS][BL_COMPANION_STATES] = {0}, skipped = 0;

    (void)pthread_mutex_lock(&reconciler->lock);
    for (size_t i = 0; i < reconciler->tallies.len; i++)
        skipped += *reconciler->tallies.items[i].too_large != '\0';
    for (size_t i = 0; i < reconciler->tallies.len; i++)
        for (size_t kind = 0; kind < BL_COMPANION_KINDS; kind++)
            for (size_t state = 0; state < BL_COMPANION_STATES; state++)
                sums[kind][state] += reconciler->tallies.items[i].states[kind][state];
    (void)pthread_mutex_unlock(&reconciler->lock);
    bl_metric_set(reconciler->options.telemetry->skipped, skipped, 0, 0, 0);
    for (size_t kind = 0; kind < BL_COMPANION_KINDS; kind++)
        for (size_t state = 0; state < BL_COMPANION_STATES; state++)
            bl_metric_set(reconciler->options.telemetry->companions, sums[kind][state], kind, state,
                          0);
}
