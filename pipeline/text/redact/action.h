/* pipeline/text/redact/action.h - what stands in a secret's place.
 *
 * Ownership: none; output goes to the caller's buffer.
 * Threads: any. */
#ifndef CHUTE_TEXT_REDACT_ACTION_H
#define CHUTE_TEXT_REDACT_ACTION_H

#include "pipeline/base/buf.h"

enum chute_redact_action {
    CHUTE_REDACT_REPLACE, /* [REDACTED:kind] */
    CHUTE_REDACT_MASK,    /* a star for each character */
    CHUTE_REDACT_PARTIAL, /* the last characters stay */
    CHUTE_REDACT_HASH,    /* [kind:hmac], the same for the same value */
    CHUTE_REDACT_REMOVE,  /* the field goes */
    CHUTE_REDACT_DROP,    /* the event goes */
};
extern const char *const chute_redact_actions[]; /* their names, ended by NULL */

/* Appends `text`, valid UTF-8, as stars but for the last `keep` characters; all stars if that would leave fewer hidden than
 * shown. */
void chute_redact_mask(struct chute_buf *out, struct chute_str text, size_t keep);
/* Appends `[KIND:` and the HMAC-SHA-256 (RFC 2104) of `text` under `key` in hex and `]`. */
void chute_redact_hash(
    struct chute_buf *out, struct chute_str kind, struct chute_str text, struct chute_str key);

#endif
