#include "pipeline/serve/flow.h"

#include <math.h>

#include "pipeline/base/alloc.h"

#define SECOND_NS UINT64_C(1000000000)
#define NOTES 14 /* of a window: twelve make it up */

static const struct {
    const char *name;
    uint64_t seconds;
    uint64_t step_seconds;
} windows[] = {
    { "current", 10, 5 },
    { "last_1_minute", 60, 5 },
    { "last_5_minutes", 300, 25 },
    { "last_15_minutes", 900, 75 },
    { "last_1_hour", 3600, 300 },
    { "last_24_hours", 86400, 7200 },
};
#define WINDOWS (sizeof(windows) / sizeof(windows[0]))
#define CURRENT 0
#define LAST_MINUTE 1

struct note {
    uint64_t at_ns;
    uint64_t *values;
};

/* The latest notes of a window, as a ring. */
struct ring {
    struct note notes[NOTES];
    size_t count, next;
};

struct chute_flow {
    const struct chute_pipeline *pipeline;
    size_t value_count;
    struct ring rings[WINDOWS];
    struct note first; /* the beginning of its life */
    struct note now;
};

size_t chute_flow_of_plugin(size_t index) {
    return CHUTE_FLOW_PLUGINS + 2 * index;
}

static void take(const struct chute_flow *flow, struct note *note, uint64_t now_ns) {
    const struct chute_pipeline *pipeline = flow->pipeline;
    uint64_t *value = note->values + CHUTE_FLOW_PLUGINS, push_ns = 0;
    note->at_ns = now_ns;
    for (size_t i = 0; i < pipeline->input_count; i++) {
        push_ns += chute_input_push_ns(pipeline->inputs[i]);
        *value++ = pipeline->inputs[i]->head.counters.out;
        *value++ = 0;
    }
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        *value++ = pipeline->filters[i]->head.counters.in;
        *value++ = pipeline->filters[i]->head.counters.nanoseconds;
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        *value++ = pipeline->outputs[i]->head.counters.in;
        *value++ = pipeline->outputs[i]->head.counters.nanoseconds;
    }
    note->values[CHUTE_FLOW_IN] = pipeline->counters.in;
    note->values[CHUTE_FLOW_FILTERED] = pipeline->filtered;
    note->values[CHUTE_FLOW_OUT] = pipeline->counters.out;
    note->values[CHUTE_FLOW_PUSH_NS] = push_ns;
    note->values[CHUTE_FLOW_WORKER_NS] = pipeline->counters.nanoseconds;
}

static void make(const struct chute_flow *flow, struct note *note) {
    note->values = chute_calloc(flow->value_count, sizeof(*note->values));
}

static void add_note(const struct chute_flow *flow, struct ring *ring, uint64_t now_ns) {
    struct note *note = &ring->notes[ring->next];
    if (note->values == NULL) {
        make(flow, note);
    }
    take(flow, note, now_ns);
    ring->next = (ring->next + 1) % NOTES;
    ring->count += ring->count < NOTES;
}

struct chute_flow *chute_flow_create(const struct chute_pipeline *pipeline, uint64_t now_ns) {
    struct chute_flow *flow = chute_calloc(1, sizeof(*flow));
    flow->pipeline = pipeline;
    flow->value_count = chute_flow_of_plugin(
        pipeline->input_count + pipeline->filter_count + pipeline->output_count);
    make(flow, &flow->first);
    make(flow, &flow->now);
    flow->first.at_ns = flow->now.at_ns = now_ns;
    for (size_t i = 0; i < WINDOWS; i++) {
        add_note(flow, &flow->rings[i], now_ns);
    }
    return flow;
}

void chute_flow_destroy(struct chute_flow *flow) {
    if (flow == NULL) {
        return;
    }
    for (size_t i = 0; i < WINDOWS; i++) {
        for (size_t n = 0; n < NOTES; n++) {
            chute_free(flow->rings[i].notes[n].values);
        }
    }
    chute_free(flow->first.values);
    chute_free(flow->now.values);
    chute_free(flow);
}

/* Note number `back` of a ring, the latest being 0. */
static const struct note *note_at(const struct ring *ring, size_t back) {
    return &ring->notes[(ring->next + 2 * NOTES - 1 - back) % NOTES];
}

