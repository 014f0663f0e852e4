#include "act.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "write.h"

/* How often the API server is asked for pods whose workload has gone. */
#define ORPHANS_EVERY (10 * BL_NSEC_S)
/* Until the caches show that the owner of a companion is being deleted. */
#define OWNER_EVERY BL_NSEC_S
/* At once, of one namespace. */
#define WRITERS 4

/* --- telling --- */

static void add_differences(struct bl_strbuf *out, const char *part, const cJSON *wanted,
                            const cJSON *present)
{
    const cJSON *member;

    BL_JSON_EACH_MEMBER(member, wanted) {
        if (!bl_json_equal(member, bl_json_get(present, member->string)))
            bl_strbuf_addf(out, "%s%s.%s", out->len ? ", " : "", part, member->string);
    }
}

/* Why it was written: what was missing, or what was not as it is needed. For free(). */
static char *reason_of(const struct bl_step *step)
{
    struct bl_strbuf parts = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (step->kind != BL_STEP_REPAIR)
        return bl_strdup(step->why);
    add_differences(&parts, "spec", bl_json_get(step->object, "spec"),
                    bl_json_get(step->present, "spec"));
    if (!parts.len)
        bl_strbuf_adds(&parts, "labels or owners");
    bl_strbuf_adds(&parts, " put back as it is needed");
    return bl_strbuf_take(&parts);
}

static void tell(const struct bl_companion_actor *actor, const struct bl_step *step)
{
    static const char *const reasons[] = {"CompanionCreated", "CompanionRepaired",
                                          "CompanionWithdrawn"};
    static const char *const actions[] = {"Create", "Repair", "Withdraw"};
    struct bl_ref ref = bl_object_ref(step->object ? step->object : step->present);
    BL_AUTO_FREE char *why = reason_of(step);
    BL_AUTO_FREE char *note = bl_asprintf("%s \"%s\": %s", ref.kind, ref.name, why);
    struct bl_event event = {"Normal", reasons[step->kind], actions[step->kind], note};

    bl_metric_add(actor->writes, 1, step->companion, step->kind, 0);
    /* A report tells of itself, and changes with every change of a workload. */
    if (step->companion == BL_COMPANION_REPORT)
        return;
    BL_LOG(BL_LOG_INFO, "companion written", BL_LOG_TEXT("action", actions[step->kind]),
           BL_LOG_TEXT("namespace", ref.namespace), BL_LOG_TEXT("kind", ref.kind),
           BL_LOG_TEXT("name", ref.name),
           BL_LOG_TEXT("workload", step->subject ? bl_object_ref(step->subject).name : NULL),
           BL_LOG_TEXT("message", why));
    if (step->subject)
        bl_recorder_tell(bl_controller_recorder(actor->controller), step->subject, &event);
}

/* --- doing --- */

/* Its namespace is on its way out, which the caches will hear in a moment. */
static bool is_ending(const struct bl_error *err)
{
    return bl_error_status(err) == 403 && strstr(bl_error_text(err), "it is being terminated");
}

struct batch {
    const struct bl_companion_actor *actor;
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

        if (bl_write_step(bl_controller_client(batch->actor->controller), &batch->steps[at],
                          &failure) < 0) {
            note_failure(batch, &batch->steps[at], failure);
            continue;
        }
        bl_pending_note(batch->actor->pending, &batch->steps[at]);
        tell(batch->actor, &batch->steps[at]);
    }
    return NULL;
}

/* A server answers several requests in the time of one. */
static int do_batch(const struct bl_companion_actor *actor, const struct bl_step *steps, size_t len,
                    struct bl_error **err)
{
    struct batch batch = {
        .actor = actor, .steps = steps, .len = len, .lock = PTHREAD_MUTEX_INITIALIZER};
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
int bl_companions_act(const struct bl_companion_actor *actor, const struct bl_plan *plan,
                      struct bl_error **err)
{
    const struct bl_step *steps = plan->steps.items;
    size_t first = 0;
    BL_ERROR(later);
    int rc;

    while (first < plan->steps.len && steps[first].kind != BL_STEP_WITHDRAW)
        first++;
    rc = do_batch(actor, steps, first, err);
    if (do_batch(actor, steps + first, plan->steps.len - first, &later) == 0)
        return rc;
    if (rc == 0)
        *err = BL_STEAL(later);
    return -1;
}

/* --- what is not for now --- */

/* Pods that run on stay protected, until they are gone or a workload takes them up again. */
static bool protects_orphans(const struct bl_companion_actor *actor, const struct bl_step *step)
{
    bool has = true;
    BL_ERROR(err);

    if (!step->orphaned)
        return false;
    if (bl_companion_has_pods(bl_controller_client(actor->controller), step->present, &has, &err) <
            0 &&
        !bl_stop_raised(bl_controller_stop(actor->controller)))
        bl_log_error(BL_LOG_WARN, "pods not counted", err);
    return has;
}

static bool owner_goes(const struct bl_companion_actor *actor, const struct bl_step *step)
{
    bool goes = true;
    BL_ERROR(err);

    if (step->kind != BL_STEP_REPAIR)
        return false;
    if (bl_companion_owner_goes(bl_controller_client(actor->controller), step, &goes, &err) < 0 &&
        !bl_stop_raised(bl_controller_stop(actor->controller)))
        bl_log_error(BL_LOG_WARN, "owner not looked at", err);
    return goes;
}

/* When to look again at a step that is not for now; 0: it is for now. */
static bl_nsec pause_of(const struct bl_companion_actor *actor, const struct bl_step *step)
{
    if (bl_pending_has(actor->pending, step))
        return BL_PENDING_PERIOD;
    if (owner_goes(actor, step))
        return OWNER_EVERY;
    return protects_orphans(actor, step) ? ORPHANS_EVERY : 0;
}

/* Takes out what the caches have yet to follow, and what has to wait. */
void bl_companions_put_off(const struct bl_companion_actor *actor, struct bl_plan *plan,
                           struct bl_reconcile_result *result)
{
    size_t kept = 0, all = plan->steps.len;

    for (size_t i = 0; i < all; i++) {
        bl_nsec pause = pause_of(actor, &plan->steps.items[i]);

        if (!pause) {
            plan->steps.items[kept++] = plan->steps.items[i];
            continue;
        }
        bl_step_clear(&plan->steps.items[i]);
        bl_reconcile_again(result, pause);
    }
    plan->steps.len = kept;
}
