#include "auth.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ballast/base/base64.h"
#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/* A plugin is run again this long before its credentials expire. */
#define EXEC_MARGIN (10 * BL_NSEC_S)
/* Between fetches, at least: after one that failed, and where a plugin's word is born old. */
#define FETCH_PAUSE BL_NSEC_S
#define WAIT_SLICE (100 * BL_NSEC_MS)

void bl_auth_proof_release(struct bl_auth_proof *proof)
{
    bl_strbuf_wipe(&proof->header);
    bl_strbuf_wipe(&proof->certificate);
    bl_strbuf_wipe(&proof->key);
}

struct bl_auth *bl_auth_new(const struct bl_clock *clock)
{
    struct bl_auth *auth = BL_NEW(struct bl_auth);
    pthread_condattr_t monotonic;

    auth->clock = clock;
    auth->current = (struct bl_auth_proof)AUTH_PROOF_INIT;
    (void)pthread_mutex_init(&auth->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&auth->fetched, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return auth;
}

void bl_auth_free(struct bl_auth *auth)
{
    if (!auth)
        return;
    bl_secret_free(&auth->token);
    bl_secret_free(&auth->password);
    bl_secret_free(&auth->key);
    free(auth->token_file);
    free(auth->username);
    free(auth->certificate);
    free(auth->certificate_file);
    free(auth->key_file);
    bl_exec_plugin_free(auth->exec);
    bl_auth_proof_release(&auth->current);
    (void)pthread_mutex_destroy(&auth->lock);
    (void)pthread_cond_destroy(&auth->fetched);
    free(auth);
}

static void copy(struct bl_strbuf *to, const struct bl_strbuf *from)
{
    bl_strbuf_reset(to);
    bl_strbuf_add(to, from->text, from->len);
}

static void copy_proof(struct bl_auth_proof *to, const struct bl_auth_proof *from)
{
    copy(&to->header, &from->header);
    copy(&to->certificate, &from->certificate);
    copy(&to->key, &from->key);
    to->generation = from->generation;
}

static int check_header_text(const char *text, const char *what, struct bl_error **err)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return bl_fail(err, BL_ERR_INVALID, "%s has a line break or control character in it",
                           what);
    return 0;
}

static int set_bearer(struct bl_auth_proof *proof, const char *token, const char *from,
                      struct bl_error **err)
{
    if (check_header_text(token, from, err) < 0)
        return -1;
    bl_strbuf_adds(&proof->header, "Authorization: Bearer ");
    bl_strbuf_adds(&proof->header, token);
    return 0;
}

/* Into a scratch buffer, so a torn write never replaces a whole token. */
static int read_token(const char *path, struct bl_auth_proof *proof, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf token = BL_STRBUF_INIT(AUTH_TOKEN_MAX);

    if (bl_file_read(path, &token, err) < 0)
        return bl_wrap(err, "could not read the token");
    bl_strbuf_trim(&token);
    if (!token.len)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "the token file %s is empty", path);
    return set_bearer(proof, token.text, path, err);
}

static void set_basic(const struct bl_auth *auth, struct bl_auth_proof *proof)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf pair = BL_STRBUF_INIT(AUTH_TOKEN_MAX);

    bl_strbuf_addf(&pair, "%s:", auth->username);
    bl_strbuf_adds(&pair, auth->password ? auth->password : "");
    bl_strbuf_adds(&proof->header, "Authorization: Basic ");
    bl_base64_encode(&proof->header, pair.text, pair.len);
}

/* A file that is being written lacks its end, or everything. */
static int read_pem(const char *path, struct bl_strbuf *pem, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf fresh = BL_STRBUF_INIT(AUTH_PEM_MAX);

    if (bl_file_read(path, &fresh, err) < 0)
        return -1;
    bl_strbuf_trim(&fresh);
    if (!strstr(fresh.text, "-----BEGIN ") || !bl_text_ends(fresh.text, "-----")) {
        bl_fail(err, BL_ERR_INVALID, "%s is no whole PEM file", path);
        return bl_hint(err, "It begins with -----BEGIN and ends with -----END ...-----.");
    }
    bl_strbuf_swap(pem, &fresh);
    return 0;
}

static int set_pem(const char *text, const char *path, struct bl_strbuf *pem, struct bl_error **err)
{
    if (text)
        bl_strbuf_adds(pem, text);
    else if (path)
        return read_pem(path, pem, err);
    return 0;
}

/* When what the plugin said has to be asked for anew. */
static bl_nsec exec_until(const struct bl_auth *auth, const struct bl_exec_answer *answer)
{
    bl_nsec now = bl_clock_now(auth->clock), left;

    if (!answer->expires)
        return INT64_MAX;
    left = answer->expires - bl_clock_wall(auth->clock) - EXEC_MARGIN;
    if (left < FETCH_PAUSE)
        left = FETCH_PAUSE;
    return left > INT64_MAX - now ? INT64_MAX : now + left;
}

