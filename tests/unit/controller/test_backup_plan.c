/* What is next for backup plans, backups and restores. */
#include "backup/plan.h"

#include <string.h>

#include "ballast/base/date.h"
#include "json_help.h"

#define OBJECT "{'metadata': {'name': 'nightly', 'creationTimestamp': '2026-11-30T12:00:00Z'}}"
#define READY "{'state': 'READY'}"
#define NIGHTLY                                                              \
    {                                                                        \
        .schedule = {.cron = (char *)"0 3 * * *"}, .retention = { 7, -1, 0 } \
    }

static int64_t at(const char *time)
{
    int64_t seconds = 0;

    ck_assert(bl_time_parse(time, &seconds));
    return seconds;
}

static void expect(struct bl_backup_next *next, const char *why, enum bl_backup_step step,
                   enum bl_kstatus phase, const char *reason, const char *says)
{
    ck_assert_msg(next->step == step && next->phase == phase && strcmp(next->reason, reason) == 0,
                  "%s: step %d, phase %d, %s: %s", why, next->step, next->phase, next->reason,
                  next->message);
    ck_assert_msg(strstr(next->message, says), "%s: %s", why, next->message);
    /* Nobody is asked without a pause, and nothing that is to be done waits. */
    BL_WHY((next->after > 0) == (step <= BL_BACKUP_DONE), why);
    bl_backup_next_release(next);
}

/* --- plans --- */

static const struct {
    const char *why;
    struct bl_backup_plan_spec spec;
    const char *plan, *foreign, *mask, *unready, *now, *last;
    bool running;
    enum bl_backup_step step;
    enum bl_kstatus phase;
    const char *reason, *says;
} plans[] = {
    {"there is none", NIGHTLY, NULL, NULL, "", NULL, "2026-11-30T13:00:00Z", NULL, false,
     BL_BACKUP_CREATE, BL_IN_PROGRESS, "Creating", "made"},
    {"it is somebody else's", NIGHTLY, READY, "it backs up x", "", NULL, "2026-11-30T13:00:00Z",
     NULL, false, BL_BACKUP_STOP, BL_STALLED, "NotOurs", "backupPlanId"},
    {"it differs", NIGHTLY, READY, NULL, "deactivated", NULL, "2026-11-30T13:00:00Z", NULL, false,
     BL_BACKUP_PATCH, BL_IN_PROGRESS, "Updating", "deactivated"},
    {"it differs and is locked", NIGHTLY, "{'state': 'READY', 'retentionPolicy': {'locked': true}}",
     NULL, "retentionPolicy.backupRetainDays", NULL, "2026-11-30T13:00:00Z", NULL, false,
     BL_BACKUP_STOP, BL_STALLED, "RetentionLocked", "locked"},
    {"it is being made", NIGHTLY, "{'state': 'PROVISIONING'}", NULL, "", NULL,
     "2026-11-30T13:00:00Z", NULL, false, BL_BACKUP_WAIT, BL_IN_PROGRESS, "PlanNotReady",
     "PROVISIONING"},
    {"a state that nobody knows", NIGHTLY, "{'state': 'DREAMING'}", NULL, "", NULL,
     "2026-11-30T13:00:00Z", NULL, false, BL_BACKUP_WAIT, BL_IN_PROGRESS, "PlanNotReady",
     "DREAMING"},
    {"it failed", NIGHTLY, "{'state': 'FAILED', 'stateReason': 'no such cluster'}", NULL, "", NULL,
     "2026-11-30T13:00:00Z", NULL, false, BL_BACKUP_STOP, BL_STALLED, "PlanFailed",
     "no such cluster"},
    {"the agent is off", NIGHTLY, READY, NULL, "", "no agent", "2026-11-30T13:00:00Z", NULL, false,
     BL_BACKUP_STOP, BL_STALLED, "ClusterNotReady", "no agent"},
    {"it waits for the night", NIGHTLY, READY, NULL, "", NULL, "2026-11-30T13:00:00Z", NULL, false,
     BL_BACKUP_DONE, BL_CURRENT, "Ready", "2026-12-01T03:00:00Z"},
    {"the night has come", NIGHTLY, READY, NULL, "", NULL, "2026-12-01T03:00:00Z", NULL, false,
     BL_BACKUP_SCHEDULE, BL_IN_PROGRESS, "BackupDue", "2026-12-01T03:00:00Z"},
    {"one is being taken", NIGHTLY, READY, NULL, "", NULL, "2026-12-01T03:00:00Z", NULL, true,
     BL_BACKUP_DONE, BL_CURRENT, "Ready", "2026-12-01T03:00:00Z"},
    {"it was", NIGHTLY, READY, NULL, "", NULL, "2026-12-01T03:00:10Z", "2026-12-01T03:00:00Z",
     false, BL_BACKUP_DONE, BL_CURRENT, "Ready", "2026-12-02T03:00:00Z"},
    {"the clock went back", NIGHTLY, READY, NULL, "", NULL, "2026-11-30T23:00:00Z",
     "2026-12-01T03:00:00Z", false, BL_BACKUP_DONE, BL_CURRENT, "Ready", "2026-12-02T03:00:00Z"},
    {"a week was slept through", NIGHTLY, READY, NULL, "", NULL, "2026-12-08T03:00:10Z",
     "2026-12-01T03:00:00Z", false, BL_BACKUP_SCHEDULE, BL_IN_PROGRESS, "BackupDue",
     "2026-12-08T03:00:00Z"},
    {"the one before it is stuck", NIGHTLY, READY, NULL, "", NULL, "2026-12-02T05:00:00Z",
     "2026-12-01T03:00:00Z", true, BL_BACKUP_DONE, BL_STALLED, "Overdue", "still under way"},
    {"switched off",
     {.deactivated = true},
     "{'state': 'DEACTIVATED'}",
     NULL,
     "",
     NULL,
     "2026-11-30T13:00:00Z",
     NULL,
     false,
     BL_BACKUP_DONE,
     BL_CURRENT,
     "Deactivated",
     "until"},
    {"suspended",
     {.suspend = true},
     NULL,
     NULL,
     "",
     NULL,
     "2026-11-30T13:00:00Z",
     NULL,
     false,
     BL_BACKUP_STOP,
     BL_IN_PROGRESS,
     "Suspended",
     "spec.suspend"},
};

