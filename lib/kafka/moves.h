/**
 * Moves of leadership, as a text that can be kept in an annotation; the form is in admin.h.
 */
#ifndef BALLAST_KAFKA_MOVES_H
#define BALLAST_KAFKA_MOVES_H

#include "ballast/kafka/admin.h"

/** The first replica, which is `first`, and the one at `index` change places. */
struct bl_move {
    char *topic;
    int32_t partition;
    int32_t first;
    size_t index;
};

struct bl_moves {
    struct bl_move *items; /* by topic, as they were written */
    size_t len, cap;
};

BL_CHECK int bl_moves_parse(const char *text, struct bl_moves *ret_moves, struct bl_error **err);
void bl_moves_release(struct bl_moves *moves);

#endif
