#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/api/pod.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/pointer.h"
#include "leave.h"

#define LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"
#define GATES "/spec/template/spec/readinessGates"

/* Those that mean nothing without a controller. Leadership that is moved away is another matter. */
static const char *const annotations[] = {
    BL_ANNOTATION_ROLLOUT_STATUS, BL_ANNOTATION_ROLLOUT_FAILED, BL_ANNOTATION_ROLLOUT_PAUSED,
    BL_ANNOTATION_ROLLOUT_ABORT, BL_ANNOTATION_ROLLOUT_RESTORED};

static void say(struct cli_said *said, const char *fmt, ...) BL_PRINTF(2, 3);

static void say(struct cli_said *said, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    *BL_PUSH(said) = bl_vasprintf(fmt, args);
    va_end(args);
}

static void release_said(struct cli_said *said)
{
    for (size_t i = 0; i < said->len; i++)
        free(said->items[i]);
    free(said->items);
    *said = (struct cli_said){0};
}

void cli_leave_step_release(struct cli_leave_step *step)
{
    cJSON_Delete(step->patch);
    release_said(&step->said);
    release_said(&step->warned);
    *step = (struct cli_leave_step){0};
}

/* --- what is ours --- */

static const cJSON *gates_of(const cJSON *template)
{
    return bl_json_at(template, "spec", "readinessGates", NULL);
}

/* -1: it has none. */
static int find_gate(const cJSON *gates)
{
    const cJSON *gate;
    int at = 0;

    cJSON_ArrayForEach(gate, gates) {
        if (bl_text_eq(bl_json_string(gate, "conditionType"), BL_CONDITION_IN_SYNC))
            return at;
        at++;
    }
    return -1;
}

bool cli_leave_gated(const cJSON *set)
{
    return find_gate(gates_of(bl_json_at(set, "spec", "template", NULL))) >= 0;
}

static const char *strategy_of(const cJSON *strategy)
{
    const char *type = bl_json_string(strategy, "type");

    return type ? type : "RollingUpdate";
}

bool cli_leave_on_delete(const cJSON *set)
{
    return bl_text_eq(strategy_of(bl_json_at(set, "spec", "updateStrategy", NULL)), "OnDelete");
}

/* What kubectl apply was given says whether the author wanted it so. */
static bool is_authors_own(const cJSON *set)
{
    const char *text = bl_object_annotation(set, LAST_APPLIED);
    BL_AUTO_JSON cJSON *applied = NULL;
    BL_ERROR(err);

    return text && bl_json_parse(text, strlen(text), &applied, &err) == 0 &&
           bl_text_eq(strategy_of(bl_json_at(applied, "spec", "updateStrategy", NULL)), "OnDelete");
}

static bool has_annotation(const cJSON *set)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(annotations); i++)
        if (bl_object_annotation(set, annotations[i]))
            return true;
    return bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_MOVED) != NULL;
}

bool cli_leave_concerns(const cJSON *set)
{
    return cli_leave_gated(set) || has_annotation(set) ||
           (cli_leave_on_delete(set) && bl_object_annotation(set, BL_ANNOTATION_ROLE));
}

/* --- patches --- */

static cJSON *add_operation(struct cli_leave_step *step, const char *op, const char *path,
                            cJSON *value)
{
    cJSON *operation = bl_json_new_object();

    if (!step->patch)
        step->patch = bl_json_new_array();
    bl_json_push(step->patch, operation);
    bl_json_add_string(operation, "op", op);
    bl_json_add_string(operation, "path", path);
    if (value)
        bl_json_add(operation, "value", value);
    return operation;
}

static cJSON *strategy(const char *type)
{
    cJSON *json = bl_json_new_object();

    bl_json_add_string(json, "type", type);
    return json;
}

/* Under RollingUpdate the very edit would restart every pod, so OnDelete comes first, in the same patch. */
static void take_gate_out(const cJSON *set, struct cli_leave_step *step)
{
    const cJSON *gates = gates_of(bl_json_at(set, "spec", "template", NULL));
    int at = find_gate(gates);

    if (at < 0)
        return;
    if (cli_leave_on_delete(set)) {
        add_operation(step, "test", "/spec/updateStrategy/type", bl_json_new_string("OnDelete"));
    } else {
        add_operation(step, "add", "/spec/updateStrategy", strategy("OnDelete"));
        say(&step->said, "updateStrategy becomes OnDelete, so that the next edit restarts nothing");
    }
    add_operation(step, "test", GATES, bl_json_copy(gates));
    if (bl_json_len(gates) == 1) {
        add_operation(step, "remove", GATES, NULL);
    } else {
        BL_AUTO_FREE char *path = bl_asprintf(GATES "/%d", at);

        add_operation(step, "remove", path, NULL);
    }
    step->template = true;
    say(&step->said, "the readiness gate " BL_CONDITION_IN_SYNC
                     " is out of the template; pods that run keep theirs, and what is open stays "
                     "open");
}

