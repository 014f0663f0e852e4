/* What is next for a KafkaCluster by what its proofs have found. */
#include "cluster/plan.h"

#include <string.h>

#include "ballast/api/names.h"
#include "ballast/base/mem.h"
#include "json_help.h"

#define DIGEST "aaaa"

static const struct {
    const char *why;
    enum bl_cluster_action action;
    bool enabled;
    struct bl_cluster_notes notes;
    enum bl_cluster_step step;
    const char *reason;
} rows[] = {
    {"nothing is proven before there is anything",
     BL_CLUSTER_INSTALL,
     true,
     {0},
     BL_CLUSTER_RELEASE,
     "Installing"},
    {"it is proven once it is there",
     BL_CLUSTER_NOTHING,
     true,
     {0},
     BL_CLUSTER_VERIFY,
     "Verifying"},
    {"unless nobody wants it", BL_CLUSTER_NOTHING, false, {0}, BL_CLUSTER_DONE, "Ready"},
    {"it was", BL_CLUSTER_NOTHING, true, {.verified = 3, .noted = "1:1"}, BL_CLUSTER_DONE, "Ready"},
    {"before an upgrade it is looked at what was there",
     BL_CLUSTER_UPGRADE,
     true,
     {.verified = 3, .noted = "1:1"},
     BL_CLUSTER_VERIFY_BEFORE,
     "VerifyingBefore"},
    {"and again before another one",
     BL_CLUSTER_UPGRADE,
     true,
     {.verified = 3, .noted = "1:1", .before = "bbbb", .lost = 2},
     BL_CLUSTER_VERIFY_BEFORE,
     "VerifyingBefore"},
    {"all is there, so it is upgraded",
     BL_CLUSTER_UPGRADE,
     true,
     {.verified = 3, .noted = "1:1", .before = DIGEST},
     BL_CLUSTER_RELEASE,
     "Upgrading"},
    {"some is gone, so nothing is begun",
     BL_CLUSTER_UPGRADE,
     true,
     {.verified = 3, .noted = "1:1", .before = DIGEST, .lost = 2},
     BL_CLUSTER_STOP,
     "MessagesLost"},
    {"unless nobody asks for it",
     BL_CLUSTER_UPGRADE,
     false,
     {.verified = 3, .noted = "1:1", .before = DIGEST, .lost = 2},
     BL_CLUSTER_RELEASE,
     "Upgrading"},
    {"some is gone after it",
     BL_CLUSTER_NOTHING,
     true,
     {.verified = 3, .noted = "1:1", .before = DIGEST, .lost = 2},
     BL_CLUSTER_STOP,
     "MessagesLost"},
};

START_TEST(proofs)
{
    struct bl_strings drift = {0};

    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        struct bl_cluster_spec spec = {
            .verification = {.enabled = rows[i].enabled, .messages = 201}};
        struct bl_cluster_plan plan = {.action = rows[i].action, .digest = DIGEST};
        struct bl_cluster_state state = {.spec = &spec,
                                         .has_release = rows[i].action != BL_CLUSTER_INSTALL,
                                         .revision = 3,
                                         .plan = &plan,
                                         .drift = &drift,
                                         .notes = rows[i].notes};
        BL_AUTO(bl_cluster_next_release) struct bl_cluster_next next = {0};

        bl_cluster_next(&state, &next);
        ck_assert_msg(next.step == rows[i].step && strcmp(next.reason, rows[i].reason) == 0,
                      "%s: %d %s: %s", rows[i].why, next.step, next.reason, next.message);
    }
}
END_TEST

