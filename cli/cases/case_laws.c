#include "ballast/policies/review.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/edit.h"
#include "case.h"

/* When the objects of a cluster that is made new are made. */
#define MADE_TEXT "2026-01-01T00:00:00Z"
#define MADE 1767225600

static void broken(const struct cli_case *test, struct bl_strbuf *failures, const char *fmt, ...)
    BL_PRINTF(3, 4);

static void broken(const struct cli_case *test, struct bl_strbuf *failures, const char *fmt, ...)
{
    va_list args;

    bl_strbuf_addf(failures, "%s:%u: law: ", test->file, test->line);
    va_start(args, fmt);
    bl_strbuf_vaddf(failures, fmt, args);
    va_end(args);
    bl_strbuf_addc(failures, '\n');
}

/* Hardening what was hardened changes no byte. */
static int law_once(const struct cli_case *test, struct bl_strbuf *failures, struct bl_error **err)
{
    struct cli_input again = {.policies = test->input.policies,
                              .new_cluster = test->input.new_cluster};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf first = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf second = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    int rc = -1;

    if (cli_hardened(&test->input, &first, err) < 0)
        return bl_wrap(err, "could not write the hardened manifests");
    if (bl_manifest_add(&again.manifest, "hardened", bl_strndup(first.text, first.len), first.len,
                        err) == 0 &&
        bl_manifest_check(&again.manifest, err) == 0 &&
        cli_decide(&again, NULL, test->today, err) == 0)
        rc = cli_hardened(&again, &second, err);
    if (rc == 0 && strcmp(first.text, second.text) != 0) {
        broken(test, failures, "hardening twice is not hardening once");
        cli_diff(failures, "once", "twice", first.text, second.text);
    }
    again.policies = (struct bl_policy_set){0};
    cli_input_release(&again);
    return rc < 0 ? bl_wrap(err, "could not read the hardened manifests") : 0;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What a report says of an object, named and not numbered. */
static char *line_of(const char *what, const cJSON *object, const cJSON *detail)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    struct bl_ref ref = bl_object_ref(object);

    bl_strbuf_addf(&text, "%s/%s %s ", ref.kind, ref.name, what);
    if (detail)
        bl_json_write(&text, detail);
    return bl_strbuf_take(&text);
}

static char *finding_line(const struct bl_finding *finding, const cJSON *const *objects)
{
    BL_AUTO_FREE char *what = bl_asprintf("%s %s %s %s%s", bl_severity_name(finding->severity),
                                          bl_rule_key(finding->rule), finding->path,
                                          finding->message, finding->mended ? " (mended)" : "");

    return line_of(what, objects[finding->object], NULL);
}

struct lines {
    char **items;
    size_t len, cap;
};

/* Findings, patches and companions, sorted. `objects` is the order in which the report saw them. */
static char *verdict_of(const struct bl_report *report, const cJSON *const *objects)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf all = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    struct lines lines = {0};

    for (size_t i = 0; i < report->findings.len; i++)
        *BL_PUSH(&lines) = finding_line(&report->findings.items[i], objects);
    for (size_t i = 0; i < report->companions.len; i++)
        *BL_PUSH(&lines) = line_of("added", report->companions.items[i].object,
                                   report->companions.items[i].object);
    for (size_t i = 0; i < report->len; i++)
        if (report->objects[i].edit.patch)
            *BL_PUSH(&lines) = line_of("patched", objects[i], report->objects[i].edit.patch);
    if (lines.len)
        qsort(lines.items, lines.len, sizeof(*lines.items), compare_texts);
    for (size_t i = 0; i < lines.len; i++) {
        bl_strbuf_addf(&all, "%s\n", lines.items[i]);
        free(lines.items[i]);
    }
    free(lines.items);
    return bl_strbuf_take(&all);
}

