#include "ballast/workload/references.h"

#include <ctype.h>
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

bool bl_may_be_referred_to(const cJSON *object)
{
    return bl_object_is(object, "", "ConfigMap") || bl_object_is(object, "", "Secret") ||
           bl_object_is(object, "", "ServiceAccount") ||
           bl_object_is(object, "rbac.authorization.k8s.io", "RoleBinding");
}

static bool names(const cJSON *reference, const char *key, const char *name)
{
    return bl_text_eq(bl_json_string(reference, key), name) &&
           !bl_json_bool(reference, "optional", false);
}

/* A volume of its own, or one source of a projected one. */
static bool volume_names(const cJSON *volume, bool secret, const char *name)
{
    const cJSON *source;

    if (secret ? names(bl_json_get(volume, "secret"), "secretName", name)
               : names(bl_json_get(volume, "configMap"), "name", name))
        return true;
    cJSON_ArrayForEach(source, bl_json_at(volume, "projected", "sources", NULL)) {
        if (names(bl_json_get(source, secret ? "secret" : "configMap"), "name", name))
            return true;
    }
    return false;
}

static bool container_names(const cJSON *container, bool secret, const char *name)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_get(container, "env")) {
        const cJSON *from = bl_json_get(entry, "valueFrom");

        if (names(bl_json_get(from, secret ? "secretKeyRef" : "configMapKeyRef"), "name", name))
            return true;
    }
    cJSON_ArrayForEach(entry, bl_json_get(container, "envFrom")) {
        if (names(bl_json_get(entry, secret ? "secretRef" : "configMapRef"), "name", name))
            return true;
    }
    return false;
}

static bool pod_names(const cJSON *spec, bool secret, const char *name)
{
    static const char *const lists[] = {"containers", "initContainers"};
    const cJSON *item;

    cJSON_ArrayForEach(item, bl_json_get(spec, "volumes")) {
        if (volume_names(item, secret, name))
            return true;
    }
    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++) {
        cJSON_ArrayForEach(item, bl_json_get(spec, lists[i])) {
            if (container_names(item, secret, name))
                return true;
        }
    }
    cJSON_ArrayForEach(item, secret ? bl_json_get(spec, "imagePullSecrets") : NULL) {
        if (names(item, "name", name))
            return true;
    }
    return false;
}

static const char *account_of(const cJSON *spec)
{
    const char *account = bl_json_string(spec, "serviceAccountName");

    return account && *account ? account : bl_json_string(spec, "serviceAccount");
}

static bool binds(const cJSON *binding, const char *account)
{
    const cJSON *subject;

    cJSON_ArrayForEach(subject, bl_json_get(binding, "subjects")) {
        if (bl_text_eq(bl_json_string(subject, "kind"), "ServiceAccount") &&
            bl_text_eq(bl_json_string(subject, "name"), account))
            return true;
    }
    return false;
}

const char *bl_reference_of(const cJSON *workload, const cJSON *object)
{
    const cJSON *spec = bl_json_get(bl_object_pod(workload), "spec");
    const char *name = bl_object_ref(object).name, *account = account_of(spec);

    if (bl_object_is(object, "", "ServiceAccount"))
        return bl_text_eq(account, name) ? "is the account of" : NULL;
    if (bl_object_is(object, "rbac.authorization.k8s.io", "RoleBinding"))
        return account && binds(object, account) ? "gives its rights to" : NULL;
    if (bl_object_is(object, "", "Secret"))
        return pod_names(spec, true, name) ? "is used by" : NULL;
    return bl_object_is(object, "", "ConfigMap") && pod_names(spec, false, name) ? "is used by"
                                                                                 : NULL;
}

/* --- keys --- */

struct lost_key {
    const cJSON *before, *after;
    bool secret;
    const char *name; /* of the ConfigMap or Secret */
    const char *found;
};

static bool holds(const cJSON *object, const char *key)
{
    return bl_json_get(bl_json_get(object, "data"), key) ||
           bl_json_get(bl_json_get(object, "binaryData"), key) ||
           bl_json_get(bl_json_get(object, "stringData"), key);
}

static void need_key(struct lost_key *lost, const char *key)
{
    if (!lost->found && key && holds(lost->before, key) && !holds(lost->after, key))
        lost->found = key;
}

