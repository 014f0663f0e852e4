#include "reflector.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/random.h"
#include "split.h"

#define PATH_MAX_LEN ((size_t)64 << 10)
/* How long the server is asked to let a watch go on, and at most how much longer. */
#define WATCH_SECONDS 300
#define WATCH_SPREAD 300
#define WATCH_GRACE (30 * BL_NSEC_S)
/* A watch that went on for so many least pauses was a good one. */
#define GOOD_WATCH 6
/* The least time between two lists that somebody asked for, in which nothing is heard. */
#define LIST_EVERY (BL_NSEC_S / 2)
/* Doublings after which every pause is the longest. */
#define MAX_DOUBLINGS 16

/* What a step came to. */
enum outcome {
    OUTCOME_GOOD = 1, /* go on at once */
    OUTCOME_FAILED,
    OUTCOME_MISSING, /* the server does not know the resource */
    OUTCOME_ASKED,   /* ended, as somebody asks for a list */
};

static char *keep(struct bl_reflector *reflector, size_t slot, const char *text)
{
    reflector->strings[slot] = text ? bl_strdup(text) : NULL;
    return reflector->strings[slot];
}

struct bl_reflector *bl_reflector_new(struct bl_kube_client *client,
                                      const struct bl_watch_spec *spec,
                                      const struct bl_watch_handler *handler)
{
    struct bl_reflector *reflector = BL_NEW(struct bl_reflector);

    reflector->client = client;
    reflector->handler = *handler;
    reflector->resource = spec->resource;
    reflector->selection.namespace = keep(reflector, 0, spec->selection.namespace);
    reflector->selection.labels = keep(reflector, 1, spec->selection.labels);
    reflector->selection.fields = keep(reflector, 2, spec->selection.fields);
    reflector->selection.metadata_only = spec->selection.metadata_only;
    reflector->version = (struct bl_strbuf)BL_STRBUF_INIT(LIST_WORD_MAX);
    (void)pthread_mutex_init(&reflector->lock, NULL);
    return reflector;
}

int bl_reflector_allow_relist(struct bl_reflector *reflector, struct bl_error **err)
{
    return bl_stop_new(&reflector->again, err);
}

void bl_reflector_free(struct bl_reflector *reflector)
{
    if (!reflector)
        return;
    for (size_t i = 0; i < BL_ARRAY_LEN(reflector->strings); i++)
        free(reflector->strings[i]);
    bl_strbuf_release(&reflector->version);
    bl_stop_free(reflector->again);
    (void)pthread_mutex_destroy(&reflector->lock);
    free(reflector);
}

static int on_piece(void *context, const char *data, size_t len, struct bl_error **err)
{
    return bl_line_splitter_feed(context, data, len, err);
}

static void watch_path(const struct bl_reflector *reflector, const struct bl_stream *stream,
                       int64_t seconds, struct bl_strbuf *path)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRId64, seconds);
    bl_list_path(path, reflector->resource, &reflector->selection);
    bl_kube_path_query(path, "watch", "1");
    bl_kube_path_query(path, "allowWatchBookmarks", "true");
    bl_kube_path_query(path, "timeoutSeconds", text);
    if (stream->initial) {
        bl_kube_path_query(path, "sendInitialEvents", "true");
        bl_kube_path_query(path, "resourceVersionMatch", "NotOlderThan");
    } else {
        bl_kube_path_query(path, "resourceVersion", reflector->version.text);
    }
}

/* One connection, until it ends in whatever way. 0: the server ended it as it should. */
static int watch(struct bl_reflector *reflector, const struct bl_stop *stop,
                 struct bl_stream *stream, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);
    BL_AUTO(bl_line_splitter_release)
    struct bl_line_splitter lines = {
        .line = BL_STRBUF_INIT(KUBE_OBJECT_MAX), .each = bl_stream_event, .context = stream};
    BL_AUTO(bl_http_response_release)
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(KUBE_ANSWER_MAX);
    int64_t seconds = WATCH_SECONDS + bl_random(WATCH_SPREAD + 1);
    struct bl_kube_call call = {.method = "GET",
                                .accept = bl_list_accept(&reflector->selection, true),
                                .stop = stop,
                                .also = reflector->again,
                                .piece = on_piece,
                                .context = &lines,
                                .timeout = seconds * BL_NSEC_S + WATCH_GRACE,
                                .idle = &stream->idle};

    watch_path(reflector, stream, seconds, &path);
    if (bl_strbuf_check(&path, "the path", err) < 0)
        return -1;
    call.path = path.text;
    bl_reflector_count(reflector, &reflector->status.watches);
    int rc = bl_kube_call(reflector->client, &call, &response, err);
    stream->opened = response.status / 100 == 2;
    reflector->opened |= stream->opened;
    return rc < 0 ? -1 : bl_line_splitter_end(&lines, err);
}

static int hand_over(void *context, cJSON *object, struct bl_error **err BL_UNUSED)
{
    const struct bl_watch_handler *handler = context;

    handler->upsert(handler->context, object);
    return 0;
}

static int list_pages(struct bl_reflector *reflector, const struct bl_stop *stop,
                      struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf version = BL_STRBUF_INIT(LIST_WORD_MAX);
    struct bl_list_call call = {.resource = reflector->resource,
                                .selection = &reflector->selection,
                                .limit = reflector->no_paging ? 0 : LIST_PAGE,
                                .stop = stop,
                                .each = hand_over,
                                .context = &reflector->handler};
    bool continued;

    bl_reflector_count(reflector, &reflector->status.lists);
    bl_reflector_begin(reflector);
    if (bl_list_all(reflector->client, &call, &version, &continued, err) < 0) {
        /* So slow that pages grow too old: next time there is only one, which is read as it comes. */
        reflector->no_paging |= continued && bl_error_status(*err) == 410;
        return -1;
    }
    bl_strbuf_swap(&reflector->version, &version);
    bl_reflector_synced(reflector);
    return 0;
}

