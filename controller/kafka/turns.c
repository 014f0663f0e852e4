#include "turns.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"

/* A cluster that works answers in milliseconds, one with very many partitions within a second. */
#define SLOW (2 * BL_NSEC_S)
/* From ten seconds to less than two it takes some fifty quick answers. */
#define FORGET 32

struct bl_turns {
    pthread_mutex_t lock; /* guards the list */
    struct {
        char **items; /* namespaces */
        size_t len, cap;
    } taken;
    size_t most;
};

struct bl_turns *bl_turns_new(unsigned workers)
{
    struct bl_turns *turns = BL_NEW(struct bl_turns);

    (void)pthread_mutex_init(&turns->lock, NULL);
    turns->most = workers > 1 ? workers / 2 : 1;
    return turns;
}

void bl_turns_free(struct bl_turns *turns)
{
    if (!turns)
        return;
    for (size_t i = 0; i < turns->taken.len; i++)
        free(turns->taken.items[i]);
    free(turns->taken.items);
    (void)pthread_mutex_destroy(&turns->lock);
    free(turns);
}

static size_t namespace_len(const char *cluster)
{
    return strcspn(cluster, "/");
}

/* Where the cluster's namespace is in the list; its length where it is not. */
static size_t find(const struct bl_turns *turns, const char *cluster)
{
    size_t len = namespace_len(cluster), at = 0;

    while (at < turns->taken.len && (strncmp(turns->taken.items[at], cluster, len) != 0 ||
                                     turns->taken.items[at][len] != '\0'))
        at++;
    return at;
}

bool bl_turns_take(struct bl_turns *turns, const char *cluster)
{
    bool free_turn;

    (void)pthread_mutex_lock(&turns->lock);
    free_turn = turns->taken.len < turns->most && find(turns, cluster) == turns->taken.len;
    if (free_turn)
        *BL_PUSH(&turns->taken) = bl_strndup(cluster, namespace_len(cluster));
    (void)pthread_mutex_unlock(&turns->lock);
    return free_turn;
}

void bl_turns_give(struct bl_turns *turns, const char *cluster)
{
    size_t at;

    (void)pthread_mutex_lock(&turns->lock);
    at = find(turns, cluster);
    if (at < turns->taken.len) {
        free(turns->taken.items[at]);
        turns->taken.items[at] = turns->taken.items[--turns->taken.len];
    }
    (void)pthread_mutex_unlock(&turns->lock);
}

bl_nsec bl_turns_expect(bl_nsec expected, bl_nsec took)
{
    bl_nsec faded = expected - expected / FORGET;

    return took > faded ? took : faded;
}

bool bl_turns_is_slow(bl_nsec expected)
{
    return expected >= SLOW;
}
