/** RSA keys of a test's own, made when it begins, and signatures looked at by OpenSSL itself. */
#ifndef BALLAST_TEST_RSA_HELP_H
#define BALLAST_TEST_RSA_HELP_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "ballast/base/mem.h"
#include "unit.h"

/** A key of so many bits, for EVP_PKEY_free(). */
static inline EVP_PKEY *help_rsa(unsigned bits)
{
    EVP_PKEY *key = EVP_RSA_gen(bits);

    ck_assert_ptr_nonnull(key);
    return key;
}

/** PKCS #8, as Google writes keys; for free(). `password` NULL: none. */
static inline char *help_pem(EVP_PKEY *key, const char *password)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;

    ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(bio, key, password ? EVP_aes_128_cbc() : NULL,
                                                   password, password ? (int)strlen(password) : 0,
                                                   NULL, NULL),
                     1);
    long len = BIO_get_mem_data(bio, &data);
    char *pem = bl_strndup(data, (size_t)len);
    BIO_free(bio);
    return pem;
}

/** Did this key sign the text by RS256? */
static inline bool help_signed(EVP_PKEY *key, const char *text, size_t len, const void *signature,
                               size_t signature_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good =
        EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(context, signature, signature_len, (const unsigned char *)text, len) == 1;

    EVP_MD_CTX_free(context);
    return good;
}

#endif
