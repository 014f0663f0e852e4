#include "ballast/base/log.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ballast/base/clock.h"

/* Longer lines are cut: a log is no place for whole objects. */
#define LINE_MAX_BYTES ((size_t)16 << 10)

static enum bl_log_format log_format = BL_LOG_LOGFMT;
static enum bl_log_level log_least = BL_LOG_INFO;

void bl_log_setup(enum bl_log_format format, enum bl_log_level least)
{
    log_format = format;
    log_least = least;
}

bool bl_log_wants(enum bl_log_level level)
{
    return level >= log_least;
}

/* RFC 3339 in UTC with milliseconds. */
static void add_time(struct bl_strbuf *out, int64_t wall)
{
    time_t seconds = (time_t)(wall / BL_NSEC_S);
    struct tm tm;

    (void)gmtime_r(&seconds, &tm);
    bl_strbuf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                   (int)(wall % BL_NSEC_S / BL_NSEC_MS));
}

/* Inside quotes, as JSON has it; logfmt readers know the same escapes. */
static void add_escaped(struct bl_strbuf *out, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            bl_strbuf_addf(out, "\\%c", *c);
        else if (*c == '\n')
            bl_strbuf_adds(out, "\\n");
        else if (*c < 0x20 || *c == 0x7f)
            bl_strbuf_addf(out, "\\u%04x", *c);
        else
            bl_strbuf_addc(out, (char)*c);
    }
}

static void add_quoted(struct bl_strbuf *out, const char *text)
{
    bl_strbuf_addc(out, '"');
    add_escaped(out, text);
    bl_strbuf_addc(out, '"');
}

static bool is_plain(const char *text)
{
    if (!*text)
        return false;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7f)
            return false;
    return true;
}

static void add_pair(struct bl_strbuf *out, enum bl_log_format format, const char *key,
                     const char *text)
{
    if (format == BL_LOG_JSON) {
        bl_strbuf_addf(out, ",\"%s\":", key);
        add_quoted(out, text);
        return;
    }
    bl_strbuf_addf(out, " %s=", key);
    if (is_plain(text))
        bl_strbuf_adds(out, text);
    else
        add_quoted(out, text);
}

static void add_field(struct bl_strbuf *out, enum bl_log_format format,
                      const struct bl_log_field *field)
{
    if (field->text)
        add_pair(out, format, field->key, field->text);
    else if (format == BL_LOG_JSON)
        bl_strbuf_addf(out, ",\"%s\":%" PRId64, field->key, field->number);
    else
        bl_strbuf_addf(out, " %s=%" PRId64, field->key, field->number);
}

void bl_log_format_line(struct bl_strbuf *out, enum bl_log_format format, int64_t wall,
                        enum bl_log_level level, const char *message,
                        const struct bl_log_field *fields)
{
    static const char *const names[] = {"", "debug", "info", "warn", "error"};

    bl_strbuf_adds(out, format == BL_LOG_JSON ? "{\"time\":\"" : "time=");
    add_time(out, wall);
    if (format == BL_LOG_JSON)
        bl_strbuf_addc(out, '"');
    add_pair(out, format, "level", names[level]);
    add_pair(out, format, "msg", message);
    for (; fields && fields->key; fields++)
        add_field(out, format, fields);
    bl_strbuf_adds(out, format == BL_LOG_JSON ? "}\n" : "\n");
}

void bl_log_write(enum bl_log_level level, const char *message, const struct bl_log_field *fields)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf line = BL_STRBUF_INIT(LINE_MAX_BYTES);

    if (!bl_log_wants(level))
        return;
    bl_log_format_line(&line, log_format, bl_clock_wall(&bl_clock_real), level, message, fields);
    if (line.overflowed) {
        bl_strbuf_reset(&line);
        bl_log_format_line(&line, log_format, bl_clock_wall(&bl_clock_real), level, message,
                           (const struct bl_log_field[]){BL_LOG_TEXT("cut", "too long"), {0}});
    }
    /* Where standard error is gone there is nobody to tell. */
    (void)!write(STDERR_FILENO, line.text, line.len);
}

void bl_log_error(enum bl_log_level level, const char *message, const struct bl_error *err)
{
    const char *hint = bl_error_hint(err);

    if (hint)
        BL_LOG(level, message, BL_LOG_TEXT("error", bl_error_text(err)), BL_LOG_TEXT("hint", hint));
    else
        BL_LOG(level, message, BL_LOG_TEXT("error", bl_error_text(err)));
}
