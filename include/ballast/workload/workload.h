/**
 * What a workload is: recognition's answer.
 *
 * Recognition is pure and table-driven. It ranks evidence (process, broker configuration, operator
 * labels, ports, image) per container, so that a sidecar does not hide the broker and a client that
 * carries a broker image is not taken for one. Every fact that decided is kept as a signal.
 *
 * With a world it also reads mounted ConfigMaps. Without one it sees the object alone, as the webhook
 * does: edits are decided on that view only, so that equal objects always get equal patches.
 */
#ifndef BALLAST_WORKLOAD_WORKLOAD_H
#define BALLAST_WORKLOAD_WORKLOAD_H

#include "ballast/api/names.h"
#include "ballast/workload/world.h"

enum bl_role {
    BL_ROLE_NONE = 0,
    BL_ROLE_BROKER = 1,
    BL_ROLE_CONTROLLER = 2, /* KRaft controller only */
    BL_ROLE_COMBINED = 3,   /* KRaft broker and controller in one process */
    BL_ROLE_ZOOKEEPER = 4,
};

enum bl_confidence {
    BL_CONFIDENCE_NONE,
    BL_CONFIDENCE_LOW, /* reported, never mutated */
    BL_CONFIDENCE_MEDIUM,
    BL_CONFIDENCE_HIGH,
};

enum bl_purpose {
    BL_PURPOSE_OTHER,
    BL_PURPOSE_CLIENT,
    BL_PURPOSE_INTER_BROKER,
    BL_PURPOSE_CONTROLLER, /* the KRaft quorum */
    BL_PURPOSE_ZOOKEEPER_CLIENT,
    BL_PURPOSE_ZOOKEEPER_PEER,
    BL_PURPOSE_ZOOKEEPER_ELECTION,
    BL_PURPOSE_METRICS,
    BL_PURPOSE_JMX,
};

struct bl_port {
    int number;
    char *name; /* of the container port, or of the listener; "" where it has none */
    enum bl_purpose purpose;
    bool inter_broker; /* brokers talk to each other here, whatever else the port is for */
    bool main;         /* of the container that decided, not of a sidecar */
    bool declared;     /* under the container's ports */
    bool set; /* a setting has the port; otherwise only a name or number says what it is for */
};

enum bl_storage {
    BL_STORAGE_UNKNOWN,
    BL_STORAGE_CLAIM,     /* a volumeClaimTemplate or an existing claim */
    BL_STORAGE_EPHEMERAL, /* emptyDir or a generic ephemeral volume */
    BL_STORAGE_HOST,      /* hostPath or local */
    BL_STORAGE_SHARED, /* a disk or share that the pod template names itself: nfs, cephfs, azureFile */
    BL_STORAGE_NONE, /* no volume at that path: the container's own layer */
};

struct bl_data_volume {
    char *path;   /* of the data folder in the container, as it is written */
    char *volume; /* "" for BL_STORAGE_NONE */
    enum bl_storage storage;
    bool of_pod;  /* the path, or the subPathExpr of its mount, differs from pod to pod */
    bool assumed; /* nobody wrote it: where the image puts it */
    bool set;     /* by a setting that is in sight */
};

/* KAFKA_CFG_LOG_DIRS and KAFKA_LOG_DIRS name "log.dirs". */
struct bl_variable {
    const cJSON *entry;
    const char *name; /* what follows the prefix */
    size_t index;     /* in `env` */
    bool bitnami;     /* KAFKA_CFG_, which outranks the plain KAFKA_ */
};

/* One of the command's or args' texts. */
struct bl_argument {
    bool of_args;
    size_t index;
    const char *text; /* a shell's comments taken off; "" where it is longer than people write */
    char *code;       /* owns such a text; NULL: it is as it stands in the object */
};

/* What a start script exports, takes back, or writes to a file. */
struct bl_export {
    size_t argument; /* place among the arguments */
    char *name;
    char *value; /* NULL: not known */
    bool unset;
    bool line; /* a property that it writes to a file, and no variable */
};

/** Scripts of a container are read up to so many bytes in all: no more than people write. */
#define BL_SCRIPTS_MAX ((size_t)256 << 10)

