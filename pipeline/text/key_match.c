#include "pipeline/text/key_match.h"

#include "pipeline/base/ascii.h"

struct chute_key_rules chute_key_rules_compile(
    struct chute_arena *arena, const struct chute_str *names, size_t count) {
    struct chute_str *copies = chute_arena_get(arena, sizeof(*copies) * (count + 1));
    for (size_t i = 0; i < count; i++) {
        copies[i] = chute_arena_copy(arena, names[i]);
        for (size_t at = 0; at < copies[i].len; at++) {
            ((char *)copies[i].at)[at] = chute_to_lower(names[i].at[at]);
        }
    }
    return (struct chute_key_rules){ copies, count };
}

/* Goes back to the last `*` only: time grows with the product of both lengths, no faster. */
static bool matches(struct chute_str glob, struct chute_str key) {
    size_t g = 0, k = 0;
    size_t star = 0; /* behind the last one */
    size_t mark = 0; /* where in the key that one began to match, later at most */
    bool has_star = false;
    while (k < key.len) {
        if (g < glob.len && glob.at[g] == '*') {
            has_star = true;
            star = ++g;
            mark = k;
        } else if (g < glob.len && (glob.at[g] == '?' || glob.at[g] == chute_to_lower(key.at[k]))) {
            g++;
            k++;
        } else if (has_star) {
            g = star;
            k = ++mark;
        } else {
            return false;
        }
    }
    while (g < glob.len && glob.at[g] == '*') {
        g++;
    }
    return g == glob.len;
}

uint32_t chute_key_match(const struct chute_key_rules *rules, struct chute_str key) {
    for (size_t i = 0; i < rules->count; i++) {
        if (matches(rules->names[i], key)) {
            return (uint32_t)i + 1;
        }
    }
    return 0;
}

/* Of the first and last four bytes and the length. */
static size_t slot_of(struct chute_str key, uint32_t head) {
    uint32_t tail = head;
    if (key.len >= 4) {
        memcpy(&tail, key.at + key.len - 4, 4);
    }
    uint32_t hash = head * 0x9E3779B1u ^ tail * 0x85EBCA77u ^ (uint32_t)key.len * 0xC2B2AE3Du;
    return (hash ^ hash >> 15) % CHUTE_KEY_CACHE_PAIRS;
}

static bool is_in_slot(const struct chute_key_slot *slot, struct chute_str key, uint32_t head) {
    return slot->head == head && slot->len == key.len &&
           (key.len <= 4 || memcmp(slot->key + 4, key.at + 4, key.len - 4) == 0);
}

/* A key has two slots; a new one takes that of the two which was not asked for last. */
uint32_t *chute_key_cache_find(
    struct chute_key_cache *cache, struct chute_str key, uint32_t head, bool *is_known) {
    *is_known = false;
    if (key.len == 0 || key.len > CHUTE_KEY_CACHE_LONGEST) {
        return NULL;
    }
    size_t pair = slot_of(key, head);
    struct chute_key_slot *slots = cache->slots + pair * 2;
    uint8_t last = cache->last[pair];
    if (is_in_slot(&slots[last], key, head)) {
        *is_known = true;
        return &slots[last].found;
    }
    cache->last[pair] = last ^= 1;
    *is_known = is_in_slot(&slots[last], key, head);
    if (!*is_known) {
        memcpy(slots[last].key, key.at, key.len);
        slots[last].len = (uint8_t)key.len;
        slots[last].head = head;
    }
    return &slots[last].found;
}
