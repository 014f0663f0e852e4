#include "api_versions.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "errors.h"

static const struct bl_wire_api api = {.name = "ApiVersions",
                                       .key = 18,
                                       .version = 3,
                                       .most = BL_ANSWER_MOST_HELLO,
                                       .flexible = true,
                                       .old_header = true};

static bool is_metadata_version(struct bl_wire_text name)
{
    static const char wanted[] = "metadata.version";

    return name.len == sizeof(wanted) - 1 && memcmp(name.text, wanted, name.len) == 0;
}

/* Level of metadata.version: of supported features the second number, of finalized ones the first. */
static int64_t read_level(struct bl_wire_reader *in, bool finalized)
{
    int64_t level = -1;

    for (size_t left = bl_wire_get_count(in, BL_LIMIT_FEATURES); left && !in->bad; left--) {
        struct bl_wire_text name = bl_wire_get_compact(in);
        int16_t one = bl_wire_get_i16(in), two = bl_wire_get_i16(in);

        bl_wire_skip_tags(in);
        if (is_metadata_version(name))
            level = finalized ? one : two;
    }
    return level;
}

/* Tagged fields: 0 are the supported features, 2 the finalized ones. */
static void read_features(struct bl_wire_reader *in, struct bl_wire_offer *offer)
{
    for (uint32_t left = bl_wire_get_uvarint(in); left && !in->bad; left--) {
        uint32_t tag = bl_wire_get_uvarint(in), size = bl_wire_get_uvarint(in);
        struct bl_wire_reader field = *in;

        bl_wire_skip(in, size);
        if (in->bad)
            return;
        field.end = in->at;
        if (tag == 0)
            offer->max_metadata_version = read_level(&field, false);
        else if (tag == 2)
            offer->metadata_version = read_level(&field, true);
        in->bad = field.bad;
        in->over = field.over;
        in->count = field.count;
    }
}

int bl_wire_decode_api_versions(const struct bl_strbuf *response, struct bl_wire_offer *ret_offer,
                                struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_wire_offer_release)
    struct bl_wire_offer offer = {.metadata_version = -1, .max_metadata_version = -1};
    int16_t code = bl_wire_get_i16(&in);

    /* A broker before 2.4 answers in the oldest form that it does not know this one. */
    if (!in.bad && code)
        return bl_wire_fail(err, api.name, code, (struct bl_wire_text){NULL, 0});
    for (size_t left = bl_wire_get_count(&in, BL_LIMIT_CALLS); left && !in.bad; left--) {
        struct bl_wire_offered *offered = BL_PUSH(&offer.apis);

        offered->key = bl_wire_get_i16(&in);
        offered->min = bl_wire_get_i16(&in);
        offered->max = bl_wire_get_i16(&in);
        bl_wire_skip_tags(&in);
    }
    (void)bl_wire_get_i32(&in); /* how long we are throttled */
    read_features(&in, &offer);
    if (bl_wire_end(&in, api.name, err) < 0)
        return -1;
    *ret_offer = offer;
    offer = (struct bl_wire_offer){0};
    return 0;
}

int bl_wire_api_versions(struct bl_wire *wire, bl_nsec deadline, struct bl_wire_offer *ret_offer,
                         struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_WIRE_BODY_INIT;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_WIRE_RESPONSE_INIT;

    bl_wire_put_compact(&body, bl_wire_text("ballast"));
    bl_wire_put_compact(&body, bl_wire_text("0"));
    bl_wire_put_no_tags(&body);
    if (bl_wire_call(wire, &api, &body, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_api_versions(&response, ret_offer, err);
}
