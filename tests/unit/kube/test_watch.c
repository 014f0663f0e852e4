/* Whatever the API server does to a reflector, in the end the store is the truth. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "ballast/kube/informers.h"
#include "client.h"
#include "fakekube_help.h"

/* Only a test that fails waits until then. */
#define PATIENCE (20 * BL_NSEC_S)

static const struct bl_resource config_maps_resource = {"", "v1", "configmaps"};
static const struct bl_watch_spec config_maps = {.resource = &config_maps_resource};

struct rig {
    struct fakekube *fake;
    struct bl_kube_client *client;
    struct bl_informers *informers;
    struct bl_store *store;
    struct bl_stop *never;
    bl_nsec initial_idle; /* 0: PATIENCE, so that a slow machine is no silent server */
};

static void rig_start(struct rig *rig, const struct bl_watch_spec *spec)
{
    BL_ERROR(err);

    ck_assert_int_eq(bl_stop_new(&rig->never, &err), 0);
    rig->client = help_client(rig->fake, "token: secret");
    rig->client->initial_idle = rig->initial_idle ? rig->initial_idle : PATIENCE;
    ck_assert_int_eq(bl_informers_new(rig->client, &rig->informers, &err), 0);
    rig->store = bl_informers_add(rig->informers, spec, NULL);
    ck_assert_int_eq(bl_informers_start(rig->informers, &err), 0);
}

static void rig_end(struct rig *rig)
{
    bl_informers_free(rig->informers);
    bl_kube_client_free(rig->client);
    fakekube_free(rig->fake);
    bl_stop_free(rig->never);
}

static void kept(struct bl_store *store, struct bl_strbuf *out)
{
    BL_AUTO(bl_stored_list_release) struct bl_stored_list list = {0};

    bl_store_list(store, NULL, &list);
    for (size_t i = 0; i < list.len; i++) {
        const cJSON *object = bl_stored_object(list.items[i]);
        const cJSON *metadata = bl_json_get(object, "metadata");

        ck_assert_str_eq(bl_json_string(object, "kind"), "ConfigMap");
        ck_assert_str_eq(bl_json_string(object, "apiVersion"), "v1");
        ck_assert_ptr_null(bl_json_get(metadata, "managedFields"));
        bl_strbuf_addf(out, "%s/%s=%s\n", bl_json_string(metadata, "namespace"),
                       bl_json_string(metadata, "name"),
                       bl_json_string(metadata, "resourceVersion"));
    }
}

static bool is_true(struct rig *rig)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf truth = BL_STRBUF_INIT(1 << 20);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf ours = BL_STRBUF_INIT(1 << 20);

    fakekube_truth(rig->fake, &truth);
    kept(rig->store, &ours);
    return bl_informers_synced(rig->informers, 0) && strcmp(truth.text, ours.text) == 0;
}

static void wait_for_truth(struct rig *rig, const char *why)
{
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + PATIENCE;

    while (!is_true(rig)) {
        struct bl_watch_status status;

        bl_informers_status(rig->informers, 0, &status);
        if (bl_clock_now(&bl_clock_real) > deadline)
            ck_abort_msg("%s: not the truth: synced %d, %" PRIu64 " failures, %s", why,
                         status.synced, status.failures, status.error);
        bl_stop_wait(rig->never, BL_NSEC_MS);
    }
}

static void change_all(struct fakekube *fake)
{
    fakekube_put(fake, "a", "one", "new");
    fakekube_put(fake, "b", "six", "1");
    fakekube_delete(fake, "a", "two");
}

static struct fakekube *server_with_objects(bool streaming)
{
    struct fakekube *fake = fakekube_new();

    fakekube_set_streaming(fake, streaming);
    fakekube_set_page(fake, 2);
    fakekube_put(fake, "a", "one", "1");
    fakekube_put(fake, "a", "two", "2");
    fakekube_put(fake, "b", "three", "3");
    fakekube_put(fake, "b", "four", "4");
    fakekube_put(fake, "c", "five", "5");
    return fake;
}

#define STATUS(code) "{\"kind\":\"Status\",\"message\":\"no\",\"code\":" #code "}"
#define EVENT(type, version)                                                       \
    "{\"type\":\"" type "\",\"object\":{\"kind\":\"ConfigMap\",\"apiVersion\":"    \
    "\"v1\",\"metadata\":{\"namespace\":\"x\",\"name\":\"y\",\"resourceVersion\":" \
    "\"" version "\"}}}\n"