/* A refusal of what it was asked, rather than of us or of the resource. */
static bool is_refusal(const struct bl_error *err)
{
    int status = bl_error_status(err);

    return status == 400 || status == 405 || status == 406 || status == 415 || status == 422;
}

/*
 * Old servers refuse such a list, one with an old etcd says so in an event, and the oldest take it for a
 * watch whose beginning never ends: which is what silence means, and an end that comes before the list's.
 */
static bool cannot_stream(const struct bl_stream *stream, const struct bl_error *err, bl_nsec took)
{
    if (!stream->initial)
        return false;
    return !err || stream->refused || is_refusal(err) ||
           (stream->opened && took >= stream->reflector->client->initial_idle);
}

static int list_streaming(struct bl_reflector *reflector, const struct bl_stop *stop,
                          struct bl_error **err)
{
    struct bl_stream stream = {
        .reflector = reflector, .initial = true, .idle = reflector->client->initial_idle};
    bl_nsec begun = bl_clock_now(&bl_clock_real);
    BL_ERROR(why);
    int rc;

    bl_reflector_count(reflector, &reflector->status.lists);
    bl_reflector_begin(reflector);
    rc = watch(reflector, stop, &stream, &why);
    if (!bl_stop_raised(stop) &&
        cannot_stream(&stream, why, bl_clock_now(&bl_clock_real) - begun)) {
        reflector->no_streaming = true;
        return list_pages(reflector, stop, err);
    }
    if (rc < 0)
        *err = BL_STEAL(why);
    return rc;
}

/* After these the version we have leads nowhere, so that the next step is a list. */
static bool needs_list(const struct bl_error *err)
{
    int status = bl_error_status(err);

    return bl_error_code(err) == BL_ERR_INVALID || bl_error_code(err) == BL_ERR_TOO_LARGE ||
           status == 410 || status == 404;
}

static bool is_asked(const struct bl_reflector *reflector)
{
    return reflector->again && bl_stop_raised(reflector->again);
}

static enum outcome step(struct bl_reflector *reflector, const struct bl_stop *stop)
{
    bool listing = !reflector->version.len;
    struct bl_stream stream = {.reflector = reflector, .idle = STREAM_IDLE};
    BL_ERROR(err);
    int rc;

    if (!listing)
        rc = watch(reflector, stop, &stream, &err);
    else if (reflector->no_streaming)
        rc = list_pages(reflector, stop, &err);
    else
        rc = list_streaming(reflector, stop, &err);
    if (rc == 0)
        return OUTCOME_GOOD;
    if (bl_stop_raised(stop))
        return OUTCOME_FAILED;
    /* The server has done nothing wrong. */
    if (is_asked(reflector))
        return OUTCOME_ASKED;
    if (needs_list(err))
        bl_strbuf_reset(&reflector->version);
    bl_reflector_failed(reflector, err, bl_error_status(err) == 404);
    return bl_error_status(err) == 404 ? OUTCOME_MISSING : OUTCOME_FAILED;
}

/* From the least to the longest, doubled each time, and up to as much again by chance. */
static bl_nsec pause_after(const struct bl_reflector *reflector)
{
    const struct bl_kube_options *options = &reflector->client->options;
    unsigned doublings = reflector->failures < MAX_DOUBLINGS ? reflector->failures : MAX_DOUBLINGS;
    bl_nsec wait = options->backoff_min;

    for (unsigned i = 1; i < doublings && wait < options->backoff_max; i++)
        wait *= 2;
    wait += bl_random(wait);
    return wait < options->backoff_max ? wait : options->backoff_max;
}

/* Whoever can change what is asked for, such as labels of namespaces, must not make us list without end. */
static bl_nsec until_next_list(const struct bl_reflector *reflector)
{
    bl_nsec since = bl_clock_now(&bl_clock_real) - reflector->listed_at;

    return since < LIST_EVERY ? LIST_EVERY - since : 0;
}

void bl_reflector_run(struct bl_reflector *reflector, const struct bl_stop *stop)
{
    const struct bl_kube_options *options = &reflector->client->options;

    while (!bl_stop_raised(stop)) {
        bl_nsec begun = bl_clock_now(&bl_clock_real);
        bool listing = !reflector->version.len, lasted;
        enum outcome outcome;
        bl_nsec wait = 0;

        reflector->opened = false;
        outcome = step(reflector, stop);
        /* A connection that could not be made lasts long too. */
        if (is_asked(reflector))
            outcome = OUTCOME_ASKED;
        lasted = reflector->opened &&
                 bl_clock_now(&bl_clock_real) - begun >= GOOD_WATCH * options->backoff_min;
        if (lasted)
            reflector->failures = 0;
        if (outcome == OUTCOME_ASKED) {
            bl_strbuf_reset(&reflector->version);
            wait = until_next_list(reflector);
        } else if (outcome == OUTCOME_MISSING) {
            wait = options->backoff_max;
        } else if (outcome == OUTCOME_FAILED || (!listing && !lasted)) {
            reflector->failures++;
            wait = pause_after(reflector);
        }
        if (wait && bl_stop_wait(stop, wait))
            break;
    }
}
