/* The protocol between brokers, where Ballast gives it, and when a release is settled enough for the next. */
#include "plan_help.h"

#include <string.h>

#define READY "status: {observedGeneration: 1, updatedReplicas: 3, readyReplicas: 3}\n"
#define ROLLING "status: {observedGeneration: 1, updatedReplicas: 1, readyReplicas: 3}\n"
#define PLACE "kafka.interBrokerProtocolVersion"

static const struct {
    const char *why, *before;
    const char *has; /* the release has this value for the protocol */
    const char *after, *metadata;
    bool settled;
    const char *value, *next;
    bool raises;
    const char *said;
} protocols[] = {
    {"it is new", NULL, NULL, KAFKA("3", "3.4.0"), "Auto", false, NULL, NULL, false, NULL},
    {"brokers speak what they know", KAFKA("3", "3.4.0") READY, NULL, KAFKA("3", "3.4.0"), "Auto",
     true, NULL, NULL, false, NULL},
    {"an upgrade begins", KAFKA("3", "3.3.2") READY, NULL, HELD("3.4.0", "3.3"), "Auto", true,
     "3.3", "3.4", false, "is held at 3.3 until Kafka 3.4.0"},
    {"what was set by somebody is spoken", HELD("3.3.2", "3.2") READY, NULL, HELD("3.4.0", "3.2"),
     "Auto", true, "3.2", "3.4", false, "is held at 3.2 until"},
    {"a patch has the same", KAFKA("3", "3.3.1") READY, NULL, KAFKA("3", "3.3.2"), "Auto", true,
     NULL, NULL, false, NULL},
    {"it is not done yet", HELD("3.4.0", "3.3") READY, "3.3", HELD("3.4.0", "3.3"), "Auto", false,
     "3.3", "3.4", false, "is held at 3.3 until"},
    {"pods are rolled", HELD("3.4.0", "3.3") ROLLING, "3.3", HELD("3.4.0", "3.3"), "Auto", true,
     "3.3", "3.4", false, "is held at 3.3 until"},
    {"all is done", HELD("3.4.0", "3.3") READY, "3.3", HELD("3.4.0", "3.4"), "Auto", true, "3.4",
     "3.4", true, "is raised from 3.3 to 3.4"},
    {"the next upgrade comes first", HELD("3.4.0", "3.3") READY, "3.3", HELD("3.5.0", "3.3"),
     "Auto", true, "3.3", "3.5", false, "until Kafka 3.5.0"},
    {"it is raised", HELD("3.4.0", "3.4") READY, "3.4", HELD("3.4.0", "3.4"), "Auto", true, "3.4",
     NULL, false, NULL},
    {"a release that raised it failed, and goes on", HELD("3.4.0", "3.3") READY, "3.4",
     HELD("3.4.0", "3.4"), "Auto", false, "3.4", "3.4", false, "is held at 3.3 until"},
    {"it stays", HELD("3.4.0", "3.3") READY, "3.3", HELD("3.4.0", "3.3"), "Hold", true, "3.3", NULL,
     false, "Auto raises it to 3.4"},
    {"as it does where nothing is said", HELD("3.4.0", "3.3") READY, "3.3", HELD("3.4.0", "3.3"),
     NULL, true, "3.3", NULL, false, "Auto raises it to 3.4"},
    {"so far and no further", HELD("3.9.1", "3.3") READY, "3.3", HELD("3.9.1", "3.5"), "3.5", true,
     "3.5", "3.5", true, "from 3.3 to 3.5"},
    {"it is that far", HELD("3.9.1", "3.5") READY, "3.5", HELD("3.9.1", "3.5"), "3.5", true, "3.5",
     NULL, false, "is held at 3.5"},
    {"a level by its number", HELD("3.9.1", "3.3") READY, "3.3", HELD("3.9.1", "3.4-IV0"), "8",
     true, "3.4-IV0", "3.4-IV0", true, "from 3.3 to 3.4-IV0"},
    {"the value has another place now", HELD("3.4.0", "3.3") READY, NULL, HELD("3.4.0", "3.3"),
     "Hold", true, "3.3", NULL, false, "is held at 3.3"},
    {"the chart does not take it", KAFKA("3", "3.3.2") READY, NULL, KAFKA("3", "3.4.0"), "Auto",
     true, "3.3", "3.4", false, "is held at 3.3 until"},
    {"without ZooKeeper there is none", KRAFT("3.9.1", THREE) READY, NULL, KRAFT("4.1.1", THREE),
     "Auto", true, NULL, NULL, false, NULL},
    {"what cannot be told stays", HELD("3.4.0", "3.3") READY, "3.3",
     IMAGE("r.example.com/bitnami/kafka@" DIGEST), "Auto", true, "3.3", NULL, false, NULL},
};

