/** The plugin by which Helm 4 finds this program as its post-renderer: a folder for the time of one command. */
#ifndef BALLAST_CLUSTER_POST_RENDER_H
#define BALLAST_CLUSTER_POST_RENDER_H

#include "ballast/base/error.h"

#define BL_POST_RENDERER "ballast-images"

/** Below `home`, or where temporary files go; `ret_folder` is what HELM_PLUGINS has to name, for bl_post_render_free(). */
BL_CHECK int bl_post_render_new(const char *home, char **ret_folder, struct bl_error **err);
/** Takes it away. NULL is fine. */
void bl_post_render_free(char *folder);
BL_DEFINE_CLEANUP(char *, bl_post_render_cleanup, bl_post_render_free)

#endif
