#include "raiser.h"

#include <inttypes.h>
#include <stdlib.h>

#include "advice.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/* Between two questions to the brokers how many bytes there are to copy. */
#define MEASURED_FOR (60 * BL_NSEC_S)
#define MIB ((int64_t)1 << 20)

void bl_raise_decision_release(struct bl_raise_decision *decision)
{
    free(decision->message);
    *decision = (struct bl_raise_decision){0};
}

void bl_raiser_release(struct bl_raiser *raiser)
{
    free(raiser->said);
    *raiser = (struct bl_raiser){0};
}

static void decide(struct bl_raise_decision *decision, enum bl_raise_step step, char *message)
{
    decision->step = step;
    decision->message = message;
}

static char *progress(const struct bl_raise_plan *plan)
{
    size_t done = plan->total - plan->partitions.len - plan->moving - plan->leaderless;

    return bl_asprintf("Kafka's own topics get their replicas: %zu of %zu partitions %s %d", done,
                       plan->total, bl_text_plural((int64_t)done, "has", "have"), plan->factor);
}

/* Room for all of it twice, on whichever disk it comes to lie. */
static void decide_on_sizes(const struct bl_gate_settings *settings,
                            const struct bl_raise_plan *plan, const struct bl_raise_sizes *sizes,
                            struct bl_raise_decision *decision)
{
    int64_t at_most = settings->raise_at_most * MIB;

    if (!sizes)
        decide(decision, BL_RAISE_MEASURE, progress(plan));
    else if (!sizes->known)
        decide(decision, BL_RAISE_REFUSE,
               bl_strdup("how much Kafka's own topics hold could not be asked"));
    else if (sizes->bytes > at_most)
        decide(decision, BL_RAISE_REFUSE,
               bl_asprintf("Kafka's own topics hold %" PRId64
                           " MiB on a broker, more than the %" PRId64
                           " that the policy has copied (inSync.raiseAtMostMiB)",
                           sizes->bytes / MIB, settings->raise_at_most));
    else if (sizes->usable < 0 || sizes->usable / 2 < sizes->bytes)
        decide(
            decision, BL_RAISE_REFUSE,
            bl_strdup(sizes->usable < 0
                          ? "how much room the brokers' disks have is not known (before Kafka 3.3)"
                          : "a broker's disk has no room for more replicas"));
    else
        decide(decision, BL_RAISE_ADD, progress(plan));
}

void bl_raise_decide(const struct bl_gate_settings *settings, const struct bl_raise_plan *plan,
                     bool whole, const struct bl_raise_sizes *sizes,
                     struct bl_raise_decision *ret_decision)
{
    size_t left = plan->partitions.len + plan->moving + plan->leaderless;

    *ret_decision = (struct bl_raise_decision){0};
    if (settings->raise != BL_RAISE_INTERNAL || !left || plan->factor < 2)
        decide(ret_decision, BL_RAISE_NOTHING, NULL);
    else if (plan->foreign)
        decide(
            ret_decision, BL_RAISE_WAIT,
            bl_asprintf("Kafka's own topics get replicas once %zu other %s not reassigned any more",
                        plan->foreign,
                        bl_text_plural((int64_t)plan->foreign, "partition is", "partitions are")));
    else if (!whole)
        decide(ret_decision, BL_RAISE_WAIT,
               bl_strdup("Kafka's own topics get replicas once all brokers are ready"));
    else if (!plan->partitions.len)
        decide(ret_decision, BL_RAISE_WAIT, progress(plan));
    else
        decide_on_sizes(settings, plan, sizes, ret_decision);
}

/* --- one look --- */

static const struct bl_gate_settings *settings_of(const struct bl_kafka *kafka)
{
    for (size_t i = 0; i < kafka->members.len; i++)
        if (bl_role_has_logs(kafka->members.items[i].role) && kafka->members.items[i].managed.gated)
            return &kafka->members.items[i].managed.gate;
    return NULL;
}

static bool is_whole(const struct bl_kafka *kafka)
{
    for (size_t i = 0; i < kafka->pods.len; i++) {
        const cJSON *pod = kafka->pods.items[i].pod;

        if (!pod || bl_object_is_going(pod) || !bl_object_condition_is(pod, "Ready", "True"))
            return false;
    }
    return true;
}

