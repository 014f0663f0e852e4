#include "ballast/runtime/memories.h"

#include <pthread.h>
#include <string.h>

#include "ballast/base/mem.h"

struct named {
    char *name;
    void *memory;
};

struct bl_memories {
    void *(*make)(const char *name, void *context);
    void (*free)(void *memory);
    void *context;
    pthread_mutex_t lock; /* guards the list */
    struct named *items;
    size_t len, cap;
};

struct bl_memories *bl_memories_new(void *(*make)(const char *name, void *context),
                                    void (*free)(void *memory), void *context)
{
    struct bl_memories *memories = BL_NEW(struct bl_memories);

    memories->make = make;
    memories->free = free;
    memories->context = context;
    (void)pthread_mutex_init(&memories->lock, NULL);
    return memories;
}

void bl_memories_free(struct bl_memories *memories)
{
    if (!memories)
        return;
    for (size_t i = 0; i < memories->len; i++) {
        memories->free(memories->items[i].memory);
        free(memories->items[i].name);
    }
    free(memories->items);
    (void)pthread_mutex_destroy(&memories->lock);
    free(memories);
}

/* With the lock; NULL: there is none. */
static struct named *find(struct bl_memories *memories, const char *name)
{
    for (size_t i = 0; i < memories->len; i++)
        if (strcmp(memories->items[i].name, name) == 0)
            return &memories->items[i];
    return NULL;
}

void *bl_memories_find(struct bl_memories *memories, const char *name)
{
    struct named *named;
    void *found;

    bl_memories_lock(memories);
    named = find(memories, name);
    if (!named) {
        named = BL_PUSH(memories);
        *named = (struct named){bl_strdup(name), memories->make(name, memories->context)};
    }
    found = named->memory;
    bl_memories_unlock(memories);
    return found;
}

void bl_memories_forget(struct bl_memories *memories, const char *name)
{
    struct named gone = {0}, *named;

    bl_memories_lock(memories);
    named = find(memories, name);
    if (named) {
        gone = *named;
        *named = memories->items[--memories->len];
    }
    bl_memories_unlock(memories);
    if (gone.memory)
        memories->free(gone.memory);
    free(gone.name);
}

void bl_memories_lock(struct bl_memories *memories)
{
    (void)pthread_mutex_lock(&memories->lock);
}

void bl_memories_unlock(struct bl_memories *memories)
{
    (void)pthread_mutex_unlock(&memories->lock);
}

size_t bl_memories_len(const struct bl_memories *memories)
{
    return memories->len;
}

void *bl_memories_at(const struct bl_memories *memories, size_t index)
{
    return memories->items[index].memory;
}
