#include <stdlib.h>
#include <string.h>

#include "ballast/base/hash.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/servers.h"
#include "ballast/workload/uses.h"
#include "kin_parts.h"
#include "recognise.h"

/* Far beyond what one object takes; past it the object counts as kin of everybody. */
#define UNITS ((int64_t)1 << 22)

/* What a hash is of; equal texts of two kinds are nothing in common. */
enum part {
    PART_NAME,     /* of an object, and of the Service that governs it */
    PART_CLUSTER,  /* what its cluster may be called */
    PART_KEY,      /* bl_workload_each_key() */
    PART_PAIR,     /* a label */
    PART_SELECTOR, /* of a Service, as a whole */
};

/* Two texts with one hash are taken for one, which only makes kin of strangers. */
static uint64_t hash_of(enum part part, const char *text, size_t len)
{
    unsigned char first = (unsigned char)part;
    uint64_t hash = bl_hash(bl_hash(BL_HASH_BEGIN, &first, 1), text, len);

    return hash ? hash : 1; /* 0 is an empty place of a table */
}

static uint64_t hash_key(const cJSON *label)
{
    return hash_of(PART_PAIR, label->string, strlen(label->string) + 1);
}

static uint64_t hash_pair(const cJSON *label)
{
    return bl_hash(hash_key(label), label->valuestring, strlen(label->valuestring));
}

static int compare_hashes(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

void bl_hashes_release(struct bl_hashes *hashes)
{
    free(hashes->items);
}

void bl_hashes_sort(struct bl_hashes *hashes)
{
    size_t kept = 0;

    if (!hashes->len)
        return;
    qsort(hashes->items, hashes->len, sizeof(*hashes->items), compare_hashes);
    for (size_t i = 0; i < hashes->len; i++)
        if (!kept || hashes->items[kept - 1] != hashes->items[i])
            hashes->items[kept++] = hashes->items[i];
    hashes->len = kept;
}

bool bl_hashes_have(const struct bl_hashes *hashes, uint64_t hash)
{
    return hashes->len && bsearch(&hash, hashes->items, hashes->len, sizeof(hash), compare_hashes);
}

bool bl_hashes_include(const struct bl_hashes *many, const struct bl_hashes *few)
{
    size_t at = 0;

    for (size_t i = 0; i < few->len; i++) {
        while (at < many->len && many->items[at] < few->items[i])
            at++;
        if (at == many->len || many->items[at] != few->items[i])
            return false;
    }
    return true;
}

/* --- of one object --- */

static void add_text(struct bl_hashes *hashes, enum part part, const char *text)
{
    if (text && *text)
        *BL_PUSH(hashes) = hash_of(part, text, strlen(text));
}

static void take_key(char *text, bool weak BL_UNUSED, void *context)
{
    BL_AUTO_FREE char *taken = text;

    add_text(context, PART_KEY, taken);
}

static void take_name(const char *name, size_t len, void *context)
{
    *BL_PUSH((struct bl_hashes *)context) = hash_of(PART_NAME, name, len);
}

static void hear(const char *host, int port BL_UNUSED, void *context)
{
    bl_host_each_name(host, take_name, context);
}

static void hear_all(struct bl_kin *kin, const struct bl_servers *servers)
{
    for (size_t i = 0; i < servers->len; i++)
        bl_host_each_name(servers->items[i].host, take_name, &kin->mentions);
}

/* Settings are read as the rules read them: they may be put together by a script. */
static void hear_settings(struct bl_kin *kin, const struct bl_workload *workload)
{
    static const char *const lists[] = {"zookeeper.connect", "controller.quorum.voters",
                                        "controller.quorum.bootstrap.servers",
                                        "advertised.listeners"};
    BL_AUTO(bl_servers_release) struct bl_servers ensemble = {0};

    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++) {
        BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

        if (bl_workload_servers(workload, NULL, lists[i], &servers))
            hear_all(kin, &servers);
    }
    if (bl_workload_ensemble_servers(workload, NULL, &ensemble))
        hear_all(kin, &ensemble);
}

void bl_kin_add_pairs(struct bl_hashes *hashes, const cJSON *labels)
{
    const cJSON *label;

    BL_JSON_EACH_MEMBER(label, labels) {
        if (cJSON_IsString(label))
            *BL_PUSH(hashes) = hash_pair(label);
    }
    bl_hashes_sort(hashes);
}

static int compare_marks(const void *a, const void *b)
{
    const struct bl_mark *x = a, *y = b;

    return (x->key > y->key) - (x->key < y->key);
}

static void add_marks(struct bl_kin *kin, const cJSON *labels)
{
    const cJSON *label;

    BL_JSON_EACH_MEMBER(label, labels) {
        if (cJSON_IsString(label) && !bl_label_is_volatile(label->string))
            *BL_PUSH(&kin->marks) = (struct bl_mark){hash_key(label), hash_pair(label)};
    }
    if (kin->marks.len)
        qsort(kin->marks.items, kin->marks.len, sizeof(*kin->marks.items), compare_marks);
}

