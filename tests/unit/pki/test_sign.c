/* Signatures that OpenSSL verifies, and keys that are none. */
#include "ballast/pki/sign.h"

#include <string.h>

#include "rsa_help.h"

#define TEXT "header.payload"

START_TEST(signs)
{
    EVP_PKEY *key = help_rsa(2048);
    BL_AUTO_FREE char *pem = help_pem(key, NULL);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf signature = BL_STRBUF_INIT(4096);
    BL_ERROR(err);

    ck_assert_int_eq(bl_pki_sign_rs256(pem, TEXT, strlen(TEXT), &signature, &err), 0);
    ck_assert_uint_eq(signature.len, 256);
    ck_assert(help_signed(key, TEXT, strlen(TEXT), signature.text, signature.len));
    ck_assert(!help_signed(key, TEXT, strlen(TEXT) - 1, signature.text, signature.len));
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(refuses)
{
    EVP_PKEY *small = help_rsa(1024), *rsa = help_rsa(2048), *other = EVP_EC_gen("P-256");
    BL_AUTO_FREE char *weak = help_pem(small, NULL), *curve = help_pem(other, NULL);
    BL_AUTO_FREE char *locked = help_pem(rsa, "secret"), *cut = help_pem(rsa, NULL);

    cut[strlen(cut) / 2] = '\0';
    const struct {
        const char *key, *why;
    } rows[] = {{"", "empty"},
                {"-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n", "no key"},
                {weak, "1024 bits"},
                {curve, "no RSA"},
                {locked, "a password, and nobody is asked for it"},
                {cut, "half"}};

    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf signature = BL_STRBUF_INIT(4096);
        BL_ERROR(err);

        BL_WHY(bl_pki_sign_rs256(rows[i].key, TEXT, strlen(TEXT), &signature, &err) < 0,
               rows[i].why);
        BL_WHY(bl_error_code(err) == BL_ERR_INVALID && !signature.len, rows[i].why);
        BL_WHY(strcmp(bl_error_text(err), "the private key is no RSA key of 2048 bits or more") ==
                   0,
               rows[i].why);
    }
    EVP_PKEY_free(small);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sign");
    TCase *tc = tcase_create("sign");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, signs);
    tcase_add_test(tc, refuses);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
