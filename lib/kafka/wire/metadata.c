#include "metadata.h"

#include <stdlib.h>

#include "ballast/base/mem.h"
#include "codec.h"

static const struct bl_wire_api api = {.name = "Metadata", .key = 3, .version = 5};

void bl_wire_brokers_release(struct bl_wire_brokers *brokers)
{
    for (size_t i = 0; i < brokers->len; i++) {
        free(brokers->items[i].host);
        free(brokers->items[i].rack);
    }
    free(brokers->items);
    *brokers = (struct bl_wire_brokers){.controller = -1};
}

int bl_wire_decode_metadata(const struct bl_strbuf *response, struct bl_wire_brokers *ret_brokers,
                            struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_wire_brokers_release) struct bl_wire_brokers brokers = {.controller = -1};

    (void)bl_wire_get_i32(&in); /* how long we are throttled */
    for (size_t left = bl_wire_get_array(&in); left && !in.bad; left--) {
        struct bl_broker *broker = BL_PUSH(&brokers);
        struct bl_wire_text rack;

        broker->id = bl_wire_get_i32(&in);
        broker->host = bl_wire_text_copy(bl_wire_get_string(&in));
        broker->port = bl_wire_get_i32(&in);
        rack = bl_wire_get_string(&in);
        broker->rack = rack.text ? bl_wire_text_copy(rack) : NULL;
    }
    (void)bl_wire_get_string(&in); /* the cluster's id */
    brokers.controller = bl_wire_get_i32(&in);
    if (bl_wire_end(&in, api.name, err) < 0)
        return -1;
    *ret_brokers = brokers;
    brokers = (struct bl_wire_brokers){0};
    return 0;
}

int bl_wire_metadata(struct bl_wire *wire, bl_nsec deadline, struct bl_wire_brokers *ret_brokers,
                     struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_WIRE_BODY_INIT;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_WIRE_RESPONSE_INIT;

    bl_wire_put_i32(&body, 0); /* of no topics */
    bl_wire_put_i8(&body, 0);  /* make none */
    if (bl_wire_call(wire, &api, &body, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_metadata(&response, ret_brokers, err);
}
