#include "ballast/pki/pki.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define SKEW 3600
#define SERIAL_BYTES 16

BL_DEFINE_CLEANUP(EVP_PKEY *, key_cleanup, EVP_PKEY_free)
BL_DEFINE_CLEANUP(X509 *, cert_cleanup, X509_free)
BL_DEFINE_CLEANUP(BIO *, bio_cleanup, BIO_free_all)
BL_DEFINE_CLEANUP(X509_STORE *, store_cleanup, X509_STORE_free)
BL_DEFINE_CLEANUP(X509_STORE_CTX *, context_cleanup, X509_STORE_CTX_free)

void bl_pki_pair_release(struct bl_pki_pair *pair)
{
    if (pair->key)
        explicit_bzero(pair->key, strlen(pair->key));
    free(pair->key);
    free(pair->cert);
    *pair = (struct bl_pki_pair){0};
}

static int fail(struct bl_error **err, const char *what)
{
    char reason[160];

    ERR_error_string_n(ERR_get_error(), reason, sizeof(reason));
    ERR_clear_error();
    return bl_fail(err, BL_ERR_INTERNAL, "could not %s: %s", what, reason);
}

static X509 *read_cert(const char *pem)
{
    BL_AUTO(bio_cleanup) BIO *bio = BIO_new_mem_buf(pem ? pem : "", -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    ERR_clear_error();
    return cert;
}

static EVP_PKEY *read_key(const char *pem)
{
    BL_AUTO(bio_cleanup) BIO *bio = BIO_new_mem_buf(pem ? pem : "", -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    ERR_clear_error();
    return key;
}

static char *text_of(BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);

    return bl_strndup(data, (size_t)len);
}

static int write_pair(X509 *cert, EVP_PKEY *key, struct bl_pki_pair *ret_pair,
                      struct bl_error **err)
{
    BL_AUTO(bio_cleanup) BIO *certs = BIO_new(BIO_s_mem());
    BL_AUTO(bio_cleanup) BIO *keys = BIO_new(BIO_s_secmem());

    if (!PEM_write_bio_X509(certs, cert) ||
        !PEM_write_bio_PKCS8PrivateKey(keys, key, NULL, NULL, 0, NULL, NULL))
        return fail(err, "write a certificate");
    ret_pair->cert = text_of(certs);
    ret_pair->key = text_of(keys);
    return 0;
}

static bool set_serial(X509 *cert)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *number;
    bool done;

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return false;
    bytes[0] &= 0x7f; /* positive (RFC 5280, 4.1.2.2) */
    bytes[0] |= 0x01;
    number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    return done;
}

static bool set_term(X509 *cert, struct bl_pki_term term)
{
    return ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)(term.now - SKEW)) &&
           ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)(term.now + term.seconds));
}

static bool set_name(X509 *cert, const char *name)
{
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                                      (const unsigned char *)name, -1, -1, 0);
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool done;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    done = extension && X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

/* What all of ours have. */
static X509 *begin_cert(EVP_PKEY *key, const char *name, struct bl_pki_term term)
{
    X509 *cert = X509_new();

    if (cert && X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
        set_term(cert, term) && set_name(cert, name) && X509_set_pubkey(cert, key))
        return cert;
    X509_free(cert);
    return NULL;
}

int bl_pki_make_authority(const char *name, struct bl_pki_term term, struct bl_pki_pair *ret_pair,
                          struct bl_error **err)
{
    BL_AUTO(key_cleanup) EVP_PKEY *key = EVP_EC_gen("P-256");
    BL_AUTO(cert_cleanup) X509 *cert = key ? begin_cert(key, name, term) : NULL;

    if (!cert || !X509_set_issuer_name(cert, X509_get_subject_name(cert)) ||
        !add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !add_extension(cert, cert, NID_subject_key_identifier, "hash") ||
        !X509_sign(cert, key, EVP_sha256()))
        return fail(err, "make an authority");
    return write_pair(cert, key, ret_pair, err);
}

static bool is_address(const char *name)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static char *alternative_names(const char *const *names)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; names[i]; i++)
        bl_strbuf_addf(&text, "%s%s:%s", i ? "," : "", is_address(names[i]) ? "IP" : "DNS",
                       names[i]);
    return bl_strbuf_take(&text);
}

