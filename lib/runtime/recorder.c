#include "ballast/runtime/recorder.h"
#include "ballast/api/builtin.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"

#define QUEUE_MAX 1024
#define KNOWN_MAX 256
#define NOTE_MAX 1024
/* How long the first of a series is remembered after its last, as client-go does. */
#define SERIES_PERIOD (360 * BL_NSEC_S)

/* An Event that was written and may come again. */
struct known {
    cJSON *event; /* as it is told, without name and times; NULL: the slot is free */
    char *name;
    int64_t count;
    bl_nsec last;
};

struct bl_recorder {
    struct bl_recorder_options options;
    pthread_t thread;
    bool started;
    struct known known[KNOWN_MAX]; /* of the thread that writes */
    uint64_t serial;               /* of names, likewise */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool stopped;
    struct {
        cJSON *items[QUEUE_MAX];
        size_t first, len;
    } queue;
    uint64_t dropped;
};

struct bl_recorder *bl_recorder_new(const struct bl_recorder_options *options)
{
    struct bl_recorder *recorder = BL_NEW(struct bl_recorder);

    recorder->options = *options;
    if (!recorder->options.clock)
        recorder->options.clock = &bl_clock_real;
    (void)pthread_mutex_init(&recorder->lock, NULL);
    (void)pthread_cond_init(&recorder->changed, NULL);
    return recorder;
}

static void known_clear(struct known *known)
{
    cJSON_Delete(known->event);
    free(known->name);
    *known = (struct known){0};
}

void bl_recorder_free(struct bl_recorder *recorder)
{
    if (!recorder)
        return;
    bl_recorder_stop(recorder);
    for (size_t i = 0; i < KNOWN_MAX; i++)
        known_clear(&recorder->known[i]);
    for (size_t i = 0; i < recorder->queue.len; i++)
        cJSON_Delete(recorder->queue.items[(recorder->queue.first + i) % QUEUE_MAX]);
    (void)pthread_cond_destroy(&recorder->changed);
    (void)pthread_mutex_destroy(&recorder->lock);
    free(recorder);
}

static void add_involved(cJSON *event, const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);
    const char *uid = bl_json_string(bl_json_get(object, "metadata"), "uid");
    cJSON *involved = bl_json_add_object(event, "involvedObject");

    bl_json_add_string(involved, "apiVersion", ref.api_version);
    bl_json_add_string(involved, "kind", ref.kind);
    bl_json_add_string(involved, "namespace", ref.namespace);
    bl_json_add_string(involved, "name", ref.name);
    if (uid)
        bl_json_add_string(involved, "uid", uid);
}

/* Cut between characters, not within one. */
static void add_note(cJSON *event, const char *note)
{
    size_t len = strlen(note);

    if (len > NOTE_MAX) {
        len = NOTE_MAX;
        while (((unsigned char)note[len] & 0xc0) == 0x80)
            len--;
    }
    BL_AUTO_FREE char *text = bl_strndup(note, len);
    bl_json_add_string(event, "message", text);
}

static cJSON *make_event(const struct bl_recorder *recorder, const cJSON *object,
                         const struct bl_event *told)
{
    cJSON *event = bl_json_new_object();

    bl_json_add_string(event, "apiVersion", "v1");
    bl_json_add_string(event, "kind", "Event");
    bl_json_add_string(event, "type", told->type);
    bl_json_add_string(event, "reason", told->reason);
    bl_json_add_string(event, "action", told->action);
    add_note(event, told->note);
    bl_json_add_string(bl_json_add_object(event, "source"), "component",
                       recorder->options.controller);
    bl_json_add_string(event, "reportingComponent", recorder->options.controller);
    bl_json_add_string(event, "reportingInstance", recorder->options.instance);
    add_involved(event, object);
    return event;
}

void bl_recorder_tell(struct bl_recorder *recorder, const cJSON *object,
                      const struct bl_event *event)
{
    cJSON *made = make_event(recorder, object, event);

    (void)pthread_mutex_lock(&recorder->lock);
    if (recorder->queue.len < QUEUE_MAX) {
        recorder->queue.items[(recorder->queue.first + recorder->queue.len++) % QUEUE_MAX] =
            BL_STEAL(made);
        (void)pthread_cond_signal(&recorder->changed);
    } else {
        recorder->dropped++;
    }
    (void)pthread_mutex_unlock(&recorder->lock);
    cJSON_Delete(made);
}

/* Everything below runs on the thread that writes. */

static cJSON *take_next(struct bl_recorder *recorder)
{
    cJSON *event = NULL;

    (void)pthread_mutex_lock(&recorder->lock);
    if (recorder->queue.len) {
        event = recorder->queue.items[recorder->queue.first];
        recorder->queue.first = (recorder->queue.first + 1) % QUEUE_MAX;
        recorder->queue.len--;
    }
    (void)pthread_mutex_unlock(&recorder->lock);
    return event;
}

/* The one that is the same, or else the slot that has been quiet for the longest. */
static struct known *find_known(struct bl_recorder *recorder, const cJSON *event, bl_nsec now)
{
    struct known *oldest = &recorder->known[0];

