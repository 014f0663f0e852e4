#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/api/names.h"
#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/cluster/offline.h"
#include "ballast/cluster/window.h"
#include "cli.h"
#include "cluster_verb.h"
#include "input.h"
#include "print.h"

struct planning {
    const struct cli_cluster_plan_question *question;
    struct bl_kube_client *client;
    struct bl_stop *stop;
    struct bl_policy_set policies;
    struct bl_manifest manifest, before; /* the latter of --against */
    const cJSON **objects;               /* those of both, in one list */
    size_t objects_len;
    cJSON *json; /* array */
    int rc;      /* the worst so far */
};

static void planning_release(struct planning *planning)
{
    bl_json_free(planning->json);
    free(planning->objects);
    bl_manifest_release(&planning->manifest);
    bl_manifest_release(&planning->before);
    bl_policy_set_release(&planning->policies);
    bl_kube_client_free(planning->client);
    bl_stop_free(planning->stop);
}

/* --- what is said --- */

/* One KafkaCluster, and what was found out. */
struct planned {
    const char *namespace, *name, *release;
    const struct bl_cluster_spec *spec;
    const struct bl_evaluation *found;
    const char *against; /* NULL: the cluster was asked */
    bool is_new;         /* there is something to compare with, and it is not in it */
};

static bool is_refused(const struct planned *planned)
{
    return planned->found->pending || planned->found->plan.refusals.len;
}

static void add_version(const char *what, const char *version, struct bl_strbuf *out)
{
    if (version)
        bl_strbuf_addf(out, ", %s %s", what, version);
}

static void add_head(const struct planned *planned, struct bl_strbuf *out)
{
    const struct bl_evaluation *found = planned->found;
    int64_t revision = bl_record_revision(&found->deployed);

    bl_strbuf_addf(out, "%s/%s: release \"%s\" ", planned->namespace, planned->name,
                   planned->release);
    if (found->pending) {
        bl_strbuf_addf(out,
                       "is %s: another Helm is at work, or was killed; nothing can be planned\n",
                       bl_record_status(&found->deployed));
        return;
    }
    switch (found->plan.action) {
    case BL_CLUSTER_NOTHING:
        if (planned->against)
            bl_strbuf_adds(out, "stays as it is");
        else
            bl_strbuf_addf(out, "stays at revision %" PRId64, revision);
        break;
    case BL_CLUSTER_INSTALL:
        bl_strbuf_adds(out, "would be installed");
        break;
    case BL_CLUSTER_UPGRADE:
        if (planned->against) {
            bl_strbuf_adds(out, "would be upgraded");
            break;
        }
        bl_strbuf_addf(out, "would go from revision %" PRId64 " to %" PRId64, revision,
                       revision + 1);
        break;
    }
    add_version("Kafka", found->plan.kafka, out);
    add_version("ZooKeeper", found->plan.zookeeper, out);
    bl_strbuf_addc(out, '\n');
}

static void add_lines(const char *title, const struct bl_strings *lines, struct bl_strbuf *out)
{
    if (lines->len)
        bl_strbuf_addf(out, "\n%s\n", title);
    for (size_t i = 0; i < lines->len; i++)
        bl_strbuf_addf(out, "  %s\n", lines->items[i]);
}

static void add_refusals(const struct bl_cluster_plan *plan, struct bl_strbuf *out)
{
    if (plan->refusals.len)
        bl_strbuf_adds(out, "\nIt is refused, and nothing would be touched:\n");
    for (size_t i = 0; i < plan->refusals.len; i++) {
        const struct bl_refusal *refusal = &plan->refusals.items[i];

        bl_strbuf_addf(out, "  %s: %s\n", refusal->reason, refusal->message);
        if (refusal->hint)
            bl_strbuf_addf(out, "    hint: %s\n", refusal->hint);
    }
}

static void add_window(const struct bl_window *window, struct bl_strbuf *out)
{
    char when[BL_TIME_SIZE];
    int64_t opens;

    if (bl_window_is_open(window, bl_clock_seconds(&bl_clock_real), &opens))
        return;
    bl_time_format(opens, when);
    bl_strbuf_addf(out, "Once applied it waits for its window, which opens %s.\n", when);
}

