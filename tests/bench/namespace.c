/*
 * What a review costs in a namespace that is full: the first workload of a manifest is validated beside all of it, many
 * times over. CPU time of this thread, units of the budget, and the most memory there was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/arena.h"
#include "ballast/json/pack.h"
#include "ballast/object/manifest.h"
#include "ballast/policies/review.h"

static double cpu(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* By its place: what is passed with the call that fills it may be read before. */
static void check(int rc, struct bl_error *const *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "ballast-bench-namespace: %s\n", bl_error_text(*err));
    exit(1);
}

static cJSON *make_review(const cJSON *object)
{
    cJSON *review = bl_json_new_object(), *request;

    bl_json_add_string(review, "apiVersion", "admission.k8s.io/v1");
    bl_json_add_string(review, "kind", "AdmissionReview");
    request = bl_json_add_object(review, "request");
    bl_json_add_string(request, "uid", "u");
    bl_json_add_string(request, "operation", "CREATE");
    bl_json_add_string(request, "namespace", bl_object_ref(object).namespace);
    bl_json_add_string(request, "name", bl_object_ref(object).name);
    bl_json_add(request, "object", bl_json_copy(object));
    return review;
}

/* What lies beside the workload, as the cache keeps it. */
struct neighbours {
    const cJSON **context;
    const struct bl_kin **kin;
    size_t len, kept; /* kept: bytes of kinship */
};

static void neighbours_init(struct neighbours *beside, const struct bl_manifest *manifest)
{
    *beside = (struct neighbours){
        .context = bl_alloc(manifest->objects.len + 1, sizeof(*beside->context)),
        .kin = bl_alloc(manifest->objects.len + 1, sizeof(*beside->kin)),
    };
    for (size_t i = 0; i < manifest->objects.len; i++) {
        size_t bytes;

        beside->context[i] = bl_json_pack(manifest->objects.items[i].object, &bytes);
        beside->kin[i] = bl_kin_new(beside->context[i], &bytes);
        beside->kept += bytes;
        beside->len++;
    }
}

static void neighbours_release(struct neighbours *beside)
{
    for (size_t i = 0; i < beside->len; i++) {
        bl_json_pack_free(beside->context[i]);
        bl_kin_free((struct bl_kin *)(uintptr_t)beside->kin[i]);
    }
    free(beside->kin);
    free(beside->context);
}

/* Of the first workload; NULL: there is none. */
static cJSON *first_review(const struct bl_manifest *manifest)
{
    for (size_t i = 0; i < manifest->objects.len; i++)
        if (bl_object_is_workload(manifest->objects.items[i].object))
            return make_review(manifest->objects.items[i].object);
    return NULL;
}

struct cost {
    int64_t units;
    bool too_large;
};

/* How many milliseconds it took. */
static double judge(const struct bl_policy_set *policies, const cJSON *review,
                    const struct neighbours *beside, struct cost *ret_cost)
{
    struct bl_review_facts facts = {.context = beside->context,
                                    .context_len = beside->len,
                                    .kin = beside->kin,
                                    .sees_cluster = true,
                                    .today = 20000};
    struct bl_review_summary summary;
    struct bl_budget budget;
    cJSON *answer = NULL;
    double begin = cpu();
    BL_ERROR(err);

    bl_json_arena_begin();
    bl_budget_begin(&budget, INT64_MAX / 2);
    check(bl_review_answer(policies, review, BL_REVIEW_VALIDATE, &facts, &answer, &summary, &err),
          &err);
    *ret_cost = (struct cost){bl_budget_end(&budget), summary.too_large};
    bl_json_free(answer);
    bl_json_arena_end();
    return cpu() - begin;
}

int main(int argc, char **argv)
{
    struct bl_policy_set policies = {0};
    struct bl_manifest manifest = {0};
    struct neighbours beside;
    struct cost cost = {0};
    struct rusage usage;
    cJSON *review;
    double least = 0, sum = 0;
    int64_t count;
    BL_ERROR(err);

    if (argc != 4 || !bl_text_to_int(argv[3], strlen(argv[3]), &count) || count < 1) {
        fprintf(stderr, "usage: %s POLICY MANIFEST COUNT\n", argv[0]);
        return 2;
    }
    check(bl_policy_set_read(&policies, argv[1], &err), &err);
    check(bl_manifest_read(&manifest, argv[2], &err), &err);
    review = first_review(&manifest);
    neighbours_init(&beside, &manifest);
    bl_json_arena_setup();
    for (int64_t i = 0; review && i < count; i++) {
        double took = judge(&policies, review, &beside, &cost);

        sum += took;
        least = !i || took < least ? took : least;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf(
        "%zu objects beside it, with %zu KiB of kinship: %.3f ms CPU a review, at best %.3f; %jd "
        "units%s; peak RSS %.1f MiB\n",
        beside.len, beside.kept >> 10, sum / (double)count, least, (intmax_t)cost.units,
        cost.too_large ? ", too large to judge" : "", (double)usage.ru_maxrss / 1024);
    neighbours_release(&beside);
    bl_manifest_release(&manifest);
    bl_policy_set_release(&policies);
    cJSON_Delete(review);
    return 0;
}
