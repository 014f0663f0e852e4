/* What is next for a rehearsal, and for who makes them. */
#include "backup/plan.h"
#include "ballast/base/date.h"
#include "json_help.h"

#define OBJECT "{'metadata': {'name': 'standby', 'creationTimestamp': '2026-11-01T00:00:00Z'}}"
#define HOUR INT64_C(3600)

static int64_t at(const char *time)
{
    int64_t seconds = 0;

    ck_assert(!time || bl_time_parse(time, &seconds));
    return seconds;
}

static void expect(struct bl_backup_next *next, const char *why, enum bl_backup_step step,
                   const char *reason, const char *says)
{
    ck_assert_msg(next->step == step && strcmp(next->reason, reason) == 0, "%s: step %d, %s: %s",
                  why, next->step, next->reason, next->message);
    ck_assert_msg(strstr(next->message, says), "%s: %s", why, next->message);
    bl_backup_next_release(next);
}

/* --- who makes them: each Saturday at five, the 7th of November 2026 being one --- */

static const struct {
    const char *why, *plan, *newest, *running, *in_use, *surplus, *last, *proven, *now;
    enum bl_backup_step step;
    const char *reason, *says;
} plans[] = {
    {"there is no such plan", NULL, NULL, NULL, NULL, NULL, NULL, NULL, "2026-11-02T00:00:00Z",
     BL_BACKUP_STOP, "PlanNotFound", "backupPlans/x"},
    {"it waits for Saturday", "{}", "b", NULL, NULL, NULL, NULL, NULL, "2026-11-02T00:00:00Z",
     BL_BACKUP_DONE, "Ready", "2026-11-07T05:00:00Z"},
    {"Saturday has come", "{}", "the-newest", NULL, NULL, NULL, NULL, NULL, "2026-11-07T05:00:01Z",
     BL_BACKUP_SCHEDULE, "RehearsalDue", "the-newest"},
    {"it has, and one goes on", "{}", "b", "standby-1", NULL, NULL, NULL, NULL,
     "2026-11-07T05:00:01Z", BL_BACKUP_WAIT, "Rehearsing", "standby-1"},
    {"somebody lives there", "{}", "b", NULL, "there is Kafka", NULL, NULL, NULL,
     "2026-11-07T05:00:01Z", BL_BACKUP_STOP, "NamespaceInUse", "there is Kafka"},
    {"nothing can be proven", "{}", NULL, NULL, NULL, NULL, NULL, NULL, "2026-11-07T05:00:01Z",
     BL_BACKUP_STOP, "NothingProven", "proof.enabled"},
    {"there are too many", "{}", "b", NULL, NULL, "standby-0", NULL, NULL, "2026-11-07T05:00:01Z",
     BL_BACKUP_FORGET, "Forgetting", "standby-0"},
    {"it was, and is proven", "{}", "b", NULL, NULL, NULL, "2026-11-07T05:00:00Z",
     "2026-11-07T05:00:00Z", "2026-11-07T06:00:00Z", BL_BACKUP_DONE, "Ready",
     "2026-11-14T05:00:00Z"},
    {"it was, and nothing came of it for weeks", "{}", "b", NULL, NULL, NULL,
     "2026-12-05T05:00:00Z", "2026-11-07T05:00:00Z", "2026-12-06T06:00:00Z", BL_BACKUP_STOP,
     "RehearsalOverdue", "of 2026-11-07T05:00:00Z, and may be 10 days old"},
    {"it never was", "{}", "b", NULL, NULL, NULL, "2026-12-05T05:00:00Z", NULL,
     "2026-12-06T06:00:00Z", BL_BACKUP_STOP, "RehearsalOverdue", "not there yet"},
};

START_TEST(plans_go_on)
{
    static const struct bl_backup_plan_spec spec = {
        .rehearsal = {(char *)"projects/p/locations/l/backupPlans/x", (char *)"0 5 * * 6", 10}};
    BL_AUTO_JSON cJSON *object = help_json(OBJECT);

    for (size_t i = 0; i < BL_ARRAY_LEN(plans); i++) {
        BL_AUTO_JSON cJSON *plan = plans[i].plan ? help_json(plans[i].plan) : NULL;
        struct bl_backup_next next = {0};
        struct bl_rehearsals_state state = {.at = {.object = object, .now = at(plans[i].now)},
                                            .spec = &spec,
                                            .plan = plan,
                                            .newest = plans[i].newest,
                                            .running = plans[i].running,
                                            .in_use = plans[i].in_use,
                                            .surplus = plans[i].surplus,
                                            .last = at(plans[i].last),
                                            .proven = at(plans[i].proven)};

        bl_rehearsals_next(&state, &next);
        expect(&next, plans[i].why, plans[i].step, plans[i].reason, plans[i].says);
    }
}
END_TEST

