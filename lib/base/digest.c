#include "ballast/base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define BYTES 32

void bl_digest(const void *data, size_t len, char ret_hex[BL_DIGEST_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[BYTES];

    /* It fails only where OpenSSL has no memory, or was told to know no SHA-256. */
    if (EVP_Digest(data, len, bytes, NULL, EVP_sha256(), NULL) != 1)
        abort();
    for (size_t i = 0; i < BYTES; i++) {
        ret_hex[2 * i] = digits[bytes[i] >> 4];
        ret_hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret_hex[2 * (size_t)BYTES] = '\0';
}
