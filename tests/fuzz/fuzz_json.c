/* Whatever is read is written so that it reads back the same, compactly and for people. */
#include <assert.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/json/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const cJSON *value, const struct bl_strbuf *text)
{
    BL_AUTO_JSON cJSON *again = NULL;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf twice = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf once = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_ERROR(err);

    if (text->len > BL_JSON_MAX_BYTES)
        return;
    assert(bl_json_parse(text->text, text->len, &again, &err) == 0);
    assert(bl_json_equal(value, again));
    bl_json_write(&once, value);
    bl_json_write(&twice, again);
    assert(once.len == twice.len && memcmp(once.text, twice.text, once.len) == 0);
}

/* With texts of its own or without, it is the same value, or the same complaint. */
static void read_in_place(const uint8_t *data, size_t size, const cJSON *value, const char *error)
{
    BL_AUTO_FREE char *own = bl_alloc(size + 1, 1);
    BL_AUTO_JSON cJSON *other = NULL;
    BL_ERROR(err);

    if (size)
        memcpy(own, data, size);
    if (bl_json_parse_in_place(own, size, &other, &err) < 0)
        assert(error && strcmp(bl_error_text(err), error) == 0);
    else
        assert(value && bl_json_equal(value, other));
}

static void is_packed_well(const cJSON *value)
{
    size_t bytes;
    BL_AUTO(bl_json_pack_cleanup) const cJSON *packed = bl_json_pack(value, &bytes);

    assert(bl_json_equal(value, packed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BL_AUTO_JSON cJSON *value = NULL;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_ERROR(err);

    if (bl_json_parse((const char *)data, size, &value, &err) < 0) {
        assert(!value && err);
        read_in_place(data, size, NULL, bl_error_text(err));
        return 0;
    }
    read_in_place(data, size, value, NULL);

    BL_AUTO_JSON cJSON *copy = bl_json_copy(value);
    assert(bl_json_equal(value, copy));
    is_packed_well(value);
    bl_json_write(&text, value);
    read_back(value, &text);
    bl_strbuf_reset(&text);
    bl_json_write_pretty(&text, value);
    read_back(value, &text);
    return 0;
}
