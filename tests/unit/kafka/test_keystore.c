/* A certificate and a key out of a PKCS #12 file, as PEM. */
#include "keystore.h"

#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#define CERTIFICATE "-----BEGIN CERTIFICATE-----"
#define KEY "-----BEGIN PRIVATE KEY-----"

static X509 *make_cert(EVP_PKEY *key, const char *name)
{
    X509 *cert = X509_new();

    ck_assert_int_eq(X509_set_version(cert, X509_VERSION_3), 1);
    ck_assert_int_eq(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                                                (const unsigned char *)name, -1, -1, 0),
                     1);
    ck_assert_int_eq(X509_set_pubkey(cert, key), 1);
    ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notBefore(cert), 0));
    ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notAfter(cert), 3600));
    ck_assert_int_ne(X509_sign(cert, key, EVP_sha256()), 0);
    return cert;
}

/* A file with a key, the certificate that belongs to it, and so many others. */
static void write_store(const char *path, const char *password, int others)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *own = make_cert(key, "own");
    STACK_OF(X509) *chain = sk_X509_new_null();
    FILE *file = fopen(path, "we");
    PKCS12 *store;

    for (int i = 0; i < others; i++)
        ck_assert_int_gt(sk_X509_push(chain, make_cert(key, "other")), 0);
    store = PKCS12_create(password, "client", key, own, chain, 0, 0, 0, 0, 0);
    ck_assert_ptr_nonnull(store);
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(i2d_PKCS12_fp(file, store), 1);
    ck_assert_int_eq(fclose(file), 0);
    PKCS12_free(store);
    sk_X509_pop_free(chain, X509_free);
    X509_free(own);
    EVP_PKEY_free(key);
}

static int count(const char *text, const char *what)
{
    int found = 0;

    for (const char *at = text; (at = strstr(at, what)); at++)
        found++;
    return found;
}

static const struct {
    const char *why, *password, *given;
    int others;
    const char *message; /* NULL: it is read */
} cases[] = {
    {"a chain", "secret", "secret", 2, NULL},
    {"a certificate alone", "secret", "secret", 0, NULL},
    {"no password", "", NULL, 0, NULL},
    {"another password", "secret", "other", 0, "cannot read the key store: "},
    {"none given", "secret", NULL, 0, "cannot read the key store: "},
};

START_TEST(stores)
{
    char folder[] = "/tmp/keystore-XXXXXX", path[64];

    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/client.p12", folder);
    for (size_t i = 0; i < BL_ARRAY_LEN(cases); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf chain = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        BL_AUTO(bl_strbuf_wipe) struct bl_strbuf key = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        BL_ERROR(err);
        int rc;

        write_store(path, cases[i].password, cases[i].others);
        rc = bl_keystore_read(path, cases[i].given, &chain, &key, &err);
        if (cases[i].message) {
            BL_WHY(rc == -1 && bl_error_code(err) == BL_ERR_INVALID, cases[i].why);
            BL_WHY(strstr(bl_error_text(err), cases[i].message) == bl_error_text(err),
                   cases[i].why);
            continue;
        }
        BL_WHY(rc == 0, cases[i].why);
        BL_WHY(count(chain.text, CERTIFICATE) == 1 + cases[i].others, cases[i].why);
        BL_WHY(count(key.text, KEY) == 1, cases[i].why);
    }
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/keystore");
    TCase *tests = tcase_create("keystore");

    tcase_add_test(tests, stores);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
