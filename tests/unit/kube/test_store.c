/* A store: what readers see while one writer changes it. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "ballast/kube/store.h"
#include "json_help.h"

static cJSON *object(const char *namespace, const char *name, unsigned version)
{
    BL_AUTO_FREE char *text = bl_asprintf(
        "{'apiVersion':'v1','kind':'Pod','metadata':{'namespace':'%s','name':'%s',"
        "'resourceVersion':'%u','managedFields':[{'a':1}],'annotations':{"
        "'kubectl.kubernetes.io/last-applied-configuration':'{}','b':'c'}},'spec':{'n':%u}}",
        namespace, name, version, version);

    return help_json(text);
}

static char *names(struct bl_store *store, const char *namespace)
{
    BL_AUTO(bl_stored_list_release) struct bl_stored_list list = {0};
    struct bl_strbuf out = BL_STRBUF_INIT(4096);

    bl_store_list(store, namespace, &list);
    for (size_t i = 0; i < list.len; i++) {
        const cJSON *metadata = bl_json_get(bl_stored_object(list.items[i]), "metadata");

        bl_strbuf_addf(&out, "%s/%s ", bl_json_string(metadata, "namespace"),
                       bl_json_string(metadata, "name"));
    }
    return bl_strbuf_take(&out);
}

#define NAMES_ARE(store, namespace, wanted)                 \
    do {                                                    \
        BL_AUTO_FREE char *found = names(store, namespace); \
        ck_assert_str_eq(found, wanted);                    \
    } while (0)

START_TEST(kept_in_order)
{
    BL_AUTO(bl_store_cleanup) struct bl_store *store = bl_store_new(NULL);
    struct bl_store_stats stats;

    NAMES_ARE(store, NULL, "");
    bl_store_begin(store);
    bl_store_upsert(store, object("b", "y", 1));
    bl_store_upsert(store, object("a", "z", 2));
    bl_store_upsert(store, object("b", "x", 3));
    bl_store_upsert(store, object("ab", "x", 4));
    bl_store_stats(store, &stats);
    ck_assert(!stats.synced);
    bl_store_synced(store);
    NAMES_ARE(store, NULL, "a/z ab/x b/x b/y ");
    NAMES_ARE(store, "b", "b/x b/y ");
    NAMES_ARE(store, "a", "a/z ");
    NAMES_ARE(store, "c", "");
    bl_store_stats(store, &stats);
    ck_assert(stats.synced);
    ck_assert_uint_eq(stats.objects, 4);
    ck_assert_uint_gt(stats.bytes, 1000);
    ck_assert_uint_eq(stats.version, 4);
}
END_TEST

START_TEST(old_objects_stay_alive)
{
    BL_AUTO(bl_store_cleanup) struct bl_store *store = bl_store_new(NULL);
    BL_AUTO(bl_stored_cleanup) struct bl_stored *old = NULL;
    BL_AUTO(bl_stored_cleanup) struct bl_stored *new = NULL;
    BL_AUTO_JSON cJSON *gone = object("a", "x", 3);

    bl_store_upsert(store, object("a", "x", 1));
    old = bl_store_find(store, "a", "x");
    bl_store_upsert(store, object("a", "x", 2));
    new = bl_store_find(store, "a", "x");
    bl_store_remove(store, gone);
    ck_assert_ptr_null(bl_store_find(store, "a", "x"));
    ck_assert_str_eq(
        bl_json_string(bl_json_get(bl_stored_object(old), "metadata"), "resourceVersion"), "1");
    ck_assert_str_eq(
        bl_json_string(bl_json_get(bl_stored_object(new), "metadata"), "resourceVersion"), "2");
    ck_assert_ptr_null(bl_json_at(bl_stored_object(new), "metadata", "managedFields", NULL));
    BL_AUTO_FREE char *annotations =
        help_text(bl_json_at(bl_stored_object(new), "metadata", "annotations", NULL));
    ck_assert_str_eq(annotations, "{'b':'c'}");
}
END_TEST

/* What is told, as words. */
static void note(const cJSON *before, const cJSON *after, void *context)
{
    const cJSON *either = after ? after : before;

    bl_strbuf_addf(context, "%s%s ",
                   !before  ? "+"
                   : !after ? "-"
                            : "~",
                   bl_json_string(bl_json_get(either, "metadata"), "name"));
}

