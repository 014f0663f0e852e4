#include "security.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <strings.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define PEM_MAX_BYTES ((size_t)4 << 20)

static void bio_cleanup(BIO **bio)
{
    BIO_free(*bio);
}

static void cert_cleanup(X509 **cert)
{
    X509_free(*cert);
}

static void key_cleanup(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void wipe_text(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

int bl_wire_fail_tls(struct bl_error **err, enum bl_errcode code, const char *what)
{
    unsigned long cause = ERR_get_error();
    const char *why = cause ? ERR_reason_error_string(cause) : NULL;

    ERR_clear_error();
    return bl_fail(err, code, "%s: %s", what, why ? why : "OpenSSL does not say why");
}

/* A setting of librdkafka's, or NULL where it is not set. */
static char *get(const rd_kafka_conf_t *conf, const char *name)
{
    size_t size = 0;
    char *value;

    if (rd_kafka_conf_get(conf, name, NULL, &size) != RD_KAFKA_CONF_OK || size <= 1)
        return NULL;
    value = bl_alloc(size + 1, 1);
    if (rd_kafka_conf_get(conf, name, value, &size) != RD_KAFKA_CONF_OK || !*value)
        wipe_text(&value);
    return value;
}

/* Text of the setting `inline_name`, or of the file that `file_name` is set to. False where neither is. */
static int load(const rd_kafka_conf_t *conf, const char *inline_name, const char *file_name,
                struct bl_strbuf *out, bool *ret_found, struct bl_error **err)
{
    BL_AUTO(wipe_text) char *text = get(conf, inline_name);
    BL_AUTO(wipe_text) char *path = get(conf, file_name);

    *ret_found = text || path;
    if (text)
        bl_strbuf_adds(out, text);
    else if (path && bl_file_read(path, out, err) < 0)
        return -1;
    return bl_strbuf_check(out, file_name, err);
}

static BIO *bio_of(const struct bl_strbuf *text)
{
    return BIO_new_mem_buf(text->text, (int)text->len);
}

/* The end of the file leaves an error in the queue, which is none. */
static size_t trust_all(X509_STORE *store, BIO *bio)
{
    size_t count = 0;

    for (;; count++) {
        BL_AUTO(cert_cleanup) X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

        if (!cert || X509_STORE_add_cert(store, cert) != 1)
            break;
    }
    ERR_clear_error();
    return count;
}

static int apply_trust(const rd_kafka_conf_t *conf, SSL_CTX *tls, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(PEM_MAX_BYTES);
    BL_AUTO(bio_cleanup) BIO *bio = NULL;
    bool found;

    if (load(conf, "ssl.ca.pem", "ssl.ca.location", &text, &found, err) < 0)
        return -1;
    if (!found)
        return SSL_CTX_set_default_verify_paths(tls) == 1
                   ? 0
                   : bl_wire_fail_tls(err, BL_ERR_INVALID, "cannot load the system's certificates");
    bio = bio_of(&text);
    if (!trust_all(SSL_CTX_get_cert_store(tls), bio))
        return bl_fail(err, BL_ERR_INVALID, "the trust store holds no certificate");
    return 0;
}

/* The first certificate is the client's own, the others lead to its issuer. */
static bool use_chain(SSL_CTX *tls, BIO *bio)
{
    BL_AUTO(cert_cleanup) X509 *own = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    bool good = own && SSL_CTX_use_certificate(tls, own) == 1;

    while (good) {
        BL_AUTO(cert_cleanup) X509 *next = PEM_read_bio_X509(bio, NULL, NULL, NULL);

        if (!next)
            break;
        good = SSL_CTX_add1_chain_cert(tls, next) == 1;
    }
    if (good)
        ERR_clear_error();
    return good;
}

/* Without a password OpenSSL would ask the terminal for one. */
static int give_password(char *out, int size, int writing, void *password)
{
    size_t len = password ? strlen(password) : 0;

    (void)writing;
    if (!password || len > (size_t)size)
        return -1;
    for (size_t i = 0; i < len; i++) /* without a NUL */
        out[i] = ((const char *)password)[i];
    return (int)len;
}

static int apply_client(const rd_kafka_conf_t *conf, SSL_CTX *tls, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf chain = BL_STRBUF_INIT(PEM_MAX_BYTES);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf secret = BL_STRBUF_INIT(PEM_MAX_BYTES);
    BL_AUTO(wipe_text) char *password = get(conf, "ssl.key.password");
    BL_AUTO(bio_cleanup) BIO *chain_bio = NULL;
    BL_AUTO(bio_cleanup) BIO *key_bio = NULL;
    BL_AUTO(key_cleanup) EVP_PKEY *key = NULL;
    bool has_chain, has_key;

    if (load(conf, "ssl.certificate.pem", "ssl.certificate.location", &chain, &has_chain, err) <
            0 ||
        load(conf, "ssl.key.pem", "ssl.key.location", &secret, &has_key, err) < 0)
        return -1;
    if (!has_chain && !has_key)
        return 0;
    chain_bio = bio_of(&chain);
    if (!use_chain(tls, chain_bio))
        return bl_wire_fail_tls(err, BL_ERR_INVALID, "cannot read the client's certificate");
    key_bio = bio_of(&secret);
    key = PEM_read_bio_PrivateKey(key_bio, NULL, give_password, password);
    if (!key || SSL_CTX_use_PrivateKey(tls, key) != 1)
        return bl_wire_fail_tls(err, BL_ERR_INVALID, "cannot read the client's key");
    return 0;
}

static int apply_tls(const rd_kafka_conf_t *conf, struct bl_wire_security *security,
                     struct bl_error **err)
{
    BL_AUTO(wipe_text) char *check = get(conf, "ssl.endpoint.identification.algorithm");

    security->tls = SSL_CTX_new(TLS_client_method());
    if (!security->tls || SSL_CTX_set_min_proto_version(security->tls, TLS1_2_VERSION) != 1)
        return bl_wire_fail_tls(err, BL_ERR_INTERNAL, "OpenSSL");
    SSL_CTX_set_verify(security->tls, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_mode(security->tls,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    security->any_host = bl_text_eq(check, "none");
    if (apply_trust(conf, security->tls, err) < 0)
        return -1;
    return apply_client(conf, security->tls, err);
}

int bl_wire_security_new(const rd_kafka_conf_t *conf, struct bl_wire_security **ret_security,
                         struct bl_error **err)
{
    BL_AUTO(bl_wire_security_cleanup)
    struct bl_wire_security *security = BL_NEW(struct bl_wire_security);
    BL_AUTO(wipe_text) char *protocol = get(conf, "security.protocol");

    if (protocol && bl_text_starts(protocol, "sasl_")) {
        security->mechanism = get(conf, "sasl.mechanism");
        security->username = get(conf, "sasl.username");
        security->password = get(conf, "sasl.password");
        if (!security->mechanism || !security->username || !security->password)
            return bl_fail(err, BL_ERR_INVALID,
                           "SASL needs sasl.mechanism, and username and password in "
                           "sasl.jaas.config");
    }
    if (protocol && bl_text_ends(protocol, "ssl") && apply_tls(conf, security, err) < 0)
        return -1;
    *ret_security = BL_STEAL(security);
    return 0;
}

void bl_wire_security_free(struct bl_wire_security *security)
{
    if (!security)
        return;
    SSL_CTX_free(security->tls);
    wipe_text(&security->mechanism);
    wipe_text(&security->username);
    wipe_text(&security->password);
    free(security);
}
