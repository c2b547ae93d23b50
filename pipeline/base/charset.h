/* pipeline/base/charset.h - text of a foreign character set becomes UTF-8, as Logstash's `charset`
 * option does it.
 *
 * What cannot be decoded becomes U+FFFD, byte by byte; nothing is lost in silence. For UTF-8 itself
 * a valid text stays as it is, and one that is not valid is written as Ruby's inspect does (\xED),
 * which is what Logstash's users see.
 *
 * Ownership: create/destroy; results lie in the arena handed in, or are the text handed in.
 * Threads: one instance belongs to one thread at a time. */
#ifndef CHUTE_BASE_CHARSET_H
#define CHUTE_BASE_CHARSET_H

#include <stdbool.h>

#include "pipeline/base/arena.h"
#include "pipeline/base/str.h"

struct chute_charset;

/* All names known, as Ruby writes them; ended by NULL. The choices of a `charset` option. */
const char *const *chute_charset_names(void);
/* True if `name` (any case) is one of them. */
bool chute_charset_is_known(struct chute_str name);
/* Returns new; NULL if the name is not known, or this system lacks its converter. */
struct chute_charset *chute_charset_create(struct chute_str name);
/* Accepts NULL. */
void chute_charset_destroy(struct chute_charset *charset);
/* `text`, one whole message, as valid UTF-8. NULL for `charset` means UTF-8. */
struct chute_str chute_charset_decode(
    struct chute_charset *charset, struct chute_arena *arena, struct chute_str text);

#endif
