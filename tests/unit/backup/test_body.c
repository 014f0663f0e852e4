/* What is asked of the service, and what of it the service has otherwise. */
#include "ballast/backup/body.h"

#include <string.h>

#include "json_help.h"

#define CLUSTER "projects/p/locations/us-central1/clusters/c"

static char *kept[] = {(char *)"kafka", (char *)"kafka-zookeeper"};
static const struct bl_strings applications = {.items = kept, .len = BL_ARRAY_LEN(kept)};
static const struct bl_backup_place place = {"k", CLUSTER, &applications};

static cJSON *wanted(const char *spec)
{
    BL_AUTO_JSON cJSON *object = help_json(
        "{'apiVersion': 'ballast.dev/v1alpha1', 'kind': 'KafkaBackupPlan', 'metadata': {'name': "
        "'nightly', 'namespace': 'k'}}");
    struct bl_backup_plan_spec read;
    cJSON *body;
    BL_ERROR(err);

    bl_json_add(object, "spec", help_json(spec));
    if (bl_backup_plan_spec_read(&(struct bl_decode){0}, object, &read, &err) < 0)
        ck_abort_msg("%s: %s", spec, bl_error_text(err));
    body = bl_backup_plan_body(&read, &place);
    bl_backup_plan_spec_release(&read);
    return body;
}

/* As the tutorial's gcloud writes it, but for who schedules. */
#define APPLICATIONS                                                               \
    "'selectedApplications':{'namespacedNames':[{'namespace':'k','name':'kafka'}," \
    "{'namespace':'k','name':'kafka-zookeeper'}]}"
#define CONFIG                                                                                            \
    "'backupConfig':{'includeSecrets':true,'includeVolumeData':true,'permissiveMode':false," APPLICATIONS \
    "}"
#define HEAD "{'cluster':'" CLUSTER "','labels':{'ballast-namespace':'k'}," CONFIG
#define TAIL ",'deactivated':false}"

static const struct {
    const char *why, *spec, *body;
} bodies[] = {
    {"nothing is said", "{}", HEAD TAIL},
    {"Ballast schedules",
     "{'backupSchedule': {'cronSchedule': '0 3 * * *'}, 'retentionPolicy': "
     "{'backupRetainDays': 7, 'backupDeleteLockDays': 0}}",
     HEAD ",'retentionPolicy':{'backupRetainDays':7,'backupDeleteLockDays':0}" TAIL},
    {"the service schedules",
     "{'backupSchedule': {'cronSchedule': '0 3 * * *', 'by': 'Service'}, 'retentionPolicy': "
     "{'backupRetainDays': 7}}",
     HEAD ",'backupSchedule':{'paused':false,'cronSchedule':'0 3 * * *'},'retentionPolicy':{"
          "'backupRetainDays':7}" TAIL},
    {"by age",
     "{'backupSchedule': {'rpoConfig': {'targetRpoMinutes': 60, 'exclusionWindows': [{'duration': "
     "'3600s', 'daily': true}]}, 'by': 'Service', 'paused': true}, 'retentionPolicy': "
     "{'backupRetainDays': 7}}",
     HEAD ",'backupSchedule':{'paused':true,'rpoConfig':{'targetRpoMinutes':60,'exclusionWindows':["
          "{'duration':'3600s','daily':true}]}},'retentionPolicy':{'backupRetainDays':7}" TAIL},
};

START_TEST(plans)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(bodies); i++) {
        BL_AUTO_JSON cJSON *body = wanted(bodies[i].spec);
        BL_AUTO_FREE char *text = help_text(body);

        ck_assert_msg(strcmp(text, bodies[i].body) == 0, "%s: %s", bodies[i].why, text);
    }
}
END_TEST

#define PLAN(more) \
    "{'cluster':'" CLUSTER "','labels':{'ballast-namespace':'k','team':'a'}," more "}"
#define WHOLE "'backupConfig':{'includeSecrets':true,'includeVolumeData':true," APPLICATIONS "}"
#define DAYS "{'retentionPolicy':{'backupRetainDays':7}}"

static const struct {
    const char *why, *spec, *plan, *mask;
} masks[] = {
    {"defaults are left out by the service", "{}", PLAN(WHOLE), ""},
    {"what is not said is left alone", "{}",
     PLAN(WHOLE ",'retentionPolicy':{'backupRetainDays':30,'locked':true}"), ""},
    {"a number", DAYS, PLAN(WHOLE ",'retentionPolicy':{'backupRetainDays':30}"),
     "retentionPolicy.backupRetainDays"},
    {"a schedule of the service's is taken over", "{}",
     PLAN(WHOLE ",'backupSchedule':{'cronSchedule':'0 3 * * *','nextScheduledBackupTime':'x'}"),
     "backupSchedule.cronSchedule,backupSchedule.rpoConfig"},
    {"another selection", "{}",
     PLAN("'backupConfig':{'includeSecrets':true,'includeVolumeData':true,'selectedNamespaces':{"
          "'namespaces':['k']}}"),
     "backupConfig.selectedNamespaces,backupConfig.selectedApplications"},
    {"no secrets", "{}", PLAN("'backupConfig':{'includeVolumeData':true," APPLICATIONS "}"),
     "backupConfig.includeSecrets"},
    {"switched off", "{}", PLAN(WHOLE ",'deactivated':true"), "deactivated"},
    {"without the label", "{}", "{'cluster':'" CLUSTER "'," WHOLE "}", "labels"},
    {"what the service adds is no difference", "{}",
     PLAN(WHOLE ",'uid':'1','state':'READY','protectedPodCount':6"), ""},
};

