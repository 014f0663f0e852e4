#include "properties.h"

#include <stdint.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/strbuf.h"

struct reader {
    const char *name, *at, *end;
    unsigned line;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static bool is_newline(char c)
{
    return c == '\n' || c == '\r';
}

static void skip_blanks(struct reader *in)
{
    while (in->at < in->end && is_blank(*in->at))
        in->at++;
}

static void skip_newline(struct reader *in)
{
    if (in->at < in->end && *in->at == '\r')
        in->at++;
    if (in->at < in->end && *in->at == '\n')
        in->at++;
    in->line++;
}

static void skip_line(struct reader *in)
{
    while (in->at < in->end && !is_newline(*in->at))
        in->at++;
    skip_newline(in);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c | 0x20) : NULL;

    return found && (c >= 'A' || c <= '9') ? (int)(found - digits) : -1;
}

static void add_utf8(struct bl_strbuf *out, unsigned code)
{
    if (code < 0x80) {
        bl_strbuf_addc(out, (char)code);
    } else if (code < 0x800) {
        bl_strbuf_addc(out, (char)(0xc0 | code >> 6));
        bl_strbuf_addc(out, (char)(0x80 | (code & 0x3f)));
    } else {
        bl_strbuf_addc(out, (char)(0xe0 | code >> 12));
        bl_strbuf_addc(out, (char)(0x80 | (code >> 6 & 0x3f)));
        bl_strbuf_addc(out, (char)(0x80 | (code & 0x3f)));
    }
}

/* The four digits behind "\u". Halves of a pair and NUL would have to be put together by hand. */
static int read_unicode(struct reader *in, struct bl_strbuf *out, struct bl_error **err)
{
    unsigned code = 0;
    int digits = 0;

    for (; digits < 4 && in->at < in->end && hex_digit(*in->at) >= 0; digits++)
        code = code << 4 | (unsigned)hex_digit(*in->at++);
    if (digits < 4 || !code || (code >= 0xd800 && code < 0xe000))
        return bl_fail(err, BL_ERR_INVALID, "%s:%u: \\u is not followed by a character's number",
                       in->name, in->line);
    add_utf8(out, code);
    return 0;
}

static int read_escape(struct reader *in, struct bl_strbuf *out, struct bl_error **err)
{
    static const char letters[] = "tnrf", meant[] = "\t\n\r\f";

    if (in->at == in->end)
        return 0;
    if (is_newline(*in->at)) {
        skip_newline(in);
        skip_blanks(in);
        return 0;
    }

    char c = *in->at++;
    const char *known = strchr(letters, c);

    if (c == 'u')
        return read_unicode(in, out, err);
    bl_strbuf_addc(out, known ? meant[known - letters] : c);
    return 0;
}

/* Up to one of `stops` that is not escaped, or the end of the line. */
static int read_part(struct reader *in, const char *stops, struct bl_strbuf *out,
                     struct bl_error **err)
{
    while (in->at < in->end && !is_newline(*in->at) && !strchr(stops, *in->at)) {
        char c = *in->at++;

        if (c != '\\')
            bl_strbuf_addc(out, c);
        else if (read_escape(in, out, err) < 0)
            return -1;
    }
    return 0;
}

static int read_property(struct reader *in, struct bl_properties *properties, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf key = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf value = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    unsigned line = in->line;

    if (read_part(in, "=: \t\f", &key, err) < 0)
        return -1;
    skip_blanks(in);
    if (in->at < in->end && (*in->at == '=' || *in->at == ':'))
        in->at++;
    skip_blanks(in);
    if (read_part(in, "", &value, err) < 0)
        return -1;
    skip_newline(in);
    bl_strbuf_trim(&value);
    *BL_PUSH(properties) = (struct bl_property){bl_strbuf_take(&key), bl_strbuf_take(&value), line};
    return 0;
}

int bl_properties_parse(const char *name, const char *text, size_t len,
                        struct bl_properties *properties, struct bl_error **err)
{
    struct reader in = {.name = name, .at = text, .end = text + len, .line = 1};

    if (memchr(text, 0, len))
        return bl_fail(err, BL_ERR_INVALID, "%s has NUL bytes: it is no properties file", name);
    while (in.at < in.end) {
        skip_blanks(&in);
        if (in.at == in.end)
            break;
        if (is_newline(*in.at))
            skip_newline(&in);
        else if (*in.at == '#' || *in.at == '!')
            skip_line(&in);
        else if (read_property(&in, properties, err) < 0)
            return -1;
    }
    return 0;
}

void bl_properties_release(struct bl_properties *properties)
{
    for (size_t i = 0; i < properties->len; i++) {
        explicit_bzero(properties->items[i].value, strlen(properties->items[i].value));
        free(properties->items[i].value);
        free(properties->items[i].key);
    }
    free(properties->items);
    *properties = (struct bl_properties){0};
}

const struct bl_property *bl_properties_find(const struct bl_properties *properties,
                                             const char *key)
{
    for (size_t i = properties->len; i-- > 0;)
        if (strcmp(properties->items[i].key, key) == 0)
            return &properties->items[i];
    return NULL;
}
