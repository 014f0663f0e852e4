/**
 * What a plain scalar means.
 *
 * Reading follows goyaml.v2, which sigs.k8s.io/yaml and so kubectl use, quirks included: 0755 and 0o755
 * are octal, 08 is a float, 1_000 a number, y and off are booleans, a timestamp is a string.
 */
#ifndef BALLAST_JSON_YAML_SCALAR_H
#define BALLAST_JSON_YAML_SCALAR_H

#include "ballast/json/json.h"

enum bl_scalar_type {
    BL_SCALAR_STRING = 1,
    BL_SCALAR_NULL,
    BL_SCALAR_BOOL,
    BL_SCALAR_INT,
    BL_SCALAR_FLOAT, /* infinite or NaN for .inf and .nan, which JSON cannot hold */
};

struct bl_scalar {
    enum bl_scalar_type type;
    bool truth;         /* BOOL */
    bool negative;      /* INT: magnitude <= 2^63 then */
    uint64_t magnitude; /* INT */
    double number;      /* FLOAT */
};

void bl_scalar_resolve(const char *text, size_t len, struct bl_scalar *ret_scalar);

/**
 * Would any reader, of YAML 1.1 or 1.2, take the plain text for something other than a string? Knows
 * more than bl_scalar_resolve: sexagesimals, timestamps, numbers out of range, "=" and "<<".
 */
bool bl_scalar_ambiguous(const char *text);

/**
 * A float as a key: the shortest text that a 32-bit float tells apart, as sigs.k8s.io/yaml writes it.
 */
void bl_scalar_float_key(double number, char *ret_text, size_t size);

#endif