static const struct {
    const char *why;
    bool before_upgrade;
    enum bl_cluster_action action;
    struct bl_cluster_backup backup;
    enum bl_cluster_step step;
    const char *reason, *says;
} backups[] = {
    {"one is made first",
     true,
     BL_CLUSTER_UPGRADE,
     {0},
     BL_CLUSTER_BACK_UP,
     "BackingUp",
     "kafka-0-before-aaaa"},
    {"it goes on",
     true,
     BL_CLUSTER_UPGRADE,
     {.made = true, .message = "3 of 6 volumes"},
     BL_CLUSTER_WAIT,
     "BackingUp",
     "3 of 6 volumes"},
    {"it failed",
     true,
     BL_CLUSTER_UPGRADE,
     {.made = true, .stalled = "a disk is gone"},
     BL_CLUSTER_STOP,
     "BackupFailed",
     "nothing was changed"},
    {"it is too old",
     true,
     BL_CLUSTER_UPGRADE,
     {.made = true, .complete = true, .made_at = -90000},
     BL_CLUSTER_STOP,
     "BackupTooOld",
     "more than 24 hours old"},
    {"it is there",
     true,
     BL_CLUSTER_UPGRADE,
     {.made = true, .complete = true},
     BL_CLUSTER_RELEASE,
     "Upgrading",
     "revision 4"},
    {"nobody wants one", false, BL_CLUSTER_UPGRADE, {0}, BL_CLUSTER_RELEASE, "Upgrading", ""},
    {"there is nothing yet to back up",
     true,
     BL_CLUSTER_INSTALL,
     {0},
     BL_CLUSTER_RELEASE,
     "Installing",
     ""},
};

START_TEST(backups_come_first)
{
    BL_AUTO_JSON cJSON *object = help_json("{'metadata': {'name': 'kafka', 'namespace': 'k'}}");
    struct bl_strings drift = {0};

    for (size_t i = 0; i < BL_ARRAY_LEN(backups); i++) {
        struct bl_cluster_spec spec = {
            .backup = {(char *)"nightly", backups[i].before_upgrade, 24}};
        struct bl_cluster_plan plan = {.action = backups[i].action, .digest = DIGEST};
        struct bl_cluster_state state = {.object = object,
                                         .spec = &spec,
                                         .has_release = true,
                                         .revision = 3,
                                         .plan = &plan,
                                         .drift = &drift,
                                         .backup = backups[i].backup};
        BL_AUTO(bl_cluster_next_release) struct bl_cluster_next next = {0};

        bl_cluster_next(&state, &next);
        ck_assert_msg(next.step == backups[i].step && strcmp(next.reason, backups[i].reason) == 0 &&
                          strstr(next.message, backups[i].says),
                      "%s: %d %s: %s", backups[i].why, next.step, next.reason, next.message);
    }
}
END_TEST

/* So long after the last one, and not while what was lost is told. */
START_TEST(proofs_come_again)
{
    static const struct {
        int64_t every, at, lost;
        enum bl_cluster_step step;
    } again[] = {
        {0, 1, 0, BL_CLUSTER_DONE},
        {24, 100000 - 24 * 3600 + 1, 0, BL_CLUSTER_DONE},
        {24, 100000 - 24 * 3600, 0, BL_CLUSTER_VERIFY},
        {24, 0, 3, BL_CLUSTER_STOP},
    };
    struct bl_strings drift = {0};

    for (size_t i = 0; i < BL_ARRAY_LEN(again); i++) {
        struct bl_cluster_spec spec = {
            .verification = {.enabled = true, .messages = 201, .every_hours = again[i].every}};
        struct bl_cluster_plan plan = {.action = BL_CLUSTER_NOTHING, .digest = DIGEST};
        struct bl_cluster_state state = {
            .spec = &spec,
            .has_release = true,
            .revision = 3,
            .plan = &plan,
            .drift = &drift,
            .now = 100000,
            .notes = {.verified = 3, .verified_at = again[i].at, .lost = again[i].lost}};
        BL_AUTO(bl_cluster_next_release) struct bl_cluster_next next = {0};

        bl_cluster_next(&state, &next);
        ck_assert_int_eq((int)next.step, (int)again[i].step);
    }
}
END_TEST

