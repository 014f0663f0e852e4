#include "losses_service.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/references.h"
#include "ballast/workload/servers.h"
#include "ballast/workload/uses.h"
#include "rule.h"

/*
 * Services before members that run: by which pods have their names, which settings name, and through which clients come in.
 * Each member is asked for, as one Service may stand before several.
 */

#define POD_NAME_LABEL "statefulset.kubernetes.io/pod-name"
#define POD_INDEX_LABEL "apps.kubernetes.io/pod-index"

static const cJSON *spec_of(const cJSON *service)
{
    return bl_json_get(service, "spec");
}

/* NULL: it has none, or what is none. */
static const cJSON *selector_of(const cJSON *service)
{
    const cJSON *selector = bl_json_get(spec_of(service), "selector");

    return bl_json_first_member(selector) ? selector : NULL;
}

static bool is_headless(const cJSON *service)
{
    return bl_text_eq(bl_json_string(spec_of(service), "clusterIP"), "None");
}

static bool is_external_name(const cJSON *service)
{
    return bl_text_eq(bl_json_string(spec_of(service), "type"), "ExternalName");
}

/* The one pod that it is for; NULL: it is for all of them. */
static const char *pod_of(const cJSON *service)
{
    return bl_json_string(selector_of(service), POD_NAME_LABEL);
}

static bool is_here(const cJSON *service, const struct bl_workload *workload)
{
    return bl_namespace_may_equal(bl_object_ref(service).namespace, workload->ref.namespace);
}

/* "kafka-2" is a pod of "kafka", and "kafka-connect-0" is none. */
static bool is_pod_of(const char *name, const struct bl_workload *workload)
{
    size_t len = strlen(workload->ref.name);

    return strncmp(name, workload->ref.name, len) == 0 && name[len] == '-' && name[len + 1] &&
           strspn(name + len + 1, "0123456789") == strlen(name + len + 1);
}

/* Labels that name one pod are not in the template. */
static bool template_has(const struct bl_workload *workload, const cJSON *label)
{
    const char *value = cJSON_IsString(label) ? label->valuestring : "";

    if (strcmp(label->string, POD_NAME_LABEL) == 0)
        return is_pod_of(value, workload);
    return strcmp(label->string, POD_INDEX_LABEL) == 0 ||
           bl_text_eq(bl_json_string(workload->pod_labels, label->string), value);
}

static bool selects(const cJSON *service, const struct bl_workload *workload)
{
    const cJSON *label, *selector = selector_of(service);

    if (!selector || is_external_name(service) || !is_here(service, workload))
        return false;
    BL_JSON_EACH_MEMBER(label, selector) {
        if (!template_has(workload, label))
            return false;
    }
    return true;
}

/* --- pods, where they are known --- */

static bool is_made_by(const cJSON *pod, const struct bl_workload *workload)
{
    const cJSON *owner = bl_object_controller(pod);
    const char *phase = bl_json_string(bl_json_get(pod, "status"), "phase");

    return bl_text_eq(bl_json_string(owner, "kind"), workload->ref.kind) &&
           bl_text_eq(bl_json_string(owner, "name"), workload->ref.name) &&
           bl_namespace_may_equal(bl_object_ref(pod).namespace, workload->ref.namespace) &&
           !bl_text_eq(phase, "Failed") && !bl_text_eq(phase, "Succeeded") &&
           !bl_object_is_going(pod);
}

static bool pod_has(const cJSON *pod, const cJSON *selector)
{
    const cJSON *label;

    BL_JSON_EACH_MEMBER(label, selector) {
        const char *value = cJSON_IsString(label) ? label->valuestring : "";

        if (!bl_text_eq(bl_object_label(pod, label->string), value))
            return false;
    }
    return true;
}

/* A pod has the labels of the template that it was made from, which its set may have no more. */
static bool selects_running(const struct bl_losses_search *search, const cJSON *service,
                            const struct bl_workload *member)
{
    bool known = false;

    for (size_t i = 0; i < search->states->pods_len && bl_budget_turn(); i++) {
        const cJSON *pod = search->states->pods[i];

        if (!is_made_by(pod, member))
            continue;
        known = true;
        if (pod_has(pod, selector_of(service)) && is_here(service, member))
            return true;
    }
    return !known && selects(service, member);
}

