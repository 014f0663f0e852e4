#include "ballast/api/progress.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

static cJSON *read_annotation(const cJSON *set, const char *name)
{
    const char *text = bl_object_annotation(set, name);
    cJSON *json = NULL;
    BL_ERROR(err);

    return text && bl_json_parse(text, strlen(text), &json, &err) == 0 ? json : NULL;
}

static char *take_text(const cJSON *json, const char *key)
{
    const char *text = bl_json_string(json, key);

    return bl_strdup(text ? text : "");
}

void bl_progress_read(const cJSON *set, struct bl_progress *ret_progress)
{
    BL_AUTO_JSON cJSON *json = read_annotation(set, BL_ANNOTATION_ROLLOUT_STATUS);

    *ret_progress = (struct bl_progress){.phase = take_text(json, "phase"),
                                         .act = take_text(json, "act"),
                                         .pod = take_text(json, "pod"),
                                         .message = take_text(json, "message"),
                                         .revision = take_text(json, "revision"),
                                         .done = bl_json_number(json, "done"),
                                         .total = bl_json_number(json, "total"),
                                         .started = bl_json_time(json, "startedAt"),
                                         .changed = bl_json_time(json, "changedAt")};
}

static void add_time(cJSON *json, const char *key, int64_t seconds)
{
    char text[BL_TIME_SIZE];

    bl_time_format(seconds, text);
    bl_json_add_string(json, key, text);
}

char *bl_progress_text(const struct bl_progress *progress)
{
    BL_AUTO_JSON cJSON *json = bl_json_new_object();
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_json_add_string(json, "phase", progress->phase);
    bl_json_add_string(json, "message", progress->message);
    bl_json_add_string(json, "act", progress->act);
    bl_json_add_string(json, "pod", progress->pod);
    bl_json_add_int(json, "done", progress->done);
    bl_json_add_int(json, "total", progress->total);
    bl_json_add_string(json, "revision", progress->revision);
    add_time(json, "startedAt", progress->started);
    add_time(json, "changedAt", progress->changed);
    bl_json_write(&text, json);
    return bl_strbuf_take(&text);
}

void bl_progress_release(struct bl_progress *progress)
{
    free(progress->phase);
    free(progress->act);
    free(progress->pod);
    free(progress->message);
    free(progress->revision);
    *progress = (struct bl_progress){0};
}

bool bl_progress_begun(const struct bl_progress *progress, const cJSON *set)
{
    static const char *const over[] = {"", "Idle", "Failed", "Complete", "RolledBack", NULL};
    const char *newest = bl_json_string(bl_json_get(set, "status"), "updateRevision");

    return !bl_text_in(progress->phase, over) && bl_text_eq(progress->revision, newest);
}

bool bl_progress_same(const struct bl_progress *a, const struct bl_progress *b)
{
    return bl_text_eq(a->phase, b->phase) && bl_text_eq(a->act, b->act) &&
           bl_text_eq(a->pod, b->pod) && bl_text_eq(a->message, b->message) &&
           bl_text_eq(a->revision, b->revision) && a->done == b->done && a->total == b->total;
}

/* --- leadership --- */

static void moved_clear(struct bl_moved *moved)
{
    free(moved->pod);
    free(moved->uid);
    free(moved->moves);
}

void bl_moved_read(const cJSON *set, struct bl_moved_list *ret_moved)
{
    BL_AUTO_JSON cJSON *json = read_annotation(set, BL_ANNOTATION_ROLLOUT_MOVED);
    const cJSON *item;

    cJSON_ArrayForEach(item, json) {
        *BL_PUSH(ret_moved) = (struct bl_moved){take_text(item, "pod"), take_text(item, "uid"),
                                                take_text(item, "moves")};
    }
}

char *bl_moved_text(const struct bl_moved_list *moved)
{
    BL_AUTO_JSON cJSON *json = bl_json_new_array();
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; i < moved->len; i++) {
        cJSON *item = bl_json_push(json, bl_json_new_object());

        bl_json_add_string(item, "pod", moved->items[i].pod);
        bl_json_add_string(item, "uid", moved->items[i].uid);
        bl_json_add_string(item, "moves", moved->items[i].moves);
    }
    if (!moved->len)
        return NULL;
    bl_json_write(&text, json);
    return bl_strbuf_take(&text);
}

void bl_moved_add(struct bl_moved_list *moved, const char *pod, const char *uid, const char *moves)
{
    for (size_t i = 0; i < moved->len; i++) {
        struct bl_moved *item = &moved->items[i];
        char *both;

        if (strcmp(item->uid, uid) != 0)
            continue;
        both = bl_asprintf("%s;%s", item->moves, moves);
        free(item->moves);
        item->moves = both;
        return;
    }
    *BL_PUSH(moved) = (struct bl_moved){bl_strdup(pod), bl_strdup(uid), bl_strdup(moves)};
}

void bl_moved_remove(struct bl_moved_list *moved, size_t index)
{
    moved_clear(&moved->items[index]);
    memmove(moved->items + index, moved->items + index + 1,
            (--moved->len - index) * sizeof(*moved->items));
}

void bl_moved_release(struct bl_moved_list *moved)
{
    for (size_t i = 0; i < moved->len; i++)
        moved_clear(&moved->items[i]);
    free(moved->items);
    *moved = (struct bl_moved_list){0};
}
