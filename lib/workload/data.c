#include <stdlib.h>
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/image.h"
#include "recognise.h"

/* Where the data lies: the folder that the process writes to, and the volume that is mounted there. */

static const cJSON *volume_named(const cJSON *list, const char *name, bool claim_template)
{
    const cJSON *volume;

    cJSON_ArrayForEach(volume, list) {
        const cJSON *named = claim_template ? bl_json_get(volume, "metadata") : volume;

        if (bl_text_eq(bl_json_string(named, "name"), name))
            return volume;
    }
    return NULL;
}

/* One for all pods of the template, whatever their number. */
static bool names_storage(const cJSON *volume)
{
    static const char *const sources[] = {"nfs",       "cephfs",         "azureFile",
                                          "glusterfs", "quobyte",        "awsElasticBlockStore",
                                          "azureDisk", "cinder",         "fc",
                                          "flocker",   "iscsi",          "gcePersistentDisk",
                                          "rbd",       "portworxVolume", "scaleIO",
                                          "storageos", "vsphereVolume"};

    for (size_t i = 0; i < BL_ARRAY_LEN(sources); i++)
        if (bl_json_get(volume, sources[i]))
            return true;
    return false;
}

static enum bl_storage storage_of(const struct bl_workload *workload, const char *volume_name)
{
    const cJSON *templates = bl_json_at(workload->object, "spec", "volumeClaimTemplates", NULL);
    const cJSON *volumes = bl_json_at(workload->pod, "spec", "volumes", NULL);
    const cJSON *volume = volume_named(volumes, volume_name, false);

    /* A claim template wins over a volume of the same name, as the StatefulSet controller has it. */
    if (volume_named(templates, volume_name, true) || bl_json_get(volume, "persistentVolumeClaim"))
        return BL_STORAGE_CLAIM;
    if (bl_json_get(volume, "emptyDir") || bl_json_get(volume, "ephemeral"))
        return BL_STORAGE_EPHEMERAL;
    if (bl_json_get(volume, "hostPath"))
        return BL_STORAGE_HOST;
    return names_storage(volume) ? BL_STORAGE_SHARED : BL_STORAGE_UNKNOWN;
}

/* A path without "//", "." and "..", as the kernel walks it where no link is on the way; for free(). */
static char *normal(const char *path)
{
    char *out = bl_alloc(strlen(path) + 2, 1);
    size_t end = 0;

    while (*path) {
        const char *part = path + strspn(path, "/");
        size_t len = strcspn(part, "/");

        path = part + len;
        if (len == 2 && strncmp(part, "..", 2) == 0) {
            while (end && out[--end] != '/')
                ;
        } else if (len && (len > 1 || *part != '.')) {
            out[end++] = '/';
            memcpy(out + end, part, len);
            end += len;
        }
    }
    out[end] = '\0';
    return out;
}

/* Is `path` the folder itself or below it? Both are normal: "" is the root. */
static bool under(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return strncmp(path, folder, len) == 0 && (path[len] == '/' || !path[len]);
}

/* The mount that a path lies on: the longest one above it. */
static const cJSON *mount_of(const cJSON *container, const char *path)
{
    BL_AUTO_FREE char *wanted = normal(path);
    const cJSON *mount, *best = NULL;
    size_t best_len = 0;

    cJSON_ArrayForEach(mount, bl_json_get(container, "volumeMounts")) {
        const char *mount_path = bl_budget_turn() ? bl_json_string(mount, "mountPath") : NULL;
        BL_AUTO_FREE char *folder = mount_path ? normal(mount_path) : NULL;

        if (folder && under(wanted, folder) && strlen(folder) >= best_len) {
            best = mount;
            best_len = strlen(folder);
        }
    }
    return best;
}

/* A look at what variables stand for; it ends, whatever they say. */
struct look {
    const cJSON *container;
    int left; /* variables that are still looked up; then it is not known */
};

static bool varies(struct look *look, const char *text, bool in_shell);

/* Does a field of the pod differ between the pods of one template? */
static bool field_varies(const char *path)
{
    static const char *const fields[] = {"metadata.name",
                                         "metadata.uid",
                                         "status.podIP",
                                         "status.podIPs",
                                         "status.hostIP",
                                         "status.hostIPs",
                                         "spec.nodeName",
                                         "metadata.labels['apps.kubernetes.io/pod-index']",
                                         "metadata.labels['statefulset.kubernetes.io/pod-name']",
                                         NULL};

    return bl_text_in(path, fields);
}

