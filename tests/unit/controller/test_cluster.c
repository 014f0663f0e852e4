/* What is next for a KafkaCluster: a table of what was found out, and the one step that follows. */
#include "cluster/plan.h"

#include <string.h>

#include "ballast/api/names.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"
#include "json_help.h"

#define NOW 1000

/* A cluster of six pods that is as it shall be; each row changes what it is about. */
struct stage {
    struct bl_cluster_spec spec;
    struct bl_cluster_plan plan;
    struct bl_strings drift;
    struct bl_cluster_state state;
};

static struct stage base(void)
{
    struct stage stage = {.spec.verification.enabled = true,
                          .spec.verification.messages = 201,
                          .plan.action = BL_CLUSTER_NOTHING,
                          .plan.kafka = (char *)"3.4.0",
                          .plan.digest = "abc",
                          .state.has_release = true,
                          .state.revision = 2,
                          .state.release_status = "deployed",
                          .state.rollout = {.pods = 6, .updated = 6, .ready = 6},
                          .state.notes = {.verified = 2, .noted = "1:a", .rolled_at = NOW - 100},
                          .state.now = NOW};

    return stage;
}

static char *const changed[] = {(char *)"Service/kafka /spec/type"};

static void is_ready(struct stage *stage)
{
    (void)stage;
}

static void cannot_be_read(struct stage *stage)
{
    stage->state.invalid = "spec: chart is needed";
}

static void is_suspended(struct stage *stage)
{
    stage->spec.suspend = true;
    stage->plan.action = BL_CLUSTER_UPGRADE;
}

static void does_not_render(struct stage *stage)
{
    stage->state.failure = "Helm: no such chart";
    stage->state.stage = BL_EVALUATE_RENDER;
}

static void nobody_answers(struct stage *stage)
{
    stage->state.failure = "StatefulSet \"kafka\": failed calling webhook";
    stage->state.failure_code = BL_ERR_UNAVAILABLE;
    stage->state.stage = BL_EVALUATE_LIVE;
}

static void is_somebody_elses(struct stage *stage)
{
    does_not_render(stage);
    stage->state.failure_code = BL_ERR_CONFLICT;
}

static void another_helm_works(struct stage *stage)
{
    stage->state.pending = true;
    stage->state.release_status = "pending-upgrade";
}

static void its_helm_is_gone(struct stage *stage)
{
    another_helm_works(stage);
    stage->state.abandoned = true;
}

static void loses_members(struct stage *stage)
{
    stage->plan.action = BL_CLUSTER_UPGRADE;
    bl_cluster_plan_refuse(&stage->plan, BL_REFUSED_LOSS, bl_strdup("StatefulSet \"kafka\" goes"),
                           NULL);
}

static void asks_a_registry_in_vain(struct stage *stage)
{
    stage->plan.action = BL_CLUSTER_UPGRADE;
    bl_cluster_plan_refuse(&stage->plan, BL_REFUSED_REGISTRY, bl_strdup("image \"a\": no answer"),
                           NULL);
}

static void asks_in_vain_and_loses_members(struct stage *stage)
{
    asks_a_registry_in_vain(stage);
    loses_members(stage);
}

static void is_new(struct stage *stage)
{
    stage->state.has_release = false;
    stage->state.revision = 0;
    stage->state.notes = (struct bl_cluster_notes){0};
    stage->plan.action = BL_CLUSTER_INSTALL;
}

static void wants_an_upgrade(struct stage *stage)
{
    stage->plan.action = BL_CLUSTER_UPGRADE;
}

static void was_looked_at_before(struct stage *stage)
{
    wants_an_upgrade(stage);
    stage->state.notes.before = "abc";
}

static void was_looked_at_before_another_plan(struct stage *stage)
{
    wants_an_upgrade(stage);
    stage->state.notes.before = "abd";
}

static void wants_an_approval(struct stage *stage)
{
    was_looked_at_before(stage);
    stage->spec.upgrade.approval = BL_APPROVAL_MANUAL;
}

/* NOW is a quarter past midnight of a Thursday. */
static void waits_for_tonight(struct stage *stage)
{
    was_looked_at_before(stage);
    stage->spec.upgrade.window = (struct bl_window){.start = (char *)"22:00", .minutes = 60};
}

