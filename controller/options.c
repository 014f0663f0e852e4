#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/backup/names.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/cluster/source.h"

#define ENFORCE BL_LABEL_ENFORCE "=true"
#define CHARTS BALLAST_DATADIR "/charts"

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
    BL_SCOPE_OPTION_ROWS(struct bl_controller_options, scope, ENFORCE),
    {.name = "bootstrap-to",
     .value = "HOST",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct bl_controller_options, bootstrap_to),
     .help =
         "a host, as a pattern, that the annotation ballast.dev/bootstrap may name beside Services "
         "of its namespace; may be repeated"},
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

static int check_source(const char *text, void *place BL_UNUSED, struct bl_error **err)
{
    return bl_chart_source_check(text, err);
}

static const struct bl_option cluster_options[] = {
    {.name = "helm",
     .value = "PROGRAM",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_controller_options, helm),
     .is_path = true,
     .help = "Helm 4, by which KafkaClusters are made (helm)"},
    {.name = "charts",
     .value = "FOLDER",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_controller_options, charts),
     .is_path = true,
     .help = "where the bundled charts lie (" CHARTS ")"},
    {.name = "charts-from",
     .value = "URL",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct bl_controller_options, charts_from),
     .read = check_source,
     .help = "charts may come from there: oci://HOST/PATH/* or https://HOST/PATH/*; with http: "
             "in place of it without TLS; may be repeated (the bundled ones alone)"},
    {.name = "insecure-registry",
     .value = "HOST:PORT",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct bl_controller_options, insecure_registries),
     .help = "a registry of images that is asked without TLS, and wherever it is; may be repeated"},
    {0},
};
static const struct bl_option_group clusters = {.heading = "KafkaClusters",
                                                .options = cluster_options};

static const struct bl_option backup_options[] = {
    {.name = "backup",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct bl_controller_options, backup.enabled),
     .help = "look after KafkaBackupPlans, KafkaBackups and KafkaRestores"},
    {.name = "backup-allow",
     .value = "NAMESPACE=RESOURCE",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct bl_controller_options, backup.allow),
     .help = "what objects of a namespace may reach beyond it: projects/P, "
             "projects/P/locations/L/clusters/C, a name that ends in / for all below, "
             "transformationRules, clusterResources; may be repeated"},
    {.name = "rehearsal-namespace",
     .value = "NAMESPACE",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct bl_controller_options, backup.rehearsals),
     .help = "backups may be restored into it to be judged, and what was restored is deleted "
             "again; may be repeated"},
    {.name = "google-cluster",
     .value = "projects/P/locations/L/clusters/C",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_controller_options, backup.cluster),
     .help = "the cluster that it runs in, where the metadata server does not know"},
    {.name = "google-credentials",
     .value = "FILE",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_controller_options, backup.credentials),
     .is_path = true,
     .help = "a service account's key or an external account; where not given, the file that "
             "GOOGLE_APPLICATION_CREDENTIALS names, else the metadata server"},
    {.name = "gkebackup-url",
     .value = "URL",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_controller_options, backup.url),
     .help = "another endpoint of Backup for GKE, as for Private Google Access"},
    {.name = "container-url",
     .value = "URL",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_controller_options, backup.container_url),
     .help = "the same of the Kubernetes Engine API"},
    {0},
};
static const struct bl_option_group backups = {.heading = "Backup for GKE",
                                               .options = backup_options};

static const struct bl_option_place groups[] = {
    {&bl_daemon_cluster_options, offsetof(struct bl_controller_options, daemon)},
    {&lease, 0},
    {&policies, 0},
    {&clusters, 0},
    {&backups, 0},
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

static int check_backup(const struct bl_controller_options *options, struct bl_error **err)
{
    const char *cluster = options->backup.cluster;

    for (size_t i = 0; i < options->backup.allow.len; i++)
        if (bl_backup_check_allowed(options->backup.allow.items[i], err) < 0)
            return bl_wrap(err, "--backup-allow");
    if (!cluster || bl_text_glob("projects/*/locations/*/clusters/*", cluster))
        return 0;
    return bl_fail(err, BL_ERR_INVALID,
                   "--google-cluster: \"%.200s\" is not projects/P/locations/L/clusters/C",
                   cluster);
}

int bl_controller_options_parse(int argc, char **argv, struct bl_controller_options *options)
{
    BL_ERROR(err);
    int rc;

    *options = (struct bl_controller_options){
        .daemon = BL_DAEMON_OPTIONS_INIT, .workers = 4, .helm = "helm", .charts = CHARTS};
    rc = bl_command_parse(&bl_controller_command, argc - 1, argv + 1, options, NULL);
    if (rc < 0)
        rc = bl_daemon_options_finish(&options->daemon, &bl_controller_command);
    if (rc >= 0)
        return rc;
    if (!bl_daemon_has_cluster(&options->daemon))
        return bl_command_usage(&bl_controller_command,
                                "say which cluster: --in-cluster or --kubeconfig FILE");
    if (check_backup(options, &err) < 0)
        return bl_command_usage(&bl_controller_command, "%s", bl_error_text(err));
    if (!options->scope.selector &&
        bl_scope_read_selector(ENFORCE, &options->scope.selector, &err) < 0)
        return bl_command_fail(&bl_controller_command, err);
    return -1;
}

void bl_controller_options_release(struct bl_controller_options *options)
{
    bl_daemon_options_release(&options->daemon);
    bl_namespaced_release(&options->lease);
    bl_scope_options_release(&options->scope);
    bl_texts_release(&options->charts_from);
    bl_texts_release(&options->insecure_registries);
    bl_texts_release(&options->bootstrap_to);
    bl_texts_release(&options->backup.allow);
    bl_texts_release(&options->backup.rehearsals);
}
