#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "observer.h"
#include "socket.h"

/*
 * Metadata lags: a broker that was killed stands in it for another 9 seconds or more, with all its replicas in
 * sync, and for good where the controllers have lost their quorum. So each broker is asked something
 * that only it answers.
 */

/* A broker that works answers in milliseconds. */
#define ANSWER_MS 3000
/* Brokers that are asked and have not answered yet: each answer may take a megabyte, and more once it is read. */
#define AT_ONCE 32

static void ask(rd_kafka_t *rk, size_t index, int32_t id, int at_most, rd_kafka_queue_t *queue)
{
    BL_AUTO(bl_admin_options_cleanup)
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    BL_AUTO_FREE char *name = bl_asprintf("%d", id);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, name);

    /* It cannot fail within its range, and then the default holds. */
    (void)rd_kafka_AdminOptions_set_request_timeout(options, at_most, NULL, 0);
    rd_kafka_AdminOptions_set_opaque(options, (void *)(uintptr_t)index);
    rd_kafka_DescribeConfigs(rk, &resource, 1, options, queue);
    rd_kafka_ConfigResource_destroy(resource);
}

/* Codes below 0 are librdkafka's own; "may not" and "do not know" are answers too. */
static bool is_answer(rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);

    return code >= RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
}

static void keep_answering(struct bl_cluster *cluster, const bool *answers)
{
    size_t kept = 0;

    for (size_t i = 0; i < cluster->brokers.len; i++) {
        if (answers[i])
            cluster->brokers.items[kept++] = cluster->brokers.items[i];
        else
            free(cluster->brokers.items[i].host); /* its rack is not known yet */
    }
    cluster->brokers.len = kept;
}

/* The next answer, or false once the time is over. */
static bool hear(rd_kafka_queue_t *queue, int at_most, bool *answers)
{
    BL_AUTO(bl_event_cleanup) rd_kafka_event_t *event = rd_kafka_queue_poll(queue, at_most);

    if (!event)
        return false;
    answers[(uintptr_t)rd_kafka_event_opaque(event)] = is_answer(event);
    return true;
}

void bl_brokers_probe(rd_kafka_t *rk, bl_nsec deadline, struct bl_cluster *cluster)
{
    BL_AUTO(bl_queue_cleanup) rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    size_t len = cluster->brokers.len;
    BL_AUTO_FREE bool *answers = bl_alloc(len, sizeof(*answers));

    for (size_t asked = 0, heard = 0; heard < len; heard++) {
        int at_most = bl_deadline_left(deadline, ANSWER_MS) + 1;

        for (; asked < len && asked < heard + AT_ONCE; asked++)
            ask(rk, asked, cluster->brokers.items[asked].id, at_most, queue);
        if (!hear(queue, bl_deadline_left(deadline, 2 * ANSWER_MS) + 1, answers))
            break;
    }
    keep_answering(cluster, answers);
}