static int64_t bytes_of(const struct bl_log_dirs *dirs)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < dirs->topics.len; i++)
        if (bl_topic_is_internal(dirs->topics.items[i].name))
            bytes += dirs->topics.items[i].bytes;
    return bytes;
}

static void measure(struct bl_raiser *raiser, const struct bl_raiser_job *job)
{
    struct bl_raise_sizes sizes = {.known = true, .usable = INT64_MAX};

    for (size_t i = 0; i < job->facts->brokers.len; i++) {
        BL_AUTO(bl_log_dirs_release) struct bl_log_dirs dirs = {0};
        BL_ERROR(ignored);
        int64_t usable, bytes;

        if (bl_observer_log_dirs(job->observer, job->facts->brokers.items[i].id, &dirs, &ignored) <
            0) {
            sizes.known = false;
            break;
        }
        usable = bl_log_dirs_usable(&dirs);
        bytes = bytes_of(&dirs);
        sizes.usable = usable < sizes.usable ? usable : sizes.usable;
        sizes.bytes = bytes > sizes.bytes ? bytes : sizes.bytes;
    }
    raiser->sizes = sizes;
    raiser->measured = job->now;
}

static bool is_measured(const struct bl_raiser *raiser, bl_nsec now)
{
    return raiser->measured && now - raiser->measured < MEASURED_FOR;
}

/* Where it is not done by itself, a person may know better, or change what stands against it. */
static void add_command(const struct bl_raiser_job *job, struct bl_raise_decision *decision)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_addf(&text, "%s; by hand: ", decision->message);
    bl_advise_internal(job->kafka, job->facts, &text);
    free(decision->message);
    decision->message = bl_strbuf_take(&text);
}

static void note(struct bl_raiser *raiser, const struct bl_raise_decision *decision, bool *ret_news)
{
    static const char *const words[] = {[BL_RAISE_NOTHING] = "nothing",
                                        [BL_RAISE_WAIT] = "work",
                                        [BL_RAISE_MEASURE] = "work",
                                        [BL_RAISE_ADD] = "work",
                                        [BL_RAISE_REFUSE] = "refused"};
    const char *word = words[decision->step];

    *ret_news =
        !bl_text_eq(raiser->said, word) && (raiser->said || decision->step != BL_RAISE_NOTHING);
    if (*ret_news) {
        free(raiser->said);
        raiser->said = bl_strdup(word);
    }
}

int bl_raiser_step(struct bl_raiser *raiser, const struct bl_raiser_job *job, bool may_begin,
                   struct bl_raise_decision *ret_decision, bool *ret_news, struct bl_error **err)
{
    const struct bl_gate_settings *settings = settings_of(job->kafka);
    const struct bl_raise_options options = {.internal = true, .factor = BL_RAISE_FACTOR};
    BL_AUTO(bl_raise_plan_release) struct bl_raise_plan plan = {0};
    bool whole = is_whole(job->kafka);
    size_t room;

    *ret_decision = (struct bl_raise_decision){.step = BL_RAISE_NOTHING};
    *ret_news = raiser->active = false;
    if (!settings || settings->raise != BL_RAISE_INTERNAL || !job->facts)
        return 0;
    bl_raise_plan(job->facts, &options, &plan);
    bl_raise_decide(settings, &plan, whole, is_measured(raiser, job->now) ? &raiser->sizes : NULL,
                    ret_decision);
    raiser->active = ret_decision->step >= BL_RAISE_MEASURE && ret_decision->step <= BL_RAISE_ADD;
    raiser->active |= plan.moving > 0;
    if (ret_decision->step == BL_RAISE_MEASURE && may_begin) {
        measure(raiser, job);
        bl_raise_decision_release(ret_decision);
        bl_raise_decide(settings, &plan, whole, &raiser->sizes, ret_decision);
    }
    if (ret_decision->step == BL_RAISE_REFUSE)
        add_command(job, ret_decision);
    note(raiser, ret_decision, ret_news);
    if (ret_decision->step != BL_RAISE_ADD || !may_begin || plan.moving >= BL_RAISE_AT_ONCE)
        return 0;
    room = BL_RAISE_AT_ONCE - plan.moving;
    return bl_observer_raise(job->observer, &plan, room, err);
}
