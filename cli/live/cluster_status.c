#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "ballast/api/names.h"
#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "cli.h"
#include "cluster_verb.h"
#include "print.h"

#define LOOK_EVERY_MS 1000

static const char *text(const cJSON *object, const char *key)
{
    const char *value = bl_json_string(object, key);

    return value ? value : "";
}

static const cJSON *part(const cJSON *object, const char *name)
{
    return bl_json_get(bl_json_get(object, "status"), name);
}

static bool is_current(const cJSON *object)
{
    return bl_json_number(bl_json_get(object, "status"), "observedGeneration") ==
           bl_json_number(bl_json_get(object, "metadata"), "generation");
}

enum cli_cluster_end cli_cluster_end(const cJSON *object)
{
    if (!is_current(object))
        return CLI_CLUSTER_GOES_ON;
    if (bl_object_condition_is(object, BL_CONDITION_READY, "True"))
        return CLI_CLUSTER_READY;
    return bl_object_condition_is(object, BL_CONDITION_STALLED, "True") ? CLI_CLUSTER_STALLED
                                                                        : CLI_CLUSTER_GOES_ON;
}

/* --- sentences --- */

static const char *word_of(const cJSON *object)
{
    static const char *const words[] = {[CLI_CLUSTER_GOES_ON] = "in progress",
                                        [CLI_CLUSTER_READY] = "ready",
                                        [CLI_CLUSTER_STALLED] = "stalled"};

    return words[cli_cluster_end(object)];
}

/* "kafka/kafka: ready: Kafka 3.4.0, revision 2, …" */
static void add_head(const cJSON *object, struct bl_strbuf *out)
{
    const cJSON *ready = bl_object_condition(object, BL_CONDITION_READY);
    struct bl_ref ref = bl_object_ref(object);

    bl_strbuf_addf(out, "%s/%s: ", ref.namespace, ref.name);
    if (!is_current(object))
        bl_strbuf_adds(out, "the controller has not looked at the newest spec yet");
    else
        bl_strbuf_addf(out, "%s: %s", word_of(object), text(ready, "message"));
}

void cli_cluster_line(const cJSON *object, struct bl_strbuf *out)
{
    add_head(object, out);
    bl_strbuf_addc(out, '\n');
}

static void add_since(const char *time, int64_t now, struct bl_strbuf *out)
{
    int64_t at;

    if (!bl_time_parse(time, &at))
        return;
    bl_strbuf_adds(out, ", ");
    cli_add_span(out, now > at ? now - at : 0);
    bl_strbuf_adds(out, " ago");
}

/* What is said of a condition beside its message, true and false. */
static const struct {
    const char *type, *good, *bad;
} sentences[] = {
    {BL_CONDITION_RENDERED, "The chart was rendered", "The chart could not be rendered"},
    {BL_CONDITION_IMAGES, "All images are there", "Images are missing"},
    {BL_CONDITION_PLAN, "The plan is accepted", "The plan is not accepted"},
    {BL_CONDITION_RELEASED, "The release is what the object asks for",
     "The release is not what the object asks for yet"},
    {BL_CONDITION_ROLLED, "All pods are new and ready", "Pods are not all new and ready"},
    {BL_CONDITION_CLUSTER_IN_SYNC, "All replicas are in sync", "Replicas are not all in sync"},
    {BL_CONDITION_VERIFIED, "It was proven with messages", "It was not proven with messages yet"},
    {BL_CONDITION_DRIFTED, "Somebody changed what the release made", "Nobody changed it"},
};

static void add_conditions(const cJSON *object, int64_t now, struct bl_strbuf *out)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(sentences); i++) {
        const cJSON *condition = bl_object_condition(object, sentences[i].type);
        const char *status = text(condition, "status");
        bool good = strcmp(status, "True") == 0;

        if (!good && strcmp(status, "False") != 0)
            continue;
        bl_strbuf_addf(out, "  %s", good ? sentences[i].good : sentences[i].bad);
        if (*text(condition, "message"))
            bl_strbuf_addf(out, ": %s", text(condition, "message"));
        add_since(text(condition, "lastTransitionTime"), now, out);
        bl_strbuf_adds(out, ".\n");
    }
}

