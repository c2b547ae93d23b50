/* pipeline/run/tail.h - a look at the events that reach the outputs, for whoever watches: as JSON in lines of server-sent
 * events, so many a second and no more; the rest is counted and not shown. While nobody watches, it costs a batch one
 * relaxed load. An output that writes events as JSON lends its bytes, so that showing an event is a copy of them.
 *
 *     data: {"pipeline":"main","event":{"@timestamp":…}}
 *     data: {"pipeline":"main","cut":"{\"@timestamp\":… the first bytes of a long one"}
 *
 * Ownership: init/finish on the caller's memory; the lines are the tail's until they are taken.
 * Threads: any; workers never wait for whoever takes the lines.
 * Errors: none. What is too much is dropped. */
#ifndef CHUTE_RUN_TAIL_H
#define CHUTE_RUN_TAIL_H

#include <pthread.h>
#include <stdatomic.h>

#include "pipeline/base/batch.h"
#include "pipeline/base/buf.h"

#define CHUTE_TAIL_EVENTS_PER_SECOND 1000
#define CHUTE_TAIL_BYTES_PER_SECOND ((int64_t)4 * 1024 * 1024) /* encoded */
#define CHUTE_TAIL_WAITING_BYTES ((size_t)1024 * 1024)         /* until they are taken */
#define CHUTE_TAIL_EVENT_BYTES ((size_t)16 * 1024)             /* a longer one is cut */

struct chute_tail {
    _Atomic unsigned watchers;
    pthread_mutex_t lock; /* of all below; held for a moment only */
    struct chute_buf waiting;
    uint64_t waiting_events;
    uint64_t dropped; /* since the last take */
    int64_t events_left, bytes_left;
    uint64_t filled_ms; /* when these two were last added to */
};

void chute_tail_init(struct chute_tail *tail);
/* Nobody watches any more. */
void chute_tail_finish(struct chute_tail *tail);

/* One watcher more, from `now_ms` on. */
void chute_tail_watch(struct chute_tail *tail, uint64_t now_ms);
/* One less; after the last, what waits is forgotten. */
void chute_tail_unwatch(struct chute_tail *tail);

static inline bool chute_tail_is_watched(const struct chute_tail *tail) {
    return atomic_load_explicit(&tail->watchers, memory_order_relaxed) > 0;
}

/* What is shown of one batch. Ownership: of the worker that shows; zeroed before the first batch, then used again for
 * the next of the same pipeline. Threads: the worker's. */
struct chute_tail_batch {
    struct chute_tail *tail; /* NULL: no batch is shown */
    struct chute_buf head;   /* how each line begins */
    struct chute_buf lines;
    size_t picked; /* still to be shown */
    uint64_t count, dropped;
    size_t room;                       /* for lines */
    int64_t bytes_allowed, bytes_left; /* of events */
};

/* Picks those of `events`, which came through pipeline `id`, that may be shown. */
void chute_tail_begin(struct chute_tail_batch *batch, struct chute_tail *tail, const char *id,
    const struct chute_selection *events, uint64_t now_ms);
/* Shows a picked event, which is `json`. */
void chute_tail_show(
    struct chute_tail_batch *batch, struct chute_event *event, struct chute_str json);
/* Encodes and shows those that are still picked, and hands all in. */
void chute_tail_end(struct chute_tail_batch *batch, const struct chute_selection *events);
/* After the last batch. */
void chute_tail_batch_finish(struct chute_tail_batch *batch);

/* What waited, and how much was not shown since the last time. */
struct chute_tail_lines {
    struct chute_buf text; /* each line ended by a line feed; the caller's to finish */
    uint64_t count, dropped;
};
/* Puts it into `lines`, zeroed or taken before: its text's memory is used again. */
void chute_tail_take(struct chute_tail *tail, struct chute_tail_lines *lines);

#endif
