#include "ballast/policies/losses.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

/* Two states of a namespace, and what members that run would lose between them. */

#define POD(labels, container)                                                                  \
    "'template':{'metadata':{'labels':{" labels "}},'spec':{'serviceAccountName':'kafka',"      \
    "'volumes':[{'name':'c','configMap':{'name':'settings'}},{'name':'o','configMap':{'name':'" \
    "extra','optional':true}},{'name':'p','projected':{'sources':[{'secret':{'name':'keys'}}]}" \
    "}],'containers':[" container "]}}"
#define SET(name, service, metadata, replicas, labels, container)                         \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'" name "'" metadata \
    "},'spec':{'replicas':" replicas ",'serviceName':'" service                           \
    "','selector':{'matchLabels':{" labels                                                \
    "}}," POD(labels, container) ",'volumeClaimTemplates':[{'metadata':{'name':'data'}}]}}"
#define ZK_BROKER                                                                               \
    "{'name':'k','image':'k:1','command':['kafka-server-start.sh'],'env':[{'name':"             \
    "'KAFKA_ZOOKEEPER_CONNECT','value':'zk:2181'},{'name':'KAFKA_ADVERTISED_LISTENERS',"        \
    "'value':'P://kafka-0-outside.k.svc:9092'}],'envFrom':[{'secretRef':{'name':'passwords'}}]" \
    ",'ports':[{'containerPort':9092}]}"
#define BROKER_AT(connect)                                                  \
    "{'name':'k','image':'k:1','command':['kafka-server-start.sh'],'env':[" \
    "{'name':'KAFKA_ZOOKEEPER_CONNECT','value':'" connect "'}],'ports':[{'containerPort':9092}]}"
#define KRAFT_BROKER                                                                              \
    "{'name':'k','image':'k:1','command':['kafka-server-start.sh'],'env':[{'name':"               \
    "'KAFKA_PROCESS_ROLES','value':'broker'},{'name':'KAFKA_CONTROLLER_QUORUM_VOTERS','value':'0" \
    "@c:9093'}],'ports':[{'containerPort':9092}]}"
#define CONTROLLER                                                                  \
    "{'name':'k','image':'k:1','command':['kafka-server-start.sh'],'env':[{'name':" \
    "'KAFKA_PROCESS_ROLES','value':'controller'}],'ports':[{'containerPort':9093}]}"
#define ZOOKEEPER \
    "{'name':'z','image':'z:1','command':['zkServer.sh'],'ports':[{'containerPort':2181}]}"
#define L(app) "'app':'" app "'"
#define BROKERS_WITH(metadata) SET("kafka", "kafka-headless", metadata, "3", L("kafka"), ZK_BROKER)
#define BROKERS BROKERS_WITH("")
#define ZK SET("zk", "zk-headless", "", "3", L("zk"), ZOOKEEPER)
#define OTHER_ZK SET("other", "other-headless", "", "3", L("other"), ZOOKEEPER)
#define NEW SET("kafka-controller", "kafka-controller-headless", "", "3", L("new"), KRAFT_BROKER)
#define SERVICE_WITH(name, metadata, more, selector)                                               \
    "{'apiVersion':'v1','kind':'Service','metadata':{'name':'" name "'" metadata "},'spec':{" more \
    "'selector':{" selector "}}}"
#define SERVICE(name, more, selector) SERVICE_WITH(name, "", more, selector)
#define HEADLESS "'clusterIP':'None',"
#define PORT(number) "'ports':[{'port':" number "}],"
#define PORTS(entry) "'ports':[{" entry "}],"
#define COMBINED                                                                                   \
    "{'name':'k','image':'k:1','command':['kafka-server-start.sh'],'env':[{'name':"                \
    "'KAFKA_PROCESS_ROLES','value':'broker,controller'},{'name':'KAFKA_CONTROLLER_QUORUM_VOTERS'," \
    "'value':'0@kafka-0.kafka-headless:9093'}],'ports':[{'containerPort':9092}]}"
#define EXPORTED                                                                           \
    ZK_BROKER ",{'name':'jmx-exporter','image':'bitnami/jmx-exporter:1','ports':[{'name':" \
              "'metrics','containerPort':5556}]}"
#define CONTROLLERS SET("c", "c", "", "3", L("c"), CONTROLLER)
#define AS(container) SET("kafka", "kafka-headless", "", "3", L("kafka"), container)
/* Of the set, by the labels that it was made with; before alone, and beside what is compared. */
#define MADE(name, labels)                                                            \
    "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'" name                       \
    "-0','namespace':'k','labels':{" labels                                           \
    "},'ownerReferences':[{'apiVersion':'apps/v1','kind':'StatefulSet','name':'" name \
    "','controller':true}]}}"
