#include <assert.h>
#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/json/json.h"
#include "json_keys.h"
#include "json_node.h"
#include "json_text.h"

/*
 * One pass from text to cJSON's tree. cJSON's own parser needs a look at the text before it (depth, UTF-8, NULs,
 * numbers that are none) and one at the tree after it (duplicate keys); a review spent a third of its time there.
 */

/* Most characters of a number. */
#define NUMBER_MAX 63
/* Values that are taken of a pool at once. Nearly every review is content with the first ones, which are always there. */
#define PORTION 4096L
/* Whole numbers with this many digits or fewer are exact in a double, and need no strtod(). */
#define PLAIN_DIGITS 15

struct reader {
    const char *text;
    char *own; /* the same text, where strings may stay in it; else NULL */
    size_t len, at;
    unsigned line;     /* from 0; no string has a line break */
    size_t line_begin; /* where it begins */
    unsigned depth;
    long values;               /* that may be made yet */
    struct bl_json_loan *loan; /* NULL: there is no bound but the text's length */
    struct bl_error **err;
};

static int fail_as(const struct reader *reader, enum bl_errcode code, size_t offset,
                   const char *what)
{
    return bl_fail(reader->err, code, "could not read JSON: line %u, column %zu: %s",
                   reader->line + 1, offset - reader->line_begin + 1, what);
}

static int fail_at(const struct reader *reader, size_t offset, const char *what)
{
    return fail_as(reader, BL_ERR_INVALID, offset, what);
}

/* A byte that no token begins with: is it no JSON at all, or in the wrong place? */
static int fail_here(const struct reader *reader)
{
    unsigned char c = reader->at < reader->len ? (unsigned char)reader->text[reader->at] : ' ';

    return fail_at(reader, reader->at,
                   c >= 0x80 || c < 0x20 ? "unexpected character" : "unexpected text");
}

/* Where a string of at most so many bytes goes: into memory of its own, or where it stands. */
static char *string_room(const struct reader *reader, size_t begin, size_t size)
{
    char *room = reader->own ? reader->own + begin : cJSON_malloc(size + 1);

    if (!room)
        abort();
    return room;
}

static void drop_string(const struct reader *reader, char *text)
{
    if (!reader->own)
        cJSON_free(text);
}

/* Nearly all that is looked at lies above. */
static bool is_space(char c)
{
    return c <= ' ' && (c == ' ' || c == '\n' || c == '\t' || c == '\r');
}

static void skip_space(struct reader *reader)
{
    for (; reader->at < reader->len && is_space(reader->text[reader->at]); reader->at++) {
        if (reader->text[reader->at] != '\n')
            continue;
        reader->line++;
        reader->line_begin = reader->at + 1;
    }
}

static bool next_is(const struct reader *reader, char c)
{
    return reader->at < reader->len && reader->text[reader->at] == c;
}

/* Length of the UTF-8 sequence at `s`, 0 if it is none: no overlong forms, no surrogates. */
static size_t utf8_len(const unsigned char *s, size_t left)
{
    static const struct {
        unsigned char lo, hi, lo2, hi2;
        size_t len;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t f = 0; f < BL_ARRAY_LEN(forms); f++) {
        if (s[0] < forms[f].lo || s[0] > forms[f].hi)
            continue;
        if (left < forms[f].len)
            return 0;
        if (forms[f].len > 1 && (s[1] < forms[f].lo2 || s[1] > forms[f].hi2))
            return 0;
        for (size_t i = 2; i < forms[f].len; i++)
            if ((s[i] & 0xc0) != 0x80)
                return 0;
        return forms[f].len;
    }
    return 0;
}

static bool hex4(const struct reader *reader, size_t at, unsigned *ret_code)
{
    unsigned code = 0;

    for (size_t i = at; i < at + 4; i++) {
        if (i >= reader->len || !isxdigit((unsigned char)reader->text[i]))
            return false;
        unsigned char c = (unsigned char)reader->text[i];
        code = code * 16 + (unsigned)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
    }
    *ret_code = code;
    return true;
}

