#include "ballast/cluster/scale.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define NAME_MAX_SHOWN 100

void bl_scales_release(struct bl_scales *scales)
{
    for (size_t i = 0; i < scales->len; i++)
        free(scales->items[i].set);
    free(scales->items);
    *scales = (struct bl_scales){0};
}

void bl_scale_held_release(struct bl_scale_held *held)
{
    bl_strings_release(&held->named);
}

/* --- which ids go --- */

bool bl_scale_goes(const struct bl_scale_held *held, int32_t id)
{
    return id >= held->from && id < held->to;
}

/* 2 of "kafka-2.kafka-headless.k.svc" for the set "kafka". */
static bool ordinal_of(const char *host, const char *set, int64_t *ret_ordinal)
{
    size_t len = strlen(set);

    return host && strncmp(host, set, len) == 0 && host[len] == '-' &&
           bl_text_to_int(host + len + 1, strcspn(host + len + 1, "."), ret_ordinal) &&
           *ret_ordinal >= 0 && *ret_ordinal <= INT32_MAX;
}

/* Charts number brokers as they number pods, some from another number on. False: these do not. */
static bool find_distance(const struct bl_scale *scale, const struct bl_cluster *facts,
                          bool *ret_known, int64_t *ret_distance)
{
    *ret_known = false;
    for (size_t i = 0; i < facts->brokers.len; i++) {
        const struct bl_broker *broker = &facts->brokers.items[i];
        int64_t ordinal;

        if (!ordinal_of(broker->host, scale->set, &ordinal))
            continue;
        if (*ret_known && broker->id - ordinal != *ret_distance)
            return false;
        *ret_known = true;
        *ret_distance = broker->id - ordinal;
    }
    return true;
}

static void find_ids(const struct bl_scale *scale, const struct bl_cluster *facts,
                     struct bl_scale_held *held)
{
    int64_t distance = 0;
    bool known;

    held->untold = !find_distance(scale, facts, &known, &distance);
    held->from = scale->first + scale->after + distance;
    held->to = known ? scale->first + scale->before + distance : INT64_MAX;
    /* Who is not known by name may be a broker of another set. */
    for (size_t i = 0; known && i < facts->quorum.voters.len; i++)
        held->votes |= bl_scale_goes(held, facts->quorum.voters.items[i].id);
}

/* --- what lies there --- */

static bool holds(const struct bl_scale_held *held, const struct bl_partition *partition)
{
    for (size_t i = 0; i < partition->replicas.len; i++)
        if (bl_scale_goes(held, partition->replicas.items[i]))
            return true;
    return false;
}

void bl_scale_look(const struct bl_scale *scale, const struct bl_cluster *facts,
                   struct bl_scale_held *ret_held)
{
    *ret_held = (struct bl_scale_held){0};
    find_ids(scale, facts, ret_held);
    for (size_t t = 0; t < facts->topics.len; t++) {
        const struct bl_topic *topic = &facts->topics.items[t];

        for (size_t p = 0; p < topic->partitions.len; p++) {
            if (!holds(ret_held, &topic->partitions.items[p]))
                continue;
            if (ret_held->partitions++ < BL_SCALE_NAMED)
                *BL_PUSH(&ret_held->named) = bl_asprintf("%.*s-%d", NAME_MAX_SHOWN, topic->name,
                                                         topic->partitions.items[p].id);
        }
    }
}

/* --- what is said of it --- */

char *bl_scale_ids(const struct bl_scale_held *held)
{
    if (held->to == INT64_MAX)
        return bl_asprintf("brokers from %" PRId64 " on", held->from);
    if (held->to - held->from == 1)
        return bl_asprintf("broker %" PRId64, held->from);
    return bl_asprintf("brokers %" PRId64 " to %" PRId64, held->from, held->to - 1);
}

char *bl_scale_objection(const struct bl_scale_held *held)
{
    BL_AUTO_FREE char *ids = bl_scale_ids(held);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (held->untold)
        return bl_strdup("and which brokers those are cannot be told, as their ids do not follow "
                         "their pods");
    if (held->votes)
        return bl_asprintf("and %s would take a voter of the quorum away", ids);
    if (!held->partitions)
        return NULL;
    bl_strbuf_addf(&text, "and %zu %s a replica on %s: ", held->partitions,
                   bl_text_plural((int64_t)held->partitions, "partition has", "partitions have"),
                   ids);
    for (size_t i = 0; i < held->named.len; i++)
        bl_strbuf_addf(&text, "%s%s", i ? ", " : "", held->named.items[i]);
    if (held->partitions > held->named.len)
        bl_strbuf_addf(&text, " and %zu more", held->partitions - held->named.len);
    return bl_strbuf_take(&text);
}
