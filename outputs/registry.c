/* outputs/registry.c - the outputs that are built in: one line each, in alphabetical order. */
#include "pipeline/run/plugin.h"

const struct chute_output_plugin *const chute_outputs[] = {
    NULL,
};
