#include <string.h>
#include <zlib.h>

#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/object/helm_release.h"
#include "ballast/policies/review.h"
#include "json_help.h"
#include "unit.h"

/* Helm's record of a release: read, refused, and not quoted. */

#define BARE                                                                                       \
    "apiVersion: apps/v1\nkind: StatefulSet\nspec: {replicas: 3, template: {spec: {containers: [{" \
    "name: k, command: [kafka-server-start.sh]}]}}}\n"
#define SET(name, app)                                                                         \
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: " name "}\nspec: {replicas: 3, " \
    "selector: {matchLabels: {app: " app "}}, template: {metadata: {labels: {app: " app        \
    "}}, spec: {containers: [{name: k, command: [kafka-server-start.sh]}]}}}\n"
#define SECRET \
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n"
#define LIVE_OF(release, name, metadata)                                                      \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'" name                  \
    "','namespace':'k','annotations':{'meta.helm.sh/release-name':'" release                  \
    "','meta.helm.sh/release-namespace':'k'" metadata "}},'spec':{'replicas':3,'selector':{"  \
    "'matchLabels':{'app':'kafka'}},'template':{'metadata':{'labels':{'app':'kafka'}},'spec'" \
    ":{'containers':[{'name':'k','command':['kafka-server-start.sh']}]}}}}"
#define BUDGET                                                                           \
    "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec: " \
    "{selector: "                                                                        \
    "{matchLabels: {app: kafka}}, maxUnavailable: 1}\n"
#define LIVE_BUDGET(metadata)                                                                     \
    ",{'apiVersion':'policy/v1','kind':'PodDisruptionBudget','metadata':{'name':'b','namespace':" \
    "'k','annotations':{'meta.helm.sh/release-name':'r','meta.helm.sh/"                           \
    "release-namespace':'k'" metadata                                                             \
    "}},'spec':{'maxUnavailable':1,'selector':{'matchLabels':{'app':'kafka'}}}}"
#define LIVE(name, metadata) LIVE_OF("r", name, metadata)

static void encode(struct bl_strbuf *text)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_base64_encode(&out, text->text, text->len);
    bl_strbuf_swap(text, &out);
}

static void compress_text(const char *text, size_t len, struct bl_strbuf *out)
{
    unsigned char chunk[65536];
    z_stream stream = {0};
    int rc = Z_OK;

    ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (z_const Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)len;
    while (rc != Z_STREAM_END) {
        stream.next_out = chunk;
        stream.avail_out = sizeof(chunk);
        rc = deflate(&stream, Z_FINISH);
        bl_strbuf_add(out, (const char *)chunk, sizeof(chunk) - stream.avail_out);
    }
    deflateEnd(&stream);
}

/* The value of the key `release`. For free(). */
static char *pack(const char *status, const char *manifest, const char *hook)
{
    BL_AUTO_JSON cJSON *record = bl_json_new_object();
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    struct bl_strbuf packed = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_json_add_string(record, "name", "r");
    bl_json_add_string(record, "namespace", "k");
    bl_json_add_string(bl_json_add_object(record, "info"), "status", status);
    bl_json_add_string(record, "manifest", manifest);
    if (hook)
        bl_json_add_string(bl_json_push(bl_json_add_array(record, "hooks"), bl_json_new_object()),
                           "manifest", hook);
    bl_json_write(&text, record);
    compress_text(text.text, text.len, &packed);
    encode(&packed);
    return bl_strbuf_take(&packed);
}

static char *secret(const char *status, const char *manifest, const char *hook)
{
    BL_AUTO_FREE char *release = pack(status, manifest, hook);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf value = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_adds(&value, release);
    encode(&value);
    return bl_asprintf("{'apiVersion':'v1','kind':'Secret','type':'helm.sh/release.v1','metadata':"
                       "{'name':'sh.helm.release.v1.r.v2','namespace':'k','labels':{'owner':'helm',"
                       "'status':'%s'}},'data':{'release':'%s'}}",
                       status, value.text);
}

