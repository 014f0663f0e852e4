#include "fights.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/json.h"

#define SLOTS 512

struct slot {
    uint64_t object, patch;
    bl_nsec since;
    unsigned rounds;
};

struct bl_fights {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
};

struct bl_fights *bl_fights_new(void)
{
    struct bl_fights *fights = BL_NEW(struct bl_fights);

    (void)pthread_mutex_init(&fights->lock, NULL);
    return fights;
}

void bl_fights_free(struct bl_fights *fights)
{
    if (!fights)
        return;
    (void)pthread_mutex_destroy(&fights->lock);
    free(fights);
}

/* FNV-1a, with the NUL, so that what follows begins anew. */
static uint64_t hash(uint64_t state, const char *text)
{
    for (text = text ? text : "";; text++) {
        state = (state ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
        if (!*text)
            return state;
    }
}

static uint64_t hash_object(const cJSON *request)
{
    uint64_t state = UINT64_C(0xcbf29ce484222325);

    state = hash(state, bl_json_string(bl_json_get(request, "resource"), "resource"));
    state = hash(state, bl_json_string(request, "namespace"));
    return hash(state, bl_json_string(request, "name"));
}

static unsigned note(struct slot *slot, uint64_t object, uint64_t patch, bl_nsec now)
{
    if (slot->object != object || slot->patch != patch || now - slot->since > BL_FIGHT_PERIOD)
        *slot = (struct slot){.object = object, .patch = patch, .since = now};
    return ++slot->rounds;
}

unsigned bl_fights_note(struct bl_fights *fights, const cJSON *review, const cJSON *answer,
                        bl_nsec now)
{
    const cJSON *request = bl_json_get(review, "request");
    const char *patch = bl_json_string(bl_json_get(answer, "response"), "patch");
    uint64_t object;
    unsigned rounds;

    if (!patch || bl_json_bool(request, "dryRun", false) ||
        !bl_text_eq(bl_json_string(request, "operation"), "UPDATE"))
        return 0;
    object = hash_object(request);
    (void)pthread_mutex_lock(&fights->lock);
    rounds = note(&fights->slots[object % SLOTS], object, hash(object, patch), now);
    (void)pthread_mutex_unlock(&fights->lock);
    return rounds >= BL_FIGHT_ROUNDS ? rounds : 0;
}