static const struct {
    struct fake_answer answer;
    const char *why;
} failures[] = {
    {{.status = 409, .body = STATUS(409)}, "conflict"},
    {{.status = 410, .body = STATUS(410)}, "gone"},
    {{.status = 401, .body = STATUS(401)}, "unauthorized"},
    {{.status = 403, .body = STATUS(403)}, "forbidden"},
    {{.status = 404, .body = "404 page not found"}, "not found"},
    {{.status = 429, .headers = "Retry-After: 1\r\n", .body = STATUS(429)}, "told to wait"},
    {{.status = 429, .body = STATUS(429)}, "too many"},
    {{.status = 500, .body = "<html>oops</html>"}, "server error"},
    {{.status = 503, .headers = "Retry-After: 3\r\n", .body = STATUS(503)}, "unavailable"},
    {{.status = 504, .body = STATUS(504)}, "a version from the future"},
    {{.status = 0}, "reset"},
    {{.delay_ms = 20, .right = true}, "slow"},
    {{.status = 200, .body = ""}, "empty"},
    {{.status = 200, .body = "{\"kind\":\"Conf", .chunked = true}, "garbage"},
    {{.status = 200, .body = "\xff\xfe\n\n}{\n", .chunked = true}, "not even JSON"},
    {{.status = 200, .body = "[]\n", .chunked = true}, "no object"},
    {{.status = 200, .body = "{\"type\":\"ADDED\"}\n", .chunked = true}, "no object in the event"},
    {{.status = 200, .body = EVENT("ADDED", "9"), .chunked = true, .cut = 40}, "cut in an event"},
    {{.status = 200, .body = EVENT("ADDED", ""), .chunked = true}, "no version"},
    {{.status = 200, .body = EVENT("RENAMED", "9"), .chunked = true}, "unknown event"},
    {{.status = 200, .body = "{\"type\":\"ERROR\",\"object\":" STATUS(410) "}\n", .chunked = true},
     "gone, as an event"},
    {{.status = 200, .body = "{\"type\":\"ERROR\",\"object\":" STATUS(500) "}\n", .chunked = true},
     "error, as an event"},
    {{.status = 200,
      .body = "{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{"
              "\"resourceVersion\":\"3\"},\"items\":[{\"metadata\":{\"na",
      .chunked = true,
      .cut = 90},
     "list cut off"},
};

/* An answer that is wrong but well-formed cannot be told from the truth, so none of those stands above. */
static void torture(size_t failure, unsigned nth, bool streaming)
{
    struct rig rig = {.fake = server_with_objects(streaming)};
    BL_AUTO_FREE char *why = bl_asprintf("%s at request %u, %s", failures[failure].why, nth,
                                         streaming ? "streaming" : "paging");
    unsigned before;

    fakekube_answer(rig.fake, nth, &failures[failure].answer);
    rig_start(&rig, &config_maps);
    wait_for_truth(&rig, why);
    change_all(rig.fake);
    wait_for_truth(&rig, why);
    /* The failure may have waited for the next connection. */
    fakekube_kick(rig.fake);
    fakekube_put(rig.fake, "d", "seven", "7");
    wait_for_truth(&rig, why);
    before = fakekube_requests(rig.fake);
    BL_WHY(before < 40, why);
    rig_end(&rig);
}

START_TEST(one_failure)
{
    for (unsigned nth = 1; nth <= 5; nth++) {
        torture((size_t)_i, nth, false);
        torture((size_t)_i, nth, true);
    }
}
END_TEST

/* Every request fails in another way, one after another. */
START_TEST(all_failures)
{
    struct rig rig = {.fake = server_with_objects(_i)};

    for (size_t i = 0; i < BL_ARRAY_LEN(failures); i++)
        fakekube_answer(rig.fake, (unsigned)i + 1, &failures[i].answer);
    rig_start(&rig, &config_maps);
    wait_for_truth(&rig, "all failures");
    change_all(rig.fake);
    wait_for_truth(&rig, "all failures, changed");
    rig_end(&rig);
}
END_TEST

/* Lost while nobody watched: a deletion that only a list can tell. */
START_TEST(forgotten)
{
    struct rig rig = {.fake = server_with_objects(_i)};
    struct bl_watch_status status;

    rig_start(&rig, &config_maps);
    wait_for_truth(&rig, "at first");
    for (unsigned round = 0; round < 5; round++) {
        fakekube_answer(rig.fake, 1, &(struct fake_answer){.status = 0});
        fakekube_kick(rig.fake);
        fakekube_put(rig.fake, "a", "one", "again");
        fakekube_delete(rig.fake, "b", "four");
        fakekube_put(rig.fake, "b", "four", "back");
        fakekube_delete(rig.fake, "b", "three");
        fakekube_forget(rig.fake);
        wait_for_truth(&rig, "forgotten");
    }
    bl_informers_status(rig.informers, 0, &status);
    ck_assert_int_gt((int)status.lists, 1);
    rig_end(&rig);
}
END_TEST

