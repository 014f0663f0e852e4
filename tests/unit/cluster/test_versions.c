/* Versions of Kafka and their levels: which may follow which, what is told of them, and what nobody knows. */
#include "plan_help.h"

#include <string.h>

START_TEST(expected_versions_are_asked_for)
{
    BL_AUTO(stage_release) struct stage stage = {.spec.versions.kafka = (char *)"3.4.1"};

    make_plan(&stage, NULL, KAFKA("3", "3.4.0"), NULL, NULL);
    BL_AUTO_FREE char *found = reasons(&stage.plan);
    ck_assert_str_eq(found, BL_REFUSED_VERSION "; ");
}
END_TEST

/* Whoever takes an image that says nothing has to say what it is, and is held to it. */
START_TEST(what_an_image_does_not_say_is_said)
{
    static const struct {
        const char *why, *before, *said, *runs, *reasons;
    } said[] = {
        {"a newer one", KAFKA("3", "3.3.2"), "3.4.0", NULL, ""},
        {"an older one", KAFKA("3", "3.4.0"), "3.3.2", NULL, BL_REFUSED_LOWER "; "},
        {"nobody says it", KAFKA("3", "3.4.0"), NULL, NULL, BL_REFUSED_VERSION "; "},
        {"what runs is noted", IMAGE("r/x@" DIGEST), "3.3.2", "3.4.0", BL_REFUSED_LOWER "; "},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(said); i++) {
        BL_AUTO(stage_release)
        struct stage stage = {.spec.versions.kafka = (char *)said[i].said,
                              .known.kafka = said[i].runs};

        make_plan(&stage, said[i].before, IMAGE("docker.io/bitnami/kafka@" DIGEST), NULL,
                  "deployed");
        BL_AUTO_FREE char *found = reasons(&stage.plan);
        ck_assert_msg(strcmp(found, said[i].reasons) == 0, "%s: %s", said[i].why, found);
        ck_assert_msg(!said[i].said || strcmp(stage.plan.kafka, said[i].said) == 0, "%s: %s",
                      said[i].why, stage.plan.kafka);
    }
}
END_TEST

/* What runs is told from what the chart brings. */
START_TEST(both_versions_are_told)
{
    BL_AUTO(stage_release) struct stage stage = {0};

    make_plan(&stage, KAFKA("3", "3.3.2"), KAFKA("3", "3.2.0"), NULL, "deployed");
    ck_assert_str_eq(stage.plan.kafka, "3.2.0");
    ck_assert_str_eq(stage.plan.running.kafka, "3.3.2");
}
END_TEST

/* There is no way back from a level, whatever else is to be done. */
START_TEST(a_lower_level_is_refused)
{
    BL_AUTO(stage_release)
    struct stage stage = {.spec.versions.metadata = (char *)"3.9", .known.level = 27};

    make_plan(&stage, KRAFT("4.1.1", THREE), KRAFT("4.1.1", THREE), NULL, "deployed");
    BL_AUTO_FREE char *found = reasons(&stage.plan);
    ck_assert_str_eq(found, BL_REFUSED_LOWER "; ");
    BL_WHY(strstr(stage.plan.refusals.items[0].message, "is 4.1-IV1, and"), "it says which");
}
END_TEST

/* A level that the chart's Kafka knows, and one that it does not. */
START_TEST(a_level_is_asked_for)
{
    BL_AUTO(stage_release) struct stage stage = {.spec.versions.metadata = (char *)"3.4"};
    BL_AUTO(stage_release) struct stage newer = {.spec.versions.metadata = (char *)"3.9-IV0"};

    make_plan(&stage, NULL, KAFKA("3", "3.4.0"), NULL, NULL);
    ck_assert_uint_eq(stage.plan.refusals.len, 0);
    make_plan(&newer, NULL, KAFKA("3", "3.4.0"), NULL, NULL);
    BL_AUTO_FREE char *found = reasons(&newer.plan);
    ck_assert_str_eq(found, BL_REFUSED_VERSION "; ");
}
END_TEST

static const struct {
    const char *a, *b;
    int sign;
} versions[] = {
    {"3.9.1", "3.10.0", -1},         {"3.4.0", "3.4.0", 0}, {"3.4", "3.4.0", 0}, {"4", "3.9.1", 1},
    {"3.4.0-debian-11", "3.4.0", 0}, {"", "1", -1},         {"3.4.1", "3.4", 1},
};

