/* Lists of servers, in every dialect that charts and images write them in. */
#include "ballast/workload/servers.h"

#include "ballast/base/mem.h"
#include "json_help.h"

static const struct {
    const char *why;
    enum bl_servers_form form;
    const char *text,
        *wanted; /* "host:port:election:client", one a server; '!' where an entry is none */
} lists[] = {
    {"one server", BL_SERVERS_CONNECT, "zk:2181", "zk:2181:0:0 "},
    {"several, and a chroot", BL_SERVERS_CONNECT, "a:1,b.c:2/kafka", "a:1:0:0 b.c:2:0:0 "},
    {"no port", BL_SERVERS_CONNECT, "zk", "zk:0:0:0 "},
    {"an address of IPv6", BL_SERVERS_CONNECT, "[fd00::1]:2181", "fd00::1:2181:0:0 "},
    {"a placeholder with a colon in it", BL_SERVERS_CONNECT, "${ZK:-zk}:2181",
     "${ZK:-zk}:2181:0:0 "},
    {"nothing", BL_SERVERS_CONNECT, "", ""},
    {"voters", BL_SERVERS_VOTERS, "1@a:9093,2@b:9093", "a:9093:0:0 b:9093:0:0 "},
    {"what is no voter", BL_SERVERS_VOTERS, "a:9093", "!"},
    {"listeners", BL_SERVERS_LISTENERS, "A://h:1,B://:2", "A h:1:0:0 B :2:0:0 "},
    {"ids of listeners, which are none", BL_SERVERS_LISTENERS, "orders,billing", "!"},
    {"Bitnami's", BL_SERVERS_ENSEMBLE, "a:2888:3888::1 b:2888:3888::2",
     "a:2888:3888:0 b:2888:3888:0 "},
    {"the official image's: no second server behind ';'", BL_SERVERS_ENSEMBLE,
     "server.1=a:2888:3888;2181 server.2=0.0.0.0:2888:3888;0.0.0.0:2181",
     "a:2888:3888:2181 0.0.0.0:2888:3888:2181 "},
    {"Confluent's: servers behind ';'", BL_SERVERS_ENSEMBLE, "a:2888:3888;b:2888:3888",
     "a:2888:3888:0 b:2888:3888:0 "},
    {"a role", BL_SERVERS_ENSEMBLE, "server.1=a:2888:3888:observer", "a:2888:3888:0 "},
    {"two addresses of one server", BL_SERVERS_ENSEMBLE, "server.1=a:2888:3888|b:2888:3888",
     "a:2888:3888:0 "},
    {"lines", BL_SERVERS_ENSEMBLE, "a:2888:3888\nb:2888:3888\n", "a:2888:3888:0 b:2888:3888:0 "},
};

static char *describe(const struct bl_servers *servers)
{
    struct bl_strbuf text = BL_STRBUF_INIT(4096);

    bl_strbuf_adds(&text, "");
    for (size_t i = 0; i < servers->len; i++)
        bl_strbuf_addf(&text, "%s%s%s:%d:%d:%d ", servers->items[i].name,
                       *servers->items[i].name ? " " : "", servers->items[i].host,
                       servers->items[i].port, servers->items[i].election,
                       servers->items[i].client);
    if (servers->unreadable)
        bl_strbuf_adds(&text, "!");
    return bl_strbuf_take(&text);
}

START_TEST(reads_lists)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++) {
        BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

        bl_servers_parse(&servers, lists[i].form, lists[i].text);
        BL_AUTO_FREE char *found = describe(&servers);
        ck_assert_msg(strcmp(found, lists[i].wanted) == 0, "%s: %s", lists[i].why, found);
    }
}
END_TEST

#define ZOOKEEPER(rest)                                                                  \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'zk'},'spec':{"     \
    "'replicas':3,'template':{'spec':{'containers':[{'name':'z','image':'zookeeper:3.8'" \
    ",'command':['zkServer.sh']" rest "}]}}}}"