/* The list changes between two pages, so that its second page is gone. */
START_TEST(pages_grow_old)
{
    struct rig rig = {.fake = server_with_objects(false)};

    for (unsigned nth = 3; nth <= 9; nth += 2)
        fakekube_answer(rig.fake, nth, &(struct fake_answer){.status = 410, .body = STATUS(410)});
    rig_start(&rig, &config_maps);
    wait_for_truth(&rig, "old pages");
    rig_end(&rig);
}
END_TEST

/* A server that takes the streaming list for a watch, and says nothing. */
START_TEST(silent_start)
{
    struct rig rig = {.fake = server_with_objects(true), .initial_idle = 50 * BL_NSEC_MS};

    fakekube_answer(rig.fake, 1,
                    &(struct fake_answer){.status = 200, .chunked = true, .hold = true});
    rig_start(&rig, &config_maps);
    wait_for_truth(&rig, "silence");
    rig_end(&rig);
}
END_TEST

static void wait_for_requests(struct rig *rig, unsigned count)
{
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + PATIENCE;

    while (fakekube_requests(rig->fake) < count) {
        ck_assert(bl_clock_now(&bl_clock_real) < deadline);
        bl_stop_wait(rig->never, BL_NSEC_MS);
    }
}

/* A CRD that is not installed keeps nobody waiting, and is asked for again. */
START_TEST(missing)
{
    static const struct bl_resource policies = {"ballast.dev", "v1", "kafkapolicies"};
    static const struct bl_watch_spec unknown = {.resource = &policies};
    struct rig rig = {.fake = server_with_objects(true)};
    struct bl_watch_status status;

    rig_start(&rig, &unknown);
    wait_for_requests(&rig, 3);
    ck_assert(bl_informers_synced(rig.informers, 0));
    bl_informers_status(rig.informers, 0, &status);
    ck_assert(status.missing);
    ck_assert(!status.synced);
    ck_assert_int_eq((int)status.failures, 0);
    ck_assert_str_eq(status.error, "the server could not find the requested resource");
    rig_end(&rig);
}
END_TEST

/* Nothing listens any more: tries go on, with pauses, and the stop does not wait for one. */
START_TEST(server_away)
{
    struct rig rig = {.fake = server_with_objects(true)};
    struct bl_watch_status status;
    bl_nsec begun;

    rig_start(&rig, &config_maps);
    wait_for_truth(&rig, "at first");
    /* Before it goes: whoever is away while it is taken down counts too. */
    begun = bl_clock_now(&bl_clock_real);
    fakekube_free(rig.fake);
    rig.fake = NULL;
    do {
        ck_assert(bl_clock_now(&bl_clock_real) - begun < PATIENCE);
        bl_stop_wait(rig.never, BL_NSEC_MS);
        bl_informers_status(rig.informers, 0, &status);
    } while (status.failures < 3);
    ck_assert_int_lt((int)status.failures,
                     4 + (int)((bl_clock_now(&bl_clock_real) - begun) / BL_NSEC_MS));
    ck_assert(status.synced);
    ck_assert_ptr_nonnull(strstr(status.error, "could not talk to http://127.0.0.1:"));
    ck_assert_ptr_null(strstr(status.error, "secret"));
    begun = bl_clock_now(&bl_clock_real);
    bl_informers_stop(rig.informers);
    ck_assert(bl_clock_now(&bl_clock_real) - begun < PATIENCE / 2);
    rig_end(&rig);
}
END_TEST

/* A stream that nothing comes from ends with the stop. */
START_TEST(stop_ends_a_watch)
{
    struct rig rig = {.fake = server_with_objects(true)};
    bl_nsec begun;

    rig_start(&rig, &config_maps);
    wait_for_truth(&rig, "at first");
    begun = bl_clock_now(&bl_clock_real);
    bl_informers_stop(rig.informers);
    ck_assert(bl_clock_now(&bl_clock_real) - begun < PATIENCE / 2);
    ck_assert(is_true(&rig));
    rig_end(&rig);
}
END_TEST

static atomic_bool only_of_a;

