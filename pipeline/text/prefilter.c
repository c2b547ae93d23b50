#include "pipeline/text/prefilter.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "pipeline/base/alloc.h"

#define PAIRS 65536
#define BUCKETS_MAX 255

/* One literal, under the pair by which it is found. */
struct entry {
    char *text;
    uint32_t len;
    uint32_t pair_at; /* offset of the pair in `text` */
    uint32_t index;   /* of the literal */
    uint32_t next;    /* entry of the same bucket, + 1; 0: none */
};

struct chute_prefilter {
    uint8_t buckets[PAIRS];          /* of each pair; 0: none */
    uint32_t first[BUCKETS_MAX + 1]; /* entry, + 1 */
    struct entry *entries;
    size_t entry_count;
    uint64_t *always; /* the set to start from */
    size_t words;
    bool has_always;
    struct digit_need {
        uint32_t index;
        unsigned digits;
    } * digit_needs;
    size_t digit_need_count;
};

static unsigned pair_of(const char *at) {
    return (unsigned)(unsigned char)at[0] | (unsigned)(unsigned char)at[1] << 8;
}

/* How common a byte is in log lines: the higher, the more positions would have to be looked at. */
static unsigned frequency(char byte) {
    if (byte == ' ' || (byte != '\0' && strchr("etaoinsr0", byte) != NULL)) {
        return 8;
    }
    if ((byte >= 'a' && byte <= 'z') || (byte >= '1' && byte <= '9')) {
        return 4;
    }
    if (byte != '\0' && strchr(".:-/=\"", byte) != NULL) {
        return 3;
    }
    return byte >= 'A' && byte <= 'Z' ? 2 : 1;
}

static uint32_t rarest_pair(struct chute_str literal) {
    uint32_t best = 0;
    unsigned least = ~0u;
    for (uint32_t i = 0; i + 1 < literal.len; i++) {
        unsigned weight = frequency(literal.at[i]) * frequency(literal.at[i + 1]);
        if (weight < least) {
            least = weight;
            best = i;
        }
    }
    return best;
}

static void add_entry(
    struct chute_prefilter *self, struct chute_str literal, size_t index, unsigned *buckets) {
    struct entry *entry = &self->entries[self->entry_count++];
    entry->text = chute_strndup(literal.at, literal.len);
    entry->len = (uint32_t)literal.len;
    entry->pair_at = rarest_pair(literal);
    entry->index = (uint32_t)index;
    uint8_t *bucket = &self->buckets[pair_of(literal.at + entry->pair_at)];
    if (*bucket == 0) {
        /* beyond 255 different pairs buckets are shared: more comparisons, the same result */
        *bucket = (uint8_t)(1 + *buckets % BUCKETS_MAX);
        ++*buckets;
    }
    entry->next = self->first[*bucket];
    self->first[*bucket] = (uint32_t)self->entry_count;
}

struct chute_prefilter *chute_prefilter_create(
    const struct chute_prefilter_need *needs, size_t count) {
    struct chute_prefilter *self = chute_calloc(1, sizeof(*self));
    self->words = (count + 63) / 64;
    self->always = chute_calloc(self->words + 1, sizeof(*self->always));
    self->entries = chute_calloc(count + 1, sizeof(*self->entries));
    self->digit_needs = chute_calloc(count + 1, sizeof(*self->digit_needs));
    unsigned buckets = 0;
    for (size_t i = 0; i < count; i++) {
        if (needs[i].literal.len >= 2) {
            add_entry(self, needs[i].literal, i, &buckets);
        } else if (needs[i].digits > 0) {
            self->digit_needs[self->digit_need_count++] =
                (struct digit_need){ (uint32_t)i, needs[i].digits };
        } else {
            self->always[i / 64] |= UINT64_C(1) << (i % 64);
            self->has_always = true;
        }
    }
    return self;
}

void chute_prefilter_destroy(struct chute_prefilter *self) {
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->entry_count; i++) {
        chute_free(self->entries[i].text);
    }
    chute_free(self->entries);
    chute_free(self->always);
    chute_free(self->digit_needs);
    chute_free(self);
}

size_t chute_prefilter_words(const struct chute_prefilter *self) {
    return self->words;
}

/* Compares the literals of the bucket of the pair at `at`. */
static bool look_closer(
    const struct chute_prefilter *self, struct chute_str text, size_t at, uint64_t *set) {
    bool has_found = false;
    uint32_t next = self->first[self->buckets[pair_of(text.at + at)]];
    while (next != 0) {
        const struct entry *entry = &self->entries[next - 1];
        next = entry->next;
        if (at >= entry->pair_at && text.len - (at - entry->pair_at) >= entry->len &&
            memcmp(text.at + at - entry->pair_at, entry->text, entry->len) == 0) {
            set[entry->index / 64] |= UINT64_C(1) << (entry->index % 64);
            has_found = true;
        }
    }
    return has_found;
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static size_t count_digits(struct chute_str text) {
    size_t count = 0;
    size_t at = 0;
#ifdef __SSE2__
    const __m128i zero = _mm_setzero_si128();
    __m128i sums = zero;
    for (; text.len - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text.at + at));
        __m128i from_0 = _mm_sub_epi8(block, _mm_set1_epi8('0'));
        __m128i is_one = _mm_cmpeq_epi8(_mm_min_epu8(from_0, _mm_set1_epi8(9)), from_0);
        sums = _mm_add_epi64(sums, _mm_sad_epu8(_mm_sub_epi8(zero, is_one), zero));
    }
    count =
        (size_t)_mm_cvtsi128_si64(sums) + (size_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums));
