#include "options.h"

#include <stdio.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/policies/policy.h"

#define PROGRAM "ballast-webhook"

static const char help_text[] =
    "Usage: ballast-webhook [OPTION…]\n"
    "       ballast-webhook certs [OPTION…]\n"
    "\n"
    "Completes and checks Kafka and ZooKeeper workloads as an API server admits them.\n"
    "The first form serves; the second makes or renews the certificates that it serves with, and "
    "ends.\n"
    "\n"
    "Serving:\n"
    "  --listen ADDRESS:PORT          for reviews, over TLS (:8443)\n"
    "  --metrics-listen ADDRESS:PORT  for /metrics, /healthz and /readyz, without TLS (:8080)\n"
    "  --tls-cert FILE, --tls-key FILE\n"
    "                                 the certificate chain and its key, PEM; read again when they "
    "change\n"
    "  --client-ca FILE               take reviews only from peers with a certificate of this "
    "authority\n"
    "  --client-name NAME             … and with this common name\n"
    "  --insecure-http                serve reviews without TLS, behind something that has it\n"
    "  --threads N                    that answer (2)\n"
    "  --max-connections N            (256)\n"
    "  --drain DURATION               how long to go on answering after SIGTERM (10s)\n"
    "\n"
    "Policies:\n"
    "  --policies PATH                a file, a folder, or a bundle (default, strict, audit,\n"
    "                                 managed); may be repeated; read again when they change or\n"
    "                                 on SIGHUP (default)\n"
    "  --admin user:NAME|group:NAME   who may take protection away; may be repeated\n"
    "  --reload DURATION              how often files are looked at (1s)\n"
    "  --overlap DURATION             how long nothing is denied that the policies before a change "
    "admit,\n"
    "                                 because it may have been completed under them (30s)\n"
    "\n"
    "The cluster, for KafkaPolicy objects and for what stands beside an object:\n"
    "  --kubeconfig FILE              how to reach it\n"
    "  --context NAME                 of the kubeconfig\n"
    "  --in-cluster                   by the pod's service account\n"
    "  --config-maps                  look at ConfigMaps with settings of brokers too\n"
    "  --controller-lease NAMESPACE/NAME  believe the conditions of pods while this Lease is kept\n"
    "Without one of these only the object itself is in sight.\n"
    "\n"
    "Certificates of our own (both forms):\n"
    "  --certs-secret NAMESPACE/NAME  keep authority and certificate in this Secret\n"
    "  --certs-dir FOLDER             keep them in a folder instead\n"
    "  --dns-name NAME                what the certificate is for; may be repeated\n"
    "  --webhook-config NAME          keep caBundle in the configurations of this name\n"
    "\n"
    "  --log-format json|logfmt, --log-level debug|info|warn|error\n"
    "  -h, --help; --version\n"
    "\n"
    "Examples:\n"
    "  ballast-webhook --tls-cert tls.crt --tls-key tls.key --policies policies/\n"
    "  ballast-webhook --in-cluster --certs-secret ballast-system/ballast-webhook \\\n"
    "      --dns-name ballast-webhook.ballast-system.svc --webhook-config ballast\n"
    "  ballast-webhook certs --certs-dir certs --dns-name localhost\n"
    "\n"
    "Exit codes: 0 ended as asked, 1 failed, 2 the call or what it names is wrong.\n"
    "Read on: man ballast-webhook, man ballast-policy\n";

enum option_id {
    OPT_LISTEN = 256,
    OPT_METRICS_LISTEN,
    OPT_TLS_CERT,
    OPT_TLS_KEY,
    OPT_CLIENT_CA,
    OPT_CLIENT_NAME,
    OPT_INSECURE_HTTP,
    OPT_THREADS,
    OPT_MAX_CONNECTIONS,
    OPT_DRAIN,
    OPT_POLICIES,
    OPT_ADMIN,
    OPT_RELOAD,
    OPT_OVERLAP,
    OPT_KUBECONFIG,
    OPT_CONTEXT,
    OPT_IN_CLUSTER,
    OPT_CONFIG_MAPS,
    OPT_CONTROLLER_LEASE,
    OPT_CERTS_SECRET,
    OPT_CERTS_DIR,
    OPT_DNS_NAME,
    OPT_WEBHOOK_CONFIG,
    OPT_LOG_FORMAT,
    OPT_LOG_LEVEL,
    OPT_VERSION,
};

#define TAKES(text, id)                   \
    {                                     \
        text, required_argument, NULL, id \
    }
#define IS(text, id)                \
    {                               \
        text, no_argument, NULL, id \
    }