static size_t put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* "\u00e9", or two of them for what is beyond the first plane (RFC 8259, section 7). */
static int read_unicode(struct reader *reader, char **out)
{
    size_t begin = reader->at;
    unsigned code, low;

    if (!hex4(reader, begin + 2, &code))
        return fail_at(reader, begin, "invalid escape in a string");
    if (!code)
        return fail_at(reader, begin, "NUL character in a string");
    reader->at += 6;
    if (code >= 0xdc00 && code <= 0xdfff)
        return fail_at(reader, begin, "half of a surrogate pair in a string");
    if (code >= 0xd800 && code <= 0xdbff) {
        if (!next_is(reader, '\\') || reader->at + 1 >= reader->len ||
            reader->text[reader->at + 1] != 'u' || !hex4(reader, reader->at + 2, &low) ||
            low < 0xdc00 || low > 0xdfff)
            return fail_at(reader, begin, "half of a surrogate pair in a string");
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        reader->at += 6;
    }
    *out += put_utf8(*out, code);
    return 0;
}

static int read_escape(struct reader *reader, char **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = reader->at + 1 < reader->len ? reader->text[reader->at + 1] : '\0';
    const char *found = c ? strchr(from, c) : NULL;

    if (c == 'u')
        return read_unicode(reader, out);
    if (!found)
        return fail_at(reader, reader->at, "invalid escape in a string");
    *(*out)++ = to[found - from];
    reader->at += 2;
    return 0;
}

/* Copies one character, or one escape, that is not plain. */
static int read_other(struct reader *reader, char **out)
{
    unsigned char c = (unsigned char)reader->text[reader->at];
    size_t step;

    if (c < 0x20)
        return fail_at(reader, reader->at, "control character in a string");
    if (c == '\\')
        return read_escape(reader, out);
    step = utf8_len((const unsigned char *)reader->text + reader->at, reader->len - reader->at);
    if (!step)
        return fail_at(reader, reader->at, "invalid UTF-8");
    memmove(*out, reader->text + reader->at, step);
    *out += step;
    reader->at += step;
    return 0;
}

/* Stands for itself in a string: no quote, no backslash, no control character, ASCII. */
static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static size_t skip_plain(const struct reader *reader, size_t at)
{
    at += bl_json_plain_run(reader->text + at, reader->len - at, true);
    while (at < reader->len && is_plain((unsigned char)reader->text[at]))
        at++;
    return at;
}

/* Where the string ends; what it becomes is never longer. */
static size_t string_end(const struct reader *reader)
{
    size_t i = reader->at;

    while (i < reader->len && reader->text[i] != '"')
        i += reader->text[i] == '\\' ? 2 : 1;
    return i;
}

/* One with escapes, or characters beyond ASCII. */
static int read_rich_string(struct reader *reader, char **ret_text)
{
    size_t begin = reader->at++, end = string_end(reader);
    size_t most = (end < reader->len ? end : reader->len) - begin - 1;
    char *text, *out;

    text = out = string_room(reader, begin + 1, most);
    while (reader->at < end && reader->at < reader->len) {
        size_t from = reader->at;

        while (reader->at < end && is_plain((unsigned char)reader->text[reader->at]))
            reader->at++;
        memmove(out, reader->text + from, reader->at - from);
        out += reader->at - from;
        if (reader->at < end && read_other(reader, &out) < 0) {
            drop_string(reader, text);
            return -1;
        }
    }
    if (end >= reader->len) {
        drop_string(reader, text);
        return fail_at(reader, begin, "a string without end");
    }
    *out = '\0';
    reader->at = end + 1;
    *ret_text = text;
    return 0;
}

/* From its opening quote to behind its closing one. The text is for drop_string(), or a node's. */
static int read_string(struct reader *reader, char **ret_text)
{
    size_t begin = reader->at + 1, end = skip_plain(reader, begin);
    char *text;

    if (end >= reader->len || reader->text[end] != '"')
        return read_rich_string(reader, ret_text);
    text = string_room(reader, begin, end - begin);
    if (!reader->own)
        memcpy(text, reader->text + begin, end - begin);
    text[end - begin] = '\0';
    reader->at = end + 1;
    *ret_text = text;
    return 0;
}

static size_t skip_digits(const struct reader *reader, size_t i)
{
    while (i < reader->len && isdigit((unsigned char)reader->text[i]))
        i++;
    return i;
}

static double plain_number(const char *digits, size_t len, bool negative)
{
    int64_t value = 0;

    for (size_t i = 0; i < len; i++)
        value = value * 10 + (digits[i] - '0');
    return negative ? -(double)value : (double)value;
}

static double any_number(const char *number, size_t len)
{
    char copy[NUMBER_MAX + 1];

    memcpy(copy, number, len);
    copy[len] = '\0';
    return strtod(copy, NULL);
}

