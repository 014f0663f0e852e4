/* Which namespaces are looked after, and what it means that one comes or goes. */
#include "ballast/runtime/scope.h"
#include "json_help.h"
#include "unit.h"

static cJSON *namespace(const char *name, bool labelled)
{
    BL_AUTO_FREE char *text =
        bl_asprintf("{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'%s','labels':{%s}}}",
                    name, labelled ? "'in':'yes'" : "");

    return help_json(text);
}

static const char *const only[] = {"a", "b", "c", "d", "kube-system", NULL};
static const char *const left_out[] = {"c", NULL};

static const struct {
    const char *why, *name;
    bool labelled;
    enum bl_scope_place place;
} places[] = {
    {"it has the label", "a", true, BL_SCOPE_WITHIN},
    {"it has none", "b", false, BL_SCOPE_LEFT},
    {"it is excluded", "c", true, BL_SCOPE_LEFT},
    {"it is not one of those", "z", true, BL_SCOPE_BEYOND},
    {"no policy holds there", "kube-system", true, BL_SCOPE_LEFT},
};

START_TEST(place)
{
    BL_AUTO_JSON cJSON *selector = help_json("{'matchLabels':{'in':'yes'}}");
    struct bl_scope scope = {selector, only, left_out};
    struct bl_scope_book *book = bl_scope_book_new(&scope);
    BL_AUTO_JSON cJSON *it = namespace(places[_i].name, places[_i].labelled);

    ck_assert_int_eq(bl_scope_book_place(book, places[_i].name), BL_SCOPE_UNKNOWN);
    ck_assert(bl_scope_book_note(book, places[_i].name, it) ==
              (places[_i].place != BL_SCOPE_WITHIN));
    ck_assert_msg(bl_scope_book_place(book, places[_i].name) == places[_i].place, "%s",
                  places[_i].why);
    bl_scope_book_free(book);
}
END_TEST

START_TEST(comes_and_goes)
{
    BL_AUTO_JSON cJSON *selector = help_json("{'matchLabels':{'in':'yes'}}");
    struct bl_scope scope = {.selector = selector};
    struct bl_scope_book *book = bl_scope_book_new(&scope);
    BL_AUTO_JSON cJSON *in = namespace("a", true);
    BL_AUTO_JSON cJSON *out = namespace("a", false);

    /* What is new needs no list: nothing of it was left out. */
    ck_assert_uint_eq(bl_scope_book_since(book, "a"), 0);
    ck_assert(!bl_scope_book_note(book, "a", in));
    ck_assert_uint_eq(bl_scope_book_since(book, "a"), 0);
    ck_assert(!bl_scope_book_note(book, "a", in));

    ck_assert(bl_scope_book_note(book, "a", out));
    ck_assert_uint_eq(bl_scope_book_since(book, "a"), UINT64_MAX);
    ck_assert_uint_eq(bl_scope_book_time(book), 0);
    ck_assert(bl_scope_book_note(book, "a", in));
    ck_assert_uint_eq(bl_scope_book_since(book, "a"), 1);
    ck_assert_uint_eq(bl_scope_book_time(book), 1);

    /* One that is made anew under its name is new. */
    ck_assert(!bl_scope_book_note(book, "a", NULL));
    ck_assert_int_eq(bl_scope_book_place(book, "a"), BL_SCOPE_UNKNOWN);
    ck_assert(!bl_scope_book_note(book, "a", in));
    ck_assert_uint_eq(bl_scope_book_since(book, "a"), 0);
    bl_scope_book_free(book);
}
END_TEST

START_TEST(many)
{
    struct bl_scope scope = {.left_out = left_out};
    struct bl_scope_book *book = bl_scope_book_new(&scope);

    for (int i = 0; i < 1000; i++) {
        BL_AUTO_FREE char *name = bl_asprintf("n%d", i * 7919 % 1000);
        BL_AUTO_JSON cJSON *it = namespace(name, false);

        ck_assert(!bl_scope_book_note(book, name, it));
    }
    for (int i = 0; i < 1000; i += 2) {
        BL_AUTO_FREE char *name = bl_asprintf("n%d", i);

        ck_assert(!bl_scope_book_note(book, name, NULL));
    }
    for (int i = 0; i < 1000; i++) {
        BL_AUTO_FREE char *name = bl_asprintf("n%d", i);

        ck_assert_int_eq(bl_scope_book_place(book, name),
                         i % 2 ? BL_SCOPE_WITHIN : BL_SCOPE_UNKNOWN);
    }
    bl_scope_book_free(book);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scope");
    TCase *tests = tcase_create("scope");

    tcase_add_loop_test(tests, place, 0, (int)BL_ARRAY_LEN(places));
    tcase_add_test(tests, comes_and_goes);
    tcase_add_test(tests, many);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
