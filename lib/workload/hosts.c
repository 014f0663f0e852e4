#include "ballast/workload/hosts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/labels.h"
#include "recognise.h"

#define LABEL_MAX 63

struct host {
    char labels[3][LABEL_MAX + 1]; /* the first three; "" where there are fewer */
};

void bl_found_release(struct bl_found *found)
{
    free(found->items);
    *found = (struct bl_found){0};
}

/* `before` are those of another walk; one walk comes by each workload once. */
static void add(struct bl_found *found, size_t before, size_t workload)
{
    for (size_t i = 0; i < before && bl_budget_turn(); i++)
        if (found->items[i] == workload)
            return;
    *BL_PUSH(found) = workload;
}

bool bl_holds_placeholder(const char *text)
{
    return strchr(text, '$') || strstr(text, "{{") || strchr(text, '`');
}

static bool is_self(const char *host)
{
    /* The last one is Bitnami's, from chart 24 on: an init container writes the pod's name in its place. */
    static const char *const own[] = {"",
                                      "localhost",
                                      "0.0.0.0",
                                      "::",
                                      "::1",
                                      "0:0:0:0:0:0:0:0",
                                      "advertised-address-placeholder",
                                      NULL};
    /* The whole of it is the pod's own name or address. */
    bool whole = host[0] == '$' && !strchr(host, '.');

    return bl_text_in(host, own) || bl_text_starts(host, "127.") || whole;
}

static bool is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/* A dot within a placeholder separates nothing. */
static size_t label_len(const char *text)
{
    size_t at = 0;
    int depth = 0;

    for (; text[at] && (depth || text[at] != '.'); at++) {
        depth += text[at] == '(' || text[at] == '{';
        depth -= depth && (text[at] == ')' || text[at] == '}');
    }
    return at;
}

static bool split(const char *text, struct host *ret_host)
{
    *ret_host = (struct host){0};
    for (size_t i = 0; i < BL_ARRAY_LEN(ret_host->labels) && *text; i++) {
        size_t len = label_len(text);

        if (!len || len > LABEL_MAX)
            return false;
        memcpy(ret_host->labels[i], text, len);
        text += len;
        text += *text == '.';
    }
    return true;
}

/* Is `name` the set's name with a number behind it? */
static bool is_pod_of(const char *name, const char *set)
{
    size_t len = strlen(set);

    return strncmp(name, set, len) == 0 && name[len] == '-' && name[len + 1] &&
           strspn(name + len + 1, "0123456789") == strlen(name + len + 1);
}

/* Those whom the Service selects, or who name it as their governing one where it is not in sight. */
static bool add_service(const struct bl_scene *scene, const char *namespace, const char *name,
                        const char *pod, struct bl_found *found)
{
    const struct bl_world_entry *service =
        bl_world_find_entry(scene->world, BL_WORLD_SERVICE, namespace, name);
    size_t before = found->len, at;

    if (service) {
        struct bl_label_walk walk =
            bl_label_walk(scene->labels, bl_json_at(service->object, "spec", "selector", NULL),
                          service->ref.namespace);

        while (bl_label_next(&walk, &at))
            if (!pod || bl_holds_placeholder(pod) ||
                is_pod_of(pod, scene->workloads.items[at]->ref.name) ||
                strcmp(pod, scene->workloads.items[at]->ref.name) == 0)
                add(found, before, at);
        if (found->len > before)
            found->service = service->object;
        return found->len > before;
    }
    const size_t *places;
    size_t count = bl_name_index_find(scene->names, BL_NAME_SERVICE, name, strlen(name), &places);

    for (size_t i = 0; i < count && bl_budget_turn(); i++) {
        const struct bl_workload *workload = scene->workloads.items[places[i]];

        if (bl_namespace_may_equal(workload->ref.namespace, namespace) &&
            (!pod || bl_holds_placeholder(pod) || is_pod_of(pod, workload->ref.name)))
            add(found, before, places[i]);
    }
    return found->len > before;
}

static void add_named(const struct bl_scene *scene, const char *namespace, const char *name,
                      size_t len, struct bl_found *found)
{
    size_t before = found->len;
    const size_t *places;
    size_t count = bl_name_index_find(scene->names, BL_NAME_OWN, name, len, &places);

    for (size_t i = 0; i < count && bl_budget_turn(); i++)
        if (bl_namespace_may_equal(scene->workloads.items[places[i]]->ref.namespace, namespace))
            add(found, before, places[i]);
}

/* The set that a pod of this name would be of: what stands before the number. */
static size_t set_len(const char *pod)
{
    size_t len = strlen(pod);

    while (len && isdigit((unsigned char)pod[len - 1]))
        len--;
    return pod[len] && len && pod[len - 1] == '-' ? len - 1 : 0;
}

