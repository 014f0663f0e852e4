#include "memory.h"

#include <stdlib.h>

#include "ballast/base/mem.h"

static void *make(const char *name, void *context)
{
    struct bl_kafka_memory *memory = BL_NEW(struct bl_kafka_memory);

    memory->name = bl_strdup(name);
    memory->connection.bootstrap_to = context;
    return memory;
}

static void release(void *context)
{
    struct bl_kafka_memory *memory = context;

    bl_kafka_connection_release(&memory->connection);
    bl_roller_release(&memory->roller);
    bl_raiser_release(&memory->raiser);
    free(memory->failure);
    free(memory->unknown);
    free(memory->name);
    free(memory);
}

struct bl_memories *bl_kafka_memories_new(const struct bl_texts *bootstrap_to)
{
    return bl_memories_new(make, release, (void *)(uintptr_t)bootstrap_to);
}

void bl_kafka_memories_note_raise(struct bl_memories *memories, struct bl_kafka_memory *memory,
                                  bool raises)
{
    bl_memories_lock(memories);
    memory->raises = raises;
    bl_memories_unlock(memories);
}

bool bl_kafka_memories_may_raise(struct bl_memories *memories, const struct bl_kafka_memory *memory)
{
    bool may = true;

    bl_memories_lock(memories);
    for (size_t i = 0; i < bl_memories_len(memories); i++) {
        const struct bl_kafka_memory *other = bl_memories_at(memories, i);

        may &= other == memory || !other->raises;
    }
    bl_memories_unlock(memories);
    return may;
}

void bl_kafka_memories_note(struct bl_memories *memories, struct bl_kafka_memory *memory,
                            const struct bl_kafka_counts *counts)
{
    bl_memories_lock(memories);
    memory->counts = *counts;
    bl_memories_unlock(memories);
}

void bl_kafka_memories_sum(struct bl_memories *memories, struct bl_kafka_counts *ret_sum)
{
    *ret_sum = (struct bl_kafka_counts){0};
    bl_memories_lock(memories);
    ret_sum->clusters = (int64_t)bl_memories_len(memories);
    for (size_t i = 0; i < bl_memories_len(memories); i++) {
        const struct bl_kafka_counts *counts =
            &((const struct bl_kafka_memory *)bl_memories_at(memories, i))->counts;

        ret_sum->known += counts->known;
        ret_sum->closed += counts->closed;
        ret_sum->unsafe += counts->unsafe;
        for (size_t phase = 0; phase < BL_ROLLOUT_PHASES; phase++)
            ret_sum->rollouts[phase] += counts->rollouts[phase];
    }
    bl_memories_unlock(memories);
}
