#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/pointer.h"
#include "recognise.h"
#include "script.h"

/* What follows the property's name on this line, or NULL: "key = value", "key: value", "key value". */
static const char *line_value(const char *line, size_t len, const char *property)
{
    size_t key = strlen(property), at = 0;

    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    if (len - at <= key || strncmp(line + at, property, key) != 0)
        return NULL;
    at += key;
    if (!strchr("=: \t", line[at]))
        return NULL;
    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    if (at < len && (line[at] == '=' || line[at] == ':'))
        at++;
    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    return line + at;
}

char *bl_properties_get(const char *text, const char *property)
{
    char *found = NULL;

    for (const char *line = text; *line && !bl_budget_over();) {
        size_t len = strcspn(line, "\r\n");
        const char *value = line_value(line, len, property);

        bl_budget_spend_text(len);
        if (value) {
            size_t value_len = len - (size_t)(value - line);

            while (value_len && isspace((unsigned char)value[value_len - 1]))
                value_len--;
            free(found);
            found = bl_strndup(value, value_len);
        }
        line += len;
        line += strspn(line, "\r\n");
    }
    return found;
}

bool bl_properties_line(const char *text, const char *property, size_t *ret_line)
{
    size_t number = 0;
    bool found = false;

    for (const char *line = text; *line; number++) {
        size_t len = strcspn(line, "\n");

        if (line_value(line, len, property)) {
            *ret_line = number;
            found = true;
        }
        line += len + (line[len] == '\n');
    }
    return found;
}

bool bl_is_settings_file(const char *key)
{
    static const char *const endings[] = {".properties", ".config", ".cfg", ".conf", NULL};
    static const char *const others[] = {"log4j",    "logging",  "connect", "client",
                                         "producer", "consumer", "admin",   "tools",
                                         "logback",  "mirror",   "cruise",  NULL};
    bool fits = false;

    for (size_t i = 0; endings[i]; i++)
        fits |= bl_text_ends(key, endings[i]);
    for (size_t i = 0; others[i]; i++)
        fits &= strstr(key, others[i]) == NULL;
    return fits;
}

struct visit {
    bool (*each)(const struct bl_world_entry *map, const char *key, const char *text,
                 void *context);
    void *context;
};

static bool visit_config_map(const struct bl_workload *workload, const struct bl_world *world,
                             const cJSON *reference, const struct visit *visit)
{
    const struct bl_world_entry *map = bl_config_map_of(workload, world, reference);
    const cJSON *entry, *data = map ? bl_json_get(map->object, "data") : NULL;

    BL_JSON_EACH_MEMBER(entry, data) {
        if (cJSON_IsString(entry) && bl_is_settings_file(entry->string) &&
            visit->each(map, entry->string, entry->valuestring, visit->context))
            return true;
    }
    return false;
}

static bool visit_volume(const struct bl_workload *workload, const struct bl_world *world,
                         const cJSON *volume, const struct visit *visit)
{
    const cJSON *source;

    if (visit_config_map(workload, world, bl_json_get(volume, "configMap"), visit))
        return true;
    cJSON_ArrayForEach(source, bl_json_at(volume, "projected", "sources", NULL)) {
        if (visit_config_map(workload, world, bl_json_get(source, "configMap"), visit))
            return true;
    }
    return false;
}

bool bl_workload_each_properties(const struct bl_workload *workload, const struct bl_world *world,
                                 bool (*each)(const struct bl_world_entry *map, const char *key,
                                              const char *text, void *context),
                                 void *context)
{
    struct visit visit = {each, context};
    const cJSON *volume;

    if (!world)
        return false;
    cJSON_ArrayForEach(volume, bl_json_at(workload->pod, "spec", "volumes", NULL)) {
        if (visit_volume(workload, world, volume, &visit))
            return true;
    }
    return false;
}

/* "--override key=value" among the words of one argument or over two of them. */
static bool from_arguments(const struct bl_workload *workload, bool of_args, const char *property,
                           struct bl_setting *setting)
{
    const char *list = of_args ? "args" : "command";
    size_t len = strlen(property);
    bool override_before = false;

    for (size_t i = 0; i < workload->arguments.len && bl_budget_turn(); i++) {
        const struct bl_argument *argument = &workload->arguments.items[i];
        const char *text = argument->text;

        if (argument->of_args != of_args)
            continue;
        for (const char *at = text; (at = strstr(at, property)); at += len) {
            const char *before = at;

            while (before > text && strchr(" \t\"'\\\n=", before[-1]))
                before--;
            bool marked = before == text
                              ? override_before
                              : before - text >= 10 && !strncmp(before - 10, "--override", 10);
            if (!marked || at[len] != '=')
                continue;
            free(setting->value);
            free(setting->pointer);
            setting->value = bl_strndup(at + len + 1, strcspn(at + len + 1, " \t\"'\\\n"));
            setting->pointer =
                bl_asprintf("%s/%s/%zu", workload->container_pointer, list, argument->index);
        }
        override_before = bl_text_ends(text, "--override");
    }
    return setting->value != NULL;
}

