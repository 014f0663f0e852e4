#include <gnutls/x509.h>
#include <pthread.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "serve.h"

/* A chain is a leaf and a few authorities; a longer one is no chain of ours. */
#define CHAIN_MAX 8
/* A handshake may still use a pair that was replaced; none takes this long. */
#define RETIRED_FOR (60 * BL_NSEC_S)

struct pair {
    struct pair *next; /* replaced before this one */
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned len;
    gnutls_privkey_t key;
    int64_t not_before, not_after; /* of the leaf */
    bl_nsec retired;               /* monotonic, 0: in use */
};

struct client_ca {
    gnutls_x509_trust_list_t list;
    char *name; /* NULL: any */
};

struct bl_tls {
    const struct bl_clock *clock;
    gnutls_datum_t ticket_key;
    pthread_mutex_t lock; /* guards what follows; never held while a handshake computes */
    struct pair *pair;
    struct client_ca *client_ca; /* set once, before serving */
};

struct bl_tls *bl_tls_new(const struct bl_clock *clock)
{
    struct bl_tls *tls = BL_NEW(struct bl_tls);

    tls->clock = clock;
    (void)pthread_mutex_init(&tls->lock, NULL);
    /* Without tickets every connection pays the whole handshake; that is all. */
    if (gnutls_session_ticket_key_generate(&tls->ticket_key) < 0)
        tls->ticket_key = (gnutls_datum_t){0};
    return tls;
}

static void pair_free(struct pair *pair)
{
    if (!pair)
        return;
    for (unsigned i = 0; i < pair->len; i++)
        gnutls_pcert_deinit(&pair->chain[i]);
    if (pair->key)
        gnutls_privkey_deinit(pair->key);
    free(pair);
}
BL_DEFINE_CLEANUP(struct pair *, pair_cleanup, pair_free)

static void client_ca_free(struct client_ca *ca)
{
    if (!ca)
        return;
    gnutls_x509_trust_list_deinit(ca->list, 1);
    free(ca->name);
    free(ca);
}

void bl_tls_free(struct bl_tls *tls)
{
    if (!tls)
        return;
    while (tls->pair) {
        struct pair *next = tls->pair->next;

        pair_free(tls->pair);
        tls->pair = next;
    }
    client_ca_free(tls->client_ca);
    if (tls->ticket_key.data) {
        explicit_bzero(tls->ticket_key.data, tls->ticket_key.size);
        gnutls_free(tls->ticket_key.data);
    }
    (void)pthread_mutex_destroy(&tls->lock);
    free(tls);
}

static gnutls_datum_t datum(const char *text, size_t len)
{
    return (gnutls_datum_t){(unsigned char *)(uintptr_t)text, (unsigned)len};
}

static int read_chain(struct pair *pair, const char *chain, size_t len, struct bl_error **err)
{
    gnutls_datum_t pem = datum(chain, len);
    unsigned count = CHAIN_MAX;
    int rc = gnutls_pcert_list_import_x509_raw(pair->chain, &count, &pem, GNUTLS_X509_FMT_PEM, 0);

    if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
        return bl_fail(err, BL_ERR_TOO_LARGE, "the chain has more than %d certificates", CHAIN_MAX);
    if (rc < 0)
        return bl_fail(err, BL_ERR_INVALID, "cannot read the certificate: %s", gnutls_strerror(rc));
    pair->len = count;
    return 0;
}

