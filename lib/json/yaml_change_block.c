#include "ballast/base/mem.h"
#include "yaml_align.h"
#include "yaml_change.h"
#include "yaml_write.h"

/* --- Lines --- */

/*
 * The text from `start`, a key or a dash, to the end of the line on which `end` is. On the line of a
 * parent's dash ("- a: 1") there is no line to take: what follows moves up to it.
 */
static bool remove_lines(struct bl_change *change, size_t start, size_t end, bool more)
{
    struct bl_splice *splice = change->splice;
    size_t line_end = bl_splice_line_end(splice, end);

    if (bl_splice_starts_line(splice, start)) {
        bl_splice_put(splice, bl_splice_line_start(splice, start), line_end, "");
        return true;
    }
    if (more)
        bl_splice_put(splice, start, bl_splice_skip(splice, line_end, false), "");
    return more;
}

/* Below the line on which `end` is. */
static void insert_below(struct bl_change *change, size_t end, size_t column, const char *lines)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    size_t at = bl_splice_line_end(change->splice, end);

    bl_strbuf_repeat(&text, ' ', column);
    bl_strbuf_adds(&text, lines);
    bl_splice_put(change->splice, at, at, text.text);
}

/* In front of `start`, whose column the new lines take over. */
static void insert_before(struct bl_change *change, size_t start, size_t column, const char *lines)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_adds(&text, lines);
    bl_strbuf_repeat(&text, ' ', column);
    bl_splice_put(change->splice, start, start, text.text);
}

static const struct bl_origin *origin_of(const cJSON *value)
{
    return &bl_yaml_node_of(value)->origin;
}

/* --- Objects --- */

static const cJSON *next_in_place(const cJSON *member)
{
    while (member && !bl_change_in_place(member))
        member = member->next;
    return member;
}

/* Can the object be changed where it stands: something of it stays, and nothing is hidden in a merge? */
static bool can_change(const struct bl_change *change, const cJSON *old, const cJSON *wanted)
{
    const cJSON *twin = NULL;
    size_t kept = 0;

    for (const cJSON *member = old->child; member; member = member->next) {
        const cJSON *found = bl_change_twin(wanted, twin, member->string);

        twin = found ? found : twin;
        if (bl_change_in_place(member)) {
            kept += found != NULL;
            if (bl_change_is_explicit(change, origin_of(member)->key_start))
                return false;
        } else if (!found || change->expand) {
            return false;
        }
    }
    return kept > 0;
}

/* Byte after the colon; 0 if there is none. */
static size_t after_colon(const struct bl_change *change, const cJSON *member)
{
    size_t at = bl_splice_skip(change->splice, bl_yaml_node_of(member)->key_end, true);

    return at < change->splice->len && change->splice->text[at] == ':' ? at + 1 : 0;
}

/* A member that goes while it is the first on the line of a dash takes the removed ones behind it along. */
static const cJSON *last_removed(const struct bl_change *change, const cJSON *member,
                                 const cJSON *wanted)
{
    const cJSON *next;

    if (bl_splice_starts_line(change->splice, origin_of(member)->key_start))
        return member;
    while ((next = next_in_place(member->next)) && !bl_json_get(wanted, next->string))
        member = next;
    return member;
}

static bool change_members(struct bl_change *change, const cJSON *old, const cJSON *wanted,
                           size_t column)
{
    const cJSON *twin = NULL;

    for (const cJSON *member = next_in_place(old->child); member;
         member = next_in_place(member->next)) {
        const cJSON *found = bl_change_twin(wanted, twin, member->string);

        if (!found) {
            size_t start = origin_of(member)->key_start;

            member = last_removed(change, member, wanted);
            if (!remove_lines(change, start, origin_of(member)->end, next_in_place(member->next)))
                return false;
            continue;
        }
        twin = found;

        struct bl_text_place place = {
            .kind = BL_PLACE_MEMBER, .after = after_colon(change, member), .column = column};
        if (!place.after || !bl_change_value(change, member, found, place))
            return false;
    }
    return true;
}

