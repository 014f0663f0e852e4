/* Host names led back to workloads, and who names whom. */
#include "ballast/workload/uses.h"

#include "ballast/base/mem.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/labels.h"
#include "json_help.h"

#define SET(name, namespace, service, env)                                                        \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'" name                      \
    "','namespace':'" namespace "'},'spec':{'serviceName':'" service                              \
                                "','replicas':3,'selector':{'matchLabels':{'app':'" name          \
                                "'}},'template':{'metadata':{'labels':{'app':'" name              \
                                "'}},'spec':{'containers':[{'name':'c',"                          \
                                "'image':'registry.example:5000/"                                 \
                                "x','ports':[{'name':'client','containerPort':2181}],'env':[" env \
                                "]}]}}}}"
#define SERVICE(name, namespace, app, rest)                         \
    "{'apiVersion':'v1','kind':'Service','metadata':{'name':'" name \
    "','namespace':'" namespace "'},'spec':{'selector':{'app':'" app "'}" rest "}}"
#define VALUE(name, value) "{'name':'" name "','value':'" value "'}"

struct rig {
    cJSON *list;
    const cJSON *objects[16];
    bool ignore[16];
    struct bl_world *world;
    struct bl_scene *scene;
};

static void begin(struct rig *rig, const char *objects)
{
    BL_AUTO_FREE char *text = bl_asprintf("[%s]", objects);
    const cJSON *object;
    size_t len = 0;

    *rig = (struct rig){.list = help_json(text)};
    cJSON_ArrayForEach(object, rig->list) {
        rig->objects[len++] = object;
    }
    rig->world = bl_world_new(rig->objects, len, NULL, 0);
    rig->scene = bl_scene_new(rig->world, rig->ignore);
}

static void end(struct rig *rig)
{
    bl_scene_free(rig->scene);
    bl_world_free(rig->world);
    bl_json_free(rig->list);
}

static size_t place(const struct rig *rig, const char *name)
{
    for (size_t i = 0; i < rig->scene->workloads.len; i++)
        if (strcmp(rig->scene->workloads.items[i]->ref.name, name) == 0)
            return i;
    ck_abort_msg("there is no %s", name);
    return 0;
}

static const struct {
    const char *why, *host, *found; /* NULL: unknown; "": itself */
} hosts[] = {
    {"a Service", "zk", "zk"},
    {"with its namespace", "zk.k", "zk"},
    {"in full", "zk.k.svc.cluster.local", "zk"},
    {"a pod of a headless Service", "zk-0.zk-headless", "zk"},
    {"in full", "zk-2.zk-headless.k.svc.cluster.local", "zk"},
    {"whatever the pod is called", "$(POD_NAME).zk-headless.k.svc", "zk"},
    {"a governing Service that is not in sight", "app-1.app-headless", "app"},
    {"a set by its own name, without a Service", "app", "app"},
    {"a Service of another namespace", "far.other", "far"},
    {"a name of another namespace without it", "far", NULL},
    {"a pod that the set cannot have", "zkx-0.zk-headless", NULL},
    {"the world outside", "kafka.example.com", NULL},
    {"an address", "10.0.0.7", NULL},
    {"the machine itself", "localhost", ""},
    {"every address of the pod", "0.0.0.0", ""},
    {"the pod's own name", "$(MY_POD_NAME)", ""},
};

static const char world[] =
    SET("zk", "k", "zk-headless", "") "," SET("app", "k", "app-headless", "") "," SET(
        "far", "other", "x",
        "") "," SERVICE("zk", "k", "zk",
                        "") "," SERVICE("zk-headless", "k", "zk",
                                        ",'clusterIP':'None'") "," SERVICE("far", "other", "far",
                                                                           "");

START_TEST(leads_hosts_back)
{
    struct rig rig;

    begin(&rig, world);
    for (size_t i = 0; i < BL_ARRAY_LEN(hosts); i++) {
        const struct bl_workload *from = rig.scene->workloads.items[place(&rig, "app")];
        BL_AUTO(bl_found_release) struct bl_found found = {0};
        enum bl_host kind = bl_host_find(rig.scene, from, NULL, hosts[i].host, &found);

        if (!hosts[i].found || !*hosts[i].found) {
            BL_WHY(kind == (hosts[i].found ? BL_HOST_SELF : BL_HOST_UNKNOWN), hosts[i].why);
            continue;
        }
        BL_WHY(kind == BL_HOST_FOUND && found.len == 1, hosts[i].why);
        BL_WHY(found.items[0] == place(&rig, hosts[i].found), hosts[i].why);
    }
    end(&rig);
}
END_TEST

static const struct {
    const char *why, *env;
    int port; /* of zk that app uses; 0: of none */
} uses[] = {
    {"a connection", VALUE("ZK", "zk:2181"), 2181},
    {"among others, with a path", VALUE("ZK", "x:1,zk-0.zk-headless:2181/kafka"), 2181},
    {"a URL", VALUE("URL", "http://zk:8080/commands"), 8080},
    {"two variables", VALUE("ZOOKEEPER_HOST", "zk") "," VALUE("ZOOKEEPER_PORT", "2181"), 2181},
    {"through a Service that maps the port", VALUE("ZK", "mapped:99"), 2181},
    {"a time is no port", VALUE("AT", "zk 12:30:00"), 0},
    {"nor is more than a number", VALUE("V", "zk:2181x"), 0},
    {"another host", VALUE("ZK", "kz:2181"), 0},
};