static int compare_places(const void *a, const void *b)
{
    const size_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Without a Service in sight: whoever has the name, or a pod of it. */
static bool add_workload(const struct bl_scene *scene, const char *namespace, const char *name,
                         struct bl_found *found)
{
    size_t before = found->len, set = set_len(name);

    add_named(scene, namespace, name, strlen(name), found);
    if (set)
        add_named(scene, namespace, name, set, found);
    if (found->len > before)
        qsort(found->items + before, found->len - before, sizeof(*found->items), compare_places);
    return found->len > before;
}

enum bl_host bl_host_find(const struct bl_scene *scene, const struct bl_workload *from,
                          const char *namespace, const char *text, struct bl_found *found)
{
    struct host host;
    const char *here = from ? from->ref.namespace : namespace;
    const char *first = host.labels[0], *second = host.labels[1], *third = host.labels[2];

    if (is_self(text))
        return BL_HOST_SELF;
    if (is_address(text) || !split(text, &host))
        return BL_HOST_UNKNOWN;
    /* "pod.service[.namespace]" before "service.namespace": a pod's name says more. */
    if (*second && add_service(scene, *third && strcmp(third, "svc") != 0 ? third : here, second,
                               first, found))
        return BL_HOST_FOUND;
    if (!bl_holds_placeholder(first) &&
        (add_service(scene, *second ? second : here, first, NULL, found) ||
         (!*second && add_workload(scene, here, first, found))))
        return BL_HOST_FOUND;
    return BL_HOST_UNKNOWN;
}

enum bl_host bl_host_find_any(const struct bl_scene *scene, const struct bl_workload *from,
                              const char *namespace, const char *text, struct bl_found *found)
{
    enum bl_host kind = bl_host_find(scene, from, namespace, text, found);
    struct host host;

    if (kind != BL_HOST_SELF && !is_address(text) && split(text, &host) && *host.labels[1] &&
        add_service(scene, from ? from->ref.namespace : namespace, host.labels[1], NULL, found))
        return BL_HOST_FOUND;
    return kind;
}

void bl_host_each_name(const char *text, void (*take)(const char *name, size_t len, void *context),
                       void *context)
{
    struct host host;
    const char *first = host.labels[0], *second = host.labels[1];

    if (is_self(text) || is_address(text) || !split(text, &host))
        return;
    take(first, strlen(first), context);
    if (set_len(first))
        take(first, set_len(first), context);
    if (*second)
        take(second, strlen(second), context);
}

/* As long as what stands before the cluster's domain; all of it where no domain does. */
static size_t undomained_len(const char *host)
{
    const char *domain = strstr(host, ".svc");
    size_t len = strlen(host);

    if (domain && (!domain[4] || domain[4] == '.'))
        return (size_t)(domain - host);
    return len && host[len - 1] == '.' ? len - 1 : len;
}

void bl_host_each_full_name(const char *namespace, const char *text,
                            void (*take)(const char *name, void *context), void *context)
{
    size_t len = undomained_len(text);
    BL_AUTO_FREE char *name = bl_strndup(text, len);
    size_t dots = 0;

    if (is_self(text) || bl_holds_placeholder(text))
        return;
    for (char *c = name; *c; c++) {
        *c = (char)tolower((unsigned char)*c);
        dots += *c == '.';
    }
    if (dots || is_address(text))
        take(name, context);
    /* "a.b" is pod a of a Service b here, or Service a of a namespace b. */
    if (dots > 1 || text[len] || is_address(text))
        return;
    BL_AUTO_FREE char *here = bl_asprintf("%s.%s", name, namespace);
    take(here, context);
}

/* "$(NAME)" or "${NAME}", where NAME is the pod's own name or address by the downward API. */
static bool is_own_placeholder(const struct bl_workload *workload, const char *host)
{
    static const char *const own[] = {"status.podIP", "status.podIPs", "metadata.name", NULL};
    size_t len = strspn(host, "$({"), name = strcspn(host + len, ")}:");
    BL_AUTO_FREE char *variable = bl_strndup(host + len, name);
    const cJSON *entry = bl_container_env(workload->container, variable);
    const char *field =
        bl_json_string(bl_json_at(entry, "valueFrom", "fieldRef", NULL), "fieldPath");

    return strcmp(variable, "HOSTNAME") == 0 || bl_text_in(field, own);
}

bool bl_host_is_inside(const struct bl_scene *scene, const struct bl_workload *from,
                       const char *host)
{
    BL_AUTO(bl_found_release) struct bl_found found = {0};

    if (bl_text_starts(host, "127.") || strcmp(host, "localhost") == 0 || is_address(host))
        return false;
    if (host[0] == '$' && !strchr(host, '.'))
        return is_own_placeholder(from, host);
    return !*host || strstr(host, ".svc") || bl_text_ends(host, ".cluster.local") ||
           (!strchr(host, '.') && !bl_holds_placeholder(host)) ||
           bl_host_find(scene, from, NULL, host, &found) == BL_HOST_FOUND;
}
