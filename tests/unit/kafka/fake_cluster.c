#include "fake_cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "unit.h"
#include "wire/codec.h"
#include "wire_help.h"

#define BODY_MAX ((size_t)1 << 20)

/* One connection, on a thread of its own. */
struct fake_peer {
    struct fake_cluster *cluster;
    struct fake_peer *next;
    int fd;
    pthread_t thread;
};

struct request {
    int16_t key, version;
    int32_t correlation, count; /* of topics or things, the first number of the body */
    int8_t kind;                /* and what follows it, */
    char name[16];              /* with a broker's number */
};

/* ---- What is true ---- */

static void put_hello(struct bl_strbuf *out)
{
    static const int16_t calls[][3] = {{18, 0, 3}, {3, 0, 5},  {32, 1, 1},
                                       {55, 0, 1}, {46, 0, 0}, {35, 1, 1}};

    bl_wire_put_i16(out, 0);
    bl_wire_put_count(out, BL_ARRAY_LEN(calls));
    for (size_t i = 0; i < BL_ARRAY_LEN(calls); i++) {
        for (size_t n = 0; n < 3; n++)
            bl_wire_put_i16(out, calls[i][n]);
        bl_wire_put_no_tags(out);
    }
    bl_wire_put_i32(out, 0);
    bl_wire_put_no_tags(out);
}

static void put_metadata(const struct fake_cluster *cluster, const struct request *request,
                         struct bl_strbuf *out)
{
    char host[32];

    if (request->version >= 3)
        bl_wire_put_i32(out, 0);
    bl_wire_put_i32(out, cluster->brokers);
    for (int32_t id = 1; id <= cluster->brokers; id++) {
        bl_wire_put_i32(out, id);
        (void)snprintf(host, sizeof(host), "127.0.0.%d",
                       id); /* librdkafka tells them apart by it */
        bl_wire_put_string(out, host);
        bl_wire_put_i32(out, cluster->port);
        bl_wire_put_string(out, "a");
    }
    if (request->version >= 2)
        wire_bytes(out, "0002 'id'");
    bl_wire_put_i32(out, 1); /* the controller */
    if (request->count >= 0) {
        bl_wire_put_i32(out, 0);
        return;
    }
    wire_bytes(out, "00000002 0000 0006 'orders' 00 00000002"
                    "0000 00000001 00000002 00000002 00000002 00000001 00000001 00000002 00000000"
                    "0000 00000000 00000001 00000001 00000001 00000001 00000001 00000000"
                    "0005 0005 'being' 00 00000000");
}

static void put_settings(const struct request *request, struct bl_strbuf *out)
{
    bl_wire_put_i32(out, 0);
    if (request->kind != 2) {
        wire_bytes(out, "00000001 0000 ffff 04");
        bl_wire_put_string(out, request->name);
        bl_wire_put_i32(out, 0);
    } else
        wire_bytes(out, "00000001 0000 ffff 02 0006 'orders' 00000001"
                        "0013 'min.insync.replicas' 0001 '2' 00 05 00 00000000");
}

static void put_body(const struct fake_cluster *cluster, const struct request *request,
                     struct bl_strbuf *out)
{
    switch (request->key) {
    case 18:
        put_hello(out);
        return;
    case 3:
        put_metadata(cluster, request, out);
        return;
    case 32:
        put_settings(request, out);
        return;
    case 55:
        wire_bytes(out, "0000 02 13 '__cluster_metadata' 02 00000000 0000 00000001 00000005"
                        "0000000000000064 02 00000001 0000000000000064 0000000000000000"
                        "000000000000a7d0 00 01 00 00 00");
        return;
    default:
        wire_bytes(out, "00000000 0000 00 01 00");
    }
}

static enum fake_question question_of(const struct request *request)
{
    switch (request->key) {
    case 18:
        return FAKE_HELLO;
    case 3:
        return request->count < 0 ? FAKE_TOPICS : request->count ? FAKE_CLIENT : FAKE_BROKERS;
    case 32:
        return request->kind == 2 ? FAKE_SETTINGS : FAKE_BROKER;
    case 55:
        return FAKE_QUORUM;
    default:
        return FAKE_MOVING;
    }
}

/* ---- Saying it ---- */

static bool send_all(struct fake_cluster *cluster, int fd, const char *bytes, size_t len)
{
    int pause = cluster->lie.pause_ms;

    while (len) {
        ssize_t sent = send(fd, bytes, pause ? 1 : len, MSG_NOSIGNAL);

        if (sent <= 0 || atomic_load(&cluster->stop))
            return false;
        atomic_fetch_add(&cluster->sent, (size_t)sent);
        bytes += sent;
        len -= (size_t)sent;
        if (pause)
            (void)poll(NULL, 0, pause);
    }
    return true;
}

/* As many items as a chunk holds, again and again. */
static bool send_items(struct fake_cluster *cluster, int fd, const struct bl_strbuf *item)
{
    size_t times = cluster->lie.times, at_once = item->len ? 65536 / item->len + 1 : 0;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf chunk = BL_STRBUF_INIT(BODY_MAX);

    for (size_t i = 0; i < at_once; i++)
        bl_strbuf_add(&chunk, item->text, item->len);
    while (times && item->len) {
        size_t now = times < at_once ? times : at_once;

        if (!send_all(cluster, fd, chunk.text, now * item->len))
            return false;
        times -= now;
    }
    return true;
}