static void is_within_its_window(struct stage *stage)
{
    was_looked_at_before(stage);
    stage->spec.upgrade.window = (struct bl_window){.start = (char *)"00:10", .minutes = 10};
}

static void has_failed_half_way(struct stage *stage)
{
    waits_for_tonight(stage);
    stage->state.release_status = "failed";
}

static void is_new_by_day(struct stage *stage)
{
    is_new(stage);
    stage->spec.upgrade.window = (struct bl_window){.start = (char *)"22:00", .minutes = 60};
}

static void is_unapproved_by_day(struct stage *stage)
{
    waits_for_tonight(stage);
    stage->spec.upgrade.approval = BL_APPROVAL_MANUAL;
}

static void rolls(struct stage *stage)
{
    stage->state.rollout.updated = 2;
    stage->state.rollout.waiting = (char *)"kafka-1 catches up";
}

static void does_not_start(struct stage *stage)
{
    rolls(stage);
    stage->state.rollout.failed = (char *)"ImagePullBackOff";
}

static void is_to_be_proven(struct stage *stage)
{
    stage->state.notes.verified = 1;
}

static void soaks(struct stage *stage)
{
    is_to_be_proven(stage);
    stage->spec.upgrade.soak = 130;
}

static void is_not_to_be_proven(struct stage *stage)
{
    is_to_be_proven(stage);
    stage->spec.verification.enabled = false;
}

static void is_to_be_finalized(struct stage *stage)
{
    stage->spec.versions.metadata = (char *)"Auto";
    stage->state.notes.finalized = 1;
}

static void is_finalized(struct stage *stage)
{
    is_to_be_finalized(stage);
    stage->state.notes.finalized = 2;
}

static void is_finalized_to(struct stage *stage, const char *wanted, int64_t level)
{
    stage->spec.versions.metadata = (char *)wanted;
    stage->state.notes.finalized = 2;
    stage->state.notes.level = level;
}

static void has_the_level(struct stage *stage)
{
    is_finalized_to(stage, "3.9", 21);
}

/* Somebody asks for more, and releases nothing. */
static void wants_a_higher_level(struct stage *stage)
{
    is_finalized_to(stage, "3.9", 20);
}

/* With ZooKeeper. */
static void has_no_level(struct stage *stage)
{
    is_finalized_to(stage, "3.9", -1);
}

static void holds_its_level(struct stage *stage)
{
    is_finalized_to(stage, "Hold", 27);
    stage->state.notes.finalized = 1;
}

static void is_first_to_be_proven(struct stage *stage)
{
    is_to_be_finalized(stage);
    is_to_be_proven(stage);
}

static void soaks_without_a_proof(struct stage *stage)
{
    is_to_be_finalized(stage);
    is_not_to_be_proven(stage);
    stage->spec.upgrade.soak = 130;
}

static void has_lost_messages(struct stage *stage)
{
    stage->state.notes.lost = 3;
}

static void is_not_finalized_after_a_loss(struct stage *stage)
{
    is_to_be_finalized(stage);
    has_lost_messages(stage);
}

static void was_changed(struct stage *stage)
{
    stage->drift = (struct bl_strings){(char **)(uintptr_t)changed, 1, 1};
}

static void is_put_back(struct stage *stage)
{
    was_changed(stage);
    stage->spec.upgrade.window = (struct bl_window){.start = (char *)"22:00", .minutes = 60};
    stage->spec.drift = BL_DRIFT_CORRECT;
    stage->state.notes.before = "abc";
}

/* The last try of a step; `ago` seconds since. */
static void failed(struct stage *stage, const char *step, int64_t count, int64_t ago, bool lasts)
{
    stage->state.notes.failure = (struct bl_cluster_failure){.step = step,
                                                             .of = "0/",
                                                             .message = "Helm: no such host",
                                                             .count = count,
                                                             .at = NOW - ago,
                                                             .lasts = lasts};
}

static void has_just_failed(struct stage *stage)
{
    was_looked_at_before(stage);
    failed(stage, "Release", 1, 1, true);
}

static void has_failed_a_while_ago(struct stage *stage)
{
    was_looked_at_before(stage);
    failed(stage, "Release", 2, 11, true);
}

