/* Who is of one cluster, who may be, and who surely is not. */
#include "ballast/workload/scene.h"

#include "ballast/base/mem.h"
#include "json_help.h"

#define KEEPER(name, servers)                                                                  \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'" name                   \
    "','namespace':'k'},'spec':{'serviceName':'" name                                          \
    "','replicas':1,'selector':{'matchLabels':{'app':'" name                                   \
    "'}},'template':{'metadata':{'labels':{'app':'" name                                       \
    "'}},'spec':{'containers':[{'name':'c','image':'zookeeper:3.8','command':['zkServer.sh']," \
    "'env':[{'name':'ZOO_SERVERS','value':'" servers "'}]}]}}}}"
#define SERVICE(name, app)                                          \
    "{'apiVersion':'v1','kind':'Service','metadata':{'name':'" name \
    "','namespace':'k'},'spec':{'selector':{'app':'" app "'}}}"
#define BOTH "server.1=zoo-0.zoo:2888:3888 server.2=zoo2-0.zoo2:2888:3888"
/* zoo and zoo2 are one ensemble, which has a second name, and other is one of its own. */
#define KEEPERS                                                                                   \
    KEEPER("zoo", BOTH)                                                                           \
    "," KEEPER("zoo2", BOTH) "," KEEPER("other", "server.1=other-0.other:2888:3888") "," SERVICE( \
        "keeper", "zoo")

#define ENV(name, value) "'env':[{'name':'" name "','value':'" value "'}]"
#define CONNECT(value) ENV("KAFKA_ZOOKEEPER_CONNECT", value)
#define VOTERS(value)                                        \
    "'env':[{'name':'KAFKA_PROCESS_ROLES','value':'broker'}" \
    ",{'name':'KAFKA_CONTROLLER_QUORUM_VOTERS','value':'" value "'}]"
#define BOOTSTRAP(value)                                     \
    "'env':[{'name':'KAFKA_PROCESS_ROLES','value':'broker'}" \
    ",{'name':'KAFKA_CONTROLLER_QUORUM_BOOTSTRAP_SERVERS','value':'" value "'}]"
#define FROM(kind, name, key)                                                         \
    "'env':[{'name':'KAFKA_ZOOKEEPER_CONNECT','valueFrom':{'" kind "':{'name':'" name \
    "','key':'" key "'}}}]"
#define WITH_ID(id, value)                                   \
    "'env':[{'name':'KAFKA_PROCESS_ROLES','value':'broker'}" \
    ",{'name':'CLUSTER_ID','value':'" id                     \
    "'},{'name':'KAFKA_CONTROLLER_QUORUM_VOTERS','value':'" value "'}]"

enum kinship { ONE, MAYBE, APART };

static const struct {
    const char *why, *a, *b;
    enum kinship wanted;
} pairs[] = {
    {"one name, short and with its namespace", CONNECT("far:2181"), CONNECT("far.k:2181"), ONE},
    {"short and in full", CONNECT("far:2181"), CONNECT("far.k.svc.cluster.local:2181"), ONE},
    {"with a dot at its end", CONNECT("far:2181"), CONNECT("far.k.svc.cluster.local.:2181"), ONE},
    {"another domain of the cluster", CONNECT("far"), CONNECT("FAR.k.svc.corp.example"), ONE},
    {"without the port, which has a default", CONNECT("far"), CONNECT("far:2181"), ONE},
    {"a pod, short and in full", CONNECT("far-0.far"), CONNECT("far-0.far.k.svc"), ONE},
    {"another order", CONNECT("far-0.far,far-1.far"), CONNECT("far-1.far,far-0.far"), ONE},
    {"one server in common", CONNECT("far-0.far,far-1.far"), CONNECT("far-1.far,far-2.far"), ONE},
    {"a chroot with a slash behind it", CONNECT("far/kafka"), CONNECT("far/kafka/"), ONE},
    {"no chroot, and the root", CONNECT("far"), CONNECT("far/"), ONE},
    {"addresses", CONNECT("10.0.0.1:2181,10.0.0.2:2181"), CONNECT("10.0.0.2:2181"), ONE},
    {"two Services of one ensemble", CONNECT("zoo:2181"), CONNECT("keeper:2181"), ONE},
    {"two servers of one ensemble", CONNECT("zoo-0.zoo"), CONNECT("zoo2-0.zoo2"), ONE},
    {"two names and a chroot", CONNECT("zoo/a"), CONNECT("keeper.k.svc/a/"), ONE},
    {"one Secret", FROM("secretKeyRef", "s", "zk"), FROM("secretKeyRef", "s", "zk"), ONE},
    {"one ConfigMap", FROM("configMapKeyRef", "s", "zk"), FROM("configMapKeyRef", "s", "zk"), ONE},
    {"voters, short and in full", VOTERS("0@far-0.far:9093"), VOTERS("0@far-0.far.k.svc:9093"),
     ONE},
    {"voters in another order", VOTERS("0@x-0.x:9093,1@x-1.x:9093"),
     VOTERS("1@x-1.x:9093,0@x-0.x:9093"), ONE},
    {"voters and bootstrap servers", VOTERS("0@far-0.far:9093"), BOOTSTRAP("far-0.far.k:9093"),
     ONE},

    {"two servers that are not in sight", CONNECT("far-0.far"), CONNECT("far-1.far"), MAYBE},
    {"two names that are not in sight", CONNECT("far:2181"), CONNECT("away:2181"), MAYBE},
    {"one in sight, and a name that is not", CONNECT("zoo:2181"), CONNECT("away:2181"), MAYBE},
    {"two keys of a Secret", FROM("secretKeyRef", "s", "a"), FROM("secretKeyRef", "s", "b"), MAYBE},
    {"a Secret and a value", FROM("secretKeyRef", "s", "a"), CONNECT("zoo:2181"), MAYBE},
    {"a ConfigMap and a value", FROM("configMapKeyRef", "s", "a"), CONNECT("zoo:2181"), MAYBE},
    {"a variable of when it runs", CONNECT("$(ZK):2181"), CONNECT("zoo:2181"), MAYBE},
    {"a chroot of when it runs", CONNECT("far/$(ROOT)"), CONNECT("far/kafka"), MAYBE},
    {"variables from who knows where", "'envFrom':[{'secretRef':{'name':'s'}}]",
     CONNECT("zoo:2181"), MAYBE},
    {"a start script", "'args':['export KAFKA_ZOOKEEPER_CONNECT=$(cat /zk)']", CONNECT("zoo:2181"),
     MAYBE},
    {"nothing at all", "'args':[]", CONNECT("zoo:2181"), MAYBE},
    {"nothing at all of both", "'args':[]", "'args':[]", MAYBE},
    {"two voters that are not in sight", VOTERS("0@far-0.far:9093"), VOTERS("1@far-1.far:9093"),
     MAYBE},
    {"a quorum that is not in sight", ENV("KAFKA_PROCESS_ROLES", "broker"),
     VOTERS("1@far-1.far:9093"), MAYBE},

    {"two ensembles in sight", CONNECT("zoo:2181"), CONNECT("other:2181"), APART},
    {"two chroots", CONNECT("zoo:2181/a"), CONNECT("zoo:2181/b"), APART},
    {"two chroots of what is not in sight", CONNECT("far:2181/a"), CONNECT("away:2181"), APART},
    {"ZooKeeper and KRaft", CONNECT("far:2181"), VOTERS("0@far-0.far:9093"), APART},
    {"two cluster ids", WITH_ID("a", "0@far-0.far:9093"), WITH_ID("b", "0@x-0.x:9093"), APART},
    {"each its own quorum", VOTERS("0@localhost:9093"), VOTERS("1@127.0.0.1:9093"), APART},
};

