#include "yaml_align.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"

/* Beyond so many comparisons items match by position only. */
#define MAX_COMPARISONS ((size_t)1 << 18)

static const cJSON **items_of(const cJSON *array, size_t *ret_len)
{
    const cJSON **items = bl_alloc(bl_json_len(array), sizeof(cJSON *));

    *ret_len = 0;
    for (const cJSON *item = array->child; item; item = item->next)
        items[(*ret_len)++] = item;
    return items;
}

static bool alike(const cJSON *a, const cJSON *b)
{
    const char *name = bl_json_string(a, "name"), *other = bl_json_string(b, "name");

    if (name && other)
        return strcmp(name, other) == 0;
    return bl_json_equal(a, b);
}

/* Pairs what is left between two matches, from its start. */
static void match_gap(struct bl_align *align, size_t i, size_t old_end, size_t j, size_t wanted_end)
{
    while (i < old_end && j < wanted_end)
        align->match[i++] = j++;
}

/* The longest common subsequence of old[i..] and wanted[j..], for every i and j. */
static unsigned *common(const struct bl_align *align, size_t from, size_t old_end,
                        size_t wanted_end)
{
    size_t rows = old_end - from, columns = wanted_end - from, width = columns + 1;
    unsigned *best = bl_alloc((rows + 1) * width, sizeof(unsigned));

    for (size_t i = rows; i-- > 0;)
        for (size_t j = columns; j-- > 0;) {
            unsigned down = best[(i + 1) * width + j], right = best[i * width + j + 1];

            best[i * width + j] = down > right ? down : right;
            if (alike(align->old[from + i], align->wanted[from + j]))
                best[i * width + j] = best[(i + 1) * width + j + 1] + 1;
        }
    return best;
}

static void match_middle(struct bl_align *align, size_t from, size_t old_end, size_t wanted_end)
{
    size_t width = wanted_end - from + 1, i = from, j = from, gap_i = from, gap_j = from;
    BL_AUTO_FREE unsigned *best = common(align, from, old_end, wanted_end);

    while (i < old_end && j < wanted_end) {
        size_t at = (i - from) * width + j - from;

        if (best[at] == best[at + width + 1] + 1 && alike(align->old[i], align->wanted[j])) {
            match_gap(align, gap_i, i, gap_j, j);
            align->match[i++] = j++;
            gap_i = i;
            gap_j = j;
        } else if (best[at] == best[at + width]) {
            i++;
        } else {
            j++;
        }
    }
    match_gap(align, gap_i, old_end, gap_j, wanted_end);
}

static void invert(struct bl_align *align)
{
    size_t before = BL_ALIGN_NONE;

    align->before = bl_alloc(align->wanted_len, sizeof(size_t));
    align->is_new = bl_alloc(align->wanted_len, sizeof(bool));
    for (size_t j = 0, i = 0; j < align->wanted_len; j++) {
        while (i < align->old_len && (align->match[i] == BL_ALIGN_NONE || align->match[i] < j))
            i++;
        align->is_new[j] = i == align->old_len || align->match[i] != j;
        if (!align->is_new[j])
            before = i;
        align->before[j] = before;
    }
}

void bl_align_init(struct bl_align *align, const cJSON *old, const cJSON *wanted)
{
    size_t from = 0, old_end, wanted_end;

    align->old = items_of(old, &align->old_len);
    align->wanted = items_of(wanted, &align->wanted_len);
    align->match = bl_alloc(align->old_len, sizeof(size_t));
    for (size_t i = 0; i < align->old_len; i++)
        align->match[i] = BL_ALIGN_NONE;

    old_end = align->old_len;
    wanted_end = align->wanted_len;
    for (; from < old_end && from < wanted_end; from++) {
        if (!bl_json_equal(align->old[from], align->wanted[from]))
            break;
        align->match[from] = from;
    }
    while (old_end > from && wanted_end > from &&
           bl_json_equal(align->old[old_end - 1], align->wanted[wanted_end - 1]))
        align->match[--old_end] = --wanted_end;
    if ((old_end - from) * (wanted_end - from) <= MAX_COMPARISONS)
        match_middle(align, from, old_end, wanted_end);
    else
        match_gap(align, from, old_end, from, wanted_end);
    invert(align);
}

void bl_align_release(struct bl_align *align)
{
    free(align->old);
    free(align->wanted);
    free(align->match);
    free(align->before);
    free(align->is_new);
}