/* The last document first: same findings, same companions. */
static void law_order(const struct cli_case *test, struct bl_strbuf *failures)
{
    size_t len = test->input.report->len;
    BL_AUTO_FREE const cJSON **reversed = bl_alloc(len, sizeof(*reversed));
    BL_AUTO_FREE int64_t *brokers = NULL;
    struct bl_engine_options options = {.today = test->today, .replaces = true};

    for (size_t i = 0; i < len; i++)
        reversed[i] = test->input.objects[len - 1 - i];
    if (test->input.new_cluster) {
        brokers = cli_new_brokers(reversed, len, &options);
        options.new_brokers = brokers;
    }

    BL_AUTO(bl_report_cleanup)
    struct bl_report *report = bl_engine_run(&test->input.policies, reversed, len, &options);
    BL_AUTO_FREE char *forward = verdict_of(test->input.report, test->input.objects);
    BL_AUTO_FREE char *backward = verdict_of(report, reversed);
    if (strcmp(forward, backward) != 0) {
        broken(test, failures, "the order of documents changes the verdict");
        cli_diff(failures, "forward", "backward", forward, backward);
    }
}

static cJSON *make_review(const cJSON *object)
{
    cJSON *review = bl_json_new_object(), *request;
    struct bl_ref ref = bl_object_ref(object);

    bl_json_add_string(review, "apiVersion", "admission.k8s.io/v1");
    bl_json_add_string(review, "kind", "AdmissionReview");
    request = bl_json_add_object(review, "request");
    bl_json_add_string(request, "uid", "law");
    bl_json_add_string(request, "operation", "CREATE");
    bl_json_add_string(request, "namespace", *ref.namespace ? ref.namespace : "default");
    bl_json_add(request, "object", bl_json_copy(object));
    return review;
}

/* The object as the answer's patch leaves it. */
static int patched(const cJSON *object, const cJSON *answer, cJSON **ret_object,
                   struct bl_error **err)
{
    const char *encoded = bl_json_string(bl_json_get(answer, "response"), "patch");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *patch = NULL;
    BL_AUTO_JSON cJSON *copy = bl_json_copy(object);

    if (encoded && (bl_base64_decode(&text, encoded, strlen(encoded), err) < 0 ||
                    bl_json_parse(text.text, text.len, &patch, err) < 0 ||
                    bl_patch_apply(&copy, patch, err) < 0))
        return -1;
    *ret_object = BL_STEAL(copy);
    return 0;
}

struct context {
    const cJSON **items;
    size_t len, cap;
};

static void context_release(struct context *context)
{
    for (size_t i = 0; i < context->len; i++)
        cJSON_Delete((cJSON *)(uintptr_t)context->items[i]);
    free(context->items);
}

/* As the API server has it, which made it just now. */
static cJSON *stored(const cJSON *object)
{
    BL_AUTO(bl_edit_release) struct bl_edit edit = {0};
    BL_ERROR(err);

    bl_edit_init(&edit, object);
    (void)!bl_edit_set(&edit, "/metadata/creationTimestamp", bl_json_new_string(MADE_TEXT), &err);
    return BL_STEAL(edit.object);
}

/*
 * What the webhook knows beside the object: the namespaces, which policies may select by label; and the others of a
 * cluster that is made new.
 */
static struct context context_of(const struct cli_case *test, size_t index)
{
    struct context context = {0};

    for (size_t i = 0; i < test->input.report->len; i++) {
        const cJSON *object = test->input.objects[i];

        if (i != index &&
            (test->input.new_cluster || bl_world_kind_of(object) == BL_WORLD_NAMESPACE))
            *BL_PUSH(&context) = stored(object);
    }
    return context;
}

/* One object alone, as the webhook sees it, becomes what harden makes of it among the others. */
static int law_review(const struct cli_case *test, size_t index, struct bl_strbuf *failures,
                      struct bl_error **err)
{
    const cJSON *object = test->input.objects[index];
    BL_AUTO_JSON cJSON *review = make_review(object);
    BL_AUTO_JSON cJSON *answer = NULL;
    BL_AUTO_JSON cJSON *result = NULL;
    BL_AUTO(context_release) struct context context = context_of(test, index);
    struct bl_ref ref = bl_object_ref(object);
    struct bl_review_facts facts = {.context = context.items,
                                    .context_len = context.len,
                                    .sees_claims = test->input.new_cluster,
                                    .now = MADE,
                                    .today = test->today};
    BL_AUTO(bl_edit_release) struct bl_edit hardened = {0};
    const struct bl_object_report *report = &test->input.report->objects[index];

