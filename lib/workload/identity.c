#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/image.h"
#include "ballast/workload/servers.h"
#include "recognise.h"

/* Who made it, which version it is, which part it plays in Kafka, and which labels name its pods. */

static const struct {
    const char *label, *value; /* value NULL: any */
    const char *name;
} operator_labels[] = {
    {"strimzi.io/cluster", NULL, "Strimzi"},
    {"eventstreams.ibm.com/cluster", NULL, "IBM Event Streams"},
    {"kafka_cr", NULL, "Koperator"},
    {"platform.confluent.io/type", NULL, "Confluent for Kubernetes"},
    {"kind", "ZookeeperMember", "the ZooKeeper operator"},
};

/* Of several labels the last that is there, as the table has them by how sure they are. */
static const char *operator_by_labels(const cJSON *labels)
{
    const char *name = NULL;

    for (size_t i = 0; i < BL_ARRAY_LEN(operator_labels); i++) {
        const char *value = bl_json_string(labels, operator_labels[i].label);

        if (value && (!operator_labels[i].value || strcmp(value, operator_labels[i].value) == 0))
            name = operator_labels[i].name;
    }
    return name;
}

/* The groups of Kubernetes' own kinds: none of them is an operator's, whoever writes such a reference. */
static bool is_builtin_group(const char *api_version)
{
    static const char *const own[] = {"apps", "batch", "autoscaling", "policy", "extensions", NULL};
    const char *slash = strchr(api_version, '/');
    BL_AUTO_FREE char *group =
        slash ? bl_strndup(api_version, (size_t)(slash - api_version)) : NULL;

    return !group || bl_text_in(group, own) || bl_text_ends(group, ".k8s.io");
}

/* What a controller made of a template is judged there, or told there. */
static bool makes_pods(const char *kind)
{
    static const char *const makers[] = {"StatefulSet", "ReplicaSet", "Deployment",
                                         "DaemonSet",   "Job",        "ReplicationController",
                                         NULL};

    return bl_text_in(kind, makers);
}

void bl_workload_find_operator(struct bl_workload *workload)
{
    const cJSON *controller = bl_object_controller(workload->object);
    const char *kind = bl_json_string(controller, "kind");
    const char *api_version = bl_json_string(controller, "apiVersion");
    bool builtin = is_builtin_group(api_version ? api_version : "");

    workload->owner = operator_by_labels(workload->pod_labels);
    if (kind && builtin && !*workload->pod_pointer && makes_pods(kind))
        workload->owner_kind = kind;
    else if (kind && builtin)
        bl_workload_signal(workload, "owner: %s, not believed: no %s makes a %s", kind, kind,
                           workload->ref.kind);
    else if (kind && !workload->owner)
        workload->owner = kind;
    /* Only workloads come to a webhook with a controller's name on them; its pods are its own affair. */
    if (kind && !builtin && !*workload->pod_pointer)
        workload->distrusted = false;
    if (workload->owner)
        bl_workload_signal(workload, "owner: %s%s", workload->owner,
                           workload->distrusted ? ", by its own word" : "");
}

const char *bl_workload_operator_cluster(const struct bl_workload *workload)
{
    static const char *const labels[] = {"strimzi.io/cluster", "eventstreams.ibm.com/cluster",
                                         "kafka_cr"};

    for (size_t i = 0; i < BL_ARRAY_LEN(labels); i++) {
        const char *value = bl_json_string(workload->pod_labels, labels[i]);

        if (value)
            return value;
    }
    return NULL;
}

bool bl_workload_speaks_for_itself(const cJSON *object)
{
    const char *label = bl_object_label(object, BL_LABEL_ROLE);

    return bl_text_eq(label, bl_role_name(BL_ROLE_NONE)) || bl_object_controller(object) ||
           operator_by_labels(bl_object_labels(bl_object_pod(object)));
}

bool bl_workload_is_owned(const struct bl_workload *workload)
{
    return workload->owner && !workload->distrusted;
}