/* In their order, those that are not there as well, and no more than a status holds. */
START_TEST(members_are_told_one_by_one)
{
    BL_AUTO_JSON cJSON *set = help_json(
        "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'kafka','uid':'u'},"
        "'spec':{'replicas':2},'status':{'updateRevision':'new'}}");
    BL_AUTO_JSON cJSON *pod = help_json(
        "{'metadata':{'name':'kafka-1','labels':{'controller-revision-hash':'new'},'annotations':{"
        "'ballast.dev/zone':'z'},'ownerReferences':[{'kind':'StatefulSet','name':'kafka','controller':"
        "true,'uid':'u','apiVersion':'apps/v1'}]},'spec':{'containers':[{'image':'r/kafka:3.4.0@sha256:"
        "ab'},{'image':'r/side:1'}]},'status':{'conditions':[{'type':'Ready','status':'True'},{'type':"
        "'ballast.dev/in-sync','status':'False'}]}}");
    BL_AUTO_JSON cJSON *members = bl_json_new_array();
    BL_AUTO_JSON cJSON *wanted = help_json(
        "[{'name':'kafka-0'},{'name':'kafka-1','zone':'z','image':'3.4.0','updated':true,'ready':true,"
        "'inSync':false}]");
    BL_AUTO(bl_set_pods_release) struct bl_set_pods pods = {0};
    const cJSON *there[] = {pod};

    bl_set_pods_find(set, there, 1, &pods);
    bl_cluster_members_add(set, &pods, members);
    ck_assert(bl_json_equal(members, wanted));
    for (int i = 0; i < 100; i++)
        bl_cluster_members_add(set, &pods, members);
    ck_assert_int_eq((int)bl_json_len(members), 64);
}
END_TEST

static const struct {
    const char *why;
    enum bl_cluster_action action;
    int drift; /* enum bl_drift */
    const char *accepted, *reason;
} approvals[] = {
    {"an upgrade waits", BL_CLUSTER_UPGRADE, BL_DRIFT_WARN, "False", "ApprovalPending"},
    {"what was released is no upgrade", BL_CLUSTER_NOTHING, BL_DRIFT_WARN, "True", "Ready"},
    {"a correction waits, too", BL_CLUSTER_NOTHING, BL_DRIFT_CORRECT, "False", "ApprovalPending"},
};

static const char *condition(const cJSON *fields, const char *type)
{
    const cJSON *each;

    cJSON_ArrayForEach(each, bl_json_get(fields, "conditions")) {
        if (strcmp(bl_json_string(each, "type"), type) == 0)
            return bl_json_string(each, "status");
    }
    return "none";
}

START_TEST(what_changes_something_is_approved)
{
    BL_AUTO_JSON cJSON *object = help_json(
        "{'apiVersion': 'ballast.dev/v1alpha1', 'kind': 'KafkaCluster', 'metadata': {'name': "
        "'kafka', 'namespace': 'k', 'annotations': {'ballast.dev/approve': 'bbbb'}}}");
    char *changed[] = {(char *)"StatefulSet/kafka /spec/replicas: 3 → 4"};
    struct bl_strings drift = {changed, 1, 1};

    for (size_t i = 0; i < BL_ARRAY_LEN(approvals); i++) {
        struct bl_cluster_spec spec = {.upgrade.approval = BL_APPROVAL_MANUAL,
                                       .drift = approvals[i].drift};
        struct bl_cluster_plan plan = {.action = approvals[i].action, .digest = DIGEST};
        struct bl_cluster_state state = {.object = object,
                                         .spec = &spec,
                                         .has_release = true,
                                         .revision = 3,
                                         .plan = &plan,
                                         .drift = &drift};
        BL_AUTO(bl_cluster_next_release) struct bl_cluster_next next = {0};
        BL_AUTO(bl_status_release) struct bl_status status = {0};

        bl_cluster_next(&state, &next);
        bl_status_begin(&status, &bl_kind_kafka_cluster, object, 1000);
        bl_cluster_conditions(&state, &next, &status);
        BL_WHY(strcmp(next.reason, approvals[i].reason) == 0, approvals[i].why);
        BL_WHY(strcmp(condition(bl_status_fields(&status), BL_CONDITION_PLAN),
                      approvals[i].accepted) == 0,
               approvals[i].why);
    }
}
END_TEST

