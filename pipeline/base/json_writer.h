/* pipeline/base/json_writer.h - a JSON text put together member by member; and laid out for people.
 *
 * Ownership: the text goes into the caller's buffer.
 * Threads: one at a time. */
#ifndef CHUTE_BASE_JSON_WRITER_H
#define CHUTE_BASE_JSON_WRITER_H

#include <stdint.h>

#include "pipeline/base/buf.h"

/* Zeroed but for `out`: ready. */
struct chute_json_writer {
    struct chute_buf *out;
    bool needs_comma;
};

/* Each adds one member called `key`, or, with a NULL key, one element or the whole text. */
void chute_write_open(struct chute_json_writer *writer, const char *key, char bracket);
void chute_write_close(struct chute_json_writer *writer, char bracket);
void chute_write_str(struct chute_json_writer *writer, const char *key, struct chute_str text);
/* NULL is written as null. */
void chute_write_text(struct chute_json_writer *writer, const char *key, const char *text);
void chute_write_int(struct chute_json_writer *writer, const char *key, int64_t number);
/* With four significant digits, as 0.2296 or 67960.0; what is not finite is left out. */
void chute_write_rate(struct chute_json_writer *writer, const char *key, double number);
void chute_write_bool(struct chute_json_writer *writer, const char *key, bool truth);
void chute_write_null(struct chute_json_writer *writer, const char *key);

/* Appends the compact text `json` with a line a member, as Jackson lays it out: `"key" : [ 1, 2 ]`. */
void chute_json_pretty(struct chute_buf *out, struct chute_str json);

#endif