/* A variable that is not in sight may be anything. */
static bool variable_varies(struct look *look, const char *name, size_t len)
{
    BL_AUTO_FREE char *text = bl_strndup(name, len);
    const cJSON *entry = bl_container_env(look->container, text);
    const cJSON *from = bl_json_get(entry, "valueFrom");
    const char *value = bl_json_string(entry, "value");

    if (from && bl_json_get(from, "fieldRef"))
        return field_varies(bl_json_string(bl_json_get(from, "fieldRef"), "fieldPath"));
    if (from || !entry)
        return !from;
    return value && varies(look, value, false);
}

/* Names of variables are no longer than this. */
#define NAME_MAX_LEN 256
/* Nobody makes a path of more. */
#define VARIABLES_MAX 16

/* "$(NAME)" is filled in by the kubelet, and "$$(NAME)" is not; a shell fills more in. */
static bool varies(struct look *look, const char *text, bool in_shell)
{
    for (const char *at = text; (at = strchr(at, '$')); at++) {
        size_t len = at[1] == '(' ? strnlen(at + 2, NAME_MAX_LEN) : 0;
        const char *end = len ? memchr(at + 2, ')', len) : NULL;

        if (at[1] == '$')
            at++;
        else if (end ? !look->left-- || variable_varies(look, at + 2, (size_t)(end - at - 2))
                     : in_shell)
            return true;
    }
    return false;
}

static bool is_of_pod(const cJSON *container, const cJSON *mount, const char *path)
{
    struct look look = {container, VARIABLES_MAX};
    const char *expression = bl_json_string(mount, "subPathExpr");

    return (expression && varies(&look, expression, false)) || varies(&look, path, true);
}

static void add_path(struct bl_workload *workload, const char *path, size_t len)
{
    BL_AUTO_FREE char *folder = bl_strndup(path, len);
    const cJSON *mount = mount_of(workload->container, folder);
    const char *volume = bl_json_string(mount, "name");
    struct bl_data_volume *data = BL_PUSH(&workload->data);

    data->path = BL_STEAL(folder);
    data->volume = bl_strdup(volume ? volume : "");
    data->storage = volume ? storage_of(workload, volume) : BL_STORAGE_NONE;
    data->of_pod = is_of_pod(workload->container, mount, data->path);
}

char *bl_data_place(const struct bl_workload *workload, const struct bl_data_volume *data)
{
    const cJSON *mount = mount_of(workload->container, data->path);
    const char *below = bl_json_string(mount, "subPath"), *at = bl_json_string(mount, "mountPath");
    BL_AUTO_FREE char *path = normal(data->path);
    BL_AUTO_FREE char *folder = normal(at ? at : "");
    BL_AUTO_FREE char *part = normal(below ? below : "");

    if (!mount || data->of_pod)
        return NULL;
    return bl_asprintf("%s%s%s", data->volume, part, path + strlen(folder));
}

static void add_set_path(struct bl_workload *workload, const char *path, size_t len)
{
    add_path(workload, path, len);
    workload->data.items[workload->data.len - 1].set = true;
}

/* Bitnami's KAFKA_LOG_DIR is where the program writes its own log, and no setting of the broker. */
static bool is_program_log(const struct bl_workload *workload, const char *path)
{
    const char *own = bl_container_env_value(workload->container, "KAFKA_LOG_DIR");

    return own && strcmp(workload->distribution, "bitnami") == 0 && strcmp(own, path) == 0 &&
           !bl_container_env(workload->container, "KAFKA_CFG_LOG_DIR");
}

static bool add_setting_paths(struct bl_workload *workload, const struct bl_world *world,
                              const char *property)
{
    BL_AUTO(bl_setting_release) struct bl_setting setting = {0};

    if (!bl_workload_setting(workload, world, property, &setting) || !setting.value ||
        setting.value[0] != '/' || is_program_log(workload, setting.value))
        return false;
    for (const char *at = setting.value; *at && bl_budget_turn();) {
        size_t len = strcspn(at, ", ");

        if (len && at[0] == '/')
            add_set_path(workload, at, len);
        at += len;
        at += strspn(at, ", ");
    }
    return true;
}

static bool add_env_path(struct bl_workload *workload, const char *name)
{
    const char *value = bl_container_env_value(workload->container, name);

    if (!value || value[0] != '/')
        return false;
    add_set_path(workload, value, strlen(value));
    return true;
}

