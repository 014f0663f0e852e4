/**
 * FNV-1a (Fowler, Noll, Vo), 64 bits: for tables, and for what gets lost or changed by accident. Whoever wants two texts with one hash
 * finds them.
 */
#ifndef BALLAST_BASE_HASH_H
#define BALLAST_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define BL_HASH_BEGIN 0xcbf29ce484222325U

/** Goes on from `hash`, which is BL_HASH_BEGIN at first. */
static inline uint64_t bl_hash(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * 0x100000001b3;
    return hash;
}

/** The same, and an end after it: "ab","c" is another one than "a","bc". */
static inline uint64_t bl_hash_part(uint64_t hash, const void *bytes, size_t len)
{
    return bl_hash(bl_hash(hash, bytes, len), "\xFF", 1);
}

#endif
