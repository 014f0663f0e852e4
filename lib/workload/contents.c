#include "contents.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/base64.h"
#include "ballast/base/mem.h"

/* As much as the API server takes of one object. */
#define CONTENT_MAX ((size_t)2 << 20)

static int compare_entries(const void *a, const void *b)
{
    const struct bl_world_entry *const *x = a, *const *y = b;
    int order = strcmp((*x)->ref.name, (*y)->ref.name);

    return order ? order : strcmp((*x)->ref.namespace, (*y)->ref.namespace);
}

void bl_secrets_find(struct bl_secrets *secrets, const struct bl_world *world)
{
    struct bl_world_iter iter = bl_world_walk(world, BL_WORLD_OTHER, "");

    for (const struct bl_world_entry *entry; bl_budget_turn() && (entry = bl_world_next(&iter));)
        if (bl_object_is(entry->object, "", "Secret"))
            *BL_PUSH(secrets) = entry;
    if (secrets->len)
        qsort(secrets->items, secrets->len, sizeof(*secrets->items), compare_entries);
}

void bl_secrets_release(struct bl_secrets *secrets)
{
    free(secrets->items);
    *secrets = (struct bl_secrets){0};
}

const cJSON *bl_secrets_get(const struct bl_secrets *secrets, const char *namespace,
                            const char *name)
{
    size_t low = 0, high = secrets->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(secrets->items[middle]->ref.name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < secrets->len && bl_budget_turn(); low++) {
        if (strcmp(secrets->items[low]->ref.name, name) != 0)
            break;
        if (bl_namespace_may_equal(secrets->items[low]->ref.namespace, namespace))
            return secrets->items[low]->object;
    }
    return NULL;
}

static void add_decoded(cJSON *contents, const cJSON *data)
{
    const cJSON *member;

    BL_JSON_EACH_MEMBER(member, data) {
        BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(CONTENT_MAX);
        BL_ERROR(ignored);

        if (!cJSON_IsString(member))
            continue;
        bl_budget_spend_text(strlen(member->valuestring));
        if (bl_base64_decode(&text, member->valuestring, strlen(member->valuestring), &ignored) ==
                0 &&
            !memchr(text.text, '\0', text.len))
            bl_json_add_string(contents, member->string, text.text);
    }
}

cJSON *bl_contents_read(const cJSON *object)
{
    cJSON *contents = bl_json_new_object();
    const cJSON *member;

    if (!bl_object_is(object, "", "Secret")) {
        add_decoded(contents, bl_json_get(object, "binaryData"));
        return contents;
    }
    add_decoded(contents, bl_json_get(object, "data"));
    BL_JSON_EACH_MEMBER(member, bl_json_get(object, "stringData")) {
        if (cJSON_IsString(member))
            bl_json_add_string(contents, member->string, member->valuestring);
    }
    return contents;
}