const struct bl_mark *bl_kin_mark(const struct bl_kin *kin, uint64_t key)
{
    const struct bl_mark wanted = {key, 0};

    return kin->marks.len ? bsearch(&wanted, kin->marks.items, kin->marks.len,
                                    sizeof(*kin->marks.items), compare_marks)
                          : NULL;
}

/* All by which bl_scene_group() joins it, and by which it and its cluster are called and found. */
static void add_workload(struct bl_kin *kin, const cJSON *object)
{
    struct bl_workload *workload = bl_workload_recognise(object, NULL, true);
    const cJSON *labels = workload->pod_labels;

    kin->role = workload->role;
    add_text(&kin->keys, PART_NAME, bl_json_string(bl_json_get(object, "spec"), "serviceName"));
    bl_kin_add_pairs(&kin->pairs, labels);
    bl_uses_each(workload->pod, hear, &kin->mentions);
    if (kin->role) {
        add_text(&kin->keys, PART_CLUSTER, bl_workload_operator_cluster(workload));
        add_text(&kin->keys, PART_CLUSTER, bl_json_string(labels, BL_LABEL_INSTANCE));
        add_text(&kin->keys, PART_CLUSTER, bl_json_string(labels, "release"));
        add_text(&kin->keys, PART_CLUSTER, workload->ref.name);
        bl_workload_each_key(workload, NULL, take_key, &kin->keys);
        hear_settings(kin, workload);
        add_marks(kin, labels);
    }
    bl_hashes_sort(&kin->mentions);
    bl_workload_free(workload);
}

static void add_service(struct bl_kin *kin, const cJSON *service)
{
    const cJSON *selector = bl_json_at(service, "spec", "selector", NULL);

    /* Of this one each pod gets variables, which Confluent's start script takes for settings. */
    kin->always = strcmp(bl_object_ref(service).name, "kafka") == 0;
    bl_kin_add_pairs(&kin->pairs, selector);
    if (kin->pairs.len == bl_json_len(selector) && kin->pairs.len)
        *BL_PUSH(&kin->keys) = hash_of(PART_SELECTOR, (const char *)kin->pairs.items,
                                       kin->pairs.len * sizeof(*kin->pairs.items));
    else
        kin->pairs.len = 0;
}

/* A budget or network policy concerns those alone that it selects. One that asks by more than labels is asked itself. */
static void add_protection(struct bl_kin *kin, const cJSON *protection)
{
    const char *key = kin->kind == BL_WORLD_DISRUPTION_BUDGET ? "selector" : "podSelector";
    const cJSON *selector = bl_json_at(protection, "spec", key, NULL);
    const cJSON *labels = bl_json_get(selector, "matchLabels");
    BL_ERROR(ignored);

    bl_kin_add_pairs(&kin->pairs, labels);
    kin->always = bl_selector_validate(selector, &ignored) < 0 ||
                  bl_json_len(selector) != (labels ? 1 : 0) ||
                  kin->pairs.len != bl_json_len(labels);
}

static size_t bytes_of(const struct bl_kin *kin)
{
    return sizeof(*kin) + (kin->keys.cap + kin->mentions.cap + kin->pairs.cap) * sizeof(uint64_t) +
           kin->marks.cap * sizeof(struct bl_mark);
}

struct bl_kin *bl_kin_new(const cJSON *object, size_t *ret_bytes)
{
    enum bl_world_kind kind = bl_world_kind_of(object);
    struct bl_budget budget;
    struct bl_kin *kin;

    *ret_bytes = 0;
    if (kind == BL_WORLD_PLUGIN_POLICY || kind == BL_WORLD_STORAGE_CLASS ||
        kind == BL_WORLD_NAMESPACE)
        return NULL;
    kin = BL_NEW(struct bl_kin);
    kin->kind = kind;
    kin->of_all = kind == BL_WORLD_CONFIG_MAP || kind == BL_WORLD_KAFKA ||
                  kind == BL_WORLD_PROTECTED_APPLICATION || kind == BL_WORLD_OTHER;
    bl_budget_begin(&budget, UNITS);
    if (bl_kin_protects(kin))
        add_protection(kin, object);
    else
        add_text(&kin->keys, PART_NAME, bl_object_ref(object).name);
    if (kind == BL_WORLD_WORKLOAD)
        add_workload(kin, object);
    else if (kind == BL_WORLD_SERVICE)
        add_service(kin, object);
    kin->of_all |= bl_budget_over();
    (void)bl_budget_end(&budget);
    *ret_bytes = bytes_of(kin);
    return kin;
}

bool bl_kin_protects(const struct bl_kin *kin)
{
    return kin && (kin->kind == BL_WORLD_DISRUPTION_BUDGET || kin->kind == BL_WORLD_NETWORK_POLICY);
}

bool bl_kin_may_select(const struct bl_kin *protection, const struct bl_kin *workload)
{
    return bl_kin_protects(protection) && workload && workload->kind == BL_WORLD_WORKLOAD &&
           bl_hashes_include(&workload->pairs, &protection->pairs);
}

void bl_kin_free(struct bl_kin *kin)
{
    if (!kin)
        return;
    free(kin->keys.items);
    free(kin->mentions.items);
    free(kin->pairs.items);
    free(kin->marks.items);
    free(kin);
}
