/** A client of a fake API server, with waits that tests can afford. */
#ifndef BALLAST_TEST_FAKEKUBE_HELP_H
#define BALLAST_TEST_FAKEKUBE_HELP_H

#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/kube/client.h"
#include "fakekube.h"
#include "unit.h"

/** A configuration from this text; fails the test if it cannot be read. */
static inline struct bl_kube_config *help_config(const char *text)
{
    char path[] = "/tmp/ballast-kubeconfig-XXXXXX";
    int fd = mkstemp(path);
    struct bl_kube_config *config = NULL;
    BL_ERROR(err);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bl_file_write_fd(fd, path, text, strlen(text), &err), 0);
    close(fd);
    if (bl_kube_config_load(path, NULL, &bl_clock_real, &config, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    unlink(path);
    return config;
}

/** `user` is a kubeconfig's user in flow style: "token: abc". */
static inline struct bl_kube_client *help_client(const struct fakekube *fake, const char *user)
{
    static const struct bl_kube_options quick = {.timeout = 5 * BL_NSEC_S,
                                                 .retry_wait = 2 * BL_NSEC_MS,
                                                 .backoff_min = BL_NSEC_MS,
                                                 .backoff_max = 5 * BL_NSEC_MS};
    BL_AUTO_FREE char *text = bl_asprintf("clusters: [{name: c, cluster: {server: '%s'}}]\n"
                                          "users: [{name: u, user: {%s}}]\n"
                                          "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
                                          "current-context: x\n",
                                          fakekube_url(fake), user);
    struct bl_kube_client *client = NULL;
    BL_ERROR(err);

    if (bl_kube_client_new(help_config(text), &quick, &client, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
    return client;
}

#endif
