/* The queue: who gets a key, when, and how often. Time passes when a test says so. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/runtime/workqueue.h"
#include "clock_help.h"
#include "unit.h"

static struct help_time passed;
static struct bl_clock frozen;
static struct bl_workqueue *queue;

static void setup(void)
{
    passed.now = 0;
    frozen = help_clock(&passed);
    queue = bl_workqueue_new(&(struct bl_workqueue_options){
        .clock = &frozen, .backoff_min = 5 * BL_NSEC_MS, .backoff_max = 60 * BL_NSEC_MS});
}

static void teardown(void)
{
    bl_workqueue_free(queue);
}

#define NEXT_IS(wanted)                                     \
    do {                                                    \
        BL_AUTO_FREE char *key_ = bl_workqueue_poll(queue); \
        ck_assert_str_eq(key_ ? key_ : "nothing", wanted);  \
    } while (0)
#define NOTHING_IS_DUE() NEXT_IS("nothing")

START_TEST(in_the_order_of_coming)
{
    bl_workqueue_add(queue, "b");
    bl_workqueue_add(queue, "a");
    bl_workqueue_add(queue, "b");
    ck_assert_uint_eq(bl_workqueue_len(queue), 2);
    NEXT_IS("b");
    NEXT_IS("a");
    NOTHING_IS_DUE();
}
END_TEST

START_TEST(never_with_two_workers)
{
    bl_workqueue_add(queue, "a");
    NEXT_IS("a");
    bl_workqueue_add(queue, "a");
    bl_workqueue_add(queue, "a");
    NOTHING_IS_DUE();
    ck_assert_uint_eq(bl_workqueue_len(queue), 0);
    bl_workqueue_done(queue, "a");
    NEXT_IS("a");
    bl_workqueue_done(queue, "a");
    NOTHING_IS_DUE();
}
END_TEST

START_TEST(delayed)
{
    bl_workqueue_add_after(queue, "a", 10 * BL_NSEC_S);
    bl_workqueue_add_after(queue, "a", 5 * BL_NSEC_S);
    bl_workqueue_add_after(queue, "a", 20 * BL_NSEC_S);
    bl_workqueue_add_after(queue, "now", 0);
    NEXT_IS("now");
    passed.now = 5 * BL_NSEC_S - 1;
    NOTHING_IS_DUE();
    passed.now++;
    NEXT_IS("a");
    bl_workqueue_done(queue, "a");
    passed.now = 60 * BL_NSEC_S;
    NOTHING_IS_DUE();
}
END_TEST

START_TEST(added_while_delayed)
{
    bl_workqueue_add_after(queue, "a", 10 * BL_NSEC_S);
    bl_workqueue_add(queue, "a");
    NEXT_IS("a");
    passed.now = 10 * BL_NSEC_S;
    NOTHING_IS_DUE();
    bl_workqueue_done(queue, "a");
    NEXT_IS("a");
    bl_workqueue_done(queue, "a");
    NOTHING_IS_DUE();
}
END_TEST

static void fails(bl_nsec pause)
{
    bl_workqueue_add_rate_limited(queue, "a");
    bl_workqueue_done(queue, "a");
    passed.now += pause - 1;
    NOTHING_IS_DUE();
    passed.now++;
    NEXT_IS("a");
}

START_TEST(backs_off_until_forgotten)
{
    bl_workqueue_add(queue, "a");
    NEXT_IS("a");
    fails(5 * BL_NSEC_MS);
    fails(10 * BL_NSEC_MS);
    fails(20 * BL_NSEC_MS);
    fails(40 * BL_NSEC_MS);
    fails(60 * BL_NSEC_MS);
    fails(60 * BL_NSEC_MS);
    ck_assert_uint_eq(bl_workqueue_failures(queue, "a"), 6);
    bl_workqueue_forget(queue, "a");
    bl_workqueue_forget(queue, "unknown");
    ck_assert_uint_eq(bl_workqueue_failures(queue, "a"), 0);
    fails(5 * BL_NSEC_MS);
    bl_workqueue_done(queue, "a");
}
END_TEST

START_TEST(shut_down_hands_out_what_waits)
{
    bl_workqueue_add(queue, "a");
    bl_workqueue_add(queue, "b");
    NEXT_IS("a");
    bl_workqueue_add(queue, "a");
    bl_workqueue_add_after(queue, "later", BL_NSEC_S);
    bl_workqueue_shut_down(queue);
    bl_workqueue_add(queue, "new");
    bl_workqueue_add_after(queue, "new", 0);
    bl_workqueue_add_rate_limited(queue, "new");
    passed.now = BL_NSEC_S;
    NEXT_IS("b");
    ck_assert_ptr_null(bl_workqueue_get(queue));
    bl_workqueue_done(queue, "a");
    NEXT_IS("a");
    ck_assert_ptr_null(bl_workqueue_get(queue));
}
END_TEST

#define KEYS 8
#define ROUNDS 4000

static struct {
    struct bl_workqueue *queue;
    pthread_mutex_t lock;
    bool busy[KEYS];
    unsigned asked[KEYS], seen[KEYS]; /* the last change; the last that a worker saw */
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *work(void *unused BL_UNUSED)
{
    for (char *key; (key = bl_workqueue_get(shared.queue));) {
        size_t at = (size_t)(*key - 'a');

        (void)pthread_mutex_lock(&shared.lock);
        ck_assert(!shared.busy[at]);
        shared.busy[at] = true;
        shared.seen[at] = shared.asked[at];
        (void)pthread_mutex_unlock(&shared.lock);
        if (shared.seen[at] % 7 == 0)
            bl_workqueue_add_rate_limited(shared.queue, key);
        else
            bl_workqueue_forget(shared.queue, key);
        (void)pthread_mutex_lock(&shared.lock);
        shared.busy[at] = false;
        (void)pthread_mutex_unlock(&shared.lock);
        bl_workqueue_done(shared.queue, key);
        free(key);
    }
    return NULL;
}

