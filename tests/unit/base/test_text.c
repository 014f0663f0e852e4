/* Patterns, suggestions and numbers. */
#include "ballast/base/text.h"

#include <string.h>

#include "unit.h"

START_TEST(comparisons)
{
    static const char *const list[] = {"In", "NotIn", NULL};

    ck_assert(bl_text_eq(NULL, NULL));
    ck_assert(!bl_text_eq("a", NULL));
    ck_assert(!bl_text_eq(NULL, "a"));
    ck_assert(bl_text_eq("a", "a"));
    ck_assert(!bl_text_eq("a", "A"));
    ck_assert(bl_text_starts("kafka-0", "kafka-"));
    ck_assert(bl_text_starts("kafka", ""));
    ck_assert(!bl_text_starts("kaf", "kafka"));
    ck_assert(bl_text_ends("a.yaml", ".yaml"));
    ck_assert(bl_text_ends("a", ""));
    ck_assert(!bl_text_ends("yaml", ".yaml"));
    ck_assert(!bl_text_ends("a.yaml.bak", ".yaml"));
    ck_assert(bl_text_in("NotIn", list));
    ck_assert(!bl_text_in("in", list));
    ck_assert(!bl_text_in(NULL, list));
    ck_assert_str_eq(bl_text_find_in("NotIn here", 5, list), "NotIn");
    ck_assert_ptr_null(bl_text_find_in("NotIn here", 3, list));
    ck_assert_ptr_null(bl_text_find_in("NotIn here", 6, list));
    ck_assert(bl_text_holds("is notIN it", list));
    ck_assert(!bl_text_holds("", list));
    ck_assert(!bl_text_holds(NULL, list));
}
END_TEST

static const struct {
    const char *why, *pattern, *text;
    bool want;
} globs[] = {
    {"no wildcard, same", "kafka", "kafka", true},
    {"no wildcard, longer text", "kafka", "kafka-0", false},
    {"no wildcard, shorter text", "kafka", "kaf", false},
    {"case counts", "Kafka", "kafka", false},
    {"empty matches empty", "", "", true},
    {"empty matches nothing else", "", "a", false},
    {"star matches nothing", "*", "", true},
    {"star matches all", "*", "team-a", true},
    {"star at the end", "team-*", "team-", true},
    {"star at the end of other text", "team-*", "team", false},
    {"star in front", "*-prod", "kafka-prod", true},
    {"star in front needs the end", "*-prod", "kafka-prod-2", false},
    {"star must try again after a false start", "*-prod", "a-pro-prod", true},
    {"stars on both sides", "*kafka*", "my-kafka-0", true},
    {"two stars need both parts in order", "a*b*c", "a-c-b", false},
    {"two stars, parts in order", "a*b*c", "abbcbc", true},
    {"question mark is one character", "kafka-?", "kafka-0", true},
    {"question mark is not none", "kafka-?", "kafka-", false},
    {"question mark is not two", "kafka-?", "kafka-10", false},
    {"brackets are plain letters", "[ab]", "a", false},
    {"a star in the text is a letter", "a", "*", false},
    {"many stars do not explode", "*a*a*a*a*a*a*a*a*a*a*a*a*b",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
};

START_TEST(glob_matches)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(globs); i++)
        BL_WHY(bl_text_glob(globs[i].pattern, globs[i].text) == globs[i].want, globs[i].why);
}
END_TEST

static const struct {
    const char *why, *word, *want; /* NULL: no suggestion */
} words[] = {
    {"exact", "replicas", "replicas"},
    {"one letter missing", "replcas", "replicas"},
    {"one letter too many", "repplicas", "replicas"},
    {"another letter", "replocas", "replicas"},
    {"neighbours swapped", "zoneSpraed", "zoneSpread"},
    {"case ignored", "ZONESPREAD", "zoneSpread"},
    {"hyphen for capital", "zone-spread", "zoneSpread"},
    {"something else entirely", "banana", NULL},
    {"nothing", "", NULL},
    {"a short word with one letter wrong", "rock", "rack"},
    {"a single letter is near nothing", "r", NULL},
    {"the nearer of two", "probe", "probes"},
    {"the first of two that are equally near", "tas", "tab"},
    {"longer than any key",
     "replicasreplicasreplicasreplicasreplicasreplicasreplicasreplicasreplicas", NULL},
};

START_TEST(nearest_suggests)
{
    static const char *const keys[] = {
        "replicas", "zoneSpread",
        "rack",     "probes",
        "prober2",  "tab",
        "tad",      "averyveryveryveryveryveryveryveryveryveryveryveryveryveryverylongcandidate",
        NULL};

    for (size_t i = 0; i < BL_ARRAY_LEN(words); i++) {
        const char *got = bl_text_nearest(words[i].word, keys);

        ck_assert_msg(bl_text_eq(got, words[i].want), "%s: \"%s\" gave %s", words[i].why,
                      words[i].word, got ? got : "nothing");
    }
}
END_TEST

static const struct {
    const char *why, *text;
    bool ok;
    int64_t want;
} ints[] = {
    {"zero", "0", true, 0},
    {"plain", "42", true, 42},
    {"negative", "-42", true, -42},
    {"leading zeros", "007", true, 7},
    {"largest", "9223372036854775807", true, INT64_MAX},
    {"smallest", "-9223372036854775808", true, INT64_MIN},
    {"one too large", "9223372036854775808", false, 0},
    {"one too small", "-9223372036854775809", false, 0},
    {"far too large", "99999999999999999999999", false, 0},
    {"nothing", "", false, 0},
    {"sign alone", "-", false, 0},
    {"plus", "+1", false, 0},
    {"two signs", "--1", false, 0},
    {"white space in front", " 1", false, 0},
    {"white space behind", "1 ", false, 0},
    {"fraction", "1.0", false, 0},
    {"hexadecimal", "0x1", false, 0},
    {"letter", "1a", false, 0},
};

START_TEST(to_int_reads_all_or_nothing)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(ints); i++) {
        int64_t value = 12345;
        bool ok = bl_text_to_int(ints[i].text, strlen(ints[i].text), &value);

        BL_WHY(ok == ints[i].ok, ints[i].why);
        BL_WHY(value == (ints[i].ok ? ints[i].want : 12345), ints[i].why);
    }
}
END_TEST

START_TEST(to_int_stops_at_the_length)
{
    int64_t value;

    ck_assert(bl_text_to_int("123%", 3, &value));
    ck_assert_int_eq(value, 123);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/text");
    TCase *tests = tcase_create("text");

    tcase_add_test(tests, comparisons);
    tcase_add_test(tests, glob_matches);
    tcase_add_test(tests, nearest_suggests);
    tcase_add_test(tests, to_int_reads_all_or_nothing);
    tcase_add_test(tests, to_int_stops_at_the_length);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
