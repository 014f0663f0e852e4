#include "leave.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/edit.h"
#include "cli.h"
#include "print.h"

/* API servers hear of a label or a configuration that is gone a little later. */
#define TRIES 40
#define TRY_EVERY_MS 500
/* A Lease that its holder has not renewed for this many seconds is free. */
#define LEASE_SECONDS 15

static const struct bl_kind *const configurations[] = {&bl_kind_mutating_configuration,
                                                       &bl_kind_validating_configuration};

struct options {
    struct bl_texts arguments; /* it takes none */
    struct bl_texts namespaces;
    const char *label, *webhook_config, *controller; /* NULL: not given */
    bool all_namespaces, dry_run, restart;
    struct bl_kube_target cluster;
};

static const struct options chart = {.label = BL_LABEL_ENFORCE,
                                     .webhook_config = "ballast-webhook",
                                     .controller = "ballast-system/ballast-controller"};

static const struct bl_option own_options[] = {
    {.letter = 'n',
     .name = "namespace",
     .value = "NAME",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct options, namespaces),
     .help = "the namespace to leave; may be repeated"},
    {.letter = 'A',
     .name = "all-namespaces",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, all_namespaces),
     .help = "leave all of them, and stop what would put back what is taken out"},
    {.name = "label",
     .value = "KEY",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct options, label),
     .help = "label by which the webhook's selector takes namespaces; ballast.dev/enforce"},
    {.name = "webhook-config",
     .value = "NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct options, webhook_config),
     .help = "webhook configurations to delete with -A; ballast-webhook"},
    {.name = "controller",
     .value = "NAMESPACE/NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct options, controller),
     .read = bl_option_read_namespaced,
     .help = "Deployment to stop with -A; ballast-system/ballast-controller"},
    {.name = "restart",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, restart),
     .help = "hand upgrades back also where that restarts pods"},
    CLI_DRY_RUN_OPTION(struct options, dry_run),
    {0},
};
static const struct bl_option_group own = {.options = own_options};

static const struct bl_option_place groups[] = {
    {&own, 0},
    {&cli_cluster_options, offsetof(struct options, cluster)},
    {0},
};

static const struct bl_command command = {
    .name = "ballast leave",
    .usage = "ballast leave [OPTION…] -n NAMESPACE…|-A",
    .description =
        "A gate that nobody opens keeps new brokers unready for ever, and OnDelete that nobody "
        "rolls freezes\n"
        "upgrades. So before Ballast goes: it is kept off (the label off each namespace; with -A "
        "its controller\n"
        "stopped and its webhook configurations deleted), the readiness gate and the annotations "
        "of rollouts are\n"
        "taken out of each StatefulSet while it is OnDelete, which restarts nothing, and upgrades "
        "are handed back\n"
        "to Kubernetes where no pod restarts by that. Where one would, the command for later is "
        "printed. Safe to\n"
        "repeat.",
    .groups = groups,
    .examples = "  ballast leave -n kafka --dry-run\n"
                "  ballast leave -n kafka -n kafka-test\n"
                "  ballast leave -A\n",
    .after = CLI_EXIT_CODES "ballast-leave\n",
    .takes_arguments = true,
};

struct leaving {
    const struct options *options;
    struct bl_kube_client *client;
    int rc; /* the worst so far */
};

/* One failure does not keep the others from being left. */
static void fail(struct leaving *leaving, const struct bl_error *err)
{
    leaving->rc = cli_fail(err);
}

static void pause_a_little(void)
{
    (void)poll(NULL, 0, TRY_EVERY_MS);
}

static const char *mood(const struct leaving *leaving)
{
    return leaving->options->dry_run ? "would be " : "";
}

static void tell(const struct leaving *leaving, const struct bl_ref *ref,
                 const struct cli_leave_step *step)
{
    const char *mark = leaving->options->dry_run ? "(dry run) " : "";

    for (size_t i = 0; i < step->said.len; i++)
        cli_say(STDOUT_FILENO, "%sstatefulset %s/%s: %s", mark, ref->namespace, ref->name,
                step->said.items[i]);
    for (size_t i = 0; i < step->warned.len; i++)
        cli_say(STDOUT_FILENO, "%sstatefulset %s/%s: warning: %s", mark, ref->namespace, ref->name,
                step->warned.items[i]);
}

