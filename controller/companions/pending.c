#include "pending.h"

#include <pthread.h>
#include <string.h>

#include "ballast/base/mem.h"

struct entry {
    char *key;     /* kind, namespace, name */
    char *version; /* of the object as it was before; "" where it was not there */
    bl_nsec at;
};

struct bl_pending {
    const struct bl_clock *clock;
    pthread_mutex_t lock; /* guards what follows */
    struct {
        struct entry *items;
        size_t len, cap;
    } entries;
};

struct bl_pending *bl_pending_new(const struct bl_clock *clock)
{
    struct bl_pending *pending = BL_NEW(struct bl_pending);

    pending->clock = clock;
    (void)pthread_mutex_init(&pending->lock, NULL);
    return pending;
}

static void entry_clear(struct entry *entry)
{
    free(entry->key);
    free(entry->version);
}

void bl_pending_free(struct bl_pending *pending)
{
    if (!pending)
        return;
    for (size_t i = 0; i < pending->entries.len; i++)
        entry_clear(&pending->entries.items[i]);
    free(pending->entries.items);
    (void)pthread_mutex_destroy(&pending->lock);
    free(pending);
}

static char *key_of(const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);

    return bl_asprintf("%s/%s/%s", ref.kind, ref.namespace, ref.name);
}

static const char *version_of(const cJSON *present)
{
    const char *version = bl_json_string(bl_json_get(present, "metadata"), "resourceVersion");

    return version ? version : "";
}

static const cJSON *object_of(const struct bl_step *step)
{
    return step->object ? step->object : step->present;
}

/* With the lock. */
static void drop(struct bl_pending *pending, size_t at)
{
    entry_clear(&pending->entries.items[at]);
    pending->entries.items[at] = pending->entries.items[--pending->entries.len];
}

/* With the lock; drops what has become too old on the way. NULL: there is none. */
static struct entry *find(struct bl_pending *pending, const char *key)
{
    bl_nsec now = bl_clock_now(pending->clock);
    struct entry *found = NULL;

    for (size_t i = pending->entries.len; i-- > 0;)
        if (now - pending->entries.items[i].at >= BL_PENDING_PERIOD)
            drop(pending, i);
    for (size_t i = 0; i < pending->entries.len; i++)
        if (strcmp(pending->entries.items[i].key, key) == 0)
            found = &pending->entries.items[i];
    return found;
}

void bl_pending_note(struct bl_pending *pending, const struct bl_step *step)
{
    char *key = key_of(object_of(step));
    struct entry *entry;

    (void)pthread_mutex_lock(&pending->lock);
    entry = find(pending, key);
    if (entry)
        entry_clear(entry);
    else
        entry = BL_PUSH(&pending->entries);
    *entry =
        (struct entry){key, bl_strdup(version_of(step->present)), bl_clock_now(pending->clock)};
    (void)pthread_mutex_unlock(&pending->lock);
}

bool bl_pending_has(struct bl_pending *pending, const struct bl_step *step)
{
    BL_AUTO_FREE char *key = key_of(object_of(step));
    const struct entry *entry;
    bool has;

    (void)pthread_mutex_lock(&pending->lock);
    entry = find(pending, key);
    has = entry && strcmp(entry->version, version_of(step->present)) == 0;
    (void)pthread_mutex_unlock(&pending->lock);
    return has;
}

void bl_pending_seen(struct bl_pending *pending, const cJSON *object)
{
    BL_AUTO_FREE char *key = key_of(object);
    struct entry *entry;

    (void)pthread_mutex_lock(&pending->lock);
    entry = find(pending, key);
    if (entry && !*entry->version)
        drop(pending, (size_t)(entry - pending->entries.items));
    (void)pthread_mutex_unlock(&pending->lock);
}
