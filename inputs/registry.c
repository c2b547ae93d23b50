/* inputs/registry.c - the inputs that are built in: one line each, in alphabetical order. */
#include "pipeline/run/plugin.h"

const struct chute_input_plugin *const chute_inputs[] = {
    NULL,
};
