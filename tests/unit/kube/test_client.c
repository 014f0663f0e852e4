/* Requests: what is sent, what an answer comes to, and when it is tried again. */
#include <string.h>

#include "ballast/kube/client.h"
#include "fakekube_help.h"
#include "json_help.h"

static const struct bl_resource pods = {"", "v1", "pods"}, sets = {"apps", "v1", "statefulsets"};

static const struct {
    const struct bl_resource *resource;
    const char *namespace, *name, *subresource, *path, *why;
} paths[] = {
    {&pods, NULL, NULL, NULL, "/api/v1/pods", "all namespaces"},
    {&pods, "", NULL, NULL, "/api/v1/pods", "all namespaces, empty"},
    {&pods, "a", NULL, NULL, "/api/v1/namespaces/a/pods", "collection"},
    {&pods, "a", "b", "eviction", "/api/v1/namespaces/a/pods/b/eviction", "subresource"},
    {&sets, "a", "b", NULL, "/apis/apps/v1/namespaces/a/statefulsets/b", "group"},
    {&sets, "a/../b", "c?d#e%f g", NULL,
     "/apis/apps/v1/namespaces/a%2F..%2Fb/statefulsets/c%3Fd%23e%25f%20g", "escapes"},
};

START_TEST(path_of_parts)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);

    bl_kube_path(&out, paths[_i].resource, paths[_i].namespace, paths[_i].name,
                 paths[_i].subresource);
    BL_WHY(strcmp(out.text, paths[_i].path) == 0, paths[_i].why);
}
END_TEST

START_TEST(queries)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);

    bl_strbuf_adds(&out, "/x");
    bl_kube_path_query(&out, "none", NULL);
    bl_kube_path_query(&out, "empty", "");
    bl_kube_path_query(&out, "a", "b=c&d");
    bl_kube_path_query(&out, "e", "f");
    ck_assert_str_eq(out.text, "/x?a=b%3Dc%26d&e=f");
}
END_TEST

#define STATUS(text) "{\"kind\":\"Status\",\"message\":\"" text "\",\"code\":1}"

static const struct {
    struct fake_answer answer;
    enum bl_errcode code;
    const char *message;
} answers[] = {
    {{.status = 400, .body = STATUS("bad")}, BL_ERR_INVALID, "bad"},
    {{.status = 401, .body = STATUS("Unauthorized")}, BL_ERR_FORBIDDEN, "Unauthorized"},
    {{.status = 403, .body = STATUS("rbac")}, BL_ERR_FORBIDDEN, "rbac"},
    {{.status = 404, .body = STATUS("not found")}, BL_ERR_NOT_FOUND, "not found"},
    {{.status = 404, .body = "404 page not found\n"},
     BL_ERR_NOT_FOUND,
     "the API server answered GET /api/v1/namespaces/a/pods/b with 404"},
    {{.status = 409, .body = STATUS("conflict")}, BL_ERR_CONFLICT, "conflict"},
    {{.status = 410, .body = STATUS("gone")}, BL_ERR_UNAVAILABLE, "gone"},
    {{.status = 413, .body = STATUS("large")}, BL_ERR_TOO_LARGE, "large"},
    {{.status = 422, .body = STATUS("invalid")}, BL_ERR_INVALID, "invalid"},
    {{.status = 429, .body = STATUS("later")}, BL_ERR_UNAVAILABLE, "later"},
    {{.status = 500, .body = "{\"kind\":\"Other\"}"},
     BL_ERR_UNAVAILABLE,
     "the API server answered GET /api/v1/namespaces/a/pods/b with 500"},
    {{.status = 302, .headers = "Location: http://127.0.0.1:1/\r\n"},
     BL_ERR_UNAVAILABLE,
     "the API server answered GET /api/v1/namespaces/a/pods/b with 302"},
};

START_TEST(refusals)
{
    struct fakekube *fake = fakekube_new();
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = help_client(fake, "token: t");
    BL_AUTO_JSON cJSON *object = NULL;
    BL_ERROR(err);

    fakekube_answer(fake, 1, &answers[_i].answer);
    ck_assert_int_eq(bl_kube_get(client, &pods, "a", "b", &object, &err), -1);
    ck_assert_str_eq(bl_error_text(err), answers[_i].message);
    ck_assert_int_eq(bl_error_code(err), answers[_i].code);
    ck_assert_int_eq(bl_error_status(err), answers[_i].answer.status);
    ck_assert_ptr_null(object);
    /* A token that never changes is not tried twice. */
    ck_assert_int_eq((int)fakekube_requests(fake), 1);
    fakekube_free(fake);
}
END_TEST