/* --- one --- */

#define BACKUP "{'state': 'SUCCEEDED'}"
#define READY "{'state': 'READY'}"
#define DONE "{'state': 'SUCCEEDED'}"
#define FAILED "{'state': 'FAILED', 'stateReason': 'no room'}"

static const struct {
    const char *why;
    bool noted;
    const char *in_use;
    bool isolated;
    const char *plan, *restore;
    const char *unready;
    int64_t hours; /* since it was restored */
    bool verified;
    int64_t lost;
    bool taken_away;
    enum bl_backup_step step;
    const char *reason, *says;
} rehearsals[] = {
    {"nobody noted anything", false, NULL, false, NULL, NULL, NULL, 0, false, 0, false,
     BL_BACKUP_STOP, "NothingNoted", "prove nothing"},
    {"Kafka is there", true, "there is Kafka", false, NULL, NULL, NULL, 0, false, 0, false,
     BL_BACKUP_STOP, "NamespaceInUse", "there is Kafka"},
    {"first it is cut off", true, NULL, false, NULL, NULL, NULL, 0, false, 0, false,
     BL_BACKUP_ISOLATE, "Isolating", "cut off"},
    {"then a plan is made", true, NULL, true, NULL, NULL, NULL, 0, false, 0, false,
     BL_BACKUP_CREATE_PLAN, "Planning", "plan"},
    {"somebody opened it meanwhile", true, NULL, false, READY, NULL, NULL, 0, false, 0, false,
     BL_BACKUP_ISOLATE, "Isolating", "cut off"},
    {"then it is restored", true, NULL, true, READY, NULL, NULL, 0, false, 0, false,
     BL_BACKUP_CREATE, "Restoring", "asked for"},
    {"somebody opens it while it is restored", true, NULL, false, READY, "{'state': 'IN_PROGRESS'}",
     NULL, 0, false, 0, false, BL_BACKUP_ISOLATE, "Isolating", "cut off"},
    {"the restore failed", true, NULL, true, READY, FAILED, NULL, 0, false, 0, false,
     BL_BACKUP_TAKE_AWAY, "TakingAway", "no room"},
    {"it comes up", true, NULL, true, READY, DONE, "a pod is missing", 0, false, 0, false,
     BL_BACKUP_WAIT, "ComingUp", "a pod is missing"},
    {"it does not", true, NULL, true, READY, DONE, "a pod is missing", 2, false, 0, false,
     BL_BACKUP_TAKE_AWAY, "TakingAway", "a pod is missing"},
    {"it cannot be compared", true, NULL, true, READY, DONE, NULL, 2, false, 0, false,
     BL_BACKUP_TAKE_AWAY, "TakingAway", "compared"},
    {"it is compared", true, NULL, true, READY, DONE, NULL, 0, false, 0, false, BL_BACKUP_VERIFY,
     "Verifying", "compared"},
    {"it is proven", true, NULL, true, READY, DONE, NULL, 0, true, 0, false, BL_BACKUP_TAKE_AWAY,
     "TakingAway", "all that was noted"},
    {"messages are lost", true, NULL, true, READY, DONE, NULL, 0, true, 3, false,
     BL_BACKUP_TAKE_AWAY, "TakingAway", "3 messages"},
    {"proven and gone", true, NULL, false, READY, DONE, NULL, 9, true, 0, true, BL_BACKUP_DONE,
     "Proven", "all that was noted"},
    {"its note is lost", true, NULL, true, READY, DONE, NULL, 0, false, 0, false,
     BL_BACKUP_TAKE_AWAY, "TakingAway", "its note did not come back"},
    {"lost and gone", true, NULL, false, READY, DONE, NULL, 9, true, 3, true, BL_BACKUP_STOP,
     "MessagesLost", "3 messages"},
    {"failed and gone", true, NULL, false, READY, FAILED, NULL, 9, false, 0, true, BL_BACKUP_STOP,
     "NotProven", "no room"},
    {"not up and gone", true, NULL, false, READY, DONE, NULL, 9, false, 0, true, BL_BACKUP_STOP,
     "NotProven", "within an hour"},
    {"gone before it began", true, NULL, false, READY, NULL, NULL, 9, false, 0, true,
     BL_BACKUP_STOP, "NotProven", "could not begin"},
    {"gone, and at the service as well", true, NULL, false, READY, NULL, NULL, 9, false, 0, true,
     BL_BACKUP_STOP, "NotProven", "no more"},
};