static int run_exec(const struct bl_auth *auth, const struct bl_stop *stop,
                    struct bl_auth_proof *proof, bl_nsec *ret_until, struct bl_error **err)
{
    BL_AUTO(bl_exec_answer_release) struct bl_exec_answer answer = EXEC_ANSWER_INIT;

    if (bl_exec_plugin_run(auth->exec, stop, &answer, err) < 0)
        return -1;
    if (answer.token.len && set_bearer(proof, answer.token.text, auth->exec->command, err) < 0)
        return -1;
    if (answer.certificate.len) {
        copy(&proof->certificate, &answer.certificate);
        copy(&proof->key, &answer.key);
    }
    *ret_until = exec_until(auth, &answer);
    return 0;
}

static int fetch(const struct bl_auth *auth, const struct bl_stop *stop,
                 struct bl_auth_proof *proof, bl_nsec *ret_until, struct bl_error **err)
{
    bool from_file = auth->token_file || auth->certificate_file || auth->key_file;
    bl_nsec until = INT64_MAX, aged = bl_clock_now(auth->clock) + AUTH_FILE_AGE;

    if (set_pem(auth->certificate, auth->certificate_file, &proof->certificate, err) < 0 ||
        set_pem(auth->key, auth->key_file, &proof->key, err) < 0)
        return -1;
    if (auth->token_file) {
        if (read_token(auth->token_file, proof, err) < 0)
            return -1;
    } else if (auth->token) {
        if (set_bearer(proof, auth->token, "the token", err) < 0)
            return -1;
    } else if (auth->username) {
        set_basic(auth, proof);
    } else if (auth->exec && run_exec(auth, stop, proof, &until, err) < 0) {
        return -1;
    }
    /* A plugin's word is not thrown away for the age of a file beside it. */
    *ret_until = from_file && aged < until && !auth->exec ? aged : until;
    return bl_strbuf_check(&proof->header, "the Authorization header", err);
}

/* With the lock, which is let go of meanwhile. What there was stays where there is nothing better. */
static int fetch_unlocked(struct bl_auth *auth, const struct bl_stop *stop, struct bl_error **err)
{
    BL_AUTO(bl_auth_proof_release) struct bl_auth_proof fresh = AUTH_PROOF_INIT;
    BL_ERROR(why);
    bl_nsec until = 0;
    int rc;

    auth->busy = true;
    pthread_mutex_unlock(&auth->lock);
    rc = fetch(auth, stop, &fresh, &until, &why);
    pthread_mutex_lock(&auth->lock);
    auth->busy = false;
    (void)pthread_cond_broadcast(&auth->fetched);

    if (rc == 0) {
        fresh.generation = auth->current.generation + 1;
        copy_proof(&auth->current, &fresh);
        auth->until = until;
        auth->refused = false;
        return 0;
    }
    if (!auth->current.generation || auth->refused) {
        *err = BL_STEAL(why);
        return -1;
    }
    auth->until = bl_clock_now(auth->clock) + FETCH_PAUSE;
    return 0;
}

/* With the lock. In slices, as a plugin may take its time and our stop need not be its own. */
static int wait_for_other(struct bl_auth *auth, const struct bl_stop *stop, struct bl_error **err)
{
    bl_nsec until = bl_clock_now(&bl_clock_real) + WAIT_SLICE;
    struct timespec at = {.tv_sec = until / BL_NSEC_S, .tv_nsec = until % BL_NSEC_S};

    if (stop && bl_stop_raised(stop))
        return bl_fail(err, BL_ERR_UNAVAILABLE, "no credentials were fetched: we are stopping");
    (void)pthread_cond_timedwait(&auth->fetched, &auth->lock, &at);
    return 0;
}

int bl_auth_get(struct bl_auth *auth, const struct bl_stop *stop, struct bl_auth_proof *proof,
                struct bl_error **err)
{
    int rc = 0;

    pthread_mutex_lock(&auth->lock);
    while (rc == 0 && auth->busy && (!auth->current.generation || auth->refused))
        rc = wait_for_other(auth, stop, err);
    if (rc == 0 && !auth->busy &&
        (!auth->current.generation || bl_clock_now(auth->clock) >= auth->until))
        rc = fetch_unlocked(auth, stop, err);
    if (rc == 0)
        copy_proof(proof, &auth->current);
    pthread_mutex_unlock(&auth->lock);
    return rc;
}

bool bl_auth_refused(struct bl_auth *auth, const struct bl_auth_proof *proof)
{
    bool fixed = !auth->token_file && !auth->certificate_file && !auth->exec;

    if (fixed)
        return false;
    pthread_mutex_lock(&auth->lock);
    /* Where another thread has fetched since, that one is to be tried. */
    if (auth->current.generation == proof->generation) {
        auth->until = 0;
        auth->refused = true;
    }
    pthread_mutex_unlock(&auth->lock);
    return true;
}

void bl_auth_reread(struct bl_auth *auth)
{
    if (auth->exec || !auth->certificate_file)
        return;
    pthread_mutex_lock(&auth->lock);
    auth->until = 0;
    pthread_mutex_unlock(&auth->lock);
}
