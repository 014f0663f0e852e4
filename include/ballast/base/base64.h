/** Base64 with padding (RFC 4648, section 4), as JSON carries bytes. */
#ifndef BALLAST_BASE_BASE64_H
#define BALLAST_BASE_BASE64_H

#include "ballast/base/strbuf.h"

void bl_base64_encode(struct bl_strbuf *out, const void *data, size_t len);
/** With the alphabet for URLs and without padding (section 5), as JWTs have it. */
void bl_base64url_encode(struct bl_strbuf *out, const void *data, size_t len);
/** Refuses characters outside the alphabet and wrong padding. */
BL_CHECK int bl_base64_decode(struct bl_strbuf *out, const char *text, size_t len,
                              struct bl_error **err);

#endif
