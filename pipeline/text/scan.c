#include "pipeline/text/scan.h"

#include "pipeline/base/alloc.h"

#define BUCKETS_MAX 255

static unsigned pair_of(const char *at) {
    uint16_t pair;
    memcpy(&pair, at, 2);
    return pair;
}

/* How common a byte is in log lines: the higher, the more places would have to be looked at. */
static unsigned frequency(char byte) {
    if (byte == ' ' || (byte != '\0' && strchr("etaoinsr0", byte) != NULL)) {
        return 8;
    }
    if (chute_is_lower(byte) || chute_is_digit(byte)) {
        return 4;
    }
    return byte != '\0' && strchr(".:-/=\"", byte) != NULL ? 3 : 1;
}

/* The same of a pair. In words some follow each other far more often than their letters would. */
static unsigned frequency_of_pair(const char *pair) {
    static const char common[] =
        "in le ti et or er ta me re on ng ed he ss es om ma il ch ro te se en st "
        "th ut de di ld oo po rt ar co ac as it io la an ns ca ec ge so no ea sh "
        "ce ni is at ha to ne lo li ic nd al ra ri us ve pi ap pa ke tp ok";
    char a = chute_to_lower(pair[0]), b = chute_to_lower(pair[1]);
    unsigned product = frequency(a) * frequency(b);
    for (const char *at = common; chute_is_lower(a); at += 3) {
        if (at[0] == a && at[1] == b) {
            return 2 * product;
        }
        if (at[2] == '\0') {
            break;
        }
    }
    return product;
}

static uint32_t rarest_pair(const struct chute_scan_entry *entry) {
    uint32_t best = 0;
    unsigned least = ~0u;
    for (uint32_t i = 0; i + 1 < entry->len; i++) {
        unsigned weight = frequency_of_pair(entry->text + i);
        if (weight < least) {
            least = weight;
            best = i;
        }
    }
    return best;
}

/* ------------------------------------------------------------------ making */

struct maker {
    struct chute_scan *scan;
    unsigned buckets; /* given out */
};

/* Beyond 255 buckets they are shared: more comparisons, the same hits. */
static uint8_t new_bucket(struct maker *maker) {
    return (uint8_t)(1 + maker->buckets++ % BUCKETS_MAX);
}

static void add_entry(struct maker *maker, uint8_t bucket, const struct chute_scan_entry *entry) {
    struct chute_scan *scan = maker->scan;
    for (uint32_t next = scan->first[bucket]; next != 0; next = scan->entries[next - 1].next) {
        if (scan->entries[next - 1].needle == entry->needle) {
            return;
        }
    }
    scan->entries = chute_realloc(scan->entries, sizeof(*entry) * (scan->entry_count + 1));
    scan->entries[scan->entry_count] = *entry;
    scan->entries[scan->entry_count].next = scan->first[bucket];
    scan->first[bucket] = (uint32_t)++scan->entry_count;
}

/* Enters `entry` under a pair; one that nothing is entered under yet gets `*bucket`, a new one if that is 0. */
static void add_pair(struct maker *maker, const struct chute_scan_entry *entry, unsigned a,
    unsigned b, uint8_t *bucket) {
    uint8_t *place = &maker->scan->buckets[pair_of((const char[2]){ (char)a, (char)b })];
    if (*place == 0) {
        *bucket = *bucket == 0 ? new_bucket(maker) : *bucket;
        *place = *bucket;
    }
    add_entry(maker, *place, entry);
}

static void add_pairs(struct maker *maker, const struct chute_scan_entry *entry) {
    unsigned a = (unsigned char)entry->text[entry->pair_at];
    unsigned b = (unsigned char)entry->text[entry->pair_at + 1];
    unsigned cases_of_a = entry->is_caseless && chute_is_lower((char)a) ? 2 : 1;
    unsigned cases_of_b = entry->is_caseless && chute_is_lower((char)b) ? 2 : 1;
    for (unsigned i = 0; i < cases_of_a * cases_of_b; i++) {
        uint8_t bucket = 0;
        add_pair(maker, entry, i < cases_of_b ? a : a ^ 0x20, i % cases_of_b == 0 ? b : b ^ 0x20,
            &bucket);
    }
}

/* A single byte, before any other. */
static void add_byte(struct maker *maker, const struct chute_scan_entry *entry) {
    uint8_t bucket = 0;
    for (unsigned b = 0; b < 256; b++) {
        add_pair(maker, entry, (unsigned char)entry->text[0], b, &bucket);
        if (entry->is_caseless && chute_is_lower(entry->text[0])) {
            add_pair(maker, entry, (unsigned char)entry->text[0] ^ 0x20, b, &bucket);
        }
    }
}

static bool starts_number(char before) {
    return !chute_is_digit(before) && !chute_is_lower(before);
}

static void add_numbers(struct maker *maker) {
    const struct chute_scan_entry entry = { .text = "", .needle = CHUTE_SCAN_NUMBER };
    uint8_t bucket = 0;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = '0'; b <= '9' && starts_number((char)a); b++) {
            add_pair(maker, &entry, a, b, &bucket);
        }
    }
}

