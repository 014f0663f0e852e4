#include "secret.h"

#include <string.h>

void bl_secret_wipe_tree(const cJSON *tree)
{
    const cJSON *child;

    if (!tree)
        return;
    if (cJSON_IsString(tree) && tree->valuestring)
        explicit_bzero(tree->valuestring, strlen(tree->valuestring));
    cJSON_ArrayForEach(child, tree) {
        bl_secret_wipe_tree(child);
    }
}

void bl_secret_tree_free(cJSON **tree)
{
    bl_secret_wipe_tree(*tree);
    cJSON_Delete(*tree);
    *tree = NULL;
}