static const struct option options_known[] = {TAKES("listen", OPT_LISTEN),
                                              TAKES("metrics-listen", OPT_METRICS_LISTEN),
                                              TAKES("tls-cert", OPT_TLS_CERT),
                                              TAKES("tls-key", OPT_TLS_KEY),
                                              TAKES("client-ca", OPT_CLIENT_CA),
                                              TAKES("client-name", OPT_CLIENT_NAME),
                                              IS("insecure-http", OPT_INSECURE_HTTP),
                                              TAKES("threads", OPT_THREADS),
                                              TAKES("max-connections", OPT_MAX_CONNECTIONS),
                                              TAKES("drain", OPT_DRAIN),
                                              TAKES("policies", OPT_POLICIES),
                                              TAKES("admin", OPT_ADMIN),
                                              TAKES("reload", OPT_RELOAD),
                                              TAKES("overlap", OPT_OVERLAP),
                                              TAKES("kubeconfig", OPT_KUBECONFIG),
                                              TAKES("context", OPT_CONTEXT),
                                              IS("in-cluster", OPT_IN_CLUSTER),
                                              IS("config-maps", OPT_CONFIG_MAPS),
                                              TAKES("controller-lease", OPT_CONTROLLER_LEASE),
                                              TAKES("certs-secret", OPT_CERTS_SECRET),
                                              TAKES("certs-dir", OPT_CERTS_DIR),
                                              TAKES("dns-name", OPT_DNS_NAME),
                                              TAKES("webhook-config", OPT_WEBHOOK_CONFIG),
                                              TAKES("log-format", OPT_LOG_FORMAT),
                                              TAKES("log-level", OPT_LOG_LEVEL),
                                              IS("help", 'h'),
                                              IS("version", OPT_VERSION),
                                              {0}};

#define usage(...) bl_program_usage(PROGRAM, __VA_ARGS__)

static void add_text(struct bl_texts *texts, const char *text)
{
    *BL_PUSH(texts) = text;
}

/* "500ms", "10s", "2m": as kubectl takes them. */
static bool read_duration(const char *text, bl_nsec *ret_duration)
{
    static const struct {
        const char *unit;
        bl_nsec factor;
    } units[] = {{"ms", BL_NSEC_MS}, {"s", BL_NSEC_S}, {"m", 60 * BL_NSEC_S}};
    size_t digits = strspn(text, "0123456789");
    int64_t value;

    if (!bl_text_to_int(text, digits, &value) || value > 86400)
        return false;
    for (size_t i = 0; i < BL_ARRAY_LEN(units); i++) {
        if (strcmp(text + digits, units[i].unit) == 0) {
            *ret_duration = value * units[i].factor;
            return true;
        }
    }
    return false;
}

static bool read_count(const char *text, int64_t most, int64_t *ret_count)
{
    return bl_text_to_int(text, strlen(text), ret_count) && *ret_count > 0 && *ret_count <= most;
}

static bool is_admin(const char *text)
{
    return (bl_text_starts(text, "user:") && text[5]) ||
           (bl_text_starts(text, "group:") && text[6]);
}

/* Options that take one of a few values. */
static int store_lease(struct bl_options *options, const char *value)
{
    if (!bl_program_is_namespaced(value))
        return usage("--controller-lease takes NAMESPACE/NAME");
    free(options->lease_namespace);
    options->lease_name = bl_program_split_namespaced(value, &options->lease_namespace);
    return -1;
}

static int store_value(struct bl_options *options, int id, const char *value)
{
    switch (id) {
    case OPT_THREADS:
        return read_count(value, 64, &options->threads) ? -1 : usage("--threads takes 1 to 64");
    case OPT_MAX_CONNECTIONS:
        return read_count(value, 65536, &options->max_connections)
                   ? -1
                   : usage("--max-connections takes 1 to 65536");
    case OPT_DRAIN:
        return read_duration(value, &options->drain) ? -1
                                                     : usage("--drain takes a duration, as 10s");
    case OPT_RELOAD:
        return read_duration(value, &options->reload) && options->reload
                   ? -1
                   : usage("--reload takes a duration, as 1s");
    case OPT_OVERLAP:
        return read_duration(value, &options->overlap)
                   ? -1
                   : usage("--overlap takes a duration, as 30s");
    case OPT_LOG_FORMAT:
        return bl_program_read_log_format(value, &options->log_format)
                   ? -1
                   : usage("--log-format takes json or logfmt");
    case OPT_LOG_LEVEL:
        return bl_program_read_log_level(value, &options->log_level)
                   ? -1
                   : usage("--log-level takes debug, info, warn or error");
    case OPT_CONTROLLER_LEASE:
        return store_lease(options, value);
    case OPT_ADMIN:
        if (!is_admin(value))
            return usage("--admin takes user:NAME or group:NAME");
        add_text(&options->admins, value);
        return -1;
    default:
        if (!bl_program_is_namespaced(value))
            return usage("--certs-secret takes NAMESPACE/NAME");
        options->certs_secret = value;
        return -1;
    }
}

