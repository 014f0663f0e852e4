#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/base/mem.h"
#include "ballast/object/selector.h"

#define ENFORCE BL_LABEL_ENFORCE "=true"

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

static int read_selector(const char *text, void *place, struct bl_error **err)
{
    cJSON **to = place;
    BL_AUTO_JSON cJSON *selector = NULL;

    if ((*text == '{' ? bl_json_parse(text, strlen(text), &selector, err)
                      : selector_of_pairs(text, &selector, err)) < 0 ||
        bl_selector_validate(selector, err) < 0)
        return -1;
    bl_json_free(*to);
    *to = BL_STEAL(selector);
    return 0;
}

static const struct bl_option lease_options[] = {
    {.name = "leader-elect",
     .value = "NAMESPACE/NAME",
     .type = BL_OPTION_READ,
     .offset = offsetof(struct bl_controller_options, lease),
     .read = bl_option_read_namespaced,
     .help = "of several replicas one leads, by this Lease; without it, this one"},
    {0},
};
static const struct bl_option_group lease = {.heading = "Leading", .options = lease_options};

static const struct bl_option policy_options[] = {
    BL_DAEMON_POLICIES_OPTION(struct bl_controller_options, daemon),
    {.name = "namespace-selector",
     .value = "SELECTOR",
     .type = BL_OPTION_READ,
     .offset = offsetof(struct bl_controller_options, namespace_selector),
     .read = read_selector,
     .help = "look after namespaces with these labels: KEY=VALUE,… or a LabelSelector in JSON; "
             "\"\" for all (" ENFORCE ")"},
    {.name = "exclude-namespace",
     .value = "NAME",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct bl_controller_options, namespaces_left_out),
     .help = "never this one; may be repeated"},
    {.name = "workers",
     .value = "N",
     .type = BL_OPTION_COUNT,
     .offset = offsetof(struct bl_controller_options, workers),
     .min = 1,
     .max = 64,
     .help = "namespaces that are worked on at once (4)"},
    {0},
};
static const struct bl_option_group policies = {
    .heading = "Policies and namespaces",
    .options = policy_options,
    .note = "KafkaPolicy objects of the cluster hold as well."};

static const struct bl_option_place groups[] = {
    {&bl_daemon_cluster_options, offsetof(struct bl_controller_options, daemon)},
    {&lease, 0},
    {&policies, 0},
    {&bl_daemon_log_options, offsetof(struct bl_controller_options, daemon)},
    {0},
};

const struct bl_command bl_controller_command = {
    .name = "ballast-controller",
    .usage = "ballast-controller --in-cluster|--kubeconfig FILE [OPTION…]",
    .description =
        "Keeps what Kafka and ZooKeeper workloads need beside them: a PodDisruptionBudget and a\n"
        "NetworkPolicy each, as the policies ask. Made within a second, made again when deleted,\n"
        "mended when changed, and withdrawn with the workload, with the policy, or when somebody\n"
        "brings their own. Opens the readiness gates of brokers, and rolls upgrades.",
    .groups = groups,
    .examples =
        "  ballast-controller --kubeconfig ~/.kube/config --policies policies/ --log-format "
        "logfmt\n"
        "  ballast-controller --in-cluster --leader-elect ballast-system/ballast-controller\n",
    .after =
        "What it made: kubectl get poddisruptionbudgets,networkpolicies -A -l " BL_LABEL_COMPANION
        "\n"
        "Exit codes: 0 ended as asked, 1 failed or led no more, 2 the call or what it names is "
        "wrong.\n"
        "Read on: man ballast-controller, man ballast-policy\n",
};

int bl_controller_options_parse(int argc, char **argv, struct bl_controller_options *options)
{
    BL_ERROR(err);
    int rc;

    *options = (struct bl_controller_options){.daemon = BL_DAEMON_OPTIONS_INIT, .workers = 4};
    rc = bl_command_parse(&bl_controller_command, argc - 1, argv + 1, options, NULL);
    if (rc < 0)
        rc = bl_daemon_options_finish(&options->daemon, &bl_controller_command);
    if (rc >= 0)
        return rc;
    if (!bl_daemon_has_cluster(&options->daemon))
        return bl_command_usage(&bl_controller_command,
                                "say which cluster: --in-cluster or --kubeconfig FILE");
    if (!options->namespace_selector &&
        read_selector(ENFORCE, &options->namespace_selector, &err) < 0)
        return bl_command_fail(&bl_controller_command, err);
    return -1;
}

void bl_controller_options_release(struct bl_controller_options *options)
{
    bl_daemon_options_release(&options->daemon);
    bl_namespaced_release(&options->lease);
    free(options->namespaces_left_out.items);
    bl_json_free(options->namespace_selector);
}
