#include "fakekube.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "fakekube_store.h"

#define REQUEST_MAX ((size_t)4 << 20)
#define MAX_ANSWERS 64

struct connection {
    struct fakekube *fake;
    int fd;
    bool open; /* fd is ours still */
    pthread_t thread;
};

struct fakekube {
    int fd;
    char *url;
    pthread_t thread;

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    bool stop, streaming;
    struct fakekube_store store;
    struct {
        struct connection **items;
        size_t len, cap;
    } connections;
    struct {
        unsigned at;
        struct fake_answer answer;
    } answers[MAX_ANSWERS];
    size_t answers_len;
    const char *served; /* in the line of requests that get `serves`; NULL: of none */
    struct fake_answer serves;
    unsigned requests;
    struct bl_strbuf last, all;
};

static bool send_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t put = send(fd, data, len, MSG_NOSIGNAL);

        if (put <= 0)
            return false;
        data += put;
        len -= (size_t)put;
    }
    return true;
}

static bool send_chunk(int fd, const char *data, size_t len)
{
    char head[32];
    int head_len = snprintf(head, sizeof(head), "%zx\r\n", len);

    return send_all(fd, head, (size_t)head_len) && send_all(fd, data, len) &&
           send_all(fd, "\r\n", 2);
}

static bool send_head(int fd, int status, const char *headers, bool chunked, size_t len)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf head = BL_STRBUF_INIT(65536);

    bl_strbuf_addf(&head, "HTTP/1.1 %d Whatever\r\nContent-Type: application/json\r\n%s", status,
                   headers ? headers : "");
    if (chunked)
        bl_strbuf_adds(&head, "Transfer-Encoding: chunked\r\n\r\n");
    else
        bl_strbuf_addf(&head, "Content-Length: %zu\r\n\r\n", len);
    return send_all(fd, head.text, head.len);
}

static bool send_whole(int fd, int status, const char *body)
{
    return send_head(fd, status, NULL, false, strlen(body)) && send_all(fd, body, strlen(body));
}

static bool send_status(int fd, int code, const char *message)
{
    BL_AUTO_FREE char *body =
        bl_asprintf("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"message\":\"%s\",\"code\":%d}",
                    message, code);

    return send_whole(fd, code, body);
}

/* The value of a query's key, for free(); NULL: there is none. */
static char *query(const char *line, const char *key)
{
    BL_AUTO_FREE char *wanted = bl_asprintf("%s=", key);

    for (const char *at = strpbrk(line, "?&"); at; at = strpbrk(at + 1, "?&"))
        if (bl_text_starts(at + 1, wanted)) {
            at += 1 + strlen(wanted);
            return bl_strndup(at, strcspn(at, "& "));
        }
    return NULL;
}

static int64_t query_number(const char *line, const char *key, int64_t fallback)
{
    BL_AUTO_FREE char *text = query(line, key);
    int64_t number;

    return text && bl_text_to_int(text, strlen(text), &number) ? number : fallback;
}

static bool answer_list(struct fakekube *fake, int fd, const char *line)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_STRBUF_INIT(REQUEST_MAX);
    int64_t limit = query_number(line, "limit", 0);
    BL_AUTO_FREE char *token = query(line, "continue");

    pthread_mutex_lock(&fake->lock);
    int status = fakekube_store_list(&fake->store, limit, token, &body);
    pthread_mutex_unlock(&fake->lock);
    return status == 200 ? send_whole(fd, 200, body.text)
                         : send_status(fd, status, "The provided continue parameter is too old");
}

/* With the lock. Waits for what is newer than `*version`; false: time to end. */
static bool next_events(struct fakekube *fake, int64_t *version, const struct connection *self,
                        struct bl_strbuf *out)
{
    while (!fake->stop && self->open && fake->store.version <= *version)
        (void)pthread_cond_wait(&fake->changed, &fake->lock);
    if (fake->stop || !self->open)
        return false;
    fakekube_store_since(&fake->store, *version, out);
    *version = fake->store.version;
    return true;
}

/* Goes on for as long as the connection. */
static bool answer_watch(struct fakekube *fake, const struct connection *self, const char *line)
{
    BL_AUTO_FREE char *initial = query(line, "sendInitialEvents");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(REQUEST_MAX);
    int64_t version = query_number(line, "resourceVersion", 0);
    bool more = true, gone;

    pthread_mutex_lock(&fake->lock);
    if (initial && !fake->streaming) {
        pthread_mutex_unlock(&fake->lock);
        return send_status(self->fd, 422, "sendInitialEvents is forbidden");
    }
    if (initial) {
        fakekube_store_all(&fake->store, &out);
        version = fake->store.version;
    }
    gone = version < fake->store.forgotten;
    pthread_mutex_unlock(&fake->lock);
    if (gone)
        fakekube_store_event(
            &out, "ERROR",
            "{\"kind\":\"Status\",\"code\":410,\"message\":\"too old resource version\"}");

    if (!send_head(self->fd, 200, NULL, true, 0))
        return false;
    while (more) {
        if (out.len && !send_chunk(self->fd, out.text, out.len))
            return false;
        if (gone)
            return send_all(self->fd, "0\r\n\r\n", 5);
        bl_strbuf_reset(&out);
        pthread_mutex_lock(&fake->lock);
        more = next_events(fake, &version, self, &out);
        pthread_mutex_unlock(&fake->lock);
    }
    return false;
}

