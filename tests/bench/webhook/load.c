/*
 * A load generator for admission webhooks: the same review again and again over TLS, HTTP/1.1 keep-alive, on
 * a number of connections, each with a thread. Any webhook will do.
 *
 *     load URL CA.pem REVIEW.json [-c CONNECTIONS] [-n REQUESTS] [-s SECONDS] [-p PID] [-H] [-q]
 *
 * -n ends after so many requests in all, -s after so many seconds (5). -H makes a connection for each request, to
 * see what a handshake costs. -p measures the CPU time and the memory of that process meanwhile; of several
 * processes "1,2,3" the sum. -q prints one line: requests failed per_second p50 p99 p99.9 cpu rss (µs, KiB).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ballast/base/clock.h"
#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

struct samples {
    uint32_t *items; /* tenths of a microsecond */
    size_t len, cap;
};

struct load {
    const char *host, *port;
    char *path;
    SSL_CTX *tls;
    struct addrinfo *address;
    char *message; /* the whole request */
    size_t message_len;
    int64_t requests;
    bl_nsec until;
    bool handshakes;
    atomic_int_least64_t begun, failed, answered;
    char failure[256]; /* the first */
    atomic_bool said;
};

struct worker {
    struct load *load;
    pthread_t thread;
    struct samples samples;
    int fd;
    SSL *ssl;
    char *answer;
};

#define ANSWER_MAX ((size_t)4 << 20)

static bl_nsec now(void)
{
    return bl_clock_now(&bl_clock_real);
}

static void note_failure(struct load *load, const char *what)
{
    atomic_fetch_add(&load->failed, 1);
    if (!atomic_exchange(&load->said, true))
        (void)snprintf(load->failure, sizeof(load->failure), "%s (%s)", what, strerror(errno));
}

static void hang_up(struct worker *worker)
{
    if (worker->ssl)
        SSL_free(worker->ssl);
    if (worker->fd >= 0)
        (void)close(worker->fd);
    worker->ssl = NULL;
    worker->fd = -1;
}