START_TEST(plans_go_on)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT);

    for (size_t i = 0; i < BL_ARRAY_LEN(plans); i++) {
        BL_AUTO_JSON cJSON *plan = plans[i].plan ? help_json(plans[i].plan) : NULL;
        struct bl_backup_next next = {0};
        struct bl_backup_plan_state state = {.at = {.object = object, .now = at(plans[i].now)},
                                             .spec = &plans[i].spec,
                                             .unready = plans[i].unready,
                                             .plan = plan,
                                             .foreign = plans[i].foreign,
                                             .mask = plans[i].mask,
                                             .applications = 2,
                                             .last = plans[i].last ? at(plans[i].last) : 0,
                                             .running = plans[i].running};

        bl_backup_plan_next(&state, &next);
        expect(&next, plans[i].why, plans[i].step, plans[i].phase, plans[i].reason, plans[i].says);
    }
}
END_TEST

/* An order to write goes on, or came to nothing: it is not given again. */
START_TEST(what_is_written_is_followed)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT), *plan = help_json(READY);
    static const struct bl_backup_plan_spec nightly = NIGHTLY;
    struct bl_backup_next next = {0};
    struct bl_backup_plan_state state = {
        .at = {.object = object, .now = at("2026-11-30T13:00:00Z"), .making = true},
        .spec = &nightly,
        .plan = plan,
        .mask = "retentionPolicy",
        .applications = 1};

    bl_backup_plan_next(&state, &next);
    expect(&next, "it goes on", BL_BACKUP_WAIT, BL_IN_PROGRESS, "BeingWritten", "retentionPolicy");
    state.at.making = false;
    state.at.not_made = "a quota is used up";
    bl_backup_plan_next(&state, &next);
    expect(&next, "it failed", BL_BACKUP_STOP, BL_STALLED, "NotWritten", "a quota is used up");
    /* What was written since, by whomever, is all that counts. */
    state.mask = "";
    bl_backup_plan_next(&state, &next);
    expect(&next, "it differs no more", BL_BACKUP_DONE, BL_CURRENT, "Ready", "03:00:00");
}
END_TEST

