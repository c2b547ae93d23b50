/* pipeline/check/cases.h - a file of test cases for a pipeline, in the form of logstash-filter-verifier.
 *
 *     input_plugin   the id of the input that the lines come in by; a file without it tests filters only
 *     codec          what makes events of the lines, where there is no input_plugin
 *     fields         of every event; [a][b] is {a: {b: …}}
 *     ignore         fields that do not count
 *     testcases      each with input (lines), expected (events), and if need be description and fields
 *     export_metadata, export_outputs
 *                    whether [@metadata] and the output's id are among the fields that are compared
 *
 * An old form has input and expected beside fields: that is one case.
 *
 * Ownership: the file owns all that hangs on it, but the source, which is the diag's.
 * Threads: one at a time. */
#ifndef CHUTE_CHECK_CASES_H
#define CHUTE_CHECK_CASES_H

#include "pipeline/check/document.h"

struct chute_case {
    struct chute_position position;
    struct chute_str description; /* empty: none */
    struct chute_str *lines;
    size_t line_count;            /* 0: one event made of fields only */
    struct chute_value fields;    /* an object, of this case only */
    struct chute_value *expected; /* objects */
    size_t expected_count;
};

struct chute_case_file {
    const char *path;
    struct chute_document *document;
    struct chute_str input_plugin; /* `.at` NULL: none */
    struct chute_position input_position;
    struct chute_str codec;    /* `.at` NULL: none */
    struct chute_value fields; /* an object */
    struct chute_position fields_position;
    struct chute_str *ignored; /* as written: name, or [a][b] */
    size_t ignored_count;
    bool exports_metadata, exports_outputs;
    struct chute_case *cases;
    size_t count;
    size_t expected_count; /* of all cases */
};

/* Returns new; NULL after noting what is wrong. */
struct chute_case_file *chute_case_file_read(const char *path, struct chute_diag *diag);
/* The same of a text, which is copied; `name` ends in .json, .yml or .yaml. */
struct chute_case_file *chute_case_file_parse(
    const char *name, struct chute_str text, struct chute_diag *diag);
/* Accepts NULL. */
void chute_case_file_destroy(struct chute_case_file *file);

/* The names in "[a][b]", into `keys`; 1 and the whole text for any other. At most CHUTE_CASE_KEYS are taken. */
#define CHUTE_CASE_KEYS 32
size_t chute_case_keys(struct chute_str text, struct chute_str keys[CHUTE_CASE_KEYS]);
/* A copy of `value` in which members called [a][b] are a member b of a member a, at any depth of objects. */
struct chute_value chute_case_expand(struct chute_arena *arena, const struct chute_value *value);

#endif
