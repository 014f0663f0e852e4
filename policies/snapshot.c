#include "ballast/policies/snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "ballast/base/mem.h"

struct bl_snapshot {
    atomic_uint refs;
    struct bl_policy_set set;
};

struct source {
    char *name; /* the file, or the object's name */
    char *text; /* of a file */
    size_t len;
    cJSON *object; /* of the cluster */
};

struct sources {
    struct source *items;
    size_t len, cap;
};

struct bl_policies {
    const char *const *names;
    bl_nsec overlap;
    pthread_mutex_t change; /* held while sources are read; guards them */
    struct sources files, objects;

    pthread_mutex_t lock; /* guards what follows, for as long as it takes to count */
    struct bl_snapshot *current, *previous;
    bl_nsec swapped;
};

const struct bl_policy_set *bl_snapshot_policies(const struct bl_snapshot *snapshot)
{
    return &snapshot->set;
}

void bl_snapshot_unref(struct bl_snapshot *snapshot)
{
    if (!snapshot || atomic_fetch_sub(&snapshot->refs, 1) != 1)
        return;
    bl_policy_set_release(&snapshot->set);
    free(snapshot);
}

static void source_clear(struct source *source)
{
    free(source->name);
    free(source->text);
    cJSON_Delete(source->object);
}

static void sources_release(struct sources *sources)
{
    for (size_t i = 0; i < sources->len; i++)
        source_clear(&sources->items[i]);
    free(sources->items);
    *sources = (struct sources){0};
}

struct bl_policies *bl_policies_new(const char *const *names, bl_nsec overlap)
{
    struct bl_policies *policies = BL_NEW(struct bl_policies);

    policies->names = names;
    policies->overlap = overlap;
    (void)pthread_mutex_init(&policies->change, NULL);
    (void)pthread_mutex_init(&policies->lock, NULL);
    return policies;
}

void bl_policies_free(struct bl_policies *policies)
{
    if (!policies)
        return;
    sources_release(&policies->files);
    sources_release(&policies->objects);
    bl_snapshot_unref(policies->current);
    bl_snapshot_unref(policies->previous);
    (void)pthread_mutex_destroy(&policies->change);
    (void)pthread_mutex_destroy(&policies->lock);
    free(policies);
}

static struct bl_snapshot *ref(struct bl_snapshot *snapshot)
{
    if (snapshot)
        atomic_fetch_add(&snapshot->refs, 1);
    return snapshot;
}

struct bl_snapshot *bl_policies_get(struct bl_policies *policies)
{
    struct bl_snapshot *snapshot;

    (void)pthread_mutex_lock(&policies->lock);
    snapshot = ref(policies->current);
    (void)pthread_mutex_unlock(&policies->lock);
    return snapshot;
}

struct bl_snapshot *bl_policies_get_previous(struct bl_policies *policies)
{
    struct bl_snapshot *snapshot = NULL;

    (void)pthread_mutex_lock(&policies->lock);
    if (bl_clock_now(&bl_clock_real) - policies->swapped < policies->overlap)
        snapshot = ref(policies->previous);
    (void)pthread_mutex_unlock(&policies->lock);
    return snapshot;
}

static void publish(struct bl_policies *policies, struct bl_snapshot *snapshot)
{
    struct bl_snapshot *old;

    (void)pthread_mutex_lock(&policies->lock);
    old = policies->previous;
    policies->previous = policies->current;
    policies->current = snapshot;
    policies->swapped = bl_clock_now(&bl_clock_real);
    (void)pthread_mutex_unlock(&policies->lock);
    bl_snapshot_unref(old);
}

static int build(const struct sources *files, const struct sources *objects,
                 struct bl_snapshot **ret_snapshot, struct bl_error **err)
{
    BL_AUTO(bl_snapshot_cleanup) struct bl_snapshot *snapshot = BL_NEW(struct bl_snapshot);

    atomic_init(&snapshot->refs, 1);
    for (size_t i = 0; i < files->len; i++)
        if (bl_policy_set_add_text(&snapshot->set, files->items[i].name, files->items[i].text,
                                   files->items[i].len, err) < 0)
            return -1;
    for (size_t i = 0; i < objects->len; i++)
        if (bl_policy_set_add_object(&snapshot->set, objects->items[i].object, err) < 0)
            return -1;
    bl_policy_set_sort(&snapshot->set);
    *ret_snapshot = BL_STEAL(snapshot);
    return 0;
}

static int read_text(struct sources *sources, const char *path, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_POLICY_MAX_BYTES);
    struct source *source;

    if (bl_file_read(path, &text, err) < 0)
        return -1;
    source = BL_PUSH(sources);
    source->name = bl_strdup(path);
    source->len = text.len;
    source->text = bl_strbuf_take(&text);
    return 0;
}

static int read_texts(const char *const *names, struct sources *ret_sources, struct bl_error **err)
{
    BL_AUTO(sources_release) struct sources sources = {0};
    BL_AUTO(bl_paths_release) struct bl_paths paths = {0};

    for (; names && *names; names++)
        if (bl_policy_paths(&paths, *names, err) < 0)
            return -1;
    for (size_t i = 0; i < paths.len; i++)
        if (read_text(&sources, paths.items[i], err) < 0)
            return -1;
    *ret_sources = sources;
    sources = (struct sources){0};
    return 0;
}

