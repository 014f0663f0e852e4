#include "post_render.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/cluster/rewrite.h"

static int write_plugin(const char *folder, const char *program, struct bl_error **err)
{
    BL_AUTO_FREE char *own = bl_asprintf("%s/" BL_POST_RENDERER, folder);
    BL_AUTO_FREE char *path = bl_asprintf("%s/plugin.yaml", own);
    BL_AUTO_FREE char *text =
        bl_asprintf("apiVersion: v1\ntype: postrenderer/v1\nname: " BL_POST_RENDERER
                    "\nversion: 1.0.0\nruntime: subprocess\nruntimeConfig:\n  platformCommand:\n"
                    "    - command: \"%s\"\n      args: [" BL_REWRITE_WORD "]\n",
                    program);

    if (mkdir(own, 0700) < 0)
        return bl_fail_errno(err, "could not make %s", own);
    return bl_file_replace(path, text, strlen(text), err);
}

/* One that was replaced on its disk while it runs has no path any more, and is still to be had. */
static char *own_program(void)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (len > 0) {
        path[len] = '\0';
        if (access(path, X_OK) == 0)
            return bl_strdup(path);
    }
    return bl_asprintf("/proc/%ld/exe", (long)getpid());
}

int bl_post_render_new(const char *home, char **ret_folder, struct bl_error **err)
{
    const char *scratch = getenv("TMPDIR");
    BL_AUTO_FREE char *program = own_program();
    BL_AUTO_FREE char *made =
        bl_asprintf("%s/ballast-plugins-XXXXXX", home                  ? home
                                                 : scratch && *scratch ? scratch
                                                                       : "/tmp");
    BL_AUTO(bl_post_render_cleanup) char *folder = NULL;

    if (!mkdtemp(made))
        return bl_fail_errno(err, "no folder for Helm's plugin");
    folder = BL_STEAL(made);
    if (write_plugin(folder, program, err) < 0)
        return -1;
    *ret_folder = BL_STEAL(folder);
    return 0;
}

void bl_post_render_free(char *folder)
{
    if (folder)
        bl_file_remove_tree(folder);
    free(folder);
}
