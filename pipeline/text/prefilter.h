/* pipeline/text/prefilter.h - which of many regexes may match a text, by one pass over it.
 *
 * Each regex brings what every match of it needs: a literal, or so many digits. A text is looked at two
 * bytes at a time; where a pair stands in a table, the literals entered under it are compared. A regex
 * that needs neither may always match.
 *
 * Ownership: create/destroy; the literals are copied.
 * Threads: immutable once made: any. */
#ifndef CHUTE_TEXT_PREFILTER_H
#define CHUTE_TEXT_PREFILTER_H

#include <stdint.h>

#include "pipeline/base/str.h"

struct chute_prefilter;

/* What every match of a regex holds; in doubt nothing. */
struct chute_prefilter_need {
    struct chute_str literal; /* of no use below two bytes */
    unsigned digits;          /* 0 … 9, anywhere; looked at where there is no literal */
};

/* How many ASCII digits every match of a pattern in PCRE2's syntax holds at least; 0 for all but plain
 * sequences, without groups and branches. */
unsigned chute_prefilter_digits(struct chute_str pattern);

/* Returns new, for `count` regexes. */
struct chute_prefilter *chute_prefilter_create(
    const struct chute_prefilter_need *needs, size_t count);
/* Accepts NULL. */
void chute_prefilter_destroy(struct chute_prefilter *prefilter);
/* How many 64-bit words a set of candidates has. */
size_t chute_prefilter_words(const struct chute_prefilter *prefilter);
/* Sets bit n of `set`, which has chute_prefilter_words words and is cleared first, for each regex n
 * whose needs `text` meets. False if no bit is set. */
bool chute_prefilter_scan(
    const struct chute_prefilter *prefilter, struct chute_str text, uint64_t *set);

#endif