#define BL_SETTINGS_FILES 2

/** Where a Kafka keeps its metadata. Two that keep them apart are no cluster, whatever they are called. */
enum bl_metadata_mode {
    BL_METADATA_UNKNOWN,
    BL_METADATA_ZOOKEEPER, /* or on its way from there, in a migration */
    BL_METADATA_KRAFT,
};

struct bl_metadata_place {
    enum bl_metadata_mode mode;
    bool quorum;  /* names one, whatever the mode */
    char *chroot; /* of zookeeper.connect, "" is none; NULL: not known */
    char *doubt;  /* why it is not known who keeps them; NULL: it is known */
};

struct bl_workload {
    const cJSON *object; /* borrowed, as everything that is const here */
    struct bl_ref ref;
    size_t index;            /* of the object in the world */
    const char *pod_pointer; /* "/spec/template" or "" */
    const cJSON *pod;
    const cJSON *pod_labels;
    int64_t replicas;

    enum bl_role role;
    enum bl_confidence confidence;
    const char *distribution; /* "bitnami", "strimzi", …, "unknown" */
    char *version;            /* Kafka's or ZooKeeper's own; NULL: not known */
    const char *owner;        /* "Strimzi", "Koperator", …: who owns it; NULL: nobody */
    const char *owner_kind;   /* of a controller that owns a Pod; NULL */
    bool opted_out;           /* would be recognised but for the label */
    bool distrusted; /* a policy takes nothing from its own words: see bl_workload_is_owned() */
    bool kraft;      /* knows that there is no ZooKeeper */

    const cJSON *container;
    const char *container_name;
    char *container_pointer;
    struct {
        struct bl_variable *items; /* those that name properties, in the container's order */
        size_t len, cap;
    } variables;
    struct {
        struct bl_argument *items; /* those of command, then those of args */
        size_t len, cap;
    } arguments;
    struct {
        struct bl_export *items; /* those that name properties or are some, in the scripts' order */
        size_t len, cap;
    } exports;
    const cJSON
        *files[BL_SETTINGS_FILES]; /* variables that hold whole files of settings; NULL: none */

    struct {
        struct bl_port *items;
        size_t len, cap;
    } ports;
    char *unreadable_listener; /* a listener whose port cannot be read from the manifest; NULL */
    struct {
        struct bl_data_volume *items;
        size_t len, cap;
    } data;
    struct {
        char **items;
        size_t len, cap;
    } signals;
    cJSON *selector; /* selects this workload's pods, now and in later revisions; NULL: no labels */

    /* Filled when workloads are grouped. */
    struct bl_metadata_place metadata; /* of Kafka */
    char *cluster;   /* "namespace/name" of the Kafka cluster; NULL: belongs to none */
    size_t ensemble; /* workloads of one role in one cluster share it */
};

/**
 * `world` may be NULL. Never fails: what cannot be told is BL_ROLE_NONE. With `distrusted` the label
 * ballast.dev/role: none does not count, and what the object says of its owner is no proof.
 */
BL_NONNULL struct bl_workload *bl_workload_recognise(const cJSON *object,
                                                     const struct bl_world *world, bool distrusted);
void bl_workload_free(struct bl_workload *workload);

/** Of the server whose settings a ConfigMap holds: BROKER for any of Kafka's; NONE: it holds none, or a client's. */
enum bl_role bl_config_map_role(const cJSON *map);

/** Does the object say that it is not Ballast's: opted out, an operator's, or made by a controller? Anybody can write that. */
bool bl_workload_speaks_for_itself(const cJSON *object);
/**
 * Is it an operator's, as far as anybody may say so of himself? Such a workload is told and never denied. One whose
 * `owner` is not believed is judged like any other; but nobody rewrites it, as an operator would write it back.
 */
bool bl_workload_is_owned(const struct bl_workload *workload);

/** Variables by which images of Kafka take the cluster's id, up to NULL. */
extern const char *const bl_cluster_id_variables[];
/** The id by its variables, those from ConfigMaps too. For free(); NULL: they do not tell it. */
char *bl_workload_cluster_id(const struct bl_workload *workload, const struct bl_world *world);
/** Does the container only wait (`sleep infinity`), whatever its image and settings are? */
bool bl_container_is_idle(const cJSON *container);

