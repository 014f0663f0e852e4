/** What bl_kin_new() found out about an object, for bl_kin_find(). Hashes of texts, for which 0 stands for none. */
#ifndef BALLAST_WORKLOAD_KIN_PARTS_H
#define BALLAST_WORKLOAD_KIN_PARTS_H

#include "ballast/workload/kin.h"

struct bl_hashes {
    uint64_t *items;
    size_t len, cap;
};
void bl_hashes_release(struct bl_hashes *hashes);
/** Each once. */
void bl_hashes_sort(struct bl_hashes *hashes);
/** Both sorted. */
bool bl_hashes_have(const struct bl_hashes *hashes, uint64_t hash);
bool bl_hashes_include(const struct bl_hashes *many, const struct bl_hashes *few);

/** A label by its key, and by its key and value. */
struct bl_mark {
    uint64_t key, pair;
};

struct bl_kin {
    enum bl_world_kind kind;
    enum bl_role role; /* as it is where its own word is not taken, which may be more than it has */
    bool of_all;       /* may say anything of anybody */
    bool always;       /* is looked at, whoever is */
    struct bl_hashes keys;     /* who has one of these in common is kin */
    struct bl_hashes mentions; /* names: who is called so is kin */
    struct bl_hashes
        pairs; /* a workload's labels; those that a Service, budget or network policy selects by. Sorted */
    struct {
        struct bl_mark *items; /* by key */
        size_t len, cap;
    } marks; /* of a workload with a role, the labels that stay between revisions */
};

/** Adds those of a map of labels, and sorts. */
void bl_kin_add_pairs(struct bl_hashes *hashes, const cJSON *labels);
/** Is it of a budget or network policy? These are nobody's kin. */
bool bl_kin_protects(const struct bl_kin *kin);
/** NULL: it has no such label. */
const struct bl_mark *bl_kin_mark(const struct bl_kin *kin, uint64_t key);

#endif