START_TEST(a_day_that_never_comes_is_told)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT), *plan = help_json(READY);
    struct bl_backup_plan_spec spec = {.schedule = {.cron = (char *)"0 3 30 2 *"},
                                       .retention = {7, -1, 0}};
    struct bl_backup_next next = {0};
    struct bl_backup_plan_state state = {
        .at = {.object = object, .now = at("2026-11-30T13:00:00Z")},
        .spec = &spec,
        .plan = plan,
        .mask = "",
        .applications = 1};

    bl_backup_plan_next(&state, &next);
    expect(&next, "it never comes", BL_BACKUP_DONE, BL_STALLED, "NeverDue", "0 3 30 2 *");
    spec.schedule.by = BL_SCHEDULER_SERVICE;
    bl_backup_plan_next(&state, &next);
    expect(&next, "the service makes them", BL_BACKUP_DONE, BL_CURRENT, "Ready", "service");
}
END_TEST

/* What the schedule's KafkaBackups say is the plan's affair, and stops nothing. */
START_TEST(a_schedule_that_is_not_kept_is_told)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT), *plan = help_json(READY);
    static const struct bl_backup_plan_spec nightly = NIGHTLY;
    static const struct bl_backup_plan_spec by_hand = {.retention = {7, -1, 0}};
    static const struct bl_backup_plan_spec by_age = {.schedule = {.rpo_minutes = 600}};
    struct bl_backup_next next = {0};
    struct bl_backup_plan_state state = {
        .at = {.object = object, .now = at("2026-12-02T02:00:00Z")},
        .spec = &nightly,
        .plan = plan,
        .mask = "",
        .applications = 1,
        .last = at("2026-12-01T03:00:00Z"),
        .attempt = at("2026-12-01T03:00:00Z"),
        .failed = "KafkaBackup \"x\": a disk is gone"};

    bl_backup_plan_next(&state, &next);
    expect(&next, "the newest failed", BL_BACKUP_DONE, BL_STALLED, "BackupsFail", "disk is gone");
    state.spec = &by_hand;
    bl_backup_plan_next(&state, &next);
    expect(&next, "by hand", BL_BACKUP_DONE, BL_STALLED, "BackupsFail", "disk is gone");
    state.spec = &nightly;
    state.at.now = at("2026-12-02T03:00:00Z");
    bl_backup_plan_next(&state, &next);
    expect(&next, "the next is due", BL_BACKUP_SCHEDULE, BL_IN_PROGRESS, "BackupDue", "03:00");

    /* By age what failed holds nothing up, and is not asked for without a pause. */
    state.spec = &by_age;
    state.last = at("2026-12-01T03:00:00Z");
    state.attempt = at("2026-12-01T12:00:00Z");
    state.at.now = at("2026-12-01T12:10:00Z");
    bl_backup_plan_next(&state, &next);
    expect(&next, "it has just failed", BL_BACKUP_DONE, BL_STALLED, "BackupsFail", "14:30:00");
    state.at.now = at("2026-12-01T14:30:00Z");
    bl_backup_plan_next(&state, &next);
    expect(&next, "again", BL_BACKUP_SCHEDULE, BL_IN_PROGRESS, "BackupDue", "14:30:00");

    state.spec = &nightly;
    state.failed = NULL;
    state.running = true;
    state.waiting = "KafkaBackup \"x\": kafka-1 is not in sync";
    state.last = state.attempt = at("2026-12-01T03:00:00Z");
    bl_backup_plan_next(&state, &next);
    expect(&next, "it does not begin", BL_BACKUP_DONE, BL_STALLED, "Overdue", "kafka-1");
}
END_TEST

