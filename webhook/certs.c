#include "certs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/stop.h"
#include "ballast/base/text.h"
#include "certs_store.h"

#define AUTHORITY "ballast webhook authority"
/* Also how long a caBundle is missing that somebody took out. */
#define LOOK_EVERY (20 * BL_NSEC_S)
/* Sooner while something is wrong: at start nothing can be served before it is right. */
#define LOOK_AGAIN (3 * BL_NSEC_S)
/* Installed together with who makes the first certificate, it comes up a little sooner. */
#define KEEPER_WITHIN (60 * BL_NSEC_S)
/* Another replica was faster: what it stored is read in turn. */
#define TRIES 5

static void copy_text(char **to, const char *from)
{
    if (*to)
        explicit_bzero(*to, strlen(*to));
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

/* What another one has made before: older versions kept all of it in the Secret that is shown now. */
static int adopt(const struct bl_certs_options *options, struct bl_certs_stored *stored,
                 bool *ret_adopted, struct bl_error **err)
{
    BL_AUTO(bl_certs_stored_release) struct bl_certs_stored shown = {0};
    struct bl_pki_state none = {0};

    *ret_adopted = false;
    if (!options->to || stored->state.bundle)
        return 0;
    if (bl_certs_load_shown(options, options->to, &shown, err) < 0)
        return -1;
    if (!shown.state.bundle)
        return 0;
    bl_pki_state_release(&stored->state);
    stored->state = shown.state;
    shown.state = none;
    *ret_adopted = true;
    return 0;
}

static int try_once(const struct bl_certs_options *options, const struct bl_pki_state *known,
                    struct bl_certs_stored *stored, enum bl_pki_step *ret_step,
                    struct bl_error **err)
{
    struct bl_pki_plan plan;
    bool adopted;

    if (bl_certs_load(options, stored, err) < 0 || adopt(options, stored, &adopted, err) < 0)
        return -1;
    recall(known, &stored->state);
    bl_pki_plan_init(&plan, AUTHORITY, options->names, bl_clock_seconds(options->clock));
    if (bl_pki_rotate(&stored->state, &plan, ret_step, err) < 0)
        return -1;
    return *ret_step == BL_PKI_KEEP && !adopted ? 0 : bl_certs_save(options, stored, err);
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

static int show(const struct bl_certs_options *options, const struct bl_pki_pair *leaf,
                struct bl_error **err)
{
    return bl_tls_set_pair(options->tls, leaf->cert, strlen(leaf->cert), leaf->key,
                           strlen(leaf->key), err);
}

/* Somebody else makes it, and hands out nothing that is not trusted. */
static int show_what_is_there(const struct bl_certs_options *options, struct bl_pki_state *known,
                              enum bl_pki_step *ret_step, struct bl_error **err)
{
    BL_AUTO(bl_certs_stored_release) struct bl_certs_stored stored = {0};
    const struct bl_pki_pair *leaf = &stored.state.leaf;

    if (bl_certs_load_shown(options, options->from, &stored, err) < 0)
        return -1;
    if (!leaf->cert || !leaf->key) {
        bl_fail(err, BL_ERR_NOT_FOUND, "Secret %s has no certificate yet", options->from);
        (void)bl_hint(err, "ballast-webhook certs --keep puts it there; does that run?");
        return -1;
    }
    *ret_step = known && bl_text_eq(known->leaf.cert, leaf->cert) ? BL_PKI_KEEP : BL_PKI_NEW_LEAF;
    if (options->tls && show(options, leaf, err) < 0)
        return -1;
    remember(known, &stored.state);
    return 0;
}

/* The bundle is made known first, so that no leaf is shown that nobody trusts yet. */
int bl_certs_ensure(const struct bl_certs_options *options, struct bl_pki_state *known,
                    enum bl_pki_step *ret_step, struct bl_error **err)
{
    BL_AUTO(bl_certs_stored_release) struct bl_certs_stored stored = {0};
    int rc = 0;

    if (options->from)
        return show_what_is_there(options, known, ret_step, err);
    if (load_and_rotate(options, known, &stored, ret_step, err) < 0)
        return -1;
    remember(known, &stored.state);
    if (options->webhook_config)
        rc = bl_certs_publish(options, stored.state.bundle, err);
    if (rc == 0 && options->to)
        rc = bl_certs_hand_out(options, &stored.state, err);
    if (options->tls) {
        BL_ERROR(shown);

        if (show(options, &stored.state.leaf, rc < 0 ? &shown : err) < 0)
            return -1;
    }
    return rc;
}

struct bl_certs {
    struct bl_certs_options options;
    struct bl_stop *stop;
    pthread_t thread;
    struct bl_pki_state known;
    bl_nsec began;
    struct bl_complaint complaint;

    pthread_mutex_t lock;
    char *trouble; /* under `lock` */
};

static void note_trouble(struct bl_certs *certs, const char *text)
{
    (void)pthread_mutex_lock(&certs->lock);
    copy_text(&certs->trouble, text);
    (void)pthread_mutex_unlock(&certs->lock);
}

char *bl_certs_unready(struct bl_certs *certs)
{
    char *trouble;

    (void)pthread_mutex_lock(&certs->lock);
    trouble = certs->trouble ? bl_strdup(certs->trouble) : NULL;
    (void)pthread_mutex_unlock(&certs->lock);
    return trouble;
}

/* The first certificate is still being made by somebody else, who has just been started as well. */
static bool is_early(const struct bl_certs *certs, const struct bl_error *err)
{
    return certs->options.from && !certs->known.leaf.cert &&
           bl_error_code(err) == BL_ERR_NOT_FOUND &&
           bl_clock_now(certs->options.clock) - certs->began < KEEPER_WITHIN;
}

static bool look(struct bl_certs *certs)
{
    enum bl_pki_step step;
    BL_ERROR(err);

    if (bl_certs_ensure(&certs->options, &certs->known, &step, &err) < 0) {
        note_trouble(certs, bl_error_text(err));
        if (is_early(certs, err))
            bl_log_error(BL_LOG_INFO, "waiting for the first certificate", err);
        else
            bl_complaint_raise(&certs->complaint, certs->options.metrics, BL_SOURCE_CERTIFICATE,
                               "certificate not in order", err);
        return false;
    }
    note_trouble(certs, NULL);
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
    free(certs->trouble);
    (void)pthread_mutex_destroy(&certs->lock);
    free(certs);
}
BL_DEFINE_CLEANUP(struct bl_certs *, certs_cleanup, certs_free)

int bl_certs_start(const struct bl_certs_options *options, struct bl_certs **ret_certs,
                   struct bl_error **err)
{
    BL_AUTO(certs_cleanup) struct bl_certs *certs = BL_NEW(struct bl_certs);

    certs->options = *options;
    certs->began = bl_clock_now(options->clock);
    (void)pthread_mutex_init(&certs->lock, NULL);
    certs->trouble = bl_strdup("the certificate was not looked at yet");
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
