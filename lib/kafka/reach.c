#include <stdatomic.h>

#include "ballast/base/address.h"
#include "ballast/kafka/observer.h"
#include "socket.h"

static atomic_bool restricted;

void bl_reach_restrict(void)
{
    atomic_store(&restricted, true);
}

bool bl_reach_forbids(const struct sockaddr *address)
{
    return atomic_load(&restricted) && bl_address_is_local(address);
}
