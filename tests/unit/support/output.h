/* tests/unit/support/output.h - one output without an engine around it: what it encodes, and what it answers.
 *
 * Stands in for the engine's functions. Ownership: the rig owns all; a zeroed one may be finished.
 * Threads: one. */
#ifndef CHUTE_TEST_OUTPUT_H
#define CHUTE_TEST_OUTPUT_H

#include <uv.h>

#include "compile.h"
#include "pipeline/run/plugin.h"

struct test_output {
    struct test_compile compile;
    const struct chute_output_plugin *plugin;
    void *settings;
    void *state;
    void *worker;
    struct chute_batch batch;
    struct chute_json_parser *json;
    uv_loop_t *loop;
    struct chute_parcel parcel; /* of test_output_encode */
    bool is_finished;           /* the parcel was delivered */
    bool wants_smaller;         /* chute_output_shrink was called */
    bool is_stopping;
    bool is_abandoned;
    bool is_closed;
    struct chute_buf rejects; /* "index: where: reason\n" each */
    char description[256];
};

/* Opens the output called `name` with these options. False if they are refused: see test_compile_notes. */
bool test_output_open(
    struct test_output *rig, const char *name, const char *options, enum chute_ecs ecs);
/* Encodes an event (JSON; @metadata is taken out) into the parcel; returns the item's bytes, NUL-terminated. */
const char *test_output_encode(struct test_output *rig, const char *event);
/* Starts on `loop`. */
void test_output_start(struct test_output *rig, uv_loop_t *loop);
/* Delivers the parcel and runs the loop until it is finished. */
void test_output_deliver(struct test_output *rig);
/* The outcomes of the parcel's items: D, R, X (reject), ? (none). */
const char *test_output_outcomes(struct test_output *rig);
/* Forgets the items. */
void test_output_clear(struct test_output *rig);
void test_output_stop(struct test_output *rig);
void test_output_finish(struct test_output *rig);

#endif
