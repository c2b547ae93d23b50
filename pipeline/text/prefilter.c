#include "pipeline/text/prefilter.h"

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

struct chute_prefilter *chute_prefilter_create(const struct chute_str *literals, size_t count) {
    struct chute_prefilter *self = chute_calloc(1, sizeof(*self));
    self->words = (count + 63) / 64;
    self->always = chute_calloc(self->words + 1, sizeof(*self->always));
    self->entries = chute_calloc(count + 1, sizeof(*self->entries));
    unsigned buckets = 0;
    for (size_t i = 0; i < count; i++) {
        if (literals[i].len >= 2) {
            add_entry(self, literals[i], i, &buckets);
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

bool chute_prefilter_scan(
    const struct chute_prefilter *self, struct chute_str text, uint64_t *set) {
    memcpy(set, self->always, self->words * sizeof(*set));
    bool has_found = self->has_always;
    for (size_t at = 0; at + 1 < text.len; at++) {
        if (self->buckets[pair_of(text.at + at)] != 0 && look_closer(self, text, at, set)) {
            has_found = true;
        }
    }
    return has_found;
}
