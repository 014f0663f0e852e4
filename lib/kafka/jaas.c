#include <string.h>

#include "ballast/base/text.h"
#include "security.h"

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* One word or quoted text. NULL where there is none, or its quote stays open. */
static const char *read_word(const char *at, struct bl_strbuf *out)
{
    char quote = *at == '"' || *at == '\'' ? *at : 0;

    bl_strbuf_reset(out);
    if (!quote) {
        size_t len = strcspn(at, " \t\r\n=;\"'");

        bl_strbuf_add(out, at, len);
        return len ? at + len : NULL;
    }
    for (at++; *at && *at != quote; at++) {
        if (*at == '\\' && at[1])
            at++;
        bl_strbuf_addc(out, *at);
    }
    return *at ? at + 1 : NULL;
}

static const char *read_option(const char *at, struct bl_strbuf *key, struct bl_strbuf *value)
{
    at = read_word(at, key);
    if (!at || *(at = skip_space(at)) != '=')
        return NULL;
    return read_word(skip_space(at + 1), value);
}

bool bl_jaas_parse(const char *text, struct bl_strbuf *username, struct bl_strbuf *password)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf key = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf value = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const char *at = read_word(skip_space(text), &key);

    at = at ? read_word(skip_space(at), &key) : NULL;
    if (!at || !bl_text_eq(key.text, "required"))
        return false;
    while (*(at = skip_space(at)) != ';') {
        at = read_option(at, &key, &value);
        if (!at)
            return false;
        if (bl_text_eq(key.text, "username"))
            bl_strbuf_swap(username, &value);
        else if (bl_text_eq(key.text, "password"))
            bl_strbuf_swap(password, &value);
    }
    return username->len && password->len && !*skip_space(at + 1);
}
