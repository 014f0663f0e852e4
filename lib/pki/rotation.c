#include "ballast/pki/rotation.h"

#include <string.h>

#include "ballast/base/mem.h"

/* Renewed when this part of their time is left. */
#define LEAF_LEFT(seconds) ((seconds) / 3)
#define AUTHORITY_LEFT(seconds) ((seconds) / 5)

void bl_pki_state_release(struct bl_pki_state *state)
{
    free(state->bundle);
    bl_pki_pair_release(&state->authority);
    bl_pki_pair_release(&state->leaf);
    state->bundle = NULL;
}

void bl_pki_plan_init(struct bl_pki_plan *plan, const char *name, const char *const *names,
                      int64_t now)
{
    *plan = (struct bl_pki_plan){.name = name,
                                 .names = names,
                                 .authority_seconds = INT64_C(5) * 365 * BL_PKI_DAY,
                                 .leaf_seconds = 90 * BL_PKI_DAY,
                                 .overlap = 3600,
                                 .now = now};
}

const char *bl_pki_step_name(enum bl_pki_step step)
{
    static const char *const names[] = {"keep", "new authority", "new certificate", "new",
                                        "old authority removed"};

    return names[step];
}

static bool read_dates(const char *cert, struct bl_pki_dates *dates)
{
    BL_ERROR(err);

    return cert && bl_pki_read_dates(cert, dates, &err) == 0;
}

static bool in_force(const char *cert, int64_t now)
{
    struct bl_pki_dates dates;

    return read_dates(cert, &dates) && dates.not_before <= now && now < dates.not_after;
}

/* Part of the time that a plan gives; certificates of another plan are held to this one. */
static bool near_end(const char *cert, int64_t now, int64_t left)
{
    struct bl_pki_dates dates;

    return !read_dates(cert, &dates) || dates.not_after - now < left;
}

static bool authority_works(const struct bl_pki_state *state, int64_t now)
{
    return in_force(state->authority.cert, now) && bl_pki_fits(&state->authority) &&
           bl_pki_signs(&state->authority, state->authority.cert);
}

static bool leaf_works(const struct bl_pki_state *state, const struct bl_pki_plan *plan)
{
    return in_force(state->leaf.cert, plan->now) && bl_pki_fits(&state->leaf) && state->bundle &&
           bl_pki_trusted(state->bundle, state->leaf.cert, plan->now);
}

/* The authority that signs first, then those of the bundle that still count. */
static void make_bundle(struct bl_pki_state *state, int64_t now, bool keep_old)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const char *at = state->bundle;

    bl_strbuf_adds(&text, state->authority.cert);
    for (char *cert; keep_old && (cert = bl_pki_next(&at));) {
        if (in_force(cert, now) && !strstr(text.text, cert))
            bl_strbuf_adds(&text, cert);
        free(cert);
    }
    free(state->bundle);
    state->bundle = bl_strbuf_take(&text);
}

static int new_authority(struct bl_pki_state *state, const struct bl_pki_plan *plan,
                         struct bl_error **err)
{
    struct bl_pki_pair authority = {0};
    struct bl_pki_term term = {plan->now, plan->authority_seconds};

    if (bl_pki_make_authority(plan->name, term, &authority, err) < 0)
        return -1;
    bl_pki_pair_release(&state->authority);
    state->authority = authority;
    make_bundle(state, plan->now, true);
    return 0;
}

static int new_leaf(struct bl_pki_state *state, const struct bl_pki_plan *plan,
                    struct bl_error **err)
{
    struct bl_pki_pair leaf = {0};
    struct bl_pki_term term = {plan->now, plan->leaf_seconds};

    if (bl_pki_make_leaf(&state->authority, plan->names, term, &leaf, err) < 0)
        return -1;
    bl_pki_pair_release(&state->leaf);
    state->leaf = leaf;
    return 0;
}

/* An authority counts as known everywhere when it has been in the bundle for so long. */
static bool is_known(const char *cert, const struct bl_pki_plan *plan)
{
    struct bl_pki_dates dates;

    /* Dates begin an hour early, see struct bl_pki_term. */
    return read_dates(cert, &dates) && plan->now - (dates.not_before + 3600) >= plan->overlap;
}

static bool has_others(const struct bl_pki_state *state)
{
    const char *at = state->bundle;
    bool others = false;

    for (char *cert; (cert = bl_pki_next(&at));) {
        others |= strcmp(cert, state->authority.cert) != 0;
        free(cert);
    }
    return others;
}

/* The leaf in use is good: what is there to do beside? */
static int renew(struct bl_pki_state *state, const struct bl_pki_plan *plan,
                 enum bl_pki_step *ret_step, struct bl_error **err)
{
    bool own = bl_pki_signs(&state->authority, state->leaf.cert);
    bool due = !own || near_end(state->leaf.cert, plan->now, LEAF_LEFT(plan->leaf_seconds)) ||
               !bl_pki_names_all(state->leaf.cert, plan->names);

    *ret_step = BL_PKI_KEEP;
    if (!strstr(state->bundle, state->authority.cert)) {
        make_bundle(state, plan->now, true);
        *ret_step = BL_PKI_NEW_AUTHORITY;
        return 0;
    }
    if (near_end(state->authority.cert, plan->now, AUTHORITY_LEFT(plan->authority_seconds))) {
        *ret_step = BL_PKI_NEW_AUTHORITY;
        return new_authority(state, plan, err);
    }
    if (due && (own || is_known(state->authority.cert, plan))) {
        *ret_step = BL_PKI_NEW_LEAF;
        return new_leaf(state, plan, err);
    }
    if (own && has_others(state) && is_known(state->leaf.cert, plan)) {
        *ret_step = BL_PKI_FORGET_AUTHORITY;
        make_bundle(state, plan->now, false);
    }
    return 0;
}

int bl_pki_rotate(struct bl_pki_state *state, const struct bl_pki_plan *plan,
                  enum bl_pki_step *ret_step, struct bl_error **err)
{
    bool authority = authority_works(state, plan->now);

    if (authority && leaf_works(state, plan))
        return renew(state, plan, ret_step, err);
    /* The leaf may be good though the authority is lost: then peers keep trusting it meanwhile. */
    if (!authority && leaf_works(state, plan)) {
        *ret_step = BL_PKI_NEW_AUTHORITY;
        return new_authority(state, plan, err);
    }
    *ret_step = authority ? BL_PKI_NEW_LEAF : BL_PKI_NEW_ALL;
    if (!authority && new_authority(state, plan, err) < 0)
        return -1;
    if (authority)
        make_bundle(state, plan->now, true);
    return new_leaf(state, plan, err);
}

int64_t bl_pki_state_expiry(const struct bl_pki_state *state)
{
    struct bl_pki_dates leaf, authority;

    if (!read_dates(state->leaf.cert, &leaf))
        return 0;
    if (read_dates(state->authority.cert, &authority) && authority.not_after < leaf.not_after)
        return authority.not_after;
    return leaf.not_after;
}
