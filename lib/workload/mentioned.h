/** Hosts without "host:port" (mentions.h), led back to members of a cluster. */
#ifndef BALLAST_WORKLOAD_MENTIONED_H
#define BALLAST_WORKLOAD_MENTIONED_H

#include "ballast/workload/hosts.h"
#include "mentions.h"

/** Names of Services and workloads, so that a word which is none costs no more than a look. */
struct bl_known {
    const char **items; /* sorted */
    size_t len, cap;
};

void bl_known_find(struct bl_known *known, const struct bl_scene *scene);
void bl_known_release(struct bl_known *known);

/**
 * Adds to `found` whom a mention leads to where `from`, or who is in `namespace`, makes it. Stricter than
 * bl_host_find(), as most words are no hosts.
 */
bool bl_mention_find(const struct bl_scene *scene, const struct bl_known *known,
                     const struct bl_workload *from, const char *namespace,
                     const struct bl_mention *mention, struct bl_found *found);

#endif
