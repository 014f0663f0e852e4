#include "ballast/workload/uses.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/service.h"
#include "contents.h"
#include "mentioned.h"
#include "mentions.h"

#define HOST_MAX 253

struct finding {
    struct bl_uses *uses;
    const struct bl_scene *scene;
    size_t from;
    const cJSON *by;
    struct {
        const cJSON **items;
        size_t len, cap;
    } read; /* ConfigMaps and Secrets that a workload reads */
    struct bl_known known;
    struct bl_secrets secrets;
    bool secret;       /* what a Secret holds is read just now, and is not told */
    bl_heard_fn heard; /* without a scene they are led nowhere, and told here */
    void *context;
};

void bl_uses_release(struct bl_uses *uses)
{
    for (size_t i = 0; i < uses->strangers.len; i++)
        free(uses->strangers.items[i].host);
    free(uses->strangers.items);
    free(uses->items);
    *uses = (struct bl_uses){0};
}

int bl_service_target(const cJSON *service, int port, const struct bl_workload *target)
{
    const cJSON *entry, *spec = bl_json_get(service, "spec");

    if (bl_text_eq(bl_json_string(spec, "clusterIP"), "None"))
        return port;
    cJSON_ArrayForEach(entry, bl_json_get(spec, "ports")) {
        const cJSON *to = bl_json_get(entry, "targetPort");
        int64_t number = 0, aim = 0;

        (void)bl_json_int(bl_json_get(entry, "port"), &number);
        if (number != port)
            continue;
        if (cJSON_IsString(to))
            return bl_workload_named_port(target, to->valuestring);
        return bl_json_int(to, &aim) && aim > 0 && aim < 65536 ? (int)aim : port;
    }
    return 0;
}

static void write_name(const char *host, int port, void *context)
{
    cJSON *names = context;
    BL_AUTO_FREE char *text =
        port ? bl_asprintf("%s:%d", host, port) : bl_asprintf("host=%s", host);
    const cJSON *name;
    size_t len = 0;

    cJSON_ArrayForEach(name, names) {
        if (strcmp(name->valuestring, text) == 0)
            return;
        len++;
    }
    if (len < BL_USES_KEPT)
        bl_json_push(names, bl_json_new_string(text));
}

static void note(struct finding *finding, const char *host, int port)
{
    BL_AUTO(bl_found_release) struct bl_found found = {0};

    if (!finding->scene) {
        finding->heard(host, port, finding->context);
        return;
    }
    const struct bl_workload *from =
        finding->from == BL_NO_WORKLOAD ? NULL : finding->scene->workloads.items[finding->from];
    enum bl_host host_is =
        bl_host_find_any(finding->scene, from, bl_object_ref(finding->by).namespace, host, &found);

    if (host_is == BL_HOST_UNKNOWN && from)
        *BL_PUSH(&finding->uses->strangers) = (struct bl_stranger){
            finding->from, bl_strdup(finding->secret ? "a host of a Secret" : host), port};
    for (size_t i = 0; i < found.len && bl_budget_turn(); i++) {
        const struct bl_workload *to = finding->scene->workloads.items[found.items[i]];
        int aim = found.service ? bl_service_target(found.service, port, to) : port;

        *BL_PUSH(finding->uses) =
            (struct bl_use){finding->from, finding->by, found.items[i], aim ? aim : port};
    }
}

/* Where the host begins that ends before `end`: names, and placeholders as a whole. */
static const char *host_start(const char *text, const char *end)
{
    const char *at = end;

    while (at > text && end - at < HOST_MAX) {
        char c = at[-1];

        if (c == ')' || c == '}') {
            const char *open = at - 1;

            while (open > text && *open != '$')
                open--;
            if (*open != '$')
                break;
            at = open;
        } else if (isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_') {
            at--;
        } else {
            break;
        }
    }
    return at;
}

