/* filters/registry.c - the filters that are built in: one line each, in alphabetical order. */
#include "pipeline/run/plugin.h"

extern const struct chute_filter_plugin chute_filter_date;
extern const struct chute_filter_plugin chute_filter_drop;
extern const struct chute_filter_plugin chute_filter_json;
extern const struct chute_filter_plugin chute_filter_mutate;
extern const struct chute_filter_plugin chute_filter_redact;

const struct chute_filter_plugin *const chute_filters[] = {
    &chute_filter_date,
    &chute_filter_drop,
    &chute_filter_json,
    &chute_filter_mutate,
    &chute_filter_redact,
    NULL,
};