/* The needles of one byte last: they share a bucket where nothing else is entered. */
static void add_needles(struct maker *maker, const struct chute_needle *needles, size_t count,
    bool is_of_one_byte, char **text) {
    for (size_t i = 0; i < count; i++) {
        if ((needles[i].text.len == 1) != is_of_one_byte) {
            continue;
        }
        struct chute_scan_entry entry = { .text = *text,
            .len = (uint32_t)needles[i].text.len,
            .needle = (uint32_t)i,
            .is_caseless = needles[i].is_caseless };
        for (size_t at = 0; at < entry.len; at++) {
            char byte = needles[i].text.at[at];
            bool has_cases = entry.is_caseless && chute_is_alpha(byte);
            (*text)[entry.len + at] = has_cases ? 0x20 : 0;
            (*text)[at] = (char)(byte | (*text)[entry.len + at]);
        }
        *text += 2 * (size_t)entry.len;
        if (is_of_one_byte) {
            add_byte(maker, &entry);
        } else {
            entry.pair_at = rarest_pair(&entry);
            add_pairs(maker, &entry);
        }
    }
}

struct chute_scan *chute_scan_create(
    const struct chute_needle *needles, size_t count, bool has_numbers) {
    struct chute_scan *scan = chute_calloc(1, sizeof(*scan));
    struct maker maker = { .scan = scan };
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        chute_assert(needles[i].text.len > 0);
        total += 2 * needles[i].text.len;
    }
    char *text = scan->texts = chute_calloc(total + 1, 1);
    add_needles(&maker, needles, count, false, &text);
    add_needles(&maker, needles, count, true, &text);
    scan->has_numbers = has_numbers;
    if (has_numbers) {
        add_numbers(&maker);
    }
    return scan;
}

void chute_scan_destroy(struct chute_scan *scan) {
    if (scan == NULL) {
        return;
    }
    chute_free(scan->entries);
    chute_free(scan->texts);
    chute_free(scan);
}

/* ------------------------------------------------------------------ scanning */

/* Whether what is entered under the pair at `at` stands there, and from where on. */
static bool is_there(
    const struct chute_scan_entry *entry, struct chute_str text, size_t at, struct chute_hit *hit) {
    hit->needle = entry->needle;
    if (entry->needle == CHUTE_SCAN_NUMBER) {
        hit->at = at + 1;
        return at + 1 < text.len && chute_is_digit(text.at[at + 1]) && starts_number(text.at[at]);
    }
    if (at < entry->pair_at || text.len - (at - entry->pair_at) < entry->len) {
        return false;
    }
    hit->at = at - entry->pair_at;
    const char *there = text.at + hit->at;
    const char *cases = entry->text + entry->len;
    for (uint32_t i = 0; i < entry->len; i++) { /* most differ in the first bytes: no call */
        if ((there[i] | cases[i]) != entry->text[i]) {
            return false;
        }
    }
    return true;
}

/* The first place from `at` on whose pair is in the table, or the last byte, which has no pair. Sixteen at once, by
 * shuffles of nibbles (SSSE3), take nearly three times as long on the short texts of an event: eight classes of pairs,
 * which is what fits, leave 98 of its 158 bytes to be looked at where the table leaves 6 (tests/bench/micro_scan.c). */
static size_t next_place(const struct chute_scan *scan, struct chute_str text, size_t at) {
    const uint8_t *buckets = scan->buckets;
    const char *bytes = text.at;
    for (; at + 5 <= text.len; at += 4) {
        if ((buckets[pair_of(bytes + at)] | buckets[pair_of(bytes + at + 1)] |
                buckets[pair_of(bytes + at + 2)] | buckets[pair_of(bytes + at + 3)]) != 0) {
            break;
        }
    }
    while (at + 1 < text.len && buckets[pair_of(bytes + at)] == 0) {
        at++;
    }
    return at;
}

bool chute_scan_next(struct chute_scanner *scanner, struct chute_hit *hit) {
    const struct chute_scan *scan = scanner->scan;
    struct chute_str text = scanner->text;
    if (!scanner->has_begun) {
        scanner->has_begun = true;
        if (scan->has_numbers && text.len > 0 && chute_is_digit(text.at[0])) {
            *hit = (struct chute_hit){ 0, CHUTE_SCAN_NUMBER };
            return true;
        }
    }
    for (;;) {
        while (scanner->next != 0) {
            const struct chute_scan_entry *entry = &scan->entries[scanner->next - 1];
            scanner->next = entry->next;
            if (is_there(entry, text, scanner->at, hit)) {
                return true;
            }
        }
        if (scanner->from >= text.len) {
            return false;
        }
        scanner->at = next_place(scan, text, scanner->from);
        scanner->from = scanner->at + 1;
        char second = scanner->from < text.len ? text.at[scanner->from] : '\0';
        scanner->next =
            scan->first[scan->buckets[pair_of((const char[2]){ text.at[scanner->at], second })]];
    }
}
