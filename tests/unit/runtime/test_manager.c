/* A manager with a controller for ConfigMaps: what it is asked for, when it is asked again, and how all of it ends. */
#include "ballast/runtime/manager.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "fakekube_help.h"

/* Only a test that fails waits until then. */
#define PATIENCE (60 * BL_NSEC_S)

/* What reconcile() was asked, and how it shall answer. */
static struct {
    pthread_mutex_t lock;
    struct bl_strbuf asked; /* "namespace/name " of each request */
    bool left_out;          /* one of the namespace "left-out" was among them */
    int failures;           /* to come */
    bl_nsec again;          /* requeue_after of the next, once */
    bool freed;
} seen;

static void *make(struct bl_controller *controller, void *environment)
{
    ck_assert_str_eq(environment, "environment");
    ck_assert_ptr_nonnull(bl_controller_metrics(controller));
    return &seen;
}

static void release(void *context)
{
    ck_assert_ptr_eq(context, &seen);
    seen.freed = true;
}

static int reconcile(struct bl_controller *controller, const struct bl_reconcile_request *request,
                     struct bl_reconcile_result *ret_result, struct bl_error **err)
{
    BL_AUTO(bl_stored_cleanup)
    struct bl_stored *map =
        bl_controller_find(controller, &bl_kind_config_map, request->namespace, request->name);
    int rc = 0;

    (void)pthread_mutex_lock(&seen.lock);
    bl_strbuf_addf(&seen.asked, "%s/%s%s ", request->namespace, request->name,
                   *request->namespace && !map ? "-" : "");
    seen.left_out |= strcmp(request->namespace, "left-out") == 0;
    if (seen.failures > 0) {
        seen.failures--;
        rc = bl_fail(err, BL_ERR_UNAVAILABLE, "not now");
    }
    bl_reconcile_again(ret_result, seen.again);
    bl_reconcile_again(ret_result, 0);
    bl_reconcile_again(ret_result, seen.again ? 3600 * BL_NSEC_S : 0);
    seen.again = 0;
    (void)pthread_mutex_unlock(&seen.lock);
    return rc;
}

static const struct bl_controller_watch own[] = {
    {.kind = &bl_kind_config_map, .map = bl_map_self},
    {0},
};
/* The value is the name of what the object belongs to. */
static void map_value(struct bl_controller *controller, const cJSON *object)
{
    const char *value = bl_json_string(bl_json_get(object, "data"), "value");

    bl_controller_enqueue(controller, &(struct bl_reconcile_request){"", value});
}

static const struct bl_controller_watch values[] = {
    {.kind = &bl_kind_config_map, .map = map_value},
    {0},
};
static const struct bl_controller_watch namespaces[] = {
    {.kind = &bl_kind_config_map, .map = bl_map_namespace},
    {0},
};
static const struct bl_controller_spec objects = {.name = "objects",
                                                  .watches = own,
                                                  .backoff_min = BL_NSEC_MS,
                                                  .make = make,
                                                  .free = release,
                                                  .reconcile = reconcile};
static const struct bl_controller_watch scoped[] = {
    {.kind = &bl_kind_config_map, .map = bl_map_self},
    {.kind = &bl_kind_namespace, .map = bl_map_self},
    {0},
};
static const struct bl_controller_spec inhabitants = {.name = "inhabitants",
                                                      .watches = scoped,
                                                      .backoff_min = BL_NSEC_MS,
                                                      .make = make,
                                                      .free = release,
                                                      .reconcile = reconcile};
static const struct bl_controller_spec rooms = {
    .name = "rooms", .watches = namespaces, .make = make, .reconcile = reconcile};

static const struct bl_controller_spec owners = {
    .name = "owners", .watches = values, .make = make, .reconcile = reconcile};

static struct fakekube *fake;
static struct bl_metrics *metrics;
static struct bl_manager *manager;
static char path[] = "/tmp/ballast-kubeconfig-XXXXXX";

static void write_kubeconfig(void)
{
    BL_AUTO_FREE char *text = bl_asprintf("clusters: [{name: c, cluster: {server: '%s'}}]\n"
                                          "users: [{name: u, user: {token: t}}]\n"
                                          "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
                                          "current-context: x\n",
                                          fakekube_url(fake));
    int fd = mkstemp(path);
    BL_ERROR(err);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bl_file_write_fd(fd, path, text, strlen(text), &err), 0);
    close(fd);
}

