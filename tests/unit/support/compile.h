/* tests/unit/support/compile.h - the options of a plugin compiled from a text.
 *
 * Ownership: the rig owns all, also what settings point to; a zeroed one may be finished.
 * Threads: one at a time. */
#ifndef CHUTE_TEST_COMPILE_H
#define CHUTE_TEST_COMPILE_H

#include "conf/option_compile.h"

struct test_compile {
    struct chute_arena arena;
    struct chute_diag *diag;
    struct chute_ast *ast;
    const struct chute_ast_plugin *plugin; /* the one parsed */
    struct chute_option_compile ctx; /* made anew by test_compile_parse; may be changed after it */
    int codecs;                      /* how often a codec was built */
    char codec[64];                  /* the last one's name */
};

/* Parses `filter { x { <options> } }`, ready for chute_options_compile: a codec is an address that is not
 * NULL, and no codec is called "nope". Syntax errors end up in the diag. */
void test_compile_parse(struct test_compile *rig, const char *options);
/* All that the diag noted, a line each: "error: … (hint)"; a view until the next call. */
const char *test_compile_notes(struct test_compile *rig);
void test_compile_finish(struct test_compile *rig);

#endif
