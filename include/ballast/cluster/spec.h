/**
 * KafkaCluster (ballast.dev/v1alpha1): one object that brings a Helm chart's Kafka cluster up, proves it with messages, and
 * upgrades it. The tables are kind.c's; what a field means stands there, in the CRD and in docs/kafka-cluster.md.
 */
#ifndef BALLAST_CLUSTER_SPEC_H
#define BALLAST_CLUSTER_SPEC_H

#include "ballast/api/kind.h"

enum bl_approval {
    BL_APPROVAL_AUTOMATIC,
    BL_APPROVAL_MANUAL, /* waits for the annotation ballast.dev/approve with the plan's digest */
};

enum bl_drift {
    BL_DRIFT_WARN,
    BL_DRIFT_CORRECT,
    BL_DRIFT_IGNORE,
};

enum bl_adopt {
    BL_ADOPT_IF_OWNED, /* a release of this name, or objects that Helm's annotations give to it */
    BL_ADOPT_TAKE,     /* objects without a release, too */
    BL_ADOPT_NEVER,
};

enum bl_deletion_policy {
    BL_DELETION_RETAIN,
    BL_DELETION_UNINSTALL, /* claims stay */
};

enum bl_values_kind {
    BL_VALUES_SECRET,
    BL_VALUES_CONFIG_MAP,
};

/** Exactly one of the three is given. */
struct bl_cluster_chart {
    struct {
        char *url; /* oci://HOST/PATH */
        char *version;
        char *digest; /* sha256:…; NULL: whatever the version names */
    } oci;
    struct {
        char *url; /* https://HOST/PATH of an index.yaml */
        char *name;
        char *version;
    } repository;
    char *bundled; /* the name of a chart that the image ships: "kafka" */
};

struct bl_values_from {
    int kind; /* enum bl_values_kind */
    char *name;
    char *key; /* "values.yaml" where not given */
    char *
        target_path; /* a.b.c that the whole text becomes the value of; NULL: the text is YAML and merged */
    bool optional;
};

/** A prefix of images, in whole parts, and what stands in its place. */
struct bl_image_map {
    char *from, *to;
};

struct bl_cluster_images {
    bool check; /* each is asked for at its registry before anything starts */
    bool require_digest;
    char *registry;                 /* that they are taken from; NULL: where the chart says */
    struct bl_structs map;          /* of struct bl_image_map */
    struct bl_strings pull_secrets; /* that pods get beside the chart's */
};

/** Hours of the week, in UTC. */
struct bl_window {
    unsigned days;   /* from Monday, one bit each; 0: every day */
    char *start;     /* "22:30"; NULL: there is no window */
    int64_t minutes; /* that it lasts */
};

struct bl_cluster_spec {
    struct bl_cluster_chart chart;
    char *release_name; /* NULL: metadata.name */
    char *service_account;
    cJSON *values;
    struct bl_structs values_from; /* of struct bl_values_from */
    int adopt;                     /* enum bl_adopt */
    struct bl_cluster_images images;
    struct {
        char *kafka, *zookeeper; /* what the chart has to bring; NULL: whatever it does */
        char *metadata;          /* "Hold", as NULL; "Auto"; or a release of Kafka */
        char *protocol_value; /* a.b.c: the chart's value of inter.broker.protocol.version; NULL */
    } versions;
    struct {
        int approval;            /* enum bl_approval */
        struct bl_window window; /* in which an upgrade may begin */
        int64_t soak;            /* seconds between the last pod's readiness and the proof */
    } upgrade;
    struct {
        bool enabled;
        char *topic;
        int64_t messages;
        int64_t every_hours; /* 0: only when something was released */
    } verification;
    struct {
        char *bootstrap;     /* NULL: a Service of the release */
        char *client_config; /* Secret with client.properties; NULL: none */
    } connection;
    struct {
        char *plan; /* a KafkaBackupPlan; NULL: none */
        bool before_upgrade;
        int64_t max_age_hours; /* of the one before an upgrade */
    } backup;
    int drift;           /* enum bl_drift */
    int deletion_policy; /* enum bl_deletion_policy */
    bool suspend;
};

extern const struct bl_kind bl_kind_kafka_cluster;

/** Of `bl_cluster_metadata_wanted()`: whatever every broker knows. */
#define BL_METADATA_HIGHEST INT16_MAX

/** The level that metadata.version shall have once an upgrade is proven; 0: as it is. There is no way back from a higher one. */
int64_t bl_cluster_metadata_wanted(const struct bl_cluster_spec *spec);

/** Fills `spec` with the defaults, and with what the object says. Errors name the field. Release it either way. */
BL_CHECK int bl_cluster_spec_read(const struct bl_decode *from, const cJSON *object,
                                  struct bl_cluster_spec *spec, struct bl_error **err);
void bl_cluster_spec_release(struct bl_cluster_spec *spec);

/** Those fields that rewrite images, as JSON. */
BL_CHECK int bl_cluster_images_read(const char *text, struct bl_cluster_images *images,
                                    struct bl_error **err);
void bl_cluster_images_release(struct bl_cluster_images *images);

/** The release's name; `object` is the KafkaCluster. */
const char *bl_cluster_release_name(const struct bl_cluster_spec *spec, const cJSON *object);

#endif
