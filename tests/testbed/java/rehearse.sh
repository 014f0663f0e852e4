#!/bin/bash
# Runs inside an image that is being made: starts what it is for once and ends it, which writes the archive of classes
# that later starts need not read from jars. They take half the time.
#
#   rehearse.sh kafka|zookeeper VERSION
set -e

# ends_when PORT PID: told to end when it listens there, or has not for a minute.
ends_when() {
    for ((i = 0; i < 600; i++)); do
        ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || break
        sleep 0.1
    done
    sleep 1
    kill -TERM "$2"
    wait "$2" || true
}

archive=-XX:ArchiveClassesAtExit=/opt/app/new.jsa
if [ "$1" = zookeeper ]; then
    JVMFLAGS=$archive /run.sh &
    ends_when 2181 $!
else
    export KAFKA_CFG_OFFSETS_TOPIC_REPLICATION_FACTOR=1 KAFKA_CFG_LISTENERS=PLAINTEXT://127.0.0.1:9092
    case $2 in
    3.[0-8].*)
        # These have ZooKeeper with them.
        mkdir /tmp/zookeeper
        # shellcheck disable=SC2046
        java $(cat /opt/app/options) org.apache.zookeeper.server.ZooKeeperServerMain 2181 /tmp/zookeeper &
        export KAFKA_CFG_ZOOKEEPER_CONNECT=127.0.0.1:2181 KAFKA_CFG_BROKER_ID=1
        ;;
    *)
        export KAFKA_CFG_PROCESS_ROLES=broker,controller KAFKA_CFG_NODE_ID=1 KAFKA_KRAFT_CLUSTER_ID=cmVoZWFyc2FsLWJhbGxhc3
        export KAFKA_CFG_LISTENERS=$KAFKA_CFG_LISTENERS,CONTROLLER://127.0.0.1:9093
        export KAFKA_CFG_CONTROLLER_LISTENER_NAMES=CONTROLLER KAFKA_CFG_CONTROLLER_QUORUM_VOTERS=1@127.0.0.1:9093
        export KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
        ;;
    esac
    KAFKA_OPTS=$archive /run.sh &
    ends_when 9092 $!
fi
mv /opt/app/new.jsa /opt/app/classes.jsa