/* It would be read as configuration. */
static int check_names(const char *const *names, struct bl_error **err)
{
    if (!names[0])
        return bl_fail(err, BL_ERR_INVALID, "a certificate needs a name");
    for (; *names; names++)
        if (!**names || strlen(*names) > 253 ||
            strspn(*names, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:*") !=
                strlen(*names))
            return bl_fail(err, BL_ERR_INVALID, "\"%s\" is not a DNS name or IP address", *names);
    return 0;
}

int bl_pki_make_leaf(const struct bl_pki_pair *authority, const char *const *names,
                     struct bl_pki_term term, struct bl_pki_pair *ret_pair, struct bl_error **err)
{
    BL_AUTO(cert_cleanup) X509 *issuer = read_cert(authority->cert);
    BL_AUTO(key_cleanup) EVP_PKEY *issuer_key = read_key(authority->key);
    BL_AUTO(key_cleanup) EVP_PKEY *key = EVP_EC_gen("P-256");

    if (check_names(names, err) < 0)
        return -1;
    if (!issuer || !issuer_key)
        return bl_fail(err, BL_ERR_INVALID, "cannot read the authority");
    BL_AUTO(cert_cleanup) X509 *cert = key ? begin_cert(key, "ballast", term) : NULL;
    BL_AUTO_FREE char *alternatives = alternative_names(names);
    if (!cert || !X509_set_issuer_name(cert, X509_get_subject_name(issuer)) ||
        !add_extension(cert, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(cert, issuer, NID_key_usage, "critical,digitalSignature") ||
        !add_extension(cert, issuer, NID_ext_key_usage, "serverAuth") ||
        !add_extension(cert, issuer, NID_subject_alt_name, alternatives) ||
        !add_extension(cert, issuer, NID_authority_key_identifier, "keyid:always") ||
        !X509_sign(cert, issuer_key, EVP_sha256()))
        return fail(err, "make a certificate");
    return write_pair(cert, key, ret_pair, err);
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm tm = {0};

    return ASN1_TIME_to_tm(time, &tm) ? (int64_t)timegm(&tm) : 0;
}

int bl_pki_read_dates(const char *pem, struct bl_pki_dates *ret_dates, struct bl_error **err)
{
    BL_AUTO(cert_cleanup) X509 *cert = read_cert(pem);

    if (!cert)
        return bl_fail(err, BL_ERR_INVALID, "cannot read the certificate");
    ret_dates->not_before = seconds_of(X509_get0_notBefore(cert));
    ret_dates->not_after = seconds_of(X509_get0_notAfter(cert));
    return 0;
}

bool bl_pki_fits(const struct bl_pki_pair *pair)
{
    BL_AUTO(cert_cleanup) X509 *cert = read_cert(pair->cert);
    BL_AUTO(key_cleanup) EVP_PKEY *key = read_key(pair->key);
    bool fits = cert && key && X509_check_private_key(cert, key) == 1;

    ERR_clear_error();
    return fits;
}

bool bl_pki_signs(const struct bl_pki_pair *authority, const char *pem)
{
    BL_AUTO(cert_cleanup) X509 *cert = read_cert(pem);
    BL_AUTO(cert_cleanup) X509 *issuer = read_cert(authority->cert);
    bool signs = cert && issuer && X509_verify(cert, X509_get0_pubkey(issuer)) == 1;

    ERR_clear_error();
    return signs;
}

bool bl_pki_names_all(const char *pem, const char *const *names)
{
    BL_AUTO(cert_cleanup) X509 *cert = read_cert(pem);

    for (; cert && *names; names++)
        if (is_address(*names) ? X509_check_ip_asc(cert, *names, 0) != 1
                               : X509_check_host(cert, *names, 0, 0, NULL) != 1)
            return false;
    return cert != NULL;
}

char *bl_pki_next(const char **at)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    static const char end[] = "-----END CERTIFICATE-----";
    const char *from = *at ? strstr(*at, begin) : NULL, *to = from ? strstr(from, end) : NULL;

    if (!to)
        return NULL;
    to += strlen(end);
    *at = to;
    return bl_asprintf("%.*s\n", (int)(to - from), from);
}

static X509_STORE *store_of(const char *authorities)
{
    X509_STORE *store = X509_STORE_new();

    for (char *pem; store && (pem = bl_pki_next(&authorities));) {
        BL_AUTO(cert_cleanup) X509 *cert = read_cert(pem);

        if (cert)
            (void)X509_STORE_add_cert(store, cert);
        free(pem);
    }
    return store;
}

bool bl_pki_trusted(const char *authorities, const char *pem, int64_t now)
{
    BL_AUTO(cert_cleanup) X509 *cert = read_cert(pem);
    BL_AUTO(store_cleanup) X509_STORE *store = store_of(authorities);
    BL_AUTO(context_cleanup) X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool trusted;

    if (!cert || !store || !context || !X509_STORE_CTX_init(context, store, cert, NULL))
        return false;
    X509_STORE_CTX_set_time(context, 0, (time_t)now);
    trusted = X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER) == 1 &&
              X509_verify_cert(context) == 1;
    ERR_clear_error();
    return trusted;
}
