/* pipeline/text/prefilter.h - which of many regexes may match a text, by one pass over it.
 *
 * Each regex is asked what every match of it needs: one of some literals (pipeline/text/regex_literals.h), or so many
 * digits. One that needs neither may always match.
 *
 * Ownership: create/destroy; the patterns are read only then.
 * Threads: immutable once made: any. */
#ifndef CHUTE_TEXT_PREFILTER_H
#define CHUTE_TEXT_PREFILTER_H

#include <stdint.h>

#include "pipeline/base/str.h"

struct chute_prefilter;

/* Returns new, for `count` patterns in PCRE2's syntax (chute_regex_translated). */
struct chute_prefilter *chute_prefilter_create(const struct chute_str *patterns, size_t count);
/* Accepts NULL. */
void chute_prefilter_destroy(struct chute_prefilter *prefilter);
/* How many 64-bit words a set of candidates has. */
size_t chute_prefilter_words(const struct chute_prefilter *prefilter);
/* Sets bit n of `set`, which has chute_prefilter_words words and is cleared first, for each pattern n
 * whose needs `text` meets. False if no bit is set. */
bool chute_prefilter_scan(
    const struct chute_prefilter *prefilter, struct chute_str text, uint64_t *set);

#endif
