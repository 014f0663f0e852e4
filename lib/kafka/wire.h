/**
 * Kafka's own protocol, for the calls that librdkafka does not have.
 *
 * Three layers: a codec that is pure and never reads past its bytes, a connection to one broker
 * (plaintext, TLS, SASL; every wait has a deadline), and one function a call. A connection is asked first
 * which calls its broker offers; what it does not offer is refused with BL_ERR_NOT_FOUND. What was
 * sent twice is done once: all of these calls can be repeated.
 *
 * Versions are those of https://kafka.apache.org/protocol, the newest that has what we need and that brokers
 * from 2.4 to 4.x offer.
 */
#ifndef BALLAST_KAFKA_WIRE_H
#define BALLAST_KAFKA_WIRE_H

#include <librdkafka/rdkafka.h>

#include "ballast/base/clock.h"
#include "ballast/base/strbuf.h"
#include "ballast/kafka/facts.h"
#include "ballast/kafka/observer.h"

/* No answer of ours comes near; who says that it sends more is no broker. */
#define BL_WIRE_MAX_BYTES ((size_t)16 << 20)
/* A request is ours: partitions go in batches. */
#define BL_WIRE_MAX_REQUEST ((size_t)4 << 20)

/* ---- Codec: writing ---- */

struct bl_wire_text {
    const char *text; /* within the response, without NUL; NULL: null */
    size_t len;
};

/** Requests are written into a strbuf. "Compact" lengths are those of flexible versions. */
void bl_wire_put_i8(struct bl_strbuf *out, int8_t value);
void bl_wire_put_i16(struct bl_strbuf *out, int16_t value);
void bl_wire_put_i32(struct bl_strbuf *out, int32_t value);
void bl_wire_put_uvarint(struct bl_strbuf *out, uint32_t value);
void bl_wire_put_string(struct bl_strbuf *out, const char *text);
void bl_wire_put_compact(struct bl_strbuf *out, struct bl_wire_text text);
/** Of an array in a flexible version. */
void bl_wire_put_count(struct bl_strbuf *out, size_t count);
void bl_wire_put_no_array(struct bl_strbuf *out); /* null */
void bl_wire_put_no_tags(struct bl_strbuf *out);

/* ---- Codec: reading ---- */

/** What is left of a response. After the first thing that does not fit, `bad` stays set and all reads yield 0. */
struct bl_wire_reader {
    const uint8_t *at, *end;
    bool bad;
};

struct bl_wire_reader bl_wire_read(const struct bl_strbuf *response);
int8_t bl_wire_get_i8(struct bl_wire_reader *in);
int16_t bl_wire_get_i16(struct bl_wire_reader *in);
int32_t bl_wire_get_i32(struct bl_wire_reader *in);
int64_t bl_wire_get_i64(struct bl_wire_reader *in);
uint32_t bl_wire_get_uvarint(struct bl_wire_reader *in);
struct bl_wire_text bl_wire_get_string(struct bl_wire_reader *in);
struct bl_wire_text bl_wire_get_compact(struct bl_wire_reader *in);
struct bl_wire_text bl_wire_get_bytes(struct bl_wire_reader *in); /* with a length of 32 bits */
/** Items of an array; never more than there are bytes left, and 0 for null. */
size_t bl_wire_get_array(struct bl_wire_reader *in);
size_t bl_wire_get_count(struct bl_wire_reader *in); /* in a flexible version */
void bl_wire_skip(struct bl_wire_reader *in, size_t len);
void bl_wire_skip_tags(struct bl_wire_reader *in);
size_t bl_wire_left(const struct bl_wire_reader *in);
/** Fails where `bad` is set. */
BL_CHECK int bl_wire_end(const struct bl_wire_reader *in, const char *what, struct bl_error **err);
/** Borrows. */
struct bl_wire_text bl_wire_text(const char *text);
/** A copy, "" for null. */
char *bl_wire_text_copy(struct bl_wire_text text);

