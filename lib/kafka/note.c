#include "ballast/kafka/note.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/strbuf.h"
#include "ballast/base/text.h"

#define HEAD "ballast-note 1 "
#define FIELDS 7
/* Beyond what any log gets to, and all partitions together still fit into a number. */
#define OFFSET_MOST ((int64_t)1 << 48)
/* How many differences are told. */
#define TOLD 5

void bl_note_release(struct bl_note *note)
{
    for (size_t i = 0; i < note->len; i++)
        free(note->items[i].topic);
    free(note->items);
    free(note->cluster_id);
    *note = (struct bl_note){0};
}

/* --- as a text --- */

char *bl_note_text(const struct bl_note *note)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_addf(&text, HEAD "%s\n", note->cluster_id ? note->cluster_id : "-");
    for (size_t i = 0; i < note->len; i++) {
        const struct bl_note_row *row = &note->items[i];

        bl_strbuf_addf(
            &text,
            "%s %" PRId32 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %016" PRIx64 "\n",
            row->topic, row->partition, row->first, row->end, row->from, row->count, row->digest);
    }
    return bl_strbuf_take(&text);
}

static bool read_offset(const char *text, int64_t *ret_offset)
{
    return bl_text_to_int(text, strlen(text), ret_offset) && *ret_offset >= 0 &&
           *ret_offset <= OFFSET_MOST;
}

static bool read_row(char *line, struct bl_note_row *row)
{
    char *fields[FIELDS], *word;
    int64_t partition = 0;
    size_t len = 0;

    for (; (word = strsep(&line, " ")); len++) {
        if (len == FIELDS || !*word)
            return false;
        fields[len] = word;
    }
    if (len != FIELDS || !read_offset(fields[1], &partition) || partition > INT32_MAX ||
        !read_offset(fields[2], &row->first) || !read_offset(fields[3], &row->end) ||
        !read_offset(fields[4], &row->from) || !read_offset(fields[5], &row->count) ||
        strspn(fields[6], "0123456789abcdef") != 16 || strlen(fields[6]) != 16)
        return false;
    row->topic = bl_strdup(fields[0]);
    row->partition = (int32_t)partition;
    row->digest = strtoull(fields[6], NULL, 16);
    return row->first <= row->from && row->from <= row->end && row->count <= row->end - row->from;
}

int bl_note_parse(const char *text, struct bl_note *ret_note, struct bl_error **err)
{
    BL_AUTO_FREE char *copy = bl_strdup(text);
    char *rest = copy, *line = strsep(&rest, "\n");
    size_t number = 1;

    if (strncmp(line, HEAD, strlen(HEAD)) != 0 || !line[strlen(HEAD)])
        return bl_fail(err, BL_ERR_INVALID, "a note begins with \"" HEAD "CLUSTER-ID\"");
    ret_note->cluster_id = bl_strdup(line + strlen(HEAD));
    while ((line = strsep(&rest, "\n"))) {
        number++;
        if (!*line && !rest)
            break;
        if (ret_note->len == BL_NOTE_PARTITIONS || !read_row(line, BL_PUSH(ret_note)))
            return bl_fail(err, BL_ERR_INVALID, "line %zu of the note is none of a note's", number);
    }
    return 0;
}

/* --- sums --- */

int64_t bl_note_messages(const struct bl_note *note)
{
    int64_t sum = 0;

    for (size_t i = 0; i < note->len; i++)
        sum += note->items[i].end - note->items[i].first;
    return sum;
}

int64_t bl_note_digested(const struct bl_note *note)
{
    int64_t sum = 0;

    for (size_t i = 0; i < note->len; i++)
        sum += note->items[i].count;
    return sum;
}

size_t bl_note_topics(const struct bl_note *note)
{
    size_t count = 0;

    for (size_t i = 0; i < note->len; i++)
        count += !i || strcmp(note->items[i].topic, note->items[i - 1].topic) != 0;
    return count;
}

/* --- what differs --- */

static int compare_rows(const void *a, const void *b)
{
    const struct bl_note_row *x = a, *y = b;
    int order = strcmp(x->topic, y->topic);

    return order ? order : (x->partition > y->partition) - (x->partition < y->partition);
}

const struct bl_note_row *bl_note_find(const struct bl_note *note, const struct bl_note_row *row)
{
    return note->len ? bsearch(row, note->items, note->len, sizeof(*row), compare_rows) : NULL;
}

struct telling {
    struct bl_note_difference *difference;
    struct bl_strbuf text;
    size_t told;
};

static bool may_tell(struct telling *telling)
{
    if (telling->told++ >= TOLD)
        return false;
    bl_strbuf_adds(&telling->text, telling->text.len ? "; " : "");
    return true;
}

static void compare_row(const struct bl_note_row *row, const struct bl_note_row *now,
                        struct telling *telling)
{
    struct bl_note_difference *difference = telling->difference;
    int64_t first = now ? now->first : 0, end = now ? now->end : 0;
    int64_t lost = row->end - (end > row->first ? end : row->first);
    int64_t expired = (first < row->end ? first : row->end) - row->first;

    if (lost > 0) {
        difference->lost += lost;
        if (may_tell(telling))
            bl_strbuf_addf(&telling->text,
                           "partition %s-%" PRId32 ": its end is %" PRId64 ", and was %" PRId64,
                           row->topic, row->partition, end, row->end);
        return;
    }
    if (!now)
        return;
    if (expired > 0)
        difference->expired += expired;
    difference->more += end - row->end;
    if (first > row->from || (now->count == row->count && now->digest == row->digest))
        return;
    difference->changed++;
    if (may_tell(telling))
        bl_strbuf_addf(&telling->text,
                       "partition %s-%" PRId32 ": others lie at the offsets %" PRId64
                       " to %" PRId64,
                       row->topic, row->partition, row->from, row->end);
}

void bl_note_compare(const struct bl_note *noted, const struct bl_note *now,
                     struct bl_note_difference *ret_difference)
{
    struct telling telling = {.difference = ret_difference,
                              .text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED)};

    *ret_difference = (struct bl_note_difference){
        .other_cluster = !bl_text_eq(noted->cluster_id, now->cluster_id)};
    for (size_t i = 0; i < noted->len; i++)
        compare_row(&noted->items[i], bl_note_find(now, &noted->items[i]), &telling);
    if (telling.told > TOLD)
        bl_strbuf_addf(&telling.text, "; and %zu more", telling.told - TOLD);
    ret_difference->worst = telling.text.len ? bl_strbuf_take(&telling.text) : NULL;
}

void bl_note_difference_release(struct bl_note_difference *difference)
{
    free(difference->worst);
    *difference = (struct bl_note_difference){0};
}
