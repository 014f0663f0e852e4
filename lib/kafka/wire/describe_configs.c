#include "describe_configs.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "errors.h"

#define SETTING "min.insync.replicas"
#define TOPIC 2 /* the kind of thing whose settings are asked for */

static const struct bl_wire_api api = {
    .name = "DescribeConfigs", .key = 32, .version = 1, .most = BL_ANSWER_MOST};

static bool is_setting(struct bl_wire_text name)
{
    return name.len == sizeof(SETTING) - 1 && memcmp(name.text, SETTING, name.len) == 0;
}

static void skip_synonyms(struct bl_wire_reader *in)
{
    for (size_t left = bl_wire_get_array(in, BL_LIMIT_SETTINGS); left && !in->bad; left--) {
        (void)bl_wire_get_string(in); /* its name */
        (void)bl_wire_get_string(in); /* its value */
        (void)bl_wire_get_i8(in);     /* where it is from */
    }
}

static void read_settings(struct bl_wire_reader *in, struct bl_topic *topic)
{
    for (size_t left = bl_wire_get_array(in, BL_LIMIT_SETTINGS); left && !in->bad; left--) {
        struct bl_wire_text name = bl_wire_get_string(in), value = bl_wire_get_string(in);
        int64_t number;

        bl_wire_skip(in, 3); /* may it be changed, where is it from, is it secret */
        skip_synonyms(in);
        if (topic && is_setting(name) && value.len &&
            bl_text_to_int(value.text, value.len, &number) && number >= 0 && number <= INT32_MAX)
            topic->min_isr = (int32_t)number;
    }
}

int bl_wire_decode_describe_configs(const struct bl_strbuf *response, struct bl_cluster *cluster,
                                    struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);

    (void)bl_wire_get_i32(&in); /* how long we are throttled */
    for (size_t left = bl_wire_get_array(&in, BL_LIMIT_RESULTS); left && !in.bad; left--) {
        int16_t code = bl_wire_get_i16(&in);
        struct bl_wire_text said = bl_wire_get_string(&in);
        struct bl_topic *topic;

        (void)bl_wire_get_i8(&in); /* the kind that we asked for */
        BL_AUTO_FREE char *name = bl_wire_text_copy(bl_wire_get_string(&in));

        topic = bl_cluster_topic(cluster, name);
        read_settings(&in, topic);
        if (in.bad)
            break;
        if (code == BL_WIRE_UNKNOWN_TOPIC && topic)
            topic->min_isr = BL_WIRE_MIN_ISR_GONE;
        else if (code && code != BL_WIRE_UNKNOWN_TOPIC)
            return bl_wire_fail(err, api.name, code, said);
    }
    return bl_wire_end(&in, api.name, err);
}

int bl_wire_describe_configs(struct bl_wire *wire,
                             const struct bl_wire_describe_configs_request *request,
                             bl_nsec deadline, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_WIRE_BODY_INIT;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_WIRE_RESPONSE_INIT;

    bl_wire_put_i32(&body, (int32_t)request->count);
    for (size_t i = 0; i < request->count; i++) {
        bl_wire_put_i8(&body, TOPIC);
        bl_wire_put_string(&body, request->cluster->topics.items[request->first + i].name);
        bl_wire_put_i32(&body, 1);
        bl_wire_put_string(&body, SETTING);
    }
    bl_wire_put_i8(&body, 0); /* where each value comes from is not asked */
    if (bl_wire_call(wire, &api, &body, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_describe_configs(&response, request->cluster, err);
}
