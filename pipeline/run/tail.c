#include "pipeline/run/tail.h"

#include "pipeline/base/json.h"
#include "pipeline/base/utf8.h"

#define MOST_KEPT_BYTES ((size_t)64 * 1024) /* of memory, by a worker from batch to batch */

void chute_tail_init(struct chute_tail *tail) {
    *tail = (struct chute_tail){ 0 };
    pthread_mutex_init(&tail->lock, NULL);
}

void chute_tail_finish(struct chute_tail *tail) {
    chute_buf_finish(&tail->waiting);
    pthread_mutex_destroy(&tail->lock);
}

static void forget(struct chute_tail *tail) {
    chute_buf_finish(&tail->waiting);
    tail->waiting_events = 0;
    tail->dropped = 0;
}

void chute_tail_watch(struct chute_tail *tail, uint64_t now_ms) {
    pthread_mutex_lock(&tail->lock);
    if (tail->watchers++ == 0) {
        forget(tail); /* a batch that was under way when the last one left */
        tail->filled_ms = now_ms;
        tail->events_left = CHUTE_TAIL_EVENTS_PER_SECOND;
        tail->bytes_left = CHUTE_TAIL_BYTES_PER_SECOND;
    }
    pthread_mutex_unlock(&tail->lock);
}

void chute_tail_unwatch(struct chute_tail *tail) {
    pthread_mutex_lock(&tail->lock);
    if (--tail->watchers == 0) {
        forget(tail);
    }
    pthread_mutex_unlock(&tail->lock);
}

/* What the time that passed allows; saved up for a second at most. */
static void fill_up(struct chute_tail *tail, uint64_t now_ms) {
    if (now_ms <= tail->filled_ms) {
        return;
    }
    uint64_t passed_ms = now_ms - tail->filled_ms;
    int64_t ms = passed_ms > 1000 ? 1000 : (int64_t)passed_ms;
    tail->filled_ms = now_ms;
    tail->events_left += CHUTE_TAIL_EVENTS_PER_SECOND * ms / 1000;
    tail->bytes_left += CHUTE_TAIL_BYTES_PER_SECOND * ms / 1000;
    if (tail->events_left > CHUTE_TAIL_EVENTS_PER_SECOND) {
        tail->events_left = CHUTE_TAIL_EVENTS_PER_SECOND;
    }
    if (tail->bytes_left > CHUTE_TAIL_BYTES_PER_SECOND) {
        tail->bytes_left = CHUTE_TAIL_BYTES_PER_SECOND;
    }
}

/* ------------------------------------------------------------------ a batch */

/* What may be shown of `count` events. */
static void reserve(struct chute_tail_batch *batch, size_t count, uint64_t now_ms) {
    struct chute_tail *tail = batch->tail;
    pthread_mutex_lock(&tail->lock);
    fill_up(tail, now_ms);
    batch->picked = tail->events_left <= 0 || tail->bytes_left <= 0 ? 0 : (size_t)tail->events_left;
    batch->picked = batch->picked < count ? batch->picked : count;
    batch->bytes_allowed = batch->bytes_left = tail->bytes_left;
    batch->room = CHUTE_TAIL_WAITING_BYTES - tail->waiting.len;
    tail->events_left -= (int64_t)batch->picked;
    tail->dropped += count - batch->picked;
    pthread_mutex_unlock(&tail->lock);
}

/* Adds what the batch shows to what waits, where there is still room. */
static void hand_in(const struct chute_tail_batch *batch) {
    struct chute_tail *tail = batch->tail;
    pthread_mutex_lock(&tail->lock);
    tail->bytes_left -= batch->bytes_allowed - batch->bytes_left;
    if (tail->watchers > 0) {
        bool has_room = tail->waiting.len + batch->lines.len <= CHUTE_TAIL_WAITING_BYTES;
        if (has_room) {
            chute_buf_add_str(&tail->waiting, chute_buf_str(&batch->lines));
            tail->waiting_events += batch->count;
        }
        tail->dropped += batch->dropped + (has_room ? 0 : batch->count);
    }
    pthread_mutex_unlock(&tail->lock);
}

