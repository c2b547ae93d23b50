#include "pipeline/run/tail.h"

#include "pipeline/base/json.h"
#include "pipeline/base/utf8.h"

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

/* How many of `count` events may be encoded; the others are dropped. */
static size_t reserve(struct chute_tail *tail, size_t count, uint64_t now_ms) {
    pthread_mutex_lock(&tail->lock);
    fill_up(tail, now_ms);
    size_t may = tail->events_left <= 0 || tail->bytes_left <= 0 ? 0 : (size_t)tail->events_left;
    may = may < count ? may : count;
    tail->events_left -= (int64_t)may;
    tail->dropped += count - may;
    pthread_mutex_unlock(&tail->lock);
    return may;
}

/* Adds the line to what waits, where there is room. `encoded` bytes were worked on for it. */
static void hand_in(struct chute_tail *tail, struct chute_str line, size_t encoded) {
    pthread_mutex_lock(&tail->lock);
    tail->bytes_left -= (int64_t)encoded;
    if (tail->waiting.len + line.len <= CHUTE_TAIL_WAITING_BYTES && tail->watchers > 0) {
        chute_buf_add_str(&tail->waiting, line);
        tail->waiting_events++;
    } else {
        tail->dropped++;
    }
    pthread_mutex_unlock(&tail->lock);
}

static bool has_bytes_left(struct chute_tail *tail) {
    pthread_mutex_lock(&tail->lock);
    bool has_some = tail->bytes_left > 0;
    tail->dropped += !has_some;
    pthread_mutex_unlock(&tail->lock);
    return has_some;
}

static void add_line(struct chute_buf *line, const char *id, struct chute_str event) {
    bool is_long = event.len > CHUTE_TAIL_EVENT_BYTES;
    chute_buf_add_str(line, CHUTE_STR("{\"pipeline\":"));
    chute_json_encode_str(line, chute_str_of(id));
    chute_buf_add_str(line, is_long ? CHUTE_STR(",\"cut\":") : CHUTE_STR(",\"event\":"));
    if (is_long) {
        event.len = chute_utf8_floor(event, CHUTE_TAIL_EVENT_BYTES / 2); /* escaping adds some */
        chute_json_encode_str(line, event);
    } else {
        chute_buf_add_str(line, event);
    }
    chute_buf_add_str(line, CHUTE_STR("}\n"));
}

void chute_tail_offer(struct chute_tail *tail, const char *id, const struct chute_selection *events,
    uint64_t now_ms) {
    size_t may = reserve(tail, events->count, now_ms);
    struct chute_buf event = { 0 }, line = { 0 };
    for (size_t i = 0; i < may; i++) {
        if (events->events[i]->is_cancelled || !has_bytes_left(tail)) {
            continue;
        }
        event.len = line.len = 0;
        chute_json_encode_event(&event, events->events[i]);
        add_line(&line, id, chute_buf_str(&event));
        hand_in(tail, chute_buf_str(&line), event.len);
    }
    chute_buf_finish(&event);
    chute_buf_finish(&line);
}

struct chute_tail_lines chute_tail_take(struct chute_tail *tail) {
    pthread_mutex_lock(&tail->lock);
    struct chute_tail_lines lines = { tail->waiting, tail->waiting_events, tail->dropped };
    tail->waiting = (struct chute_buf){ 0 };
    tail->waiting_events = 0;
    tail->dropped = 0;
    pthread_mutex_unlock(&tail->lock);
    return lines;
}