START_TEST(names_stay)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT), *done = help_json("{'state': 'SUCCEEDED'}");
    BL_AUTO_JSON cJSON *runs = help_json("{'state': 'IN_PROGRESS'}");
    static const struct bl_backup_plan_spec nightly = NIGHTLY;
    static const struct bl_backup_spec taken;
    static const struct bl_restore_spec restored = {.backup = (char *)"b", .verify = true};
    struct bl_backup_next next = {0};
    struct bl_backup_plan_state plan = {
        .at = {.object = object}, .spec = &nightly, .mask = "", .differs = "projects/old"};
    struct bl_backup_state backup = {
        .at = {.object = object}, .spec = &taken, .backup = done, .differs = "projects/old"};
    struct bl_restore_state restore = {.at = {.object = object},
                                       .spec = &restored,
                                       .restore = done,
                                       .differs = "",
                                       .has_note = true,
                                       .verified = true,
                                       .moved = "projects/old"};

    bl_backup_plan_next(&plan, &next);
    expect(&next, "a plan", BL_BACKUP_STOP, BL_STALLED, "SpecDiffers", "projects/old");
    bl_backup_next(&backup, &next);
    expect(&next, "a backup", BL_BACKUP_STOP, BL_STALLED, "SpecDiffers", "projects/old");
    bl_restore_next(&restore, &next);
    expect(&next, "a restore", BL_BACKUP_STOP, BL_STALLED, "SpecDiffers", "projects/old");
    restore.made_of = "backups/other";
    bl_restore_next(&restore, &next);
    expect(&next, "of another backup", BL_BACKUP_STOP, BL_STALLED, "RestoreDiffers",
           "backups/other");
    /* The webhook spares its namespace, and what it has made must not be met by anybody. */
    restore.restore = runs;
    bl_restore_next(&restore, &next);
    expect(&next, "while it goes on", BL_BACKUP_WAIT, BL_IN_PROGRESS, "Restoring", "IN_PROGRESS");
}
END_TEST

START_TEST(what_is_others_is_left)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT);
    static const struct bl_backup_spec spec;
    struct bl_backup_next next = {0};
    struct bl_backup_state state = {.at = {.object = object},
                                    .spec = &spec,
                                    .foreign = "it is of production",
                                    .taken = true,
                                    .scheduled = true};

    bl_backup_next(&state, &next);
    expect(&next, "a backup", BL_BACKUP_STOP, BL_STALLED, "NotOurs", "production");
    state = (struct bl_backup_state){
        .at = {.object = object}, .spec = &spec, .proves = true, .note_taken = "x-note"};
    bl_backup_next(&state, &next);
    expect(&next, "a ConfigMap", BL_BACKUP_STOP, BL_STALLED, "NoteNotOurs", "\"x-note\"");
    state.proves = false;
    bl_backup_next(&state, &next);
    expect(&next, "nobody writes it", BL_BACKUP_CREATE, BL_IN_PROGRESS, "Taking", "asked");
}
END_TEST

START_TEST(nothing_to_protect_is_waited_for)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT);
    static const struct bl_backup_plan_spec spec = NIGHTLY;
    struct bl_backup_next next = {0};
    struct bl_backup_plan_state state = {.at = {.object = object}, .spec = &spec, .mask = ""};

    bl_backup_plan_next(&state, &next);
    expect(&next, "no Kafka", BL_BACKUP_WAIT, BL_IN_PROGRESS, "NothingToProtect", "Kafka");

    /* Lost in a disaster, say: then the plan is not told to select nothing. */
    BL_AUTO_JSON cJSON *plan = help_json(READY);
    state.plan = plan;
    state.mask = "backupConfig.selectedApplications";
    bl_backup_plan_next(&state, &next);
    expect(&next, "no Kafka any more", BL_BACKUP_WAIT, BL_IN_PROGRESS, "NothingToProtect",
           "stays as it is");
}
END_TEST

/* --- backups --- */

