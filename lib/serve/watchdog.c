#include <pthread.h>
#include <sys/socket.h>

#include "ballast/base/mem.h"
#include "ballast/base/stop.h"
#include "serve.h"

/*
 * libmicrohttpd's own time-out begins anew with every byte, so a peer that sends one now and then holds a
 * connection for ever. The watchdog knows an absolute deadline for each and shuts the socket down; the
 * thread that owns the connection then sees it end and cleans up.
 */

#define LOOK_EVERY (BL_NSEC_S / 4)

struct bl_watchdog {
    struct bl_stop *stop;
    pthread_t thread;
    void (*late)(void *context);
    void *context;

    pthread_mutex_t lock; /* guards the list and what its members hold */
    struct bl_connection *first;
};

static unsigned shut_late(struct bl_watchdog *watchdog)
{
    bl_nsec now = bl_clock_now(&bl_clock_real);
    unsigned count = 0;

    (void)pthread_mutex_lock(&watchdog->lock);
    for (struct bl_connection *at = watchdog->first; at; at = at->next) {
        if (now < at->deadline)
            continue;
        (void)shutdown(at->fd, SHUT_RDWR);
        at->deadline = INT64_MAX;
        count++;
    }
    (void)pthread_mutex_unlock(&watchdog->lock);
    return count;
}

static void *run(void *arg)
{
    struct bl_watchdog *watchdog = arg;

    while (!bl_stop_wait(watchdog->stop, LOOK_EVERY))
        for (unsigned late = shut_late(watchdog); late; late--)
            watchdog->late(watchdog->context);
    return NULL;
}

int bl_watchdog_start(void (*late)(void *context), void *context, struct bl_watchdog **ret_watchdog,
                      struct bl_error **err)
{
    struct bl_watchdog *watchdog = BL_NEW(struct bl_watchdog);

    watchdog->late = late;
    watchdog->context = context;
    (void)pthread_mutex_init(&watchdog->lock, NULL);
    if (bl_stop_new(&watchdog->stop, err) < 0) {
        free(watchdog);
        return -1;
    }
    if (pthread_create(&watchdog->thread, NULL, run, watchdog) != 0) {
        bl_stop_free(watchdog->stop);
        free(watchdog);
        return bl_fail(err, BL_ERR_IO, "could not start a thread");
    }
    *ret_watchdog = watchdog;
    return 0;
}

void bl_watchdog_stop(struct bl_watchdog *watchdog)
{
    if (!watchdog)
        return;
    bl_stop_raise(watchdog->stop);
    (void)pthread_join(watchdog->thread, NULL);
    bl_stop_free(watchdog->stop);
    (void)pthread_mutex_destroy(&watchdog->lock);
    free(watchdog);
}

void bl_watchdog_add(struct bl_watchdog *watchdog, struct bl_connection *connection,
                     bl_nsec deadline)
{
    (void)pthread_mutex_lock(&watchdog->lock);
    connection->deadline = deadline;
    connection->next = watchdog->first;
    if (watchdog->first)
        watchdog->first->previous = connection;
    watchdog->first = connection;
    (void)pthread_mutex_unlock(&watchdog->lock);
}

void bl_watchdog_set(struct bl_watchdog *watchdog, struct bl_connection *connection,
                     bl_nsec deadline)
{
    (void)pthread_mutex_lock(&watchdog->lock);
    /* One that was shut down stays so. */
    if (connection->deadline != INT64_MAX)
        connection->deadline = deadline;
    (void)pthread_mutex_unlock(&watchdog->lock);
}

void bl_watchdog_remove(struct bl_watchdog *watchdog, struct bl_connection *connection)
{
    (void)pthread_mutex_lock(&watchdog->lock);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        watchdog->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    (void)pthread_mutex_unlock(&watchdog->lock);
}