static const struct {
    const char *why, *object, *wanted;
} ensembles[] = {
    {"from the environment", ZOOKEEPER(",'env':[{'name':'ZOO_SERVERS','value':'a:2888:3888'}]"),
     "a:2888:3888:0 "},
    {"Confluent's variable",
     ZOOKEEPER(",'env':[{'name':'ZOOKEEPER_SERVERS','value':'a:2888:3888;b:2888:3888'}]"),
     "a:2888:3888:0 b:2888:3888:0 "},
    {"from somewhere else",
     ZOOKEEPER(",'env':[{'name':'ZOO_SERVERS','valueFrom':{'configMapKeyRef':{}}}]"), "!"},
    {"as many as its own pods", ZOOKEEPER(",'args':['start-zookeeper --servers=3']"),
     "localhost:0:0:0 "},
    {"more than its own pods", ZOOKEEPER(",'args':['start-zookeeper --servers=5']"), NULL},
    {"a file that the script writes",
     ZOOKEEPER(",'args':['cat >zoo.cfg <<E\\nserver.1=a:2888:3888\\nserver.2=b:2888:3888\\nE']"),
     "a:2888:3888:0 b:2888:3888:0 "},
    {"a variable for each",
     ZOOKEEPER(",'env':[{'name':'ZOOKEEPER_SERVER_1','value':'a'},"
               "{'name':'ZOOKEEPER_SERVER_2','value':'b:2888:3888'}]"),
     "a:0:0:0 b:2888:3888:0 "},
    {"one of them from somewhere else",
     ZOOKEEPER(",'env':[{'name':'ZOOKEEPER_SERVER_1','value':'a'},"
               "{'name':'ZOOKEEPER_SERVER_2','valueFrom':{'configMapKeyRef':{}}}]"),
     "a:0:0:0 !"},
    {"a variable that only begins so",
     ZOOKEEPER(",'env':[{'name':'ZOOKEEPER_SERVER_ID','value':'1'}]"), NULL},
    {"nowhere", ZOOKEEPER(""), NULL},
};

START_TEST(finds_ensembles)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(ensembles); i++) {
        BL_AUTO_JSON cJSON *object = help_json(ensembles[i].object);
        struct bl_workload *workload = bl_workload_recognise(object, NULL, false);
        BL_AUTO(bl_servers_release) struct bl_servers servers = {0};
        bool found = bl_workload_ensemble_servers(workload, NULL, &servers);
        BL_AUTO_FREE char *text = describe(&servers);

        ck_assert_msg(found == (ensembles[i].wanted != NULL), "%s", ensembles[i].why);
        ck_assert_msg(!found || strcmp(text, ensembles[i].wanted) == 0, "%s: %s", ensembles[i].why,
                      text);
        bl_workload_free(workload);
    }
}
END_TEST

static const struct {
    const char *why, *object;
    int64_t wanted;
} numbers[] = {
    {"the official image's", ZOOKEEPER(",'env':[{'name':'ZOO_MY_ID','value':'2'}]"), 2},
    {"Bitnami's", ZOOKEEPER(",'env':[{'name':'ZOO_SERVER_ID','value':'3'}]"), 3},
    {"Confluent's", ZOOKEEPER(",'env':[{'name':'ZOOKEEPER_SERVER_ID','value':'1'}]"), 1},
    {"another image's", ZOOKEEPER(",'env':[{'name':'ZOOKEEPER_ID','value':'1'}]"), 1},
    {"one's own", ZOOKEEPER(",'env':[{'name':'MYID','value':'0'}]"), 0},
    {"of each pod", ZOOKEEPER(",'env':[{'name':'ZOO_MY_ID','value':'$(ID)'}]"), -1},
    {"an export", ZOOKEEPER(",'args':['export ZOO_MY_ID=2; zkServer.sh']"), 2},
    {"an export of each pod", ZOOKEEPER(",'args':['export ZOO_MY_ID=$((N+1))']"), -1},
    {"a file", ZOOKEEPER(",'args':['echo \\'4\\' > /data/myid && zkServer.sh']"), 4},
    {"a file, with words before", ZOOKEEPER(",'args':['mkdir /data; echo 1 >/data/myid\\nrun']"),
     1},
    {"a file of each pod", ZOOKEEPER(",'args':['echo $N > /data/myid']"), -1},
    {"a file of numbers that is read", ZOOKEEPER(",'args':['echo 3; cat < /data/myid']"), -1},
    {"a longer name", ZOOKEEPER(",'env':[{'name':'THE_MYID','value':'1'}]"), -1},
    {"none", ZOOKEEPER(""), -1},
};

START_TEST(finds_numbers)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(numbers); i++) {
        BL_AUTO_JSON cJSON *object = help_json(numbers[i].object);
        struct bl_workload *workload = bl_workload_recognise(object, NULL, false);

        BL_WHY(bl_workload_server_number(workload) == numbers[i].wanted, numbers[i].why);
        bl_workload_free(workload);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workload/servers");
    TCase *tests = tcase_create("servers");

    tcase_add_test(tests, reads_lists);
    tcase_add_test(tests, finds_ensembles);
    tcase_add_test(tests, finds_numbers);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
