#include "ballast/base/gzip.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "ballast/base/mem.h"

#define CHUNK ((size_t)32 << 10)
/* zlib's: a window of 32 KiB, and a header that must be gzip's. */
#define GZIP_WINDOW (15 + 16)

static void stream_release(z_stream *stream)
{
    (void)inflateEnd(stream);
}

static int unpack(z_stream *stream, struct bl_strbuf *out, unsigned char *chunk,
                  struct bl_error **err)
{
    for (int rc = Z_OK; rc != Z_STREAM_END;) {
        stream->next_out = chunk;
        stream->avail_out = CHUNK;
        rc = inflate(stream, Z_NO_FLUSH);
        if (rc == Z_BUF_ERROR)
            return bl_fail(err, BL_ERR_INVALID, "gzip data is cut short");
        if (rc != Z_OK && rc != Z_STREAM_END)
            return bl_fail(err, BL_ERR_INVALID, "not gzip data: %s",
                           stream->msg ? stream->msg : "no reason given");
        bl_strbuf_add(out, (const char *)chunk, CHUNK - stream->avail_out);
        if (bl_strbuf_check(out, "unpacked gzip data", err) < 0)
            return -1;
    }
    return 0;
}

int bl_gunzip(struct bl_strbuf *out, const void *bytes, size_t len, struct bl_error **err)
{
    BL_AUTO(stream_release) z_stream stream = {0};
    unsigned char chunk[CHUNK];
    int rc;

    if (len > UINT32_MAX || inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return bl_fail(err, BL_ERR_TOO_LARGE, "cannot unpack gzip data of %zu bytes", len);
    stream.next_in = (z_const Bytef *)bytes;
    stream.avail_in = (uInt)len;
    rc = unpack(&stream, out, chunk, err);
    /* What was packed may be a secret. */
    explicit_bzero(chunk, sizeof(chunk));
    return rc;
}
