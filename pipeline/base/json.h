/* pipeline/base/json.h - JSON text to values and back.
 *
 * Reading: strict JSON (RFC 8259) in strict UTF-8; of a key that stands twice the last value wins, at the first one's
 * place; a lone surrogate (\udc00) becomes U+FFFD; at most CHUTE_JSON_DEPTH levels. Integers that print as they
 * are written become CHUTE_INT, every other number keeps its text (only the sign of a zero goes).
 * Writing: compact, as Jackson writes: \n \" \\ and \u001F for control characters, "NaN" in quotes.
 *
 * Ownership: a parser is created once for each worker; values live in the arena handed in, and their texts are slices of
 * the input wherever nothing was escaped: the input has to live as long as they do.
 * Threads: a parser belongs to one thread at a time; the rest: any. */
#ifndef CHUTE_BASE_JSON_H
#define CHUTE_BASE_JSON_H

#include "pipeline/base/buf.h"
#include "pipeline/base/event.h"
#include "pipeline/base/value.h"

#define CHUTE_JSON_DEPTH 1000

enum chute_json_status {
    CHUTE_JSON_OK,
    CHUTE_JSON_END,      /* nothing but white space is left */
    CHUTE_JSON_SYNTAX,   /* not JSON, or cut off */
    CHUTE_JSON_TRAILING, /* something follows the one value (chute_json_decode only) */
    CHUTE_JSON_DEEP,     /* nested deeper than CHUTE_JSON_DEPTH */
    CHUTE_JSON_NOT_UTF8,
    CHUTE_JSON_TOO_LONG, /* 2 GiB and more */
};

/* A few words for a log line. */
const char *chute_json_status_text(enum chute_json_status status);

struct chute_json_parser;
/* Returns new. */
struct chute_json_parser *chute_json_parser_create(void);
/* Accepts NULL. */
void chute_json_parser_destroy(struct chute_json_parser *parser);

/* Reads `text`, which holds exactly one value, with white space and a byte order mark around it allowed. */
enum chute_json_status chute_json_decode(struct chute_json_parser *parser,
    struct chute_arena *arena, struct chute_str text, struct chute_value *out);
/* Reads the value at `*offset` (0 for the first) and moves `*offset` behind it: {"a":1}{"b":2}. CHUTE_JSON_END when
 * there is none left. After an error nothing more of `text` can be read. */
enum chute_json_status chute_json_next(struct chute_json_parser *parser, struct chute_arena *arena,
    struct chute_str text, size_t *offset, struct chute_value *out);

/* Appends `value`. */
void chute_json_encode(struct chute_buf *buf, const struct chute_value *value);
/* Appends the event's fields as one object; @metadata is never among them. */
void chute_json_encode_event(struct chute_buf *buf, const struct chute_event *event);
/* Appends a text in quotes, escaped as needed. */
void chute_json_encode_str(struct chute_buf *buf, struct chute_str text);

#endif
