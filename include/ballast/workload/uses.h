/**
 * Who says that it calls whom: every "host:port" in the pods of a scene and in the ConfigMaps that they read, led back
 * to the workloads that it means.
 *
 * A port is not closed to whoever names it. The list is as complete as texts are; a host that is put together when the
 * program runs is not in it.
 */
#ifndef BALLAST_WORKLOAD_USES_H
#define BALLAST_WORKLOAD_USES_H

#include "ballast/workload/scene.h"

struct bl_use {
    size_t from, to; /* places among the scene's workloads */
    int port;        /* of the pod, behind its Service */
};

/** One that leads to nobody in sight. */
struct bl_stranger {
    size_t from;
    char *host;
    int port;
};

struct bl_uses {
    struct bl_use *items; /* by `to`, then `port`, then `from` */
    size_t len, cap;
    struct {
        struct bl_stranger *items; /* by `from` */
        size_t len, cap;
    } strangers;
};

void bl_uses_find(struct bl_uses *uses, const struct bl_scene *scene);
void bl_uses_release(struct bl_uses *uses);

/** The uses of a port of a workload: the first one, and how many there are. */
const struct bl_use *bl_uses_of(const struct bl_uses *uses, size_t to, int port, size_t *ret_count);

/** The port of the pod behind a port of the Service; `port` itself where it is headless, 0: it has no such port. */
int bl_service_target(const cJSON *service, int port, const struct bl_workload *target);

#endif
