#!/bin/bash
# Starts a ZooKeeper server as the images of Bitnami do: ZOO_SERVER_ID is its number, ZOO_SERVERS all of them as
# HOST:2888:3888::NUMBER. It is this process in the end.
set -e

data=/bitnami/zookeeper/data
mkdir -p $data
[ -s $data/myid ] || echo "${ZOO_SERVER_ID:-1}" >$data/myid
{
    echo "tickTime=${ZOO_TICK_TIME:-2000}"
    echo initLimit=10
    echo syncLimit=5
    echo dataDir=$data
    echo "clientPort=${ZOO_PORT_NUMBER:-2181}"
    echo "4lw.commands.whitelist=${ZOO_4LW_COMMANDS_WHITELIST:-srvr, mntr, ruok}"
    echo admin.enableServer=false
    for server in ${ZOO_SERVERS//,/ }; do
        echo "server.${server##*::}=${server%::*}"
    done
} >/tmp/zoo.cfg
cat >/tmp/logback.xml <<'LOG'
<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%d %level %msg \(%logger{0}\)%n</pattern></encoder></appender>
  <!-- Probes hang up. -->
  <logger name="org.apache.zookeeper.server.NIOServerCnxn" level="ERROR"/>
  <root level="WARN"><appender-ref ref="out"/></root>
</configuration>
LOG
# shellcheck disable=SC2046,SC2086
exec java -Xms32m -Xmx${ZOO_HEAP_SIZE:-96}m $(cat /opt/app/options) -Dlogback.configurationFile=/tmp/logback.xml $JVMFLAGS \
    org.apache.zookeeper.server.quorum.QuorumPeerMain /tmp/zoo.cfg
