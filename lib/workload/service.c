#include "ballast/workload/service.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

bool bl_service_addresses_pods(const cJSON *service)
{
    const cJSON *spec = bl_json_get(service, "spec");
    const char *cluster_ip = bl_json_string(spec, "clusterIP");

    return (cluster_ip && strcmp(cluster_ip, "None") == 0) ||
           bl_json_get(bl_json_get(spec, "selector"), "statefulset.kubernetes.io/pod-name");
}

static bool has_port(const cJSON *service, int64_t wanted)
{
    const cJSON *port;

    cJSON_ArrayForEach(port, bl_json_at(service, "spec", "ports", NULL)) {
        int64_t number = 0, target = 0;

        (void)bl_json_int(bl_json_get(port, "port"), &number);
        (void)bl_json_int(bl_json_get(port, "targetPort"), &target);
        if (number == wanted || target == wanted)
            return true;
    }
    return false;
}

/* Do its name, or what it selects, hold one of the words? */
static bool named_for(const cJSON *service, const char *const *words)
{
    const cJSON *label;

    if (bl_text_holds(bl_object_ref(service).name, words))
        return true;
    cJSON_ArrayForEach(label, bl_json_at(service, "spec", "selector", NULL)) {
        if (cJSON_IsString(label) && bl_text_holds(label->valuestring, words))
            return true;
    }
    return false;
}

static const char *const kafka_names[] = {"kafka", "broker", "kraft", NULL};
static const int kafka_ports[] = {9091, 9093, 9094, 19092, 29092, 29093};

bool bl_service_may_matter(const cJSON *service)
{
    static const char *const names[] = {"kafka", "broker", "kraft", "zoo", "zk", NULL};
    static const int ports[] = {9092, 2181, 2888, 3888};

    if (!bl_json_len(bl_json_at(service, "spec", "selector", NULL)))
        return false;
    for (size_t i = 0; i < BL_ARRAY_LEN(ports); i++)
        if (has_port(service, ports[i]))
            return true;
    for (size_t i = 0; i < BL_ARRAY_LEN(kafka_ports); i++)
        if (has_port(service, kafka_ports[i]))
            return true;
    return named_for(service, names);
}

enum bl_role bl_service_role(const cJSON *service)
{
    static const char *const others[] = {"connect", "registry",   "redpanda", "exporter",
                                         "-ui",     "mirror",     "ksql",     "-rest",
                                         "bridge",  "clickhouse", NULL};

    if (!bl_object_is(service, "", "Service") || !bl_service_addresses_pods(service) ||
        named_for(service, others))
        return BL_ROLE_NONE;
    if (has_port(service, 2181) || (has_port(service, 2888) && has_port(service, 3888)))
        return BL_ROLE_ZOOKEEPER;
    if (has_port(service, 9092))
        return BL_ROLE_BROKER;
    for (size_t i = 0; i < BL_ARRAY_LEN(kafka_ports); i++)
        if (has_port(service, kafka_ports[i]) && named_for(service, kafka_names))
            return BL_ROLE_BROKER;
    return BL_ROLE_NONE;
}
