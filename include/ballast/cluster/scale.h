/**
 * Brokers that a plan takes away: what they hold, by what the brokers say. Pure.
 *
 * Whoever scales a set of brokers down takes the replicas away that lie on the last of them; nobody moves them before.
 */
#ifndef BALLAST_CLUSTER_SCALE_H
#define BALLAST_CLUSTER_SCALE_H

#include "ballast/json/decode.h"
#include "ballast/kafka/facts.h"

/** A StatefulSet that gets fewer pods. */
struct bl_scale {
    char *set;                    /* owned */
    int64_t first, before, after; /* its first ordinal; how many pods there are, and are to be */
};

struct bl_scales {
    struct bl_scale *items;
    size_t len, cap;
};
void bl_scales_release(struct bl_scales *scales);

/** Partitions are named up to so many; the others are counted. */
#define BL_SCALE_NAMED 3

struct bl_scale_held {
    size_t partitions; /* that have a replica on a broker that goes; 0: nothing is in the way */
    struct bl_strings named; /* "orders-0" */
    bool untold;             /* the ids of its brokers do not follow their pods: nothing is known */
    bool votes;              /* one that goes is a voter of the quorum */
    int64_t from, to;        /* ids that go, `to` not among them; INT64_MAX: all from there on */
};
void bl_scale_held_release(struct bl_scale_held *held);

/**
 * Brokers are known by the names of pods in the hosts that they advertise, one that is down by its number beside the others.
 * Where none is, ids are taken for ordinals: all from the first one that goes on count as going.
 */
void bl_scale_look(const struct bl_scale *scale, const struct bl_cluster *facts,
                   struct bl_scale_held *ret_held);

/** Is it one that goes? */
bool bl_scale_goes(const struct bl_scale_held *held, int32_t id);
/** "broker 3", "brokers 3 to 5", "brokers from 3 on". For free(). */
BL_NONNULL char *bl_scale_ids(const struct bl_scale_held *held);
/** Why the set may not get fewer pods, as the end of a sentence that begins with it; NULL: it may. For free(). */
char *bl_scale_objection(const struct bl_scale_held *held);

#endif