static void add_release(const cJSON *object, struct bl_strbuf *out)
{
    const cJSON *release = part(object, "release"), *versions = part(object, "versions");

    if (!bl_json_number(release, "revision"))
        return;
    bl_strbuf_addf(out, "\n  Release \"%s\", revision %" PRId64 ", %s", text(release, "name"),
                   bl_json_number(release, "revision"), text(release, "status"));
    if (*text(release, "chart"))
        bl_strbuf_addf(out, ", of chart %s", text(release, "chart"));
    if (*text(versions, "kafka"))
        bl_strbuf_addf(out, "; Kafka %s", text(versions, "kafka"));
    if (*text(versions, "zookeeper"))
        bl_strbuf_addf(out, ", ZooKeeper %s", text(versions, "zookeeper"));
    if (*text(versions, "metadata"))
        bl_strbuf_addf(out, ", metadata.version %s", text(versions, "metadata"));
    if (*text(versions, "protocol"))
        bl_strbuf_addf(out, ", inter.broker.protocol.version %s", text(versions, "protocol"));
    bl_strbuf_adds(out, ".\n");
}

static void add_plan(const cJSON *object, struct bl_strbuf *out)
{
    const cJSON *plan = part(object, "plan"), *item;

    if (!plan)
        return;
    cJSON_ArrayForEach(item, bl_json_get(plan, "changes"))
        if (cJSON_IsString(item))
            bl_strbuf_addf(out, "    %s\n", item->valuestring);
    cJSON_ArrayForEach(item, bl_json_get(plan, "refusals")) {
        bl_strbuf_addf(out, "  %s: %s\n", text(item, "reason"), text(item, "message"));
        if (*text(item, "hint"))
            bl_strbuf_addf(out, "    hint: %s\n", text(item, "hint"));
    }
    cJSON_ArrayForEach(item, bl_json_get(plan, "notes"))
        if (cJSON_IsString(item))
            bl_strbuf_addf(out, "  Beside that: %s.\n", item->valuestring);
}

static void add_members(const cJSON *object, const struct cli_sets *sets, struct bl_strbuf *out)
{
    const char *release = text(part(object, "release"), "name");

    for (size_t i = 0; sets->scene && i < sets->scene->workloads.len; i++) {
        const struct bl_workload *workload = sets->scene->workloads.items[i];
        const cJSON *status = bl_json_get(workload->object, "status");

        if (!cli_is_ours(workload) ||
            !bl_text_eq(bl_object_annotation(workload->object, "meta.helm.sh/release-name"),
                        release))
            continue;
        bl_strbuf_addf(out,
                       "  StatefulSet \"%s\" (%s): %" PRId64 " of %" PRId64 " %s ready, %" PRId64
                       " of the newest template.\n",
                       workload->ref.name, bl_role_name(workload->role),
                       bl_json_number(status, "readyReplicas"), workload->replicas,
                       bl_text_plural(workload->replicas, "pod", "pods"),
                       bl_json_number(status, "updatedReplicas"));
    }
}

static void add_verification(const cJSON *object, int64_t now, struct bl_strbuf *out)
{
    const cJSON *proof = part(object, "verification");
    int64_t lost = bl_json_number(proof, "lost"), sent = bl_json_number(proof, "sent");

    if (!proof)
        return;
    bl_strbuf_addf(out,
                   "  The last proof of revision %" PRId64 ": %" PRId64 " %s written to \"%s\", ",
                   bl_json_number(proof, "revision"), sent,
                   bl_text_plural(sent, "message was", "messages were"), text(proof, "topic"));
    bl_strbuf_addf(out, "%" PRId64 " read, ", bl_json_number(proof, "read"));
    if (lost)
        bl_strbuf_addf(out, "%" PRId64 " LOST", lost);
    else
        bl_strbuf_adds(out, "none lost");
    add_since(text(proof, "at"), now, out);
    bl_strbuf_adds(out, ".\n");
}

void cli_cluster_text(const cJSON *object, const struct cli_sets *sets, int64_t now,
                      struct bl_strbuf *out)
{
    add_head(object, out);
    bl_strbuf_adds(out, "\n\n");
    add_conditions(object, now, out);
    add_plan(object, out);
    add_release(object, out);
    add_members(object, sets, out);
    add_verification(object, now, out);
}

/* --- looking --- */

struct look {
    struct cli_objects clusters;
    struct cli_sets sets;
    struct cli_life life;
};

static void look_release(struct look *look)
{
    cli_objects_release(&look->clusters);
    cli_sets_release(&look->sets);
}

static int take_look(const struct cli_cluster_status_question *question, struct look *look,
                     struct bl_error **err)
{
    const struct bl_kube_selection selection = {.namespace = question->namespace};
    const struct bl_resource *resource = &bl_kind_kafka_cluster.resource;
    cJSON *object = NULL;

