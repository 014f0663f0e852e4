/** Forgetting what others should not read in our memory. */
#ifndef BALLAST_KUBE_SECRET_H
#define BALLAST_KUBE_SECRET_H

#include "ballast/json/json.h"

/** Wipes every string of a tree that is about to be freed. */
void bl_secret_wipe_tree(const cJSON *tree);
/** Wipes the tree and frees it: for BL_AUTO. */
void bl_secret_tree_free(cJSON **tree);

#endif
