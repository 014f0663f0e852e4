#include "ballast/pki/pki.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "unit.h"

#define NOW 1800000000
#define DAY 86400

static const char *const names[] = {"ballast-webhook.ballast-system.svc", "localhost", "127.0.0.1",
                                    NULL};
static const struct bl_pki_term term = {NOW, 30 * DAY};

static void make(struct bl_pki_pair *authority, struct bl_pki_pair *leaf)
{
    BL_ERROR(err);

    ck_assert_int_eq(bl_pki_make_authority("test", term, authority, &err), 0);
    ck_assert_int_eq(bl_pki_make_leaf(authority, names, term, leaf, &err), 0);
}

START_TEST(a_leaf_is_trusted_by_its_authority)
{
    BL_AUTO(bl_pki_pair_release) struct bl_pki_pair authority = {0};
    BL_AUTO(bl_pki_pair_release) struct bl_pki_pair leaf = {0};
    BL_AUTO(bl_pki_pair_release) struct bl_pki_pair other = {0};
    BL_ERROR(err);

    make(&authority, &leaf);
    ck_assert_int_eq(bl_pki_make_authority("test", term, &other, &err), 0);
    ck_assert(bl_pki_fits(&authority) && bl_pki_fits(&leaf));
    ck_assert(!bl_pki_fits(&(struct bl_pki_pair){leaf.cert, authority.key}));
    ck_assert(bl_pki_signs(&authority, leaf.cert));
    ck_assert(bl_pki_signs(&authority, authority.cert));
    ck_assert(!bl_pki_signs(&other, leaf.cert));
    ck_assert(bl_pki_trusted(authority.cert, leaf.cert, NOW));
    ck_assert(!bl_pki_trusted(other.cert, leaf.cert, NOW));
    ck_assert(!bl_pki_trusted("", leaf.cert, NOW));

    BL_AUTO_FREE char *both = bl_asprintf("%s%s", other.cert, authority.cert);
    ck_assert(bl_pki_trusted(both, leaf.cert, NOW));
}
END_TEST

START_TEST(dates_and_names_count)
{
    static const char *const more[] = {"localhost", "other", NULL};
    static const char *const some[] = {"127.0.0.1", "localhost", NULL};
    BL_AUTO(bl_pki_pair_release) struct bl_pki_pair authority = {0};
    BL_AUTO(bl_pki_pair_release) struct bl_pki_pair leaf = {0};
    struct bl_pki_dates dates;
    BL_ERROR(err);

    make(&authority, &leaf);
    ck_assert_int_eq(bl_pki_read_dates(leaf.cert, &dates, &err), 0);
    ck_assert_int_eq(dates.not_before, NOW - 3600);
    ck_assert_int_eq(dates.not_after, NOW + 30 * DAY);
    ck_assert(!bl_pki_trusted(authority.cert, leaf.cert, NOW + 31 * DAY));
    ck_assert(!bl_pki_trusted(authority.cert, leaf.cert, NOW - DAY));
    ck_assert(bl_pki_names_all(leaf.cert, names));
    ck_assert(bl_pki_names_all(leaf.cert, some));
    ck_assert(!bl_pki_names_all(leaf.cert, more));
}
END_TEST

START_TEST(walks_a_bundle)
{
    BL_AUTO(bl_pki_pair_release) struct bl_pki_pair authority = {0};
    BL_AUTO(bl_pki_pair_release) struct bl_pki_pair leaf = {0};

    make(&authority, &leaf);
    BL_AUTO_FREE char *text = bl_asprintf("# mine\n%s\n junk %s", authority.cert, leaf.cert);
    const char *at = text;
    BL_AUTO_FREE char *first = bl_pki_next(&at);
    BL_AUTO_FREE char *second = bl_pki_next(&at);
    ck_assert_str_eq(first, authority.cert);
    ck_assert_str_eq(second, leaf.cert);
    ck_assert_ptr_null(bl_pki_next(&at));
}
END_TEST

START_TEST(refuses_names_that_are_none)
{
    static const char *const wrong[] = {"", "a b", "a,DNS:evil", "a\nb", "ä"};
    BL_AUTO(bl_pki_pair_release) struct bl_pki_pair authority = {0};
    BL_ERROR(first);

    ck_assert_int_eq(bl_pki_make_authority("test", term, &authority, &first), 0);
    for (size_t i = 0; i < BL_ARRAY_LEN(wrong); i++) {
        const char *const list[] = {wrong[i], NULL};
        struct bl_pki_pair leaf = {0};
        BL_ERROR(err);

        BL_WHY(bl_pki_make_leaf(&authority, list, term, &leaf, &err) < 0, wrong[i]);
        ck_assert_ptr_nonnull(strstr(bl_error_text(err), "is not a DNS name"));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pki/pki");
    TCase *tests = tcase_create("pki");

    tcase_add_test(tests, a_leaf_is_trusted_by_its_authority);
    tcase_add_test(tests, dates_and_names_count);
    tcase_add_test(tests, walks_a_bundle);
    tcase_add_test(tests, refuses_names_that_are_none);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
