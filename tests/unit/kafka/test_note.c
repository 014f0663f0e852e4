/* Notes of what a cluster holds: as texts, and compared. */
#include "ballast/kafka/note.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "unit.h"

#define HEAD "ballast-note 1 abc\n"
#define SAME "00000000000000aa"
#define OTHER "00000000000000bb"

static void parse(const char *text, struct bl_note *note)
{
    BL_ERROR(err);

    if (bl_note_parse(text, note, &err) < 0)
        ck_abort_msg("%s: %s", text, bl_error_text(err));
}

START_TEST(a_text_and_back)
{
    static const char text[] = HEAD "a 0 0 67 0 67 " SAME "\na 1 10 80 20 60 " OTHER
                                    "\nb.c_d-e 0 0 0 0 0 cbf29ce484222325\n";
    BL_AUTO(bl_note_release) struct bl_note note = {0};

    parse(text, &note);
    BL_AUTO_FREE char *again = bl_note_text(&note);
    ck_assert_str_eq(again, text);
    ck_assert_int_eq(bl_note_messages(&note), 67 + 70);
    ck_assert_int_eq(bl_note_digested(&note), 67 + 60);
    ck_assert_uint_eq(bl_note_topics(&note), 2);
}
END_TEST

static const struct {
    const char *text, *says;
} bad[] = {
    {"", "begins with"},
    {"ballast-note 2 abc\n", "begins with"},
    {"ballast-note 1 \n", "begins with"},
    {HEAD "a 0 0 67 0 67\n", "line 2"},
    {HEAD "a 0 0 67 0 67 " SAME " x\n", "line 2"},
    {HEAD "a 0 0 67 0 67 " SAME "\n\nb", "line 3"},
    {HEAD "a -1 0 67 0 67 " SAME "\n", "line 2"},
    {HEAD "a 0 68 67 68 0 " SAME "\n", "line 2"},
    {HEAD "a 0 0 67 0 68 " SAME "\n", "line 2"},
    {HEAD "a 0 0 67 68 0 " SAME "\n", "line 2"},
    {HEAD "a 0 0 99999999999999999999 0 67 " SAME "\n", "line 2"},
    {HEAD "a 4294967296 0 67 0 67 " SAME "\n", "line 2"},
    {HEAD "a 0 0 67 0 67 xx\n", "line 2"},
    {HEAD " 0 0 67 0 67 " SAME "\n", "line 2"},
};

START_TEST(what_is_no_note)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(bad); i++) {
        BL_AUTO(bl_note_release) struct bl_note note = {0};
        BL_ERROR(err);

        BL_WHY(bl_note_parse(bad[i].text, &note, &err) < 0, bad[i].text);
        BL_WHY(strstr(bl_error_text(err), bad[i].says), bl_error_text(err));
    }
}
END_TEST

static const struct {
    const char *why, *noted, *now;
    int64_t lost, expired, changed, more;
    const char *says;
} rows[] = {
    {"the same", "a 0 0 67 0 67 " SAME "\n", "a 0 0 67 0 67 " SAME "\n", 0, 0, 0, 0, NULL},
    {"more came", "a 0 0 67 0 67 " SAME "\n", "a 0 0 70 0 67 " SAME "\n", 0, 0, 0, 3, NULL},
    {"the last are gone", "a 0 0 67 0 67 " SAME "\n", "a 0 0 60 0 60 " OTHER "\n", 7, 0, 0, 0,
     "partition a-0: its end is 60, and was 67"},
    {"all are gone", "a 0 10 67 10 57 " SAME "\n", "a 0 0 0 0 0 " OTHER "\n", 57, 0, 0, 0,
     "partition a-0: its end is 0, and was 67"},
    {"the topic is gone", "a 0 10 67 10 57 " SAME "\n", "", 57, 0, 0, 0, "a-0: its end is 0"},
    {"an empty one is gone", "a 0 0 0 0 0 " SAME "\n", "", 0, 0, 0, 0, NULL},
    {"others", "a 0 0 67 0 67 " SAME "\n", "a 0 0 67 0 67 " OTHER "\n", 0, 0, 1, 0,
     "a-0: others lie at the offsets 0 to 67"},
    {"fewer, as of compaction", "a 0 0 67 0 67 " SAME "\n", "a 0 0 67 0 60 " OTHER "\n", 0, 0, 1, 0,
     "others lie"},
    {"the first are too old", "a 0 0 67 20 47 " SAME "\n", "a 0 10 67 20 47 " SAME "\n", 0, 10, 0,
     0, NULL},
    {"some that were digested are", "a 0 0 67 20 47 " SAME "\n", "a 0 30 67 30 37 " OTHER "\n", 0,
     30, 0, 0, NULL},
    {"all are too old", "a 0 0 67 20 47 " SAME "\n", "a 0 90 90 90 0 " OTHER "\n", 0, 67, 0, 23,
     NULL},
    {"a new topic", "", "b 0 0 67 0 67 " SAME "\n", 0, 0, 0, 0, NULL},
    {"many",
     "a 0 0 1 0 1 " SAME "\na 1 0 1 0 1 " SAME "\na 2 0 1 0 1 " SAME "\na 3 0 1 0 1 " SAME
     "\na 4 0 1 0 1 " SAME "\na 5 0 1 0 1 " SAME "\na 6 0 1 0 1 " SAME "\n",
     "", 7, 0, 0, 0, "and 2 more"},
};

START_TEST(what_differs)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_FREE char *before = bl_asprintf(HEAD "%s", rows[i].noted);
        BL_AUTO_FREE char *after = bl_asprintf(HEAD "%s", rows[i].now);
        BL_AUTO(bl_note_release) struct bl_note noted = {0}, now = {0};
        BL_AUTO(bl_note_difference_release) struct bl_note_difference found = {0};

        parse(before, &noted);
        parse(after, &now);
        bl_note_compare(&noted, &now, &found);
        ck_assert_msg(found.lost == rows[i].lost && found.expired == rows[i].expired &&
                          found.changed == rows[i].changed && found.more == rows[i].more,
                      "%s: %ld lost, %ld expired, %ld changed, %ld more", rows[i].why,
                      (long)found.lost, (long)found.expired, (long)found.changed, (long)found.more);
        BL_WHY(!found.other_cluster, rows[i].why);
        BL_WHY(rows[i].says ? found.worst && strstr(found.worst, rows[i].says) : !found.worst,
               found.worst ? found.worst : rows[i].why);
    }
}
END_TEST

START_TEST(another_cluster)
{
    BL_AUTO(bl_note_release) struct bl_note noted = {0}, now = {0};
    BL_AUTO(bl_note_difference_release) struct bl_note_difference found = {0};

    parse(HEAD, &noted);
    parse("ballast-note 1 def\n", &now);
    bl_note_compare(&noted, &now, &found);
    ck_assert(found.other_cluster);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/note");
    TCase *tests = tcase_create("note");

    tcase_add_test(tests, a_text_and_back);
    tcase_add_test(tests, what_is_no_note);
    tcase_add_test(tests, what_differs);
    tcase_add_test(tests, another_cluster);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
