#include "reason.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/* Of a schema; a chart that is given wholly other values has hundreds. */
#define PLACES_MAX 5
#define PLACE_MAX 300

/* The API server quotes what is invalid, and that may be a value of a Secret. */
char *bl_without_values(const char *message)
{
    static const char mark[] = "Invalid value: ";
    struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const char *at;

    while ((at = strstr(message, mark))) {
        at += sizeof(mark) - 1;
        bl_strbuf_add(&out, message, (size_t)(at - message));
        bl_strbuf_adds(&out, "…");
        message = strstr(at, ": ");
        if (!message)
            return bl_strbuf_take(&out);
    }
    bl_strbuf_adds(&out, message);
    return bl_strbuf_take(&out);
}

/* --- values that a schema does not take --- */

/* "- at '/path': 'value' does not match …": what is quoted in the beginning is the value (jsonschema's localizations). */
static void add_place(const char *line, size_t len, struct bl_strbuf *out)
{
    BL_AUTO_FREE char *text = bl_strndup(line, len < PLACE_MAX ? len : PLACE_MAX);
    char *said = strstr(text, "': "), *end;

    if (!said) {
        bl_strbuf_adds(out, text);
        return;
    }
    said += strlen("': ");
    bl_strbuf_add(out, text, (size_t)(said - text));
    end = *said == '\'' ? strrchr(said + 1, '\'') : NULL;
    /* A pattern is quoted behind it. */
    if (end && strstr(said, "' does not match"))
        end = strstr(said, "' does not match");
    if (*said == '\'')
        bl_strbuf_addf(out, "…%s", end && end > said ? end + 1 : "");
    else
        bl_strbuf_adds(out, said);
}

static void add_places(const char *lines, struct bl_strbuf *out)
{
    static const char mark[] = "- at '";
    size_t count = 0;

    for (; *lines; lines += *lines == '\n') {
        size_t len = strcspn(lines, "\n");

        if (strncmp(lines, mark, strlen(mark)) == 0 && count++ < PLACES_MAX) {
            bl_strbuf_adds(out, count == 1 ? " " : "; ");
            add_place(lines + 2, len - 2, out);
        }
        lines += len;
    }
    if (count > PLACES_MAX)
        bl_strbuf_addf(out, "; and %zu more", count - PLACES_MAX);
}

/* --- what a template says --- */

/* Of lines that follow the first one, which has no more than the place. */
#define TEMPLATE_LINES 8
#define TEMPLATE_MAX 600

/* "execution error at (kafka/templates/x.yaml:1:3): …", and without those words where Helm 4 has it. */
static bool is_of_template(const char *line)
{
    return strstr(line, "/templates/") && (strstr(line, ".yaml:") || strstr(line, ".tpl:"));
}

static void add_template_lines(const char *lines, struct bl_strbuf *out)
{
    for (size_t count = 0; *lines && count < TEMPLATE_LINES && out->len < TEMPLATE_MAX;
         lines += *lines == '\n') {
        size_t len = strcspn(lines, "\n"), blank = strspn(lines, " \t\r\n");
        BL_AUTO_FREE char *line = NULL, *safe = NULL;

        if (blank < len) {
            line = bl_strndup(lines + blank, len - blank);
            safe = bl_without_values(line);
            if (out->len && out->text[out->len - 1] != ' ')
                bl_strbuf_addc(out, ' ');
            bl_strbuf_adds(out, safe);
            count++;
        }
        lines += len;
    }
}

/* --- the reason --- */

/*
 * Its last line that begins so, and of a template, which says on it no more than where, those that follow; what it says of a
 * manifest's text may hold a secret.
 */
char *bl_helm_reason(const struct bl_strbuf *errors)
{
    static const char mark[] = "Error: ";
    struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_FREE char *line = NULL, *safe = NULL;
    const char *found = NULL, *at = errors->text;

    for (; (at = strstr(at, mark)); at += sizeof(mark) - 1)
        if (at == errors->text || at[-1] == '\n')
            found = at + sizeof(mark) - 1;
    if (!found)
        return bl_strdup(errors->overflowed ? "it did not say why in what is kept of its words"
                                            : "it did not say why");
    line = bl_strndup(found, strcspn(found, "\n"));
    safe = bl_without_values(line);
    bl_strbuf_adds(&out, safe);
    if (strstr(line, "values don't meet the specifications"))
        add_places(found, &out);
    else if (is_of_template(line))
        add_template_lines(found + strlen(line), &out);
    return bl_strbuf_take(&out);
}

/* "unexpected status code 503", "500 Internal Server Error", "received 502": a server's own trouble. */
static bool has_server_error(const char *reason)
{
    static const char *const marks[] = {"status code ",     "status code: ", "unexpected status: ",
                                        "response status ", "fetch ",        "received "};

    for (size_t i = 0; i < BL_ARRAY_LEN(marks); i++) {
        const char *at = strstr(reason, marks[i]);

        at = at ? at + strlen(marks[i]) : NULL;
        if (at && (*at == '5' || bl_text_starts(at, "429")) && isdigit((unsigned char)at[1]) &&
            isdigit((unsigned char)at[2]) && !isdigit((unsigned char)at[3]))
            return true;
    }
    return false;
}

/* Does its last word say that the other end has hung up? */
static bool ends_early(const char *reason)
{
    return bl_text_ends(reason, ": EOF") || bl_text_ends(reason, "unexpected EOF");
}

/* Servers that are away: the API server, one of its webhooks, a registry (Go's net, and apiserver's webhook/errors). */
enum bl_errcode bl_helm_code(const char *reason)
{
    static const char *const away[] = {"failed calling webhook",
                                       "connection refused",
                                       "i/o timeout",
                                       "Kubernetes cluster unreachable",
                                       "TLS handshake timeout",
                                       "connection reset by peer",
                                       "network is unreachable",
                                       "no route to host",
                                       "no such host",
                                       "server misbehaving",
                                       "temporary failure in name",
                                       "context deadline exceeded",
                                       "Client.Timeout exceeded",
                                       "timeout awaiting response headers",
                                       "server closed idle",
                                       "broken pipe",
                                       "Internal Server Error",
                                       "Bad Gateway",
                                       "Service Unavailable",
                                       "Gateway Timeout",
                                       "Too Many Requests",
                                       "the server is currently unable",
                                       "etcdserver: request timed",
                                       "etcdserver: leader changed",
                                       "the object has been modified",
                                       NULL};

    if (bl_text_holds(reason, away) || ends_early(reason) || has_server_error(reason))
        return BL_ERR_UNAVAILABLE;
    return strstr(reason, "not found") ? BL_ERR_NOT_FOUND : BL_ERR_INVALID;
}
