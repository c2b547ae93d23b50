/* pipeline/run/dry.h - a pipeline that its caller runs, step by step and without a thread: texts or events go in at an
 * input, and what would go to each output comes back. Nothing is opened, neither by inputs nor by outputs. For tests of
 * pipelines.
 *
 * Ownership: the pipeline is borrowed, is loaded and was never started, and is destroyed after its dry run.
 * Threads: one at a time. Filters that hand work to threads of their own are waited for. */
#ifndef CHUTE_RUN_DRY_H
#define CHUTE_RUN_DRY_H

#include "pipeline/run/engine.h"

struct chute_dry;

struct chute_dry_hooks {
    /* A codec has made an event; what the input adds by itself (type, tags, add_field) comes behind. */
    void (*on_event)(void *arg, struct chute_input *input, struct chute_event *event);
    /* An event has come to an output. It may still go to others: it is only looked at. */
    void (*on_output)(void *arg, struct chute_output *output, struct chute_event *event);
    void *arg;
};

/* Returns new. */
struct chute_dry *chute_dry_create(
    struct chute_pipeline *pipeline, const struct chute_dry_hooks *hooks);
/* Accepts NULL. What a codec or a filter holds back is forgotten. */
void chute_dry_destroy(struct chute_dry *dry);

/* Bytes as they come on a connection of `input`, which stays open; what they complete comes through at once. The fields
 * that an input sets by itself (host, path) are given by `origin`, which may be NULL; it counts from the first call. */
void chute_dry_read(struct chute_dry *dry, struct chute_input *input, struct chute_origin *origin,
    struct chute_str bytes);
/* The connection of `input` ends: an unfinished frame comes through. */
void chute_dry_end(struct chute_dry *dry, struct chute_input *input);
/* A message by itself, whole for the codec; what a codec with state makes of it ends with it. */
void chute_dry_message(struct chute_dry *dry, struct chute_input *input, struct chute_str text);
/* An event that is a copy of `fields` and `metadata`, both objects; with NULL for both, one with nothing but @timestamp
 * and @version. */
void chute_dry_event(struct chute_dry *dry, struct chute_input *input,
    const struct chute_value *fields, const struct chute_value *metadata);
/* What filters hold back comes through, as at a stop. */
void chute_dry_flush(struct chute_dry *dry);

#endif
