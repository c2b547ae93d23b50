/* pipeline/run/plugin_names.h - what is built in, by the names that Logstash has for it.
 *
 * Ownership: in the arena handed in.
 * Threads: any. */
#ifndef CHUTE_RUN_PLUGIN_NAMES_H
#define CHUTE_RUN_PLUGIN_NAMES_H

#include "pipeline/base/arena.h"

struct chute_plugin_name {
    const char *kind; /* "filter" */
    const char *name; /* "mutate" */
    const char *full; /* "logstash-filter-mutate" */
};

/* All of them, ordered by their full names. */
struct chute_plugin_name *chute_plugin_names(struct chute_arena *arena, size_t *count);

#endif
