/*
 * A review that looks at kin alone gives the answer of one that looks at all. The objects of the fixtures are thrown into one
 * namespace, a few at a time, and tied together at random: labels, selectors and names of one come to stand in another.
 */
#include <stdio.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/manifest.h"
#include "ballast/policies/review.h"
#include "json_help.h"
#include "unit.h"

#define ROUNDS 80
#define MOST 20

static const char *const files[] = {
    "tests/golden/fixtures/apache.yaml",
    "tests/golden/fixtures/bitnami-kraft.yaml",
    "tests/golden/fixtures/bitnami-zookeeper-mode.yaml",
    "tests/golden/fixtures/confluent.yaml",
    "tests/golden/fixtures/koperator.yaml",
    "tests/golden/fixtures/look-alikes.yaml",
    "tests/golden/fixtures/other-zookeepers.yaml",
    "tests/golden/fixtures/strimzi.yaml",
    "tests/golden/fixtures/two-zookeeper-sets.yaml",
};

static const char *const bundles[] = {"policies/bundles/default.yaml",
                                      "policies/bundles/strict.yaml"};

struct pool {
    struct bl_manifest manifest;
    struct {
        const cJSON **items;
        size_t len, cap;
    } objects;
};

static uint32_t state;

static size_t draw(size_t below)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
}

static void pool_open(struct pool *pool)
{
    BL_ERROR(err);

    for (size_t i = 0; i < BL_ARRAY_LEN(files); i++)
        if (bl_manifest_read(&pool->manifest, files[i], &err) < 0)
            ck_abort_msg("%s", bl_error_text(err));
    for (size_t i = 0; i < pool->manifest.objects.len; i++) {
        const cJSON *object = pool->manifest.objects.items[i].object;
        enum bl_world_kind kind = bl_world_kind_of(object);

        if (kind == BL_WORLD_WORKLOAD || kind == BL_WORLD_SERVICE ||
            kind == BL_WORLD_DISRUPTION_BUDGET || kind == BL_WORLD_NETWORK_POLICY)
            *BL_PUSH(&pool->objects) = object;
    }
}

static void pool_close(struct pool *pool)
{
    free(pool->objects.items);
    bl_manifest_release(&pool->manifest);
}

/* --- ties --- */

static cJSON *selector_of(cJSON *object)
{
    cJSON *selector = bl_json_at(object, "spec", "selector", NULL);
    cJSON *labels = bl_json_get(selector, "matchLabels");

    if (!selector)
        selector = bl_json_at(object, "spec", "podSelector", NULL);
    return labels ? labels : selector;
}

/* Some pairs of a map, and seldom one of its pairs alone. */
static void copy_pairs(cJSON *to, const cJSON *from)
{
    const cJSON *pair;

    cJSON_ArrayForEach(pair, from) {
        if (draw(3) && to && to != from && cJSON_IsString(pair)) {
            bl_json_cut(to, pair->string);
            bl_json_add_string(to, pair->string, pair->valuestring);
        }
    }
}

static cJSON *labels_of(cJSON *object)
{
    return bl_json_at(bl_json_get(bl_json_at(object, "spec", "template", NULL), "metadata"),
                      "labels", NULL);
}

static void rename_to(cJSON *object, const char *name)
{
    cJSON *metadata = bl_json_get(object, "metadata");

    bl_json_cut(metadata, "name");
    bl_json_add_string(metadata, "name", name);
}

/* A variable that names a host of the other's name, as lists of servers do. */
static void name_in(cJSON *object, const char *name)
{
    static const char *const variables[] = {"KAFKA_CFG_ZOOKEEPER_CONNECT",
                                            "KAFKA_ZOOKEEPER_CONNECT",
                                            "KAFKA_CFG_CONTROLLER_QUORUM_VOTERS",
                                            "ZOO_SERVERS",
                                            "CLUSTER_ID",
                                            "UPSTREAM"};
    cJSON *containers = bl_json_at(object, "spec", "template", "spec", "containers", NULL);
    cJSON *env = containers ? bl_json_get(containers->child, "env") : NULL;
    BL_AUTO_FREE char *text = NULL;

    if (!cJSON_IsArray(env))
        return;
    switch (draw(4)) {
    case 0:
        text = bl_asprintf("%s:2181", name);
        break;
    case 1:
        text = bl_asprintf("%s-0.%s:9092", name, name);
        break;
    case 2:
        text = bl_asprintf("1@%s-0.%s.kafka.svc:9093", name, name);
        break;
    default:
        text = bl_strdup(name);
    }
    cJSON *entry = bl_json_push(env, bl_json_new_object());
    bl_json_add_string(entry, "name", variables[draw(BL_ARRAY_LEN(variables))]);
    bl_json_add_string(entry, "value", text);
}