/* ---- Errors ---- */

enum {
    BL_WIRE_NONE = 0,
    BL_WIRE_UNKNOWN_TOPIC = 3,
    BL_WIRE_UNSUPPORTED_VERSION = 35,
    BL_WIRE_NOT_CONTROLLER = 41,
    BL_WIRE_PREFERRED_NOT_AVAILABLE = 80,
    BL_WIRE_ELECTION_NOT_NEEDED = 84,
    BL_WIRE_NO_REASSIGNMENT = 85,
};

/** Kafka's name of the code, and what it means: "CLUSTER_AUTHORIZATION_FAILED, the principal may not do this". */
const char *bl_wire_error_text(int16_t code);
enum bl_errcode bl_wire_error_code(int16_t code);
/** Fails with "WHAT: text", after which comes what the broker said, if it said anything. */
int bl_wire_fail(struct bl_error **err, const char *what, int16_t code, struct bl_wire_text said);

/* ---- Answers ---- */

struct bl_wire_api {
    int16_t key, min, max;
};

struct bl_wire_offer {
    struct {
        struct bl_wire_api *items;
        size_t len, cap;
    } apis;
    int64_t metadata_version;     /* finalized; -1: none */
    int64_t max_metadata_version; /* of this broker; -1: none */
};

void bl_wire_offer_release(struct bl_wire_offer *offer);
bool bl_wire_offers(const struct bl_wire_offer *offer, int16_t key, int16_t version);

/** Partitions by name, as they are asked about and answered. */
struct bl_wire_partition {
    struct bl_wire_text topic; /* borrowed */
    int32_t partition;
    struct bl_broker_ids replicas; /* where a call gives them an order */
    int16_t code;                  /* of an answer */
    struct bl_wire_text said;
};

struct bl_wire_partitions {
    struct bl_wire_partition *items;
    size_t len, cap;
};

void bl_wire_partitions_release(struct bl_wire_partitions *partitions);

struct bl_wire_brokers {
    struct bl_broker *items;
    size_t len, cap;
    int32_t controller;
};

void bl_wire_brokers_release(struct bl_wire_brokers *brokers);

/*
 * Decoders, one a response; each takes what follows the response's header, sets outputs only if all of it
 * could be read, and borrows texts from it. `version` where there are several.
 */
BL_CHECK int bl_wire_decode_versions(const struct bl_strbuf *response,
                                     struct bl_wire_offer *ret_offer, struct bl_error **err);
BL_CHECK int bl_wire_decode_metadata(const struct bl_strbuf *response,
                                     struct bl_wire_brokers *ret_brokers, struct bl_error **err);
BL_CHECK int bl_wire_decode_quorum(const struct bl_strbuf *response, int16_t version,
                                   struct bl_quorum *ret_quorum, struct bl_error **err);
/** BL_WIRE_NOT_CONTROLLER is told by `ret_code`, for these four; other codes fail. */
BL_CHECK int bl_wire_decode_elect(const struct bl_strbuf *response,
                                  struct bl_wire_partitions *ret_results, int16_t *ret_code,
                                  struct bl_error **err);
BL_CHECK int bl_wire_decode_alter(const struct bl_strbuf *response,
                                  struct bl_wire_partitions *ret_results, int16_t *ret_code,
                                  struct bl_error **err);
BL_CHECK int bl_wire_decode_list(const struct bl_strbuf *response,
                                 struct bl_wire_partitions *ret_moving, int16_t *ret_code,
                                 struct bl_error **err);
BL_CHECK int bl_wire_decode_features(const struct bl_strbuf *response, int16_t *ret_code,
                                     struct bl_error **err);
BL_CHECK int bl_wire_decode_log_dirs(const struct bl_strbuf *response, struct bl_log_dirs *ret_dirs,
                                     struct bl_error **err);