static void note_synced(void *context)
{
    bl_strbuf_adds(context, "| ");
}

static bool keep_short_names(cJSON *value, void *context BL_UNUSED)
{
    cJSON_DeleteItemFromObjectCaseSensitive(value, "spec");
    return strlen(bl_json_string(bl_json_get(value, "metadata"), "name")) == 1;
}

START_TEST(sweep)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf told = BL_STRBUF_INIT(4096);
    struct bl_store_options options = {
        .keep = keep_short_names, .changed = note, .synced = note_synced, .context = &told};
    BL_AUTO(bl_store_cleanup) struct bl_store *store = bl_store_new(&options);
    struct bl_store_stats stats;

    bl_store_begin(store);
    bl_store_upsert(store, object("a", "x", 1));
    bl_store_upsert(store, object("a", "y", 1));
    bl_store_upsert(store, object("a", "long", 1));
    /* The list broke off and begins again. */
    bl_store_begin(store);
    bl_store_upsert(store, object("a", "y", 1));
    bl_store_upsert(store, object("a", "z", 1));
    NAMES_ARE(store, NULL, "a/x a/y a/z ");
    bl_store_synced(store);
    NAMES_ARE(store, NULL, "a/y a/z ");
    bl_store_upsert(store, object("a", "y", 2));
    ck_assert_str_eq(told.text, "+x +y +z -x | ~y ");

    BL_AUTO(bl_stored_cleanup) struct bl_stored *stored = bl_store_find(store, "a", "y");
    ck_assert_ptr_null(bl_json_get(bl_stored_object(stored), "spec"));
    bl_store_begin(store);
    bl_store_synced(store);
    bl_store_stats(store, &stats);
    ck_assert_uint_eq(stats.objects, 0);
    ck_assert_uint_eq(stats.bytes, 0);
}
END_TEST

struct race {
    struct bl_store *store;
    atomic_bool over;
};

/* Every object that a reader gets is whole. */
static void *read_all(void *context)
{
    struct race *race = context;

    while (!atomic_load(&race->over)) {
        BL_AUTO(bl_stored_list_release) struct bl_stored_list list = {0};
        BL_AUTO(bl_stored_cleanup) struct bl_stored *one = bl_store_find(race->store, "n1", "p3");

        if (one && !bl_stored_object(one))
            abort();
        bl_store_list(race->store, "n1", &list);
        for (size_t i = 0; i < list.len; i++) {
            const cJSON *value = bl_stored_object(list.items[i]);
            int64_t number = -1;

            if (!bl_json_int(bl_json_at(value, "spec", "n", NULL), &number) || number < 0)
                abort();
        }
    }
    return NULL;
}

START_TEST(many_readers)
{
    struct race race = {.store = bl_store_new(NULL)};
    pthread_t readers[4];

    for (size_t i = 0; i < BL_ARRAY_LEN(readers); i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_all, &race), 0);
    for (unsigned round = 1; round < 100; round++) {
        bl_store_begin(race.store);
        for (unsigned i = 0; i < 20; i++) {
            char namespace[16], name[16];

            (void)snprintf(namespace, sizeof(namespace), "n%u", i % 2);
            (void)snprintf(name, sizeof(name), "p%u", (i + round) % 30);
            bl_store_upsert(race.store, object(namespace, name, round));
        }
        bl_store_synced(race.store);
    }
    atomic_store(&race.over, true);
    for (size_t i = 0; i < BL_ARRAY_LEN(readers); i++)
        pthread_join(readers[i], NULL);
    bl_store_free(race.store);
}
END_TEST

struct told {
    unsigned changed, left_out;
    bool gone;
};

static void note_change(const cJSON *before BL_UNUSED, const cJSON *after, void *context)
{
    struct told *told = context;

    told->changed++;
    told->gone = !after;
}

static void note_left_out(const struct bl_ref *ref BL_UNUSED, size_t bytes BL_UNUSED, void *context)
{
    ((struct told *)context)->left_out++;
}

static cJSON *large(const char *namespace, const char *name, unsigned version, size_t size)
{
    cJSON *it = object(namespace, name, version);
    char *pad = bl_alloc(size + 1, 1);

    memset(pad, 'x', size);
    bl_json_add_string(bl_json_get(it, "spec"), "pad", pad);
    free(pad);
    return it;
}

