#include "reader.h"

#include "ballast/kafka/limits.h"
#include "socket.h"

#define POLL_MS 100
#define OFFSETS_MS 5000

int bl_reader_open(struct bl_reader *reader, const struct bl_observer *observer,
                   struct bl_error **err)
{
    static const char *const reads[] = {
        "fetch.max.bytes", BL_ANSWER_MOST_FETCH, "fetch.wait.max.ms", "100", "check.crcs", "true",
        /* Of all partitions together, as they share a queue. */
        "queued.max.messages.kbytes", "4096", "queued.min.messages", "1000",
        /* The end of a log may be a marker, which nobody gets to see. */
        "enable.partition.eof", "true",
        /* What is gone while it is read is not passed over. */
        "auto.offset.reset", "error", NULL};

    reader->rk =
        bl_client_new(RD_KAFKA_CONSUMER, rd_kafka_conf_dup(rd_kafka_conf(observer->rk)), reads);
    if (!reader->rk)
        return bl_fail(err, BL_ERR_INTERNAL, "cannot make a Kafka client");
    (void)rd_kafka_brokers_add(reader->rk, observer->bootstrap);
    reader->queue = rd_kafka_queue_new(reader->rk);
    return 0;
}

void bl_reader_release(struct bl_reader *reader)
{
    if (reader->queue)
        rd_kafka_queue_destroy(reader->queue);
    if (reader->rk)
        rd_kafka_destroy(reader->rk);
    reader->queue = NULL;
    reader->rk = NULL;
}

int bl_reader_fail(const char *topic, int32_t partition, const char *why, struct bl_error **err)
{
    return bl_fail(err, BL_ERR_UNAVAILABLE, "could not read partition %s-%d: %s", topic, partition,
                   why);
}

bool bl_reader_is_final(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
           code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET;
}

int bl_reader_ends(const struct bl_reader *reader, const char *topic, int32_t partition,
                   int64_t *ret_begin, int64_t *ret_end, struct bl_error **err)
{
    rd_kafka_resp_err_t code;

    do {
        code = rd_kafka_query_watermark_offsets(reader->rk, topic, partition, ret_begin, ret_end,
                                                bl_deadline_left(reader->deadline, OFFSETS_MS));
    } while (code && !bl_reader_is_final(code) && bl_deadline_left(reader->deadline, 1) &&
             !bl_stop_wait(reader->stop, POLL_MS * BL_NSEC_MS));
    if (code)
        return bl_reader_fail(topic, partition, rd_kafka_err2str(code), err);
    if (*ret_begin < 0 || *ret_end < *ret_begin || *ret_end > BL_OFFSET_MOST)
        return bl_reader_fail(topic, partition, "its offsets make no sense", err);
    return 0;
}

int bl_reader_next(struct bl_reader *reader, const char *topic, int32_t partition,
                   rd_kafka_message_t **ret_message, struct bl_error **err)
{
    *ret_message = NULL;
    if (!bl_deadline_left(reader->deadline, 1))
        return bl_reader_fail(topic, partition,
                              reader->error ? rd_kafka_err2str(reader->error)
                                            : "its messages did not come in time",
                              err);
    if (bl_stop_raised(reader->stop))
        return bl_fail(err, BL_ERR_UNAVAILABLE, "we are stopping");
    *ret_message = rd_kafka_consume_queue(reader->queue, POLL_MS);
    if (*ret_message && (*ret_message)->err &&
        (*ret_message)->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        reader->error = (*ret_message)->err;
    return 0;
}