struct rig {
    cJSON *list;
    const cJSON *objects[8];
    struct bl_world *world;
    struct bl_scene *scene;
};

/* For free(). */
static char *kafka(const char *name, const char *rest)
{
    return bl_asprintf("{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'%s',"
                       "'namespace':'k'},'spec':{'serviceName':'%s','replicas':3,'selector':{"
                       "'matchLabels':{'app':'%s'}},'template':{'metadata':{'labels':{'app':'%s'}}"
                       ",'spec':{'containers':[{'name':'c','image':'example/kafka:3.9.0',"
                       "'command':['kafka-server-start.sh'],%s}]}}}}",
                       name, name, name, name, rest);
}

static void begin(struct rig *rig, const char *a, const char *b)
{
    BL_AUTO_FREE char *first = kafka("ka", a);
    BL_AUTO_FREE char *second = kafka("kb", b);
    BL_AUTO_FREE char *text = bl_asprintf("[" KEEPERS ",%s,%s]", first, second);
    const cJSON *object;
    size_t len = 0;

    *rig = (struct rig){.list = help_json(text)};
    cJSON_ArrayForEach(object, rig->list) {
        rig->objects[len++] = object;
    }
    rig->world = bl_world_new(rig->objects, len, NULL, 0);
    rig->scene = bl_scene_new(rig->world, NULL);
}

static void end(struct rig *rig)
{
    bl_scene_free(rig->scene);
    bl_world_free(rig->world);
    bl_json_free(rig->list);
}

static const struct bl_workload *find(const struct rig *rig, const char *name)
{
    for (size_t i = 0; i < rig->scene->workloads.len; i++)
        if (strcmp(rig->scene->workloads.items[i]->ref.name, name) == 0)
            return rig->scene->workloads.items[i];
    ck_abort_msg("there is no %s", name);
    return NULL;
}

static enum kinship kinship_of(const struct rig *rig, const char *first, const char *second)
{
    const struct bl_workload *a = find(rig, first), *b = find(rig, second);
    BL_AUTO_FREE char *why = bl_scene_cluster_doubt(rig->scene, a, b);

    ck_assert(a->cluster && b->cluster);
    if (strcmp(a->cluster, b->cluster) == 0)
        return ONE;
    return why ? MAYBE : APART;
}

/* Whichever of them comes first by name. */
START_TEST(tells_clusters_apart)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(pairs); i++) {
        for (int turned = 0; turned < 2; turned++) {
            struct rig rig;

            begin(&rig, turned ? pairs[i].b : pairs[i].a, turned ? pairs[i].a : pairs[i].b);
            BL_WHY(kinship_of(&rig, "ka", "kb") == pairs[i].wanted, pairs[i].why);
            BL_WHY(kinship_of(&rig, "kb", "ka") == pairs[i].wanted, pairs[i].why);
            end(&rig);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workload/group");
    TCase *tests = tcase_create("group");

    tcase_add_test(tests, tells_clusters_apart);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
