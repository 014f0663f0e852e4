#include <stdlib.h>

#include "ballast/base/mem.h"
#include "wire.h"

void bl_log_dirs_release(struct bl_log_dirs *dirs)
{
    for (size_t i = 0; i < dirs->len; i++)
        free(dirs->items[i].path);
    free(dirs->items);
    *dirs = (struct bl_log_dirs){0};
}

static void read_dir(struct bl_wire_reader *in, struct bl_log_dir *dir)
{
    dir->error = bl_wire_get_i16(in);
    dir->path = bl_wire_text_copy(bl_wire_get_string(in));
    for (size_t topics = bl_wire_get_array(in); topics && !in->bad; topics--) {
        (void)bl_wire_get_string(in); /* its name */
        for (size_t left = bl_wire_get_array(in); left && !in->bad; left--) {
            (void)bl_wire_get_i32(in); /* the partition */
            int64_t bytes = bl_wire_get_i64(in);

            (void)bl_wire_get_i64(in); /* how far it lags */
            (void)bl_wire_get_i8(in);  /* is it to replace another folder's? */
            dir->replicas++;
            if (bytes > 0 && dir->bytes <= INT64_MAX - bytes)
                dir->bytes += bytes;
        }
    }
}

int bl_wire_decode_log_dirs(const struct bl_strbuf *response, struct bl_log_dirs *ret_dirs,
                            struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_log_dirs_release) struct bl_log_dirs dirs = {0};

    (void)bl_wire_get_i32(&in); /* how long we are throttled */
    for (size_t left = bl_wire_get_array(&in); left && !in.bad; left--)
        read_dir(&in, BL_PUSH(&dirs));
    if (bl_wire_end(&in, "DescribeLogDirs", err) < 0)
        return -1;
    *ret_dirs = dirs;
    dirs = (struct bl_log_dirs){0};
    return 0;
}