static const struct {
    const char *why, *plan_unready, *backup, *note, *unfit;
    bool proves;
    enum bl_backup_step step;
    enum bl_kstatus phase;
    const char *reason, *says;
} backups[] = {
    {"no plan", "there is no plan", NULL, NULL, NULL, true, BL_BACKUP_WAIT, BL_IN_PROGRESS,
     "PlanNotReady", "no plan"},
    {"no time for it", NULL, NULL, NULL, "kafka-1 is not in sync", true, BL_BACKUP_WAIT,
     BL_IN_PROGRESS, "ClusterNotFit", "kafka-1"},
    {"a note comes first", NULL, NULL, NULL, NULL, true, BL_BACKUP_NOTE, BL_IN_PROGRESS, "Noting",
     "noted"},
    {"it is noted", NULL, NULL, "ab", NULL, true, BL_BACKUP_CREATE, BL_IN_PROGRESS, "Taking",
     "asked"},
    {"noted, and unfit since", NULL, NULL, "ab", "it rolls", true, BL_BACKUP_WAIT, BL_IN_PROGRESS,
     "ClusterNotFit", "rolls"},
    {"nobody wants a note", NULL, NULL, NULL, NULL, false, BL_BACKUP_CREATE, BL_IN_PROGRESS,
     "Taking", "asked"},
    {"it is under way", "the plan is gone", "{'state': 'IN_PROGRESS', 'volumeCount': 6}", "ab",
     "it rolls", true, BL_BACKUP_WAIT, BL_IN_PROGRESS, "Copying", "6 volumes"},
    {"a state that nobody knows", NULL, "{'state': 'DREAMING'}", "ab", NULL, true, BL_BACKUP_WAIT,
     BL_IN_PROGRESS, "Copying", "DREAMING"},
    {"proven", NULL, "{'state': 'SUCCEEDED'}", "ab", NULL, true, BL_BACKUP_DONE, BL_CURRENT,
     "Proven", "travels"},
    {"the service's own", NULL, "{'state': 'SUCCEEDED'}", NULL, NULL, true, BL_BACKUP_DONE,
     BL_CURRENT, "Unproven", "nobody"},
    {"failed", NULL, "{'state': 'FAILED', 'stateReason': 'disk gone'}", "ab", NULL, true,
     BL_BACKUP_STOP, BL_STALLED, "BackupFailed", "disk gone"},
    {"going", NULL, "{'state': 'DELETING'}", "ab", NULL, true, BL_BACKUP_STOP, BL_STALLED,
     "Deleted", "deletes"},
};

START_TEST(what_was_there_is_not_made_again)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT), *good = help_json("{'state': 'SUCCEEDED'}");
    BL_AUTO_JSON cJSON *plan = help_json(READY);
    static const struct bl_backup_spec spec;
    static const struct bl_restore_spec restore = {.backup = (char *)"b"};
    struct bl_backup_next next = {0};
    struct bl_backup_state taken = {.at = {.object = object}, .spec = &spec, .taken = true};
    struct bl_restore_state begun = {.at = {.object = object},
                                     .spec = &restore,
                                     .backup = good,
                                     .restore_plan = plan,
                                     .differs = "",
                                     .begun = true};

    bl_backup_next(&taken, &next);
    expect(&next, "by hand", BL_BACKUP_STOP, BL_STALLED, "Gone", "no more");
    taken.scheduled = true;
    bl_backup_next(&taken, &next);
    expect(&next, "by the schedule", BL_BACKUP_FORGET, BL_IN_PROGRESS, "Expired", "no more");
    bl_restore_next(&begun, &next);
    expect(&next, "a restore", BL_BACKUP_STOP, BL_STALLED, "Gone", "not made twice");
}
END_TEST

START_TEST(backups_go_on)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT);
    static const struct bl_backup_spec spec;

    for (size_t i = 0; i < BL_ARRAY_LEN(backups); i++) {
        BL_AUTO_JSON cJSON *backup = backups[i].backup ? help_json(backups[i].backup) : NULL;
        struct bl_backup_next next = {0};
        struct bl_backup_state state = {.at = {.object = object},
                                        .spec = &spec,
                                        .plan_unready = backups[i].plan_unready,
                                        .backup = backup,
                                        .proves = backups[i].proves,
                                        .note = backups[i].note,
                                        .unfit = backups[i].unfit};

        bl_backup_next(&state, &next);
        expect(&next, backups[i].why, backups[i].step, backups[i].phase, backups[i].reason,
               backups[i].says);
    }
}
END_TEST

/* --- restores --- */

#define GOOD "{'state': 'SUCCEEDED'}"
#define RESTORED "{'state': 'SUCCEEDED', 'volumesRestoredCount': 6}"

