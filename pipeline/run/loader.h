/* pipeline/run/loader.h - from the parsed configuration to a pipeline ready to start: plugins found by name,
 * options and conditions compiled, sections made into steps.
 *
 * Ownership: the pipeline is the caller's (chute_pipeline_destroy); it keeps nothing of the tree.
 * Threads: one at a time. */
#ifndef CHUTE_RUN_LOADER_H
#define CHUTE_RUN_LOADER_H

#include "conf/ast.h"
#include "pipeline/run/pipeline.h"

/* Builds the pipeline; everything that is wrong goes to `diag`. NULL after an error. Texts of `settings` are
 * copied. `is_check_only`: for -t. */
struct chute_pipeline *chute_pipeline_load(struct chute_process *process,
    const struct chute_pipeline_settings *settings, const struct chute_ast *ast,
    struct chute_diag *diag, bool is_check_only);

#endif