static const struct {
    const char *why;
    const char *next; /* what the protocol is raised to; NULL: nothing */
    bool raises, enabled;
    enum bl_cluster_action action;
    int64_t soak;
    struct bl_cluster_notes notes;
    enum bl_cluster_step step;
    const char *reason, *says;
} protocols[] = {
    {"it is held by an upgrade",
     "3.4",
     false,
     true,
     BL_CLUSTER_UPGRADE,
     0,
     {0},
     BL_CLUSTER_RELEASE,
     "Upgrading",
     "revision 4; inter.broker.protocol.version is held at 3.3"},
    {"the proof comes first",
     "3.4",
     false,
     true,
     BL_CLUSTER_NOTHING,
     0,
     {0},
     BL_CLUSTER_VERIFY,
     "Verifying",
     ""},
    {"then it is planned",
     "3.4",
     false,
     true,
     BL_CLUSTER_NOTHING,
     0,
     {.verified = 3},
     BL_CLUSTER_WAIT,
     "RaisingProtocol",
     "from 3.3 to 3.4 next"},
    {"without a proof it is left to soak",
     "3.4",
     false,
     false,
     BL_CLUSTER_NOTHING,
     60,
     {.rolled_at = 990},
     BL_CLUSTER_WAIT,
     "Soaking",
     "inter.broker.protocol.version comes in 50 s"},
    {"lost messages keep it",
     "3.4",
     false,
     true,
     BL_CLUSTER_NOTHING,
     0,
     {.verified = 3, .lost = 1},
     BL_CLUSTER_STOP,
     "MessagesLost",
     ""},
    {"it is raised by a release",
     "3.4",
     true,
     true,
     BL_CLUSTER_UPGRADE,
     0,
     {.verified = 3, .noted = "1:1", .before = DIGEST},
     BL_CLUSTER_RELEASE,
     "RaisingProtocol",
     "raised from 3.3 to 3.4: there is no way back"},
    {"it stays, and brokers are not asked",
     NULL,
     false,
     true,
     BL_CLUSTER_NOTHING,
     0,
     {.verified = 3},
     BL_CLUSTER_DONE,
     "Ready",
     ""},
};

START_TEST(a_protocol_is_raised_last)
{
    BL_AUTO_JSON cJSON *object = help_json("{'metadata': {'name': 'kafka', 'namespace': 'k'}}");
    struct bl_strings drift = {0};

    for (size_t i = 0; i < BL_ARRAY_LEN(protocols); i++) {
        struct bl_cluster_spec spec = {
            .verification = {.enabled = protocols[i].enabled, .messages = 201},
            .versions.metadata = (char *)"Auto",
            .upgrade.soak = protocols[i].soak};
        struct bl_cluster_plan plan = {.action = protocols[i].action,
                                       .digest = DIGEST,
                                       .kafka = (char *)"3.4.0",
                                       .protocol = {.ours = true,
                                                    .raises = protocols[i].raises,
                                                    .is = (char *)"3.3",
                                                    .next = (char *)protocols[i].next}};
        struct bl_cluster_state state = {.object = object,
                                         .spec = &spec,
                                         .has_release = true,
                                         .revision = 3,
                                         .plan = &plan,
                                         .drift = &drift,
                                         .now = 1000,
                                         .notes = protocols[i].notes};
        BL_AUTO(bl_cluster_next_release) struct bl_cluster_next next = {0};

        bl_cluster_next(&state, &next);
        ck_assert_msg(next.step == protocols[i].step &&
                          strcmp(next.reason, protocols[i].reason) == 0 &&
                          strstr(next.message, protocols[i].says),
                      "%s: %d %s: %s", protocols[i].why, next.step, next.reason, next.message);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/cluster_plan");
    TCase *tests = tcase_create("plan");

    tcase_add_test(tests, proofs);
    tcase_add_test(tests, backups_come_first);
    tcase_add_test(tests, proofs_come_again);
    tcase_add_test(tests, members_are_told_one_by_one);
    tcase_add_test(tests, what_changes_something_is_approved);
    tcase_add_test(tests, a_protocol_is_raised_last);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
