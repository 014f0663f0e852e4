/** What the verbs of the ledger share: see ledger.c. */
#ifndef BALLAST_TESTS_E2E_LEDGER_H
#define BALLAST_TESTS_E2E_LEDGER_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>

#include "ballast/base/clock.h"

struct ledger_words {
    const char **items;
    size_t len, cap;
};

struct ledger_options {
    const char *brokers, *topic, *file;
    long number, rate; /* a second */
    int partitions;
    bool follow;
    bl_nsec every;
    struct ledger_words configs, settings;
};

/** Were we told to end? */
bool ledger_ended(void);
_Noreturn void ledger_die(const char *what, const char *why);
bl_nsec ledger_now(void);
/** A signal cuts it short. */
void ledger_pause(bl_nsec span);

/** Takes `conf`. There is always a client, or no ledger any more. */
rd_kafka_t *ledger_client(const struct ledger_options *options, rd_kafka_type_t type,
                          rd_kafka_conf_t *conf);

int ledger_topic(const struct ledger_options *options);
int ledger_watch(const struct ledger_options *options);
int ledger_consume(const struct ledger_options *options);

#endif
