#include "sasl_authenticate.h"

#include "errors.h"

static const struct bl_wire_api api = {
    .name = "SaslAuthenticate", .key = 36, .version = 0, .most = BL_ANSWER_MOST_HELLO};

int bl_wire_decode_sasl_authenticate(const struct bl_strbuf *response,
                                     struct bl_wire_text *ret_token, struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    int16_t code = bl_wire_get_i16(&in);
    struct bl_wire_text said = bl_wire_get_string(&in), token = bl_wire_get_bytes(&in);

    if (bl_wire_end(&in, api.name, err) < 0)
        return -1;
    if (code)
        return bl_wire_fail(err, "authentication failed", code, said);
    *ret_token = token;
    return 0;
}

int bl_wire_sasl_authenticate(struct bl_wire *wire, const struct bl_strbuf *token, bl_nsec deadline,
                              struct bl_strbuf *response, struct bl_wire_text *ret_token,
                              struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf body = BL_STRBUF_INIT(BL_WIRE_TOKEN_MAX);

    bl_wire_put_i32(&body, (int32_t)token->len);
    bl_strbuf_add(&body, token->text, token->len);
    if (bl_wire_call(wire, &api, &body, deadline, response, err) < 0)
        return -1;
    return bl_wire_decode_sasl_authenticate(response, ret_token, err);
}
