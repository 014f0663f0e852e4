#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "findings.h"

/*
 * Findings for people: one for each rule and workload, with its parts below it. What harden would add by itself is one
 * line for each workload, because there is nothing to think about; -v tells all of it.
 */

/* Findings of one group stand together in the order of the report. */
struct part {
    const struct bl_finding *finding;
    size_t at;    /* in the report */
    size_t first; /* of its group */
};

struct text {
    const struct cli_input *input;
    struct bl_strbuf *out;
    struct cli_marks *marks;
};

static const char *colour_of(enum bl_severity severity)
{
    switch (severity) {
    case BL_SEVERITY_ERROR:
        return "\033[1;31m";
    case BL_SEVERITY_WARNING:
        return "\033[1;35m";
    case BL_SEVERITY_INFO:
        break;
    }
    return "\033[1;36m";
}

static int compare_numbers(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* What is one finding to a reader. */
static int compare_groups(const struct bl_finding *a, const struct bl_finding *b)
{
    int order = compare_numbers(a->subject, b->subject);

    order = order ? order : (int)a->mended - (int)b->mended;
    order = order ? order : (int)a->severity - (int)b->severity;
    return order || a->mended ? order : (int)a->rule - (int)b->rule;
}

static int by_group(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    int order = compare_groups(x->finding, y->finding);

    return order ? order : compare_numbers(x->at, y->at);
}

static int by_first(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    int order = compare_numbers(x->first, y->first);

    return order ? order : compare_numbers(x->at, y->at);
}

static void add_head(struct text *text, struct bl_place place, enum bl_severity severity)
{
    struct cli_mark mark = {.colour = colour_of(severity)};

    bl_strbuf_addf(text->out, "%s:%u: ", place.file, place.line);
    mark.from = text->out->len;
    bl_strbuf_addf(text->out, "%s:", bl_severity_name(severity));
    mark.to = text->out->len;
    *BL_PUSH(text->marks) = mark;
}

static void add_one(struct text *text, const struct bl_finding *finding)
{
    const char *hint = cli_finding_hint(finding);

    add_head(text, cli_finding_place(text->input, finding), finding->severity);
    bl_strbuf_addf(text->out, " %s: %s\n", bl_rule_name(finding->rule), finding->message);
    if (*hint)
        bl_strbuf_addf(text->out, "  hint: %s\n", hint);
}

static void add_subject(struct text *text, size_t subject)
{
    struct bl_ref ref = bl_object_ref(text->input->objects[subject]);

    bl_strbuf_addf(text->out, "%s \"%s\"", ref.kind, ref.name);
}

/* Parts may stand in files of their own: a NetworkPolicy beside its workload. */
static void add_parts(struct text *text, const struct part *parts, size_t len)
{
    const struct bl_finding *first = parts[0].finding;
    struct bl_place head = cli_finding_place(text->input, first);

    add_head(text, head, first->severity);
    bl_strbuf_addf(text->out, " %s: %zu %s about ", bl_rule_name(first->rule), len,
                   bl_text_plural((int64_t)len, "finding", "findings"));
    add_subject(text, first->subject);
    bl_strbuf_addc(text->out, '\n');
    for (size_t i = 0; i < len; i++) {
        struct bl_place place = cli_finding_place(text->input, parts[i].finding);
        const char *hint = cli_finding_hint(parts[i].finding);

        if (strcmp(place.file, head.file) == 0)
            bl_strbuf_addf(text->out, "  line %u: %s\n", place.line, parts[i].finding->message);
        else
            bl_strbuf_addf(text->out, "  %s:%u: %s\n", place.file, place.line,
                           parts[i].finding->message);
        if (*hint)
            bl_strbuf_addf(text->out, "    hint: %s\n", hint);
    }
}

static int by_rule(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    int order = (int)x->finding->rule - (int)y->finding->rule;

    return order ? order : compare_numbers(x->at, y->at);
}

/* "probes (3), services": by rule, with how many of each. */
static void add_rules(struct text *text, const struct part *parts, size_t len)
{
    for (size_t i = 0, run; i < len; i += run) {
        for (run = 1; i + run < len && parts[i + run].finding->rule == parts[i].finding->rule;)
            run++;
        bl_strbuf_addf(text->out, "%s%s", i ? ", " : "", bl_rule_name(parts[i].finding->rule));
        if (run > 1)
            bl_strbuf_addf(text->out, " (%zu)", run);
    }
}

static void add_mended(struct text *text, struct part *parts, size_t len)
{
    const struct bl_finding *first = parts[0].finding;

    add_head(text,
             bl_manifest_place(&text->input->manifest,
                               &text->input->manifest.objects.items[first->subject], ""),
             first->severity);
    bl_strbuf_addc(text->out, ' ');
    add_subject(text, first->subject);
    bl_strbuf_adds(text->out, ": ballast harden would add: ");
    qsort(parts, len, sizeof(*parts), by_rule);
    add_rules(text, parts, len);
    bl_strbuf_adds(text->out,
                   "\n  hint: ballast harden --diff shows it, -v tells why; in the cluster "
                   "Ballast adds it.\n");
}

static void add_group(struct text *text, struct part *parts, size_t len)
{
    if (parts[0].finding->mended)
        add_mended(text, parts, len);
    else if (len == 1)
        add_one(text, parts[0].finding);
    else
        add_parts(text, parts, len);
}

/* In the order in which the first of each group stands in the report. */
static void group(struct part *parts, size_t len)
{
    if (!len)
        return;
    qsort(parts, len, sizeof(*parts), by_group);
    for (size_t i = 1; i < len; i++)
        if (compare_groups(parts[i - 1].finding, parts[i].finding) == 0)
            parts[i].first = parts[i - 1].first;
    qsort(parts, len, sizeof(*parts), by_first);
}

void cli_findings_text(const struct cli_input *input, const struct cli_findings_shown *shown,
                       struct bl_strbuf *out, struct cli_marks *marks)
{
    struct text text = {input, out, marks};
    BL_AUTO_FREE struct part *parts = bl_alloc(input->report->findings.len + 1, sizeof(*parts));
    size_t len = 0;

    for (size_t i = 0; i < input->report->findings.len; i++) {
        const struct bl_finding *finding = &input->report->findings.items[i];

        if (finding->severity >= shown->least && (shown->mended || !finding->mended))
            parts[len++] = (struct part){finding, i, i};
    }
    if (!shown->all)
        group(parts, len);
    for (size_t i = 0, run; i < len; i += run) {
        for (run = 1; i + run < len && parts[i + run].first == parts[i].first;)
            run++;
        if (shown->all)
            add_one(&text, parts[i].finding);
        else
            add_group(&text, &parts[i], run);
    }
}
