#include "update_features.h"

#include "errors.h"

static const struct bl_wire_api api = {.name = "UpdateFeatures",
                                       .key = 57,
                                       .version = 1,
                                       .most = BL_ANSWER_MOST_HELLO,
                                       .flexible = true};

static void encode(const struct bl_wire_update_features_request *request, bl_nsec deadline,
                   struct bl_strbuf *body)
{
    bl_wire_put_timeout(body, deadline);
    bl_wire_put_count(body, 1);
    bl_wire_put_compact(body, bl_wire_text(request->feature));
    bl_wire_put_i16(body, request->level);
    bl_wire_put_i8(body, 1); /* up; the others take it back, and may lose what was written */
    bl_wire_put_no_tags(body);
    bl_wire_put_i8(body, request->validate_only);
    bl_wire_put_no_tags(body);
}

int bl_wire_decode_update_features(const struct bl_strbuf *response, int16_t *ret_code,
                                   struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    int16_t code = 0;

    if (bl_wire_get_code(&in, api.name, true, &code, err) < 0)
        return -1;
    for (size_t left = bl_wire_get_count(&in, BL_LIMIT_FEATURES); left && !in.bad; left--) {
        (void)bl_wire_get_compact(&in); /* the feature, of which we name one */
        int16_t its = bl_wire_get_i16(&in);
        struct bl_wire_text said = bl_wire_get_compact(&in);

        bl_wire_skip_tags(&in);
        if (!in.bad && its == BL_WIRE_NOT_CONTROLLER)
            code = its;
        else if (!in.bad && its)
            return bl_wire_fail(err, api.name, its, said);
    }
    if (bl_wire_end(&in, api.name, err) < 0)
        return -1;
    *ret_code = code;
    return 0;
}

int bl_wire_update_features(struct bl_wire *wire,
                            const struct bl_wire_update_features_request *request, bl_nsec deadline,
                            int16_t *ret_code, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_WIRE_BODY_INIT;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_WIRE_RESPONSE_INIT;

    encode(request, deadline, &body);
    if (bl_wire_call(wire, &api, &body, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_update_features(&response, ret_code, err);
}
