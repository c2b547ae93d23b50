/* pipeline/base/regex_translate.h - Oniguruma's syntax to PCRE2's; for regex.c and regex_class.c only.
 *
 * Ownership: a translation owns its buffers; finish frees them.
 * Threads: one at a time. */
#ifndef CHUTE_BASE_REGEX_TRANSLATE_H
#define CHUTE_BASE_REGEX_TRANSLATE_H

#include "pipeline/base/regex.h"

#define CHUTE_REGEX_LITERAL_MAX 48

/* The longest text that everything matched so far in one group must contain. */
struct chute_regex_text {
    char at[CHUTE_REGEX_LITERAL_MAX];
    size_t len;
};

/* A group that is open; the first is the whole pattern. */
struct chute_regex_frame {
    size_t out_start; /* where its translation starts */
    size_t in_start;
    int extra_closes; /* (?i) in the middle opened groups of ours, closed with this one */
    bool is_caseless, is_extended, dot_takes_all; /* at present */
    bool is_silent; /* look-behind or negative: what it holds is no part of the match */
    bool has_branches;
    struct chute_regex_text best;
};

struct chute_regex_group_name_at {
    size_t offset, len; /* in `names` */
};

struct chute_regex_translation {
    struct chute_str in;
    size_t at; /* next byte of `in` */
    struct chute_buf out;
    struct chute_regex_frame *frames;
    size_t depth, room;
    struct chute_regex_text run; /* literal characters up to here, one after the other */
    size_t atom;                 /* where the last atom starts in `out`, for a quantifier to wrap */
    bool has_boundaries; /* \b or \B: they are Unicode's, while \d \s \w are ASCII's; see regex.c */
    bool has_names;      /* then plain groups do not capture */
    uint32_t groups;     /* capturing groups so far */
    uint32_t group_total;
    struct chute_buf names;
    struct chute_regex_group_name_at *name_table; /* of group n at n - 1 */
    uint32_t name_room;
    struct chute_regex_error *error;
    bool has_failed;
};

/* What is not read yet. */
static inline struct chute_str chute_regex_rest(const struct chute_regex_translation *self) {
    return (struct chute_str){ self->in.at + self->at, self->in.len - self->at };
}

/* Whether it starts with `text`. */
static inline bool chute_regex_is_next(
    const struct chute_regex_translation *self, const char *text) {
    return chute_str_starts_with(chute_regex_rest(self), chute_str_of(text));
}

/* Translates `pattern`; false and `error` set if it cannot be done. Finish in either case. */
bool chute_regex_translate(struct chute_regex_translation *self, struct chute_str pattern,
    const struct chute_regex_options *options, struct chute_regex_error *error);
void chute_regex_translation_finish(struct chute_regex_translation *self);

/* Notes the first error, at `offset`; always false. */
bool chute_regex_fail(struct chute_regex_translation *self, size_t offset, const char *what);
/* Translates the set whose `[` was just read, nested sets, && and all. */
bool chute_regex_put_set(struct chute_regex_translation *self);
/* Adds what \p{name} matches, as a PCRE2 set; false if that is no name. */
bool chute_regex_put_property(struct chute_buf *out, struct chute_str name, bool is_negated);
/* Reads the escape behind a backslash that stands for one character: \n \x41 \u00e9 \101 \cA and letters without a
 * meaning. 1: read; 0: it means something else, nothing was read; -1: it is wrong. */
int chute_regex_read_escape(struct chute_regex_translation *self, bool is_in_set, uint32_t *point);
/* What \d, \W and the like hold, as content of a set; NULL if `letter` is none of them. */
const char *chute_regex_shorthand(char letter);
/* Up to three octal digits; always 1. */
int chute_regex_read_octal(struct chute_regex_translation *self, uint32_t *point);
/* Adds one character so that it stands for itself, in a set or outside. */
void chute_regex_put_point(struct chute_buf *out, uint32_t point);

#endif
