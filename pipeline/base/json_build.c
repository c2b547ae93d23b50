#include "pipeline/base/json_build.h"

#include "pipeline/base/ascii.h"
#include "pipeline/base/number.h"
#include "pipeline/base/utf8.h"

#define FEW_KEYS 24    /* up to here every pair of keys is compared, beyond there is a table */
#define ROOM_AT_ROOT 8 /* fields that a pipeline may add without a copy */

void chute_json_grow(struct chute_json_build *build) {
    build->room *= 2;
    build->stack = chute_realloc(build->stack, build->room * sizeof(*build->stack));
}

/* ------------------------------------------------------------------ numbers and texts */

/* A decimal has no negative zero: -0.0 is read as 0.0. */
static struct chute_str drop_sign_of_zero(struct chute_str text) {
    for (size_t i = 1; i < text.len; i++) {
        if (text.at[i] != '0' && text.at[i] != '.') {
            return text;
        }
    }
    return (struct chute_str){ text.at + 1, text.len - 1 };
}

struct chute_value chute_json_number(struct chute_str text) {
    int64_t integer;
    if (text.at[0] == '-') {
        text = drop_sign_of_zero(text);
    }
    return chute_number_is_canonical_int(text, &integer) ? chute_int(integer) : chute_number(text);
}

static uint32_t hex_unit(const char *at) {
    return (uint32_t)(chute_hex_value(at[0]) << 12 | chute_hex_value(at[1]) << 8 |
                      chute_hex_value(at[2]) << 4 | chute_hex_value(at[3]));
}

/* Decodes the escape behind a backslash at `at`; moves `at` past it. Its form was checked. */
static size_t put_escape(const char **at, const char *end, char *out) {
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char letter = *(*at)++;
    const char *known = strchr(from, letter);
    if (letter != 'u') {
        *out = known != NULL ? to[known - from] : letter;
        return 1;
    }
    uint32_t point = hex_unit(*at);
    *at += 4;
    if (point >= 0xD800 && point < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' &&
        (*at)[1] == 'u') {
        uint32_t low = hex_unit(*at + 2);
        if (low >= 0xDC00 && low < 0xE000) {
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            *at += 6;
        }
    }
    return chute_utf8_encode(point, out); /* a surrogate left alone becomes U+FFFD */
}

struct chute_str chute_json_unescape(struct chute_arena *arena, struct chute_str source) {
    const char *start = source.at, *end = source.at + source.len;
    char *out = chute_arena_get(arena, source.len + 4);
    size_t len = 0;
    while (start < end) {
        const char *slash = memchr(start, '\\', (size_t)(end - start));
        size_t plain = (size_t)((slash == NULL ? end : slash) - start);
        memcpy(out + len, start, plain);
        len += plain;
        start += plain;
        if (slash != NULL) {
            start++;
            len += put_escape(&start, end, out + len);
        }
    }
    chute_arena_trim(arena, out, source.len + 4, len);
    return (struct chute_str){ out, len };
}

/* ------------------------------------------------------------------ objects and arrays */

static bool is_same_key(const struct chute_member *a, const struct chute_member *b) {
    return a->head == b->head && a->key_len == b->key_len &&
           memcmp(a->key, b->key, a->key_len) == 0;
}

static uint64_t hash_key(const struct chute_member *member, uint64_t seed) {
    uint64_t hash = seed ^ member->key_len;
    const char *at = member->key;
    size_t left = member->key_len;
    for (; left >= 8; at += 8, left -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    for (; left > 0; at++, left--) {
        hash = (hash ^ (unsigned char)*at) * 0x9E3779B97F4A7C15u;
    }
    return hash ^ hash >> 32;
}

/* Moves the value of each key that stood before to its first place. Returns how many members remain. */
static size_t merge_few(struct chute_member *members, size_t count) {
    uint64_t seen = 0; /* one bit for a key's head and length: mostly it tells that a key is new */
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t mix = (members[i].head ^ members[i].key_len << 7) * 0x9E3779B1u;
        uint64_t bit = (uint64_t)1 << (mix >> 26);
        size_t k = (seen & bit) == 0 ? kept : 0;
        while (k < kept && !is_same_key(&members[k], &members[i])) {
            k++;
        }
        seen |= bit;
        if (k < kept) {
            members[k].value = members[i].value;
        } else {
            if (kept != i) {
                members[kept] = members[i];
            }
            kept++;
        }
    }
    return kept;
}

static size_t merge_many(
    struct chute_json_build *build, struct chute_member *members, size_t count) {
    size_t size = 64;
    while (size < count * 2) {
        size *= 2;
    }
    if (size > build->slot_room) {
        build->slots = chute_realloc(build->slots, size * sizeof(*build->slots));
        build->slot_room = size;
    }
    memset(build->slots, 0, size * sizeof(*build->slots));
    uint64_t seed = (uintptr_t)build ^ (uintptr_t)members; /* not for a sender to foresee */
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t slot = hash_key(&members[i], seed) & (size - 1);
        while (build->slots[slot] != 0 &&
               !is_same_key(&members[build->slots[slot] - 1], &members[i])) {
            slot = (slot + 1) & (size - 1);
        }
        if (build->slots[slot] != 0) {
            members[build->slots[slot] - 1].value = members[i].value;
            continue;
        }
        members[kept] = members[i];
        build->slots[slot] = (uint32_t)++kept;
    }
    return kept;
}

bool chute_json_close_object(struct chute_json_build *build) {
    size_t start = build->frames[--build->depth].start;
    struct chute_member *members = build->stack + start;
    size_t count = build->count - start;
    count = count <= FEW_KEYS ? merge_few(members, count) : merge_many(build, members, count);
    uint32_t room = (uint32_t)count + (build->depth == 0 ? ROOM_AT_ROOT : 0);
    struct chute_value value = chute_object_new(build->arena, room);
    if (count > 0) {
        memcpy(value.as.object->members, members, count * sizeof(*members));
    }
    value.as.object->count = (uint32_t)count;
    build->count = start;
    return chute_json_put(build, value);
}

bool chute_json_close_array(struct chute_json_build *build) {
    size_t start = build->frames[--build->depth].start;
    size_t count = build->count - start;
    struct chute_value value = chute_array_new(build->arena, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        value.as.array->items[i] = build->stack[start + i].value;
    }
    value.as.array->count = (uint32_t)count;
    build->count = start;
    return chute_json_put(build, value);
}
