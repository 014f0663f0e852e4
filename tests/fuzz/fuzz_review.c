/*
 * Any text as an AdmissionReview, or as {"review": …, "context": [object…]} with what stands beside it: refused
 * with a message, or answered with the request's uid. To complete never denies, and completing what was
 * completed changes nothing, which reinvocation and re-apply rely on.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/json/edit.h"
#include "ballast/policies/review.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* NULL: it was refused. */
static cJSON *answer(const struct bl_policy_set *set, const cJSON *review, enum bl_review_kind kind,
                     const struct bl_review_facts *facts)
{
    BL_ERROR(err);
    cJSON *reply = NULL;
    const char *uid = bl_json_string(bl_json_get(review, "request"), "uid"), *replied;

    if (bl_review_answer(set, review, kind, facts, &reply, NULL, &err) < 0) {
        must(bl_error_code(err) != BL_ERR_INTERNAL);
        return NULL;
    }
    replied = bl_json_string(bl_json_get(reply, "response"), "uid");
    must(uid && replied && strcmp(uid, replied) == 0);
    return reply;
}

static bool allows(const cJSON *reply)
{
    return bl_json_bool(bl_json_get(reply, "response"), "allowed", false);
}

/* The patch as JSON, or NULL where there is none. */
static cJSON *patch_of(const cJSON *reply)
{
    const char *encoded = bl_json_string(bl_json_get(reply, "response"), "patch");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    cJSON *patch = NULL;
    BL_ERROR(err);

    if (!encoded)
        return NULL;
    must(bl_base64_decode(&text, encoded, strlen(encoded), &err) == 0);
    must(bl_json_parse(text.text, text.len, &patch, &err) == 0);
    return patch;
}

static void complete(const struct bl_policy_set *set, const cJSON *review,
                     const struct bl_review_facts *facts)
{
    BL_AUTO_JSON cJSON *reply = answer(set, review, BL_REVIEW_MUTATE, facts);
    BL_AUTO_JSON cJSON *patch = reply ? patch_of(reply) : NULL;
    BL_AUTO_JSON cJSON *again = NULL;
    BL_AUTO_JSON cJSON *second = NULL;
    BL_ERROR(err);

    must(!reply || allows(reply));
    if (!patch)
        return;
    again = bl_json_copy(review);
    cJSON *object = bl_json_copy(bl_json_at(review, "request", "object", NULL));
    must(bl_patch_apply(&object, patch, &err) == 0);
    must(cJSON_ReplaceItemInObjectCaseSensitive(bl_json_get(again, "request"), "object", object));
    second = answer(set, again, BL_REVIEW_MUTATE, facts);
    must(second && allows(second) && !bl_json_at(second, "response", "patch", NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bl_policy_set set;
    static const char *const admins[] = {"user:admin", "group:ops", NULL};
    BL_ERROR(err);
    BL_AUTO_JSON cJSON *input = NULL;
    BL_AUTO_FREE const cJSON **context = NULL;
    struct bl_review_facts facts = {.today = 20000, .admins = admins};

    if (!set.len && bl_policy_set_read(&set, BALLAST_SOURCE_POLICIES "/strict.yaml", &err) < 0)
        abort();
    if (size > 65536 || bl_json_parse((const char *)data, size, &input, &err) < 0)
        return 0;

    const cJSON *beside = bl_json_get(input, "context"), *item;
    const cJSON *review = beside ? bl_json_get(input, "review") : input;
    context = bl_alloc(bl_json_len(beside) + 1, sizeof(*context));
    cJSON_ArrayForEach(item, beside) {
        if (cJSON_IsObject(item) && bl_review_matters(item))
            context[facts.context_len++] = item;
    }
    facts.context = context;
    facts.sees_cluster = beside != NULL;
    complete(&set, review, &facts);
    cJSON_Delete(answer(&set, review, BL_REVIEW_VALIDATE, &facts));
    return 0;
}