/* As cJSON_CreateNumber() rounds for those who read valueint. */
static int int_of(double value)
{
    return value >= INT_MAX ? INT_MAX : value <= (double)INT_MIN ? INT_MIN : (int)value;
}

/* Behind the number that begins here (RFC 8259, section 6); `*ret_plain`: digits alone. */
static int number_end(const struct reader *reader, size_t *ret_end, bool *ret_plain)
{
    size_t whole = reader->at + (reader->text[reader->at] == '-');
    size_t i = skip_digits(reader, whole);
    bool bad = i == whole || (reader->text[whole] == '0' && i > whole + 1);

    *ret_plain = i - whole <= PLAIN_DIGITS;
    if (i < reader->len && reader->text[i] == '.') {
        size_t fraction = i + 1;

        i = skip_digits(reader, fraction);
        bad |= i == fraction;
        *ret_plain = false;
    }
    if (i < reader->len && (reader->text[i] == 'e' || reader->text[i] == 'E')) {
        size_t exponent = i + 1;

        exponent += exponent < reader->len &&
                    (reader->text[exponent] == '+' || reader->text[exponent] == '-');
        i = skip_digits(reader, exponent);
        bad |= i == exponent;
        *ret_plain = false;
    }
    *ret_end = i;
    if (bad)
        return fail_at(reader, reader->at, "invalid number");
    return i - reader->at <= NUMBER_MAX
               ? 0
               : fail_as(reader, BL_ERR_TOO_LARGE, reader->at, "number is too long");
}

static int read_number(struct reader *reader, cJSON **ret_value)
{
    const char *begin = reader->text + reader->at;
    bool negative = *begin == '-', plain;
    double value;
    size_t end;

    if (number_end(reader, &end, &plain) < 0)
        return -1;
    value = plain ? plain_number(begin + negative, end - reader->at - negative, negative)
                  : any_number(begin, end - reader->at);
    if (!isfinite(value))
        return fail_as(reader, BL_ERR_TOO_LARGE, reader->at, "number is out of range");
    reader->at = end;
    *ret_value = bl_json_node(cJSON_Number);
    (*ret_value)->valuedouble = value;
    (*ret_value)->valueint = int_of(value);
    return 0;
}

static int read_word(struct reader *reader, cJSON **ret_value)
{
    static const struct {
        const char *word;
        size_t len;
        int type;
    } words[] = {{"true", 4, cJSON_True}, {"false", 5, cJSON_False}, {"null", 4, cJSON_NULL}};

    for (size_t i = 0; i < BL_ARRAY_LEN(words); i++) {
        if (reader->len - reader->at < words[i].len ||
            memcmp(reader->text + reader->at, words[i].word, words[i].len) != 0)
            continue;
        reader->at += words[i].len;
        *ret_value = bl_json_node(words[i].type);
        return 0;
    }
    return fail_here(reader);
}

static int read_value(struct reader *reader, cJSON **ret_value);

static int read_member(struct reader *reader, cJSON *parent)
{
    cJSON *value = NULL;
    char *key = NULL;

    if ((parent->type & 0xff) == cJSON_Object) {
        if (!next_is(reader, '"'))
            return fail_here(reader);
        if (read_string(reader, &key) < 0)
            return -1;
        skip_space(reader);
        if (!next_is(reader, ':')) {
            drop_string(reader, key);
            return fail_here(reader);
        }
        reader->at++;
    }
    if (read_value(reader, &value) < 0) {
        drop_string(reader, key);
        return -1;
    }
    assert(value);
    value->string = key;
    if (key && reader->own)
        value->type |= cJSON_StringIsConst;
    bl_json_append(parent, value);
    return 0;
}

/* The members up to the closing bracket. */
static int read_members(struct reader *reader, cJSON *parent, char close)
{
    reader->at++;
    skip_space(reader);
    if (next_is(reader, close)) {
        reader->at++;
        return 0;
    }
    for (;;) {
        if (read_member(reader, parent) < 0)
            return -1;
        skip_space(reader);
        if (next_is(reader, close)) {
            reader->at++;
            return 0;
        }
        if (!next_is(reader, ','))
            return fail_here(reader);
        reader->at++;
        skip_space(reader);
    }
}

