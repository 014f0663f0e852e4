#include "describe_log_dirs.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "errors.h"

#define NAME "DescribeLogDirs"
#define KEY 35

/* The newest first; the last one is what brokers offer that have no other. */
static const struct bl_wire_api versions[] = {
    {.name = NAME, .key = KEY, .version = 4, .most = BL_ANSWER_MOST_TOPICS, .flexible = true},
    {.name = NAME, .key = KEY, .version = 1, .most = BL_ANSWER_MOST_TOPICS}};

void bl_log_dirs_release(struct bl_log_dirs *dirs)
{
    for (size_t i = 0; i < dirs->len; i++)
        free(dirs->items[i].path);
    for (size_t i = 0; i < dirs->topics.len; i++)
        free(dirs->topics.items[i].name);
    free(dirs->topics.items);
    free(dirs->items);
    *dirs = (struct bl_log_dirs){0};
}

int64_t bl_log_dirs_bytes(const struct bl_log_dirs *dirs, const char *topic)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < dirs->topics.len; i++)
        if (strcmp(dirs->topics.items[i].name, topic) == 0 &&
            bytes <= INT64_MAX - dirs->topics.items[i].bytes)
            bytes += dirs->topics.items[i].bytes;
    return bytes;
}

int64_t bl_log_dirs_usable(const struct bl_log_dirs *dirs)
{
    int64_t least = -1;

    for (size_t i = 0; i < dirs->len; i++) {
        if (dirs->items[i].error)
            continue;
        if (dirs->items[i].usable < 0)
            return -1;
        if (least < 0 || dirs->items[i].usable < least)
            least = dirs->items[i].usable;
    }
    return least;
}

static void note_topic(struct bl_log_dirs *dirs, const struct bl_wire_reader *in,
                       struct bl_wire_text name, int64_t bytes)
{
    if (!in->bad)
        *BL_PUSH(&dirs->topics) = (struct bl_log_topic){bl_wire_text_copy(name), bytes};
}

static void read_partition(struct bl_wire_reader *in, struct bl_log_dir *dir)
{
    (void)bl_wire_get_i32(in); /* its number */
    int64_t bytes = bl_wire_get_i64(in);

    (void)bl_wire_get_i64(in); /* how far it lags */
    (void)bl_wire_get_i8(in);  /* is it to replace another folder's? */
    dir->replicas++;
    if (bytes > 0 && dir->bytes <= INT64_MAX - bytes)
        dir->bytes += bytes;
}

static void read_dir(struct bl_wire_reader *in, struct bl_log_dirs *dirs)
{
    struct bl_log_dir *dir = BL_PUSH(dirs);

    dir->error = bl_wire_get_i16(in);
    dir->path = bl_wire_text_copy(bl_wire_limit(in, bl_wire_get_string(in), BL_LIMIT_PATH));
    dir->total = dir->usable = -1;
    for (size_t topics = bl_wire_get_array(in, BL_LIMIT_TOPICS); topics && !in->bad; topics--) {
        struct bl_wire_text name = bl_wire_limit(in, bl_wire_get_string(in), BL_LIMIT_TOPIC_NAME);
        int64_t before = dir->bytes;

        for (size_t left =
                 bl_wire_get_array(in, bl_limit_after(BL_LIMIT_PARTITIONS, dir->replicas));
             left && !in->bad; left--)
            read_partition(in, dir);
        note_topic(dirs, in, name, dir->bytes - before);
    }
}

/* From version 2 on it is flexible, from 4 on it tells of the disk. */
static void read_dir_4(struct bl_wire_reader *in, struct bl_log_dirs *dirs)
{
    struct bl_log_dir *dir = BL_PUSH(dirs);

    dir->error = bl_wire_get_i16(in);
    dir->path = bl_wire_text_copy(bl_wire_limit(in, bl_wire_get_compact(in), BL_LIMIT_PATH));
    for (size_t topics = bl_wire_get_count(in, BL_LIMIT_TOPICS); topics && !in->bad; topics--) {
        struct bl_wire_text name = bl_wire_limit(in, bl_wire_get_compact(in), BL_LIMIT_TOPIC_NAME);
        int64_t before = dir->bytes;

        for (size_t left =
                 bl_wire_get_count(in, bl_limit_after(BL_LIMIT_PARTITIONS, dir->replicas));
             left && !in->bad; left--) {
            read_partition(in, dir);
            bl_wire_skip_tags(in);
        }
        bl_wire_skip_tags(in);
        note_topic(dirs, in, name, dir->bytes - before);
    }
    dir->total = bl_wire_get_i64(in);
    dir->usable = bl_wire_get_i64(in);
    bl_wire_skip_tags(in);
}

static int read_all(struct bl_wire_reader *in, int16_t version, struct bl_log_dirs *dirs,
                    struct bl_error **err)
{
    int16_t code = 0;

    (void)bl_wire_get_i32(in); /* how long we are throttled */
    if (version < 4) {
        for (size_t left = bl_wire_get_array(in, BL_LIMIT_LOG_DIRS); left && !in->bad; left--)
            read_dir(in, dirs);
        return 0;
    }
    code = bl_wire_get_i16(in);
    if (!in->bad && code)
        return bl_wire_fail(err, NAME, code, (struct bl_wire_text){NULL, 0});
    for (size_t left = bl_wire_get_count(in, BL_LIMIT_LOG_DIRS); left && !in->bad; left--)
        read_dir_4(in, dirs);
    return 0;
}

int bl_wire_decode_describe_log_dirs(const struct bl_strbuf *response, int16_t version,
                                     struct bl_log_dirs *ret_dirs, struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_log_dirs_release) struct bl_log_dirs dirs = {0};

    if (read_all(&in, version, &dirs, err) < 0 || bl_wire_end(&in, NAME, err) < 0)
        return -1;
    *ret_dirs = dirs;
    dirs = (struct bl_log_dirs){0};
    return 0;
}

static void encode(const struct bl_wire_api *api, struct bl_strbuf *body)
{
    if (!api->flexible) {
        bl_wire_put_i32(body, -1); /* of all topics */
        return;
    }
    bl_wire_put_no_array(body);
    bl_wire_put_no_tags(body);
}

int bl_wire_describe_log_dirs(struct bl_wire *wire, bl_nsec deadline, struct bl_log_dirs *ret_dirs,
                              struct bl_error **err)
{
    const struct bl_wire_api *api = versions;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_WIRE_BODY_INIT;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_WIRE_RESPONSE_INIT;

    if (!bl_wire_offers(bl_wire_get_offer(wire), KEY, api->version))
        api++;
    encode(api, &body);
    if (bl_wire_call(wire, api, &body, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_describe_log_dirs(&response, api->version, ret_dirs, err);
}