/* A merged member that changes becomes one of the object's own, which wins. */
static void insert_members(struct bl_change *change, const cJSON *old, const cJSON *wanted,
                           const cJSON *first, size_t column)
{
    const cJSON *before = NULL, *twin = NULL;

    for (const cJSON *member = wanted->child; member; member = member->next) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        const cJSON *found = bl_change_twin(old, twin, member->string);

        twin = found ? found : twin;
        if (found && bl_change_in_place(found)) {
            before = found;
            continue;
        }
        if (found && bl_json_equal(found, member))
            continue;
        bl_yaml_write_member(&text, member->string, member, column);
        if (before)
            insert_below(change, origin_of(before)->end, column, text.text);
        else
            insert_before(change, origin_of(first)->key_start, column, text.text);
    }
}

bool bl_change_block_object(struct bl_change *change, const cJSON *old, const cJSON *wanted)
{
    const cJSON *first = next_in_place(old->child);
    size_t column;

    if (!first || !can_change(change, old, wanted))
        return false;
    column = bl_splice_column(change->splice, origin_of(first)->key_start);
    if (!change_members(change, old, wanted, column))
        return false;
    insert_members(change, old, wanted, first, column);
    return true;
}

/* --- Arrays --- */

/* Where each item's dash is. Between one item and the next there are blanks, comments and the dash. */
static bool find_dashes(const struct bl_change *change, const cJSON *old,
                        const struct bl_align *align, size_t *dashes)
{
    size_t at = bl_change_content(change, old);

    for (size_t i = 0; i < align->old_len; i++) {
        at = bl_splice_skip(change->splice, at, true);
        if (at >= change->splice->len || change->splice->text[at] != '-')
            return false;
        dashes[i] = at;
        at = origin_of(align->old[i])->end;
    }
    return true;
}

static bool change_items(struct bl_change *change, const struct bl_align *align,
                         const size_t *dashes, size_t column)
{
    for (size_t i = 0; i < align->old_len; i++) {
        struct bl_text_place place = {
            .kind = BL_PLACE_ITEM, .after = dashes[i] + 1, .column = column};
        size_t start = dashes[i];

        if (align->match[i] != BL_ALIGN_NONE) {
            if (!bl_change_value(change, align->old[i], align->wanted[align->match[i]], place))
                return false;
            continue;
        }
        if (!bl_splice_starts_line(change->splice, start))
            while (i + 1 < align->old_len && align->match[i + 1] == BL_ALIGN_NONE)
                i++;
        if (!remove_lines(change, start, origin_of(align->old[i])->end, i + 1 < align->old_len))
            return false;
    }
    return true;
}

static void insert_items(struct bl_change *change, const struct bl_align *align,
                         const size_t *dashes, size_t column)
{
    for (size_t j = 0; j < align->wanted_len; j++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        size_t before = align->before[j];

        if (!align->is_new[j])
            continue;
        bl_strbuf_addc(&text, '-');
        bl_yaml_write_after(&text, align->wanted[j], column, BL_YAML_AFTER_DASH);
        if (before != BL_ALIGN_NONE)
            insert_below(change, origin_of(align->old[before])->end, column, text.text);
        else
            insert_before(change, dashes[0], column, text.text);
    }
}

static bool change_array(struct bl_change *change, const cJSON *old, const struct bl_align *align)
{
    BL_AUTO_FREE size_t *dashes = bl_alloc(align->old_len, sizeof(size_t));
    size_t column;

    if (!find_dashes(change, old, align, dashes))
        return false;
    column = bl_splice_column(change->splice, dashes[0]);
    if (!change_items(change, align, dashes, column))
        return false;
    insert_items(change, align, dashes, column);
    return true;
}

bool bl_change_block_array(struct bl_change *change, const cJSON *old, const cJSON *wanted)
{
    BL_AUTO(bl_align_release) struct bl_align align = {0};

    bl_align_init(&align, old, wanted);
    return change_array(change, old, &align);
}