#define IN(namespace) "','namespace':'" namespace
#define OF_POD(name) "'statefulset.kubernetes.io/pod-name':'" name "'"
#define DOOR(selector) SERVICE("kafka", PORT("9092"), selector)
#define OUTSIDE(n) SERVICE("outside-" n, PORT("9092"), OF_POD("kafka-" n))
#define OTHER(version, kind, name) \
    "{'apiVersion':'" version "','kind':'" kind "','metadata':{'name':'" name "'}}"
#define BINDING(name, role)                                                                       \
    "{'apiVersion':'rbac.authorization.k8s.io/v1','kind':'RoleBinding','metadata':{'name':'" name \
    "'},'roleRef':{'kind':'Role','name':'" role                                                   \
    "'},'subjects':[{'kind':'ServiceAccount','name':'kafka'}]}"
#define VOTING_AS(voters, more)                                                             \
    "{'name':'k','image':'k:1','command':['kafka-server-start.sh'],'env':[{'name':"         \
    "'KAFKA_PROCESS_ROLES','value':'controller'},{'name':'KAFKA_CONTROLLER_QUORUM_VOTERS'," \
    "'value':'" voters "'}" more "],'ports':[{'containerPort':9093}]}"
#define VOTING(voters) AS(VOTING_AS(voters, ""))
#define WITH_ID(id) AS(VOTING_AS("0@a:1", ",{'name':'CLUSTER_ID','value':'" id "'}"))
#define BROKER_RUNS(command)                                                   \
    AS("{'name':'k','image':'bitnami/kafka:3.4.0'," command ",'env':[{'name':" \
       "'KAFKA_CFG_ZOOKEEPER_CONNECT','value':'zk:2181'}],'ports':[{'containerPort':9092}]}")
#define NEEDS_KEYS                                                                           \
    AS("{'name':'k','image':'k:1','command':['kafka-server-start.sh'],'env':[{'name':"       \
       "'KAFKA_ZOOKEEPER_CONNECT','valueFrom':{'configMapKeyRef':{'name':'settings','key':"  \
       "'zookeeper'}}},{'name':'X','valueFrom':{'configMapKeyRef':{'name':'settings','key':" \
       "'x','optional':true}}}],'volumeMounts':[{'name':'c','mountPath':'/f','subPath':"     \
       "'log4j'}],'ports':[{'containerPort':9092}]}")
#define ID_FROM_MAP                                                                       \
    AS(VOTING_AS("0@a:1", ",{'name':'CLUSTER_ID','valueFrom':{'configMapKeyRef':{'name':" \
                          "'settings','key':'id'}}}"))
#define DATA_IN(mount, folders)                                                                  \
    AS("{'name':'k','image':'k:1','command':['kafka-server-start.sh'],'env':[{'name':"           \
       "'KAFKA_ZOOKEEPER_CONNECT','value':'zk:2181'},{'name':'KAFKA_LOG_DIRS','value':'" folders \
       "'}],'volumeMounts':[{'name':'data','mountPath':'" mount                                  \
       "'}],'ports':[{'containerPort':9092}]}")
#define KEYS(data) \
    "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'settings'},'data':{" data "}}"
#define ALLOWED ",'annotations':{'ballast.dev/allow-deletion':'true'}"
#define OWNED                                                   \
    ",'ownerReferences':[{'apiVersion':'platform.confluent.io/" \
    "v1beta1','kind':'Kafka','controller':true}]"