/* Whole files of settings in one variable, as Strimzi hands them to ZooKeeper. */
static const char *const env_files[BL_SETTINGS_FILES] = {"KAFKA_CONFIGURATION",
                                                         "ZOOKEEPER_CONFIGURATION"};

/* Is a variable set at all? Charts write `value: ""` for "leave it to the broker". */
static bool is_set(const cJSON *entry)
{
    const char *value = bl_json_string(entry, "value");

    return (value && *value) || bl_json_get(entry, "valueFrom");
}

static void add_export(const struct bl_assignment *assignment, void *context)
{
    struct bl_workload *workload = context;
    struct bl_variable variable;

    if (!assignment->line && !bl_variable_read(assignment->name, &variable))
        return;
    if (assignment->fallback && is_set(bl_container_env(workload->container, assignment->name)))
        return;
    *BL_PUSH(&workload->exports) = (struct bl_export){
        .argument = workload->arguments.len - 1,
        .name = bl_strdup(assignment->name),
        .value = assignment->value ? bl_strdup(assignment->value) : NULL,
        .unset = assignment->unset,
        .line = assignment->line,
    };
}

/* Once, because every setting is looked for in them. */
static void find_arguments(struct bl_workload *workload, bool of_args, size_t *read)
{
    static const char *const telling[] = {"KAFKA_", "echo", "printf", "sed", NULL};
    const cJSON *entry;
    size_t index = 0;

    cJSON_ArrayForEach(entry, bl_json_get(workload->container, of_args ? "args" : "command")) {
        const char *text = cJSON_IsString(entry) ? entry->valuestring : "";
        struct bl_argument *argument = BL_PUSH(&workload->arguments);

        *argument = (struct bl_argument){of_args, index++, text, NULL};
        *read += strlen(text);
        if (*read > BL_SCRIPTS_MAX) {
            argument->text = "";
            continue;
        }
        if (strchr(text, '#'))
            argument->text = argument->code = bl_script_without_comments(text);
        if (bl_text_holds(text, telling))
            bl_script_assignments(text, add_export, workload);
    }
}

void bl_workload_find_variables(struct bl_workload *workload)
{
    size_t read = 0;

    find_arguments(workload, false, &read);
    find_arguments(workload, true, &read);
    const cJSON *entry, *env = bl_json_get(workload->container, "env");
    size_t index = 0;

    workload->variables.cap = bl_json_len(env);
    workload->variables.items = bl_alloc(workload->variables.cap, sizeof(struct bl_variable));
    cJSON_ArrayForEach(entry, env) {
        const char *name = bl_json_string(entry, "name");
        struct bl_variable variable = {.entry = entry, .index = index++};

        if (bl_variable_read(name, &variable))
            *BL_PUSH(&workload->variables) = variable;
        for (size_t i = 0; i < BL_SETTINGS_FILES; i++)
            if (bl_text_eq(name, env_files[i]))
                workload->files[i] = entry;
    }
}

/* "/data/server.properties"; for free(). */
static char *pointer_below(const char *map, const char *key)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf pointer = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_adds(&pointer, map);
    bl_pointer_add_key(&pointer, key);
    return bl_strbuf_take(&pointer);
}

/* What a variable names of a ConfigMap in sight. */
static bool from_config_map_key(const struct bl_workload *workload, const struct bl_world *world,
                                const cJSON *entry, struct bl_setting *setting)
{
    const cJSON *reference = bl_json_at(entry, "valueFrom", "configMapKeyRef", NULL);
    const struct bl_world_entry *map;
    const char *value = bl_config_map_value(workload, world, reference, &map);

    if (!value)
        return false;
    setting->value = bl_strdup(value);
    setting->pointer = pointer_below("/data", bl_json_string(reference, "key"));
    setting->elsewhere = map;
    return true;
}

/* Of variables with one name the last counts. */
static enum bl_setting_place from_variables(const struct bl_workload *workload,
                                            const struct bl_world *world, const char *property,
                                            struct bl_setting *setting)
{
    const struct bl_variable *found[BL_NAMINGS] = {NULL};

