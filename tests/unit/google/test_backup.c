/* Backup for GKE: names, states, and which request a call becomes. */
#include "ballast/google/backup.h"

#include "google_client.h"

#define BACKUP NAME "/backups/b-1"
#define RESTORE_PLAN "projects/p/locations/l/restorePlans/r"

static const struct {
    const char *id;
    bool valid;
} ids[] = {{"a", true},
           {"kafka-protected-app", true},
           {"a0", true},
           {"", false},
           {"0a", false},
           {"-a", false},
           {"a-", false},
           {"A", false},
           {"a_b", false},
           {"a/b", false},
           {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true},
           {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false}};

START_TEST(the_ids)
{
    BL_WHY(bl_gke_id_valid(ids[_i].id) == ids[_i].valid, ids[_i].id);
}
END_TEST

static const struct {
    enum bl_gke_kind kind;
    const char *name;
    bool valid;
} names[] = {
    {BL_GKE_BACKUP_PLAN, NAME, true},
    {BL_GKE_BACKUP_PLAN, "projects/example.com:p/locations/us-west1/backupPlans/a", true},
    {BL_GKE_BACKUP_PLAN, "projects/p/locations/l/restorePlans/plan", false},
    {BL_GKE_BACKUP_PLAN, NAME "/", false},
    {BL_GKE_BACKUP_PLAN, BACKUP, false},
    {BL_GKE_BACKUP_PLAN, "projects/p/locations/l/backupPlans/", false},
    {BL_GKE_BACKUP_PLAN, "projects/p/locations/l/backupPlans/a?b", false},
    {BL_GKE_BACKUP_PLAN, "projects/p", false},
    {BL_GKE_BACKUP_PLAN, "", false},
    {BL_GKE_BACKUP, BACKUP, true},
    {BL_GKE_BACKUP, NAME, false},
    {BL_GKE_VOLUME_BACKUP, BACKUP "/volumeBackups/v_1", true},
    {BL_GKE_RESTORE, RESTORE_PLAN "/restores/x", true},
    {BL_GKE_VOLUME_RESTORE, RESTORE_PLAN "/restores/x/volumeRestores/y", true},
};

START_TEST(the_names)
{
    BL_ERROR(err);

    BL_WHY((bl_gke_name_check(names[_i].kind, names[_i].name, &err) == 0) == names[_i].valid,
           names[_i].name);
    BL_WHY(names[_i].valid || bl_error_code(err) == BL_ERR_INVALID, names[_i].name);
}
END_TEST

START_TEST(building_names)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf location = BL_STRBUF_INIT(200);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf cluster = BL_STRBUF_INIT(200);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf name = BL_STRBUF_INIT(200);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf parent = BL_STRBUF_INIT(200);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf nothing = BL_STRBUF_INIT(200);
    BL_ERROR(wrong_id);
    BL_ERROR(wrong_parent);
    BL_ERROR(err);

    ck_assert_int_eq(bl_gke_location(&location, "p", "l", &err), 0);
    ck_assert_str_eq(location.text, PARENT);
    ck_assert_int_eq(bl_gke_cluster_name(&cluster, "p", "l", "c", &err), 0);
    ck_assert_str_eq(cluster.text, PARENT "/clusters/c");
    ck_assert_int_eq(bl_gke_name(&name, BL_GKE_BACKUP, NAME, "b-1", &err), 0);
    ck_assert_str_eq(name.text, BACKUP);
    bl_gke_parent(BACKUP, &parent);
    ck_assert_str_eq(parent.text, NAME);
    bl_gke_parent("plan", &nothing);
    ck_assert_str_eq(nothing.text, "");
    ck_assert_int_eq(bl_gke_name(&nothing, BL_GKE_BACKUP, NAME, "B", &wrong_id), -1);
    ck_assert_str_eq(bl_error_text(wrong_id), "\"B\" is no id of a backup");
    ck_assert_int_eq(bl_gke_name(&nothing, BL_GKE_RESTORE, NAME, "r", &wrong_parent), -1);
    ck_assert_str_eq(bl_error_text(wrong_parent), "\"" NAME "\" is no name of a restore plan");
    ck_assert_int_eq(bl_gke_location(&nothing, "p/q", "l", &err), -1);
    ck_assert_str_eq(nothing.text, "");
}
END_TEST

static const struct {
    enum bl_gke_kind kind;
    const char *json;
    enum bl_gke_state state;
    const char *text;
    bool final;
} states[] = {
    {BL_GKE_BACKUP, "{'state':'IN_PROGRESS'}", BL_GKE_IN_PROGRESS, "IN_PROGRESS", false},
    {BL_GKE_BACKUP, "{'state':'SUCCEEDED'}", BL_GKE_SUCCEEDED, "SUCCEEDED", true},
    {BL_GKE_BACKUP, "{'state':'READY'}", BL_GKE_UNKNOWN, "READY", false},
    {BL_GKE_BACKUP, "{'state':'STATE_UNSPECIFIED'}", BL_GKE_UNKNOWN, "STATE_UNSPECIFIED", false},
    {BL_GKE_BACKUP, "{}", BL_GKE_UNKNOWN, "", false},
    {BL_GKE_RESTORE, "{'state':'VALIDATING'}", BL_GKE_VALIDATING, "VALIDATING", false},
    {BL_GKE_RESTORE, "{'state':'HALF_DONE'}", BL_GKE_UNKNOWN, "HALF_DONE", false},
    {BL_GKE_RESTORE, "{'state':'FAILED'}", BL_GKE_FAILED, "FAILED", true},
    {BL_GKE_BACKUP_PLAN, "{'state':'READY'}", BL_GKE_READY, "READY", true},
    {BL_GKE_VOLUME_BACKUP, "{'state':'CLEANED_UP'}", BL_GKE_CLEANED_UP, "CLEANED_UP", true},
};

