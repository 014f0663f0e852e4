#include "ballast/json/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/json/json.h"
#include "json_node.h"

/* Most reviews fit into one, which the thread keeps. */
#define CHUNK_BYTES ((size_t)256 << 10)
#define ALIGN 16

struct chunk {
    struct chunk *next; /* taken before this one */
    size_t size;
    _Alignas(ALIGN) unsigned char bytes[];
};

static _Thread_local struct {
    unsigned char *at, *end; /* what is free of the newest chunk; both NULL while none is begun */
    struct chunk *chunk;
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
    return chunk;
}

static void open_chunk(void)
{
    arena.at = arena.chunk->bytes;
    arena.end = arena.at + arena.chunk->size;
}

static void add_chunk(size_t size)
{
    arena.chunk = chunk_new(size > CHUNK_BYTES ? size : CHUNK_BYTES, arena.chunk);
    open_chunk();
}

static inline void *take(size_t size)
{
    size_t rounded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    void *memory;

    if (rounded < size)
        return NULL;
    if ((size_t)(arena.end - arena.at) < rounded)
        add_chunk(rounded);
    memory = arena.at;
    arena.at += rounded;
    return memory;
}

static void *arena_malloc(size_t size)
{
    return arena.active ? take(size) : malloc(size);
}

cJSON *bl_json_node(int type)
{
    cJSON *node = arena.active ? take(sizeof(*node)) : cJSON_malloc(sizeof(*node));

    if (!node)
        abort();
    *node = (cJSON){.type = type};
    return node;
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

static void wipe_texts(cJSON *value)
{
    for (cJSON *child = value->child; child; child = child->next)
        wipe_texts(child);
    if (value->valuestring)
        explicit_bzero(value->valuestring, strlen(value->valuestring));
}

void bl_json_wipe(cJSON **value)
{
    if (*value)
        wipe_texts(*value);
    bl_json_free(*value);
    *value = NULL;
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
    if (arena.chunk)
        open_chunk();
}

/* What was read may be a Secret, as Helm's records are. */
static void wipe(void)
{
    for (struct chunk *chunk = arena.chunk; chunk; chunk = chunk->next)
        explicit_bzero(chunk->bytes,
                       chunk == arena.chunk ? (size_t)(arena.at - chunk->bytes) : chunk->size);
}

/* Keeps the oldest chunk, unless it is a large one, for the next request. */
void bl_json_arena_end(void)
{
    if (arena.active && arena.at)
        wipe();
    while (arena.chunk && (arena.chunk->next || arena.chunk->size > CHUNK_BYTES)) {
        struct chunk *chunk = arena.chunk;

        arena.chunk = chunk->next;
        free(chunk);
    }
    arena.at = arena.end = NULL;
    arena.active = false;
}
