/* Any text: a properties file is read or refused, and so is what stands in it as a login. */
#include "properties.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "security.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_login(const char *text, size_t most)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf username = BL_STRBUF_INIT(most);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf password = BL_STRBUF_INIT(most);
    bool known = bl_jaas_parse(text, &username, &password);

    if ((known && !password.len) || username.overflowed || password.overflowed)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BL_AUTO(bl_properties_release) struct bl_properties properties = {0};
    BL_ERROR(err);

    if (bl_properties_parse("fuzz", (const char *)data, size, &properties, &err) < 0)
        return 0;
    for (size_t i = 0; i < properties.len; i++) {
        if (strlen(properties.items[i].value) > size || properties.items[i].line > size + 1)
            abort();
        check_login(properties.items[i].value, size + 1);
    }
    return 0;
}
