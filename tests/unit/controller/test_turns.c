/* Clusters that keep workers waiting: how many may, and who is counted among them. */
#include "kafka/turns.h"

#include <stdio.h>

#include "unit.h"

START_TEST(half_of_the_workers)
{
    struct bl_turns *turns = bl_turns_new(4);

    ck_assert(bl_turns_take(turns, "a/kafka"));
    ck_assert(bl_turns_take(turns, "b/kafka"));
    ck_assert(!bl_turns_take(turns, "c/kafka"));
    bl_turns_give(turns, "a/kafka");
    ck_assert(bl_turns_take(turns, "c/kafka"));
    bl_turns_free(turns);
}
END_TEST

START_TEST(one_of_a_namespace)
{
    struct bl_turns *turns = bl_turns_new(8);

    ck_assert(bl_turns_take(turns, "a/one"));
    for (int i = 0; i < 1000; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "a/%d", i);
        ck_assert(!bl_turns_take(turns, name));
    }
    ck_assert(bl_turns_take(turns, "ab/one")); /* a name that only begins so is another */
    ck_assert(bl_turns_take(turns, "b/one"));
    bl_turns_give(turns, "a/one");
    ck_assert(bl_turns_take(turns, "a/two"));
    bl_turns_free(turns);
}
END_TEST

START_TEST(a_single_worker)
{
    struct bl_turns *turns = bl_turns_new(1);

    ck_assert(bl_turns_take(turns, "a/one"));
    ck_assert(!bl_turns_take(turns, "b/one"));
    bl_turns_give(turns, "a/one");
    bl_turns_give(turns, "a/one"); /* which does no harm */
    ck_assert(bl_turns_take(turns, "b/one"));
    bl_turns_free(turns);
}
END_TEST

/* Ten seconds once, and quick answers between: it is among the slow ones nearly always. */
START_TEST(slowness_is_remembered)
{
    bl_nsec expected = bl_turns_expect(0, BL_NSEC_S / 10);
    int quick = 0;

    ck_assert(!bl_turns_is_slow(expected));
    expected = bl_turns_expect(expected, 10 * BL_NSEC_S);
    while (bl_turns_is_slow(expected)) {
        expected = bl_turns_expect(expected, BL_NSEC_S / 10);
        quick++;
    }
    ck_assert_int_gt(quick, 40);
    ck_assert_int_lt(quick, 60);
    for (int i = 0; i < 1000; i++)
        expected = bl_turns_expect(expected, BL_NSEC_S / 10);
    ck_assert_int_eq(expected, BL_NSEC_S / 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/turns");
    TCase *tests = tcase_create("turns");

    tcase_add_test(tests, half_of_the_workers);
    tcase_add_test(tests, one_of_a_namespace);
    tcase_add_test(tests, a_single_worker);
    tcase_add_test(tests, slowness_is_remembered);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
