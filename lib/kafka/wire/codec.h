/**
 * Kafka's own protocol, byte by byte: pure, and never beyond the bytes that there are.
 *
 * "Compact" lengths and tags are those of flexible versions (KIP-482).
 */
#ifndef BALLAST_KAFKA_WIRE_CODEC_H
#define BALLAST_KAFKA_WIRE_CODEC_H

#include <stdint.h>

#include "ballast/base/strbuf.h"
#include "ballast/kafka/limits.h"

/* ---- Writing ---- */

struct bl_wire_text {
    const char *text; /* within the response, without NUL; NULL: null */
    size_t len;
};

/** Requests are written into a strbuf. */
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

/* ---- Reading ---- */

/**
 * What is left of a response. After the first thing that does not fit, or that passes a limit, `bad` stays set and all
 * reads yield 0.
 */
struct bl_wire_reader {
    const uint8_t *at, *end;
    bool bad;
    struct bl_limit over; /* which limit it was, by how many; without `what`: none */
    size_t count;
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
/** Items of an array; never more than there are bytes left, nor than the limit, and 0 for null. */
size_t bl_wire_get_array(struct bl_wire_reader *in, struct bl_limit limit);
size_t bl_wire_get_count(struct bl_wire_reader *in,
                         struct bl_limit limit); /* in a flexible version */
/** Passes the limit where there are more than that. */
void bl_wire_check(struct bl_wire_reader *in, struct bl_limit limit, size_t count);
/** The same text, unless it is longer than the limit. */
struct bl_wire_text bl_wire_limit(struct bl_wire_reader *in, struct bl_wire_text text,
                                  struct bl_limit limit);
void bl_wire_skip(struct bl_wire_reader *in, size_t len);
void bl_wire_skip_tags(struct bl_wire_reader *in);
size_t bl_wire_left(const struct bl_wire_reader *in);
/** Fails where `bad` is set: BL_ERR_TOO_LARGE past a limit, else BL_ERR_UNAVAILABLE. */
BL_CHECK int bl_wire_end(const struct bl_wire_reader *in, const char *what, struct bl_error **err);
/** Borrows. */
struct bl_wire_text bl_wire_text(const char *text);
/** A copy, "" for null. */
char *bl_wire_text_copy(struct bl_wire_text text);

#endif
