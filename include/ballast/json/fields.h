/** Initializers of a struct bl_field, for tables of a spec. `type` is the struct, `text` the field's doc. */
#ifndef BALLAST_JSON_FIELDS_H
#define BALLAST_JSON_FIELDS_H

#include "ballast/json/decode.h"

#define BL_HAS_TEXT(type_, key, member, text)                                                \
    {                                                                                        \
        .name = key, .type = BL_FIELD_STRING, .offset = offsetof(type_, member), .doc = text \
    }
/** A text that has to be given. */
#define BL_NEEDS_TEXT(type_, key, member, text)                                                    \
    {                                                                                              \
        .name = key, .type = BL_FIELD_STRING, .offset = offsetof(type_, member), .required = true, \
        .doc = text                                                                                \
    }
/** A text that `look` approves of. */
#define BL_HAS_CHECKED(type_, key, member, look, text)                                          \
    {                                                                                           \
        .name = key, .type = BL_FIELD_STRING, .offset = offsetof(type_, member), .check = look, \
        .doc = text                                                                             \
    }
#define BL_HAS_TEXTS(type_, key, member, text)                                                \
    {                                                                                         \
        .name = key, .type = BL_FIELD_STRINGS, .offset = offsetof(type_, member), .doc = text \
    }
#define BL_HAS_FLAG(type_, key, member, text)                                              \
    {                                                                                      \
        .name = key, .type = BL_FIELD_BOOL, .offset = offsetof(type_, member), .doc = text \
    }
/** A whole number from `low` to `high`. */
#define BL_HAS_NUMBER(type_, key, member, low, high, text)                                \
    {                                                                                     \
        .name = key, .type = BL_FIELD_INT, .offset = offsetof(type_, member), .min = low, \
        .max = high, .doc = text                                                          \
    }
#define BL_HAS_CHOICE(type_, key, member, words, text)                                         \
    {                                                                                          \
        .name = key, .type = BL_FIELD_ENUM, .offset = offsetof(type_, member), .names = words, \
        .doc = text                                                                            \
    }
/** An object, and an array of objects, that are only passed on. */
#define BL_HAS_JSON(type_, key, member, text)                                              \
    {                                                                                      \
        .name = key, .type = BL_FIELD_JSON, .offset = offsetof(type_, member), .doc = text \
    }
#define BL_HAS_JSONS(type_, key, member, text)                                              \
    {                                                                                       \
        .name = key, .type = BL_FIELD_JSONS, .offset = offsetof(type_, member), .doc = text \
    }
/** A part without a struct of its own: `table` counts its offsets from the beginning of the whole. */
#define BL_HAS_PART(key, table, text)                                                      \
    {                                                                                      \
        .name = key, .type = BL_FIELD_OBJECT, .offset = 0, .schema = &(table), .doc = text \
    }

#endif
