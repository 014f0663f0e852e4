/* Steps as requests: what is sent, and what becomes of each answer. */
#include <string.h>

#include "companions/write.h"
#include "fakekube_help.h"
#include "json_help.h"

static struct fakekube *fake;
static struct bl_kube_client *client;
static cJSON *wanted, *present;
static char *texts[16];
static size_t texts_len;

#define HEAD "'apiVersion':'policy/v1','kind':'PodDisruptionBudget'"
#define SPEC "{'maxUnavailable':1,'selector':{'matchLabels':{'app':'kafka','a':'b'}}}"
#define MIXED \
    "{'maxUnavailable':1,'minAvailable':2,'selector':{'matchLabels':{'app':'kafka','a':'b'}}}"
#define OBJECT(version, spec)                                                                     \
    "{" HEAD ",'metadata':{'name':'kafka','namespace':'k','uid':'u1','resourceVersion':'" version \
    "'},'spec':" spec "}"

static void setup(void)
{
    fake = fakekube_new();
    client = help_client(fake, "token: t");
    wanted = help_json("{" HEAD ",'metadata':{'name':'kafka','namespace':'k'},'spec':" SPEC "}");
    present = help_json(OBJECT("5", MIXED));
}

static void teardown(void)
{
    cJSON_Delete(wanted);
    cJSON_Delete(present);
    bl_kube_client_free(client);
    fakekube_free(fake);
    while (texts_len)
        free(texts[--texts_len]);
}

/* A text of the table as the server sends it. */
static const char *sent(const char *text)
{
    ck_assert_uint_lt(texts_len, BL_ARRAY_LEN(texts));
    texts[texts_len] = bl_strdup(text);
    help_swap(texts[texts_len], '\'', '"');
    return texts[texts_len++];
}

#define STATUS "{'kind':'Status','message':'m'}"
#define GOOD OBJECT("6", SPEC)

static const struct {
    const char *why;
    enum bl_step_kind kind;
    struct {
        int status;
        const char *body;
    } answers[4];
    int rc;
    unsigned requests;
    const char *last[3]; /* what the last request has */
} rows[] = {
    {"made, without force",
     BL_STEP_CREATE,
     {{201, GOOD}},
     0,
     1,
     {"PATCH /apis/policy/v1/namespaces/k/poddisruptionbudgets/kafka?fieldManager="
      "ballast-controller HTTP",
      "Content-Type: application/apply-patch+yaml"}},
    {"somebody else's came to stand there", BL_STEP_CREATE, {{409, STATUS}}, -1, 1, {"PATCH"}},
    {"the server fails", BL_STEP_CREATE, {{500, STATUS}}, -1, 1, {"PATCH"}},
    {"mended, that very object, with force",
     BL_STEP_REPAIR,
     {{200, GOOD}},
     0,
     1,
     {"force=true", "'uid':'u1'"}},
    {"another object by now", BL_STEP_REPAIR, {{409, STATUS}}, -1, 1, {"force=true"}},
    {"what another manager holds stays where it is applied, and is replaced",
     BL_STEP_REPAIR,
     {{200, OBJECT("6", MIXED)}, {200, GOOD}},
     0,
     2,
     {"Content-Type: application/json-patch+json",
      "[{'op':'test','path':'/metadata/uid','value':'u1'},{'op':'replace','path':'/spec','value':"
      "{'maxUnavailable':1,"}},
    {"the sum of both is invalid: replaced, then applied",
     BL_STEP_REPAIR,
     {{422, STATUS}, {200, GOOD}, {200, GOOD}},
     0,
     3,
     {"force=true"}},
    {"it cannot be replaced either",
     BL_STEP_REPAIR,
     {{422, STATUS}, {422, STATUS}},
     -1,
     2,
     {"json-patch"}},
    {"withdrawn, as it was looked at",
     BL_STEP_WITHDRAW,
     {{200, STATUS}},
     0,
     1,
     {"DELETE ", "'uid':'u1'", "'resourceVersion':'5'"}},
    {"gone already", BL_STEP_WITHDRAW, {{404, STATUS}}, 0, 1, {"DELETE "}},
    {"changed meanwhile", BL_STEP_WITHDRAW, {{409, STATUS}}, -1, 1, {"DELETE "}},
};