    for (size_t i = 0; i < workload->variables.len; i++) {
        const struct bl_variable *variable = &workload->variables.items[i];

        if (bl_variable_names(workload, variable, property))
            found[variable->bitnami ? BL_NAMING_BITNAMI : BL_NAMING_PLAIN] = variable;
    }
    for (size_t rank = 0; rank < BL_NAMINGS; rank++) {
        const struct bl_variable *variable = found[bl_variable_ranks(workload)[rank]];

        if (!variable || !is_set(variable->entry))
            continue;
        if (from_config_map_key(workload, world, variable->entry, setting))
            return BL_PLACE_CONFIG_MAP;
        setting->value = bl_variable_value(workload, variable->entry);
        setting->pointer = bl_asprintf("%s/env/%zu", workload->container_pointer, variable->index);
        return BL_PLACE_VARIABLE;
    }
    return (enum bl_setting_place)0;
}

/* In `env`. */
static size_t place_of(const struct bl_workload *workload, const cJSON *variable)
{
    const cJSON *entry = bl_json_get(workload->container, "env");
    size_t place = 0;

    for (entry = entry->child; entry != variable; entry = entry->next)
        place++;
    return place;
}

static bool from_env_file(const struct bl_workload *workload, const char *property,
                          struct bl_setting *setting)
{
    for (size_t i = 0; i < BL_SETTINGS_FILES; i++) {
        const char *text = bl_json_string(workload->files[i], "value");
        char *value = text ? bl_properties_get(text, property) : NULL;

        if (!value)
            continue;
        setting->value = value;
        setting->pointer = bl_asprintf("%s/env/%zu/value", workload->container_pointer,
                                       place_of(workload, workload->files[i]));
        return true;
    }
    return false;
}

struct search {
    const char *property;
    struct bl_setting *setting;
};

static bool search_text(const struct bl_world_entry *map, const char *key, const char *text,
                        void *context)
{
    struct search *search = context;
    char *value = bl_properties_get(text, search->property);

    if (!value)
        return false;
    search->setting->value = value;
    search->setting->pointer = pointer_below("/data", key);
    search->setting->elsewhere = map;
    return true;
}

/* `prefix` stands before each key; NULL: nothing does. */
static const cJSON *data_by_name(const struct bl_workload *workload, const cJSON *data,
                                 const char *prefix, const char *property)
{
    const enum bl_naming *rank = bl_variable_ranks(workload);
    const cJSON *found[BL_NAMINGS] = {NULL};
    const cJSON *entry;

    BL_JSON_EACH_MEMBER(entry, data) {
        BL_AUTO_FREE char *name =
            bl_budget_turn() ? bl_asprintf("%s%s", prefix ? prefix : "", entry->string) : NULL;
        struct bl_variable variable;

        if (cJSON_IsString(entry) && *entry->valuestring && bl_variable_read(name, &variable) &&
            bl_variable_names(workload, &variable, property))
            found[variable.bitnami ? BL_NAMING_BITNAMI : BL_NAMING_PLAIN] = entry;
    }
    return found[rank[0]] ? found[rank[0]] : found[rank[1]];
}

/* Variables that a ConfigMap gives as a whole: envFrom. */
static bool from_env_from(const struct bl_workload *workload, const struct bl_world *world,
                          const char *property, struct bl_setting *setting)
{
    const cJSON *source;

    cJSON_ArrayForEach(source, bl_json_get(workload->container, "envFrom")) {
        const struct bl_world_entry *map =
            bl_config_map_of(workload, world, bl_json_get(source, "configMapRef"));
        const cJSON *value = map ? data_by_name(workload, bl_json_get(map->object, "data"),
                                                bl_json_string(source, "prefix"), property)
                                 : NULL;

        if (!value)
            continue;
        setting->value = bl_strdup(value->valuestring);
        setting->pointer = pointer_below("/data", value->string);
        setting->elsewhere = map;
        return true;
    }
    return false;
}

static char *scalar_text(const cJSON *value)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(4096);

    if (cJSON_IsString(value))
        return bl_strdup(value->valuestring);
    bl_json_write(&text, value);
    return bl_strbuf_take(&text);
}

/* Strimzi's own resource for the cluster that a pod belongs to. */
static const struct bl_world_entry *kafka_resource(const struct bl_workload *workload,
                                                   const struct bl_world *world)
{
    const char *cluster = bl_json_string(workload->pod_labels, "strimzi.io/cluster");

    return cluster ? bl_world_find_entry(world, BL_WORLD_KAFKA, workload->ref.namespace, cluster)
                   : NULL;
}

/* spec.kafka.config, keyed by the property's own name. */
static bool from_kafka_resource(const struct bl_workload *workload, const struct bl_world *world,
                                const char *property, struct bl_setting *setting)
{
    const struct bl_world_entry *kafka = kafka_resource(workload, world);
    const cJSON *config = kafka ? bl_json_at(kafka->object, "spec", "kafka", "config", NULL) : NULL;
    const cJSON *value = bl_json_get(config, property);

    if (bl_json_is_null(value))
        return false;
    setting->value = scalar_text(value);
    setting->pointer = pointer_below("/spec/kafka/config", property);
    setting->elsewhere = kafka;
    return true;
}

