#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
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
    return BL_STORAGE_UNKNOWN;
}

/* Is `path` the folder itself or below it? */
static bool under(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    while (len > 1 && folder[len - 1] == '/')
        len--;
    return strncmp(path, folder, len) == 0 && (path[len] == '/' || !path[len] || len == 1);
}

/* The mount that a path lies on: the longest one above it. */
static const cJSON *mount_of(const cJSON *container, const char *path)
{
    const cJSON *mount, *best = NULL;
    size_t best_len = 0;

    cJSON_ArrayForEach(mount, bl_json_get(container, "volumeMounts")) {
        const char *mount_path = bl_json_string(mount, "mountPath");

        if (mount_path && under(path, mount_path) && strlen(mount_path) >= best_len) {
            best = mount;
            best_len = strlen(mount_path);
        }
    }
    return best;
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
    for (const char *at = setting.value; *at;) {
        size_t len = strcspn(at, ", ");

        if (len && at[0] == '/')
            add_path(workload, at, len);
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
    add_path(workload, value, strlen(value));
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

void bl_workload_find_data(struct bl_workload *workload, const struct bl_world *world)
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