/* --- ports --- */

static const struct bl_port *find_port(const struct bl_workload *workload, int number)
{
    for (size_t i = 0; workload && i < workload->ports.len; i++)
        if (workload->ports.items[i].number == number)
            return &workload->ports.items[i];
    return NULL;
}

/*
 * Do clients come in by it? What is for metrics, a quorum or an ensemble is no way in; of a port that nothing is known of, it may
 * be, unless the Service calls it one for metrics.
 */
static bool is_way_in(const struct bl_port *port, const cJSON *entry)
{
    const char *name = bl_json_string(entry, "name");

    if (!port)
        return !name || (!strstr(name, "metrics") && !strstr(name, "jmx"));
    if (port->inter_broker)
        return true;
    switch (port->purpose) {
    case BL_PURPOSE_CLIENT:
    case BL_PURPOSE_INTER_BROKER:
    case BL_PURPOSE_ZOOKEEPER_CLIENT:
        return true;
    case BL_PURPOSE_OTHER:
        return port->main;
    default:
        return false;
    }
}

/* The pod's port behind this entry of the Service; 0: none. */
static int target_of(const cJSON *service, const cJSON *entry, const struct bl_workload *workload)
{
    int64_t number = 0;

    return bl_json_int(bl_json_get(entry, "port"), &number) && number > 0 && number <= 65535
               ? bl_service_target(service, (int)number, workload)
               : 0;
}

static bool leads_to(const cJSON *service, const struct bl_workload *workload, int target)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_get(spec_of(service), "ports")) {
        if (target_of(service, entry, workload) == target)
            return true;
    }
    return false;
}

/* Does any of its ports lead to one that the workload is known to have? */
static bool leads_anywhere(const cJSON *service, const struct bl_workload *workload)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_get(spec_of(service), "ports")) {
        if (find_port(workload, target_of(service, entry, workload)))
            return true;
    }
    return false;
}

/* --- one that is gone --- */

/* Another way to the same port of the same pods: one for a single pod is none for all, nor for another one. */
static bool is_other_door(const struct bl_losses_search *search, const cJSON *other,
                          const cJSON *service, const struct bl_workload *member, int target)
{
    return bl_object_is(other, "", "Service") &&
           !bl_losses_is_same(&search->after, other, service) && !is_headless(other) &&
           selects(other, member) && bl_text_eq(pod_of(other), pod_of(service)) &&
           (!target || leads_to(other, member, target));
}

static bool has_other_door(const struct bl_losses_search *search, const cJSON *service,
                           const struct bl_workload *member, int target)
{
    for (size_t i = 0; i < search->after.len && bl_budget_turn(); i++)
        if (is_other_door(search, search->after.objects[i], service, member, target))
            return true;
    return false;
}

/* A port that the workload has no more needs no way to it. `after` NULL: it is not known. */
static bool is_only_door(const struct bl_losses_search *search, const cJSON *service,
                         const struct bl_workload *member, const struct bl_workload *after)
{
    const cJSON *entry, *ports = bl_json_get(spec_of(service), "ports");

    cJSON_ArrayForEach(entry, ports) {
        int target = target_of(service, entry, member);
        const struct bl_port *port = find_port(member, target);

        if (target && is_way_in(port, entry) && (!port || !after || find_port(after, target)) &&
            !has_other_door(search, service, member, target))
            return true;
    }
    return !bl_json_len(ports) && !has_other_door(search, service, member, 0);
}

/* The number of the one pod that it is for; -1: it is for all, or says it otherwise. */
static int64_t ordinal_of(const cJSON *service)
{
    const char *pod = pod_of(service), *dash = pod ? strrchr(pod, '-') : NULL;
    const char *text = dash ? dash + 1 : bl_json_string(selector_of(service), POD_INDEX_LABEL);
    int64_t number;

    return text && bl_text_to_int(text, strlen(text), &number) ? number : -1;
}

