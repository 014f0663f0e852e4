/*
 * What one decision costs, in process and without a server: an AdmissionReview is parsed, decided and
 * its answer written, many times over. CPU time of this process, so neighbours do not count.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/arena.h"
#include "ballast/policies/review.h"

enum share { PARSE, ENGINE, DECIDE, WRITE, FREE, SHARES };

static const char *const names[] = {
    [PARSE] = "parse the review",
    [ENGINE] = "recognise and run all rules (bl_engine_run)",
    [DECIDE] = "decide: the engine, the patch, its proof, the answer",
    [WRITE] = "write the answer",
    [FREE] = "free both",
};

static double cpu(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* By its place: what is passed with the call that fills it may be read before. */
static void check(int rc, struct bl_error *const *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "ballast-bench: %s\n", bl_error_text(*err));
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct bench {
    struct bl_policy_set policies;
    struct bl_strbuf text, answer;
    double sum[SHARES];
};

/* Microseconds of one whole decision, the engine's separate run left out. */
static double decide(struct bench *bench)
{
    cJSON *review = NULL, *answer = NULL;
    double marks[5];
    BL_ERROR(err);

    BL_AUTO_FREE char *text = bl_strndup(bench->text.text, bench->text.len);
    marks[0] = cpu();
    bl_json_arena_begin();
    check(bl_json_parse_in_place(text, bench->text.len, &review, &err), &err);
    marks[1] = cpu();
    check(bl_review_answer(&bench->policies, review, BL_REVIEW_MUTATE,
                           &(struct bl_review_facts){.today = 20000}, &answer, NULL, &err),
          &err);
    marks[2] = cpu();
    bl_strbuf_reset(&bench->answer);
    bl_json_write(&bench->answer, answer);
    marks[3] = cpu();
    bl_json_free(review);
    bl_json_free(answer);
    bl_json_arena_end();
    marks[4] = cpu();

    bench->sum[PARSE] += marks[1] - marks[0];
    bench->sum[DECIDE] += marks[2] - marks[1];
    bench->sum[WRITE] += marks[3] - marks[2];
    bench->sum[FREE] += marks[4] - marks[3];
    return marks[4] - marks[0];
}

/* The engine alone, on the object of the review: a part of `decide`. */
static void run_engine(struct bench *bench)
{
    struct bl_engine_options options = {.today = 20000, .namespace = "kafka"};
    cJSON *review = NULL;
    BL_ERROR(err);

    check(bl_json_parse(bench->text.text, bench->text.len, &review, &err), &err);

    const cJSON *object = bl_json_at(review, "request", "object", NULL);
    double start = cpu();
    bl_report_free(bl_engine_run(&bench->policies, &object, 1, &options));
    bench->sum[ENGINE] += cpu() - start;
    cJSON_Delete(review);
}

static void print_result(struct bench *bench, double *times, size_t count)
{
    struct rusage usage;
    double total = 0;

    qsort(times, count, sizeof(*times), compare);
    for (size_t i = 0; i < count; i++)
        total += times[i];
    getrusage(RUSAGE_SELF, &usage);
    printf("review %zu bytes, answer %zu bytes, %zu decisions\n", bench->text.len,
           bench->answer.len, count);
    printf("%8.1f us CPU a decision; median %.1f, 99 %% %.1f; peak RSS %.1f MiB\n",
           total / (double)count, times[count / 2], times[count * 99 / 100],
           (double)usage.ru_maxrss / 1024);
    for (enum share share = PARSE; share < SHARES; share++)
        printf("%8.1f us  %4.1f %%  %s%s\n", bench->sum[share] / (double)count,
               100 * bench->sum[share] / total, share == ENGINE ? "of which below: " : "",
               names[share]);
}

int main(int argc, char **argv)
{
    struct bench bench = {.text = BL_STRBUF_INIT(BL_JSON_MAX_BYTES),
                          .answer = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED)};
    int64_t count;
    BL_ERROR(err);

    if (argc != 4 || !bl_text_to_int(argv[3], strlen(argv[3]), &count) || count < 1) {
        fprintf(stderr, "usage: %s POLICY REVIEW COUNT\n", argv[0]);
        return 2;
    }
    (void)mallopt(M_MXFAST, 0); /* as the webhook has it */
    bl_json_arena_setup();
    check(bl_policy_set_read(&bench.policies, argv[1], &err), &err);
    check(bl_file_read(argv[2], &bench.text, &err), &err);

    double *times = bl_alloc((size_t)count, sizeof(double));
    for (int64_t i = 0; i < 100; i++)
        (void)decide(&bench);
    for (enum share share = PARSE; share < SHARES; share++)
        bench.sum[share] = 0;
    for (int64_t i = 0; i < count; i++) {
        times[i] = decide(&bench);
        run_engine(&bench);
    }
    print_result(&bench, times, (size_t)count);
    free(times);
    bl_strbuf_release(&bench.text);
    bl_strbuf_release(&bench.answer);
    bl_policy_set_release(&bench.policies);
    return 0;
}
