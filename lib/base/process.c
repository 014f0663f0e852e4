#include "ballast/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/* Of standard error: the last bytes that were read, in a ring. */
struct tail {
    char *ring;
    size_t size, at, seen;
};

static void tail_release(struct tail *tail)
{
    if (tail->ring)
        explicit_bzero(tail->ring, tail->size);
    free(tail->ring);
    *tail = (struct tail){0};
}

/* One that is running. Descriptors are -1 once closed, and where there is none. */
struct run {
    const struct bl_process *process;
    struct bl_strbuf *output, *errors;
    pid_t pid;
    int in, out, err; /* our ends of its three */
    int end;          /* readable once it has ended */
    struct tail tail; /* of standard error, behind what `errors` has */
    size_t written;   /* of the input */
    bl_nsec deadline;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void run_release(struct run *run)
{
    close_fd(&run->in);
    close_fd(&run->out);
    close_fd(&run->err);
    close_fd(&run->end);
    tail_release(&run->tail);
}

/* --- starting --- */

/* Its ends; -1: it has our own, or nothing to read. */
struct ends {
    int in, out, err;
};

static void ends_release(struct ends *ends)
{
    close_fd(&ends->in);
    close_fd(&ends->out);
    close_fd(&ends->err);
}

static int make_pipe(int *ret_read, int *ret_write, struct bl_error **err)
{
    int both[2];

    if (pipe2(both, O_CLOEXEC) < 0)
        return bl_fail_errno(err, "could not make a pipe");
    *ret_read = both[0];
    *ret_write = both[1];
    return 0;
}

/* A socket, as writing to a pipe that is closed would raise SIGPIPE. */
static int make_input(struct run *run, struct ends *ends, struct bl_error **err)
{
    int both[2];

    if (!run->process->input || run->process->interactive)
        return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) < 0)
        return bl_fail_errno(err, "could not make a socket");
    ends->in = both[0];
    run->in = both[1];
    return 0;
}

static int make_pipes(struct run *run, struct ends *ends, struct bl_error **err)
{
    if (make_pipe(&run->out, &ends->out, err) < 0 ||
        (run->errors && make_pipe(&run->err, &ends->err, err) < 0))
        return -1;
    return make_input(run, ends, err);
}

static void give_ends(const struct bl_process *process, const struct ends *ends,
                      posix_spawn_file_actions_t *actions)
{
    if (ends->in >= 0)
        (void)posix_spawn_file_actions_adddup2(actions, ends->in, STDIN_FILENO);
    else if (!process->interactive)
        (void)posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_adddup2(actions, ends->out, STDOUT_FILENO);
    if (ends->err >= 0)
        (void)posix_spawn_file_actions_adddup2(actions, ends->err, STDERR_FILENO);
    /* Not each of curl's sockets is closed by itself. */
    (void)posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

/* Signals as a fresh program expects them. If it asks people, it stays in our group: only the terminal's group may read. */
static int spawn(const struct bl_process *process, const struct ends *ends,
                 posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, pid_t *ret_pid)
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
    give_ends(process, ends, actions);
    return posix_spawnp(ret_pid, process->args[0], actions, attributes, process->args,
                        process->env);
}

/* So that it fails by itself, and the kernel does not end the whole container for it. It has hardly begun. */
static void limit_memory(const struct run *run)
{
    rlim_t most = run->process->memory;

    if (most)
        (void)prlimit(run->pid, RLIMIT_DATA, &(struct rlimit){most, most}, NULL);
}

static int start(struct run *run, struct bl_error **err)
{
    BL_AUTO(ends_release) struct ends ends = {-1, -1, -1};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    if (make_pipes(run, &ends, err) < 0)
        return -1;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    errno = spawn(run->process, &ends, &actions, &attributes, &run->pid);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    if (errno == ENOENT || errno == EACCES)
        return bl_fail(err, BL_ERR_INVALID, "could not be started: %s", strerror(errno));
    if (errno)
        return bl_fail_errno(err, "could not be started");
    run->end = pidfd_open(run->pid, 0);
    limit_memory(run);
    return 0;
}

/* --- while it runs --- */

static void write_input(struct run *run)
{
    const struct bl_process *process = run->process;
    ssize_t put = send(run->in, process->input + run->written, process->input_len - run->written,
                       MSG_NOSIGNAL | MSG_DONTWAIT);

    if (put > 0)
        run->written += (size_t)put;
    /* What it does not want to read is its own affair. */
    if ((put < 0 && errno != EAGAIN && errno != EINTR) || run->written == process->input_len)
        close_fd(&run->in);
}

/* --- what it says on standard error --- */

/* A marker of how much is left out has room in it. */
#define LEFT_OUT_MAX 64

static size_t head_of(const struct bl_strbuf *errors)
{
    return errors->max / 4;
}

static void keep_error(struct run *run, const char *text, size_t len)
{
    struct tail *tail = &run->tail;
    size_t room =
        head_of(run->errors) > run->errors->len ? head_of(run->errors) - run->errors->len : 0;
    size_t head = len < room ? len : room;

    bl_strbuf_add(run->errors, text, head);
    if (len > head && !tail->ring) {
        tail->size = run->errors->max - head_of(run->errors);
        tail->ring = bl_alloc(tail->size, 1);
    }
    for (size_t i = head; i < len; i++) {
        tail->ring[tail->at] = text[i];
        tail->at = (tail->at + 1) % tail->size;
    }
    tail->seen += len - head;
}

