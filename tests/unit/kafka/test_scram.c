/* SCRAM, by the example of RFC 7677, and what a false server may try. */
#include "wire/scram.h"

#include <string.h>

#include "ballast/base/text.h"
#include "unit.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define SERVER_NONCE NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SALT "W22ZaJ0SNY7soEsUEjb6gQ=="

static void start(struct bl_scram *scram, struct bl_strbuf *out)
{
    BL_ERROR(err);

    ck_assert_int_eq(bl_scram_first(scram, NONCE, out, &err), 0);
}

START_TEST(the_example)
{
    BL_AUTO(bl_scram_release)
    struct bl_scram scram = {
        .username = "user", .password = "pencil", .first_bare = BL_STRBUF_INIT(1)};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
    BL_ERROR(err);

    start(&scram, &out);
    ck_assert_str_eq(out.text, "n,,n=user,r=" NONCE);
    bl_strbuf_reset(&out);
    ck_assert_int_eq(
        bl_scram_answer(&scram, bl_wire_text("r=" SERVER_NONCE ",s=" SALT ",i=4096"), &out, &err),
        0);
    ck_assert_str_eq(out.text,
                     "c=biws,r=" SERVER_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    ck_assert_int_eq(bl_scram_check(&scram,
                                    bl_wire_text("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
                                    &err),
                     0);
}
END_TEST

START_TEST(names_are_escaped)
{
    BL_AUTO(bl_scram_release)
    struct bl_scram scram = {.username = "a,b=c", .password = "p", .first_bare = BL_STRBUF_INIT(1)};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);

    start(&scram, &out);
    ck_assert_str_eq(out.text, "n,,n=a=2Cb=3Dc,r=" NONCE);
}
END_TEST

START_TEST(every_login_is_another)
{
    BL_AUTO(bl_scram_release)
    struct bl_scram one = {.username = "u", .first_bare = BL_STRBUF_INIT(1)};
    BL_AUTO(bl_scram_release)
    struct bl_scram other = {.username = "u", .first_bare = BL_STRBUF_INIT(1)};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
    BL_ERROR(err);

    ck_assert_int_eq(bl_scram_first(&one, NULL, &out, &err), 0);
    ck_assert_int_eq(bl_scram_first(&other, NULL, &out, &err), 0);
    ck_assert_str_ne(one.nonce, other.nonce);
    ck_assert_ptr_null(strchr(one.nonce, ','));
}
END_TEST

static const struct {
    const char *why, *challenge, *message;
} refused[] = {
    {"another's nonce", "r=xOprNGfwEbeRWgbNEkqO123,s=" SALT ",i=4096", "is not for us"},
    {"nothing added to ours", "r=" NONCE ",s=" SALT ",i=4096", "is not for us"},
    {"no salt", "r=" SERVER_NONCE ",s=,i=4096", "is malformed"},
    {"a salt that is none", "r=" SERVER_NONCE ",s=?,i=4096", "salt is malformed"},
    {"an extension", "m=x,r=" SERVER_NONCE ",s=" SALT ",i=4096", "is malformed"},
    {"nothing", "", "is malformed"},
    {"one character", "r", "is malformed"},
    {"one iteration less than Kafka's least", "r=" SERVER_NONCE ",s=" SALT ",i=4095",
     "too few or too many"},
    {"enough to keep us busy", "r=" SERVER_NONCE ",s=" SALT ",i=1000001", "too few or too many"},
    {"no number", "r=" SERVER_NONCE ",s=" SALT ",i=4096x", "too few or too many"},
};

START_TEST(refusals)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(refused); i++) {
        BL_AUTO(bl_scram_release)
        struct bl_scram scram = {
            .username = "user", .password = "pencil", .first_bare = BL_STRBUF_INIT(1)};
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
        BL_ERROR(err);

        start(&scram, &out);
        bl_strbuf_reset(&out);
        BL_WHY(bl_scram_answer(&scram, bl_wire_text(refused[i].challenge), &out, &err) == -1,
               refused[i].why);
        BL_WHY(bl_error_code(err) == BL_ERR_FORBIDDEN, refused[i].why);
        BL_WHY(strstr(bl_error_text(err), refused[i].message), refused[i].why);
        BL_WHY(!out.len, refused[i].why);
    }
}
END_TEST

START_TEST(a_server_that_does_not_know_the_password)
{
    static const char *const signatures[] = {
        "v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=", "e=other-error", "", "v=6rri"};

    for (size_t i = 0; i < BL_ARRAY_LEN(signatures); i++) {
        BL_AUTO(bl_scram_release)
        struct bl_scram scram = {
            .username = "user", .password = "pencil", .first_bare = BL_STRBUF_INIT(1)};
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
        BL_ERROR(err);

        start(&scram, &out);
        ck_assert_int_eq(bl_scram_answer(&scram,
                                         bl_wire_text("r=" SERVER_NONCE ",s=" SALT ",i=4096"), &out,
                                         &err),
                         0);
        ck_assert_int_eq(bl_scram_check(&scram, bl_wire_text(signatures[i]), &err), -1);
        ck_assert(strstr(bl_error_text(err), "does not know the password"));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/scram");
    TCase *tests = tcase_create("scram");

    tcase_add_test(tests, the_example);
    tcase_add_test(tests, names_are_escaped);
    tcase_add_test(tests, every_login_is_another);
    tcase_add_test(tests, refusals);
    tcase_add_test(tests, a_server_that_does_not_know_the_password);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
