/** Recognition's own parts; the answer is in ballast/policies/workload.h. */
#ifndef BALLAST_WORKLOAD_RECOGNISE_H
#define BALLAST_WORKLOAD_RECOGNISE_H

#include "ballast/workload/scene.h"

/** What one container gives away. */
struct bl_evidence {
    enum bl_role role; /* BROKER stands for any Kafka role here */
    enum bl_confidence confidence;
    char *signal; /* what decided; NULL for no role */
};

/** Looks at one container; `world` may be NULL. */
struct bl_evidence bl_container_evidence(const struct bl_workload *workload, const cJSON *container,
                                         const struct bl_world *world);

/** Is a word of the container's command or arguments this one? Words are path components. */
bool bl_container_runs(const cJSON *container, const char *word);
/** Does the text of its command and arguments hold this piece? */
bool bl_container_mentions(const cJSON *container, const char *text);

void bl_workload_signal(struct bl_workload *workload, const char *fmt, ...) BL_PRINTF(2, 3);

/** The steps after the container is known, in this order. */
void bl_workload_find_variables(struct bl_workload *workload);
void bl_workload_find_operator(struct bl_workload *workload);
void bl_workload_find_distribution(struct bl_workload *workload);
void bl_workload_find_kafka_role(struct bl_workload *workload, const struct bl_world *world);
void bl_workload_find_ports(struct bl_workload *workload, const struct bl_world *world);
void bl_workload_find_data(struct bl_workload *workload, const struct bl_world *world);
void bl_workload_find_selector(struct bl_workload *workload);

/** Has it a name that may name a property? Fills all but its entry and place. */
bool bl_variable_read(const char *name, struct bl_variable *ret_variable);
/** Is a part of it filled in when it runs, or by a tool before: "$(POD)", "${POD:-x}", "{{ x }}"? */
bool bl_holds_placeholder(const char *text);
/**
 * The text of an entry of `env` with what it takes from the entries before it; NULL: it comes from elsewhere, or cannot be told.
 * For free().
 */
char *bl_variable_value(const struct bl_workload *workload, const cJSON *entry);
/** The ConfigMap that a reference {name} of the pod means; NULL: it is not in sight. */
const struct bl_world_entry *bl_config_map_of(const struct bl_workload *workload,
                                              const struct bl_world *world, const cJSON *reference);
/** What that ConfigMap holds at the reference's key; NULL: it is not in sight, or has no such text. */
const char *bl_config_map_value(const struct bl_workload *workload, const struct bl_world *world,
                                const cJSON *reference, const struct bl_world_entry **ret_map);
/** Does the workload's image make this setting of it? */
bool bl_variable_names(const struct bl_workload *workload, const struct bl_variable *variable,
                       const char *property);
/** How a variable names a property. */
enum bl_naming { BL_NAMING_PLAIN, BL_NAMING_BITNAMI, BL_NAMINGS };
/** Which of them counts for the workload's image where both are there: the first of these. */
const enum bl_naming *bl_variable_ranks(const struct bl_workload *workload);

/** Calls `visit` with every text of broker settings in the ConfigMaps that the pod mounts; stops at true. */
bool bl_workload_each_properties(const struct bl_workload *workload, const struct bl_world *world,
                                 bool (*visit)(const struct bl_world_entry *map, const char *key,
                                               const char *text, void *context),
                                 void *context);

/**
 * The text of a ConfigMap that lists an ensemble's servers as "server.1=…": that of the key, or of the file beside it that its
 * dynamicConfigFile names. NULL: none does; `ret_elsewhere` tells that such a file is named and not there.
 */
const char *bl_servers_text(const struct bl_world_entry *map, const char *text,
                            bool *ret_elsewhere);

/** Is a ConfigMap's key a file of broker or ZooKeeper settings? */
bool bl_is_settings_file(const char *key);
/** The value of `property` in the text of a properties file, for free(), or NULL. The last one wins. */
char *bl_properties_get(const char *text, const char *property);

/** Does "A,B" hold the listener name "B"? Listener names are compared without case. */
bool bl_listener_in(const char *list, const char *name);

/** Is this a label that differs between pods or revisions of one workload? */
bool bl_label_is_volatile(const char *label);

/** Workloads by what they are called, so that a host in a list is not asked of each of them. */
enum bl_name_kind { BL_NAME_OWN, BL_NAME_SERVICE /* that governs them */, BL_NAME_KINDS };
struct bl_name_index;

/** Borrows the workloads. */
BL_NONNULL struct bl_name_index *bl_name_index_new(struct bl_workload *const *workloads,
                                                   size_t len);
void bl_name_index_free(struct bl_name_index *index);
/** How many have exactly this name, and their places, in order. */
size_t bl_name_index_find(const struct bl_name_index *index, enum bl_name_kind kind,
                          const char *text, size_t len, const size_t **ret_places);

/** Takes the text, for free(). */
typedef void (*bl_key_fn)(char *text, bool weak, void *context);
/**
 * Calls `take` with each text that a workload with a role has in common with members of its cluster and with nobody else;
 * one that is weak is what a chart calls things, and others may be called the same.
 */
void bl_workload_each_key(const struct bl_workload *workload, const struct bl_world *world,
                          bl_key_fn take, void *context);

/** Finds where each Kafka keeps its metadata, before they are grouped. */
void bl_scene_find_metadata(struct bl_scene *scene);
/** Fills ensembles, clusters and links from the scene's workloads. */
void bl_scene_group(struct bl_scene *scene);
/** What an operator calls the cluster; NULL: none made it. */
const char *bl_workload_operator_cluster(const struct bl_workload *workload);
/** Links ensembles of Kafka to those of ZooKeeper, once both are named. */
void bl_scene_link(struct bl_scene *scene);

#endif
