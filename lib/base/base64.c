#include "ballast/base/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void bl_base64_encode(struct bl_strbuf *out, const void *data, size_t len)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t word = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                        (left > 2 ? bytes[i + 2] : 0);
        char quad[4] = {alphabet[word >> 18], alphabet[word >> 12 & 63],
                        left > 1 ? alphabet[word >> 6 & 63] : '=',
                        left > 2 ? alphabet[word & 63] : '='};

        bl_strbuf_add(out, quad, sizeof(quad));
    }
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
