#include "peers.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "wire/api_versions.h"
#include "wire/describe_quorum.h"
#include "wire/errors.h"
#include "wire/list_partition_reassignments.h"
#include "wire/metadata.h"
#include "wire/security.h"

/* A broker that works answers in milliseconds; one that does not must not use up the time of all. */
#define ANSWER_NS (3 * BL_NSEC_S)
/* While the controller moves, several brokers may say in turn that they are not. */
#define CONTROLLER_TRIES 3

static void peer_release(struct bl_peer *peer)
{
    bl_wire_close(peer->wire);
    free(peer->host);
}

void bl_peers_release(struct bl_peers *peers)
{
    for (size_t i = 0; i < peers->len; i++)
        peer_release(&peers->items[i]);
    free(peers->items);
    bl_wire_security_free(peers->security);
    *peers = (struct bl_peers){0};
}

static struct bl_peer *find_peer(struct bl_peers *peers, int32_t id)
{
    for (size_t i = 0; i < peers->len; i++)
        if (peers->items[i].id == id)
            return &peers->items[i];
    return NULL;
}

static bool is_at(const struct bl_peer *peer, const struct bl_broker *broker)
{
    return peer->port == broker->port && strcmp(peer->host, broker->host) == 0;
}

/* Those that are gone, or have moved, lose their connection; the others keep it. */
void bl_peers_sync(struct bl_peers *peers, const struct bl_cluster *cluster)
{
    struct bl_peers old = *peers;

    *peers = (struct bl_peers){.security = BL_STEAL(old.security), .controller = -1};
    for (size_t i = 0; i < cluster->brokers.len; i++) {
        const struct bl_broker *broker = &cluster->brokers.items[i];
        struct bl_peer *known = find_peer(&old, broker->id);
        struct bl_peer *peer = BL_PUSH(peers);

        *peer = (struct bl_peer){
            .id = broker->id, .host = bl_strdup(broker->host), .port = broker->port};
        if (known && is_at(known, broker))
            peer->wire = BL_STEAL(known->wire);
    }
    bl_peers_release(&old);
}

static bl_nsec at_most(bl_nsec deadline)
{
    bl_nsec until = bl_clock_now(&bl_clock_real) + ANSWER_NS;

    return until < deadline ? until : deadline;
}

static int connect_peer(struct bl_peers *peers, struct bl_peer *peer, bl_nsec deadline,
                        struct bl_error **err)
{
    if (peer->wire && bl_wire_is_broken(peer->wire))
        bl_wire_close(BL_STEAL(peer->wire));
    peer->fresh = !peer->wire;
    if (peer->wire)
        return 0;
    return bl_wire_open(peers->security, peer->host, peer->port, at_most(deadline), &peer->wire,
                        err);
}

/* On a connection that is there. */
static int ask_peer(struct bl_peers *peers, struct bl_peer *peer, bl_peer_fn fn, void *context,
                    bl_nsec deadline, struct bl_error **err)
{
    BL_ERROR(why);

    if (fn(peer->wire, deadline, context, &why) == 0)
        return 0;
    if (peer->fresh || bl_error_code(why) == BL_ERR_TOO_LARGE || !bl_wire_is_broken(peer->wire) ||
        bl_clock_now(&bl_clock_real) >= deadline) {
        *err = BL_STEAL(why);
        return -1;
    }
    if (connect_peer(peers, peer, deadline, err) < 0)
        return -1;
    return fn(peer->wire, deadline, context, err);
}

int bl_peers_ask(struct bl_peers *peers, int32_t id, bl_peer_fn fn, void *context, bl_nsec deadline,
                 struct bl_error **err)
{
    struct bl_peer *peer = find_peer(peers, id);

    if (!peer)
        return bl_fail(err, BL_ERR_NOT_FOUND, "broker %d did not answer when it was last seen", id);
    if (connect_peer(peers, peer, deadline, err) < 0)
        return -1;
    return ask_peer(peers, peer, fn, context, deadline, err);
}