/* Where images keep their data when nobody tells them. */
static void add_default_path(struct bl_workload *workload)
{
    static const struct {
        const char *distribution;
        bool zookeeper;
        const char *path;
    } defaults[] = {
        {"bitnami", false, "/bitnami/kafka"},
        {"bitnami", true, "/bitnami/zookeeper"},
        {"confluent", false, "/var/lib/kafka/data"},
        {"confluent", true, "/var/lib/zookeeper/data"},
        {"apache", false, "/tmp/kraft-combined-logs"},
        {"pravega", true, "/data"},
    };
    bool zookeeper = workload->role == BL_ROLE_ZOOKEEPER;
    const char *image = bl_json_string(workload->container, "image");

    for (size_t i = 0; i < BL_ARRAY_LEN(defaults); i++) {
        if (defaults[i].zookeeper == zookeeper &&
            strcmp(defaults[i].distribution, workload->distribution) == 0) {
            add_path(workload, defaults[i].path, strlen(defaults[i].path));
            return;
        }
    }
    /* The official ZooKeeper image. */
    if (zookeeper && image && bl_container_env(workload->container, "ZOO_MY_ID"))
        add_path(workload, "/data", strlen("/data"));
}

/* With the folder unknown, what is mounted from a claim is where data would be. */
static void add_mounted_claims(struct bl_workload *workload)
{
    const cJSON *mount;

    cJSON_ArrayForEach(mount, bl_json_get(workload->container, "volumeMounts")) {
        const char *volume = bl_json_string(mount, "name"),
                   *path = bl_json_string(mount, "mountPath");

        if (volume && path && storage_of(workload, volume) == BL_STORAGE_CLAIM)
            add_path(workload, path, strlen(path));
    }
}

static bool any_claim(const struct bl_workload *workload)
{
    for (size_t i = 0; i < workload->data.len; i++)
        if (workload->data.items[i].storage == BL_STORAGE_CLAIM)
            return true;
    return false;
}

static void forget_paths(struct bl_workload *workload)
{
    for (size_t i = 0; i < workload->data.len; i++) {
        free(workload->data.items[i].path);
        free(workload->data.items[i].volume);
    }
    workload->data.len = 0;
}

static bool is_piece(const char *piece, size_t len, const char *text)
{
    return len == strlen(text) && strncmp(piece, text, len) == 0;
}

static bool is_official_zookeeper(const char *text)
{
    struct bl_image image = bl_image_parse(text ? text : "");

    return (!image.registry_len && is_piece(image.path, image.path_len, "zookeeper")) ||
           ((!image.registry_len || is_piece(image.registry, image.registry_len, "docker.io")) &&
            is_piece(image.path, image.path_len, "library/zookeeper"));
}

/* The start script of the official image, and Confluent's, write the file of settings where none is mounted. */
static const char *assumed_log(const struct bl_workload *workload, const struct bl_world *world)
{
    BL_AUTO(bl_setting_release) struct bl_setting file = {0};
    const char *image = bl_json_string(workload->container, "image");

    if (bl_workload_setting(workload, world, "dataDir", &file))
        return NULL;
    if (strcmp(workload->distribution, "confluent") == 0)
        return "/var/lib/zookeeper/log";
    return is_official_zookeeper(image) && !bl_json_len(bl_json_get(workload->container, "command"))
               ? "/datalog"
               : NULL;
}

/* What ZooKeeper has acknowledged since its last snapshot is in its transaction log alone. */
static void add_transaction_log(struct bl_workload *workload, const struct bl_world *world)
{
    const char *assumed;

    if (add_env_path(workload, "ZOO_DATA_LOG_DIR") ||
        add_env_path(workload, "ZOOKEEPER_DATA_LOG_DIR") ||
        add_setting_paths(workload, world, "dataLogDir"))
        return;
    assumed = any_claim(workload) ? assumed_log(workload, world) : NULL;
    if (!assumed)
        return;
    add_path(workload, assumed, strlen(assumed));
    workload->data.items[workload->data.len - 1].assumed = true;
}

static void find_data(struct bl_workload *workload, const struct bl_world *world)
{
    bool told;

    if (workload->role == BL_ROLE_ZOOKEEPER)
        told = add_env_path(workload, "ZOO_DATA_DIR") ||
               add_env_path(workload, "ZOOKEEPER_DATA_DIR") ||
               add_setting_paths(workload, world, "dataDir");
    else
        told = add_setting_paths(workload, world, "log.dirs") ||
               add_setting_paths(workload, world, "log.dir") ||
               add_env_path(workload, "KAFKA_LOG_DIRS");
    if (told)
        return;

    /* A guess must not condemn: if the default folder is not the one, look for what is mounted. */
    add_default_path(workload);
    if (!any_claim(workload)) {
        size_t guessed = workload->data.len;

        add_mounted_claims(workload);
        if (workload->data.len > guessed) {
            forget_paths(workload);
            add_mounted_claims(workload);
        }
    }
}

void bl_workload_find_data(struct bl_workload *workload, const struct bl_world *world)
{
    find_data(workload, world);
    if (workload->role == BL_ROLE_ZOOKEEPER)
        add_transaction_log(workload, world);
}