static void has_failed_less_long_ago(struct stage *stage)
{
    was_looked_at_before(stage);
    failed(stage, "Release", 3, 19, false);
}

static void fails_for_good(struct stage *stage)
{
    was_looked_at_before(stage);
    failed(stage, "Release", 3, 9999, true);
}

static void failed_with_another_spec(struct stage *stage)
{
    fails_for_good(stage);
    stage->state.notes.failure.of = "1/";
}

static void is_away_for_long(struct stage *stage)
{
    was_looked_at_before(stage);
    failed(stage, "Release", 40, 599, false);
}

static void was_another_step(struct stage *stage)
{
    was_looked_at_before(stage);
    failed(stage, "Verify", 3, 0, true);
}

static void finds_no_broker(struct stage *stage)
{
    wants_an_upgrade(stage);
    failed(stage, "VerifyBefore", 1, 0, false);
}

static void finds_no_broker_at_all(struct stage *stage)
{
    wants_an_upgrade(stage);
    failed(stage, "VerifyBefore", 3, 0, false);
}

static void looks_for_brokers_again(struct stage *stage)
{
    wants_an_upgrade(stage);
    failed(stage, "VerifyBefore", 3, 21, false);
}

static void asks_for_no_proof(struct stage *stage)
{
    finds_no_broker_at_all(stage);
    stage->spec.verification.enabled = false;
}

static void is_not_proven_again(struct stage *stage)
{
    is_to_be_proven(stage);
    failed(stage, "Verify", 3, 0, false);
}

static void is_made_anew(struct stage *stage)
{
    is_new(stage);
    stage->state.notes = (struct bl_cluster_notes){.verified = 2, .noted = "1:a"};
}

static void was_scaled_up(struct stage *stage)
{
    is_put_back(stage);
    stage->plan.grown = true;
}