/* Is it for a pod that the workload makes no more? `after` NULL: it is not known. */
static bool is_for_nobody(const cJSON *service, const cJSON *after)
{
    int64_t ordinal = ordinal_of(service), first = after ? bl_object_first_ordinal(after) : 0;

    if (!after || ordinal < 0 || !bl_object_replicas_known(after))
        return false;
    return ordinal < first || ordinal >= first + bl_object_replicas(after);
}

/* Does the workload's own object name it? Then its pods are found by it, and not only those that come in. */
static const char *named_by(const cJSON *service, const struct bl_workload *member)
{
    const char *name = bl_object_ref(service).name;

    if (bl_text_eq(bl_json_string(spec_of(member->object), "serviceName"), name))
        return "gives its pods their names";
    return bl_names_host(member->object, name) ? "is named in its settings" : NULL;
}

static bool has_server(const struct bl_servers *servers, const char *host)
{
    for (size_t i = 0; i < servers->len && bl_budget_turn(); i++)
        if (strcmp(servers->items[i].host, host) == 0)
            return true;
    return false;
}

/* Does a list of servers lead to the Service, and still name it afterwards? */
static bool calls_by(const struct bl_losses_search *search, const struct bl_workload *caller,
                     const struct bl_workload *after, const cJSON *service, const char *property)
{
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0}, wanted = {0};

    if (!bl_workload_servers(caller, search->before.world, property, &servers) ||
        !bl_workload_servers(after, search->after.world, property, &wanted))
        return false;
    for (size_t i = 0; i < servers.len && bl_budget_turn(); i++) {
        BL_AUTO(bl_found_release) struct bl_found found = {0};
        const char *host = servers.items[i].host;

        if (bl_host_find(search->before.scene, caller, NULL, host, &found) == BL_HOST_FOUND &&
            found.service == service && has_server(&wanted, host))
            return true;
    }
    return false;
}

/* Who goes on and finds the pods by it: brokers their ZooKeeper, or members their quorum. NULL: nobody in sight. */
static const struct bl_workload *caller_of(const struct bl_losses_search *search,
                                           const cJSON *service)
{
    static const char *const lists[] = {"zookeeper.connect", "controller.quorum.voters",
                                        "controller.quorum.bootstrap.servers"};

    for (size_t i = 0; i < search->before.scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *caller = search->before.scene->workloads.items[i];
        const cJSON *object = bl_losses_is_member(caller)
                                  ? bl_losses_counterpart(&search->after, caller->object)
                                  : NULL;
        const struct bl_workload *after =
            object ? bl_losses_workload(&search->after, object) : NULL;

        for (size_t k = 0; after && k < BL_ARRAY_LEN(lists); k++)
            if (calls_by(search, caller, after, service, lists[k]))
                return caller;
    }
    return NULL;
}

static bool lose_service(const struct bl_losses_search *search, const cJSON *service,
                         const struct bl_workload *member, const struct bl_workload *after)
{
    const char *why = named_by(service, member);
    const struct bl_workload *caller = why ? NULL : caller_of(search, service);
    BL_AUTO_FREE char *from = caller ? bl_describe(caller->object) : NULL;
    BL_AUTO_FREE char *named = from ? bl_asprintf("is named in the settings of %s", from) : NULL;

    if (named)
        why = named;
    if (!why && !is_headless(service) && is_only_door(search, service, member, after))
        why = "is the only way for clients to find it";
    if (!why)
        return false;
    BL_AUTO_FREE char *who = bl_describe(member->object);
    return bl_losses_add(search, member,
                         bl_asprintf("Service \"%s\" would be deleted, and %s: %s, which runs",
                                     bl_object_ref(service).name, why, who),
                         bl_losses_on_purpose(search, service, "Keep it.")) != NULL;
}

/* --- one that is changed --- */

/* Who is behind it afterwards: the member, or where its name does not matter, another one that does the same. NULL: nobody. */
static const struct bl_workload *behind(const struct bl_losses_search *search, const cJSON *changed,
                                        const struct bl_workload *member, bool alone)
{
    if (selects_running(search, changed, member))
        return member;
    for (size_t i = 0; !alone && i < search->before.scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *other = search->before.scene->workloads.items[i];

        if (bl_losses_is_member(other) &&
            bl_workload_is_kafka(other) == bl_workload_is_kafka(member) &&
            selects_running(search, changed, other))
            return other;
    }
    return NULL;
}

