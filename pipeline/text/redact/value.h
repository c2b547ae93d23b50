/* pipeline/text/redact/value.h - what a value looks like that stands behind a sensitive name in a text.
 *
 * Ownership: none.
 * Threads: any. */
#ifndef CHUTE_TEXT_REDACT_VALUE_H
#define CHUTE_TEXT_REDACT_VALUE_H

#include <stdbool.h>

#include "pipeline/base/str.h"

/* True for what discloses nothing: null, true, ***, [REDACTED], ${PASSWORD}, <password>, %s. */
bool chute_redact_is_blank(struct chute_str value);
/* True for a word that goes on with a sentence ("password: must be …") or names a type ("password: string"). */
bool chute_redact_is_prose(struct chute_str value);
/* True for several words that say something of a value: "must be at least 12 characters". */
bool chute_redact_is_claim(struct chute_str value);
/* True for what somebody's program has drawn: long, of letters and digits in no order. A UUID is not meant. */
bool chute_redact_is_random(struct chute_str value);
/* True for a word that no sentence has: eight bytes or more, of three of capitals, small letters, digits and signs,
 * digits or signs among them; or random. */
bool chute_redact_is_odd(struct chute_str value);
/* 8-4-4-4-12 hex digits. */
bool chute_redact_is_uuid(struct chute_str value);

#endif