/* "zk:2181", with two to five digits and nothing that goes on behind them. */
static void read_text(struct finding *finding, const char *text)
{
    for (const char *colon = text; (colon = strchr(colon, ':')); colon++) {
        size_t digits = strspn(colon + 1, "0123456789");
        const char *host = host_start(text, colon);
        int64_t port;

        if (digits < 2 || digits > 5 || isalnum((unsigned char)colon[1 + digits]) ||
            host == colon || !bl_text_to_int(colon + 1, digits, &port) || port > 65535 ||
            strspn(host, "0123456789") == (size_t)(colon - host))
            continue;
        BL_AUTO_FREE char *name = bl_strndup(host, (size_t)(colon - host));
        note(finding, name, (int)port);
    }
}

/* Names of images hold a colon and a number too. */
static void read_tree(struct finding *finding, const cJSON *value)
{
    const cJSON *child;

    if (cJSON_IsString(value) && value->valuestring)
        read_text(finding, value->valuestring);
    if (!cJSON_IsArray(value) && !cJSON_IsObject(value))
        return;
    cJSON_ArrayForEach(child, value) {
        if (!bl_text_eq(child->string, "image"))
            read_tree(finding, child);
    }
}

/* ZOOKEEPER_HOST beside ZOOKEEPER_PORT. */
static void read_pair(struct finding *finding, const cJSON *container, const cJSON *entry)
{
    static const char *const endings[] = {"HOST", "HOSTNAME", "SERVER", "ADDRESS"};
    const char *name = bl_json_string(entry, "name"), *host = bl_json_string(entry, "value");
    int64_t number;

    for (size_t i = 0; name && host && *host && i < BL_ARRAY_LEN(endings); i++) {
        if (!bl_text_ends(name, endings[i]))
            continue;
        BL_AUTO_FREE char *variable =
            bl_asprintf("%.*sPORT", (int)(strlen(name) - strlen(endings[i])), name);
        const char *port = bl_container_env_value(container, variable);

        if (port && bl_text_to_int(port, strlen(port), &number) && number > 0 && number < 65536)
            note(finding, host, (int)number);
    }
}

/* The port of one that a word leads to; a number that it does not listen on was none of it. 0: it is told none. */
static bool mentioned_port(const struct bl_workload *to, const cJSON *service, int port,
                           int *ret_port)
{
    int aim = port && service ? bl_service_target(service, port, to) : port;

    *ret_port = aim ? aim : port;
    for (size_t i = 0; port && i < to->ports.len && bl_budget_turn(); i++)
        if (to->ports.items[i].number == *ret_port)
            return true;
    return !port;
}

/* A word that may be a host counts where it leads to a member of a cluster, and nowhere else. */
static void note_mention(const struct bl_mention *mention, void *context)
{
    struct finding *finding = context;
    BL_AUTO(bl_found_release) struct bl_found found = {0};

    if (!finding->scene) {
        finding->heard(mention->host, mention->port, finding->context);
        return;
    }
    const struct bl_workload *from =
        finding->from == BL_NO_WORKLOAD ? NULL : finding->scene->workloads.items[finding->from];

    if (!bl_mention_find(finding->scene, &finding->known, from,
                         bl_object_ref(finding->by).namespace, mention, &found))
        return;
    for (size_t i = 0; i < found.len && bl_budget_turn(); i++) {
        const struct bl_workload *to = finding->scene->workloads.items[found.items[i]];
        int port;

        if (to->role && mentioned_port(to, found.service, mention->port, &port))
            *BL_PUSH(finding->uses) =
                (struct bl_use){finding->from, finding->by, found.items[i], port};
    }
}

static void read_all(struct finding *finding, const cJSON *value)
{
    read_tree(finding, value);
    bl_mentions_of_tree(value, note_mention, finding);
}