static void take_annotations_off(const cJSON *set, struct cli_leave_step *step)
{
    size_t count = 0;

    for (size_t i = 0; i < BL_ARRAY_LEN(annotations); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(256);

        if (!bl_object_annotation(set, annotations[i]))
            continue;
        bl_strbuf_adds(&path, "/metadata/annotations");
        bl_pointer_add_key(&path, annotations[i]);
        add_operation(step, "remove", path.text, NULL);
        count++;
    }
    if (count)
        say(&step->said, "%zu %s of rollouts taken off", count,
            bl_text_plural((int64_t)count, "annotation", "annotations"));
}

void cli_leave_clean(const cJSON *set, struct cli_leave_step *ret_step)
{
    *ret_step = (struct cli_leave_step){0};
    take_gate_out(set, ret_step);
    take_annotations_off(set, ret_step);
    if (bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_MOVED))
        say(&ret_step->warned,
            "an upgrade was interrupted while partitions had their leaders moved off a broker: "
            "they "
            "stay where they are. How it was is in the annotation " BL_ANNOTATION_ROLLOUT_MOVED
            ", which is left; kafka-reassign-partitions.sh puts it back");
}

/* --- back to Kubernetes --- */

/* A pod whose gate is closed now stays unready for ever, as nobody opens it any more. */
static void warn_of_closed_gate(const cJSON *pod, struct cli_leave_step *step)
{
    struct bl_ref ref = bl_object_ref(pod);

    if (find_gate(gates_of(pod)) < 0 || bl_object_condition_is(pod, BL_CONDITION_IN_SYNC, "True"))
        return;
    say(&step->warned,
        "pod %s has a gate that is not open, and nobody opens it any more. Once it is in sync:\n"
        "    kubectl patch pod %s -n %s --subresource=status -p "
        "'{\"status\":{\"conditions\":[{\"type\":\"" BL_CONDITION_IN_SYNC
        "\",\"status\":\"True\"}]}}'",
        ref.name, ref.name, ref.namespace);
}

static void hand_back(const cJSON *set, size_t outdated, struct cli_leave_step *step)
{
    const char *version = bl_json_string(bl_json_get(set, "metadata"), "resourceVersion");

    /* A template that changes meanwhile would be rolled ungated. */
    add_operation(step, "test", "/metadata/resourceVersion",
                  bl_json_new_string(version ? version : ""));
    add_operation(step, "add", "/spec/updateStrategy", strategy("RollingUpdate"));
    if (outdated)
        say(&step->said,
            "updateStrategy is RollingUpdate again, and Kubernetes restarts %zu %s now", outdated,
            bl_text_plural((int64_t)outdated, "pod", "pods"));
    else
        say(&step->said, "updateStrategy is RollingUpdate again; no pod restarts");
}

void cli_leave_return(const cJSON *set, const struct cli_objects *pods, bool restart,
                      struct cli_leave_step *ret_step)
{
    struct bl_ref ref = bl_object_ref(set);
    size_t outdated = 0, count = 0;

    *ret_step = (struct cli_leave_step){0};
    for (size_t i = 0; i < pods->len; i++) {
        if (!cli_pod_belongs(pods->items[i], &ref))
            continue;
        count++;
        outdated += bl_pod_revision(set, pods->items[i]) != BL_POD_REVISION_NEWEST;
        warn_of_closed_gate(pods->items[i], ret_step);
    }
    if (!cli_leave_on_delete(set))
        return;
    if (is_authors_own(set))
        say(&ret_step->said, "updateStrategy stays OnDelete, as it was applied");
    else if (!outdated || restart)
        hand_back(set, outdated, ret_step);
    else
        say(&ret_step->said,
            "updateStrategy stays OnDelete: %zu of %zu pods %s of an older template, and "
            "RollingUpdate restarts them at once. When that may be:\n"
            "    kubectl patch statefulset %s -n %s --type=merge -p "
            "'{\"spec\":{\"updateStrategy\":{\"type\":\"RollingUpdate\"}}}'",
            outdated, count, bl_text_plural((int64_t)outdated, "is", "are"), ref.name,
            ref.namespace);
}
