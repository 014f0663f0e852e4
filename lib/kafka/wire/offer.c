#include "offer.h"

#include <stdlib.h>

void bl_wire_offer_release(struct bl_wire_offer *offer)
{
    free(offer->apis.items);
    *offer = (struct bl_wire_offer){0};
}

bool bl_wire_offers(const struct bl_wire_offer *offer, int16_t key, int16_t version)
{
    for (size_t i = 0; i < offer->apis.len; i++)
        if (offer->apis.items[i].key == key)
            return offer->apis.items[i].min <= version && version <= offer->apis.items[i].max;
    return false;
}
