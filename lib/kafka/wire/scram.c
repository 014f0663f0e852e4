#include "scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/* Kafka's own least and, with room to spare, most: fewer are too weak, and more keep us busy for nothing. */
#define ITERATIONS_MIN 4096
#define ITERATIONS_MAX 100000 /* Kafka has 4096; so many take less than a tenth of a second */
#define TOKEN_MAX ((size_t)4096)

void bl_scram_release(struct bl_scram *scram)
{
    free(scram->nonce);
    bl_strbuf_release(&scram->first_bare);
    explicit_bzero(scram->server_signature, sizeof(scram->server_signature));
    *scram = (struct bl_scram){0};
}

static const EVP_MD *digest_of(const struct bl_scram *scram)
{
    return scram->sha512 ? EVP_sha512() : EVP_sha256();
}

static size_t digest_size(const struct bl_scram *scram)
{
    return scram->sha512 ? 64 : 32;
}

static int make_nonce(struct bl_scram *scram, const char *nonce, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(64);
    unsigned char bytes[24];

    if (nonce) {
        scram->nonce = bl_strdup(nonce);
        return 0;
    }
    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return bl_fail(err, BL_ERR_INTERNAL, "OpenSSL has no random bytes");
    bl_base64_encode(&text, bytes, sizeof(bytes));
    scram->nonce = bl_strbuf_take(&text);
    return 0;
}

int bl_scram_first(struct bl_scram *scram, const char *nonce, struct bl_strbuf *out,
                   struct bl_error **err)
{
    if (make_nonce(scram, nonce, err) < 0)
        return -1;
    scram->first_bare = (struct bl_strbuf)BL_STRBUF_INIT(TOKEN_MAX);
    bl_strbuf_adds(&scram->first_bare, "n=");
    for (const char *at = scram->username; *at; at++) {
        if (*at == ',' || *at == '=')
            bl_strbuf_adds(&scram->first_bare, *at == ',' ? "=2C" : "=3D");
        else
            bl_strbuf_addc(&scram->first_bare, *at);
    }
    bl_strbuf_addf(&scram->first_bare, ",r=%s", scram->nonce);
    bl_strbuf_addf(out, "n,,%s", scram->first_bare.text);
    return bl_strbuf_check(&scram->first_bare, "the user's name", err);
}

/* The value behind "X=" up to the next comma; `*at` moves behind that. Text NULL where there is none. */
static struct bl_wire_text take_value(const char **at, char key)
{
    const char *start = *at + 2;
    size_t len;

    if ((*at)[0] != key || (*at)[1] != '=')
        return (struct bl_wire_text){NULL, 0};
    len = strcspn(start, ",");
    *at = start + len + (start[len] == ',');
    return (struct bl_wire_text){start, len};
}

struct challenge {
    struct bl_wire_text nonce;
    struct bl_strbuf salt;
    int64_t iterations;
};

static int refuse(struct bl_error **err, const char *why)
{
    return bl_fail(err, BL_ERR_FORBIDDEN, "authentication failed: %s", why);
}

static int read_challenge(const struct bl_scram *scram, const char *text,
                          struct challenge *challenge, struct bl_error **err)
{
    struct bl_wire_text salt, iterations;
    BL_ERROR(bad);

    challenge->nonce = take_value(&text, 'r');
    salt = take_value(&text, 's');
    iterations = take_value(&text, 'i');
    if (!challenge->nonce.text || !salt.len || !iterations.len)
        return refuse(err, "the server's challenge is malformed");
    if (challenge->nonce.len <= strlen(scram->nonce) ||
        !bl_text_starts(challenge->nonce.text, scram->nonce))
        return refuse(err, "the server's challenge is not for us");
    if (bl_base64_decode(&challenge->salt, salt.text, salt.len, &bad) < 0)
        return refuse(err, "the server's salt is malformed");
    if (!bl_text_to_int(iterations.text, iterations.len, &challenge->iterations) ||
        challenge->iterations < ITERATIONS_MIN || challenge->iterations > ITERATIONS_MAX)
        return refuse(err, "the server wants too few or too many iterations");
    return 0;
}

