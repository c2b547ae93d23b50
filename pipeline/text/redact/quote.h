/* pipeline/text/redact/quote.h - quotes as logs print them: `"`, `\"` (of JSON in JSON, to any depth), `\u0022`, `\x22`,
 * `&quot;`, `%22`, “…”; and where what stands in them ends.
 *
 * Ownership: none.
 * Threads: any. */
#ifndef CHUTE_TEXT_REDACT_QUOTE_H
#define CHUTE_TEXT_REDACT_QUOTE_H

#include "pipeline/text/redact/finder.h"

struct chute_redact_quote {
    struct chute_str open, close; /* without backslashes; empty: there is no quote */
    size_t slashes;               /* backslashes before it */
    size_t len;                   /* of the opening one, with them; 0: there is no quote */
};

/* The quote at `at`. */
struct chute_redact_quote chute_redact_read_quote(
    const struct chute_redact_finder *finder, size_t at);
/* The quote that ends at `end`, as what opens a text there. */
struct chute_redact_quote chute_redact_quote_before(
    const struct chute_redact_finder *finder, size_t end);

/* Where the text in quotes that starts at `at` ends: at the same quote with as many backslashes. `*is_closed` false: there
 * is none (or another one opens before, of those that open and close differently), and it ends with the line. */
size_t chute_redact_quoted_end(const struct chute_redact_finder *finder, size_t at,
    const struct chute_redact_quote *quote, bool *is_closed);

/* `"`, `'` or `` ` ``. */
static inline bool chute_redact_is_quote_sign(char byte) {
    return byte == '"' || byte == '\'' || byte == '`';
}

/* Bytes of the escape of a character at `at`, `\n`, `\x22` or `\u0022`; 0: there is none. */
size_t chute_redact_escape_at(const struct chute_redact_finder *finder, size_t at);
/* Bytes of a sign as HTML writes it at `at`, `&quot;` or `&#34;`; 0: there is none. */
size_t chute_redact_entity_at(const struct chute_redact_finder *finder, size_t at);

#endif
