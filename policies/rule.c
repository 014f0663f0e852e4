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

    if (workload->owner)
        most = BL_SEVERITY_WARNING;
    if (workload->confidence <= BL_CONFIDENCE_LOW)
        most = BL_SEVERITY_INFO;
    return severity < most ? severity : most;
}

static enum bl_severity severity_of(const struct bl_rule_run *run, enum bl_fault fault)
{
    enum bl_severity severity = BL_SEVERITY_WARNING;

    if (run->action == BL_ACTION_AUDIT)
        severity = BL_SEVERITY_INFO;
    else if ((run->action == BL_ACTION_DENY && fault != BL_FAULT_NOTE) ||
             (run->action == BL_ACTION_MUTATE && fault == BL_FAULT_WRONG))
        severity = BL_SEVERITY_ERROR;
    return limit(run->workload, severity);
}

void bl_run_report(struct bl_rule_run *run, enum bl_fault fault, size_t object, const char *path,
                   const char *hint, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    struct bl_finding *finding =
        add_finding(run, object, path, severity_of(run, fault), bl_vasprintf(fmt, args));
    va_end(args);
    finding->hint = hint ? bl_strdup(hint) : NULL;
    finding->beside = fault == BL_FAULT_MISSING && !*path;
}

void bl_run_companion(struct bl_rule_run *run, const struct bl_ensemble *ensemble, cJSON *object,
                      const char *fmt, ...)
{
    size_t after = 0;
    va_list args;

    /* Behind the last of them in the input. */
    for (size_t i = 0; i < ensemble->members.len; i++) {
        size_t index = bl_ensemble_member(run->scene, ensemble, i)->index;

        after = index > after ? index : after;
    }
    *BL_PUSH(&run->report->companions) = (struct bl_companion){after, run->id, object};
    va_start(args, fmt);
    struct bl_finding *finding =
        add_finding(run, run->object, "", BL_SEVERITY_WARNING, bl_vasprintf(fmt, args));
    va_end(args);
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
