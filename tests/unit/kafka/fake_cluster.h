/**
 * A cluster of brokers behind one port, with a topic and a quorum; and whatever else a test has it say.
 *
 * It speaks to librdkafka and to our own connections alike, to as many as come. What is said wrongly is made up while
 * it is sent, so that its size is not in the memory of the test.
 */
#ifndef BALLAST_TEST_FAKE_CLUSTER_H
#define BALLAST_TEST_FAKE_CLUSTER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "ballast/base/attrs.h"

/* Which question is answered with something else. */
enum fake_question {
    FAKE_NONE,
    FAKE_HELLO,    /* ApiVersions */
    FAKE_BROKERS,  /* Metadata of no topics */
    FAKE_CLIENT,   /* Metadata of some topic, which librdkafka asks for */
    FAKE_TOPICS,   /* Metadata of all topics */
    FAKE_SETTINGS, /* DescribeConfigs of topics */
    FAKE_BROKER,   /* DescribeConfigs of a broker */
    FAKE_QUORUM,
    FAKE_MOVING, /* ListPartitionReassignments */
};

/* A body of Kafka's protocol, in the notation of wire_help.h. */
struct fake_lie {
    enum fake_question question;
    const char *head, *item; /* `item` is sent `times` times */
    size_t times;
    const char *tail;
    int pause_ms;    /* between any two bytes; 0: all at once */
    size_t promised; /* bytes that are said to come and do not */
};

struct fake_cluster {
    int32_t brokers; /* 1, 2, …, each at an address of its own, 127.0.0.1 and on */
    int delay_ms;    /* before each answer */
    struct fake_lie lie;

    char bootstrap[32];
    int fd, port;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the list of connections */
    struct fake_peer *peers;
    atomic_bool stop;
    atomic_size_t asked, sent; /* questions, and bytes of answers */
};

void fake_cluster_start(struct fake_cluster *cluster);
void fake_cluster_stop(struct fake_cluster *cluster);

#endif
