/** Digests by which texts are told apart: SHA-256 (FIPS 180-4). */
#ifndef BALLAST_BASE_DIGEST_H
#define BALLAST_BASE_DIGEST_H

#include <stddef.h>

/** Hexadecimal digits and the NUL behind them. */
#define BL_DIGEST_SIZE 65

void bl_digest(const void *data, size_t len, char ret_hex[BL_DIGEST_SIZE]);

#endif