static const struct {
    const char *why, *before, *after;
    const char *lost[4]; /* a piece of each message, in their order; none: nothing is lost */
} rows[] = {
    {"nothing changes", BROKERS, BROKERS, {NULL}},
    {"a set goes",
     BROKERS "," ZK,
     BROKERS,
     {"StatefulSet \"zk\", which runs 3 of role zookeeper, would be taken away"}},
    {"renamed",
     BROKERS,
     NEW,
     {"would be taken away; StatefulSet \"kafka-controller\" would begin beside it, with no data"}},
    {"one that is stopped", SET("kafka", "h", "", "0", L("kafka"), ZK_BROKER), "", {NULL}},
    {"one that may go", BROKERS_WITH(ALLOWED), "", {NULL}},
    {"one that an operator owns", BROKERS_WITH(OWNED), "", {NULL}},
    {"no Kafka", SET("web", "w", "", "3", L("web"), "{'name':'w','image':'nginx'}"), "", {NULL}},
    {"to KRaft without controllers",
     BROKERS,
     SET("kafka", "kafka-headless", "", "3", L("kafka"), KRAFT_BROKER),
     {"would start in KRaft mode, without them"}},
    {"to KRaft in a migration",
     BROKERS "," SET("c", "c", "", "3", L("c"), CONTROLLER),
     SET("kafka", "kafka-headless", "", "3", L("kafka"), KRAFT_BROKER) "," SET("c", "c", "", "3",
                                                                               L("c"), CONTROLLER),
     {NULL}},
    {"back to ZooKeeper, which is gone",
     SET("kafka", "h", "", "3", L("kafka"), KRAFT_BROKER),
     SET("kafka", "h", "", "3", L("kafka"), ZK_BROKER),
     {"would look for them in ZooKeeper"}},
    {"back to ZooKeeper, which is there",
     SET("kafka", "h", "", "3", L("kafka"), KRAFT_BROKER) "," ZK,
     SET("kafka", "h", "", "3", L("kafka"), ZK_BROKER) "," ZK,
     {NULL}},
    {"another role",
     BROKERS,
     SET("kafka", "h", "", "3", L("kafka"), ZOOKEEPER),
     {"runs role broker and would run zookeeper on the same disks"}},
    {"beside it, for a migration",
     BROKERS,
     BROKERS "," SET("c", "c", "", "3", L("c"), CONTROLLER),
     {NULL}},
    {"another path of ZooKeeper",
     BROKERS,
     AS(BROKER_AT("zk:2181/kafka")),
     {"would look for its metadata under another path of ZooKeeper"}},
    {"the root, written out", BROKERS, AS(BROKER_AT("zk:2181/")), {NULL}},
    {"another server of the same ZooKeeper",
     BROKERS "," ZK,
     AS(BROKER_AT("zk-1.zk-headless:2181,zk-0.zk-headless.default.svc:2181")) "," ZK,
     {NULL}},
    {"another ZooKeeper",
     BROKERS "," ZK "," OTHER_ZK,
     AS(BROKER_AT("other:2181")) "," ZK "," OTHER_ZK,
     {"would look for its metadata in another ZooKeeper"}},
    {"another ZooKeeper that is not in sight",
     BROKERS "," ZK,
     AS(BROKER_AT("other:2181")) "," ZK,
     {NULL}},
    {"beside it, a node pool", BROKERS, BROKERS "," NEW, {NULL}},
    {"a selector that nobody has",
     BROKERS "," SERVICE("kafka", "", L("kafka")),
     BROKERS "," SERVICE("kafka", "", L("kafka") ",'part-of':'kafka'"),
     {"Service \"kafka\" would select {\"app\":\"kafka\",\"part-of\":\"kafka\"}, which no pod that "
      "runs has"}},
    {"blue to green",
     BROKERS "," NEW "," SERVICE("kafka", "", L("kafka")),
     BROKERS "," NEW "," SERVICE("kafka", "", L("new")),
     {NULL}},
    {"to green that is made just now",
     BROKERS "," SERVICE("kafka", "", L("kafka")),
     BROKERS "," NEW "," SERVICE("kafka", "", L("new")),
     {"Service \"kafka\" would select"}},
    {"a Service of others", BROKERS "," SERVICE("web", "", L("web")), BROKERS, {NULL}},
    {"the Service of their names",
     BROKERS "," SERVICE("kafka-headless", HEADLESS, L("kafka")),
     BROKERS,
     {"Service \"kafka-headless\" would be deleted, and gives its pods their names: StatefulSet "
      "\"kafka\""}},
    {"the only door",
     BROKERS "," SERVICE("kafka", "", L("kafka")),
     BROKERS,
     {"is the only way for clients to find it"}},
    {"another Service before the same port",
     BROKERS
     "," SERVICE("kafka", PORT("9092"), L("kafka")) "," SERVICE("more", PORT("9092"), L("kafka")),
     BROKERS "," SERVICE("more", PORT("9092"), L("kafka")),
     {NULL}},
    {"one for metrics is no way in",
     BROKERS "," SERVICE("kafka", PORT("9092"), L("kafka")) "," SERVICE("metrics", PORT("5556"),
                                                                        L("kafka")),
     BROKERS "," SERVICE("metrics", PORT("5556"), L("kafka")),
     {"is the only way for clients to find it"}},
    {"one of two doors",
     BROKERS "," SERVICE("kafka", "", L("kafka")) "," SERVICE("more", "", L("kafka")),
     BROKERS "," SERVICE("more", "", L("kafka")),
     {NULL}},
    {"a broker's own, which it advertises",
     BROKERS "," SERVICE("kafka-0-outside", "",
                         "'statefulset.kubernetes.io/pod-name':'kafka-0'") "," SERVICE("kafka", "",
                                                                                       L("kafka")),
     BROKERS "," SERVICE("kafka", "", L("kafka")),
     {"is named in its settings"}},
    {"a Service that may go",
     BROKERS "," SERVICE_WITH("kafka", ALLOWED, "", L("kafka")),
     BROKERS,
     {NULL}},
    {"with its set, told once",
     BROKERS "," SERVICE("kafka", "", L("kafka")),
     "",
     {"StatefulSet \"kafka\""}},
    {"what is mounted",
     BROKERS "," OTHER("v1", "ConfigMap", "settings"),
     BROKERS,
     {"ConfigMap \"settings\" would be deleted, and is used by StatefulSet \"kafka\""}},
    {"what is mounted if it is there",
     BROKERS "," OTHER("v1", "ConfigMap", "extra"),
     BROKERS,
     {NULL}},
    {"a Secret among others",
     BROKERS "," OTHER("v1", "Secret", "keys"),
     BROKERS,
     {"Secret \"keys\""}},
    {"a Secret of variables",
     BROKERS "," OTHER("v1", "Secret", "passwords"),
     BROKERS,
     {"Secret \"passwords\""}},
    {"a Secret of others", BROKERS "," OTHER("v1", "Secret", "x"), BROKERS, {NULL}},
    {"its account",
     BROKERS "," OTHER("v1", "ServiceAccount", "kafka"),
     BROKERS,
     {"is the account of StatefulSet \"kafka\""}},
    {"its rights",
     BROKERS "," BINDING("b", "r"),
     BROKERS,
     {"gives its rights to StatefulSet \"kafka\""}},
    {"all of it is stopped",
     BROKERS,
     SET("kafka", "kafka-headless", "", "0", L("kafka"), ZK_BROKER),
     {"which runs 3 of role broker, would be scaled to 0"}},
    {"and that is meant",
     BROKERS,
     SET("kafka", "kafka-headless", ALLOWED, "0", L("kafka"), ZK_BROKER),
     {NULL}},
    {"other voters",
     VOTING("0@a:1,1@b:1,2@c:1"),
     VOTING("5@a:1, 6@b:1,7@c:1"),
     {"would have other voters of its quorum: 3 less, and 3 more, of whom none knows the "
      "metadata"}},
    {"fewer voters", VOTING("0@a:1,1@b:1,2@c:1"), VOTING("0@a:1"), {"2 less, and 0 more"}},
    {"more voters", VOTING("0@a:1"), VOTING("0@a:1,1@b:1,2@c:1"), {"0 less, and 2 more"}},
    {"the same voters by other names", VOTING("0@a:1,1@b:1"), VOTING("1@y:1,0@x:1"), {NULL}},
    {"voters that are filled in later", VOTING("0@a:1,1@b:1"), VOTING("$(VOTERS)"), {NULL}},
    {"another cluster id in a ConfigMap",
     ID_FROM_MAP "," KEYS("'id':'a'"),
     ID_FROM_MAP "," KEYS("'id':'b'"),
     {"would have another cluster id"}},
    {"the id goes into a ConfigMap", WITH_ID("a"), ID_FROM_MAP "," KEYS("'id':'a'"), {NULL}},
    {"voters of brokers",
     AS(KRAFT_BROKER),
     AS("{'name':'k','image':'k:1','command':['kafka-server-start.sh'],'env':[{'name':"
        "'KAFKA_PROCESS_ROLES','value':'broker'},{'name':'KAFKA_CONTROLLER_QUORUM_VOTERS','value':"
        "'7@c:9093'}],'ports':[{'containerPort':9092}]}"),
     {"1 less, and 1 more"}},
    {"another folder",
     DATA_IN("/d", "/d/a"),
     DATA_IN("/d", "/d/b"),
     {"would leave the data in /d/a behind"}},
    {"one of two folders", DATA_IN("/d", "/d/a,/d/b"), DATA_IN("/d", "/d/a"), {"the data in /d/b"}},
    {"one more folder", DATA_IN("/d", "/d/a"), DATA_IN("/d", "/d/b,/d/a"), {NULL}},
    {"the same folder at another path", DATA_IN("/d", "/d/a"), DATA_IN("/e", "/e/a"), {NULL}},
    {"a Service that its callers name",
     BROKERS "," ZK
             "," SERVICE("zk", PORT("2181"), L("zk")) "," SERVICE("other", PORT("2181"), L("zk")),
     BROKERS "," ZK "," SERVICE("other", PORT("2181"), L("zk")),
     {"Service \"zk\" would be deleted, and is named in the settings of StatefulSet \"kafka\": "
      "StatefulSet \"zk\", which runs"}},
    {"a Service that its callers name no more",
     BROKERS "," ZK
             "," SERVICE("zk", PORT("2181"), L("zk")) "," SERVICE("other", PORT("2181"), L("zk")),
     AS(BROKER_AT("other:2181")) "," ZK "," SERVICE("other", PORT("2181"), L("zk")),
     {NULL}},
    {"a Service that is called as their namespace is",
     AS(BROKER_AT("zk-0.zk-headless.kafka.svc:2181")) "," DOOR(L("kafka")) "," SERVICE(
         "more", PORT("9092"), L("kafka")),
     AS(BROKER_AT("zk-0.zk-headless.kafka.svc:2181")) "," SERVICE("more", PORT("9092"), L("kafka")),
     {NULL}},
    {"a ZooKeeper that is made with it",
     BROKERS "," ZK,
     AS(BROKER_AT("other:2181")) "," ZK "," OTHER_ZK "," SERVICE("other", PORT("2181"), L("other")),
     {"would look for its metadata in another ZooKeeper"}},
    {"another cluster id", WITH_ID("a"), WITH_ID("b"), {"would have another cluster id"}},
    {"an id that is filled in later", WITH_ID("a"), WITH_ID("$(ID)"), {NULL}},
    {"no id any more", WITH_ID("a"), VOTING("0@a:1"), {NULL}},
    {"it sleeps",
     BROKER_RUNS("'command':['/run.sh']"),
     BROKER_RUNS("'command':['/bin/sleep','infinity']"),
     {"which runs 3 of role broker, would run a command that only waits"}},
    {"it sleeps by the image's entry point",
     BROKER_RUNS("'args':['/run.sh']"),
     BROKER_RUNS("'args':['sleep','infinity']"),
     {"would run a command that only waits"}},
    {"it sleeps in a shell",
     BROKER_RUNS("'command':['/run.sh']"),
     BROKER_RUNS("'command':['/bin/bash','-ec','# later\\nwhile true; do\\n sleep 60; done']"),
     {"would run a command that only waits"}},
    {"it follows nothing",
     BROKER_RUNS("'command':['/run.sh']"),
     BROKER_RUNS("'command':['sh','-c'],'args':['exec tail -f /dev/null']"),
     {"would run a command that only waits"}},
    {"it sleeps before it starts",
     BROKER_RUNS("'command':['/run.sh']"),
     BROKER_RUNS("'command':['sh','-c','until nc -z zk 2181; do sleep 1; done; exec /run.sh']"),
     {NULL}},
    {"it sleeps, and says so",
     BROKER_RUNS("'command':['/run.sh']"),
     BROKER_RUNS(
         "'command':['sh','-c','set -e\\necho off\\ntrap exit TERM; sleep infinity & wait']"),
     {"would run a command that only waits"}},
    {"it sleeps behind an init",
     BROKER_RUNS("'command':['/run.sh']"),
     BROKER_RUNS("'command':['/usr/bin/tini','--','sleep'],'args':['infinity']"),
     {"would run a command that only waits"}},
    {"it sleeps for good, whatever follows",
     BROKER_RUNS("'command':['/run.sh']"),
     BROKER_RUNS("'command':['sh','-c','sleep infinity; exec /run.sh']"),
     {"would run a command that only waits"}},
    {"it waits for a name, and starts a program that nobody knows",
     BROKER_RUNS("'command':['/run.sh']"),
     BROKER_RUNS("'command':['bash','-c','until getent hosts zk; do sleep 2; done; exec bash /x']"),
     {NULL}},
    {"the same image, told something that is not understood",
     BROKER_RUNS("'command':['/run.sh']"),
     BROKER_RUNS("'command':['sh','-c','kafka-topics.sh --list; exec /x']"),
     {NULL}},
    {"it sleeps, and starts",
     BROKER_RUNS("'command':['/run.sh']"),
     BROKER_RUNS("'command':['sh','-c','sleep 10; exec /run.sh']"),
     {NULL}},
    {"it sleeps in a loop, and starts",
     BROKER_RUNS("'command':['/run.sh']"),
     BROKER_RUNS("'command':['sh','-c','while ! nc -z zk 2181; do sleep 1; done\\n/run.sh']"),
     {NULL}},
    {"it starts behind a name of its own",
     BROKER_RUNS("'command':['/run.sh']"),
     BROKER_RUNS("'command':['bash','-c','sleep_until_ready; /run.sh']"),
     {NULL}},
    {"something else under its name",
     BROKERS,
     AS("{'name':'web','image':'nginx:1'}"),
     {"which runs 3 of role broker, would run neither Kafka nor ZooKeeper"}},
    {"a key of a variable",
     NEEDS_KEYS "," KEYS("'zookeeper':'zk:2181','log4j':'y'"),
     NEEDS_KEYS "," KEYS("'log4j':'y'"),
     {"ConfigMap \"settings\" would lose its key \"zookeeper\", which StatefulSet \"kafka\" uses"}},
    {"a key that is mounted by itself",
     NEEDS_KEYS "," KEYS("'zookeeper':'zk:2181','log4j':'y'"),
     NEEDS_KEYS "," KEYS("'zookeeper':'zk:2181'"),
     {"would lose its key \"log4j\""}},
    {"keys that nobody needs",
     NEEDS_KEYS "," KEYS("'zookeeper':'zk:2181','log4j':'y','x':'','z':''"),
     NEEDS_KEYS "," KEYS("'zookeeper':'other:2181','log4j':''"),
     {NULL}},
    {"to KRaft beside another cluster's controllers",
     BROKERS "," SET("k2", "k2", "", "3", L("k2"), CONTROLLER),
     AS(KRAFT_BROKER) "," SET("k2", "k2", "", "3", L("k2"), CONTROLLER),
     {"would start in KRaft mode, without them"}},
    {"to KRaft with itself as the quorum",
     BROKERS "," SET("k2", "k2", "", "3", L("k2"), CONTROLLER),
     AS(COMBINED) "," SET("k2", "k2", "", "3", L("k2"), CONTROLLER),
     {"would start in KRaft mode, without them"}},
    {"back to another cluster's ZooKeeper",
     AS(KRAFT_BROKER) "," SET("zk2", "zk2", "", "3", L("zk2"), ZOOKEEPER),
     BROKERS "," SET("zk2", "zk2", "", "3", L("zk2"), ZOOKEEPER),
     {"would look for them in ZooKeeper"}},
    {"controllers become brokers",
     AS(CONTROLLER),
     AS(KRAFT_BROKER),
     {"runs role controller and would run broker on the same disks"}},
    {"brokers become controllers",
     AS(KRAFT_BROKER) "," CONTROLLERS,
     AS(CONTROLLER) "," CONTROLLERS,
     {"runs role broker and would run controller on the same disks"}},
    {"the quorum goes out of the brokers, and there is no other",
     AS(COMBINED),
     AS(KRAFT_BROKER),
     {"runs role combined and would run broker on the same disks"}},
    {"nor one that is there already",
     AS(COMBINED),
     AS(KRAFT_BROKER) "," CONTROLLERS,
     {"runs role combined and would run broker on the same disks"}},
    {"or there is", AS(COMBINED) "," CONTROLLERS, AS(KRAFT_BROKER) "," CONTROLLERS, {NULL}},
    {"controllers become brokers, too", AS(CONTROLLER), AS(COMBINED), {NULL}},
    {"one for metrics",
     AS(EXPORTED) "," DOOR(L("kafka")) "," SERVICE("metrics", PORT("5556"), L("kafka")),
     AS(EXPORTED) "," DOOR(L("kafka")),
     {NULL}},
    {"one to a port that goes with it",
     AS(EXPORTED) "," DOOR(L("kafka")),
     AS("{'name':'k','image':'k:1','command':['kafka-server-start.sh'],'env':[{'name':"
        "'KAFKA_ZOOKEEPER_CONNECT','value':'zk:2181'}],'ports':[{'containerPort':19092}]}"),
     {NULL}},
    {"one of something with a longer name",
     BROKERS "," SERVICE("connect-0", PORT("8083"), OF_POD("kafka-connect-0")) "," SERVICE(
         "ui-0", PORT("80"), OF_POD("kafkaui-0")),
     BROKERS,
     {NULL}},
    {"one of three for a broker each, which have no other",
     BROKERS "," DOOR(L("kafka")) "," OUTSIDE("0") "," OUTSIDE("1") "," OUTSIDE("2"),
     BROKERS "," DOOR(L("kafka")) "," OUTSIDE("0") "," OUTSIDE("2"),
     {"Service \"outside-1\" would be deleted, and is the only way for clients"}},
    {"the one for all of them",
     BROKERS "," DOOR(L("kafka")) "," OUTSIDE("0") "," OUTSIDE("1") "," OUTSIDE("2"),
     BROKERS "," OUTSIDE("0") "," OUTSIDE("1") "," OUTSIDE("2"),
     {"Service \"kafka\" would be deleted, and is the only way for clients"}},
    {"the names of one of two pools",
     SET("a", "a", "", "3", L("kafka"), ZK_BROKER) "," SET(
         "b", "b", "", "3", L("kafka"),
         ZK_BROKER) "," SERVICE("a", HEADLESS, L("kafka")) "," SERVICE("b", HEADLESS, L("kafka")),
     SET("a", "a", "", "3", L("kafka"), ZK_BROKER) "," SET(
         "b", "b", "", "3", L("kafka"), ZK_BROKER) "," SERVICE("a", HEADLESS, L("kafka")),
     {"Service \"b\" would be deleted, and gives its pods their names: StatefulSet \"b\""}},
    {"those of a pool that others have now",
     SET("a", "a", "", "3", L("a"), ZK_BROKER) "," SET(
         "b", "b", "", "3", L("b"), ZK_BROKER) "," SERVICE("a", HEADLESS, L("a")),
     SET("a", "a", "", "3", L("a"), ZK_BROKER) "," SET(
         "b", "b", "", "3", L("b"), ZK_BROKER) "," SERVICE("a", HEADLESS, L("b")),
     {"which no pod that runs has: it loses all endpoints, among them those of StatefulSet \"a\""}},
    {"a name of something else",
     BROKERS "," DOOR(L("kafka")),
     BROKERS
     "," SERVICE("kafka", "'type':'ExternalName','externalName':'x.example.com',", L("kafka")),
     {"Service \"kafka\" would be a name of something else: it loses all endpoints"}},
    {"no selector at all",
     BROKERS "," DOOR(L("kafka")),
     BROKERS "," DOOR(""),
     {"would select no pods, and follow none"}},
    {"ports that no pod has",
     BROKERS "," DOOR(L("kafka")),
     BROKERS "," SERVICE("kafka", PORTS("'port':9092,'targetPort':'clients'"), L("kafka")),
     {"would lead to ports that its pods do not have"}},
    {"another port before the same one",
     BROKERS "," DOOR(L("kafka")),
     BROKERS "," SERVICE("kafka", PORTS("'port':80,'targetPort':9092"), L("kafka")),
     {"Service \"kafka\" would have no port 9092 any more, by which clients find"}},
    {"another port beside it",
     BROKERS "," DOOR(L("kafka")),
     BROKERS "," SERVICE("kafka", PORTS("'port':80,'targetPort':9092},{'port':9092"), L("kafka")),
     {NULL}},
    {"another port, and another Service before the old one",
     BROKERS "," DOOR(L("kafka")),
     BROKERS "," SERVICE("kafka", PORTS("'port':80,'targetPort':9092"),
                         L("kafka")) "," SERVICE("clients", PORT("9092"), L("kafka")),
     {NULL}},
    {"the number of a headless one",
     BROKERS "," SERVICE("h", HEADLESS PORT("9092"), L("kafka")),
     BROKERS "," SERVICE("h", HEADLESS PORT("9093"), L("kafka")),
     {NULL}},
    {"a port for metrics that no pod declares",
     BROKERS
     "," DOOR(L("kafka")) "," SERVICE("m", PORTS("'name':'http-metrics','port':5556"), L("kafka")),
     BROKERS "," DOOR(L("kafka")),
     {NULL}},
    {"the Service of a pod that is made no more",
     SET("kafka", "h", "", "5", L("kafka"), ZK_BROKER) "," OUTSIDE("3") "," OUTSIDE("4"),
     SET("kafka", "h", "", "3", L("kafka"), ZK_BROKER) "," OUTSIDE("3"),
     {NULL}},
    {"the Service of a pod that stays",
     SET("kafka", "h", "", "5", L("kafka"), ZK_BROKER) "," OUTSIDE("2"),
     SET("kafka", "h", "", "3", L("kafka"), ZK_BROKER),
     {"Service \"outside-2\" would be deleted"}},
    {"a binding by another name",
     BROKERS "," BINDING("b", "r"),
     BROKERS "," BINDING("c", "r"),
     {NULL}},
    {"a binding of another role in its place",
     BROKERS "," BINDING("b", "r"),
     BROKERS "," BINDING("c", "s"),
     {NULL}},
    {"a binding beside one of another role",
     BROKERS "," BINDING("b", "r") "," BINDING("c", "s"),
     BROKERS "," BINDING("c", "s"),
     {"RoleBinding \"b\" would be deleted"}},
    {"of two that are applied the last one counts",
     BROKERS,
     BROKERS "," SET("kafka", "kafka-headless", "", "0", L("kafka"), ZK_BROKER),
     {"would be scaled to 0"}},
    {"pods that do something else",
     BROKERS "," ZK "," DOOR(L("kafka")),
     BROKERS "," ZK "," DOOR(L("zk")),
     {"Service \"kafka\" would select {\"app\":\"zk\"}"}},
    {"labels that the template has and no pod",
     SET("kafka", "kafka-headless", "", "3", L("new"),
         ZK_BROKER) "," DOOR(L("old")) "," MADE("kafka", L("old")),
     SET("kafka", "kafka-headless", "", "3", L("new"), ZK_BROKER) "," DOOR(L("new")),
     {"Service \"kafka\" would select {\"app\":\"new\"}, which no pod that runs has"}},
    {"labels that a pod has already",
     SET("kafka", "kafka-headless", "", "3", L("new"),
         ZK_BROKER) "," DOOR(L("old")) "," MADE("kafka", L("old")) "," MADE("kafka", L("new")),
     SET("kafka", "kafka-headless", "", "3", L("new"), ZK_BROKER) "," DOOR(L("new")),
     {NULL}},
    {"one of another namespace",
     SET("kafka" IN("a"), "kafka-headless", "", "3", L("kafka"),
         ZK_BROKER) "," SERVICE("kafka" IN("a"), PORT("9092"),
                                L("kafka")) "," SERVICE("kafka" IN("b"), PORT("9092"), L("kafka")),
     SET("kafka" IN("a"), "kafka-headless", "", "3", L("kafka"),
         ZK_BROKER) "," SERVICE("kafka" IN("b"), PORT("9092"), L("kafka")),
     {"Service \"kafka\" would be deleted, and is the only way"}},
    {"all of the tutorial's new version",
     BROKERS "," ZK "," SERVICE("kafka", "", L("kafka")) "," SERVICE(
         "kafka-headless", HEADLESS, L("kafka")) "," SERVICE("zk-headless", HEADLESS, L("zk")),
     NEW "," SERVICE("kafka", "", L("new")) "," SERVICE("kafka-controller-headless", HEADLESS,
                                                        L("new")),
     {"StatefulSet \"kafka\"", "StatefulSet \"zk\"", "Service \"kafka\" would select"}},
};