START_TEST(the_states)
{
    BL_AUTO_JSON cJSON *resource = help_json(states[_i].json);
    enum bl_gke_state state = bl_gke_state_of(states[_i].kind, resource);

    BL_WHY(state == states[_i].state, states[_i].json);
    ck_assert_str_eq(bl_gke_state_text(resource), states[_i].text);
    BL_WHY(bl_gke_state_is_final(state) == states[_i].final, states[_i].json);
}
END_TEST

START_TEST(why_it_failed)
{
    BL_AUTO_JSON cJSON *failed =
        help_json("{'troubleshootingInfo':{'stateReasonCode':'200010302'}}");
    BL_AUTO_JSON cJSON *good = help_json("{}");

    ck_assert_str_eq(bl_gke_reason_code(failed), "200010302");
    ck_assert_ptr_nonnull(strstr(bl_gke_reason_hint("200010302"), "denied"));
    ck_assert_ptr_null(bl_gke_reason_code(good));
    ck_assert_ptr_null(bl_gke_reason_hint(NULL));
    ck_assert_ptr_null(bl_gke_reason_hint("1"));
}
END_TEST

START_TEST(the_calls)
{
    BL_AUTO_JSON cJSON *body = help_json("{}"), *found = NULL, *items = NULL;
    BL_AUTO_FREE char *made = NULL, *gone = NULL;
    struct bl_google_delete how = {.name = BACKUP, .etag = "e", .force = true};
    BL_ERROR(err);

    help_answer(1, 200, STARTED);
    ck_assert_int_eq(bl_gke_create(client, BL_GKE_BACKUP, NAME, "b-1", body, &made, &err), 0);
    help_sent("POST /v1/" NAME "/backups?backupId=b-1", "{}");
    help_answer(1, 200, "{\"state\":\"CREATING\"}");
    ck_assert_int_eq(bl_gke_get(client, BL_GKE_BACKUP, BACKUP, &found, &err), 0);
    help_sent("GET /v1/" BACKUP, "");
    help_answer(1, 200, "{}");
    ck_assert_int_eq(bl_gke_list(client, BL_GKE_BACKUP, "projects/p/locations/-/backupPlans/-",
                                 NULL, &items, NULL, &err),
                     0);
    help_sent("GET /v1/projects/p/locations/-/backupPlans/-/backups", "");
    help_answer(1, 200, STARTED);
    ck_assert_int_eq(bl_gke_delete(client, BL_GKE_BACKUP, &how, &gone, &err), 0);
    help_sent("DELETE /v1/" BACKUP "?etag=e&force=true", "");
    how.name = NAME;
    ck_assert_int_eq(bl_gke_delete(client, BL_GKE_BACKUP_PLAN, &how, &gone, &err), -1);
    ck_assert_str_eq(bl_error_text(err), "a backup plan cannot be deleted by force");
}
END_TEST

START_TEST(what_is_only_read)
{
    BL_AUTO_JSON cJSON *body = help_json("{}");
    char *operation = NULL;
    BL_ERROR(err);

    ck_assert_int_eq(
        bl_gke_create(client, BL_GKE_VOLUME_BACKUP, BACKUP, "v", body, &operation, &err), -1);
    ck_assert_str_eq(bl_error_text(err),
                     "a volume backup is made, changed and deleted by the service alone");
}
END_TEST

START_TEST(a_cluster)
{
    struct bl_gke_cluster cluster = {0};
    BL_ERROR(err);

    help_answer(1, 200,
                "{\"status\":\"RUNNING\",\"addonsConfig\":{\"gkeBackupAgentConfig\":{\"enabled\":"
                "true}}}");
    ck_assert_int_eq(bl_gke_cluster_get(client, PARENT "/clusters/c", &cluster, &err), 0);
    ck_assert(cluster.running && cluster.backup_agent);
    help_answer(1, 200, "{\"status\":\"RECONCILING\"}");
    ck_assert_int_eq(bl_gke_cluster_get(client, PARENT "/clusters/c", &cluster, &err), 0);
    ck_assert(!cluster.running && !cluster.backup_agent);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backup");
    TCase *tc = tcase_create("backup");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, help_set_up, help_tear_down);
    tcase_add_loop_test(tc, the_ids, 0, (int)BL_ARRAY_LEN(ids));
    tcase_add_loop_test(tc, the_names, 0, (int)BL_ARRAY_LEN(names));
    tcase_add_test(tc, building_names);
    tcase_add_loop_test(tc, the_states, 0, (int)BL_ARRAY_LEN(states));
    tcase_add_test(tc, why_it_failed);
    tcase_add_test(tc, the_calls);
    tcase_add_test(tc, what_is_only_read);
    tcase_add_test(tc, a_cluster);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
