#include "sasl_handshake.h"

#include "errors.h"

static const struct bl_wire_api api = {
    .name = "SaslHandshake", .key = 17, .version = 1, .most = BL_ANSWER_MOST_HELLO};

int bl_wire_decode_sasl_handshake(const struct bl_strbuf *response, struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    int16_t code = bl_wire_get_i16(&in);

    if (bl_wire_end(&in, api.name, err) < 0)
        return -1;
    if (code)
        return bl_wire_fail(err, "authentication failed", code, (struct bl_wire_text){NULL, 0});
    return 0;
}

int bl_wire_sasl_handshake(struct bl_wire *wire, const char *mechanism, bl_nsec deadline,
                           struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_WIRE_BODY_INIT;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_WIRE_RESPONSE_INIT;

    bl_wire_put_string(&body, mechanism);
    if (bl_wire_call(wire, &api, &body, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_sasl_handshake(&response, err);
}