static void read_list(const char *text, cJSON **ret_list, const cJSON ***ret_items, size_t *ret_len)
{
    BL_AUTO_FREE char *list = bl_asprintf("[%s]", text);
    const cJSON *object;

    *ret_list = help_json(list);
    *ret_items = bl_alloc(bl_json_len(*ret_list) + 1, sizeof(**ret_items));
    cJSON_ArrayForEach(object, *ret_list) {
        (*ret_items)[(*ret_len)++] = object;
    }
}

static const cJSON **take_pods(const cJSON **items, size_t *len, size_t *ret_len)
{
    const cJSON **pods = bl_alloc(*len + 1, sizeof(const cJSON *));
    size_t kept = 0;

    for (size_t i = 0; i < *len; i++)
        if (bl_object_is(items[i], "", "Pod"))
            pods[(*ret_len)++] = items[i];
        else
            items[kept++] = items[i];
    *len = kept;
    return pods;
}

static void find(const char *before_text, const char *after_text, const char *action,
                 struct bl_losses *losses)
{
    BL_AUTO_JSON cJSON *before = NULL;
    BL_AUTO_JSON cJSON *after = NULL;
    BL_AUTO_FREE const cJSON **pods = NULL;
    BL_AUTO_FREE const cJSON **before_items = NULL;
    BL_AUTO_FREE const cJSON **after_items = NULL;
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_FREE char *policy_text = bl_asprintf(
        "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':'p'},'spec':{"
        "'rules':{'upgradePath':{'action':'%s'}}}}",
        action);
    BL_AUTO_JSON cJSON *policy = help_json(policy_text);
    struct bl_engine_options options = {.today = 20000, .namespace = "k"};
    struct bl_states states = {0};
    BL_ERROR(err);

