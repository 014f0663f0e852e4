#include <string.h>

#include "ballast/base/text.h"
#include "scram.h"
#include "wire_security.h"

/* Both in versions of Kafka 1.0, which every broker has. */
#define SASL_HANDSHAKE 17, 1, false
#define SASL_AUTHENTICATE 36, 0, false
#define TOKEN_MAX ((size_t)65536)

int bl_wire_decode_handshake(const struct bl_strbuf *response, struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    int16_t code = bl_wire_get_i16(&in);

    if (bl_wire_end(&in, "SaslHandshake", err) < 0)
        return -1;
    if (code)
        return bl_wire_fail(err, "authentication failed", code, (struct bl_wire_text){NULL, 0});
    return 0;
}

int bl_wire_decode_authenticate(const struct bl_strbuf *response, struct bl_wire_text *ret_token,
                                struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    int16_t code = bl_wire_get_i16(&in);
    struct bl_wire_text said = bl_wire_get_string(&in), token = bl_wire_get_bytes(&in);

    if (bl_wire_end(&in, "SaslAuthenticate", err) < 0)
        return -1;
    if (code)
        return bl_wire_fail(err, "authentication failed", code, said);
    *ret_token = token;
    return 0;
}

static int send_token(struct bl_wire *wire, const struct bl_strbuf *token, bl_nsec deadline,
                      struct bl_strbuf *response, struct bl_wire_text *ret_answer,
                      struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf body = BL_STRBUF_INIT(TOKEN_MAX);

    bl_wire_put_i32(&body, (int32_t)token->len);
    bl_strbuf_add(&body, token->text, token->len);
    if (bl_wire_call(wire, SASL_AUTHENTICATE, &body, deadline, response, err) < 0)
        return -1;
    return bl_wire_decode_authenticate(response, ret_answer, err);
}

static int log_in_plain(struct bl_wire *wire, const struct bl_wire_security *security,
                        bl_nsec deadline, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf token = BL_STRBUF_INIT(TOKEN_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_STRBUF_INIT(BL_WIRE_MAX_BYTES);
    struct bl_wire_text answer = {NULL, 0};

    bl_strbuf_addc(&token, '\0');
    bl_strbuf_adds(&token, security->username);
    bl_strbuf_addc(&token, '\0');
    bl_strbuf_adds(&token, security->password);
    return send_token(wire, &token, deadline, &response, &answer, err);
}

static int log_in_scram(struct bl_wire *wire, const struct bl_wire_security *security,
                        bl_nsec deadline, struct bl_error **err)
{
    BL_AUTO(bl_scram_release)
    struct bl_scram scram = {.sha512 = bl_text_eq(security->mechanism, "SCRAM-SHA-512"),
                             .username = security->username,
                             .password = security->password,
                             .first_bare = BL_STRBUF_INIT(1)};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf token = BL_STRBUF_INIT(TOKEN_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_STRBUF_INIT(BL_WIRE_MAX_BYTES);
    struct bl_wire_text answer = {NULL, 0};

    if (bl_scram_first(&scram, NULL, &token, err) < 0 ||
        send_token(wire, &token, deadline, &response, &answer, err) < 0)
        return -1;
    bl_strbuf_reset(&token);
    if (bl_scram_answer(&scram, answer, &token, err) < 0 ||
        send_token(wire, &token, deadline, &response, &answer, err) < 0)
        return -1;
    return bl_scram_check(&scram, answer, err);
}

int bl_wire_log_in(struct bl_wire *wire, const struct bl_wire_security *security, bl_nsec deadline,
                   struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_STRBUF_INIT(TOKEN_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_STRBUF_INIT(BL_WIRE_MAX_BYTES);

    bl_wire_put_string(&body, security->mechanism);
    if (bl_wire_call(wire, SASL_HANDSHAKE, &body, deadline, &response, err) < 0 ||
        bl_wire_decode_handshake(&response, err) < 0)
        return -1;
    if (bl_text_eq(security->mechanism, "PLAIN"))
        return log_in_plain(wire, security, deadline, err);
    return log_in_scram(wire, security, deadline, err);
}
