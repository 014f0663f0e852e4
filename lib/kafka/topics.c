#include <stdlib.h>

#include "ballast/base/mem.h"
#include "observer.h"
#include "wire/describe_configs.h"
#include "wire/metadata.h"

/* Topics asked about in one request: as many results as one answer may have. */
#define BATCH 1000
/* What a topic has until its answer came. */
#define UNKNOWN (-1)

static int ask_topics(struct bl_wire *wire, bl_nsec deadline, void *context, struct bl_error **err)
{
    return bl_wire_topics(wire, deadline, context, err);
}

static int ask_settings(struct bl_wire *wire, bl_nsec deadline, void *context,
                        struct bl_error **err)
{
    return bl_wire_describe_configs(wire, context, deadline, err);
}

static int refuse_settings(struct bl_error **err)
{
    bl_wrap(err, "could not read the settings of topics");
    if (bl_error_code(*err) != BL_ERR_FORBIDDEN)
        return -1;
    return bl_hint(err, "Allow the principal DescribeConfigs on all topics: kafka-acls.sh --add "
                        "--operation DescribeConfigs --operation Describe --topic '*' "
                        "--allow-principal …");
}

/* A topic that was deleted between the two requests is none of our business; one that is not told of would be lost. */
static int drop_gone(struct bl_cluster *cluster, struct bl_error **err)
{
    size_t kept = 0;

    for (size_t i = 0; i < cluster->topics.len; i++)
        if (cluster->topics.items[i].min_isr == UNKNOWN) {
            bl_fail(err, BL_ERR_UNAVAILABLE, "the broker does not tell min.insync.replicas of %s",
                    cluster->topics.items[i].name);
            return refuse_settings(err);
        }
    for (size_t i = 0; i < cluster->topics.len; i++) {
        struct bl_topic *topic = &cluster->topics.items[i];

        if (topic->min_isr == BL_WIRE_MIN_ISR_GONE)
            bl_topic_release(topic);
        else
            cluster->topics.items[kept++] = *topic;
    }
    cluster->topics.len = kept;
    return 0;
}

static int configure(struct bl_peers *peers, bl_nsec deadline, struct bl_cluster *cluster,
                     struct bl_error **err)
{
    for (size_t i = 0; i < cluster->topics.len; i++)
        cluster->topics.items[i].min_isr = UNKNOWN;
    for (size_t at = 0; at < cluster->topics.len; at += BATCH) {
        size_t left = cluster->topics.len - at;
        struct bl_wire_describe_configs_request request = {cluster, at,
                                                           left < BATCH ? left : BATCH};

        if (bl_peers_ask_each(peers, ask_settings, &request, deadline, err) < 0)
            return refuse_settings(err);
    }
    return drop_gone(cluster, err);
}

int bl_topics_look(struct bl_peers *peers, bl_nsec deadline, struct bl_cluster *cluster,
                   struct bl_error **err)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster found = {0};

    if (bl_peers_ask_each(peers, ask_topics, &found, deadline, err) < 0)
        return bl_wrap(err, "could not list the topics");
    if (configure(peers, deadline, &found, err) < 0)
        return -1;
    cluster->topics.items = found.topics.items;
    cluster->topics.len = found.topics.len;
    cluster->topics.cap = found.topics.cap;
    found = (struct bl_cluster){0};
    return 0;
}