static cJSON *review(const char *object, const char *old, const char *live)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_JSON cJSON *policy = help_json(
        "{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{'name':"
        "'p'},'spec':{'rules':{'upgradePath':{'action':'Deny'},'disruptionBudget':{'action':"
        "'Deny'}}}}");
    BL_AUTO_FREE char *text = bl_asprintf(
        "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'uid':'u',"
        "'namespace':'k','operation':'%s','object':%s,'oldObject':%s}}",
        old ? "UPDATE" : "CREATE", object, old ? old : "null");
    BL_AUTO_FREE char *list = bl_asprintf("[%s]", live);
    BL_AUTO_JSON cJSON *objects = help_json(list);
    BL_AUTO_JSON cJSON *parsed = help_json(text);
    const cJSON *items[8] = {NULL}, *item;
    struct bl_review_facts facts = {.context = items, .sees_cluster = true, .today = 20000};
    BL_AUTO_JSON cJSON *answer = NULL;
    BL_ERROR(err);

    cJSON_ArrayForEach(item, objects) {
        items[facts.context_len++] = item;
    }
    ck_assert_int_eq(bl_policy_set_add(&set, "p.yaml", NULL, policy, &err), 0);
    ck_assert_int_eq(
        bl_review_answer(&set, parsed, BL_REVIEW_VALIDATE, &facts, &answer, NULL, &err), 0);
    return bl_json_copy(bl_json_get(answer, "response"));
}

static const struct {
    const char *why, *status, *manifest, *hook, *old, *live;
    const char *message; /* NULL: allowed */
} rows[] = {
    {"all stays", "pending-upgrade", SET("kafka", "kafka"), NULL, NULL, LIVE("kafka", ""), NULL},
    {"a set goes", "pending-upgrade", SECRET, NULL, NULL, LIVE("kafka", ""),
     "upgrade-path: release \"r\": StatefulSet \"kafka\", which runs 3 of role broker, would be "
     "taken "
     "away"},
    {"and it is said that nothing was done", "pending-upgrade", SECRET, NULL, NULL,
     LIVE("kafka", ""), "Nothing of it was written"},
    {"Helm keeps it", "pending-upgrade", SECRET, NULL, NULL,
     LIVE("kafka", ",'helm.sh/resource-policy':'keep'"), NULL},
    {"its author lets it go", "pending-upgrade", SECRET, NULL, NULL,
     LIVE("kafka", ",'ballast.dev/allow-deletion':'true'"), NULL},
    {"a set of another release", "pending-upgrade", SECRET, NULL, NULL,
     LIVE_OF("other", "kafka", ""), NULL},
    {"a hook makes it", "pending-upgrade", SECRET, SET("kafka", "kafka"), NULL, LIVE("kafka", ""),
     NULL},
    {"its budget stays", "pending-upgrade", SET("kafka", "kafka") BUDGET, NULL, NULL,
     LIVE("kafka", "") LIVE_BUDGET(""), NULL},
    {"its budget goes", "pending-upgrade", SET("kafka", "kafka"), NULL, NULL,
     LIVE("kafka", "") LIVE_BUDGET(""),
     "disruption-budget: release \"r\": PodDisruptionBudget \"b\" protects a workload that runs"},
    {"its budget goes, and another comes", "pending-upgrade",
     SET("kafka",
         "kafka") "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: c}\n"
                  "spec: {selector: {matchLabels: {app: kafka}}, maxUnavailable: 1}\n",
     NULL, NULL, LIVE("kafka", "") LIVE_BUDGET(""), NULL},
    {"its budget is kept", "pending-upgrade", SET("kafka", "kafka"), NULL, NULL,
     LIVE("kafka", "") LIVE_BUDGET(",'helm.sh/resource-policy':'keep'"), NULL},
    {"its budget goes on purpose", "pending-upgrade", SET("kafka", "kafka"), NULL, NULL,
     LIVE("kafka", "") LIVE_BUDGET(",'ballast.dev/allow-deletion':'true'"), NULL},
    {"its budget goes by the set's word", "pending-upgrade", SET("kafka", "kafka"), NULL, NULL,
     LIVE("kafka", ",'ballast.dev/allow-deletion':'true'") LIVE_BUDGET(""), NULL},
    {"its budget goes by a rollback, which is not held up", "pending-rollback",
     SET("kafka", "kafka"), NULL, NULL, LIVE("kafka", "") LIVE_BUDGET(""), NULL},
    {"its budget goes with it", "uninstalling", SET("kafka", "kafka") BUDGET, NULL, "deployed",
     LIVE("kafka", ",'ballast.dev/allow-deletion':'true'") LIVE_BUDGET(""), NULL},
    {"done already", "deployed", SECRET, NULL, NULL, LIVE("kafka", ""), NULL},
    {"a first install", "pending-install", SET("kafka", "kafka"), NULL, NULL, "", NULL},
    {"back to before", "pending-rollback", SECRET, NULL, NULL, LIVE("kafka", ""),
     "would be taken away"},
    {"uninstalled", "uninstalling", SET("kafka", "kafka"), NULL, "deployed", LIVE("kafka", ""),
     "would be taken away"},
    {"and it is not said that nothing was done", "uninstalling", SET("kafka", "kafka"), NULL,
     "deployed", LIVE("kafka", ""), "Helm goes on: what members need stays"},
    {"uninstalled on purpose", "uninstalling", SET("kafka", "kafka"), NULL, "deployed",
     LIVE("kafka", ",'ballast.dev/allow-deletion':'true'"), NULL},
    {"kept by the chart", "uninstalling",
     "metadata: {annotations: {helm.sh/resource-policy: keep}, name: kafka}\n" BARE, NULL,
     "deployed", LIVE("kafka", ""), NULL},
    {"kept by hand, which an uninstall does not see", "uninstalling", SET("kafka", "kafka"), NULL,
     "deployed", LIVE("kafka", ",'helm.sh/resource-policy':'keep'"), "would be taken away"},
    {"left by an earlier revision, which Helm has forgotten", "uninstalling", SET("other", "other"),
     NULL, "deployed", LIVE("kafka", ""), NULL},
    {"uninstalled, and told again", "uninstalling", SET("kafka", "kafka"), NULL, "uninstalling",
     LIVE("kafka", ""), NULL},
};

