#include "elect_leaders.h"

static const struct bl_wire_api api = {
    .name = "ElectLeaders", .key = 43, .version = 2, .most = BL_ANSWER_MOST, .flexible = true};

static void encode(const struct bl_wire_elect_leaders_request *request, bl_nsec deadline,
                   struct bl_strbuf *body)
{
    bl_wire_put_i8(body, 0); /* the preferred one; 1 would elect one that is out of sync */
    bl_wire_put_partitions(body, request->partitions, request->count, false);
    bl_wire_put_timeout(body, deadline);
    bl_wire_put_no_tags(body);
}

int bl_wire_decode_elect_leaders(const struct bl_strbuf *response,
                                 struct bl_wire_partitions *ret_results, int16_t *ret_code,
                                 struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);

    return bl_wire_get_results(&in, api.name, false, ret_results, ret_code, err);
}

int bl_wire_elect_leaders(struct bl_wire *wire, const struct bl_wire_elect_leaders_request *request,
                          bl_nsec deadline, struct bl_wire_answer *answer, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_WIRE_BODY_INIT;

    encode(request, deadline, &body);
    bl_wire_partitions_release(&answer->partitions);
    if (bl_wire_call(wire, &api, &body, deadline, &answer->response, err) < 0)
        return -1;
    return bl_wire_decode_elect_leaders(&answer->response, &answer->partitions, &answer->code, err);
}
