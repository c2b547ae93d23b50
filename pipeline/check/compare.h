/* pipeline/check/compare.h - whether what came out of the pipelines is what the cases of a file expect, and how it
 * differs.
 *
 * Numbers are compared by value, objects in any order of their members. @version never counts, nor what the file ignores.
 * What the stand-in for an input sets by itself, [event][original] and for filters alone the host, counts only where it
 * is expected. Behind an input, an event has no empty `tags`, and `tags` is a list.
 *
 * Ownership: verdicts own their texts.
 * Threads: any. */
#ifndef CHUTE_CHECK_COMPARE_H
#define CHUTE_CHECK_COMPARE_H

#include "pipeline/base/buf.h"
#include "pipeline/check/suite.h"

struct chute_judgement {
    bool has_passed;
    struct chute_buf
        text; /* how it differs, for a person: lines; what is expected begins with `-`, what came with `+` */
};

struct chute_compare_options {
    struct chute_str
        metadata_key; /* what [@metadata] is called where it is exported; `.at` NULL: @metadata */
    bool
        is_debug; /* the number of the line and the output's id are fields: __lfv_id, __lfv_out_passed */
};

/* Judges each case of `file`, whose `has_inputs` is as it was run; `verdicts` has room for all of them. Changes the
 * order of `results`, and their events. */
void chute_compare(const struct chute_case_file *file, bool has_inputs,
    const struct chute_compare_options *options, struct chute_results *results,
    struct chute_judgement *verdicts);

/* Appends how two texts differ, line by line, with some equal lines around. */
void chute_compare_lines(struct chute_buf *out, struct chute_str expected, struct chute_str actual);

#endif