START_TEST(versions_compare_by_their_numbers)
{
    int found = bl_version_compare(versions[_i].a, versions[_i].b);

    ck_assert_msg((found > 0) - (found < 0) == versions[_i].sign, "%s, %s: %d", versions[_i].a,
                  versions[_i].b, found);
}
END_TEST

static const struct {
    const char *why, *before, *after, *note; /* NULL: nothing is said */
} notes[] = {
    {"it is new", NULL, KAFKA("3", "3.4.0"), NULL},
    {"nothing holds the protocol back", KAFKA("3", "3.3.2"), KAFKA("3", "3.4.0"),
     "set inter.broker.protocol.version to 3.3 in"},
    {"a patch has the same protocol", KAFKA("3", "3.3.1"), KAFKA("3", "3.3.2"), NULL},
    {"it is held back", HELD("3.3.2", "3.3"), HELD("3.4.0", "3.3"), NULL},
    {"all are new, and it still is", HELD("3.4.0", "3.3-IV3"), HELD("3.4.0", "3.3-IV3"),
     "inter.broker.protocol.version is 3.3-IV3, and all brokers run Kafka 3.4.0"},
    {"it is as the brokers", HELD("3.4.0", "3.4-IV0"), HELD("3.4.0", "3.4-IV0"), NULL},
    {"new topics would have one replica", MIN_ISR("2", "3"), MIN_ISR("2", "1"),
     "default.replication.factor is 1"},
    {"without ZooKeeper there is none", KRAFT("3.9.1", THREE), KRAFT("4.1.1", THREE), NULL},
};

START_TEST(the_way_back_is_spoken_of)
{
    BL_AUTO(stage_release) struct stage stage = {0};

    make_plan(&stage, notes[_i].before, notes[_i].after, NULL, "deployed");
    ck_assert_msg(stage.plan.notes.len == (notes[_i].note != NULL), "%s: %s", notes[_i].why,
                  stage.plan.notes.len ? stage.plan.notes.items[0] : "nothing");
    if (notes[_i].note)
        ck_assert_msg(strstr(stage.plan.notes.items[0], notes[_i].note), "%s: %s", notes[_i].why,
                      stage.plan.notes.items[0]);
}
END_TEST

#define PINNED IMAGE("docker.io/bitnami/kafka@" DIGEST)

static const struct {
    const char *why, *after, *known, *said, *running;
} pinned[] = {
    {"it was installed as that", PINNED, NULL, "3.3.2", "3.3.2"},
    {"an upgrade is done", PINNED, "3.3.2", "3.4.0", "3.4.0"},
    {"it is not begun", PINNED SERVICE, "3.3.2", "3.4.0", "3.3.2"},
    {"it falls, which is refused", PINNED, "3.4.0", "3.3.2", "3.4.0"},
    {"nobody says it", PINNED, "3.4.0", NULL, "3.4.0"},
};

START_TEST(what_an_image_runs_is_noted)
{
    BL_AUTO(stage_release) struct stage stage = {.known.kafka = pinned[_i].known};

    stage.spec.versions.kafka = (char *)pinned[_i].said;
    make_plan(&stage, PINNED, pinned[_i].after, NULL, "deployed");
    ck_assert_msg(strcmp(stage.plan.running.kafka, pinned[_i].running) == 0, "%s: %s",
                  pinned[_i].why, stage.plan.running.kafka);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("versions");
    TCase *tests = tcase_create("versions");

    tcase_add_loop_test(tests, the_way_back_is_spoken_of, 0, (int)BL_ARRAY_LEN(notes));
    tcase_add_test(tests, expected_versions_are_asked_for);
    tcase_add_test(tests, what_an_image_does_not_say_is_said);
    tcase_add_test(tests, both_versions_are_told);
    tcase_add_loop_test(tests, what_an_image_runs_is_noted, 0, (int)BL_ARRAY_LEN(pinned));
    tcase_add_test(tests, a_lower_level_is_refused);
    tcase_add_test(tests, a_level_is_asked_for);
    tcase_add_loop_test(tests, versions_compare_by_their_numbers, 0, (int)BL_ARRAY_LEN(versions));
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
