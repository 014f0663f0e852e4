/**
 * What is done to a live Kafka cluster around taking a broker down.
 *
 * Each act is done by an observer, on its connections and with its settings, after a look; it needs the
 * operation Alter on the cluster. No act moves data: leadership alone changes hands. Every act can be
 * repeated: what is done already is left as it is.
 *
 * A broker that is told to stop hands its partitions over by itself. Moving them before spares clients
 * the time between, and does it while every replica is known to be in sync; the order of the replicas has to
 * change with it, or Kafka's own balancing brings the leaders back.
 */
#ifndef BALLAST_KAFKA_ADMIN_H
#define BALLAST_KAFKA_ADMIN_H

#include "ballast/base/strbuf.h"
#include "ballast/kafka/observer.h"

/**
 * Lets those replicas lead that stand first and are in sync, of every partition where another one leads; with
 * `topic` of its partitions only. That an election is not needed after all is no error. `ret_elected` is how
 * many changed their leader.
 */
BL_CHECK int bl_observer_elect_preferred(struct bl_observer *observer,
                                         const struct bl_cluster *cluster, const char *topic,
                                         size_t *ret_elected, struct bl_error **err);

/**
 * Which partitions must have their replicas in another order, so that `broker` leads none of them. Pure.
 *
 * Appends a text, to be kept until the leaders are back (in an annotation, say) and given to both functions
 * below: "orders:1@2=0-3,7;payments:1@1=4" swaps, of orders-0 to 3 and 7, the first replica, which is
 * broker 1, with the one at index 2. It has no more bytes than the limit of `moves`: topics that do not
 * fit are left to the broker's own shutdown. Partitions without another replica in sync, or that are being
 * reassigned, are left out, and so are those of our own canary. Returns how many partitions it names.
 */
size_t bl_moves_plan(const struct bl_cluster *cluster, int32_t broker, struct bl_strbuf *moves);

/**
 * Moves leadership off the broker: does what `moves` says, then has the first replicas elected of whatever
 * the broker leads. `moves` must be kept before this is called, or the old order is lost with the caller.
 * `ret_moved` is how many partitions changed their leader.
 */
BL_CHECK int bl_observer_move_leaders_away(struct bl_observer *observer,
                                           const struct bl_cluster *cluster, int32_t broker,
                                           const char *moves, size_t *ret_moved,
                                           struct bl_error **err);

/**
 * Undoes what bl_observer_move_leaders_away() did, with the same `moves` and newer facts: the old order of
 * replicas, and the first ones elected where they are in sync. A partition whose replicas were changed
 * meanwhile by someone else is left alone. `ret_moved` is as above. BL_ERR_INVALID where `moves` is no such
 * text.
 */
BL_CHECK int bl_observer_move_leaders_back(struct bl_observer *observer,
                                           const struct bl_cluster *cluster, const char *moves,
                                           size_t *ret_moved, struct bl_error **err);

/**
 * Raises metadata.version, which cannot be taken back. With `validate_only` the cluster says whether it would.
 * BL_ERR_CONFLICT where a broker or controller does not know the level.
 */
BL_CHECK int bl_observer_raise_metadata_version(struct bl_observer *observer, int16_t level,
                                                bool validate_only, struct bl_error **err);

/**
 * The same to `level`, or with INT16_MAX to what every broker knows, where that is higher than what holds; `cluster` is what
 * was seen last. `*ret_level` is the level that holds after it, -1 with ZooKeeper. BL_ERR_UNAVAILABLE where not every broker
 * has said what it knows, BL_ERR_CONFLICT where one knows less than `level`.
 */
BL_CHECK int bl_observer_finalize(struct bl_observer *observer, const struct bl_cluster *cluster,
                                  int16_t level, int64_t *ret_level, struct bl_error **err);

#endif
