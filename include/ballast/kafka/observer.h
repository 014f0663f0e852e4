/**
 * Looks at a live Kafka cluster.
 *
 * One observer stands for one cluster and keeps its connections. To look it needs the operation
 * Describe on the cluster and on topics, and DescribeConfigs on topics. Topics that it may not describe
 * are hidden by the brokers, so that what it sees is then not the whole cluster. It acts only by the
 * functions of admin.h.
 *
 * Not to be used by two threads at once.
 */
#ifndef BALLAST_KAFKA_OBSERVER_H
#define BALLAST_KAFKA_OBSERVER_H

#include "ballast/base/clock.h"
#include "ballast/base/error.h"
#include "ballast/kafka/facts.h"

/**
 * From now on this process connects to no broker or ZooKeeper server at a loopback, link-local, multicast or unspecified
 * address, whoever names it: an annotation, a Service, or a broker that advertises it. For programs that look at what
 * others say they run.
 */
void bl_reach_restrict(void);

/**
 * Does any of these accept a connection? It takes no client to know that none does. BL_ERR_UNAVAILABLE where none
 * did in time.
 */
BL_CHECK int bl_bootstrap_reach(const char *bootstrap, bl_nsec at_most, struct bl_error **err);

struct bl_observer;

/**
 * `at_most` bounds each look at the cluster, and each act on it. Strings are not kept. Of the two forms of
 * properties at most one is given; without any the connections are plaintext.
 */
struct bl_observer_settings {
    const char *bootstrap;      /* HOST:PORT[,HOST:PORT…] */
    const char *command_config; /* a properties file as Kafka's tools take it, or NULL */
    const char *properties;     /* text of such a file, as from a Secret, or NULL */
    bl_nsec at_most;
};

/** Reads the properties; connects to nobody yet. */
BL_CHECK int bl_observer_new(const struct bl_observer_settings *settings,
                             struct bl_observer **ret_observer, struct bl_error **err);
void bl_observer_free(struct bl_observer *observer);
BL_DEFINE_CLEANUP(struct bl_observer *, bl_observer_cleanup, bl_observer_free)

/**
 * Brokers, partitions and topic configs, as of now. Every broker is asked: one that is listed and does not
 * answer within three seconds counts as down. BL_ERR_UNAVAILABLE where no broker answers in time,
 * BL_ERR_FORBIDDEN where one does not let us. Racks, the quorum, reassignments and metadata.version stay unknown where a
 * broker does not tell them: that never fails the look. BL_ERR_TOO_LARGE for a cluster past a limit of limits.h, of which
 * the one that is met first is 4 MiB for all topics: 90,000 partitions with three replicas. The result is released with
 * bl_cluster_release().
 */
BL_CHECK int bl_observer_look(struct bl_observer *observer, struct bl_cluster *ret_cluster,
                              struct bl_error **err);

/** A folder that a broker keeps its logs in. */
struct bl_log_dir {
    char *path;
    int16_t error; /* Kafka's code, 0: none; 56: its disk failed */
    size_t replicas;
    int64_t bytes;         /* that they hold */
    int64_t total, usable; /* bytes of its disk; -1: not known, as before Kafka 3.3 */
};

/** What a folder holds of a topic; a topic may be in several. */
struct bl_log_topic {
    char *name;
    int64_t bytes;
};

struct bl_log_dirs {
    struct bl_log_dir *items;
    size_t len, cap;
    struct {
        struct bl_log_topic *items;
        size_t len, cap;
    } topics;
};

/** Bytes that the broker holds of the topic; 0: none. */
int64_t bl_log_dirs_bytes(const struct bl_log_dirs *dirs, const char *topic);
/** The least that is free on one of its disks; -1: not known. */
int64_t bl_log_dirs_usable(const struct bl_log_dirs *dirs);

/**
 * The folders of one broker, which was seen by the last look: asked for apart, since the answer names every
 * replica. BL_ERR_UNAVAILABLE where it does not come within three seconds, or `at_most`; BL_ERR_TOO_LARGE past 4 MiB,
 * which are 190,000 replicas. Released with bl_log_dirs_release().
 */
BL_CHECK int bl_observer_log_dirs(struct bl_observer *observer, int32_t broker,
                                  struct bl_log_dirs *ret_dirs, struct bl_error **err);
void bl_log_dirs_release(struct bl_log_dirs *dirs);

#endif
