/* Creating, changing, deleting and listing: by which requests, and what counts as done already. */
#include "ballast/google/resource.h"

#include "ballast/google/operation.h"
#include "google_client.h"

/* --- what differs --- */

static const struct {
    const char *asked, *live, *differences, *why;
} rows[] = {
    {"{}", "{'a':1}", "", "what we did not ask for"},
    {"{'a':{'b':true}}", "{'a':{'b':true,'c':2},'name':'n'}", "", "the same"},
    {"{'a':false,'b':0,'c':'','d':[],'e':{},'f':{'g':false},'h':'X_UNSPECIFIED','i':null}", "{}",
     "", "defaults are left out"},
    {"{'a':{'b':{'c':true}}}", "{}", "a.b.c is not set, not true", "left out, and no default"},
    {"{'a':7}", "{'a':'7'}", "", "int64 is a text"},
    {"{'a':7}", "{'a':'8'}", "a is \"8\", not 7", "another number"},
    {"{'a':[{'x':1}]}", "{'a':[{'x':1},{'x':2}]}", "a is [{\"x\":1},{\"x\":2}], not [{\"x\":1}]",
     "a list is whole"},
    {"{'a':1,'b':'x'}", "{'a':2,'b':'y'}", "a is 2, not 1; b is \"y\", not \"x\"", "two"},
    {"{'a':{'b':1}}", "{'a':'text'}", "a is \"text\", not {\"b\":1}", "another type"},
    {"{'a':'1'}",
     "{'a':'01234567890123456789012345678901234567890123456789012345678901234567890123456789'}",
     "a is \"0123456789012345678901234567890123456789012345678901234567890123456789012345678..., "
     "not \"1\"",
     "long values are cut"},
};

START_TEST(differences)
{
    BL_AUTO_JSON cJSON *asked = help_json(rows[_i].asked), *live = help_json(rows[_i].live);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);

    bl_google_differ(asked, live, &out);
    ck_assert_msg(strcmp(out.text, rows[_i].differences) == 0, "%s: %s", rows[_i].why, out.text);
}
END_TEST

/* --- create --- */

static int create(const char *body, char **ret_operation, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *asked = help_json(body);
    struct bl_google_create how = {.parent = PARENT,
                                   .collection = "backupPlans",
                                   .id_query = "backupPlanId",
                                   .id = "plan",
                                   .body = asked};

    return bl_google_create(client, &how, ret_operation, err);
}

#define EXISTS HELP_ERROR(409, "ALREADY_EXISTS")

START_TEST(creates)
{
    BL_AUTO_FREE char *operation = NULL;
    BL_ERROR(err);

    help_answer(1, 200, STARTED);
    ck_assert_int_eq(create("{'cluster':'c'}", &operation, &err), 0);
    ck_assert_str_eq(operation, OPERATION);
    help_sent("POST /v1/" PARENT "/backupPlans?backupPlanId=plan", "{\"cluster\":\"c\"}");
}
END_TEST

/* The answer is lost, the work was done: whoever asks again finds it. */
START_TEST(creates_again)
{
    BL_AUTO_FREE char *operation = bl_strdup("before");
    BL_ERROR(lost);
    BL_ERROR(err);

    help_answer(1, 0, NULL);
    help_answer(2, 409, EXISTS);
    help_answer(3, 200, "{\"cluster\":\"c\",\"etag\":\"1\",\"state\":\"READY\"}");
    ck_assert_int_eq(create("{'cluster':'c'}", &operation, &lost), -1);
    ck_assert_int_eq(bl_error_code(lost), BL_ERR_UNAVAILABLE);
    free(operation);
    ck_assert_int_eq(create("{'cluster':'c','deactivated':false}", &operation, &err), 0);
    ck_assert_ptr_null(operation);
    help_sent("GET /v1/" NAME, "");
}
END_TEST

static const struct {
    const char *live, *text;
    int status;
    enum bl_errcode code;
} others[] = {
    {"{\"cluster\":\"d\",\"state\":\"READY\"}",
     NAME " exists with other content: cluster is \"d\", not \"c\"", 200, BL_ERR_CONFLICT},
    {"{\"cluster\":\"c\",\"state\":\"DELETING\"}", NAME " is being deleted", 200,
     BL_ERR_UNAVAILABLE},
    {HELP_ERROR(404, "NOT_FOUND"), "GET /v1/" NAME ": NOT_FOUND: words", 404, BL_ERR_NOT_FOUND},
};

START_TEST(creates_beside_another)
{
    char *operation = NULL;
    BL_ERROR(err);

    help_answer(1, 409, EXISTS);
    help_answer(2, others[_i].status, others[_i].live);
    ck_assert_int_eq(create("{'cluster':'c'}", &operation, &err), -1);
    ck_assert_str_eq(bl_error_text(err), others[_i].text);
    ck_assert_int_eq(bl_error_code(err), others[_i].code);
}
END_TEST