#endif
    for (; at < text.len; at++) {
        count += is_digit(text.at[at]);
    }
    return count;
}

static bool meet_digits(const struct chute_prefilter *self, struct chute_str text, uint64_t *set) {
    bool has_found = false;
    size_t digits = count_digits(text);
    for (size_t i = 0; i < self->digit_need_count; i++) {
        const struct digit_need *need = &self->digit_needs[i];
        if (digits >= need->digits) {
            set[need->index / 64] |= UINT64_C(1) << (need->index % 64);
            has_found = true;
        }
    }
    return has_found;
}

bool chute_prefilter_scan(
    const struct chute_prefilter *self, struct chute_str text, uint64_t *set) {
    memcpy(set, self->always, self->words * sizeof(*set));
    bool has_found = self->has_always;
    for (size_t at = 0; at + 1 < text.len && self->entry_count > 0; at++) {
        if (self->buckets[pair_of(text.at + at)] != 0 && look_closer(self, text, at, set)) {
            has_found = true;
        }
    }
    if (self->digit_need_count > 0 && meet_digits(self, text, set)) {
        has_found = true;
    }
    return has_found;
}

/* ------------------------------------------------------------------ what a pattern needs */

/* Behind the set that opens at `at`; 0 if it does not end. */
static size_t set_end(struct chute_str pattern, size_t at) {
    size_t first = at + 1;
    if (first < pattern.len && pattern.at[first] == '^') {
        first++;
    }
    for (at = first; at < pattern.len; at++) {
        if (pattern.at[at] == ']' && at > first) {
            return at + 1;
        }
        if (pattern.at[at] == '[') {
            return 0; /* [:alpha:] and the like */
        }
        at += pattern.at[at] == '\\';
    }
    return 0;
}

/* Behind the atom at `at`, whose digits go to `digits`; 0 if it is not a plain one. */
static size_t read_atom(struct chute_str pattern, size_t at, unsigned *digits) {
    char byte = pattern.at[at];
    *digits = is_digit(byte) ? 1 : 0;
    if (byte == '\0' || strchr("()|*+?{#", byte) != NULL) {
        return 0;
    }
    if (byte == '[') {
        size_t end = set_end(pattern, at);
        *digits = chute_str_eq(
            (struct chute_str){ pattern.at + at, end > at ? end - at : 0 }, CHUTE_STR("[0-9]"));
        return end;
    }
    if (byte != '\\') {
        return at + 1;
    }
    byte = at + 1 < pattern.len ? pattern.at[at + 1] : '\0';
    bool is_letter = is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    return byte == '\0' || (is_letter && strchr("bBAzZsSwWdD", byte) == NULL) ? 0 : at + 2;
}

/* Behind the quantifier at `at`, if there is one, with the fewest times to `least`; 0 if it is odd. */
static size_t read_quantifier(struct chute_str pattern, size_t at, unsigned *least) {
    char byte = at < pattern.len ? pattern.at[at] : '\0';
    *least = 1;
    if (byte == '*' || byte == '?' || byte == '+') {
        *least = byte == '+';
        at++;
    } else if (byte == '{') {
        size_t start = ++at;
        *least = 0;
        while (at < pattern.len && is_digit(pattern.at[at]) && *least < 1000) {
            *least = *least * 10 + (unsigned)(pattern.at[at++] - '0');
        }
        if (at == start) {
            return 0;
        }
        if (at < pattern.len && pattern.at[at] == ',') {
            at++;
            while (at < pattern.len && is_digit(pattern.at[at])) {
                at++;
            }
        }
        if (at == pattern.len || pattern.at[at++] != '}') {
            return 0;
        }
    } else {
        return at;
    }
    bool has_mode = at < pattern.len && (pattern.at[at] == '?' || pattern.at[at] == '+');
    return at + has_mode;
}

unsigned chute_prefilter_digits(struct chute_str pattern) {
    unsigned total = 0;
    for (size_t at = 0; at < pattern.len && total < 100000;) {
        unsigned digits, least;
        at = read_atom(pattern, at, &digits);
        if (at != 0) {
            at = read_quantifier(pattern, at, &least);
        }
        if (at == 0) {
            return 0;
        }
        total += digits * least;
    }
    return total;
}
