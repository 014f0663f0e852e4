#include "review.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/base64.h"
#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/helm_release.h"
#include "ballast/workload/unmanaged.h"
#include "rule.h"

#define REVIEW_VERSION "admission.k8s.io/v1"
#define MIRROR_ANNOTATION "kubernetes.io/config.mirror"

static int check_review(const cJSON *review, struct bl_error **err)
{
    const cJSON *request = bl_json_get(review, "request");
    const char *version = bl_json_string(review, "apiVersion");
    const char *uid = bl_json_string(request, "uid");

    if (!bl_text_eq(bl_json_string(review, "kind"), "AdmissionReview"))
        return bl_fail(err, BL_ERR_INVALID, "the input is not an AdmissionReview");
    if (!bl_text_eq(version, REVIEW_VERSION)) {
        bl_fail(err, BL_ERR_INVALID, "AdmissionReview of version \"%s\" is not supported",
                version ? version : "");
        return bl_hint(err, "Register the webhook with admissionReviewVersions: [v1].");
    }
    if (!cJSON_IsObject(request) || !uid || !*uid)
        return bl_fail(err, BL_ERR_INVALID, "the AdmissionReview has no request with a uid");
    return 0;
}

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = bl_json_string(object, key);

    return text ? text : "";
}

static const cJSON *object_of(const cJSON *request, const char *key)
{
    const cJSON *object = bl_json_get(request, key);

    return cJSON_IsObject(object) ? object : NULL;
}

static void fill_request(struct bl_review *review, const cJSON *request)
{
    review->request = request;
    review->object = object_of(request, "object");
    review->old = object_of(request, "oldObject");
    review->operation = text_of(request, "operation");
    review->resource = text_of(bl_json_get(request, "resource"), "resource");
    review->subresource = text_of(request, "subResource");
    review->namespace = text_of(request, "namespace");
    review->name = text_of(request, "name");
}

/* A file on a node that its kubelet shows; anybody else may write the annotation, too. */
static bool is_mirror(const struct bl_review *review)
{
    const cJSON *user = bl_json_get(review->request, "userInfo");
    const char *name = bl_json_string(user, "username");

    return bl_object_is(review->object, "", "Pod") &&
           bl_object_annotation(review->object, MIRROR_ANNOTATION) && name &&
           bl_text_starts(name, "system:node:");
}

/* What is on its way out is left alone, and so it was before this request: nobody else can write that. */
static bool is_settled(struct bl_review *review)
{
    if (is_mirror(review))
        bl_json_add_string(review->audit, BL_AUDIT_NOT_JUDGED,
                           "a file on its node, which its kubelet shows");
    else if (bl_object_is_going(review->old))
        bl_json_add_string(review->audit, BL_AUDIT_NOT_JUDGED, "it is on its way out");
    else
        return false;
    return true;
}

/* Kafka in a kind that nobody looks after is told once, when it is made. */
static void tell_unmanaged(struct bl_review *review)
{
    const char *reason =
        bl_review_is(review, "CREATE") ? bl_unmanaged_reason(review->object) : NULL;

    if (!reason || bl_namespace_excluded(review->namespace))
        return;
    BL_AUTO_FREE char *who = bl_describe(review->object);
    bl_review_warn(review, NULL, "%s runs Kafka and is not managed, because %s", who, reason);
    bl_json_add_string(review->audit, BL_AUDIT_NOT_JUDGED, reason);
}

static int review_subresource(struct bl_review *review, struct bl_error **err)
{
    bool validates = review->kind != BL_REVIEW_MUTATE;

    if (strcmp(review->subresource, "scale") == 0 && validates)
        bl_review_scale(review);
    else if (strcmp(review->subresource, "eviction") == 0 && validates)
        bl_review_eviction(review);
    else if (strcmp(review->subresource, "binding") == 0 && review->kind != BL_REVIEW_VALIDATE)
        return bl_review_binding(review, err);
    else if (strcmp(review->subresource, "status") == 0 && review->kind != BL_REVIEW_VALIDATE)
        return bl_review_set_status(review, err);
    return 0;
}

static void review_deletion(struct bl_review *review)
{
    enum bl_world_kind kind = bl_world_kind_of(review->old);

    if (!review->old || review->kind == BL_REVIEW_MUTATE)
        return;
    if (kind == BL_WORLD_WORKLOAD)
        bl_review_deletion(review);
    else if (kind == BL_WORLD_DISRUPTION_BUDGET || kind == BL_WORLD_NETWORK_POLICY)
        bl_review_protection(review);
    else if (bl_object_is(review->old, "", "PersistentVolumeClaim"))
        bl_review_claim_deletion(review);
    else
        bl_review_used_deletion(review);
}

static int decide(struct bl_review *review, struct bl_error **err)
{
    enum bl_world_kind kind;

    if (*review->subresource)
        return review_subresource(review, err);
    if (bl_review_is(review, "DELETE")) {
        review_deletion(review);
        return 0;
    }
    if (!review->object || is_settled(review) ||
        (review->kind != BL_REVIEW_MUTATE && bl_review_release(review)))
        return 0;
    kind = bl_world_kind_of(review->object);
    if (kind == BL_WORLD_WORKLOAD || kind == BL_WORLD_SERVICE)
        return bl_review_workload(review, err);
    if (review->kind == BL_REVIEW_MUTATE)
        return 0;
    if (kind == BL_WORLD_DISRUPTION_BUDGET || kind == BL_WORLD_NETWORK_POLICY)
        bl_review_protection(review);
    else if (bl_text_eq(bl_json_string(review->object, "kind"), "KafkaPolicy"))
        bl_review_policy(review);
    else if (kind == BL_WORLD_OTHER)
        tell_unmanaged(review);
    return 0;
}

