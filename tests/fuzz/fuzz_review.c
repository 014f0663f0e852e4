/* Any text as an AdmissionReview, both kinds: refused with a message or answered with the request's uid. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/policies/review.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(const struct bl_policy_set *set, const cJSON *review, enum bl_review_kind kind)
{
    BL_ERROR(err);
    BL_AUTO_JSON cJSON *reply = NULL;
    const char *uid = bl_json_string(bl_json_get(review, "request"), "uid"), *replied;

    struct bl_review_facts facts = {.today = 20000};

    if (bl_review_answer(set, review, kind, &facts, &reply, NULL, &err) < 0) {
        if (bl_error_code(err) == BL_ERR_INTERNAL)
            abort();
        return;
    }
    replied = bl_json_string(bl_json_get(reply, "response"), "uid");
    if (!uid || !replied || strcmp(uid, replied) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bl_policy_set set;
    BL_ERROR(err);
    BL_AUTO_JSON cJSON *review = NULL;

    if (!set.len && bl_policy_set_read(&set, BALLAST_SOURCE_POLICIES "/strict.yaml", &err) < 0)
        abort();
    if (size > 65536 || bl_json_parse((const char *)data, size, &review, &err) < 0)
        return 0;
    answer(&set, review, BL_REVIEW_MUTATE);
    answer(&set, review, BL_REVIEW_VALIDATE);
    return 0;
}