START_TEST(steps)
{
    struct bl_step step = {.kind = rows[_i].kind, .present = present, .object = wanted};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(65536);
    BL_ERROR(err);

    if (step.kind == BL_STEP_CREATE)
        step.present = NULL;
    if (step.kind == BL_STEP_WITHDRAW)
        step.object = NULL;
    for (unsigned i = 0; i < BL_ARRAY_LEN(rows[_i].answers) && rows[_i].answers[i].body; i++) {
        struct fake_answer answer = {.status = rows[_i].answers[i].status,
                                     .body = sent(rows[_i].answers[i].body)};

        fakekube_answer(fake, i + 1, &answer);
    }
    BL_WHY(bl_write_step(client, &step, &err) == rows[_i].rc, rows[_i].why);
    BL_WHY(fakekube_requests(fake) == rows[_i].requests, rows[_i].why);
    fakekube_last(fake, &last);
    for (size_t i = 0; i < BL_ARRAY_LEN(rows[_i].last) && rows[_i].last[i]; i++)
        BL_WHY(strstr(last.text, sent(rows[_i].last[i])), rows[_i].last[i]);
}
END_TEST

static const struct {
    int status;
    const char *body;
    int rc;
    bool has;
} pods[] = {
    {200, "{'kind':'PodList','items':[{}]}", 0, true},
    {200, "{'kind':'PodList','items':[]}", 0, false},
    {403, STATUS, -1, true},
};

START_TEST(asks_for_pods)
{
    struct fake_answer answer = {.status = pods[_i].status, .body = sent(pods[_i].body)};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(65536);
    bool has = true;
    BL_ERROR(err);

    fakekube_answer(fake, 1, &answer);
    ck_assert_int_eq(bl_companion_has_pods(client, present, &has, &err), pods[_i].rc);
    ck_assert(has == pods[_i].has);
    fakekube_last(fake, &last);
    ck_assert_ptr_nonnull(strstr(
        last.text, "GET /api/v1/namespaces/k/pods?labelSelector=app%3Dkafka%2Ca%3Db&limit=1 "));
}
END_TEST

#define OWNER_OF(uid) "{'apiVersion':'apps/v1','kind':'StatefulSet','name':'kafka','uid':'" uid "'}"
#define OWNED(owners)                                                                 \
    "{" HEAD ",'metadata':{'name':'kafka','namespace':'k','ownerReferences':[" owners \
    "]},'spec':" SPEC "}"
#define LIST_OF(metadata) "{'items':[{'metadata':{'name':'kafka'," metadata "}}]}"

static const struct {
    const char *why, *present;
    int status;
    const char *body; /* NULL: nobody is asked */
    int rc;
    bool goes;
} owners[] = {
    {"it has its owner", OWNED(OWNER_OF("s1")), 0, NULL, 0, false},
    {"the owner was taken off, and stays", OWNED(""), 200, LIST_OF("'uid':'s1'"), 0, false},
    {"it is on its way out", OWNED(""), 200,
     LIST_OF("'uid':'s1','deletionTimestamp':'2026-01-01T00:00:00Z'"), 0, true},
    {"it is gone", OWNED(""), 200, "{'items':[]}", 0, true},
    {"another one has its name", OWNED(OWNER_OF("s0")), 200, LIST_OF("'uid':'s2'"), 0, true},
    {"nobody says", OWNED(""), 500, STATUS, -1, false},
};

START_TEST(asks_for_owners)
{
    BL_AUTO_JSON cJSON *object = help_json(OWNED(OWNER_OF("s1")));
    BL_AUTO_JSON cJSON *there = help_json(owners[_i].present);
    struct bl_step step = {.kind = BL_STEP_REPAIR, .present = there, .object = object};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(65536);
    bool goes = true;
    BL_ERROR(err);

    if (owners[_i].body) {
        struct fake_answer answer = {.status = owners[_i].status, .body = sent(owners[_i].body)};

        fakekube_answer(fake, 1, &answer);
    }
    BL_WHY(bl_companion_owner_goes(client, &step, &goes, &err) == owners[_i].rc, owners[_i].why);
    BL_WHY(goes == owners[_i].goes, owners[_i].why);
    if (!owners[_i].body)
        return;
    fakekube_last(fake, &last);
    BL_WHY(strstr(last.text, "GET /apis/apps/v1/namespaces/k/statefulsets"
                             "?fieldSelector=metadata.name%3Dkafka "),
           owners[_i].why);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/writer");
    TCase *tcase = tcase_create("writer");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, steps, 0, BL_ARRAY_LEN(rows));
    tcase_add_loop_test(tcase, asks_for_pods, 0, BL_ARRAY_LEN(pods));
    tcase_add_loop_test(tcase, asks_for_owners, 0, BL_ARRAY_LEN(owners));
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