static size_t count_going_on(const struct chute_selection *events) {
    size_t count = 0;
    for (size_t i = 0; i < events->count; i++) {
        count += !events->events[i]->is_cancelled;
    }
    return count;
}

void chute_tail_begin(struct chute_tail_batch *batch, struct chute_tail *tail, const char *id,
    const struct chute_selection *events, uint64_t now_ms) {
    batch->tail = tail;
    batch->count = batch->dropped = 0;
    if (batch->head.len == 0) {
        chute_buf_add_str(&batch->head, CHUTE_STR("data: {\"pipeline\":"));
        chute_json_encode_str(&batch->head, chute_str_of(id));
    }
    reserve(batch, count_going_on(events), now_ms);
    size_t left = batch->picked;
    for (size_t i = 0; left > 0; i++) {
        struct chute_event *event = events->events[i];
        if (!event->is_cancelled) {
            event->is_picked = true;
            left--;
        }
    }
}

static void add_line(struct chute_tail_batch *batch, struct chute_str json) {
    struct chute_buf *lines = &batch->lines;
    chute_buf_add_str(lines, chute_buf_str(&batch->head));
    if (json.len > CHUTE_TAIL_EVENT_BYTES) {
        json.len = chute_utf8_floor(json, CHUTE_TAIL_EVENT_BYTES / 2); /* escaping adds some */
        chute_buf_add_str(lines, CHUTE_STR(",\"cut\":"));
        chute_json_encode_str(lines, json);
    } else {
        chute_buf_add_str(lines, CHUTE_STR(",\"event\":"));
        chute_buf_add_str(lines, json);
    }
    chute_buf_add_str(lines, CHUTE_STR("}\n"));
}

void chute_tail_show(
    struct chute_tail_batch *batch, struct chute_event *event, struct chute_str json) {
    size_t before = batch->lines.len;
    event->is_picked = false;
    batch->picked--;
    if (batch->bytes_left > 0) {
        batch->bytes_left -= (int64_t)json.len;
        add_line(batch, json);
        if (batch->lines.len <= batch->room) {
            batch->count++;
            return;
        }
        batch->lines.len = before;
    }
    batch->dropped++;
}

/* Those that no output wrote as JSON. */
static void encode_left(struct chute_tail_batch *batch, const struct chute_selection *events) {
    struct chute_buf json = { 0 };
    for (size_t i = 0; batch->picked > 0; i++) {
        struct chute_event *event = events->events[i];
        if (event->is_picked) {
            json.len = 0;
            if (batch->bytes_left > 0) {
                chute_json_encode_event(&json, event);
            }
            chute_tail_show(batch, event, chute_buf_str(&json));
        }
    }
    chute_buf_finish(&json);
}

void chute_tail_end(struct chute_tail_batch *batch, const struct chute_selection *events) {
    encode_left(batch, events);
    hand_in(batch);
    batch->tail = NULL;
    batch->lines.len = 0;
    if (batch->lines.size > MOST_KEPT_BYTES) {
        chute_buf_finish(&batch->lines);
    }
}

void chute_tail_batch_finish(struct chute_tail_batch *batch) {
    chute_buf_finish(&batch->head);
    chute_buf_finish(&batch->lines);
}

/* ------------------------------------------------------------------ whoever watches */

void chute_tail_take(struct chute_tail *tail, struct chute_tail_lines *lines) {
    struct chute_buf empty = lines->text;
    empty.len = 0;
    pthread_mutex_lock(&tail->lock);
    *lines = (struct chute_tail_lines){ tail->waiting, tail->waiting_events, tail->dropped };
    tail->waiting = empty;
    tail->waiting_events = 0;
    tail->dropped = 0;
    pthread_mutex_unlock(&tail->lock);
}
