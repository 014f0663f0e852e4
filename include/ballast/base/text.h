/** Small questions about strings, asked everywhere. None of them allocates. */
#ifndef BALLAST_BASE_TEXT_H
#define BALLAST_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "ballast/base/attrs.h"

bool bl_text_eq(const char *a, const char *b); /* NULL equals only NULL */
bool bl_text_starts(const char *text, const char *prefix);
bool bl_text_ends(const char *text, const char *suffix);

/** Is `word` among the NULL-terminated `list`? `word` may be NULL: then no. */
bool bl_text_in(const char *word, const char *const *list);
/** The same for the first `len` characters of `text`: the word as the list has it, or NULL. */
const char *bl_text_find_in(const char *text, size_t len, const char *const *list);

/** Does `text`, case ignored, hold any of the NULL-terminated `words`? `text` may be NULL: then no. */
bool bl_text_holds(const char *text, const char *const *words);

/** Shell-like pattern with '*' and '?', over the whole text; no escapes, no classes. */
bool bl_text_glob(const char *pattern, const char *text);

/**
 * The candidate that `word` was probably meant to be, or NULL where none is near enough to be worth
 * saying: about a third of its letters wrong at most (a swap of neighbours counts once), case ignored.
 */
const char *bl_text_nearest(const char *word, const char *const *candidates);

/** The word that goes with a count: "pod" or "pods", "is" or "are". Every number that people read goes by this. */
const char *bl_text_plural(int64_t count, const char *one, const char *many);

/** Decimal, the whole text, no sign but '-'. False on anything else and on overflow. */
bool bl_text_to_int(const char *text, size_t len, int64_t *ret_value);

#endif
