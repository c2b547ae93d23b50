#include "conf/java_hash.h"

#include "pipeline/base/alloc.h"
#include "pipeline/base/utf8.h"

#define FIRST_SIZE 16
#define LONGEST_CHAIN 8 /* one more grows a small table */
#define TREES_FROM_SIZE                                                                            \
    64 /* from here on a long chain becomes a tree, which keeps the order of insertion
                              but for its root; nine keys in one of 64 slots are not worth following */

int32_t chute_java_hash(struct chute_str text) {
    uint32_t hash = 0;
    while (text.len > 0) {
        uint32_t point = CHUTE_UTF8_REPLACEMENT;
        size_t len = chute_utf8_decode(text, &point);
        if (len == 0) {
            len = 1;
        }
        text.at += len;
        text.len -= len;
        if (point >= 0x10000) { /* a pair of UTF-16 */
            hash = hash * 31 + (0xd800 + ((point - 0x10000) >> 10));
            point = 0xdc00 + ((point - 0x10000) & 0x3ff);
        }
        hash = hash * 31 + point;
    }
    return (int32_t)hash;
}

/* How many of the first `count` keys lie in the slot of key `count`. */
static size_t chain_before(const uint32_t *spread, size_t count, size_t size) {
    size_t chain = 0;
    for (size_t i = 0; i < count; i++) {
        chain += ((spread[i] ^ spread[count]) & (size - 1)) == 0;
    }
    return chain;
}

/* The size of the table after all insertions. A growing table keeps the order within a slot, so that only
 * the last size counts. */
static size_t table_size(const uint32_t *spread, size_t count) {
    size_t size = FIRST_SIZE;
    for (size_t i = 0; i < count; i++) {
        if (size < TREES_FROM_SIZE && chain_before(spread, i, size) >= LONGEST_CHAIN) {
            size *= 2;
        }
        if (i + 1 > size / 4 * 3) {
            size *= 2;
        }
    }
    return size;
}

void chute_java_hash_order(const struct chute_str *keys, size_t count, size_t *order) {
    uint32_t *spread = chute_alloc((count + 1) * sizeof(*spread));
    for (size_t i = 0; i < count; i++) {
        uint32_t hash = (uint32_t)chute_java_hash(keys[i]);
        spread[i] = hash ^ hash >> 16;
    }
    size_t mask = table_size(spread, count) - 1;
    size_t *starts = chute_calloc(mask + 2, sizeof(*starts));
    for (size_t i = 0; i < count; i++) {
        starts[(spread[i] & mask) + 1]++;
    }
    for (size_t slot = 1; slot <= mask; slot++) {
        starts[slot] += starts[slot - 1];
    }
    for (size_t i = 0; i < count; i++) {
        order[starts[spread[i] & mask]++] = i;
    }
    chute_free(starts);
    chute_free(spread);
}
