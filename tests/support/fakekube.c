#include "fakekube.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
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

#define REQUEST_MAX ((size_t)4 << 20)
#define MAX_ANSWERS 64

struct object {
    char *namespace, *name, *value;
    int64_t version;
};

struct event {
    int64_t version;
    const char *type;
    char *text; /* the object */
};

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
    unsigned page;
    int64_t version, forgotten; /* events up to `forgotten` are gone */
    struct {
        struct object *items;
        size_t len, cap;
    } objects;
    struct {
        struct event *items;
        size_t len, cap;
    } events;
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

static char *object_text(const struct object *object, bool typed)
{
    return bl_asprintf("{%s\"metadata\":{\"namespace\":\"%s\",\"name\":\"%s\",\"resourceVersion\":"
                       "\"%" PRId64 "\",\"managedFields\":[{}]},\"data\":{\"value\":\"%s\"}}",
                       typed ? "\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\"," : "",
                       object->namespace, object->name, object->version, object->value);
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

/* With the lock. A continue token is "version.index". */
static int list_text(struct fakekube *fake, const char *line, struct bl_strbuf *body)
{
    int64_t limit = query_number(line, "limit", 0), from = 0, version = fake->version;
    BL_AUTO_FREE char *token = query(line, "continue");

    if (token && sscanf(token, "%" SCNd64 ".%" SCNd64, &version, &from) != 2)
        return 400;
    /* A list goes on at its own version; this server only has the present one. */
    if (version != fake->version)
        return 410;
    if (fake->page && (!limit || limit > fake->page))
        limit = limit ? fake->page : 0;

    size_t end = limit ? (size_t)(from + limit) : fake->objects.len;
    bool more = end < fake->objects.len;
    if (!more)
        end = fake->objects.len;
    bl_strbuf_addf(body,
                   "{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{"
                   "\"resourceVersion\":\"%" PRId64 "\"",
                   version);
    if (more)
        bl_strbuf_addf(body, ",\"continue\":\"%" PRId64 ".%zu\"", version, end);
    bl_strbuf_adds(body, "},\"items\":[");
    for (size_t i = (size_t)from; i < end; i++) {
        BL_AUTO_FREE char *text = object_text(&fake->objects.items[i], false);

        bl_strbuf_addf(body, "%s%s", i > (size_t)from ? "," : "", text);
    }
    bl_strbuf_adds(body, "]}");
    return 200;
}

static bool answer_list(struct fakekube *fake, int fd, const char *line)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_STRBUF_INIT(REQUEST_MAX);

    pthread_mutex_lock(&fake->lock);
    int status = list_text(fake, line, &body);
    pthread_mutex_unlock(&fake->lock);
    return status == 200 ? send_whole(fd, 200, body.text)
                         : send_status(fd, status, "The provided continue parameter is too old");
}

static void add_event(struct bl_strbuf *out, const char *type, const char *object)
{
    bl_strbuf_addf(out, "{\"type\":\"%s\",\"object\":%s}\n", type, object);
}

/* With the lock. */
static void initial_events(struct fakekube *fake, struct bl_strbuf *out)
{
    for (size_t i = 0; i < fake->objects.len; i++) {
        BL_AUTO_FREE char *text = object_text(&fake->objects.items[i], true);

        add_event(out, "ADDED", text);
    }
    BL_AUTO_FREE char *mark = bl_asprintf(
        "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"%" PRId64
        "\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}",
        fake->version);
    add_event(out, "BOOKMARK", mark);
}

/* With the lock. Waits for what is newer than `*version`; false: time to end. */
static bool next_events(struct fakekube *fake, int64_t *version, const struct connection *self,
                        struct bl_strbuf *out)
{
    while (!fake->stop && self->open && fake->version <= *version)
        (void)pthread_cond_wait(&fake->changed, &fake->lock);
    if (fake->stop || !self->open)
        return false;
    for (size_t i = 0; i < fake->events.len; i++)
        if (fake->events.items[i].version > *version)
            add_event(out, fake->events.items[i].type, fake->events.items[i].text);
    *version = fake->version;
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
        initial_events(fake, &out);
        version = fake->version;
    }
    gone = version < fake->forgotten;
    pthread_mutex_unlock(&fake->lock);
    if (gone)
        add_event(&out, "ERROR",
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
    fake->version = 1;
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
    for (size_t i = 0; i < fake->objects.len; i++) {
        free(fake->objects.items[i].namespace);
        free(fake->objects.items[i].name);
        free(fake->objects.items[i].value);
    }
    for (size_t i = 0; i < fake->events.len; i++)
        free(fake->events.items[i].text);
    free(fake->objects.items);
    free(fake->events.items);
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
    fake->page = items;
    pthread_mutex_unlock(&fake->lock);
}

/* With the lock: where it is, or would be. */
static size_t find(const struct fakekube *fake, const char *namespace, const char *name,
                   bool *ret_found)
{
    size_t i = 0;
    int order = 1;

    for (; i < fake->objects.len; i++) {
        order = strcmp(fake->objects.items[i].namespace, namespace);
        if (!order)
            order = strcmp(fake->objects.items[i].name, name);
        if (order >= 0)
            break;
    }
    *ret_found = i < fake->objects.len && order == 0;
    return i;
}

/* With the lock. */
static void record(struct fakekube *fake, const char *type, const struct object *object)
{
    *BL_PUSH(&fake->events) = (struct event){object->version, type, object_text(object, true)};
    (void)pthread_cond_broadcast(&fake->changed);
}

void fakekube_put(struct fakekube *fake, const char *namespace, const char *name, const char *value)
{
    bool found;

    pthread_mutex_lock(&fake->lock);
    size_t at = find(fake, namespace, name, &found);
    if (!found) {
        (void)BL_PUSH(&fake->objects);
        memmove(&fake->objects.items[at + 1], &fake->objects.items[at],
                (fake->objects.len - 1 - at) * sizeof(struct object));
        fake->objects.items[at] = (struct object){bl_strdup(namespace), bl_strdup(name), NULL, 0};
    }
    struct object *object = &fake->objects.items[at];
    free(object->value);
    object->value = bl_strdup(value);
    object->version = ++fake->version;
    record(fake, found ? "MODIFIED" : "ADDED", object);
    pthread_mutex_unlock(&fake->lock);
}

void fakekube_delete(struct fakekube *fake, const char *namespace, const char *name)
{
    bool found;

    pthread_mutex_lock(&fake->lock);
    size_t at = find(fake, namespace, name, &found);
    if (found) {
        struct object object = fake->objects.items[at];

        memmove(&fake->objects.items[at], &fake->objects.items[at + 1],
                (fake->objects.len - 1 - at) * sizeof(struct object));
        fake->objects.len--;
        object.version = ++fake->version;
        record(fake, "DELETED", &object);
        free(object.namespace);
        free(object.name);
        free(object.value);
    }
    pthread_mutex_unlock(&fake->lock);
}

void fakekube_forget(struct fakekube *fake)
{
    pthread_mutex_lock(&fake->lock);
    fake->forgotten = ++fake->version;
    for (size_t i = 0; i < fake->events.len; i++)
        free(fake->events.items[i].text);
    fake->events.len = 0;
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
    for (size_t i = 0; i < fake->objects.len; i++) {
        const struct object *object = &fake->objects.items[i];

        bl_strbuf_addf(out, "%s/%s=%" PRId64 "\n", object->namespace, object->name,
                       object->version);
    }
    pthread_mutex_unlock(&fake->lock);
}
