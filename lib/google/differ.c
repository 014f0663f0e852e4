/* What was asked for, and is not so. */
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/resource.h"

#define VALUE_MAX 80

/* What proto3 JSON leaves out, as it is the default. */
static bool is_default(const cJSON *value)
{
    const cJSON *member;

    if (bl_json_is_null(value) || cJSON_IsFalse(value))
        return true;
    if (cJSON_IsNumber(value))
        return value->valuedouble == 0;
    if (cJSON_IsString(value))
        return !*value->valuestring || bl_text_ends(value->valuestring, "_UNSPECIFIED");
    if (cJSON_IsArray(value))
        return !value->child;
    cJSON_ArrayForEach(member, value) {
        if (!is_default(member))
            return false;
    }
    return cJSON_IsObject(value);
}

/* int64 is a text in proto3 JSON, and may be asked for as a number. */
static bool is_same_number(const cJSON *asked, const cJSON *live)
{
    int64_t number, written;

    return bl_json_int(asked, &number) && cJSON_IsString(live) &&
           bl_text_to_int(live->valuestring, strlen(live->valuestring), &written) &&
           number == written;
}

static void write_short(struct bl_strbuf *out, const cJSON *value)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (value)
        bl_json_write(&text, value);
    else
        bl_strbuf_adds(&text, "not set");
    bl_strbuf_addf(out, "%.*s%s", VALUE_MAX, text.text, text.len > VALUE_MAX ? "..." : "");
}

static void differ(const char *path, const cJSON *asked, const cJSON *live, struct bl_strbuf *out)
{
    const cJSON *member;

    if (cJSON_IsObject(asked) && (!live || cJSON_IsObject(live))) {
        BL_JSON_EACH_MEMBER(member, asked) {
            BL_AUTO_FREE char *below =
                bl_asprintf("%s%s%s", path, *path ? "." : "", member->string);

            differ(below, member, bl_json_get(live, member->string), out);
        }
        return;
    }
    if (bl_json_equal(asked, live) || is_same_number(asked, live) ||
        (is_default(asked) && is_default(live)))
        return;
    bl_strbuf_addf(out, "%s%s is ", out->len ? "; " : "", path);
    write_short(out, live);
    bl_strbuf_adds(out, ", not ");
    write_short(out, asked);
}

void bl_google_differ(const cJSON *asked, const cJSON *live, struct bl_strbuf *out)
{
    differ("", asked, live, out);
}

static bool asks_for_less(const cJSON *asked, const cJSON *live)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    differ("", asked, live, &out);
    return !out.len;
}

bool bl_google_same(const cJSON *a, const cJSON *b)
{
    return (is_default(a) && is_default(b)) || (asks_for_less(a, b) && asks_for_less(b, a));
}
