/**
 * Log lines for machines: JSON or logfmt, one event a line, on standard error.
 *
 * An event is a level, a message that never varies, and fields that do, so that lines can be counted and
 * searched. Libraries return errors; the edges log them, once, where the decision is made. Nothing secret
 * is ever a field. A line is written with one write(), so threads do not mix theirs.
 */
#ifndef BALLAST_BASE_LOG_H
#define BALLAST_BASE_LOG_H

#include <stdint.h>

#include "ballast/base/strbuf.h"

enum bl_log_level {
    BL_LOG_DEBUG = 1,
    BL_LOG_INFO,
    BL_LOG_WARN,
    BL_LOG_ERROR,
};

enum bl_log_format {
    BL_LOG_LOGFMT = 1,
    BL_LOG_JSON,
};

/** Before any thread starts. Without it: logfmt, from BL_LOG_INFO on. */
void bl_log_setup(enum bl_log_format format, enum bl_log_level least);
/** Would a line of this level be written? For what is costly to put together. */
bool bl_log_wants(enum bl_log_level level);

struct bl_log_field {
    const char *key;
    const char *text; /* NULL: `number` counts */
    int64_t number;
};

/* A function, as clang minds a literal that is asked whether it is NULL. */
BL_UNUSED static inline const char *bl_log_text_or_empty(const char *text)
{
    return text ? text : "";
}

#define BL_LOG_TEXT(name, value) \
    ((struct bl_log_field){.key = (name), .text = bl_log_text_or_empty(value)})
#define BL_LOG_INT(name, value) ((struct bl_log_field){.key = (name), .number = (int64_t)(value)})

/** `fields` end with one that has no key; BL_LOG makes them so. */
void bl_log_write(enum bl_log_level level, const char *message, const struct bl_log_field *fields);
/** Appends the line, with this time (nanoseconds since 1970), without writing it anywhere. */
void bl_log_format_line(struct bl_strbuf *out, enum bl_log_format format, int64_t wall,
                        enum bl_log_level level, const char *message,
                        const struct bl_log_field *fields);

#define BL_LOG(level, message, ...)                                                        \
    do {                                                                                   \
        if (bl_log_wants(level))                                                           \
            bl_log_write(level, message, (const struct bl_log_field[]){__VA_ARGS__, {0}}); \
    } while (0)

/** Logs the error with its hint. */
void bl_log_error(enum bl_log_level level, const char *message, const struct bl_error *err);

#endif