static bool dial(struct worker *worker)
{
    const struct addrinfo *to = worker->load->address;
    int on = 1;

    worker->fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (worker->fd < 0 || connect(worker->fd, to->ai_addr, to->ai_addrlen) < 0)
        return false;
    (void)setsockopt(worker->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    worker->ssl = SSL_new(worker->load->tls);
    (void)SSL_set1_host(worker->ssl, worker->load->host);
    SSL_set_fd(worker->ssl, worker->fd);
    return SSL_connect(worker->ssl) == 1;
}

static bool send_all(struct worker *worker)
{
    const struct load *load = worker->load;
    size_t sent = 0;

    while (sent < load->message_len) {
        int n = SSL_write(worker->ssl, load->message + sent, (int)(load->message_len - sent));

        if (n <= 0)
            return false;
        sent += (size_t)n;
    }
    return true;
}

/* How long the whole answer is, or 0 while its head is not whole. -1: it closes the connection. */
static ssize_t answer_length(const char *answer, size_t len)
{
    const char *end = memmem(answer, len, "\r\n\r\n", 4), *field;

    if (!end)
        return 0;
    field = strcasestr(answer, "\r\ncontent-length:");
    if (!field || field > end)
        return -1;
    return (end - answer) + 4 + (ssize_t)strtol(field + strlen("\r\ncontent-length:"), NULL, 10);
}

static bool take_answer(struct worker *worker, bool *ret_ends)
{
    size_t len = 0;
    ssize_t whole = 0;

    while (!whole || len < (size_t)whole) {
        int n = SSL_read(worker->ssl, worker->answer + len, (int)(ANSWER_MAX - 1 - len));

        if (n <= 0)
            return false;
        len += (size_t)n;
        worker->answer[len] = '\0';
        whole = answer_length(worker->answer, len);
        if (whole < 0)
            return false;
    }
    *ret_ends = strcasestr(worker->answer, "\r\nconnection: close") != NULL;
    return strncmp(worker->answer, "HTTP/1.1 200", 12) == 0;
}

static bool ask(struct worker *worker, bool *ret_ends)
{
    if (!worker->ssl && !dial(worker))
        return false;
    return send_all(worker) && take_answer(worker, ret_ends);
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct load *load = worker->load;

    while (now() < load->until &&
           (!load->requests || atomic_fetch_add(&load->begun, 1) < load->requests)) {
        bl_nsec begin = now();
        bool ends = false, dials = !worker->ssl;

        if (!ask(worker, &ends)) {
            note_failure(load, worker->ssl ? "no answer, or not 200" : "no connection");
            hang_up(worker);
            continue;
        }
        atomic_fetch_add(&load->answered, 1);
        /* With many connections the first round is one of handshakes; it counts, but is not timed. */
        if (!dials || load->handshakes)
            *BL_PUSH(&worker->samples) = (uint32_t)((now() - begin) / 100);
        if (ends || load->handshakes)
            hang_up(worker);
    }
    hang_up(worker);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* CPU time in microseconds and resident memory in KiB of a list of processes. */
static void measure(const char *pids, double *ret_cpu, double *ret_rss)
{
    *ret_cpu = *ret_rss = 0;
    for (const char *at = pids; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        BL_AUTO_FREE char *path = bl_asprintf("/proc/%ld/stat", strtol(at, NULL, 10));
        unsigned long user = 0, system = 0;
        long resident = 0;
        FILE *file = fopen(path, "re");

        if (!file)
            continue;
        if (fscanf(
                file,
                "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d "
                "%*d %*u %*u %ld",
                &user, &system, &resident) == 3) {
            *ret_cpu += (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
            *ret_rss += (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
        }
        (void)fclose(file);
    }
}

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "load: %s%s%s\n", what, why ? ": " : "", why ? why : "");
    exit(2);
}

static void split_url(struct load *load, char *url)
{
    char *slash, *colon;

    if (!bl_text_starts(url, "https://"))
        die("the URL must begin with https://", NULL);
    url += strlen("https://");
    slash = strchr(url, '/');
    load->path = bl_strdup(slash ? slash : "/");
    if (slash)
        *slash = '\0';
    colon = strrchr(url, ':');
    load->port = colon ? colon + 1 : "443";
    if (colon)
        *colon = '\0';
    load->host = url;
}

static void prepare(struct load *load, const char *ca, const char *review)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct bl_strbuf body = BL_STRBUF_INIT((size_t)16 << 20);
    struct bl_strbuf message = BL_STRBUF_INIT((size_t)17 << 20);
    BL_ERROR(err);

    if (bl_file_read(review, &body, &err) < 0)
        die(bl_error_text(err), NULL);
    if (getaddrinfo(load->host, load->port, &hints, &load->address) != 0)
        die("cannot resolve", load->host);
    load->tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(load->tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(load->tls, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_load_verify_locations(load->tls, ca, NULL) != 1)
        die("cannot read the authority", ca);
    bl_strbuf_addf(&message,
                   "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: kube-apiserver-admission\r\n"
                   "Accept: application/json, */*\r\nContent-Type: application/json\r\n"
                   "Content-Length: %zu\r\n\r\n",
                   load->path, load->host, body.len);
    bl_strbuf_add(&message, body.text, body.len);
    bl_strbuf_release(&body);
    load->message_len = message.len;
    load->message = bl_strbuf_take(&message);
}

static void merge(struct samples *all, const struct samples *some)
{
    for (size_t i = 0; i < some->len; i++)
        *BL_PUSH(all) = some->items[i];
}

static void release(struct load *load)
{
    SSL_CTX_free(load->tls);
    freeaddrinfo(load->address);
    free(load->message);
    free(load->path);
}

static double at(const struct samples *samples, double share)
{
    return samples->len ? samples->items[(size_t)((double)(samples->len - 1) * share)] / 10.0 : 0;
}

struct usage {
    double seconds, cpu, rss; /* µs, KiB */
};

static void report(const struct load *load, const struct samples *all, const struct usage *usage,
                   bool quiet)
{
    long answered = (long)atomic_load(&load->answered), failed = (long)atomic_load(&load->failed);
    double each = answered ? usage->cpu / (double)answered : 0;
    double rate = (double)answered / usage->seconds;

    if (quiet)
        printf("%ld %ld %.0f %.1f %.1f %.1f %.1f %.0f\n", answered, failed, rate, at(all, .5),
               at(all, .99), at(all, .999), each, usage->rss);
    else
        printf("%ld requests, %ld failed%s%s, %.0f/s\np50 %.1f us, p99 %.1f us, p99.9 %.1f us\n"
               "%.1f us CPU a request, %.1f MiB resident\n",
               answered, failed, failed ? ": " : "", load->failure, rate, at(all, .5), at(all, .99),
               at(all, .999), each, usage->rss / 1024);
}

int main(int argc, char **argv)
{
    struct load load = {0};
    struct samples all = {0};
    const char *pids = NULL;
    int64_t connections = 1, seconds = 5;
    double cpu[2], rss[2], took;
    bool quiet = false;
    int option;

    while ((option = getopt(argc, argv, "c:n:s:p:Hq")) != -1) {
        int64_t number = optarg ? strtol(optarg, NULL, 10) : 0;

        if (option == 'c')
            connections = number;
        else if (option == 'n')
            load.requests = number;
        else if (option == 's')
            seconds = number;
        else if (option == 'p')
            pids = optarg;
        else if (option == 'H')
            load.handshakes = true;
        else if (option == 'q')
            quiet = true;
        else
            return 2;
    }
    if (argc - optind != 3 || connections < 1)
        die("usage: load URL CA.pem REVIEW.json [-c N] [-n N] [-s N] [-p PID,…] [-H] [-q]", NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    split_url(&load, argv[optind]);
    prepare(&load, argv[optind + 1], argv[optind + 2]);

    struct worker *workers = bl_alloc((size_t)connections, sizeof(*workers));
    measure(pids, &cpu[0], &rss[0]);
    bl_nsec begin = now();
    load.until = load.requests ? INT64_MAX : begin + seconds * BL_NSEC_S;
    for (int64_t i = 0; i < connections; i++) {
        workers[i] = (struct worker){.load = &load, .fd = -1, .answer = bl_alloc(1, ANSWER_MAX)};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            die("could not start a thread", NULL);
    }
    for (int64_t i = 0; i < connections; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        merge(&all, &workers[i].samples);
        free(workers[i].samples.items);
        free(workers[i].answer);
    }
    took = (double)(now() - begin) / 1e9;
    measure(pids, &cpu[1], &rss[1]);
    if (all.len)
        qsort(all.items, all.len, sizeof(*all.items), compare);

    report(&load, &all, &(struct usage){took, cpu[1] - cpu[0], rss[1]}, quiet);
    free(workers);
    free(all.items);
    release(&load);
    return atomic_load(&load.failed) || !atomic_load(&load.answered);
}
