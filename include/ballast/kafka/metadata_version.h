/**
 * Levels of metadata.version and what Kafka calls them (KIP-778): 21 is "3.9-IV0". A release has one level or more, of which it
 * writes the highest. Kafka's own list is what `kafka-storage.sh version-mapping` prints.
 */
#ifndef BALLAST_KAFKA_METADATA_VERSION_H
#define BALLAST_KAFKA_METADATA_VERSION_H

#include <stddef.h>
#include <stdint.h>

#include "ballast/base/attrs.h"

/** The newest release whose levels are known. */
#define BL_METADATA_VERSION_NEWEST "4.3"

/** How much of a version names its release: three bytes of "3.9.1" and of "3.9-IV0"; 0: it does not begin like one. */
size_t bl_release_len(const char *version);
/**
 * The level of "3.9-IV0"; of "3.9", "3.9.1" and "3.9.1-debian-11", the highest of that release; of "21", 21. -1 for anything
 * else, NULL, and releases that are newer than the list or older than KRaft.
 */
int64_t bl_metadata_version_level(const char *name);
/** "3.9-IV0", or the number where it has no name. For free(). */
BL_NONNULL char *bl_metadata_version_name(int64_t level);

#endif
