/* pipeline/text/line.h - cutting a stream of bytes into lines and JSON objects, and lines into events.
 *
 * Ownership: views of the bytes handed in; what had to be decoded lies in the arena handed in.
 * Threads: any; a chute_line_charset belongs to one thread at a time. */
#ifndef CHUTE_TEXT_LINE_H
#define CHUTE_TEXT_LINE_H

#include "pipeline/base/event.h"

/* How many bytes at the start of `bytes` end in a `delimiter` (not empty), of which the first `seen` were looked
 * through before. */
size_t chute_line_cut(struct chute_str bytes, struct chute_str delimiter, size_t seen);
/* Takes the next line off the start of `bytes`: without its delimiter, which the last one may lack. False at the
 * end. */
bool chute_line_next(struct chute_str *bytes, struct chute_str delimiter, struct chute_str *line);

/* How many bytes at the start of `bytes` are complete JSON objects, one behind the other. The last one
 * counts only if another begins behind it, or if `is_idle`: a line end may still follow. Looks at an object
 * that grows in small pieces a bounded number of times a byte. `seen` as above. */
size_t chute_line_cut_objects(struct chute_str bytes, size_t seen, bool is_idle);

/* Where the first object of `bytes` ends, if another begins behind it; else all of them. What the object holds need not
 * be JSON, only its braces and quotes count. */
size_t chute_line_first_object(struct chute_str bytes);

/* A converter made when it is first needed: a codec's state on a worker. A zeroed one is ready. */
struct chute_charset;
struct chute_line_charset {
    struct chute_charset *charset;
};
/* `text` as valid UTF-8; `name` is that of a known character set. */
struct chute_str chute_line_decode(struct chute_line_charset *state, struct chute_str name,
    struct chute_arena *arena, struct chute_str text);
void chute_line_charset_finish(struct chute_line_charset *state);

/* Sets `message`, and in ECS mode what `original` refers to (NULL: not). */
void chute_line_fill(
    struct chute_event *event, const struct chute_ref *original, struct chute_str text);

#endif
