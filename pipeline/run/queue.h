/* pipeline/run/queue.h - blocks of frames on their way from the inputs to the workers, bounded in bytes.
 *
 * A loop's input never waits: its push always takes the block and says when the queue is full, and
 * on_low tells when to read again. An own thread waits for room.
 *
 * Ownership: a pushed block is the queue's until popped, then the worker's.
 * Threads: any. */
#ifndef CHUTE_RUN_QUEUE_H
#define CHUTE_RUN_QUEUE_H

#include <pthread.h>

#include "pipeline/run/plugin.h"

struct chute_frame {
    uint32_t offset; /* into the block's bytes */
    uint32_t len;
    unsigned flags; /* of chute_frames_add */
};

/* Whole frames of one origin. */
struct chute_block {
    struct chute_block *next;
    struct chute_input *input;
    const struct chute_codec *codec;
    struct chute_origin *origin; /* held */
    struct chute_token *token;   /* a reference, or NULL */
    struct chute_held *held;     /* what `bytes` is a slice of */
    struct chute_str bytes;
    struct chute_frame *frames; /* NULL: the codec finds them in `bytes` */
    uint32_t frame_count;
    uint32_t frame_capacity;
    uint64_t pushed_ms;
    bool is_stateful; /* the frames are for decode_frame */
    bool is_cut;      /* its frame was too long: tag it */
    /* How far the worker is: */
    size_t bytes_done;
    uint32_t frames_done;
};

/* Frames that a codec with state adds; a zeroed one is empty. */
struct chute_frames {
    struct chute_buf bytes;
    struct chute_block block; /* only its table, into `bytes` */
};

/* Gives back what the block holds, and the block. Its token is resolved, or lost. */
void chute_block_destroy(struct chute_block *block, bool is_lost);

struct chute_queue {
    pthread_mutex_t lock;
    pthread_cond_t has_work;
    pthread_cond_t has_room;
    struct chute_block *first, *last;
    size_t bytes;
    size_t blocks;
    size_t max_bytes;
    int waiting_workers;
    bool is_full_told; /* on_low is owed */
    bool is_closed;    /* nothing more comes */
    bool is_abandoned; /* nobody waits for room any more */
    void (*on_low)(void *arg);
    void *on_low_arg;
};

void chute_queue_init(
    struct chute_queue *queue, size_t max_bytes, void (*on_low)(void *arg), void *arg);
/* What is still in it is lost. */
void chute_queue_finish(struct chute_queue *queue);
/* Takes the list of blocks from `first` on. False: the queue is full, on_low will be called, once. */
bool chute_queue_push(struct chute_queue *queue, struct chute_block *first);
/* Takes one block; waits while the queue is full. False after abandon. */
bool chute_queue_push_wait(struct chute_queue *queue, struct chute_block *block);
/* The oldest block, waiting up to `wait_ms` (-1: for ever) for one. NULL: none came; *is_over tells that
 * the queue is closed and empty. */
struct chute_block *chute_queue_pop(struct chute_queue *queue, int wait_ms, bool *is_over);
/* How full it is. */
struct chute_queue_state {
    size_t bytes, max_bytes, blocks;
    uint64_t oldest_ms; /* how long the oldest block has waited */
    bool is_closed;
};
struct chute_queue_state chute_queue_look(struct chute_queue *queue);
/* Nothing more comes: workers end when it is empty. */
void chute_queue_close(struct chute_queue *queue);
/* Wakes all who wait for room, for good. */
void chute_queue_abandon(struct chute_queue *queue);
/* Wakes the workers that wait in pop. */
void chute_queue_wake(struct chute_queue *queue);

#endif
