#include "door.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/stop.h"

#define LOOK_EVERY (BL_NSEC_S / 4)
/* While somebody waits for a handshake that may have stalled. */
#define LOOK_EVERY_WAITING (5 * BL_NSEC_MS)
#define EVENTS 64
/* Before it looks at what else there is. */
#define ACCEPTS 64

struct bl_door {
    struct bl_connections *table;
    bl_let_in_fn let_in;
    void *context;
    int listen_fd, epoll_fd;
    bool full; /* there were no descriptors; the next look tries again */
    bl_nsec looked;
    struct bl_stop *stop;
    pthread_t thread;
};

static int watch(struct bl_door *door, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = what};

    return epoll_ctl(door->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void unwatch(struct bl_door *door, int fd)
{
    (void)epoll_ctl(door->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static bool accept_one(struct bl_door *door)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof(address);
    int fd =
        accept4(door->listen_fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct bl_connection *connection;

    if (fd >= 0) {
        connection = bl_connections_add(door->table, fd, &address, len);
        if (watch(door, fd, connection) < 0) {
            bl_connections_remove(connection);
            (void)close(fd);
        }
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        bl_connections_give_up_one(door->table);
        unwatch(door, door->listen_fd);
        door->full = true;
    }
    return errno == ECONNABORTED || errno == EINTR;
}

/* It has spoken, and waits; or it has gone, and costs nothing further. */
static void hear(struct bl_door *door, struct bl_connection *connection, uint32_t events)
{
    struct epoll_event leaving = {.events = EPOLLRDHUP, .data.ptr = connection};

    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) {
        (void)epoll_ctl(door->epoll_fd, EPOLL_CTL_MOD, connection->fd, &leaving);
        bl_connections_spoke(connection);
        return;
    }
    (void)close(connection->fd);
    bl_connections_remove(connection);
}

static void let_in(struct bl_door *door)
{
    struct bl_connection *connection;

    while ((connection = bl_connections_next(door->table))) {
        unwatch(door, connection->fd);
        if (!door->let_in(connection, door->context))
            bl_connections_remove(connection);
    }
}

static void look(struct bl_door *door)
{
    bl_nsec at = bl_clock_now(&bl_clock_real);

    if (at - door->looked < LOOK_EVERY)
        return;
    door->looked = at;
    bl_connections_end_late(door->table);
    if (door->full)
        door->full = watch(door, door->listen_fd, &door->listen_fd) < 0;
}

/* Those that speak first: accepting gives others up, whose events would be of nobody. */
static void handle(struct bl_door *door, const struct epoll_event *events, int count)
{
    bool listen = false;
    uint64_t woken;

    for (int i = 0; i < count; i++) {
        void *what = events[i].data.ptr;

        if (what == &door->listen_fd)
            listen = true;
        else if (what == door->table)
            (void)!read(bl_connections_wake_fd(door->table), &woken, sizeof(woken));
        else if (what != door->stop)
            hear(door, what, events[i].events);
    }
    for (int i = 0; listen && i < ACCEPTS && accept_one(door); i++)
        ;
}

static void *run(void *arg)
{
    struct bl_door *door = arg;
    struct epoll_event events[EVENTS];

    while (!bl_stop_raised(door->stop)) {
        bl_nsec most = bl_connections_waiting(door->table) ? LOOK_EVERY_WAITING : LOOK_EVERY;
        int count = epoll_wait(door->epoll_fd, events, EVENTS, (int)(most / BL_NSEC_MS));

        handle(door, events, count);
        let_in(door);
        look(door);
    }
    return NULL;
}

static void door_free(struct bl_door *door)
{
    if (!door)
        return;
    if (door->epoll_fd >= 0)
        (void)close(door->epoll_fd);
    bl_stop_free(door->stop);
    free(door);
}
BL_DEFINE_CLEANUP(struct bl_door *, door_cleanup, door_free)

static int watch_all(struct bl_door *door, struct bl_error **err)
{
    door->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (door->epoll_fd < 0 || watch(door, door->listen_fd, &door->listen_fd) < 0 ||
        watch(door, bl_connections_wake_fd(door->table), door->table) < 0 ||
        watch(door, bl_stop_fd(door->stop), door->stop) < 0)
        return bl_fail_errno(err, "could not watch a socket");
    return 0;
}

int bl_door_open(int listen_fd, struct bl_connections *table, bl_let_in_fn let_in_one,
                 void *context, struct bl_door **ret_door, struct bl_error **err)
{
    BL_AUTO(door_cleanup) struct bl_door *door = BL_NEW(struct bl_door);

    *door = (struct bl_door){.table = table,
                             .let_in = let_in_one,
                             .context = context,
                             .listen_fd = listen_fd,
                             .epoll_fd = -1};
    if (bl_stop_new(&door->stop, err) < 0 || watch_all(door, err) < 0)
        return -1;
    if (pthread_create(&door->thread, NULL, run, door) != 0)
        return bl_fail(err, BL_ERR_IO, "could not start a thread");
    *ret_door = BL_STEAL(door);
    return 0;
}

void bl_door_close(struct bl_door *door)
{
    if (!door)
        return;
    bl_stop_raise(door->stop);
    (void)pthread_join(door->thread, NULL);
    (void)close(door->listen_fd);
    door_free(door);
}
