/* Who the server must be: certificates and names, against our own server. */
#include <string.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/http/client.h"
#include "ballast/pki/pki.h"
#include "ballast/serve/server.h"
#include "unit.h"

static struct bl_pki_pair authority, other, leaf;
static struct bl_tls *tls;
static struct bl_server *server;

static void answer(const struct bl_request *request BL_UNUSED, struct bl_response *response,
                   void *context BL_UNUSED)
{
    bl_strbuf_adds(&response->body, "ok");
}

static void set_up(void)
{
    static const char *const names[] = {"127.0.0.1", "broker.example", NULL};
    struct bl_pki_term term = {.now = bl_clock_seconds(&bl_clock_real), .seconds = 3600};
    struct bl_server_options options = {.listen = "127.0.0.1:0", .serve = answer, .threads = 1};
    BL_ERROR(err);

    tls = bl_tls_new(&bl_clock_real);
    options.tls = tls;
    ck_assert_int_eq(bl_pki_make_authority("one", term, &authority, &err), 0);
    ck_assert_int_eq(bl_pki_make_authority("other", term, &other, &err), 0);
    ck_assert_int_eq(bl_pki_make_leaf(&authority, names, term, &leaf, &err), 0);
    ck_assert_int_eq(
        bl_tls_set_pair(tls, leaf.cert, strlen(leaf.cert), leaf.key, strlen(leaf.key), &err), 0);
    ck_assert_int_eq(bl_server_start(&options, &server, &err), 0);
}

static void tear_down(void)
{
    bl_server_stop(server);
    bl_tls_free(tls);
    bl_pki_pair_release(&authority);
    bl_pki_pair_release(&other);
    bl_pki_pair_release(&leaf);
}

static int send_with(const struct bl_http_trust *trust, struct bl_error **err)
{
    BL_AUTO_FREE char *url = bl_asprintf("https://127.0.0.1:%d", bl_server_port(server));
    struct bl_http_config config = {.url = url, .trust = *trust};
    struct bl_http_request request = {.method = "GET", .path = "/"};
    BL_AUTO(bl_http_client_cleanup) struct bl_http_client *client = NULL;
    BL_AUTO(bl_http_response_release)
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(100);

    ck_assert_int_eq(bl_http_client_new(&config, &client, err), 0);
    if (bl_http_send(client, &request, &response, err) < 0)
        return -1;
    ck_assert_str_eq(response.body.text, "ok");
    return 0;
}

START_TEST(trusted)
{
    BL_ERROR(err);

    ck_assert_int_eq(send_with(&(struct bl_http_trust){.ca_pem = authority.cert}, &err), 0);
    ck_assert_int_eq(send_with(&(struct bl_http_trust){.ca_pem = authority.cert,
                                                       .server_name = "broker.example"},
                               &err),
                     0);
    ck_assert_int_eq(send_with(&(struct bl_http_trust){.insecure = true}, &err), 0);
}
END_TEST

START_TEST(not_trusted)
{
    const struct bl_http_trust trusts[] = {
        {.ca_pem = other.cert},
        {.ca_pem = NULL},
        {.ca_file = "/nowhere/ca.crt"},
        {.ca_pem = authority.cert, .server_name = "other.example"},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(trusts); i++) {
        BL_ERROR(err);

        ck_assert_int_eq(send_with(&trusts[i], &err), -1);
        ck_assert_int_eq(bl_error_code(err), BL_ERR_UNAVAILABLE);
        ck_assert_ptr_nonnull(bl_error_hint(err));
    }
}
END_TEST

/* The authority's file changes: the next connection goes by the new one, the client stays. */
START_TEST(authority_changes)
{
    char path[] = "/tmp/ballast-ca-XXXXXX";
    int fd = mkstemp(path);
    BL_AUTO_FREE char *url = bl_asprintf("https://127.0.0.1:%d", bl_server_port(server));
    struct bl_http_config config = {.url = url, .trust = {.ca_file = path}};
    struct bl_http_request request = {.method = "GET", .path = "/"};
    BL_AUTO(bl_http_client_cleanup) struct bl_http_client *client = NULL;
    BL_AUTO(bl_http_response_release)
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(100);
    BL_ERROR(refused);
    BL_ERROR(err);

    close(fd);
    ck_assert_int_eq(bl_http_client_new(&config, &client, &err), 0);
    ck_assert_int_eq(bl_file_replace(path, other.cert, strlen(other.cert), &err), 0);
    ck_assert_int_eq(bl_http_send(client, &request, &response, &refused), -1);
    ck_assert_int_eq(bl_file_replace(path, authority.cert, strlen(authority.cert), &err), 0);
    ck_assert_int_eq(bl_http_send(client, &request, &response, &err), 0);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls");
    TCase *tc = tcase_create("tls");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, trusted);
    tcase_add_test(tc, not_trusted);
    tcase_add_test(tc, authority_changes);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
