#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "input.h"

/*
 * A unified diff by Myers' greedy algorithm (An O(ND) Difference Algorithm, 1986). The common head and
 * tail go first, so what is compared is little.
 */

#define CONTEXT 3
/* Beyond this many changed lines the middle is shown as replaced: the trace would take too much memory. */
#define MOST_CHANGES 4000

struct lines {
    const char **items;
    size_t *lens;
    size_t len;
};

static struct lines split(const char *text)
{
    struct lines lines = {0};
    size_t count = 1, at = 0;

    for (const char *c = text; *c; c++)
        count += *c == '\n';
    lines.items = bl_alloc(count, sizeof(*lines.items));
    lines.lens = bl_alloc(count, sizeof(*lines.lens));
    while (text[at]) {
        size_t len = strcspn(text + at, "\n");

        lines.items[lines.len] = text + at;
        lines.lens[lines.len++] = len;
        at += len + (text[at + len] == '\n');
    }
    return lines;
}

static void lines_release(struct lines *lines)
{
    free(lines->items);
    free(lines->lens);
}

struct diff {
    struct lines a, b;
    bool *removed, *added; /* of a and of b */
};

static bool same(const struct diff *diff, size_t i, size_t j)
{
    return diff->a.lens[i] == diff->b.lens[j] &&
           memcmp(diff->a.items[i], diff->b.items[j], diff->a.lens[i]) == 0;
}

static void mark_all(struct diff *diff, size_t a0, size_t a1, size_t b0, size_t b1)
{
    for (size_t i = a0; i < a1; i++)
        diff->removed[i] = true;
    for (size_t j = b0; j < b1; j++)
        diff->added[j] = true;
}

/* Furthest reaching x on each diagonal k, for each number of changes; kept for the way back. */
struct trace {
    long *items[MOST_CHANGES + 1];
};

static void trace_release(struct trace **trace)
{
    for (size_t i = 0; i <= MOST_CHANGES; i++)
        free((*trace)->items[i]);
    free(*trace);
}

/* Did the best path to diagonal k with d changes come from above (a line of b added)? */
static bool came_down(const long *before, long d, long k)
{
    return k == -d || (k != d && before[k - 1 + d] < before[k + 1 + d]);
}

/* One more change on every diagonal. Returns true when both ends are reached. */
static bool advance(const struct diff *diff, struct trace *trace, long d, size_t a0, long n,
                    size_t b0, long m)
{
    const long *before = d ? trace->items[d - 1] : NULL;
    long *now = trace->items[d] = bl_alloc((size_t)(2 * d + 3), sizeof(long));

    for (long k = -d; k <= d; k += 2) {
        /* Arrays are centred: diagonal k of d changes is at k + d + 1. */
        bool down = d && (k == -d || (k != d && before[k - 1 + d] < before[k + 1 + d]));
        long x = !d ? 0 : down ? before[k + 1 + d] : before[k - 1 + d] + 1;

        while (x < n && x - k < m && same(diff, a0 + (size_t)x, b0 + (size_t)(x - k)))
            x++;
        now[k + d + 1] = x;
        if (x >= n && x - k >= m)
            return true;
    }
    return false;
}

static void walk_back(struct diff *diff, const struct trace *trace, long d, size_t a0, long n,
                      size_t b0, long m)
{
    long x = n, y = m;

    for (; d > 0; d--) {
        const long *before = trace->items[d - 1];
        long k = x - y;
        bool down = came_down(before, d, k);
        long from_k = down ? k + 1 : k - 1, from_x = before[from_k + d], from_y = from_x - from_k;

        if (down)
            diff->added[b0 + (size_t)from_y] = true;
        else
            diff->removed[a0 + (size_t)from_x] = true;
        x = from_x;
        y = from_y;
    }
}