/* The first that can be reached answers for all: what it says of the cluster, another would say as well. */
int bl_peers_ask_any(struct bl_peers *peers, bl_peer_fn fn, void *context, bl_nsec deadline,
                     struct bl_error **err)
{
    for (size_t i = 0; i < peers->len; i++) {
        BL_ERROR(why);

        if (connect_peer(peers, &peers->items[i], deadline, &why) == 0)
            return ask_peer(peers, &peers->items[i], fn, context, deadline, err);
        if (i + 1 == peers->len) {
            *err = BL_STEAL(why);
            return -1;
        }
    }
    return bl_fail(err, BL_ERR_CONFLICT, "the cluster has not been looked at yet");
}

static bool is_final(const struct bl_error *err)
{
    return bl_error_code(err) == BL_ERR_TOO_LARGE || bl_error_code(err) == BL_ERR_FORBIDDEN;
}

/* None but the last may use up all the time that is left. */
int bl_peers_ask_each(struct bl_peers *peers, bl_peer_fn fn, void *context, bl_nsec deadline,
                      struct bl_error **err)
{
    for (size_t i = 0; i < peers->len; i++) {
        struct bl_peer *peer = &peers->items[i];
        bl_nsec now = bl_clock_now(&bl_clock_real);
        bool last = i + 1 == peers->len || now >= deadline;
        bl_nsec until = last ? deadline : now + (deadline - now) / 2;
        BL_ERROR(why);

        if (connect_peer(peers, peer, until, &why) == 0 &&
            ask_peer(peers, peer, fn, context, until, &why) == 0)
            return 0;
        if (last || is_final(why)) {
            *err = BL_STEAL(why);
            return -1;
        }
    }
    return bl_fail(err, BL_ERR_CONFLICT, "the cluster has not been looked at yet");
}

static int ask_brokers(struct bl_wire *wire, bl_nsec deadline, void *context, struct bl_error **err)
{
    return bl_wire_metadata(wire, deadline, context, err);
}

static int find_controller(struct bl_peers *peers, bl_nsec deadline, struct bl_error **err)
{
    BL_AUTO(bl_wire_brokers_release) struct bl_wire_brokers brokers = {.controller = -1};

    if (bl_peers_ask_any(peers, ask_brokers, &brokers, deadline, err) < 0)
        return -1;
    peers->controller = brokers.controller;
    if (peers->controller < 0)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "no broker is the controller");
    return 0;
}

int bl_peers_ask_controller(struct bl_peers *peers, bl_peer_fn fn, void *context,
                            const int16_t *code, bl_nsec deadline, struct bl_error **err)
{
    if (peers->kraft)
        return bl_peers_ask_any(peers, fn, context, deadline, err);
    for (int left = CONTROLLER_TRIES; left; left--) {
        if (peers->controller < 0 && find_controller(peers, deadline, err) < 0)
            return -1;
        if (bl_peers_ask(peers, peers->controller, fn, context, deadline, err) < 0)
            return bl_wrap(err, "controller");
        if (*code != BL_WIRE_NOT_CONTROLLER)
            return 0;
        peers->controller = -1;
    }
    return bl_wire_fail(err, "controller", BL_WIRE_NOT_CONTROLLER, (struct bl_wire_text){NULL, 0});
}

/* What every broker understands; unknown as soon as one does not say. */
static void find_max_version(struct bl_peers *peers, bl_nsec deadline, struct bl_cluster *cluster)
{
    int64_t max = INT64_MAX;

    for (size_t i = 0; i < peers->len && max >= 0; i++) {
        BL_ERROR(err);
        int64_t its = -1;

        if (connect_peer(peers, &peers->items[i], deadline, &err) == 0)
            its = bl_wire_get_offer(peers->items[i].wire)->max_metadata_version;
        if (its < max)
            max = its;
    }
    cluster->max_metadata_version = max == INT64_MAX ? -1 : max;
}

