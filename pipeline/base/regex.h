/* pipeline/base/regex.h - regular expressions with Oniguruma's (Ruby's) meaning, run by PCRE2's JIT.
 *
 * `^ $` stand at every line, (?m) lets a dot match a line feed, \h is a hex digit, sets nest and intersect, names of
 * groups may hold anything but `>`. As in Ruby, plain groups of a pattern that has named ones do not capture.
 * Subjects must be valid UTF-8: that is not checked again.
 *
 * Ownership: create/destroy; a regex is constant once compiled, what changes while it matches is the scratch's.
 * Threads: a regex: any; a scratch belongs to one thread at a time. */
#ifndef CHUTE_BASE_REGEX_H
#define CHUTE_BASE_REGEX_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/base/buf.h"
#include "pipeline/base/str.h"

#define CHUTE_REGEX_MATCH_LIMIT                                                                    \
    1000000 /* steps, when the options name no other: some milliseconds */
#define CHUTE_REGEX_UNSET (~(size_t)0) /* both offsets of a group that took no part */

struct chute_regex;
struct chute_regex_scratch;

struct chute_regex_options {
    bool is_caseless;
    bool dot_takes_all; /* a dot matches line feeds: Ruby's (?m), which grok sets */
    bool
        looks_for_literal; /* search for chute_regex_literal before matching: for what mostly fails */
    bool is_hot; /* one with a \b is compiled for ASCII subjects too, where it then runs faster */
    uint32_t match_limit; /* 0: CHUTE_REGEX_MATCH_LIMIT */
};

struct chute_regex_error {
    char text[160];
    size_t offset; /* into the pattern, about where it was noticed */
};

/* Returns new; NULL and `error` set if the pattern is not a regular expression, or one that we cannot run.
 * `options` may be NULL. */
struct chute_regex *chute_regex_compile(struct chute_str pattern,
    const struct chute_regex_options *options, struct chute_regex_error *error);
/* Accepts NULL. */
void chute_regex_destroy(struct chute_regex *regex);

/* Returns new: one for each worker thread. */
struct chute_regex_scratch *chute_regex_scratch_create(void);
/* Accepts NULL. */
void chute_regex_scratch_destroy(struct chute_regex_scratch *scratch);

/* Finds the first match at `start` or behind. > 0: matched, and `*groups` is a view, valid until the scratch is used
 * again, of pairs of offsets (start, end) for the match and its groups 1 … chute_regex_group_count. 0: no match.
 * < 0: not decided, the limit of steps or of the stack was hit; this is never to be read as "no match". */
int chute_regex_match(const struct chute_regex *regex, struct chute_regex_scratch *scratch,
    struct chute_str subject, size_t start, const size_t **groups);
/* chute_regex_match from the start, without the groups. */
int chute_regex_test(
    const struct chute_regex *regex, struct chute_regex_scratch *scratch, struct chute_str subject);

/* Finds the match behind the last one, as chute_regex_match does, and moves `*at`, 0 at first, behind it: by one character
 * more behind an empty match. */
int chute_regex_next(const struct chute_regex *regex, struct chute_regex_scratch *scratch,
    struct chute_str subject, size_t *at, const size_t **groups);

/* Appends `subject` to `out` with every match replaced, as Ruby's gsub does: \1 \0 \& \k<name> \` \' and \\ stand in
 * `replacement`. Returns the number of matches; < 0, and `out` as it was, where chute_regex_match does. */
int chute_regex_replace_all(const struct chute_regex *regex, struct chute_regex_scratch *scratch,
    struct chute_str subject, struct chute_str replacement, struct chute_buf *out);

/* Capturing groups; they are numbered from 1. */
uint32_t chute_regex_group_count(const struct chute_regex *regex);
/* The name of a group as the pattern writes it, a view as long as the regex lives; empty if it has none. */
struct chute_str chute_regex_group_name(const struct chute_regex *regex, uint32_t group);
/* The first group of that name; 0 if there is none. */
uint32_t chute_regex_find_group(const struct chute_regex *regex, struct chute_str name);
/* A text that every match contains, a view as long as the regex lives; empty if none is known. */
struct chute_str chute_regex_literal(const struct chute_regex *regex);
/* The pattern in PCRE2's syntax; for tests and traces. */
struct chute_str chute_regex_translated(const struct chute_regex *regex);

#endif
