#include "cluster.h"

#include <stdlib.h>

#include "ballast/base/mem.h"

const char *const bl_cluster_resources[] = {"kafkapolicies", NULL};

bool bl_cluster_synced(struct bl_cluster *cluster BL_UNUSED)
{
    return true;
}

void bl_cluster_view(struct bl_cluster *cluster BL_UNUSED, const cJSON *request BL_UNUSED,
                     struct bl_view *ret_view BL_UNUSED)
{
}

void bl_view_release(struct bl_view *view)
{
    free(view->items);
    *view = (struct bl_view){0};
}
