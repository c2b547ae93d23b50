/* pipeline/check/coverage.h - which branches of a configuration, and which named patterns of its filters, were reached.
 *
 * Ownership: places are of the tree's sources: of the diag.
 * Threads: one at a time. */
#ifndef CHUTE_CHECK_COVERAGE_H
#define CHUTE_CHECK_COVERAGE_H

#include "conf/ast.h"
#include "pipeline/run/engine.h"

struct chute_coverage;

/* Returns new, for pipelines that are loaded from `ast` or from another tree with the same filters. */
struct chute_coverage *chute_coverage_create(const struct chute_ast *ast);
/* Accepts NULL. */
void chute_coverage_destroy(struct chute_coverage *coverage);

/* From here on `pipeline`, which lives shorter, counts there; `has_outputs`: in its output section, too. */
void chute_coverage_attach(
    struct chute_coverage *coverage, struct chute_pipeline *pipeline, bool has_outputs);

/* One branch or pattern. */
struct chute_coverage_item {
    bool is_pattern;
    struct chute_place place; /* of the `if` or `else`; of the filter's name */
    struct chute_str text;    /* what stands there up to the brace; the pattern's name */
    const char *filter;       /* the pattern's */
    bool is_reached;
};
/* Item number `index`: branches in the order of the configuration, then patterns. False behind the last. Branches of an
 * output section that never was attached are none. */
bool chute_coverage_item(
    const struct chute_coverage *coverage, size_t index, struct chute_coverage_item *out);

#endif
