/* pipeline/base/batch.h - up to pipeline.batch.size events and their arena: the unit of decoding,
 * filtering and encoding.
 *
 * Ownership: the batch owns its events and, by reference counts, the read buffers that their strings are
 * slices of. Reset gives both back.
 * Threads: one at a time; handing it over goes through a queue. */
#ifndef CHUTE_BASE_BATCH_H
#define CHUTE_BASE_BATCH_H

#include "pipeline/base/event.h"

/* What a batch keeps alive: bytes (a read buffer) or anything else that its values point into. */
struct chute_held {
    _Atomic int references;
    void (*release)(struct chute_held *held); /* the last reference is gone */
};
static inline struct chute_held *chute_held_ref(struct chute_held *held) {
    if (held != NULL) {
        held->references++;
    }
    return held;
}
static inline void chute_held_unref(struct chute_held *held) {
    if (held != NULL && --held->references == 0) {
        held->release(held);
    }
}

/* Events in order, as a filter or output sees them. */
struct chute_selection {
    struct chute_event **events;
    size_t count;
};

struct chute_batch {
    struct chute_arena arena;
    struct chute_event **events; /* in the arena */
    size_t count;
    size_t capacity;
    struct chute_time now; /* @timestamp of an event that brings none; set by reset */
    struct chute_held **held;
    size_t held_count;
    size_t held_capacity;
};

/* Adds an event without fields, not even @timestamp, to `batch`. Never NULL. */
struct chute_event *chute_batch_add_bare(struct chute_batch *batch);
/* Adds an event with @timestamp (the batch's now) and @version. Never NULL. */
struct chute_event *chute_batch_add(struct chute_batch *batch);
/* An event of the batch that is not among `events` yet: a filter's new one. With @timestamp and @version. */
struct chute_event *chute_batch_make(struct chute_batch *batch);
/* A deep copy of `event` in the same batch, not among `events`, sharing its token (referenced by the caller). */
struct chute_event *chute_event_clone(struct chute_event *event);
/* Keeps `held` alive until the batch is reset; the same one twice in a row is kept once. */
void chute_batch_hold(struct chute_batch *batch, struct chute_held *held);
/* Forgets all events, gives back what was held, sets `now`. */
void chute_batch_reset(struct chute_batch *batch);
/* Frees everything; accepts a zeroed batch. */
void chute_batch_finish(struct chute_batch *batch);

#endif
