#include "ballast/base/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static inline void encode_quad(uint32_t word, char *quad)
{
    quad[0] = alphabet[word >> 18];
    quad[1] = alphabet[word >> 12 & 63];
    quad[2] = alphabet[word >> 6 & 63];
    quad[3] = alphabet[word & 63];
}

static void encode_last(const unsigned char *bytes, size_t left, char *quad)
{
    encode_quad((uint32_t)bytes[0] << 16 | (left > 1 ? (uint32_t)bytes[1] << 8 : 0), quad);
    quad[3] = '=';
    if (left == 1)
        quad[2] = '=';
}

void bl_base64_encode(struct bl_strbuf *out, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    char piece[256];
    size_t used = 0;

    for (; len >= 3; len -= 3, bytes += 3) {
        encode_quad((uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2], piece + used);
        used += 4;
        if (used == sizeof(piece)) {
            bl_strbuf_add(out, piece, used);
            used = 0;
        }
    }
    if (len) {
        encode_last(bytes, len, piece + used);
        used += 4;
    }
    bl_strbuf_add(out, piece, used);
}

void bl_base64url_encode(struct bl_strbuf *out, const void *data, size_t len)
{
    size_t begin = out->len;

    bl_base64_encode(out, data, len);
    while (out->len > begin && out->text[out->len - 1] == '=')
        bl_strbuf_cut(out, out->len - 1);
    for (char *c = out->text + begin; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
}

static int bad(struct bl_error **err)
{
    return bl_fail(err, BL_ERR_INVALID, "text is not base64 (RFC 4648)");
}

int bl_base64_decode(struct bl_strbuf *out, const char *text, size_t len, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf bytes = BL_STRBUF_INIT(len + 1);

    if (len % 4)
        return bad(err);
    for (size_t i = 0; i < len; i += 4) {
        bool last = i + 4 == len;
        unsigned pad = last ? (unsigned)(text[i + 3] == '=') + (text[i + 2] == '=') : 0;
        uint32_t word = 0;

        for (unsigned k = 0; k < 4; k++) {
            const char *at = k < 4 - pad && text[i + k] ? strchr(alphabet, text[i + k]) : NULL;

            if (!at && (k < 4 - pad || text[i + k] != '='))
                return bad(err);
            word = word << 6 | (at ? (uint32_t)(at - alphabet) : 0);
        }
        /* Bits that the padding leaves over must be zero, so that each value has one spelling. */
        if (pad && (word & (pad == 2 ? 0xffffu : 0xffu)))
            return bad(err);

        char triple[3] = {(char)(word >> 16), (char)(word >> 8), (char)word};
        bl_strbuf_add(&bytes, triple, 3 - pad);
    }
    bl_strbuf_add(out, bytes.text, bytes.len);
    return 0;
}
