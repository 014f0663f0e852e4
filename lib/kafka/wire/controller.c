#include "controller.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "errors.h"
#include "socket.h"

/* How long the controller may take; the caller's deadline may be sooner. */
#define CONTROLLER_MS 30000

void bl_wire_partitions_release(struct bl_wire_partitions *partitions)
{
    for (size_t i = 0; i < partitions->len; i++)
        free(partitions->items[i].replicas.items);
    free(partitions->items);
    *partitions = (struct bl_wire_partitions){0};
}

void bl_wire_answer_release(struct bl_wire_answer *answer)
{
    bl_wire_partitions_release(&answer->partitions);
    bl_strbuf_release(&answer->response);
}

void bl_wire_put_timeout(struct bl_strbuf *out, bl_nsec deadline)
{
    bl_wire_put_i32(out, bl_deadline_left(deadline, CONTROLLER_MS));
}

static bool is_same_topic(struct bl_wire_text a, struct bl_wire_text b)
{
    return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

/* How many from `at` on are of one topic. */
static size_t run_of(const struct bl_wire_partition *at, size_t left)
{
    size_t len = 1;

    while (len < left && is_same_topic(at[len].topic, at->topic))
        len++;
    return len;
}

static void put_order(struct bl_strbuf *out, const struct bl_wire_partition *partition)
{
    bl_wire_put_i32(out, partition->partition);
    bl_wire_put_count(out, partition->replicas.len);
    for (size_t i = 0; i < partition->replicas.len; i++)
        bl_wire_put_i32(out, partition->replicas.items[i]);
    bl_wire_put_no_tags(out);
}

void bl_wire_put_partitions(struct bl_strbuf *out, const struct bl_wire_partition *items,
                            size_t count, bool order)
{
    size_t topics = 0, run;

    for (size_t i = 0; i < count; i += run_of(items + i, count - i))
        topics++;
    bl_wire_put_count(out, topics);
    for (size_t i = 0; i < count; i += run) {
        run = run_of(items + i, count - i);
        bl_wire_put_compact(out, items[i].topic);
        bl_wire_put_count(out, run);
        for (size_t p = i; p < i + run; p++) {
            if (order)
                put_order(out, &items[p]);
            else
                bl_wire_put_i32(out, items[p].partition);
        }
        bl_wire_put_no_tags(out);
    }
}

int bl_wire_get_code(struct bl_wire_reader *in, const char *what, bool has_text, int16_t *ret_code,
                     struct bl_error **err)
{
    struct bl_wire_text said = {NULL, 0};
    int16_t code;

    (void)bl_wire_get_i32(in); /* how long we are throttled */
    code = bl_wire_get_i16(in);
    if (has_text)
        said = bl_wire_get_compact(in);
    if (!in->bad && code && code != BL_WIRE_NOT_CONTROLLER)
        return bl_wire_fail(err, what, code, said);
    *ret_code = code;
    return 0;
}

/* Topics, of each its partitions, of each a code and a text. */
static void read_results(struct bl_wire_reader *in, struct bl_wire_partitions *results)
{
    for (size_t topics = bl_wire_get_count(in, BL_LIMIT_RESULTS); topics && !in->bad; topics--) {
        struct bl_wire_text topic = bl_wire_get_compact(in);

        for (size_t left = bl_wire_get_count(in, bl_limit_after(BL_LIMIT_RESULTS, results->len));
             left && !in->bad; left--) {
            struct bl_wire_partition *result = BL_PUSH(results);

            result->topic = topic;
            result->partition = bl_wire_get_i32(in);
            result->code = bl_wire_get_i16(in);
            result->said = bl_wire_get_compact(in);
            bl_wire_skip_tags(in);
        }
        bl_wire_skip_tags(in);
    }
}

int bl_wire_get_results(struct bl_wire_reader *in, const char *what, bool has_text,
                        struct bl_wire_partitions *ret_results, int16_t *ret_code,
                        struct bl_error **err)
{
    BL_AUTO(bl_wire_partitions_release) struct bl_wire_partitions results = {0};
    int16_t code = 0;

    if (bl_wire_get_code(in, what, has_text, &code, err) < 0)
        return -1;
    read_results(in, &results);
    if (bl_wire_end(in, what, err) < 0)
        return -1;
    *ret_code = code;
    *ret_results = results;
    results = (struct bl_wire_partitions){0};
    return 0;
}
