/**
 * Who says that it calls whom: every "host:port" in the pods of a scene, in the ConfigMaps and Secrets that they read and
 * in all other objects of its world, led back to the workloads that it means; and who names a member of a cluster as a
 * host in another way.
 *
 * A port is not closed to whoever names it. The list is as complete as texts are; a host that is put together when the
 * program runs is not in it.
 */
#ifndef BALLAST_WORKLOAD_USES_H
#define BALLAST_WORKLOAD_USES_H

#include <stdint.h>

#include "ballast/workload/scene.h"

#define BL_NO_WORKLOAD SIZE_MAX
/** Of who names a host alone: "ZK_HOSTS=zoo-0.zoo". Only members of a cluster are used so. */
#define BL_ANY_PORT 0

struct bl_use {
    size_t
        from; /* place among the scene's workloads; BL_NO_WORKLOAD: an object that is none says it */
    const cJSON *by; /* the object that says it */
    size_t to;       /* place among the scene's workloads */
    int port;        /* of the pod, behind its Service; BL_ANY_PORT */
};

/** One that leads to nobody in sight. */
struct bl_stranger {
    size_t from; /* BL_NO_WORKLOAD is left out */
    char *host;
    int port;
};

struct bl_uses {
    struct bl_use *items; /* by `to`, then `port`, then `from` */
    size_t len, cap;
    struct {
        struct bl_stranger *items; /* in the order of `from` */
        size_t len, cap;
    } strangers;
};

/**
 * `beside` are objects that are not in the scene's world and call whom they call all the same, such as other versions of
 * the release; those of them that have the name of a workload of the scene are left out.
 */
void bl_uses_find(struct bl_uses *uses, const struct bl_scene *scene, const cJSON *const *beside,
                  size_t beside_len);
void bl_uses_release(struct bl_uses *uses);

/** The uses of a port of a workload: the first one, and how many there are. */
const struct bl_use *bl_uses_of(const struct bl_uses *uses, size_t to, int port, size_t *ret_count);

typedef void (*bl_heard_fn)(const char *host, int port, void *context);
/** Calls `heard` with all that a pod names, but for what stands in ConfigMaps and Secrets; and with words that may be hosts. */
void bl_uses_each(const cJSON *pod, bl_heard_fn heard, void *context);

/** Most names that bl_uses_keep_only() leaves. */
#define BL_USES_KEPT 256

/**
 * Cuts a workload that is no Kafka to whom it names in its pods, which is all that bl_uses_find() reads of it, but for
 * ConfigMaps. False, with the object as it was, where it names nobody.
 */
bool bl_uses_keep_only(cJSON *object);

/** The port of the pod behind a port of the Service; `port` itself where it is headless, 0: it has no such port. */
int bl_service_target(const cJSON *service, int port, const struct bl_workload *target);

#endif