    for (size_t i = 0; i < KNOWN_MAX; i++) {
        struct known *known = &recorder->known[i];

        if (known->event && now - known->last < SERIES_PERIOD && bl_json_equal(known->event, event))
            return known;
        if (!known->event || (oldest->event && known->last < oldest->last))
            oldest = known;
    }
    known_clear(oldest);
    return oldest;
}

static const char *namespace_of(const cJSON *event)
{
    return bl_json_string(bl_json_get(event, "involvedObject"), "namespace");
}

/* Tools sort Events by the times of old, which events.k8s.io/v1 forbids: so it is the older API. */
static void add_time(const struct bl_recorder *recorder, cJSON *object, const char *key)
{
    char now[BL_TIME_SIZE];

    bl_time_format(bl_clock_wall(recorder->options.clock) / BL_NSEC_S, now);
    bl_json_add_string(object, key, now);
}

static int write_first(struct bl_recorder *recorder, const cJSON *event, const char *name,
                       struct bl_error **err)
{
    BL_AUTO_JSON cJSON *object = bl_json_copy(event);
    cJSON *metadata = bl_json_add_object(object, "metadata");

    bl_json_add_string(metadata, "name", name);
    bl_json_add_string(metadata, "namespace", namespace_of(event));
    add_time(recorder, object, "firstTimestamp");
    add_time(recorder, object, "lastTimestamp");
    bl_json_add_int(object, "count", 1);
    return bl_kube_create(recorder->options.client, &bl_kind_event.resource, namespace_of(event),
                          object, NULL, err);
}

static int write_again(struct bl_recorder *recorder, const struct known *known,
                       struct bl_error **err)
{
    BL_AUTO_JSON cJSON *body = bl_json_new_object();
    struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_MERGE, .body = body};

    bl_json_add_int(body, "count", known->count);
    add_time(recorder, body, "lastTimestamp");
    return bl_kube_patch(recorder->options.client, &bl_kind_event.resource,
                         namespace_of(known->event), known->name, &patch, NULL, err);
}

/* "kafka.18a2…": the object's name and what no other has, as client-go names them. */
static char *name_of(struct bl_recorder *recorder, const cJSON *event)
{
    return bl_asprintf(
        "%s.%" PRIx64 "%04" PRIx64, bl_json_string(bl_json_get(event, "involvedObject"), "name"),
        (uint64_t)bl_clock_wall(recorder->options.clock), recorder->serial++ & 0xffff);
}

/* Takes `event`. */
static int write_event(struct bl_recorder *recorder, cJSON *event, struct bl_error **err)
{
    bl_nsec now = bl_clock_now(recorder->options.clock);
    struct known *known = find_known(recorder, event, now);
    int rc;

    if (known->event) {
        cJSON_Delete(event);
        known->count++;
        rc = write_again(recorder, known, err);
    } else {
        known->event = event;
        known->name = name_of(recorder, event);
        known->count = 1;
        rc = write_first(recorder, event, known->name, err);
    }
    known->last = now;
    /* One that is not there, or not any more, begins anew. */
    if (rc < 0)
        known_clear(known);
    return rc;
}

void bl_recorder_flush(struct bl_recorder *recorder)
{
    for (cJSON *event; (event = take_next(recorder));) {
        BL_ERROR(err);

        if (write_event(recorder, event, &err) == 0)
            continue;
        (void)pthread_mutex_lock(&recorder->lock);
        recorder->dropped++;
        (void)pthread_mutex_unlock(&recorder->lock);
    }
}

/* False: stop. */
static bool wait_for_more(struct bl_recorder *recorder)
{
    bool stopped;

    (void)pthread_mutex_lock(&recorder->lock);
    while (!recorder->stopped && !recorder->queue.len)
        (void)pthread_cond_wait(&recorder->changed, &recorder->lock);
    stopped = recorder->stopped;
    (void)pthread_mutex_unlock(&recorder->lock);
    return !stopped;
}

static void *run(void *context)
{
    while (wait_for_more(context))
        bl_recorder_flush(context);
    return NULL;
}

/* Everything above runs on the thread that writes. */

int bl_recorder_start(struct bl_recorder *recorder, struct bl_error **err)
{
    if (pthread_create(&recorder->thread, NULL, run, recorder) != 0)
        return bl_fail(err, BL_ERR_IO, "could not start a thread");
    recorder->started = true;
    return 0;
}

void bl_recorder_stop(struct bl_recorder *recorder)
{
    if (!recorder->started)
        return;
    (void)pthread_mutex_lock(&recorder->lock);
    recorder->stopped = true;
    (void)pthread_cond_signal(&recorder->changed);
    (void)pthread_mutex_unlock(&recorder->lock);
    (void)pthread_join(recorder->thread, NULL);
    recorder->started = false;
}

uint64_t bl_recorder_dropped(struct bl_recorder *recorder)
{
    uint64_t dropped;

    (void)pthread_mutex_lock(&recorder->lock);
    dropped = recorder->dropped;
    (void)pthread_mutex_unlock(&recorder->lock);
    return dropped;
}