    ck_assert_int_eq(bl_policy_set_add(&set, "p.yaml", NULL, policy, &err), 0);
    read_list(before_text, &before, &before_items, &states.before_len);
    read_list(after_text, &after, &after_items, &states.after_len);
    pods = take_pods(before_items, &states.before_len, &states.pods_len);
    states.pods = pods;
    states.before = before_items;
    states.after = after_items;
    bl_losses_find(&set, &options, &states, losses);
    /* What is borrowed goes with this function. */
    for (size_t i = 0; i < losses->len; i++)
        losses->items[i].member = NULL;
}

START_TEST(what_is_lost_is_told)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO(bl_losses_release) struct bl_losses losses = {0};
        size_t wanted = 0;

        find(rows[i].before, rows[i].after, "Deny", &losses);
        for (; wanted < BL_ARRAY_LEN(rows[i].lost) && rows[i].lost[wanted]; wanted++)
            ck_assert_msg(wanted < losses.len &&
                              strstr(losses.items[wanted].message, rows[i].lost[wanted]),
                          "%s: %s", rows[i].why,
                          wanted < losses.len ? losses.items[wanted].message : "nothing more");
        ck_assert_msg(losses.len == wanted, "%s: %zu losses, also %s", rows[i].why, losses.len,
                      losses.len > wanted ? losses.items[wanted].message : "-");
    }
}
END_TEST

