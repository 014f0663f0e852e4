/*
 * The reference: the same server answering a constant. What a review costs beyond this is ours to answer for.
 *
 *     constant ADDRESS:PORT CERT.pem KEY.pem [THREADS]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "ballast/base/file.h"
#include "ballast/serve/server.h"

static void answer(const struct bl_request *request BL_UNUSED, struct bl_response *response,
                   void *context BL_UNUSED)
{
    response->content_type = "application/json";
    bl_strbuf_adds(&response->body,
                   "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
                   "\"response\":{\"uid\":\"1\",\"allowed\":true}}");
}

int main(int argc, char **argv)
{
    struct bl_strbuf cert = BL_STRBUF_INIT(65536), key = BL_STRBUF_INIT(65536);
    struct bl_tls *tls = bl_tls_new(&bl_clock_real);
    struct bl_server *server = NULL;
    sigset_t signals;
    int signal;
    BL_ERROR(err);

    if (argc < 4)
        return 2;
    struct bl_server_options options = {.listen = argv[1],
                                        .tls = tls,
                                        .serve = answer,
                                        .threads =
                                            argc > 4 ? (unsigned)strtol(argv[4], NULL, 10) : 0};
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    if (bl_file_read(argv[2], &cert, &err) < 0 || bl_file_read(argv[3], &key, &err) < 0 ||
        bl_tls_set_pair(tls, cert.text, cert.len, key.text, key.len, &err) < 0 ||
        bl_server_start(&options, &server, &err) < 0) {
        (void)fprintf(stderr, "constant: %s\n", bl_error_text(err));
        return 2;
    }
    (void)sigwait(&signals, &signal);
    bl_server_stop(server);
    return 0;
}
