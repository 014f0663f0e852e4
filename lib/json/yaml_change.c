#include "yaml_change.h"

#include <string.h>

#include "yaml_write.h"

size_t bl_change_content(const struct bl_change *change, const cJSON *node)
{
    const char *text = change->splice->text;
    size_t at = bl_yaml_node_of(node)->origin.start;

    while (at < change->splice->len && (text[at] == '&' || text[at] == '!')) {
        while (at < change->splice->len && !bl_yaml_is_space(text[at]))
            at++;
        at = bl_splice_skip(change->splice, at, true);
    }
    return at;
}

bool bl_change_is_explicit(const struct bl_change *change, size_t key_start)
{
    const char *text = change->splice->text;
    size_t at = key_start;

    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    return at > 0 && at < key_start && text[at - 1] == '?';
}

const cJSON *bl_change_twin(const cJSON *object, const cJSON *hint, const char *key)
{
    const cJSON *next = hint ? hint->next : object->child;

    return next && strcmp(next->string, key) == 0 ? next : bl_json_get(object, key);
}

static bool replace_flow(struct bl_change *change, const struct bl_origin *origin,
                         const cJSON *wanted, bool json)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    /* {a} and {a:} have a null without text. */
    if (origin->empty)
        bl_strbuf_adds(&text, change->splice->text[origin->start - 1] == ':' ? " " : ": ");
    bl_yaml_write_flow(&text, wanted, json);
    bl_splice_put(change->splice, origin->start, origin->end, text.text);
    return true;
}

static bool blank_to_line_end(const struct bl_splice *splice, size_t at)
{
    size_t next = bl_splice_skip(splice, at, false);

    return next >= bl_splice_line_end(splice, at);
}

/* The old value begins on the line of its key or dash. `lines` go below, `head` stands in its place. */
static void replace_behind(struct bl_change *change, const struct bl_origin *origin,
                           struct bl_text_place place, const char *head, const char *lines)
{
    struct bl_splice *splice = change->splice;
    size_t line_end = bl_splice_line_end(splice, origin->end), end = origin->end;
    size_t start = origin->start;

    /* Lines below count from the dash: behind "-   a: 1" more of them would stand at another column. */
    if (origin->empty || !*head || (*lines && place.kind == BL_PLACE_ITEM))
        start = place.after;
    else
        head++; /* the space is there already */
    if (!*head && blank_to_line_end(splice, end))
        while (splice->text[end] == ' ' || splice->text[end] == '\t')
            end++;
    bl_splice_put(splice, start, end > start ? end : start, head);
    if (*lines)
        bl_splice_put(splice, line_end, line_end, lines);
}

/* The old value has lines of its own; comments between it and its key stay. */
static bool replace_below(struct bl_change *change, const struct bl_origin *origin,
                          struct bl_text_place place, const char *head, const char *lines)
{
    struct bl_splice *splice = change->splice;
    size_t from = bl_splice_line_start(splice, origin->start);

    if (!bl_splice_starts_line(splice, origin->start))
        return false;
    /* To a block scalar comments would be text. */
    if (strncmp(head, " |", 2) == 0)
        from = bl_splice_line_end(splice, place.after);
    if (*head)
        bl_splice_put(splice, place.after, place.after, head);
    bl_splice_put(splice, from, bl_splice_line_end(splice, origin->end), lines);
    return true;
}

static bool is_below(const struct bl_splice *splice, const struct bl_origin *origin,
                     struct bl_text_place place)
{
    return !origin->empty &&
           bl_splice_line_start(splice, origin->start) != bl_splice_line_start(splice, place.after);
}

/* What follows the colon or dash. A block in the place of a block takes its indentation over. */
static void write_new(const struct bl_change *change, const cJSON *old, const cJSON *wanted,
                      struct bl_text_place place, struct bl_strbuf *text)
{
    const struct bl_origin *origin = &bl_yaml_node_of(old)->origin;
    size_t column = bl_splice_column(change->splice, origin->start);

    if (bl_json_len(old) && bl_json_len(wanted) && !origin->flow && column > place.column &&
        is_below(change->splice, origin, place)) {
        bl_strbuf_addc(text, '\n');
        bl_yaml_write(text, wanted, (unsigned)column);
    } else {
        bl_yaml_write_after(text, wanted, place.column,
                            place.kind == BL_PLACE_MEMBER ? BL_YAML_AFTER_KEY : BL_YAML_AFTER_DASH);
    }
}

static bool replace(struct bl_change *change, const cJSON *old, const cJSON *wanted,
                    struct bl_text_place place)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const struct bl_origin *origin = &bl_yaml_node_of(old)->origin;
    char *lines;

    if (place.kind == BL_PLACE_ROOT)
        return false;
    if (place.kind == BL_PLACE_FLOW)
        return replace_flow(change, origin, wanted, place.json);

    write_new(change, old, wanted, place, &text);
    lines = strchr(text.text, '\n');
    *lines++ = '\0';
    if (is_below(change->splice, origin, place))
        return replace_below(change, origin, place, text.text, lines);
    replace_behind(change, origin, place, text.text, lines);
    return true;
}

static bool change_children(struct bl_change *change, const cJSON *old, const cJSON *wanted,
                            bool json)
{
    bool flow = bl_yaml_node_of(old)->origin.flow;

    if (cJSON_IsObject(old))
        return flow ? bl_change_flow_object(change, old, wanted, json)
                    : bl_change_block_object(change, old, wanted);
    return flow ? bl_change_flow_array(change, old, wanted, json)
                : bl_change_block_array(change, old, wanted);
}

bool bl_change_value(struct bl_change *change, const cJSON *old, const cJSON *wanted,
                     struct bl_text_place place)
{
    bool alias = bl_yaml_node_of(old)->alias;
    bool children =
        bl_json_len(old) && bl_json_len(wanted) && cJSON_IsObject(old) == cJSON_IsObject(wanted);
    size_t planned = change->splice->count;

    if (!(change->expand && (alias || children)) && bl_json_equal(old, wanted))
        return true;
    if (children && !alias && change_children(change, old, wanted, place.json))
        return true;
    bl_splice_cut(change->splice, planned);
    return replace(change, old, wanted, place);
}
