#include "ballast/policies/review.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "policy.h"

#define REVIEW_VERSION "admission.k8s.io/v1"
#define ADOPT_ANNOTATION "ballast.dev/adopt"
/* The API server cuts warnings to this once they are many (endpoints/filters/warning.go). */
#define WARNING_MAX_BYTES 256
#define FORBIDDEN 403

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

/* Nothing to look at: a deletion, a subresource, or something that is on its way out. */
static bool passes_unseen(const cJSON *request)
{
    const cJSON *object = bl_json_get(request, "object");
    const char *operation = bl_json_string(request, "operation");
    const char *subresource = bl_json_string(request, "subResource");

    return !cJSON_IsObject(object) || bl_text_eq(operation, "DELETE") ||
           (subresource && *subresource) ||
           bl_json_at(object, "metadata", "deletionTimestamp", NULL) != NULL;
}

static const cJSON *template_of(const cJSON *object)
{
    return bl_object_is_workload(object) && *bl_object_pod_pointer(object)
               ? bl_json_at(object, "spec", "template", NULL)
               : NULL;
}

static bool wants_adoption(const struct bl_policy_set *set, const cJSON *object, enum bl_role role)
{
    struct bl_match_scope scope = {NULL, object, role, NULL};

    if (bl_text_eq(bl_object_annotation(object, ADOPT_ANNOTATION), "now"))
        return true;
    for (size_t i = 0; i < set->len; i++)
        if (set->items[i]->spec.adoption && bl_match_object(&set->items[i]->spec.match, &scope))
            return true;
    return false;
}

/* An update that leaves the template alone must not have it changed by us: that would roll every broker. */
static bool template_is_frozen(const struct bl_policy_set *set, const cJSON *request,
                               const struct bl_workload *workload)
{
    const cJSON *object = bl_json_get(request, "object"), *old = bl_json_get(request, "oldObject");

    return bl_text_eq(bl_json_string(request, "operation"), "UPDATE") && template_of(object) &&
           bl_json_equal(template_of(object), template_of(old)) && workload &&
           !wants_adoption(set, object, workload->role);
}

/* A Pod lives with what it was created with. */
static bool pod_is_settled(const cJSON *request)
{
    return bl_object_is(bl_json_get(request, "object"), "", "Pod") &&
           !bl_text_eq(bl_json_string(request, "operation"), "CREATE");
}

static bool in_template(const char *path)
{
    return bl_text_starts(path, "/spec/template/") || strcmp(path, "/spec/template") == 0;
}

/* The operations that may be made now, where that is not all of them. */
static cJSON *permitted(const cJSON *patch, bool settled)
{
    cJSON *few = bl_json_new_array();
    const cJSON *operation;

    cJSON_ArrayForEach(operation, patch) {
        if (!settled && !in_template(bl_json_string(operation, "path")))
            bl_json_push(few, bl_json_copy(operation));
    }
    return few;
}

static int verify_patch(const cJSON *request, const cJSON *wanted, const cJSON *patch,
                        struct bl_error **err)
{
    BL_AUTO_JSON cJSON *object = bl_json_copy(bl_json_get(request, "object"));

    if (bl_patch_apply_scratch(&object, patch, err) < 0)
        return bl_wrap(err, "the patch does not apply");
    if (wanted && !bl_json_equal(object, wanted))
        return bl_fail(err, BL_ERR_INTERNAL,
                       "the patch does not give the object that was decided on");
    return 0;
}

static int add_patch(cJSON *response, const struct bl_policy_set *set, const cJSON *request,
                     const struct bl_object_report *report, struct bl_error **err)
{
    bool settled = pod_is_settled(request);
    bool whole = !settled && !template_is_frozen(set, request, report->workload);
    BL_AUTO_JSON cJSON *few = whole ? NULL : permitted(report->edit.patch, settled);
    const cJSON *patch = whole ? report->edit.patch : few;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf encoded = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (!patch || !patch->child)
        return 0;
    if (verify_patch(request, whole ? report->edit.object : NULL, patch, err) < 0)
        return -1;
    bl_json_write(&text, patch);
    bl_base64_encode(&encoded, text.text, text.len);
    bl_json_add_string(response, "patchType", "JSONPatch");
    bl_json_add_string(response, "patch", encoded.text);
    return 0;
}

