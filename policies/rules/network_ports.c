/* Which ports are closed, and which are named so that they stay open wherever ranges of ports are not understood. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "network_policy.h"

/* Some plugins take so many ports of a policy and no more. */
#define ENTRIES_MAX 20
#define PORT_MAX 65535

/* A number that anything declares or names, and what it was said to be for. */
struct claim {
    int number;
    unsigned purposes; /* bits by enum bl_purpose */
    bool shared;       /* brokers meet on a port of the clients */
    bool guessed;      /* only a name says so, as no setting has the port */
    bool scraped;      /* metrics are gathered from it */
};

struct claims {
    struct claim *items;
    size_t len, cap;
};

static void claims_release(struct claims *claims)
{
    free(claims->items);
}

static struct claim *claim(struct claims *claims, int number)
{
    for (size_t i = 0; i < claims->len && bl_budget_turn(); i++)
        if (claims->items[i].number == number)
            return &claims->items[i];
    *BL_PUSH(claims) = (struct claim){.number = number};
    return &claims->items[claims->len - 1];
}

static void claim_number(struct claims *claims, int64_t number)
{
    if (number > 0 && number <= PORT_MAX)
        (void)claim(claims, (int)number);
}

static void claim_scraped(struct claims *claims, int64_t number)
{
    if (number > 0 && number <= PORT_MAX)
        claim(claims, (int)number)->scraped = true;
}

/* --- who names ports --- */

static void claim_target(struct claims *claims, const struct bl_workload *workload,
                         const cJSON *port)
{
    int64_t number = 0;

    if (cJSON_IsString(port))
        number = bl_workload_named_port(workload, port->valuestring);
    else
        (void)bl_json_int(port, &number);
    claim_number(claims, number);
}

static void claim_probes(struct claims *claims, const struct bl_workload *workload,
                         const cJSON *container)
{
    static const char *const probes[] = {"livenessProbe", "readinessProbe", "startupProbe"};
    static const char *const ways[] = {"httpGet", "tcpSocket", "grpc"};

    for (size_t i = 0; i < BL_ARRAY_LEN(probes); i++)
        for (size_t w = 0; w < BL_ARRAY_LEN(ways); w++)
            claim_target(
                claims, workload,
                bl_json_get(bl_json_get(bl_json_get(container, probes[i]), ways[w]), "port"));
}

/* "-javaagent:/opt/jmx.jar=7071:/etc/jmx.yaml", with a host before the number or without. */
static void claim_agents(struct claims *claims, const char *text)
{
    static const char mark[] = "-javaagent:";

    while (text && (text = strstr(text, mark))) {
        const char *equals;
        size_t len = strcspn(text, " \t\n\"'");

        equals = memchr(text, '=', len);
        for (const char *at = equals; at && at < text + len; at++) {
            size_t digits = strspn(at + 1, "0123456789");
            int64_t number;

            if ((*at == '=' || *at == ':') && bl_text_to_int(at + 1, digits, &number))
                claim_scraped(claims, number);
        }
        text += len;
    }
}

static void claim_words(struct claims *claims, const cJSON *list)
{
    const cJSON *word;

    cJSON_ArrayForEach(word, list) {
        if (cJSON_IsString(word))
            claim_agents(claims, word->valuestring);
    }
}

static void claim_container(struct claims *claims, const struct bl_workload *workload,
                            const cJSON *container)
{
    const cJSON *entry;

    claim_probes(claims, workload, container);
    cJSON_ArrayForEach(entry, bl_json_get(container, "env")) {
        claim_agents(claims, bl_json_string(entry, "value"));
    }
    claim_words(claims, bl_json_get(container, "command"));
    claim_words(claims, bl_json_get(container, "args"));
}

static void claim_annotations(struct claims *claims, const struct bl_workload *workload)
{
    const cJSON *annotation;

    BL_JSON_EACH_MEMBER(annotation, bl_json_at(workload->pod, "metadata", "annotations", NULL)) {
        int64_t number;

        if (cJSON_IsString(annotation) && bl_text_ends(annotation->string, "port") &&
            bl_text_to_int(annotation->valuestring, strlen(annotation->valuestring), &number))
            claim_scraped(claims, number);
    }
}

static void claim_services(struct claims *claims, const struct bl_rule_run *run,
                           const struct bl_workload *workload)
{
    struct bl_world_iter iter =
        bl_world_walk(run->scene->world, BL_WORLD_SERVICE, workload->ref.namespace);

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        const cJSON *port;

        if (!bl_labels_include(workload->pod_labels,
                               bl_json_at(entry->object, "spec", "selector", NULL)))
            continue;
        cJSON_ArrayForEach(port, bl_json_at(entry->object, "spec", "ports", NULL)) {
            const cJSON *target = bl_json_get(port, "targetPort");

            claim_target(claims, workload, target ? target : bl_json_get(port, "port"));
        }
    }
}