static void take_racks(struct bl_cluster *cluster, struct bl_wire_brokers *brokers)
{
    for (size_t i = 0; i < brokers->len; i++) {
        struct bl_broker *broker =
            (struct bl_broker *)bl_cluster_broker(cluster, brokers->items[i].id);

        if (broker && !broker->rack)
            broker->rack = BL_STEAL(brokers->items[i].rack);
    }
}

struct look {
    struct bl_peers *peers;
    struct bl_cluster *cluster;
};

/* All on one connection; the quorum last, which may not answer or not let us. */
static int look_by(struct bl_wire *wire, bl_nsec deadline, void *context, struct bl_error **err)
{
    BL_AUTO(bl_wire_offer_release) struct bl_wire_offer offer = {0};
    BL_AUTO(bl_wire_brokers_release) struct bl_wire_brokers brokers = {.controller = -1};
    struct look *look = context;

    if (bl_wire_api_versions(wire, at_most(deadline), &offer, err) < 0 ||
        bl_wire_metadata(wire, at_most(deadline), &brokers, err) < 0)
        return -1;
    look->cluster->metadata_version = offer.metadata_version;
    look->cluster->kraft = look->peers->kraft = bl_wire_has_quorum(&offer);
    take_racks(look->cluster, &brokers);
    if (!look->cluster->kraft)
        look->cluster->controller = look->peers->controller = brokers.controller;
    else if (bl_wire_describe_quorum(wire, at_most(deadline), &look->cluster->quorum, err) < 0)
        return -1;
    else
        look->cluster->controller = look->cluster->quorum.leader;
    return 0;
}

static void mark_moving(struct bl_cluster *cluster, const struct bl_wire_partitions *moving)
{
    for (size_t i = 0; i < moving->len; i++) {
        BL_AUTO_FREE char *name = bl_wire_text_copy(moving->items[i].topic);
        struct bl_topic *topic = bl_cluster_topic(cluster, name);
        struct bl_partition *partition =
            topic ? bl_topic_partition(topic, moving->items[i].partition) : NULL;

        if (partition)
            partition->moving = true;
    }
}

static int ask_moving(struct bl_wire *wire, bl_nsec deadline, void *context, struct bl_error **err)
{
    return bl_wire_list_partition_reassignments(wire, deadline, context, err);
}

int bl_peers_list_moving(struct bl_peers *peers, bl_nsec deadline, struct bl_wire_answer *moving,
                         struct bl_error **err)
{
    return bl_peers_ask_controller(peers, ask_moving, moving, &moving->code, deadline, err);
}

static int hand_on(struct bl_error **why, struct bl_error **err)
{
    *err = BL_STEAL(*why);
    return -1;
}

int bl_peers_look(struct bl_peers *peers, bl_nsec deadline, struct bl_cluster *cluster,
                  struct bl_error **err)
{
    struct look look = {peers, cluster};
    BL_AUTO(bl_wire_answer_release) struct bl_wire_answer moving = BL_WIRE_ANSWER_INIT;
    BL_ERROR(unknown);
    BL_ERROR(not_listed);

    if (bl_peers_ask_any(peers, look_by, &look, deadline, &unknown) < 0) {
        /* Without a quorum nobody answers the second question either, so that is not waited for. */
        if (bl_error_code(unknown) == BL_ERR_UNAVAILABLE)
            return 0;
        if (bl_error_code(unknown) == BL_ERR_TOO_LARGE)
            return hand_on(&unknown, err);
    }
    if (bl_peers_list_moving(peers, at_most(deadline), &moving, &not_listed) == 0)
        mark_moving(cluster, &moving.partitions);
    else if (bl_error_code(not_listed) == BL_ERR_TOO_LARGE)
        return hand_on(&not_listed, err);
    find_max_version(peers, deadline, cluster);
    return 0;
}
