/* conf/diag.h - what is wrong with a configuration: all of it, with the place and a hint.
 *
 * Ownership: the diag owns the texts of the sources that it was given, and every message; a position points
 * into a source, so the diag outlives whatever holds positions.
 * Threads: one at a time. */
#ifndef CHUTE_CONF_DIAG_H
#define CHUTE_CONF_DIAG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pipeline/base/str.h"

/* A file, or another text with a name such as "config.string". */
struct chute_source {
    const char *name;
    struct chute_str text;
};

/* A place in a source. Zeroed: no place, as for what a flag or the environment says. With a source but
 * line 0: the source as a whole. */
struct chute_position {
    const struct chute_source *source;
    size_t offset;   /* bytes from the start of the text */
    size_t len;      /* bytes */
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in characters; a tab is one */
};

enum chute_diag_kind {
    CHUTE_DIAG_SYNTAX, /* "syntax error": the text does not follow the grammar */
    CHUTE_DIAG_CONFIG, /* "config error": it does, and cannot be meant */
};

struct chute_diag;

/* Returns new, empty diagnostics. */
struct chute_diag *chute_diag_create(void);
/* Accepts NULL. */
void chute_diag_destroy(struct chute_diag *diag);

/* Copies name and text; the source lives as long as `diag`. */
const struct chute_source *chute_diag_add_source(
    struct chute_diag *diag, const char *name, struct chute_str text);

/* The place at `line` and `column` (from 1; behind the end of its line: that end) of `source`. */
struct chute_position chute_position_at(
    const struct chute_source *source, uint32_t line, uint32_t column, size_t len);

/* Notes an error. `hint` (NULL: none) is one sentence on what to write instead; it is copied. */
void chute_diag_error(struct chute_diag *diag, enum chute_diag_kind kind,
    struct chute_position position, const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Notes something that works, and will surprise; once for a place, however often it is said. */
void chute_diag_warn(struct chute_diag *diag, struct chute_position position, const char *hint,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Returns `did you mean "nearest"?`, a view that lives as long as `diag`; NULL for NULL. For `hint`. */
const char *chute_diag_did_you_mean(struct chute_diag *diag, const char *nearest);

size_t chute_diag_error_count(const struct chute_diag *diag);
size_t chute_diag_warning_count(const struct chute_diag *diag);

/* One thing that was noted, in the order in which they are shown. */
struct chute_diag_item {
    bool is_warning;
    enum chute_diag_kind kind;
    struct chute_position position;
    const char *message;
    const char *hint; /* NULL: none */
};

/* Sorts by source (as they were added), then by place. Returns a view until the next call with `diag`. */
const struct chute_diag_item *chute_diag_items(struct chute_diag *diag, size_t *count);
/* Writes all that was noted, sorted, each with its line of the source. */
void chute_diag_print(struct chute_diag *diag, FILE *out);

/* The search for the name that was meant: zero it, set `name`, offer the names there are. */
struct chute_nearest {
    struct chute_str name;
    const char *best; /* the nearest so far; NULL: none is near enough */
    size_t distance;
};

/* Borrows `candidate` for as long as `best` is used. */
void chute_nearest_offer(struct chute_nearest *nearest, const char *candidate);
/* The nearest of `count` candidates, or NULL. */
const char *chute_nearest_of(struct chute_str name, const char *const *candidates, size_t count);

#endif
