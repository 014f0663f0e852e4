#include "options.h"

#include <stdio.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "ballast/policies/policy.h"

#define ENFORCE BL_LABEL_ENFORCE "=true"

#define PROGRAM "ballast-controller"

static const char help_text[] =
    "Usage: ballast-controller --in-cluster|--kubeconfig FILE [OPTION…]\n"
    "\n"
    "Keeps what Kafka and ZooKeeper workloads need beside them: a PodDisruptionBudget and a\n"
    "NetworkPolicy each, as the policies ask. Made within a second, made again when deleted, "
    "mended\n"
    "when changed, and withdrawn with the workload, with the policy, or when somebody brings his "
    "own.\n"
    "\n"
    "The cluster:\n"
    "  --in-cluster                   by the pod's service account\n"
    "  --kubeconfig FILE              how to reach it\n"
    "  --context NAME                 of the kubeconfig\n"
    "  --config-maps                  look at ConfigMaps with settings of brokers too\n"
    "  --leader-elect NAMESPACE/NAME  of several replicas one leads, by this Lease; without it, "
    "this "
    "one\n"
    "\n"
    "Policies:\n"
    "  --policies PATH                a file, a folder, or a bundle (default, strict, audit,\n"
    "                                 managed); may be repeated; read again when they change or\n"
    "                                 on SIGHUP (default).\n"
    "                                 KafkaPolicy objects of the cluster hold as well\n"
    "  --namespace-selector SELECTOR  look after namespaces with these labels: KEY=VALUE,… or a\n"
    "                                 LabelSelector in JSON; \"\" for all (" ENFORCE ")\n"
    "  --exclude-namespace NAME       never this one; may be repeated\n"
    "\n"
    "  --metrics-listen ADDRESS:PORT  for /metrics, /healthz and /readyz, without TLS (:8080)\n"
    "  --workers N                    namespaces that are worked on at once (4)\n"
    "  --log-format json|logfmt, --log-level debug|info|warn|error\n"
    "  -h, --help; --version\n"
    "\n"
    "Examples:\n"
    "  ballast-controller --kubeconfig ~/.kube/config --policies policies/ --log-format logfmt\n"
    "  ballast-controller --in-cluster --leader-elect ballast-system/ballast-controller\n"
    "\n"
    "What it made: kubectl get poddisruptionbudgets,networkpolicies -A -l ballast.dev/companion\n"
    "Exit codes: 0 ended as asked, 1 failed or led no more, 2 the call or what it names is wrong.\n"
    "Read on: man ballast-controller, man ballast-policy\n";

