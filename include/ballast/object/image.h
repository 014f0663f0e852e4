/**
 * Image references: "registry:5000/path/name:tag@sha256:…" (distribution/reference).
 *
 * The first part is a registry if it holds a dot or a colon or is "localhost"; without one the image
 * comes from docker.io. The tag stands after the last colon that follows the last slash.
 */
#ifndef BALLAST_OBJECT_IMAGE_H
#define BALLAST_OBJECT_IMAGE_H

#include "ballast/base/strbuf.h"

/** Pieces of the text that was parsed: borrowed, not NUL-terminated. */
struct bl_image {
    const char *registry, *path, *tag, *digest;         /* digest with its "sha256:" */
    size_t registry_len, path_len, tag_len, digest_len; /* 0: not given */
};

struct bl_image bl_image_parse(const char *text);
/** The last part of the path: "kafka" of "docker.io/bitnami/kafka:3.3.2". For free(). */
BL_NONNULL char *bl_image_basename(const char *text);
/** The tag, or NULL; for free(). */
char *bl_image_tag(const char *text);
/** Is it under this registry prefix ("us-docker.pkg.dev/p/r") already? */
bool bl_image_under(const char *text, const char *prefix);
/** Appends the same path, tag and digest under another registry prefix. */
void bl_image_rebase(struct bl_strbuf *out, const char *text, const char *prefix);

#endif