/* --- first of all, nobody puts back what is taken out --- */

static int unlabel(struct leaving *leaving, const char *namespace, struct bl_error **err)
{
    const char *given = leaving->options->label, *label = given ? given : chart.label;
    BL_AUTO_JSON cJSON *object = NULL, *body = bl_json_new_object();
    const struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_MERGE, .body = body};

    if (bl_kube_get(leaving->client, &bl_kind_namespace.resource, NULL, namespace, &object, err) <
        0)
        return bl_wrap(err, "could not read namespace \"%s\"", namespace);
    if (!bl_object_label(object, label))
        return 0;
    bl_json_add(bl_json_add_object(bl_json_add_object(body, "metadata"), "labels"), label,
                cJSON_CreateNull());
    if (!leaving->options->dry_run && bl_kube_patch(leaving->client, &bl_kind_namespace.resource,
                                                    NULL, namespace, &patch, NULL, err) < 0)
        return bl_wrap(err, "could not take the label off namespace \"%s\"", namespace);
    cli_say(STDOUT_FILENO, "namespace %s: label %s %staken off; webhook and controller look away",
            namespace, label, mood(leaving));
    return 0;
}

static int delete_configuration(struct leaving *leaving, const struct bl_resource *resource,
                                struct bl_error **err)
{
    const char *given = leaving->options->webhook_config;
    const char *name = given ? given : chart.webhook_config;
    BL_ERROR(failure);
    int rc = leaving->options->dry_run
                 ? bl_kube_get(leaving->client, resource, NULL, name, NULL, &failure)
                 : bl_kube_delete(leaving->client, resource, NULL, name, NULL, &failure);

    if (rc < 0 && bl_error_status(failure) == 404)
        return 0;
    if (rc < 0) {
        *err = BL_STEAL(failure);
        return bl_wrap(err, "could not delete %s \"%s\"", resource->plural, name);
    }
    cli_say(STDOUT_FILENO, "%s %s: %sdeleted", resource->plural, name, mood(leaving));
    return 0;
}

static bool is_lease_free(struct bl_kube_client *client, const char *namespace, const char *name)
{
    BL_AUTO_JSON cJSON *lease = NULL;
    BL_ERROR(err);
    const char *holder;
    int64_t renewed;

    if (bl_kube_get(client, &bl_kind_lease.resource, namespace, name, &lease, &err) < 0)
        return bl_error_status(err) == 404;
    holder = bl_json_string(bl_json_get(lease, "spec"), "holderIdentity");
    renewed = bl_json_time(bl_json_get(lease, "spec"), "renewTime");
    return !holder || !*holder || bl_clock_seconds(&bl_clock_real) - renewed > LEASE_SECONDS;
}

static int wait_until_stopped(struct leaving *leaving, const char *namespace, const char *name,
                              struct bl_error **err)
{
    for (int i = 0; i < TRIES; i++) {
        if (is_lease_free(leaving->client, namespace, name))
            return 0;
        pause_a_little();
    }
    return bl_fail(err, BL_ERR_UNAVAILABLE, "the controller still holds the Lease \"%s/%s\"",
                   namespace, name);
}

/* It would see new templates, and roll them. */
static int stop_controller(struct leaving *leaving, struct bl_error **err)
{
    const char *given = leaving->options->controller, *text = given ? given : chart.controller;
    BL_AUTO(bl_namespaced_release) struct bl_namespaced controller = {0};
    BL_AUTO_JSON cJSON *object = NULL, *body = bl_json_new_object();
    const struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_MERGE, .body = body};
    BL_ERROR(failure);

    bl_namespaced_split(text, &controller);
    if (bl_kube_get(leaving->client, &bl_kind_deployment.resource, controller.namespace,
                    controller.name, &object, &failure) < 0) {
        if (bl_error_status(failure) == 404)
            return 0;
        *err = BL_STEAL(failure);
        return bl_wrap(err, "could not read Deployment \"%s\"", text);
    }
    bl_json_add_int(bl_json_add_object(body, "spec"), "replicas", 0);
    if (!leaving->options->dry_run &&
        (bl_kube_patch(leaving->client, &bl_kind_deployment.resource, controller.namespace,
                       controller.name, &patch, NULL, err) < 0 ||
         wait_until_stopped(leaving, controller.namespace, controller.name, err) < 0))
        return bl_wrap(err, "could not stop Deployment \"%s\"", text);
    cli_say(STDOUT_FILENO, "deployment %s: %sstopped", text, mood(leaving));
    return 0;
}

