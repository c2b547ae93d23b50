/* pipeline/text/redact/token.h - keys and tokens that a pattern tells, and a check where the pattern is not enough.
 *
 * Ownership: a constant table.
 * Threads: any. */
#ifndef CHUTE_TEXT_REDACT_TOKEN_H
#define CHUTE_TEXT_REDACT_TOKEN_H

#include "pipeline/text/redact/finder.h"

struct chute_redact_token {
    enum chute_redact_kind kind;
    const char *
        pattern; /* of what starts with a letter or digit no other of them, nor an underscore, stands before */
    const char *not_behind;                /* more bytes that may not; NULL: none */
    bool (*check)(struct chute_str found); /* NULL: the pattern says it all */
};
extern const struct chute_redact_token chute_redact_tokens[];
extern const size_t chute_redact_token_count;

#endif