START_TEST(broken_answers)
{
    static const struct fake_answer broken[] = {
        {.status = 200, .body = "<html>"},
        {.status = 200, .body = ""},
        {.status = 200, .body = "{\"a\":1}", .cut = 3},
        {.status = 0},
    };
    struct fakekube *fake = fakekube_new();
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = help_client(fake, "token: t");

    for (size_t i = 0; i < BL_ARRAY_LEN(broken); i++) {
        BL_AUTO_JSON cJSON *object = NULL;
        BL_ERROR(err);

        fakekube_answer(fake, 1, &broken[i]);
        ck_assert_int_eq(bl_kube_get(client, &pods, "a", "b", &object, &err), -1);
        ck_assert_int_eq(bl_error_code(err), BL_ERR_UNAVAILABLE);
        ck_assert_int_eq(bl_error_status(err), 0);
    }
    fakekube_free(fake);
}
END_TEST

START_TEST(told_to_wait)
{
    static const struct fake_answer later = {
        .status = 429, .headers = "Retry-After: 1\r\n", .body = STATUS("later")};
    static const struct fake_answer good = {.status = 200, .body = "{\"a\":1}"};
    struct fakekube *fake = fakekube_new();
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = help_client(fake, "token: t");
    BL_AUTO_JSON cJSON *object = NULL;
    BL_ERROR(err);

    fakekube_answer(fake, 1, &later);
    fakekube_answer(fake, 2, &later);
    fakekube_answer(fake, 3, &good);
    ck_assert_int_eq(bl_kube_get(client, &pods, "a", "b", &object, &err), 0);
    for (unsigned nth = 1; nth <= 5; nth++)
        fakekube_answer(fake, nth, &later);
    ck_assert_int_eq(bl_kube_get(client, &pods, "a", "b", NULL, &err), -1);
    ck_assert_int_eq(bl_error_status(err), 429);
    ck_assert_int_eq((int)fakekube_requests(fake), 7);
    fakekube_free(fake);
}
END_TEST

/* Neither what the server asks for nor how long it takes makes it longer. */
START_TEST(asked_once)
{
    static const struct fake_answer later = {
        .status = 429, .headers = "Retry-After: 1\r\n", .body = STATUS("later")};
    static const struct fake_answer slow = {.status = 200, .body = "{}", .delay_ms = 2000};
    static const struct fake_answer good = {.status = 200, .body = "{\"a\":1}"};
    struct fakekube *fake = fakekube_new();
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = help_client(fake, "token: t");
    BL_AUTO_JSON cJSON *object = NULL;

    fakekube_answer(fake, 1, &later);
    fakekube_answer(fake, 2, &slow);
    fakekube_answer(fake, 3, &good);
    for (int i = 0; i < 2; i++) {
        BL_ERROR(err);

        ck_assert_int_eq(bl_kube_get_once(client, &pods, "a", "b", BL_NSEC_S / 2, &object, &err),
                         -1);
        ck_assert_int_eq(bl_error_code(err), BL_ERR_UNAVAILABLE);
    }
    BL_ERROR(err);
    ck_assert_int_eq(bl_kube_get_once(client, &pods, "a", "b", 5 * BL_NSEC_S, &object, &err), 0);
    ck_assert_int_eq((int)fakekube_requests(fake), 3);
    fakekube_free(fake);
}
END_TEST

/* The file has a new token by the time the server refuses the old one. */
START_TEST(token_changes)
{
    char path[] = "/tmp/ballast-token-XXXXXX";
    int fd = mkstemp(path);
    struct fakekube *fake = fakekube_new();
    BL_AUTO_FREE char *user = bl_asprintf("tokenFile: %s", path);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(1 << 16);
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = NULL;
    BL_ERROR(err);

    close(fd);
    ck_assert_int_eq(bl_file_replace(path, "old", 3, &err), 0);
    client = help_client(fake, user);
    fakekube_answer(fake, 1, &(struct fake_answer){.status = 401, .body = STATUS("no")});
    fakekube_answer(fake, 2, &(struct fake_answer){.status = 200, .body = "{}"});
    ck_assert_int_eq(bl_file_replace(path, "new", 3, &err), 0);
    ck_assert_int_eq(bl_kube_get(client, &pods, "a", "b", NULL, &err), 0);
    fakekube_last(fake, &last);
    ck_assert_ptr_nonnull(strstr(last.text, "\r\nAuthorization: Bearer new\r\n"));

    fakekube_answer(fake, 1, &(struct fake_answer){.status = 401, .body = STATUS("no")});
    fakekube_answer(fake, 2, &(struct fake_answer){.status = 401, .body = STATUS("no")});
    ck_assert_int_eq(bl_kube_get(client, &pods, "a", "b", NULL, &err), -1);
    ck_assert_int_eq((int)fakekube_requests(fake), 4);
    unlink(path);
    fakekube_free(fake);
}
END_TEST