    if (question->name) {
        if (bl_kube_get(question->client, resource, question->namespace, question->name, &object,
                        err) < 0)
            return bl_wrap(err, "KafkaCluster \"%s\"", question->name);
        *BL_PUSH(&look->clusters) = object;
    } else if (cli_list(question->client, resource, &selection, &look->clusters, err) < 0) {
        return -1;
    }
    cli_life_read(question->client, question->view.lease, &look->life);
    return cli_sets_read(question->client, question->namespace, &look->sets, err);
}

static void render_text(const struct look *look, const char *namespace, struct bl_strbuf *out)
{
    if (look->life.life == BL_CONTROLLER_AWAY) {
        bl_strbuf_adds(out, "Ballast's controller has not been heard of for ");
        cli_add_span(out, look->life.silent);
        bl_strbuf_adds(out, ": what it noted may be history.\n\n");
    }
    for (size_t i = 0; i < look->clusters.len; i++) {
        bl_strbuf_adds(out, i ? "\n" : "");
        cli_cluster_text(look->clusters.items[i], &look->sets, bl_clock_seconds(&bl_clock_real),
                         out);
    }
    if (!look->clusters.len)
        bl_strbuf_addf(out, "There is no KafkaCluster in namespace \"%s\".\n", namespace);
}

static void render_json(const struct look *look, bool watch, struct bl_strbuf *out)
{
    BL_AUTO_JSON cJSON *json = bl_json_new_object();
    cJSON *clusters = bl_json_add_array(json, "clusters");

    for (size_t i = 0; i < look->clusters.len; i++) {
        const cJSON *object = look->clusters.items[i];
        cJSON *each = bl_json_push(clusters, bl_json_new_object());

        bl_json_add_string(each, "namespace", bl_object_ref(object).namespace);
        bl_json_add_string(each, "name", bl_object_ref(object).name);
        bl_json_add_string(each, "state", word_of(object));
        bl_json_add(each, "status", bl_json_copy(bl_json_get(object, "status")));
    }
    cli_add_json(out, json, watch);
}

static void render(const struct cli_cluster_status_question *question, const struct look *look,
                   struct bl_strbuf *out)
{
    const struct cli_view *view = &question->view;

    if (view->format == CLI_JSON) {
        render_json(look, view->watch, out);
    } else if (view->watch && !isatty(STDOUT_FILENO)) {
        for (size_t i = 0; i < look->clusters.len; i++)
            cli_cluster_line(look->clusters.items[i], out);
    } else {
        render_text(look, question->namespace, out);
    }
}

/* Of all of them: one that goes on is waited for, whatever the others are. */
static enum cli_cluster_end end_of(const struct look *look)
{
    enum cli_cluster_end end = CLI_CLUSTER_READY;

    for (size_t i = 0; i < look->clusters.len; i++) {
        enum cli_cluster_end one = cli_cluster_end(look->clusters.items[i]);

        if (one == CLI_CLUSTER_GOES_ON)
            return one;
        end = one == CLI_CLUSTER_STALLED ? one : end;
    }
    return end;
}

static bool any_is_stalled(const struct look *look)
{
    for (size_t i = 0; i < look->clusters.len; i++)
        if (cli_cluster_end(look->clusters.items[i]) == CLI_CLUSTER_STALLED)
            return true;
    return false;
}

/* Returns -1 to look again, or the exit code. */
static int show(const struct cli_cluster_status_question *question, struct cli_screen *screen,
                bool first)
{
    BL_ERROR(err);
    BL_AUTO(look_release) struct look look = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (take_look(question, &look, &err) < 0) {
        /* An API server that is away for a moment is no reason to stop watching. */
        if (question->view.watch && !first && bl_error_code(err) == BL_ERR_UNAVAILABLE)
            return -1;
        return cli_fail(err);
    }
    render(question, &look, &out);
    if (cli_screen_show(screen, &question->view, &out) != CLI_OK)
        return CLI_ERROR;
    if (question->view.watch && end_of(&look) == CLI_CLUSTER_GOES_ON)
        return -1;
    return any_is_stalled(&look) ? CLI_FINDINGS : CLI_OK;
}

int cli_cluster_status(const struct cli_cluster_status_question *question)
{
    BL_AUTO(cli_screen_release) struct cli_screen screen = {0};
    int rc = show(question, &screen, true);

    while (rc < 0) {
        (void)poll(NULL, 0, LOOK_EVERY_MS); /* an interrupt ends the program */
        rc = show(question, &screen, false);
    }
    return rc;
}
