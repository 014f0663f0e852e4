#include "ballast/cluster/helm.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/process.h"
#include "ballast/base/text.h"
#include "ballast/cluster/rewrite.h"
#include "ballast/cluster/source.h"
#include "post_render.h"
#include "reason.h"

#define TIMEOUT (600 * BL_NSEC_S)
#define GRACE (10 * BL_NSEC_S)
#define MEMORY ((size_t)512 << 20)
/* Of what it says on standard error, of which the beginning and the end are kept. */
#define ERRORS_MAX ((size_t)64 << 10)

struct words {
    char **items;
    size_t len, cap;
};

static void words_release(struct words *words)
{
    for (size_t i = 0; i < words->len; i++)
        free(words->items[i]);
    free(words->items);
}

static void add(struct words *words, const char *fmt, ...) BL_PRINTF(2, 3);

static void add(struct words *words, const char *fmt, ...)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    va_list args;

    va_start(args, fmt);
    bl_strbuf_vaddf(&text, fmt, args);
    va_end(args);
    *BL_PUSH(words) = bl_strbuf_take(&text);
}

char *bl_helm_account(const char *namespace, const char *service_account)
{
    return bl_asprintf("system:serviceaccount:%s:%s", namespace, service_account);
}

/* --- places --- */

bool bl_helm_begin(const struct bl_helm *helm)
{
    return !helm->places || sem_trywait(helm->places) == 0;
}

void bl_helm_end(const struct bl_helm *helm)
{
    if (helm->places)
        (void)sem_post(helm->places);
}

bool bl_helm_is_busy(const struct bl_helm *helm)
{
    int left = 1;

    if (helm->places)
        (void)sem_getvalue(helm->places, &left);
    return left <= 0;
}

/* --- where charts come from --- */

static const char *url_of(const struct bl_cluster_chart *chart)
{
    return chart->oci.url ? chart->oci.url : chart->repository.url;
}

static bool is_allowed(const struct bl_helm *helm, const char *url, bool *ret_plain)
{
    *ret_plain = false;
    return helm->personal || bl_chart_source_allows(helm->sources, url, ret_plain);
}

int bl_helm_check_source(const struct bl_helm *helm, const struct bl_cluster_chart *chart,
                         struct bl_error **err)
{
    bool plain;

    if (chart->bundled) {
        if (helm->bundled && *chart->bundled &&
            strspn(chart->bundled, "abcdefghijklmnopqrstuvwxyz-") == strlen(chart->bundled))
            return 0;
        return bl_fail(err, BL_ERR_INVALID, "there is no bundled chart \"%.100s\"", chart->bundled);
    }
    if (is_allowed(helm, url_of(chart), &plain))
        return 0;
    bl_fail(err, BL_ERR_FORBIDDEN, "charts may not come from %.200s", url_of(chart));
    return bl_hint(err, "Who runs Ballast allows it by --charts-from.");
}

static void add_chart(const struct bl_helm *helm, const struct bl_cluster_chart *chart,
                      struct words *args)
{
    bool plain = false;

    if (chart->bundled) {
        add(args, "%s/%s", helm->bundled, chart->bundled);
        return;
    }
    (void)is_allowed(helm, url_of(chart), &plain);
    if (chart->oci.url) {
        add(args, "%s%s%s", chart->oci.url, chart->oci.digest ? "@" : "",
            chart->oci.digest ? chart->oci.digest : "");
        add(args, "--version=%s", chart->oci.version);
        if (plain)
            add(args, "--plain-http");
        return;
    }
    add(args, "%s", chart->repository.name);
    add(args, "--repo=%s", chart->repository.url);
    add(args, "--version=%s", chart->repository.version);
}

/* --- one command --- */

static void add_cluster(const struct bl_helm *helm, const struct bl_helm_job *release,
                        struct words *args)
{
    BL_AUTO_FREE char *account =
        bl_helm_account(release->namespace, release->spec->service_account);

    add(args, "--namespace=%s", release->namespace);
    if (!helm->personal)
        add(args, "--kube-as-user=%s", account);
    if (helm->cluster->path)
        add(args, "--kubeconfig=%s", helm->cluster->path);
    if (helm->cluster->context)
        add(args, "--kube-context=%s", helm->cluster->context);
}

