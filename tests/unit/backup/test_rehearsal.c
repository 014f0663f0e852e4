/* What a rehearsal restores by, and what is around it. */
#include "ballast/backup/rehearsal.h"

#include "ballast/backup/body.h"
#include "ballast/base/text.h"
#include "json_help.h"

static cJSON *object_of(const char *kind, const char *spec)
{
    cJSON *object = bl_json_new_object(), *metadata;

    bl_json_add_string(object, "apiVersion", "ballast.dev/v1alpha1");
    bl_json_add_string(object, "kind", kind);
    metadata = bl_json_add_object(object, "metadata");
    bl_json_add_string(metadata, "name", "it");
    bl_json_add_string(metadata, "namespace", "k");
    bl_json_add(object, "spec", help_json(spec));
    return object;
}

/* Nothing that an author writes comes behind what keeps the namespace closed. */
START_TEST(rules_of_the_rehearsal_come_last)
{
    BL_AUTO_JSON cJSON *object =
        object_of("KafkaRestore", "{'backup': 'b', 'rehearsal': true, 'restoreConfig': "
                                  "{'transformationRules': [{'description': 'theirs'}]}}");
    struct bl_restore_spec spec;
    const cJSON *rules, *rule;
    size_t removed = 0;
    BL_ERROR(err);

    ck_assert_int_eq(bl_restore_spec_read(&(struct bl_decode){0}, object, &spec, &err), 0);
    BL_AUTO_JSON cJSON *body = bl_restore_plan_body(&spec, "k", "plan", "cluster", "it-1");
    rules = bl_json_at(body, "restoreConfig", "transformationRules", NULL);
    ck_assert_str_eq(bl_json_string(rules->child, "description"), "theirs");
    rule = rules->child->next;
    ck_assert_str_eq(bl_json_string(bl_json_get(rule, "fieldActions")->child, "path"),
                     "/metadata/labels/ballast.dev~1rehearsal");
    ck_assert_str_eq(bl_json_string(bl_json_get(rule, "fieldActions")->child, "value"), "it-1");
    for (; rule; rule = rule->next) {
        const cJSON *action = bl_json_get(rule, "fieldActions")->child;
        const char *there = bl_json_string(bl_json_get(rule, "resourceFilter"), "jsonPath");

        /* A patch that fails fails the restore. */
        ck_assert_msg(there, "%s", bl_json_string(action, "path"));
        removed += bl_text_eq(bl_json_string(action, "path"), "/spec/egress") ||
                   bl_text_eq(bl_json_string(action, "path"), "/spec/ingress");
    }
    ck_assert_uint_eq(removed, 8); /* of four kinds */
    bl_restore_spec_release(&spec);
}
END_TEST

START_TEST(others_have_none)
{
    BL_AUTO_JSON cJSON *object = object_of("KafkaRestore", "{'backup': 'b'}");
    struct bl_restore_spec spec;
    BL_ERROR(err);

    ck_assert_int_eq(bl_restore_spec_read(&(struct bl_decode){0}, object, &spec, &err), 0);
    BL_AUTO_JSON cJSON *body = bl_restore_plan_body(&spec, "k", "plan", "cluster", NULL);
    ck_assert_ptr_null(bl_json_at(body, "restoreConfig", "transformationRules", NULL));
    bl_restore_spec_release(&spec);
}
END_TEST

START_TEST(the_namespace_is_cut_off)
{
    BL_AUTO_JSON cJSON *policy = bl_rehearsal_policy("k", "ballast-system");
    BL_AUTO_FREE char *text = help_text(bl_json_get(policy, "spec"));

    ck_assert_str_eq(text,
                     "{'podSelector':{},'policyTypes':['Ingress','Egress'],'ingress':[{'from':[{"
                     "'podSelector':{}},{'namespaceSelector':{'matchLabels':{"
                     "'kubernetes.io/metadata.name':'ballast-system'}}}]}],'egress':[{'to':[{"
                     "'podSelector':{}}]},{'ports':[{'protocol':'UDP','port':53},{'protocol':'TCP'"
                     ",'port':53}]}]}");
}
END_TEST

static const struct {
    const char *policy;
    bool opens;
} policies[] = {
    {"{'metadata': {'name': 'ballast-rehearsal'}, 'spec': {'egress': [{}]}}", false},
    {"{'metadata': {'name': 'a'}, 'spec': {'podSelector': {}, 'policyTypes': ['Egress']}}", false},
    {"{'metadata': {'name': 'a'}, 'spec': {'ingress': []}}", false},
    {"{'metadata': {'name': 'a'}, 'spec': {'egress': [{}]}}", true},
    {"{'metadata': {'name': 'a'}, 'spec': {'ingress': [{'from': []}]}}", true},
    {"{'metadata': {'name': 'a'}, 'specs': [{'egress': []}]}", true},
};