static void make_manager(const struct bl_scope *scope)
{
    static struct bl_kube_target target;
    struct bl_manager_options options = {
        .cluster = &target, .reporter = "ballast.dev/test", .workers = 2, .scope = scope};
    BL_ERROR(err);

    target.path = path;
    options.metrics = metrics = bl_metrics_new();
    if (bl_manager_new(&options, &manager, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
}

static void setup(void)
{
    (void)pthread_mutex_init(&seen.lock, NULL);
    seen.asked = (struct bl_strbuf)BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    fake = fakekube_new();
    write_kubeconfig();
    make_manager(NULL);
}

static void teardown(void)
{
    bl_manager_free(manager);
    bl_metrics_free(metrics);
    fakekube_free(fake);
    bl_strbuf_release(&seen.asked);
    unlink(path);
}

static void start(const struct bl_controller_spec *spec)
{
    BL_ERROR(err);

    bl_manager_add(manager, spec, (void *)"environment");
    if (bl_manager_start(manager, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
}

/* Waits until these were asked for, in whatever order, and forgets all. */
static void wait_for(const char *const *requests)
{
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + PATIENCE;
    bool all = false;

    while (!all) {
        all = true;
        (void)pthread_mutex_lock(&seen.lock);
        for (const char *const *request = requests; *request; request++)
            all &= strstr(seen.asked.text, *request) != NULL;
        if (bl_clock_now(&bl_clock_real) > deadline)
            ck_abort_msg("%s was not asked for: %s", *requests, seen.asked.text);
        if (all)
            bl_strbuf_reset(&seen.asked);
        (void)pthread_mutex_unlock(&seen.lock);
        if (!all)
            (void)usleep(2000);
    }
}

#define WAIT(...) wait_for((const char *const[]){__VA_ARGS__, NULL})

START_TEST(objects_are_asked_for)
{
    fakekube_put(fake, "k", "a", "1");
    fakekube_put(fake, "l", "b", "1");
    start(&objects);
    WAIT("k/a ", "l/b ");
    ck_assert_ptr_null(bl_manager_unready(manager));
    fakekube_put(fake, "k", "a", "2");
    WAIT("k/a ");
    fakekube_delete(fake, "k", "a");
    WAIT("k/a- ");
    bl_manager_resync(manager);
    WAIT("l/b ");
    ck_assert(!bl_manager_failed(manager));
}
END_TEST

START_TEST(maps_choose_what_is_asked_for)
{
    start(&rooms);
    fakekube_put(fake, "k", "a", "1");
    WAIT("/k ");
    fakekube_delete(fake, "k", "a");
    WAIT("/k ");
}
END_TEST

/* Whom it belonged to has to hear of it as well. */
START_TEST(what_changes_hands_asks_for_both)
{
    fakekube_put(fake, "k", "a", "one");
    start(&owners);
    WAIT("/one ");
    fakekube_put(fake, "k", "a", "two");
    WAIT("/one ", "/two ");
    fakekube_delete(fake, "k", "a");
    WAIT("/two ");
}
END_TEST

/* It comes again by itself, each time, until it went well. */
START_TEST(failures_come_again)
{
    seen.failures = 4;
    fakekube_put(fake, "k", "a", "1");
    start(&objects);
    WAIT("k/a k/a k/a k/a k/a ");
    bl_manager_measure(manager);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    /* The last one is counted when it has returned. */
    while (!strstr(text.text, "reconciles_total{controller=\"objects\",result=\"ok\"} 1")) {
        bl_strbuf_reset(&text);
        bl_metrics_render(metrics, &text);
    }
    ck_assert_ptr_nonnull(strstr(text.text, "{controller=\"objects\",result=\"failed\"} 4"));
    ck_assert_ptr_nonnull(
        strstr(text.text, "ballast_controller_queue_length{controller=\"objects\"} 0"));
    ck_assert_ptr_nonnull(strstr(text.text, "ballast_cache_objects{resource=\"configmaps\"} 1"));
    ck_assert_ptr_nonnull(strstr(text.text, "ballast_controller_leader 1"));
}
END_TEST

START_TEST(the_shortest_pause_counts)
{
    seen.again = BL_NSEC_MS;
    fakekube_put(fake, "k", "a", "1");
    start(&objects);
    WAIT("k/a k/a ");
}
END_TEST

/* The watch of namespaces is behind that of objects: nothing else will ask for these objects. */
START_TEST(a_namespace_is_heard_of_after_its_objects)
{
#define END_OF_LIST                                                                                \
    "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Namespace\",\"metadata\":{\"resourceVersion\":" \
    "\"1\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n"
#define ADDED(name, version)                                                                     \
    "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Namespace\",\"apiVersion\":\"v1\",\"metadata\":" \
    "{\"name\":\"" name "\",\"resourceVersion\":\"" version "\"}}}\n"
    static const char *const left_out[] = {"left-out", NULL};
    static const struct bl_scope scope = {.left_out = left_out};
    static const struct fake_answer none = {
        .status = 200, .body = END_OF_LIST, .chunked = true, .hold = true};
    static const struct fake_answer both = {.status = 200,
                                            .body = ADDED("late", "2") ADDED("left-out", "3"),
                                            .chunked = true,
                                            .hold = true};

    bl_manager_free(manager);
    bl_metrics_free(metrics);
    make_manager(&scope);
    fakekube_put(fake, "late", "a", "1");
    fakekube_put(fake, "left-out", "b", "1");
    fakekube_serve(fake, "/namespaces?", &none);
    start(&inhabitants);
    for (char *why; (why = bl_manager_unready(manager)); free(why))
        (void)usleep(2000);
    fakekube_put(fake, "late", "c", "1");
    fakekube_serve(fake, "/namespaces?", &both);
    fakekube_kick(fake);
    WAIT("late/a ", "late/c ");
    fakekube_delete(fake, "late", "a");
    WAIT("late/a- ");
    ck_assert(!seen.left_out);
}
END_TEST

START_TEST(all_of_it_ends)
{
    fakekube_put(fake, "k", "a", "1");
    start(&objects);
    WAIT("k/a ");
    bl_manager_free(manager);
    manager = NULL;
    ck_assert(seen.freed);
}
END_TEST

START_TEST(it_ends_before_it_began)
{
    bl_manager_add(manager, &objects, (void *)"environment");
    bl_manager_free(manager);
    manager = NULL;
    ck_assert(seen.freed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("manager");
    TCase *tests = tcase_create("manager");

    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, objects_are_asked_for);
    tcase_add_test(tests, maps_choose_what_is_asked_for);
    tcase_add_test(tests, what_changes_hands_asks_for_both);
    tcase_add_test(tests, failures_come_again);
    tcase_add_test(tests, the_shortest_pause_counts);
    tcase_add_test(tests, a_namespace_is_heard_of_after_its_objects);
    tcase_add_test(tests, all_of_it_ends);
    tcase_add_test(tests, it_ends_before_it_began);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
