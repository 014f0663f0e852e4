/* What was written and is not seen yet: written once, and again only when it was in vain. */
#include "clock_help.h"
#include "companions/pending.h"
#include "json_help.h"

static struct help_time passed;
static struct bl_clock frozen;
static struct bl_pending *pending;
static cJSON *first, *second, *other;

#define BUDGET(name, version)                                                                    \
    "{'apiVersion':'policy/v1','kind':'PodDisruptionBudget','metadata':{'namespace':'k','name':" \
    "'" name "','resourceVersion':'" version "'}}"

static void setup(void)
{
    passed.now = 0;
    frozen = help_clock(&passed);
    pending = bl_pending_new(&frozen);
    first = help_json(BUDGET("a", "1"));
    second = help_json(BUDGET("a", "2"));
    other = help_json(BUDGET("b", "1"));
}

static void teardown(void)
{
    bl_pending_free(pending);
    cJSON_Delete(first);
    cJSON_Delete(second);
    cJSON_Delete(other);
}

static struct bl_step create(cJSON *object)
{
    return (struct bl_step){.kind = BL_STEP_CREATE, .object = object};
}

static struct bl_step repair(cJSON *object, const cJSON *present)
{
    return (struct bl_step){.kind = BL_STEP_REPAIR, .object = object, .present = present};
}

START_TEST(made_once)
{
    struct bl_step made = create(first), another = create(other);

    ck_assert(!bl_pending_has(pending, &made));
    bl_pending_note(pending, &made);
    ck_assert(bl_pending_has(pending, &made));
    ck_assert(!bl_pending_has(pending, &another));
    bl_pending_seen(pending, other);
    ck_assert(bl_pending_has(pending, &made));
    bl_pending_seen(pending, first);
    /* It was there, and is not any more. */
    ck_assert(!bl_pending_has(pending, &made));
}
END_TEST

START_TEST(made_in_vain)
{
    struct bl_step made = create(first);

    bl_pending_note(pending, &made);
    passed.now = BL_PENDING_PERIOD - 1;
    ck_assert(bl_pending_has(pending, &made));
    passed.now++;
    ck_assert(!bl_pending_has(pending, &made));
}
END_TEST

START_TEST(repaired_once_for_each_edit)
{
    struct bl_step made = create(first), once = repair(first, first), again = repair(first, second);
    struct bl_step goes = {.kind = BL_STEP_WITHDRAW, .present = second};

    bl_pending_note(pending, &made);
    ck_assert(!bl_pending_has(pending, &once));
    bl_pending_note(pending, &once);
    bl_pending_seen(pending, first);
    ck_assert(bl_pending_has(pending, &once));
    ck_assert(!bl_pending_has(pending, &again));
    bl_pending_note(pending, &again);
    ck_assert(bl_pending_has(pending, &again));
    ck_assert(bl_pending_has(pending, &goes));
    ck_assert(!bl_pending_has(pending, &made));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/pending");
    TCase *tcase = tcase_create("pending");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, made_once);
    tcase_add_test(tcase, made_in_vain);
    tcase_add_test(tcase, repaired_once_for_each_edit);
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