static void sent_is(struct fakekube *fake, const char *line, const char *type, const char *body)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf last = BL_STRBUF_INIT(1 << 16);
    BL_AUTO_FREE char *wanted = bl_strdup(body);

    fakekube_last(fake, &last);
    help_swap(wanted, '\'', '"');
    ck_assert_msg(strncmp(last.text, line, strlen(line)) == 0, "%s", last.text);
    if (type)
        ck_assert_msg(strstr(last.text, type) != NULL, "%s", last.text);
    ck_assert_str_eq(strstr(last.text, "\r\n\r\n") + 4, wanted);
}

START_TEST(writes)
{
    struct fakekube *fake = fakekube_new();
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = help_client(fake, "token: t");
    BL_AUTO_JSON cJSON *object = help_json("{'metadata':{'namespace':'a','name':'b'}}");
    struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_APPLY, .body = object, .force = true};
    struct bl_kube_delete how = {.uid = "u", .propagation = "Foreground"};
    const char *text = "{'metadata':{'namespace':'a','name':'b'}}";
    BL_ERROR(err);

    for (unsigned nth = 1; nth <= 7; nth++)
        fakekube_answer(fake, nth, &(struct fake_answer){.status = 201, .body = "{}"});
    ck_assert_int_eq(bl_kube_create(client, &sets, NULL, object, NULL, &err), 0);
    sent_is(fake, "POST /apis/apps/v1/namespaces/a/statefulsets HTTP",
            "\r\nContent-Type: application/json\r\n", text);
    ck_assert_int_eq(bl_kube_update(client, &sets, NULL, object, NULL, &err), 0);
    sent_is(fake, "PUT /apis/apps/v1/namespaces/a/statefulsets/b HTTP",
            "\r\nContent-Type: application/json\r\n", text);
    ck_assert_int_eq(bl_kube_patch(client, &sets, "a", "b", &patch, NULL, &err), 0);
    sent_is(fake,
            "PATCH /apis/apps/v1/namespaces/a/statefulsets/b?fieldManager=ballast&force=true HTTP",
            "\r\nContent-Type: application/apply-patch+yaml\r\n", text);
    patch = (struct bl_kube_patch){
        .type = BL_KUBE_PATCH_MERGE, .body = object, .manager = "me", .subresource = "status"};
    ck_assert_int_eq(bl_kube_patch(client, &sets, "a", "b", &patch, NULL, &err), 0);
    sent_is(fake, "PATCH /apis/apps/v1/namespaces/a/statefulsets/b/status?fieldManager=me HTTP",
            "\r\nContent-Type: application/merge-patch+json\r\n", text);
    ck_assert_int_eq(bl_kube_delete(client, &sets, "a", "b", NULL, &err), 0);
    sent_is(fake, "DELETE /apis/apps/v1/namespaces/a/statefulsets/b HTTP", NULL, "");
    ck_assert_int_eq(bl_kube_delete(client, &sets, "a", "b", &how, &err), 0);
    sent_is(fake, "DELETE /apis/apps/v1/namespaces/a/statefulsets/b HTTP", NULL,
            "{'apiVersion':'v1','kind':'DeleteOptions','propagationPolicy':'Foreground',"
            "'preconditions':{'uid':'u'}}");
    ck_assert_int_eq(bl_kube_delete(client, &sets, "a", "", NULL, &err), -1);
    ck_assert_str_eq(bl_error_text(err), "\"\" is no name for one of the statefulsets");
    fakekube_free(fake);
}
END_TEST

static int collect(void *context, cJSON *object, struct bl_error **err BL_UNUSED)
{
    bl_strbuf_addf(context, "%s/%s ", bl_json_string(object, "kind"),
                   bl_json_string(bl_json_get(object, "metadata"), "name"));
    cJSON_Delete(object);
    return 0;
}

START_TEST(lists)
{
    static const struct bl_resource maps = {"", "v1", "configmaps"};
    struct fakekube *fake = fakekube_new();
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = help_client(fake, "token: t");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf found = BL_STRBUF_INIT(4096);
    BL_ERROR(err);

    fakekube_set_page(fake, 2);
    for (char name[] = "a"; *name < 'f'; (*name)++)
        fakekube_put(fake, "n", name, "v");
    ck_assert_int_eq(bl_kube_list(client, &maps, NULL, collect, &found, &err), 0);
    ck_assert_str_eq(found.text, "ConfigMap/a ConfigMap/b ConfigMap/c ConfigMap/d ConfigMap/e ");
    ck_assert_int_eq((int)fakekube_requests(fake), 3);
    fakekube_free(fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client");
    TCase *tc = tcase_create("client");

    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, path_of_parts, 0, (int)BL_ARRAY_LEN(paths));
    tcase_add_test(tc, queries);
    tcase_add_loop_test(tc, refusals, 0, (int)BL_ARRAY_LEN(answers));
    tcase_add_test(tc, broken_answers);
    tcase_add_test(tc, told_to_wait);
    tcase_add_test(tc, asked_once);
    tcase_add_test(tc, token_changes);
    tcase_add_test(tc, writes);
    tcase_add_test(tc, lists);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