static void give(struct bl_record *record, const char *protocol)
{
    cJSON *config = bl_json_add_object(record->json, "config");

    if (protocol)
        bl_json_add_string(bl_json_add_object(config, "kafka"), "interBrokerProtocolVersion",
                           protocol);
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

START_TEST(a_protocol_is_held_and_raised)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    BL_AUTO(bl_cluster_protocol_release) struct bl_cluster_protocol protocol = {0};
    struct bl_cluster_plan_input input = stage_input(&stage);
    BL_ERROR(err);

    input.protocol = &protocol;
    stage.spec.versions.protocol_value = (char *)PLACE;
    stage.spec.versions.metadata = (char *)protocols[_i].metadata;
    ck_assert_int_eq(bl_policy_set_read(&stage.policies, "default", &err), 0);
    record_of(&stage.rendered, protocols[_i].after, "pending-upgrade", 2);
    if (protocols[_i].before) {
        record_of(&stage.deployed, protocols[_i].before, "deployed", 1);
        give(&stage.deployed, protocols[_i].has);
        input.deployed = &stage.deployed;
        add_live(&stage, &stage.deployed, &input.live_len);
    }
    bl_cluster_protocol_decide(&input, protocols[_i].settled, &protocol);
    bl_cluster_plan(&input, &stage.plan);
    ck_assert_msg(is_same(stage.plan.protocol.value, protocols[_i].value) &&
                      is_same(stage.plan.protocol.next, protocols[_i].next) &&
                      stage.plan.protocol.raises == protocols[_i].raises,
                  "%s: %s, next %s", protocols[_i].why, stage.plan.protocol.value,
                  stage.plan.protocol.next);
    BL_WHY((stage.plan.notes.len == 1) == (protocols[_i].said != NULL), protocols[_i].why);
    if (protocols[_i].said)
        ck_assert_msg(strstr(stage.plan.notes.items[0], protocols[_i].said), "%s: %s",
                      protocols[_i].why, stage.plan.notes.items[0]);
    BL_WHY(bl_cluster_plan_has(&stage.plan, BL_REFUSED_SKIPS) ==
               (strcmp(protocols[_i].why, "the chart does not take it") == 0),
           protocols[_i].why);
}
END_TEST

START_TEST(no_protocol_is_asked_for_that_is_lower)
{
    BL_AUTO(stage_release) struct stage stage = {0};
    struct bl_cluster_protocol protocol = {.ours = true, .is = bl_strdup("3.4")};
    struct bl_cluster_plan_input input = stage_input(&stage);

    input.protocol = &protocol;
    stage.spec.versions.metadata = (char *)"3.3";
    record_of(&stage.rendered, KAFKA("3", "3.4.0"), "pending-upgrade", 2);
    bl_cluster_plan(&input, &stage.plan);
    ck_assert(bl_cluster_plan_has(&stage.plan, BL_REFUSED_LOWER));
    ck_assert_ptr_null(protocol.is);
}
END_TEST

static const struct {
    const char *why, *status;
    bool settled;
} settled[] = {
    {"nothing is known", "{}", false},
    {"it is done",
     "{'release': {'name': 'kafka', 'revision': 2}, 'progress': {'since': 900}, 'verification': {'revision': 2}}",
     true},
    {"it soaks",
     "{'release': {'name': 'kafka', 'revision': 2}, 'progress': {'since': 950}, 'verification': {'revision': 2}}",
     false},
    {"pods are not ready",
     "{'release': {'name': 'kafka', 'revision': 2}, 'verification': {'revision': 2}}", false},
    {"it is not proven",
     "{'release': {'name': 'kafka', 'revision': 2}, 'progress': {'since': 900}, 'verification': {'revision': 1}}",
     false},
    {"some messages are gone",
     "{'release': {'name': 'kafka', 'revision': 2}, 'progress': {'since': 900}, 'verification': {'revision': 2, "
     "'lost': 1}}",
     false},
    {"the status is about the one before",
     "{'release': {'name': 'kafka', 'revision': 1}, 'progress': {'since': 900}, 'verification': {'revision': 2}}",
     false},
    {"or about another release",
     "{'release': {'name': 'other', 'revision': 2}, 'progress': {'since': 900}, 'verification': {'revision': 2}}",
     false},
};

START_TEST(a_release_is_settled_by_what_is_noted)
{
    struct bl_cluster_spec spec = {.verification.enabled = true, .upgrade.soak = 60};
    BL_AUTO_FREE char *text = bl_asprintf("{'status': %s}", settled[_i].status);
    BL_AUTO_JSON cJSON *object = help_json(text);
    struct bl_cluster_known known;

    bl_cluster_known_read(object, &known);
    BL_WHY(bl_cluster_known_is_settled(&known, &spec, "kafka", 2, 1000) == settled[_i].settled,
           settled[_i].why);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("protocol");
    TCase *tests = tcase_create("protocol");

    tcase_add_loop_test(tests, a_protocol_is_held_and_raised, 0, (int)BL_ARRAY_LEN(protocols));
    tcase_add_test(tests, no_protocol_is_asked_for_that_is_lower);
    tcase_add_loop_test(tests, a_release_is_settled_by_what_is_noted, 0,
                        (int)BL_ARRAY_LEN(settled));
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
