#include "ballast/base/process.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "unit.h"

/* Programs of all kinds, run to their end: what they print, how they end, and that nothing of them stays. */

#define LARGE ((size_t)3 << 20)

static int run_with(struct bl_process *process, const char *script, struct bl_strbuf *output,
                    struct bl_strbuf *errors, struct bl_process_end *ret_end, struct bl_error **err)
{
    char *const args[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
    char *const env[] = {(char *)"PATH=/usr/bin:/bin", (char *)"WORD=said", NULL};

    process->args = args;
    process->env = env;
    if (!process->timeout)
        process->timeout = 60 * BL_NSEC_S;
    return bl_process_run(process, output, errors, ret_end, err);
}

static const struct {
    const char *name, *script, *output, *errors;
    struct bl_process_end end;
} ends[] = {
    {"what it prints is kept apart", "echo out; echo err >&2", "out\n", "err\n", {0, 0}},
    {"an exit status is no failure", "echo $WORD; exit 3", "said\n", "", {3, 0}},
    {"nor is a signal", "kill -9 $$", "", "", {-1, SIGKILL}},
    {"it has nothing to read", "cat", "", "", {0, 0}},
    {"only its three descriptors", "ls /proc/self/fd | wc -l", "4\n", "", {0, 0}},
    {"no signal is blocked",
     "grep SigBlk /proc/self/status | cut -f2",
     "0000000000000000\n",
     "",
     {0, 0}},
    {"it closes its output early", "exec >&- 2>&-; sleep 0.1; exit 4", "", "", {4, 0}},
};

START_TEST(it_ends)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf output = BL_STRBUF_INIT(100);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf errors = BL_STRBUF_INIT(100);
    struct bl_process process = {0};
    struct bl_process_end end;
    BL_ERROR(err);

    ck_assert_msg(run_with(&process, ends[_i].script, &output, &errors, &end, &err) == 0, "%s: %s",
                  ends[_i].name, bl_error_text(err));
    ck_assert_msg(strcmp(output.text, ends[_i].output) == 0, "%s: \"%s\"", ends[_i].name,
                  output.text);
    ck_assert_msg(strcmp(errors.text, ends[_i].errors) == 0, "%s: \"%s\"", ends[_i].name,
                  errors.text);
    ck_assert_msg(end.status == ends[_i].end.status && end.signal == ends[_i].end.signal,
                  "%s: %d, %d", ends[_i].name, end.status, end.signal);
}
END_TEST

/* Warnings first, the reason last. */
START_TEST(of_errors_both_ends_are_kept)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf output = BL_STRBUF_INIT(100);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf errors = BL_STRBUF_INIT(400);
    struct bl_process process = {0};
    struct bl_process_end end;
    BL_ERROR(err);

    ck_assert_int_eq(run_with(&process,
                              "echo first >&2; yes xyz | head -c 300000 >&2; echo last >&2; "
                              "echo done",
                              &output, &errors, &end, &err),
                     0);
    ck_assert_str_eq(output.text, "done\n");
    ck_assert_msg(bl_text_starts(errors.text, "first\nxyz\n") &&
                      bl_text_ends(errors.text, "\nxyz\nlast\n") &&
                      strstr(errors.text, "\n… 299678 bytes are left out\nxyz\n"),
                  "%s", errors.text);
    ck_assert(errors.overflowed && errors.len <= errors.max);
}
END_TEST

/* More than any pipe holds, both ways at once. */
START_TEST(it_reads_what_it_is_given)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf input = BL_STRBUF_INIT(LARGE);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf output = BL_STRBUF_INIT(LARGE);
    struct bl_process process = {0};
    struct bl_process_end end;
    BL_ERROR(err);

    bl_strbuf_repeat(&input, 'x', LARGE);
    process.input = input.text;
    process.input_len = input.len;
    ck_assert_int_eq(run_with(&process, "cat", &output, NULL, &end, &err), 0);
    ck_assert_int_eq(end.status, 0);
    ck_assert_uint_eq(output.len, LARGE);
    ck_assert_int_eq(memcmp(output.text, input.text, LARGE), 0);
    bl_strbuf_reset(&output);
    ck_assert_int_eq(run_with(&process, "head -c 3", &output, NULL, &end, &err), 0);
    ck_assert_str_eq(output.text, "xxx");
}
END_TEST

START_TEST(it_prints_too_much)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf output = BL_STRBUF_INIT(100);
    struct bl_process process = {0};
    struct bl_process_end end;
    BL_ERROR(err);

    ck_assert_int_lt(run_with(&process, "yes", &output, NULL, &end, &err), 0);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_TOO_LARGE);
    ck_assert_int_eq(end.signal, SIGKILL);
}
END_TEST