static bool answer_right(struct fakekube *fake, const struct connection *self, const char *line)
{
    if (!strstr(line, "/configmaps"))
        return send_status(self->fd, 404, "the server could not find the requested resource");
    if (strstr(line, "watch=1"))
        return answer_watch(fake, self, line);
    return answer_list(fake, self->fd, line);
}

static void nap(unsigned ms)
{
    struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)nanosleep(&wait, NULL);
}

static void hold(const struct connection *self)
{
    struct pollfd fd = {.fd = self->fd, .events = POLLIN};

    (void)poll(&fd, 1, -1);
}

static bool answer_instead(const struct connection *self, const struct fake_answer *answer)
{
    size_t len = answer->body ? strlen(answer->body) : 0;
    bool cut = answer->cut && answer->cut < len;
    size_t sent = cut ? answer->cut : len;
    bool ok;

    if (!answer->status)
        return false;
    ok = send_head(self->fd, answer->status, answer->headers, answer->chunked, len);
    if (ok && sent)
        ok = answer->chunked ? send_chunk(self->fd, answer->body, sent)
                             : send_all(self->fd, answer->body, sent);
    if (ok && answer->hold)
        hold(self);
    if (ok && answer->chunked && !cut && !answer->hold)
        ok = send_all(self->fd, "0\r\n\r\n", 5);
    return ok && !cut && !answer->hold;
}

static bool answer_request(struct fakekube *fake, const struct connection *self,
                           const struct bl_strbuf *request)
{
    BL_AUTO_FREE char *line = bl_strndup(request->text, strcspn(request->text, "\r"));
    struct fake_answer answer = {.right = true};

    pthread_mutex_lock(&fake->lock);
    fake->requests++;
    bl_strbuf_reset(&fake->last);
    bl_strbuf_add(&fake->last, request->text, request->len);
    bl_strbuf_add(&fake->all, request->text, request->len);
    bl_strbuf_addc(&fake->all, '\n');
    if (fake->served && strstr(line, fake->served))
        answer = fake->serves;
    for (size_t i = 0; i < fake->answers_len; i++)
        if (fake->answers[i].at == fake->requests)
            answer = fake->answers[i].answer;
    pthread_mutex_unlock(&fake->lock);

    if (answer.delay_ms)
        nap(answer.delay_ms);
    return answer.right ? answer_right(fake, self, line) : answer_instead(self, &answer);
}

static bool read_request(int fd, struct bl_strbuf *request)
{
    char piece[4096];
    size_t want = 0;

    while (!want || request->len < want) {
        ssize_t got = recv(fd, piece, sizeof(piece), 0);
        const char *end, *length;

        if (got <= 0)
            return false;
        bl_strbuf_add(request, piece, (size_t)got);
        end = strstr(request->text, "\r\n\r\n");
        if (!end || want)
            continue;
        want = (size_t)(end - request->text) + 4;
        length = strcasestr(request->text, "\r\ncontent-length:");
        if (length && length < end)
            want += strtoul(length + 17, NULL, 10);
    }
    return true;
}

static void close_connection(struct connection *self, bool reset)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    pthread_mutex_lock(&self->fake->lock);
    self->open = false;
    if (reset)
        (void)setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(self->fd);
    self->fd = -1;
    pthread_mutex_unlock(&self->fake->lock);
}

static void *serve(void *context)
{
    struct connection *self = context;
    bool goes_on = true;
    int yes = 1;

    (void)setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    while (goes_on) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf request = BL_STRBUF_INIT(REQUEST_MAX);

        if (!read_request(self->fd, &request))
            break;
        goes_on = answer_request(self->fake, self, &request);
    }
    close_connection(self, !goes_on);
    return NULL;
}

static void *accept_all(void *context)
{
    struct fakekube *fake = context;

    for (;;) {
        int fd = accept(fake->fd, NULL, NULL);
        struct connection *connection;

        if (fd < 0 && errno == EINTR)
            continue;
        if (fd < 0)
            return NULL;
        connection = BL_NEW(struct connection);
        *connection = (struct connection){.fake = fake, .fd = fd, .open = true};
        pthread_mutex_lock(&fake->lock);
        *BL_PUSH(&fake->connections) = connection;
        int rc = pthread_create(&connection->thread, NULL, serve, connection);
        assert(rc == 0);
        (void)rc;
        pthread_mutex_unlock(&fake->lock);
    }
}

struct fakekube *fakekube_new(void)
{
    struct fakekube *fake = BL_NEW(struct fakekube);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int rc;