static void compare(struct diff *diff)
{
    size_t head = 0, a1 = diff->a.len, b1 = diff->b.len;
    BL_AUTO(trace_release) struct trace *trace = BL_NEW(struct trace);

    while (head < a1 && head < b1 && same(diff, head, head))
        head++;
    while (a1 > head && b1 > head && same(diff, a1 - 1, b1 - 1)) {
        a1--;
        b1--;
    }
    for (long d = 0; d <= MOST_CHANGES; d++) {
        if (!advance(diff, trace, d, head, (long)(a1 - head), head, (long)(b1 - head)))
            continue;
        walk_back(diff, trace, d, head, (long)(a1 - head), head, (long)(b1 - head));
        return;
    }
    mark_all(diff, head, a1, head, b1);
}

static void add_line(struct bl_strbuf *out, char mark, const struct lines *lines, size_t i)
{
    bl_strbuf_addc(out, mark);
    bl_strbuf_add(out, lines->items[i], lines->lens[i]);
    bl_strbuf_addc(out, '\n');
    if (lines->items[i][lines->lens[i]] != '\n')
        bl_strbuf_adds(out, "\\ No newline at end of file\n");
}

/* The first change at or behind (i, j); both are moved there over equal lines. */
static bool next_change(const struct diff *diff, size_t *i, size_t *j)
{
    while ((*i < diff->a.len || *j < diff->b.len) && !(*i < diff->a.len && diff->removed[*i]) &&
           !(*j < diff->b.len && diff->added[*j])) {
        ++*i;
        ++*j;
    }
    return *i < diff->a.len || *j < diff->b.len;
}

/* Where the run of changes from (i, j) ends, runs closer than two contexts taken together. */
static void hunk_end(const struct diff *diff, size_t *i, size_t *j)
{
    for (;;) {
        size_t next_i, next_j;

        while ((*i < diff->a.len && diff->removed[*i]) || (*j < diff->b.len && diff->added[*j])) {
            *i += *i < diff->a.len && diff->removed[*i];
            *j += *j < diff->b.len && diff->added[*j];
        }
        next_i = *i;
        next_j = *j;
        if (!next_change(diff, &next_i, &next_j) || next_i - *i > 2 * (size_t)CONTEXT)
            return;
        *i = next_i;
        *j = next_j;
    }
}

static void print_hunk(const struct diff *diff, struct bl_strbuf *out, size_t i, size_t j,
                       size_t i_end, size_t j_end)
{
    bl_strbuf_addf(out, "@@ -%zu,%zu +%zu,%zu @@\n", i_end > i ? i + 1 : i, i_end - i,
                   j_end > j ? j + 1 : j, j_end - j);
    while (i < i_end || j < j_end) {
        if (i < i_end && diff->removed[i])
            add_line(out, '-', &diff->a, i++);
        else if (j < j_end && diff->added[j])
            add_line(out, '+', &diff->b, j++);
        else {
            add_line(out, ' ', &diff->a, i++);
            j++;
        }
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void print_diff(const struct diff *diff, struct bl_strbuf *out)
{
    size_t i = 0, j = 0;

    while (next_change(diff, &i, &j)) {
        size_t before = least(CONTEXT, least(i, j)), first_i = i - before, first_j = j - before,
               after;

        hunk_end(diff, &i, &j);
        after = least(CONTEXT, least(diff->a.len - i, diff->b.len - j));
        print_hunk(diff, out, first_i, first_j, i + after, j + after);
        i += after;
        j += after;
    }
}

void cli_diff(struct bl_strbuf *out, const char *old_name, const char *new_name,
              const char *old_text, const char *new_text)
{
    struct diff diff = {.a = split(old_text), .b = split(new_text)};

    diff.removed = bl_alloc(diff.a.len, sizeof(bool));
    diff.added = bl_alloc(diff.b.len, sizeof(bool));
    if (strcmp(old_text, new_text) != 0) {
        bl_strbuf_addf(out, "--- %s\n+++ %s\n", old_name, new_name);
        compare(&diff);
        print_diff(&diff, out);
    }
    free(diff.removed);
    free(diff.added);
    lines_release(&diff.a);
    lines_release(&diff.b);
}