START_TEST(rehearsals_go_on)
{
    static const struct bl_restore_spec spec = {
        .backup = (char *)"b", .verify = true, .rehearsal = true};
    BL_AUTO_JSON cJSON *object = help_json(OBJECT);
    BL_AUTO_JSON cJSON *backup = help_json(BACKUP);
    int64_t now = at("2026-11-07T12:00:00Z");

    for (size_t i = 0; i < BL_ARRAY_LEN(rehearsals); i++) {
        BL_AUTO_JSON cJSON *plan = rehearsals[i].plan ? help_json(rehearsals[i].plan) : NULL;
        BL_AUTO_JSON cJSON *restore =
            rehearsals[i].restore ? help_json(rehearsals[i].restore) : NULL;
        struct bl_backup_next next = {0};
        struct bl_restore_state state = {.at = {.object = object, .now = now},
                                         .spec = &spec,
                                         .backup = backup,
                                         .plan = "p",
                                         .restore_plan = plan,
                                         .restore = restore,
                                         .begun = restore || strstr(rehearsals[i].why, "as well"),
                                         .differs = "",
                                         .has_note = !strstr(rehearsals[i].why, "note is lost"),
                                         .unready = rehearsals[i].unready,
                                         .verified = rehearsals[i].verified,
                                         .lost = rehearsals[i].lost,
                                         .rehearses = true,
                                         .noted = rehearsals[i].noted,
                                         .in_use = rehearsals[i].in_use,
                                         .isolated = rehearsals[i].isolated,
                                         .taken_away = rehearsals[i].taken_away,
                                         .restored = now - rehearsals[i].hours * HOUR};

        bl_restore_next(&state, &next);
        expect(&next, rehearsals[i].why, rehearsals[i].step, rehearsals[i].reason,
               rehearsals[i].says);
    }
}
END_TEST

/* What has cut the namespace off opens it again, also where nothing was restored. */
START_TEST(what_cannot_begin_is_taken_away)
{
    static const struct bl_restore_spec spec = {
        .backup = (char *)"b", .verify = true, .rehearsal = true};
    BL_AUTO_JSON cJSON *object = help_json(OBJECT);
    BL_AUTO_JSON cJSON *backup = help_json(BACKUP);
    BL_AUTO_JSON cJSON *failed = help_json("{'state': 'FAILED', 'stateReason': 'no such plan'}");
    struct bl_backup_next next = {0};
    struct bl_restore_state state = {.at = {.object = object},
                                     .spec = &spec,
                                     .backup = backup,
                                     .differs = "",
                                     .rehearses = true,
                                     .noted = true,
                                     .isolated = true,
                                     .was_isolated = true,
                                     .in_use = "there is Kafka"};

    bl_restore_next(&state, &next);
    expect(&next, "somebody brought Kafka", BL_BACKUP_TAKE_AWAY, "TakingAway", "there is Kafka");
    state.in_use = NULL;
    state.restore_plan = failed;
    bl_restore_next(&state, &next);
    expect(&next, "no plan", BL_BACKUP_TAKE_AWAY, "TakingAway", "no such plan");
}
END_TEST

/* What is really meant does not begin among what is to be deleted. */
START_TEST(a_restore_waits_for_a_rehearsal)
{
    static const struct bl_restore_spec spec = {.backup = (char *)"b", .verify = true};
    BL_AUTO_JSON cJSON *object = help_json(OBJECT);
    BL_AUTO_JSON cJSON *backup = help_json(BACKUP);
    struct bl_backup_next next = {0};
    struct bl_restore_state state = {.at = {.object = object},
                                     .spec = &spec,
                                     .backup = backup,
                                     .differs = "",
                                     .rehearsing = "saturday"};

    bl_restore_next(&state, &next);
    expect(&next, "one rehearses", BL_BACKUP_WAIT, "RehearsalUnderWay", "saturday");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/rehearsal");
    TCase *tests = tcase_create("rehearsal");

    tcase_add_test(tests, plans_go_on);
    tcase_add_test(tests, rehearsals_go_on);
    tcase_add_test(tests, what_cannot_begin_is_taken_away);
    tcase_add_test(tests, a_restore_waits_for_a_rehearsal);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
