#include "keystore.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "ballast/base/file.h"
#include "wire/security.h"

#define STORE_MAX_BYTES ((size_t)4 << 20)

BL_DEFINE_CLEANUP(BIO *, bio_cleanup, BIO_free_all)
BL_DEFINE_CLEANUP(PKCS12 *, store_cleanup, PKCS12_free)

struct content {
    X509 *own;
    STACK_OF(X509) * others;
    EVP_PKEY *key;
};

static void content_release(struct content *content)
{
    X509_free(content->own);
    sk_X509_pop_free(content->others, X509_free);
    EVP_PKEY_free(content->key);
}

static int parse(const struct bl_strbuf *bytes, const char *password, struct content *out,
                 struct bl_error **err)
{
    BL_AUTO(bio_cleanup) BIO *bio = BIO_new_mem_buf(bytes->text, (int)bytes->len);
    BL_AUTO(store_cleanup) PKCS12 *store = d2i_PKCS12_bio(bio, NULL);

    ERR_clear_error();
    if (!store)
        return bl_fail(err, BL_ERR_INVALID, "it is no PKCS #12 file");
    if (PKCS12_parse(store, password ? password : "", &out->key, &out->own, &out->others) != 1) {
        bl_wire_fail_tls(err, BL_ERR_INVALID, "cannot read the key store");
        return bl_hint(err, "Is ssl.keystore.password the one of this file?");
    }
    if (!out->own || !out->key)
        return bl_fail(err, BL_ERR_INVALID, "it holds no certificate with its key");
    return 0;
}

static bool take(BIO *bio, bool good, struct bl_strbuf *out)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);

    if (good && len > 0)
        bl_strbuf_add(out, data, (size_t)len);
    return good && len > 0;
}

static bool write_chain(const struct content *content, struct bl_strbuf *out)
{
    BL_AUTO(bio_cleanup) BIO *bio = BIO_new(BIO_s_mem());
    bool good = bio && PEM_write_bio_X509(bio, content->own) == 1;

    for (int i = 0; good && i < sk_X509_num(content->others); i++)
        good = PEM_write_bio_X509(bio, sk_X509_value(content->others, i)) == 1;
    return take(bio, good, out);
}

/* OpenSSL wipes what it held. */
static bool write_key(const struct content *content, struct bl_strbuf *out)
{
    BL_AUTO(bio_cleanup) BIO *bio = BIO_new(BIO_s_mem());
    bool good =
        bio && PEM_write_bio_PKCS8PrivateKey(bio, content->key, NULL, NULL, 0, NULL, NULL) == 1;

    return take(bio, good, out);
}

int bl_keystore_read(const char *path, const char *password, struct bl_strbuf *chain,
                     struct bl_strbuf *key, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf bytes = BL_STRBUF_INIT(STORE_MAX_BYTES);
    BL_AUTO(content_release) struct content content = {0};

    if (bl_file_read(path, &bytes, err) < 0)
        return -1;
    if (parse(&bytes, password, &content, err) < 0)
        return -1;
    if (!write_chain(&content, chain) || !write_key(&content, key))
        return bl_wire_fail_tls(err, BL_ERR_INTERNAL, "OpenSSL");
    return 0;
}
