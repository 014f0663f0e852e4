/* Levels of metadata.version by name. That the names are Kafka's own is tests/kafka's affair. */
#include "ballast/kafka/metadata_version.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "unit.h"

static const struct {
    const char *why, *name;
    int64_t level;
} levels[] = {
    {"a level", "3.9-IV0", 21},
    {"a release has its highest", "3.3", 7},
    {"and so has a patch of it", "3.3.2", 7},
    {"with a suffix", "4.1.1-debian-12-r0", 27},
    {"not a longer number", "3.30", -1},
    {"its level alone", "27", 27},
    {"a level that nobody has named", "35", 35},
    {"which a release cannot have", "4.1-IV9", -1},
    {"of ZooKeeper's times", "2.8.2", -1},
    {"newer than the list", "99.1", -1},
    {"no version", "latest", -1},
    {"half of one", "4", 4},
    {"nothing behind the dot", "4.", -1},
    {"nothing", "", -1},
    {"not given", NULL, -1},
    {"none", "0", -1},
    {"below", "-3", -1},
    {"above what the protocol has", "32768", -1},
};

START_TEST(a_name_has_a_level)
{
    ck_assert_msg(bl_metadata_version_level(levels[_i].name) == levels[_i].level, "%s: %lld",
                  levels[_i].why, (long long)bl_metadata_version_level(levels[_i].name));
}
END_TEST

START_TEST(a_level_has_its_name_back)
{
    int64_t newest = bl_metadata_version_level(BL_METADATA_VERSION_NEWEST);

    ck_assert_int_gt(newest, 27);
    for (int64_t level = 1; level <= newest; level++) {
        BL_AUTO_FREE char *name = bl_metadata_version_name(level);

        ck_assert_int_eq(bl_metadata_version_level(name), level);
        ck_assert_msg(strstr(name, "-IV"), "%s", name);
    }
    BL_AUTO_FREE char *next = bl_metadata_version_name(newest + 1);

    ck_assert_int_eq(bl_metadata_version_level(next), newest + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/metadata_version");
    TCase *tests = tcase_create("names");

    tcase_add_loop_test(tests, a_name_has_a_level, 0, (int)BL_ARRAY_LEN(levels));
    tcase_add_test(tests, a_level_has_its_name_back);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
