/**
 * What becomes of a set of certificates as time goes by: decided purely, so that each step can be tested.
 *
 * A new authority is made long before the old one ends. Both are in the bundle from then on, and the leaf
 * changes hands only when the bundle has had time to reach every API server; the old authority leaves the
 * bundle when no leaf of it can be in use. So at no moment is a leaf shown that a peer does not trust.
 */
#ifndef BALLAST_PKI_ROTATION_H
#define BALLAST_PKI_ROTATION_H

#include "ballast/pki/pki.h"

#define BL_PKI_DAY ((int64_t)86400)

struct bl_pki_state {
    char *bundle;                 /* authorities: the one that signs first; NULL: none */
    struct bl_pki_pair authority; /* the one that signs */
    struct bl_pki_pair leaf;
};

void bl_pki_state_release(struct bl_pki_state *state);

struct bl_pki_plan {
    const char *name;         /* of the authority */
    const char *const *names; /* of the leaf, up to NULL */
    int64_t authority_seconds, leaf_seconds;
    int64_t overlap; /* how long a new bundle takes to be known everywhere */
    int64_t now;
};

/** Five years for the authority, 90 days for a leaf, an hour's overlap. */
void bl_pki_plan_init(struct bl_pki_plan *plan, const char *name, const char *const *names,
                      int64_t now);

enum bl_pki_step {
    BL_PKI_KEEP,
    BL_PKI_NEW_AUTHORITY, /* made, and in the bundle with the old one; the leaf stays */
    BL_PKI_NEW_LEAF,
    BL_PKI_NEW_ALL,          /* there was nothing that could be used */
    BL_PKI_FORGET_AUTHORITY, /* an old one left the bundle */
};

const char *bl_pki_step_name(enum bl_pki_step step);

/** Takes the one step that is due, changing `state`. What cannot be read counts as missing. */
BL_CHECK int bl_pki_rotate(struct bl_pki_state *state, const struct bl_pki_plan *plan,
                           enum bl_pki_step *ret_step, struct bl_error **err);

/** When the first of what is in use ends. 0: nothing is. */
int64_t bl_pki_state_expiry(const struct bl_pki_state *state);

#endif