static bool same_texts(const struct sources *a, const struct sources *b)
{
    if (a->len != b->len)
        return false;
    for (size_t i = 0; i < a->len; i++)
        if (strcmp(a->items[i].name, b->items[i].name) != 0 || a->items[i].len != b->items[i].len ||
            memcmp(a->items[i].text, b->items[i].text, a->items[i].len) != 0)
            return false;
    return true;
}

/* Files that are being swapped are read twice: half of the old and half of the new is neither. */
static int read_settled(const char *const *names, struct sources *ret_sources,
                        struct bl_error **err)
{
    BL_AUTO(sources_release) struct sources first = {0};
    BL_AUTO(sources_release) struct sources second = {0};

    if (read_texts(names, &first, err) < 0 || read_texts(names, &second, err) < 0)
        return -1;
    if (!same_texts(&first, &second)) {
        bl_fail(err, BL_ERR_CONFLICT, "policy files are being replaced");
        return bl_hint(err, "They are read again in a moment.");
    }
    *ret_sources = second;
    second = (struct sources){0};
    return 0;
}

static int take_files(struct bl_policies *policies, struct sources *files, enum bl_reload *ret_what,
                      struct bl_error **err)
{
    struct bl_snapshot *snapshot;

    if (policies->current && same_texts(&policies->files, files)) {
        *ret_what = BL_RELOAD_SAME;
        return 0;
    }
    if (build(files, &policies->objects, &snapshot, err) < 0)
        return -1;
    sources_release(&policies->files);
    policies->files = *files;
    *files = (struct sources){0};
    publish(policies, snapshot);
    *ret_what = BL_RELOAD_DONE;
    return 0;
}

int bl_policies_read(struct bl_policies *policies, enum bl_reload *ret_what, struct bl_error **err)
{
    BL_AUTO(sources_release) struct sources files = {0};
    int rc;

    (void)pthread_mutex_lock(&policies->change);
    rc = read_settled(policies->names, &files, err);
    if (rc == 0)
        rc = take_files(policies, &files, ret_what, err);
    (void)pthread_mutex_unlock(&policies->change);
    return rc;
}

static struct source *find_source(struct sources *sources, const char *name)
{
    for (size_t i = 0; i < sources->len; i++)
        if (strcmp(sources->items[i].name, name) == 0)
            return &sources->items[i];
    return NULL;
}

static void drop_source(struct sources *sources, struct source *source)
{
    size_t at = (size_t)(source - sources->items);

    source_clear(source);
    memmove(source, source + 1, (sources->len - at - 1) * sizeof(*source));
    sources->len--;
    sources->items[sources->len] = (struct source){0};
}

/* Puts the object in, and back out if it does not fit with the others. */
static int upsert(struct bl_policies *policies, const char *name, const cJSON *object,
                  struct bl_error **err)
{
    struct source *source = find_source(&policies->objects, name);
    cJSON *before = source ? source->object : NULL;
    struct bl_snapshot *snapshot;

    if (!source) {
        source = BL_PUSH(&policies->objects);
        source->name = bl_strdup(name);
    }
    source->object = bl_json_copy(object);
    if (build(&policies->files, &policies->objects, &snapshot, err) == 0) {
        cJSON_Delete(before);
        publish(policies, snapshot);
        return 0;
    }
    cJSON_Delete(source->object);
    source->object = before;
    if (!before)
        drop_source(&policies->objects, source);
    return -1;
}

int bl_policies_upsert(struct bl_policies *policies, const cJSON *object, struct bl_error **err)
{
    const char *name = bl_json_string(bl_json_get(object, "metadata"), "name");
    int rc;

    if (!name)
        return bl_fail(err, BL_ERR_INVALID, "the KafkaPolicy has no name");
    (void)pthread_mutex_lock(&policies->change);
    rc = upsert(policies, name, object, err);
    (void)pthread_mutex_unlock(&policies->change);
    return rc;
}

static bool is_among(const char *name, const char *const *names, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Fewer of what was good together is good. */
static int republish(struct bl_policies *policies, struct bl_error **err)
{
    struct bl_snapshot *snapshot;

    if (build(&policies->files, &policies->objects, &snapshot, err) < 0)
        return -1;
    publish(policies, snapshot);
    return 0;
}

int bl_policies_keep(struct bl_policies *policies, const char *const *names, size_t len,
                     struct bl_error **err)
{
    size_t before;
    int rc = 0;

    (void)pthread_mutex_lock(&policies->change);
    before = policies->objects.len;
    for (size_t i = before; i-- > 0;)
        if (!is_among(policies->objects.items[i].name, names, len))
            drop_source(&policies->objects, &policies->objects.items[i]);
    if (policies->objects.len != before)
        rc = republish(policies, err);
    (void)pthread_mutex_unlock(&policies->change);
    return rc;
}

int bl_policies_remove(struct bl_policies *policies, const char *name, struct bl_error **err)
{
    struct source *source;
    int rc = 0;

    (void)pthread_mutex_lock(&policies->change);
    source = find_source(&policies->objects, name);
    if (source) {
        drop_source(&policies->objects, source);
        rc = republish(policies, err);
    }
    (void)pthread_mutex_unlock(&policies->change);
    return rc;
}