/* What it will wait for, once it is applied. */
static void add_waits(const struct planned *planned, struct bl_strbuf *out)
{
    const struct bl_cluster_plan *plan = &planned->found->plan;
    bool approval = planned->spec->upgrade.approval == BL_APPROVAL_MANUAL;

    if (approval && planned->against)
        bl_strbuf_adds(out, "Once applied it waits for the approval of its digest "
                            "(spec.upgrade.approval).\n");
    else if (approval)
        bl_strbuf_addf(out,
                       "Once applied it waits for: kubectl annotate kafkacluster %s -n %s "
                       "--overwrite " BL_ANNOTATION_APPROVE "=%s\n",
                       planned->name, planned->namespace, plan->digest);
    if (plan->action == BL_CLUSTER_UPGRADE)
        add_window(&planned->spec->upgrade.window, out);
}

static void add_text(const struct planned *planned, struct bl_strbuf *out)
{
    const struct bl_cluster_plan *plan = &planned->found->plan;

    add_head(planned, out);
    if (planned->found->pending)
        return;
    if (planned->spec->suspend)
        bl_strbuf_adds(out, "Nothing of it is done until spec.suspend is false.\n");
    if (planned->spec->connection.bootstrap)
        bl_strbuf_addf(
            out,
            "The controller asks brokers at spec.connection.bootstrap only where that is "
            "a Service of namespace %s, or a host of its --bootstrap-to.\n",
            planned->namespace);
    add_lines("What changes:", &plan->changes, out);
    add_lines("Images by other names:", &plan->rewritten, out);
    add_lines("Beside that:", &plan->notes, out);
    add_lines("What others have changed:", &planned->found->drift, out);
    add_refusals(plan, out);
    if (planned->against)
        bl_strbuf_addf(
            out,
            "\nCompared with %s%s. No cluster was asked what is live and what it admits, "
            "and no registry for images.\n",
            strcmp(planned->against, "none") == 0 ? "nothing" : planned->against,
            planned->is_new ? ", which has no KafkaCluster of this name" : "");
    else
        bl_strbuf_addf(out, "\nDigest: %s\n", plan->digest);
    if (plan->action == BL_CLUSTER_NOTHING || plan->refusals.len)
        return;
    add_waits(planned, out);
}

static cJSON *json_of(const struct planned *planned)
{
    static const char *const words[] = {[BL_CLUSTER_NOTHING] = "nothing",
                                        [BL_CLUSTER_INSTALL] = "install",
                                        [BL_CLUSTER_UPGRADE] = "upgrade"};
    const struct bl_evaluation *found = planned->found;
    const struct bl_cluster_plan *plan = &found->plan;
    cJSON *json = bl_json_new_object();

    bl_json_add_string(json, "namespace", planned->namespace);
    bl_json_add_string(json, "name", planned->name);
    bl_json_add_string(json, "release", planned->release);
    if (!planned->against)
        bl_json_add_int(json, "revision", bl_record_revision(&found->deployed));
    bl_json_add_bool(json, "accepted", !is_refused(planned));
    bl_json_add_bool(json, "suspended", planned->spec->suspend);
    bl_json_add_string(json, "action", found->pending ? "pending" : words[plan->action]);
    if (!planned->against)
        bl_json_add_string(json, "digest", plan->digest);
    if (plan->kafka)
        bl_json_add_string(json, "kafka", plan->kafka);
    if (plan->zookeeper)
        bl_json_add_string(json, "zookeeper", plan->zookeeper);
    bl_json_add_strings(json, "changes", &plan->changes);
    bl_json_add(json, "refusals", bl_cluster_plan_refusals(plan));
    bl_json_add_strings(json, "images", &plan->images);
    bl_json_add_strings(json, "rewritten", &plan->rewritten);
    bl_json_add_strings(json, "notes", &plan->notes);
    bl_json_add_strings(json, "drift", &found->drift);
    return json;
}