/* Ours, and before it those of the person, where Helm would look for them. */
static void add_plugins(const struct bl_helm *helm, const char *ours, struct words *env)
{
    const char *own = getenv("HELM_PLUGINS"), *data = getenv("HELM_DATA_HOME");
    const char *share = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

    if (!helm->personal)
        add(env, "HELM_PLUGINS=%s", ours);
    else if (own && *own)
        add(env, "HELM_PLUGINS=%s:%s", own, ours);
    else if (data && *data)
        add(env, "HELM_PLUGINS=%s/plugins:%s", data, ours);
    else if (share && *share)
        add(env, "HELM_PLUGINS=%s/helm/plugins:%s", share, ours);
    else
        add(env, "HELM_PLUGINS=%s/.local/share/helm/plugins:%s", home ? home : "", ours);
}

/* All that it needs, and nothing that somebody set for another Helm; but for who has set it for this one. */
static void add_environment(const struct bl_helm *helm, const char *plugins, struct words *env)
{
    static const char *const kept[] = {"PATH",
                                       "HOME",
                                       "KUBECONFIG",
                                       "KUBERNETES_SERVICE_HOST",
                                       "KUBERNETES_SERVICE_PORT",
                                       "HTTPS_PROXY",
                                       "https_proxy",
                                       "NO_PROXY",
                                       "no_proxy",
                                       "SSL_CERT_FILE",
                                       "SSL_CERT_DIR"};
    size_t memory = helm->memory ? helm->memory : MEMORY;

    for (size_t i = 0; !helm->personal && i < BL_ARRAY_LEN(kept); i++) {
        const char *value = getenv(kept[i]);

        if (value)
            add(env, "%s=%s", kept[i], value);
    }
    for (char **own = environ; helm->personal && *own; own++)
        if (!plugins || !bl_text_starts(*own, "HELM_PLUGINS="))
            add(env, "%s", *own);
    if (!helm->personal) {
        add(env, "HELM_CACHE_HOME=%s/cache", helm->home);
        add(env, "HELM_CONFIG_HOME=%s/config", helm->home);
        add(env, "HELM_DATA_HOME=%s/data", helm->home);
    }
    if (plugins)
        add_plugins(helm, plugins, env);
    add(env, "GOMEMLIMIT=%zu", memory / 4 * 3);
    add(env, "GOMAXPROCS=2");
}

static int fail(const struct bl_strbuf *errors, const struct bl_process_end *end,
                struct bl_error **err)
{
    BL_AUTO_FREE char *reason = bl_helm_reason(errors);

    if (end->signal)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "Helm was killed by signal %d", end->signal);
    if (strstr(reason, "cannot be imported into the current release")) {
        bl_fail(err, BL_ERR_CONFLICT, "Helm: %s", reason);
        return bl_hint(err, "adopt: Take takes it over as it is; a releaseName of its own leaves "
                            "it.");
    }
    return bl_fail(err, bl_helm_code(reason), "Helm: %s", reason);
}

static int not_started(const struct bl_helm *helm, struct bl_error **err)
{
    bl_wrap(err, "Helm, as %s", helm->program);
    return helm->personal ? bl_hint(err, "Name a Helm 4: --helm PROGRAM.") : -1;
}

static int run(const struct bl_helm *helm, struct words *args, const char *plugins,
               const char *input, struct bl_strbuf *output, struct bl_error **err)
{
    BL_AUTO(words_release) struct words env = {0};
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf errors = BL_STRBUF_INIT(ERRORS_MAX);
    struct bl_process process = {.input = input,
                                 .input_len = input ? strlen(input) : 0,
                                 .timeout = helm->timeout ? helm->timeout : TIMEOUT,
                                 .grace = GRACE,
                                 .stop = helm->stop,
                                 .memory = helm->memory ? helm->memory : MEMORY};
    struct bl_process_end end;

    add_environment(helm, plugins, &env);
    *BL_PUSH(&env) = NULL;
    *BL_PUSH(args) = NULL;
    process.args = args->items;
    process.env = env.items;
    if (bl_process_run(&process, output, &errors, &end, err) < 0)
        return not_started(helm, err);
    return end.status == 0 ? 0 : fail(&errors, &end, err);
}

/* --- commands --- */

static void add_post_renderer(const struct bl_cluster_images *images, struct words *args)
{
    BL_AUTO_FREE char *argument = bl_rewrite_argument(images);

    add(args, "--post-renderer=" BL_POST_RENDERER);
    add(args, "--post-renderer-args=%s", argument);
}

