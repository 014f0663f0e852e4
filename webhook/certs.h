/**
 * Certificates of our own, kept in a Secret or a folder: made, renewed, shown, and made known to the API
 * server as caBundle.
 *
 * Every replica does this, and none needs to lead: a step is decided by what is stored and by the clock, and
 * the store takes it only from who has seen the newest version. What cannot be stored is not shown.
 */
#ifndef BALLAST_WEBHOOK_CERTS_H
#define BALLAST_WEBHOOK_CERTS_H

#include "ballast/daemon/sources.h"
#include "ballast/kube/client.h"
#include "ballast/pki/rotation.h"
#include "ballast/serve/tls.h"

/** All borrowed. */
struct bl_certs_options {
    struct bl_kube_client *client; /* NULL: no cluster */
    const char *secret;            /* "NAMESPACE/NAME"; NULL: `folder` */
    const char *folder;
    const char *from; /* "NAMESPACE/NAME": nothing is made, what this Secret has is shown; NULL */
    /**
     * "NAMESPACE/NAME" of the Secret that the leaf is handed out in, without the authority's key, once the bundle was made
     * known; NULL: who shows it reads `secret`. Where `secret` is empty, it begins with what this one has.
     */
    const char *to;
    const char *const *names;                /* of the leaf, up to NULL */
    const char *webhook_config;              /* whose caBundle is kept; NULL: none */
    struct bl_tls *tls;                      /* that shows the leaf; NULL: none */
    const struct bl_source_metrics *metrics; /* only bl_certs_start() needs them */
    const struct bl_clock *clock;
};

/**
 * One look, and the step that is due.
 *
 * `known` is what the look before has found, and becomes what this one does; it starts as {0}, or is NULL.
 * Where somebody has emptied the store, what is known goes on until a new authority has been made known, as
 * when only its key is lost. To be rid of a leaf at once, empty the store and start all replicas anew.
 */
BL_CHECK int bl_certs_ensure(const struct bl_certs_options *options, struct bl_pki_state *known,
                             enum bl_pki_step *ret_step, struct bl_error **err);

struct bl_certs;

/** Looks every 20 seconds, on a thread of its own. */
BL_CHECK int bl_certs_start(const struct bl_certs_options *options, struct bl_certs **ret_certs,
                            struct bl_error **err);
/** Why what is kept is not in order, as the newest look has found; for free(). NULL: it is. From any thread. */
char *bl_certs_unready(struct bl_certs *certs);
void bl_certs_stop(struct bl_certs *certs);

#endif