/* Who may make objects in one namespace fills nobody's memory. */
START_TEST(what_is_too_large_is_left_out)
{
    struct told told = {0};
    struct bl_store_options options = {.changed = note_change,
                                       .left_out = note_left_out,
                                       .max_object = 64 << 10,
                                       .max_namespace = 256 << 10,
                                       .context = &told};
    BL_AUTO(bl_store_cleanup) struct bl_store *store = bl_store_new(&options);
    struct bl_store_stats stats;
    char name[32];

    for (unsigned i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof(name), "l%03u", i);
        bl_store_upsert(store, large("hostile", name, i, 1400 << 10));
    }
    bl_store_upsert(store, object("honest", "a", 1));
    bl_store_stats(store, &stats);
    ck_assert_uint_eq(stats.objects, 1);
    ck_assert_uint_eq(stats.left_out, 200);
    ck_assert_uint_lt(stats.bytes, 128 << 10);
    ck_assert_uint_eq(told.left_out, 200);
    ck_assert_uint_eq(told.changed, 1);
    NAMES_ARE(store, NULL, "honest/a ");
    ck_assert_ptr_null(bl_store_find(store, "hostile", "l000"));

    /* Nor do many that are each small enough. */
    for (unsigned i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof(name), "m%03u", i);
        bl_store_upsert(store, large("many", name, i, 60 << 10));
    }
    bl_store_stats(store, &stats);
    ck_assert_uint_lt(stats.bytes, 512 << 10);
    ck_assert_uint_gt(stats.objects, 3);
    ck_assert_uint_lt(stats.objects, 6);

    /* One that grows is gone, and one that shrinks is there again. It is told once. */
    told = (struct told){0};
    bl_store_upsert(store, large("honest", "a", 2, 100 << 10));
    ck_assert(told.gone);
    bl_store_upsert(store, large("honest", "a", 3, 100 << 10));
    ck_assert_uint_eq(told.left_out, 1);
    bl_store_upsert(store, object("honest", "a", 4));
    ck_assert_uint_eq(told.changed, 2);
    ck_assert(!told.gone);

    /* All of it goes. */
    bl_store_begin(store);
    bl_store_synced(store);
    bl_store_stats(store, &stats);
    ck_assert_uint_eq(stats.objects + stats.left_out + stats.bytes, 0);
}
END_TEST

static atomic_int dropped;

static void *derive(const cJSON *stored, size_t *ret_bytes)
{
    const char *name = bl_object_ref(stored).name;

    if (strcmp(name, "none") == 0)
        return NULL;
    *ret_bytes = 1000;
    return bl_asprintf("of %s", name);
}

static void drop(void *derived)
{
    atomic_fetch_add(&dropped, 1);
    free(derived);
}

/* Beside an object stands what was worked out of it, for as long as somebody has the object. */
START_TEST(derived)
{
    struct bl_store_options options = {.derive = derive, .drop = drop};
    struct bl_store *store = bl_store_new(&options);
    struct bl_store_stats stats, plain;

    bl_store_upsert(store, object("a", "none", 1));
    bl_store_stats(store, &plain);
    bl_store_upsert(store, object("a", "some", 1));
    bl_store_stats(store, &stats);
    ck_assert_uint_ge(stats.bytes, plain.bytes + 1000);
    BL_AUTO(bl_stored_cleanup) struct bl_stored *none = bl_store_find(store, "a", "none");
    BL_AUTO(bl_stored_cleanup) struct bl_stored *some = bl_store_find(store, "a", "some");
    ck_assert_ptr_null(bl_stored_derived(none));
    ck_assert_str_eq(bl_stored_derived(some), "of some");
    bl_store_upsert(store, object("a", "some", 2));
    bl_store_free(store);
    ck_assert_int_eq(dropped, 1);
    ck_assert_str_eq(bl_stored_derived(some), "of some");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *tc = tcase_create("store");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, kept_in_order);
    tcase_add_test(tc, old_objects_stay_alive);
    tcase_add_test(tc, sweep);
    tcase_add_test(tc, many_readers);
    tcase_add_test(tc, what_is_too_large_is_left_out);
    tcase_add_test(tc, derived);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
