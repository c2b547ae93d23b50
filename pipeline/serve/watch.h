/* pipeline/serve/watch.h - which of a pipeline's counters grew lately: what a report says of the last minutes, and for how
 * long nothing has come.
 *
 * Ownership: create/destroy; the pipeline is borrowed.
 * Threads: the input loop. */
#ifndef CHUTE_SERVE_WATCH_H
#define CHUTE_SERVE_WATCH_H

#include "pipeline/run/engine.h"

/* What is watched; each but the last of a plugin. */
enum chute_sign {
    CHUTE_SIGN_GIVEN,         /* events of an input */
    CHUTE_SIGN_RETRIED,       /* of an output: refused for now */
    CHUTE_SIGN_DEAD_LETTERED, /* of an output: refused for good */
    CHUTE_SIGN_UNKEPT,        /* of an output: refused for good, and lost */
    CHUTE_SIGN_DROPPED_LETTERS, /* of the pipeline: dead letters for which there was no room any more */
};

struct chute_watch;

/* Returns new; its times are those of chute_now_ms. */
struct chute_watch *chute_watch_create(const struct chute_pipeline *pipeline, uint64_t now_ms);
/* Accepts NULL. */
void chute_watch_destroy(struct chute_watch *watch);
/* Looks at the counters. */
void chute_watch_look(struct chute_watch *watch, uint64_t now_ms);
/* For how long the counter of input or output number `index` had not grown at the last look; since the beginning, if it
 * never has. */
uint64_t chute_watch_quiet_ms(const struct chute_watch *watch, enum chute_sign sign, size_t index);
/* True if it grew in the last `ms`. */
bool chute_watch_grew(
    const struct chute_watch *watch, enum chute_sign sign, size_t index, uint64_t ms);

#endif