static bool is_wanted(const cJSON *object, void *context BL_UNUSED)
{
    return !atomic_load(&only_of_a) || strcmp(bl_object_ref(object).namespace, "a") == 0;
}

static void wait_for_objects(struct bl_store *store, size_t wanted, const char *why)
{
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + PATIENCE;

    for (;;) {
        struct bl_store_stats stats;

        bl_store_stats(store, &stats);
        if (stats.objects == wanted)
            return;
        ck_assert_msg(bl_clock_now(&bl_clock_real) < deadline, "%s: %zu objects", why,
                      stats.objects);
        usleep(1000);
    }
}

/* What is wanted changes; one that is asked for in vain, many times in a row, is made once. */
START_TEST(listed_anew)
{
    struct rig rig = {.fake = fakekube_new()};
    struct bl_store_options options = {.wanted = is_wanted};
    struct bl_watch_status before, after;
    BL_ERROR(err);

    atomic_store(&only_of_a, true);
    fakekube_put(rig.fake, "a", "x", "1");
    fakekube_put(rig.fake, "b", "y", "1");
    fakekube_set_streaming(rig.fake, _i);
    ck_assert_int_eq(bl_stop_new(&rig.never, &err), 0);
    rig.client = help_client(rig.fake, "token: secret");
    ck_assert_int_eq(bl_informers_new(rig.client, &rig.informers, &err), 0);
    rig.store = bl_informers_add(rig.informers, &config_maps, &options);
    ck_assert_int_eq(bl_informers_hold(rig.informers, 0, &err), 0);
    ck_assert_int_eq(bl_informers_start(rig.informers, &err), 0);
    usleep(20000);
    ck_assert_uint_eq(fakekube_requests(rig.fake), 0);

    bl_informers_open(rig.informers);
    wait_for_objects(rig.store, 1, "only those of a");
    fakekube_put(rig.fake, "b", "z", "1");
    fakekube_put(rig.fake, "a", "w", "1");
    wait_for_objects(rig.store, 2, "also of those that come");

    atomic_store(&only_of_a, false);
    bl_informers_relist(rig.informers, 0);
    wait_for_truth(&rig, "all");
    atomic_store(&only_of_a, true);
    bl_informers_status(rig.informers, 0, &before);
    for (int i = 0; i < 100; i++)
        bl_informers_relist(rig.informers, 0);
    wait_for_objects(rig.store, 2, "only those of a again");
    bl_informers_status(rig.informers, 0, &after);
    ck_assert_uint_le(after.lists - before.lists, 2);
    ck_assert_uint_eq(after.failures, 0);
    fakekube_put(rig.fake, "a", "v", "1");
    wait_for_objects(rig.store, 3, "and it goes on");
    rig_end(&rig);
}
END_TEST

START_TEST(what_is_asked)
{
    static const struct bl_watch_spec spec = {
        .resource = &config_maps_resource,
        .selection = {.namespace = "a b", .labels = "x=y,!z", .metadata_only = true}};
    struct rig rig = {.fake = fakekube_new()};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(1 << 16);

    rig_start(&rig, &spec);
    wait_for_truth(&rig, "nothing at all");
    fakekube_last(rig.fake, &last);
    ck_assert_ptr_nonnull(strstr(last.text, "GET /api/v1/namespaces/a%20b/configmaps?labelSelector="
                                            "x%3Dy%2C%21z&watch=1&allowWatchBookmarks=true&"));
    ck_assert_ptr_nonnull(strstr(last.text, "&sendInitialEvents=true&resourceVersionMatch="
                                            "NotOlderThan HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(last.text, "\r\nAccept: application/json;as=PartialObjectMetadata;"
                                            "g=meta.k8s.io;v=v1\r\n"));
    ck_assert_ptr_nonnull(strstr(last.text, "\r\nUser-Agent: ballast/"));
    ck_assert_ptr_nonnull(strstr(last.text, "\r\nAuthorization: Bearer secret\r\n"));
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watch");
    TCase *tc = tcase_create("watch");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, one_failure, 0, (int)BL_ARRAY_LEN(failures));
    tcase_add_loop_test(tc, all_failures, 0, 2);
    tcase_add_loop_test(tc, forgotten, 0, 2);
    tcase_add_test(tc, pages_grow_old);
    tcase_add_test(tc, silent_start);
    tcase_add_test(tc, missing);
    tcase_add_test(tc, server_away);
    tcase_add_test(tc, stop_ends_a_watch);
    tcase_add_loop_test(tc, listed_anew, 0, 2);
    tcase_add_test(tc, what_is_asked);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
