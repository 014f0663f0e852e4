#include "list_partition_reassignments.h"

#include "ballast/base/mem.h"

static const struct bl_wire_api api = {.name = "ListPartitionReassignments",
                                       .key = 46,
                                       .version = 0,
                                       .most = BL_ANSWER_MOST_TOPICS,
                                       .flexible = true};

static void skip_ids(struct bl_wire_reader *in)
{
    for (size_t left = bl_wire_get_count(in, BL_LIMIT_REPLICAS); left && !in->bad; left--)
        (void)bl_wire_get_i32(in);
}

static void read_moving(struct bl_wire_reader *in, struct bl_wire_partitions *moving)
{
    for (size_t topics = bl_wire_get_count(in, BL_LIMIT_TOPICS); topics && !in->bad; topics--) {
        struct bl_wire_text topic = bl_wire_get_compact(in);

        for (size_t left = bl_wire_get_count(in, bl_limit_after(BL_LIMIT_PARTITIONS, moving->len));
             left && !in->bad; left--) {
            struct bl_wire_partition *partition = BL_PUSH(moving);

            partition->topic = topic;
            partition->partition = bl_wire_get_i32(in);
            skip_ids(in); /* all replicas, those that come, those that go */
            skip_ids(in);
            skip_ids(in);
            bl_wire_skip_tags(in);
        }
        bl_wire_skip_tags(in);
    }
}

int bl_wire_decode_list_partition_reassignments(const struct bl_strbuf *response,
                                                struct bl_wire_partitions *ret_moving,
                                                int16_t *ret_code, struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions moving = {0};
    int16_t code = 0;

    if (bl_wire_get_code(&in, api.name, true, &code, err) < 0)
        return -1;
    read_moving(&in, &moving);
    if (bl_wire_end(&in, api.name, err) < 0)
        return -1;
    *ret_code = code;
    *ret_moving = moving;
    moving = (struct bl_wire_partitions){0};
    return 0;
}

int bl_wire_list_partition_reassignments(struct bl_wire *wire, bl_nsec deadline,
                                         struct bl_wire_answer *answer, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_WIRE_BODY_INIT;

    bl_wire_put_timeout(&body, deadline);
    bl_wire_put_no_array(&body); /* all of them */
    bl_wire_put_no_tags(&body);
    bl_wire_partitions_release(&answer->partitions);
    if (bl_wire_call(wire, &api, &body, deadline, &answer->response, err) < 0)
        return -1;
    return bl_wire_decode_list_partition_reassignments(&answer->response, &answer->partitions,
                                                       &answer->code, err);
}
