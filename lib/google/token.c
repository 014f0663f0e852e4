#include "ballast/google/token.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "ballast/base/mem.h"
#include "credentials.h"

/* The metadata server keeps a token until 4 minutes are left, and gives out no other before. */
#define MARGIN (225 * BL_NSEC_S)
/* Between fetches, at least: after one that failed, and of a token that is born old. */
#define PAUSE BL_NSEC_S
#define WAIT_SLICE (100 * BL_NSEC_MS)
#define LONGEST_LIFE ((int64_t)24 * 3600)

struct bl_google_tokens {
    const struct bl_clock *clock;
    struct bl_google_credentials credentials;
    char *ca_file;
    bl_nsec pace;
    struct bl_stop *own_stop; /* where a caller has none */

    pthread_mutex_t lock; /* guards what is below */
    pthread_cond_t fetched;
    struct bl_strbuf text;
    uint64_t generation;    /* of `text`; 0: there is none */
    bl_nsec fresh, expires; /* fetch anew from then on; of no use from then on */
    bool busy;              /* somebody fetches */
    uint64_t fetches;       /* that have ended */
    struct bl_error *why;   /* of the last one, where it failed */
};

void bl_google_token_release(struct bl_google_token *token)
{
    bl_strbuf_wipe(&token->text);
}

static void make_lock(struct bl_google_tokens *tokens)
{
    pthread_condattr_t monotonic;

    (void)pthread_mutex_init(&tokens->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&tokens->fetched, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

int bl_google_tokens_new(const struct bl_google_tokens_options *options,
                         struct bl_google_tokens **ret_tokens, struct bl_error **err)
{
    static const struct bl_google_tokens_options defaults = {0};
    BL_AUTO(bl_google_tokens_cleanup)
    struct bl_google_tokens *tokens = BL_NEW(struct bl_google_tokens);
    const char *file;

    options = options ? options : &defaults;
    make_lock(tokens);
    tokens->clock = options->clock ? options->clock : &bl_clock_real;
    tokens->pace = options->pace ? options->pace : BL_NSEC_S;
    tokens->ca_file = options->ca_file ? bl_strdup(options->ca_file) : NULL;
    tokens->text = (struct bl_strbuf)BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX);
    file = options->credentials ? options->credentials : getenv("GOOGLE_APPLICATION_CREDENTIALS");
    if (bl_stop_new(&tokens->own_stop, err) < 0 ||
        bl_google_credentials_load(file && *file ? file : NULL, &tokens->credentials, err) < 0)
        return -1;
    *ret_tokens = BL_STEAL(tokens);
    return 0;
}

void bl_google_tokens_free(struct bl_google_tokens *tokens)
{
    if (!tokens)
        return;
    bl_google_credentials_release(&tokens->credentials);
    bl_stop_free(tokens->own_stop);
    bl_strbuf_wipe(&tokens->text);
    bl_error_free(tokens->why);
    free(tokens->ca_file);
    (void)pthread_mutex_destroy(&tokens->lock);
    (void)pthread_cond_destroy(&tokens->fetched);
    free(tokens);
}

/* With the lock. */
static void keep(struct bl_google_tokens *tokens, struct bl_google_grant *grant)
{
    bl_nsec now = bl_clock_now(tokens->clock), life;

    if (grant->seconds > LONGEST_LIFE)
        grant->seconds = LONGEST_LIFE;
    life = grant->seconds > 0 ? grant->seconds * BL_NSEC_S : 0;
    bl_strbuf_swap(&tokens->text, &grant->text);
    tokens->generation++;
    tokens->expires = now + (life > PAUSE ? life : PAUSE);
    tokens->fresh = now + (life > MARGIN + PAUSE ? life - MARGIN : PAUSE);
    bl_error_free(BL_STEAL(tokens->why));
}

/* With the lock. */
static bool is_good(const struct bl_google_tokens *tokens)
{
    return tokens->generation && bl_clock_now(tokens->clock) < tokens->expires;
}

/* With the lock, which is let go of meanwhile. */
static void fetch_unlocked(struct bl_google_tokens *tokens, const struct bl_stop *stop)
{
    struct bl_google_grant grant = {.text = BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX)};
    struct bl_google_asking asking = {.stop = stop ? stop : tokens->own_stop,
                                      .ca_file = tokens->ca_file,
                                      .pace = tokens->pace,
                                      .once = is_good(tokens)};
    BL_ERROR(why);
    int rc;

    tokens->busy = true;
    pthread_mutex_unlock(&tokens->lock);
    rc = tokens->credentials.fetch(&tokens->credentials, &asking, bl_clock_seconds(tokens->clock),
                                   &grant, &why);
    pthread_mutex_lock(&tokens->lock);
    tokens->busy = false;
    tokens->fetches++;
    if (rc == 0) {
        keep(tokens, &grant);
    } else {
        tokens->fresh = bl_clock_now(tokens->clock) + PAUSE;
        bl_error_free(tokens->why);
        tokens->why = BL_STEAL(why);
    }
    bl_strbuf_wipe(&grant.text);
    (void)pthread_cond_broadcast(&tokens->fetched);
}

