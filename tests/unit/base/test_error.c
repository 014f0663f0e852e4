/* What an error says, and that nothing but a failure touches it. */
#include "ballast/base/error.h"

#include <errno.h>

#include "unit.h"

START_TEST(fail_sets_code_and_text)
{
    BL_ERROR(err);

    ck_assert_int_eq(bl_fail(&err, BL_ERR_NOT_FOUND, "no %s in %d", "kafka", 3), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_NOT_FOUND);
    ck_assert_str_eq(bl_error_text(err), "no kafka in 3");
    ck_assert_ptr_null(bl_error_hint(err));
}
END_TEST

START_TEST(fail_errno_adds_the_reason_and_keeps_errno)
{
    BL_ERROR(err);

    errno = ENOENT;
    ck_assert_int_eq(bl_fail_errno(&err, "could not open %s", "a.yaml"), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_IO);
    ck_assert_str_eq(bl_error_text(err), "could not open a.yaml: No such file or directory");
}
END_TEST

START_TEST(wrap_puts_context_in_front)
{
    BL_ERROR(err);

    bl_fail(&err, BL_ERR_TOO_LARGE, "inner");
    bl_hint(&err, "Do %s.", "less");
    ck_assert_int_eq(bl_wrap(&err, "outer %d", 1), -1);
    ck_assert_int_eq(bl_wrap(&err, "outermost"), -1);
    ck_assert_str_eq(bl_error_text(err), "outermost: outer 1: inner");
    ck_assert_int_eq(bl_error_code(err), BL_ERR_TOO_LARGE);
    ck_assert_str_eq(bl_error_hint(err), "Do less.");
}
END_TEST

START_TEST(hint_replaces_the_one_before)
{
    BL_ERROR(err);

    bl_fail(&err, BL_ERR_INVALID, "x");
    ck_assert_int_eq(bl_hint(&err, "first"), -1);
    ck_assert_int_eq(bl_hint(&err, "second"), -1);
    ck_assert_str_eq(bl_error_hint(err), "second");
}
END_TEST

START_TEST(what_a_server_says_stays_with_it)
{
    BL_ERROR(err);

    bl_fail(&err, BL_ERR_UNAVAILABLE, "x");
    ck_assert_ptr_null(bl_error_reason(err));
    ck_assert(bl_error_retry_after(err) == -1);
    ck_assert_int_eq(bl_error_named(&err, "RESOURCE_EXHAUSTED"), -1);
    ck_assert_int_eq(bl_error_wait(&err, 7 * BL_NSEC_S), -1);
    bl_wrap(&err, "outer");
    ck_assert_str_eq(bl_error_reason(err), "RESOURCE_EXHAUSTED");
    ck_assert(bl_error_retry_after(err) == 7 * BL_NSEC_S);
}
END_TEST

/* A failure that overwrites another would lose the first, so it is a programming error. */
START_TEST(failing_twice_aborts)
{
    BL_ERROR(err);

    bl_fail(&err, BL_ERR_INVALID, "one");
    bl_fail(&err, BL_ERR_INVALID, "two");
}
END_TEST

START_TEST(wrapping_nothing_aborts)
{
    BL_ERROR(err);

    bl_wrap(&err, "outer");
}
END_TEST

START_TEST(free_takes_null)
{
    bl_error_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/error");
    TCase *tests = tcase_create("error"), *aborts = tcase_create("aborts");

    tcase_add_test(tests, fail_sets_code_and_text);
    tcase_add_test(tests, fail_errno_adds_the_reason_and_keeps_errno);
    tcase_add_test(tests, wrap_puts_context_in_front);
    tcase_add_test(tests, hint_replaces_the_one_before);
    tcase_add_test(tests, what_a_server_says_stays_with_it);
    tcase_add_test(tests, free_takes_null);
    tcase_add_test_raise_signal(aborts, failing_twice_aborts, 6);
    tcase_add_test_raise_signal(aborts, wrapping_nothing_aborts, 6);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, aborts);
    return unit_run(suite);
}
