/* Credential plugins: small shell scripts stand in for them. */
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth.h"
#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kube/config.h"
#include "config.h"
#include "unit.h"

#define V1 "client.authentication.k8s.io/v1"
#define CREDENTIAL(status) \
    "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":" status "}"

static char folder[] = "/tmp/ballast-exec-XXXXXX";
static bl_nsec now = 1000 * BL_NSEC_S;

static bl_nsec read_now(void *context BL_UNUSED)
{
    return now;
}

static const struct bl_clock clock_of_test = {read_now, read_now, NULL};

static void set_up(void)
{
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    BL_AUTO_FREE char *command = bl_asprintf("rm -rf %s", folder);

    ck_assert_int_eq(system(command), 0);
}

static void put(const char *name, const char *text, mode_t mode)
{
    BL_AUTO_FREE char *path = bl_asprintf("%s/%s", folder, name);
    BL_ERROR(err);

    ck_assert_int_eq(bl_file_replace(path, text, strlen(text), &err), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

/* A kubeconfig whose user is the plugin `script`; `more` stands in its exec section. */
static struct bl_kube_config *plugin(const char *script, const char *more)
{
    BL_AUTO_FREE char *path = bl_asprintf("%s/config", folder);
    BL_AUTO_FREE char *text = bl_asprintf(
        "clusters: [{name: c, cluster: {server: 'https://h:1', tls-server-name: name, extensions: "
        "[{name: client.authentication.k8s.io/exec, extension: {audience: a}}]}}]\n"
        "users: [{name: u, user: {exec: {apiVersion: " V1 ", command: ./plugin.sh%s}}}]\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n",
        more);
    BL_AUTO_FREE char *whole = bl_asprintf("#!/bin/sh\ncd '%s'\n%s\n", folder, script);
    struct bl_kube_config *config = NULL;
    BL_ERROR(err);

    put("plugin.sh", whole, 0700);
    put("config", text, 0600);
    if (bl_kube_config_load(path, NULL, &clock_of_test, &config, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    return config;
}

static void header_is(const struct bl_kube_config *config, const char *wanted)
{
    BL_AUTO(bl_auth_proof_release) struct bl_auth_proof proof = AUTH_PROOF_INIT;
    BL_ERROR(err);

    if (bl_auth_get(config->auth, NULL, &proof, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    ck_assert_str_eq(proof.header.text, wanted);
}

/* Says how often it ran. */
#define COUNTING(expires)                                     \
    "echo x >>runs; n=$(wc -l <runs)\n"                       \
    "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 \
    "\",\"status\":{\"token\":\"'$n'\"" expires "}}'"

START_TEST(kept_until_it_expires)
{
    /* The clock stands at 1970-01-01T00:16:40Z. */
    BL_AUTO(bl_kube_config_cleanup)
    struct bl_kube_config *config =
        plugin(COUNTING(",\"expirationTimestamp\":\"1970-01-01T01:17:40.5+01:00\""), "");

    header_is(config, "Authorization: Bearer 1");
    now += 45 * BL_NSEC_S;
    header_is(config, "Authorization: Bearer 1");
    now += 10 * BL_NSEC_S;
    header_is(config, "Authorization: Bearer 2");
    /* Born too old; still not run for every request. */
    header_is(config, "Authorization: Bearer 2");
    now += 2 * BL_NSEC_S;
    header_is(config, "Authorization: Bearer 3");
}
END_TEST

/* Dates that no clock of ours reaches. */
START_TEST(far_dates)
{
    static const struct {
        const char *date;
        bl_nsec expires;
    } rows[] = {{"1969-12-31T23:59:59Z", 1},
                {"1970-01-01T00:00:00Z", 1},
                {"1970-01-01T00:00:02.999-00:00", 2 * BL_NSEC_S},
                {"4052-05-01T12:00:00Z", INT64_MAX}};

    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_FREE char *text = bl_asprintf(
            CREDENTIAL("{\"token\":\"t\",\"expirationTimestamp\":\"%s\"}"), rows[i].date);
        BL_AUTO(bl_exec_answer_release) struct bl_exec_answer answer = EXEC_ANSWER_INIT;
        BL_ERROR(err);

        ck_assert_int_eq(bl_exec_answer_read(text, strlen(text), V1, &answer, &err), 0);
        BL_WHY(answer.expires == rows[i].expires, rows[i].date);
    }
}
END_TEST

START_TEST(run_again_when_refused)
{
    BL_AUTO(bl_kube_config_cleanup) struct bl_kube_config *config = plugin(COUNTING(""), "");
    BL_AUTO(bl_auth_proof_release) struct bl_auth_proof proof = AUTH_PROOF_INIT;
    BL_ERROR(err);

    header_is(config, "Authorization: Bearer 1");
    now += 1000000 * BL_NSEC_S;
    ck_assert_int_eq(bl_auth_get(config->auth, NULL, &proof, &err), 0);
    ck_assert_str_eq(proof.header.text, "Authorization: Bearer 1");
    ck_assert(bl_auth_refused(config->auth, &proof));
    header_is(config, "Authorization: Bearer 2");
    /* Another thread's proof of before is refused too: that was known. */
    ck_assert(bl_auth_refused(config->auth, &proof));
    header_is(config, "Authorization: Bearer 2");
}
END_TEST

START_TEST(what_it_gets)
{
    BL_AUTO(bl_kube_config_cleanup)
    struct bl_kube_config *config = plugin(
        "printf '%s|%s|%s|%s' \"$1\" \"$2\" \"$COLOUR\" \"$KUBERNETES_EXEC_INFO\" >seen; cat >in\n"
        "echo '" CREDENTIAL("{\"token\":\"t\"}") "'",
        ", args: ['a b', '$(touch hacked)'], env: [{name: COLOUR, value: 'r;ed'}], "
        "interactiveMode: IfAvailable, provideClusterInfo: true");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf seen = BL_STRBUF_INIT(65536);
    BL_AUTO_FREE char *path = bl_asprintf("%s/seen", folder);
    BL_AUTO_FREE char *hacked = bl_asprintf("%s/hacked", folder);
    BL_ERROR(err);

    setenv("COLOUR", "blue", 1);
    header_is(config, "Authorization: Bearer t");
    ck_assert_int_eq(bl_file_read(path, &seen, &err), 0);
    ck_assert_str_eq(
        seen.text,
        "a b|$(touch hacked)|r;ed|{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
        "\",\"spec\":{\"cluster\":{\"server\":\"https://h:1\",\"tls-server-name\":\"name\","
        "\"config\":{\"audience\":\"a\"}},\"interactive\":false}}");
    ck_assert_int_ne(access(hacked, F_OK), 0);
}
END_TEST

START_TEST(certificate)
{
    BL_AUTO(bl_kube_config_cleanup)
    struct bl_kube_config *config = plugin(
        "echo '" CREDENTIAL("{\"clientCertificateData\":\"cert\",\"clientKeyData\":\"key\"}") "'",
        "");
    BL_AUTO(bl_auth_proof_release) struct bl_auth_proof proof = AUTH_PROOF_INIT;
    BL_ERROR(err);

    ck_assert_int_eq(bl_auth_get(config->auth, NULL, &proof, &err), 0);
    ck_assert_str_eq(proof.header.text, "");
    ck_assert_str_eq(proof.certificate.text, "cert");
    ck_assert_str_eq(proof.key.text, "key");
}
END_TEST

static const struct {
    const char *script, *more, *message, *why;
} failures[] = {
    {"exit 3", "", "failed with exit status 3", "exit status"},
    {"kill -9 $$", "", "was killed by signal 9", "signal"},
    {"sleep 60", "", "took longer than 200 ms", "time"},
    {"exec >&-; sleep 60", "", "took longer than 200 ms", "time, after its output"},
    {"yes", "", "what it printed is larger than 1048576 bytes", "size"},
    {"", "", "what it printed is no ExecCredential", "nothing"},
    {"echo hello", "", "what it printed is no ExecCredential", "no JSON"},
    {"echo '{}'", "", "what it printed is no ExecCredential", "no credential"},
    {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"v2\"}'", "",
     "it printed an ExecCredential of \"v2\", the kubeconfig wants \"" V1 "\"", "version"},
    {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\"}'", "",
     "its ExecCredential has no status", "no status"},
    {"echo '" CREDENTIAL("{\"token\":\"\"}") "'", "",
     "its ExecCredential has neither a token nor a certificate", "nothing in it"},
    {"echo '" CREDENTIAL("{\"clientKeyData\":\"k\"}") "'", "",
     "its ExecCredential has only one of clientCertificateData and clientKeyData", "half"},
    {"echo '" CREDENTIAL("{\"token\":\"t\",\"expirationTimestamp\":\"soon\"}") "'", "",
     "its expirationTimestamp \"soon\" is no RFC 3339 time", "time stamp"},
    {"true", ", interactiveMode: Always", "it wants to ask, and standard input is no terminal",
     "interactive"},
};

START_TEST(failing)
{
    BL_AUTO(bl_kube_config_cleanup)
    struct bl_kube_config *config = plugin(failures[_i].script, failures[_i].more);
    BL_AUTO(bl_auth_proof_release) struct bl_auth_proof proof = AUTH_PROOF_INIT;
    BL_ERROR(err);

    /* Only what never ends may run out of time. */
    config->auth->exec->timeout =
        strstr(failures[_i].script, "sleep") ? 200 * BL_NSEC_MS : 60 * BL_NSEC_S;
    ck_assert_int_eq(bl_auth_get(config->auth, NULL, &proof, &err), -1);
    BL_WHY(bl_text_starts(bl_error_text(err), "credential plugin \""), failures[_i].why);
    ck_assert_msg(strstr(bl_error_text(err), failures[_i].message) != NULL, "%s: %s",
                  failures[_i].why, bl_error_text(err));
}
END_TEST

START_TEST(not_there)
{
    BL_AUTO(bl_kube_config_cleanup)
    struct bl_kube_config *config = plugin("", ", installHint: Install it.");
    BL_AUTO(bl_auth_proof_release) struct bl_auth_proof proof = AUTH_PROOF_INIT;
    BL_AUTO_FREE char *path = bl_asprintf("%s/plugin.sh", folder);
    BL_ERROR(err);

    unlink(path);
    ck_assert_int_eq(bl_auth_get(config->auth, NULL, &proof, &err), -1);
    ck_assert_ptr_nonnull(strstr(bl_error_text(err), "could not be started"));
    ck_assert_str_eq(bl_error_hint(err), "Install it.");
}
END_TEST

START_TEST(stopped)
{
    BL_AUTO(bl_kube_config_cleanup) struct bl_kube_config *config = plugin("sleep 60", "");
    BL_AUTO(bl_auth_proof_release) struct bl_auth_proof proof = AUTH_PROOF_INIT;
    BL_AUTO(bl_stop_cleanup) struct bl_stop *stop = NULL;
    BL_ERROR(err);

    ck_assert_int_eq(bl_stop_new(&stop, &err), 0);
    bl_stop_raise(stop);
    ck_assert_int_eq(bl_auth_get(config->auth, stop, &proof, &err), -1);
    ck_assert_ptr_nonnull(strstr(bl_error_text(err), "was ended: we are stopping"));
}
END_TEST

struct asking {
    struct bl_auth *auth;
    const char *wanted;
};

static void *ask(void *context)
{
    BL_AUTO(bl_auth_proof_release) struct bl_auth_proof proof = AUTH_PROOF_INIT;
    const struct asking *asking = context;
    BL_ERROR(err);

    if (bl_auth_get(asking->auth, NULL, &proof, &err) < 0 ||
        strcmp(proof.header.text, asking->wanted) != 0)
        abort();
    return NULL;
}

/* It is run once for all who ask at the same time. */
START_TEST(many_ask)
{
    BL_AUTO(bl_kube_config_cleanup)
    struct bl_kube_config *config = plugin("sleep 0.1\n" COUNTING(""), "");
    struct asking asking = {config->auth, "Authorization: Bearer 1"};
    pthread_t threads[6];

    for (size_t i = 0; i < BL_ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, &asking), 0);
    for (size_t i = 0; i < BL_ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exec");
    TCase *tc = tcase_create("exec");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, kept_until_it_expires);
    tcase_add_test(tc, far_dates);
    tcase_add_test(tc, run_again_when_refused);
    tcase_add_test(tc, what_it_gets);
    tcase_add_test(tc, certificate);
    tcase_add_loop_test(tc, failing, 0, (int)BL_ARRAY_LEN(failures));
    tcase_add_test(tc, not_there);
    tcase_add_test(tc, stopped);
    tcase_add_test(tc, many_ask);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
