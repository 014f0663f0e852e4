#include "open.h"

#include "api_versions.h"
#include "sasl.h"
#include "security.h"

int bl_wire_open(const struct bl_wire_security *security, const char *host, int port,
                 bl_nsec deadline, struct bl_wire **ret_wire, struct bl_error **err)
{
    BL_AUTO(bl_wire_cleanup) struct bl_wire *wire = NULL;
    BL_AUTO(bl_wire_offer_release) struct bl_wire_offer offer = {0};

    if (bl_wire_connect(security, host, port, deadline, &wire, err) < 0)
        return -1;
    if (security->mechanism && bl_wire_log_in(wire, security, deadline, err) < 0)
        return bl_wrap(err, "broker %s", bl_wire_get_name(wire));
    if (bl_wire_api_versions(wire, deadline, &offer, err) < 0)
        return -1;
    bl_wire_take_offer(wire, &offer);
    *ret_wire = BL_STEAL(wire);
    return 0;
}