START_TEST(releases_are_judged)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_FREE char *object = secret(rows[i].status, rows[i].manifest, rows[i].hook);
        BL_AUTO_FREE char *old = rows[i].old ? secret(rows[i].old, rows[i].manifest, NULL) : NULL;
        BL_AUTO_JSON cJSON *response = review(object, old, rows[i].live);
        const char *message = bl_json_string(bl_json_get(response, "status"), "message");

        ck_assert_msg(bl_json_bool(response, "allowed", false) == !rows[i].message, "%s: %s",
                      rows[i].why, message ? message : "allowed");
        ck_assert_msg(!rows[i].message || strstr(message, rows[i].message), "%s: %s", rows[i].why,
                      message);
    }
}
END_TEST

/* Megabytes of them, which speak of all kinds, and are none. */
START_TEST(dashboards_are_not_read)
{
    static const char title[] = "  - title: a Service, of kind Service, and its StatefulSet\n";
    BL_AUTO(bl_strbuf_release) struct bl_strbuf manifest = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_adds(&manifest, "kind: ConfigMap\nmetadata: {name: board}\ndata:\n  board: |\n");
    while (manifest.len < (size_t)5 << 20)
        bl_strbuf_adds(&manifest, title);
    bl_strbuf_adds(&manifest, "---\n" SET("other", "kafka"));
    BL_AUTO_FREE char *object = secret("pending-upgrade", manifest.text, NULL);
    BL_AUTO_JSON cJSON *response = review(object, NULL, LIVE("kafka", ""));

    ck_assert(strstr(bl_json_string(bl_json_get(response, "status"), "message"),
                     "\"other\" would begin beside it") != NULL);
}
END_TEST

