/* Plans as values: what a chart renders, beside what the release has and what is live, and what comes of it. */
#include "plan_help.h"

#include <string.h>

static const struct {
    const char *why, *before, *after, *again;
    const char *reasons;
    enum bl_cluster_action action;
} rows[] = {
    {"a new one", NULL, KAFKA("3", "3.4.0"), NULL, "", BL_CLUSTER_INSTALL},
    {"nothing to do", KAFKA("3", "3.4.0"), KAFKA("3", "3.4.0"), NULL, "", BL_CLUSTER_NOTHING},
    {"another version", KAFKA("3", "3.3.2"), KAFKA("3", "3.4.0"), NULL, "", BL_CLUSTER_UPGRADE},
    {"an older version", KAFKA("3", "3.4.0"), KAFKA("3", "3.3.2"), NULL, BL_REFUSED_LOWER "; ",
     BL_CLUSTER_UPGRADE},
    {"3.9 is older than 3.10", KAFKA("3", "3.10.0"), KAFKA("3", "3.9.1"), NULL,
     BL_REFUSED_LOWER "; ", BL_CLUSTER_UPGRADE},
    {"to 4 from before 3.3", KRAFT("3.2.0", THREE), KRAFT("4.1.1", THREE), NULL,
     BL_REFUSED_SKIPS "; ", BL_CLUSTER_UPGRADE},
    {"to 4 from 3.9", KRAFT("3.9.1", THREE), KRAFT("4.1.1", THREE), NULL, "", BL_CLUSTER_UPGRADE},
    {"ZooKeeper to 4", KAFKA("3", "3.9.1"), KAFKA("3", "4.0.0"), NULL, BL_REFUSED_SKIPS "; ",
     BL_CLUSTER_UPGRADE},
    {"a new one of 4 with ZooKeeper", NULL, KAFKA("3", "4.1.1"), NULL, BL_REFUSED_SKIPS "; ",
     BL_CLUSTER_INSTALL},
    {"to a version that nobody knows, by a digest", KAFKA("3", "3.4.0"),
     IMAGE("docker.io/bitnami/kafka@" DIGEST), NULL, BL_REFUSED_VERSION "; ", BL_CLUSTER_UPGRADE},
    {"by another name", KAFKA("3", "3.4.0"), IMAGE("r.example.com/my/thing:3.3.2"), NULL,
     BL_REFUSED_VERSION "; ", BL_CLUSTER_UPGRADE},
    {"from a version that nobody knows", IMAGE("r.example.com/my/thing:3.3.2"), KAFKA("3", "3.4.0"),
     NULL, "", BL_CLUSTER_UPGRADE},
    {"one voter is another one", KRAFT("3.9.1", THREE),
     KRAFT("3.9.1", "0@kafka-0:9093,1@kafka-1:9093,3@kafka-3:9093"), NULL, BL_REFUSED_VOTERS "; ",
     BL_CLUSTER_UPGRADE},
    {"voters are the same, written otherwise", KRAFT("3.9.1", THREE),
     KRAFT("3.9.1", " 2@kafka-2:9093, 0@kafka-0:9093 ,1@kafka-1:9093,"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"voters have other hosts", KRAFT("3.9.1", THREE),
     KRAFT("3.9.1", "0@a-0:9093,1@a-1:9093,2@a-2:9093"), NULL, "", BL_CLUSTER_UPGRADE},
    {"two empty ones would be the majority", KRAFT("3.9.1", "0@kafka-0:9093"),
     KRAFT("3.9.1", THREE), NULL, BL_REFUSED_VOTERS "; ", BL_CLUSTER_UPGRADE},
    {"more voters", KRAFT("3.9.1", THREE), KRAFT("3.9.1", THREE ",3@kafka-3:9093,4@kafka-4:9093"),
     NULL, BL_REFUSED_VOTERS "; ", BL_CLUSTER_UPGRADE},
    {"fewer voters", KRAFT("3.9.1", THREE), KRAFT("3.9.1", "0@kafka-0:9093,1@kafka-1:9093"), NULL,
     BL_REFUSED_VOTERS "; ", BL_CLUSTER_UPGRADE},
    {"a quorum without a list", KRAFT("3.9.1", THREE), DYNAMIC("3.9.1"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"another cluster id", WITH_ID("{name: CLUSTER_ID, value: a}"),
     WITH_ID("{name: CLUSTER_ID, value: b}"), NULL, BL_REFUSED_CLUSTER_ID "; ", BL_CLUSTER_UPGRADE},
    {"the same", WITH_ID("{name: CLUSTER_ID, value: a}"),
     WITH_ID("{name: CLUSTER_ID, value: a}") SERVICE, NULL, "", BL_CLUSTER_UPGRADE},
    {"another one, in a Secret", WITH_ID(FROM_SECRET) SECRET("a"), WITH_ID(FROM_SECRET) SECRET("b"),
     NULL, BL_REFUSED_CLUSTER_ID "; ", BL_CLUSTER_UPGRADE},
    {"one that moves into a Secret", WITH_ID("{name: KAFKA_KRAFT_CLUSTER_ID, value: a}"),
     WITH_ID(FROM_SECRET) SECRET("a"), NULL, "", BL_CLUSTER_UPGRADE},
    {"one in a Secret that is not in sight", WITH_ID("{name: KAFKA_KRAFT_CLUSTER_ID, value: a}"),
     WITH_ID(FROM_SECRET), NULL, "", BL_CLUSTER_UPGRADE},
    {"a set with data goes, whatever it runs", KAFKA("3", "3.4.0") DATABASE("db"),
     KAFKA("3", "3.4.0"), NULL, BL_REFUSED_LOSS "; ", BL_CLUSTER_UPGRADE},
    {"or gets another name", KAFKA("3", "3.4.0") DATABASE("db"),
     KAFKA("3", "3.4.0") DATABASE("db2"), NULL, BL_REFUSED_LOSS "; ", BL_CLUSTER_UPGRADE},
    {"brokers of which nobody knows that they are some", DATABASE("kafka"), SERVICE, NULL,
     BL_REFUSED_LOSS "; ", BL_CLUSTER_UPGRADE},
    {"one that may go", KAFKA("3", "3.4.0") MAY_GO, KAFKA("3", "3.4.0"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"the protocol falls", HELD("3.9.1", "3.9-IV0"), HELD("3.9.1", "3.3"), NULL,
     BL_REFUSED_LOWER "; ", BL_CLUSTER_UPGRADE},
    {"below what nobody has set", KAFKA("3", "3.9.1"), HELD("3.9.1", "3.8"), NULL,
     BL_REFUSED_LOWER "; ", BL_CLUSTER_UPGRADE},
    {"within a release", HELD("3.9.1", "3.3"), HELD("3.9.1", "3.3-IV1"), NULL,
     BL_REFUSED_LOWER "; ", BL_CLUSTER_UPGRADE},
    {"the protocol is none that the new brokers know", HELD("3.9.1", "3.9"), HELD("3.9.1", "4.0"),
     NULL, BL_REFUSED_VERSION "; ", BL_CLUSTER_UPGRADE},
    {"none that the old ones know", HELD("3.3.2", "3.3"), HELD("3.4.0", "3.4"), NULL,
     BL_REFUSED_SKIPS "; ", BL_CLUSTER_UPGRADE},
    {"which was not set", KAFKA("3", "3.3.2"), HELD("3.9.1", "3.9"), NULL, BL_REFUSED_SKIPS "; ",
     BL_CLUSTER_UPGRADE},
    {"it is raised once all are new", HELD("3.4.0", "3.3"), HELD("3.4.0", "3.4"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"it is held for the upgrade", KAFKA("3", "3.3.2"), HELD("3.4.0", "3.3"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"more in sync than may be lost", MIN_ISR("2", "3"), MIN_ISR("3", "3"), NULL,
     BL_REFUSED_DURABILITY "; ", BL_CLUSTER_UPGRADE},
    {"than there are", MIN_ISR("2", "3"), MIN_ISR("4", "1"), NULL, BL_REFUSED_DURABILITY "; ",
     BL_CLUSTER_UPGRADE},
    {"as many as before", MIN_ISR("3", "3"), MIN_ISR("3", "3") SERVICE, NULL, "",
     BL_CLUSTER_UPGRADE},
    {"fewer", MIN_ISR("3", "3"), MIN_ISR("2", "3"), NULL, "", BL_CLUSTER_UPGRADE},
    {"enough", MIN_ISR("1", "3"), MIN_ISR("2", "3"), NULL, "", BL_CLUSTER_UPGRADE},
    {"two voters are", KRAFT("3.9.1", THREE),
     KRAFT("3.9.1", "0@kafka-0:9093,4@kafka-4:9093,3@kafka-3:9093"), NULL, BL_REFUSED_VOTERS "; ",
     BL_CLUSTER_UPGRADE},
    {"fewer brokers", KAFKA("3", "3.4.0"), KAFKA("2", "3.4.0"), NULL, BL_REFUSED_SCALE "; ",
     BL_CLUSTER_UPGRADE},
    {"a number that is given no more", KAFKA("3", "3.4.0"), UNCOUNTED, NULL, BL_REFUSED_SCALE "; ",
     BL_CLUSTER_UPGRADE},
    {"a number that is null", KAFKA("3", "3.4.0"), KAFKA("null", "3.4.0"), NULL,
     BL_REFUSED_SCALE "; ", BL_CLUSTER_UPGRADE},
    {"a number of one that is given no more", KAFKA("1", "3.4.0"), KAFKA("null", "3.4.0"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"more brokers", KAFKA("3", "3.4.0"), KAFKA("4", "3.4.0"), NULL, "", BL_CLUSTER_UPGRADE},
    {"the set goes", KAFKA("3", "3.4.0") SERVICE, SERVICE, NULL, BL_REFUSED_LOSS "; ",
     BL_CLUSTER_UPGRADE},
    {"all goes", KAFKA("3", "3.4.0"), "", NULL, BL_REFUSED_EMPTY "; " BL_REFUSED_LOSS "; ",
     BL_CLUSTER_UPGRADE},
    {"a volume shrinks", SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("8Gi"),
     SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("4096Mi"), NULL,
     BL_REFUSED_SHRINKS "; ", BL_CLUSTER_UPGRADE},
    {"a volume is the same, written otherwise",
     SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("8Gi"),
     SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("8192Mi"), NULL, "",
     BL_CLUSTER_UPGRADE},
    {"a volume grows", SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("8Gi"),
     SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "") END("9Gi"), NULL,
     BL_REFUSED_IMMUTABLE "; ", BL_CLUSTER_UPGRADE},
    {"how pods are started",
     SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "  podManagementPolicy: Parallel\n")
         END("8Gi"),
     SET("kafka", "3", "bitnami/kafka:3.4.0", ZOOKEEPER, "  podManagementPolicy: OrderedReady\n")
         END("8Gi"),
     NULL, BL_REFUSED_IMMUTABLE "; ", BL_CLUSTER_UPGRADE},
    {"a password that is made up", KAFKA("3", "3.4.0") SECRET("a"), KAFKA("3", "3.4.0") SECRET("b"),
     KAFKA("3", "3.4.0") SECRET("c"), BL_REFUSED_NONDETERMINISTIC "; ", BL_CLUSTER_UPGRADE},
};

START_TEST(a_plan_is_made)
{
    BL_AUTO(stage_release) struct stage stage = {0};

    make_plan(&stage, rows[_i].before, rows[_i].after, rows[_i].again, "deployed");
    BL_AUTO_FREE char *found = reasons(&stage.plan);
    ck_assert_msg(strcmp(found, rows[_i].reasons) == 0, "%s: %s (%s)", rows[_i].why, found,
                  stage.plan.refusals.len ? stage.plan.refusals.items[0].message : "");
    ck_assert_msg(stage.plan.action == rows[_i].action, "%s: action %d", rows[_i].why,
                  (int)stage.plan.action);
    for (size_t i = 0; i < stage.plan.refusals.len; i++)
        BL_WHY(stage.plan.refusals.items[i].message[0], rows[_i].why);
}
END_TEST

static bool has_change(const struct bl_cluster_plan *plan, const char *line)
{
    for (size_t i = 0; i < plan->changes.len; i++)
        if (strcmp(plan->changes.items[i], line) == 0)
            return true;
    return false;
}

START_TEST(changes_are_listed_and_no_secret_is)
{
    BL_AUTO(stage_release) struct stage stage = {0};

    make_plan(&stage, KAFKA("3", "3.3.2") SECRET("hunter1") CONFIG("hunter1"),
              SET("kafka", "3", "bitnami/kafka:3.4.0",
                  "{name: KAFKA_CFG_ZOOKEEPER_CONNECT, value: hunter2}", "") END("8Gi")
                  SECRET("hunter3") CONFIG("hunter3") SERVICE,
              NULL, "deployed");
    ck_assert(has_change(&stage.plan, "+ Service/kafka"));
    ck_assert(has_change(&stage.plan,
                         "~ StatefulSet/kafka /spec/template/spec/containers/kafka/image: "
                         "bitnami/kafka:3.3.2 → bitnami/kafka:3.4.0"));
    ck_assert(has_change(&stage.plan, "~ Secret/s /stringData/password"));
    ck_assert(has_change(&stage.plan, "~ Secret/s /stringData/name"));
    ck_assert(has_change(&stage.plan, "~ ConfigMap/c /data/type"));
    for (size_t i = 0; i < stage.plan.changes.len; i++)
        ck_assert_msg(!strstr(stage.plan.changes.items[i], "hunter"), "%s",
                      stage.plan.changes.items[i]);
    ck_assert_str_eq(stage.plan.kafka, "3.4.0");
    ck_assert_uint_eq(stage.plan.images.len, 1);
    ck_assert_str_eq(stage.plan.images.items[0], "bitnami/kafka:3.4.0");
}
END_TEST

/* An approval is for one plan: another revision, value or refusal is another digest. */
START_TEST(digests_tell_plans_apart)
{
    BL_AUTO(stage_release) struct stage one = {0};
    BL_AUTO(stage_release) struct stage same = {0};
    BL_AUTO(stage_release) struct stage other = {0};

    make_plan(&one, KAFKA("3", "3.3.2"), KAFKA("3", "3.4.0"), NULL, "deployed");
    make_plan(&same, KAFKA("3", "3.3.2"), KAFKA("3", "3.4.0"), NULL, "deployed");
    make_plan(&other, KAFKA("3", "3.3.2"), KAFKA("3", "3.5.0"), NULL, "deployed");
    ck_assert_str_eq(one.plan.digest, same.plan.digest);
    ck_assert_str_ne(one.plan.digest, other.plan.digest);
}
END_TEST

START_TEST(a_release_that_failed_is_made_again)
{
    BL_AUTO(stage_release) struct stage stage = {0};

    make_plan(&stage, KAFKA("3", "3.4.0"), KAFKA("3", "3.4.0"), NULL, "failed");
    ck_assert_int_eq(stage.plan.action, BL_CLUSTER_UPGRADE);
    ck_assert_uint_eq(stage.plan.refusals.len, 0);
}
END_TEST

/* That is drift, which nobody corrects: it would take brokers away. */
START_TEST(pods_that_somebody_added_are_no_refusal)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(stage_release) struct stage upgraded = {0};

    record_of(&stage.found, KAFKA("5", "3.4.0"), "deployed", 1);
    make_plan(&stage, KAFKA("3", "3.4.0"), KAFKA("3", "3.4.0"), NULL, "deployed");
    ck_assert_int_eq(stage.plan.action, BL_CLUSTER_NOTHING);
    ck_assert_uint_eq(stage.plan.refusals.len, 0);
    ck_assert(stage.plan.grown);
    BL_WHY(strstr(stage.plan.notes.items[0], "5 pods, and the release 3"), "it is told");
    record_of(&upgraded.found, KAFKA("5", "3.4.0"), "deployed", 1);
    make_plan(&upgraded, KAFKA("3", "3.4.0"), KAFKA("3", "3.4.1"), NULL, "deployed");
    BL_AUTO_FREE char *found = reasons(&upgraded.plan);
    ck_assert_str_eq(found, BL_REFUSED_SCALE "; ");
}
END_TEST

/* An autoscaler has them, and Helm never gave a number. */
START_TEST(pods_that_others_count_are_left_to_them)
{
    BL_AUTO(stage_release) struct stage stage = {0};

    record_of(&stage.found, KAFKA("3", "3.4.0"), "deployed", 1);
    make_plan(&stage, UNCOUNTED, UNCOUNTED SERVICE, NULL, "deployed");
    ck_assert_int_eq(stage.plan.action, BL_CLUSTER_UPGRADE);
    ck_assert_uint_eq(stage.plan.refusals.len, 0);
}
END_TEST

/* Objects of a release that this KafkaCluster has made are its own, and only those. */
START_TEST(never_takes_over_what_it_did_not_make)
{
    static const struct {
        const char *why;
        struct bl_cluster_known known;
        const char *reasons;
    } makers[] = {
        {"somebody has made it", {0}, BL_REFUSED_NOT_OURS "; "},
        {"it has made another one", {.release = "other", .attempt = 1}, BL_REFUSED_NOT_OURS "; "},
        {"it has looked at it", {.release = "kafka"}, BL_REFUSED_NOT_OURS "; "},
        {"it has made it", {.release = "kafka", .attempt = 1}, ""},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(makers); i++) {
        BL_AUTO(stage_release)
        struct stage stage = {.spec.adopt = BL_ADOPT_NEVER, .known = makers[i].known};

        make_plan(&stage, KAFKA("3", "3.4.0"), KAFKA("3", "3.4.0"), NULL, "deployed");
        BL_AUTO_FREE char *found = reasons(&stage.plan);
        ck_assert_msg(strcmp(found, makers[i].reasons) == 0, "%s: %s", makers[i].why, found);
    }
}
END_TEST

/* A status may be written for an object that went meanwhile, and land on the next one of its name. */
START_TEST(the_status_of_another_object_is_none)
{
    BL_AUTO_JSON cJSON *own = help_json(
        "{'metadata':{'uid':'a'},'status':{'release':{'name':'k','attempt':2,'object':'a'}}}");
    BL_AUTO_JSON cJSON *other = help_json(
        "{'metadata':{'uid':'b'},'status':{'release':{'name':'k','attempt':2,'object':'a'}}}");
    struct bl_cluster_known known;

    bl_cluster_known_read(own, &known);
    ck_assert_int_eq(known.attempt, 2);
    bl_cluster_known_read(other, &known);
    ck_assert_int_eq(known.attempt, 0);
    ck_assert_ptr_null(known.release);
    bl_cluster_known_read(NULL, &known);
    ck_assert_int_eq(known.level, -1);
}
END_TEST

START_TEST(another_name_is_another_cluster)
{
    BL_AUTO(stage_release) struct stage stage = {.former = "first"};

    make_plan(&stage, NULL, KAFKA("3", "3.4.0"), NULL, NULL);
    BL_AUTO_FREE char *found = reasons(&stage.plan);
    ck_assert_str_eq(found, BL_REFUSED_RENAMED "; ");
}
END_TEST

/* --- fewer brokers --- */

/* Nobody has a topic. */
static const struct bl_cluster nothing_held = {0};

#define CONTROLLERS(replicas)                                                                  \
    SET("kafka", replicas, "bitnami/kafka:3.9.1", VOTERS("0@kafka-0:9093,1@kafka-1:9093"), "") \
    END("8Gi")

static const struct {
    const char *why, *before, *after;
    const struct bl_cluster *brokers;
    const char *unasked, *refused; /* NULL: it is accepted */
    bool asks;
} scaled[] = {
    {"they hold nothing", KAFKA("3", "3.4.0"), KAFKA("2", "3.4.0"), &nothing_held, NULL, NULL,
     false},
    {"they were not asked", KAFKA("3", "3.4.0"), KAFKA("2", "3.4.0"), NULL, NULL,
     "from 3 to 2 pods, whose replicas nobody has moved, and brokers were not asked", true},
    {"they did not answer", KAFKA("3", "3.4.0"), KAFKA("2", "3.4.0"), NULL,
     "brokers could not be asked what they hold: no",
     "moved, and brokers could not be asked what "
     "they hold: no",
     true},
    {"a number that is given no more", KAFKA("3", "3.4.0"), UNCOUNTED, &nothing_held, NULL, NULL,
     false},
    {"controllers are not for taking", CONTROLLERS("3"), CONTROLLERS("2"), &nothing_held, NULL,
     "members of a quorum", false},
};

START_TEST(brokers_that_hold_nothing_may_go)
{
    BL_AUTO(stage_release)
    struct stage stage = {.brokers = scaled[_i].brokers, .unasked = scaled[_i].unasked};
    const struct bl_cluster_plan *plan = &stage.plan;

    make_plan(&stage, scaled[_i].before, scaled[_i].after, NULL, "deployed");
    BL_WHY(plan->asks == scaled[_i].asks, scaled[_i].why);
    BL_WHY((plan->refusals.len == 0) == !scaled[_i].refused, scaled[_i].why);
    if (scaled[_i].refused) {
        ck_assert_msg(strstr(plan->refusals.items[0].message, scaled[_i].refused), "%s: %s",
                      scaled[_i].why, plan->refusals.items[0].message);
        BL_WHY(plan->scales.len == scaled[_i].asks, scaled[_i].why);
        return;
    }
    ck_assert_uint_eq(plan->scales.len, 1);
    ck_assert_str_eq(plan->scales.items[0].set, "kafka");
    ck_assert_ptr_nonnull(strstr(plan->notes.items[0], "no partition has a replica on brokers "));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tests = tcase_create("plan");

    tcase_add_loop_test(tests, brokers_that_hold_nothing_may_go, 0, (int)BL_ARRAY_LEN(scaled));
    tcase_add_loop_test(tests, a_plan_is_made, 0, (int)BL_ARRAY_LEN(rows));
    tcase_add_test(tests, changes_are_listed_and_no_secret_is);
    tcase_add_test(tests, digests_tell_plans_apart);
    tcase_add_test(tests, a_release_that_failed_is_made_again);
    tcase_add_test(tests, pods_that_somebody_added_are_no_refusal);
    tcase_add_test(tests, pods_that_others_count_are_left_to_them);
    tcase_add_test(tests, never_takes_over_what_it_did_not_make);
    tcase_add_test(tests, the_status_of_another_object_is_none);
    tcase_add_test(tests, another_name_is_another_cluster);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