static void read_contents(struct finding *finding, const cJSON *object)
{
    BL_AUTO(bl_json_wipe) cJSON *contents = bl_contents_read(object);

    finding->secret = bl_object_is(object, "", "Secret");
    if (contents->child)
        read_all(finding, contents);
    if (!finding->secret)
        read_all(finding, bl_json_get(object, "data"));
    finding->secret = false;
}

static void read_held(struct finding *finding, const cJSON *object)
{
    if (!object)
        return;
    *BL_PUSH(&finding->read) = object;
    read_contents(finding, object);
}

static void read_map(struct finding *finding, const char *name)
{
    if (name && finding->scene)
        read_held(finding,
                  bl_world_find(finding->scene->world, BL_WORLD_CONFIG_MAP,
                                finding->scene->workloads.items[finding->from]->ref.namespace,
                                name));
}

static void read_secret(struct finding *finding, const char *name)
{
    if (name && finding->scene)
        read_held(finding,
                  bl_secrets_get(&finding->secrets,
                                 finding->scene->workloads.items[finding->from]->ref.namespace,
                                 name));
}

static void read_container(struct finding *finding, const cJSON *container)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_get(container, "env")) {
        read_pair(finding, container, entry);
        read_map(finding,
                 bl_json_string(bl_json_at(entry, "valueFrom", "configMapKeyRef", NULL), "name"));
        read_secret(finding,
                    bl_json_string(bl_json_at(entry, "valueFrom", "secretKeyRef", NULL), "name"));
    }
    cJSON_ArrayForEach(entry, bl_json_get(container, "envFrom")) {
        read_map(finding, bl_json_string(bl_json_get(entry, "configMapRef"), "name"));
        read_secret(finding, bl_json_string(bl_json_get(entry, "secretRef"), "name"));
    }
}

static void read_pod(struct finding *finding, const cJSON *spec)
{
    const cJSON *item, *source;

    read_tree(finding, spec);
    cJSON_ArrayForEach(item, bl_json_get(spec, "containers")) {
        read_container(finding, item);
    }
    cJSON_ArrayForEach(item, bl_json_get(spec, "initContainers")) {
        read_container(finding, item);
    }
    bl_mentions_of_tree(spec, note_mention, finding);
    cJSON_ArrayForEach(item, bl_json_get(spec, "volumes")) {
        read_map(finding, bl_json_string(bl_json_get(item, "configMap"), "name"));
        read_secret(finding, bl_json_string(bl_json_get(item, "secret"), "secretName"));
        cJSON_ArrayForEach(source, bl_json_at(item, "projected", "sources", NULL)) {
            read_map(finding, bl_json_string(bl_json_get(source, "configMap"), "name"));
            read_secret(finding, bl_json_string(bl_json_get(source, "secret"), "name"));
        }
    }
}

static int compare_uses(const void *a, const void *b)
{
    const struct bl_use *x = a, *y = b;

    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    if (x->port != y->port)
        return x->port < y->port ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

static int compare_pointers(const void *a, const void *b)
{
    const cJSON *const *x = a, *const *y = b;

    return (*x > *y) - (*x < *y);
}

/* Objects of Ballast's tell it of Kafka, and call nobody. */
static bool is_ours(const cJSON *object)
{
    const char *version = bl_json_string(object, "apiVersion");

    return version && bl_text_starts(version, BL_API_GROUP "/");
}

/* Of objects that run no pods that we know: Jobs, what operators read, ConfigMaps that nobody in sight reads. */
static void read_others(struct finding *finding, enum bl_world_kind kind)
{
    struct bl_world_iter iter = bl_world_walk(finding->scene->world, kind, "");

    finding->from = BL_NO_WORKLOAD;
    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        if (finding->read.len && bsearch(&entry->object, finding->read.items, finding->read.len,
                                         sizeof(cJSON *), compare_pointers))
            continue;
        finding->by = entry->object;
        read_tree(finding, bl_json_get(entry->object, "spec"));
        if (kind != BL_WORLD_PROTECTED_APPLICATION && !is_ours(entry->object))
            bl_mentions_of_tree(bl_json_get(entry->object, "spec"), note_mention, finding);
        read_contents(finding, entry->object);
    }
}