START_TEST(what_differs)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(masks); i++) {
        BL_AUTO_JSON cJSON *body = wanted(masks[i].spec), *plan = help_json(masks[i].plan);
        BL_AUTO_FREE char *mask = bl_backup_plan_mask(body, plan);

        ck_assert_msg(strcmp(mask, masks[i].mask) == 0, "%s: %s", masks[i].why, mask);
    }
}
END_TEST

START_TEST(labels_of_others_stay)
{
    BL_AUTO_JSON cJSON *body = wanted("{}");
    BL_AUTO_JSON cJSON *plan =
        help_json("{'etag':'7','labels':{'team':'a','ballast-namespace':'x'}}");
    BL_AUTO_JSON cJSON *patch = bl_backup_plan_patch(body, plan);
    BL_AUTO_FREE char *labels = help_text(bl_json_get(patch, "labels"));

    ck_assert_str_eq(labels, "{'ballast-namespace':'k','team':'a'}");
    ck_assert_str_eq(bl_json_string(patch, "etag"), "7");
    ck_assert_ptr_null(bl_json_get(patch, "cluster"));
}
END_TEST

static const struct {
    const char *why, *plan, *says;
} owners[] = {
    {"as Ballast makes it", PLAN(WHOLE), NULL},
    {"made by hand", "{'cluster':'" CLUSTER "'," WHOLE "}", NULL},
    {"the namespace as a whole", PLAN("'backupConfig':{'selectedNamespaces':{'namespaces':['k']}}"),
     NULL},
    {"another cluster's", "{'cluster':'projects/p/locations/l/clusters/d'," WHOLE "}",
     "clusters/d"},
    {"another namespace's",
     "{'cluster':'" CLUSTER "','labels':{'ballast-namespace':'l'}," WHOLE "}", "namespace l"},
    {"everything", PLAN("'backupConfig':{'allNamespaces':true}"), "beyond"},
    {"another namespace, too",
     PLAN("'backupConfig':{'selectedNamespaces':{'namespaces':['k','l']}}"), "beyond"},
    {"an application elsewhere",
     PLAN("'backupConfig':{'selectedApplications':{'namespacedNames':[{'namespace':'l','name':"
          "'kafka'}]}}"),
     "beyond"},
    {"nothing that one knows", PLAN("'backupConfig':{'selectedNamespaceLabels':{}}"), "beyond"},
};

START_TEST(whose_it_is)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(owners); i++) {
        BL_AUTO_JSON cJSON *plan = help_json(owners[i].plan);
        BL_AUTO_FREE char *why = bl_backup_plan_foreign(plan, &place);

        BL_WHY(owners[i].says ? why && strstr(why, owners[i].says) : !why, owners[i].why);
    }
}
END_TEST

/* A namespace of the standby has the name of production's, by design. */
#define OTHER "projects/p/locations/us-west1/clusters/c"
#define OURS "'labels': {'ballast-namespace': 'k'}"

static const struct {
    const char *why, *resource, *parent, *says;
} doomed[] = {
    {"a plan of ours", "{'cluster': '" CLUSTER "', " OURS "}", NULL, NULL},
    {"of a cluster that stands by", "{'cluster': '" OTHER "', " OURS "}", NULL, OTHER},
    {"a backup of ours", "{'clusterMetadata': {'cluster': '" CLUSTER "'}, " OURS "}", NULL, NULL},
    {"one of production", "{'clusterMetadata': {'cluster': '" OTHER "'}, " OURS "}", NULL, OTHER},
    {"one that was never begun", "{" OURS "}", "{'cluster': '" CLUSTER "'}", NULL},
    {"the same, of production", "{" OURS "}", "{'cluster': '" OTHER "'}", OTHER},
    {"nobody knows of where", "{" OURS "}", NULL, "unknown"},
    {"its parent does not outweigh it", "{'clusterMetadata': {'cluster': '" OTHER "'}, " OURS "}",
     "{'cluster': '" CLUSTER "'}", OTHER},
    {"another namespace's", "{'cluster': '" CLUSTER "', 'labels': {'ballast-namespace': 'x'}}",
     NULL, "namespace x"},
    {"nobody's", "{'cluster': '" CLUSTER "'}", NULL, "no label"},
};

