/* pipeline/text/key_match.h - whether the name of a field is among many: names and globs (*password*), ASCII
 * letters in any case.
 *
 * Ownership: rules live in the arena they were compiled into; a zeroed cache is ready and owns nothing.
 * Threads: rules are immutable: any; a cache belongs to one thread and one question. */
#ifndef CHUTE_TEXT_KEY_MATCH_H
#define CHUTE_TEXT_KEY_MATCH_H

#include <stdint.h>

#include "pipeline/base/arena.h"
#include "pipeline/base/str.h"

#define CHUTE_KEY_CACHE_PAIRS 128
#define CHUTE_KEY_CACHE_LONGEST 40 /* bytes of a key; longer ones are compared each time */

struct chute_key_rules {
    const struct chute_str *names; /* in lower case; `*` any characters, `?` one byte */
    size_t count;
};

/* Keys repeat from event to event: what was found out about the last ones. */
struct chute_key_slot {
    uint32_t found;
    uint32_t head;
    uint8_t len; /* 0: empty slot */
    char key[CHUTE_KEY_CACHE_LONGEST];
};
struct chute_key_cache {
    struct chute_key_slot slots[2 * CHUTE_KEY_CACHE_PAIRS];
    uint8_t last[CHUTE_KEY_CACHE_PAIRS]; /* the slot of each pair that was asked for last */
};

/* The place for what is found out about `key`, whose chute_key_head is `head`; a view, valid until the next call.
 * `*is_known`: it is there already. NULL for a key that is not kept: an empty or a long one. */
uint32_t *chute_key_cache_find(
    struct chute_key_cache *cache, struct chute_str key, uint32_t head, bool *is_known);

/* Copies `names` into `arena`. */
struct chute_key_rules chute_key_rules_compile(
    struct chute_arena *arena, const struct chute_str *names, size_t count);
/* The first name that `key` matches, counted from 1; 0 if none does. */
uint32_t chute_key_match(const struct chute_key_rules *rules, struct chute_str key);

#endif