enum act {
    ACT_UPGRADE,
    ACT_TRY,      /* what it would make, in this cluster */
    ACT_TEMPLATE, /* the same, and no cluster is asked */
};

static void add_act(const struct bl_helm *helm, const struct bl_helm_job *release, enum act act,
                    struct words *args)
{
    if (act == ACT_TEMPLATE) {
        add(args, "--dry-run=client");
        add(args, "--namespace=%s", release->namespace);
        return;
    }
    add(args, "--install");
    add(args, "--history-max=10");
    /* Where none are given Helm would take those of the revision before, whoever gave them. */
    add(args, "--reset-values");
    if (act == ACT_TRY)
        add(args, "--dry-run=server");
    add_cluster(helm, release, args);
}

static int upgrade(const struct bl_helm *helm, const struct bl_helm_job *release, enum act act,
                   struct bl_record *ret_record, struct bl_error **err)
{
    BL_AUTO(bl_post_render_cleanup) char *plugins = NULL;
    BL_AUTO(words_release) struct words args = {0};
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf output = BL_STRBUF_INIT(BL_RECORD_MAX);

    if (bl_helm_check_source(helm, &release->spec->chart, err) < 0)
        return -1;
    add(&args, "%s", helm->program);
    add(&args, act == ACT_TEMPLATE ? "install" : "upgrade");
    add(&args, "%s", release->name);
    add_chart(helm, &release->spec->chart, &args);
    add(&args, "--values=-");
    if (release->protocol)
        add(&args, "--set-string=%s=%s", release->spec->versions.protocol_value, release->protocol);
    add(&args, "--output=json");
    add_act(helm, release, act, &args);
    if (release->take_ownership)
        add(&args, "--take-ownership");
    if (release->force_conflicts)
        add(&args, "--force-conflicts");
    if (bl_images_rewrite(&release->spec->images)) {
        if (bl_post_render_new(helm->personal ? NULL : helm->home, &plugins, err) < 0)
            return -1;
        add_post_renderer(&release->spec->images, &args);
    }
    if (run(helm, &args, plugins, release->values, &output, err) < 0)
        return -1;
    return bl_record_read(ret_record, &output, err);
}

/* It says so of itself, and asks nobody. */
int bl_helm_check_version(const struct bl_helm *helm, struct bl_error **err)
{
    BL_AUTO(words_release) struct words args = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf output = BL_STRBUF_INIT(ERRORS_MAX);

    add(&args, "%s", helm->program);
    add(&args, "version");
    add(&args, "--template={{.Version}}");
    if (run(helm, &args, NULL, NULL, &output, err) < 0)
        return -1;
    if (!bl_text_starts(output.text, "v3.") && !bl_text_starts(output.text, "v2."))
        return 0;
    bl_fail(err, BL_ERR_INVALID, "%s is Helm %.20s, and Helm 4 is needed", helm->program,
            output.text + 1);
    return bl_hint(err, "Name one: --helm PROGRAM. Releases that Helm 3 has made are read.");
}

int bl_helm_render(const struct bl_helm *helm, const struct bl_helm_job *release,
                   struct bl_record *ret_record, struct bl_error **err)
{
    return upgrade(helm, release, ACT_TRY, ret_record, err);
}

int bl_helm_template(const struct bl_helm *helm, const struct bl_helm_job *release,
                     struct bl_record *ret_record, struct bl_error **err)
{
    return upgrade(helm, release, ACT_TEMPLATE, ret_record, err);
}

int bl_helm_upgrade(const struct bl_helm *helm, const struct bl_helm_job *release,
                    struct bl_record *ret_record, struct bl_error **err)
{
    return upgrade(helm, release, ACT_UPGRADE, ret_record, err);
}

int bl_helm_uninstall(const struct bl_helm *helm, const struct bl_helm_job *release,
                      struct bl_error **err)
{
    BL_AUTO(words_release) struct words args = {0};
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf output = BL_STRBUF_INIT(ERRORS_MAX);

    add(&args, "%s", helm->program);
    add(&args, "uninstall");
    add(&args, "%s", release->name);
    add(&args, "--ignore-not-found");
    add_cluster(helm, release, &args);
    return run(helm, &args, NULL, NULL, &output, err);
}