/* Control characters are not allowed, and a cut must not split a character. */
static void add_warning(cJSON *warnings, const char *rule, const char *message)
{
    BL_AUTO_FREE char *text = bl_asprintf("%s: %s", rule, message);
    size_t len = strlen(text);

    if (len > WARNING_MAX_BYTES) {
        len = WARNING_MAX_BYTES;
        while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
        text[len] = '\0';
    }
    for (char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = ' ';
    bl_json_push(warnings, bl_json_new_string(text));
}

/* All errors in one message: the API server shows the first webhook's denial only. */
static void add_denial(cJSON *response, const struct bl_report *report)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    cJSON *status = bl_json_add_object(response, "status");

    for (size_t i = 0; i < report->findings.len; i++) {
        const struct bl_finding *finding = &report->findings.items[i];

        if (finding->severity != BL_SEVERITY_ERROR)
            continue;
        bl_strbuf_addf(&text, "%s%s: %s", text.len ? "\n" : "", bl_rule_name(finding->rule),
                       finding->message);
        if (finding->hint)
            bl_strbuf_addf(&text, " (%s)", finding->hint);
    }
    bl_json_add_string(status, "status", "Failure");
    bl_json_add_string(status, "reason", "Forbidden");
    bl_json_add_int(status, "code", FORBIDDEN);
    bl_json_add_string(status, "message", text.text);
}

/* What an edit mends is no news to the user; what a companion mends is the controller's to do. */
static void add_warnings(cJSON *response, const struct bl_report *report)
{
    BL_AUTO_JSON cJSON *warnings = bl_json_new_array();

    for (size_t i = 0; i < report->findings.len; i++) {
        const struct bl_finding *finding = &report->findings.items[i];

        if (finding->severity == BL_SEVERITY_WARNING && !finding->mended)
            add_warning(warnings, bl_rule_name(finding->rule), finding->message);
    }
    if (warnings->child)
        bl_json_add(response, "warnings", BL_STEAL(warnings));
}

/* Who decided what, for the audit log: "zoneSpread": "default Mutate changed". */
static void add_audit(cJSON *response, const struct bl_object_report *report)
{
    BL_AUTO_JSON cJSON *annotations = bl_json_new_object();

    for (size_t i = 0; i < report->results.len; i++) {
        const struct bl_result *result = &report->results.items[i];

        if (result->outcome == BL_OUTCOME_PASS || result->outcome == BL_OUTCOME_OFF)
            continue;
        BL_AUTO_FREE char *text =
            bl_asprintf("%s %s %s", bl_policy_name(result->policy), bl_action_name(result->action),
                        bl_outcome_name(result->outcome));
        bl_json_add_string(annotations, bl_rule_key(result->rule), text);
    }
    if (annotations->child)
        bl_json_add(response, "auditAnnotations", BL_STEAL(annotations));
}

static int fill_response(cJSON *response, const struct bl_policy_set *set, const cJSON *request,
                         enum bl_review_kind kind, const struct bl_report *report,
                         struct bl_error **err)
{
    bool denied = bl_report_denied(report);

    bl_json_add_bool(response, "allowed", !denied);
    if (denied)
        add_denial(response, report);
    else if (kind == BL_REVIEW_MUTATE &&
             add_patch(response, set, request, &report->objects[0], err) < 0)
        return -1;
    add_warnings(response, report);
    add_audit(response, &report->objects[0]);
    return 0;
}

static int decide(cJSON *response, const struct bl_policy_set *set, const cJSON *request,
                  enum bl_review_kind kind, const cJSON *const *context, size_t context_len,
                  bl_day today, struct bl_error **err)
{
    BL_AUTO_FREE const cJSON **objects = bl_alloc(context_len + 1, sizeof(*objects));
    struct bl_engine_options options = {
        .today = today, .namespace = bl_json_string(request, "namespace"), .context_from = 1};

    objects[0] = bl_json_get(request, "object");
    for (size_t i = 0; i < context_len; i++)
        objects[i + 1] = context[i];

    BL_AUTO(bl_report_cleanup)
    struct bl_report *report = bl_engine_run(set, objects, context_len + 1, &options);
    return fill_response(response, set, request, kind, report, err);
}

int bl_review_answer(const struct bl_policy_set *set, const cJSON *review, enum bl_review_kind kind,
                     const cJSON *const *context, size_t context_len, bl_day today,
                     cJSON **ret_answer, struct bl_error **err)
{
    const cJSON *request = bl_json_get(review, "request");
    BL_AUTO_JSON cJSON *answer = bl_json_new_object();
    cJSON *response;

    if (check_review(review, err) < 0)
        return -1;
    bl_json_add_string(answer, "apiVersion", REVIEW_VERSION);
    bl_json_add_string(answer, "kind", "AdmissionReview");
    response = bl_json_add_object(answer, "response");
    bl_json_add_string(response, "uid", bl_json_string(request, "uid"));
    if (passes_unseen(request))
        bl_json_add_bool(response, "allowed", true);
    else if (decide(response, set, request, kind, context, context_len, today, err) < 0)
        return -1;
    *ret_answer = BL_STEAL(answer);
    return 0;
}
