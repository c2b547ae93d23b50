/* pipeline/text/regex_literals.h - the literals of which every match of a regex contains one, taken out of its pattern.
 *
 * In doubt there are none, and the regex has to be run on every text: what is not understood here (references back,
 * recursion, conditions, \K …) gives nothing. Where all matches hold the literal in the same distance from their start,
 * that is told, so that a match need only be tried there.
 *
 * Ownership: the set holds its texts.
 * Threads: any. */
#ifndef CHUTE_TEXT_REGEX_LITERALS_H
#define CHUTE_TEXT_REGEX_LITERALS_H

#include <stdint.h>

#include "pipeline/base/str.h"

#define CHUTE_LITERALS_MAX 26
#define CHUTE_LITERAL_LONGEST 24
#define CHUTE_LITERAL_ANYWHERE (~0u)

struct chute_literal {
    char text[CHUTE_LITERAL_LONGEST];
    uint8_t len;
    bool is_caseless;
    uint32_t distance; /* bytes from the match's start; CHUTE_LITERAL_ANYWHERE if it differs */
};

struct chute_literals {
    struct chute_literal items[CHUTE_LITERALS_MAX];
    uint32_t count; /* 0: none are known */
    uint32_t
        digits; /* how many ASCII digits every match holds at least; known without literals, too */
};

/* Of a pattern in PCRE2's syntax (chute_regex_translated), with UTF and MULTILINE, where \d \w \s are ASCII's;
 * `is_caseless` from its start. */
void chute_regex_literals(
    struct chute_str pattern, bool is_caseless, struct chute_literals *literals);

#endif
