/* pipeline/text/redact/extent.h - where a value without quotes ends.
 *
 * Ownership: none.
 * Threads: any. */
#ifndef CHUTE_TEXT_REDACT_EXTENT_H
#define CHUTE_TEXT_REDACT_EXTENT_H

#include "pipeline/text/redact/finder.h"

/* At a blank, a quote, or a sign that parts values; `is_encoded`: also at those of them that a URL's encoding hides. */
size_t chute_redact_plain_end(struct chute_redact_finder *finder, size_t at, bool is_encoded);
/* An element's content, which starts at `*at` (moved behind `<![CDATA[`): at the next tag. 0: there is none. */
size_t chute_redact_content_end(const struct chute_redact_finder *finder, size_t *at);
/* Groups of digits of a telephone number. */
size_t chute_redact_phone_end(const struct chute_redact_finder *finder, size_t at);

#endif
