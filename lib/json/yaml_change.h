/** Planning: the edits that lead from a document's text to a wanted value. */
#ifndef BALLAST_JSON_YAML_CHANGE_H
#define BALLAST_JSON_YAML_CHANGE_H

#include "yaml_doc.h"
#include "yaml_splice.h"

struct bl_change {
    struct bl_splice *splice;
    bool expand; /* write out every alias and merge key, so that what they name may change */
};

/** What stands before a value: decides how a new one is written. */
enum bl_place_kind {
    BL_PLACE_ROOT = 1,
    BL_PLACE_MEMBER, /* "key:" of a block */
    BL_PLACE_ITEM,   /* "-" of a block */
    BL_PLACE_FLOW,   /* inside brackets */
};

struct bl_text_place {
    enum bl_place_kind kind;
    size_t after;  /* byte after the colon or dash; not of FLOW */
    size_t column; /* of the key or dash, from 0; not of FLOW */
    bool json;     /* FLOW: strings are quoted as JSON wants it */
};

/**
 * Plans what makes `old`, a node of the document, read as `wanted`. False where it cannot be done in the
 * text at hand: then nothing is planned, and who holds the value has to be written anew. What comes out
 * is a proposal: the result must be read again.
 */
BL_CHECK bool bl_change_value(struct bl_change *change, const cJSON *old, const cJSON *wanted,
                              struct bl_text_place place);

/* The kinds of collections; each has members, before and after. */
BL_CHECK bool bl_change_block_object(struct bl_change *change, const cJSON *old,
                                     const cJSON *wanted);
BL_CHECK bool bl_change_block_array(struct bl_change *change, const cJSON *old,
                                    const cJSON *wanted);
BL_CHECK bool bl_change_flow_object(struct bl_change *change, const cJSON *old, const cJSON *wanted,
                                    bool json);
BL_CHECK bool bl_change_flow_array(struct bl_change *change, const cJSON *old, const cJSON *wanted,
                                   bool json);

/** Does the member's text stand in the object, rather than come from a merge key? */
static inline bool bl_change_in_place(const cJSON *member)
{
    const struct bl_yaml_node *node = bl_yaml_node_of(member);

    return !node->origin.aliased || node->alias;
}

/** Past tag and anchor, where the node's own text begins. */
size_t bl_change_content(const struct bl_change *change, const cJSON *node);

/** Is there a "? " before the key, which makes it a key of more lines than we splice? */
bool bl_change_is_explicit(const struct bl_change *change, size_t key_start);

/**
 * The wanted member that a member stands for, or NULL. Most objects keep their order, so it is looked
 * for first behind `hint`, the one found before.
 */
const cJSON *bl_change_twin(const cJSON *object, const cJSON *hint, const char *key);

#endif
