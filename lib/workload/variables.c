/* Whether a broker is told its settings by variables, and how one is called. */
#include <ctype.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "recognise.h"

/* Images whose entry point makes each variable a line of the broker's settings. */
static const char *const told[] = {"apache", "confluent", "bitnami", NULL};

char *bl_workload_variable(const struct bl_workload *workload, const char *property)
{
    char *name;

    if (!workload->variables.len || !bl_text_in(workload->distribution, told))
        return NULL;
    name = bl_asprintf(
        "%s%s", strcmp(workload->distribution, "bitnami") == 0 ? "KAFKA_CFG_" : "KAFKA_", property);
    for (char *c = name; *c; c++)
        *c = *c == '.' ? '_' : (char)toupper((unsigned char)*c);
    return name;
}

/* A folder of keys, passwords or scripts. */
static bool holds_other_files(const char *path)
{
    static const char *const parts[] = {"cert",    "tls",      "ssl",        "jks",
                                        "secrets", "keystore", "truststore", "jaas",
                                        "kerb",    "script",   "jmx",        NULL};

    return bl_text_holds(path, parts);
}

/* Files whose content the manifest shows elsewhere, or nowhere. */
static bool shows_files(const cJSON *volume)
{
    static const char *const sources[] = {"configMap", "secret", "projected"};

    for (size_t i = 0; i < BL_ARRAY_LEN(sources); i++)
        if (bl_json_get(volume, sources[i]))
            return true;
    return false;
}

static const cJSON *volume_of(const struct bl_workload *workload, const char *name)
{
    const cJSON *volume;

    cJSON_ArrayForEach(volume, bl_json_at(workload->pod, "spec", "volumes", NULL)) {
        if (bl_text_eq(bl_json_string(volume, "name"), name))
            return volume;
    }
    return NULL;
}

/* A file by its name; a folder of files may hold any. */
static bool may_hold_settings(const struct bl_workload *workload, const cJSON *mount)
{
    const char *path = bl_json_string(mount, "mountPath");
    const char *below = bl_json_string(mount, "subPath"), *name = bl_json_string(mount, "name");

    if (!path || !name || bl_is_settings_file(bl_path_name(path)) ||
        (below && bl_is_settings_file(bl_path_name(below))))
        return true;
    return !below && !holds_other_files(path) && shows_files(volume_of(workload, name));
}

static bool has_settings_file(const struct bl_workload *workload)
{
    const cJSON *mount;

    for (size_t i = 0; i < BL_SETTINGS_FILES; i++)
        if (workload->files[i])
            return true;
    cJSON_ArrayForEach(mount, bl_json_get(workload->container, "volumeMounts")) {
        if (may_hold_settings(workload, mount))
            return true;
    }
    return false;
}

enum bl_telling bl_workload_telling(const struct bl_workload *workload)
{
    if (bl_container_mentions(workload->container, "kafka-server-start"))
        return BL_TELLING_COMMAND;
    if (has_settings_file(workload))
        return BL_TELLING_FILE;
    return workload->variables.len && bl_text_in(workload->distribution, told)
               ? BL_TELLING_VARIABLES
               : BL_TELLING_UNKNOWN;
}

bool bl_workload_told_by_variables(const struct bl_workload *workload)
{
    return bl_workload_telling(workload) == BL_TELLING_VARIABLES &&
           !bl_json_len(bl_json_get(workload->container, "envFrom"));
}