/* --- patch and delete --- */

START_TEST(patches)
{
    BL_AUTO_JSON cJSON *body = help_json("{'retentionPolicy':{'backupRetainDays':9},'etag':'x'}");
    struct bl_google_patch patch = {.name = NAME,
                                    .body = body,
                                    .mask = "retentionPolicy.backupRetainDays,labels",
                                    .etag = "e 1"};
    BL_AUTO_FREE char *operation = NULL;
    BL_ERROR(err);

    help_answer(1, 200, STARTED);
    ck_assert_int_eq(bl_google_patch(client, &patch, &operation, &err), 0);
    help_sent("PATCH /v1/" NAME "?updateMask=retentionPolicy.backupRetainDays%2Clabels",
              "{\"retentionPolicy\":{\"backupRetainDays\":9},\"etag\":\"e 1\"}");
    patch.mask = "";
    ck_assert_int_eq(bl_google_patch(client, &patch, &operation, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_INTERNAL);
    ck_assert_uint_eq(fakekube_requests(api), 1);
}
END_TEST

START_TEST(deletes)
{
    struct bl_google_delete how = {.name = NAME, .etag = "\"1/2\"", .force = true};
    char *first = NULL, *second = NULL;
    BL_ERROR(err);

    help_answer(1, 200, STARTED);
    help_answer(2, 200, STARTED);
    ck_assert_int_eq(bl_google_delete(client, &how, &first, &err), 0);
    help_sent("DELETE /v1/" NAME "?etag=%221%2F2%22&force=true", "");
    how = (struct bl_google_delete){.name = NAME};
    ck_assert_int_eq(bl_google_delete(client, &how, &second, &err), 0);
    help_sent("DELETE /v1/" NAME, "");
    free(first);
    free(second);
}
END_TEST

START_TEST(wrong_names)
{
    static const char *const names[] = {"",   "/projects/p", "projects/p/", "projects//l",
                                        "..", "a/../b",      "a b",         "a?b=c",
                                        "a#", "a%2F",        NULL};

    for (size_t i = 0; names[i]; i++) {
        cJSON *found = NULL;
        BL_ERROR(err);

        BL_WHY(bl_google_get(client, names[i], &found, &err) < 0, names[i]);
        BL_WHY(bl_error_code(err) == BL_ERR_INVALID, names[i]);
    }
    ck_assert_uint_eq(fakekube_requests(api), 0);
}
END_TEST

/* --- lists --- */

START_TEST(lists)
{
    struct bl_google_list list = {
        .parent = PARENT, .collection = "backupPlans", .filter = "state=READY", .page_size = 1};
    BL_AUTO(bl_strings_release) struct bl_strings unreachable = {0};
    BL_AUTO_JSON cJSON *items = NULL;
    BL_ERROR(err);

    help_answer(1, 200, "{\"backupPlans\":[{\"name\":\"a\"}],\"nextPageToken\":\"t+1\"}");
    help_answer(2, 200, "{\"nextPageToken\":\"t2\",\"unreachable\":[\"projects/p/locations/m\"]}");
    help_answer(3, 200, "{\"backupPlans\":[{\"name\":\"b\"}]}");
    ck_assert_int_eq(bl_google_list(client, &list, &items, &unreachable, &err), 0);
    BL_AUTO_FREE char *text = help_text(items);
    ck_assert_str_eq(text, "[{'name':'a'},{'name':'b'}]");
    ck_assert_uint_eq(unreachable.len, 1);
    ck_assert_str_eq(unreachable.items[0], "projects/p/locations/m");
    help_sent("GET /v1/" PARENT "/backupPlans?pageSize=1&filter=state%3DREADY&pageToken=t2", "");
}
END_TEST

START_TEST(lists_half)
{
    struct bl_google_list list = {.parent = PARENT, .collection = "backupPlans"};
    cJSON *items = NULL;
    BL_ERROR(err);

    help_answer(1, 200, "{\"unreachable\":[\"projects/p/locations/m\"]}");
    ck_assert_int_eq(bl_google_list(client, &list, &items, NULL, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_UNAVAILABLE);
    ck_assert_str_eq(bl_error_text(err),
                     "backupPlans of " PARENT ": projects/p/locations/m could not be asked");
}
END_TEST

/* --- operations --- */

static const struct {
    const char *answer, *error, *why;
    enum bl_google_operation_state state;
} operations[] = {
    {STARTED, NULL, "done is left out while it is not", BL_GOOGLE_OPERATION_RUNNING},
    {"{\"done\":false}", NULL, "or said", BL_GOOGLE_OPERATION_RUNNING},
    {"{\"done\":true,\"response\":{}}", NULL, "done", BL_GOOGLE_OPERATION_DONE},
    {"{\"done\":true,\"error\":{\"code\":9,\"message\":\"no\"}}",
     OPERATION ": FAILED_PRECONDITION: no", "failed", BL_GOOGLE_OPERATION_FAILED},
    {"{\"done\":true,\"error\":{\"code\":99}}", OPERATION ": UNKNOWN",
     "failed of what nobody knows", BL_GOOGLE_OPERATION_FAILED},
};

START_TEST(looks_at_operations)
{
    BL_AUTO(bl_google_operation_release) struct bl_google_operation operation = {0};
    BL_ERROR(err);

    help_answer(1, 200, operations[_i].answer);
    ck_assert_int_eq(bl_google_operation_get(client, OPERATION, &operation, &err), 0);
    BL_WHY(operation.state == operations[_i].state, operations[_i].why);
    if (operations[_i].error)
        ck_assert_str_eq(bl_error_text(operation.error), operations[_i].error);
    else
        ck_assert_ptr_null(operation.error);
    help_sent("GET /v1/" OPERATION, "");
}
END_TEST

static void count(void *context, unsigned looks)
{
    *(unsigned *)context = looks;
}

/* Through a read that failed, as the service is there again. */
START_TEST(waits_for_an_operation)
{
    unsigned looks = 0;
    BL_ERROR(err);

    help_answer(1, 200, STARTED);
    help_answer(2, 500, HELP_ERROR(500, "INTERNAL"));
    help_answer(3, 200, STARTED);
    help_answer(4, 200, "{\"done\":true}");
    ck_assert_int_eq(bl_google_operation_wait(client, OPERATION, count, &looks, &err), 0);
    ck_assert_uint_eq(looks, 4);
}
END_TEST

START_TEST(waits_for_one_that_fails)
{
    BL_ERROR(err);

    help_answer(1, 200, STARTED);
    help_answer(2, 200, "{\"done\":true,\"error\":{\"code\":14,\"message\":\"no room\"}}");
    ck_assert_int_eq(bl_google_operation_wait(client, OPERATION, NULL, NULL, &err), -1);
    ck_assert_str_eq(bl_error_text(err), OPERATION ": UNAVAILABLE: no room");
    ck_assert_uint_eq(fakekube_requests(api), 2);
}
END_TEST

static int never(void *context, bool *ret_over BL_UNUSED, struct bl_error **err BL_UNUSED)
{
    ++*(unsigned *)context;
    return 0;
}

START_TEST(waits_no_longer_than_told)
{
    unsigned looks = 0;
    BL_ERROR(err);

    ck_assert_int_eq(bl_google_poll(client, never, &looks, 1, &err), -1);
    ck_assert_str_eq(bl_error_text(err), "it is not over in time");
    ck_assert_uint_eq(looks, 1);
}
END_TEST

static int many(void *context, bool *ret_over, struct bl_error **err BL_UNUSED)
{
    *ret_over = ++*(unsigned *)context == 200;
    return 0;
}

/* By the ladder alone, so many looks take more than three seconds of the tests' pace. */
START_TEST(looks_as_often_as_told)
{
    struct bl_google_options options = {.longest = BL_NSEC_S, .pace = BL_NSEC_MS / 10};
    BL_AUTO(bl_google_client_cleanup) struct bl_google_client *often = NULL;
    unsigned looks = 0;
    BL_ERROR(err);

    options.endpoint = fakekube_url(api);
    ck_assert_int_eq(bl_google_client_new(tokens, &options, &often, &err), 0);
    ck_assert_int_eq(bl_google_poll(often, many, &looks, 2 * BL_NSEC_S, &err), 0);
}
END_TEST

START_TEST(the_ladder)
{
    ck_assert(bl_google_poll_wait(1) == BL_NSEC_S);
    for (unsigned looks = 2; looks < 100; looks++) {
        bl_nsec wait = bl_google_poll_wait(looks);

        ck_assert(wait >= 2 * BL_NSEC_S && wait <= 180 * BL_NSEC_S);
        ck_assert(looks > 2 || wait <= 3 * BL_NSEC_S);
        ck_assert(looks < 20 || wait == 180 * BL_NSEC_S);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resource");
    TCase *tc = tcase_create("resource");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, help_set_up, help_tear_down);
    tcase_add_loop_test(tc, differences, 0, (int)BL_ARRAY_LEN(rows));
    tcase_add_test(tc, creates);
    tcase_add_test(tc, creates_again);
    tcase_add_loop_test(tc, creates_beside_another, 0, (int)BL_ARRAY_LEN(others));
    tcase_add_test(tc, patches);
    tcase_add_test(tc, deletes);
    tcase_add_test(tc, wrong_names);
    tcase_add_test(tc, lists);
    tcase_add_test(tc, lists_half);
    tcase_add_loop_test(tc, looks_at_operations, 0, (int)BL_ARRAY_LEN(operations));
    tcase_add_test(tc, waits_for_an_operation);
    tcase_add_test(tc, waits_for_one_that_fails);
    tcase_add_test(tc, waits_no_longer_than_told);
    tcase_add_test(tc, looks_as_often_as_told);
    tcase_add_test(tc, the_ladder);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
