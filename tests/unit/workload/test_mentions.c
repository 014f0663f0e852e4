/* Words that are hosts without "host:port", and words that are none. */
#include "mentions.h"

#include "ballast/base/text.h"
#include "json_help.h"
#include "unit.h"

static void write_mention(const struct bl_mention *mention, void *context)
{
    struct bl_strbuf *out = context;

    if (!bl_text_starts(mention->host, "zoo"))
        return;
    bl_strbuf_addf(out, "%s%s", out->len ? " " : "", mention->host);
    if (mention->port)
        bl_strbuf_addf(out, " %d", mention->port);
    bl_strbuf_adds(out, mention->sure ? "" : "?");
}

/* "zoo 2181" has a port; "zoo.team?" is a host for its dot alone. */
static const struct {
    const char *why, *text, *wanted;
} texts[] = {
    {"host and number", "until nc -z zoo 2181; do sleep 1; done", "zoo 2181"},
    {"flags", "wait --host zoo --port 2181", "zoo 2181"},
    {"flags with a sign", "wait --host=zoo --port=2181", "zoo 2181"},
    {"a device of bash", "echo ruok > /dev/tcp/zoo/2181", "zoo 2181"},
    {"a flag that says so", "exec app --zookeeper zoo", "zoo"},
    {"a list", "ZK_HOSTS=zoo1,zoo2,zoo3", "zoo1 zoo2 zoo3"},
    {"a list of which some have a port", "zookeeper=zoo1:2181,zoo2", "zoo2"},
    {"a list of YAML", "zookeeper:\n  servers:\n    - zoo1\n    - zoo2\n", "zoo1 zoo2"},
    {"a map of YAML", "zk:\n  host: zoo\n  port: 2181\n", "zoo 2181"},
    {"in the other order", "zk:\n  port: 2181\n  host: zoo\n", "zoo 2181"},
    {"JSON", "{\"host\": \"zoo\", \"port\": 2181}", "zoo 2181"},
    {"XML", "<host>zoo</host>\n<port>2181</port>", "zoo 2181"},
    {"a property of Hadoop", "<name>hbase.zookeeper.quorum</name><value>zoo1,zoo2</value>",
     "zoo1 zoo2"},
    {"a port that is told elsewhere", "zoo:${ZK_PORT}", "zoo"},
    {"a port by its name", "host: zoo\nport: client\n", "zoo"},
    {"variables of a Service", "$(ZOO_SERVICE_HOST):$(ZOO_SERVICE_PORT)", "zoo"},
    {"a URL", "zk://zoo/kafka", "zoo"},
    {"behind a placeholder", "zk-${i}.zoo", "zoo"},
    {"behind a variable of a shell", "nc -z zk-$i.zoo 2181", "zoo 2181"},
    {"for its dot", "list = ['zoo-0.zoo', x]", "zoo-0.zoo?"},
    {"with a path behind it", "ZOOKEEPER_CONNECT=zoo/kafka", "zoo"},
    {"measured by another port", "BOOTSTRAPSERVERS=zoo1:92,zoo2:92\nMETRICS_PORT=9997",
     "zoo1 9997 zoo2 9997"},
    {"in the other order", "METRICS_PORT=9997\nBOOTSTRAPSERVERS=zoo:92\n", "zoo 9997"},
    {"measured, in YAML", "bootstrapServers: zoo:92\nmetrics:\n  port: 9997\n", "zoo 9997"},
    {"read by others", "zoo:2181,zoo2:2181", ""},
    {"prose", "our zoo is a ZooKeeper, see zoo and zookeeper", ""},
    {"a path", "/etc/zoo/x /opt/zoo zoo/bin", ""},
    {"a file", "zoo.cfg zoo.properties", ""},
    {"a key", "zoo: x\nzoo=1\n\"zoo\": 2", ""},
    {"a page", "http://zoo/commands", ""},
    {"who is not asked through a proxy", "NO_PROXY=zoo.team,zoo", ""},
    {"a name in a certificate", "DNS:zoo.team", ""},
    {"a user", "KAFKA_USERNAME=zoo", ""},
    {"a value of something else", "job: zoo\ncolor=zoo", ""},
    {"a comment", "zookeeper: # zoo", ""},
};

START_TEST(finds_words)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(texts); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(256);

        bl_mentions_of_text(texts[i].text, write_mention, &out);
        ck_assert_msg(strcmp(out.text, texts[i].wanted) == 0, "%s: \"%s\"", texts[i].why, out.text);
    }
}
END_TEST

static const struct {
    const char *why, *tree, *wanted;
} trees[] = {
    {"a variable", "{'env':[{'name':'ZK_HOSTS','value':'zoo'}]}", "zoo"},
    {"with its port far away",
     "[{'name':'ZK_PORT','value':'2181'},{'name':'A','value':'b'},{'name':'ZK_HOST','value':'zoo'}]",
     "zoo 2181"},
    {"members", "{'ZK_HOST':'zoo','a':'b','ZK_PORT':'2181'}", "zoo 2181"},
    {"arguments", "{'args':['--zookeeper','zoo']}", "zoo"},
    {"a backend", "{'backendRefs':[{'name':'zoo','port':2181}]}", "zoo 2181"},
    {"of another namespace", "{'name':'zoo','namespace':'team','port':2181}", "zoo.team 2181"},
    {"of an Ingress", "{'service':{'name':'zoo','port':{'number':2181}}}", "zoo 2181"},
    {"by the name of its port", "{'service':{'name':'zoo','port':{'name':'client'}}}", "zoo"},
    {"a node", "{'zookeeper':{'nodes':[{'host':'zoo.team','port':2181}]}}", "zoo.team 2181"},
    {"a text of lines", "{'zookeeper':'zoo\\nzoo'}", ""},
    {"labels", "{'labels':{'host':'zoo'},'selector':{'matchLabels':{'host':'zoo'}}}", ""},
    {"a container", "{'name':'zoo','image':'zoo:2181','ports':[{'containerPort':2181}]}", ""},
    {"a certificate", "{'commonName':'zoo','dnsNames':['zoo.team']}", ""},
    {"whom something scales", "{'scaleTargetRef':{'kind':'StatefulSet','name':'zoo'}}", ""},
};

START_TEST(finds_values)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(trees); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(256);
        BL_AUTO_JSON cJSON *tree = help_json(trees[i].tree);

        bl_mentions_of_tree(tree, write_mention, &out);
        ck_assert_msg(strcmp(out.text, trees[i].wanted) == 0, "%s: \"%s\"", trees[i].why, out.text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workload/mentions");
    TCase *tests = tcase_create("mentions");

    tcase_add_test(tests, finds_words);
    tcase_add_test(tests, finds_values);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
