#include "sasl.h"

#include "ballast/base/text.h"
#include "sasl_authenticate.h"
#include "sasl_handshake.h"
#include "scram.h"
#include "security.h"

static int log_in_plain(struct bl_wire *wire, const struct bl_wire_security *security,
                        bl_nsec deadline, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf token = BL_STRBUF_INIT(BL_WIRE_TOKEN_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_WIRE_RESPONSE_INIT;
    struct bl_wire_text answer = {NULL, 0};

    bl_strbuf_addc(&token, '\0');
    bl_strbuf_adds(&token, security->username);
    bl_strbuf_addc(&token, '\0');
    bl_strbuf_adds(&token, security->password);
    return bl_wire_sasl_authenticate(wire, &token, deadline, &response, &answer, err);
}

static int log_in_scram(struct bl_wire *wire, const struct bl_wire_security *security,
                        bl_nsec deadline, struct bl_error **err)
{
    BL_AUTO(bl_scram_release)
    struct bl_scram scram = {.sha512 = bl_text_eq(security->mechanism, "SCRAM-SHA-512"),
                             .username = security->username,
                             .password = security->password,
                             .first_bare = BL_STRBUF_INIT(1)};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf token = BL_STRBUF_INIT(BL_WIRE_TOKEN_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_WIRE_RESPONSE_INIT;
    struct bl_wire_text answer = {NULL, 0};

    if (bl_scram_first(&scram, NULL, &token, err) < 0 ||
        bl_wire_sasl_authenticate(wire, &token, deadline, &response, &answer, err) < 0)
        return -1;
    bl_strbuf_reset(&token);
    if (bl_scram_answer(&scram, answer, &token, err) < 0 ||
        bl_wire_sasl_authenticate(wire, &token, deadline, &response, &answer, err) < 0)
        return -1;
    return bl_scram_check(&scram, answer, err);
}

int bl_wire_log_in(struct bl_wire *wire, const struct bl_wire_security *security, bl_nsec deadline,
                   struct bl_error **err)
{
    if (bl_wire_sasl_handshake(wire, security->mechanism, deadline, err) < 0)
        return -1;
    if (bl_text_eq(security->mechanism, "PLAIN"))
        return log_in_plain(wire, security, deadline, err);
    return log_in_scram(wire, security, deadline, err);
}