/* A volume calls a Secret by another key than a projected one does. */
static bool is_source(const struct lost_key *lost, const cJSON *source)
{
    return names(source, "name", lost->name) || names(source, "secretName", lost->name);
}

static void need_items(struct lost_key *lost, const cJSON *source)
{
    const cJSON *item;

    if (!is_source(lost, source))
        return;
    cJSON_ArrayForEach(item, bl_json_get(source, "items"))
        need_key(lost, bl_json_string(item, "key"));
}

/* What mounts one file of a volume gets an empty folder in its place. */
static void need_mounted(struct lost_key *lost, const cJSON *spec, const cJSON *volume)
{
    const cJSON *source = bl_json_get(volume, lost->secret ? "secret" : "configMap");
    const cJSON *container, *mount;

    if (bl_json_get(source, "items") || !is_source(lost, source))
        return;
    cJSON_ArrayForEach(container, bl_json_get(spec, "containers")) {
        cJSON_ArrayForEach(mount, bl_json_get(container, "volumeMounts")) {
            if (bl_text_eq(bl_json_string(mount, "name"), bl_json_string(volume, "name")))
                need_key(lost, bl_json_string(mount, "subPath"));
        }
    }
}

static void need_of_volumes(struct lost_key *lost, const cJSON *spec)
{
    const char *kind = lost->secret ? "secret" : "configMap";
    const cJSON *volume, *source;

    cJSON_ArrayForEach(volume, bl_json_get(spec, "volumes")) {
        need_items(lost, bl_json_get(volume, kind));
        need_mounted(lost, spec, volume);
        cJSON_ArrayForEach(source, bl_json_at(volume, "projected", "sources", NULL))
            need_items(lost, bl_json_get(source, kind));
    }
}

static void need_of_container(struct lost_key *lost, const cJSON *container)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_get(container, "env")) {
        const cJSON *from =
            bl_json_at(entry, "valueFrom", lost->secret ? "secretKeyRef" : "configMapKeyRef", NULL);

        if (names(from, "name", lost->name))
            need_key(lost, bl_json_string(from, "key"));
    }
}

const char *bl_reference_key_lost(const cJSON *workload, const cJSON *before, const cJSON *after)
{
    static const char *const lists[] = {"containers", "initContainers"};
    const cJSON *spec = bl_json_get(bl_object_pod(workload), "spec"), *container;
    struct lost_key lost = {.before = before,
                            .after = after,
                            .secret = bl_object_is(before, "", "Secret"),
                            .name = bl_object_ref(before).name};

    if (!lost.secret && !bl_object_is(before, "", "ConfigMap"))
        return NULL;
    need_of_volumes(&lost, spec);
    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++)
        cJSON_ArrayForEach(container, bl_json_get(spec, lists[i]))
            need_of_container(&lost, container);
    return lost.found;
}

static bool is_host_char(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_';
}

static bool text_names_host(const char *text, const char *name)
{
    size_t len = strlen(name);

    bl_budget_spend_text(strlen(text));
    for (const char *at = text; len && (at = strstr(at, name)); at += len) {
        bool namespace = at > text && at[-1] == '.' && bl_text_starts(at + len, ".svc");

        if (!namespace && (at == text || !is_host_char(at[-1])) &&
            (at[len] == '.' || at[len] == ':'))
            return true;
    }
    return false;
}

static bool texts_name_host(const cJSON *list, const char *name)
{
    const cJSON *text;

    cJSON_ArrayForEach(text, list) {
        if (cJSON_IsString(text) && text_names_host(text->valuestring, name))
            return true;
    }
    return false;
}

bool bl_names_host(const cJSON *workload, const char *name)
{
    const cJSON *container, *entry;

    cJSON_ArrayForEach(container, bl_json_at(bl_object_pod(workload), "spec", "containers", NULL)) {
        if (texts_name_host(bl_json_get(container, "command"), name) ||
            texts_name_host(bl_json_get(container, "args"), name))
            return true;
        cJSON_ArrayForEach(entry, bl_json_get(container, "env")) {
            const char *value = bl_json_string(entry, "value");

            if (value && text_names_host(value, name))
                return true;
        }
    }
    return false;
}