static int store(struct bl_options *options, int id, const char *value)
{
    const char **texts[] = {
        [0] = &options->listen,
        [OPT_METRICS_LISTEN - OPT_LISTEN] = &options->metrics_listen,
        [OPT_TLS_CERT - OPT_LISTEN] = &options->tls_cert,
        [OPT_TLS_KEY - OPT_LISTEN] = &options->tls_key,
        [OPT_CLIENT_CA - OPT_LISTEN] = &options->client_ca,
        [OPT_CLIENT_NAME - OPT_LISTEN] = &options->client_name,
        [OPT_KUBECONFIG - OPT_LISTEN] = &options->kubeconfig,
        [OPT_CONTEXT - OPT_LISTEN] = &options->context,
        [OPT_CERTS_DIR - OPT_LISTEN] = &options->certs_dir,
        [OPT_WEBHOOK_CONFIG - OPT_LISTEN] = &options->webhook_config,
    };
    size_t index = (size_t)(id - OPT_LISTEN);

    if (index < BL_ARRAY_LEN(texts) && texts[index])
        *texts[index] = value;
    else if (id == OPT_INSECURE_HTTP)
        options->insecure_http = true;
    else if (id == OPT_IN_CLUSTER)
        options->in_cluster = true;
    else if (id == OPT_CONFIG_MAPS)
        options->config_maps = true;
    else if (id == OPT_POLICIES)
        add_text(&options->policies, value);
    else if (id == OPT_DNS_NAME)
        add_text(&options->dns_names, value);
    else
        return store_value(options, id, value);
    return -1;
}

static int check_certs(const struct bl_options *options)
{
    bool own = options->certs_secret || options->certs_dir;
    bool cluster = options->kubeconfig || options->in_cluster;

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

static int check(const struct bl_options *options)
{
    bool files = options->tls_cert || options->tls_key;
    bool own = options->certs_secret || options->certs_dir;
    int rc = check_certs(options);

    if (rc >= 0)
        return rc;
    if (options->in_cluster && options->kubeconfig)
        return usage("--in-cluster and --kubeconfig exclude each other");
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

int bl_options_parse(int argc, char **argv, struct bl_options *options)
{
    int id, rc = -1;

    *options = (struct bl_options){.listen = ":8443",
                                   .metrics_listen = ":8080",
                                   .threads = 2,
                                   .max_connections = 256,
                                   .drain = 10 * BL_NSEC_S,
                                   .reload = BL_NSEC_S,
                                   .overlap = 30 * BL_NSEC_S,
                                   .log_format = BL_LOG_JSON,
                                   .log_level = BL_LOG_INFO};
    if (argc > 1 && strcmp(argv[1], "certs") == 0) {
        options->certs = true;
        argc--;
        argv++;
    }
    opterr = 0;
    optind = 1;
    while (rc < 0 && (id = getopt_long(argc, argv, ":h", options_known, NULL)) != -1) {
        if (id == 'h') {
            printf("%s", help_text);
            return BL_EXIT_OK;
        }
        if (id == OPT_VERSION) {
            printf(PROGRAM " %s\n", BALLAST_VERSION);
            return BL_EXIT_OK;
        }
        if (id == ':')
            return usage("option %s needs a value", argv[optind - 1]);
        if (id == '?')
            return bl_program_unknown(PROGRAM, options_known, argv[optind - 1]);
        rc = store(options, id, optarg);
    }
    if (rc >= 0)
        return rc;
    if (optind < argc)
        return usage("what is \"%s\"? Only options are taken", argv[optind]);
    if (!options->policies.len)
        add_text(&options->policies, "default");
    bl_texts_end(&options->policies);
    bl_texts_end(&options->admins);
    bl_texts_end(&options->dns_names);
    return check(options);
}

void bl_options_release(struct bl_options *options)
{
    free(options->lease_namespace);
    free(options->policies.items);
    free(options->admins.items);
    free(options->dns_names.items);
}

int bl_options_fail(const struct bl_error *err)
{
    return bl_program_fail(PROGRAM, err);
}