START_TEST(policies_add_up)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(policies); i++) {
        BL_AUTO_JSON cJSON *policy = help_json(policies[i].policy);

        BL_WHY(bl_rehearsal_is_opened_by(policy) == policies[i].opens, policies[i].policy);
    }
}
END_TEST

/* Until the API server has counted, it refuses what the quota names, and all else is let through. */
START_TEST(a_quota_holds_once_it_is_counted)
{
    BL_AUTO_JSON cJSON *quota = bl_rehearsal_quota("k");

    ck_assert(!bl_rehearsal_quota_holds(NULL));
    ck_assert(!bl_rehearsal_quota_holds(quota));
    bl_json_add(bl_json_add_object(quota, "status"), "hard",
                bl_json_copy(bl_json_at(quota, "spec", "hard", NULL)));
    ck_assert(bl_rehearsal_quota_holds(quota));
}
END_TEST

static const struct {
    const char *kind, *spec, *says;
} refused[] = {
    {"KafkaRestore",
     "{'backup': 'b', 'rehearsal': true, 'restoreConfig': {'namespacedResourceRestoreMode': "
     "'DELETE_AND_RESTORE'}}",
     "spec.restoreConfig.namespacedResourceRestoreMode"},
    {"KafkaRestore", "{'backup': 'b', 'rehearsal': true, 'cluster': 'projects/p'}", "spec.cluster"},
    {"KafkaRestore", "{'backup': 'b', 'rehearsal': true, 'verify': false}", "spec.verify"},
    {"KafkaRestore",
     "{'backup': 'b', 'rehearsal': true, 'restoreConfig': {'volumeDataRestorePolicy': "
     "'REUSE_VOLUME_HANDLE_FROM_BACKUP'}}",
     "volumeDataRestorePolicy"},
    {"KafkaRestore",
     "{'backup': 'b', 'rehearsal': true, 'restoreConfig': {'clusterResourceRestoreScope': {}}}",
     "clusterResourceRestoreScope"},
    {"KafkaBackupPlan", "{'rehearsal': {'cronSchedule': '0 5 * * 6'}}", "backupPlan"},
    {"KafkaBackupPlan", "{'rehearsal': {'backupPlan': 'projects/p/locations/l/backupPlans/x'}}",
     "cronSchedule"},
    {"KafkaBackupPlan", "{'rehearsal': {'backupPlan': 'nightly', 'cronSchedule': '0 5 * * 6'}}",
     "spec.rehearsal.backupPlan"},
    {"KafkaBackupPlan",
     "{'rehearsal': {'backupPlan': 'projects/p/locations/l/backupPlans/x', 'cronSchedule': '0 5 * "
     "* 6'}, 'retentionPolicy': {'backupRetainDays': 7}}",
     "spec.retentionPolicy"},
};

START_TEST(what_has_no_meaning_is_refused)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(refused); i++) {
        BL_AUTO_JSON cJSON *object = object_of(refused[i].kind, refused[i].spec);
        bool restore = strcmp(refused[i].kind, "KafkaRestore") == 0;
        struct bl_backup_plan_spec plan = {0};
        struct bl_restore_spec spec = {0};
        BL_ERROR(err);
        int rc = restore ? bl_restore_spec_read(&(struct bl_decode){0}, object, &spec, &err)
                         : bl_backup_plan_spec_read(&(struct bl_decode){0}, object, &plan, &err);

        ck_assert_msg(rc < 0, "%s", refused[i].spec);
        ck_assert_msg(strstr(bl_error_text(err), refused[i].says), "%s: %s", refused[i].spec,
                      bl_error_text(err));
        bl_restore_spec_release(&spec);
        bl_backup_plan_spec_release(&plan);
    }
}
END_TEST

#define STATUS(status, reason)                                                                   \
    "{'status': {'conditions': [{'type': 'Isolated', 'status': '" status "', 'reason': '" reason \
    "'}]}}"

static const struct {
    const char *object;
    bool on, over;
} statuses[] = {
    {"{}", false, false},
    {STATUS("Unknown", "NotYet"), false, false},
    {STATUS("True", "Isolated"), true, false},
    {STATUS("False", "TakenAway"), false, true},
};

START_TEST(how_far_it_is)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(statuses); i++) {
        BL_AUTO_JSON cJSON *object = help_json(statuses[i].object);

        BL_WHY(bl_rehearsal_is_on(object, 0) == statuses[i].on, statuses[i].object);
        BL_WHY(bl_rehearsal_is_over(object) == statuses[i].over, statuses[i].object);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backup/rehearsal");
    TCase *tests = tcase_create("rehearsal");

    tcase_add_test(tests, rules_of_the_rehearsal_come_last);
    tcase_add_test(tests, others_have_none);
    tcase_add_test(tests, the_namespace_is_cut_off);
    tcase_add_test(tests, policies_add_up);
    tcase_add_test(tests, a_quota_holds_once_it_is_counted);
    tcase_add_test(tests, what_has_no_meaning_is_refused);
    tcase_add_test(tests, how_far_it_is);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
