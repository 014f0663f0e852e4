/**
 * One table-driven decoder for what people write: policy files today, configuration and CRD specs too.
 *
 * A schema describes a C struct field by field. Decoding checks types, ranges and names; an unknown key
 * is an error that names its place ("file:line: path: …") and the key that was probably meant. The same
 * table prints the OpenAPI schema of a CRD, so the two cannot drift apart.
 */
#ifndef BALLAST_JSON_DECODE_H
#define BALLAST_JSON_DECODE_H

#include "ballast/json/yaml.h"

enum bl_field_type {
    BL_FIELD_STRING = 1, /* char *, owned */
    BL_FIELD_BOOL,       /* bool */
    BL_FIELD_INT,        /* int64_t, min..max */
    BL_FIELD_ENUM,       /* int: the index into names */
    BL_FIELD_STRINGS,    /* struct bl_strings */
    BL_FIELD_ENUMS,      /* unsigned: one bit for each of names */
    BL_FIELD_OBJECT,     /* the struct itself, described by schema */
    BL_FIELD_OBJECTS,    /* struct bl_structs: an array of what schema describes */
    BL_FIELD_JSON,       /* cJSON *, a copy; an object that we only pass on */
    BL_FIELD_JSONS,      /* cJSON *, a copy; an array of such objects */
};

/** Texts, owned. */
struct bl_strings {
    char **items;
    size_t len, cap;
};
void bl_strings_release(struct bl_strings *strings);
/** Adds them as an array of that name, and returns it. */
cJSON *bl_json_add_strings(cJSON *object, const char *key, const struct bl_strings *strings);

struct bl_structs {
    void *items; /* of schema->size bytes each */
    size_t len;
};

struct bl_schema;

struct bl_field {
    const char *name;
    enum bl_field_type type;
    size_t offset; /* in the struct */
    bool required;
    int64_t min, max;               /* INT; both 0: any */
    const char *const *names;       /* ENUM, ENUMS: NULL-terminated */
    const struct bl_schema *schema; /* OBJECT, OBJECTS */
    /** A further look at the value, or NULL. */
    int (*check)(const cJSON *value, struct bl_error **err);
    const char *format; /* STRING: what OpenAPI calls its form, "date-time"; NULL */
    const char *doc;    /* one sentence, for the CRD and the manual */
};

struct bl_schema {
    size_t size;
    const struct bl_field *fields; /* up to one without a name */
    const char *map_key;           /* OBJECTS are told apart by this field; NULL: by their place */
};

/** The initializer of a schema whose objects have no key. */
#define BL_SCHEMA(type, table)                  \
    {                                           \
        .size = sizeof(type), .fields = (table) \
    }

/** Where a value came from, for messages. `doc` may be NULL: then messages have the path alone. */
struct bl_decode {
    const char *file;
    const struct bl_yaml_doc *doc;
    const char *path; /* of the value that is decoded: "spec.match" */
};

/**
 * Fills `out`, whose fields hold their defaults already: what the text leaves out is untouched. On
 * failure `out` may be partly filled; release it either way. `value` may be NULL or null: no fields.
 */
BL_CHECK int bl_decode(const struct bl_decode *from, const cJSON *value,
                       const struct bl_schema *schema, void *out, struct bl_error **err);

/** As bl_decode, but leaves keys that the schema does not know to the caller. */
BL_CHECK int bl_decode_members(const struct bl_decode *from, const cJSON *value,
                               const struct bl_schema *schema, void *out, struct bl_error **err);

/** Frees what the fields own and empties them. */
void bl_decode_release(const struct bl_schema *schema, void *decoded);

/** Is `key` one of the schema's? If not, fails at `value`'s place with a suggestion. */
BL_CHECK int bl_decode_known(const struct bl_decode *from, const cJSON *value,
                             const char *const *keys, struct bl_error **err);

/** Fails with "file:line: path.key: text" (what is not known is left out), at the place of `value`. Returns -1. */
int bl_decode_fail(const struct bl_decode *from, const cJSON *value, const char *key,
                   struct bl_error **err, const char *fmt, ...) BL_PRINTF(5, 6);

/** The OpenAPI v3 schema (structural, as a CRD needs it) of an object. */
BL_NONNULL cJSON *bl_schema_openapi(const struct bl_schema *schema);

#endif
