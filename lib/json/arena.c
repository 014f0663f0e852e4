#include "ballast/json/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "ballast/json/json.h"

/* Most reviews fit into one, which the thread keeps. */
#define CHUNK_BYTES ((size_t)256 << 10)
#define ALIGN 16

struct chunk {
    struct chunk *next; /* taken before this one */
    size_t size, used;
    _Alignas(ALIGN) unsigned char bytes[];
};

static _Thread_local struct {
    struct chunk *chunk; /* the newest */
    size_t used;
    bool active;
} arena;

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_OFF 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_OFF 1
#endif
#endif
#ifndef ARENA_OFF
#define ARENA_OFF 0
#endif

static bool is_inside(const unsigned char *memory)
{
    for (const struct chunk *chunk = arena.chunk; chunk; chunk = chunk->next)
        if (memory >= chunk->bytes && memory < chunk->bytes + chunk->size)
            return true;
    return false;
}

static struct chunk *chunk_new(size_t size, struct chunk *next)
{
    struct chunk *chunk = malloc(sizeof(*chunk) + size);

    if (!chunk)
        abort();
    chunk->next = next;
    chunk->size = size;
    chunk->used = 0;
    return chunk;
}

static void *take(size_t size)
{
    size_t rounded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    void *memory;

    if (rounded < size)
        return NULL;
    if (!arena.chunk || arena.chunk->size - arena.chunk->used < rounded)
        arena.chunk = chunk_new(rounded > CHUNK_BYTES ? rounded : CHUNK_BYTES, arena.chunk);
    memory = arena.chunk->bytes + arena.chunk->used;
    arena.chunk->used += rounded;
    arena.used += rounded;
    return memory;
}

static void *arena_malloc(size_t size)
{
    return arena.active ? take(size) : malloc(size);
}

static void arena_free(void *memory)
{
    if (!memory || (arena.active && is_inside(memory)))
        return;
    free(memory);
}

/* What hangs below a value of the region is of the region too, or not its own. */
void bl_json_free(cJSON *value)
{
    if (!value || (arena.active && is_inside((const unsigned char *)value)))
        return;
    cJSON_Delete(value);
}

void bl_json_arena_setup(void)
{
    cJSON_Hooks hooks = {arena_malloc, arena_free};

    if (!ARENA_OFF)
        cJSON_InitHooks(&hooks);
}

void bl_json_arena_begin(void)
{
    assert(!arena.active);
    arena.active = !ARENA_OFF;
    arena.used = 0;
}

/* Keeps the oldest chunk, unless it is a large one, for the next request. */
void bl_json_arena_end(void)
{
    while (arena.chunk && (arena.chunk->next || arena.chunk->size > CHUNK_BYTES)) {
        struct chunk *chunk = arena.chunk;

        arena.chunk = chunk->next;
        free(chunk);
    }
    if (arena.chunk)
        arena.chunk->used = 0;
    arena.active = false;
}

size_t bl_json_arena_used(void)
{
    return arena.used;
}
