/* Which setting a variable names. */
#include <string.h>

#include "ballast/base/text.h"
#include "recognise.h"

/*
 * Bitnami's images, from Kafka 1 to 4, make KAFKA_CFG_* settings and nothing else; but of these they know the plain name as an
 * old one, and let it outrank the new one (kafka_create_alias_environment_variables in their libkafka.sh).
 */
static const char *const aliases[] = {"ADVERTISED_LISTENERS",
                                      "AUTO_CREATE_TOPICS_ENABLE",
                                      "BROKER_ID",
                                      "CONTROLLER_QUORUM_VOTERS",
                                      "DEFAULT_REPLICATION_FACTOR",
                                      "DELETE_TOPIC_ENABLE",
                                      "INTER_BROKER_LISTENER_NAME",
                                      "LISTENERS",
                                      "LISTENER_SECURITY_PROTOCOL_MAP",
                                      "LOG_DIRS",
                                      "LOG_FLUSH_INTERVAL_MESSAGES",
                                      "LOG_FLUSH_INTERVAL_MS",
                                      "LOG_MESSAGE_FORMAT_VERSION",
                                      "LOG_RETENTION_BYTES",
                                      "LOG_RETENTION_CHECK_INTERVALS_MS",
                                      "LOG_RETENTION_HOURS",
                                      "LOG_SEGMENT_BYTES",
                                      "MESSAGE_MAX_BYTES",
                                      "NODE_ID",
                                      "NUM_IO_THREADS",
                                      "NUM_NETWORK_THREADS",
                                      "NUM_PARTITIONS",
                                      "NUM_RECOVERY_THREADS_PER_DATA_DIR",
                                      "OFFSETS_TOPIC_REPLICATION_FACTOR",
                                      "PROCESS_ROLES",
                                      "SOCKET_RECEIVE_BUFFER_BYTES",
                                      "SOCKET_REQUEST_MAX_BYTES",
                                      "SOCKET_SEND_BUFFER_BYTES",
                                      "SSL_ENDPOINT_IDENTIFICATION_ALGORITHM",
                                      "TRANSACTION_STATE_LOG_MIN_ISR",
                                      "TRANSACTION_STATE_LOG_REPLICATION_FACTOR",
                                      "ZOOKEEPER_CONNECT",
                                      "ZOOKEEPER_CONNECTION_TIMEOUT_MS",
                                      NULL};

/* "MIN_INSYNC_REPLICAS" names "min.insync.replicas". */
static bool names_property(const char *name, const char *property)
{
    for (; *name && *property; name++, property++) {
        char c = *property;
        char letter = c == '.' || c == '-' ? '_' : (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);

        if (*name != letter)
            return false;
    }
    return !*name && !*property;
}

bool bl_variable_read(const char *name, struct bl_variable *ret_variable)
{
    static const char plain[] = "KAFKA_", bitnami[] = "CFG_";

    if (!name || strncmp(name, plain, sizeof(plain) - 1) != 0)
        return false;
    name += sizeof(plain) - 1;
    ret_variable->bitnami = strncmp(name, bitnami, sizeof(bitnami) - 1) == 0;
    ret_variable->name = ret_variable->bitnami ? name + sizeof(bitnami) - 1 : name;
    return true;
}

static bool is_bitnami(const struct bl_workload *workload)
{
    return bl_text_eq(workload->distribution, "bitnami");
}

bool bl_variable_names(const struct bl_workload *workload, const struct bl_variable *variable,
                       const char *property)
{
    return names_property(variable->name, property) &&
           (variable->bitnami || !is_bitnami(workload) || bl_text_in(variable->name, aliases));
}

const enum bl_naming *bl_variable_ranks(const struct bl_workload *workload)
{
    static const enum bl_naming bitnami[BL_NAMINGS] = {BL_NAMING_PLAIN, BL_NAMING_BITNAMI},
                                others[BL_NAMINGS] = {BL_NAMING_BITNAMI, BL_NAMING_PLAIN};

    return is_bitnami(workload) ? bitnami : others;
}