START_TEST(finds_uses)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(uses); i++) {
        BL_AUTO_FREE char *objects = bl_asprintf(
            "%s,%s%s%s,%s,%s", SET("zk", "k", "zk-headless", ""),
            "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'app','namespace':'k'},"
            "'spec':{'template':{'metadata':{'labels':{'app':'app'}},'spec':{'containers':[{'name':"
            "'c','image':'zk:2222','env':[",
            uses[i].env, "]}]}}}}",
            SERVICE("zk", "k", "zk", ",'ports':[{'port':2181},{'port':8080}]"),
            SERVICE("mapped", "k", "zk", ",'ports':[{'port':99,'targetPort':'client'}]"));
        BL_AUTO(bl_uses_release) struct bl_uses found = {0};
        struct rig rig;
        size_t count;

        begin(&rig, objects);
        bl_uses_find(&found, rig.scene, NULL, 0);
        const struct bl_use *use = bl_uses_of(&found, place(&rig, "zk"), uses[i].port, &count);
        BL_WHY(uses[i].port ? count == 1 && use->from == place(&rig, "app") : !found.len,
               uses[i].why);
        end(&rig);
    }
}
END_TEST

/* A ConfigMap speaks for who reads it, and for itself where nobody in sight does. */
START_TEST(reads_config_maps)
{
    static const char map[] = "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'settings',"
                              "'namespace':'k'},'data':{'app.yaml':'zk: zk:2181'}}";
    BL_AUTO_FREE char *objects =
        bl_asprintf("%s,%s,%s", SET("zk", "k", "zk", ""), SERVICE("zk", "k", "zk", ""), map);
    BL_AUTO(bl_uses_release) struct bl_uses found = {0};
    struct rig rig;

    begin(&rig, objects);
    bl_uses_find(&found, rig.scene, NULL, 0);
    ck_assert_uint_eq(found.len, 1);
    ck_assert_uint_eq(found.items[0].from, BL_NO_WORKLOAD);
    ck_assert_str_eq(bl_object_ref(found.items[0].by).name, "settings");
    end(&rig);
}
END_TEST

START_TEST(walks_labels)
{
    BL_AUTO_JSON cJSON *map = help_json("{'app':'zk'}");
    BL_AUTO_JSON cJSON *more = help_json("{'app':'zk','tier':'x'}");
    BL_AUTO_JSON cJSON *none = help_json("{}");
    struct rig rig;
    size_t at;

    begin(&rig, world);
    struct bl_label_walk walk = bl_label_walk(rig.scene->labels, map, "k");
    ck_assert(bl_label_next(&walk, &at));
    ck_assert_uint_eq(at, place(&rig, "zk"));
    ck_assert(!bl_label_next(&walk, &at));
    walk = bl_label_walk(rig.scene->labels, map, "other");
    ck_assert(!bl_label_next(&walk, &at));
    walk = bl_label_walk(rig.scene->labels, more, "k");
    ck_assert(!bl_label_next(&walk, &at));
    walk = bl_label_walk(rig.scene->labels, none, "k");
    ck_assert(!bl_label_next(&walk, &at));
    end(&rig);
}
END_TEST

START_TEST(others_are_cut_to_whom_they_name)
{
    static const struct {
        const char *why, *object, *wanted; /* NULL: it names nobody */
    } objects[] = {
        {"in its environment, its arguments and by a pair, once each",
         "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'m'},'spec':{'replicas':2,"
         "'template':{'metadata':{'labels':{'a':'b'}},'spec':{'containers':[{'name':'c','image':'x:"
         "12',"
         "'args':['--zk=zk:2181','zk:2181'],'env':[{'name':'DB_HOST','value':'db'},{'name':'DB_"
         "PORT',"
         "'value':'5432'}]}]}}}}",
         "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'m'},'spec':{'template':{"
         "'spec':{'containers':[{'name':'names','args':['zk:2181','db:5432']}]}}}}"},
        {"of a pod",
         "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'m'},'spec':{'containers':[{'args':["
         "'kafka.k:9092']}]}}",
         "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'m'},'spec':{'containers':[{'name':"
         "'names','args':['kafka.k:9092']}]}}"},
        {"nobody", "{'apiVersion':'v1','kind':'Pod','spec':{'containers':[{'image':'x:1234'}]}}",
         NULL},
        {"no pod", "{'apiVersion':'apps/v1','kind':'Deployment'}", NULL},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(objects); i++) {
        BL_AUTO_JSON cJSON *object = help_json(objects[i].object);
        BL_AUTO_JSON cJSON *wanted =
            help_json(objects[i].wanted ? objects[i].wanted : objects[i].object);

        BL_WHY(bl_uses_keep_only(object) == (objects[i].wanted != NULL), objects[i].why);
        BL_WHY(bl_json_equal(object, wanted), objects[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workload/uses");
    TCase *tests = tcase_create("uses");

    tcase_add_test(tests, leads_hosts_back);
    tcase_add_test(tests, finds_uses);
    tcase_add_test(tests, reads_config_maps);
    tcase_add_test(tests, walks_labels);
    tcase_add_test(tests, others_are_cut_to_whom_they_name);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
