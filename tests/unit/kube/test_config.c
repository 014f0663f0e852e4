/* What a kubeconfig comes to, and what people are told about one that is wrong. */
#include <string.h>
#include <sys/stat.h>

#include "ballast/base/base64.h"
#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "config.h"
#include "unit.h"

#define PEM "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"

static char folder[] = "/tmp/ballast-config-XXXXXX";

static void set_up(void)
{
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    unsetenv("KUBECONFIG");
    setenv("HOME", folder, 1);
}

static void tear_down(void)
{
    BL_AUTO_FREE char *command = bl_asprintf("rm -rf %s", folder);

    ck_assert_int_eq(system(command), 0);
}

static char *path_of(const char *name)
{
    return bl_asprintf("%s/%s", folder, name);
}

static void put(const char *name, const char *text)
{
    BL_AUTO_FREE char *path = path_of(name);
    BL_ERROR(err);

    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    if (bl_file_replace(path, text, strlen(text), &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
}

/* A clock that a test moves. */
static bl_nsec now = 1000 * BL_NSEC_S;

static bl_nsec read_now(void *context BL_UNUSED)
{
    return now;
}

static const struct bl_clock clock_of_test = {read_now, read_now, NULL};

static struct bl_kube_config *load(const char *name, const char *context)
{
    BL_AUTO_FREE char *path = name ? path_of(name) : NULL;
    struct bl_kube_config *config = NULL;
    BL_ERROR(err);

    if (bl_kube_config_load(path, context, &clock_of_test, &config, &err) < 0)
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

#define CONTEXT(cluster, user)                                                                   \
    "clusters: [{name: c, cluster: {" cluster "}}]\nusers: [{name: u, user: {" user "}}]\n"      \
    "contexts: [{name: x, context: {cluster: c, user: u, namespace: kafka}}]\ncurrent-context: " \
    "x\n"

START_TEST(everything)
{
    put("pki/ca.crt", PEM);
    put("config", "apiVersion: v1\nkind: Config\npreferences: {colors: true}\n" CONTEXT(
                      "server: 'https://h:6443', certificate-authority: pki/ca.crt, "
                      "tls-server-name: kubernetes, proxy-url: 'http://p:3128', unknown: 1",
                      "token: abc"));
    BL_AUTO(bl_kube_config_cleanup) struct bl_kube_config *config = load("config", NULL);
    BL_AUTO_FREE char *ca = path_of("pki/ca.crt");

    ck_assert_str_eq(bl_kube_config_server(config), "https://h:6443");
    ck_assert_str_eq(bl_kube_config_namespace(config), "kafka");
    ck_assert_str_eq(config->ca_file, ca);
    ck_assert_ptr_null(config->ca_pem);
    ck_assert_str_eq(config->server_name, "kubernetes");
    ck_assert_str_eq(config->proxy, "http://p:3128");
    ck_assert(!config->insecure);
    header_is(config, "Authorization: Bearer abc");
}
END_TEST

START_TEST(data_before_file)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf packed = BL_STRBUF_INIT(1024);
    BL_AUTO(bl_auth_proof_release) struct bl_auth_proof proof = AUTH_PROOF_INIT;
    BL_ERROR(err);

    bl_base64_encode(&packed, PEM, strlen(PEM));
    BL_AUTO_FREE char *text = bl_asprintf(
        CONTEXT("server: 'https://h', certificate-authority: nowhere, "
                "certificate-authority-data: '%s', insecure-skip-tls-verify: false",
                "client-certificate: nowhere, client-certificate-data: '%s', client-key: k"),
        packed.text, packed.text);
    put("k", "-----BEGIN KEY-----\nMA==\n-----END KEY-----\n");
    put("config", text);
    BL_AUTO(bl_kube_config_cleanup) struct bl_kube_config *config = load("config", NULL);

    ck_assert_str_eq(config->ca_pem, PEM);
    ck_assert_ptr_null(config->ca_file);
    ck_assert_int_eq(bl_auth_get(config->auth, NULL, &proof, &err), 0);
    ck_assert_str_eq(proof.certificate.text, PEM);
    ck_assert_ptr_nonnull(strstr(proof.key.text, "BEGIN KEY"));
    ck_assert_str_eq(proof.header.text, "");
}
END_TEST

START_TEST(basic_auth)
{
    put("config", CONTEXT("server: 'h:1'", "username: me, password: 'p:w'"));
    BL_AUTO(bl_kube_config_cleanup) struct bl_kube_config *config = load("config", NULL);

    header_is(config, "Authorization: Basic bWU6cDp3");
    ck_assert_str_eq(bl_kube_config_server(config), "https://h:1");
}
END_TEST

/* The first file to name a thing has it, and its paths start at that file. */
START_TEST(merged)
{
    put("one/config", "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
                      "users: [{name: u, user: {tokenFile: token}}]\n");
    put("one/token", "  first\n");
    put("two/config", CONTEXT("server: 'https://second'", "token: second"));
    BL_AUTO_FREE char *list =
        bl_asprintf(":%s/none:%s/one/config::%s/two/config", folder, folder, folder);
    setenv("KUBECONFIG", list, 1);
    BL_AUTO(bl_kube_config_cleanup) struct bl_kube_config *config = load(NULL, NULL);

    ck_assert_str_eq(bl_kube_config_server(config), "https://second");
    ck_assert_str_eq(bl_kube_config_namespace(config), "default");
    header_is(config, "Authorization: Bearer first");
}
END_TEST

START_TEST(usual_place)
{
    put(".kube/config", CONTEXT("server: 'https://h'", "token: t"));
    BL_AUTO(bl_kube_config_cleanup) struct bl_kube_config *config = load(NULL, "x");

    header_is(config, "Authorization: Bearer t");
}
END_TEST

static const struct {
    const char *text, *message, *hint, *why;
} broken[] = {
    {NULL, "could not read the kubeconfig: could not open %/config: No such file or directory",
     NULL, "no file"},
    {"a: [", "%/config:", NULL, "no YAML"},
    {"- a", "%/config: this is no kubeconfig: expected a map", NULL, "a list"},
    {"", "the kubeconfig %/config has no current-context", "Name one of its contexts: none.",
     "empty"},
    {"contexts: [{name: a}, {name: b}]", "the kubeconfig %/config has no current-context",
     "Name one of its contexts: a, b.", "no current context"},
    {"current-context: z\ncontexts: [{name: a}]", "the kubeconfig %/config has no context \"z\"",
     "There are: a.", "another context"},
    {"current-context: a\ncontexts: [{name: a}]", "%/config: context \"a\" has no cluster", NULL,
     "empty context"},
    {"current-context: a\ncontexts: [{name: a, context: {cluster: c}}]",
     "the kubeconfig %/config has no cluster \"c\"", "There are: none.", "no cluster"},
    {CONTEXT("proxy-url: p", ""), "%/config: cluster \"c\" has no server", NULL, "no server"},
    {CONTEXT("server: 6443", ""), "%/config:1: cluster.server: expected a string", NULL,
     "a number for a server"},
    {CONTEXT("server: h, certificate-authority: ca.pem", ""),
     "certificate-authority: could not open %/ca.pem: No such file", NULL, "no authority"},
    {CONTEXT("server: h, certificate-authority-data: '%%'", ""),
     "%/config:1: certificate-authority-data: ", NULL, "no base64"},
    {CONTEXT("server: h, certificate-authority-data: aGVsbG8=", ""),
     "%/config:1: certificate-authority-data: this is not the base64 of a PEM text", NULL,
     "no PEM"},
    {CONTEXT("server: h", "client-certificate: a.crt"),
     "%/config: the user has only one of client-certificate and client-key", NULL, "no key"},
    {CONTEXT("server: h", "client-certificate: config, client-key: config"),
     "%/config is no whole PEM file", "It begins with -----BEGIN and ends with -----END ...-----.",
     "a certificate that is none"},
    {CONTEXT("server: h", "tokenFile: nowhere"),
     "could not read the token: could not open %/nowhere", NULL, "no token"},
    {CONTEXT("server: h", "token: \"a\\nb\""),
     "the token has a line break or control character in it", NULL, "a token of two lines"},
    {CONTEXT("server: h", "as: somebody"),
     "%/config:2: as: acting as another user is not supported", NULL, "impersonation"},
    {CONTEXT("server: h", "auth-provider: {name: gcp}"),
     "%/config:2: auth-provider: Kubernetes has removed these", "Use an exec plugin.",
     "auth-provider"},
    {CONTEXT("server: h", "exec: {apiVersion: client.authentication.k8s.io/v1}"),
     "%/config:2: exec.command: this plugin has no command", NULL, "no command"},
    {CONTEXT("server: h", "exec: {command: a, apiVersion: client.authentication.k8s.io/v1alpha1}"),
     "%/config:2: exec.apiVersion: expected one of client.authentication.k8s.io/v1, ", NULL,
     "alpha"},
    {CONTEXT("server: h",
             "exec: {command: a, apiVersion: client.authentication.k8s.io/v1, args: [1]}"),
     "%/config:2: exec.args: expected a list of strings", NULL, "a number for an argument"},
};

/* '%' stands for the folder; what follows the message may be more precise than a test should be. */
static void message_is(const char *message, const char *wanted, const char *why)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf full = BL_STRBUF_INIT(4096);

    for (; *wanted; wanted++)
        if (*wanted == '%')
            bl_strbuf_adds(&full, folder);
        else
            bl_strbuf_addc(&full, *wanted);
    ck_assert_msg(strncmp(message, full.text, full.len) == 0, "%s: \"%s\", not \"%s\"", why,
                  message, full.text);
}

START_TEST(broken_files)
{
    BL_AUTO_FREE char *path = path_of("config");
    struct bl_kube_config *config = NULL;
    BL_ERROR(err);

    if (broken[_i].text)
        put("config", broken[_i].text);
    ck_assert_int_eq(bl_kube_config_load(path, NULL, &clock_of_test, &config, &err), -1);
    message_is(bl_error_text(err), broken[_i].message, broken[_i].why);
    if (broken[_i].hint)
        ck_assert_str_eq(bl_error_hint(err), broken[_i].hint);
}
END_TEST

START_TEST(no_file_anywhere)
{
    struct bl_kube_config *config = NULL;
    BL_ERROR(err);
    BL_ERROR(listed);

    ck_assert_int_eq(bl_kube_config_load(NULL, NULL, &clock_of_test, &config, &err), -1);
    message_is(bl_error_text(err), "there is no kubeconfig: %/.kube/config does not exist", "home");
    setenv("KUBECONFIG", "/nowhere/a:/nowhere/b", 1);
    ck_assert_int_eq(bl_kube_config_load(NULL, NULL, &clock_of_test, &config, &listed), -1);
    ck_assert_str_eq(bl_error_text(listed), "no file that KUBECONFIG names exists");
}
END_TEST

#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

static void put_account(const char *token)
{
    put("root" ACCOUNT "/ca.crt", PEM);
    put("root" ACCOUNT "/namespace", "ballast-system\n");
    put("root" ACCOUNT "/token", token);
}

START_TEST(pod)
{
    BL_AUTO_FREE char *root = path_of("root");
    BL_AUTO(bl_kube_config_cleanup) struct bl_kube_config *config = NULL;
    BL_AUTO(bl_auth_proof_release) struct bl_auth_proof proof = AUTH_PROOF_INIT;
    BL_ERROR(err);

    put_account("one");
    setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "443", 1);
    ck_assert(bl_kube_in_cluster());
    ck_assert_int_eq(bl_kube_config_in_cluster(root, &clock_of_test, &config, &err), 0);
    ck_assert_str_eq(bl_kube_config_server(config), "https://[fd00::1]:443");
    ck_assert_str_eq(bl_kube_config_namespace(config), "ballast-system");
    header_is(config, "Authorization: Bearer one");

    put_account("two");
    now += 59 * BL_NSEC_S;
    header_is(config, "Authorization: Bearer one");
    now += 2 * BL_NSEC_S;
    header_is(config, "Authorization: Bearer two");

    /* Torn: the old one goes on. */
    put_account("");
    now += 61 * BL_NSEC_S;
    header_is(config, "Authorization: Bearer two");
    put_account("three");
    now += 2 * BL_NSEC_S;
    header_is(config, "Authorization: Bearer three");

    /* Refused: not waited for to grow old. */
    put_account("four");
    ck_assert_int_eq(bl_auth_get(config->auth, NULL, &proof, &err), 0);
    ck_assert(bl_auth_refused(config->auth, &proof));
    header_is(config, "Authorization: Bearer four");
}
END_TEST

