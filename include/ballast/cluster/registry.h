/**
 * Is an image where its name says? One HEAD of its manifest (OCI distribution specification, 1.1), with a token where the
 * registry asks for one, and with the pull secrets of the pods.
 *
 * A stranger may choose an image's name. So no loopback or link-local address is ever asked, also where DNS leads there.
 * Registries in `insecure`, which the administrator names, are the exception.
 */
#ifndef BALLAST_CLUSTER_REGISTRY_H
#define BALLAST_CLUSTER_REGISTRY_H

#include "ballast/base/stop.h"
#include "ballast/json/json.h"

/** All borrowed. */
struct bl_registry {
    const char *const *
        insecure; /* HOST[:PORT], up to NULL: asked without TLS, and wherever they are; NULL: none */
    const cJSON *auths; /* of dockerconfigjson: {HOST: {auth, …}}; NULL: nobody logs in */
    const struct bl_stop *stop;
    bl_nsec at_most; /* of each request; 0: 10 s */
};

enum bl_image_found {
    BL_IMAGE_THERE,
    BL_IMAGE_MISSING,
    BL_IMAGE_DENIED, /* to us, with what the pull secrets have */
};

/** BL_ERR_UNAVAILABLE where the registry does not answer, or with what is no answer of the OCI specification. */
BL_CHECK int bl_registry_find(const struct bl_registry *registry, const char *image,
                              enum bl_image_found *ret_found, struct bl_error **err);

#endif
