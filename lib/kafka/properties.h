/**
 * Java's .properties files, as Kafka's own tools read them (java.util.Properties.load).
 *
 * Comments, "key=value", "key: value" or "key value", lines that go on after a backslash, escapes. A
 * value loses white space at both ends, as Kafka has it. They hold passwords: values are wiped.
 */
#ifndef BALLAST_KAFKA_PROPERTIES_H
#define BALLAST_KAFKA_PROPERTIES_H

#include "ballast/base/error.h"

struct bl_property {
    char *key, *value;
    unsigned line;
};

struct bl_properties {
    struct bl_property *items;
    size_t len, cap;
};

/** `name` is for messages. The caller bounds `len`. */
BL_CHECK int bl_properties_parse(const char *name, const char *text, size_t len,
                                 struct bl_properties *properties, struct bl_error **err);
void bl_properties_release(struct bl_properties *properties);

/** Of several with the key the last, which holds; or NULL. */
const struct bl_property *bl_properties_find(const struct bl_properties *properties,
                                             const char *key);

#endif
