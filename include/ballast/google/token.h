/**
 * Access tokens for Google's APIs, kept fresh.
 *
 * They come, as Google's own libraries have it, from the file that GOOGLE_APPLICATION_CREDENTIALS names (a service
 * account's key, RFC 7523, or an external account, AIP-4117), else from the metadata server of the machine or pod. A token
 * lives for an hour: one that was fetched at the start turns into 401s within it. So ask for the token before every
 * request; it is fetched anew 3 min 45 s before it expires, by one thread, while the others go on with what there is.
 * A fetch that fails is no error as long as the token before it is good.
 *
 * Where nobody answers, or says 408, 429, 500 or 503, the first fetch is tried five times; a metadata server is silent in a
 * pod's first seconds. Errors name the file, the field or the URL, and never hold a token, a key or an assertion.
 *
 * The file and its URLs are the administrator's. They must be https, but on a loopback address.
 */
#ifndef BALLAST_GOOGLE_TOKEN_H
#define BALLAST_GOOGLE_TOKEN_H

#include "ballast/base/clock.h"
#include "ballast/base/stop.h"
#include "ballast/base/strbuf.h"

/** Largest token, and largest answer of whoever gives one. */
#define BL_GOOGLE_TOKEN_MAX ((size_t)64 << 10)

struct bl_google_tokens;

/** All borrowed until new() is through, but for the clock; what is 0 or NULL has the default named. */
struct bl_google_tokens_options {
    const struct bl_clock *clock; /* the machine's */
    const char *credentials; /* a file; GOOGLE_APPLICATION_CREDENTIALS, else the metadata server */
    const char *ca_file;     /* PEM; what the system trusts */
    bl_nsec pace;            /* what one second between tries is, for tests */
};

/** Reads the file, so that what is wrong with it is known at once; asks nobody yet. `options` may be NULL. */
BL_CHECK int bl_google_tokens_new(const struct bl_google_tokens_options *options,
                                  struct bl_google_tokens **ret_tokens, struct bl_error **err);
/** When nobody fetches any more. */
void bl_google_tokens_free(struct bl_google_tokens *tokens);
BL_DEFINE_CLEANUP(struct bl_google_tokens *, bl_google_tokens_cleanup, bl_google_tokens_free)

/** Of one request. A secret. */
struct bl_google_token {
    struct bl_strbuf text;
    uint64_t generation; /* which fetch it comes from */
};

#define BL_GOOGLE_TOKEN_INIT                        \
    {                                               \
        .text = BL_STRBUF_INIT(BL_GOOGLE_TOKEN_MAX) \
    }
void bl_google_token_release(struct bl_google_token *token);

/** A copy of what is right now, fetched where need be. Any number of threads may. */
BL_CHECK int bl_google_token_get(struct bl_google_tokens *tokens, const struct bl_stop *stop,
                                 struct bl_google_token *token, struct bl_error **err);
/** The server said 401 to this token: the next one is fetched, unless somebody has done so since. */
void bl_google_token_refused(struct bl_google_tokens *tokens, const struct bl_google_token *token);

#endif
