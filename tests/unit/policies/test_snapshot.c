#include "ballast/policies/snapshot.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

/* Policies from files and objects: what is broken never replaces what was good. */

#define POLICY(name, rules)                                                               \
    "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'" name \
    "'},'spec':{'rules':{" rules "}}}"
#define PROBES "'probes':{'action':'Warn'}"

static char folder[] = "/tmp/ballast-snapshot-XXXXXX";

static void write_file(const char *name, const char *text)
{
    BL_AUTO_FREE char *path = bl_asprintf("%s/%s", folder, name);
    BL_AUTO_FREE char *copy = bl_strdup(text);
    BL_ERROR(err);

    help_swap(copy, '\'', '"');
    ck_assert_int_eq(bl_file_replace(path, copy, strlen(copy), &err), 0);
}

static size_t count(struct bl_policies *policies)
{
    BL_AUTO(bl_snapshot_cleanup) struct bl_snapshot *snapshot = bl_policies_get(policies);

    return snapshot ? bl_snapshot_policies(snapshot)->len : 0;
}

static int read_files(struct bl_policies *policies, enum bl_reload *ret_what)
{
    BL_ERROR(err);

    return bl_policies_read(policies, ret_what, &err);
}

static int upsert(struct bl_policies *policies, const char *text)
{
    BL_AUTO_JSON cJSON *object = help_json(text);
    BL_ERROR(err);

    return bl_policies_upsert(policies, object, &err);
}

static void begin(void)
{
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_file("a.yaml", POLICY("a", PROBES));
}

static void end(void)
{
    BL_AUTO_FREE char *command = bl_asprintf("rm -rf %s", folder);

    ck_assert_int_eq(system(command), 0);
}

START_TEST(files_are_read_again)
{
    const char *const names[] = {folder, NULL};
    BL_AUTO(bl_policies_cleanup) struct bl_policies *policies = bl_policies_new(names, 0);
    enum bl_reload what;

    ck_assert_uint_eq(count(policies), 0);
    ck_assert_int_eq(read_files(policies, &what), 0);
    ck_assert_int_eq(what, BL_RELOAD_DONE);
    ck_assert_int_eq(read_files(policies, &what), 0);
    ck_assert_int_eq(what, BL_RELOAD_SAME);
    write_file("b.yaml", POLICY("b", PROBES));
    ck_assert_int_eq(read_files(policies, &what), 0);
    ck_assert_uint_eq(count(policies), 2);
    write_file("b.yaml", "kind: [");
    ck_assert_int_eq(read_files(policies, &what), -1);
    ck_assert_uint_eq(count(policies), 2);
    write_file("b.yaml", POLICY("a", PROBES));
    ck_assert_int_eq(read_files(policies, &what), -1);
    ck_assert_uint_eq(count(policies), 2);
}
END_TEST

START_TEST(objects_come_and_go)
{
    const char *const names[] = {folder, NULL};
    BL_AUTO(bl_policies_cleanup) struct bl_policies *policies = bl_policies_new(names, 0);
    const char *const kept[] = {"x"};
    enum bl_reload what;
    BL_ERROR(err);

    ck_assert_int_eq(read_files(policies, &what), 0);
    ck_assert_int_eq(upsert(policies, POLICY("x", PROBES)), 0);
    ck_assert_int_eq(upsert(policies, POLICY("y", PROBES)), 0);
    ck_assert_uint_eq(count(policies), 3);
    ck_assert_int_eq(upsert(policies, POLICY("x", "'nonsense':{}")), -1);
    ck_assert_int_eq(upsert(policies, POLICY("z", "'nonsense':{}")), -1);
    ck_assert_int_eq(upsert(policies, POLICY("a", PROBES)), -1);
    ck_assert_uint_eq(count(policies), 3);
    ck_assert_int_eq(bl_policies_keep(policies, kept, 1, &err), 0);
    ck_assert_uint_eq(count(policies), 2);
    ck_assert_int_eq(bl_policies_remove(policies, "x", &err), 0);
    ck_assert_int_eq(bl_policies_remove(policies, "never there", &err), 0);
    ck_assert_uint_eq(count(policies), 1);
    /* Files that change keep the objects. */
    ck_assert_int_eq(upsert(policies, POLICY("x", PROBES)), 0);
    write_file("a.yaml", POLICY("a2", PROBES));
    ck_assert_int_eq(read_files(policies, &what), 0);
    ck_assert_uint_eq(count(policies), 2);
}
END_TEST

START_TEST(what_held_before_is_there_for_a_while)
{
    const char *const names[] = {folder, NULL};
    BL_AUTO(bl_policies_cleanup)
    struct bl_policies *policies = bl_policies_new(names, BL_NSEC_S * 60);
    BL_AUTO(bl_policies_cleanup) struct bl_policies *strict = bl_policies_new(names, 0);
    enum bl_reload what;

    ck_assert_int_eq(read_files(policies, &what), 0);
    ck_assert_int_eq(read_files(strict, &what), 0);
    ck_assert_ptr_null(bl_policies_get_previous(policies));
    write_file("a.yaml", POLICY("b", PROBES));
    ck_assert_int_eq(read_files(policies, &what), 0);
    ck_assert_int_eq(read_files(strict, &what), 0);
    BL_AUTO(bl_snapshot_cleanup) struct bl_snapshot *previous = bl_policies_get_previous(policies);
    ck_assert_str_eq(bl_policy_name(bl_snapshot_policies(previous)->items[0]), "a");
    ck_assert_ptr_null(bl_policies_get_previous(strict));
}
END_TEST

static void *look(void *arg)
{
    for (int i = 0; i < 2000; i++) {
        BL_AUTO(bl_snapshot_cleanup) struct bl_snapshot *snapshot = bl_policies_get(arg);

        ck_assert_uint_gt(bl_snapshot_policies(snapshot)->len, 0);
    }
    return NULL;
}

START_TEST(readers_keep_what_they_hold)
{
    const char *const names[] = {folder, NULL};
    BL_AUTO(bl_policies_cleanup) struct bl_policies *policies = bl_policies_new(names, BL_NSEC_S);
    pthread_t readers[3];
    enum bl_reload what;

    ck_assert_int_eq(read_files(policies, &what), 0);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, look, policies), 0);
    for (int i = 0; i < 100; i++) {
        write_file("a.yaml", i % 2 ? POLICY("a", PROBES) : POLICY("b", PROBES));
        ck_assert_int_eq(read_files(policies, &what), 0);
    }
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_join(readers[i], NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("webhook/snapshot");
    TCase *tests = tcase_create("snapshot");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, files_are_read_again);
    tcase_add_test(tests, objects_come_and_go);
    tcase_add_test(tests, what_held_before_is_there_for_a_while);
    tcase_add_test(tests, readers_keep_what_they_hold);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