static int turn_off(struct leaving *leaving, struct bl_error **err)
{
    if (stop_controller(leaving, err) < 0)
        return -1;
    for (size_t i = 0; i < BL_ARRAY_LEN(configurations); i++)
        if (delete_configuration(leaving, &configurations[i]->resource, err) < 0)
            return -1;
    return 0;
}

/* --- a StatefulSet --- */

static int patch_set(struct leaving *leaving, const struct bl_ref *ref, const cJSON *operations,
                     cJSON **ret_set, struct bl_error **err)
{
    const struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_JSON, .body = operations};

    return bl_kube_patch(leaving->client, &bl_kind_stateful_set.resource, ref->namespace, ref->name,
                         &patch, ret_set, err);
}

static int read_set(struct leaving *leaving, const struct bl_ref *ref, cJSON **set,
                    struct bl_error **err)
{
    cJSON *fresh = NULL;

    if (bl_kube_get(leaving->client, &bl_kind_stateful_set.resource, ref->namespace, ref->name,
                    &fresh, err) < 0)
        return -1;
    cJSON_Delete(*set);
    *set = fresh;
    return 0;
}

static int blame_webhook(const char *what, struct bl_error **err)
{
    (void)bl_fail(err, BL_ERR_CONFLICT, "%s is put back each time", what);
    return bl_hint(err, "Is the webhook still asked? Name its label by --label, or use -A.");
}

/* Somebody else was faster: what the patch expects is so no more. */
static bool is_beaten(const struct bl_error *err)
{
    return bl_error_status(err) == 422 || bl_error_status(err) == 409;
}

/* In a dry run the patch is made on our copy, of which no pod is then. */
static int pretend(const struct cli_leave_step *step, cJSON **set, struct bl_error **err)
{
    if (step->patch && bl_patch_apply(set, step->patch, err) < 0)
        return -1;
    if (step->template)
        cJSON_DeleteItemFromObjectCaseSensitive(bl_json_get(*set, "status"), "updateRevision");
    return 0;
}

static int clean(struct leaving *leaving, const struct bl_ref *ref, cJSON **set,
                 struct bl_error **err)
{
    for (int i = 0; i < TRIES; i++) {
        BL_AUTO(cli_leave_step_release) struct cli_leave_step step = {0};
        BL_AUTO_JSON cJSON *after = NULL;
        BL_ERROR(failure);
        int rc;

        cli_leave_clean(*set, &step);
        if (leaving->options->dry_run || !step.patch) {
            tell(leaving, ref, &step);
            return pretend(&step, set, err);
        }
        rc = patch_set(leaving, ref, step.patch, &after, &failure);
        if (rc == 0 && !cli_leave_gated(after)) {
            tell(leaving, ref, &step);
            return read_set(leaving, ref, set, err);
        }
        if (rc < 0 && (!is_beaten(failure) || i + 1 == TRIES)) {
            *err = BL_STEAL(failure);
            return -1;
        }
        pause_a_little();
        if (read_set(leaving, ref, set, err) < 0)
            return -1;
    }
    return blame_webhook("the readiness gate", err);
}

static bool is_seen(const cJSON *set)
{
    int64_t wanted = 0, seen = 0;

    (void)bl_json_int(bl_json_at(set, "metadata", "generation", NULL), &wanted);
    (void)bl_json_int(bl_json_at(set, "status", "observedGeneration", NULL), &seen);
    return seen >= wanted;
}

/* Until then nobody knows which pods are of an older template. */
static int wait_until_seen(struct leaving *leaving, const struct bl_ref *ref, cJSON **set,
                           struct bl_error **err)
{
    for (int i = 0; i < TRIES && !leaving->options->dry_run; i++) {
        if (is_seen(*set))
            return 0;
        pause_a_little();
        if (read_set(leaving, ref, set, err) < 0)
            return -1;
    }
    return leaving->options->dry_run
               ? 0
               : bl_fail(err, BL_ERR_UNAVAILABLE, "the StatefulSet controller does not look at it");
}

static int give_back(struct leaving *leaving, const struct bl_ref *ref, cJSON **set,
                     struct bl_error **err)
{
    const struct bl_kube_selection selection = {.namespace = ref->namespace};