static int print(struct planning *planning, const struct planned *planned)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (planning->question->format == CLI_JSON) {
        bl_json_push(planning->json, json_of(planned));
        return CLI_OK;
    }
    if (cJSON_GetArraySize(planning->json))
        bl_strbuf_addc(&out, '\n');
    bl_json_push(planning->json, bl_json_new_object());
    add_text(planned, &out);
    return cli_show(&out);
}

/* --- finding it out --- */

static void note(struct planning *planning, int rc)
{
    planning->rc = rc > planning->rc ? rc : planning->rc;
}

/* The charts of an installed Ballast, where nobody names others. */
static const char *charts_of(const struct cli_cluster_plan_question *question)
{
    static const char installed[] = BALLAST_DATADIR "/charts";

    return question->charts ? question->charts : access(installed, R_OK) == 0 ? installed : NULL;
}

/* As the cluster has it, with what the controller has noted; one that does not serve the kind has none. */
static int find_object(struct planning *planning, const struct planned *asked, cJSON **ret_object,
                       struct bl_error **err)
{
    BL_ERROR(failure);

    if (bl_kube_find(planning->client, &bl_kind_kafka_cluster.resource, asked->namespace,
                     asked->name, ret_object, &failure) == 0 ||
        bl_error_code(failure) == BL_ERR_FORBIDDEN)
        return 0;
    *err = BL_STEAL(failure);
    return bl_wrap(err, "could not look whether it is there already");
}

static int ask_cluster(struct planning *planning, const struct bl_helm *helm,
                       const struct planned *asked, struct bl_evaluation *found,
                       struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf values = BL_STRBUF_INIT(BL_RECORD_MAX);
    BL_AUTO_JSON cJSON *object = NULL;
    struct bl_evaluate_input input = {.client = planning->client,
                                      .helm = helm,
                                      .spec = asked->spec,
                                      .namespace = asked->namespace,
                                      .release = asked->release,
                                      .policies = &planning->policies,
                                      .today = bl_day_today(),
                                      .now = bl_clock_seconds(&bl_clock_real),
                                      .trial = true};
    enum bl_evaluate_stage stage;

    if (bl_live_values(planning->client, asked->namespace, asked->spec, &values, err) < 0)
        return -1;
    input.values = values.text;
    if (find_object(planning, asked, &object, err) < 0)
        return -1;
    input.object = object;
    return bl_cluster_evaluate(&input, found, &stage, err);
}

static const char *namespace_of(const struct planning *planning, const cJSON *object)
{
    const char *own = bl_object_ref(object).namespace, *asked = planning->question->namespace;

    if (*own)
        return own;
    if (!planning->client)
        return asked ? asked : "default";
    return cli_namespace(asked, planning->client);
}

static bool is_cluster(const cJSON *object)
{
    return bl_object_is(object, BL_API_GROUP, bl_kind_kafka_cluster.kind);
}

/* The first one of the manifest; NULL: none. */
static const struct bl_item *find_cluster(const struct planning *planning,
                                          const struct bl_manifest *manifest,
                                          const struct planned *asked)
{
    for (size_t i = 0; i < manifest->objects.len; i++) {
        const struct bl_item *item = &manifest->objects.items[i];

        if (is_cluster(item->object) &&
            strcmp(bl_object_ref(item->object).name, asked->name) == 0 &&
            strcmp(namespace_of(planning, item->object), asked->namespace) == 0)
            return item;
    }
    return NULL;
}

/* The object as --against has it; NULL: it is new. */
static const struct bl_item *former(const struct planning *planning, const struct planned *asked)
{
    return find_cluster(planning, &planning->before, asked);
}

