#include "zookeeper.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/strbuf.h"
#include "ballast/base/text.h"
#include "ballast/kafka/limits.h"
#include "socket.h"

/* Servers are called one after another, and one that is gone must leave time for the others. */
#define CONNECT_NS BL_NSEC_S

/* One question to one server. */
struct question {
    struct bl_zookeeper_server *server;
    int fd; /* -1: it is over */
    struct bl_strbuf answer;
    bool endless; /* it says more than it may */
};

static void hang_up(struct question *question)
{
    if (question->fd >= 0)
        close(question->fd);
    question->fd = -1;
}

static void note_away(struct bl_zookeeper_server *server, const char *why)
{
    server->mode = BL_ZOOKEEPER_AWAY;
    free(server->why);
    server->why = bl_strdup(why);
}

/* What was heard of it is not all, so nothing of it is believed. */
static void refuse(struct question *question, const char *word)
{
    const struct bl_limit most = BL_LIMIT("bytes of an answer", BL_ANSWER_MOST_WORD);
    BL_ERROR(err);

    bl_limit_fail(&most, question->answer.len + 1, &err);
    bl_wrap(&err, "%s", word);
    note_away(question->server, bl_error_text(err));
}

/* A word is short enough for the socket's buffer to take it at once. */
static void ask(struct question *question, const char *word, bl_nsec deadline)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf host = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    bl_nsec until = bl_clock_now(&bl_clock_real) + CONNECT_NS;
    BL_ERROR(err);
    int port = 0;

    if (until > deadline)
        until = deadline;
    if (bl_address_split(question->server->address, &host, &port, &err) < 0 ||
        bl_socket_connect(host.text, port, until, &question->fd, &err) < 0) {
        note_away(question->server, bl_error_text(err));
        return;
    }
    if (send(question->fd, word, strlen(word), MSG_NOSIGNAL) != (ssize_t)strlen(word)) {
        note_away(question->server, strerror(errno));
        hang_up(question);
    }
}

/* The server closes when it has said everything. */
static void hear(struct question *question)
{
    char chunk[4096];
    ssize_t got = recv(question->fd, chunk, sizeof(chunk), 0);

    if (got > 0 && question->answer.len + (size_t)got > question->answer.max) {
        question->endless = true;
        hang_up(question);
    } else if (got > 0)
        bl_strbuf_add(&question->answer, chunk, (size_t)got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        hang_up(question);
}

static size_t watch(struct question *questions, size_t len, struct pollfd *entries)
{
    size_t open = 0;

    for (size_t i = 0; i < len; i++) {
        entries[i] = (struct pollfd){.fd = questions[i].fd, .events = POLLIN};
        open += questions[i].fd >= 0;
    }
    return open;
}

static void hear_all(struct question *questions, size_t len, bl_nsec deadline)
{
    BL_AUTO_FREE struct pollfd *entries = bl_alloc(len, sizeof(*entries));

    while (watch(questions, len, entries)) {
        int left = bl_deadline_left(deadline, INT32_MAX);
        int ready = left ? poll(entries, len, left) : 0;

        if (ready == 0)
            break;
        for (size_t i = 0; ready > 0 && i < len; i++)
            if (entries[i].revents)
                hear(&questions[i]);
    }
    for (size_t i = 0; i < len; i++)
        hang_up(&questions[i]);
}

/* Asks those servers whose mode is at least `mode`, all before the first answer is read. */
static void ask_all(struct bl_zookeeper_servers *servers, enum bl_zookeeper_mode mode,
                    const char *word, void (*read)(const char *, struct bl_zookeeper_server *),
                    bl_nsec deadline)
{
    BL_AUTO_FREE struct question *questions = bl_alloc(servers->len, sizeof(*questions));
    size_t len = 0;

    for (size_t i = 0; i < servers->len; i++) {
        if (servers->items[i].mode < mode)
            continue;
        questions[len] = (struct question){
            .server = &servers->items[i], .fd = -1, .answer = BL_STRBUF_INIT(BL_ANSWER_MOST_WORD)};
        ask(&questions[len++], word, deadline);
    }
    hear_all(questions, len, deadline);
    for (size_t i = 0; i < len; i++) {
        if (questions[i].endless)
            refuse(&questions[i], word);
        else
            read(questions[i].answer.text, questions[i].server);
        bl_strbuf_release(&questions[i].answer);
    }
}

static int list_servers(const char *const *addresses, size_t len,
                        struct bl_zookeeper_servers *servers, struct bl_error **err)
{
    const struct bl_limit most = BL_LIMIT_ZOOKEEPERS;

    if (bl_limit_is_passed(&most, len))
        return bl_limit_fail(&most, len, err);
    for (size_t i = 0; i < len; i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf host = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        int port;

        if (bl_address_split(addresses[i], &host, &port, err) < 0)
            return -1;
        *BL_PUSH(servers) = (struct bl_zookeeper_server){.address = bl_strdup(addresses[i]),
                                                         .mode = BL_ZOOKEEPER_AWAY,
                                                         .zxid = -1,
                                                         .outstanding = -1,
                                                         .synced = -1};
    }
    return 0;
}

int bl_zookeeper_look(const char *const *addresses, size_t len, bl_nsec at_most,
                      struct bl_zookeeper_servers *ret_servers, struct bl_error **err)
{
    BL_AUTO(bl_zookeeper_servers_release) struct bl_zookeeper_servers servers = {0};
    bl_nsec start = bl_clock_now(&bl_clock_real);

    if (list_servers(addresses, len, &servers, err) < 0)
        return -1;
    /* One that hangs uses up the time of the first word, and must leave some for the second. */
    ask_all(&servers, BL_ZOOKEEPER_AWAY, "srvr", bl_zookeeper_read_srvr, start + at_most / 2);
    ask_all(&servers, BL_ZOOKEEPER_LEADER, "mntr", bl_zookeeper_read_mntr, start + at_most);
    *ret_servers = servers;
    servers = (struct bl_zookeeper_servers){0};
    return 0;
}

void bl_zookeeper_servers_release(struct bl_zookeeper_servers *servers)
{
    for (size_t i = 0; i < servers->len; i++) {
        free(servers->items[i].address);
        free(servers->items[i].version);
        free(servers->items[i].why);
    }
    free(servers->items);
    *servers = (struct bl_zookeeper_servers){0};
}

const char *bl_zookeeper_mode_name(enum bl_zookeeper_mode mode)
{
    static const char *const names[] = {
        [BL_ZOOKEEPER_AWAY] = "away",
        [BL_ZOOKEEPER_UNKNOWN] = "unknown",
        [BL_ZOOKEEPER_NOT_SERVING] = "not serving",
        [BL_ZOOKEEPER_LEADER] = "leader",
        [BL_ZOOKEEPER_FOLLOWER] = "follower",
        [BL_ZOOKEEPER_OBSERVER] = "observer",
        [BL_ZOOKEEPER_STANDALONE] = "standalone",
    };

    return names[mode];
}
