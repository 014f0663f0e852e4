#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/cluster/rewrite.h"
#include "ballast/object/helm_release.h"
#include "ballast/object/object.h"
#include "ballast/policies/losses.h"

/* --- a chart that renders something else each time --- */

static void refuse_nondeterministic(const struct bl_cluster_plan_input *input,
                                    struct bl_cluster_plan *plan)
{
    const struct bl_manifest *first = &input->rendered->manifest;

    for (size_t i = 0; i < first->objects.len; i++) {
        const cJSON *object = first->objects.items[i].object;
        const cJSON *other = bl_record_find(input->again, object, input->namespace);
        struct bl_ref ref = bl_object_ref(object);
        BL_AUTO(bl_strings_release) struct bl_strings where = {0};

        if (bl_json_equal(object, other))
            continue;
        (void)bl_plan_differences(object, other, true, 1, &where);
        bl_cluster_plan_refuse(
            plan, BL_REFUSED_NONDETERMINISTIC,
            bl_asprintf("%s \"%s\" is another one each time the chart is rendered%s%s", ref.kind,
                        ref.name, where.len ? ": " : "", where.len ? where.items[0] : ""),
            bl_strdup(
                "Each upgrade would change it. Give the password, the id or the certificate that "
                "the chart makes up as a value, or name a Secret that exists."));
    }
}

/* --- what members would lose --- */

static bool is_told(const struct bl_losses *losses, const cJSON *member)
{
    for (size_t i = 0; i < losses->len; i++)
        if (losses->items[i].member == member)
            return true;
    return false;
}

/* Sets of the release that have data and would go, whatever they run: a chart may well call Kafka by a name that nobody knows. */
static void refuse_lost_claims(const struct bl_cluster_plan_input *input,
                               const struct bl_losses *losses, struct bl_cluster_plan *plan)
{
    const struct bl_manifest *manifest = input->deployed ? &input->deployed->manifest : NULL;

    for (size_t i = 0; manifest && i < manifest->objects.len; i++) {
        const cJSON *set = manifest->objects.items[i].object, *live;
        const char *name = bl_object_ref(set).name;

        if (!bl_object_is(set, "apps", "StatefulSet") ||
            !bl_json_len(bl_json_at(set, "spec", "volumeClaimTemplates", NULL)) ||
            bl_record_find(input->rendered, set, input->namespace))
            continue;
        live = bl_plan_live(input, set);
        if (!live || is_told(losses, live) ||
            bl_text_eq(bl_object_annotation(live, BL_ANNOTATION_ALLOW_DELETION), "true"))
            continue;
        bl_cluster_plan_refuse(
            plan, BL_REFUSED_LOSS,
            bl_asprintf("StatefulSet \"%s\", which has claims for its data, would be taken away",
                        name),
            bl_asprintf("Keep it under its name, or move the data first. If it is meant: kubectl "
                        "annotate statefulset %s -n %s " BL_ANNOTATION_ALLOW_DELETION "=true",
                        name, input->namespace));
    }
}

static void refuse_losses(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan)
{
    const struct bl_manifest *manifest = &input->rendered->manifest;
    BL_AUTO_FREE const cJSON **after = bl_manifest_objects(manifest);
    BL_AUTO(bl_losses_release) struct bl_losses losses = {0};
    struct bl_engine_options options = {
        .units = BL_UNITS_NAMESPACE, .today = input->today, .namespace = input->namespace};
    struct bl_states states = {.before = input->live,
                               .before_len = input->live_len,
                               .after = after,
                               .after_len = manifest->objects.len};

    bl_losses_find(input->policies, &options, &states, &losses);
    for (size_t i = 0; i < losses.len; i++) {
        const struct bl_loss *loss = &losses.items[i];

        /* Whatever the policy is, bl_plan_quorum() tells it, and reads the release's Secrets too. */
        if (!loss->quorum)
            bl_cluster_plan_refuse(plan, BL_REFUSED_LOSS, bl_strdup(loss->message),
                                   loss->hint ? bl_strdup(loss->hint) : NULL);
    }
    refuse_lost_claims(input, &losses, plan);
}

/* --- what is somebody else's --- */

/* Has this KafkaCluster made the release, or may it take over one that is there? */
static bool has_release(const struct bl_cluster_plan_input *input)
{
    return input->deployed &&
           (input->spec->adopt != BL_ADOPT_NEVER ||
            (input->known.attempt && bl_text_eq(input->known.release, input->release)));
}

static bool is_ours(const struct bl_cluster_plan_input *input, const cJSON *object)
{
    return bl_text_eq(bl_object_annotation(object, BL_HELM_NAME), input->release);
}

static void refuse_strangers(const struct bl_cluster_plan_input *input,
                             struct bl_cluster_plan *plan)
{
    bool take = input->spec->adopt == BL_ADOPT_TAKE;

    if (has_release(input))
        return;
    for (size_t i = 0; i < input->rendered->manifest.objects.len; i++) {
        const cJSON *object = input->rendered->manifest.objects.items[i].object;
        const cJSON *live = bl_plan_live(input, object);
        struct bl_ref ref = bl_object_ref(object);

        if (!live || take || (is_ours(input, live) && input->spec->adopt == BL_ADOPT_IF_OWNED))
            continue;
        bl_cluster_plan_refuse(
            plan, BL_REFUSED_NOT_OURS,
            bl_asprintf("%s \"%s\" is there already, and %s", ref.kind, ref.name,
                        is_ours(input, live) ? "adopt is Never" : "not of this release"),
            bl_strdup("adopt: Take takes it over as it is; a releaseName of its own leaves it."));
        return;
    }
}

