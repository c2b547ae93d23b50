/* pipeline/text/scan.h - where many literals stand in a text, by one pass over it.
 *
 * A text is looked at two bytes at a time: where a pair stands in a table, the literals entered under it are compared. Each
 * literal is entered under its rarest pair, so most texts of a log are passed over without a comparison.
 *
 * Ownership: create/destroy; the literals are copied. A scanner borrows scan and text.
 * Threads: a scan is immutable once made: any; a scanner belongs to one thread. */
#ifndef CHUTE_TEXT_SCAN_H
#define CHUTE_TEXT_SCAN_H

#include <stdint.h>

#include "pipeline/base/ascii.h"
#include "pipeline/base/str.h"

/* A literal of one byte or more; ASCII letters in any case if `is_caseless`. */
struct chute_needle {
    struct chute_str text;
    bool is_caseless;
};

/* The needle of a hit at the first digit of a run of ASCII digits, unless a small letter stands before it, as in ids. */
#define CHUTE_SCAN_NUMBER UINT32_MAX

struct chute_scan_entry {
    const char *text; /* small letters if caseless; behind them the bit of each one's cases */
    uint32_t len;
    uint32_t pair_at; /* offset of the pair in `text` */
    uint32_t needle;
    uint32_t next; /* entry of the same bucket, + 1; 0: none */
    bool is_caseless;
};

struct chute_scan {
    uint8_t
        buckets[65536];  /* of each pair; 0: none. What is entered there is compared in any case. */
    uint32_t first[256]; /* entry of a bucket, + 1 */
    struct chute_scan_entry *entries;
    size_t entry_count;
    char *texts;
    bool has_numbers;
};

/* Returns new. `has_numbers`: runs of digits are hits, too. */
struct chute_scan *chute_scan_create(
    const struct chute_needle *needles, size_t count, bool has_numbers);
/* Accepts NULL. */
void chute_scan_destroy(struct chute_scan *scan);

struct chute_hit {
    size_t at; /* of the literal in the text */
    uint32_t needle;
};

struct chute_scanner {
    const struct chute_scan *scan;
    struct chute_str text;
    size_t at;     /* the pair looked at */
    size_t from;   /* the one to look at next */
    uint32_t next; /* entry to compare at `at`, + 1; 0: go on */
    bool has_begun;
};

static inline struct chute_scanner chute_scan_begin(
    const struct chute_scan *scan, struct chute_str text) {
    return (struct chute_scanner){ .scan = scan, .text = text };
}

/* The next hit; about in order of place: those of one place follow each other. False at the end. */
bool chute_scan_next(struct chute_scanner *scanner, struct chute_hit *hit);

#endif