/* Of two, one would be applied over the other. */
static int refuse_double(const struct planning *planning, const struct bl_item *item,
                         const struct planned *asked, struct bl_error **err)
{
    const struct bl_item *first = find_cluster(planning, &planning->manifest, asked);
    const struct bl_place here = bl_manifest_place(&planning->manifest, item, "");
    const struct bl_place there = bl_manifest_place(&planning->manifest, first, "");

    if (first == item)
        return 0;
    (void)bl_fail(err, BL_ERR_INVALID,
                  "%s:%u: KafkaCluster \"%s\" of namespace %s is at %s:%u already", here.file,
                  here.line, asked->name, asked->namespace, there.file, there.line);
    return bl_hint(err, "Applied together, the last one counts. Plan each environment by itself.");
}

static int read_cluster(const struct bl_decode *from, const cJSON *object, void *into,
                        struct bl_error **err)
{
    bl_cluster_spec_release(into);
    return bl_cluster_spec_read(from, object, into, err);
}

/* Fills `spec`; errors name file and line. */
static int read_spec(const struct bl_manifest *manifest, const struct bl_item *item,
                     struct bl_cluster_spec *spec, struct bl_error **err)
{
    return cli_refuse_doubt(&manifest->documents.items[item->document], err) < 0
               ? -1
               : cli_own_read(manifest, item, read_cluster, spec, err);
}

static int values_of(const struct planning *planning, const struct planned *asked,
                     const struct bl_cluster_spec *spec, struct bl_strbuf *values,
                     struct bl_error **err)
{
    return bl_offline_values(planning->objects, planning->objects_len, asked->namespace, spec,
                             values, err);
}

/* What lies in --against beside KafkaClusters is there. */
static const cJSON **live_of(const struct planning *planning, size_t *ret_len)
{
    const cJSON **live = bl_alloc(planning->before.objects.len + 1, sizeof(const cJSON *));

    for (size_t i = 0; i < planning->before.objects.len; i++)
        if (!is_cluster(planning->before.objects.items[i].object))
            live[(*ret_len)++] = planning->before.objects.items[i].object;
    return live;
}

static int compare(struct planning *planning, const struct bl_helm *helm,
                   const struct planned *asked, struct bl_evaluation *found, struct bl_error **err)
{
    const struct bl_item *item = former(planning, asked);
    BL_AUTO(bl_cluster_spec_release) struct bl_cluster_spec before = {0};
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf values = BL_STRBUF_INIT(BL_RECORD_MAX);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf values_before = BL_STRBUF_INIT(BL_RECORD_MAX);
    struct bl_offline_input input = {.helm = helm,
                                     .namespace = asked->namespace,
                                     .release = asked->release,
                                     .spec = asked->spec,
                                     .before = item ? &before : NULL,
                                     .policies = &planning->policies,
                                     .today = bl_day_today()};
    BL_AUTO_FREE const cJSON **live = live_of(planning, &input.live_len);
    const char *former_release;

    if (values_of(planning, asked, asked->spec, &values, err) < 0 ||
        (item && (read_spec(&planning->before, item, &before, err) < 0 ||
                  values_of(planning, asked, &before, &values_before, err) < 0)))
        return -1;
    former_release = item ? bl_cluster_release_name(&before, item->object) : NULL;
    if (former_release && strcmp(former_release, asked->release) != 0)
        input.former = former_release;
    input.live = live;
    input.values = values.text;
    input.values_before = values_before.text;
    return bl_cluster_compare(&input, found, err);
}

static int evaluate(struct planning *planning, const struct planned *asked,
                    struct bl_evaluation *found, struct bl_error **err)
{
    const struct bl_helm helm = {.program = planning->question->helm,
                                 .personal = true,
                                 .cluster = planning->question->cluster,
                                 .stop = planning->stop,
                                 .bundled = charts_of(planning->question)};

    return asked->against ? compare(planning, &helm, asked, found, err)
                          : ask_cluster(planning, &helm, asked, found, err);
}

