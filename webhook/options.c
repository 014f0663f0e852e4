#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

static int read_admin(const char *text, void *place BL_UNUSED, struct bl_error **err)
{
    if ((bl_text_starts(text, "user:") && text[5]) || (bl_text_starts(text, "group:") && text[6]))
        return 0;
    return bl_fail(err, BL_ERR_INVALID, "takes user:NAME or group:NAME");
}

static const struct bl_option serving_options[] = {
    {.name = "listen",
     .value = "ADDRESS:PORT",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_webhook_options, listen),
     .help = "for reviews, over TLS (:8443)"},
    {.name = "tls-cert",
     .value = "FILE",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_webhook_options, tls_cert),
     .help = "the certificate chain, PEM; read again when it changes"},
    {.name = "tls-key",
     .value = "FILE",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_webhook_options, tls_key),
     .help = "its key, PEM; read again when it changes"},
    {.name = "client-ca",
     .value = "FILE",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_webhook_options, client_ca),
     .help = "take reviews only from peers with a certificate of this authority"},
    {.name = "client-name",
     .value = "NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_webhook_options, client_name),
     .help = "… and with this common name"},
    {.name = "insecure-http",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct bl_webhook_options, insecure_http),
     .help = "serve reviews without TLS, behind something that has it"},
    {.name = "threads",
     .value = "N",
     .type = BL_OPTION_COUNT,
     .offset = offsetof(struct bl_webhook_options, threads),
     .min = 1,
     .max = 64,
     .help = "that answer (2)"},
    {.name = "max-connections",
     .value = "N",
     .type = BL_OPTION_COUNT,
     .offset = offsetof(struct bl_webhook_options, max_connections),
     .min = 1,
     .max = 65536,
     .help = "open at once (1024)"},
    {.name = "drain",
     .value = "DURATION",
     .type = BL_OPTION_DURATION,
     .offset = offsetof(struct bl_webhook_options, drain),
     .help = "how long to go on answering after SIGTERM (10s)"},
    {0},
};
static const struct bl_option_group serving = {.heading = "Serving", .options = serving_options};

static const struct bl_option policy_options[] = {
    BL_DAEMON_POLICIES_OPTION(struct bl_webhook_options, daemon),
    {.name = "admin",
     .value = "user:NAME|group:NAME",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct bl_webhook_options, admins),
     .read = read_admin,
     .help = "who may take protection away; may be repeated"},
    {.name = "reload",
     .value = "DURATION",
     .type = BL_OPTION_DURATION,
     .offset = offsetof(struct bl_webhook_options, reload),
     .min = 1,
     .help = "how often files are looked at (1s)"},
    {.name = "overlap",
     .value = "DURATION",
     .type = BL_OPTION_DURATION,
     .offset = offsetof(struct bl_webhook_options, overlap),
     .help = "how long nothing is denied that the policies before a change admit, because it may "
             "have been completed under them (30s)"},
    {0},
};
static const struct bl_option_group policies = {.heading = "Policies", .options = policy_options};

static const struct bl_option scope_options[] = {
    BL_SCOPE_OPTION_ROWS(struct bl_webhook_options, scope, "all"), {0}};
static const struct bl_option_group scope = {
    .heading = "Namespaces",
    .options = scope_options,
    .note = "Objects of others are not kept. As the namespaceSelector of the configurations."};

static const struct bl_option lease_options[] = {
    {.name = "controller-lease",
     .value = "NAMESPACE/NAME",
     .type = BL_OPTION_READ,
     .offset = offsetof(struct bl_webhook_options, lease),
     .read = bl_option_read_namespaced,
     .help = "believe the conditions of pods while this Lease is kept"},
    {0},
};
static const struct bl_option_group lease = {
    .heading = "The controller",
    .options = lease_options,
    .note = "Without a cluster only the object itself is in sight, and no KafkaPolicy."};

static const struct bl_option certs_options[] = {
    {.name = "certs-secret",
     .value = "NAMESPACE/NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_webhook_options, certs_secret),
     .read = bl_option_read_namespaced,
     .help = "keep authority and certificate in this Secret"},
    {.name = "certs-from",
     .value = "NAMESPACE/NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_webhook_options, certs_from),
     .read = bl_option_read_namespaced,
     .help = "make none, and show that of this Secret, which `certs --keep` fills"},
    {.name = "certs-to",
     .value = "NAMESPACE/NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_webhook_options, certs_to),
     .read = bl_option_read_namespaced,
     .help = "with certs: hand the certificate out in this Secret, without the authority's key"},
    {.name = "keep",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct bl_webhook_options, keep),
     .help = "with certs: go on, and look every 20 seconds"},
    {.name = "certs-dir",
     .value = "FOLDER",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_webhook_options, certs_dir),
     .help = "keep them in a folder instead"},
    {.name = "dns-name",
     .value = "NAME",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct bl_webhook_options, dns_names),
     .help = "what the certificate is for; may be repeated"},
    {.name = "webhook-config",
     .value = "NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_webhook_options, webhook_config),
     .help = "keep caBundle in the configurations of this name"},
    {0},
};
static const struct bl_option_group certs = {.heading = "Certificates of our own (both forms)",
                                             .options = certs_options};

