/**
 * What a controller remembers of each thing that it looks after, by "NAMESPACE/NAME". Made when it is asked for first.
 *
 * A memory belongs to the list, and lies where it is until it is forgotten. Only the thread that works on the request of that
 * name reads and writes it, without a lock. Fields that a controller sums up over all memories, for its gauges, are the
 * exception: both who writes them and who sums them up hold the lock meanwhile.
 */
#ifndef BALLAST_RUNTIME_MEMORIES_H
#define BALLAST_RUNTIME_MEMORIES_H

#include <stddef.h>

#include "ballast/base/attrs.h"

struct bl_memories;

/** `make` gets the name, and returns a new memory; `free` frees one. `make` is called with the lock held, `free` without. */
BL_NONNULL struct bl_memories *bl_memories_new(void *(*make)(const char *name, void *context),
                                               void (*free)(void *memory), void *context);
/** When no thread uses any memory. */
void bl_memories_free(struct bl_memories *memories);

/** The memory of this name; makes one where there is none. Takes the lock itself: not to be called with it. */
BL_NONNULL void *bl_memories_find(struct bl_memories *memories, const char *name);
/** Frees the memory of this name, which no other thread uses; nothing where there is none. Takes the lock itself. */
void bl_memories_forget(struct bl_memories *memories, const char *name);

/** Between lock and unlock nobody adds or removes a memory. The lock is not recursive. */
void bl_memories_lock(struct bl_memories *memories);
void bl_memories_unlock(struct bl_memories *memories);
/** How many, and each of them, in no order. Both only with the lock held. */
size_t bl_memories_len(const struct bl_memories *memories);
BL_NONNULL void *bl_memories_at(const struct bl_memories *memories, size_t index);

#endif
