#include "files.h"

#include <pthread.h>
#include <string.h>

#include "ballast/base/log.h"
#include "ballast/base/mem.h"

/* Far more than a chain or a key has. */
#define PEM_MAX_BYTES ((size_t)256 << 10)

struct bl_files {
    struct bl_files_options options;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the flags */
    pthread_cond_t changed;
    bool stop, wake;
    char *complaint[2]; /* said last, so that it is said once; policies, certificate */
};

int bl_files_read_pair(struct bl_tls *tls, const char *cert, const char *key, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf chain = BL_STRBUF_INIT(PEM_MAX_BYTES);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf secret = BL_STRBUF_INIT(PEM_MAX_BYTES);

    if (bl_file_read(cert, &chain, err) < 0 || bl_file_read(key, &secret, err) < 0)
        return -1;
    if (bl_tls_set_pair(tls, chain.text, chain.len, secret.text, secret.len, err) < 0)
        return bl_wrap(err, "%s, %s", cert, key);
    return 0;
}

/* The same complaint every second would bury the first. */
static void complain(struct bl_files *files, enum bl_reload_source source, const char *message,
                     const struct bl_error *err)
{
    char **said = &files->complaint[source == BL_SOURCE_CERTIFICATE];

    if (*said && strcmp(*said, bl_error_text(err)) == 0)
        return;
    free(*said);
    *said = bl_strdup(bl_error_text(err));
    bl_source_metrics_reload(&files->options.telemetry->sources, source, false, true);
    bl_log_error(BL_LOG_ERROR, message, err);
}

static void settle(struct bl_files *files, enum bl_reload_source source, bool changed)
{
    char **said = &files->complaint[source == BL_SOURCE_CERTIFICATE];

    if (changed || *said)
        bl_source_metrics_reload(&files->options.telemetry->sources, source, true, false);
    free(*said);
    *said = NULL;
}

static void look_at_policies(struct bl_files *files)
{
    BL_ERROR(err);
    enum bl_reload what;

    if (bl_policies_read(files->options.policies, &what, &err) < 0) {
        complain(files, BL_SOURCE_FILES, "policies not replaced", err);
        return;
    }
    settle(files, BL_SOURCE_FILES, what == BL_RELOAD_DONE);
    if (what == BL_RELOAD_DONE)
        BL_LOG(BL_LOG_INFO, "policies replaced", BL_LOG_TEXT("source", "files"));
}

static void look_at_pair(struct bl_files *files)
{
    BL_ERROR(err);
    int64_t before = bl_tls_expiry(files->options.tls);
    int64_t after;

    if (bl_files_read_pair(files->options.tls, files->options.tls_cert, files->options.tls_key,
                           &err) < 0) {
        complain(files, BL_SOURCE_CERTIFICATE, "certificate not replaced", err);
        return;
    }
    after = bl_tls_expiry(files->options.tls);
    settle(files, BL_SOURCE_CERTIFICATE, after != before);
    if (after != before)
        BL_LOG(BL_LOG_INFO, "certificate replaced", BL_LOG_INT("expires", after));
}

/* True: stop. */
static bool wait(struct bl_files *files)
{
    bl_nsec until = bl_clock_now(&bl_clock_real) + files->options.every;
    struct timespec at = {.tv_sec = until / BL_NSEC_S, .tv_nsec = until % BL_NSEC_S};
    bool stop;
    int rc = 0;

    (void)pthread_mutex_lock(&files->lock);
    while (!files->stop && !files->wake && rc == 0)
        rc = pthread_cond_timedwait(&files->changed, &files->lock, &at);
    stop = files->stop;
    files->wake = false;
    (void)pthread_mutex_unlock(&files->lock);
    return stop;
}

static void *run(void *arg)
{
    struct bl_files *files = arg;

    while (!wait(files)) {
        look_at_policies(files);
        if (files->options.tls)
            look_at_pair(files);
    }
    return NULL;
}

int bl_files_start(const struct bl_files_options *options, struct bl_files **ret_files,
                   struct bl_error **err)
{
    struct bl_files *files = BL_NEW(struct bl_files);
    pthread_condattr_t attributes;

    files->options = *options;
    (void)pthread_mutex_init(&files->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&files->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (pthread_create(&files->thread, NULL, run, files) != 0) {
        free(files);
        return bl_fail(err, BL_ERR_IO, "could not start a thread");
    }
    *ret_files = files;
    return 0;
}

static void raise_flag(struct bl_files *files, bool *flag)
{
    (void)pthread_mutex_lock(&files->lock);
    *flag = true;
    (void)pthread_cond_signal(&files->changed);
    (void)pthread_mutex_unlock(&files->lock);
}

void bl_files_wake(struct bl_files *files)
{
    raise_flag(files, &files->wake);
}

void bl_files_stop(struct bl_files *files)
{
    if (!files)
        return;
    raise_flag(files, &files->stop);
    (void)pthread_join(files->thread, NULL);
    (void)pthread_cond_destroy(&files->changed);
    (void)pthread_mutex_destroy(&files->lock);
    free(files->complaint[0]);
    free(files->complaint[1]);
    free(files);
}
