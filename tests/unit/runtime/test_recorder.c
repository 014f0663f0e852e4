/* Events: what is written of what was told, and how little is remembered. */
#include <stdio.h>
#include <string.h>

#include "ballast/runtime/recorder.h"
#include "clock_help.h"
#include "fakekube_help.h"
#include "json_help.h"

static struct help_time passed;
static struct bl_clock frozen;
static struct fakekube *fake;
static struct bl_kube_client *client;
static struct bl_recorder *recorder;
static cJSON *object;

static void setup(void)
{
    passed.now = 0;
    frozen = help_clock(&passed);
    fake = fakekube_new();
    client = help_client(fake, "token: t");
    recorder = bl_recorder_new(&(struct bl_recorder_options){
        .client = client, .controller = "ballast.dev/test", .instance = "me", .clock = &frozen});
    object = help_json("{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{"
                       "'namespace':'ns','name':'kafka','uid':'u-1'},'spec':{}}");
}

static void teardown(void)
{
    bl_recorder_free(recorder);
    cJSON_Delete(object);
    bl_kube_client_free(client);
    fakekube_free(fake);
}

static void tell(const char *note)
{
    struct bl_event event = {"Normal", "BudgetCreated", "Create", note};

    bl_recorder_tell(recorder, object, &event);
}

/* The server takes the next so many. */
static void takes(unsigned requests)
{
    static const struct fake_answer fine = {.status = 201, .body = "{}"};

    for (unsigned i = 1; i <= requests; i++)
        fakekube_answer(fake, i, &fine);
}

static char *last(void)
{
    struct bl_strbuf text = BL_STRBUF_INIT(65536);

    fakekube_last(fake, &text);
    return bl_strbuf_take(&text);
}

#define LAST_HAS(wanted)                                                    \
    do {                                                                    \
        BL_AUTO_FREE char *last_ = last();                                  \
        ck_assert_msg(strstr(last_, wanted), "no %s in %s", wanted, last_); \
    } while (0)

START_TEST(says_all_that_the_api_asks_for)
{
    takes(1);
    tell("made a budget");
    ck_assert_uint_eq(fakekube_requests(fake), 0);
    bl_recorder_flush(recorder);
    LAST_HAS("POST /api/v1/namespaces/ns/events ");
    LAST_HAS(
        "{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"type\":\"Normal\","
        "\"reason\":\"BudgetCreated\",\"action\":\"Create\",\"message\":\"made a budget\","
        "\"source\":{\"component\":\"ballast.dev/test\"},\"reportingComponent\":\"ballast.dev/"
        "test\",\"reportingInstance\":\"me\","
        "\"involvedObject\":{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"namespace\":"
        "\"ns\",\"name\":\"kafka\",\"uid\":\"u-1\"},\"metadata\":{\"name\":\"kafka.");
    LAST_HAS("\"namespace\":\"ns\"},\"firstTimestamp\":\"2027-01-15T08:00:00Z\",\"lastTimestamp\":"
             "\"2027-01-15T08:00:00Z\",\"count\":1}");
}
END_TEST

START_TEST(the_same_again_is_counted)
{
    takes(4);
    tell("a");
    tell("a");
    tell("b");
    tell("a");
    bl_recorder_flush(recorder);
    LAST_HAS("PATCH /api/v1/namespaces/ns/events/kafka.");
    LAST_HAS("{\"count\":3,\"lastTimestamp\":\"2027-01-15T08:00:00Z\"}");
    ck_assert_uint_eq(fakekube_requests(fake), 4);
    ck_assert_uint_eq(bl_recorder_dropped(recorder), 0);
}
END_TEST

START_TEST(a_series_ends_when_it_is_quiet)
{
    takes(2);
    tell("a");
    bl_recorder_flush(recorder);
    passed.now = 360 * BL_NSEC_S;
    tell("a");
    bl_recorder_flush(recorder);
    LAST_HAS("POST ");
}
END_TEST

START_TEST(what_is_refused_begins_anew)
{
    takes(1);
    tell("a");
    tell("a"); /* gets a 404: somebody has deleted it */
    bl_recorder_flush(recorder);
    ck_assert_uint_eq(bl_recorder_dropped(recorder), 1);
    takes(1);
    tell("a");
    bl_recorder_flush(recorder);
    LAST_HAS("POST ");
}
END_TEST

START_TEST(long_notes_are_cut_between_characters)
{
    BL_AUTO_FREE char *note = bl_alloc(1, 2048);
    BL_AUTO_FREE char *wanted = NULL;

    memset(note, 'a', 1023);
    (void)snprintf(note + 1023, 1024, "\u00e4bc");
    takes(1);
    tell(note);
    bl_recorder_flush(recorder);
    note[1023] = '\0';
    wanted = bl_asprintf("\"message\":\"%s\"", note);
    LAST_HAS(wanted);
}
END_TEST

START_TEST(memory_is_bounded)
{
    for (int i = 0; i < 3000; i++) {
        BL_AUTO_FREE char *note = bl_asprintf("%d", i);

        tell(note);
    }
    ck_assert_uint_eq(bl_recorder_dropped(recorder), 3000 - 1024);
    bl_recorder_flush(recorder);
    ck_assert_uint_eq(bl_recorder_dropped(recorder), 3000);
}
END_TEST

START_TEST(a_thread_writes)
{
    BL_ERROR(err);

    takes(3);
    ck_assert_int_eq(bl_recorder_start(recorder, &err), 0);
    tell("a");
    tell("b");
    tell("a");
    while (fakekube_requests(fake) < 3)
        (void)usleep(1000);
    bl_recorder_stop(recorder);
    ck_assert_uint_eq(bl_recorder_dropped(recorder), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recorder");
    TCase *tcase = tcase_create("recorder");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, says_all_that_the_api_asks_for);
    tcase_add_test(tcase, the_same_again_is_counted);
    tcase_add_test(tcase, a_series_ends_when_it_is_quiet);
    tcase_add_test(tcase, what_is_refused_begins_anew);
    tcase_add_test(tcase, long_notes_are_cut_between_characters);
    tcase_add_test(tcase, memory_is_bounded);
    tcase_add_test(tcase, a_thread_writes);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
