#include "fake_broker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"
#include "wire/codec.h"
#include "wire_help.h"

static void add_frame(struct bl_strbuf *out, const char *text)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_STRBUF_INIT(65536);

    if (*text == '!') {
        wire_bytes(out, text + 1);
        return;
    }
    wire_bytes(&body, text);
    bl_wire_put_i32(out, (int32_t)body.len);
    bl_strbuf_add(out, body.text, body.len);
}

static void *serve(void *context)
{
    struct fake *fake = context;
    int fd = accept(fake->fd, NULL, NULL);

    for (size_t i = 0; i < BL_ARRAY_LEN(fake->expected) && fake->expected[i]; i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf wanted = BL_STRBUF_INIT(65536);
        BL_AUTO(bl_strbuf_release) struct bl_strbuf answer = BL_STRBUF_INIT(65536);
        char got[4096] = {0};

        add_frame(&wanted, fake->expected[i]);
        if (recv(fd, got, wanted.len, MSG_WAITALL) != (ssize_t)wanted.len ||
            memcmp(got, wanted.text, wanted.len) != 0)
            fake->wrong = true;
        if (fake->answers[i])
            add_frame(&answer, fake->answers[i]);
        (void)!send(fd, answer.text, answer.len, MSG_NOSIGNAL);
    }
    close(fd);
    return NULL;
}

void fake_start(struct fake *fake)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fake->fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fake->fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fake->fd, 8), 0);
    ck_assert_int_eq(getsockname(fake->fd, (struct sockaddr *)&address, &len), 0);
    fake->port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

void fake_stop(struct fake *fake)
{
    pthread_join(fake->thread, NULL);
    close(fake->fd);
}
