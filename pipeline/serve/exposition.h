/* pipeline/serve/exposition.h - the text format of Prometheus, line by line.
 *
 * Ownership: the text goes into the caller's buffer.
 * Threads: one at a time. */
#ifndef CHUTE_SERVE_EXPOSITION_H
#define CHUTE_SERVE_EXPOSITION_H

#include "pipeline/base/buf.h"
#include "pipeline/run/measure.h"

/* Begins a metric: its HELP and its TYPE ("counter"). All its lines follow. */
void chute_metric_begin(
    struct chute_buf *out, const char *name, const char *type, const char *help);
/* A line; `labels` as chute_metric_label makes them, "" for none. */
void chute_metric_count(
    struct chute_buf *out, const char *name, struct chute_str labels, uint64_t value);
void chute_metric_number(
    struct chute_buf *out, const char *name, struct chute_str labels, double value);
/* The lines of a histogram; `seconds` is the sum of all. */
void chute_metric_histogram(struct chute_buf *out, const char *name, struct chute_str labels,
    const struct chute_histogram *histogram, double seconds);
/* Appends `name="value"` to `labels`, escaped, with a comma before it if it is not the first. */
void chute_metric_label(struct chute_buf *labels, const char *name, struct chute_str value);

#endif
