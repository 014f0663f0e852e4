/* What a rule may look at: by kind and namespace, in the order of names, the last of a name. */
#include "ballast/workload/world.h"

#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

/* Fills in the array's objects; returns how many there are. */
static size_t list(const cJSON *array, const cJSON **ret_objects)
{
    const cJSON *object;
    size_t len = 0;

    cJSON_ArrayForEach(object, array) {
        ret_objects[len++] = object;
    }
    return len;
}

/* The names that a walk comes by, "a b c". */
static char *walk(const struct bl_world *world, enum bl_world_kind kind, const char *namespace)
{
    struct bl_world_iter iter = bl_world_walk(world, kind, namespace);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf names = BL_STRBUF_INIT(1000);

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));)
        bl_strbuf_addf(&names, "%s%s", names.len ? " " : "", entry->ref.name);
    return bl_strbuf_take(&names);
}

#define SERVICE(namespace, name)                                    \
    "{'apiVersion':'v1','kind':'Service','metadata':{'name':'" name \
    "','namespace':'" namespace "'}}"
#define UNNAMED(name) "{'apiVersion':'v1','kind':'Service','metadata':{'name':'" name "'}}"

static const struct {
    const char *why, *namespace, *want;
} walks[] = {
    {"its own namespace and those that name none, by name", "one", "a b d"},
    {"another", "two", "b c"},
    {"one that nobody is in", "three", "b"},
    {"no namespace may be any, one after the other", "", "b a d c"},
};

START_TEST(walks_by_name)
{
    const cJSON *objects[8];
    BL_AUTO_JSON cJSON *array = help_json("[" SERVICE("one", "d") "," UNNAMED("b") "," SERVICE(
        "two", "c") "," SERVICE("one", "a") "]");
    size_t len = list(array, objects);
    BL_AUTO(bl_world_cleanup) struct bl_world *world = bl_world_new(objects, len, NULL, 0);

    for (size_t i = 0; i < BL_ARRAY_LEN(walks); i++) {
        BL_AUTO_FREE char *names = walk(world, BL_WORLD_SERVICE, walks[i].namespace);

        ck_assert_msg(strcmp(names, walks[i].want) == 0, "%s: %s", walks[i].why, names);
    }
    BL_AUTO_FREE char *none = walk(world, BL_WORLD_WORKLOAD, "");
    ck_assert_str_eq(none, "");
}
END_TEST

START_TEST(last_of_a_name_counts)
{
    const cJSON *objects[8];
    BL_AUTO_JSON cJSON *array =
        help_json("[" SERVICE("one", "a") "," SERVICE("one", "b") "," SERVICE("one", "a") "]");
    size_t len = list(array, objects);
    BL_AUTO(bl_world_cleanup) struct bl_world *world = bl_world_new(objects, len, NULL, 0);
    const struct bl_world_entry *entry = bl_world_find_entry(world, BL_WORLD_SERVICE, "one", "a");

    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_eq(entry->index, 2);
    BL_AUTO_FREE char *names = walk(world, BL_WORLD_SERVICE, "one");
    ck_assert_str_eq(names, "a b");
}
END_TEST

START_TEST(groups_do_not_meet)
{
    const unsigned groups[] = {0, 1, 0};
    const cJSON *objects[8];
    BL_AUTO_JSON cJSON *array =
        help_json("[" SERVICE("one", "a") "," SERVICE("one", "a") "," SERVICE("one", "b") "]");
    size_t len = list(array, objects);
    BL_AUTO(bl_world_cleanup) struct bl_world *first = bl_world_new(objects, len, groups, 0);
    BL_AUTO(bl_world_cleanup) struct bl_world *second = bl_world_new(objects, len, groups, 1);
    BL_AUTO_FREE char *in_first = walk(first, BL_WORLD_SERVICE, "one");
    BL_AUTO_FREE char *in_second = walk(second, BL_WORLD_SERVICE, "one");

    ck_assert_str_eq(in_first, "a b");
    ck_assert_str_eq(in_second, "a");
    ck_assert_uint_eq(bl_world_find_entry(second, BL_WORLD_SERVICE, "one", "a")->index, 1);
}
END_TEST

START_TEST(no_world_holds_nothing)
{
    ck_assert_ptr_null(bl_world_find(NULL, BL_WORLD_SERVICE, "", "a"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policies/world");
    TCase *tests = tcase_create("world");

    tcase_add_test(tests, walks_by_name);
    tcase_add_test(tests, last_of_a_name_counts);
    tcase_add_test(tests, groups_do_not_meet);
    tcase_add_test(tests, no_world_holds_nothing);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
