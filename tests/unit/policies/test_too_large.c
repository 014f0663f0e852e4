/* What is too large to judge: denied where a policy asks for a verdict, and nobody else's trouble. */
#include <sys/resource.h>

#include "ballast/json/arena.h"
#include "ballast/policies/review.h"
#include "json_help.h"
#include "unit.h"

#define BROKER "{'name':'k','image':'img:1','command':['kafka-server-start.sh']}"
#define STRANGER "{'name':'k','image':'nginx'}"

struct subject {
    const char *why, *container, *namespace, *label, *action;
    size_t containers;
    enum bl_review_kind kind;
    bool allowed, warned, told; /* told: too large */
};

static const struct subject subjects[] = {
    {"a pod of ten thousand containers", BROKER, "kafka", "x", "Deny", 10000, BL_REVIEW_VALIDATE,
     false, false, true},
    {"one more than there may be", BROKER, "kafka", "x", "Mutate", 65, BL_REVIEW_VALIDATE, false,
     false, true},
    {"as many as there may be", BROKER, "kafka", "x", "Mutate", 64, BL_REVIEW_VALIDATE, true, false,
     false},
    {"what completes never denies", BROKER, "kafka", "x", "Deny", 100, BL_REVIEW_MUTATE, true, true,
     true},
    {"a policy that warns", BROKER, "kafka", "x", "Warn", 100, BL_REVIEW_VALIDATE, true, true,
     true},
    {"a policy that only reports", BROKER, "kafka", "x", "Audit", 100, BL_REVIEW_VALIDATE, true,
     false, true},
    {"no policy asks anything", BROKER, "kafka", "x", "Off", 100, BL_REVIEW_VALIDATE, true, false,
     true},
    {"another namespace than the policy's", BROKER, "other", "x", "Deny", 100, BL_REVIEW_VALIDATE,
     true, false, true},
    {"a namespace that is left out", BROKER, "kube-system", "x", "Deny", 100, BL_REVIEW_VALIDATE,
     true, false, false},
    {"it is no Kafka", STRANGER, "kafka", "x", "Deny", 10000, BL_REVIEW_VALIDATE, true, false,
     false},
    {"opted out", BROKER, "kafka", "none", "Deny", 100, BL_REVIEW_VALIDATE, true, false, false},
};

static cJSON *make_review(const struct subject *subject)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    cJSON *review;

    bl_strbuf_addf(
        &text,
        "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'uid':'u',"
        "'operation':'CREATE','namespace':'%s','name':'k','object':{'apiVersion':'apps/v1',"
        "'kind':'StatefulSet','metadata':{'name':'k','namespace':'%s','labels':{"
        "'ballast.dev/role':'%s'}},'spec':{'template':{'metadata':{'labels':{'app':'k'}},"
        "'spec':{'containers':[",
        subject->namespace, subject->namespace, subject->label);
    for (size_t i = 0; i < subject->containers; i++)
        bl_strbuf_addf(&text, "%s%s", i ? "," : "", subject->container);
    bl_strbuf_adds(&text, "]}}}}}}");
    review = help_json(text.text);
    bl_strbuf_release(&text);
    return review;
}

static void add_policy(struct bl_policy_set *set, const char *action)
{
    BL_ERROR(err);
    BL_AUTO_FREE char *text = bl_asprintf(
        "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'},'spec':{"
        "'match':{'namespaces':['kafka','kube-system']},'rules':{'gracefulStop':{'action':'%s'}}}}",
        action);
    BL_AUTO_JSON cJSON *policy = help_json(text);

    ck_assert_int_eq(bl_policy_set_add(set, "p", NULL, policy, &err), 0);
}

static cJSON *answer_with(const struct bl_policy_set *set, const cJSON *review,
                          enum bl_review_kind kind, const struct bl_review_facts *facts,
                          struct bl_review_summary *summary)
{
    cJSON *reply = NULL;
    BL_ERROR(err);