START_TEST(there_is_no_such_program)
{
    char *const args[] = {(char *)"/nowhere/helm", NULL}, *const env[] = {NULL};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf output = BL_STRBUF_INIT(100);
    struct bl_process process = {.args = args, .env = env, .timeout = BL_NSEC_S};
    struct bl_process_end end;
    BL_ERROR(err);

    ck_assert_int_lt(bl_process_run(&process, &output, NULL, &end, &err), 0);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_INVALID);
    ck_assert_str_eq(bl_error_text(err), "could not be started: No such file or directory");
}
END_TEST

/* A child of its own that outlives it holds the pipe; it ends with the group. Its number is what was printed. */
static void check_gone(const struct bl_strbuf *output)
{
    BL_AUTO_FREE char *text = bl_strndup(output->text, strcspn(output->text, "\n"));
    int64_t number = 0;
    pid_t pid;

    ck_assert(bl_text_to_int(text, strlen(text), &number) && number > 1);
    pid = (pid_t)number;
    for (int i = 0; i < 1000 && kill(pid, 0) == 0; i++)
        (void)usleep(10000);
    /* It may be a zombie that nobody reaps here, and is no process any more. */
    BL_AUTO_FREE char *path = bl_asprintf("/proc/%d/cmdline", (int)pid);
    FILE *file = fopen(path, "re");
    int first = file ? fgetc(file) : EOF;

    if (file)
        (void)fclose(file);
    ck_assert_int_eq(first, EOF);
}

static const struct {
    const char *script;
    bl_nsec grace;
    struct bl_process_end end;
} late[] = {
    {"sleep 600 & echo $!; wait", 0, {-1, SIGKILL}},
    {"sleep 600 & echo $!; wait", 60 * BL_NSEC_S, {-1, SIGTERM}},
    {"trap 'exit 7' TERM; sleep 600 & echo $!; wait", 60 * BL_NSEC_S, {7, 0}},
    {"trap '' TERM; sleep 600 & echo $!; while :; do wait; done", BL_NSEC_MS, {-1, SIGKILL}},
    {"sleep 600 & echo $!; exit 0", 0, {0, 0}},
};

START_TEST(it_takes_too_long)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf output = BL_STRBUF_INIT(100);
    struct bl_process process = {.timeout = 300 * BL_NSEC_MS, .grace = late[_i].grace};
    struct bl_process_end end;
    BL_ERROR(err);

    /* On a machine that is busy it may not have come to that. */
    while (!output.len) {
        bl_error_free(err);
        err = NULL;
        ck_assert_int_lt(run_with(&process, late[_i].script, &output, NULL, &end, &err), 0);
        process.timeout *= 2;
    }
    ck_assert_int_eq(bl_error_code(err), BL_ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(bl_error_text(err), "took longer than"));
    ck_assert_int_eq(end.status, late[_i].end.status);
    ck_assert_int_eq(end.signal, late[_i].end.signal);
    check_gone(&output);
}
END_TEST

static void *raise_it(void *context)
{
    bl_stop_raise(context);
    return NULL;
}

START_TEST(it_is_stopped)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf output = BL_STRBUF_INIT(100);
    BL_AUTO(bl_stop_cleanup) struct bl_stop *stop = NULL;
    struct bl_process process = {.timeout = 600 * BL_NSEC_S};
    struct bl_process_end end;
    pthread_t thread;
    BL_ERROR(err);

    ck_assert_int_eq(bl_stop_new(&stop, &err), 0);
    process.stop = stop;
    ck_assert_int_eq(pthread_create(&thread, NULL, raise_it, stop), 0);
    ck_assert_int_lt(run_with(&process, "sleep 600", &output, NULL, &end, &err), 0);
    ck_assert_str_eq(bl_error_text(err), "was ended: we are stopping");
    ck_assert_int_eq(end.signal, SIGKILL);
    (void)pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("process");
    TCase *tests = tcase_create("process");

    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, it_ends, 0, (int)BL_ARRAY_LEN(ends));
    tcase_add_test(tests, of_errors_both_ends_are_kept);
    tcase_add_test(tests, it_reads_what_it_is_given);
    tcase_add_test(tests, it_prints_too_much);
    tcase_add_test(tests, there_is_no_such_program);
    tcase_add_loop_test(tests, it_takes_too_long, 0, (int)BL_ARRAY_LEN(late));
    tcase_add_test(tests, it_is_stopped);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
