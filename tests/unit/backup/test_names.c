/* IDs at the service, and what an administrator allows. */
#include "ballast/backup/names.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/google/backup.h"
#include "unit.h"

START_TEST(made_of_any_name)
{
    static const char *const names[] = {
        "nightly", "a.b.c", "1st",
        "0123456789012345678901234567890123456789012345678901234567890123456789"};

    for (size_t i = 0; i < BL_ARRAY_LEN(names); i++) {
        BL_AUTO_FREE char *id = bl_backup_make_id("kafka", names[i]);
        BL_AUTO_FREE char *again = bl_backup_make_id("kafka", names[i]);
        BL_AUTO_FREE char *other = bl_backup_make_id("orders", names[i]);

        BL_WHY(bl_gke_id_valid(id), id);
        ck_assert_str_eq(id, again);
        ck_assert_str_ne(id, other);
    }
}
END_TEST

START_TEST(no_two_objects_for_one)
{
    BL_AUTO_FREE char *a = bl_backup_make_id("a", "b-c");
    BL_AUTO_FREE char *b = bl_backup_make_id("a-b", "c");

    ck_assert_str_ne(a, b);
}
END_TEST

static const struct {
    const char *why, *namespace, *resource;
    bool allowed;
} asked[] = {
    {"that one", "orders", "projects/p/locations/l/clusters/dr", true},
    {"not one whose name begins so", "orders", "projects/p/locations/l/clusters/dr2", false},
    {"another namespace", "order", "projects/p/locations/l/clusters/dr", false},
    {"a namespace that begins so", "orders2", "projects/p/locations/l/clusters/dr", false},
    {"all below", "orders", "projects/p/locations/l/backupPlans/a/backups/b", true},
    {"not beside", "orders", "projects/p/locations/l/backupPlansX/a", false},
    {"for all", "anybody", "transformationRules", true},
    {"nothing else for all", "anybody", "clusterResources", false},
};

START_TEST(what_is_allowed)
{
    static const char *const allowed[] = {"orders=projects/p/locations/l/clusters/dr",
                                          "orders=projects/p/locations/l/backupPlans/",
                                          "*=transformationRules"};

    for (size_t i = 0; i < BL_ARRAY_LEN(asked); i++)
        BL_WHY(bl_backup_is_allowed(allowed, BL_ARRAY_LEN(allowed), asked[i].namespace,
                                    asked[i].resource) == asked[i].allowed,
               asked[i].why);
}
END_TEST

START_TEST(entries_that_cannot_be_read)
{
    static const char *const bad[] = {"", "orders", "=x", "orders=", "orders=projects/*"};
    BL_ERROR(none);

    for (size_t i = 0; i < BL_ARRAY_LEN(bad); i++) {
        BL_ERROR(err);

        BL_WHY(bl_backup_check_allowed(bad[i], &err) < 0, bad[i]);
    }
    ck_assert_int_eq(bl_backup_check_allowed("*=projects/", &none), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backup/names");
    TCase *tests = tcase_create("names");

    tcase_add_test(tests, made_of_any_name);
    tcase_add_test(tests, no_two_objects_for_one);
    tcase_add_test(tests, what_is_allowed);
    tcase_add_test(tests, entries_that_cannot_be_read);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