static const struct {
    const char *why, *backup, *plan, *differs, *restore;
    bool has_note;
    const char *unready;
    bool verified;
    int64_t lost;
    enum bl_backup_step step;
    enum bl_kstatus phase;
    const char *reason, *says;
} restores[] = {
    {"no backup", NULL, NULL, "", NULL, false, NULL, false, 0, BL_BACKUP_STOP, BL_STALLED,
     "BackupNotFound", "no backup b"},
    {"a bad one", "{'state': 'FAILED'}", NULL, "", NULL, false, NULL, false, 0, BL_BACKUP_STOP,
     BL_STALLED, "BackupNotUsable", "FAILED"},
    {"one that is taken now", "{'state': 'IN_PROGRESS'}", NULL, "", NULL, false, NULL, false, 0,
     BL_BACKUP_WAIT, BL_IN_PROGRESS, "BackupNotReady", "IN_PROGRESS"},
    {"no plan", GOOD, NULL, "", NULL, false, NULL, false, 0, BL_BACKUP_CREATE_PLAN, BL_IN_PROGRESS,
     "Planning", "made"},
    {"another plan", GOOD, READY, "cluster", NULL, false, NULL, false, 0, BL_BACKUP_STOP,
     BL_STALLED, "PlanDiffers", "restorePlanId"},
    {"a plan that comes", GOOD, "{'state': 'CLUSTER_PENDING'}", "", NULL, false, NULL, false, 0,
     BL_BACKUP_WAIT, BL_IN_PROGRESS, "PlanNotReady", "CLUSTER_PENDING"},
    {"a plan that failed", GOOD, "{'state': 'FAILED'}", "", NULL, false, NULL, false, 0,
     BL_BACKUP_STOP, BL_STALLED, "PlanFailed", "no reason"},
    {"it begins", GOOD, READY, "", NULL, false, NULL, false, 0, BL_BACKUP_CREATE, BL_IN_PROGRESS,
     "Restoring", "asked"},
    {"it goes on", GOOD, READY, "", "{'state': 'VALIDATING', 'volumesRestoredCount': 1}", false,
     NULL, false, 0, BL_BACKUP_WAIT, BL_IN_PROGRESS, "Restoring", "0 objects and 1 volume so far"},
    {"a webhook refuses", GOOD, READY, "",
     "{'state': 'FAILED', 'stateReason': 'no', 'troubleshootingInfo': {'stateReasonCode': "
     "'200010302'}}",
     false, NULL, false, 0, BL_BACKUP_STOP, BL_STALLED, "RestoreFailed",
     "denied an object of the backup. What"},
    {"pods start", GOOD, READY, "", RESTORED, true, "kafka-0 is not in sync", false, 0,
     BL_BACKUP_WAIT, BL_IN_PROGRESS, "ComingUp", "kafka-0"},
    {"the backup is gone since", NULL, READY, "", RESTORED, true, NULL, false, 0, BL_BACKUP_VERIFY,
     BL_IN_PROGRESS, "Verifying", "note"},
    {"no note came back", GOOD, READY, "", RESTORED, false, NULL, false, 0, BL_BACKUP_DONE,
     BL_CURRENT, "Unproven", "nobody"},
    {"all is there", GOOD, READY, "", RESTORED, true, "it rolls", true, 0, BL_BACKUP_DONE,
     BL_CURRENT, "Proven", "all"},
    {"some is not", GOOD, READY, "", RESTORED, true, NULL, true, 1, BL_BACKUP_STOP, BL_STALLED,
     "MessagesLost", "1 message of the note is not"},
};

START_TEST(restores_go_on)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT);
    static const struct bl_restore_spec spec = {.backup = (char *)"b", .verify = true};

    for (size_t i = 0; i < BL_ARRAY_LEN(restores); i++) {
        BL_AUTO_JSON cJSON *backup = restores[i].backup ? help_json(restores[i].backup) : NULL;
        BL_AUTO_JSON cJSON *plan = restores[i].plan ? help_json(restores[i].plan) : NULL;
        BL_AUTO_JSON cJSON *restore = restores[i].restore ? help_json(restores[i].restore) : NULL;
        struct bl_backup_next next = {0};
        struct bl_restore_state state = {.at = {.object = object},
                                         .spec = &spec,
                                         .backup = backup,
                                         .restore_plan = plan,
                                         .restore = restore,
                                         .differs = restores[i].differs,
                                         .has_note = restores[i].has_note,
                                         .unready = restores[i].unready,
                                         .verified = restores[i].verified,
                                         .lost = restores[i].lost};

        bl_restore_next(&state, &next);
        expect(&next, restores[i].why, restores[i].step, restores[i].phase, restores[i].reason,
               restores[i].says);
    }
}
END_TEST