static int plan_one(struct planning *planning, const struct bl_item *item, struct bl_error **err)
{
    BL_AUTO(bl_cluster_spec_release) struct bl_cluster_spec spec = {0};
    BL_AUTO(bl_evaluation_release) struct bl_evaluation found = BL_EVALUATION_INIT;
    struct planned planned = {.namespace = namespace_of(planning, item->object),
                              .name = bl_object_ref(item->object).name,
                              .spec = &spec,
                              .found = &found,
                              .against = planning->question->against};
    const struct bl_place place = bl_manifest_place(&planning->manifest, item, "");

    if (refuse_double(planning, item, &planned, err) < 0 ||
        read_spec(&planning->manifest, item, &spec, err) < 0)
        return -1;
    planned.is_new = planning->before.objects.len && !former(planning, &planned);
    planned.release = bl_cluster_release_name(&spec, item->object);
    if (evaluate(planning, &planned, &found, err) < 0)
        return bl_wrap(err, "%s:%u: KafkaCluster \"%s\"", place.file, place.line, planned.name);
    note(planning, print(planning, &planned));
    note(planning, is_refused(&planned) ? CLI_FINDINGS : CLI_OK);
    return 0;
}

static size_t plan_all(struct planning *planning)
{
    size_t count = 0;

    for (size_t i = 0; i < planning->manifest.objects.len; i++) {
        const struct bl_item *item = &planning->manifest.objects.items[i];
        BL_ERROR(err);

        if (!is_cluster(item->object))
            continue;
        count++;
        if (plan_one(planning, item, &err) < 0)
            note(planning, cli_fail(err));
    }
    return count;
}

static void add_objects(struct planning *planning, const struct bl_manifest *manifest)
{
    for (size_t i = 0; i < manifest->objects.len; i++)
        planning->objects[planning->objects_len++] = manifest->objects.items[i].object;
}

/* Secrets and ConfigMaps with values may lie in any of the files. */
static int read_before(struct planning *planning, struct bl_error **err)
{
    const char *path = planning->question->against;

    if (strcmp(path, "none") != 0 && (bl_manifest_read(&planning->before, path, err) < 0 ||
                                      bl_manifest_check(&planning->before, err) < 0))
        return -1;
    /* As where the command in front of a pipe has failed. */
    if (strcmp(path, "none") != 0 && !planning->before.objects.len) {
        bl_fail(err, BL_ERR_INVALID,
                "there is no object in what it is compared with (--against %s)", path);
        return bl_hint(err, "Of a file that is new say --against none.");
    }
    planning->objects = bl_alloc(planning->manifest.objects.len + planning->before.objects.len + 1,
                                 sizeof(*planning->objects));
    add_objects(planning, &planning->manifest);
    add_objects(planning, &planning->before);
    return 0;
}

static int prepare(struct planning *planning, struct bl_error **err)
{
    const struct cli_cluster_plan_question *question = planning->question;
    const struct bl_helm helm = {.program = question->helm, .personal = true};

    if (cli_read_policies(&question->source->policies, &planning->policies, err) < 0 ||
        cli_read_manifests(&question->source->files, &planning->manifest, err) < 0 ||
        bl_manifest_check(&planning->manifest, err) < 0 ||
        bl_stop_new(&planning->stop, err) < 0 || /* an interrupt ends the program */
        bl_helm_check_version(&helm, err) < 0)
        return -1;
    return question->against ? read_before(planning, err)
                             : cli_connect(question->cluster, &planning->client, err);
}

static int print_json(const struct planning *planning)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *json = bl_json_new_object();

    bl_json_add(json, "clusters", bl_json_copy(planning->json));
    cli_add_json(&out, json, false);
    return cli_print(&out);
}

int cli_cluster_plan(const struct cli_cluster_plan_question *question)
{
    BL_AUTO(planning_release)
    struct planning planning = {.question = question, .json = cJSON_CreateArray(), .rc = CLI_OK};
    BL_ERROR(err);

    if (prepare(&planning, &err) < 0)
        return cli_fail(err);
    if (!plan_all(&planning)) {
        bl_fail(&err, BL_ERR_NOT_FOUND, "there is no KafkaCluster in what was read");
        return cli_fail(err);
    }
    if (question->format == CLI_JSON)
        note(&planning, print_json(&planning));
    return planning.rc;
}