    ck_assert_msg(bl_review_answer(set, review, kind, facts, &reply, summary, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    return reply;
}

START_TEST(says_so)
{
    const struct subject *subject = &subjects[_i];
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_JSON cJSON *review = make_review(subject);
    struct bl_review_facts facts = {.today = 20000};
    struct bl_review_summary summary;
    BL_AUTO_JSON cJSON *reply = NULL;

    add_policy(&set, subject->action);
    reply = answer_with(&set, review, subject->kind, &facts, &summary);
    const cJSON *response = bl_json_get(reply, "response");
    const char *message = bl_json_string(bl_json_get(response, "status"), "message");
    BL_WHY(summary.allowed == subject->allowed, subject->why);
    BL_WHY(summary.too_large == subject->told, subject->why);
    BL_WHY(!summary.allowed ==
               (message && strstr(message, "too large to judge: StatefulSet \"k\"")),
           subject->why);
    BL_WHY(!subject->warned || bl_json_get(response, "warnings"), subject->why);
    BL_WHY(!summary.patched || !summary.too_large, subject->why);
}
END_TEST

/* A namespace that somebody filled with more than can be judged. */
START_TEST(a_full_namespace_is_said_to_be_one)
{
    static const struct {
        const char *why;
        struct subject subject;
        bool allowed;
    } rows[] = {
        {"Kafka in it is denied",
         {NULL, BROKER, "kafka", "x", "Deny", 1, BL_REVIEW_VALIDATE, 0, 0, 0},
         false},
        {"others are let through",
         {NULL, STRANGER, "kafka", "x", "Deny", 1, BL_REVIEW_VALIDATE, 0, 0, 0},
         true},
        {"so is what is being completed",
         {NULL, BROKER, "kafka", "x", "Mutate", 1, BL_REVIEW_MUTATE, 0, 0, 0},
         true},
    };
    const size_t many = 4000;
    const cJSON **context = bl_alloc(many, sizeof(*context));

    for (size_t i = 0; i < many; i++) {
        char *text = bl_asprintf(
            "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'k-%zu','namespace':"
            "'kafka'},'spec':{'serviceName':'s','template':{'metadata':{'labels':{'app':'k'}},"
            "'spec':{'containers':[{'name':'k','command':['kafka-server-start.sh'],'env':[{'name':"
            "'KAFKA_CONTROLLER_QUORUM_VOTERS','value':'0@s:1,1@s:1,2@s:1'}]}]}}}}",
            i);

        context[i] = help_json(text);
        free(text);
    }
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
        BL_AUTO_JSON cJSON *review = make_review(&rows[i].subject);
        struct bl_review_facts facts = {
            .context = context, .context_len = many, .sees_cluster = true, .today = 20000};
        struct bl_review_summary summary;
        BL_AUTO_JSON cJSON *reply = NULL;

        add_policy(&set, rows[i].subject.action);
        reply = answer_with(&set, review, rows[i].subject.kind, &facts, &summary);
        BL_WHY(summary.allowed == rows[i].allowed, rows[i].why);
        BL_WHY(summary.too_large == (rows[i].subject.kind == BL_REVIEW_VALIDATE), rows[i].why);
    }
    for (size_t i = 0; i < many; i++)
        cJSON_Delete((cJSON *)(uintptr_t)context[i]);
    free(context);
}
END_TEST

/* Values of the largest review that the webhook reads, and what answering it may take. */
#define MOST_VALUES ((size_t)1 << 17)
#define MOST_KIB (64L << 10)

BL_UNUSED static char *largest_review(size_t *ret_len)
{
    struct bl_strbuf text = BL_STRBUF_INIT((size_t)8 << 20);
    char *pad = bl_alloc(33, 1);

    memset(pad, 'x', 32);
    bl_strbuf_adds(&text, "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
                          "\"request\":{\"uid\":\"u\",\"operation\":\"CREATE\",\"namespace\":"
                          "\"kafka\",\"object\":{\"apiVersion\":\"apps/v1\",\"kind\":"
                          "\"StatefulSet\",\"metadata\":{\"name\":\"k\"},\"spec\":{\"template\":{"
                          "\"metadata\":{\"labels\":{\"app\":\"k\"}},\"spec\":{\"containers\":[");
    for (size_t c = 0; c < 64; c++) {
        bl_strbuf_addf(&text,
                       "%s{\"name\":\"k\",\"command\":[\"kafka-server-start.sh\"],\"args\":[",
                       c ? "," : "");
        for (size_t i = 0; i < MOST_VALUES / 64 - 8; i++)
            bl_strbuf_addf(&text, "%s\"%s\"", i ? "," : "", pad);
        bl_strbuf_adds(&text, "]}");
    }
    bl_strbuf_adds(&text, "]}}}}}}");
    free(pad);
    *ret_len = text.len;
    return bl_strbuf_take(&text);
}

/* As the webhook answers one. What AddressSanitizer puts around each value is not what is measured. */
START_TEST(the_largest_review_fits)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    struct bl_json_pool pool = {(long)MOST_VALUES * 2, (long)MOST_VALUES};
    struct bl_review_facts facts = {.today = 20000};
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    struct bl_json_loan loan;
    struct rusage before, after;
    cJSON *review = NULL;
    size_t len;
    char *text = largest_review(&len);
    BL_ERROR(err);

    add_policy(&set, "Mutate");
    bl_json_arena_setup();
    getrusage(RUSAGE_SELF, &before);
    bl_json_arena_begin();
    ck_assert_msg(bl_json_parse_pooled(text, len, &pool, &loan, &review, &err) == 0, "%s",
                  err ? bl_error_text(err) : "");
    bl_json_free(answer_with(&set, review, BL_REVIEW_MUTATE, &facts, NULL));
    bl_json_arena_end();
    getrusage(RUSAGE_SELF, &after);
    bl_json_loan_return(&loan);
    ck_assert_int_lt(after.ru_maxrss, MOST_KIB);
    free(text);
#endif
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("too_large");
    TCase *tests = tcase_create("too_large");

    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, says_so, 0, (int)BL_ARRAY_LEN(subjects));
    tcase_add_test(tests, the_largest_review_fits);
    tcase_add_test(tests, a_full_namespace_is_said_to_be_one);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
