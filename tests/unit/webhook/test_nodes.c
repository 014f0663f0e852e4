#include "nodes.h"

#include "ballast/json/json.h"
#include "fakekube_help.h"

/* Asking for a node: what comes of an API server that does not answer, and for how long. */

/* A clock that says what a test has gone by, and how long each question takes: never what this machine needs. */
static bl_nsec skipped, each;

static bl_nsec now(void *context BL_UNUSED)
{
    return skipped += each;
}

static const struct bl_clock skipping = {.monotonic = now, .wall = now};

static const struct fake_answer good = {.status = 200, .body = "{\"kind\":\"Node\"}"};

START_TEST(who_waited_in_vain_is_the_last_for_a_while)
{
    static const struct fake_answer slow = {.status = 200, .body = "{}", .delay_ms = 3000};
    struct fakekube *fake = fakekube_new();
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = help_client(fake, "token: t");
    struct bl_node_asker asker = {client, &skipping, 0};

    each = BL_NSEC_S;
    fakekube_answer(fake, 1, &slow);
    ck_assert_ptr_null(bl_node_ask(&asker, "n"));
    ck_assert_ptr_null(bl_node_ask(&asker, "n"));
    ck_assert_int_eq((int)fakekube_requests(fake), 1);

    skipped += 11 * BL_NSEC_S;
    fakekube_answer(fake, 1, &good);
    BL_AUTO_JSON cJSON *node = bl_node_ask(&asker, "n");
    ck_assert_ptr_nonnull(node);
    ck_assert_int_eq((int)fakekube_requests(fake), 2);
    fakekube_free(fake);
}
END_TEST

START_TEST(a_refusal_holds_nobody_up)
{
    static const struct fake_answer forbidden = {.status = 403, .body = "{}"};
    struct fakekube *fake = fakekube_new();
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = help_client(fake, "token: t");
    struct bl_node_asker asker = {client, &skipping, 0};

    each = BL_NSEC_S;
    fakekube_answer(fake, 1, &forbidden);
    fakekube_answer(fake, 2, &good);
    ck_assert_ptr_null(bl_node_ask(&asker, "n"));
    BL_AUTO_JSON cJSON *node = bl_node_ask(&asker, "n");
    ck_assert_ptr_nonnull(node);
    fakekube_free(fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("webhook/nodes");
    TCase *tests = tcase_create("nodes");

    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, who_waited_in_vain_is_the_last_for_a_while);
    tcase_add_test(tests, a_refusal_holds_nobody_up);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