/* As charts write them. */
static const struct {
    const char *text;
    bool read;
} documents[] = {
    {"apiVersion: v1\nkind: StatefulSet\n", true},
    {"{\"apiVersion\":\"v1\",\"kind\":\"StatefulSet\",\"metadata\":{\"name\":\"a\"}}\n", true},
    {"{'kind' : 'StatefulSet', apiVersion: v1}\n", true},
    {"kind: \"StatefulSet\" # of brokers\napiVersion: v1\n", true},
    {"kind: List\napiVersion: v1\nitems:\n  - kind: StatefulSet\n    apiVersion: v1\n", true},
    {"a: StatefulSet\napiVersion: v1\nkind: StatefulSet", true},
    {"apiVersion: v1\nkind: StatefulSetting\n", false},
    {"akin: StatefulSet\n", false},
    {"StatefulSet: 1\n", false},
    {": StatefulSet: 1\n", false},
    {"apiVersion: v1\nkind: Service\ntext: of a StatefulSet\n", false},
};

START_TEST(documents_are_read_by_their_kind)
{
    static const char *const kinds[] = {"StatefulSet", NULL};

    for (size_t i = 0; i < BL_ARRAY_LEN(documents); i++) {
        BL_AUTO_FREE char *text = secret("pending-upgrade", documents[i].text, NULL);
        BL_AUTO_JSON cJSON *object = help_json(text);
        BL_AUTO(bl_helm_release_release) struct bl_helm_release release = {0};
        BL_ERROR(err);

        ck_assert_msg(!bl_helm_release_read(object, kinds, &release, &err), "%s",
                      documents[i].text);
        ck_assert_msg((release.manifest.objects.len > 0) == documents[i].read, "%s",
                      documents[i].text);
    }
}
END_TEST

/* What a release leaves that was there before it, and what it makes. */
START_TEST(a_rollback_takes_away_what_was_added)
{
    static const char old[] = LIVE("kafka", "");
    BL_AUTO_FREE char *live =
        bl_asprintf("%s,%s",
                    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':"
                    "'kafka','namespace':'k','creationTimestamp':'2026-01-01T00:00:00Z',"
                    "'annotations':{'meta.helm.sh/release-name':'r',"
                    "'meta.helm.sh/release-namespace':'k'}},'spec':{'replicas':3,"
                    "'template':{'metadata':{'labels':{'app':'kafka'}},'spec':{"
                    "'containers':[{'name':'k','command':['kafka-server-start.sh']}]}}}}",
                    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'new',"
                    "'namespace':'k','creationTimestamp':'2026-02-01T00:00:00Z','annotations':{"
                    "'meta.helm.sh/release-name':'r','meta.helm.sh/release-namespace':'k'}},"
                    "'spec':{'replicas':3,'template':{'metadata':{'labels':{'app':'new'}},'spec':{"
                    "'containers':[{'name':'k','command':['kafka-server-start.sh']}]}}}}");
    BL_AUTO_FREE char *rollback = secret("pending-rollback", SET("kafka", "kafka"), NULL);
    BL_AUTO_FREE char *upgrade = secret("pending-upgrade", SET("kafka", "kafka"), NULL);
    BL_AUTO_JSON cJSON *back = review(rollback, NULL, live);
    BL_AUTO_JSON cJSON *on = review(upgrade, NULL, live);
    BL_AUTO_JSON cJSON *same = review(rollback, NULL, old);

    ck_assert(bl_json_bool(back, "allowed", false));
    ck_assert(strstr(bl_json_get(back, "warnings")->child->valuestring, "\"new\"") != NULL);
    ck_assert(!bl_json_bool(on, "allowed", false));
    ck_assert_ptr_null(bl_json_get(same, "warnings"));
}
END_TEST

/* Whatever a record holds, none of it is said; what cannot be read is let through, and noted. */
START_TEST(records_are_not_quoted)
{
    static const char broken[] =
        "{'apiVersion':'v1','kind':'Secret','type':'helm.sh/release.v1','metadata':{'name':'s',"
        "'labels':{'owner':'helm','status':'pending-upgrade'}},'data':{'release':'aHVudGVyMg=='}}";
    BL_AUTO_FREE char *fine = secret("pending-upgrade", SECRET, NULL);
    BL_AUTO_JSON cJSON *denied = review(fine, NULL, LIVE("kafka", ""));
    BL_AUTO_JSON cJSON *unread = review(broken, NULL, LIVE("kafka", ""));
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_json_write(&text, denied);
    bl_json_write(&text, unread);
    ck_assert_ptr_null(strstr(text.text, "hunter2"));
    ck_assert(bl_json_bool(unread, "allowed", false));
    ck_assert(strstr(text.text, "the record of the release cannot be read") != NULL);
}
END_TEST

