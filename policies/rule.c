#include "rule.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

const char *const bl_action_names[] = {"Mutate", "Deny", "Warn", "Audit", "Off", NULL};

const char *bl_action_name(enum bl_action action)
{
    return bl_action_names[action];
}

static struct bl_finding *add_finding(struct bl_rule_run *run, size_t object, const char *path,
                                      enum bl_severity severity, char *message)
{
    struct bl_finding *finding = BL_PUSH(&run->report->findings);

    *finding = (struct bl_finding){
        .object = object,
        .subject = run->object,
        .rule = run->id,
        .action = run->action,
        .severity = severity,
        .policy = run->policy,
        .path = bl_strdup(path),
        .message = message,
    };
    return finding;
}

const cJSON *bl_run_now(const struct bl_rule_run *run, const char *pointer)
{
    return bl_pointer_find(run->edit->object, pointer);
}

/*
 * An edit that does not fit means that something on the way is no map or list at all, which the API
 * server refuses too. It must not take the program down: the object came from anybody.
 */
static void BL_PRINTF(5, 0) edited(struct bl_rule_run *run, int rc, const struct bl_error *err,
                                   const char *pointer, const char *fmt, va_list args)
{
    bool silent = run->silent && rc == 0;
    struct bl_finding *finding = add_finding(run, run->object, pointer, BL_SEVERITY_WARNING,
                                             silent ? bl_strdup("") : bl_vasprintf(fmt, args));

    finding->mended = rc == 0;
    if (rc == 0)
        return;

    char *message =
        bl_asprintf("%s; it could not be added: %s", finding->message, bl_error_text(err));
    free(finding->message);
    finding->message = message;
    finding->hint =
        bl_strdup("Correct what stands on the way to it; the API server refuses it as it is.");
}

void bl_run_set(struct bl_rule_run *run, const char *pointer, cJSON *value, const char *fmt, ...)
{
    BL_ERROR(err);
    va_list args;

    va_start(args, fmt);
    int rc = bl_edit_set(run->edit, pointer, value, &err);
    edited(run, rc, err, pointer, fmt, args);
    va_end(args);
}

void bl_run_append(struct bl_rule_run *run, const char *pointer, cJSON *value, const char *fmt, ...)
{
    BL_ERROR(err);
    va_list args;

    va_start(args, fmt);
    int rc = bl_edit_append(run->edit, pointer, value, &err);
    edited(run, rc, err, pointer, fmt, args);
    va_end(args);
}

const struct bl_uses *bl_rule_uses(const struct bl_rule_run *run)
{
    if (!run->memo->has_uses)
        bl_uses_find(&run->memo->uses, run->scene, run->memo->beside, run->memo->beside_len);
    run->memo->has_uses = true;
    return &run->memo->uses;
}

bool bl_run_may_mutate(const struct bl_rule_run *run)
{
    return run->action == BL_ACTION_MUTATE && run->workload->confidence > BL_CONFIDENCE_LOW &&
           !run->workload->owner;
}

/*
 * A guess must not deny, and denying what an operator writes would stop it from healing its cluster,
 * so neither goes beyond its limit whatever the action is.
 */
static enum bl_severity limit(const struct bl_workload *workload, enum bl_severity severity)
{
    enum bl_severity most = BL_SEVERITY_ERROR;

    if (bl_workload_is_owned(workload))
        most = BL_SEVERITY_WARNING;
    if (workload->confidence <= BL_CONFIDENCE_LOW)
        most = BL_SEVERITY_INFO;
    return severity < most ? severity : most;
}

/* What is not completed because somebody says that he owns it is missing for good, if he is not believed. */
static bool is_denied(const struct bl_rule_run *run, enum bl_fault fault, bool beside)
{
    if (run->action == BL_ACTION_DENY)
        return fault != BL_FAULT_NOTE;
    if (run->action != BL_ACTION_MUTATE)
        return false;
    return fault == BL_FAULT_WRONG || (fault == BL_FAULT_MISSING && !beside &&
                                       run->workload->owner && run->workload->distrusted);
}

static enum bl_severity severity_of(const struct bl_rule_run *run, enum bl_fault fault, bool beside)
{
    enum bl_severity severity = BL_SEVERITY_WARNING;

    if (run->action == BL_ACTION_AUDIT)
        severity = BL_SEVERITY_INFO;
    else if (is_denied(run, fault, beside))
        severity = BL_SEVERITY_ERROR;
    return limit(run->workload, severity);
}

static struct bl_finding *BL_PRINTF(6, 0)
    report(struct bl_rule_run *run, enum bl_fault fault, size_t object, const char *path,
           const char *hint, const char *fmt, va_list args)
{
    bool beside = fault == BL_FAULT_MISSING && !*path;
    struct bl_finding *finding =
        add_finding(run, object, path, severity_of(run, fault, beside), bl_vasprintf(fmt, args));

    finding->hint = hint ? bl_strdup(hint) : NULL;
    finding->beside = beside;
    return finding;
}

void bl_run_report(struct bl_rule_run *run, enum bl_fault fault, size_t object, const char *path,
                   const char *hint, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)report(run, fault, object, path, hint, fmt, args);
    va_end(args);
}

void bl_run_report_setting(struct bl_rule_run *run, enum bl_fault fault,
                           const struct bl_workload *workload, const struct bl_setting *setting,
                           const char *property, const char *hint, const char *fmt, ...)
{
    size_t object = setting->elsewhere ? setting->elsewhere->index : workload->index;
    va_list args;

    va_start(args, fmt);
    struct bl_finding *finding =
        report(run, fault, object, setting->pointer ? setting->pointer : "", hint, fmt, args);
    va_end(args);
    finding->property = bl_strdup(property);
}

