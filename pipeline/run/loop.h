/* pipeline/run/loop.h - a libuv loop on a thread of its own: the process has one for inputs and one for
 * outputs. Other threads reach it only by chute_loop_post.
 *
 * Ownership: the loop owns its thread; handles belong to who opened them.
 * Threads: written at each function. */
#ifndef CHUTE_RUN_LOOP_H
#define CHUTE_RUN_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct chute_loop {
    uv_loop_t uv;
    uv_thread_t thread;
    uv_async_t wake;
    uv_mutex_t lock;
    struct chute_post *first, *last; /* under the lock */
    bool is_stopping;                /* under the lock */
};

/* Starts the loop's thread. */
void chute_loop_start(struct chute_loop *loop, const char *thread_name);
/* Runs `call(arg)` on the loop, in order of posting. Any thread. */
void chute_loop_post(struct chute_loop *loop, void (*call)(void *arg), void *arg);
/* The same, and waits until it has run. Any thread but the loop's. */
void chute_loop_call(struct chute_loop *loop, void (*call)(void *arg), void *arg);
/* Ends the thread once all handles are closed, and frees the loop. Handles left open are a bug. Not on
 * the loop. */
void chute_loop_finish(struct chute_loop *loop);
/* True on the loop's own thread. */
bool chute_loop_is_current(const struct chute_loop *loop);
#define chute_assert_on_loop(loop) chute_assert(chute_loop_is_current(loop))

#endif
