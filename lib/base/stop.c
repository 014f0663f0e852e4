#include "ballast/base/stop.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "ballast/base/mem.h"

struct bl_stop {
    int fd;
    atomic_bool raised;
};

int bl_stop_new(struct bl_stop **ret_stop, struct bl_error **err)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct bl_stop *stop;

    if (fd < 0)
        return bl_fail_errno(err, "could not make an eventfd");
    stop = BL_NEW(struct bl_stop);
    stop->fd = fd;
    *ret_stop = stop;
    return 0;
}

void bl_stop_free(struct bl_stop *stop)
{
    if (!stop)
        return;
    (void)close(stop->fd);
    free(stop);
}

void bl_stop_raise(struct bl_stop *stop)
{
    int saved = errno;

    atomic_store(&stop->raised, true);
    /* A counter that is full already is readable, which is all that counts. */
    (void)!eventfd_write(stop->fd, 1);
    errno = saved;
}

void bl_stop_lower(struct bl_stop *stop)
{
    eventfd_t count;

    (void)!eventfd_read(stop->fd, &count);
    atomic_store(&stop->raised, false);
}

bool bl_stop_raised(const struct bl_stop *stop)
{
    return atomic_load(&stop->raised);
}

int bl_stop_fd(const struct bl_stop *stop)
{
    return stop->fd;
}

bool bl_stop_wait(const struct bl_stop *stop, bl_nsec at_most)
{
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + at_most;

    while (!bl_stop_raised(stop)) {
        bl_nsec left = deadline - bl_clock_now(&bl_clock_real);
        struct timespec wait = {.tv_sec = left / BL_NSEC_S, .tv_nsec = left % BL_NSEC_S};
        struct pollfd fd = {.fd = stop->fd, .events = POLLIN};

        if (left <= 0)
            return false;
        (void)ppoll(&fd, 1, &wait, NULL);
    }
    return true;
}
