#include <string.h>

#include "ballast/base/text.h"
#include "reflector.h"

static int set_version(struct bl_stream *stream, const cJSON *object, struct bl_error **err)
{
    const char *version = bl_json_string(bl_json_get(object, "metadata"), "resourceVersion");
    struct bl_strbuf *ours = &stream->reflector->version;

    if (!version || !*version)
        return bl_fail(err, BL_ERR_INVALID, "an event's object has no resourceVersion");
    /* A list that is cut off has to be made again from its start. */
    if (stream->initial)
        return 0;
    bl_strbuf_reset(ours);
    bl_strbuf_adds(ours, version);
    return bl_strbuf_check(ours, "a resourceVersion", err);
}

static int on_bookmark(struct bl_stream *stream, const cJSON *object, struct bl_error **err)
{
    const char *end = bl_json_string(bl_json_at(object, "metadata", "annotations", NULL),
                                     "k8s.io/initial-events-end");

    if (!stream->initial || !bl_text_eq(end, "true"))
        return set_version(stream, object, err);
    stream->initial = false;
    if (set_version(stream, object, err) < 0)
        return -1;
    stream->idle = STREAM_IDLE;
    bl_reflector_synced(stream->reflector);
    return 0;
}

/* Takes the object out of the event. */
static int on_change(struct bl_stream *stream, cJSON *event, bool gone, struct bl_error **err)
{
    const struct bl_watch_handler *handler = &stream->reflector->handler;
    BL_AUTO_JSON cJSON *object = cJSON_DetachItemViaPointer(event, bl_json_get(event, "object"));

    if (!bl_json_string(object, "kind") || !bl_json_string(object, "apiVersion"))
        return bl_fail(err, BL_ERR_INVALID, "an event's object does not say what it is");
    if (set_version(stream, object, err) < 0)
        return -1;
    if (gone)
        handler->remove(handler->context, object);
    else
        handler->upsert(handler->context, BL_STEAL(object));
    return 0;
}

static int dispatch(struct bl_stream *stream, cJSON *event, struct bl_error **err)
{
    const char *type = bl_json_string(event, "type");
    const cJSON *object = bl_json_get(event, "object");

    if (!type || !cJSON_IsObject(object))
        return bl_fail(err, BL_ERR_INVALID, "an event has no type or no object");
    if (strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0)
        return on_change(stream, event, false, err);
    if (strcmp(type, "DELETED") == 0)
        return on_change(stream, event, true, err);
    if (strcmp(type, "BOOKMARK") == 0)
        return on_bookmark(stream, object, err);
    if (strcmp(type, "ERROR") == 0) {
        stream->refused = true;
        return bl_kube_status_fail_object(err, object, "the watch");
    }
    return bl_fail(err, BL_ERR_INVALID, "an event is of the unknown type \"%.40s\"", type);
}

int bl_stream_event(void *context, const char *text, size_t len, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *event = NULL;
    struct bl_stream *stream = context;

    if (bl_json_parse(text, len, &event, err) < 0)
        return bl_wrap(err, "an event cannot be read");
    if (dispatch(stream, event, err) < 0)
        return -1;
    bl_reflector_contact(stream->reflector, 1);
    return 0;
}
