#include "ballast/runtime/workqueue.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "ballast/base/mem.h"

/* There are as many keys as namespaces or workloads: some thousands. */
struct item {
    char *key;
    bool dirty;      /* to be worked on, now or when its worker is done */
    bool processing; /* with a worker */
    bool delayed;    /* to be added at `due` */
    bl_nsec due;
    unsigned failures;
    struct item *next; /* in the line of those that are due and with no worker */
};

struct bl_workqueue {
    const struct bl_clock *clock;
    bl_nsec backoff_min, backoff_max;

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    bool shut_down;
    struct {
        struct item **items; /* by key */
        size_t len, cap;
    } known;
    struct item *first, *last; /* the line */
    size_t waiting;            /* its length */
};

struct bl_workqueue *bl_workqueue_new(const struct bl_workqueue_options *options)
{
    struct bl_workqueue *queue = BL_NEW(struct bl_workqueue);
    pthread_condattr_t attributes;

    queue->clock = options && options->clock ? options->clock : &bl_clock_real;
    queue->backoff_min = options && options->backoff_min ? options->backoff_min : 5 * BL_NSEC_MS;
    queue->backoff_max = options && options->backoff_max ? options->backoff_max : 1000 * BL_NSEC_S;
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&queue->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return queue;
}

void bl_workqueue_free(struct bl_workqueue *queue)
{
    if (!queue)
        return;
    for (size_t i = 0; i < queue->known.len; i++) {
        free(queue->known.items[i]->key);
        free(queue->known.items[i]);
    }
    free(queue->known.items);
    (void)pthread_cond_destroy(&queue->changed);
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue);
}

/* Everything below is called with the lock. */