static const struct bl_option_place groups[] = {
    {&serving, 0},
    {&policies, 0},
    {&scope, 0},
    {&bl_daemon_cluster_options, offsetof(struct bl_webhook_options, daemon)},
    {&lease, 0},
    {&certs, 0},
    {&bl_daemon_log_options, offsetof(struct bl_webhook_options, daemon)},
    {0},
};

const struct bl_command bl_webhook_command = {
    .name = "ballast-webhook",
    .usage = "ballast-webhook [OPTION…]\n"
             "       ballast-webhook certs [--keep] [OPTION…]",
    .description =
        "Completes and checks Kafka and ZooKeeper workloads as an API server admits them.\n"
        "The first form serves; the second makes or renews the certificates that it serves with,\n"
        "and ends, or goes on doing so.",
    .groups = groups,
    .examples =
        "  ballast-webhook --tls-cert tls.crt --tls-key tls.key --policies policies/\n"
        "  ballast-webhook --in-cluster --certs-secret ballast-system/ballast-webhook \\\n"
        "      --dns-name ballast-webhook.ballast-system.svc --webhook-config ballast\n"
        "  ballast-webhook certs --certs-dir certs --dns-name localhost\n"
        "  ballast-webhook certs --keep --in-cluster --certs-secret ns/authority \\\n"
        "      --certs-to ns/tls --dns-name ballast-webhook.ns.svc --webhook-config ballast\n"
        "  ballast-webhook --in-cluster --certs-from ns/tls\n",
    .after = "Exit codes: 0 ended as asked, 1 failed, 2 the call or what it names is wrong.\n"
             "Read on: man ballast-webhook, man ballast-policy\n",
};

#define usage(...) bl_command_usage(&bl_webhook_command, __VA_ARGS__)

static bool has_own_certs(const struct bl_webhook_options *options)
{
    return options->certs_secret || options->certs_dir;
}

static int check_certs(const struct bl_webhook_options *options)
{
    bool own = has_own_certs(options), cluster = bl_daemon_has_cluster(&options->daemon);

    if ((options->certs_to || options->keep) && !options->certs)
        return usage("--certs-to and --keep are of ballast-webhook certs");
    if (options->certs_to && !options->certs_secret)
        return usage("--certs-to needs --certs-secret, which keeps the authority");
    if (options->certs_from && own)
        return usage("--certs-from and certificates of our own exclude each other");
    if (options->certs_from && !cluster)
        return usage("--certs-from needs --kubeconfig or --in-cluster");
    if (options->certs_secret && options->certs_dir)
        return usage("--certs-secret and --certs-dir exclude each other");
    if (own && !options->dns_names.len)
        return usage("certificates of our own need --dns-name");
    if (options->certs_secret && !cluster)
        return usage("--certs-secret needs --kubeconfig or --in-cluster");
    if (options->webhook_config && (!own || !cluster))
        return usage("--webhook-config needs --certs-secret or --certs-dir, and a cluster");
    if (options->certs && !own)
        return usage("say where to keep them: --certs-secret NAMESPACE/NAME or --certs-dir FOLDER");
    return -1;
}

static int check_serving(const struct bl_webhook_options *options)
{
    bool files = options->tls_cert || options->tls_key;
    bool own = has_own_certs(options) || options->certs_from;

    if (!options->tls_cert != !options->tls_key)
        return usage("--tls-cert and --tls-key belong together");
    if (files && own)
        return usage("--tls-cert and certificates of our own exclude each other");
    if (options->client_ca && options->insecure_http)
        return usage("--client-ca needs TLS");
    if (options->client_name && !options->client_ca)
        return usage("--client-name needs --client-ca");
    if (!options->certs && !files && !own && !options->insecure_http)
        return usage(
            "reviews are served over TLS: name --tls-cert and --tls-key, or have it make its "
            "own with --certs-secret or --certs-dir");
    return -1;
}

int bl_webhook_options_parse(int argc, char **argv, struct bl_webhook_options *options)
{
    int rc;

    *options = (struct bl_webhook_options){.daemon = BL_DAEMON_OPTIONS_INIT,
                                           .listen = ":8443",
                                           .threads = 2,
                                           .max_connections = 1024,
                                           .drain = 10 * BL_NSEC_S,
                                           .reload = BL_NSEC_S,
                                           .overlap = 30 * BL_NSEC_S};
    options->certs = argc > 1 && strcmp(argv[1], "certs") == 0;
    argc -= 1 + options->certs;
    argv += 1 + options->certs;
    rc = bl_command_parse(&bl_webhook_command, argc, argv, options, NULL);
    if (rc < 0)
        rc = bl_daemon_options_finish(&options->daemon, &bl_webhook_command);
    if (rc < 0)
        rc = check_certs(options);
    return rc < 0 ? check_serving(options) : rc;
}

void bl_webhook_options_release(struct bl_webhook_options *options)
{
    bl_daemon_options_release(&options->daemon);
    bl_namespaced_release(&options->lease);
    bl_scope_options_release(&options->scope);
    free(options->admins.items);
    free(options->dns_names.items);
}