    for (int i = 0; i < TRIES; i++) {
        BL_AUTO(cli_objects_release) struct cli_objects pods = {0};
        BL_AUTO(cli_leave_step_release) struct cli_leave_step step = {0};
        BL_AUTO_JSON cJSON *after = NULL;
        BL_ERROR(failure);
        int rc = 0;

        if (wait_until_seen(leaving, ref, set, err) < 0 ||
            cli_list(leaving->client, &bl_kind_pod.resource, &selection, &pods, err) < 0)
            return -1;
        cli_leave_return(*set, &pods, leaving->options->restart, &step);
        if (step.patch && !leaving->options->dry_run)
            rc = patch_set(leaving, ref, step.patch, &after, &failure);
        if (rc == 0 && !(after && cli_leave_on_delete(after))) {
            tell(leaving, ref, &step);
            return 0;
        }
        if (rc < 0 && (!is_beaten(failure) || i + 1 == TRIES)) {
            *err = BL_STEAL(failure);
            return -1;
        }
        pause_a_little();
        if (read_set(leaving, ref, set, err) < 0)
            return -1;
    }
    return blame_webhook("updateStrategy", err);
}

static void leave_set(struct leaving *leaving, const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);
    BL_AUTO_JSON cJSON *set = bl_json_copy(object);
    BL_ERROR(err);

    if (clean(leaving, &ref, &set, &err) == 0 && give_back(leaving, &ref, &set, &err) == 0)
        return;
    (void)bl_wrap(&err, "could not leave StatefulSet \"%s/%s\"", ref.namespace, ref.name);
    fail(leaving, err);
}

static void leave_namespace(struct leaving *leaving, const char *namespace)
{
    BL_AUTO(cli_sets_release) struct cli_sets sets = {0};
    size_t count = 0;
    BL_ERROR(err);

    if (cli_sets_read(leaving->client, namespace, &sets, &err) < 0) {
        fail(leaving, err);
        return;
    }
    for (size_t i = 0; i < sets.scene->workloads.len; i++) {
        const struct bl_workload *workload = sets.scene->workloads.items[i];

        if (workload->owner || !cli_leave_concerns(workload->object))
            continue;
        count++;
        leave_set(leaving, workload->object);
    }
    if (!count)
        cli_say(STDOUT_FILENO, "%s%s: nothing of Ballast's in a StatefulSet",
                namespace ? "namespace " : "all namespaces", namespace ? namespace : "");
}

static void leave_labelled(struct leaving *leaving, const char *namespace)
{
    BL_ERROR(err);

    if (unlabel(leaving, namespace, &err) < 0)
        fail(leaving, err);
    else
        leave_namespace(leaving, namespace);
}

/* --- the call --- */

static int check(const struct options *options)
{
    if (options->arguments.len)
        return bl_command_usage(&command, "it takes no names but namespaces, by -n");
    if (!options->namespaces.len == !options->all_namespaces)
        return bl_command_usage(&command, "name namespaces by -n, or all by -A");
    if (!options->all_namespaces && (options->webhook_config || options->controller))
        return bl_command_usage(&command, "--webhook-config and --controller go with -A");
    if (options->all_namespaces && options->label)
        return bl_command_usage(&command, "--label goes with -n");
    return CLI_OK;
}

static int leave(const struct options *options)
{
    BL_ERROR(err);
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = NULL;
    struct leaving leaving = {.options = options};

    if (cli_connect(&options->cluster, &client, &err) < 0)
        return cli_fail(err);
    leaving.client = client;
    /* What is taken out while others put it back again does no good. */
    if (options->all_namespaces && turn_off(&leaving, &err) < 0)
        return cli_fail(err);
    if (options->all_namespaces)
        leave_namespace(&leaving, NULL);
    for (size_t i = 0; i < options->namespaces.len; i++)
        leave_labelled(&leaving, options->namespaces.items[i]);
    return leaving.rc;
}

static void options_release(struct options *options)
{
    bl_texts_release(&options->arguments);
    bl_texts_release(&options->namespaces);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release) struct options options = {0};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.arguments);

    if (rc >= 0)
        return rc;
    rc = check(&options);
    return rc == CLI_OK ? leave(&options) : rc;
}

const struct cli_verb cli_leave = {&command, "take Ballast out of StatefulSets, without a restart",
                                   run};
