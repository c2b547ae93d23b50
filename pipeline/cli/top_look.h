/* pipeline/cli/top_look.h - one look at a logchute that runs: what its API tells, as numbers.
 *
 * Ownership: a look owns its arena, and all that is in it; finish gives it back.
 * Threads: one at a time. */
#ifndef CHUTE_CLI_TOP_LOOK_H
#define CHUTE_CLI_TOP_LOOK_H

#include "pipeline/base/arena.h"
#include "pipeline/base/json.h"

#define CHUTE_TOP_BUCKETS 28 /* bucket i: up to 2^i microseconds */

struct chute_top_counts {
    double in, out, dropped, dead_lettered, lost, retried, in_flight;
};

struct chute_top_plugin {
    const char *kind; /* "input", "filter", "output" */
    struct chute_str id, name;
    struct chute_top_counts counts;
    double latency[CHUTE_TOP_BUCKETS];
};

struct chute_top_pipeline {
    struct chute_str id;
    struct chute_top_counts counts;
    double queue_bytes, queue_limit, queue_oldest_ms;
    struct chute_top_plugin *plugins;
    size_t plugin_count;
};

/* Something that a person should know of: what the report finds, or a warning of the log. */
struct chute_top_trouble {
    struct chute_str level; /* "yellow", "red", "warn", "error" */
    struct chute_str text, more;
};

struct chute_top_look {
    struct chute_arena arena;
    struct chute_str host, address, status;
    double uptime_ms, cpu_ms, memory_bytes, descriptors, threads;
    struct chute_top_pipeline *pipelines;
    size_t pipeline_count;
    struct chute_top_trouble *troubles;
    size_t trouble_count;
};

/* Reads the answers of /_node/stats, /_health_report and /_logchute/page.json; the last two may be empty. False if the first
 * is not what it should be. `look` is zeroed before; finish it in any case. */
bool chute_top_look_read(struct chute_top_look *look, struct chute_str stats,
    struct chute_str report, struct chute_str page);
/* Accepts one that is zeroed. */
void chute_top_look_finish(struct chute_top_look *look);

#endif