/* A restore of which something is known to be wrong is no success, whatever is wrong. */
START_TEST(what_differs_is_not_proven)
{
    static const struct {
        const char *why;
        int64_t lost, changed;
        bool other_cluster, has_note, noted, away, verified;
        enum bl_kstatus phase;
        const char *reason, *says;
    } rows[] = {
        {"all is there", 0, 0, false, true, true, false, true, BL_CURRENT, "Proven", "all"},
        {"lost", 2, 1, true, true, true, false, true, BL_STALLED, "MessagesLost", "2 messages"},
        {"damaged", 0, 1, true, true, true, false, true, BL_STALLED, "ContentDiffers",
         "1 partition holds other messages than the note says, as damage does, and compaction, of "
         "which the note does not tell: orders 3"},
        {"another cluster", 0, 0, true, true, true, false, true, BL_STALLED, "OtherCluster",
         "another ID"},
        {"its note is lost", 0, 0, false, false, true, false, false, BL_STALLED, "NoteMissing",
         "did not come back"},
        {"nobody noted", 0, 0, false, false, false, false, false, BL_CURRENT, "Unproven",
         "nobody had noted"},
        {"nobody looks", 0, 0, false, false, true, true, false, BL_CURRENT, "Unproven",
         "not looked at from here"},
    };
    BL_AUTO_JSON cJSON *object = help_json(OBJECT), *restore = help_json(RESTORED);
    static const struct bl_restore_spec spec = {.backup = (char *)"b", .verify = true};

    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        struct bl_backup_next next = {0};
        struct bl_restore_state state = {.at = {.object = object},
                                         .spec = &spec,
                                         .restore = restore,
                                         .differs = "",
                                         .has_note = rows[i].has_note,
                                         .noted = rows[i].noted,
                                         .away = rows[i].away,
                                         .verified = rows[i].verified,
                                         .lost = rows[i].lost,
                                         .changed = rows[i].changed,
                                         .other_cluster = rows[i].other_cluster,
                                         .worst = "orders 3"};

        bl_restore_next(&state, &next);
        expect(&next, rows[i].why, rows[i].phase == BL_CURRENT ? BL_BACKUP_DONE : BL_BACKUP_STOP,
               rows[i].phase, rows[i].reason, rows[i].says);
    }
}
END_TEST

START_TEST(what_cannot_be_looked_at)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT);
    const struct {
        struct bl_backup_situation at;
        const char *reason;
    } rows[] = {
        {{.object = object, .invalid = "spec: x", .failure = "y"}, "InvalidSpec"},
        {{.object = object, .forbidden = "spec.cluster: x", .failure = "y"}, "NotAllowed"},
        {{.object = object, .failure = "x"}, "NotRead"},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        struct bl_backup_next next = {0};
        struct bl_backup_plan_state plan = {.at = rows[i].at};
        struct bl_backup_state backup = {.at = rows[i].at};
        struct bl_restore_state restore = {.at = rows[i].at};

        bl_backup_plan_next(&plan, &next);
        expect(&next, "plan", BL_BACKUP_STOP, BL_STALLED, rows[i].reason, "x");
        bl_backup_next(&backup, &next);
        expect(&next, "backup", BL_BACKUP_STOP, BL_STALLED, rows[i].reason, "x");
        bl_restore_next(&restore, &next);
        expect(&next, "restore", BL_BACKUP_STOP, BL_STALLED, rows[i].reason, "x");
    }
}
END_TEST

START_TEST(who_is_away_stalls_nothing)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT);
    struct bl_backup_next next = {0};
    struct bl_backup_state state = {.at = {.object = object, .failure = "x", .passes = true}};

    bl_backup_next(&state, &next);
    expect(&next, "away", BL_BACKUP_WAIT, BL_IN_PROGRESS, "NotRead", "x");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/backup_plan");
    TCase *tests = tcase_create("backup_plan");

    tcase_add_test(tests, plans_go_on);
    tcase_add_test(tests, what_is_written_is_followed);
    tcase_add_test(tests, a_day_that_never_comes_is_told);
    tcase_add_test(tests, a_schedule_that_is_not_kept_is_told);
    tcase_add_test(tests, names_stay);
    tcase_add_test(tests, what_is_others_is_left);
    tcase_add_test(tests, what_differs_is_not_proven);
    tcase_add_test(tests, nothing_to_protect_is_waited_for);
    tcase_add_test(tests, backups_go_on);
    tcase_add_test(tests, what_was_there_is_not_made_again);
    tcase_add_test(tests, restores_go_on);
    tcase_add_test(tests, what_cannot_be_looked_at);
    tcase_add_test(tests, who_is_away_stalls_nothing);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
