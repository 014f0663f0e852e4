/** What a broker offers: its answer to ApiVersions. */
#ifndef BALLAST_KAFKA_WIRE_OFFER_H
#define BALLAST_KAFKA_WIRE_OFFER_H

#include <stdint.h>

#include "ballast/base/attrs.h"

struct bl_wire_offered {
    int16_t key, min, max;
};

struct bl_wire_offer {
    struct {
        struct bl_wire_offered *items;
        size_t len, cap;
    } apis;
    int64_t metadata_version;     /* finalized; -1: none */
    int64_t max_metadata_version; /* of this broker; -1: none */
};

void bl_wire_offer_release(struct bl_wire_offer *offer);
bool bl_wire_offers(const struct bl_wire_offer *offer, int16_t key, int16_t version);

#endif
