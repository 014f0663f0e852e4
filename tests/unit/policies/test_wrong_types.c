/*
 * What no API server takes reaches us all the same: files, what charts render, Helm's records. Each value of growth.yaml and
 * wrong_types.yaml is made a list, and a map, a text, a number or null, and judged by every way there is: nothing breaks, and
 * what is answered is an answer.
 */
#include <stdlib.h>
#include <string.h>

#include "ballast/json/pointer.h"
#include "ballast/object/manifest.h"
#include "ballast/policies/engine.h"
#include "ballast/policies/losses.h"
#include "ballast/policies/review.h"
#include "json_help.h"
#include "unit.h"

#define TODAY 20000

static const char *const odd[] = {"[{}]", "['x',null]", "{'a':{}}", "{'a':['x']}",
                                  "'x'",  "7",          "null"};

struct stage {
    struct bl_policy_set set;
    struct bl_manifest manifest;
    const cJSON **objects, **changed; /* the latter with one that is another */
    size_t len, tried;
};

static void stage_open(struct stage *stage)
{
    static const char *const files[] = {"tests/unit/policies/growth.yaml",
                                        "tests/unit/policies/wrong_types.yaml"};
    BL_ERROR(err);

    *stage = (struct stage){0};
    if (bl_policy_set_read(&stage->set, "policies/bundles/strict.yaml", &err) < 0 ||
        bl_policy_set_read(&stage->set, "policies/bundles/managed.yaml", &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    for (size_t i = 0; i < BL_ARRAY_LEN(files); i++)
        if (bl_manifest_read(&stage->manifest, files[i], &err) < 0)
            ck_abort_msg("%s", bl_error_text(err));
    stage->len = stage->manifest.objects.len;
    stage->objects = bl_alloc(stage->len, sizeof(*stage->objects));
    stage->changed = bl_alloc(stage->len, sizeof(*stage->changed));
    for (size_t i = 0; i < stage->len; i++)
        stage->objects[i] = stage->manifest.objects.items[i].object;
}

static void stage_close(struct stage *stage)
{
    free(stage->objects);
    free(stage->changed);
    bl_manifest_release(&stage->manifest);
    bl_policy_set_release(&stage->set);
}

/* --- the ways --- */

static void decide(const struct stage *stage)
{
    struct bl_engine_options options = {.today = TODAY, .replaces = true};

    bl_report_free(bl_engine_run(&stage->set, stage->changed, stage->len, &options));
}

static void compare(const struct stage *stage, const cJSON *const *before,
                    const cJSON *const *after)
{
    struct bl_engine_options options = {.today = TODAY};
    struct bl_states states = {
        .before = before, .before_len = stage->len, .after = after, .after_len = stage->len};
    struct bl_losses losses = {0};

    bl_losses_find(&stage->set, &options, &states, &losses);
    bl_losses_release(&losses);
}

static void ask(const struct stage *stage, const cJSON *review, enum bl_review_kind kind)
{
    struct bl_review_facts facts = {
        .context = stage->changed, .context_len = stage->len, .today = TODAY};
    cJSON *reply = NULL;
    BL_ERROR(err);

    if (bl_review_answer(&stage->set, review, kind, &facts, &reply, NULL, &err) == 0)
        ck_assert_ptr_nonnull(bl_json_get(reply, "response"));
    bl_json_free(reply);
}

/* The object becomes what it is now, or goes. */
static void review(const struct stage *stage, const cJSON *was, const cJSON *is,
                   const char *operation)
{
    struct bl_ref ref = bl_object_ref(was);
    BL_AUTO_JSON cJSON *review = help_json(
        "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'uid':'u'}}");
    cJSON *request = bl_json_get(review, "request"), *kind;

    bl_json_add_string(request, "operation", operation);
    bl_json_add_string(request, "namespace", "kafka");
    bl_json_add_string(request, "name", ref.name);
    kind = bl_json_add_object(request, "kind");
    bl_json_add_string(kind, "group", strchr(ref.api_version, '/') ? "apps" : "");
    bl_json_add_string(kind, "version", "v1");
    bl_json_add_string(kind, "kind", ref.kind);
    bl_json_add(request, "oldObject", bl_json_copy(was));
    bl_json_add(request, "object", is ? bl_json_copy(is) : cJSON_CreateNull());
    ask(stage, review, BL_REVIEW_MUTATE);
    ask(stage, review, BL_REVIEW_VALIDATE);
}

static void judge(struct stage *stage, size_t at, cJSON *changed)
{
    BL_AUTO_JSON cJSON *trimmed = bl_json_copy(changed);

    memcpy(stage->changed, stage->objects, stage->len * sizeof(*stage->objects));
    stage->changed[at] = changed;
    decide(stage);
    compare(stage, stage->objects, stage->changed);
    compare(stage, stage->changed, stage->objects);
    review(stage, stage->objects[at], changed, "UPDATE");
    review(stage, changed, stage->objects[at], "UPDATE");
    review(stage, changed, NULL, "DELETE");
    (void)bl_review_matters(trimmed);
    bl_review_trim(trimmed);
    stage->tried++;
}

/* --- all places --- */

/* All but the key and the place. */
static void exchange(cJSON *a, cJSON *b)
{
    const int kept = cJSON_StringIsConst | cJSON_IsReference;
    cJSON was = *a;

    a->child = b->child;
    a->valuestring = b->valuestring;
    a->valueint = b->valueint;
    a->valuedouble = b->valuedouble;
    a->type = (b->type & ~kept) | (was.type & kept);
    b->child = was.child;
    b->valuestring = was.valuestring;
    b->valueint = was.valueint;
    b->valuedouble = was.valuedouble;
    b->type = (was.type & ~kept) | (b->type & kept);
}

static void try(struct stage *stage, size_t at, const char *pointer, const char *text)
{
    BL_AUTO_JSON cJSON *changed = bl_json_copy(stage->objects[at]);
    BL_AUTO_JSON cJSON *other = help_json(text);

    exchange(bl_pointer_find(changed, pointer), other);
    judge(stage, at, changed);
}

/* A list without keys at each place, and of the others one in turn. */
static void each_value(struct stage *stage, size_t at, const cJSON *value,
                       struct bl_strbuf *pointer)
{
    size_t len = pointer->len, index = 0;

    for (const cJSON *child = value->child; child; child = child->next) {
        if (child->string)
            bl_pointer_add_key(pointer, child->string);
        else
            bl_strbuf_addf(pointer, "/%zu", index++);
        try(stage, at, pointer->text, odd[0]);
        try(stage, at, pointer->text, odd[1 + stage->tried / 2 % (BL_ARRAY_LEN(odd) - 1)]);
        each_value(stage, at, child, pointer);
        bl_strbuf_cut(pointer, len);
    }
}

START_TEST(nothing_breaks)
{
    struct stage stage;

    stage_open(&stage);
    for (size_t i = 0; i < stage.len; i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf pointer = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

        each_value(&stage, i, stage.objects[i], &pointer);
    }
    ck_assert_uint_gt(stage.tried, 900);
    stage_close(&stage);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policies/wrong types");
    TCase *tests = tcase_create("wrong types");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, nothing_breaks);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
