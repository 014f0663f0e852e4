/**
 * The one edge at which the command writes.
 *
 * What programs read goes out byte for byte. What people read holds names and messages of manifests, clusters and
 * brokers, and a name with an ESC in it could paint over what stands around it, or more, by the terminal's leave
 * (kubectl: CVE-2021-25743). So there the control characters other than line feeds and tabs, and what is no UTF-8,
 * are shown as "\x1b", whether a terminal reads them now or only later, out of a log.
 */
#ifndef BALLAST_CLI_PRINT_H
#define BALLAST_CLI_PRINT_H

#include <unistd.h>

#include "ballast/base/error.h"
#include "ballast/base/strbuf.h"

/** Where a text is coloured if a terminal takes colours: in order, one behind the other. */
struct cli_marks {
    struct cli_mark {
        size_t from, to;
        const char *colour; /* the escape sequence */
    } * items;
    size_t len, cap;
};

void cli_marks_release(struct cli_marks *marks);

/** To standard output as it is; a reader that went away (EPIPE) or a full disk is an error. Returns an exit code. */
int cli_print(const struct bl_strbuf *text);
/** To standard output for people. */
int cli_show(const struct bl_strbuf *text);
/** To STDOUT_FILENO or STDERR_FILENO, for people. */
int cli_show_marked(int fd, const struct bl_strbuf *text, const struct cli_marks *marks);
/** To standard output for people; on a terminal in the place of what was there. */
int cli_show_anew(const struct bl_strbuf *text);

/** A message to standard output or standard error, for people. Ends in a line feed of its own. */
void cli_say(int fd, const char *fmt, ...) BL_PRINTF(2, 3);
/** Prints "file:line: error: …" or "ballast: error: …" and the hint; returns CLI_ERROR. */
int cli_fail(const struct bl_error *err);

/** Appends the text as people see it. */
void cli_add_visible(struct bl_strbuf *out, const char *text, size_t len);

#endif