static void tie(cJSON *object, cJSON *other)
{
    switch (draw(7)) {
    case 0:
        copy_pairs(selector_of(object), labels_of(other));
        break;
    case 1:
        copy_pairs(labels_of(object), labels_of(other));
        break;
    case 2:
        copy_pairs(labels_of(object), selector_of(other));
        break;
    case 3:
        name_in(object, bl_object_ref(other).name);
        break;
    case 4: {
        BL_AUTO_FREE char *name = bl_asprintf("%s-b", bl_object_ref(object).name);
        rename_to(object, name);
        break;
    }
    case 5: {
        BL_AUTO_FREE char *name = bl_strdup(bl_object_ref(other).name);
        rename_to(object, name);
        break;
    }
    default: {
        cJSON *spec = bl_json_get(object, "spec");

        if (!bl_object_is(object, "apps", "StatefulSet"))
            break;
        bl_json_cut(spec, "serviceName");
        bl_json_add_string(spec, "serviceName", bl_object_ref(other).name);
    }
    }
}

/* --- both answers --- */

/* What protects is no longer what it was, so that it is seen what it protected. */
static cJSON *old_of(const cJSON *object)
{
    cJSON *old = bl_json_copy(object), *labels;

    if (bl_object_is_workload(old) || bl_world_kind_of(old) == BL_WORLD_SERVICE)
        return old;
    labels = selector_of(old);
    if (labels && labels->child && draw(2))
        bl_json_free(cJSON_DetachItemViaPointer(labels, labels->child));
    return old;
}

static cJSON *make_review(const cJSON *object, bool update)
{
    cJSON *review = bl_json_new_object(), *request;

    bl_json_add_string(review, "apiVersion", "admission.k8s.io/v1");
    bl_json_add_string(review, "kind", "AdmissionReview");
    request = bl_json_add_object(review, "request");
    bl_json_add_string(request, "uid", "u");
    bl_json_add_string(request, "operation", update ? "UPDATE" : "CREATE");
    bl_json_add_string(request, "namespace", "kafka");
    bl_json_add_string(request, "name", bl_object_ref(object).name);
    bl_json_add(request, "object", bl_json_copy(object));
    if (update)
        bl_json_add(request, "oldObject", old_of(object));
    return review;
}

static char *answer(const struct bl_policy_set *set, const cJSON *review,
                    const struct bl_review_facts *facts)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *reply = NULL;
    BL_ERROR(err);

    if (bl_review_answer(set, review, BL_REVIEW_VALIDATE, facts, &reply, NULL, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    bl_json_write(&text, reply);
    return bl_strbuf_take(&text);
}

struct round {
    cJSON *objects[MOST];
    struct bl_kin *kin[MOST];
    size_t len;
};

/* No cluster has two of a kind and a name. */
static void make_unique(struct round *round, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        struct bl_ref a = bl_object_ref(round->objects[i]), b = bl_object_ref(round->objects[at]);

        if (bl_ref_same(&a, &b)) {
            BL_AUTO_FREE char *name = bl_asprintf("%s-%zu", b.name, at);

            rename_to(round->objects[at], name);
        }
    }
}

static void round_begin(struct round *round, const struct pool *pool)
{
    size_t bytes;

    round->len = 2 + draw(MOST - 2);
    for (size_t i = 0; i < round->len; i++) {
        round->objects[i] = bl_json_copy(pool->objects.items[draw(pool->objects.len)]);
        cJSON *metadata = bl_json_get(round->objects[i], "metadata");

        bl_json_cut(metadata, "namespace");
        bl_json_add_string(metadata, "namespace", "kafka");
    }
    for (size_t i = draw(2 * round->len); i--;)
        tie(round->objects[draw(round->len)], round->objects[draw(round->len)]);
    for (size_t i = 0; i < round->len; i++) {
        make_unique(round, i);
        round->kin[i] = bl_kin_new(round->objects[i], &bytes);
    }
}

static void round_end(struct round *round)
{
    for (size_t i = 0; i < round->len; i++) {
        bl_kin_free(round->kin[i]);
        bl_json_free(round->objects[i]);
    }
}