static int read_container(struct reader *reader, bool object, cJSON **ret_value)
{
    BL_AUTO_JSON cJSON *value = NULL;
    const cJSON *first, *second;

    if (reader->depth >= BL_JSON_MAX_DEPTH)
        return fail_as(reader, BL_ERR_TOO_LARGE, reader->at, "nested too deeply");
    reader->depth++;
    value = bl_json_node(object ? cJSON_Object : cJSON_Array);
    if (read_members(reader, value, object ? '}' : ']') < 0)
        return -1;
    if (object && bl_json_find_twins(value, &first, &second))
        return bl_fail(reader->err, BL_ERR_INVALID, "could not read JSON: duplicate key \"%s\"",
                       first->string);
    reader->depth--;
    *ret_value = BL_STEAL(value);
    return 0;
}

static int read_text(struct reader *reader, cJSON **ret_value)
{
    char *text = NULL;

    if (read_string(reader, &text) < 0)
        return -1;
    *ret_value = bl_json_node(cJSON_String | (reader->own ? cJSON_IsReference : 0));
    (*ret_value)->valuestring = text;
    return 0;
}

/* The next portion of the pool. */
static int borrow_values(struct reader *reader)
{
    struct bl_json_loan *loan = reader->loan;

    if (!loan) {
        reader->values = LONG_MAX;
        return 0;
    }
    reader->values = PORTION;
    if (!loan->begun) {
        loan->begun = true;
        return 0;
    }
    if (loan->values + 2 * PORTION > loan->pool->per_tree)
        return bl_fail(reader->err, BL_ERR_TOO_LARGE,
                       "could not read JSON: it has more than %ld values", loan->pool->per_tree);
    if (atomic_fetch_sub(&loan->pool->left, PORTION) < PORTION) {
        atomic_fetch_add(&loan->pool->left, PORTION);
        return bl_fail(reader->err, BL_ERR_UNAVAILABLE,
                       "could not read JSON: too much else is being read just now");
    }
    loan->values += PORTION;
    return 0;
}

static int read_value(struct reader *reader, cJSON **ret_value)
{
    char c;

    if (reader->values == 0 && borrow_values(reader) < 0)
        return -1;
    reader->values--;
    skip_space(reader);
    c = reader->at < reader->len ? reader->text[reader->at] : '\0';
    if (c == '"')
        return read_text(reader, ret_value);
    if (c == '{' || c == '[')
        return read_container(reader, c == '{', ret_value);
    if (c == '-' || isdigit((unsigned char)c))
        return read_number(reader, ret_value);
    return read_word(reader, ret_value);
}

static int parse(const char *text, char *own, size_t len, struct bl_json_loan *loan,
                 cJSON **ret_json, struct bl_error **err)
{
    struct reader reader = {.text = text, .own = own, .len = len, .loan = loan, .err = err};
    BL_AUTO_JSON cJSON *value = NULL;

    if (len > BL_JSON_MAX_BYTES)
        return bl_fail(err, BL_ERR_TOO_LARGE, "JSON is larger than %zu bytes", BL_JSON_MAX_BYTES);
    if (!len)
        return fail_at(&reader, 0, "empty text");
    if (read_value(&reader, &value) < 0)
        return -1;
    skip_space(&reader);
    if (reader.at < len) {
        unsigned char c = (unsigned char)text[reader.at];

        return fail_at(&reader, reader.at,
                       c < 0x20 || c >= 0x80 ? "unexpected character" : "text after the value");
    }
    *ret_json = BL_STEAL(value);
    return 0;
}

int bl_json_parse(const char *text, size_t len, cJSON **ret_json, struct bl_error **err)
{
    return parse(text, NULL, len, NULL, ret_json, err);
}

int bl_json_parse_in_place(char *text, size_t len, cJSON **ret_json, struct bl_error **err)
{
    return parse(text, text, len, NULL, ret_json, err);
}

void bl_json_loan_return(struct bl_json_loan *loan)
{
    if (loan->values)
        atomic_fetch_add(&loan->pool->left, loan->values);
    loan->values = 0;
}

int bl_json_parse_pooled(char *text, size_t len, struct bl_json_pool *pool,
                         struct bl_json_loan *loan, cJSON **ret_json, struct bl_error **err)
{
    *loan = (struct bl_json_loan){.pool = pool};
    if (parse(text, text, len, loan, ret_json, err) == 0)
        return 0;
    bl_json_loan_return(loan);
    return -1;
}