static const struct {
    const char *why;
    void (*set)(struct stage *stage);
    enum bl_cluster_step step;
    enum bl_kstatus phase;
    const char *reason, *message; /* a part of it */
} rows[] = {
    {"it is as it shall be", is_ready, BL_CLUSTER_DONE, BL_CURRENT, "Ready",
     "6 pods ready, proven"},
    {"its spec is wrong", cannot_be_read, BL_CLUSTER_STOP, BL_STALLED, "InvalidSpec", "chart"},
    {"nothing is done", is_suspended, BL_CLUSTER_STOP, BL_IN_PROGRESS, "Suspended", "suspend"},
    {"its chart is not there", does_not_render, BL_CLUSTER_STOP, BL_STALLED, "ChartNotRendered",
     "no such"},
    {"a webhook is away", nobody_answers, BL_CLUSTER_WAIT, BL_IN_PROGRESS, "ObjectsNotRead",
     "failed calling webhook"},
    {"objects of others", is_somebody_elses, BL_CLUSTER_STOP, BL_STALLED, "NotOwned", "Helm"},
    {"a person upgrades", another_helm_works, BL_CLUSTER_WAIT, BL_IN_PROGRESS, "HelmAtWork",
     "pending-upgrade"},
    {"a Helm was killed", its_helm_is_gone, BL_CLUSTER_UNLOCK, BL_IN_PROGRESS, "Unlocking",
     "revision 2"},
    {"it would lose members", loses_members, BL_CLUSTER_STOP, BL_STALLED, BL_REFUSED_LOSS, "goes"},
    {"a registry is away", asks_a_registry_in_vain, BL_CLUSTER_WAIT, BL_IN_PROGRESS,
     BL_REFUSED_REGISTRY, "no answer"},
    {"which is the least", asks_in_vain_and_loses_members, BL_CLUSTER_STOP, BL_STALLED,
     BL_REFUSED_LOSS, "goes; and 1 more reason"},
    {"it is new", is_new, BL_CLUSTER_RELEASE, BL_IN_PROGRESS, "Installing", "revision 1"},
    {"first the messages", wants_an_upgrade, BL_CLUSTER_VERIFY_BEFORE, BL_IN_PROGRESS,
     "VerifyingBefore", ""},
    {"of this plan", was_looked_at_before_another_plan, BL_CLUSTER_VERIFY_BEFORE, BL_IN_PROGRESS,
     "VerifyingBefore", ""},
    {"then Helm", was_looked_at_before, BL_CLUSTER_RELEASE, BL_IN_PROGRESS, "Upgrading",
     "revision 3"},
    {"a person has to say so", wants_an_approval, BL_CLUSTER_WAIT, BL_IN_PROGRESS,
     "ApprovalPending", "ballast.dev/approve=abc"},
    {"not by day", waits_for_tonight, BL_CLUSTER_WAIT, BL_IN_PROGRESS, "WaitingForWindow",
     "opens 1970-01-01T22:00:00Z"},
    {"but by night", is_within_its_window, BL_CLUSTER_RELEASE, BL_IN_PROGRESS, "Upgrading",
     "revision 3"},
    {"a repair does not wait", has_failed_half_way, BL_CLUSTER_RELEASE, BL_IN_PROGRESS, "Upgrading",
     "revision 3"},
    {"nor what is new", is_new_by_day, BL_CLUSTER_RELEASE, BL_IN_PROGRESS, "Installing",
     "revision 1"},
    {"first who has to say so", is_unapproved_by_day, BL_CLUSTER_WAIT, BL_IN_PROGRESS,
     "ApprovalPending", "approve=abc"},
    {"its pods roll", rolls, BL_CLUSTER_WAIT, BL_IN_PROGRESS, "Rolling", "2 of 6 pods are new"},
    {"they do not start", does_not_start, BL_CLUSTER_STOP, BL_STALLED, "RolloutFailed",
     "ImagePull"},
    {"it is to be proven", is_to_be_proven, BL_CLUSTER_VERIFY, BL_IN_PROGRESS, "Verifying",
     "201 messages are"},
    {"not yet", soaks, BL_CLUSTER_WAIT, BL_IN_PROGRESS, "Soaking", "in 30 s"},
    {"not at all", is_not_to_be_proven, BL_CLUSTER_DONE, BL_CURRENT, "Ready", ""},
    {"metadata.version is raised", is_to_be_finalized, BL_CLUSTER_FINALIZE, BL_IN_PROGRESS,
     "Finalizing", "metadata.version"},
    {"once", is_finalized, BL_CLUSTER_DONE, BL_CURRENT, "Ready", ""},
    {"to what is asked for", wants_a_higher_level, BL_CLUSTER_FINALIZE, BL_IN_PROGRESS,
     "Finalizing", "raised to 3.9-IV0"},
    {"and not beyond", has_the_level, BL_CLUSTER_DONE, BL_CURRENT, "Ready", ""},
    {"nor where there is none", has_no_level, BL_CLUSTER_DONE, BL_CURRENT, "Ready", ""},
    {"nor where it is held", holds_its_level, BL_CLUSTER_DONE, BL_CURRENT, "Ready", ""},
    {"after the proof", is_first_to_be_proven, BL_CLUSTER_VERIFY, BL_IN_PROGRESS, "Verifying", ""},
    {"after the soak", soaks_without_a_proof, BL_CLUSTER_WAIT, BL_IN_PROGRESS, "Soaking",
     "metadata.version comes in 30 s"},
    {"not where messages are gone", is_not_finalized_after_a_loss, BL_CLUSTER_STOP, BL_STALLED,
     "MessagesLost", "3 acknowledged"},
    {"messages are gone", has_lost_messages, BL_CLUSTER_STOP, BL_STALLED, "MessagesLost",
     "3 acknowledged messages are"},
    {"others changed it", was_changed, BL_CLUSTER_DONE, BL_CURRENT, "Ready", "somebody changed it"},
    {"Helm fails", has_just_failed, BL_CLUSTER_WAIT, BL_IN_PROGRESS, "Upgrading",
     "revision 3; that failed 1 time: Helm: no such host"},
    {"and is asked again", has_failed_a_while_ago, BL_CLUSTER_RELEASE, BL_IN_PROGRESS, "Upgrading",
     "that failed 2 times: Helm"},
    {"ever later", has_failed_less_long_ago, BL_CLUSTER_WAIT, BL_IN_PROGRESS, "Upgrading",
     "3 times"},
    {"and then no more", fails_for_good, BL_CLUSTER_STOP, BL_STALLED, "ReleaseFailed",
     "no such host; Helm is not asked again until spec, values or chart change"},
    {"unless for something else", failed_with_another_spec, BL_CLUSTER_RELEASE, BL_IN_PROGRESS,
     "Upgrading", "revision 3"},
    {"who is away is waited for", is_away_for_long, BL_CLUSTER_WAIT, BL_IN_PROGRESS, "Upgrading",
     "40 times"},
    {"what failed before is over", was_another_step, BL_CLUSTER_RELEASE, BL_IN_PROGRESS,
     "Upgrading", "revision 3"},
    {"no broker answers", finds_no_broker, BL_CLUSTER_WAIT, BL_IN_PROGRESS, "VerifyingBefore",
     "no such host"},
    {"again and again", finds_no_broker_at_all, BL_CLUSTER_STOP, BL_STALLED, "ProofFailed",
     "set spec.verification.enabled to false"},
    {"but may", looks_for_brokers_again, BL_CLUSTER_VERIFY_BEFORE, BL_STALLED, "ProofFailed", ""},
    {"nobody asks for them", asks_for_no_proof, BL_CLUSTER_RELEASE, BL_IN_PROGRESS, "Upgrading",
     "revision 3"},
    {"nor after it", is_not_proven_again, BL_CLUSTER_STOP, BL_STALLED, "ProofFailed",
     "to do without a proof"},
    {"a proof of what is gone", is_made_anew, BL_CLUSTER_RELEASE, BL_IN_PROGRESS, "Installing", ""},
    {"which is put back", is_put_back, BL_CLUSTER_RELEASE, BL_IN_PROGRESS, "CorrectingDrift",
     "Service/kafka"},
    {"but no broker is taken away", was_scaled_up, BL_CLUSTER_DONE, BL_CURRENT, "Ready",
     "somebody changed it"},
};

