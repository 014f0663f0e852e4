#include "ballast/pki/sign.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#define LEAST_BITS 2048
#define SIGNATURE_MAX 1024

BL_DEFINE_CLEANUP(EVP_PKEY *, key_cleanup, EVP_PKEY_free)
BL_DEFINE_CLEANUP(EVP_MD_CTX *, digest_cleanup, EVP_MD_CTX_free)
BL_DEFINE_CLEANUP(BIO *, bio_cleanup, BIO_free_all)

/* A key with a password is asked for on the terminal, unless somebody else answers. */
static int no_password(char *text BL_UNUSED, int size BL_UNUSED, int writing BL_UNUSED,
                       void *context BL_UNUSED)
{
    return -1;
}

static EVP_PKEY *read_rsa(const char *pem)
{
    BL_AUTO(bio_cleanup) BIO *bio = BIO_new_mem_buf(pem, -1);
    BL_AUTO(key_cleanup) EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);

    ERR_clear_error();
    if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key) < LEAST_BITS ||
        EVP_PKEY_get_size(key) > SIGNATURE_MAX)
        return NULL;
    return BL_STEAL(key);
}

int bl_pki_sign_rs256(const char *key, const char *text, size_t len, struct bl_strbuf *signature,
                      struct bl_error **err)
{
    BL_AUTO(key_cleanup) EVP_PKEY *rsa = read_rsa(key);
    BL_AUTO(digest_cleanup) EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char bytes[SIGNATURE_MAX];
    size_t used = sizeof(bytes);

    if (!rsa) {
        bl_fail(err, BL_ERR_INVALID, "the private key is no RSA key of %d bits or more",
                LEAST_BITS);
        return bl_hint(err,
                       "It is PEM, begins with -----BEGIN PRIVATE KEY----- and has no password.");
    }
    if (!context || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, rsa) != 1 ||
        EVP_DigestSign(context, bytes, &used, (const unsigned char *)text, len) != 1) {
        ERR_clear_error();
        return bl_fail(err, BL_ERR_INTERNAL, "could not sign with the private key");
    }
    bl_strbuf_add(signature, (const char *)bytes, used);
    return bl_strbuf_check(signature, "the signature", err);
}