START_TEST(many_threads)
{
    struct bl_workqueue_options quick = {.backoff_min = 1, .backoff_max = 1000};
    pthread_t threads[4];

    shared.queue = bl_workqueue_new(&quick);
    for (size_t i = 0; i < BL_ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, NULL), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        char key[2] = {(char)('a' + i % KEYS), '\0'};

        (void)pthread_mutex_lock(&shared.lock);
        shared.asked[i % KEYS]++;
        (void)pthread_mutex_unlock(&shared.lock);
        bl_workqueue_add(shared.queue, key);
    }
    bl_workqueue_shut_down(shared.queue);
    for (size_t i = 0; i < BL_ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < KEYS; i++)
        ck_assert_uint_eq(shared.seen[i], ROUNDS / KEYS);
    bl_workqueue_free(shared.queue);
}
END_TEST

static void *get_one(void *context)
{
    return bl_workqueue_get(context);
}

START_TEST(wakes_who_waits)
{
    BL_AUTO(bl_workqueue_cleanup) struct bl_workqueue *real = bl_workqueue_new(NULL);
    BL_AUTO_FREE void *key = NULL;
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, get_one, real), 0);
    bl_workqueue_add_after(real, "a", 3600 * BL_NSEC_S);
    bl_workqueue_add_after(real, "b", BL_NSEC_MS);
    ck_assert_int_eq(pthread_join(thread, &key), 0);
    ck_assert_str_eq(key, "b");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workqueue");
    TCase *calm = tcase_create("calm"), *busy = tcase_create("busy");

    tcase_add_checked_fixture(calm, setup, teardown);
    tcase_add_test(calm, in_the_order_of_coming);
    tcase_add_test(calm, never_with_two_workers);
    tcase_add_test(calm, delayed);
    tcase_add_test(calm, added_while_delayed);
    tcase_add_test(calm, backs_off_until_forgotten);
    tcase_add_test(calm, shut_down_hands_out_what_waits);
    suite_add_tcase(suite, calm);
    tcase_add_test(busy, many_threads);
    tcase_add_test(busy, wakes_who_waits);
    tcase_set_timeout(busy, 60);
    suite_add_tcase(suite, busy);
    return unit_run(suite);
}