START_TEST(one_step_follows)
{
    BL_AUTO_JSON cJSON *object = help_json("{'metadata':{'name':'kafka','namespace':'k'}}");
    BL_AUTO(bl_cluster_next_release) struct bl_cluster_next next = {0};
    BL_AUTO(bl_status_release) struct bl_status status = {0};
    struct stage stage = base();

    stage.state.object = object;
    stage.state.spec = &stage.spec;
    rows[_i].set(&stage);
    stage.state.plan = stage.state.failure || stage.state.invalid ? NULL : &stage.plan;
    stage.state.drift = &stage.drift;
    bl_cluster_next(&stage.state, &next);
    ck_assert_msg(next.step == rows[_i].step && next.phase == rows[_i].phase, "%s: %d, %d, %s: %s",
                  rows[_i].why, (int)next.step, (int)next.phase, next.reason, next.message);
    ck_assert_msg(strcmp(next.reason, rows[_i].reason) == 0, "%s: %s", rows[_i].why, next.reason);
    ck_assert_msg(strstr(next.message, rows[_i].message), "%s: %s", rows[_i].why, next.message);
    bl_status_begin(&status, &bl_kind_kafka_cluster, object, NOW);
    bl_cluster_conditions(&stage.state, &next, &status);
    BL_WHY(bl_json_len(bl_json_get(bl_status_fields(&status), "conditions")) >= 8, rows[_i].why);
    for (size_t i = 0; i < stage.plan.refusals.len; i++)
        free(stage.plan.refusals.items[i].message);
    free(stage.plan.refusals.items);
}
END_TEST

/* Nothing is proven while a proof fails, whatever was proven before. */
START_TEST(a_proof_that_fails_is_told)
{
    BL_AUTO_JSON cJSON *object = help_json("{'metadata':{'name':'kafka','namespace':'k'}}");
    BL_AUTO(bl_cluster_next_release) struct bl_cluster_next next = {0};
    BL_AUTO(bl_status_release) struct bl_status status = {0};
    BL_AUTO_JSON cJSON *said = bl_json_new_object();
    struct stage stage = base();
    const cJSON *verified;

    stage.state.object = object;
    stage.state.spec = &stage.spec;
    finds_no_broker(&stage);
    stage.state.plan = &stage.plan;
    stage.state.drift = &stage.drift;
    bl_cluster_next(&stage.state, &next);
    bl_status_begin(&status, &bl_kind_kafka_cluster, object, NOW);
    bl_cluster_conditions(&stage.state, &next, &status);
    bl_json_add(said, "status", bl_json_copy(bl_status_fields(&status)));
    verified = bl_object_condition(said, BL_CONDITION_VERIFIED);
    ck_assert_str_eq(bl_json_string(verified, "status"), "Unknown");
    ck_assert_str_eq(bl_json_string(verified, "message"), "Helm: no such host");
}
END_TEST

