/**
 * What proves to the API server who we are, kept fresh.
 *
 * The kubelet rewrites a mounted token long before it expires, certificates are renewed, and what an exec
 * plugin hands out lasts for minutes: what was right at the start turns into 401s within the hour. Ask for
 * the proof before every request. Any number of threads may; one of them fetches, without the lock.
 */
#ifndef BALLAST_KUBE_AUTH_H
#define BALLAST_KUBE_AUTH_H

#include <pthread.h>

#include "ballast/base/clock.h"
#include "ballast/base/stop.h"
#include "ballast/base/strbuf.h"
#include "exec.h"

/** Largest token, and largest certificate or key. */
#define AUTH_TOKEN_MAX ((size_t)64 << 10)
#define AUTH_PEM_MAX ((size_t)1 << 20)
/** Files are read again when our copy is so old. */
#define AUTH_FILE_AGE (60 * BL_NSEC_S)

/** Of one request. Empty: none. Secrets. */
struct bl_auth_proof {
    struct bl_strbuf header; /* "Authorization: ..." */
    struct bl_strbuf certificate, key;
    uint64_t generation; /* which fetch it comes from */
};

#define AUTH_PROOF_INIT                                                                            \
    {                                                                                              \
        .header = BL_STRBUF_INIT(2 * AUTH_TOKEN_MAX), .certificate = BL_STRBUF_INIT(AUTH_PEM_MAX), \
        .key = BL_STRBUF_INIT(AUTH_PEM_MAX)                                                        \
    }
void bl_auth_proof_release(struct bl_auth_proof *proof);

struct bl_auth {
    const struct bl_clock *clock;
    /* Where it comes from; NULL: not from there. A token goes before a password, both before a plugin. */
    char *token, *token_file, *username, *password;
    char *certificate, *certificate_file, *key, *key_file;
    struct bl_exec_plugin *exec;

    pthread_mutex_t lock; /* guards what is below */
    pthread_cond_t fetched;
    struct bl_auth_proof current;
    bl_nsec until; /* fetch anew from then on */
    bool busy;     /* somebody fetches */
    bool refused;  /* the server did not accept `current` */
};

/** Empty: it proves nothing. */
BL_NONNULL struct bl_auth *bl_auth_new(const struct bl_clock *clock);
void bl_auth_free(struct bl_auth *auth);

/** A copy of what is right now. A fetch that fails is no error while there is a copy that may still do. */
BL_CHECK int bl_auth_get(struct bl_auth *auth, const struct bl_stop *stop,
                         struct bl_auth_proof *proof, struct bl_error **err);

/** The server said 401 to this proof. Is there hope that the next one differs? */
bool bl_auth_refused(struct bl_auth *auth, const struct bl_auth_proof *proof);

/** The connection failed: certificate files may have been in the middle of a change, so look again. */
void bl_auth_reread(struct bl_auth *auth);

#endif
