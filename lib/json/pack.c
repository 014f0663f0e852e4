#include "ballast/json/pack.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "json_node.h"

struct text {
    const char *text;
    char *place; /* in the block */
};

struct packer {
    struct {
        struct text *items; /* in the end sorted, each once */
        size_t len, cap;
    } texts;
    size_t nodes, bytes;
    cJSON *next; /* node of the block that is free */
};

static void add_text(struct packer *packer, const char *text)
{
    if (text)
        *BL_PUSH(&packer->texts) = (struct text){.text = text};
}

/* Depth is bounded where values are read. */
static void collect(struct packer *packer, const cJSON *value)
{
    packer->nodes++;
    add_text(packer, value->string);
    add_text(packer, value->valuestring);
    for (const cJSON *child = value->child; child; child = child->next)
        collect(packer, child);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(((const struct text *)a)->text, ((const struct text *)b)->text);
}

static void sort_texts(struct packer *packer)
{
    struct text *items = packer->texts.items;
    size_t kept = 0;

    if (packer->texts.len)
        qsort(items, packer->texts.len, sizeof(*items), compare_texts);
    for (size_t i = 0; i < packer->texts.len; i++) {
        if (kept && strcmp(items[kept - 1].text, items[i].text) == 0)
            continue;
        items[kept++] = items[i];
        packer->bytes += strlen(items[i].text) + 1;
    }
    packer->texts.len = kept;
}

static void place_texts(struct packer *packer, char *place)
{
    for (size_t i = 0; i < packer->texts.len; i++) {
        size_t size = strlen(packer->texts.items[i].text) + 1;

        packer->texts.items[i].place = memcpy(place, packer->texts.items[i].text, size);
        place += size;
    }
}

static char *find_text(const struct packer *packer, const char *text)
{
    const struct text key = {.text = text}, *found;

    if (!text)
        return NULL;
    found = bsearch(&key, packer->texts.items, packer->texts.len, sizeof(key), compare_texts);
    return found->place;
}

/* No flag says whose the texts are: who copies the value copies them. */
static cJSON *pack_node(struct packer *packer, const cJSON *value)
{
    cJSON *node = packer->next++;

    *node = (cJSON){.type = value->type & 0xff,
                    .valueint = value->valueint,
                    .valuedouble = value->valuedouble,
                    .valuestring = find_text(packer, value->valuestring),
                    .string = find_text(packer, value->string)};
    for (const cJSON *child = value->child; child; child = child->next)
        bl_json_append(node, pack_node(packer, child));
    return node;
}

const cJSON *bl_json_pack(const cJSON *value, size_t *ret_bytes)
{
    struct packer packer = {0};
    cJSON *block;

    collect(&packer, value);
    sort_texts(&packer);
    packer.bytes += packer.nodes * sizeof(cJSON);
    block = packer.next = bl_alloc(packer.bytes, 1);
    place_texts(&packer, (char *)(block + packer.nodes));
    (void)pack_node(&packer, value);
    free(packer.texts.items);
    *ret_bytes = packer.bytes;
    return block;
}

void bl_json_pack_free(const cJSON *packed)
{
    free((void *)(uintptr_t)packed);
}

void bl_json_fold(cJSON *object, const char *key)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const cJSON *member = bl_json_get(object, key);

    if (!member || cJSON_IsString(member))
        return;
    bl_json_write(&text, member);
    bl_json_cut(object, key);
    bl_json_add_string(object, key, text.text);
}

cJSON *bl_json_unfold(const cJSON *value)
{
    cJSON *read = NULL;
    BL_ERROR(err);

    if (!cJSON_IsString(value))
        return value ? bl_json_copy(value) : NULL;
    if (bl_json_parse(value->valuestring, strlen(value->valuestring), &read, &err) < 0)
        return NULL;
    return read;
}