/* Another name is another cluster beside the first one, which nobody would look after. */
static void refuse_renamed(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan)
{
    if (input->former)
        bl_cluster_plan_refuse(
            plan, BL_REFUSED_RENAMED,
            bl_asprintf("release \"%s\" is there, and \"%s\" would be another cluster beside it",
                        input->former, input->release),
            bl_asprintf("Set spec.releaseName to %s. For another cluster make another "
                        "KafkaCluster; deletionPolicy: Retain leaves the first one when its "
                        "KafkaCluster goes.",
                        input->former));
}

/* --- all of it --- */

/* Helm leaves them out where there are none. */
static bool same_values(const struct bl_cluster_plan_input *input)
{
    const cJSON *before = bl_record_values(input->deployed);
    const cJSON *after = bl_record_values(input->rendered);

    return (!bl_json_len(before) && !bl_json_len(after)) || bl_json_equal(before, after);
}

static enum bl_cluster_action action_of(const struct bl_cluster_plan_input *input,
                                        const struct bl_cluster_plan *plan)
{
    BL_AUTO_FREE char *has = input->deployed ? bl_record_chart(input->deployed) : NULL;
    BL_AUTO_FREE char *wants = bl_record_chart(input->rendered);

    if (!input->deployed)
        return BL_CLUSTER_INSTALL;
    if (plan->changes.len || strcmp(bl_record_status(input->deployed), "deployed") != 0 ||
        strcmp(has, wants) != 0 || !same_values(input))
        return BL_CLUSTER_UPGRADE;
    return BL_CLUSTER_NOTHING;
}

/* What the plan makes, and the revision that it goes on from. */
static void digest(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_FREE char *chart = bl_record_chart(input->rendered);
    const char *manifest = bl_json_string(input->rendered->json, "manifest");

    bl_strbuf_addf(&text, "%s\n%s\n%lld\n", input->release, chart,
                   (long long)(input->deployed ? bl_record_revision(input->deployed) : 0));
    bl_strbuf_adds(&text, manifest ? manifest : "");
    if (bl_json_len(bl_record_values(input->rendered)))
        bl_json_write(&text, bl_record_values(input->rendered));
    for (size_t i = 0; i < plan->refusals.len; i++)
        bl_strbuf_addf(&text, "\n%s", plan->refusals.items[i].message);
    bl_digest(text.text, text.len, plan->digest);
}

static void add_json(struct bl_strbuf *text, const cJSON *json)
{
    if (json)
        bl_json_write(text, json);
    bl_strbuf_addc(text, '\n');
}

static void add_files(struct bl_strbuf *text, const cJSON *files)
{
    const cJSON *file;

    cJSON_ArrayForEach(file, files) {
        add_json(text, bl_json_get(file, "name"));
        add_json(text, bl_json_get(file, "data"));
    }
}

static void add_chart(struct bl_strbuf *text, const struct bl_record *record)
{
    static const char *const parts[] = {"metadata", "values", "schema"};
    const cJSON *chart = bl_json_get(record->json, "chart");

    for (size_t i = 0; i < BL_ARRAY_LEN(parts); i++)
        add_json(text, bl_json_get(chart, parts[i]));
    add_files(text, bl_json_get(chart, "templates"));
    add_files(text, bl_json_get(chart, "files"));
}

/* What it renders may be another thing with each revision; and hooks are not among it. */
static void digest_chart(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    add_chart(&text, input->rendered);
    add_json(&text, bl_record_values(input->rendered));
    bl_digest(text.text, text.len, plan->input);
}

static void digest_deployed(const struct bl_record *deployed, struct bl_cluster_plan *plan)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf chart = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf values = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    add_chart(&chart, deployed);
    add_json(&values, bl_record_values(deployed));
    bl_digest(chart.text, chart.len, plan->deployed.chart);
    bl_digest(values.text, values.len, plan->deployed.values);
}

void bl_cluster_plan(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *ret_plan)
{
    *ret_plan = (struct bl_cluster_plan){0};
    if (input->protocol) {
        ret_plan->protocol = *input->protocol;
        *input->protocol = (struct bl_cluster_protocol){0};
    }
    bl_plan_changes(input, ret_plan);
    ret_plan->action = action_of(input, ret_plan);
    if (!input->rendered->manifest.objects.len)
        bl_cluster_plan_refuse(ret_plan, BL_REFUSED_EMPTY, bl_strdup("the chart renders no object"),
                               bl_strdup("All that the release has would be deleted."));
    refuse_renamed(input, ret_plan);
    refuse_nondeterministic(input, ret_plan);
    refuse_strangers(input, ret_plan);
    refuse_losses(input, ret_plan);
    bl_plan_fields(input, ret_plan);
    bl_plan_replicas(input, ret_plan);
    bl_plan_versions(input, ret_plan);
    bl_plan_protocol_held(input, ret_plan);
    bl_plan_durability_notes(input, ret_plan);
    bl_images_rewritten(&input->rendered->manifest, &ret_plan->rewritten);
    digest(input, ret_plan);
    digest_chart(input, ret_plan);
    if (input->deployed)
        digest_deployed(input->deployed, ret_plan);
}