static char *why_nobody(const cJSON *changed)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf wanted = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (is_external_name(changed))
        return bl_strdup("would be a name of something else");
    if (!selector_of(changed))
        return bl_strdup("would select no pods, and follow none that is made anew");
    bl_json_write(&wanted, selector_of(changed));
    return bl_asprintf("would select %s, which no pod that runs has", wanted.text);
}

static bool has_number(const cJSON *service, int64_t number)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_get(spec_of(service), "ports")) {
        if (bl_json_number(entry, "port") == number)
            return true;
    }
    return false;
}

/* The number by which clients come in and that it has no more; 0: none. Nobody else leads there either. */
static int64_t lost_number(const struct bl_losses_search *search, const cJSON *service,
                           const cJSON *changed, const struct bl_workload *member,
                           const struct bl_workload *after)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_get(spec_of(service), "ports")) {
        int target = target_of(service, entry, member);
        int64_t number = bl_json_number(entry, "port");
        const struct bl_port *port = find_port(member, target);

        if (port && is_way_in(port, entry) && (!after || find_port(after, target)) &&
            !has_number(changed, number) && !has_other_door(search, service, member, target))
            return number;
    }
    return 0;
}

static bool lose_number(const struct bl_losses_search *search, const cJSON *service,
                        const struct bl_workload *member, int64_t number)
{
    BL_AUTO_FREE char *who = bl_describe(member->object);
    BL_AUTO_FREE char *instead =
        bl_asprintf("Keep port %" PRId64 " beside others until nobody calls it.", number);

    return bl_losses_add(search, member,
                         bl_asprintf("Service \"%s\" would have no port %" PRId64
                                     " any more, by which clients find %s, which runs",
                                     bl_object_ref(service).name, number, who),
                         bl_losses_on_purpose(search, service, instead)) != NULL;
}

static bool change_service(const struct bl_losses_search *search, const cJSON *service,
                           const cJSON *changed, const struct bl_workload *member,
                           const struct bl_workload *after)
{
    int64_t number;
    const struct bl_workload *other =
        is_external_name(changed) || !selector_of(changed)
            ? NULL
            : behind(search, changed, member, named_by(service, member) != NULL);
    bool leads = !other || is_headless(changed) || !leads_anywhere(service, member) ||
                 leads_anywhere(changed, other);

    if (other && leads) {
        number = is_headless(service) ? 0 : lost_number(search, service, changed, member, after);
        return number && lose_number(search, service, member, number);
    }
    BL_AUTO_FREE char *who = bl_describe(member->object);
    BL_AUTO_FREE char *why =
        other ? bl_strdup("would lead to ports that its pods do not have") : why_nobody(changed);
    return bl_losses_add(
               search, member,
               bl_asprintf("Service \"%s\" %s: it loses all endpoints, among them those of %s",
                           bl_object_ref(service).name, why, who),
               bl_losses_on_purpose(
                   search, service,
                   other ? "Keep a port that the pods have."
                         : "Keep its selector on labels that the pods have until all of them were "
                           "made anew.")) != NULL;
}

void bl_losses_judge_service(const struct bl_losses_search *search, const cJSON *service)
{
    const cJSON *changed = bl_losses_counterpart(&search->after, service);
    bool told = bl_allows_deletion(service) || bl_object_is_going(service);

    for (size_t i = 0; !told && i < search->before.scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *member = search->before.scene->workloads.items[i], *gets;
        const cJSON *after;

        if (!bl_losses_is_member(member) || !selects_running(search, service, member))
            continue;
        after = bl_losses_counterpart(&search->after, member->object);
        /* What goes with its workload is told there. */
        if ((!after && !changed) || is_for_nobody(service, after))
            continue;
        gets = after ? bl_losses_workload(&search->after, after) : NULL;
        told = changed ? change_service(search, service, changed, member, gets)
                       : lose_service(search, service, member, gets);
    }
}
