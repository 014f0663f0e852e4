#include <stdlib.h>

#include "ballast/base/mem.h"
#include "live.h"
#include "status.h"

#define DISK_FAILED 56 /* KAFKA_STORAGE_ERROR */

void cli_status_look_at_disks(struct bl_observer *observer, struct cli_status *status)
{
    const struct bl_cluster *cluster = &status->cluster;

    for (size_t i = 0; i < cluster->brokers.len; i++) {
        struct cli_disks disks = {.broker = cluster->brokers.items[i].id};
        BL_ERROR(unknown);

        if (bl_observer_log_dirs(observer, disks.broker, &disks.dirs, &unknown) == 0)
            *BL_PUSH(&status->disks) = disks;
    }
}

void cli_status_disks_release(struct cli_status *status)
{
    for (size_t i = 0; i < status->disks.len; i++)
        bl_log_dirs_release(&status->disks.items[i].dirs);
    free(status->disks.items);
}

static const struct bl_log_dirs *find(const struct cli_status *status, int32_t broker)
{
    for (size_t i = 0; i < status->disks.len; i++)
        if (status->disks.items[i].broker == broker)
            return &status->disks.items[i].dirs;
    return NULL;
}

char *cli_status_held(const struct cli_status *status, int32_t broker)
{
    const struct bl_log_dirs *dirs = find(status, broker);
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    double held = 0;

    if (!dirs)
        return bl_strdup("-");
    for (size_t i = 0; i < dirs->len; i++)
        held += (double)dirs->items[i].bytes;
    cli_add_size(&text, held);
    return bl_strbuf_take(&text);
}

/* Kafka does not spread by size, so the fullest disk is the one that counts. */
char *cli_status_usable(const struct cli_status *status, int32_t broker)
{
    const struct bl_log_dirs *dirs = find(status, broker);
    double least = -1;

    for (size_t i = 0; dirs && i < dirs->len; i++) {
        const struct bl_log_dir *dir = &dirs->items[i];
        double share = dir->total > 0 ? 100.0 * (double)dir->usable / (double)dir->total : -1;

        if (share >= 0 && (least < 0 || share < least))
            least = share;
    }
    return least < 0 ? bl_strdup("-") : bl_asprintf("%.0f %%", least);
}

void cli_status_add_failed_disks(const struct cli_status *status, int32_t broker,
                                 struct bl_strbuf *out)
{
    const struct bl_log_dirs *dirs = find(status, broker);

    for (size_t i = 0; dirs && i < dirs->len; i++) {
        int16_t error = dirs->items[i].error;

        if (error == DISK_FAILED)
            bl_strbuf_addf(out, "     %s: its disk failed\n", dirs->items[i].path);
        else if (error)
            bl_strbuf_addf(out, "     %s: error %d of Kafka's\n", dirs->items[i].path, error);
    }
}

static cJSON *dir_json(const struct bl_log_dir *dir)
{
    cJSON *json = bl_json_new_object();

    bl_json_add_string(json, "path", dir->path);
    if (dir->error)
        bl_json_add_int(json, "error", dir->error);
    bl_json_add_int(json, "replicas", (int64_t)dir->replicas);
    bl_json_add_int(json, "bytes", dir->bytes);
    if (dir->total >= 0)
        bl_json_add_int(json, "totalBytes", dir->total);
    if (dir->usable >= 0)
        bl_json_add_int(json, "usableBytes", dir->usable);
    return json;
}

void cli_status_add_disks_json(const struct cli_status *status, int32_t broker, cJSON *json)
{
    const struct bl_log_dirs *dirs = find(status, broker);
    cJSON *list = dirs ? bl_json_add_array(json, "logDirs") : NULL;

    for (size_t i = 0; dirs && i < dirs->len; i++)
        bl_json_push(list, dir_json(&dirs->items[i]));
}
