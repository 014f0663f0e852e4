/* What a plan changes, in lines that a person reads: one for each object, or for each value of one that changes. */
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"
#include "plan.h"

#define CHANGES_MAX 50
#define OF_ONE_OBJECT 8
#define VALUE_MAX 60

struct differences {
    struct bl_strings *out;
    size_t most, found;
    bool secret;
    struct bl_strbuf path;
};

/*
 * What may be shown of a value. A secret may lie anywhere in what a chart renders: a plan shows numbers, booleans and null, and
 * texts below these keys alone. Of Secrets and ConfigMaps it shows no value at all.
 */
static bool is_harmless(const char *path, const cJSON *value)
{
    static const char *const keys[] = {"image", "storage", "cpu",        "memory",    "type",
                                       "kind",  "name",    "targetPort", "clusterIP", NULL};
    const char *key = strrchr(path, '/');

    return !value || cJSON_IsNumber(value) || cJSON_IsBool(value) || cJSON_IsNull(value) ||
           (cJSON_IsString(value) && key && bl_text_in(key + 1, keys));
}

static char *short_text(const cJSON *value)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    char *found;

    if (!value)
        return bl_strdup("nothing");
    if (cJSON_IsString(value))
        bl_strbuf_adds(&text, value->valuestring);
    else
        bl_json_write(&text, value);
    if (text.len <= VALUE_MAX)
        return bl_strbuf_take(&text);
    found = bl_asprintf("%.*s…", VALUE_MAX, text.text);
    return found;
}

static void add(struct differences *differences, const cJSON *before, const cJSON *after)
{
    const char *path = differences->path.text;
    BL_AUTO_FREE char *from = short_text(before), *to = short_text(after);
    bool shown = !differences->secret && is_harmless(path, before) && is_harmless(path, after);

    if (differences->found++ >= differences->most)
        return;
    *BL_PUSH(differences->out) = shown     ? bl_asprintf("%s: %s → %s", path, from, to)
                                 : !before ? bl_asprintf("%s is new", path)
                                 : !after  ? bl_asprintf("%s goes", path)
                                           : bl_strdup(path);
}

static void compare(struct differences *differences, const cJSON *before, const cJSON *after);

static void compare_at(struct differences *differences, const char *key, const cJSON *before,
                       const cJSON *after)
{
    size_t len = differences->path.len;

    bl_strbuf_addf(&differences->path, "/%s", key);
    compare(differences, before, after);
    bl_strbuf_cut(&differences->path, len);
}

static void compare_objects(struct differences *differences, const cJSON *before,
                            const cJSON *after)
{
    const cJSON *member;

    BL_JSON_EACH_MEMBER(member, before) {
        compare_at(differences, member->string, member, bl_json_get(after, member->string));
    }
    BL_JSON_EACH_MEMBER(member, after) {
        if (!bl_json_get(before, member->string))
            compare_at(differences, member->string, NULL, member);
    }
}

/* Items by their names where they have some, as containers and variables do. */
static const cJSON *item_like(const cJSON *array, const cJSON *item, size_t index)
{
    const char *name = bl_json_string(item, "name");
    const cJSON *other;

    if (!name)
        return cJSON_GetArrayItem(array, (int)index);
    cJSON_ArrayForEach(other, array) {
        if (bl_text_eq(bl_json_string(other, "name"), name))
            return other;
    }
    return NULL;
}

static char *key_of(const cJSON *item, size_t index)
{
    const char *name = bl_json_string(item, "name");

    return name ? bl_strdup(name) : bl_asprintf("%zu", index);
}

static void compare_arrays(struct differences *differences, const cJSON *before, const cJSON *after)
{
    const cJSON *item;
    size_t index = 0;

    cJSON_ArrayForEach(item, before) {
        BL_AUTO_FREE char *key = key_of(item, index);

        compare_at(differences, key, item, item_like(after, item, index));
        index++;
    }
    index = 0;
    cJSON_ArrayForEach(item, after) {
        BL_AUTO_FREE char *key = key_of(item, index);

        if (!item_like(before, item, index))
            compare_at(differences, key, NULL, item);
        index++;
    }
}

static void compare(struct differences *differences, const cJSON *before, const cJSON *after)
{
    if (bl_json_equal(before, after))
        return;
    if (cJSON_IsObject(before) && cJSON_IsObject(after))
        compare_objects(differences, before, after);
    else if (cJSON_IsArray(before) && cJSON_IsArray(after))
        compare_arrays(differences, before, after);
    else
        add(differences, before, after);
}

/* Keys of these are anybody's choice, "name" and "type" among them. */
static bool holds_values(const cJSON *object)
{
    return bl_object_is(object, "", "Secret") || bl_object_is(object, "", "ConfigMap");
}

size_t bl_plan_differences(const cJSON *before, const cJSON *after, bool secret, size_t most,
                           struct bl_strings *out)
{
    struct differences differences = {.out = out,
                                      .most = most,
                                      .secret =
                                          secret || holds_values(before) || holds_values(after),
                                      .path = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED)};

    compare(&differences, before, after);
    bl_strbuf_release(&differences.path);
    return differences.found;
}

static void add_line(struct bl_cluster_plan *plan, size_t *count, char *line)
{
    if ((*count)++ < CHANGES_MAX)
        *BL_PUSH(&plan->changes) = line;
    else
        free(line);
}

static void add_changes_of(const cJSON *before, const cJSON *after, struct bl_cluster_plan *plan,
                           size_t *count)
{
    struct bl_ref ref = bl_object_ref(after);
    BL_AUTO(bl_strings_release) struct bl_strings lines = {0};
    size_t found = bl_plan_differences(before, after, false, OF_ONE_OBJECT, &lines);

    for (size_t i = 0; i < lines.len; i++)
        add_line(plan, count, bl_asprintf("~ %s/%s %s", ref.kind, ref.name, lines.items[i]));
    if (found > OF_ONE_OBJECT)
        add_line(plan, count,
                 bl_asprintf("~ %s/%s and %zu more", ref.kind, ref.name, found - OF_ONE_OBJECT));
}

void bl_plan_changes(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan)
{
    const struct bl_manifest *now = &input->rendered->manifest;
    const struct bl_manifest *then = input->deployed ? &input->deployed->manifest : NULL;
    size_t count = 0;

    for (size_t i = 0; i < now->objects.len; i++) {
        const cJSON *object = now->objects.items[i].object;
        const cJSON *before =
            then ? bl_record_find(input->deployed, object, input->namespace) : NULL;
        struct bl_ref ref = bl_object_ref(object);

        if (!before)
            add_line(plan, &count, bl_asprintf("+ %s/%s", ref.kind, ref.name));
        else
            add_changes_of(before, object, plan, &count);
    }
    for (size_t i = 0; then && i < then->objects.len; i++) {
        struct bl_ref ref = bl_object_ref(then->objects.items[i].object);

        if (!bl_record_find(input->rendered, then->objects.items[i].object, input->namespace))
            add_line(plan, &count, bl_asprintf("- %s/%s", ref.kind, ref.name));
    }
    if (count > CHANGES_MAX)
        *BL_PUSH(&plan->changes) = bl_asprintf("… and %zu more", count - CHANGES_MAX);
}
