#include "certs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "unit.h"

/* A folder that is looked at again and again, and what somebody may do to it in between. */

#define FOLDER "/tmp/ballast-certs-XXXXXX"
static char folder[] = FOLDER;
static const char *const names[] = {"ballast-webhook.ballast-system.svc", NULL};
static struct bl_pki_state known;

static enum bl_pki_step look(void)
{
    struct bl_certs_options options = {.folder = folder, .names = names, .clock = &bl_clock_real};
    enum bl_pki_step step;
    BL_ERROR(err);

    ck_assert_int_eq(bl_certs_ensure(&options, &known, &step, &err), 0);
    return step;
}

static char *read_part(const char *name)
{
    BL_AUTO_FREE char *path = bl_asprintf("%s/%s", folder, name);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(65536);
    BL_ERROR(err);

    ck_assert_int_eq(bl_file_read(path, &text, &err), 0);
    return bl_strbuf_take(&text);
}

static void remove_part(const char *name)
{
    BL_AUTO_FREE char *path = bl_asprintf("%s/%s", folder, name);

    ck_assert_int_eq(unlink(path), 0);
}

static const char *const parts[] = {"ca.crt", "ca.key", "tls.crt", "tls.key"};

static void begin(void)
{
    memcpy(folder, FOLDER, sizeof(FOLDER));
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(look(), BL_PKI_NEW_ALL);
}

static void end(void)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(parts); i++)
        remove_part(parts[i]);
    ck_assert_int_eq(rmdir(folder), 0);
    bl_pki_state_release(&known);
}

START_TEST(nothing_is_changed_without_a_reason)
{
    ck_assert_int_eq(look(), BL_PKI_KEEP);
}
END_TEST

START_TEST(a_lost_leaf_is_signed_by_the_same_authority)
{
    BL_AUTO_FREE char *authority = read_part("ca.crt");
    BL_AUTO_FREE char *before = read_part("tls.crt");

    remove_part("tls.crt");
    remove_part("tls.key");
    ck_assert_int_eq(look(), BL_PKI_NEW_LEAF);
    BL_AUTO_FREE char *after = read_part("ca.crt");
    BL_AUTO_FREE char *leaf = read_part("tls.crt");
    ck_assert_str_eq(authority, after);
    ck_assert_str_ne(before, leaf);
}
END_TEST

/* Another replica shows a leaf of the old authority until it looks. */
START_TEST(an_emptied_store_forgets_no_authority)
{
    BL_AUTO_FREE char *authority = read_part("ca.crt");
    BL_AUTO_FREE char *leaf = read_part("tls.crt");

    for (size_t i = 0; i < BL_ARRAY_LEN(parts); i++)
        remove_part(parts[i]);
    ck_assert_int_eq(look(), BL_PKI_NEW_AUTHORITY);
    BL_AUTO_FREE char *bundle = read_part("ca.crt");
    BL_AUTO_FREE char *shown = read_part("tls.crt");
    ck_assert_ptr_nonnull(strstr(bundle, authority));
    ck_assert_str_ne(bundle, authority);
    ck_assert_str_eq(shown, leaf);
    ck_assert_int_eq(look(), BL_PKI_KEEP);
}
END_TEST

START_TEST(who_starts_anew_knows_nothing)
{
    BL_AUTO_FREE char *authority = read_part("ca.crt");

    for (size_t i = 0; i < BL_ARRAY_LEN(parts); i++)
        remove_part(parts[i]);
    bl_pki_state_release(&known);
    ck_assert_int_eq(look(), BL_PKI_NEW_ALL);
    BL_AUTO_FREE char *bundle = read_part("ca.crt");
    ck_assert_ptr_null(strstr(bundle, authority));
}
END_TEST

static struct bl_source_metrics metrics;

/* What is said once the first look is over. */
static char *said_of(const char *where)
{
    struct bl_certs_options options = {
        .folder = where, .names = names, .metrics = &metrics, .clock = &bl_clock_real};
    struct bl_certs *certs;
    BL_AUTO(bl_metrics_cleanup) struct bl_metrics *all = bl_metrics_new();
    char *said;
    BL_ERROR(err);

    bl_source_metrics_add(all, &metrics);
    ck_assert_int_eq(bl_certs_start(&options, &certs, &err), 0);
    for (int tries = 0; (said = bl_certs_unready(certs)) && strstr(said, "not looked"); tries++) {
        ck_assert_int_lt(tries, 1000);
        free(said);
        (void)usleep(10000);
    }
    bl_certs_stop(certs);
    return said;
}

START_TEST(who_keeps_them_is_ready_while_they_are_in_order)
{
    BL_AUTO_FREE char *missing = bl_asprintf("%s/missing/place", folder);
    BL_AUTO_FREE char *refused = said_of(missing);

    ck_assert_ptr_null(said_of(folder));
    ck_assert_ptr_nonnull(refused);
    ck_assert_ptr_nonnull(strstr(refused, missing));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("webhook/certs");
    TCase *tests = tcase_create("certs");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, nothing_is_changed_without_a_reason);
    tcase_add_test(tests, a_lost_leaf_is_signed_by_the_same_authority);
    tcase_add_test(tests, an_emptied_store_forgets_no_authority);
    tcase_add_test(tests, who_starts_anew_knows_nothing);
    tcase_add_test(tests, who_keeps_them_is_ready_while_they_are_in_order);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