    if (bl_review_answer(&test->input.policies, review, BL_REVIEW_MUTATE, &facts, &answer, NULL,
                         err) < 0 ||
        patched(object, answer, &result, err) < 0)
        return -1;
    /* The webhook also marks what it manages. */
    bl_edit_init(&hardened, bl_report_object(test->input.report, index));
    if (report->judged)
        bl_review_mark(&hardened, report->workload, true);
    if (!bl_json_equal(result, hardened.object))
        broken(test, failures, "the review of %s \"%s\" gives another object than harden", ref.kind,
               ref.name);
    return 0;
}

static int answer_beside(const struct cli_case *test, const cJSON *review,
                         const cJSON *const *others, const struct bl_kin *const *kin, size_t len,
                         char **ret_answer, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *answer = NULL;
    struct bl_review_facts facts = {.context = others,
                                    .context_len = len,
                                    .kin = kin,
                                    .sees_cluster = true,
                                    .today = test->today};

    if (bl_review_answer(&test->input.policies, review, BL_REVIEW_VALIDATE, &facts, &answer, NULL,
                         err) < 0)
        return -1;
    bl_json_write(&text, answer);
    *ret_answer = bl_strbuf_take(&text);
    return 0;
}

/* To look at those alone that an object may depend on says what it says to look at all. */
static int law_kin(const struct cli_case *test, size_t index, struct bl_strbuf *failures,
                   struct bl_error **err)
{
    size_t most = test->input.report->len, len = 0, bytes;
    BL_AUTO_FREE const cJSON **others = bl_alloc(most, sizeof(*others));
    BL_AUTO_FREE struct bl_kin **kin = bl_alloc(most, sizeof(*kin));
    BL_AUTO_JSON cJSON *review = make_review(test->input.objects[index]);
    BL_AUTO_FREE char *all = NULL;
    BL_AUTO_FREE char *near = NULL;
    int rc;

    /* With ConfigMaps all are looked at, and nothing is to be compared. */
    for (size_t i = 0; i < most; i++)
        if (bl_world_kind_of(test->input.objects[i]) != BL_WORLD_CONFIG_MAP) {
            kin[len] = bl_kin_new(test->input.objects[i], &bytes);
            others[len++] = test->input.objects[i];
        }
    rc = answer_beside(test, review, others, NULL, len, &all, err) < 0 ||
                 answer_beside(test, review, others, (const struct bl_kin *const *)kin, len, &near,
                               err) < 0
             ? -1
             : 0;
    for (size_t i = 0; i < len; i++)
        bl_kin_free(kin[i]);
    if (rc == 0 && strcmp(all, near) != 0) {
        struct bl_ref ref = bl_object_ref(test->input.objects[index]);

        broken(test, failures, "the review of %s \"%s\" beside its kin gives another answer",
               ref.kind, ref.name);
        cli_diff(failures, "all", "kin", all, near);
    }
    return rc;
}

static void law_strangers(const struct cli_case *test, size_t index, struct bl_strbuf *failures)
{
    const struct bl_object_report *report = &test->input.report->objects[index];
    struct bl_ref ref = bl_object_ref(test->input.objects[index]);

    if (report->edit.patch && strcmp(ref.kind, "Service") != 0 &&
        !bl_companion_is_ours(test->input.objects[index]) &&
        !(report->workload && report->workload->role))
        broken(test, failures, "%s \"%s\" is not Kafka and was changed", ref.kind, ref.name);
}

static void law_hints(const struct cli_case *test, struct bl_strbuf *failures)
{
    for (size_t i = 0; i < test->input.report->findings.len; i++) {
        const struct bl_finding *finding = &test->input.report->findings.items[i];

        if (finding->severity == BL_SEVERITY_ERROR && !finding->hint)
            broken(test, failures, "a denial does not say what to do: %s", finding->message);
    }
}

int cli_case_laws(const struct cli_case *test, struct bl_strbuf *failures, struct bl_error **err)
{
    /* A comparison of two states edits nothing, and no review has both. */
    if (test->refusal || test->input.before)
        return 0;
    if (law_once(test, failures, err) < 0)
        return -1;
    law_order(test, failures);
    law_hints(test, failures);
    for (size_t i = 0; i < test->input.report->len; i++) {
        law_strangers(test, i, failures);
        /* In a cluster the controller makes it anew. */
        if (bl_companion_is_ours(test->input.objects[i]))
            continue;
        if (law_review(test, i, failures, err) < 0 || law_kin(test, i, failures, err) < 0)
            return -1;
    }
    return 0;
}
