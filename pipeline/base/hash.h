/* pipeline/base/hash.h - FNV-1a of 64 bits: for tables and marks, not against somebody who wants equal hashes.
 * Files keep it: it stays as it is.
 *
 * Ownership: none.
 * Threads: any. */
#ifndef CHUTE_BASE_HASH_H
#define CHUTE_BASE_HASH_H

#include <stdint.h>

#include "pipeline/base/str.h"

/* The hash of nothing; that of a text goes on from it, and that of two texts from the first one's. */
#define CHUTE_HASH_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t chute_hash(uint64_t hash, struct chute_str text) {
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ (unsigned char)text.at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

#endif
