#include "pipeline/run/queue.h"

#include <uv.h>

#include "pipeline/base/alloc.h"
#include "pipeline/run/engine.h"

void chute_block_destroy(struct chute_block *block, bool is_lost) {
    if (is_lost) {
        chute_token_lose(block->token);
    } else {
        chute_token_unref(block->token);
    }
    chute_held_unref(&block->origin->held);
    chute_held_unref(block->held);
    chute_free(block->frames);
    chute_free(block);
}

void chute_queue_init(
    struct chute_queue *queue, size_t max_bytes, void (*on_low)(void *arg), void *arg) {
    *queue = (struct chute_queue){ .max_bytes = max_bytes, .on_low = on_low, .on_low_arg = arg };
    pthread_mutex_init(&queue->lock, NULL);
    chute_assert(uv_cond_init(&queue->has_work) == 0);
    chute_assert(uv_cond_init(&queue->has_room) == 0);
}

void chute_queue_finish(struct chute_queue *queue) {
    while (queue->first != NULL) {
        struct chute_block *next = queue->first->next;
        chute_block_destroy(queue->first, true);
        queue->first = next;
    }
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->has_work);
    pthread_cond_destroy(&queue->has_room);
}

/* What a block costs: its bytes and itself, so that a flood of tiny frames is bounded too. */
static size_t cost_of(const struct chute_block *block) {
    return block->bytes.len + sizeof(*block) + block->frame_capacity * sizeof(*block->frames);
}

static void append(struct chute_queue *queue, struct chute_block *block, uint64_t now_ms) {
    block->next = NULL;
    block->pushed_ms = now_ms;
    queue->blocks++;
    if (queue->last == NULL) {
        queue->first = block;
    } else {
        queue->last->next = block;
    }
    queue->last = block;
    queue->bytes += cost_of(block);
}

bool chute_queue_push(struct chute_queue *queue, struct chute_block *first) {
    uint64_t now_ms = chute_now_ms();
    pthread_mutex_lock(&queue->lock);
    while (first != NULL) {
        struct chute_block *next = first->next;
        append(queue, first, now_ms);
        first = next;
        if (queue->waiting_workers > 0) {
            pthread_cond_signal(&queue->has_work);
        }
    }
    bool is_full = queue->bytes >= queue->max_bytes;
    queue->is_full_told |= is_full;
    pthread_mutex_unlock(&queue->lock);
    return !is_full;
}

bool chute_queue_push_wait(struct chute_queue *queue, struct chute_block *block) {
    struct chute_input *input = block->input; /* the block may be gone soon */
    uint64_t begun_ns = uv_hrtime(), now_ns = begun_ns;
    pthread_mutex_lock(&queue->lock);
    if (queue->bytes >= queue->max_bytes && input != NULL) {
        input->waits_since_ns = begun_ns;
    }
    while (queue->bytes >= queue->max_bytes && !queue->is_abandoned) {
        pthread_cond_wait(&queue->has_room, &queue->lock);
        now_ns = uv_hrtime();
    }
    bool is_abandoned = queue->is_abandoned;
    append(queue, block, now_ns / 1000000); /* when abandoned, workers count it as lost */
    if (queue->waiting_workers > 0) {
        pthread_cond_signal(&queue->has_work);
    }
    pthread_mutex_unlock(&queue->lock);
    if (input != NULL && input->waits_since_ns != 0) {
        input->waits_since_ns = 0;
        input->head.counters.push_nanoseconds += now_ns - begun_ns;
    }
    return !is_abandoned;
}

struct chute_block *chute_queue_pop(struct chute_queue *queue, int wait_ms, bool *is_over) {
    pthread_mutex_lock(&queue->lock);
    if (queue->first == NULL && wait_ms != 0 && !queue->is_closed) {
        queue->waiting_workers++;
        if (wait_ms < 0) {
            pthread_cond_wait(&queue->has_work, &queue->lock);
        } else {
            uv_cond_timedwait(&queue->has_work, &queue->lock, (uint64_t)wait_ms * 1000000);
        }
        queue->waiting_workers--;
    }
    struct chute_block *block = queue->first;
    bool is_low = false;
    if (block != NULL) {
        queue->first = block->next;
        if (queue->first == NULL) {
            queue->last = NULL;
        }
        queue->bytes -= cost_of(block);
        queue->blocks--;
        if (queue->bytes < queue->max_bytes / 4 * 3) {
            is_low = queue->is_full_told;
            queue->is_full_told = false;
            pthread_cond_broadcast(&queue->has_room);
        }
    }
    *is_over = block == NULL && queue->is_closed;
    pthread_mutex_unlock(&queue->lock);
    if (is_low && queue->on_low != NULL) {
        queue->on_low(queue->on_low_arg);
    }
    return block;
}

struct chute_queue_state chute_queue_look(struct chute_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    struct chute_queue_state state = {
        .bytes = queue->bytes,
        .max_bytes = queue->max_bytes,
        .blocks = queue->blocks,
        .oldest_ms = queue->first == NULL ? 0 : chute_now_ms() - queue->first->pushed_ms,
        .is_closed = queue->is_closed,
    };
    pthread_mutex_unlock(&queue->lock);
    return state;
}

static void set_and_wake(struct chute_queue *queue, bool *flag) {
    pthread_mutex_lock(&queue->lock);
    if (flag != NULL) {
        *flag = true;
    }
    pthread_cond_broadcast(&queue->has_work);
    pthread_cond_broadcast(&queue->has_room);
    pthread_mutex_unlock(&queue->lock);
}

void chute_queue_close(struct chute_queue *queue) {
    set_and_wake(queue, &queue->is_closed);
}

void chute_queue_abandon(struct chute_queue *queue) {
    set_and_wake(queue, &queue->is_abandoned);
}

void chute_queue_wake(struct chute_queue *queue) {
    set_and_wake(queue, NULL);
}