static bool sign(const struct bl_scram *scram, const unsigned char *key, const char *text,
                 size_t len, unsigned char *out)
{
    unsigned size;

    return HMAC(digest_of(scram), key, (int)digest_size(scram), (const unsigned char *)text, len,
                out, &size) != NULL;
}

struct keys {
    unsigned char salted[64], client[64], stored[64], server[64], signature[64];
};

/* `signed_text` is what both sides sign; `proof` takes the client's answer. */
static bool prove(struct bl_scram *scram, const struct challenge *challenge,
                  const struct bl_strbuf *signed_text, unsigned char *proof)
{
    struct keys keys;
    size_t size = digest_size(scram);
    bool good =
        PKCS5_PBKDF2_HMAC(scram->password, (int)strlen(scram->password),
                          (const unsigned char *)challenge->salt.text, (int)challenge->salt.len,
                          (int)challenge->iterations, digest_of(scram), (int)size,
                          keys.salted) == 1 &&
        sign(scram, keys.salted, "Client Key", 10, keys.client) &&
        EVP_Digest(keys.client, size, keys.stored, NULL, digest_of(scram), NULL) == 1 &&
        sign(scram, keys.stored, signed_text->text, signed_text->len, keys.signature) &&
        sign(scram, keys.salted, "Server Key", 10, keys.server) &&
        sign(scram, keys.server, signed_text->text, signed_text->len, scram->server_signature);

    for (size_t i = 0; good && i < size; i++)
        proof[i] = keys.client[i] ^ keys.signature[i];
    explicit_bzero(&keys, sizeof(keys));
    return good;
}

int bl_scram_answer(struct bl_scram *scram, struct bl_wire_text challenge, struct bl_strbuf *out,
                    struct bl_error **err)
{
    BL_AUTO_FREE char *text = bl_wire_text_copy(challenge);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf signed_text = BL_STRBUF_INIT(4 * TOKEN_MAX);
    struct challenge read = {.salt = BL_STRBUF_INIT(TOKEN_MAX)};
    unsigned char proof[64];
    int rc;

    rc = read_challenge(scram, text, &read, err);
    if (rc == 0) {
        bl_strbuf_addf(&signed_text, "%s,%s,c=biws,r=", scram->first_bare.text, text);
        bl_strbuf_add(&signed_text, read.nonce.text, read.nonce.len);
        rc = bl_strbuf_check(&signed_text, "the server's challenge", err);
    }
    if (rc == 0 && !prove(scram, &read, &signed_text, proof))
        rc = bl_fail(err, BL_ERR_INTERNAL, "OpenSSL could not answer the challenge");
    if (rc == 0) {
        bl_strbuf_adds(out, "c=biws,r=");
        bl_strbuf_add(out, read.nonce.text, read.nonce.len);
        bl_strbuf_adds(out, ",p=");
        bl_base64_encode(out, proof, digest_size(scram));
    }
    bl_strbuf_release(&read.salt);
    return rc;
}

int bl_scram_check(const struct bl_scram *scram, struct bl_wire_text last, struct bl_error **err)
{
    BL_AUTO_FREE char *text = bl_wire_text_copy(last);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf got = BL_STRBUF_INIT(TOKEN_MAX);
    const char *at = text;
    struct bl_wire_text signature = take_value(&at, 'v');
    BL_ERROR(bad);

    if (!signature.text || bl_base64_decode(&got, signature.text, signature.len, &bad) < 0 ||
        got.len != digest_size(scram) ||
        CRYPTO_memcmp(got.text, scram->server_signature, got.len) != 0)
        return refuse(err, "the server does not know the password");
    return 0;
}
