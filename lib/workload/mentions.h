/**
 * Hosts that a text names without "host:port", which is how programs are told of servers all the same: "nc -z zoo 2181",
 * "--zookeeper zoo", "ZK_HOSTS=zoo-0.zoo,zoo-1.zoo", "<host>zoo</host><port>2181</port>", "host: zoo".
 *
 * A word is a host where it has a dot, where a number of a port stands beside it, or where the key before it says so.
 * Most such words are none: who asks leads them back to what is in sight, and takes nothing from the others.
 */
#ifndef BALLAST_WORKLOAD_MENTIONS_H
#define BALLAST_WORKLOAD_MENTIONS_H

#include "ballast/json/json.h"

struct bl_mention {
    const char *host;
    int port;  /* 0: none is told */
    bool sure; /* not for its dot alone */
};
typedef void (*bl_mention_fn)(const struct bl_mention *mention, void *context);

/** Takes one pass over the text. "host:port" is passed over, as who reads it so does without this. */
void bl_mentions_of_text(const char *text, bl_mention_fn take, void *context);
/** The same for all that a value holds, but for labels, selectors, names of containers and of certificates. */
void bl_mentions_of_tree(const cJSON *value, bl_mention_fn take, void *context);

#endif