static const char *distribution_of(const struct bl_workload *workload, const char *image)
{
    static const struct {
        const char *part, *name;
    } images[] = {
        {"strimzi/", "strimzi"},          {"bitnami", "bitnami"},
        {"confluentinc/", "confluent"},   {"apache/kafka", "apache"},
        {"banzaicloud/", "koperator"},    {"adobe/koperator", "koperator"},
        {"pravega/zookeeper", "pravega"}, {"wurstmeister/", "wurstmeister"},
    };
    static const struct {
        const char *owner, *name;
    } operators[] = {
        {"Strimzi", "strimzi"},
        {"IBM Event Streams", "ibm-event-streams"},
        {"Koperator", "koperator"},
        {"Confluent for Kubernetes", "confluent"},
        {"the ZooKeeper operator", "pravega"},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(operators); i++)
        if (bl_text_eq(workload->owner, operators[i].owner))
            return operators[i].name;
    if (bl_container_env(workload->container, "KAFKA_CFG_LISTENERS") ||
        bl_container_env(workload->container, "KAFKA_CFG_ZOOKEEPER_CONNECT"))
        return "bitnami";
    for (size_t i = 0; image && i < BL_ARRAY_LEN(images); i++)
        if (strstr(image, images[i].part))
            return images[i].name;
    return "unknown";
}

/* "3.3.2" of "3.3.2-debian-11-r0": two or three numbers and what may follow them. */
static size_t version_len(const char *text)
{
    size_t len = 0;
    int dots = 0;

    while (isdigit((unsigned char)text[len]) ||
           (text[len] == '.' && len && isdigit((unsigned char)text[len + 1]) && dots++ < 3))
        len++;
    return dots >= 1 ? len : 0;
}

static char *version_of(const char *text)
{
    size_t len = version_len(text);

    return len ? bl_strndup(text, len) : NULL;
}

/* Confluent Platform numbers its own releases: 7.4 carries Kafka 3.4, 5.5 carries 2.5, 8.0 is 4.0. */
static char *confluent_version(const char *tag)
{
    static const struct {
        const char *platform, *kafka;
    } known[] = {
        {"4.0", "1.0"}, {"4.1", "1.1"}, {"5.0", "2.0"}, {"5.1", "2.1"}, {"5.2", "2.2"},
        {"5.3", "2.3"}, {"5.4", "2.4"}, {"5.5", "2.5"}, {"6.0", "2.6"}, {"6.1", "2.7"},
        {"6.2", "2.8"}, {"7.0", "3.0"}, {"7.1", "3.1"}, {"7.2", "3.2"}, {"7.3", "3.3"},
        {"7.4", "3.4"}, {"7.5", "3.5"}, {"7.6", "3.6"}, {"7.7", "3.7"}, {"7.8", "3.8"},
        {"7.9", "3.9"}, {"8.0", "4.0"},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(known); i++)
        if (bl_text_starts(tag, known[i].platform) && !isdigit((unsigned char)tag[3]))
            return bl_strdup(known[i].kafka);
    return NULL;
}

static char *kafka_version(const struct bl_workload *workload, const char *tag)
{
    const char *kafka = strstr(tag, "-kafka-");
    size_t scala = version_len(tag);

    if (strcmp(workload->distribution, "confluent") == 0)
        return confluent_version(tag);
    if (kafka)
        return version_of(kafka + strlen("-kafka-"));
    /* The Scala version stands first in some images: 2.13-3.9.1. */
    if (bl_text_starts(tag, "2.1") && tag[scala] == '-' && version_len(tag + scala + 1))
        return version_of(tag + scala + 1);
    /* "2.1.3-kafka" is some application's version, in which Kafka is one of its images. */
    if (strstr(tag, "kafka"))
        return NULL;
    return version_of(tag);
}

/* kubernetes-zookeeper puts a version of its own first: 1.0-3.4.10. */
static char *zookeeper_version(const char *tag)
{
    size_t own = version_len(tag);

    return own && tag[own] == '-' && version_len(tag + own + 1) ? version_of(tag + own + 1)
                                                                : version_of(tag);
}