START_TEST(what_is_deleted_is_ours)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(doomed); i++) {
        BL_AUTO_JSON cJSON *resource = help_json(doomed[i].resource);
        BL_AUTO_JSON cJSON *parent = doomed[i].parent ? help_json(doomed[i].parent) : NULL;
        BL_AUTO_FREE char *why = bl_backup_foreign(resource, parent, &place);

        BL_WHY(doomed[i].says ? why && strstr(why, doomed[i].says) : !why, doomed[i].why);
    }
}
END_TEST

START_TEST(backups_and_restores)
{
    struct bl_backup_spec spec = {.retain_days = 3, .lock_days = -1};
    struct bl_restore_spec restore = {.mode = 0};
    BL_AUTO_JSON cJSON *backup = bl_backup_body(
        &spec, &place, "0123456789012345678901234567890123456789012345678901234567890123");
    BL_AUTO_JSON cJSON *plan = bl_restore_plan_body(&restore, "k", "projects/p/x", CLUSTER, NULL);
    BL_AUTO_FREE char *taken = help_text(backup), *planned = help_text(plan);

    ck_assert_str_eq(taken, "{'labels':{'ballast-namespace':'k','ballast-note':"
                            "'012345678901234567890123456789012345678901234567890123456789012'},"
                            "'retainDays':3}");
    ck_assert_str_eq(planned, "{'backupPlan':'projects/p/x','cluster':'" CLUSTER
                              "','labels':{'ballast-namespace':'k'},'restoreConfig':{"
                              "'selectedNamespaces':{'namespaces':['k']},"
                              "'namespacedResourceRestoreMode':'DELETE_AND_RESTORE',"
                              "'volumeDataRestorePolicy':'RESTORE_VOLUME_DATA_FROM_BACKUP',"
                              "'restoreOrder':{'groupKindDependencies':["
                              "{'satisfying':{'resourceGroup':'policy',"
                              "'resourceKind':'PodDisruptionBudget'},"
                              "'requiring':{'resourceGroup':'apps',"
                              "'resourceKind':'StatefulSet'}},"
                              "{'satisfying':{'resourceGroup':'networking.k8s.io',"
                              "'resourceKind':'NetworkPolicy'},"
                              "'requiring':{'resourceGroup':'apps',"
                              "'resourceKind':'StatefulSet'}}]}}}");
}
END_TEST

static const struct {
    const char *why, *spec, *says;
} bad[] = {
    {"two ways",
     "{'backupSchedule': {'cronSchedule': '0 3 * * *', 'rpoConfig': "
     "{'targetRpoMinutes': 60}}}",
     "exclude"},
    {"kept for ever", "{'backupSchedule': {'cronSchedule': '0 3 * * *'}}", "backupRetainDays"},
    {"no cron", "{'backupSchedule': {'cronSchedule': 'daily'}}", "five fields"},
    {"a day that never comes", "{'backupSchedule': {'cronSchedule': '0 3 30 2 *'}}", "never comes"},
    {"too often", "{'backupSchedule': {'rpoConfig': {'targetRpoMinutes': 59}}}",
     "spec.backupSchedule.rpoConfig.targetRpoMinutes"},
    {"locked longer than kept",
     "{'retentionPolicy': {'backupRetainDays': 5, 'backupDeleteLockDays': 6}}", "fewer days"},
    {"no ID", "{'backupPlanId': 'My Plan'}", "no ID"},
    {"a typo", "{'backupConfg': {}}", "backupConfg"},
};

START_TEST(specs_that_cannot_be)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(bad); i++) {
        BL_AUTO_JSON cJSON *object = help_json(
            "{'apiVersion': 'ballast.dev/v1alpha1', 'kind': 'KafkaBackupPlan', 'metadata': "
            "{'name': 'nightly', 'namespace': 'k'}}");
        struct bl_backup_plan_spec spec;
        BL_ERROR(err);

        bl_json_add(object, "spec", help_json(bad[i].spec));
        BL_WHY(bl_backup_plan_spec_read(&(struct bl_decode){0}, object, &spec, &err) < 0,
               bad[i].why);
        BL_WHY(strstr(bl_error_text(err), bad[i].says), bl_error_text(err));
        bl_backup_plan_spec_release(&spec);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backup/body");
    TCase *tests = tcase_create("body");

    tcase_add_test(tests, plans);
    tcase_add_test(tests, what_differs);
    tcase_add_test(tests, labels_of_others_stay);
    tcase_add_test(tests, whose_it_is);
    tcase_add_test(tests, what_is_deleted_is_ours);
    tcase_add_test(tests, backups_and_restores);
    tcase_add_test(tests, specs_that_cannot_be);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