static void compare(const struct bl_policy_set *set, const struct round *round, size_t at)
{
    BL_AUTO_JSON cJSON *review = make_review(round->objects[at], draw(2));
    struct bl_review_facts facts = {.context = (const cJSON *const *)round->objects,
                                    .context_len = round->len,
                                    .sees_cluster = true,
                                    .today = 20000};
    BL_AUTO_FREE char *all = answer(set, review, &facts);

    facts.kin = (const struct bl_kin *const *)round->kin;
    BL_AUTO_FREE char *near = answer(set, review, &facts);
    if (strcmp(all, near) == 0)
        return;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    for (size_t i = 0; i < round->len; i++) {
        bl_json_write(&text, round->objects[i]);
        bl_strbuf_addc(&text, '\n');
    }
    fprintf(stderr, "object %zu of\n%s\n", at, text.text);
    ck_abort_msg("all: %s\nkin: %s", all, near);
}

static void run(const char *bundle)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    struct pool pool = {0};
    BL_ERROR(err);

    if (bl_policy_set_read(&set, bundle, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    pool_open(&pool);
    for (state = 1; state <= ROUNDS;) {
        uint32_t next = state + 1;
        struct round round;

        round_begin(&round, &pool);
        for (size_t i = 0; i < round.len; i++)
            compare(&set, &round, i);
        round_end(&round);
        state = next;
    }
    pool_close(&pool);
}

START_TEST(kin_say_all)
{
    run(bundles[_i]);
}
END_TEST

#define SET(name, env)                                                                    \
    "{'apiVersion': 'apps/v1', 'kind': 'StatefulSet', 'metadata': {'name': '" name "'}, " \
    "'spec': {'serviceName': '" name "', 'replicas': 3, "                                 \
    "'selector': {'matchLabels': {'app': '" name "'}}, "                                  \
    "'template': {'metadata': {'labels': {'app': '" name "', 'part-of': 'all'}}, "        \
    "'spec': {'containers': [{'name': 'c', 'image': 'bitnami/kafka:3.6', 'env': [" env "]}]}}}}"
#define SERVICE(name, app)                                                       \
    "{'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': '" name "'}, " \
    "'spec': {'selector': {'app': '" app "'}}}"
#define VALUE(name, value) "{'name': '" name "', 'value': '" value "'}"

/* Of whom the first one is kin; one that is not would have cost what it is. */
static const struct {
    const char *why, *object;
    bool near;
} others[] = {
    {"the ZooKeeper that it names", SET("zk-a", VALUE("ZOO_MY_ID", "1")), true},
    {"the Service of that name, though it selects nobody", SERVICE("zk-a", "none"), true},
    {"a Service that selects it", SERVICE("lb", "a"), true},
    {"who is selected by a Service of its name", SERVICE("a", "c"), true},
    {"and so this one", SET("c", VALUE("KAFKA_CFG_NODE_ID", "1")), true},
    {"a cluster beside it", SET("b", VALUE("KAFKA_CFG_ZOOKEEPER_CONNECT", "zk-b:2181")), false},
    {"with its ZooKeeper", SET("zk-b", VALUE("ZOO_MY_ID", "1")), false},
    {"and their Service", SERVICE("b", "b"), false},
    {"who calls it", SET("d", VALUE("UPSTREAM", "http://a.infra:9092/")), true},
    {"who has its name in a word", SET("e", VALUE("KAFKA_CFG_LOG_DIRS", "/a/zk-a")), false},
    {"a Service that changes every pod of its namespace", SERVICE("kafka", "b"), true},
};

START_TEST(strangers_are_left_out)
{
    const cJSON *objects[BL_ARRAY_LEN(others) + 1];
    struct bl_kin *kin[BL_ARRAY_LEN(others) + 1];
    bool near[BL_ARRAY_LEN(others) + 1] = {true};
    size_t len = BL_ARRAY_LEN(others) + 1, bytes;

    for (size_t i = 0; i < len; i++) {
        objects[i] = help_json(i ? others[i - 1].object
                                 : SET("a", VALUE("KAFKA_CFG_ZOOKEEPER_CONNECT", "zk-a:2181")));
        kin[i] = bl_kin_new(objects[i], &bytes);
    }
    bl_kin_find(objects, (const struct bl_kin *const *)kin, len, near);
    for (size_t i = 0; i < len; i++) {
        if (i)
            ck_assert_msg(near[i] == others[i - 1].near, "%s", others[i - 1].why);
        bl_kin_free(kin[i]);
        bl_json_free((cJSON *)(uintptr_t)objects[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("review_kin");
    TCase *tests = tcase_create("review_kin");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, kin_say_all, 0, (int)BL_ARRAY_LEN(bundles));
    tcase_add_test(tests, strangers_are_left_out);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