static void claim_uses(struct claims *claims, const struct bl_rule_run *run, size_t workload)
{
    const struct bl_uses *uses = bl_rule_uses(run);
    size_t count;
    const struct bl_use *use = bl_uses_of(uses, workload, 0, &count);

    for (; use < uses->items + uses->len && use->to == workload; use++)
        claim_number(claims, use->port);
}

/* The quorum's and the brokers' own are told by listeners alone; one of Java's by its settings. */
static bool is_guessed(const struct bl_port *port)
{
    return !port->set &&
           (port->purpose == BL_PURPOSE_INTER_BROKER || port->purpose == BL_PURPOSE_CONTROLLER ||
            port->purpose == BL_PURPOSE_JMX);
}

static void claim_ports(struct claims *claims, const struct bl_rule_run *run,
                        const struct bl_workload *workload)
{
    for (size_t i = 0; i < workload->ports.len && bl_budget_turn(); i++) {
        const struct bl_port *port = &workload->ports.items[i];
        struct claim *it = claim(claims, port->number);

        it->purposes |= 1U << port->purpose;
        it->shared |= port->inter_broker && port->purpose == BL_PURPOSE_CLIENT;
        it->guessed |= is_guessed(port);
        it->scraped |=
            port->purpose == BL_PURPOSE_JMX && bl_network_is_monitored(run, workload, port->number);
    }
}

static void claim_member(struct claims *claims, const struct bl_rule_run *run, size_t index)
{
    const struct bl_workload *workload = run->scene->workloads.items[index];
    const cJSON *spec = bl_json_get(workload->pod, "spec"), *container;

    claim_ports(claims, run, workload);
    cJSON_ArrayForEach(container, bl_json_get(spec, "containers")) {
        claim_container(claims, workload, container);
    }
    cJSON_ArrayForEach(container, bl_json_get(spec, "initContainers")) {
        claim_container(claims, workload, container);
    }
    claim_annotations(claims, workload);
    claim_services(claims, run, workload);
    claim_uses(claims, run, index);
}

/* Where servers may be that no list names, no list tells their ports either: then they are the usual ones. */
static void claim_peers(struct claims *claims, const struct bl_rule_run *run,
                        const struct bl_ensemble *ensemble)
{
    const struct bl_workload *first = bl_ensemble_first(run->scene, ensemble);

    if (ensemble->role != BL_ROLE_ZOOKEEPER || !bl_network_may_have_peers(run, ensemble) ||
        (bl_workload_port(first, BL_PURPOSE_ZOOKEEPER_PEER) &&
         bl_workload_port(first, BL_PURPOSE_ZOOKEEPER_ELECTION)))
        return;
    claim_number(claims, 2888);
    claim_number(claims, 3888);
}

/* --- what becomes of a port --- */

static bool is_private(enum bl_purpose purpose)
{
    switch (purpose) {
    case BL_PURPOSE_INTER_BROKER:
    case BL_PURPOSE_CONTROLLER:
    case BL_PURPOSE_ZOOKEEPER_CLIENT:
    case BL_PURPOSE_ZOOKEEPER_PEER:
    case BL_PURPOSE_ZOOKEEPER_ELECTION:
    case BL_PURPOSE_JMX:
        return true;
    default:
        return false;
    }
}

/* Closed because the policy says who may: it names the clients, or who gathers metrics. */
static bool is_named(const struct bl_network_params *params, enum bl_purpose purpose)
{
    return (purpose == BL_PURPOSE_CLIENT && params->clients) ||
           (purpose == BL_PURPOSE_METRICS && params->monitoring);
}

/* The one purpose of a port; OTHER where members or containers do not agree. */
static enum bl_purpose only_purpose(const struct claim *it)
{
    if (it->scraped && it->purposes == 1U << BL_PURPOSE_JMX)
        return BL_PURPOSE_METRICS;
    for (int purpose = BL_PURPOSE_OTHER; purpose <= BL_PURPOSE_JMX; purpose++)
        if (it->purposes == 1U << purpose)
            return (enum bl_purpose)purpose;
    return BL_PURPOSE_OTHER;
}

static void add_doubt(struct bl_network_plan *plan, int number, enum bl_purpose purpose,
                      const char *why)
{
    plan->doubtful++;
    bl_strbuf_addf(&plan->doubts, "%s%s port %d: %s", plan->doubts.len ? "; " : "",
                   bl_purpose_name(purpose), number, why);
}

