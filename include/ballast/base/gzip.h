/** Gzip (RFC 1952), as Helm packs its releases. */
#ifndef BALLAST_BASE_GZIP_H
#define BALLAST_BASE_GZIP_H

#include "ballast/base/strbuf.h"

/**
 * Appends what the bytes were made of. BL_ERR_TOO_LARGE as soon as that is more than `out` may hold, whatever
 * the bytes promise; BL_ERR_INVALID for what is no gzip, is cut short or was changed on its way.
 */
BL_CHECK int bl_gunzip(struct bl_strbuf *out, const void *bytes, size_t len, struct bl_error **err);

#endif
