/**
 * Whom the controller asks at a tenant's word. An annotation names addresses, and whoever writes it must not make the
 * controller knock at doors that only the controller can reach.
 */
#ifndef BALLAST_CONTROLLER_KAFKA_BOOTSTRAP_H
#define BALLAST_CONTROLLER_KAFKA_BOOTSTRAP_H

#include "ballast/base/error.h"
#include "ballast/base/options.h"

/**
 * Does every HOST:PORT of the list name a Service of this namespace, as SERVICE.NAMESPACE.svc, with or without a pod
 * before it and cluster.local behind it, or a host that one of the patterns allows? BL_ERR_INVALID if not, and `place`
 * is where the list stands.
 */
BL_CHECK int bl_bootstrap_check(const char *place, const char *bootstrap, const char *namespace,
                                const struct bl_texts *allowed, struct bl_error **err);

#endif
