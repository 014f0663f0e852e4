#!/bin/bash
# Starts a broker or a controller as the images of Bitnami do: KAFKA_CFG_* are its properties, and it is this process
# in the end, so that SIGTERM is a controlled shutdown. With KAFKA_CFG_PROCESS_ROLES it needs no ZooKeeper, and its
# storage is formatted the first time, for the cluster KAFKA_KRAFT_CLUSTER_ID.
set -e

config=/tmp/server.properties
logs=${KAFKA_CFG_LOG_DIRS:=/bitnami/kafka/data}
export KAFKA_CFG_LOG_DIRS

for name in $(compgen -e KAFKA_CFG_); do
    [ -z "${!name}" ] || {
        key=${name#KAFKA_CFG_}
        key=${key,,}
        echo "${key//_/.}=${!name}"
    }
done >$config
[ -z "$KAFKA_INTER_BROKER_LISTENER_NAME" ] || echo "inter.broker.listener.name=$KAFKA_INTER_BROKER_LISTENER_NAME" >>$config
if [ -z "$KAFKA_CFG_BROKER_ID$KAFKA_CFG_NODE_ID" ]; then
    [ -n "$KAFKA_CFG_PROCESS_ROLES" ] && key=node.id || key=broker.id
    echo "$key=${KAFKA_BROKER_ID:-${HOSTNAME##*-}}" >>$config
fi

cat >/tmp/log4j.properties <<'LOG'
log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
log4j.logger.kafka.server.KafkaServer=INFO
log4j.logger.kafka.server.KafkaRaftServer=INFO
LOG
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
java=(java ${KAFKA_HEAP_OPTS:--Xms64m -Xmx256m} $(cat /opt/app/options) -Dlog4j.configuration=file:/tmp/log4j.properties
    -Dlog4j2.configurationFile=/tmp/log4j2.properties)
mkdir -p "$logs"
if [ -n "$KAFKA_CFG_PROCESS_ROLES" ] && [ ! -e "$logs/meta.properties" ]; then
    "${java[@]}" kafka.tools.StorageTool format -t "$KAFKA_KRAFT_CLUSTER_ID" -c $config
fi
# shellcheck disable=SC2086
exec "${java[@]}" $KAFKA_OPTS kafka.Kafka $config