/* What is left of the ring's oldest line is no line, and would read as one. */
static void end_errors(struct run *run)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf last = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const struct tail *tail = &run->tail;
    size_t cut, left_out;
    const char *line;

    if (tail->seen <= tail->size) {
        bl_strbuf_add(run->errors, tail->ring, tail->seen);
        return;
    }
    bl_strbuf_add(&last, tail->ring + tail->at, tail->size - tail->at);
    bl_strbuf_add(&last, tail->ring, tail->at);
    cut = last.len < LEFT_OUT_MAX ? last.len : LEFT_OUT_MAX;
    line = memchr(last.text + cut, '\n', last.len - cut);
    cut = line ? (size_t)(line + 1 - last.text) : cut;
    left_out = tail->seen - tail->size + cut;
    bl_strbuf_addf(run->errors, "\n… %zu %s left out\n", left_out,
                   bl_text_plural((int64_t)left_out, "byte is", "bytes are"));
    bl_strbuf_add(run->errors, last.text + cut, last.len - cut);
    run->errors->overflowed = true;
}

/* --- while it runs, in and out --- */

static int read_into(int *fd, struct run *run, struct bl_error **err)
{
    char piece[4096];
    ssize_t got = read(*fd, piece, sizeof(piece));

    if (got > 0 && fd == &run->err)
        keep_error(run, piece, (size_t)got);
    else if (got > 0)
        bl_strbuf_add(run->output, piece, (size_t)got);
    else if (got == 0)
        close_fd(fd);
    else if (errno != EINTR)
        return bl_fail_errno(err, "could not read what it prints");
    explicit_bzero(piece, sizeof(piece));
    return 0;
}

/* Writes and reads what there is. */
static int move(struct run *run, const struct pollfd *fds, struct bl_error **err)
{
    if (fds[0].revents)
        write_input(run);
    if (fds[1].revents && read_into(&run->out, run, err) < 0)
        return -1;
    if (fds[2].revents && read_into(&run->err, run, err) < 0)
        return -1;
    return bl_strbuf_check(run->output, "what it printed", err);
}

/* It may close its output and go on, so its end is waited for too, and no longer than the rest. */
static int follow(struct run *run, struct bl_error **err)
{
    const struct bl_process *process = run->process;

    while (run->out >= 0 || run->err >= 0 || run->end >= 0) {
        struct pollfd fds[] = {
            {.fd = run->in, .events = POLLOUT},
            {.fd = run->out, .events = POLLIN},
            {.fd = run->err, .events = POLLIN},
            {.fd = run->end, .events = POLLIN},
            {.fd = process->stop ? bl_stop_fd(process->stop) : -1, .events = POLLIN}};
        bl_nsec left = run->deadline - bl_clock_now(&bl_clock_real);

        if (process->stop && bl_stop_raised(process->stop))
            return bl_fail(err, BL_ERR_UNAVAILABLE, "was ended: we are stopping");
        if (left <= 0)
            return bl_fail(err, BL_ERR_UNAVAILABLE, "took longer than %" PRId64 " ms",
                           process->timeout / BL_NSEC_MS);
        if (poll(fds, BL_ARRAY_LEN(fds), (int)(left / BL_NSEC_MS) + 1) <= 0)
            continue;
        if (move(run, fds, err) < 0)
            return -1;
        if (fds[3].revents)
            close_fd(&run->end);
    }
    return 0;
}

/* --- its end --- */

static void signal_all(const struct run *run, int signal)
{
    (void)kill(run->process->interactive ? run->pid : -run->pid, signal);
}

/* Has it ended within the grace? */
static bool ends_by_itself(const struct run *run)
{
    struct pollfd end = {.fd = run->end, .events = POLLIN};

    return run->end >= 0 && poll(&end, 1, (int)(run->process->grace / BL_NSEC_MS)) > 0;
}

static void end_it(const struct run *run)
{
    if (run->process->grace) {
        signal_all(run, SIGTERM);
        if (ends_by_itself(run))
            return;
    }
    signal_all(run, SIGKILL);
}

static void reap(const struct run *run, struct bl_process_end *ret_end)
{
    siginfo_t info;
    int status = 0;

    while (waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        ;
    /* What it started and left behind; while it is not reaped, its number is nobody else's. */
    if (!run->process->interactive)
        (void)kill(-run->pid, SIGKILL);
    (void)waitpid(run->pid, &status, 0);
    *ret_end = WIFSIGNALED(status) ? (struct bl_process_end){-1, WTERMSIG(status)}
                                   : (struct bl_process_end){WEXITSTATUS(status), 0};
}

int bl_process_run(const struct bl_process *process, struct bl_strbuf *output,
                   struct bl_strbuf *errors, struct bl_process_end *ret_end, struct bl_error **err)
{
    BL_AUTO(run_release)
    struct run run = {.process = process,
                      .output = output,
                      .errors = errors,
                      .in = -1,
                      .out = -1,
                      .err = -1,
                      .end = -1,
                      .deadline = bl_clock_now(&bl_clock_real) + process->timeout};
    int rc;

    if (start(&run, err) < 0)
        return -1;
    rc = follow(&run, err);
    if (errors)
        end_errors(&run);
    if (rc < 0)
        end_it(&run);
    reap(&run, ret_end);
    return rc;
}

int bl_process_read(const struct bl_process *process, struct bl_strbuf *output,
                    struct bl_error **err)
{
    struct bl_process_end end;

    if (bl_process_run(process, output, NULL, &end, err) < 0)
        return -1;
    if (end.signal)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "was killed by signal %d", end.signal);
    if (end.status == 127)
        return bl_fail(err, BL_ERR_INVALID, "could not be started");
    if (end.status)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "failed with exit status %d", end.status);
    return 0;
}
