/* What the status of a set says while it is rolled: the status in, the conditions that it is stored with out. */
#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/json/edit.h"
#include "ballast/policies/review.h"
#include "json_help.h"
#include "unit.h"

#define POD \
    "{'containers':[{'name':'k','command':['kafka-server-start.sh'],'ports':[{'containerPort':9092}]}]}"
#define SET(strategy, annotations, status)                                                      \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'k','namespace':'n',"      \
    "'annotations':{" annotations "}},'spec':{'replicas':3,'updateStrategy':{'type':'" strategy \
    "'},'selector':{'matchLabels':{'app':'k'}},'template':{'metadata':{'labels':{'app':'k'}},"  \
    "'spec':" POD "}},'status':{" status "}}"
#define STATUS(all, updated, ready)                                           \
    "'replicas':" all ",'updatedReplicas':" updated ",'readyReplicas':" ready \
    ",'updateRevision':'k-2'"
#define RESTORED "'ballast.dev/rollout-restored-revision':'k-2'"
#define OTHERS ",'conditions':[{'type':'Other','status':'True'}]"
#define STALE ",'conditions':[{'type':'Reconciling','status':'True'}]"

static const struct {
    const char *why, *object;
    const char *type, *message; /* NULL: none of ours */
    size_t conditions;          /* in all */
    bool patched;
} rows[] = {
    {"no pod is new", SET("OnDelete", "", STATUS("3", "0", "3")), "Reconciling",
     "0 of 3 pods are new, 3 ready", 1, true},
    {"one is missing", SET("OnDelete", "", STATUS("2", "2", "2")), "Reconciling", "2 of 3", 1,
     true},
    {"the last is not ready", SET("OnDelete", "", STATUS("3", "3", "2")), "Reconciling",
     "3 of 3 pods are new, 2 ready", 1, true},
    {"all are new and ready", SET("OnDelete", "", STATUS("3", "3", "3")), NULL, NULL, 0, false},
    {"what was said before goes", SET("OnDelete", "", STATUS("3", "3", "3") STALE), NULL, NULL, 0,
     true},
    {"what others say stays", SET("OnDelete", "", STATUS("3", "1", "3") OTHERS), "Reconciling",
     "1 of 3", 2, true},
    {"its template was taken back", SET("OnDelete", RESTORED, STATUS("3", "3", "3")), "Stalled",
     "the template of before was restored", 1, true},
    {"and its pods are not back yet", SET("OnDelete", RESTORED, STATUS("3", "2", "3")),
     "Reconciling", "2 of 3", 1, true},
    {"Kubernetes rolls it", SET("RollingUpdate", "", STATUS("3", "0", "3")), NULL, NULL, 0, false},
};

static void add_policy(struct bl_policy_set *set, const char *action)
{
    BL_ERROR(err);
    BL_AUTO_FREE char *text =
        bl_asprintf("{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':"
                    "{'name':'p'},'spec':{'rules':{'rollout':{'action':'%s'}}}}",
                    action);
    BL_AUTO_JSON cJSON *policy = help_json(text);

    if (bl_policy_set_add(set, "p", NULL, policy, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
}

/* The object as it is stored; `*ret_patched` tells whether it is another one. */
static cJSON *stored(const char *action, const char *object, bool *ret_patched)
{
    static const struct bl_review_facts facts = {.today = 20000};
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_FREE char *text =
        bl_asprintf("{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':"
                    "{'uid':'u','operation':'UPDATE','namespace':'n','name':'k','subResource':"
                    "'status','resource':{'group':'apps','version':'v1','resource':'statefulsets'"
                    "},'object':%s,'oldObject':%s}}",
                    object, object);
    BL_AUTO_JSON cJSON *review = help_json(text);
    BL_AUTO_JSON cJSON *answer = NULL;
    BL_AUTO_JSON cJSON *patch = NULL;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf decoded = BL_STRBUF_INIT(65536);
    cJSON *result = bl_json_copy(bl_json_at(review, "request", "object", NULL));
    const char *encoded;
    BL_ERROR(err);

    add_policy(&set, action);
    if (bl_review_answer(&set, review, BL_REVIEW_MUTATE, &facts, &answer, NULL, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    encoded = bl_json_string(bl_json_get(answer, "response"), "patch");
    *ret_patched = encoded != NULL;
    if (encoded && (bl_base64_decode(&decoded, encoded, strlen(encoded), &err) < 0 ||
                    bl_json_parse(decoded.text, decoded.len, &patch, &err) < 0 ||
                    bl_patch_apply(&result, patch, &err) < 0))
        ck_abort_msg("%s", bl_error_text(err));
    return result;
}

START_TEST(a_status_says_the_truth)
{
    bool patched;
    BL_AUTO_JSON cJSON *object = stored("Mutate", rows[_i].object, &patched);
    const cJSON *conditions = bl_json_at(object, "status", "conditions", NULL);
    const cJSON *last = cJSON_GetArrayItem(conditions, (int)bl_json_len(conditions) - 1);
    const char *message = bl_json_string(last, "message");

    BL_WHY(patched == rows[_i].patched, rows[_i].why);
    BL_WHY(bl_json_len(conditions) == rows[_i].conditions, rows[_i].why);
    if (!rows[_i].type)
        return;
    BL_WHY(strcmp(bl_json_string(last, "type"), rows[_i].type) == 0, rows[_i].why);
    ck_assert_msg(strstr(message, rows[_i].message), "%s: %s", rows[_i].why, message);
}
END_TEST

START_TEST(nobody_rolls_it)
{
    bool patched;
    BL_AUTO_JSON cJSON *object = stored("Off", rows[0].object, &patched);

    ck_assert(!patched && !bl_json_at(object, "status", "conditions", NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("review_truth");
    TCase *tests = tcase_create("review_truth");

    tcase_add_loop_test(tests, a_status_says_the_truth, 0, (int)BL_ARRAY_LEN(rows));
    tcase_add_test(tests, nobody_rolls_it);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
