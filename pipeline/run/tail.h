/* pipeline/run/tail.h - a look at the events that reach the outputs, for whoever watches: as lines of JSON, so many a second
 * and no more; the rest is counted and not shown. While nobody watches, it costs a batch one relaxed load.
 *
 *     {"pipeline":"main","event":{"@timestamp":…}}
 *     {"pipeline":"main","cut":"{\"@timestamp\":… the first bytes of a long one"}
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

/* Shows what may be shown of `events`, which came through pipeline `id`. Worker. */
void chute_tail_offer(
    struct chute_tail *tail, const char *id, const struct chute_selection *events, uint64_t now_ms);

/* What waited, and how much was not shown since the last time. */
struct chute_tail_lines {
    struct chute_buf text; /* each line ended by a line feed; the caller's to finish */
    uint64_t count, dropped;
};
struct chute_tail_lines chute_tail_take(struct chute_tail *tail);

#endif
