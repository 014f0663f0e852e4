#include "ballast/base/text.h"

#include <ctype.h>
#include <string.h>

/* Longest word that bl_text_nearest() compares; keys of policy files are far shorter. */
#define NEAREST_MAX 64

bool bl_text_eq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool bl_text_starts(const char *text, const char *prefix)
{
    /* Most differ in the first letter, which saves the calls. */
    return !*prefix || (*text == *prefix && strncmp(text, prefix, strlen(prefix)) == 0);
}

bool bl_text_ends(const char *text, const char *suffix)
{
    size_t len = strlen(text), want = strlen(suffix);

    return len >= want && strcmp(text + len - want, suffix) == 0;
}

bool bl_text_in(const char *word, const char *const *list)
{
    return word && bl_text_find_in(word, strlen(word), list);
}

const char *bl_text_find_in(const char *text, size_t len, const char *const *list)
{
    for (; *list; list++)
        if (strncmp(text, *list, len) == 0 && !(*list)[len])
            return *list;
    return NULL;
}

bool bl_text_holds(const char *text, const char *const *words)
{
    for (; text && *words; words++)
        if (strcasestr(text, *words))
            return true;
    return false;
}

/* Goes back to the last '*' only: linear in practice, quadratic at worst, never exponential. */
bool bl_text_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment distance: three rows are all that a swap of neighbours needs. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NEAREST_MAX + 1];
    size_t alen = strlen(a), blen = strlen(b);

    for (size_t j = 0; j <= blen; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= alen; i++) {
        size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= blen; j++) {
            bool same = same_letter(a[i - 1], b[j - 1]);

            now[j] = min3(before[j] + 1, now[j - 1] + 1, before[j - 1] + !same);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1]))
                now[j] = min3(now[j], earlier[j - 2] + 1, now[j]);
        }
    }
    return rows[alen % 3][blen];
}

const char *bl_text_nearest(const char *word, const char *const *candidates)
{
    const char *best = NULL;
    size_t len = strlen(word), best_distance = 1 + (len + 1) / 3;

    if (!len || len > NEAREST_MAX)
        return NULL;
    for (; *candidates; candidates++) {
        if (strlen(*candidates) > NEAREST_MAX)
            continue;

        size_t d = distance(word, *candidates);
        if (d < best_distance) {
            best = *candidates;
            best_distance = d;
        }
    }
    return best;
}

const char *bl_text_plural(int64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

bool bl_text_to_int(const char *text, size_t len, int64_t *ret_value)
{
    bool negative = len && text[0] == '-';
    int64_t value = 0;
    size_t i = negative;

    if (i == len)
        return false;
    for (; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, text[i] - '0', &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *ret_value = negative ? value : -value;
    return true;
}