static void put_header(const struct request *request, size_t len, struct bl_strbuf *out)
{
    bool tags = request->key == 55 || request->key == 46;

    bl_wire_put_i32(out, (int32_t)(len + 4 + tags));
    bl_wire_put_i32(out, request->correlation);
    if (tags)
        bl_wire_put_no_tags(out);
}

static bool lie_to(struct fake_cluster *cluster, int fd, const struct request *request)
{
    const struct fake_lie *lie = &cluster->lie;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf head = BL_STRBUF_INIT(BODY_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf item = BL_STRBUF_INIT(BODY_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf tail = BL_STRBUF_INIT(BODY_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf frame = BL_STRBUF_INIT(BODY_MAX);

    wire_bytes(&head, lie->head ? lie->head : "");
    wire_bytes(&item, lie->item ? lie->item : "");
    wire_bytes(&tail, lie->tail ? lie->tail : "");
    put_header(request, head.len + item.len * lie->times + tail.len + lie->promised, &frame);
    bl_strbuf_add(&frame, head.text, head.len);
    return send_all(cluster, fd, frame.text, frame.len) && send_items(cluster, fd, &item) &&
           send_all(cluster, fd, tail.text, tail.len);
}

static bool answer(struct fake_cluster *cluster, int fd, const struct request *request)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_STRBUF_INIT(BODY_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf frame = BL_STRBUF_INIT(BODY_MAX);
    bool good;

    (void)poll(NULL, 0, cluster->delay_ms);
    if (cluster->lie.question == question_of(request))
        return lie_to(cluster, fd, request);
    put_body(cluster, request, &body);
    put_header(request, body.len, &frame);
    bl_strbuf_add(&frame, body.text, body.len);
    good = send(fd, frame.text, frame.len, MSG_NOSIGNAL) == (ssize_t)frame.len;
    atomic_fetch_add(&cluster->sent, frame.len);
    return good;
}

/* ---- Hearing ---- */

static bool hear(int fd, struct request *request)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BODY_MAX);
    char size[4], bytes[4096];
    uint32_t left;
    struct bl_wire_reader in;
    struct bl_wire_text name;

    if (recv(fd, size, sizeof(size), MSG_WAITALL) != sizeof(size))
        return false;
    left = (uint32_t)((uint8_t)size[0] << 24 | (uint8_t)size[1] << 16 | (uint8_t)size[2] << 8 |
                      (uint8_t)size[3]);
    while (left) {
        ssize_t got = recv(fd, bytes, left < sizeof(bytes) ? left : sizeof(bytes), 0);

        if (got <= 0)
            return false;
        bl_strbuf_add(&text, bytes, (size_t)got);
        left -= (uint32_t)got;
    }
    in = bl_wire_read(&text);
    request->key = bl_wire_get_i16(&in);
    request->version = bl_wire_get_i16(&in);
    request->correlation = bl_wire_get_i32(&in);
    (void)bl_wire_get_string(&in); /* who asks */
    request->count = bl_wire_get_i32(&in);
    request->kind = bl_wire_get_i8(&in);
    name = bl_wire_get_string(&in);
    (void)snprintf(request->name, sizeof(request->name), "%.*s",
                   (int)(name.len < sizeof(request->name) ? name.len : 0),
                   name.text ? name.text : "");
    return true;
}

static void *talk(void *context)
{
    struct fake_peer *peer = context;
    struct request request = {0};

    while (hear(peer->fd, &request)) {
        atomic_fetch_add(&peer->cluster->asked, 1);
        if (!answer(peer->cluster, peer->fd, &request))
            break;
    }
    (void)shutdown(peer->fd, SHUT_RDWR);
    return NULL;
}

static void *serve(void *context)
{
    struct fake_cluster *cluster = context;

    for (;;) {
        int fd = accept(cluster->fd, NULL, NULL);
        struct fake_peer *peer;

        if (fd < 0)
            return NULL;
        peer = BL_NEW(struct fake_peer);
        *peer = (struct fake_peer){.cluster = cluster, .fd = fd};
        (void)pthread_mutex_lock(&cluster->lock);
        peer->next = cluster->peers;
        cluster->peers = peer;
        (void)pthread_mutex_unlock(&cluster->lock);
        ck_assert_int_eq(pthread_create(&peer->thread, NULL, talk, peer), 0);
    }
}

void fake_cluster_start(struct fake_cluster *cluster)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_ANY);
    (void)pthread_mutex_init(&cluster->lock, NULL);
    cluster->fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(cluster->fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(cluster->fd, 128), 0);
    ck_assert_int_eq(getsockname(cluster->fd, (struct sockaddr *)&address, &len), 0);
    cluster->port = ntohs(address.sin_port);
    (void)snprintf(cluster->bootstrap, sizeof(cluster->bootstrap), "127.0.0.1:%d", cluster->port);
    ck_assert_int_eq(pthread_create(&cluster->thread, NULL, serve, cluster), 0);
}

void fake_cluster_stop(struct fake_cluster *cluster)
{
    atomic_store(&cluster->stop, true);
    (void)shutdown(cluster->fd, SHUT_RDWR);
    (void)pthread_join(cluster->thread, NULL);
    close(cluster->fd);
    while (cluster->peers) {
        struct fake_peer *peer = cluster->peers;

        cluster->peers = peer->next;
        (void)shutdown(peer->fd, SHUT_RDWR);
        (void)pthread_join(peer->thread, NULL);
        close(peer->fd);
        free(peer);
    }
    (void)pthread_mutex_destroy(&cluster->lock);
}