void chute_flow_tick(struct chute_flow *flow, uint64_t now_ns) {
    for (size_t i = 0; i < WINDOWS; i++) {
        struct ring *ring = &flow->rings[i];
        uint64_t step_ns = windows[i].step_seconds * SECOND_NS;
        /* a tick that comes a little early counts all the same */
        if (now_ns + SECOND_NS / 2 - note_at(ring, 0)->at_ns >= step_ns) {
            add_note(flow, ring, now_ns);
        }
    }
}

void chute_flow_look(struct chute_flow *flow, uint64_t now_ns) {
    take(flow, &flow->now, now_ns);
}

/* The latest note that is as old as the window is long; for the current rate, the oldest there is of it. NULL: not yet. */
static const struct note *baseline(const struct chute_flow *flow, size_t window) {
    const struct ring *ring = &flow->rings[window];
    uint64_t length_ns = windows[window].seconds * SECOND_NS;
    for (size_t back = 0; back < ring->count; back++) {
        const struct note *note = note_at(ring, back);
        uint64_t age_ns = flow->now.at_ns - note->at_ns;
        bool is_last = back + 1 == ring->count;
        if (age_ns >= length_ns || (window == CURRENT && is_last && age_ns > 0)) {
            return note;
        }
    }
    return NULL;
}

/* What grew since `then`, as `kind` wants it. */
static double rate(const struct chute_flow *flow, const struct note *then, size_t value,
    enum chute_flow_kind kind) {
    double ns = (double)(flow->now.at_ns - then->at_ns);
    double grown = (double)(flow->now.values[value] - then->values[value]);
    switch (kind) {
    case CHUTE_FLOW_PER_SECOND:
        return grown / ns * 1e9;
    case CHUTE_FLOW_CONCURRENCY:
        return grown / ns;
    case CHUTE_FLOW_UTILIZATION:
        return grown / ns * 100 / flow->pipeline->settings.workers;
    case CHUTE_FLOW_MILLIS_PER_EVENT:
        return grown / 1e6 / (double)(flow->now.values[value - 1] - then->values[value - 1]);
    }
    return NAN;
}

/* Adds the sum of the rates since the notes that `window` asks for; WINDOWS stands for the whole life. */
static void write_window(struct chute_json_writer *writer, struct chute_flow *const *flows,
    size_t count, size_t value, enum chute_flow_kind kind, size_t window) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const struct note *then = window == WINDOWS ? &flows[i]->first : baseline(flows[i], window);
        if (then == NULL) {
            return;
        }
        sum += flows[i]->now.at_ns > then->at_ns ? rate(flows[i], then, value, kind) : NAN;
    }
    chute_write_rate(writer, window == WINDOWS ? "lifetime" : windows[window].name, sum);
}

void chute_flow_write(struct chute_json_writer *writer, const char *key,
    struct chute_flow *const *flows, size_t count, size_t value, enum chute_flow_kind kind) {
    chute_write_open(writer, key, '{');
    for (size_t window = 0; window <= WINDOWS; window++) {
        write_window(writer, flows, count, value, kind, window);
    }
    chute_write_close(writer, '}');
}

/* A minute ago, or the beginning. */
static const struct note *lately(const struct chute_flow *flow) {
    const struct note *then = baseline(flow, LAST_MINUTE);
    return then == NULL ? &flow->first : then;
}

double chute_flow_utilization(const struct chute_flow *flow) {
    double percent = rate(flow, lately(flow), CHUTE_FLOW_WORKER_NS, CHUTE_FLOW_UTILIZATION);
    return isfinite(percent) ? percent : 0;
}

int chute_flow_slowest_filter(const struct chute_flow *flow, double *share) {
    const struct chute_pipeline *pipeline = flow->pipeline;
    const struct note *then = lately(flow);
    int slowest = -1;
    uint64_t most = 0;
    *share = 0;
    for (size_t i = 0; i < pipeline->filter_count; i++) {
        size_t value = chute_flow_of_plugin(pipeline->input_count + i) + 1;
        uint64_t grown = flow->now.values[value] - then->values[value];
        if (grown > most) {
            most = grown;
            slowest = (int)i;
        }
    }
    uint64_t all =
        slowest < 0 ? 0
                    : flow->now.values[CHUTE_FLOW_WORKER_NS] - then->values[CHUTE_FLOW_WORKER_NS];
    if (slowest >= 0) {
        *share = all > most ? (double)most / (double)all : 1;
    }
    return slowest;
}
