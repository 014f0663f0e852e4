/** What the verbs that ask brokers themselves share: their options, and who looks. */
#ifndef BALLAST_CLI_LIVE_BROKERS_H
#define BALLAST_CLI_LIVE_BROKERS_H

#include "ballast/kafka/observer.h"
#include "options.h"

struct cli_brokers {
    const char *bootstrap, *command_config; /* or NULL */
};

/** --bootstrap and --command-config, for the verb's struct cli_brokers `member`. */
#define CLI_BROKER_OPTIONS(struct_, member)                                                        \
    {                                                                                              \
        .name = "bootstrap",                                                                       \
        .value = "SERVERS",                                                                        \
        .type = BL_OPTION_TEXT,                                                                    \
        .offset = offsetof(struct_, member.bootstrap),                                             \
        .help = "brokers to ask first: HOST:PORT[,HOST:PORT…]; the others are found through them", \
    },                                                                                             \
    {                                                                                              \
        .name = "command-config", .value = "FILE", .type = BL_OPTION_TEXT,                         \
        .offset = offsetof(struct_, member.command_config), .is_path = true,                       \
        .help = "properties file with TLS and SASL settings, as Kafka's own tools take it",        \
    }

/** `bootstrap` was given. */
BL_CHECK int cli_observe(const struct cli_brokers *brokers, struct bl_observer **ret_observer,
                         struct bl_error **err);

#endif
