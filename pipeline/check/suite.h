/* pipeline/check/suite.h - the pipelines under test, and files of cases that are run against them.
 *
 * A file with input_plugin comes in by that input of one of the pipelines, goes through filters and conditional outputs,
 * and on to other pipelines where a `pipeline` output says so. One without tests the filters alone. Each file begins
 * with new pipelines; its cases come one after the other, line by line.
 *
 * Ownership: the suite owns its pipelines; trees and mocks that it borrows live longer.
 * Threads: one at a time. */
#ifndef CHUTE_CHECK_SUITE_H
#define CHUTE_CHECK_SUITE_H

#include "conf/env.h"
#include "pipeline/check/cases.h"
#include "pipeline/check/coverage.h"
#include "pipeline/run/engine.h"

/* An event that came to an output. */
struct chute_result {
    size_t case_index;
    size_t line; /* of the file's lines, from 0 on; the last one for what comes at the end */
    struct chute_str output;             /* its id */
    struct chute_value fields, metadata; /* as JSON has them: no times */
};

/* A zeroed one is ready. */
struct chute_results {
    struct chute_arena arena;
    struct chute_result *items;
    size_t count, room;
    const char *
        own_host; /* what is not the event's own, unless it is expected: the host that the stand-in for
                             standard input sets; NULL: none */
};
void chute_results_finish(struct chute_results *results);

struct chute_suite;

/* Returns new. */
struct chute_suite *chute_suite_create(const struct chute_env *env, struct chute_diag *diag);
/* Accepts NULL. */
void chute_suite_destroy(struct chute_suite *suite);
/* Takes `ast`. Texts of `settings` are borrowed. */
void chute_suite_add(struct chute_suite *suite, const struct chute_pipeline_settings *settings,
    struct chute_ast *ast);
/* How a file is run, whatever it says: CHUTE_FORM_BY_FILE looks whether it has input_plugin. */
enum chute_form {
    CHUTE_FORM_BY_FILE,
    CHUTE_FORM_FILTERS,
    CHUTE_FORM_INPUTS,
};
/* Makes the pipelines ready for `files`, all that will be run, and loads them once. False after noting what is wrong. Once. */
bool chute_suite_check(struct chute_suite *suite, struct chute_case_file *const *files,
    size_t count, enum chute_form form);
/* Runs a file that was checked. False after noting why not. */
bool chute_suite_run(struct chute_suite *suite, const struct chute_case_file *file,
    enum chute_form form, struct chute_results *results);
/* True if the file comes in by an input. */
bool chute_form_has_inputs(enum chute_form form, const struct chute_case_file *file);
/* Of pipeline number `index`, as of all runs so far; NULL behind the last. */
const struct chute_coverage *chute_suite_coverage(const struct chute_suite *suite, size_t index);

#endif