enum option_id {
    OPT_POLICIES = 256,
    OPT_NAMESPACE_SELECTOR,
    OPT_EXCLUDE_NAMESPACE,
    OPT_KUBECONFIG,
    OPT_CONTEXT,
    OPT_IN_CLUSTER,
    OPT_CONFIG_MAPS,
    OPT_LEADER_ELECT,
    OPT_METRICS_LISTEN,
    OPT_WORKERS,
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

static const struct option options_known[] = {TAKES("policies", OPT_POLICIES),
                                              TAKES("namespace-selector", OPT_NAMESPACE_SELECTOR),
                                              TAKES("exclude-namespace", OPT_EXCLUDE_NAMESPACE),
                                              TAKES("kubeconfig", OPT_KUBECONFIG),
                                              TAKES("context", OPT_CONTEXT),
                                              IS("in-cluster", OPT_IN_CLUSTER),
                                              IS("config-maps", OPT_CONFIG_MAPS),
                                              TAKES("leader-elect", OPT_LEADER_ELECT),
                                              TAKES("metrics-listen", OPT_METRICS_LISTEN),
                                              TAKES("workers", OPT_WORKERS),
                                              TAKES("log-format", OPT_LOG_FORMAT),
                                              TAKES("log-level", OPT_LOG_LEVEL),
                                              IS("help", 'h'),
                                              IS("version", OPT_VERSION),
                                              {0}};

#define usage(...) bl_program_usage(PROGRAM, __VA_ARGS__)

/* "a=b,c=d" as a LabelSelector. */
static int selector_of_pairs(const char *text, cJSON **ret_selector, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *selector = bl_json_new_object();
    cJSON *labels = bl_json_add_object(selector, "matchLabels");

    while (*text) {
        size_t len = strcspn(text, ",");
        BL_AUTO_FREE char *key = bl_strndup(text, len);
        char *value = strchr(key, '=');

        if (!value)
            return bl_fail(err, BL_ERR_INVALID, "\"%s\" is not KEY=VALUE", key);
        *value++ = '\0';
        if (bl_json_get(labels, key))
            return bl_fail(err, BL_ERR_INVALID, "\"%s\" is there twice", key);
        bl_json_add_string(labels, key, value);
        text += len;
        text += *text == ',';
    }
    *ret_selector = BL_STEAL(selector);
    return 0;
}

static int read_selector(const char *text, cJSON **ret_selector, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *selector = NULL;

    if ((*text == '{' ? bl_json_parse(text, strlen(text), &selector, err)
                      : selector_of_pairs(text, &selector, err)) < 0 ||
        bl_selector_validate(selector, err) < 0)
        return -1;
    cJSON_Delete(*ret_selector);
    *ret_selector = BL_STEAL(selector);
    return 0;
}

static int store_selector(struct bl_options *options, const char *value)
{
    BL_ERROR(err);

    if (read_selector(value, &options->namespace_selector, &err) < 0)
        return usage("--namespace-selector: %s", bl_error_text(err));
    return -1;
}

static int store_lease(struct bl_options *options, const char *value)
{
    if (!bl_program_is_namespaced(value))
        return usage("--leader-elect takes NAMESPACE/NAME");
    free(options->lease_namespace);
    options->lease_name = bl_program_split_namespaced(value, &options->lease_namespace);
    return -1;
}

/* Options that take one of a few values. */
static int store_value(struct bl_options *options, int id, const char *value)
{
    if (id == OPT_WORKERS) {
        if (!bl_text_to_int(value, strlen(value), &options->workers) || options->workers < 1 ||
            options->workers > 64)
            return usage("--workers takes 1 to 64");
    } else if (id == OPT_LOG_FORMAT) {
        if (!bl_program_read_log_format(value, &options->log_format))
            return usage("--log-format takes json or logfmt");
    } else {
        if (!bl_program_read_log_level(value, &options->log_level))
            return usage("--log-level takes debug, info, warn or error");
    }
    return -1;
}

static int store(struct bl_options *options, int id, const char *value)
{
    switch (id) {
    case OPT_POLICIES:
        *BL_PUSH(&options->policies) = value;
        return -1;
    case OPT_EXCLUDE_NAMESPACE:
        *BL_PUSH(&options->namespaces_left_out) = value;
        return -1;
    case OPT_NAMESPACE_SELECTOR:
        return store_selector(options, value);
    case OPT_LEADER_ELECT:
        return store_lease(options, value);
    case OPT_KUBECONFIG:
        options->kubeconfig = value;
        return -1;
    case OPT_CONTEXT:
        options->context = value;
        return -1;
    case OPT_IN_CLUSTER:
        options->in_cluster = true;
        return -1;
    case OPT_CONFIG_MAPS:
        options->config_maps = true;
        return -1;
    case OPT_METRICS_LISTEN:
        options->metrics_listen = value;
        return -1;
    default:
        return store_value(options, id, value);
    }
}

static int finish(struct bl_options *options)
{
    if (!options->policies.len)
        *BL_PUSH(&options->policies) = "default";
    bl_texts_end(&options->policies);
    bl_texts_end(&options->namespaces_left_out);
    if (!options->namespace_selector && store_selector(options, ENFORCE) >= 0)
        return BL_EXIT_USAGE;
    if (options->in_cluster && options->kubeconfig)
        return usage("--in-cluster and --kubeconfig exclude each other");
    if (!options->in_cluster && !options->kubeconfig)
        return usage("say which cluster: --in-cluster or --kubeconfig FILE");
    return -1;
}

int bl_options_parse(int argc, char **argv, struct bl_options *options)
{
    int id, rc = -1;

    *options = (struct bl_options){.metrics_listen = ":8080",
                                   .workers = 4,
                                   .log_format = BL_LOG_JSON,
                                   .log_level = BL_LOG_INFO};
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
    return finish(options);
}

void bl_options_release(struct bl_options *options)
{
    free(options->policies.items);
    free(options->namespaces_left_out.items);
    free(options->lease_namespace);
    cJSON_Delete(options->namespace_selector);
}

int bl_options_fail(const struct bl_error *err)
{
    return bl_program_fail(PROGRAM, err);
}