/* Behind the last of them in the input. */
static size_t place_behind(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    size_t after = 0;

    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++) {
        size_t index = bl_ensemble_member(run->scene, ensemble, i)->index;

        after = index > after ? index : after;
    }
    return after;
}

bool bl_companion_is_ours(const cJSON *object)
{
    return bl_text_eq(bl_object_label(object, BL_LABEL_MANAGED_BY), "ballast") &&
           bl_object_label(object, BL_LABEL_ROLE);
}

/* What was said of it as it was is mended with it. */
static void mend_findings(struct bl_rule_run *run, size_t object)
{
    for (size_t i = 0; i < run->report->findings.len && bl_budget_turn(); i++) {
        struct bl_finding *finding = &run->report->findings.items[i];

        if (finding->object != object || finding->rule != run->id)
            continue;
        finding->mended = true;
        finding->severity = BL_SEVERITY_WARNING;
    }
}

/* An older one of ours becomes this one, in its place. */
static void renew(struct bl_rule_run *run, size_t index, const cJSON *object, char *message)
{
    struct bl_edit *edit = &run->report->objects[index].edit;
    const cJSON *spec = bl_json_get(object, "spec");
    BL_ERROR(err);

    if (bl_json_equal(bl_json_get(run->report->edited[index], "spec"), spec)) {
        free(message);
        return;
    }
    if (!edit->object)
        bl_edit_init(edit, run->report->edited[index]);
    int rc = bl_edit_set(edit, "/spec", bl_json_copy(spec), &err);
    assert(rc == 0);
    run->report->edited[index] = edit->object;
    mend_findings(run, index);
    add_finding(run, index, "/spec", BL_SEVERITY_WARNING, message)->mended = true;
}

/* What has a generateName is called so only once it is there. */
static bool is_name(const char *name)
{
    return *name && !bl_text_ends(name, "-");
}

void bl_run_companion(struct bl_rule_run *run, const struct bl_ensemble *ensemble, cJSON *object,
                      const char *fmt, ...)
{
    BL_AUTO_JSON cJSON *companion = object;
    struct bl_ref ref = bl_object_ref(companion);
    const struct bl_world_entry *there = bl_world_find_entry(
        run->scene->world, bl_world_kind_of(companion), ref.namespace, ref.name);
    BL_AUTO_FREE char *message = NULL;
    va_list args;

    va_start(args, fmt);
    message = bl_vasprintf(fmt, args);
    va_end(args);
    if (!is_name(ref.name)) {
        bl_run_report(run, BL_FAULT_MISSING, run->object, "", "Give it a metadata.name.",
                      "%s, and none can be made beside what has no name", message);
        return;
    }
    if (there && run->replaces && bl_companion_is_ours(there->object)) {
        renew(run, there->index, companion, BL_STEAL(message));
        return;
    }
    if (there && run->replaces) {
        bl_run_report(run, BL_FAULT_MISSING, run->object, "",
                      "Correct its selector, or give it another name.",
                      "%s, and %s \"%s\", which does not select its pods, has the name of the one "
                      "that would be made",
                      message, ref.kind, ref.name);
        return;
    }
    *BL_PUSH(&run->report->companions) =
        (struct bl_companion){place_behind(run, ensemble), run->id, BL_STEAL(companion)};
    struct bl_finding *finding =
        add_finding(run, run->object, "", BL_SEVERITY_WARNING, BL_STEAL(message));
    finding->mended = true;
    finding->beside = true;
}

char *bl_pod_pointer(const struct bl_workload *workload, const char *below)
{
    return bl_asprintf("%s/%s", workload->pod_pointer, below);
}

char *bl_container_pointer(const struct bl_workload *workload, const char *below)
{
    return bl_asprintf("%s/%s", workload->container_pointer, below);
}

bool bl_allows_deletion(const cJSON *object)
{
    return bl_text_eq(bl_object_annotation(object, BL_ANNOTATION_ALLOW_DELETION), "true");
}

char *bl_describe(const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);

    return bl_asprintf("%s \"%s\"", ref.kind, ref.name);
}

cJSON *bl_companion_new(const char *api_version, const char *kind, const char *name,
                        const struct bl_workload *workload)
{
    cJSON *object = bl_json_new_object(), *metadata, *labels;

    bl_json_add_string(object, "apiVersion", api_version);
    bl_json_add_string(object, "kind", kind);
    metadata = bl_json_add_object(object, "metadata");
    bl_json_add_string(metadata, "name", name);
    if (*workload->ref.namespace)
        bl_json_add_string(metadata, "namespace", workload->ref.namespace);
    labels = bl_json_add_object(metadata, "labels");
    bl_json_add_string(labels, BL_LABEL_MANAGED_BY, "ballast");
    bl_json_add_string(labels, BL_LABEL_ROLE, bl_role_name(workload->role));
    return object;
}

char *bl_companion_name(const struct bl_scene *scene, const struct bl_ensemble *ensemble)
{
    const struct bl_workload *first = bl_ensemble_first(scene, ensemble);
    const char *slash = first->cluster ? strrchr(first->cluster, '/') : NULL;
    const char *cluster = slash ? slash + 1 : first->cluster;

    if (ensemble->members.len == 1)
        return bl_strdup(first->ref.name);
    return bl_asprintf("%s-%s", cluster ? cluster : first->ref.name, bl_role_name(ensemble->role));
}
