/**
 * One of several replicas leads, by a Lease (coordination.k8s.io/v1), as client-go's leaderelection does.
 *
 * Whoever leads renews the Lease; who sees it unchanged for as long as it lasts takes it. That time is
 * measured by the own clock from when the change was seen, never by comparing the times in the Lease, so
 * clocks that differ do no harm. The Lease's resourceVersion decides between two that try at once. A leader
 * that could not renew in time has to end what it does: soon another one leads.
 *
 * One thread at a time may use it.
 */
#ifndef BALLAST_RUNTIME_LEADER_H
#define BALLAST_RUNTIME_LEADER_H

#include "ballast/kube/client.h"

struct bl_leader;

/** All borrowed. What is 0 or NULL has the default named. */
struct bl_leader_options {
    /**
     * Not the one that everything else uses: a stop that ends all requests must not end the last one,
     * which gives the Lease back. Its timeout should be two seconds, of which a late try takes a few.
     */
    struct bl_kube_client *client;
    const char *namespace, *name; /* of the Lease */
    const char *identity;         /* of this replica, and of no other */
    const struct bl_clock *clock; /* the machine's */
    bl_nsec lease, renew,
        retry; /* 15 s, 10 s, 2 s: how long it lasts, may be late, between tries */
    /** A try failed, for another reason than the one before. May be NULL. */
    void (*failed)(const struct bl_error *err, void *context);
    void *context;
};

BL_NONNULL struct bl_leader *bl_leader_new(const struct bl_leader_options *options);
void bl_leader_free(struct bl_leader *leader);
BL_DEFINE_CLEANUP(struct bl_leader *, bl_leader_cleanup, bl_leader_free)

/** Takes the Lease if it is free, or renews it. Another one leading is no failure. */
BL_CHECK int bl_leader_try(struct bl_leader *leader, bool *ret_leads, struct bl_error **err);
/** Tries until it leads: 0; or `stop` is raised: -1. */
BL_CHECK int bl_leader_acquire(struct bl_leader *leader, const struct bl_stop *stop,
                               struct bl_error **err);
/** Renews until `stop` is raised: 0; or the Lease is lost: -1. */
BL_CHECK int bl_leader_keep(struct bl_leader *leader, const struct bl_stop *stop,
                            struct bl_error **err);
/** Gives it back, so that another one need not wait until it has run out. Nothing if it does not lead. */
BL_CHECK int bl_leader_release(struct bl_leader *leader, struct bl_error **err);

#endif
