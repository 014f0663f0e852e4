#include "ballast/kafka/limits.h"

int bl_limit_fail(const struct bl_limit *limit, size_t count, struct bl_error **err)
{
    bl_fail(err, BL_ERR_TOO_LARGE, "too large to look after: %zu %s, at most %zu",
            limit->before + count, limit->what, limit->most);
    return bl_hint(
        err,
        "Nothing is done to a cluster of this size. Where yours is smaller, look who answers at "
        "its addresses.");
}
