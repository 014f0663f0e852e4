/* Applications that cover the StatefulSets of a cluster, and those that do not. */
#include "ballast/backup/protect.h"

#include <string.h>

#include "json_help.h"

#define SET(name, labels, match)                                                            \
    "{'metadata': {'name': '" name "', 'namespace': 'k', 'labels': {" labels "}}, 'spec': " \
    "{'selector': {'matchLabels': {" match "}}}}"
#define BITNAMI(name)                                                                  \
    SET(name, "'app.kubernetes.io/instance': 'prod', 'helm.sh/chart': 'kafka-20.0.6'", \
        "'app.kubernetes.io/instance': 'prod', 'app.kubernetes.io/name': '" name "'")

static char *text_of(const struct bl_protected_applications *applications)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; i < applications->len; i++) {
        BL_AUTO_FREE char *labels = help_text(applications->items[i].labels);

        bl_strbuf_addf(&text, "%s %s %d; ", applications->items[i].name, labels,
                       (int)bl_json_len(
                           bl_json_at(applications->items[i].object, "spec", "components", NULL)));
    }
    return text.len ? bl_strbuf_take(&text) : bl_strdup("");
}

static const struct {
    const char *why, *a, *b, *want;
} rows[] = {
    {"a chart's release", BITNAMI("kafka"), BITNAMI("zookeeper"),
     "prod {'app.kubernetes.io/instance':'prod'} 2; "},
    {"two releases", BITNAMI("kafka"), SET("zk", "'app': 'zk', 'x': 'y'", "'app': 'zk'"),
     "kafka {'app.kubernetes.io/instance':'prod'} 1; zk {'app':'zk'} 1; "},
    {"plain manifests", SET("kafka", "'app': 'kafka'", "'app': 'kafka'"),
     SET("zk", "'app': 'zk', 'x': 'y'", "'app': 'zk'"),
     "kafka {'app':'kafka'} 1; zk {'app':'zk'} 1; "},
    {"a set without labels", SET("kafka", "", "'app': 'kafka'"),
     SET("zk", "'app': 'zk'", "'app': 'zk'"), "zk {'app':'zk'} 1; "},
};

START_TEST(what_is_covered)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_JSON cJSON *a = help_json(rows[i].a), *b = help_json(rows[i].b);
        const struct bl_protected_set sets[] = {{a, "kafka", true}, {b, NULL, false}};
        BL_AUTO(bl_protected_applications_release)
        struct bl_protected_applications found = {0};

        bl_protected_add(sets, 2, "k", &found);
        BL_AUTO_FREE char *text = text_of(&found);
        ck_assert_msg(strcmp(text, rows[i].want) == 0, "%s: %s", rows[i].why, text);
    }
}
END_TEST

START_TEST(how_it_is_copied)
{
    BL_AUTO_JSON cJSON *a = help_json(BITNAMI("kafka")), *b = help_json(BITNAMI("zookeeper"));
    const struct bl_protected_set sets[] = {{a, "kafka", true}, {b, NULL, false}};
    BL_AUTO(bl_protected_applications_release) struct bl_protected_applications found = {0};

    bl_protected_add(sets, 2, "k", &found);
    BL_AUTO_FREE char *text = help_text(bl_json_get(found.items[0].object, "spec"));
    ck_assert_str_eq(
        text,
        "{'resourceSelection':{'type':'Selector','selector':{'matchLabels':{"
        "'app.kubernetes.io/instance':'prod'}}},'components':[{'name':'kafka','resourceKind':"
        "'StatefulSet','resourceNames':['kafka'],'strategy':{'type':'BackupAllRestoreAll',"
        "'backupAllRestoreAll':{'backupPreHooks':[{'name':'sync','container':'kafka','command':["
        "'/bin/sh','-c','sync'],'timeoutSeconds':120,'onError':'Fail'}]}}},{'name':'zookeeper',"
        "'resourceKind':'StatefulSet','resourceNames':['zookeeper'],'strategy':{'type':"
        "'BackupAllRestoreAll','backupAllRestoreAll':{}}}]}");
}
END_TEST

START_TEST(what_nobody_can_select)
{
    BL_AUTO_JSON cJSON *bare = help_json(SET("kafka", "", "'app': 'kafka'"));
    BL_AUTO_JSON cJSON *good = help_json(SET("kafka", "'app': 'kafka'", "'app': 'kafka'"));
    BL_AUTO_FREE char *gap = bl_protected_gap(bare), *none = bl_protected_gap(good);

    ck_assert_ptr_nonnull(strstr(gap, "metadata.labels"));
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(what_is_left_behind)
{
    BL_AUTO_JSON cJSON *set = help_json(
        "{'apiVersion': 'apps/v1', 'kind': 'StatefulSet', 'metadata': {'name': 'kafka', 'labels': {'app': 'kafka'}}, 'spec': {'selector': "
        "{'matchLabels': {'app': 'kafka'}}, 'template': {'spec': {'volumes': "
        "[{'configMap': {'name': 'settings'}}, {'configMap': {'name': 'scripts'}}]}}}}");
    BL_AUTO_JSON cJSON *scripts = help_json("{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': "
                                            "{'name': 'scripts', 'labels': {'app': 'kafka'}}}");
    BL_AUTO_JSON cJSON *settings =
        help_json("{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'settings'}}");
    const struct bl_protected_set sets[] = {{set, "kafka", true}};
    const cJSON *const objects[] = {scripts, settings};
    BL_AUTO(bl_protected_applications_release) struct bl_protected_applications found = {0};

    bl_protected_add(sets, 1, "k", &found);
    BL_AUTO_FREE char *none = bl_protected_left(&found.items[0], sets, 1, objects, 1);
    BL_AUTO_FREE char *left = bl_protected_left(&found.items[0], sets, 1, objects, 2);
    ck_assert_ptr_null(none);
    ck_assert_ptr_nonnull(strstr(left, "does not select ConfigMap \"settings\""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backup/protect");
    TCase *tests = tcase_create("protect");

    tcase_add_test(tests, what_is_covered);
    tcase_add_test(tests, how_it_is_copied);
    tcase_add_test(tests, what_nobody_can_select);
    tcase_add_test(tests, what_is_left_behind);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
