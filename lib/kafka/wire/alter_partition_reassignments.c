#include "alter_partition_reassignments.h"

static const struct bl_wire_api api = {.name = "AlterPartitionReassignments",
                                       .key = 45,
                                       .version = 0,
                                       .most = BL_ANSWER_MOST,
                                       .flexible = true};

static void encode(const struct bl_wire_alter_partition_reassignments_request *request,
                   bl_nsec deadline, struct bl_strbuf *body)
{
    bl_wire_put_timeout(body, deadline);
    bl_wire_put_partitions(body, request->partitions, request->count, true);
    bl_wire_put_no_tags(body);
}

int bl_wire_decode_alter_partition_reassignments(const struct bl_strbuf *response,
                                                 struct bl_wire_partitions *ret_results,
                                                 int16_t *ret_code, struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);

    return bl_wire_get_results(&in, api.name, true, ret_results, ret_code, err);
}

int bl_wire_alter_partition_reassignments(
    struct bl_wire *wire, const struct bl_wire_alter_partition_reassignments_request *request,
    bl_nsec deadline, struct bl_wire_answer *answer, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_WIRE_BODY_INIT;

    encode(request, deadline, &body);
    bl_wire_partitions_release(&answer->partitions);
    if (bl_wire_call(wire, &api, &body, deadline, &answer->response, err) < 0)
        return -1;
    return bl_wire_decode_alter_partition_reassignments(&answer->response, &answer->partitions,
                                                        &answer->code, err);
}
