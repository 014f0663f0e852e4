/**
 * Host names, as members of a cluster and their clients write them, led back to workloads in sight.
 *
 * "zk", "zk.infra.svc.cluster.local", "zk-0.zk-headless", "$(MY_POD_NAME).kafka": by Services, and by the names of
 * StatefulSets where the Service is not in sight. What cannot be led back is unknown, and never nobody.
 */
#ifndef BALLAST_WORKLOAD_HOSTS_H
#define BALLAST_WORKLOAD_HOSTS_H

#include "ballast/workload/scene.h"

enum bl_host {
    BL_HOST_UNKNOWN, /* nothing in sight has the name */
    BL_HOST_SELF,    /* the pod itself: 0.0.0.0, localhost, its own address or name */
    BL_HOST_FOUND,
};

struct bl_found {
    size_t *items; /* places among the scene's workloads */
    size_t len, cap;
    const cJSON *service; /* by which they were found; NULL: by their own names */
};

void bl_found_release(struct bl_found *found);

/** Adds to `found` whom `text` leads to where `from` says it; `from` may be NULL, then `namespace` decides. */
enum bl_host bl_host_find(const struct bl_scene *scene, const struct bl_workload *from,
                          const char *namespace, const char *text, struct bl_found *found);

/**
 * The same for who must leave nobody out: a pod may have any `hostname` below its Service, so "a.b" may lead to each pod of
 * a Service "b" as well.
 */
enum bl_host bl_host_find_any(const struct bl_scene *scene, const struct bl_workload *from,
                              const char *namespace, const char *text, struct bl_found *found);

/** Calls `take` with each name of an object by which bl_host_find() might lead it to somebody, and some more. */
void bl_host_each_name(const char *text, void (*take)(const char *name, size_t len, void *context),
                       void *context);

/**
 * Calls `take` with each full name, without the cluster's domain, that `text` may stand for where a pod of `namespace` says it:
 * "zoo" and "zoo.infra.svc.cluster.local" are "zoo.infra" in infra. None where it is the pod itself, or
 * known only when it runs.
 */
void bl_host_each_full_name(const char *namespace, const char *text,
                            void (*take)(const char *name, void *context), void *context);

/** Is it surely a name by which pods of the cluster reach a pod? "localhost", "kafka.example.com" are not. */
bool bl_host_is_inside(const struct bl_scene *scene, const struct bl_workload *from,
                       const char *host);

#endif