/* What comes of a run that was ended early, an error too, is nothing to go by. */
static int decide_within(struct bl_review *review, struct bl_error **err)
{
    struct bl_error *failure = NULL;
    struct bl_budget budget;
    bool over;
    int rc;

    bl_budget_begin(&budget, BL_UNITS_REVIEW);
    rc = decide(review, &failure);
    over = bl_budget_over();
    (void)bl_budget_end(&budget);
    if (!over && !review->too_large) {
        *err = failure;
        return rc;
    }
    bl_error_free(failure);
    bl_review_too_large(review);
    return 0;
}

static void add_status(cJSON *response, const struct bl_review *review)
{
    cJSON *status = bl_json_add_object(response, "status"), *cause;
    const char *reason = review->code == BL_CODE_TOO_MANY_REQUESTS ? "TooManyRequests"
                         : review->code == BL_CODE_INVALID         ? "Invalid"
                                                                   : "Forbidden";

    bl_json_add_string(status, "status", "Failure");
    bl_json_add_string(status, "reason", reason);
    bl_json_add_int(status, "code", review->code);
    bl_json_add_string(status, "message", review->denial.text);
    /* As the native budget answers an eviction: kubectl drain waits and tries again. */
    if (review->code != BL_CODE_TOO_MANY_REQUESTS)
        return;
    cause = bl_json_push(bl_json_add_array(bl_json_add_object(status, "details"), "causes"),
                         bl_json_new_object());
    bl_json_add_string(cause, "reason", "DisruptionBudget");
    bl_json_add_string(cause, "message", review->denial.text);
}

static void add_patch(cJSON *response, const cJSON *patch)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf encoded = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_json_write(&text, patch);
    bl_base64_encode(&encoded, text.text, text.len);
    bl_json_add_string(response, "patchType", "JSONPatch");
    bl_json_add_string(response, "patch", encoded.text);
}

/* Helm collects refused deletions and says no more than that there were some; warnings it prints. */
static bool is_swallowed(const struct bl_review *review)
{
    enum bl_helm_status status;

    return bl_review_is(review, "DELETE")
               ? bl_object_annotation(review->old, BL_HELM_NAME) != NULL
               : bl_helm_is_release(review->object, &status) && status == BL_HELM_UNINSTALL;
}

static void warn_of_denial(struct bl_review *review)
{
    for (const char *line = review->denial.text; *line;) {
        size_t len = strcspn(line, "\n");
        BL_AUTO_FREE char *text = bl_strndup(line, len);

        bl_review_warn(review, NULL, "%s", text);
        line += len + (line[len] == '\n');
    }
}

/* What is restored was judged when it was made. Evictions are no part of a restore. */
static void spare_restore(struct bl_review *review)
{
    if (!review->facts->restoring || !review->denial.len ||
        review->code == BL_CODE_TOO_MANY_REQUESTS)
        return;
    warn_of_denial(review);
    bl_json_add_string(review->audit, "restoring", review->denial.text);
    bl_strbuf_reset(&review->denial);
}

static cJSON *write_answer(struct bl_review *review)
{
    cJSON *answer = bl_json_new_object(), *response;

    spare_restore(review);

    review->summary.allowed = !review->denial.len;
    review->summary.patched = review->summary.allowed && review->patch && review->patch->child;
    if (review->denials > BL_DENIALS_MAX)
        bl_strbuf_addf(&review->denial, "\nand %zu more: run ballast lint on it",
                       review->denials - BL_DENIALS_MAX);
    if (!review->summary.allowed && is_swallowed(review))
        warn_of_denial(review);
    if (review->warnings_left_out)
        bl_json_push(review->warnings,
                     bl_json_new_string("There is more: run ballast lint on it."));
    bl_json_add_string(answer, "apiVersion", REVIEW_VERSION);
    bl_json_add_string(answer, "kind", "AdmissionReview");
    response = bl_json_add_object(answer, "response");
    bl_json_add_string(response, "uid", bl_json_string(review->request, "uid"));
    bl_json_add_bool(response, "allowed", review->summary.allowed);
    if (!review->summary.allowed)
        add_status(response, review);
    if (review->summary.patched)
        add_patch(response, review->patch);
    if (review->warnings->child)
        bl_json_add(response, "warnings", BL_STEAL(review->warnings));
    if (review->audit->child)
        bl_json_add(response, "auditAnnotations", BL_STEAL(review->audit));
    return answer;
}

static void review_release(struct bl_review *review)
{
    free(review->too_large);
    bl_strbuf_release(&review->denial);
    bl_json_free(review->warnings);
    bl_json_free(review->audit);
    bl_json_free(review->patch);
}

int bl_review_answer(const struct bl_policy_set *set, const cJSON *json, enum bl_review_kind kind,
                     const struct bl_review_facts *facts, cJSON **ret_answer,
                     struct bl_review_summary *ret_summary, struct bl_error **err)
{
    BL_AUTO(review_release)
    struct bl_review review = {.set = set,
                               .facts = facts,
                               .kind = kind,
                               .denial = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED),
                               .warnings = bl_json_new_array(),
                               .audit = bl_json_new_object()};

    if (check_review(json, err) < 0)
        return -1;
    fill_request(&review, bl_json_get(json, "request"));
    if (decide_within(&review, err) < 0)
        return -1;
    *ret_answer = write_answer(&review);
    if (ret_summary)
        *ret_summary = review.summary;
    return 0;
}