/** Broker or combined: stores partitions. */
bool bl_role_has_logs(enum bl_role role);
bool bl_workload_has_logs(const struct bl_workload *workload);
/** Is one of the Kafka roles, not ZooKeeper's. */
bool bl_workload_is_kafka(const struct bl_workload *workload);
/** The first port of the main container with this purpose, or NULL. */
const struct bl_port *bl_workload_port(const struct bl_workload *workload, enum bl_purpose purpose);

/** The number of a port that a container of the pod declares by this name; 0: none does. */
int bl_workload_named_port(const struct bl_workload *workload, const char *name);

const char *bl_role_name(enum bl_role role);
/** BL_ROLE_NONE also for a text that is no role; `*ret_known` tells. */
enum bl_role bl_role_parse(const char *text, bool *ret_known);
const char *bl_confidence_name(enum bl_confidence confidence);
const char *bl_purpose_name(enum bl_purpose purpose);

enum bl_setting_place {
    BL_PLACE_OVERRIDE = 1, /* --override in the command or its arguments */
    BL_PLACE_SCRIPT,       /* what a start script exports, or writes to a file */
    BL_PLACE_VARIABLE,     /* one of the container's, or one that holds a whole file */
    BL_PLACE_CONFIG_MAP,   /* a file of settings, or variables as a whole */
    BL_PLACE_KAFKA,        /* Strimzi's resource */
};

/**
 * Where on its volume a data folder lies, as "VOLUME/FOLDER", whatever path
 * it is mounted at. For free(); NULL: on no volume, or another one for each
 * pod.
 */
char *bl_data_place(const struct bl_workload *workload, const struct bl_data_volume *data);
/** Where an effective broker setting was found. */
struct bl_setting {
    enum bl_setting_place place;
    char *value; /* NULL: it is set, but from a Secret or field that the manifest does not show */
    char *
        pointer; /* into the workload's object, or into that of `elsewhere`; may be a text of several settings */
    /** The ConfigMap, or Strimzi's Kafka, that holds it; NULL where it is the workload. */
    const struct bl_world_entry *elsewhere;
};

/**
 * The effective value of a broker property ("min.insync.replicas"): process arguments, then the
 * environment as the distribution maps it (KAFKA_CFG_*, KAFKA_*, ZOO_*), then mounted ConfigMaps.
 * False where nothing sets it.
 */
bool bl_workload_setting(const struct bl_workload *workload, const struct bl_world *world,
                         const char *property, struct bl_setting *ret_setting);
void bl_setting_release(struct bl_setting *setting);
/** Does it take variables from Secrets, or from ConfigMaps that are not in sight? They may set anything. */
bool bl_workload_hides_variables(const struct bl_workload *workload, const struct bl_world *world);
/** The line, from 0, on which a text of settings sets this one; false: it does not. */
bool bl_properties_line(const char *text, const char *property, size_t *ret_line);
/** Is the broker's configuration in sight at all: an environment that configures it, or a ConfigMap? */
bool bl_workload_configured(const struct bl_workload *workload, const struct bl_world *world);

/** By what a broker's settings are told, where nothing sets one yet. */
enum bl_telling {
    BL_TELLING_UNKNOWN,
    BL_TELLING_VARIABLES, /* the image makes settings of them */
    BL_TELLING_FILE,      /* that is mounted, or may be */
    BL_TELLING_COMMAND,   /* kafka-server-start.sh, which passes the image's entry point by */
};
enum bl_telling bl_workload_telling(const struct bl_workload *workload);

/**
 * Does its image take settings from variables, and can nothing else hold some that the object does not show: a file that is
 * mounted, a source of variables as a whole, a command that passes the image's entry point by?
 */
bool bl_workload_told_by_variables(const struct bl_workload *workload);
/** "KAFKA_CFG_MIN_INSYNC_REPLICAS", as images that are told by variables take it; NULL: this one is not. For free(). */
char *bl_workload_variable(const struct bl_workload *workload, const char *property);

#endif
