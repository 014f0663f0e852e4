/*
 * Work grows as input does: each list, map and list in a text of growth.yaml is made n and 4n long in turn, and so is the
 * number of objects of each kind. What that costs is counted in units of the budget, so a busy machine changes nothing.
 * A new field in growth.yaml is covered without a word here.
 */
#include <stdio.h>

#include "ballast/base/budget.h"
#include "ballast/base/text.h"
#include "ballast/json/pointer.h"
#include "ballast/object/manifest.h"
#include "ballast/policies/engine.h"
#include "ballast/policies/review.h"
#include "ballast/workload/limits.h"
#include "json_help.h"
#include "unit.h"

#define TODAY 20000
/* Of four times as much. */
#define FACTOR 6
/* Of four times as many objects of two kinds. */
#define PRODUCT 16
/* Items of a list where no limit is nearer; a limit is reached exactly. */
#define MOST 2048

static const char *const bundles[] = {"policies/bundles/default.yaml",
                                      "policies/bundles/strict.yaml"};

struct stage {
    struct bl_policy_set set;
    struct bl_manifest manifest;
    struct {
        const cJSON **items;
        size_t len, cap;
    } objects;
};

static void stage_open(struct stage *stage, const char *bundle, const char *file)
{
    BL_ERROR(err);

    *stage = (struct stage){0};
    if (bl_policy_set_read(&stage->set, bundle, &err) < 0 ||
        bl_manifest_read(&stage->manifest, file, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    for (size_t i = 0; i < stage->manifest.objects.len; i++)
        *BL_PUSH(&stage->objects) = stage->manifest.objects.items[i].object;
}

static void stage_close(struct stage *stage)
{
    free(stage->objects.items);
    bl_manifest_release(&stage->manifest);
    bl_policy_set_release(&stage->set);
}

/* --- what it costs --- */

static int64_t cost_of_run(const struct stage *stage, const cJSON *const *objects, size_t len)
{
    struct bl_engine_options options = {.today = TODAY, .replaces = true};
    struct bl_budget budget;

    bl_budget_begin(&budget, INT64_MAX / 2);
    struct bl_report *report = bl_engine_run(&stage->set, objects, len, &options);
    ck_assert_msg(!report->too_large, "%s", report->too_large);
    bl_report_free(report);
    return bl_budget_end(&budget);
}

/* --- what is made long --- */

static char *numbered(const char *text, size_t i)
{
    size_t len = strlen(text);

    while (len && text[len - 1] >= '0' && text[len - 1] <= '9')
        len--;
    return text[len] ? bl_asprintf("%.*s%zu", (int)len, text, 10000 + i)
                     : bl_asprintf("%s%zu", text, i);
}

/* The same with other names and numbers. */
static void renumber(cJSON *value, size_t i)
{
    static const char *const kept[] = {"key",   "operator", "topologyKey",       "protocol",
                                       "image", "endPort",  "whenUnsatisfiable", NULL};
    cJSON *child;

    if (cJSON_IsString(value) && !bl_text_in(value->string, kept)) {
        char *text = numbered(value->valuestring, i);

        cJSON_SetValuestring(value, text);
        free(text);
    } else if (cJSON_IsNumber(value) && !bl_text_in(value->string, kept)) {
        cJSON_SetNumberValue(value, 1024 + (double)i);
    }
    for (child = value->child; child; child = child->next)
        if (!child->string || strcmp(child->string, "name") == 0 || cJSON_IsNumber(child) ||
            strcmp(child->string, "mountPath") == 0)
            renumber(child, i);
}

static void lengthen(cJSON *list, size_t len)
{
    cJSON *last = list->child->prev;

    for (size_t i = bl_json_len(list); i < len; i++) {
        cJSON *more = bl_json_copy(last);

        if (cJSON_IsObject(list)) {
            char *key = bl_asprintf("%s-%zu", last->string, i);

            bl_json_add(list, key, more);
            free(key);
            continue;
        }
        renumber(more, i);
        bl_json_push(list, more);
    }
}

/* "a://:1,b://:2" gets more of the last one. */
static void lengthen_text(cJSON *text, size_t len)
{
    struct bl_strbuf all = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    char separator = strchr(text->valuestring, ',') ? ',' : ' ';
    const char *last = strrchr(text->valuestring, separator) + 1;
    const char *name = strpbrk(last, ":@=");

    bl_strbuf_adds(&all, text->valuestring);
    for (size_t i = 0; i < len; i++) {
        char *other = numbered(last, i);

        if (name && name[0] == ':' && name[1] != '/')
            bl_strbuf_addf(&all, "%c%.*s%zu%s", separator, (int)(name - last), last, i, name);
        else
            bl_strbuf_addf(&all, "%c%s", separator, other);
        free(other);
    }
    cJSON_SetValuestring(text, all.text);
    bl_strbuf_release(&all);
}

/* --- all places --- */

struct visit {
    const struct stage *stage;
    size_t object; /* that is being changed */
    unsigned tried;
};

static bool is_list_text(const cJSON *value)
{
    return cJSON_IsString(value) && strlen(value->valuestring) < 256 &&
           (strchr(value->valuestring, ',') || strstr(value->valuestring, " server."));
}

static int64_t cost_with(const struct visit *visit, const char *pointer, size_t len)
{
    const struct stage *stage = visit->stage;
    const cJSON **objects = bl_alloc(stage->objects.len, sizeof(*objects));
    cJSON *copy = bl_json_copy(stage->objects.items[visit->object]);
    cJSON *value = bl_pointer_find(copy, pointer);

    memcpy(objects, stage->objects.items, stage->objects.len * sizeof(*objects));
    objects[visit->object] = copy;
    if (cJSON_IsString(value))
        lengthen_text(value, len);
    else
        lengthen(value, len);

    int64_t cost = cost_of_run(stage, objects, stage->objects.len);
    cJSON_Delete(copy);
    free(objects);
    return cost;
}

static void check_place(struct visit *visit, const char *pointer, const char *key)
{
    size_t most = key ? bl_list_limit(key) : MOST;
    int64_t few, many;

    most = most < MOST ? most : MOST;
    few = cost_with(visit, pointer, most / 4);
    many = cost_with(visit, pointer, most);
    visit->tried++;
    if (getenv("GROWTH"))
        printf("%5.1f %9jd %9jd %s %s\n", (double)many / (double)few, (intmax_t)few, (intmax_t)many,
               bl_object_ref(visit->stage->objects.items[visit->object]).kind, pointer);
    else
        ck_assert_msg(many <= FACTOR * few, "%s of %s: %zu cost %jd units and %zu cost %jd",
                      pointer, bl_object_ref(visit->stage->objects.items[visit->object]).kind,
                      most / 4, (intmax_t)few, most, (intmax_t)many);
}

static void visit_all(struct visit *visit, const cJSON *value, const char *pointer, const char *key)
{
    size_t i = 0;

    if ((cJSON_IsArray(value) || cJSON_IsObject(value)) && value->child && *pointer)
        check_place(visit, pointer, key);
    else if (is_list_text(value))
        check_place(visit, pointer, NULL);
    for (const cJSON *child = value->child; child; child = child->next, i++) {
        struct bl_strbuf below = BL_STRBUF_INIT(1024);

        bl_strbuf_adds(&below, pointer);
        if (child->string)
            bl_pointer_add_key(&below, child->string);
        else
            bl_pointer_add_index(&below, i);
        visit_all(visit, child, below.text, child->string ? child->string : key);
        bl_strbuf_release(&below);
    }
}

START_TEST(lists_cost_what_they_are_long)
{
    struct stage stage;

    stage_open(&stage, bundles[_i], "tests/unit/policies/growth.yaml");
    struct visit visit = {.stage = &stage};
    for (; visit.object < stage.objects.len; visit.object++)
        visit_all(&visit, stage.objects.items[visit.object], "", NULL);
    ck_assert_uint_gt(visit.tried, 100);
    stage_close(&stage);
}
END_TEST

/* --- many objects --- */

/* The text with a number behind each place of `word`, before its last `tail` bytes. */
static void number_all(struct bl_strbuf *text, const char *word, size_t tail, size_t i)
{
    char *from = bl_strdup(text->text), *at = from, *found;
    int head = (int)(strlen(word) - tail);

    bl_strbuf_reset(text);
    for (; (found = strstr(at, word)); at = found + strlen(word)) {
        bl_strbuf_add(text, at, (size_t)(found - at));
        bl_strbuf_addf(text, "%.*s-%zu%s", head, word, i, word + head);
    }
    bl_strbuf_adds(text, at);
    free(from);
}

/* With labels and hosts of its own, so that it is another cluster; or as one of many of a kind. */
static cJSON *another(const cJSON *object, size_t i, bool own)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    char *name = bl_asprintf("%s-%zu", bl_object_ref(object).name, i);
    cJSON *copy;
    BL_ERROR(err);

    bl_json_write(&text, object);
    if (own) {
        number_all(&text, "\"one\"", 1, i);
        number_all(&text, "kafka-headless", 0, i);
        number_all(&text, ".zk:", 1, i);
        number_all(&text, "\"zk\"", 1, i);
    }
    ck_assert_int_eq(bl_json_parse(text.text, text.len, &copy, &err), 0);
    if (!own || !strchr(bl_object_ref(copy).name, '-'))
        cJSON_SetValuestring(bl_json_at(copy, "metadata", "name", NULL), name);
    bl_strbuf_release(&text);
    free(name);
    return copy;
}

static int64_t cost_of_many(const struct stage *stage, unsigned kinds, size_t count, bool own)
{
    struct {
        const cJSON **items;
        size_t len, cap;
    } all = {0};

    for (size_t i = 0; i < stage->objects.len; i++) {
        *BL_PUSH(&all) = stage->objects.items[i];
        for (size_t n = 0; kinds & 1U << i && n < count; n++)
            *BL_PUSH(&all) = another(stage->objects.items[i], n, own);
    }
    int64_t cost = cost_of_run(stage, all.items, all.len);
    size_t at = 0;
    for (size_t i = 0; i < stage->objects.len; i++) {
        at++;
        for (size_t n = 0; kinds & 1U << i && n < count; n++)
            cJSON_Delete((cJSON *)(uintptr_t)all.items[at++]);
    }
    free(all.items);
    return cost;
}

/* Of one cluster: each of its connections is held against each policy, which only the budget bounds. */
static bool is_workload_and_policy(const struct stage *stage, size_t a, size_t b)
{
    return bl_object_is_workload(stage->objects.items[a]) &&
           bl_object_is(stage->objects.items[b], "networking.k8s.io", "NetworkPolicy");
}

/*
 * Two kinds at once too, each with each. That many policies are held against as many workloads is a product, and stays one;
 * no more than that. Where all are of one cluster each of them may call each other, which is one as well.
 */
START_TEST(objects_cost_what_they_are_many)
{
    struct stage stage;

    stage_open(&stage, bundles[_i / 2], "tests/unit/policies/growth.yaml");
    for (size_t a = 1; a < stage.objects.len; a++)
        for (size_t b = a; b < stage.objects.len; b++) {
            unsigned kinds = 1U << a | 1U << b;
            bool own = _i % 2;
            int64_t few = cost_of_many(&stage, kinds, 16, own);
            int64_t many = cost_of_many(&stage, kinds, 64, own);

            if (getenv("GROWTH"))
                printf("%5.1f %9jd %9jd %s %s %s\n", (double)many / (double)few, (intmax_t)few,
                       (intmax_t)many, bl_object_ref(stage.objects.items[a]).kind,
                       bl_object_ref(stage.objects.items[b]).kind, own ? "own" : "same");
            else if (own || !is_workload_and_policy(&stage, a, b))
                ck_assert_msg(many <= PRODUCT * few, "%s and %s: 16 cost %jd units, 64 cost %jd",
                              bl_object_ref(stage.objects.items[a]).kind,
                              bl_object_ref(stage.objects.items[b]).kind, (intmax_t)few,
                              (intmax_t)many);
        }
    stage_close(&stage);
}
END_TEST

/* --- the end of the budget --- */

/* Wherever it ends there is no verdict, and nothing else happens. */
START_TEST(a_run_may_end_anywhere)
{
    struct stage stage;
    int64_t whole, step;

    stage_open(&stage, bundles[_i], "tests/unit/policies/growth.yaml");
    whole = cost_of_run(&stage, stage.objects.items, stage.objects.len);
    step = whole / 1500 + 1;
    for (int64_t units = 1; units < whole; units += step + units % 7) {
        struct bl_engine_options options = {.units = units, .today = TODAY, .replaces = true};
        struct bl_report *report =
            bl_engine_run(&stage.set, stage.objects.items, stage.objects.len, &options);

        ck_assert_ptr_nonnull(report->too_large);
        ck_assert_uint_eq(report->findings.len + report->companions.len + report->scenes.len, 0);
        for (size_t i = 0; i < report->len; i++)
            ck_assert(!report->objects[i].judged && !report->objects[i].workload &&
                      report->edited[i] == stage.objects.items[i]);
        bl_report_free(report);
    }
    stage_close(&stage);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("growth");
    TCase *tests = tcase_create("growth");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, lists_cost_what_they_are_long, 0, (int)BL_ARRAY_LEN(bundles));
    tcase_add_loop_test(tests, objects_cost_what_they_are_many, 0, 2 * (int)BL_ARRAY_LEN(bundles));
    tcase_add_loop_test(tests, a_run_may_end_anywhere, 0, (int)BL_ARRAY_LEN(bundles));
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