static void decide(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                   const struct claim *it, struct bl_network_plan *plan)
{
    const struct bl_network_params *params = run->params;
    enum bl_purpose purpose = only_purpose(it);
    bool named = is_named(params, purpose);
    BL_AUTO_FREE char *why = NULL;

    if (is_private(purpose)) {
        why = it->guessed ? bl_strdup("only its name says so, and no setting in sight")
                          : bl_network_user(run, ensemble, purpose, it->number);
        if (!why && !params->peers)
            why = bl_network_doubt(run, ensemble, purpose);
        if (why)
            add_doubt(plan, it->number, purpose, why);
    }
    if (why || (!named && !is_private(purpose)))
        *BL_PUSH(&plan->open) = it->number;
    else
        *BL_PUSH(&plan->closed) = (struct bl_closed_port){
            .number = it->number, .purpose = purpose, .peers = bl_network_peers(run, purpose)};
}

static int compare_claims(const void *a, const void *b)
{
    return ((const struct claim *)a)->number - ((const struct claim *)b)->number;
}

/* --- few enough --- */

size_t bl_network_plan_entries(const struct bl_network_plan *plan, bool ranges)
{
    size_t count = plan->open.len + 2; /* all of UDP and of SCTP */
    int next = 1;

    for (size_t i = 0; i < plan->closed.len; i++) {
        count += plan->closed.items[i].peers->child != NULL;
        count += ranges && plan->closed.items[i].number > next;
        next = plan->closed.items[i].number + 1;
    }
    return count + (ranges && next <= PORT_MAX);
}

/* Which goes first where not all can be protected: what an attacker gains least by. */
static int worth(enum bl_purpose purpose)
{
    static const int worths[] = {
        [BL_PURPOSE_ZOOKEEPER_ELECTION] = 1,
        [BL_PURPOSE_ZOOKEEPER_PEER] = 2,
        [BL_PURPOSE_CONTROLLER] = 3,
        [BL_PURPOSE_INTER_BROKER] = 4,
        [BL_PURPOSE_ZOOKEEPER_CLIENT] = 5,
        [BL_PURPOSE_JMX] = 6,
        [BL_PURPOSE_METRICS] = 7,
        [BL_PURPOSE_CLIENT] = 8,
        [BL_PURPOSE_OTHER] = 0,
    };

    return worths[purpose];
}

static void give_up(struct bl_network_plan *plan, size_t index)
{
    struct bl_closed_port port = plan->closed.items[index];
    size_t at = 0;

    add_doubt(plan, port.number, port.purpose, "the pods have too many ports for one policy");
    bl_json_free(port.peers);
    memmove(plan->closed.items + index, plan->closed.items + index + 1,
            (--plan->closed.len - index) * sizeof(*plan->closed.items));
    *BL_PUSH(&plan->open) = port.number;
    while (plan->open.items[at] < port.number)
        at++;
    memmove(plan->open.items + at + 1, plan->open.items + at,
            (plan->open.len - 1 - at) * sizeof(*plan->open.items));
    plan->open.items[at] = port.number;
}

/* Fewer ports are protected rather than fewer open. */
static void fit(struct bl_network_plan *plan, bool ranges)
{
    while (plan->closed.len && bl_budget_turn() &&
           bl_network_plan_entries(plan, ranges) > ENTRIES_MAX) {
        size_t least = 0;

        for (size_t i = 1; i < plan->closed.len; i++)
            if (worth(plan->closed.items[i].purpose) < worth(plan->closed.items[least].purpose))
                least = i;
        give_up(plan, least);
    }
}

void bl_network_plan_ports(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                           struct bl_network_plan *plan)
{
    const struct bl_network_params *params = run->params;
    BL_AUTO(claims_release) struct claims claims = {0};

    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++)
        claim_member(&claims, run, ensemble->members.items[i]);
    claim_peers(&claims, run, ensemble);
    if (claims.len)
        qsort(claims.items, claims.len, sizeof(*claims.items), compare_claims);
    for (size_t i = 0; i < claims.len && bl_budget_turn(); i++)
        decide(run, ensemble, &claims.items[i], plan);
    if (params->mode == BL_NETWORK_PROTECT)
        fit(plan, params->ranges);
}

void bl_network_plan_release(struct bl_network_plan *plan)
{
    for (size_t i = 0; i < plan->closed.len; i++)
        bl_json_free(plan->closed.items[i].peers);
    free(plan->closed.items);
    free(plan->open.items);
    bl_strbuf_release(&plan->doubts);
    *plan = (struct bl_network_plan){0};
}