/* With the lock. In slices, as a fetch may take its time and our stop need not be its own. */
static int wait_for_other(struct bl_google_tokens *tokens, const struct bl_stop *stop,
                          struct bl_error **err)
{
    bl_nsec until = bl_clock_now(&bl_clock_real) + WAIT_SLICE;
    struct timespec at = {.tv_sec = until / BL_NSEC_S, .tv_nsec = until % BL_NSEC_S};

    if (stop && bl_stop_raised(stop))
        return bl_fail(err, BL_ERR_UNAVAILABLE, "no token was fetched: we are stopping");
    (void)pthread_cond_timedwait(&tokens->fetched, &tokens->lock, &at);
    return 0;
}

/* With the lock: a copy of why, for one of many. */
static int fail_alike(const struct bl_google_tokens *tokens, struct bl_error **err)
{
    const struct bl_error *why = tokens->why;

    if (!why)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "the token expired before it was used");
    bl_fail(err, bl_error_code(why), "%s", bl_error_text(why));
    if (bl_error_hint(why))
        bl_hint(err, "%s", bl_error_hint(why));
    bl_error_wait(err, bl_error_retry_after(why));
    return bl_error_http(err, bl_error_status(why));
}

/* With the lock. Whoever came while one fetched goes by what that came to. */
static int have_good(struct bl_google_tokens *tokens, const struct bl_stop *stop,
                     struct bl_error **err)
{
    uint64_t before = tokens->fetches;

    while (tokens->busy && !is_good(tokens))
        if (wait_for_other(tokens, stop, err) < 0)
            return -1;
    if (!tokens->busy && (is_good(tokens) ? bl_clock_now(tokens->clock) >= tokens->fresh
                                          : tokens->fetches == before || !tokens->why))
        fetch_unlocked(tokens, stop);
    return is_good(tokens) ? 0 : fail_alike(tokens, err);
}

int bl_google_token_get(struct bl_google_tokens *tokens, const struct bl_stop *stop,
                        struct bl_google_token *token, struct bl_error **err)
{
    int rc;

    pthread_mutex_lock(&tokens->lock);
    rc = have_good(tokens, stop, err);
    if (rc == 0) {
        bl_strbuf_reset(&token->text);
        bl_strbuf_add(&token->text, tokens->text.text, tokens->text.len);
        token->generation = tokens->generation;
    }
    pthread_mutex_unlock(&tokens->lock);
    return rc;
}

void bl_google_token_refused(struct bl_google_tokens *tokens, const struct bl_google_token *token)
{
    pthread_mutex_lock(&tokens->lock);
    if (tokens->generation == token->generation)
        tokens->expires = 0;
    pthread_mutex_unlock(&tokens->lock);
}
