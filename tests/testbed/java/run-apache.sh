#!/bin/bash
# Starts a node as the image apache/kafka does: KAFKA_* are its properties, and Kafka's own class for that image writes them
# and formats the storage the first time, for the cluster CLUSTER_ID.
set -e

[ -w /opt/kafka/config ] || {
    echo "/opt/kafka/config/ file not writable"
    exit 1
}
cat >/tmp/log4j2.properties <<'LOG'
rootLogger.level=WARN
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c)%n
logger.raft.name=kafka.server.KafkaRaftServer
logger.raft.level=INFO
LOG

# shellcheck disable=SC2206,SC2207 # what is split here are options
java=(java $(cat /opt/app/options) -Dlog4j2.configurationFile=/tmp/log4j2.properties)
result=$("${java[@]}" -Xmx128m kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
    --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config 2>&1) ||
    grep -i "already formatted" <<<"$result" || {
    echo "$result"
    exit 1
}
# shellcheck disable=SC2086
exec "${java[@]}" ${KAFKA_HEAP_OPTS:--Xms64m -Xmx256m} $KAFKA_OPTS kafka.Kafka /opt/kafka/config/server.properties
