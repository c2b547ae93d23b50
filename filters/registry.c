/* filters/registry.c - the filters that are built in: one line each, in alphabetical order. */
#include "pipeline/run/plugin.h"

const struct chute_filter_plugin *const chute_filters[] = {
    NULL,
};
