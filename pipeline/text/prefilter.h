/* pipeline/text/prefilter.h - which of many regexes may match a text, by one pass over it.
 *
 * Each regex brings a literal that every match of it contains. A text is looked at two bytes at a time; where
 * a pair stands in a table, the literals entered under it are compared. A regex whose literal is shorter
 * than two bytes, or not known, may always match.
 *
 * Ownership: create/destroy; the literals are copied.
 * Threads: immutable once made: any. */
#ifndef CHUTE_TEXT_PREFILTER_H
#define CHUTE_TEXT_PREFILTER_H

#include <stdint.h>

#include "pipeline/base/str.h"

struct chute_prefilter;

/* Returns new, for `count` literals, empty ones among them. */
struct chute_prefilter *chute_prefilter_create(const struct chute_str *literals, size_t count);
/* Accepts NULL. */
void chute_prefilter_destroy(struct chute_prefilter *prefilter);
/* How many 64-bit words a set of candidates has. */
size_t chute_prefilter_words(const struct chute_prefilter *prefilter);
/* Sets bit n of `set`, which has chute_prefilter_words words and is cleared first, for each literal n that
 * stands in `text` or may always match. False if no bit is set. */
bool chute_prefilter_scan(
    const struct chute_prefilter *prefilter, struct chute_str text, uint64_t *set);

#endif
