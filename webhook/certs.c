#include "certs.h"

#include <pthread.h>
#include <string.h>

#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/stop.h"
#include "certs_store.h"

#define AUTHORITY "ballast webhook authority"
/* Also how long a caBundle is missing that somebody took out. */
#define LOOK_EVERY (20 * BL_NSEC_S)
/* Sooner while something is wrong: at start nothing can be served before it is right. */
#define LOOK_AGAIN (3 * BL_NSEC_S)
/* Another replica was faster: what it stored is read in turn. */
#define TRIES 5

static void copy_text(char **to, const char *from)
{
    free(*to);
    *to = from ? bl_strdup(from) : NULL;
}

/* An authority that is in use elsewhere must not be forgotten, or what it signed is trusted no more. */
static void recall(const struct bl_pki_state *known, struct bl_pki_state *state)
{
    if (!known || !known->bundle || state->bundle)
        return;
    copy_text(&state->bundle, known->bundle);
    if (!state->leaf.cert && !state->leaf.key) {
        copy_text(&state->leaf.cert, known->leaf.cert);
        copy_text(&state->leaf.key, known->leaf.key);
    }
}

static void remember(struct bl_pki_state *known, const struct bl_pki_state *state)
{
    if (!known)
        return;
    bl_pki_state_release(known);
    copy_text(&known->bundle, state->bundle);
    copy_text(&known->leaf.cert, state->leaf.cert);
    copy_text(&known->leaf.key, state->leaf.key);
}

static int try_once(const struct bl_certs_options *options, const struct bl_pki_state *known,
                    struct bl_certs_stored *stored, enum bl_pki_step *ret_step,
                    struct bl_error **err)
{
    struct bl_pki_plan plan;

    if (bl_certs_load(options, stored, err) < 0)
        return -1;
    recall(known, &stored->state);
    bl_pki_plan_init(&plan, AUTHORITY, options->names, bl_clock_seconds(options->clock));
    if (bl_pki_rotate(&stored->state, &plan, ret_step, err) < 0)
        return -1;
    return *ret_step == BL_PKI_KEEP ? 0 : bl_certs_save(options, stored, err);
}

static int load_and_rotate(const struct bl_certs_options *options, const struct bl_pki_state *known,
                           struct bl_certs_stored *stored, enum bl_pki_step *ret_step,
                           struct bl_error **err)
{
    for (int tries = 0;; tries++) {
        if (try_once(options, known, stored, ret_step, err) == 0)
            return 0;
        if (bl_error_code(*err) != BL_ERR_CONFLICT || tries + 1 == TRIES)
            return -1;
        bl_error_free(*err);
        *err = NULL;
        bl_certs_stored_release(stored);
    }
}

/* The bundle is made known first, so that no leaf is shown that nobody trusts yet. */
int bl_certs_ensure(const struct bl_certs_options *options, struct bl_pki_state *known,
                    enum bl_pki_step *ret_step, struct bl_error **err)
{
    BL_AUTO(bl_certs_stored_release) struct bl_certs_stored stored = {0};
    const struct bl_pki_pair *leaf = &stored.state.leaf;
    int rc = 0;

    if (load_and_rotate(options, known, &stored, ret_step, err) < 0)
        return -1;
    remember(known, &stored.state);
    if (options->webhook_config)
        rc = bl_certs_publish(options, stored.state.bundle, err);
    if (options->tls) {
        BL_ERROR(shown);

        if (bl_tls_set_pair(options->tls, leaf->cert, strlen(leaf->cert), leaf->key,
                            strlen(leaf->key), rc < 0 ? &shown : err) < 0)
            return -1;
    }
    return rc;
}

struct bl_certs {
    struct bl_certs_options options;
    struct bl_stop *stop;
    pthread_t thread;
    struct bl_pki_state known;
    struct bl_complaint complaint;
};

static bool look(struct bl_certs *certs)
{
    enum bl_pki_step step;
    BL_ERROR(err);

    if (bl_certs_ensure(&certs->options, &certs->known, &step, &err) < 0) {
        bl_complaint_raise(&certs->complaint, certs->options.metrics, BL_SOURCE_CERTIFICATE,
                           "certificate not in order", err);
        return false;
    }
    if (step != BL_PKI_KEEP)
        BL_LOG(BL_LOG_INFO, "certificate renewed", BL_LOG_TEXT("step", bl_pki_step_name(step)));
    bl_complaint_settle(&certs->complaint, certs->options.metrics, BL_SOURCE_CERTIFICATE,
                        step != BL_PKI_KEEP);
    return true;
}

static void *run(void *arg)
{
    struct bl_certs *certs = arg;
    bool fine;

    do {
        fine = look(certs);
    } while (!bl_stop_wait(certs->stop, fine ? LOOK_EVERY : LOOK_AGAIN));
    return NULL;
}

/* Of one whose thread does not run. */
static void certs_free(struct bl_certs *certs)
{
    if (!certs)
        return;
    bl_stop_free(certs->stop);
    bl_pki_state_release(&certs->known);
    bl_complaint_release(&certs->complaint);
    free(certs);
}
BL_DEFINE_CLEANUP(struct bl_certs *, certs_cleanup, certs_free)

int bl_certs_start(const struct bl_certs_options *options, struct bl_certs **ret_certs,
                   struct bl_error **err)
{
    BL_AUTO(certs_cleanup) struct bl_certs *certs = BL_NEW(struct bl_certs);

    certs->options = *options;
    if (bl_stop_new(&certs->stop, err) < 0)
        return -1;
    if (pthread_create(&certs->thread, NULL, run, certs) != 0)
        return bl_fail(err, BL_ERR_IO, "could not start a thread");
    *ret_certs = BL_STEAL(certs);
    return 0;
}

void bl_certs_stop(struct bl_certs *certs)
{
    if (!certs)
        return;
    bl_stop_raise(certs->stop);
    (void)pthread_join(certs->thread, NULL);
    certs_free(certs);
}
