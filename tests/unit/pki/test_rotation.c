#include "ballast/pki/rotation.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "unit.h"

#define NOW 1800000000

static const char *const names[] = {"ballast.svc", NULL};

static enum bl_pki_step rotate(struct bl_pki_state *state, struct bl_pki_plan *plan, int64_t now)
{
    enum bl_pki_step step;
    BL_ERROR(err);

    plan->now = now;
    ck_assert_msg(bl_pki_rotate(state, plan, &step, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    return step;
}

static void begin(struct bl_pki_state *state, struct bl_pki_plan *plan)
{
    bl_pki_plan_init(plan, "test", names, NOW);
    ck_assert_int_eq(rotate(state, plan, NOW), BL_PKI_NEW_ALL);
    ck_assert(bl_pki_trusted(state->bundle, state->leaf.cert, NOW));
    ck_assert_int_eq(rotate(state, plan, NOW), BL_PKI_KEEP);
}

/*
 * Twelve years in steps of five days, which is how long word takes here. Peers learn of a bundle, and replicas of a leaf, within the overlap:
 * who is late by that much must still be trusted, and must still trust.
 */
START_TEST(is_trusted_at_every_moment)
{
    BL_AUTO(bl_pki_state_release) struct bl_pki_state state = {0};
    struct bl_pki_plan plan;
    unsigned steps[5] = {0};

    begin(&state, &plan);
    plan.overlap = 5 * BL_PKI_DAY;
    BL_AUTO_FREE char *old_bundle = bl_strdup(state.bundle);
    BL_AUTO_FREE char *old_leaf = bl_strdup(state.leaf.cert);
    for (int64_t now = NOW; now < NOW + 12 * 365 * BL_PKI_DAY; now += 5 * BL_PKI_DAY) {
        steps[rotate(&state, &plan, now)]++;
        ck_assert(bl_pki_trusted(state.bundle, state.leaf.cert, now));
        ck_assert(bl_pki_trusted(old_bundle, state.leaf.cert, now));
        ck_assert(bl_pki_trusted(state.bundle, old_leaf, now));
        ck_assert_int_gt(bl_pki_state_expiry(&state), now + 20 * BL_PKI_DAY);
        free(old_bundle);
        free(old_leaf);
        old_bundle = bl_strdup(state.bundle);
        old_leaf = bl_strdup(state.leaf.cert);
    }
    ck_assert_uint_eq(steps[BL_PKI_NEW_ALL], 0);
    ck_assert_uint_eq(steps[BL_PKI_NEW_AUTHORITY], 2);
    ck_assert_uint_eq(steps[BL_PKI_FORGET_AUTHORITY], 2);
    ck_assert_uint_gt(steps[BL_PKI_NEW_LEAF], 40);
    ck_assert_uint_lt(steps[BL_PKI_NEW_LEAF], 100);
}
END_TEST

START_TEST(a_new_authority_waits_before_it_signs)
{
    BL_AUTO(bl_pki_state_release) struct bl_pki_state state = {0};
    struct bl_pki_plan plan;
    int64_t late = NOW + 4 * 365 * BL_PKI_DAY + BL_PKI_DAY;

    begin(&state, &plan);
    /* A leaf of the day before, so that only the authority is due. */
    ck_assert_int_eq(rotate(&state, &plan, late - 2 * BL_PKI_DAY), BL_PKI_NEW_LEAF);
    BL_AUTO_FREE char *leaf = bl_strdup(state.leaf.cert);
    ck_assert_int_eq(rotate(&state, &plan, late), BL_PKI_NEW_AUTHORITY);
    ck_assert_str_eq(state.leaf.cert, leaf);
    ck_assert_int_eq(rotate(&state, &plan, late + 600), BL_PKI_KEEP);
    ck_assert_int_eq(rotate(&state, &plan, late + 3600), BL_PKI_NEW_LEAF);
    ck_assert(bl_pki_signs(&state.authority, state.leaf.cert));
    ck_assert_int_eq(rotate(&state, &plan, late + 3700), BL_PKI_KEEP);
    ck_assert_int_eq(rotate(&state, &plan, late + 7200), BL_PKI_FORGET_AUTHORITY);
    ck_assert_str_eq(state.bundle, state.authority.cert);
    ck_assert_int_eq(rotate(&state, &plan, late + 7300), BL_PKI_KEEP);
}
END_TEST

static void replace(char **text, const char *with)
{
    free(*text);
    *text = with ? bl_strdup(with) : NULL;
}

START_TEST(mends_what_is_broken)
{
    static const struct {
        const char *why;
        enum bl_pki_step step;
        int what;
    } broken[] = {
        {"the leaf is gone", BL_PKI_NEW_LEAF, 0},
        {"the leaf is garbage", BL_PKI_NEW_LEAF, 1},
        {"the leaf's key is another", BL_PKI_NEW_LEAF, 2},
        {"the authority's key is gone: its leaf is trusted meanwhile", BL_PKI_NEW_AUTHORITY, 3},
        {"the bundle is gone", BL_PKI_NEW_LEAF, 4},
        {"all is gone", BL_PKI_NEW_ALL, 5},
        {"the leaf is for other names", BL_PKI_NEW_LEAF, 6},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(broken); i++) {
        static const char *const others[] = {"ballast.svc", "new.svc", NULL};
        BL_AUTO(bl_pki_state_release) struct bl_pki_state state = {0};
        struct bl_pki_plan plan;

        begin(&state, &plan);
        if (broken[i].what == 0 || broken[i].what == 5)
            replace(&state.leaf.cert, NULL);
        if (broken[i].what == 1)
            replace(&state.leaf.cert,
                    "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n");
        if (broken[i].what == 2)
            replace(&state.leaf.key, state.authority.key);
        if (broken[i].what == 3 || broken[i].what == 5)
            replace(&state.authority.key, "");
        if (broken[i].what == 4 || broken[i].what == 5)
            replace(&state.bundle, NULL);
        if (broken[i].what == 6)
            plan.names = others;
        BL_WHY(rotate(&state, &plan, NOW + 10) == broken[i].step, broken[i].why);
        BL_WHY(bl_pki_trusted(state.bundle, state.leaf.cert, NOW + 10), broken[i].why);
        BL_WHY(bl_pki_fits(&state.leaf) && bl_pki_fits(&state.authority), broken[i].why);
    }
}
END_TEST

START_TEST(starts_anew_after_everything_expired)
{
    BL_AUTO(bl_pki_state_release) struct bl_pki_state state = {0};
    struct bl_pki_plan plan;
    int64_t late = NOW + 20 * 365 * BL_PKI_DAY;

    begin(&state, &plan);
    ck_assert_int_eq(rotate(&state, &plan, late), BL_PKI_NEW_ALL);
    ck_assert(bl_pki_trusted(state.bundle, state.leaf.cert, late));
    ck_assert_str_eq(state.bundle, state.authority.cert);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pki/rotation");
    TCase *tests = tcase_create("rotation");

    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, is_trusted_at_every_moment);
    tcase_add_test(tests, a_new_authority_waits_before_it_signs);
    tcase_add_test(tests, mends_what_is_broken);
    tcase_add_test(tests, starts_anew_after_everything_expired);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