/* Only an image that is named for the server carries the server's version. */
static bool names_server(const struct bl_workload *workload, const char *image)
{
    BL_AUTO_FREE char *basename = bl_image_basename(image);

    return strstr(basename, workload->role == BL_ROLE_ZOOKEEPER ? "zookeeper" : "kafka") ||
           strcmp(basename, "cp-server") == 0;
}

static char *find_version(const struct bl_workload *workload, const char *image)
{
    const char *noted = bl_object_annotation(workload->pod, "strimzi.io/kafka-version");
    const char *label = bl_json_string(workload->pod_labels, "app.kubernetes.io/version");
    BL_AUTO_FREE char *tag = image ? bl_image_tag(image) : NULL;
    char *version = NULL;

    if (noted && bl_workload_is_kafka(workload))
        return version_of(noted);
    if (tag && names_server(workload, image)) {
        if (bl_workload_is_kafka(workload))
            version = kafka_version(workload, tag);
        else if (strcmp(workload->distribution, "confluent") != 0)
            version = zookeeper_version(tag);
    }
    if (!version && label && strcmp(workload->distribution, "bitnami") == 0)
        version = version_of(label);
    return version;
}

void bl_workload_find_distribution(struct bl_workload *workload)
{
    const char *image = bl_json_string(workload->container, "image");

    workload->distribution = distribution_of(workload, image);
    workload->version = find_version(workload, image);
    if (image)
        bl_workload_signal(workload, "image: %s", image);
}

static bool label_true(const struct bl_workload *workload, const char *key)
{
    return bl_text_eq(bl_json_string(workload->pod_labels, key), "true");
}

/* "broker,controller" in either order. */
static enum bl_role role_from_process_roles(const char *roles)
{
    bool broker = strstr(roles, "broker") != NULL, controller = strstr(roles, "controller") != NULL;

    if (broker && controller)
        return BL_ROLE_COMBINED;
    return controller ? BL_ROLE_CONTROLLER : BL_ROLE_BROKER;
}

static bool set_role(struct bl_workload *workload, enum bl_role role, bool kraft,
                     const char *signal)
{
    workload->role = role;
    workload->kraft |= kraft;
    bl_workload_signal(workload, "role: %s", signal);
    return true;
}

static bool role_from_setting(struct bl_workload *workload, const struct bl_world *world)
{
    BL_AUTO(bl_setting_release) struct bl_setting roles = {0};

    if (!bl_workload_setting(workload, world, "process.roles", &roles) || !roles.value)
        return false;
    BL_AUTO_FREE char *signal = bl_asprintf("process.roles=%s", roles.value);
    return set_role(workload, role_from_process_roles(roles.value), true, signal);
}

static bool role_from_labels(struct bl_workload *workload)
{
    static const struct {
        const char *broker, *controller;
    } pairs[] = {
        {"strimzi.io/broker-role", "strimzi.io/controller-role"},
        {"eventstreams.ibm.com/broker-role", "eventstreams.ibm.com/controller-role"},
        {"isBrokerNode", "isControllerNode"},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(pairs); i++) {
        bool broker = label_true(workload, pairs[i].broker);
        bool controller = label_true(workload, pairs[i].controller);

        if (broker && controller)
            return set_role(workload, BL_ROLE_COMBINED, true, pairs[i].controller);
        if (broker || controller)
            return set_role(workload, broker ? BL_ROLE_BROKER : BL_ROLE_CONTROLLER, controller,
                            broker ? pairs[i].broker : pairs[i].controller);
    }
    return false;
}

static bool declares_client_port(const cJSON *container)
{
    const cJSON *port;

    if (bl_container_named_port(container, "client"))
        return true;
    cJSON_ArrayForEach(port, bl_json_get(container, "ports")) {
        int64_t number = 0;

        if (bl_json_int(bl_json_get(port, "containerPort"), &number) && number == 9092)
            return true;
    }
    return false;
}