/* A Service that is another name for a member; who goes by it cannot be told. */
static void read_aliases(struct finding *finding)
{
    struct bl_world_iter iter = bl_world_walk(finding->scene->world, BL_WORLD_SERVICE, "");

    finding->from = BL_NO_WORKLOAD;
    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        const char *host = bl_json_string(bl_json_get(entry->object, "spec"), "externalName");

        finding->by = entry->object;
        if (host && *host)
            note_mention(&(struct bl_mention){host, 0, true}, finding);
    }
}

/* Another version of what is here says nothing new. */
static bool is_here(const struct bl_scene *scene, const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);
    const struct bl_world_entry *entry =
        bl_world_find_entry(scene->world, bl_world_kind_of(object), ref.namespace, ref.name);

    return entry && bl_ref_same(&entry->ref, &ref);
}

void bl_uses_find(struct bl_uses *uses, const struct bl_scene *scene, const cJSON *const *beside,
                  size_t beside_len)
{
    struct finding finding = {.uses = uses, .scene = scene};

    *uses = (struct bl_uses){0};
    bl_known_find(&finding.known, scene);
    bl_secrets_find(&finding.secrets, scene->world);
    for (size_t i = 0; i < scene->workloads.len && bl_budget_turn(); i++) {
        finding.from = i;
        finding.by = scene->workloads.items[i]->object;
        read_pod(&finding, bl_json_get(scene->workloads.items[i]->pod, "spec"));
    }
    if (finding.read.len)
        qsort(finding.read.items, finding.read.len, sizeof(cJSON *), compare_pointers);
    read_others(&finding, BL_WORLD_CONFIG_MAP);
    read_others(&finding, BL_WORLD_PROTECTED_APPLICATION);
    read_others(&finding, BL_WORLD_OTHER);
    read_aliases(&finding);
    for (size_t i = 0; i < beside_len; i++) {
        finding.by = beside[i];
        if (!is_here(scene, beside[i]))
            read_all(&finding, bl_json_get(beside[i], "spec"));
    }
    free(finding.read.items);
    bl_known_release(&finding.known);
    bl_secrets_release(&finding.secrets);
    if (uses->len)
        qsort(uses->items, uses->len, sizeof(*uses->items), compare_uses);
}

const struct bl_use *bl_uses_of(const struct bl_uses *uses, size_t to, int port, size_t *ret_count)
{
    size_t low = 0, high = uses->len;
    const struct bl_use wanted = {0, NULL, to, port};

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_uses(&uses->items[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_count = 0;
    while (low + *ret_count < uses->len && uses->items[low + *ret_count].to == to &&
           uses->items[low + *ret_count].port == port)
        (*ret_count)++;
    return uses->items + low;
}

void bl_uses_each(const cJSON *pod, bl_heard_fn heard, void *context)
{
    struct finding finding = {.heard = heard, .context = context};

    read_pod(&finding, bl_json_get(pod, "spec"));
}

bool bl_uses_keep_only(cJSON *object)
{
    BL_AUTO_JSON cJSON *names = bl_json_new_array();
    cJSON *spec, *container;

    bl_uses_each(bl_object_pod(object), write_name, names);
    if (!names->child)
        return false;
    container = bl_json_new_object();
    bl_json_add_string(container, "name", "names");
    bl_json_add(container, "args", BL_STEAL(names));
    bl_json_cut(object, "spec");
    spec = bl_json_add_object(object, "spec");
    if (*bl_object_pod_pointer(object))
        spec = bl_json_add_object(bl_json_add_object(spec, "template"), "spec");
    bl_json_push(bl_json_add_array(spec, "containers"), container);
    return true;
}
