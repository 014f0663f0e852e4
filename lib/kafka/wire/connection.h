/**
 * A connection to one broker: plaintext or TLS, with a deadline on every wait.
 *
 * It is asked first which calls its broker offers (open.h); what it does not offer is refused with BL_ERR_NOT_FOUND.
 * What was sent twice is done once: all calls of ours can be repeated.
 */
#ifndef BALLAST_KAFKA_WIRE_CONNECTION_H
#define BALLAST_KAFKA_WIRE_CONNECTION_H

#include "ballast/base/clock.h"
#include "ballast/base/strbuf.h"
#include "ballast/kafka/limits.h"
#include "offer.h"

/* What Kafka itself takes for a message; who says that it sends more is no broker. */
#define BL_WIRE_MAX_BYTES ((size_t)100 << 20)
/* A request is ours: partitions go in batches. */
#define BL_WIRE_MAX_REQUEST ((size_t)4 << 20)

#define BL_WIRE_BODY_INIT BL_STRBUF_INIT(BL_WIRE_MAX_REQUEST)
#define BL_WIRE_RESPONSE_INIT BL_STRBUF_INIT(BL_ANSWER_MOST_TOPICS)

struct bl_wire;
struct bl_wire_security;

/** A call of Kafka's in the version that we speak. */
struct bl_wire_api {
    const char *name; /* Kafka's */
    int16_t key, version;
    size_t most;     /* bytes of an answer; see limits.h */
    bool flexible;   /* this version is */
    bool old_header; /* and the answer's header is not, which is true of ApiVersions alone */
};

/** Connects, and agrees on TLS. `security` must outlive it. */
BL_CHECK int bl_wire_connect(const struct bl_wire_security *security, const char *host, int port,
                             bl_nsec deadline, struct bl_wire **ret_wire, struct bl_error **err);
void bl_wire_close(struct bl_wire *wire);
BL_DEFINE_CLEANUP(struct bl_wire *, bl_wire_cleanup, bl_wire_close)

/** HOST:PORT */
const char *bl_wire_get_name(const struct bl_wire *wire);
/** Moves it in: from now on nothing else is sent. */
void bl_wire_take_offer(struct bl_wire *wire, struct bl_wire_offer *offer);
const struct bl_wire_offer *bl_wire_get_offer(const struct bl_wire *wire);
/** Once it failed to send or to read, or the broker closed it, it can only be closed. */
bool bl_wire_is_broken(const struct bl_wire *wire);

/**
 * Sends a body and reads the answer's, its header taken off. BL_ERR_NOT_FOUND where the broker does not
 * offer the call, BL_ERR_TOO_LARGE where the answer has more bytes than the call's may have.
 */
BL_CHECK int bl_wire_call(struct bl_wire *wire, const struct bl_wire_api *api,
                          const struct bl_strbuf *body, bl_nsec deadline,
                          struct bl_strbuf *response, struct bl_error **err);

#endif
