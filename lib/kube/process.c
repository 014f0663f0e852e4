#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_cleanup(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

/*
 * Signals as a fresh program expects them. In a process group of its own, so that what it starts is killed
 * with it; not if it asks people, as only the terminal's group may read.
 */
static int start_with(const struct process *process, int out, posix_spawn_file_actions_t *actions,
                      posix_spawnattr_t *attributes, pid_t *ret_pid)
{
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t none, defaults;

    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    (void)posix_spawnattr_setsigmask(attributes, &none);
    (void)posix_spawnattr_setsigdefault(attributes, &defaults);
    if (!process->interactive)
        flags |= POSIX_SPAWN_SETPGROUP;
    (void)posix_spawnattr_setflags(attributes, flags);

    (void)posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
    /* Not each of curl's sockets is closed by itself. */
    (void)posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    if (!process->interactive)
        (void)posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    return posix_spawnp(ret_pid, process->args[0], actions, attributes, process->args,
                        process->env);
}

static int start(const struct process *process, int out, pid_t *ret_pid, struct bl_error **err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    errno = start_with(process, out, &actions, &attributes, ret_pid);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return errno ? bl_fail_errno(err, "could not be started") : 0;
}

/* Until `fd` is readable. */
static int wait_for(const struct process *process, int fd, bl_nsec deadline, struct bl_error **err)
{
    struct pollfd fds[] = {
        {.fd = fd, .events = POLLIN},
        {.fd = process->stop ? bl_stop_fd(process->stop) : -1, .events = POLLIN}};

    for (;;) {
        bl_nsec left = deadline - bl_clock_now(&bl_clock_real);

        if (process->stop && bl_stop_raised(process->stop))
            return bl_fail(err, BL_ERR_UNAVAILABLE, "was ended: we are stopping");
        if (left <= 0)
            return bl_fail(err, BL_ERR_UNAVAILABLE, "took longer than %" PRId64 " ms",
                           process->timeout / BL_NSEC_MS);
        if (poll(fds, 2, (int)(left / BL_NSEC_MS) + 1) > 0 && fds[0].revents)
            return 0;
    }
}

static int read_all(const struct process *process, int in, bl_nsec deadline,
                    struct bl_strbuf *output, struct bl_error **err)
{
    char piece[4096];

    for (;;) {
        ssize_t got;

        if (wait_for(process, in, deadline, err) < 0)
            return -1;
        got = read(in, piece, sizeof(piece));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return bl_fail_errno(err, "could not read what it prints");
        if (got == 0)
            break;
        bl_strbuf_add(output, piece, (size_t)got);
        if (output->overflowed)
            break;
    }
    explicit_bzero(piece, sizeof(piece));
    return bl_strbuf_check(output, "what it printed", err);
}

static int check_status(int status, struct bl_error **err)
{
    if (WIFSIGNALED(status))
        return bl_fail(err, BL_ERR_UNAVAILABLE, "was killed by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) == 127)
        return bl_fail(err, BL_ERR_INVALID, "could not be started");
    if (WEXITSTATUS(status))
        return bl_fail(err, BL_ERR_UNAVAILABLE, "failed with exit status %d", WEXITSTATUS(status));
    return 0;
}

static void reap(pid_t pid, int *ret_status)
{
    while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
        ;
}

int bl_process_read(const struct process *process, struct bl_strbuf *output, struct bl_error **err)
{
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + process->timeout;
    int ends[2] = {-1, -1}, status = 0;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return bl_fail_errno(err, "could not make a pipe");

    BL_AUTO(close_cleanup) int in = ends[0];
    int rc = start(process, ends[1], &pid, err);
    (void)close(ends[1]);
    if (rc < 0)
        return -1;

    /* It may close its output and go on, so its end is waited for too, and no longer than the rest. */
    BL_AUTO(close_cleanup) int end = pidfd_open(pid, 0);
    rc = read_all(process, in, deadline, output, err);
    if (rc == 0 && end >= 0)
        rc = wait_for(process, end, deadline, err);
    if (rc < 0)
        (void)kill(process->interactive ? pid : -pid, SIGKILL);
    reap(pid, &status);
    return rc < 0 ? -1 : check_status(status, err);
}
