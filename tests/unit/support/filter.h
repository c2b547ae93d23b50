/* tests/unit/support/filter.h - one filter run over events written as JSON, without a pipeline around it.
 *
 * Ownership: the rig owns all; a zeroed one may be finished.
 * Threads: one at a time. */
#ifndef CHUTE_TEST_FILTER_H
#define CHUTE_TEST_FILTER_H

#include "compile.h"
#include "pipeline/run/steps.h"

struct test_filter {
    struct test_compile compile;
    const struct chute_filter_plugin *plugin;
    void *settings;
    void *state;
    void *worker;
    struct chute_batch batch;
    struct chute_context context;
    struct chute_filter filter; /* what the engine would know of it */
    struct chute_pass pass;
    struct chute_run run;
    struct chute_buf out;
};

/* Opens the filter called `name` with the options as a configuration writes them, ECS disabled. False if they
 * are refused: test_compile_notes(&rig->compile) says why. Finish in either case. */
bool test_filter_open(struct test_filter *rig, const char *name, const char *options);
/* Runs it over an event with these fields and nothing else; @timestamp is read as by a codec, if it is there.
 * Returns the event as JSON, a view until the next call; behind it " matched" if the common options
 * would be applied, " @metadata {…}" if that is not empty; "dropped" in place of all. */
const char *test_filter_run(struct test_filter *rig, const char *event);
/* What its own counter `name` (chute_run_count) shows; 0 if it never counted. */
unsigned long long test_filter_count(const struct test_filter *rig, const char *name);
void test_filter_finish(struct test_filter *rig);

/* One row of a table: options, an event, what comes out. */
struct test_filter_row {
    const char *says, *options, *event, *want;
};
/* Runs every row up to the one without `says`; fails for each that differs, naming it. */
void test_filter_rows(const char *name, const struct test_filter_row *rows);
/* True if `options` are refused with a note that holds `why`; else prints the notes. */
bool test_filter_refuses(const char *name, const char *options, const char *why);

#endif
