/* Leading by a Lease: what is asked of the server, and what its answers come to. */
#include <string.h>

#include "ballast/runtime/leader.h"
#include "clock_help.h"
#include "fakekube_help.h"
#include "json_help.h"

static struct help_time passed;
static struct bl_clock frozen;
static struct fakekube *fake;
static struct bl_kube_client *client;
static struct bl_leader *leader;

static void setup(void)
{
    passed.now = 0;
    frozen = help_clock(&passed);
    fake = fakekube_new();
    client = help_client(fake, "token: t");
    leader = bl_leader_new(&(struct bl_leader_options){
        .client = client, .namespace = "ns", .name = "lock", .identity = "me", .clock = &frozen});
}

static void teardown(void)
{
    bl_leader_free(leader);
    bl_kube_client_free(client);
    fakekube_free(fake);
}

#define LEASE(holder, seconds, renewed, version)                                            \
    "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":" \
    "\"lock\",\"namespace\":\"ns\",\"resourceVersion\":\"" version "\"},\"spec\":{"         \
    "\"holderIdentity\":\"" holder "\",\"leaseDurationSeconds\":" seconds                   \
    ",\"renewTime\":\"" renewed "\",\"leaseTransitions\":3}}"
#define OURS LEASE("me", "15", "2027-01-15T08:00:00.000000Z", "7")
/* A clock that is a year behind must not make it look as if it had run out. */
#define THEIRS LEASE("other", "15", "2026-01-15T08:00:00.000000Z", "5")
#define THEIRS_RENEWED LEASE("other", "15", "2026-01-15T08:00:02.000000Z", "6")
#define FREE LEASE("", "1", "2026-01-15T08:00:00.000000Z", "5")

static void answer(unsigned nth, int status, const char *body)
{
    struct fake_answer answer = {.status = status, .body = body};

    fakekube_answer(fake, nth, &answer);
}

static void try_is(int wanted, bool leads, const char *why)
{
    bool found = false;
    BL_ERROR(err);
    int rc = bl_leader_try(leader, &found, &err);

    ck_assert_msg(rc == wanted && found == leads, "%s: %d, %d: %s", why, rc, found,
                  err ? bl_error_text(err) : "");
}

#define LAST_HAS(wanted)                                                              \
    do {                                                                              \
        BL_AUTO(bl_strbuf_release) struct bl_strbuf last_ = BL_STRBUF_INIT(65536);    \
        fakekube_last(fake, &last_);                                                  \
        ck_assert_msg(strstr(last_.text, wanted), "no %s in %s", wanted, last_.text); \
    } while (0)

START_TEST(makes_it_where_there_is_none)
{
    answer(1, 404, "{\"kind\":\"Status\"}");
    answer(2, 201, OURS);
    answer(3, 200, OURS);
    try_is(0, true, "made");
    ck_assert_uint_eq(fakekube_requests(fake), 3);
    LAST_HAS("PUT /apis/coordination.k8s.io/v1/namespaces/ns/leases/lock ");
}
END_TEST

START_TEST(takes_what_is_free)
{
    answer(1, 200, FREE);
    answer(2, 200, OURS);
    try_is(0, true, "free");
    LAST_HAS("\"resourceVersion\":\"5\"");
    LAST_HAS("\"holderIdentity\":\"me\"");
    LAST_HAS("\"leaseDurationSeconds\":15");
    LAST_HAS("\"acquireTime\":\"2027-01-15T08:00:00.000000Z\"");
    LAST_HAS("\"leaseTransitions\":4");
}
END_TEST

START_TEST(waits_until_it_has_run_out_by_the_own_clock)
{
    answer(1, 200, THEIRS);
    answer(2, 200, THEIRS);
    answer(3, 200, THEIRS_RENEWED);
    answer(4, 200, THEIRS_RENEWED);
    answer(5, 200, OURS);
    try_is(0, false, "seen for the first time, though its times are old");
    passed.now = 14 * BL_NSEC_S;
    try_is(0, false, "not yet");
    passed.now = 16 * BL_NSEC_S;
    try_is(0, false, "renewed meanwhile");
    passed.now = 31 * BL_NSEC_S;
    try_is(0, true, "15 s without a change");
    ck_assert_uint_eq(fakekube_requests(fake), 5);
}
END_TEST

static void lead(void)
{
    answer(1, 200, FREE);
    answer(2, 200, OURS);
    try_is(0, true, "free");
}

START_TEST(renews_with_one_request)
{
    lead();
    passed.now = 2 * BL_NSEC_S;
    answer(1, 200, OURS);
    try_is(0, true, "renewed");
    ck_assert_uint_eq(fakekube_requests(fake), 3);
    LAST_HAS("\"renewTime\":\"2027-01-15T08:00:02.000000Z\"");
    LAST_HAS("\"resourceVersion\":\"7\"");
    LAST_HAS("\"leaseTransitions\":3");
}
END_TEST

static const struct {
    int first, second, third; /* what requests are answered with; 0: a reset */
    const char *body;         /* of the second */
    int rc;
    bool leads;
    unsigned requests;
    const char *why;
} renewals[] = {
    {409, 200, 200, OURS, 0, true, 3, "somebody annotated it"},
    {409, 200, 200, THEIRS, 0, false, 2, "another one has it"},
    {409, 200, 409, OURS, 0, false, 3, "changed again"},
    {409, 500, 200, "{}", -1, false, 2, "cannot be read"},
    {404, 404, 201, "{}", 0, true, 4, "somebody deleted it"},
    {500, 200, 200, OURS, -1, false, 1, "the server fails"},
    {0, 200, 200, OURS, 0, true, 2, "an idle connection is reset, and the request repeated"},
    {403, 200, 200, OURS, -1, false, 1, "not allowed any more"},
};