/* Where it is, or would be. */
static size_t place_of(const struct bl_workqueue *queue, const char *key)
{
    size_t from = 0, to = queue->known.len;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (strcmp(queue->known.items[middle]->key, key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static struct item *find(const struct bl_workqueue *queue, const char *key)
{
    size_t at = place_of(queue, key);

    return at < queue->known.len && strcmp(queue->known.items[at]->key, key) == 0
               ? queue->known.items[at]
               : NULL;
}

static struct item *item_of(struct bl_workqueue *queue, const char *key)
{
    struct item *item = find(queue, key);
    size_t at;

    if (item)
        return item;
    at = place_of(queue, key);
    item = BL_NEW(struct item);
    item->key = bl_strdup(key);
    (void)BL_PUSH(&queue->known);
    memmove(&queue->known.items[at + 1], &queue->known.items[at],
            (queue->known.len - 1 - at) * sizeof(struct item *));
    queue->known.items[at] = item;
    return item;
}

/* What there is nothing to say about is not kept. */
static void settle(struct bl_workqueue *queue, struct item *item)
{
    size_t at = place_of(queue, item->key);

    if (item->dirty || item->processing || item->delayed || item->failures)
        return;
    memmove(&queue->known.items[at], &queue->known.items[at + 1],
            (queue->known.len - 1 - at) * sizeof(struct item *));
    queue->known.len--;
    free(item->key);
    free(item);
}

static void line_up(struct bl_workqueue *queue, struct item *item)
{
    item->next = NULL;
    if (queue->last)
        queue->last->next = item;
    else
        queue->first = item;
    queue->last = item;
    queue->waiting++;
    (void)pthread_cond_signal(&queue->changed);
}

static void make_dirty(struct bl_workqueue *queue, struct item *item)
{
    if (item->dirty)
        return;
    item->dirty = true;
    if (!item->processing)
        line_up(queue, item);
}

static void delay(struct bl_workqueue *queue, struct item *item, bl_nsec pause)
{
    bl_nsec due = bl_clock_now(queue->clock) + pause;

    if (item->delayed && item->due <= due)
        return;
    item->delayed = true;
    item->due = due;
    /* Who waits may have to wake sooner. */
    (void)pthread_cond_signal(&queue->changed);
}

/* Adds what is due; returns the time until the next is, or -1 where nothing is delayed. */
static bl_nsec add_due(struct bl_workqueue *queue)
{
    bl_nsec now = bl_clock_now(queue->clock), next = -1;

    for (size_t i = 0; i < queue->known.len; i++) {
        struct item *item = queue->known.items[i];

        if (!item->delayed)
            continue;
        if (item->due <= now) {
            item->delayed = false;
            make_dirty(queue, item);
        } else if (next < 0 || item->due - now < next) {
            next = item->due - now;
        }
    }
    return next;
}

static char *take_first(struct bl_workqueue *queue)
{
    struct item *item = queue->first;

    queue->first = item->next;
    if (!queue->first)
        queue->last = NULL;
    queue->waiting--;
    item->dirty = false;
    item->processing = true;
    return bl_strdup(item->key);
}

static void wait_for_change(struct bl_workqueue *queue, bl_nsec at_most)
{
    bl_nsec until = bl_clock_now(&bl_clock_real) + at_most;
    struct timespec at = {.tv_sec = until / BL_NSEC_S, .tv_nsec = until % BL_NSEC_S};

    if (at_most < 0)
        (void)pthread_cond_wait(&queue->changed, &queue->lock);
    else
        (void)pthread_cond_timedwait(&queue->changed, &queue->lock, &at);
}

/* Everything above is called with the lock. */

void bl_workqueue_add(struct bl_workqueue *queue, const char *key)
{
    (void)pthread_mutex_lock(&queue->lock);
    if (!queue->shut_down)
        make_dirty(queue, item_of(queue, key));
    (void)pthread_mutex_unlock(&queue->lock);
}

void bl_workqueue_add_after(struct bl_workqueue *queue, const char *key, bl_nsec pause)
{
    (void)pthread_mutex_lock(&queue->lock);
    if (!queue->shut_down && pause > 0)
        delay(queue, item_of(queue, key), pause);
    else if (!queue->shut_down)
        make_dirty(queue, item_of(queue, key));
    (void)pthread_mutex_unlock(&queue->lock);
}

void bl_workqueue_add_rate_limited(struct bl_workqueue *queue, const char *key)
{
    (void)pthread_mutex_lock(&queue->lock);
    if (!queue->shut_down) {
        struct item *item = item_of(queue, key);
        bl_nsec pause = queue->backoff_min;

        for (unsigned i = 0; i < item->failures && pause < queue->backoff_max; i++)
            pause *= 2;
        item->failures++;
        delay(queue, item, pause < queue->backoff_max ? pause : queue->backoff_max);
    }
    (void)pthread_mutex_unlock(&queue->lock);
}

void bl_workqueue_forget(struct bl_workqueue *queue, const char *key)
{
    struct item *item;

    (void)pthread_mutex_lock(&queue->lock);
    item = find(queue, key);
    if (item) {
        item->failures = 0;
        settle(queue, item);
    }
    (void)pthread_mutex_unlock(&queue->lock);
}

unsigned bl_workqueue_failures(struct bl_workqueue *queue, const char *key)
{
    unsigned failures;

    (void)pthread_mutex_lock(&queue->lock);
    const struct item *item = find(queue, key);
    failures = item ? item->failures : 0;
    (void)pthread_mutex_unlock(&queue->lock);
    return failures;
}

char *bl_workqueue_get(struct bl_workqueue *queue)
{
    char *key = NULL;

    (void)pthread_mutex_lock(&queue->lock);
    for (;;) {
        bl_nsec next = add_due(queue);

        if (queue->first || queue->shut_down)
            break;
        wait_for_change(queue, next);
    }
    if (queue->first)
        key = take_first(queue);
    (void)pthread_mutex_unlock(&queue->lock);
    return key;
}

char *bl_workqueue_poll(struct bl_workqueue *queue)
{
    char *key = NULL;

    (void)pthread_mutex_lock(&queue->lock);
    (void)add_due(queue);
    if (queue->first)
        key = take_first(queue);
    (void)pthread_mutex_unlock(&queue->lock);
    return key;
}

void bl_workqueue_done(struct bl_workqueue *queue, const char *key)
{
    struct item *item;

    (void)pthread_mutex_lock(&queue->lock);
    item = find(queue, key);
    assert(item && item->processing);
    item->processing = false;
    if (item->dirty)
        line_up(queue, item);
    else
        settle(queue, item);
    (void)pthread_mutex_unlock(&queue->lock);
}

void bl_workqueue_shut_down(struct bl_workqueue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->shut_down = true;
    for (size_t i = 0; i < queue->known.len; i++)
        queue->known.items[i]->delayed = false;
    (void)pthread_cond_broadcast(&queue->changed);
    (void)pthread_mutex_unlock(&queue->lock);
}

size_t bl_workqueue_len(struct bl_workqueue *queue)
{
    size_t len;

    (void)pthread_mutex_lock(&queue->lock);
    (void)add_due(queue);
    len = queue->waiting;
    (void)pthread_mutex_unlock(&queue->lock);
    return len;
}
