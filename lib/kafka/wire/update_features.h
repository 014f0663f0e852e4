/** UpdateFeatures (KIP-584): raises the level of a feature, and never takes it back. */
#ifndef BALLAST_KAFKA_WIRE_UPDATE_FEATURES_H
#define BALLAST_KAFKA_WIRE_UPDATE_FEATURES_H

#include "controller.h"

struct bl_wire_update_features_request {
    const char *feature;
    int16_t level;
    bool validate_only;
};

/** For the controller. */
BL_CHECK int bl_wire_update_features(struct bl_wire *wire,
                                     const struct bl_wire_update_features_request *request,
                                     bl_nsec deadline, int16_t *ret_code, struct bl_error **err);
BL_CHECK int bl_wire_decode_update_features(const struct bl_strbuf *response, int16_t *ret_code,
                                            struct bl_error **err);

#endif
