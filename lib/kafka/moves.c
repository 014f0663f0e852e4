#include "moves.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/canary.h"
#include "ballast/kafka/limits.h"

#define NAME_MAX_BYTES (BL_LIMIT_TOPIC_NAME.most)
#define PARTITIONS_MAX ((int64_t)BL_LIMIT_PARTITIONS.most)
#define REPLICAS_MAX ((int64_t)BL_LIMIT_REPLICAS.most)

/* ---- Plan ---- */

static bool is_alive_in_sync(const struct bl_cluster *cluster, const struct bl_partition *partition,
                             int32_t broker)
{
    return bl_broker_ids_has(&partition->isr, broker) && bl_cluster_broker(cluster, broker);
}

/* The first replica after the preferred one that can lead instead of `broker`; 0: none. */
static size_t find_successor(const struct bl_cluster *cluster, const struct bl_partition *partition,
                             int32_t broker)
{
    for (size_t i = 1; i < partition->replicas.len; i++) {
        int32_t id = partition->replicas.items[i];

        if (id != broker && is_alive_in_sync(cluster, partition, id))
            return i;
    }
    return 0;
}

/* Where a preferred replica of another broker is in sync, an election is enough. */
static size_t index_to_swap(const struct bl_cluster *cluster, const struct bl_partition *partition,
                            int32_t broker)
{
    if (partition->leader != broker || partition->moving || partition->replicas.len < 2)
        return 0;
    if (partition->replicas.items[0] != broker &&
        is_alive_in_sync(cluster, partition, partition->replicas.items[0]))
        return 0;
    return find_successor(cluster, partition, broker);
}

struct swap {
    int32_t partition, first;
    size_t index;
};

struct swaps {
    struct swap *items;
    size_t len, cap;
};

static bool is_of_group(const struct swap *a, const struct swap *b)
{
    return a->first == b->first && a->index == b->index;
}

static int compare_swaps(const void *a, const void *b)
{
    const struct swap *one = a, *other = b;

    if (one->first != other->first)
        return one->first > other->first ? 1 : -1;
    if (one->index != other->index)
        return one->index > other->index ? 1 : -1;
    return (one->partition > other->partition) - (one->partition < other->partition);
}

/* All of the same kind, as ranges, which stand together. Returns where the next kind begins. */
static size_t write_group(const struct swaps *swaps, size_t at, struct bl_strbuf *out)
{
    const struct swap *group = &swaps->items[at];
    const char *separator = "=";

    bl_strbuf_addf(out, ":%d@%zu", group->first, group->index);
    while (at < swaps->len && is_of_group(&swaps->items[at], group)) {
        int32_t from = swaps->items[at++].partition, to = from;

        while (at < swaps->len && swaps->items[at].partition == to + 1 &&
               is_of_group(&swaps->items[at], group)) {
            at++;
            to++;
        }
        bl_strbuf_addf(out, "%s%d", separator, from);
        if (to > from)
            bl_strbuf_addf(out, "-%d", to);
        separator = ",";
    }
    return at;
}

/* The topic's part of the text; returns how many partitions it names. */
static size_t plan_topic(const struct bl_cluster *cluster, const struct bl_topic *topic,
                         int32_t broker, struct bl_strbuf *out)
{
    struct swaps swaps = {0};
    size_t count;

    for (size_t i = 0; i < topic->partitions.len; i++) {
        const struct bl_partition *partition = &topic->partitions.items[i];
        size_t index = index_to_swap(cluster, partition, broker);

        if (index)
            *BL_PUSH(&swaps) = (struct swap){partition->id, partition->replicas.items[0], index};
    }
    bl_strbuf_adds(out, topic->name);
    if (swaps.len)
        qsort(swaps.items, swaps.len, sizeof(*swaps.items), compare_swaps);
    for (size_t i = 0; i < swaps.len;)
        i = write_group(&swaps, i, out);
    count = swaps.len;
    free(swaps.items);
    return count;
}

size_t bl_moves_plan(const struct bl_cluster *cluster, int32_t broker, struct bl_strbuf *moves)
{
    size_t count = 0;

    for (size_t i = 0; i < cluster->topics.len; i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        size_t its = plan_topic(cluster, &cluster->topics.items[i], broker, &text);

        if (!its || strcmp(cluster->topics.items[i].name, BL_CANARY_TOPIC) == 0 ||
            text.len + (moves->len > 0) > moves->max - moves->len)
            continue;
        if (moves->len)
            bl_strbuf_addc(moves, ';');
        bl_strbuf_add(moves, text.text, text.len);
        count += its;
    }
    return count;
}

/* ---- Parse ---- */

void bl_moves_release(struct bl_moves *moves)
{
    for (size_t i = 0; i < moves->len; i++)
        free(moves->items[i].topic);
    free(moves->items);
    *moves = (struct bl_moves){0};
}

struct parser {
    const char *at;
    struct bl_moves moves;
    char *topic;
};

static void parser_release(struct parser *in)
{
    bl_moves_release(&in->moves);
    free(in->topic);
}

static bool read_number(struct parser *in, int64_t most, int64_t *ret_value)
{
    size_t len = strspn(in->at, "0123456789");

    if (!bl_text_to_int(in->at, len, ret_value) || *ret_value > most)
        return false;
    in->at += len;
    return true;
}

static bool take_char(struct parser *in, char wanted)
{
    if (*in->at != wanted)
        return false;
    in->at++;
    return true;
}

/* "0-3", or "7". */
static bool read_range(struct parser *in, const struct bl_move *group)
{
    int64_t from, to;

    if (!read_number(in, PARTITIONS_MAX, &from))
        return false;
    to = from;
    if (take_char(in, '-') && (!read_number(in, PARTITIONS_MAX, &to) || to <= from))
        return false;
    if (to - from >= PARTITIONS_MAX - (int64_t)in->moves.len)
        return false;
    for (; from <= to; from++) {
        struct bl_move *move = BL_PUSH(&in->moves);

        *move = *group;
        move->topic = bl_strdup(in->topic);
        move->partition = (int32_t)from;
    }
    return true;
}

/* ":1@2=0-3,7" */
static bool read_group(struct parser *in)
{
    int64_t first, index;

    if (!take_char(in, ':') || !read_number(in, INT32_MAX, &first) || !take_char(in, '@') ||
        !read_number(in, REPLICAS_MAX, &index) || !index || !take_char(in, '='))
        return false;
    do {
        const struct bl_move group = {.first = (int32_t)first, .index = (size_t)index};

        if (!read_range(in, &group))
            return false;
    } while (take_char(in, ','));
    return true;
}

static bool read_topic(struct parser *in)
{
    size_t len = strcspn(in->at, ":;=,@");

    if (!len || len > NAME_MAX_BYTES)
        return false;
    free(in->topic);
    in->topic = bl_strndup(in->at, len);
    in->at += len;
    do {
        if (!read_group(in))
            return false;
    } while (*in->at == ':');
    return true;
}

int bl_moves_parse(const char *text, struct bl_moves *ret_moves, struct bl_error **err)
{
    BL_AUTO(parser_release) struct parser in = {.at = text};

    while (*in.at) {
        if (!read_topic(&in) || (*in.at && !(take_char(&in, ';') && *in.at)))
            return bl_fail(err, BL_ERR_INVALID,
                           "cannot read which leaders were moved, at character %zu",
                           (size_t)(in.at - text) + 1);
    }
    *ret_moves = in.moves;
    in.moves = (struct bl_moves){0};
    return 0;
}