/* Charts and start scripts that say it in their own words. */
static bool role_from_conventions(struct bl_workload *workload)
{
    const char *component = bl_json_string(workload->pod_labels, "app.kubernetes.io/component");
    const char *type = bl_json_string(workload->pod_labels, "platform.confluent.io/type");

    if (bl_text_eq(component, "controller-eligible"))
        return set_role(workload,
                        declares_client_port(workload->container) ? BL_ROLE_COMBINED
                                                                  : BL_ROLE_CONTROLLER,
                        true, "component controller-eligible, told by the client port");
    if (bl_text_eq(type, "kraftcontroller") ||
        bl_container_mentions(workload->container, "kraft/controller.properties") ||
        bl_container_runs(workload->container, "controller.properties"))
        return set_role(workload, BL_ROLE_CONTROLLER, true, "controller.properties");
    if (bl_container_mentions(workload->container, "kraft/server.properties"))
        return set_role(workload, BL_ROLE_COMBINED, true, "kraft/server.properties");
    return false;
}

/* Every node may name the controllers' listeners; one that binds such a listener is a controller. */
static bool role_from_listeners(struct bl_workload *workload, const struct bl_world *world)
{
    BL_AUTO(bl_setting_release) struct bl_setting names = {0};
    BL_AUTO(bl_servers_release) struct bl_servers listeners = {0};
    size_t quorum = 0;

    if (!bl_workload_setting(workload, world, "controller.listener.names", &names) || !names.value)
        return false;
    (void)bl_workload_servers(workload, world, "listeners", &listeners);
    for (size_t i = 0; i < listeners.len; i++)
        quorum += bl_listener_in(names.value, listeners.items[i].name);
    if (!quorum)
        return false;
    return set_role(workload, quorum < listeners.len ? BL_ROLE_COMBINED : BL_ROLE_CONTROLLER, true,
                    "binds a listener of controller.listener.names");
}

/* The apache/kafka image without settings of its own starts one node that is both. */
static bool role_from_image_default(struct bl_workload *workload)
{
    const char *image = bl_json_string(workload->container, "image");

    if (!image || !strstr(image, "apache/kafka") || bl_json_get(workload->container, "command") ||
        bl_container_env(workload->container, "KAFKA_ZOOKEEPER_CONNECT"))
        return false;
    return set_role(workload, BL_ROLE_COMBINED, true, "the image's own default");
}

void bl_workload_find_kafka_role(struct bl_workload *workload, const struct bl_world *world)
{
    if (role_from_labels(workload) || role_from_setting(workload, world) ||
        role_from_listeners(workload, world) || role_from_conventions(workload) ||
        role_from_image_default(workload))
        return;
    workload->kraft = bl_container_env(workload->container, "KAFKA_KRAFT_CLUSTER_ID") != NULL;
}

/*
 * A StatefulSet's selector is immutable and part of the template's labels, so it holds for every
 * revision. A bare Pod has only its labels, of which those that name one pod or one revision go.
 */
bool bl_label_is_volatile(const char *label)
{
    static const char *const names[] = {"helm.sh/chart",
                                        "app.kubernetes.io/version",
                                        BL_LABEL_MANAGED_BY,
                                        "pod-template-hash",
                                        BL_LABEL_REVISION,
                                        "statefulset.kubernetes.io/pod-name",
                                        "apps.kubernetes.io/pod-index",
                                        "strimzi.io/pod-name",
                                        "strimzi.io/broker-role",
                                        "strimzi.io/controller-role",
                                        "brokerId",
                                        BL_LABEL_ROLE,
                                        "chart",
                                        "version",
                                        NULL};

    return bl_text_in(label, names);
}

void bl_workload_find_selector(struct bl_workload *workload)
{
    const cJSON *selector = bl_json_at(workload->object, "spec", "selector", NULL), *label;

    if (*workload->pod_pointer && cJSON_IsObject(selector) && selector->child) {
        workload->selector = bl_json_copy(selector);
        return;
    }

    BL_AUTO_JSON cJSON *labels = bl_json_new_object();
    BL_JSON_EACH_MEMBER(label, workload->pod_labels) {
        if (cJSON_IsString(label) && !bl_label_is_volatile(label->string))
            bl_json_add_string(labels, label->string, label->valuestring);
    }
    if (!labels->child)
        return;
    workload->selector = bl_json_new_object();
    bl_json_add(workload->selector, "matchLabels", BL_STEAL(labels));
}