static int read_key(struct pair *pair, const char *key, size_t len, struct bl_error **err)
{
    gnutls_datum_t pem = datum(key, len);
    int rc = gnutls_privkey_init(&pair->key);

    if (rc >= 0)
        rc = gnutls_privkey_import_x509_raw(pair->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (rc < 0)
        return bl_fail(err, BL_ERR_INVALID, "cannot read the private key: %s", gnutls_strerror(rc));
    return 0;
}

static bool same_key_id(gnutls_pubkey_t a, gnutls_pubkey_t b)
{
    unsigned char ids[2][64];
    size_t lens[2] = {sizeof(ids[0]), sizeof(ids[1])};

    return gnutls_pubkey_get_key_id(a, GNUTLS_KEYID_USE_SHA256, ids[0], &lens[0]) >= 0 &&
           gnutls_pubkey_get_key_id(b, GNUTLS_KEYID_USE_SHA256, ids[1], &lens[1]) >= 0 &&
           lens[0] == lens[1] && memcmp(ids[0], ids[1], lens[0]) == 0;
}

static int check_key_fits(const struct pair *pair, struct bl_error **err)
{
    gnutls_pubkey_t of_key = NULL;
    bool fits;

    if (gnutls_pubkey_init(&of_key) < 0)
        abort();
    fits = gnutls_pubkey_import_privkey(of_key, pair->key, 0, 0) >= 0 &&
           same_key_id(of_key, pair->chain[0].pubkey);
    gnutls_pubkey_deinit(of_key);
    if (fits)
        return 0;
    bl_fail(err, BL_ERR_INVALID, "the private key does not belong to the certificate");
    return bl_hint(err, "Both are replaced one after the other, it may be right in a moment.");
}

static int read_dates(struct pair *pair, struct bl_error **err)
{
    gnutls_x509_crt_t leaf = NULL;
    int rc = gnutls_x509_crt_init(&leaf);

    if (rc < 0)
        abort();
    rc = gnutls_x509_crt_import(leaf, &pair->chain[0].cert, GNUTLS_X509_FMT_DER);
    if (rc >= 0) {
        pair->not_before = gnutls_x509_crt_get_activation_time(leaf);
        pair->not_after = gnutls_x509_crt_get_expiration_time(leaf);
    }
    gnutls_x509_crt_deinit(leaf);
    if (rc < 0)
        return bl_fail(err, BL_ERR_INVALID, "cannot read the certificate: %s", gnutls_strerror(rc));
    return 0;
}

static bool in_force(const struct pair *pair, int64_t now)
{
    return pair && pair->not_before <= now && now < pair->not_after;
}

static bool same_pair(const struct pair *a, const struct pair *b)
{
    if (!a || a->len != b->len)
        return false;
    for (unsigned i = 0; i < a->len; i++)
        if (a->chain[i].cert.size != b->chain[i].cert.size ||
            memcmp(a->chain[i].cert.data, b->chain[i].cert.data, a->chain[i].cert.size) != 0)
            return false;
    return true;
}

/* Frees those that no handshake can use any more. */
static void forget_retired(struct bl_tls *tls, bl_nsec now)
{
    struct pair **at = &tls->pair;

    while (*at) {
        struct pair *pair = *at;

        if (pair->retired && now - pair->retired > RETIRED_FOR) {
            *at = pair->next;
            pair_free(pair);
        } else {
            at = &pair->next;
        }
    }
}

/* An expired certificate is still better than none: it tells the peer what is wrong. */
static int swap_in(struct bl_tls *tls, struct pair **pair, struct bl_error **err)
{
    int64_t wall = bl_clock_seconds(tls->clock);
    bl_nsec now = bl_clock_now(tls->clock);
    int rc = 0;

    (void)pthread_mutex_lock(&tls->lock);
    if (!in_force(*pair, wall) && in_force(tls->pair, wall)) {
        rc = bl_fail(err, BL_ERR_INVALID, "the new certificate is %s, the one in use stays",
                     (*pair)->not_before > wall ? "not valid yet" : "expired");
    } else if (!same_pair(tls->pair, *pair)) {
        if (tls->pair)
            tls->pair->retired = now;
        (*pair)->next = tls->pair;
        tls->pair = BL_STEAL(*pair);
    }
    forget_retired(tls, now);
    (void)pthread_mutex_unlock(&tls->lock);
    return rc;
}

int bl_tls_set_pair(struct bl_tls *tls, const char *chain, size_t chain_len, const char *key,
                    size_t key_len, struct bl_error **err)
{
    BL_AUTO(pair_cleanup) struct pair *pair = BL_NEW(struct pair);

    if (read_chain(pair, chain, chain_len, err) < 0 || read_key(pair, key, key_len, err) < 0 ||
        check_key_fits(pair, err) < 0 || read_dates(pair, err) < 0)
        return -1;
    return swap_in(tls, &pair, err);
}

int64_t bl_tls_expiry(struct bl_tls *tls)
{
    int64_t expiry;

    (void)pthread_mutex_lock(&tls->lock);
    expiry = tls->pair ? tls->pair->not_after : 0;
    (void)pthread_mutex_unlock(&tls->lock);
    return expiry;
}

int bl_tls_set_client_ca(struct bl_tls *tls, const char *authorities, size_t len, const char *name,
                         struct bl_error **err)
{
    gnutls_datum_t pem = datum(authorities, len);
    struct client_ca *ca = BL_NEW(struct client_ca);
    int count;

    if (gnutls_x509_trust_list_init(&ca->list, 0) < 0)
        abort();
    count = gnutls_x509_trust_list_add_trust_mem(ca->list, &pem, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
    if (count <= 0) {
        client_ca_free(ca);
        return bl_fail(err, BL_ERR_INVALID, "there is no certificate of an authority in it%s%s",
                       count < 0 ? ": " : "", count < 0 ? gnutls_strerror(count) : "");
    }
    ca->name = name ? bl_strdup(name) : NULL;
    client_ca_free(tls->client_ca);
    tls->client_ca = ca;
    return 0;
}

/* The peer's Finished is the last word of a handshake; a false one ends the connection right after. */
static int note_finished(gnutls_session_t session, unsigned type BL_UNUSED, unsigned when BL_UNUSED,
                         unsigned incoming, const gnutls_datum_t *message BL_UNUSED)
{
    struct bl_connection *connection = gnutls_session_get_ptr(session);

    if (incoming)
        bl_connections_set(connection, BL_STAGE_IDLE, connection->options->request_timeout);
    return 0;
}

void bl_tls_prepare(struct bl_connection *connection, gnutls_session_t session)
{
    struct bl_tls *tls = connection->options->tls;

    gnutls_session_set_ptr(session, connection);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST,
                                       note_finished);
    if (tls->ticket_key.data)
        (void)gnutls_session_ticket_enable_server(session, &tls->ticket_key);
    if (tls->client_ca)
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
}

int bl_tls_retrieve(gnutls_session_t session, const gnutls_datum_t *authorities BL_UNUSED,
                    int authority_count BL_UNUSED,
                    const gnutls_pk_algorithm_t *algorithms BL_UNUSED,
                    int algorithm_count BL_UNUSED, gnutls_pcert_st **ret_chain, unsigned *ret_len,
                    gnutls_privkey_t *ret_key)
{
    const struct bl_connection *connection = gnutls_session_get_ptr(session);
    struct bl_tls *tls = connection->options->tls;
    int rc = GNUTLS_E_INSUFFICIENT_CREDENTIALS;

    (void)pthread_mutex_lock(&tls->lock);
    if (tls->pair) {
        *ret_chain = tls->pair->chain;
        *ret_len = tls->pair->len;
        *ret_key = tls->pair->key;
        rc = 0;
    }
    (void)pthread_mutex_unlock(&tls->lock);
    return rc;
}

static bool has_name(gnutls_x509_crt_t cert, const char *name)
{
    char text[256];
    size_t len = sizeof(text);

    return gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &len) >=
               0 &&
           strcmp(text, name) == 0;
}

bool bl_tls_peer_trusted(struct bl_tls *tls, gnutls_session_t session)
{
    gnutls_typed_vdata_st purpose = {GNUTLS_DT_KEY_PURPOSE_OID,
                                     (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT, 0};
    gnutls_x509_crt_t chain[CHAIN_MAX];
    unsigned count = 0, status = 0, read = 0;
    const gnutls_datum_t *shown =
        tls->client_ca ? gnutls_certificate_get_peers(session, &count) : NULL;
    bool trusted = false;

    for (; shown && read < count && read < CHAIN_MAX; read++) {
        if (gnutls_x509_crt_init(&chain[read]) < 0)
            abort();
        if (gnutls_x509_crt_import(chain[read], &shown[read], GNUTLS_X509_FMT_DER) < 0) {
            gnutls_x509_crt_deinit(chain[read]);
            break;
        }
    }
    if (read && read == count)
        trusted = gnutls_x509_trust_list_verify_crt2(tls->client_ca->list, chain, read, &purpose, 1,
                                                     0, &status, NULL) >= 0 &&
                  status == 0 &&
                  (!tls->client_ca->name || has_name(chain[0], tls->client_ca->name));
    while (read)
        gnutls_x509_crt_deinit(chain[--read]);
    return trusted;
}
