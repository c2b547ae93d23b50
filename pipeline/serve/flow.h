/* pipeline/serve/flow.h - how fast things go: rates of a pipeline and its plugins, now and over the last minutes, hours and
 * the whole of its life.
 *
 * Every few seconds the counters are noted; a rate is what they grew by since the note that is as old as its window.
 *
 * Ownership: create/destroy; the pipeline is borrowed.
 * Threads: the input loop. */
#ifndef CHUTE_SERVE_FLOW_H
#define CHUTE_SERVE_FLOW_H

#include "pipeline/base/json_writer.h"
#include "pipeline/run/engine.h"

#define CHUTE_FLOW_TICK_MS 5000

/* What is noted of a pipeline; its plugins' two numbers each follow. */
enum chute_flow_value {
    CHUTE_FLOW_IN,
    CHUTE_FLOW_FILTERED,
    CHUTE_FLOW_OUT,
    CHUTE_FLOW_PUSH_NS,
    CHUTE_FLOW_WORKER_NS,
    CHUTE_FLOW_PLUGINS,
};

enum chute_flow_kind {
    CHUTE_FLOW_PER_SECOND,
    CHUTE_FLOW_CONCURRENCY,      /* of nanoseconds: how many at a time */
    CHUTE_FLOW_UTILIZATION,      /* the same in percent of the workers */
    CHUTE_FLOW_MILLIS_PER_EVENT, /* of nanoseconds, by the value before them */
};

struct chute_flow;

/* Returns new. */
struct chute_flow *chute_flow_create(const struct chute_pipeline *pipeline, uint64_t now_ns);
/* Accepts NULL. */
void chute_flow_destroy(struct chute_flow *flow);
/* Notes the counters, where it is time to. */
void chute_flow_tick(struct chute_flow *flow, uint64_t now_ns);
/* Takes the counters that the next writes compare with older ones. */
void chute_flow_look(struct chute_flow *flow, uint64_t now_ns);
/* The value at which the two numbers of plugin number `index` (inputs, filters, outputs) begin: events, nanoseconds. */
size_t chute_flow_of_plugin(size_t index);
/* Adds {"current":…,"last_1_minute":…,…,"lifetime":…} of value number `value`, summed over `count` flows; windows that have
 * not passed yet are left out. */
void chute_flow_write(struct chute_json_writer *writer, const char *key,
    struct chute_flow *const *flows, size_t count, size_t value, enum chute_flow_kind kind);
/* The filter that workers spent most of their time in over the last minute, and its share of it, 0 to 1, in *share. -1:
 * none took any. */
int chute_flow_slowest_filter(const struct chute_flow *flow, double *share);
/* The utilization of the workers over the last minute, in percent; over its life while that is shorter. */
double chute_flow_utilization(const struct chute_flow *flow);

#endif