START_TEST(a_policy_decides)
{
    static const struct {
        const char *action;
        size_t told;
    } actions[] = {{"Deny", 1}, {"Warn", 1}, {"Audit", 0}, {"Off", 0}};

    for (size_t i = 0; i < BL_ARRAY_LEN(actions); i++) {
        BL_AUTO(bl_losses_release) struct bl_losses losses = {0};

        find(BROKERS, "", actions[i].action, &losses);
        BL_WHY(losses.len == actions[i].told, actions[i].action);
    }
}
END_TEST

START_TEST(the_younger_one_is_known)
{
    static const char old[] = BROKERS_WITH(",'creationTimestamp':'2026-01-01T00:00:00Z'");
    static const char young[] = SET("young", "y", ",'creationTimestamp':'2026-02-01T00:00:00Z'",
                                    "3", L("young"), KRAFT_BROKER);
    BL_AUTO_FREE char *both = bl_asprintf("%s,%s", old, young);
    BL_AUTO(bl_losses_release) struct bl_losses losses = {0};

    find(both, old, "Deny", &losses);
    ck_assert_uint_eq(losses.len, 1);
    ck_assert(losses.items[0].newcomer);
    find(both, young, "Deny", &losses);
    ck_assert_uint_eq(losses.len, 2);
    ck_assert(!losses.items[1].newcomer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policies/losses");
    TCase *tests = tcase_create("losses");

    tcase_add_test(tests, what_is_lost_is_told);
    tcase_add_test(tests, a_policy_decides);
    tcase_add_test(tests, the_younger_one_is_known);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
