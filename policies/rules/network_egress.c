/* What the pods of an ensemble have to reach beside each other, as far as their settings tell. */
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/image.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/servers.h"
#include "network_policy.h"

/* Properties that, where they are set so, make a broker call somebody; NULL: set to anything at all. */
static const struct {
    const char *property, *value, *what;
} calling[] = {
    {"remote.log.storage.system.enable", "true", "tiered storage"},
    {"remote.log.storage.manager.class.name", NULL, "tiered storage"},
    {"sasl.oauthbearer.token.endpoint.url", NULL, "OAuth"},
    {"sasl.oauthbearer.jwks.endpoint.url", NULL, "OAuth"},
    {"metric.reporters", NULL, "a reporter of metrics"},
    {"confluent.metrics.reporter.bootstrap.servers", NULL, "a reporter of metrics"},
    {"confluent.schema.registry.url", NULL, "a schema registry"},
    {"ldap.java.naming.provider.url", NULL, "LDAP"},
    {"config.providers", NULL, "a provider of settings"},
    {"kms.endpoint", NULL, "a KMS"},
    {"sasl.mechanism.inter.broker.protocol", "GSSAPI", "Kerberos"},
    {"sasl.kerberos.service.name", NULL, "Kerberos"},
    {"sasl.server.callback.handler.class", NULL, "a callback handler of its own"},
    {"sasl.login.callback.handler.class", NULL, "a callback handler of its own"},
    {"ssl.engine.factory.class", NULL, "an SSL engine of its own"},
    {"create.topic.policy.class.name", NULL, "a policy of its own"},
    {"alter.config.policy.class.name", NULL, "a policy of its own"},
    {"client.quota.callback.class", NULL, "quotas of its own"},
};

/* Authorizers that ask nobody. */
static const char *const own_authorizers[] = {
    "kafka.security.authorizer.AclAuthorizer", "kafka.security.auth.SimpleAclAuthorizer",
    "org.apache.kafka.metadata.authorizer.StandardAuthorizer", "", NULL};

static char *calling_setting(const struct bl_rule_run *run, const struct bl_workload *workload)
{
    BL_AUTO(bl_setting_release) struct bl_setting authorizer = {0};

    for (size_t i = 0; i < BL_ARRAY_LEN(calling); i++) {
        BL_AUTO(bl_setting_release) struct bl_setting setting = {0};

        if (bl_workload_setting(workload, run->scene->world, calling[i].property, &setting) &&
            (!calling[i].value || bl_text_eq(setting.value, calling[i].value)) &&
            (!setting.value || *setting.value))
            return bl_asprintf("%s (%s)", calling[i].what, calling[i].property);
    }
    if (bl_workload_setting(workload, run->scene->world, "authorizer.class.name", &authorizer) &&
        !bl_text_in(authorizer.value, own_authorizers))
        return bl_asprintf("an authorizer of its own (authorizer.class.name)");
    return NULL;
}

/* Containers beside Kafka that are known to call nobody but it. */
static bool is_quiet(const struct bl_workload *workload, const cJSON *container)
{
    static const char *const words[] = {"exporter", "jmx", "metrics", NULL};
    const char *name = bl_json_string(container, "name");
    const char *image = bl_json_string(container, "image");

    return container == workload->container || bl_text_holds(name, words) ||
           bl_text_holds(image, words);
}

static char *other_program(const struct bl_workload *workload)
{
    const cJSON *spec = bl_json_get(workload->pod, "spec"), *container;

    cJSON_ArrayForEach(container, bl_json_get(spec, "containers")) {
        if (!is_quiet(workload, container)) {
            const char *name = bl_json_string(container, "name");

            return bl_asprintf("what container \"%s\" calls", name ? name : "");
        }
    }
    return NULL;
}

/* A host that is in none of the ensembles that the policy lets the pods reach. */
static char *stranger(const struct bl_rule_run *run, size_t index)
{
    const struct bl_uses *uses = bl_rule_uses(run);

    for (size_t i = 0; i < uses->strangers.len; i++)
        if (uses->strangers.items[i].from == index)
            return bl_asprintf("%s:%d, which is not in sight", uses->strangers.items[i].host,
                               uses->strangers.items[i].port);
    for (size_t i = 0; i < uses->len && bl_budget_turn(); i++) {
        const struct bl_workload *to = run->scene->workloads.items[uses->items[i].to];

        if (uses->items[i].from == index && !to->role)
            return bl_asprintf("%s \"%s\"", to->ref.kind, to->ref.name);
    }
    return NULL;
}

/* "$(ZK_HOST)" of a Secret, and not the pod's own name or address. */
static bool is_filled_elsewhere(const struct bl_rule_run *run, const struct bl_workload *workload,
                                const char *host)
{
    return host[0] == '$' && !strchr(host, '.') && !bl_host_is_inside(run->scene, workload, host);
}

/* ZooKeeper and the quorum are no strangers only where they are in sight. */
static char *unknown_server(const struct bl_rule_run *run, const struct bl_workload *workload)
{
    static const char *const lists[] = {"zookeeper.connect", "controller.quorum.voters",
                                        "controller.quorum.bootstrap.servers"};
    bool named = false;

    if (!bl_workload_is_kafka(workload))
        return NULL;
    for (size_t l = 0; l < BL_ARRAY_LEN(lists); l++) {
        BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

        if (!bl_workload_servers(workload, run->scene->world, lists[l], &servers))
            continue;
        if (servers.unreadable)
            return bl_asprintf("what %s names", lists[l]);
        named |= servers.len > 0;
        for (size_t i = 0; i < servers.len && bl_budget_turn(); i++) {
            const char *host = servers.items[i].host;
            BL_AUTO(bl_found_release) struct bl_found found = {0};

            if (bl_host_find(run->scene, workload, NULL, host, &found) == BL_HOST_UNKNOWN ||
                is_filled_elsewhere(run, workload, host))
                return bl_asprintf("%s, which %s names", host, lists[l]);
        }
    }
    return named ? NULL : bl_strdup("ZooKeeper or a quorum, and no setting in sight names it");
}

char *bl_network_egress_doubt(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    for (size_t m = 0; m < ensemble->members.len && bl_budget_turn(); m++) {
        size_t index = ensemble->members.items[m];
        const struct bl_workload *workload = run->scene->workloads.items[index];
        char *why = unknown_server(run, workload);

        if (!why)
            why = calling_setting(run, workload);
        if (!why)
            why = bl_network_outside(run, workload);
        if (!why)
            why = other_program(workload);
        if (!why)
            why = stranger(run, index);
        if (why)
            return why;
    }
    BL_AUTO_FREE char *members =
        bl_network_doubt(run, ensemble,
                         run->workload->role == BL_ROLE_ZOOKEEPER ? BL_PURPOSE_ZOOKEEPER_PEER
                         : run->workload->role == BL_ROLE_BROKER  ? BL_PURPOSE_INTER_BROKER
                                                                  : BL_PURPOSE_CONTROLLER);
    return members ? bl_asprintf("members that are not known: %s", members) : NULL;
}
