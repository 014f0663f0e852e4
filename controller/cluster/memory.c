#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"

void bl_cluster_memory_reset(struct bl_cluster_memory *memory)
{
    bl_cluster_plan_release(&memory->plan);
    bl_strings_release(&memory->drift);
    bl_strings_release(&memory->sets);
    free(memory->bootstrap);
    free(memory->chart);
    memory->bootstrap = memory->chart = NULL;
    memory->known = false;
}

static void *make(const char *name, void *context BL_UNUSED)
{
    struct bl_cluster_memory *memory = BL_NEW(struct bl_cluster_memory);

    memory->name = bl_strdup(name);
    return memory;
}

static void release(void *context)
{
    struct bl_cluster_memory *memory = context;

    bl_cluster_memory_reset(memory);
    bl_kube_client_free(memory->client);
    free(memory->account);
    free(memory->version);
    free(memory->name);
    free(memory);
}

struct bl_memories *bl_cluster_memories_new(void)
{
    return bl_memories_new(make, release, NULL);
}