START_TEST(renewals_that_fail)
{
    unsigned before;

    lead();
    before = fakekube_requests(fake);
    answer(1, renewals[_i].first, "{\"kind\":\"Status\",\"message\":\"m\"}");
    answer(2, renewals[_i].second, renewals[_i].body);
    answer(3, renewals[_i].third, OURS);
    answer(4, 200, OURS);
    try_is(renewals[_i].rc, renewals[_i].leads, renewals[_i].why);
    BL_WHY(fakekube_requests(fake) - before == renewals[_i].requests, renewals[_i].why);
}
END_TEST

START_TEST(two_at_once)
{
    answer(1, 200, FREE);
    answer(2, 409, "{\"kind\":\"Status\",\"message\":\"changed\"}");
    try_is(0, false, "the other one was faster");
    answer(1, 404, "{\"kind\":\"Status\"}");
    answer(2, 409, "{\"kind\":\"Status\",\"message\":\"already exists\"}");
    try_is(0, false, "the other one made it");
}
END_TEST

START_TEST(gives_it_back)
{
    BL_ERROR(err);

    ck_assert_int_eq(bl_leader_release(leader, &err), 0);
    ck_assert_uint_eq(fakekube_requests(fake), 0);
    lead();
    answer(1, 200, FREE);
    ck_assert_int_eq(bl_leader_release(leader, &err), 0);
    LAST_HAS("\"holderIdentity\":\"\"");
    LAST_HAS("\"leaseDurationSeconds\":1,");
    ck_assert_int_eq(bl_leader_release(leader, &err), 0);
    ck_assert_uint_eq(fakekube_requests(fake), 3);
}
END_TEST

static unsigned complaints;

static void count_complaint(const struct bl_error *err BL_UNUSED, void *context BL_UNUSED)
{
    complaints++;
}

/* With the machine's clock, and short times but for the lease. */
static struct bl_leader *hasty(bl_nsec lease)
{
    return bl_leader_new(&(struct bl_leader_options){.client = client,
                                                     .namespace = "ns",
                                                     .name = "lock",
                                                     .identity = "me",
                                                     .lease = lease,
                                                     .renew = 20 * BL_NSEC_MS,
                                                     .retry = 2 * BL_NSEC_MS,
                                                     .failed = count_complaint});
}

START_TEST(acquires_and_loses)
{
    BL_AUTO(bl_leader_cleanup) struct bl_leader *other = hasty(20 * BL_NSEC_S);
    BL_AUTO(bl_stop_cleanup) struct bl_stop *stop = NULL;
    BL_ERROR(err);

    ck_assert_int_eq(bl_stop_new(&stop, &err), 0);
    answer(1, 500, "{\"kind\":\"Status\",\"message\":\"m\"}");
    answer(2, 500, "{\"kind\":\"Status\",\"message\":\"m\"}");
    answer(3, 200, THEIRS);
    answer(4, 200, FREE);
    answer(5, 200, OURS);
    ck_assert_int_eq(bl_leader_acquire(other, stop, &err), 0);
    ck_assert_uint_eq(complaints, 1);
    answer(1, 200, OURS);
    answer(2, 409, "{\"kind\":\"Status\"}");
    answer(3, 200, THEIRS);
    ck_assert_int_eq(bl_leader_keep(other, stop, &err), -1);
    ck_assert_str_eq(bl_error_text(err), "the Lease was taken by \"other\"");
    ck_assert_int_eq(bl_leader_release(other, &err), 0);
}
END_TEST

START_TEST(loses_what_it_cannot_renew)
{
    BL_AUTO(bl_leader_cleanup) struct bl_leader *other = hasty(30 * BL_NSEC_MS);
    BL_AUTO(bl_stop_cleanup) struct bl_stop *stop = NULL;
    BL_ERROR(err);

    ck_assert_int_eq(bl_stop_new(&stop, &err), 0);
    answer(1, 200, FREE);
    answer(2, 200, OURS);
    ck_assert_int_eq(bl_leader_acquire(other, stop, &err), 0);
    /* From here on the server knows no Leases at all, not even to make one. */
    ck_assert_int_eq(bl_leader_keep(other, stop, &err), -1);
    ck_assert_ptr_nonnull(strstr(bl_error_text(err), "could not be renewed in time: "));
}
END_TEST

START_TEST(ends_when_asked)
{
    BL_AUTO(bl_leader_cleanup) struct bl_leader *other = hasty(20 * BL_NSEC_S);
    BL_AUTO(bl_stop_cleanup) struct bl_stop *stop = NULL;
    BL_ERROR(err);

    ck_assert_int_eq(bl_stop_new(&stop, &err), 0);
    answer(1, 200, FREE);
    answer(2, 200, OURS);
    ck_assert_int_eq(bl_leader_acquire(other, stop, &err), 0);
    bl_stop_raise(stop);
    ck_assert_int_eq(bl_leader_keep(other, stop, &err), 0);
    ck_assert_int_eq(bl_leader_acquire(other, stop, &err), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leader");
    TCase *tcase = tcase_create("leader");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, makes_it_where_there_is_none);
    tcase_add_test(tcase, takes_what_is_free);
    tcase_add_test(tcase, waits_until_it_has_run_out_by_the_own_clock);
    tcase_add_test(tcase, renews_with_one_request);
    tcase_add_loop_test(tcase, renewals_that_fail, 0, BL_ARRAY_LEN(renewals));
    tcase_add_test(tcase, two_at_once);
    tcase_add_test(tcase, gives_it_back);
    tcase_add_test(tcase, acquires_and_loses);
    tcase_add_test(tcase, loses_what_it_cannot_renew);
    tcase_add_test(tcase, ends_when_asked);
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
