#include "brokers.h"

#include <inttypes.h>
#include <stdlib.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/observer.h"
#include "ballast/object/object.h"
#include "kafka/connection.h"

#define LOOK_AT_MOST (10 * BL_NSEC_S)
#define REACH_AT_MOST (2 * BL_NSEC_S)
/* Each takes three seconds where it hangs. */
#define ASKED_MOST 10

int bl_cluster_find_brokers(const struct bl_cluster_looker *looker, const char *door,
                            const char **ret_bootstrap, struct bl_strbuf *properties,
                            struct bl_error **err)
{
    const struct bl_cluster_spec *spec = looker->spec;

    *ret_bootstrap = spec->connection.bootstrap ? spec->connection.bootstrap : door;
    if (!*ret_bootstrap)
        return bl_fail(err, BL_ERR_INVALID,
                       "no Service of the release leads to brokers; set connection.bootstrap");
    return !spec->connection.client_config
               ? 0
               : bl_kafka_read_properties(looker->client, bl_object_ref(looker->object).namespace,
                                          spec->connection.client_config, properties, err);
}

/* --- those that go --- */

static int check_folders(struct bl_observer *observer, int32_t id, struct bl_error **err)
{
    BL_AUTO(bl_log_dirs_release) struct bl_log_dirs dirs = {0};
    size_t replicas = 0;

    if (bl_observer_log_dirs(observer, id, &dirs, err) < 0)
        return bl_wrap(err, "broker %d", id);
    for (size_t i = 0; i < dirs.len; i++) {
        if (dirs.items[i].error)
            return bl_fail(err, BL_ERR_UNAVAILABLE, "broker %d cannot read one of its folders", id);
        replicas += dirs.items[i].replicas;
    }
    if (!replicas)
        return 0;
    return bl_fail(err, BL_ERR_FORBIDDEN,
                   "broker %d has %zu %s in its folders, of topics that may not be described", id,
                   replicas, bl_text_plural((int64_t)replicas, "replica", "replicas"));
}

/* What partitions say is enough where that is in the way. */
static int check_scale(struct bl_observer *observer, const struct bl_scale *scale,
                       const struct bl_cluster *brokers, struct bl_error **err)
{
    BL_AUTO(bl_scale_held_release) struct bl_scale_held held = {0};
    BL_AUTO_FREE char *objection = NULL;
    int64_t there = 0;

    bl_scale_look(scale, brokers, &held);
    objection = bl_scale_objection(&held);
    for (size_t i = 0; !objection && i < brokers->brokers.len; i++)
        there += bl_scale_goes(&held, brokers->brokers.items[i].id);
    if (objection)
        return 0;
    if (there > ASKED_MOST)
        return bl_fail(err, BL_ERR_TOO_LARGE, "%" PRId64 " would go, at most %d at once", there,
                       ASKED_MOST);
    if (there < scale->before - scale->after)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "not all that go answer");
    for (size_t i = 0; i < brokers->brokers.len; i++)
        if (bl_scale_goes(&held, brokers->brokers.items[i].id) &&
            check_folders(observer, brokers->brokers.items[i].id, err) < 0)
            return -1;
    return 0;
}

static int ask(const struct bl_cluster_looker *looker, const char *door,
               const struct bl_scales *scales, struct bl_cluster *ret_brokers,
               struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf properties = BL_STRBUF_INIT(BL_PROPERTIES_MAX);
    BL_AUTO(bl_observer_cleanup) struct bl_observer *observer = NULL;
    BL_AUTO(bl_cluster_release) struct bl_cluster found = {0};
    struct bl_observer_settings settings = {.at_most = LOOK_AT_MOST};

    if (bl_cluster_find_brokers(looker, door, &settings.bootstrap, &properties, err) < 0)
        return -1;
    settings.properties = properties.len ? properties.text : NULL;
    /* A client has threads, which are not worth it where nobody is there. */
    if (bl_bootstrap_reach(settings.bootstrap, REACH_AT_MOST, err) < 0 ||
        bl_observer_new(&settings, &observer, err) < 0 ||
        bl_observer_look(observer, &found, err) < 0)
        return -1;
    for (size_t i = 0; i < scales->len; i++)
        if (check_scale(observer, &scales->items[i], &found, err) < 0)
            return -1;
    *ret_brokers = found;
    found = (struct bl_cluster){0};
    return 0;
}

int bl_cluster_ask_brokers(void *looker, const char *door, const struct bl_scales *scales,
                           struct bl_cluster *ret_brokers, struct bl_error **err)
{
    const struct bl_cluster_looker *self = looker;
    int rc;

    if (sem_trywait(self->asking) < 0)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "as many are asked as may be at once");
    rc = ask(self, door, scales, ret_brokers, err);
    (void)sem_post(self->asking);
    return rc;
}

int bl_cluster_check_scales(const struct bl_cluster_looker *looker,
                            const struct bl_cluster_memory *memory,
                            const struct bl_cluster_plan *plan, struct bl_error **err)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster brokers = {0};

    if (!plan->scales.len)
        return 0;
    if (bl_cluster_ask_brokers((void *)looker, memory->bootstrap, &plan->scales, &brokers, err) < 0)
        return bl_wrap(err, "could not ask brokers once more what those hold that go");
    for (size_t i = 0; i < plan->scales.len; i++) {
        BL_AUTO(bl_scale_held_release) struct bl_scale_held held = {0};
        BL_AUTO_FREE char *why = NULL;

        bl_scale_look(&plan->scales.items[i], &brokers, &held);
        why = bl_scale_objection(&held);
        if (why)
            return bl_fail(err, BL_ERR_CONFLICT, "StatefulSet \"%s\" gets fewer pods, %s",
                           plan->scales.items[i].set, why);
    }
    return 0;
}