void bl_quorum_release(struct bl_quorum *quorum);
/** SaslHandshake and SaslAuthenticate; `ret_token` borrows. */
BL_CHECK int bl_wire_decode_handshake(const struct bl_strbuf *response, struct bl_error **err);
BL_CHECK int bl_wire_decode_authenticate(const struct bl_strbuf *response,
                                         struct bl_wire_text *ret_token, struct bl_error **err);

/* ---- Connection ---- */

/** How to reach brokers, by what librdkafka was told; so both understand the same. */
struct bl_wire_security;

BL_CHECK int bl_wire_security_new(const rd_kafka_conf_t *conf,
                                  struct bl_wire_security **ret_security, struct bl_error **err);
void bl_wire_security_free(struct bl_wire_security *security);
BL_DEFINE_CLEANUP(struct bl_wire_security *, bl_wire_security_cleanup, bl_wire_security_free)

struct bl_wire;

/** Connects, agrees on TLS, logs in, and asks what is offered. `security` must outlive it. */
BL_CHECK int bl_wire_open(const struct bl_wire_security *security, const char *host, int port,
                          bl_nsec deadline, struct bl_wire **ret_wire, struct bl_error **err);
void bl_wire_close(struct bl_wire *wire);
BL_DEFINE_CLEANUP(struct bl_wire *, bl_wire_cleanup, bl_wire_close)

const struct bl_wire_offer *bl_wire_get_offer(const struct bl_wire *wire);
/** Once it failed to send or to read, or the broker closed it, it can only be closed. */
bool bl_wire_is_broken(const struct bl_wire *wire);

/**
 * Sends a body and reads the answer's, its header taken off. `flexible` is that of the version. BL_ERR_NOT_FOUND
 * where the broker does not offer it.
 */
BL_CHECK int bl_wire_call(struct bl_wire *wire, int16_t key, int16_t version, bool flexible,
                          const struct bl_strbuf *body, bl_nsec deadline,
                          struct bl_strbuf *response, struct bl_error **err);

/* ---- Calls ---- */

BL_CHECK int bl_wire_versions(struct bl_wire *wire, bl_nsec deadline,
                              struct bl_wire_offer *ret_offer, struct bl_error **err);
/** Brokers with racks, and who is the controller, which is true in ZooKeeper mode alone. */
BL_CHECK int bl_wire_metadata(struct bl_wire *wire, bl_nsec deadline,
                              struct bl_wire_brokers *ret_brokers, struct bl_error **err);
BL_CHECK int bl_wire_quorum(struct bl_wire *wire, bl_nsec deadline, struct bl_quorum *ret_quorum,
                            struct bl_error **err);
BL_CHECK int bl_wire_log_dirs(struct bl_wire *wire, bl_nsec deadline, struct bl_log_dirs *ret_dirs,
                              struct bl_error **err);

/*
 * These are for the controller. `response` must outlive what is read from it. Of the partitions asked about, which
 * must be sorted by topic, `first` and `count` say which.
 */
BL_CHECK int bl_wire_elect(struct bl_wire *wire, const struct bl_wire_partitions *partitions,
                           size_t first, size_t count, bl_nsec deadline, struct bl_strbuf *response,
                           struct bl_wire_partitions *ret_results, int16_t *ret_code,
                           struct bl_error **err);
BL_CHECK int bl_wire_alter(struct bl_wire *wire, const struct bl_wire_partitions *partitions,
                           size_t first, size_t count, bl_nsec deadline, struct bl_strbuf *response,
                           struct bl_wire_partitions *ret_results, int16_t *ret_code,
                           struct bl_error **err);
BL_CHECK int bl_wire_list(struct bl_wire *wire, bl_nsec deadline, struct bl_strbuf *response,
                          struct bl_wire_partitions *ret_moving, int16_t *ret_code,
                          struct bl_error **err);
BL_CHECK int bl_wire_raise(struct bl_wire *wire, const char *feature, int16_t level,
                           bool validate_only, bl_nsec deadline, int16_t *ret_code,
                           struct bl_error **err);

#endif
