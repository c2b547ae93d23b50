/* pipeline/base/utf8.h - checking, cutting, repairing and case mapping of UTF-8.
 *
 * Valid means RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
 *
 * Ownership: results lie in the arena or buffer handed in; a text that needs no change is returned
 * as it is. Threads: any. */
#ifndef CHUTE_BASE_UTF8_H
#define CHUTE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/base/arena.h"
#include "pipeline/base/str.h"

#define CHUTE_UTF8_REPLACEMENT 0xFFFDu

/* Bytes of the longest start of `text` that is valid. */
size_t chute_utf8_valid_prefix(struct chute_str text);

static inline bool chute_utf8_is_valid(struct chute_str text) {
    return chute_utf8_valid_prefix(text) == text.len;
}

/* Bytes of the longest start of `text` that is ASCII. */
size_t chute_utf8_ascii_prefix(struct chute_str text);
/* The largest cut of a valid text that is at most `limit` and splits no character. */
size_t chute_utf8_floor(struct chute_str text, size_t limit);
/* Characters of a valid text. */
size_t chute_utf8_count(struct chute_str text);
/* Reads the first character into `point` and returns its bytes; 0 if it is not valid or there is
 * none. */
size_t chute_utf8_decode(struct chute_str text, uint32_t *point);
/* Writes `point` and returns its 1 to 4 bytes; a surrogate or what is too large is written as
 * U+FFFD. */
size_t chute_utf8_encode(uint32_t point, char out[4]);

/* Each byte that belongs to no valid character becomes U+FFFD. */
struct chute_str chute_utf8_replace(struct chute_arena *arena, struct chute_str text);
/* Each byte that belongs to no valid character becomes the four characters \xNN (upper-case hex).
 */
struct chute_str chute_utf8_escape(struct chute_arena *arena, struct chute_str text);
/* As Ruby's String#inspect without its quotes: \xNN for bad bytes, but also \" \\ \n \t \e \u0001
 * and the like. This is what Logstash's codecs make of a text that is not valid in charset UTF-8.
 */
struct chute_str chute_utf8_inspect(struct chute_arena *arena, struct chute_str text);

/* Unicode case mapping of a valid text, with the characters that become several (ß → SS). */
struct chute_str chute_utf8_upper(struct chute_arena *arena, struct chute_str text);
struct chute_str chute_utf8_lower(struct chute_arena *arena, struct chute_str text);
/* The first character in title case, the rest in lower case. */
struct chute_str chute_utf8_capitalize(struct chute_arena *arena, struct chute_str text);

#endif