/* A whole file that a start script writes: lines of their own within one argument. */
static bool from_script(const struct bl_workload *workload, const char *property,
                        struct bl_setting *setting)
{
    static const char *const lists[] = {"command", "args"};

    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++) {
        const cJSON *argument;
        size_t index = 0;

        cJSON_ArrayForEach(argument, bl_json_get(workload->container, lists[i])) {
            const char *text = cJSON_IsString(argument) ? argument->valuestring : "";
            char *value = strchr(text, '\n') ? bl_properties_get(text, property) : NULL;

            if (value) {
                setting->value = value;
                setting->pointer =
                    bl_asprintf("%s/%s/%zu", workload->container_pointer, lists[i], index);
                return true;
            }
            index++;
        }
    }
    return false;
}

static bool take_export(const struct bl_workload *workload, const struct bl_export *export,
                        struct bl_setting *setting)
{
    const struct bl_argument *argument = &workload->arguments.items[export->argument];

    setting->value = export->value ? bl_strdup(export->value) : NULL;
    setting->pointer = bl_asprintf("%s/%s/%zu", workload->container_pointer,
                                   argument->of_args ? "args" : "command", argument->index);
    return true;
}

/* What a start script exports outranks the environment that it was given. Of one script the last word counts. */
static bool from_exports(const struct bl_workload *workload, const char *property,
                         struct bl_setting *setting)
{
    const struct bl_export *found = NULL;

    for (size_t i = 0; i < workload->exports.len && bl_budget_turn(); i++) {
        const struct bl_export *export = &workload->exports.items[i];
        struct bl_variable variable;

        if (found && !found->unset && found->argument != export->argument)
            break;
        if (!export->line && bl_variable_read(export->name, &variable) &&
            bl_variable_names(workload, &variable, property))
            found = export;
    }
    return found && !found->unset && take_export(workload, found, setting);
}

/* `echo "log.dirs=/data" >> server.properties`: the file is what the broker reads in the end. */
static bool from_written_lines(const struct bl_workload *workload, const char *property,
                               struct bl_setting *setting)
{
    const struct bl_export *found = NULL;

    for (size_t i = 0; i < workload->exports.len && bl_budget_turn(); i++) {
        const struct bl_export *export = &workload->exports.items[i];

        if (export->line && strcmp(export->name, property) == 0)
            found = export;
    }
    return found && take_export(workload, found, setting);
}

/* The first place that has it counts; 0: nothing sets it. */
static enum bl_setting_place find_setting(const struct bl_workload *workload,
                                          const struct bl_world *world, const char *property,
                                          struct bl_setting *setting)
{
    struct search search = {property, setting};
    enum bl_setting_place place;

    if (from_arguments(workload, true, property, setting) ||
        from_arguments(workload, false, property, setting))
        return BL_PLACE_OVERRIDE;
    if (from_script(workload, property, setting) ||
        from_written_lines(workload, property, setting) ||
        from_exports(workload, property, setting))
        return BL_PLACE_SCRIPT;
    place = from_variables(workload, world, property, setting);
    if (place)
        return place;
    if (from_env_file(workload, property, setting))
        return BL_PLACE_VARIABLE;
    if (from_env_from(workload, world, property, setting) ||
        bl_workload_each_properties(workload, world, search_text, &search))
        return BL_PLACE_CONFIG_MAP;
    return from_kafka_resource(workload, world, property, setting) ? BL_PLACE_KAFKA
                                                                   : (enum bl_setting_place)0;
}

bool bl_workload_setting(const struct bl_workload *workload, const struct bl_world *world,
                         const char *property, struct bl_setting *ret_setting)
{
    *ret_setting = (struct bl_setting){0};
    ret_setting->place = find_setting(workload, world, property, ret_setting);
    return ret_setting->place != 0;
}

void bl_setting_release(struct bl_setting *setting)
{
    free(setting->value);
    free(setting->pointer);
    *setting = (struct bl_setting){0};
}

static bool any_text(BL_UNUSED const struct bl_world_entry *map, BL_UNUSED const char *key,
                     BL_UNUSED const char *text, BL_UNUSED void *context)
{
    return true;
}

bool bl_workload_configured(const struct bl_workload *workload, const struct bl_world *world)
{
    static const char *const telling[] = {"listeners",     "advertised.listeners",
                                          "process.roles", "zookeeper.connect",
                                          "broker.id",     "node.id"};

    for (size_t i = 0; i < BL_ARRAY_LEN(telling); i++) {
        BL_AUTO(bl_setting_release) struct bl_setting setting = {0};

        if (bl_workload_setting(workload, world, telling[i], &setting))
            return true;
    }
    return kafka_resource(workload, world) ||
           bl_workload_each_properties(workload, world, any_text, NULL);
}
