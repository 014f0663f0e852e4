#include "ballast/json/arena.h"

#include <pthread.h>

#include "ballast/json/edit.h"
#include "json_help.h"
#include "unit.h"

/* What a request does: read, copy, edit, write, forget. Values from before live on. */
static void request(const cJSON *before)
{
    BL_JSON_ARENA(arena);
    BL_AUTO_JSON cJSON *value =
        help_json("{'a':{'b':[1,2,3]},'long':'0123456789012345678901234567890'}");
    BL_AUTO_JSON cJSON *copy = bl_json_copy(before);
    BL_AUTO(bl_edit_release) struct bl_edit edit = {0};
    BL_ERROR(err);

    bl_edit_init(&edit, value);
    ck_assert_int_eq(bl_edit_replace(&edit, "/a/b", bl_json_copy(before), &err), 0);
    ck_assert_int_eq(bl_edit_set(&edit, "/x/y", bl_json_new_string("z"), &err), 0);
    ck_assert_int_eq(bl_edit_remove(&edit, "/long", &err), 0);
    ck_assert(bl_json_equal(bl_json_at(edit.object, "a", "b", NULL), copy));
}

START_TEST(gives_back_at_once)
{
    BL_AUTO_JSON cJSON *before = help_json("{'from':'before'}");

    bl_json_arena_setup();
    for (int i = 0; i < 100; i++)
        request(before);
    ck_assert_str_eq(bl_json_string(before, "from"), "before");
}
END_TEST

START_TEST(takes_more_than_a_chunk)
{
    BL_AUTO_JSON cJSON *before = bl_json_new_array();

    bl_json_arena_setup();
    for (int i = 0; i < 20000; i++)
        bl_json_push(before, bl_json_new_string("some text that is not short at all"));
    for (int i = 0; i < 3; i++)
        request(before);
    ck_assert_uint_eq(bl_json_len(before), 20000);
}
END_TEST

static void *many_requests(void *before)
{
    for (int i = 0; i < 200; i++)
        request(before);
    return NULL;
}

START_TEST(is_of_one_thread)
{
    BL_AUTO_JSON cJSON *before = help_json("{'shared':[1,2]}");
    pthread_t threads[4];

    bl_json_arena_setup();
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, many_requests, before), 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json/arena");
    TCase *tests = tcase_create("arena");

    tcase_add_test(tests, gives_back_at_once);
    tcase_add_test(tests, takes_more_than_a_chunk);
    tcase_add_test(tests, is_of_one_thread);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