START_TEST(no_pod)
{
    BL_AUTO_FREE char *root = path_of("root");
    struct bl_kube_config *config = NULL;
    BL_ERROR(outside);
    BL_ERROR(bare);

    unsetenv("KUBERNETES_SERVICE_HOST");
    ck_assert(!bl_kube_in_cluster());
    ck_assert_int_eq(bl_kube_config_in_cluster(root, &clock_of_test, &config, &outside), -1);
    ck_assert_str_eq(bl_error_text(outside),
                     "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
    setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "443", 1);
    ck_assert_int_eq(bl_kube_config_in_cluster(root, &clock_of_test, &config, &bare), -1);
    message_is(bl_error_text(bare), "could not open %/root" ACCOUNT "/ca.crt", "no account");
    ck_assert_ptr_nonnull(strstr(bl_error_hint(bare), "automountServiceAccountToken"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *tc = tcase_create("config");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, everything);
    tcase_add_test(tc, data_before_file);
    tcase_add_test(tc, basic_auth);
    tcase_add_test(tc, merged);
    tcase_add_test(tc, usual_place);
    tcase_add_loop_test(tc, broken_files, 0, (int)BL_ARRAY_LEN(broken));
    tcase_add_test(tc, no_file_anywhere);
    tcase_add_test(tc, pod);
    tcase_add_test(tc, no_pod);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
