#include "codec.h"

#include <string.h>

#include "ballast/base/mem.h"

static void put_bytes(struct bl_strbuf *out, uint64_t value, unsigned bytes)
{
    while (bytes--)
        bl_strbuf_addc(out, (char)(value >> 8 * bytes & 0xff));
}

void bl_wire_put_i8(struct bl_strbuf *out, int8_t value)
{
    put_bytes(out, (uint8_t)value, 1);
}

void bl_wire_put_i16(struct bl_strbuf *out, int16_t value)
{
    put_bytes(out, (uint16_t)value, 2);
}

void bl_wire_put_i32(struct bl_strbuf *out, int32_t value)
{
    put_bytes(out, (uint32_t)value, 4);
}

void bl_wire_put_uvarint(struct bl_strbuf *out, uint32_t value)
{
    for (; value >= 0x80; value >>= 7)
        bl_strbuf_addc(out, (char)(0x80 | (value & 0x7f)));
    bl_strbuf_addc(out, (char)value);
}

void bl_wire_put_string(struct bl_strbuf *out, const char *text)
{
    bl_wire_put_i16(out, (int16_t)strlen(text));
    bl_strbuf_adds(out, text);
}

void bl_wire_put_compact(struct bl_strbuf *out, struct bl_wire_text text)
{
    bl_wire_put_count(out, text.len);
    bl_strbuf_add(out, text.text, text.len);
}

void bl_wire_put_count(struct bl_strbuf *out, size_t count)
{
    bl_wire_put_uvarint(out, (uint32_t)count + 1);
}

void bl_wire_put_no_array(struct bl_strbuf *out)
{
    bl_wire_put_uvarint(out, 0);
}

void bl_wire_put_no_tags(struct bl_strbuf *out)
{
    bl_wire_put_uvarint(out, 0);
}

struct bl_wire_text bl_wire_text(const char *text)
{
    return (struct bl_wire_text){text, strlen(text)};
}

char *bl_wire_text_copy(struct bl_wire_text text)
{
    return bl_strndup(text.text ? text.text : "", text.len);
}

struct bl_wire_reader bl_wire_read(const struct bl_strbuf *response)
{
    const uint8_t *bytes = (const uint8_t *)response->text;

    return (struct bl_wire_reader){.at = bytes, .end = bytes + response->len};
}

size_t bl_wire_left(const struct bl_wire_reader *in)
{
    return (size_t)(in->end - in->at);
}

/* The next bytes, or NULL: then nothing more can be read. */
static const uint8_t *take(struct bl_wire_reader *in, size_t len)
{
    const uint8_t *at = in->at;

    if (in->bad || len > bl_wire_left(in)) {
        in->bad = true;
        in->at = in->end;
        return NULL;
    }
    in->at += len;
    return at;
}

static uint64_t get_bytes(struct bl_wire_reader *in, unsigned bytes)
{
    const uint8_t *at = take(in, bytes);
    uint64_t value = 0;

    for (unsigned i = 0; at && i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

int8_t bl_wire_get_i8(struct bl_wire_reader *in)
{
    return (int8_t)get_bytes(in, 1);
}

int16_t bl_wire_get_i16(struct bl_wire_reader *in)
{
    return (int16_t)get_bytes(in, 2);
}

int32_t bl_wire_get_i32(struct bl_wire_reader *in)
{
    return (int32_t)get_bytes(in, 4);
}

int64_t bl_wire_get_i64(struct bl_wire_reader *in)
{
    return (int64_t)get_bytes(in, 8);
}

uint32_t bl_wire_get_uvarint(struct bl_wire_reader *in)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint64_t byte = get_bytes(in, 1);

        value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80) && value <= UINT32_MAX)
            return in->bad ? 0 : (uint32_t)value;
    }
    (void)take(in, SIZE_MAX);
    return 0;
}

static struct bl_wire_text get_text(struct bl_wire_reader *in, size_t len)
{
    const uint8_t *at = take(in, len);

    return at ? (struct bl_wire_text){(const char *)at, len} : (struct bl_wire_text){NULL, 0};
}

/* A length, where -1 is null and less than that is wrong. */
static struct bl_wire_text get_sized(struct bl_wire_reader *in, int32_t len)
{
    if (len == -1)
        return (struct bl_wire_text){NULL, 0};
    return get_text(in, len < 0 ? SIZE_MAX : (size_t)len);
}

struct bl_wire_text bl_wire_get_string(struct bl_wire_reader *in)
{
    return get_sized(in, bl_wire_get_i16(in));
}

struct bl_wire_text bl_wire_get_bytes(struct bl_wire_reader *in)
{
    return get_sized(in, bl_wire_get_i32(in));
}

struct bl_wire_text bl_wire_get_compact(struct bl_wire_reader *in)
{
    uint32_t len = bl_wire_get_uvarint(in);

    return len ? get_text(in, len - 1) : (struct bl_wire_text){NULL, 0};
}

/* Then no more can be read; the first reason is kept. */
void bl_wire_check(struct bl_wire_reader *in, struct bl_limit limit, size_t count)
{
    if (in->bad || !bl_limit_is_passed(&limit, count))
        return;
    in->over = limit;
    in->count = count;
    (void)take(in, SIZE_MAX);
}

/* An item has a byte at least, so a count beyond what is left is wrong, and no loop runs for it. */
static size_t get_items(struct bl_wire_reader *in, size_t count, struct bl_limit limit)
{
    if (count > bl_wire_left(in))
        (void)take(in, SIZE_MAX);
    bl_wire_check(in, limit, count);
    return in->bad ? 0 : count;
}

/* As of texts, -1 is null and less than that is wrong. */
size_t bl_wire_get_array(struct bl_wire_reader *in, struct bl_limit limit)
{
    int32_t count = bl_wire_get_i32(in);

    if (count == -1)
        return 0;
    return get_items(in, count < 0 ? SIZE_MAX : (size_t)count, limit);
}

size_t bl_wire_get_count(struct bl_wire_reader *in, struct bl_limit limit)
{
    uint32_t count = bl_wire_get_uvarint(in);

    return count ? get_items(in, count - 1, limit) : 0;
}

struct bl_wire_text bl_wire_limit(struct bl_wire_reader *in, struct bl_wire_text text,
                                  struct bl_limit limit)
{
    bl_wire_check(in, limit, text.len);
    return in->bad ? (struct bl_wire_text){NULL, 0} : text;
}

void bl_wire_skip(struct bl_wire_reader *in, size_t len)
{
    (void)take(in, len);
}

void bl_wire_skip_tags(struct bl_wire_reader *in)
{
    for (uint32_t left = bl_wire_get_uvarint(in); left && !in->bad; left--) {
        (void)bl_wire_get_uvarint(in);
        bl_wire_skip(in, bl_wire_get_uvarint(in));
    }
}

int bl_wire_end(const struct bl_wire_reader *in, const char *what, struct bl_error **err)
{
    if (!in->bad)
        return 0;
    if (in->over.what) {
        bl_limit_fail(&in->over, in->count, err);
        return bl_wrap(err, "%s", what);
    }
    return bl_fail(err, BL_ERR_UNAVAILABLE, "%s: the broker's answer is cut short or malformed",
                   what);
}
