/**
 * Images by other names: what a chart's pods run is taken from where spec.images says.
 *
 * It is done to what the chart has rendered and not by its values: every chart has other ones, and some refuse images that are
 * not theirs. Helm keeps and applies what comes out, by a post-renderer, which is this program: Helm 4 starts only what a
 * plugin names. An object whose images were rewritten says so in an annotation, so that a plan can name them.
 */
#ifndef BALLAST_CLUSTER_REWRITE_H
#define BALLAST_CLUSTER_REWRITE_H

#include "ballast/cluster/spec.h"
#include "ballast/object/manifest.h"

/** Does the spec rewrite anything? */
bool bl_images_rewrite(const struct bl_cluster_images *images);

/**
 * Appends the image as it is named after `map` and `registry`, in that order. Of several prefixes in `map` the longest counts;
 * one whose first part is no host is that of a path, wherever it lies.
 */
void bl_image_renamed(const struct bl_cluster_images *images, const char *image,
                      struct bl_strbuf *out);

/** Appends the manifest with its images rewritten; what has none passes through byte for byte. Takes `text`. */
BL_CHECK int bl_manifest_rewrite(const struct bl_cluster_images *images, char *text, size_t len,
                                 struct bl_strbuf *out, struct bl_error **err);

/** Appends "A → B" for each image that the objects say was rewritten, each once. */
void bl_images_rewritten(const struct bl_manifest *manifest, struct bl_strings *ret_lines);

/** The one argument of the post-renderer, for free(), and what it is started by as the first. */
BL_NONNULL char *bl_rewrite_argument(const struct bl_cluster_images *images);
#define BL_REWRITE_WORD "rewrite-images"

/** Is this program called as the post-renderer? Then that is done, standard input to output, and its exit status is returned; else -1. */
int bl_rewrite_main(int argc, char **argv);

#endif