/* A megabyte that unpacks to a gigabyte ends at the limit. */
START_TEST(a_bomb_is_small)
{
    size_t len = BL_HELM_RELEASE_MAX + 1;
    BL_AUTO_FREE char *zeros = bl_alloc(len, 1);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf packed = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    static const char *const kinds[] = {"StatefulSet", NULL};
    BL_AUTO(bl_helm_release_release) struct bl_helm_release release = {0};
    BL_ERROR(err);

    memset(zeros, ' ', len);
    compress_text(zeros, len, &packed);
    encode(&packed);
    BL_AUTO_FREE char *text = bl_asprintf("{'apiVersion':'v1','kind':'ConfigMap','metadata':{"
                                          "'labels':{'owner':'helm'}},'data':{'release':'%s'}}",
                                          packed.text);
    BL_AUTO_JSON cJSON *object = help_json(text);

    ck_assert_int_eq(bl_helm_release_read(object, kinds, &release, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_TOO_LARGE);
}
END_TEST

static char *repeated(const char *before, const char *text, size_t count, const char *after)
{
    struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_adds(&out, before);
    for (size_t i = 0; i < count; i++)
        bl_strbuf_adds(&out, text);
    bl_strbuf_adds(&out, after);
    return bl_strbuf_take(&out);
}

/* A few KiB that would be a tree of hundreds of MiB: of JSON, of YAML, of many documents, of aliases. */
START_TEST(a_tree_is_bounded)
{
    static const char *const kinds[] = {"Service", NULL};
    BL_AUTO_FREE char *values =
        repeated("kind: Service\napiVersion: v1\na: [0", ",0", 200000, "]\n");
    BL_AUTO_FREE char *many =
        repeated("", "---\nkind: Service\napiVersion: v1\na: [0,0,0,0,0,0,0,0]\n", 15000, "");
    BL_AUTO_FREE char *aliases = repeated(
        "kind: Service\napiVersion: v1\na: &a [0,0,0,0,0,0,0,0]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n"
        "c: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c",
        ",*c", 300, "]\n");
    const char *const manifests[] = {values, many, aliases};

    for (size_t i = 0; i < BL_ARRAY_LEN(manifests); i++) {
        BL_AUTO_FREE char *text = secret("pending-upgrade", manifests[i], NULL);
        BL_AUTO_JSON cJSON *object = help_json(text);
        BL_AUTO(bl_helm_release_release) struct bl_helm_release release = {0};
        BL_ERROR(err);

        ck_assert_msg(bl_helm_release_read(object, kinds, &release, &err) < 0, "%zu", i);
        ck_assert_msg(bl_error_code(err) == BL_ERR_TOO_LARGE, "%zu: %s", i, bl_error_text(err));
    }
    BL_AUTO_FREE char *json = repeated("[0", ",0", 500000, "]");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf packed = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    compress_text(json, strlen(json), &packed);
    encode(&packed);
    BL_AUTO_FREE char *text = bl_asprintf("{'apiVersion':'v1','kind':'ConfigMap','metadata':{"
                                          "'labels':{'owner':'helm'}},'data':{'release':'%s'}}",
                                          packed.text);
    BL_AUTO_JSON cJSON *object = help_json(text);
    BL_AUTO(bl_helm_release_release) struct bl_helm_release release = {0};
    BL_ERROR(err);

    ck_assert_int_eq(bl_helm_release_read(object, kinds, &release, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_TOO_LARGE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policies/release");
    TCase *tests = tcase_create("release");

    tcase_add_test(tests, releases_are_judged);
    tcase_add_test(tests, dashboards_are_not_read);
    tcase_add_test(tests, documents_are_read_by_their_kind);
    tcase_add_test(tests, a_rollback_takes_away_what_was_added);
    tcase_add_test(tests, records_are_not_quoted);
    tcase_add_test(tests, a_bomb_is_small);
    tcase_add_test(tests, a_tree_is_bounded);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