    pthread_mutex_init(&fake->lock, NULL);
    pthread_cond_init(&fake->changed, NULL);
    fake->streaming = true;
    fake->store.version = 1;
    fake->last = (struct bl_strbuf)BL_STRBUF_INIT(REQUEST_MAX);
    fake->all = (struct bl_strbuf)BL_STRBUF_INIT(REQUEST_MAX);
    fake->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rc = bind(fake->fd, (struct sockaddr *)&address, sizeof(address));
    assert(rc == 0);
    rc = listen(fake->fd, 64);
    assert(rc == 0);
    rc = getsockname(fake->fd, (struct sockaddr *)&address, &len);
    assert(rc == 0);
    fake->url = bl_asprintf("http://127.0.0.1:%d", ntohs(address.sin_port));
    rc = pthread_create(&fake->thread, NULL, accept_all, fake);
    assert(rc == 0);
    (void)rc;
    return fake;
}

void fakekube_kick(struct fakekube *fake)
{
    pthread_mutex_lock(&fake->lock);
    for (size_t i = 0; i < fake->connections.len; i++) {
        struct connection *connection = fake->connections.items[i];

        if (connection->open)
            (void)shutdown(connection->fd, SHUT_RDWR);
        connection->open = false;
    }
    (void)pthread_cond_broadcast(&fake->changed);
    pthread_mutex_unlock(&fake->lock);
}

static void release(struct fakekube *fake)
{
    fakekube_store_release(&fake->store);
    free(fake->connections.items);
    free(fake->url);
    bl_strbuf_release(&fake->last);
    bl_strbuf_release(&fake->all);
    free(fake);
}

void fakekube_free(struct fakekube *fake)
{
    if (!fake)
        return;
    (void)shutdown(fake->fd, SHUT_RDWR);
    (void)pthread_join(fake->thread, NULL);
    close(fake->fd);
    pthread_mutex_lock(&fake->lock);
    fake->stop = true;
    pthread_mutex_unlock(&fake->lock);
    fakekube_kick(fake);
    for (size_t i = 0; i < fake->connections.len; i++) {
        (void)pthread_join(fake->connections.items[i]->thread, NULL);
        free(fake->connections.items[i]);
    }
    release(fake);
}

const char *fakekube_url(const struct fakekube *fake)
{
    return fake->url;
}

void fakekube_set_streaming(struct fakekube *fake, bool can)
{
    pthread_mutex_lock(&fake->lock);
    fake->streaming = can;
    pthread_mutex_unlock(&fake->lock);
}

void fakekube_set_page(struct fakekube *fake, unsigned items)
{
    pthread_mutex_lock(&fake->lock);
    fake->store.page = items;
    pthread_mutex_unlock(&fake->lock);
}

void fakekube_put(struct fakekube *fake, const char *namespace, const char *name, const char *value)
{
    pthread_mutex_lock(&fake->lock);
    fakekube_store_put(&fake->store, namespace, name, value);
    (void)pthread_cond_broadcast(&fake->changed);
    pthread_mutex_unlock(&fake->lock);
}

void fakekube_delete(struct fakekube *fake, const char *namespace, const char *name)
{
    pthread_mutex_lock(&fake->lock);
    fakekube_store_delete(&fake->store, namespace, name);
    (void)pthread_cond_broadcast(&fake->changed);
    pthread_mutex_unlock(&fake->lock);
}

void fakekube_forget(struct fakekube *fake)
{
    pthread_mutex_lock(&fake->lock);
    fakekube_store_forget(&fake->store);
    pthread_mutex_unlock(&fake->lock);
}

void fakekube_answer(struct fakekube *fake, unsigned nth, const struct fake_answer *answer)
{
    pthread_mutex_lock(&fake->lock);
    assert(fake->answers_len < MAX_ANSWERS);
    fake->answers[fake->answers_len].at = fake->requests + nth;
    fake->answers[fake->answers_len++].answer = *answer;
    pthread_mutex_unlock(&fake->lock);
}

void fakekube_serve(struct fakekube *fake, const char *path, const struct fake_answer *answer)
{
    pthread_mutex_lock(&fake->lock);
    fake->served = path;
    fake->serves = *answer;
    pthread_mutex_unlock(&fake->lock);
}

unsigned fakekube_requests(struct fakekube *fake)
{
    pthread_mutex_lock(&fake->lock);
    unsigned requests = fake->requests;
    pthread_mutex_unlock(&fake->lock);
    return requests;
}

void fakekube_last(struct fakekube *fake, struct bl_strbuf *out)
{
    pthread_mutex_lock(&fake->lock);
    bl_strbuf_add(out, fake->last.text, fake->last.len);
    pthread_mutex_unlock(&fake->lock);
}

void fakekube_all(struct fakekube *fake, struct bl_strbuf *out)
{
    pthread_mutex_lock(&fake->lock);
    bl_strbuf_add(out, fake->all.text, fake->all.len);
    pthread_mutex_unlock(&fake->lock);
}

void fakekube_truth(struct fakekube *fake, struct bl_strbuf *out)
{
    pthread_mutex_lock(&fake->lock);
    fakekube_store_truth(&fake->store, out);
    pthread_mutex_unlock(&fake->lock);
}
