#include "ballast/base/mem.h"
#include "yaml_align.h"
#include "yaml_change.h"
#include "yaml_write.h"

static const struct bl_origin *origin_of(const cJSON *value)
{
    return &bl_yaml_node_of(value)->origin;
}

/*
 * Takes an entry out with one comma: the one before it, or, while nothing stays in front of it, the one
 * behind it.
 */
static void remove_entry(struct bl_change *change, const cJSON *entry, bool any_before)
{
    if (any_before)
        bl_splice_put(change->splice, origin_of(entry->prev)->end, origin_of(entry)->end, "");
    else if (entry->next)
        bl_splice_put(change->splice, origin_of(entry)->key_start,
                      origin_of(entry->next)->key_start, "");
}

/* A line for each entry stays so; otherwise new ones join the line. */
static void add_comma(const struct bl_change *change, const cJSON *first, struct bl_strbuf *text)
{
    size_t start = origin_of(first)->key_start;

    if (!bl_splice_starts_line(change->splice, start)) {
        bl_strbuf_adds(text, ", ");
        return;
    }
    bl_strbuf_adds(text, ",\n");
    bl_strbuf_repeat(text, ' ', bl_splice_column(change->splice, start));
}

/* Behind `before`, or in front of `first` where that is NULL. */
static void insert_entry(struct bl_change *change, const cJSON *first, const cJSON *before,
                         const char *key, const cJSON *value, bool json)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    size_t at = before ? origin_of(before)->end : origin_of(first)->key_start;

    if (before)
        add_comma(change, first, &text);
    if (key) {
        bl_yaml_write_flow_key(&text, key, json);
        bl_strbuf_addc(&text, ' ');
    }
    bl_yaml_write_flow(&text, value, json);
    if (!before)
        add_comma(change, first, &text);
    bl_splice_put(change->splice, at, at, text.text);
}

static bool opens_with(const struct bl_change *change, const cJSON *collection, char bracket)
{
    size_t at = bl_change_content(change, collection);

    return at < change->splice->len && change->splice->text[at] == bracket;
}

/* All members must stand here: a merge in brackets is rare enough to be written anew. */
static bool can_change_object(const struct bl_change *change, const cJSON *old, const cJSON *wanted)
{
    const cJSON *twin = NULL;
    size_t kept = 0;

    for (const cJSON *member = old->child; member; member = member->next) {
        const cJSON *found = bl_change_twin(wanted, twin, member->string);

        if (!bl_change_in_place(member) ||
            bl_change_is_explicit(change, origin_of(member)->key_start))
            return false;
        kept += found != NULL;
        twin = found ? found : twin;
    }
    return kept > 0 && opens_with(change, old, '{');
}

static bool change_members(struct bl_change *change, const cJSON *old, const cJSON *wanted,
                           bool json)
{
    const struct bl_text_place place = {.kind = BL_PLACE_FLOW, .json = json};
    const cJSON *twin = NULL;

    for (const cJSON *member = old->child; member; member = member->next) {
        const cJSON *found = bl_change_twin(wanted, twin, member->string);

        if (!found)
            remove_entry(change, member, twin != NULL);
        else if (!bl_change_value(change, member, found, place))
            return false;
        twin = found ? found : twin;
    }
    return true;
}

bool bl_change_flow_object(struct bl_change *change, const cJSON *old, const cJSON *wanted,
                           bool json)
{
    const cJSON *before = NULL;

    if (!can_change_object(change, old, wanted))
        return false;
    json = json || change->splice->text[origin_of(old->child)->key_start] == '"';
    if (!change_members(change, old, wanted, json))
        return false;
    for (const cJSON *member = wanted->child; member; member = member->next) {
        const cJSON *twin = bl_change_twin(old, before, member->string);

        if (!twin)
            insert_entry(change, old->child, before, member->string, member, json);
        before = twin ? twin : before;
    }
    return true;
}

static bool change_array(struct bl_change *change, const struct bl_align *align, bool json)
{
    struct bl_text_place place = {.kind = BL_PLACE_FLOW, .json = json};
    bool any_before = false;

    for (size_t i = 0; i < align->old_len; i++) {
        bool kept = align->match[i] != BL_ALIGN_NONE;

        if (!kept)
            remove_entry(change, align->old[i], any_before);
        else if (!bl_change_value(change, align->old[i], align->wanted[align->match[i]], place))
            return false;
        any_before = any_before || kept;
    }
    for (size_t j = 0; j < align->wanted_len; j++) {
        size_t before = align->before[j];

        if (align->is_new[j])
            insert_entry(change, align->old[0], before == BL_ALIGN_NONE ? NULL : align->old[before],
                         NULL, align->wanted[j], json);
    }
    return any_before;
}

bool bl_change_flow_array(struct bl_change *change, const cJSON *old, const cJSON *wanted,
                          bool json)
{
    BL_AUTO(bl_align_release) struct bl_align align = {0};

    bl_align_init(&align, old, wanted);
    return opens_with(change, old, '[') && change_array(change, &align, json);
}