#define POD(name, conditions)                                                                   \
    "{'metadata':{'name':'" name "','ownerReferences':[{'kind':'StatefulSet','name':'kafka',"   \
    "'controller':true,'uid':'u','apiVersion':'apps/v1'}]},'status':{'conditions':[" conditions \
    "]}}"
#define GATE(status, reason) \
    "{'type':'ballast.dev/in-sync','status':'" status "','reason':'" reason "','message':'m'}"
#define SAFE(status) ",{'type':'ballast.dev/safe-to-disrupt','status':'" status "','message':'n'}"

static const struct {
    const char *why, *pods[2], *status, *message;
} syncs[] = {
    {"both are",
     {POD("kafka-0", GATE("True", "InSync") SAFE("True")),
      POD("kafka-1", GATE("True", "InSync") SAFE("True"))},
     "True",
     ""},
    {"one is not",
     {POD("kafka-0", GATE("True", "Unknown")), POD("kafka-1", GATE("False", "X"))},
     "False",
     "kafka-1: m"},
    {"of one nobody knows",
     {POD("kafka-0", GATE("True", "Unknown")), POD("kafka-1", GATE("True", "InSync") SAFE("True"))},
     "Unknown",
     "kafka-0: m"},
    {"one may not go down",
     {POD("kafka-0", GATE("True", "InSync") SAFE("False")),
      POD("kafka-1", GATE("True", "InSync") SAFE("True"))},
     "Unknown",
     "kafka-0: n"},
    {"nobody says", {POD("kafka-0", ""), POD("kafka-1", "")}, "Unknown", ""},
};

START_TEST(pods_say_whether_they_are_in_sync)
{
    BL_AUTO_JSON cJSON *object = help_json("{'metadata':{'name':'kafka','namespace':'k'}}");
    BL_AUTO_JSON cJSON *set = help_json("{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{"
                                        "'name':'kafka','uid':'u'},'spec':{'replicas':2}}");

    for (size_t i = 0; i < BL_ARRAY_LEN(syncs); i++) {
        BL_AUTO_JSON cJSON *first = help_json(syncs[i].pods[0]);
        BL_AUTO_JSON cJSON *second = help_json(syncs[i].pods[1]);
        BL_AUTO_JSON cJSON *said = bl_json_new_object();
        BL_AUTO(bl_cluster_next_release) struct bl_cluster_next next = {0};
        BL_AUTO(bl_status_release) struct bl_status status = {0};
        BL_AUTO(bl_set_pods_release) struct bl_set_pods pods = {0};
        const cJSON *there[] = {first, second}, *condition;
        struct stage stage = base();

        stage.state.object = object;
        stage.state.spec = &stage.spec;
        stage.state.plan = &stage.plan;
        stage.state.drift = &stage.drift;
        bl_set_pods_find(set, there, 2, &pods);
        bl_cluster_sync_add(&pods, &stage.state.sync);
        bl_cluster_next(&stage.state, &next);
        bl_status_begin(&status, &bl_kind_kafka_cluster, object, NOW);
        bl_cluster_conditions(&stage.state, &next, &status);
        bl_json_add(said, "status", bl_json_copy(bl_status_fields(&status)));
        condition = bl_object_condition(said, BL_CONDITION_CLUSTER_IN_SYNC);
        ck_assert_msg(bl_text_eq(bl_json_string(condition, "status"), syncs[i].status) &&
                          bl_text_eq(bl_json_string(condition, "message"), syncs[i].message),
                      "%s: %s: %s", syncs[i].why, bl_json_string(condition, "status"),
                      bl_json_string(condition, "message"));
        bl_cluster_sync_release(&stage.state.sync);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cluster");
    TCase *tests = tcase_create("cluster");

    tcase_add_loop_test(tests, one_step_follows, 0, (int)BL_ARRAY_LEN(rows));
    tcase_add_test(tests, a_proof_that_fails_is_told);
    tcase_add_test(tests, pods_say_whether_they_are_in_sync);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
