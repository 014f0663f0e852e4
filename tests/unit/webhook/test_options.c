#include "options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "unit.h"

#define MAX_WORDS 24

/* Parses a line; what it prints goes nowhere. */
static int parse(const char *line, struct bl_webhook_options *options)
{
    static char text[512];
    char *argv[MAX_WORDS + 1] = {NULL}, *at = text;
    int argc = 0, rc;

    (void)snprintf(text, sizeof(text), "ballast-webhook %s", line);
    while (*at && argc < MAX_WORDS) {
        argv[argc++] = at;
        at += strcspn(at, " ");
        if (*at)
            *at++ = '\0';
    }
    (void)fflush(NULL);
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    rc = bl_webhook_options_parse(argc, argv, options);
    (void)fflush(NULL);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(err, STDERR_FILENO);
    (void)close(out);
    (void)close(err);
    return rc;
}

static const struct {
    const char *why, *line;
    int rc; /* -1: go on */
} lines[] = {
    {"files", "--tls-cert a --tls-key b", -1},
    {"an equals sign", "--tls-cert=a --tls-key=b --policies=x --policies=y", -1},
    {"no TLS, on purpose", "--insecure-http", -1},
    {"its own, in a folder", "--certs-dir c --dns-name localhost", -1},
    {"its own, in a Secret", "--certs-secret n/s --dns-name x --in-cluster --webhook-config w", -1},
    {"made alone", "certs --certs-dir c --dns-name localhost", -1},
    {"help", "--help", BL_EXIT_OK},
    {"a version", "--version", BL_EXIT_OK},
    {"nothing to serve with", "", BL_EXIT_USAGE},
    {"half a pair", "--tls-cert a", BL_EXIT_USAGE},
    {"two kinds of certificates", "--tls-cert a --tls-key b --certs-dir c --dns-name d",
     BL_EXIT_USAGE},
    {"two places", "--certs-dir c --certs-secret n/s --dns-name d --in-cluster", BL_EXIT_USAGE},
    {"a certificate for nobody", "--certs-dir c", BL_EXIT_USAGE},
    {"a Secret of no cluster", "--certs-secret n/s --dns-name d", BL_EXIT_USAGE},
    {"a Secret without namespace", "--certs-secret s --dns-name d --in-cluster", BL_EXIT_USAGE},
    {"a bundle without certificates", "--tls-cert a --tls-key b --webhook-config w", BL_EXIT_USAGE},
    {"nowhere to keep them", "certs --dns-name d", BL_EXIT_USAGE},
    {"two clusters", "--insecure-http --in-cluster --kubeconfig f", BL_EXIT_USAGE},
    {"clients without TLS", "--insecure-http --client-ca f", BL_EXIT_USAGE},
    {"a name without an authority", "--tls-cert a --tls-key b --client-name n", BL_EXIT_USAGE},
    {"an option that is none", "--insecure-http --polices x", BL_EXIT_USAGE},
    {"a value that is missing", "--listen", BL_EXIT_USAGE},
    {"a word", "--insecure-http serve", BL_EXIT_USAGE},
    {"no thread", "--insecure-http --threads 0", BL_EXIT_USAGE},
    {"too many threads", "--insecure-http --threads 65", BL_EXIT_USAGE},
    {"a duration without a unit", "--insecure-http --drain 10", BL_EXIT_USAGE},
    {"a duration", "--insecure-http --drain 500ms --reload 2s --overlap 1m", -1},
    {"a duration of nothing", "--insecure-http --reload 0s", BL_EXIT_USAGE},
    {"an admin", "--insecure-http --admin user:a --admin group:b", -1},
    {"an admin of no kind", "--insecure-http --admin a", BL_EXIT_USAGE},
    {"a level that is none", "--insecure-http --log-level loud", BL_EXIT_USAGE},
};

START_TEST(takes_and_refuses)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(lines); i++) {
        BL_AUTO(bl_webhook_options_release) struct bl_webhook_options options = {0};
        int rc = parse(lines[i].line, &options);

        ck_assert_msg(rc == lines[i].rc, "%s: %d", lines[i].why, rc);
    }
}
END_TEST

START_TEST(means_what_is_written)
{
    BL_AUTO(bl_webhook_options_release) struct bl_webhook_options options = {0};

    ck_assert_int_eq(
        parse("--insecure-http --listen :1 --metrics-listen :2 --policies a --policies b "
              "--health-listen=:3 --drain 500ms --log-format logfmt --log-level debug",
              &options),
        -1);
    ck_assert_str_eq(options.listen, ":1");
    ck_assert_str_eq(options.daemon.metrics_listen, ":2");
    ck_assert_str_eq(options.daemon.health_listen, ":3");
    ck_assert_uint_eq(options.daemon.policies.len, 2);
    ck_assert_str_eq(options.daemon.policies.items[1], "b");
    ck_assert_ptr_null(options.daemon.policies.items[2]);
    ck_assert_int_eq(options.drain, 500 * BL_NSEC_MS);
    ck_assert_int_eq(options.daemon.log_format, BL_LOG_LOGFMT);
    ck_assert_int_eq(options.daemon.log_level, BL_LOG_DEBUG);
}
END_TEST

START_TEST(has_defaults)
{
    BL_AUTO(bl_webhook_options_release) struct bl_webhook_options options = {0};

    ck_assert_int_eq(parse("--insecure-http", &options), -1);
    ck_assert_str_eq(options.daemon.policies.items[0], "default");
    ck_assert_int_eq(options.threads, 2);
    ck_assert_int_eq(options.drain, 10 * BL_NSEC_S);
    ck_assert_ptr_null(options.admins.items[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("webhook/options");
    TCase *tests = tcase_create("options");

    tcase_add_test(tests, takes_and_refuses);
    tcase_add_test(tests, means_what_is_written);
    tcase_add_test(tests, has_defaults);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
