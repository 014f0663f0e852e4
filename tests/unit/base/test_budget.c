/* Units are counted, and one budget within another spends from both. */
#include "ballast/base/budget.h"

#include "unit.h"

START_TEST(without_one_there_is_no_bound)
{
    bl_budget_spend(1U << 30);
    ck_assert(!bl_budget_over());
    ck_assert(bl_budget_turn());
}
END_TEST

START_TEST(it_is_over_when_it_is_spent)
{
    struct bl_budget budget;
    int turns = 0;

    bl_budget_begin(&budget, 5);
    while (bl_budget_turn())
        turns++;
    ck_assert_int_eq(turns, 5);
    ck_assert(bl_budget_over());
    ck_assert(!bl_budget_turn());
    ck_assert_int_ge(bl_budget_end(&budget), 5);
    ck_assert(!bl_budget_over());
}
END_TEST

START_TEST(the_last_step_may_go_beyond)
{
    struct bl_budget budget;

    bl_budget_begin(&budget, 5);
    bl_budget_spend(100);
    ck_assert(bl_budget_over());
    ck_assert_int_eq(bl_budget_end(&budget), 100);
}
END_TEST

START_TEST(texts_cost_by_length)
{
    struct bl_budget budget;

    bl_budget_begin(&budget, 1000);
    bl_budget_spend_text(0);
    bl_budget_spend_text(160);
    ck_assert_int_eq(bl_budget_end(&budget), 12);
}
END_TEST

START_TEST(the_inner_one_spends_from_the_outer)
{
    struct bl_budget outer, inner;

    bl_budget_begin(&outer, 100);
    bl_budget_begin(&inner, 60);
    bl_budget_spend(50);
    ck_assert(!bl_budget_over());
    ck_assert_int_eq(bl_budget_end(&inner), 50);

    /* More than the outer one has left is not to be had. */
    bl_budget_begin(&inner, 1000);
    bl_budget_spend(51);
    ck_assert(bl_budget_over());
    (void)bl_budget_end(&inner);
    ck_assert(bl_budget_over());
    ck_assert_int_eq(bl_budget_end(&outer), 101);
    ck_assert(!bl_budget_over());
}
END_TEST

START_TEST(an_inner_one_may_end_alone)
{
    struct bl_budget outer, inner;

    bl_budget_begin(&outer, 100);
    bl_budget_begin(&inner, 10);
    bl_budget_spend(20);
    ck_assert(bl_budget_over());
    (void)bl_budget_end(&inner);
    ck_assert(!bl_budget_over());
    ck_assert_int_eq(bl_budget_end(&outer), 20);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("budget");
    TCase *tests = tcase_create("budget");

    tcase_add_test(tests, without_one_there_is_no_bound);
    tcase_add_test(tests, it_is_over_when_it_is_spent);
    tcase_add_test(tests, the_last_step_may_go_beyond);
    tcase_add_test(tests, texts_cost_by_length);
    tcase_add_test(tests, the_inner_one_spends_from_the_outer);
    tcase_add_test(tests, an_inner_one_may_end_alone);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
