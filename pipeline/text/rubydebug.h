/* pipeline/text/rubydebug.h - events as the rubydebug codec prints them: for people to read.
 *
 * Keys stand right-aligned in their order of insertion, arrays are numbered, text is written as Ruby's inspect does. No
 * colours.
 *
 * Ownership: appends to the caller's buffer.
 * Threads: any. */
#ifndef CHUTE_TEXT_RUBYDEBUG_H
#define CHUTE_TEXT_RUBYDEBUG_H

#include "pipeline/base/buf.h"
#include "pipeline/base/event.h"

/* Appends a value, without a line feed behind it. */
void chute_rubydebug_encode(struct chute_buf *buf, const struct chute_value *value);
/* Appends the event's fields; with `has_metadata` also @metadata, unless it is empty. */
void chute_rubydebug_encode_event(
    struct chute_buf *buf, const struct chute_event *event, bool has_metadata);

#endif
